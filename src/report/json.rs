//! The document for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::document::Document;
use crate::model::is_hidden;

/// The document as one JSON text with a newline at its end.
pub fn render(document: &Document) -> String {
    pretty(document)
}

/// Any value as JSON in which hidden characters are escaped: the text stays the same to a program and does nothing
/// to a terminal.
pub(super) fn pretty(value: &impl Serialize) -> String {
    let plain = serde_json::to_string_pretty(value).expect("its keys are strings and its numbers finite");
    let mut escaped = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        if c != '\n' && is_hidden(c) {
            // Beyond the newlines between values, such a character stands inside a string.
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("a string takes everything");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped.push('\n');
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_come_back() {
        let text = "Ana\u{202e}\u{7f}\u{e0041}\n";
        let json = pretty(&[text]);
        assert_eq!(json, "[\n  \"Ana\\u202e\\u007f\\udb40\\udc41\\n\"\n]\n");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).expect("it is JSON"), [text]);
    }
}
