//! A hotel and one of its nights in short text, planned in this process, and what comes of it in short text.
//!
//! A night is a line of parts separated by `; `. A part is one of these:
//!
//! - `R1 Ana 101 5..8 WORDS`: a row. Days are days of December 2026, `5T18` and `5T18:30` with a time; a guest `-` has
//!   no name, a unit `?` is not assigned, `101+102` are two. Words: `in`, `out` (revoked), `ignored`, `unclear`,
//!   `opt-out`, `key=`, `email=`, `share=`, `booked=` and `updated=` (a number).
//! - `has R1 Ana 101 5..8 WORDS`: a live grant that this store recorded as it stands. Words: `unrecorded`,
//!   `recorded=5..7`, `in` (recorded as checked in), `due` (recorded as still expected after the arrival), `guest=2` (the second guest), `key=`, `email=`, `n=2` (the ordinal
//!   of its key), `seam=R1#2` (its reservation key), `for=102` (the unit in its key), `wanted=101` (the unit that was recorded), `missed` (absent for long enough), `card` (a further method).
//! - `other R1 101 5..8`: a grant of somebody else with that reservation key.
//! - `decide R1 grant`, `revoke`, `leave`, `share R2`, each with `unit=`: what a person decided.
//! - `at 5T12`: now; the first of December at noon where nothing is said. `written 5T03`: when the rows were written.
//! - `partial`, `whole` (a partial read of whole reservations), `cut`, `lost R1` (a row of it cannot be read),
//!   `only R1` (a filter), `policy create_only`, `allow in_house=1`, `guard max_update=1`, `quarantine`,
//!   `uses-in` (the source had a checked-in status lately), `several` (it was seen to list two guests of one
//!   reservation), `early 2` and `late 2` (buffers in hours), `shared 101`, `beds` (A and B are beds of one room),
//!   `moved R1 R1#2` (an unfinished move from the grant with the first ordinal to the one with the second).
//!
//! Rooms 101 to 109 have a door each; the suite `S` has those of 101 and 102. Each night is tried with doors that
//! belong to reservations and with smart locks, and with the rows in both orders; `doors`, `locks` and `as-written` say
//! that it is about one of them only.

mod night;
mod told;
mod words;

pub(super) use night::Night;
pub(super) use told::Planned;

use super::{Violation, check};
use crate::model::Namespace;

/// What all doors of a house are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doors {
    OfReservations,
    Locks,
}

/// Compares what `tell` says of each night with what is expected. Where the doors or the order of the rows make a
/// difference, one night stands twice.
pub(super) fn check_nights(tell: impl Fn(&Planned) -> String, cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        for (house, night) in houses(text) {
            let planned = night.planned();
            let told = tell(&planned);
            if told != *expected {
                wrong.push(format!("{house}: {text}\n  expected {expected}\n  found    {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The houses and orders of rows that a night is about.
fn houses(text: &str) -> Vec<(String, Night)> {
    let has = |word: &str| text.split("; ").any(|part| part == word);
    let mut houses = Vec::new();
    for (doors, other) in [(Doors::OfReservations, "locks"), (Doors::Locks, "doors")] {
        for is_reversed in [false, true] {
            if has(other) || (is_reversed && has("as-written")) {
                continue;
            }
            let mut night = Night::of(text, doors);
            if is_reversed {
                night.reverse();
            }
            houses.push((format!("{doors:?}{}", if is_reversed { ", reversed" } else { "" }), night));
        }
    }
    houses
}

pub(super) fn namespace() -> Namespace {
    Namespace::new("pms").expect("letters only")
}

/// What the check finds in a plan that was made without knowing the parts of a night behind a `*`: two reservations and
/// the night that they share. With `hasty` no call waits for another one.
pub(super) fn found_in_forged(text: &str, doors: Doors) -> String {
    let known: Vec<&str> =
        text.split("; ").filter(|part| !part.starts_with('*') && *part != "hasty").collect();
    let all: Vec<&str> =
        text.split("; ").map(|part| part.trim_start_matches('*')).filter(|part| *part != "hasty").collect();
    let mut plan = Night::of(&known.join("; "), doors).planned().plan;
    if text.split("; ").any(|part| part == "hasty") {
        for step in &mut plan.steps {
            step.requires.clear();
        }
    }
    let violations = Night::of(&all.join("; "), doors).with_input(|input| check(plan, input));
    let found = violations.err().unwrap_or_default();
    let told = found.iter().filter_map(|violation| match violation {
        Violation::TwoParties { reservations, night, too_soon, .. } => {
            let soon = if *too_soon { " too soon" } else { "" };
            Some(format!("{}+{} {}{soon}", reservations[0], reservations[1], night.day()))
        }
        _ => None,
    });
    told.collect::<Vec<_>>().join("; ")
}
