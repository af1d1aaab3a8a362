//! An explanation in words: chapters of entries, each a few labelled facts, for text and for Markdown.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::json::pretty;
use super::super::markdown::escaped;
use super::super::text::{changes, list, mark, time};
use super::super::visible::visible;
use super::value::{Explanation, Live, Person, Row, Sent, Waiting, Wanted};
use crate::model::{self, Window};
use crate::report::decided::Decided;
use crate::report::document::{Guard, Line};

const WRITABLE: &str = "a string takes everything";

/// One thing: its first words, and what else is to be said of it.
struct Entry {
    title: String,
    facts: Vec<(&'static str, String)>,
}

/// Entries of one kind, and what stands there where there is none.
struct Chapter {
    heading: &'static str,
    entries: Vec<Entry>,
    none: &'static str,
}

/// For people.
pub fn render_text(explanation: &Explanation) -> String {
    let mut out = format!("{}\n", visible(&title(explanation)));
    for Chapter { heading, entries, none } in chapters(explanation) {
        writeln!(out, "\n{heading}").expect(WRITABLE);
        if entries.is_empty() {
            writeln!(out, "  {none}").expect(WRITABLE);
        }
        for Entry { title, facts } in entries {
            writeln!(out, "  {}", visible(&title)).expect(WRITABLE);
            for (label, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
                writeln!(out, "      {label:<10} {}", visible(&fact)).expect(WRITABLE);
            }
        }
    }
    out
}

/// For a pull request or a chat.
pub fn render_markdown(explanation: &Explanation) -> String {
    let mut out = format!("# {}\n", escaped(&title(explanation)));
    for Chapter { heading, entries, none } in chapters(explanation) {
        writeln!(out, "\n## {heading}\n").expect(WRITABLE);
        if entries.is_empty() {
            writeln!(out, "{none}").expect(WRITABLE);
        }
        for Entry { title, facts } in entries {
            writeln!(out, "- {}", escaped(&title)).expect(WRITABLE);
            for (label, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_empty()) {
                writeln!(out, "  - {label}: {}", escaped(&fact)).expect(WRITABLE);
            }
        }
    }
    out
}

/// For programs.
pub fn render_json(explanation: &Explanation) -> String {
    pretty(explanation)
}

fn title(explanation: &Explanation) -> String {
    let Explanation { reservation_key, property, now, .. } = explanation;
    let property = property.as_str();
    let of = if property.is_empty() { String::new() } else { format!(" of {property}") };
    format!("Reservation {reservation_key}{of}, as of {}", time(Some(*now)))
}

fn chapters(explanation: &Explanation) -> [Chapter; 9] {
    let Explanation {
        format_version: _,
        kind: _,
        reservation_key: _,
        property: _,
        workspace_id: _,
        now: _,
        rows,
        rejected_rows,
        wanted,
        waiting,
        identities,
        live,
        decided,
        decisions,
        guards,
        history,
    } = explanation;
    let mut row_entries: Vec<Entry> = rows.iter().map(row).collect();
    if *rejected_rows > 0 {
        let title = format!("{rejected_rows} more cannot be used; `check` says why");
        row_entries.push(Entry { title, facts: Vec::new() });
    }
    let chapter = |heading, none, entries| Chapter { heading, entries, none };
    [
        chapter("Rows of the source", "no row has this key", row_entries),
        chapter("Grants that should exist", "none", wanted.iter().map(one_wanted).collect()),
        chapter("Stays without a right to a grant now", "none", waiting.iter().map(one_waiting).collect()),
        chapter("Guests in Seam", "none", identities.iter().map(person).collect()),
        chapter("Grants in Seam", "none of this job", live.iter().map(one_live).collect()),
        chapter("Decisions of a person", "none", decided.iter().map(one_decided).collect()),
        chapter("What a run would do now", "nothing", decisions.iter().map(decision).collect()),
        chapter("Guards that would stop that run", "none", guards.iter().map(guard).collect()),
        chapter("What earlier runs sent", "nothing is on record", history.iter().map(sent).collect()),
    ]
}

fn row(row: &Row) -> Entry {
    let Row { source, status, guest_key, full_name, place, check_in, check_out, code_wished, opted_out } =
        row;
    let guest = match guest_key {
        Some(key) => format!("{full_name} ({key})"),
        None => full_name.clone(),
    };
    let mut asks = Vec::new();
    if *code_wished {
        asks.push("a PIN of its own");
    }
    if *opted_out {
        asks.push("to be left alone");
    }
    Entry {
        title: source.clone(),
        facts: vec![
            ("status", (*status).to_owned()),
            ("guest", guest),
            ("place", if place.is_empty() { "not given yet".to_owned() } else { list(place) }),
            ("stay", format!("{check_in} to {check_out}, by the clock of the property")),
            ("asks for", asks.join(" and ")),
        ],
    }
}

fn one_decided(decided: &Decided) -> Entry {
    let Decided { reason, decided_at, .. } = decided;
    Entry {
        title: decided.sentence(),
        facts: vec![("why", reason.clone()), ("decided", time(Some(*decided_at)))],
    }
}

fn window(window: &Window) -> String {
    format!("{} to {}", time(Some(window.starts_at)), time(window.ends_at))
}

fn one_wanted(wanted: &Wanted) -> Entry {
    let Wanted { guest_key, space_keys, window: when, methods, source } = wanted;
    Entry {
        title: format!("for guest {guest_key}"),
        facts: vec![
            ("spaces", list(space_keys)),
            ("open", window(when)),
            ("by", list(methods)),
            ("row", source.clone()),
        ],
    }
}

fn one_waiting(waiting: &Waiting) -> Entry {
    let Waiting { guest_key, reason_code: _, reason, held_by, arrival, source } = waiting;
    Entry {
        title: format!("guest {guest_key}, arrival {arrival}"),
        facts: vec![
            ("why", reason.replace('\n', " ")),
            ("waits for", held_by.as_ref().map(word).unwrap_or_default()),
            ("row", source.clone()),
        ],
    }
}

fn person(person: &Person) -> Entry {
    let Person { key, exists, full_name, has_email, has_phone } = person;
    let known = |is_known: bool| if is_known { "known" } else { "not known" }.to_owned();
    if !exists {
        return Entry { title: format!("{key}: not there yet"), facts: Vec::new() };
    }
    Entry {
        title: key.to_string(),
        facts: vec![
            ("name", full_name.clone().unwrap_or_default()),
            ("e-mail", known(*has_email)),
            ("telephone", known(*has_phone)),
        ],
    }
}

fn one_live(live: &Live) -> Entry {
    let Live { key, id, space_keys, window: when, methods, reservation_key, state } = live;
    Entry {
        title: key.clone(),
        facts: vec![
            ("state", state.replace('_', " ")),
            ("spaces", list(space_keys)),
            ("open", window(when)),
            ("by", list(methods)),
            ("joined by", reservation_key.clone().unwrap_or_default()),
            ("id", id.clone()),
        ],
    }
}

fn decision(line: &Line) -> Entry {
    let differs: Vec<String> = match (&line.before, &line.after) {
        (Some(before), Some(after)) => changes(before, after)
            .into_iter()
            .map(|(label, before, after)| format!("{label}: {before} → {after}"))
            .collect(),
        _ => Vec::new(),
    };
    Entry {
        title: format!("{} {} {}", mark(line.action), word(&line.action), line.key),
        facts: vec![
            ("why", line.reason.replace('\n', " ")),
            ("changes", differs.join("; ")),
            ("notices", word(&line.impact)),
            ("waits for", line.held_by.as_ref().map(word).unwrap_or_default()),
        ],
    }
}

fn guard(guard: &Guard) -> Entry {
    let Guard { guard, scope, count, limit, tripped: _, allow } = guard;
    Entry {
        title: format!("{guard} ({scope}): {count} counted, {limit} allowed"),
        facts: vec![("release", allow.clone().unwrap_or_default())],
    }
}

fn sent(sent: &Sent) -> Entry {
    let Sent { run_id, started_at, sent_at, path, subject, outcome, request_id, error } = sent;
    Entry {
        title: format!("{} {path} {subject}", time(Some(sent_at.unwrap_or(*started_at)))),
        facts: vec![
            ("outcome", outcome.as_ref().map_or_else(|| "not known".to_owned(), word)),
            ("error", error.clone().unwrap_or_default()),
            ("request", request_id.clone().unwrap_or_default()),
            ("run", run_id.to_string()),
        ],
    }
}

/// The word that JSON has for it, with spaces.
fn word(value: &impl Serialize) -> String {
    model::word(value).replace('_', " ")
}
