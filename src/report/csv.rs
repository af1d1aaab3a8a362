//! The document for staff who open it in Excel: one row for each line, and for each problem of a rejected row.
//!
//! Instants are in UTC, as the headers say, in the one form that Excel takes for a time in every language.

use std::iter;

use jiff::Timestamp;

use super::document::{Document, Line, Notice};
use super::spreadsheet::{cell_of, table};
use super::text::changes;
use crate::model::word;
use crate::plan::GrantView;

const HEADER: [&str; 26] = [
    "day",
    "action",
    "property",
    "reservation",
    "guest",
    "rooms",
    "starts_utc",
    "ends_utc",
    "methods",
    "rooms_before",
    "starts_utc_before",
    "ends_utc_before",
    "methods_before",
    "changes",
    "reason",
    "impact",
    "phase",
    "held_by",
    "outcome",
    "error",
    "source",
    "column",
    "code",
    "hint",
    "grant",
    "run",
];

/// The table with its header, lines ended as Excel ends them.
pub fn render(document: &Document) -> String {
    let lines = document.items.iter().map(|line| grant(line, document));
    let rejects = document.rejects.iter().map(|notice| reject(notice, document));
    let rows = lines.chain(rejects).map(|row| row.map(|cell| cell_of(&cell)));
    table(iter::once(HEADER.map(str::to_owned)).chain(rows))
}

fn grant(line: &Line, document: &Document) -> [String; HEADER.len()] {
    let Line {
        key,
        property,
        reservation_key,
        action,
        reason_code,
        reason,
        impact,
        phase,
        held_by,
        arrival,
        before,
        after,
        source,
        code_wished: _,
        outcome,
        error,
    } = line;
    let now = after.as_ref().or(before.as_ref());
    let [rooms, starts, ends, methods] = cells(now);
    let [rooms_before, starts_before, ends_before, methods_before] = cells(before.as_ref());
    [
        arrival.to_string(),
        word(action),
        property.clone().unwrap_or_default(),
        reservation_key.to_string(),
        now.and_then(|view| view.full_name.clone()).unwrap_or_default().into(),
        rooms,
        starts,
        ends,
        methods,
        rooms_before,
        starts_before,
        ends_before,
        methods_before,
        before.as_ref().zip(after.as_ref()).map(|(before, after)| changed(before, after)).unwrap_or_default(),
        reason.replace('\n', " "),
        word(impact),
        word(phase),
        held_by.as_ref().map(word).unwrap_or_default(),
        outcome.as_ref().map(word).unwrap_or_default(),
        error.clone().unwrap_or_default(),
        source.clone().unwrap_or_default(),
        String::new(),
        word(reason_code),
        String::new(),
        key.to_string(),
        document.run_id.to_string(),
    ]
}

fn reject(notice: &Notice, document: &Document) -> [String; HEADER.len()] {
    let Notice { source, column, code, message, hint } = notice;
    HEADER.map(|name| match name {
        "action" => "rejected".to_owned(),
        "reason" => message.clone(),
        "source" => source.clone(),
        "column" => column.clone(),
        "code" => code.clone(),
        "hint" => hint.clone(),
        "run" => document.run_id.to_string(),
        _ => String::new(),
    })
}

fn cells(view: Option<&GrantView>) -> [String; 4] {
    let Some(view) = view else { return Default::default() };
    let joined = |values: Vec<String>| values.join("; ");
    [
        joined(view.space_keys.iter().map(ToString::to_string).collect()),
        time(view.starts_at),
        view.ends_at.map_or_else(|| "no end".to_owned(), time),
        joined(view.methods.iter().map(ToString::to_string).collect()),
    ]
}

fn changed(before: &GrantView, after: &GrantView) -> String {
    let all: Vec<String> = changes(before, after)
        .into_iter()
        .map(|(label, before, after)| format!("{label}: {before} → {after}"))
        .collect();
    all.join("; ")
}

pub(super) fn time(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
