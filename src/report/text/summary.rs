//! The first lines and the last one.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::counted::counted;
use super::super::document::{Counts, Document, Estimate, Person};
use super::super::visible::visible;
use super::super::words::{noticed, remedy};
use super::paint::{Paint, advised, painted};
use super::{TextOptions, problems};
use crate::event::Outcome;
use crate::plan::{Action, Impact, Phase};

/// Whoever waits for less, in seconds, does not ask how long it should have taken.
const WORTH_A_WORD: u64 = 10;

const WRITABLE: &str = "a string takes everything";

/// What it is, and what it was made of.
pub(super) fn opening(document: &Document, options: TextOptions, out: &mut String) {
    let start = out.len();
    if document.dry_run {
        out.push_str("DRY RUN: nothing will be written\n");
    }
    if document.tells_outcomes() {
        write!(out, "Run {}", visible(document.run_id.as_str())).expect(WRITABLE);
        if let Some(workspace_id) = &document.workspace_id {
            write!(out, " in workspace {}", visible(workspace_id.as_str())).expect(WRITABLE);
        }
        writeln!(out, ", {}", document.started_at.strftime("%Y-%m-%d %H:%MZ")).expect(WRITABLE);
    }
    if let Some(source) = &document.source {
        let coverage = source.coverage_in_words();
        writeln!(out, "Source {}: {} ({coverage})", visible(&source.location), source.size_in_words())
            .expect(WRITABLE);
    }
    problems::statuses(document, options, out);
    if let Some(scope) = &document.scope {
        writeln!(out, "Limited to {}", visible(&scope.in_words())).expect(WRITABLE);
    }
    if document.changes_something() {
        writeln!(out, "{}", noticed(document)).expect(WRITABLE);
    }
    if out.len() > start {
        out.push('\n');
    }
}

/// Guards that stop it, why it ended early, and the one line that sums it up.
pub(super) fn closing(document: &Document, options: TextOptions, out: &mut String) {
    for guard in document.guards.iter().filter(|guard| guard.tripped) {
        let label = painted(Paint::Bad, "Guard", options);
        writeln!(
            out,
            "{label} {} stops this: {} of at most {} ({})",
            visible(&guard.guard),
            guard.count,
            guard.limit,
            visible(&guard.scope)
        )
        .expect(WRITABLE);
    }
    if let Some(failure) = &document.error {
        let label = painted(Paint::Bad, "Stopped:", options);
        writeln!(out, "{label} {}", visible(&failure.message)).expect(WRITABLE);
        advised("hint", &remedy(document), options, out);
        if document.calls.writes == 0 {
            out.push_str("Nothing was written to Seam.\n");
        }
    } else {
        advised("hint", &remedy(document), options, out);
        if !document.changes_something() {
            out.push_str("Nothing is to change.\n");
        }
    }
    if let Some(line) = people(document) {
        writeln!(out, "{line}").expect(WRITABLE);
    }
    if let Some(line) = in_one_line(document) {
        writeln!(out, "{}", painted(Paint::Heading, &line, options)).expect(WRITABLE);
    }
}

/// Whether it ended before there was a plan: a line of noughts would read as if nothing were to change.
fn is_before_the_plan(document: &Document) -> bool {
    let Counts { unchanged, .. } = document.counts;
    document.error.is_some() && unchanged == 0 && document.items.is_empty() && document.identities.is_empty()
}

fn plan(document: &Document) -> String {
    let Counts { create, update, replace, revoke, held, rejected, unchanged, .. } = document.counts;
    let reissues = reissues(document, "re-issue");
    let estimate = &document.estimate;
    let mut line = format!(
        "Plan: {create} create, {update} update{reissues}, {replace} replace, {revoke} revoke, {held} held, \
         {rejected} rejected, {unchanged} unchanged. {}, about {}",
        counted(estimate.writes as u64, "call"),
        clock(estimate.seconds)
    );
    if let Some(door) = &estimate.slowest_door {
        write!(line, "; slowest door {}", visible(door)).expect(WRITABLE);
    }
    line.push('.');
    line
}

