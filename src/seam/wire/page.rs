//! One page of any list, and the answer that holds nothing.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// A page; each list calls its entries by its own name.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct Page<T> {
    /// The entries.
    #[serde(
        alias = "spaces",
        alias = "acs_entrances",
        alias = "devices",
        alias = "user_identities",
        alias = "access_grants",
        alias = "access_methods"
    )]
    pub(in crate::seam) items: Vec<T>,
    /// Where to go on; some lists have none.
    #[serde(default)]
    pub(in crate::seam) pagination: Option<Pagination>,
    #[serde(default, rename = "ok")]
    _ok: Good,
}

/// An entry of a list.
pub(in crate::seam) trait Listed {
    /// The workspace that it names; `None` where it names none.
    fn workspace_id(&self) -> Option<Uuid>;
}

/// Where a list goes on. Nothing else is read into it than what it must be: a list that seems to end too early makes
/// grants seem to be gone.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct Pagination {
    #[serde(default)]
    has_next_page: Option<bool>,
    /// What to ask for the next page with.
    #[serde(default)]
    pub(in crate::seam) next_page_cursor: Option<String>,
}

impl Pagination {
    /// Whether there is another page; where that is not said, a cursor says it.
    pub(in crate::seam) fn goes_on(&self) -> bool {
        self.has_next_page.unwrap_or(self.next_page_cursor.is_some())
    }
}

/// The `ok` of a good answer, which may be left out and may not be false.
#[derive(Debug, Default)]
pub(in crate::seam) struct Good;

impl<'de> Deserialize<'de> for Good {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<bool>::deserialize(deserializer)? {
            Some(false) => Err(D::Error::custom("a good status but not `ok`")),
            Some(true) | None => Ok(Self),
        }
    }
}

/// `{"ok": true}`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct Void {
    #[serde(default, rename = "ok")]
    _ok: Good,
}

#[cfg(test)]
mod tests {
    use super::super::WireSpace;
    use super::*;

    #[test]
    fn an_entry_without_an_id_is_named_in_the_error() {
        let json = r#"{"spaces": [{"space_id": "s1"}, {"name": "Lobby"}], "ok": true}"#;
        let mut reader = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Page<WireSpace>>(&mut reader).expect_err("no id");
        assert_eq!(error.path().to_string(), "spaces[1]");
        assert!(error.inner().to_string().contains("missing field `space_id`"), "{error}");
    }

    #[test]
    fn an_answer_without_content_is_good_unless_it_says_otherwise() {
        for good in [r#"{"ok": true}"#, "{}", r#"{"ok": true, "new": 1}"#] {
            assert!(serde_json::from_str::<Void>(good).is_ok(), "{good}");
        }
        for bad in [r#"{"ok": false}"#, "5", "\"ok\"", "null"] {
            assert!(serde_json::from_str::<Void>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn page_that_is_not_ok_or_tells_its_end_oddly_is_none() {
        let goes_on = |pagination: &str| {
            let json = format!(r#"{{"spaces": [], "pagination": {pagination}}}"#);
            serde_json::from_str::<Page<WireSpace>>(&json)
                .map(|page| page.pagination.is_some_and(|pagination| pagination.goes_on()))
                .ok()
        };
        for (pagination, expected) in [
            ("null", Some(false)),
            ("{}", Some(false)),
            (r#"{"has_next_page": false, "next_page_cursor": "c"}"#, Some(false)),
            (r#"{"has_next_page": true}"#, Some(true)),
            (r#"{"next_page_cursor": "c"}"#, Some(true)),
            (r#"{"has_next_page": null, "next_page_cursor": "c"}"#, Some(true)),
            (r#"{"has_next_page": "true"}"#, None),
            (r#"{"has_next_page": 1}"#, None),
            (r#"{"has_next_page": true, "next_page_cursor": 5}"#, None),
            (r#""more""#, None),
        ] {
            assert_eq!(goes_on(pagination), expected, "{pagination}");
        }
        for json in [r#"{"spaces": [], "ok": false}"#, r#"{"spaces": [], "ok": "yes"}"#] {
            serde_json::from_str::<Page<WireSpace>>(json).expect_err(json);
        }
    }

    #[test]
    fn pagination_is_optional() {
        let page: Page<WireSpace> = serde_json::from_str(r#"{"spaces": [], "ok": true}"#).expect("a page");
        assert!(page.pagination.is_none());
    }
}
