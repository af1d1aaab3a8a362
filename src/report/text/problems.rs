//! Rows that were rejected, and warnings.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::document::{Document, Notice};
use super::super::visible::visible;
use super::super::words::is_of_status;
use super::TextOptions;
use super::paint::{Paint, detail, painted};

/// How many warnings of one kind are shown; the JSON report has them all.
const MAX_WARNINGS_OF_A_KIND: usize = 5;

/// Every rejected row with its place and what to do about it.
pub(super) fn rejects(document: &Document, options: TextOptions, out: &mut String) {
    if document.rejects.is_empty() {
        return;
    }
    writeln!(out, "{}", painted(Paint::Heading, "Rejected rows", options)).expect(WRITABLE);
    for notice in &document.rejects {
        let mark = painted(Paint::Bad, "!", options);
        writeln!(out, "{mark} {}", sentence(notice)).expect(WRITABLE);
        hint(&notice.hint, options, out);
    }
    out.push('\n');
}

/// What is wrong with the status as such. It stands first, because it may decide about every row.
pub(super) fn statuses(document: &Document, options: TextOptions, out: &mut String) {
    for (code, notices) in by_code(document).into_iter().filter(|(code, _)| is_of_status(code)) {
        of_a_kind(code, &notices, &painted(Paint::Bad, "!", options), options, out);
    }
}

fn by_code(document: &Document) -> BTreeMap<&str, Vec<&Notice>> {
    let mut by_code: BTreeMap<&str, Vec<&Notice>> = BTreeMap::new();
    for notice in &document.warnings {
        by_code.entry(&notice.code).or_default().push(notice);
    }
    by_code
}

/// Warnings by kind; a hint that several share is told once.
pub(super) fn warnings(document: &Document, options: TextOptions, out: &mut String) {
    let others: Vec<(&str, Vec<&Notice>)> =
        by_code(document).into_iter().filter(|(code, _)| !is_of_status(code)).collect();
    if others.is_empty() {
        return;
    }
    writeln!(out, "{}", painted(Paint::Heading, "Warnings", options)).expect(WRITABLE);
    for (code, notices) in others {
        of_a_kind(code, &notices, " ", options, out);
    }
    out.push('\n');
}

fn of_a_kind(code: &str, notices: &[&Notice], mark: &str, options: TextOptions, out: &mut String) {
    let shown = &notices[..notices.len().min(MAX_WARNINGS_OF_A_KIND)];
    for (position, notice) in shown.iter().enumerate() {
        writeln!(out, "{mark} {}", sentence(notice)).expect(WRITABLE);
        if shown.get(position + 1).is_none_or(|next| next.hint != notice.hint) {
            hint(&notice.hint, options, out);
        }
    }
    let n_more = notices.len() - shown.len();
    if n_more > 0 {
        writeln!(out, "  … and {n_more} more of the kind {code}; --format json lists them all")
            .expect(WRITABLE);
    }
}

const WRITABLE: &str = "a string takes everything";

fn sentence(notice: &Notice) -> String {
    let Notice { source, column, code: _, message, hint: _ } = notice;
    let parts = [source, column, message];
    let shown: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).map(|part| visible(part)).collect();
    shown.join("  ")
}

fn hint(hint: &str, options: TextOptions, out: &mut String) {
    if !hint.is_empty() {
        detail("hint", &visible(hint), options, out);
    }
}
