//! `check`: the configuration and the source, without Seam.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;

use super::output::Output;
use crate::config::{Endpoint, Settings};
use crate::event::{Event, Stage};
use crate::exit_code::ExitCode;
use crate::model::{Place, Problem, ProblemCode, SourceRead, Standing, Stay};
use crate::report::{counted, visible};
use crate::run::Failure;
use crate::source;

/// How many problems of a kind are shown; the others are counted.
const SHOWN: usize = 10;

/// Reads the source and says what would be understood.
pub(super) fn check(settings: &Settings, output: &Output) -> Result<ExitCode, Failure> {
    let now = match settings.seam.endpoint {
        Endpoint::Sandbox { now: Some(now), .. } => now,
        _ => Timestamp::now(),
    };
    output.sink().emit(&Event::Started(Stage::Source));
    let read = source::read(&settings.source, now)?;
    output.sink().emit(&Event::Finished(Stage::Source));
    output.text_or_json(|| text(&read), || json(&read))?;
    Ok(if read.rejects.is_empty() { ExitCode::Success } else { ExitCode::Incomplete })
}

fn text(read: &SourceRead) -> String {
    let mut out = String::from("The configuration is good.\n");
    let line = format!(
        "{}: {}, {}, {}, {} rejected.\n",
        visible(&read.location),
        counted(read.n_rows, "row"),
        counted(read.reservations.len() as u64, "reservation"),
        counted(stays(read).count() as u64, "guest stay"),
        read.rejects.len()
    );
    out.push_str(&line);
    for (word, count) in standings(read) {
        writeln!(out, "  {count:>7}  {word}").expect("a string takes all text");
    }
    for (heading, problems) in [("Rejected", &read.rejects), ("Warnings", &read.warnings)] {
        if problems.is_empty() {
            continue;
        }
        writeln!(out, "\n{heading}:").expect("a string takes all text");
        for problems in by_code(problems).values() {
            for problem in problems.iter().take(SHOWN) {
                writeln!(out, "  ! {}", visible(&problem.to_string())).expect("a string takes all text");
            }
            if let Some(more) = problems.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                writeln!(out, "  … and {more} more of this kind").expect("a string takes all text");
            }
        }
    }
    out
}

fn json(read: &SourceRead) -> String {
    let standings: BTreeMap<&str, usize> = standings(read).into_iter().collect();
    let document = serde_json::json!({
        "format_version": 1,
        "kind": "check",
        "source": {
            "kind": read.kind,
            "location": read.location,
            "rows": read.n_rows,
            "reservations": read.reservations.len(),
            "fingerprint": read.fingerprint.0,
            "coverage": read.coverage,
        },
        "stays": standings,
        "rejects": read.rejects,
        "warnings": read.warnings,
    });
    format!("{document:#}\n")
}

fn stays(read: &SourceRead) -> impl Iterator<Item = &Stay> {
    read.reservations.iter().flat_map(|reservation| &reservation.stays)
}

fn standings(read: &SourceRead) -> Vec<(&'static str, usize)> {
    let mut counts: BTreeMap<Standing, usize> = BTreeMap::new();
    for stay in stays(read) {
        *counts.entry(stay.standing).or_default() += 1;
    }
    let unassigned = stays(read).filter(|stay| stay.place == Place::Unassigned).count();
    let mut words: Vec<(&str, usize)> = counts
        .into_iter()
        .map(|(standing, count)| {
            let word = match standing {
                Standing::Expected => "expected: a grant is wanted",
                Standing::CheckedIn => "checked in: a grant is wanted, open now",
                Standing::Revoked => "cancelled, no-show or checked out: no grant",
                Standing::Unclear => "status not known: left as it is",
                Standing::Ignored => "status to be ignored: left as it is",
            };
            (word, count)
        })
        .collect();
    if unassigned > 0 {
        words.push(("without a unit yet: waits", unassigned));
    }
    words
}

fn by_code(problems: &[Problem]) -> BTreeMap<ProblemCode, Vec<&Problem>> {
    let mut groups: BTreeMap<ProblemCode, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        groups.entry(problem.code).or_default().push(problem);
    }
    groups
}
