//! The document for a pull request or a chat: what a reviewer reads before a plan is carried out.
//!
//! Long lists are folded, and what does not fit into a comment is counted; the other formats have it all.

mod escape;
mod grants;
mod head;
mod rows;

pub(super) use escape::escaped;

use super::document::Document;

/// How many rows of one table are shown: a comment on GitHub holds 65 536 characters.
const MAX_ROWS: usize = 100;

/// The whole report.
pub fn render(document: &Document) -> String {
    let mut out = String::new();
    head::opening(document, &mut out);
    head::guards(document, &mut out);
    grants::changes(document, &mut out);
    grants::held(document, &mut out);
    grants::creates(document, &mut out);
    rows::people(document, &mut out);
    rows::rejects(document, &mut out);
    rows::warnings(document, &mut out);
    // The last blank line was meant for a section that did not come.
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