fn done(document: &Document) -> String {
    let Counts {
        create,
        update,
        replace,
        revoke,
        held,
        rejected,
        unchanged,
        failed,
        unknown,
        stale,
        skipped,
        identities: _,
        warnings: _,
    } = document.counts;
    let reissues = reissues(document, "re-issued");
    let opening = if document.error.is_some() { "Until then" } else { "Done" };
    let mut line = format!(
        "{opening}: {create} created, {update} updated{reissues}, {replace} replaced, {revoke} revoked, {held} held, \
         {rejected} rejected, {unchanged} unchanged in {}",
        took(document.started_at, document.finished_at)
    );
    let troubles: Vec<String> =
        [(failed, "failed"), (unknown, "unknown"), (stale, "stale"), (skipped, "skipped")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
    if !troubles.is_empty() {
        write!(line, "; {}", troubles.join(", ")).expect(WRITABLE);
    }
    write!(line, ". {}", counted(document.calls.writes, "call")).expect(WRITABLE);
    if document.calls.retries > 0 {
        write!(line, ", {} repeated", document.calls.retries).expect(WRITABLE);
    }
    line.push_str(&compared(&document.estimate));
    line.push('.');
    line
}

/// How long the calls took and were expected to, where either is worth a word.
fn compared(estimate: &Estimate) -> String {
    match estimate.actual_seconds {
        Some(actual) if actual.max(estimate.seconds) >= WORTH_A_WORD => {
            format!(" in {}, estimated {}", clock(actual), clock(estimate.seconds))
        }
        _ => String::new(),
    }
}

/// How many guests in the house have what opens their door issued again.
fn reissues(document: &Document, word: &str) -> String {
    let count = document
        .items
        .iter()
        .filter(|line| {
            line.action == Action::Update
                && line.phase == Phase::InHouse
                && line.impact != Impact::Seamless
                && (!document.tells_outcomes() || happened(line.outcome))
        })
        .count();
    if count == 0 { String::new() } else { format!(" ({count} {word} in-house)") }
}

fn people(document: &Document) -> Option<String> {
    let count = |action: Action| {
        let counts = |person: &&Person| {
            person.action == action && (!document.tells_outcomes() || happened(person.outcome))
        };
        document.identities.iter().filter(counts).count()
    };
    if document.identities.is_empty() {
        return None;
    }
    let (created, updated) = (count(Action::Create), count(Action::Update));
    Some(if document.tells_outcomes() {
        let n_failed = document.identities.len() - created - updated;
        let failed = if n_failed > 0 { format!(", {n_failed} not done") } else { String::new() };
        format!("Guests: {created} created, {updated} updated{failed}.")
    } else {
        format!("Guests: {created} to create, {updated} to update.")
    })
}

fn happened(outcome: Option<Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Done | Outcome::AlreadySo))
}

/// `0.4 s`, or minutes and seconds where it took longer than one.
pub(in crate::report) fn took(start: Timestamp, end: Timestamp) -> String {
    let milliseconds = u64::try_from(start.duration_until(end).as_millis()).unwrap_or_default();
    match milliseconds {
        ..60_000 => format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100),
        _ => clock(milliseconds / 1000),
    }
}

/// `00:06`, or `1:02:03` from an hour on.
fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        format!("{minutes:02}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}

/// The line that sums it up; `None` where it ended before there was a plan.
pub(in crate::report) fn in_one_line(document: &Document) -> Option<String> {
    (!is_before_the_plan(document))
        .then(|| if document.tells_outcomes() { done(document) } else { plan(document) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_minutes_and_seconds_until_it_takes_hours() {
        for (seconds, expected) in [(0, "00:00"), (6, "00:06"), (61, "01:01"), (3723, "1:02:03")] {
            assert_eq!(clock(seconds), expected);
        }
    }

    #[test]
    fn what_calls_took_is_told_beside_what_they_were_expected_to_take() {
        let told = |seconds, actual_seconds| {
            compared(&Estimate { writes: 1, seconds, slowest_door: None, actual_seconds })
        };
        assert_eq!(told(60, Some(63)), " in 01:03, estimated 01:00");
        assert_eq!(told(0, Some(9)), "");
        assert_eq!(told(60, None), "");
    }

    #[test]
    fn what_was_short_is_told_in_seconds() {
        let start = Timestamp::UNIX_EPOCH;
        for (milliseconds, expected) in
            [(0, "0.0 s"), (499, "0.4 s"), (59_999, "59.9 s"), (60_000, "01:00"), (-5, "0.0 s")]
        {
            let end = start + jiff::SignedDuration::from_millis(milliseconds);
            assert_eq!(took(start, end), expected);
        }
    }
}
