//! One page of any list, and the answer that holds nothing.

use serde::Deserialize;
use uuid::Uuid;

use super::lenient::lenient;

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
}

/// An entry of a list.
pub(in crate::seam) trait Listed {
    /// The workspace that it names; `None` where it names none.
    fn workspace_id(&self) -> Option<Uuid>;
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct Pagination {
    /// Whether it does.
    #[serde(default, deserialize_with = "lenient")]
    pub(in crate::seam) has_next_page: bool,
    /// What to ask for it with.
    #[serde(default, deserialize_with = "lenient")]
    pub(in crate::seam) next_page_cursor: Option<String>,
}

/// `{"ok": true}`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WireVoid")]
pub(in crate::seam) struct Void;

#[derive(Deserialize)]
struct WireVoid {
    #[serde(default)]
    ok: Option<bool>,
}

impl TryFrom<WireVoid> for Void {
    type Error = &'static str;

    fn try_from(wire: WireVoid) -> Result<Self, Self::Error> {
        if wire.ok == Some(false) { Err("a good status but not `ok`") } else { Ok(Self) }
    }
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
    fn pagination_is_optional() {
        let page: Page<WireSpace> = serde_json::from_str(r#"{"spaces": [], "ok": true}"#).expect("a page");
        assert!(page.pagination.is_none());
    }
}
