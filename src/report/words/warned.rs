//! Warnings by kind.

use std::collections::BTreeMap;

use super::super::document::{Document, Notice};
use crate::model::ProblemCode;

/// Warnings of one kind.
pub(in crate::report) struct Warned<'a> {
    /// The kind in words.
    pub(in crate::report) kind: String,
    pub(in crate::report) notices: Vec<&'a Notice>,
    /// What to do about them, where it is the same for all.
    pub(in crate::report) hint: Option<&'a str>,
}

/// Whether warnings of a kind are about the status as such. They stand first, because it may decide about every row.
pub(in crate::report) fn is_of_status(code: &str) -> bool {
    [ProblemCode::UnknownStatus, ProblemCode::NoStatus].iter().any(|of_status| of_status.word() == code)
}

/// All warnings of a document, by kind.
pub(in crate::report) fn warned(document: &Document) -> Vec<Warned<'_>> {
    let mut by_code: BTreeMap<&str, Vec<&Notice>> = BTreeMap::new();
    for notice in &document.warnings {
        by_code.entry(&notice.code).or_default().push(notice);
    }
    by_code
        .into_iter()
        .map(|(code, notices)| {
            let first = notices[0].hint.as_str();
            let is_shared = notices.iter().all(|notice| notice.hint == first);
            Warned { kind: code.replace('_', " "), hint: is_shared.then_some(first), notices }
        })
        .collect()
}
