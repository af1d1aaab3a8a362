//! The document for staff who open it in Excel: one row for each line, and for each problem of a rejected row.
//!
//! Instants are in UTC, as the headers say, in the one form that Excel takes for a time in every language.

use jiff::Timestamp;

use super::document::{Document, Line, Notice};
use super::text::changes;
use super::visible::visible;
use crate::plan::GrantView;

/// Without it Excel reads UTF-8 as if it were the Windows alphabet of the country.
const BYTE_ORDER_MARK: char = '\u{feff}';

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
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut write = |row: &[String; HEADER.len()]| writer.write_record(row).expect("memory takes everything");
    write(&HEADER.map(str::to_owned));
    for line in &document.items {
        write(&grant(line, document).map(|cell| cell_of(&cell)));
    }
    for notice in &document.rejects {
        write(&reject(notice, document).map(|cell| cell_of(&cell)));
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    let table = String::from_utf8(bytes).expect("it was made of text");
    format!("{BYTE_ORDER_MARK}{table}")
}

/// What makes a spreadsheet compute a cell.
pub(super) const FORMULA_BEGINNINGS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A cell that a spreadsheet shows and never computes. What begins like a formula gets an apostrophe.
pub(super) fn cell_of(text: &str) -> String {
    let shown = visible(text);
    if text.starts_with(FORMULA_BEGINNINGS) { format!("'{shown}") } else { shown.into_owned() }
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
        now.and_then(|view| view.full_name.clone()).unwrap_or_default(),
        rooms,
        starts,
        ends,
        methods,
        rooms_before,
        starts_before,
        ends_before,
        methods_before,
        before.as_ref().zip(after.as_ref()).map(|(before, after)| changed(before, after)).unwrap_or_default(),
        reason.clone(),
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

/// The word that stands in the JSON report too.
fn word<T: serde::Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).expect("it is a word");
    value.as_str().expect("it is a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_begins_like_a_formula_gets_an_apostrophe() {
        for (text, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"),
            ("＝1", "'＝1"),
            ("Ana =1", "Ana =1"),
            ("2026-12-03", "2026-12-03"),
            ("", ""),
        ] {
            assert_eq!(cell_of(text), expected);
        }
    }
}
