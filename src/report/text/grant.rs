//! The lines about grants, by day of arrival, and those about identities.

use std::fmt::{Display, Write as _};

use jiff::Timestamp;

use super::super::document::{Document, Line, Person};
use super::super::visible::visible;
use super::super::words::{Advice, advice};
use super::TextOptions;
use super::paint::{Paint, advised, detail, exact, painted};
use crate::event::Outcome;
use crate::model::Method;
use crate::plan::{Action, GrantView, HeldBy, Impact, Phase, ReasonCode};

/// All lines that are not unchanged, under the day on which the guest arrives.
pub(super) fn days(document: &Document, options: TextOptions, out: &mut String) {
    let mut day = None;
    for line in &document.items {
        if day != Some(line.arrival) {
            if day.replace(line.arrival).is_some() {
                out.push('\n');
            }
            let heading = line.arrival.strftime("%a %Y-%m-%d").to_string();
            writeln!(out, "{}", painted(Paint::Heading, &heading, options)).expect(WRITABLE);
        }
        grant(line, options, out);
    }
    if day.is_some() {
        out.push('\n');
    }
}

/// Identities that are updated, and those that failed; a new guest is told by the grant.
pub(super) fn people(document: &Document, options: TextOptions, out: &mut String) {
    let told: Vec<&Person> = document
        .identities
        .iter()
        .filter(|person| person.action == Action::Update || trouble(person.outcome).is_some())
        .collect();
    if told.is_empty() {
        return;
    }
    writeln!(out, "{}", painted(Paint::Heading, "Guests", options)).expect(WRITABLE);
    for person in told {
        let Person { key, action, fields, outcome, error } = person;
        let mark = painted(paint(*action), mark(*action), options);
        let fields: Vec<&str> = fields.iter().map(|field| in_words(field)).collect();
        write!(out, "{mark} {}  {}", visible(key.as_str()), visible(&fields.join(", "))).expect(WRITABLE);
        ending(*outcome, options, out);
        result(*outcome, error.as_deref(), options, out);
    }
    out.push('\n');
}

const WRITABLE: &str = "a string takes everything";

/// The name of a field as a person says it.
pub(in crate::report) fn in_words(field: &str) -> &str {
    match field {
        "full_name" => "name",
        "email" => "e-mail address",
        "phone" => "telephone number",
        other => other,
    }
}

fn grant(line: &Line, options: TextOptions, out: &mut String) {
    let mark = painted(paint(line.action), mark(line.action), options);
    write!(out, "{mark} {}", headline(line)).expect(WRITABLE);
    ending(line.outcome, options, out);
    let in_short = line.impact == Impact::Seamless
        && (line.action == Action::None
            || (line.action == Action::Create && line.reason_code == ReasonCode::NewStay));
    if !in_short {
        if let (Some(before), Some(after)) = (&line.before, &line.after) {
            for (label, before, after) in changes(before, after) {
                // What is held has not been given keys yet.
                if line.action != Action::Hold || !matches!(label, "reservation" | "grant") {
                    exact(label, &format!("{before} → {after}"), out);
                }
            }
        }
        advised("why", &reason(line), options, out);
        detail(if line.action == Action::Hold { "held" } else { "impact" }, &consequence(line), options, out);
    }
    result(line.outcome, line.error.as_deref(), options, out);
    if let (true, Some(_), Some(source)) = (in_short, trouble(line.outcome), &line.source) {
        exact("source", &visible(source), out);
    }
}

fn reason(line: &Line) -> Vec<Advice> {
    let mut reason = advice(&line.reason);
    if let (Some(first), Some(source)) = (reason.first_mut(), &line.source) {
        write!(first.words, " ({})", visible(source)).expect(WRITABLE);
    }
    reason
}

