//! The words by which the values of a closed set stand in every output.

use serde::Serialize;
use serde_json::Value;

/// The word that JSON has for a value.
///
/// # Panics
///
/// Where JSON has no word for it: only variants without fields are words.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => unreachable!("the value is written as a word"),
    }
}
