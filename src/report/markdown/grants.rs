//! The tables of grants: what changes, what is held, what is new.

use std::fmt::Write as _;

use super::super::document::Document;
use super::super::words::{Advice, Change, Entry};
use super::MAX_ROWS;
use super::escape::{code, escaped};
use crate::plan::Action;

const WRITABLE: &str = "a string takes everything";

/// So many new grants are shown without being folded.
const MAX_UNFOLDED: usize = 10;

/// What changes, by day of arrival; new grants only where there is something to say about them.
pub(super) fn changes(document: &Document, out: &mut String) {
    let entries = entries(document, |entry| entry.line.action != Action::Hold && !entry.is_plain());
    if entries.is_empty() {
        return;
    }
    out.push_str("### What changes\n\n");
    let mut day = None;
    for entry in entries.iter().take(MAX_ROWS) {
        let arrival = entry.line.arrival;
        if day.replace(arrival) != Some(arrival) {
            if !out.ends_with("\n\n") {
                out.push('\n');
            }
            writeln!(out, "**{}**\n", arrival.strftime("%a %Y-%m-%d")).expect(WRITABLE);
            out.push_str("| | guest | rooms | before → after | why | impact |\n");
            out.push_str("| --- | --- | --- | --- | --- | --- |\n");
        }
        let mut what = format!("`{}` {}", entry.mark, entry.action);
        if let Some((word, _)) = &entry.trouble {
            write!(what, "<br>**{}**", word.to_uppercase()).expect(WRITABLE);
        }
        let mut impact = entry.consequence.clone();
        if let Some((word, explanation)) = &entry.trouble {
            let space = if impact.is_empty() { "" } else { "<br>" };
            write!(impact, "{space}**{word}:** {}", escaped(explanation)).expect(WRITABLE);
        }
        let cells = [what, guest(entry), escaped(&entry.rooms), differences(entry), why(entry), impact];
        row(&cells, out);
    }
    out.push('\n');
    more(entries.len(), out);
}

/// What waits, and for what.
pub(super) fn held(document: &Document, out: &mut String) {
    let entries = entries(document, |entry| entry.line.action == Action::Hold);
    if entries.is_empty() {
        return;
    }
    writeln!(out, "### Held: {}\n", entries.len()).expect(WRITABLE);
    out.push_str("| arrival | guest | rooms | why | what to do |\n| --- | --- | --- | --- | --- |\n");
    for entry in entries.iter().take(MAX_ROWS) {
        let day = entry.line.arrival.to_string();
        let cells = [day, guest(entry), escaped(&entry.rooms), why(entry), entry.consequence.clone()];
        row(&cells, out);
    }
    out.push('\n');
    more(entries.len(), out);
}

/// New grants about which there is nothing to explain, folded where they are many.
pub(super) fn creates(document: &Document, out: &mut String) {
    let entries = entries(document, Entry::is_plain);
    if entries.is_empty() {
        return;
    }
    let heading = format!("New grants: {}", entries.len());
    let is_folded = entries.len() > MAX_UNFOLDED;
    if is_folded {
        writeln!(out, "<details>\n<summary>{heading}</summary>\n").expect(WRITABLE);
    } else {
        writeln!(out, "### {heading}\n").expect(WRITABLE);
    }
    out.push_str("| arrival | guest | rooms | from | until | methods |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for entry in entries.iter().take(MAX_ROWS) {
        let day = entry.line.arrival.to_string();
        let (from, until) = (entry.from.clone(), entry.until.clone());
        row(&[day, guest(entry), escaped(&entry.rooms), from, until, escaped(&entry.methods)], out);
    }
    out.push('\n');
    more(entries.len(), out);
    if is_folded {
        out.push_str("</details>\n\n");
    }
}

fn entries<'a>(document: &'a Document, keep: impl Fn(&Entry<'a>) -> bool) -> Vec<Entry<'a>> {
    document.items.iter().map(Entry::of).filter(keep).collect()
}

fn row(cells: &[String], out: &mut String) {
    writeln!(out, "| {} |", cells.join(" | ")).expect(WRITABLE);
}

fn more(n_all: usize, out: &mut String) {
    if n_all > MAX_ROWS {
        let n_more = n_all - MAX_ROWS;
        writeln!(out, "… and {n_more} more; the JSON, CSV and HTML reports list them all.\n")
            .expect(WRITABLE);
    }
}

fn guest(entry: &Entry<'_>) -> String {
    let reservation = escaped(&entry.reservation);
    if entry.guest.is_empty() { reservation } else { format!("{}<br>{reservation}", escaped(&entry.guest)) }
}

fn why(entry: &Entry<'_>) -> String {
    let source =
        if entry.source.is_empty() { String::new() } else { format!(" ({})", escaped(&entry.source)) };
    let reason: Vec<String> = entry
        .reason
        .iter()
        .flat_map(|Advice { words, command }| [escaped(words), in_cell(command)])
        .filter(|part| !part.is_empty())
        .collect();
    format!("{}{source}", reason.join(" "))
}

/// A command in a cell of a table.
fn in_cell(command: &str) -> String {
    if command.is_empty() { String::new() } else { code(command).replace('|', "\\|") }
}

/// What differs; for a grant that comes or goes, its window.
fn differences(entry: &Entry<'_>) -> String {
    if entry.changes.is_empty() {
        return format!("{} → {}", entry.from, entry.until);
    }
    let all: Vec<String> = entry
        .changes
        .iter()
        .map(|Change { label, before, after }| format!("{label}: {} → {}", escaped(before), escaped(after)))
        .collect();
    all.join("<br>")
}