/// Where, who, which reservation, when, how.
fn headline(line: &Line) -> String {
    let reservation = match &line.property {
        Some(property) => format!("{property}/{}", line.reservation_key),
        None => line.reservation_key.to_string(),
    };
    let mut parts = Vec::new();
    if let Some(view) = line.after.as_ref().or(line.before.as_ref()) {
        parts.extend(places(view, line.action));
        parts.extend(view.full_name.as_ref().map(ToString::to_string));
        parts.push(reservation);
        parts.push(format!("{} → {}", time(Some(view.starts_at)), time(view.ends_at)));
        parts.push(list(&view.methods));
    } else {
        parts.push(reservation);
        parts.push(line.key.to_string());
    }
    let shown: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(|part| visible(part)).collect();
    shown.join("  ")
}

/// Which spaces; nothing for a stay that waits for one.
pub(in crate::report) fn places(view: &GrantView, action: Action) -> Option<String> {
    let n_doors = view.device_ids.len() + view.acs_entrance_ids.len();
    match (view.space_keys.is_empty(), n_doors) {
        (false, _) => Some(list(&view.space_keys)),
        (true, 0) if action == Action::Hold => None,
        (true, 0) => Some("(no space)".to_owned()),
        (true, 1) => Some("(1 door in a space without a key)".to_owned()),
        (true, n) => Some(format!("({n} doors in spaces without a key)")),
    }
}

/// The fields that differ, in words. Doors follow from spaces, so they are told only where the spaces are the same.
pub(in crate::report) fn changes(
    before: &GrantView,
    after: &GrantView,
) -> Vec<(&'static str, String, String)> {
    let GrantView {
        access_grant_key,
        reservation_key,
        user_identity_key,
        full_name,
        space_keys,
        device_ids,
        acs_entrance_ids,
        starts_at,
        ends_at,
        methods,
        name,
    } = before;
    let mut all = vec![
        ("spaces", list(space_keys), list(&after.space_keys)),
        ("from", time(Some(*starts_at)), time(Some(after.starts_at))),
        ("until", time(*ends_at), time(after.ends_at)),
        ("methods", list(methods), list(&after.methods)),
        ("name", optional(full_name.as_ref()), optional(after.full_name.as_ref())),
        ("identity", optional(user_identity_key.as_ref()), optional(after.user_identity_key.as_ref())),
        ("reservation", optional(reservation_key.as_ref()), optional(after.reservation_key.as_ref())),
        ("label", optional(name.as_ref()), optional(after.name.as_ref())),
        ("grant", optional(access_grant_key.as_ref()), optional(after.access_grant_key.as_ref())),
    ];
    if *space_keys == after.space_keys {
        all.push(("entrances", list(acs_entrance_ids), list(&after.acs_entrance_ids)));
        all.push(("devices", list(device_ids), list(&after.device_ids)));
    }
    all.retain(|(_, before, after)| before != after);
    for (_, before, after) in &mut all {
        *before = visible(before).into_owned();
        *after = visible(after).into_owned();
    }
    all
}

/// What the change means for the guest, or for whoever has to decide.
pub(in crate::report) fn consequence(line: &Line) -> String {
    let phase = match line.phase {
        Phase::Future => "",
        Phase::Arriving => "arrives within a day; ",
        Phase::InHouse => "in house; ",
        Phase::Departed => "past the check-out; ",
    };
    let what = match (line.action, line.held_by) {
        (Action::Hold, Some(HeldBy::Rule)) => "nothing to do now",
        (Action::Hold, _) => decision(line.reason_code),
        _ => match (line.impact, has_card(line)) {
            (Impact::Seamless, _) => "the guest notices nothing",
            (Impact::Reissue, false) => "what opens the door stops and works again a moment later",
            (Impact::Reissue, true) => {
                "what opens the door stops and works again a moment later; a card must be encoded again at the desk"
            }
            (Impact::Replace, false) => "the guest gets something new to open the door, the old one stops",
            (Impact::Replace, true) => {
                "the guest gets something new to open the door, the old one stops; a card must be encoded at the desk"
            }
            (Impact::Desk, _) => "the guest must come to the desk",
            (Impact::Revoke, _) if line.reason_code == ReasonCode::Duplicate => {
                "what this grant issued stops; the other one still opens the doors"
            }
            (Impact::Revoke, _) => "the guest can no longer open these doors",
        },
    };
    format!("{phase}{what}")
}

