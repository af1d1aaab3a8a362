//! The document as one page that needs nothing else: to be mailed, kept, printed, and read without a network.
//!
//! It loads nothing and sends nothing: its policy allows the one style and the one script that stand in it, by their
//! hashes. All text is escaped by the template.

mod page;
mod rows;

use askama::Template as _;

use super::document::Document;
use page::Page;

/// The hash of `templates/report.css`, as the policy of the page has it.
pub const STYLE_HASH: &str = "sha256-b5PogOdeYACThIIgZr6zkyzvRv5ix7v8MR4MOiB4Y6A=";
/// The hash of `templates/report.js`.
pub const SCRIPT_HASH: &str = "sha256-5C/9xHEluCDa0WosS/8Mm3y7sTllIYsbezOEarRLoxs=";

/// The whole page.
pub fn render(document: &Document) -> String {
    Page::of(document).render().expect("a string takes everything")
}
