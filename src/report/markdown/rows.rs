//! Guests that are updated, rows that were rejected, and warnings.

use std::fmt::Write as _;

use super::super::document::{Document, Notice, Person};
use super::super::text::{explained, in_words, mark};
use super::super::words::{Warned, warned};
use super::MAX_ROWS;
use super::escape::{code, escaped};
use crate::plan::Action;

const WRITABLE: &str = "a string takes everything";

/// How many warnings of one kind are shown.
const MAX_OF_A_KIND: usize = 5;

/// Guests that are updated, and those that failed; a new guest is told by the grant.
pub(super) fn people(document: &Document, out: &mut String) {
    let told: Vec<&Person> = document
        .identities
        .iter()
        .filter(|person| {
            person.action == Action::Update || explained(person.outcome, person.error.as_deref()).is_some()
        })
        .collect();
    if told.is_empty() {
        return;
    }
    out.push_str("### Guests\n\n");
    for person in told.iter().take(MAX_ROWS) {
        let fields: Vec<&str> = person.fields.iter().map(|field| in_words(field)).collect();
        let (mark, key, fields) =
            (mark(person.action), code(person.key.as_str()), escaped(&fields.join(", ")));
        write!(out, "- `{mark}` {key} {fields}").expect(WRITABLE);
        if let Some((word, explanation)) = explained(person.outcome, person.error.as_deref()) {
            write!(out, " **{word}:** {}", escaped(explanation)).expect(WRITABLE);
        }
        out.push('\n');
    }
    more(told.len(), out);
    out.push('\n');
}

/// Every rejected row with what to do about it.
pub(super) fn rejects(document: &Document, out: &mut String) {
    if document.rejects.is_empty() {
        return;
    }
    writeln!(out, "### Rejected rows: {}\n", document.counts.rejected).expect(WRITABLE);
    out.push_str("| row | column | what | hint |\n| --- | --- | --- | --- |\n");
    for Notice { source, column, code: _, message, hint } in document.rejects.iter().take(MAX_ROWS) {
        let cells = [source, column, message, hint].map(|cell| escaped(cell));
        writeln!(out, "| {} |", cells.join(" | ")).expect(WRITABLE);
    }
    out.push('\n');
    more(document.rejects.len(), out);
}

/// Warnings by kind; a hint that all share is told once.
pub(super) fn warnings(document: &Document, out: &mut String) {
    if document.warnings.is_empty() {
        return;
    }
    writeln!(out, "### Warnings: {}\n", document.warnings.len()).expect(WRITABLE);
    for Warned { kind, notices, hint } in warned(document) {
        write!(out, "- **{}** ({})", escaped(&kind), notices.len()).expect(WRITABLE);
        match hint {
            Some(hint) if !hint.is_empty() => writeln!(out, ": {}", escaped(hint)),
            _ => writeln!(out),
        }
        .expect(WRITABLE);
        for notice in notices.iter().take(MAX_OF_A_KIND) {
            let parts = [&notice.source, &notice.column, &notice.message];
            let parts: Vec<_> =
                parts.into_iter().filter(|part| !part.is_empty()).map(|p| escaped(p)).collect();
            write!(out, "  - {}", parts.join(" · ")).expect(WRITABLE);
            if hint.is_none() && !notice.hint.is_empty() {
                write!(out, "; {}", escaped(&notice.hint)).expect(WRITABLE);
            }
            out.push('\n');
        }
        if notices.len() > MAX_OF_A_KIND {
            writeln!(out, "  - … and {} more", notices.len() - MAX_OF_A_KIND).expect(WRITABLE);
        }
    }
    out.push('\n');
}

fn more(n_all: usize, out: &mut String) {
    if n_all > MAX_ROWS {
        let n_more = n_all - MAX_ROWS;
        writeln!(out, "… and {n_more} more; the JSON and HTML reports list them all.\n").expect(WRITABLE);
    }
}
