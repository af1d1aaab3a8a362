//! What the template is given for filters, rejected rows and warnings.

use std::collections::BTreeMap;

use super::super::document::{Document, Notice};
use super::super::visible::visible;
use super::super::words::{Entry, Warned, warned};

/// So many warnings of a kind are shown without being folded.
const MAX_UNFOLDED: usize = 3;

/// A box that can be ticked.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) count: usize,
}

/// A problem of a row.
pub(super) struct Problem {
    pub(super) place: String,
    pub(super) column: String,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Warnings of one kind.
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) hint: String,
    pub(super) is_open: bool,
    pub(super) problems: Vec<Problem>,
}

/// The actions that occur.
pub(super) fn action_choices(entries: &[&Entry<'_>]) -> Vec<Choice> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        counts.entry(entry.line.action).or_insert((entry.action, entry.mark, 0)).2 += 1;
    }
    let choice = |(value, mark, count)| Choice { value, mark, word: value, count };
    counts.into_values().map(choice).collect()
}

/// The impacts that occur, from the least one.
pub(super) fn impact_choices(entries: &[&Entry<'_>]) -> Vec<Choice> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        counts.entry(entry.line.impact).or_insert((entry.impact, 0)).1 += 1;
    }
    let choice = |(value, count)| Choice { value, mark: "", word: impact_in_words(value), count };
    counts.into_values().map(choice).collect()
}

/// Rejected rows.
pub(super) fn problems(notices: &[Notice]) -> Vec<Problem> {
    notices.iter().map(Problem::of).collect()
}

/// Warnings by kind; a hint that all share stands once.
pub(super) fn kinds(document: &Document) -> Vec<Kind> {
    warned(document)
        .into_iter()
        .map(|Warned { kind, notices, hint }| {
            let mut problems: Vec<Problem> = notices.iter().map(|notice| Problem::of(notice)).collect();
            if hint.is_some() {
                for problem in &mut problems {
                    problem.hint.clear();
                }
            }
            Kind {
                name: visible(&kind).into_owned(),
                hint: visible(hint.unwrap_or_default()).into_owned(),
                is_open: problems.len() <= MAX_UNFOLDED,
                problems,
            }
        })
        .collect()
}

impl Problem {
    fn of(notice: &Notice) -> Self {
        let Notice { source, column, code: _, message, hint } = notice;
        let [place, column, message, hint] =
            [source, column, message, hint].map(|text| visible(text).into_owned());
        Self { place, column, message, hint }
    }
}

fn impact_in_words(impact: &str) -> &'static str {
    match impact {
        "seamless" => "nothing noticed",
        "reissue" => "issued again",
        "replace" => "something new",
        "desk" => "to the desk",
        _ => "access ends",
    }
}
