//! One line of a document, cell by cell.

use super::super::document::Line;
use super::super::text::{changes, consequence, explained, list, mark, places, time};
use super::super::visible::visible;
use super::remedy::{Advice, advice};
use crate::model::MethodSet;
use crate::plan::{Action, Impact, ReasonCode};

/// A field that differs.
pub(in crate::report) struct Change {
    pub(in crate::report) label: &'static str,
    pub(in crate::report) before: String,
    pub(in crate::report) after: String,
}

/// A line in words. A cell that does not apply is empty.
pub(in crate::report) struct Entry<'a> {
    pub(in crate::report) line: &'a Line,
    pub(in crate::report) mark: &'static str,
    pub(in crate::report) action: &'static str,
    pub(in crate::report) impact: &'static str,
    pub(in crate::report) guest: String,
    pub(in crate::report) reservation: String,
    pub(in crate::report) rooms: String,
    pub(in crate::report) from: String,
    pub(in crate::report) until: String,
    pub(in crate::report) methods: String,
    pub(in crate::report) changes: Vec<Change>,
    /// Why, and the commands that help.
    pub(in crate::report) reason: Vec<Advice>,
    pub(in crate::report) consequence: String,
    pub(in crate::report) source: String,
    /// What went wrong, in a word and in a sentence.
    pub(in crate::report) trouble: Option<(&'static str, String)>,
}

impl<'a> Entry<'a> {
    pub(in crate::report) fn of(line: &'a Line) -> Self {
        let reservation = match &line.property {
            Some(property) => format!("{property}/{}", line.reservation_key),
            None => line.reservation_key.to_string(),
        };
        let view = line.after.as_ref().or(line.before.as_ref());
        let seen = |text: Option<&str>| visible(text.unwrap_or_default()).into_owned();
        let changes = match (&line.before, &line.after) {
            (Some(before), Some(after)) => changes(before, after),
            _ => Vec::new(),
        };
        Self {
            line,
            mark: mark(line.action),
            action: action_word(line.action),
            impact: impact_word(line.impact),
            guest: seen(view.and_then(|view| view.full_name.as_deref())),
            reservation: seen(Some(&reservation)),
            rooms: seen(view.and_then(|view| places(view, line.action)).as_deref()),
            from: view.map(|view| time(Some(view.starts_at))).unwrap_or_default(),
            until: view.map(|view| time(view.ends_at)).unwrap_or_default(),
            methods: view.map(|view| methods(view.methods)).unwrap_or_default(),
            changes: changes
                .into_iter()
                // What is held has not been given keys yet.
                .filter(|(label, ..)| {
                    line.action != Action::Hold || !matches!(*label, "reservation" | "grant")
                })
                .map(|(label, before, after)| Change { label, before, after })
                .collect(),
            reason: advice(&line.reason),
            consequence: if came_to_nothing(line) { String::new() } else { consequence(line) },
            source: seen(line.source.as_deref()),
            trouble: explained(line.outcome, line.error.as_deref())
                .map(|(word, explanation)| (word, seen(Some(explanation)))),
        }
    }

    /// Whether it is a new grant like any other, about which there is nothing to explain.
    pub(in crate::report) fn is_plain(&self) -> bool {
        self.line.action == Action::Create
            && self.line.impact == Impact::Seamless
            && self.line.reason_code == ReasonCode::NewStay
            && self.trouble.is_none()
    }
}

/// Whether it did not come about and would have been noticed by nobody: then only what went wrong means something.
fn came_to_nothing(line: &Line) -> bool {
    line.impact == Impact::Seamless && explained(line.outcome, line.error.as_deref()).is_some()
}

fn methods(methods: MethodSet) -> String {
    list(&methods).replace('_', " ")
}

fn action_word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Replace => "replace",
        Action::Revoke => "revoke",
        Action::Hold => "held",
        Action::None => "unchanged",
    }
}

fn impact_word(impact: Impact) -> &'static str {
    match impact {
        Impact::Seamless => "seamless",
        Impact::Reissue => "reissue",
        Impact::Replace => "replace",
        Impact::Desk => "desk",
        Impact::Revoke => "revoke",
    }
}