/// What a person can do about a line that waits for one.
fn decision(reason_code: ReasonCode) -> &'static str {
    match reason_code {
        ReasonCode::UnitNotAssigned => "a person must decide: assign a unit in the booking",
        ReasonCode::UnmappedUnit => {
            "a person must decide: correct the unit, or give it a space in Seam or in [spaces]"
        }
        ReasonCode::UnknownProperty => {
            "a person must decide: add the property to [properties] or to the table of [spaces], or correct it in the booking"
        }
        ReasonCode::DoorWithoutMethod => "a person must decide: take another unit or another method",
        ReasonCode::Overlap => "a person must decide: give one of the two another unit or other dates",
        ReasonCode::ForeignGrant => {
            "a person must decide: if that grant is for this stay, delete it in Seam; the next run makes ours"
        }
        ReasonCode::ContactConflict => "a person must decide: give each guest a contact of their own",
        ReasonCode::WindowsWouldNotOverlap => {
            "a person must decide: bring the dates of its guests closer together, or cancel it and book anew"
        }
        ReasonCode::AdoptionPending => {
            "a person must decide: let that grant last as long as the stay, or delete it in Seam; the next run makes ours"
        }
        _ => "a person must decide",
    }
}

fn has_card(line: &Line) -> bool {
    [&line.before, &line.after].into_iter().flatten().any(|view| view.methods.contains(&Method::Card))
}

fn ending(outcome: Option<Outcome>, options: TextOptions, out: &mut String) {
    if outcome == Some(Outcome::AlreadySo) {
        out.push_str("  (it was so already)");
    } else if let Some(word) = trouble(outcome) {
        write!(out, "  {}", painted(Paint::Bad, &word.to_uppercase(), options)).expect(WRITABLE);
    }
    out.push('\n');
}

fn result(outcome: Option<Outcome>, error: Option<&str>, options: TextOptions, out: &mut String) {
    if let Some((word, explanation)) = explained(outcome, error) {
        detail(word, &visible(explanation), options, out);
    }
}

/// What went wrong, in a word and in a sentence.
pub(in crate::report) fn explained(
    outcome: Option<Outcome>,
    error: Option<&str>,
) -> Option<(&'static str, &str)> {
    let explanation = match (outcome, error) {
        (_, Some(error)) => error,
        (Some(Outcome::Unknown), None) => "the answer was lost; the next run finds out what became of it",
        (Some(Outcome::Stale), None) => "it is no longer as it was when this was planned; plan again",
        (Some(Outcome::Skipped), None) => "something before it failed",
        _ => "without a reason",
    };
    trouble(outcome).map(|word| (word, explanation))
}

fn trouble(outcome: Option<Outcome>) -> Option<&'static str> {
    match outcome? {
        Outcome::Done | Outcome::AlreadySo => None,
        Outcome::Failed => Some("failed"),
        Outcome::Stale => Some("stale"),
        Outcome::Skipped => Some("skipped"),
        Outcome::Unknown => Some("unknown"),
    }
}

pub(in crate::report) fn mark(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Revoke => "-",
        Action::Hold => "?",
        Action::None => "=",
    }
}

fn paint(action: Action) -> Paint {
    match action {
        Action::Create => Paint::Good,
        Action::Update => Paint::Changed,
        Action::Replace => Paint::Replaced,
        Action::Revoke => Paint::Bad,
        Action::Hold | Action::None => Paint::Waiting,
    }
}

/// `2026-12-03 15:00Z`; with seconds where there are any.
pub(in crate::report) fn time(timestamp: Option<Timestamp>) -> String {
    let Some(timestamp) = timestamp else { return "no end".to_owned() };
    let format = if timestamp.as_second() % 60 == 0 { "%Y-%m-%d %H:%MZ" } else { "%Y-%m-%d %H:%M:%SZ" };
    timestamp.strftime(format).to_string()
}

pub(in crate::report) fn list(values: impl IntoIterator<Item = impl Display>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(", ")
}

fn optional<T: Display>(value: Option<&T>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}
