//! The document for people: what a night manager can read in one minute.

mod grant;
mod matters;
mod paint;
mod problems;
mod summary;

use super::document::Document;
pub(super) use grant::{changes, consequence, explained, in_words, list, mark, places, time};
pub use paint::Colour;
pub(super) use summary::{in_one_line, took};

/// How it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to colour it.
    pub colour: Colour,
    /// How many characters fit on a line; explanations are wrapped to it, lines about grants are not.
    pub width: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { colour: Colour::Never, width: 100 }
    }
}

/// The whole report, each line ended by a newline.
pub fn render(document: &Document, options: TextOptions) -> String {
    let mut out = String::new();
    summary::opening(document, options, &mut out);
    matters::matters(document, options, &mut out);
    grant::days(document, options, &mut out);
    grant::people(document, options, &mut out);
    problems::rejects(document, options, &mut out);
    problems::warnings(document, options, &mut out);
    summary::closing(document, options, &mut out);
    out
}
