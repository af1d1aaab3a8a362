//! A field that may be anything: what cannot be used counts as absent.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

/// Reads a field, or its default where it is null or of another shape.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// Reads a list, without those entries that cannot be used.
pub(super) fn lenient_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(values) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    Ok(values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect())
}

/// The workspace that an entry names, in the 16 bytes of its id; `None` where it names none, or by another text.
pub(super) fn workspace<'de, D>(deserializer: D) -> Result<Option<Uuid>, D::Error>
where
    D: Deserializer<'de>,
{
    let text: Option<String> = lenient(deserializer)?;
    Ok(text.and_then(|text| Uuid::try_parse(&text).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Odd {
        #[serde(default, deserialize_with = "lenient")]
        flag: bool,
        #[serde(default, deserialize_with = "lenient")]
        name: Option<String>,
        #[serde(default, deserialize_with = "lenient_list")]
        ids: Vec<String>,
    }

    fn check(json: &str, flag: bool, name: Option<&str>, ids: &[&str]) {
        let odd: Odd = serde_json::from_str(json).expect("nothing here is required");
        assert_eq!((odd.flag, odd.name.as_deref()), (flag, name), "{json}");
        assert_eq!(odd.ids, ids, "{json}");
    }

    #[test]
    fn what_cannot_be_used_counts_as_absent() {
        check(r#"{"flag": true, "name": "a", "ids": ["b"]}"#, true, Some("a"), &["b"]);
        check("{}", false, None, &[]);
        check(r#"{"flag": null, "name": null, "ids": null}"#, false, None, &[]);
        check(r#"{"flag": "yes", "name": 5, "ids": "b"}"#, false, None, &[]);
        check(r#"{"ids": [5, "b", null], "new": {}}"#, false, None, &["b"]);
    }
}
