//! `check`: the configuration, the source and the way from units to spaces, without Seam; `--online` goes on to Seam.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::check_online;
use super::output::Output;
use super::plan::runtime;
use super::rejects::write_rejects;
use crate::config::{Endpoint, Settings};
use crate::event::{Event, Stage};
use crate::exit_code::ExitCode;
use crate::mapping::{Outline, UnitRule, outline, spaces_of_stay};
use crate::model::{
    Guest, Place, Problem, ProblemCode, ReservationId, SourceRead, SpaceKey, Standing, Stay, Unit,
};
use crate::report::{counted, visible};
use crate::run::Failure;
use crate::source;

/// How many problems of a kind are shown; the others are counted.
const SHOWN: usize = 10;

/// How many rows are shown as they will be understood.
const FIRST_ROWS: usize = 5;

/// How far a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nothing is asked of Seam.
    Offline,
    /// What a run needs beside the source is tried too.
    Online,
}

/// Reads the source and says what would be understood.
pub(super) fn check(
    settings: &Settings,
    extent: Extent,
    rejects: Option<&Path>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let now = match settings.seam.endpoint {
        Endpoint::Sandbox { now: Some(now), .. } => now,
        _ => Timestamp::now(),
    };
    output.sink().emit(&Event::Started(Stage::Source));
    let runtime = runtime()?;
    let read = runtime.block_on(source::read(&settings.source, now))?;
    output.sink().emit(&Event::Finished(Stage::Source));
    if let Some(path) = rejects {
        write_rejects(path, &read.rejected_rows)?;
    }
    let rule = &settings.mapping.units;
    let outline = outline(&read.reservations, rule);
    let first_rows = first_rows(&read, rule);
    let all_is_well =
        read.rejects.is_empty() && outline.problems.is_empty() && read.counts.unknown_statuses == 0;
    let exit_code = if all_is_well { ExitCode::Success } else { ExitCode::Incomplete };
    let said = text(&read, &outline, &first_rows, extent);
    let document = json(&read, &outline, &first_rows);
    match extent {
        Extent::Offline => {
            output.text_or_json(|| said, || format!("{document:#}\n"))?;
            Ok(exit_code)
        }
        Extent::Online => {
            let online = runtime.block_on(check_online::look(settings, read, &outline, output))?;
            output.text_or_json(
                || said + &check_online::text(&online),
                || format!("{:#}\n", check_online::json(document, &online)),
            )?;
            let failures = check_online::failures(&online);
            let codes: Vec<ExitCode> =
                failures.into_iter().map(|failure| output.job_failure(failure)).collect();
            let found = [exit_code, check_online::exit_code(&online)];
            Ok(ExitCode::worst(codes.into_iter().chain(found)))
        }
    }
}

/// A row as it will be understood.
struct FirstRow {
    source: String,
    reservation: String,
    standing: &'static str,
    place: String,
    window: String,
    guest: String,
}

/// The first rows of the source that could be used.
fn first_rows(read: &SourceRead, rule: &UnitRule) -> Vec<FirstRow> {
    let mut stays: Vec<(&ReservationId, &Stay)> = read
        .reservations
        .iter()
        .flat_map(|reservation| reservation.stays.iter().map(|stay| (&reservation.id, stay)))
        .collect();
    stays.sort_by(|(_, left), (_, right)| left.source.cmp(&right.source));
    stays.into_iter().take(FIRST_ROWS).map(|(id, stay)| FirstRow::of(id, stay, rule)).collect()
}

impl FirstRow {
    fn of(id: &ReservationId, stay: &Stay, rule: &UnitRule) -> Self {
        let units = match &stay.place {
            Place::Unassigned => "no unit yet".to_owned(),
            Place::Units(units) => list("unit", units.iter().map(Unit::as_str)),
            Place::Spaces(_) => String::new(),
        };
        let spaces = match spaces_of_stay(stay, &id.property, rule) {
            None => "no space".to_owned(),
            Some(spaces) if spaces.is_empty() => String::new(),
            Some(spaces) => list("space", spaces.iter().map(SpaceKey::as_str)),
        };
        let Guest { key, full_name, email, phone, is_primary: _ } = &stay.guest;
        let contacts = [
            key.as_ref().map(|key| format!("guest {key}")),
            email.as_ref().map(|_| "with e-mail".to_owned()),
            phone.as_ref().map(|_| "with telephone".to_owned()),
        ];
        let name = if full_name.is_empty() { "no name" } else { full_name.as_str() };
        let guest: Vec<String> = [Some(name.to_owned())].into_iter().chain(contacts).flatten().collect();
        Self {
            source: stay.source.to_string(),
            reservation: id.to_string(),
            standing: word(stay.standing),
            place: [units, spaces]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" -> "),
            window: format!("{} to {}", shown(stay.check_in.local), shown(stay.check_out.local)),
            guest: guest.join(", "),
        }
    }
}

/// A local time to the minute.
fn shown(local: DateTime) -> String {
    local.strftime("%F %R").to_string()
}

fn list<'a>(what: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    let s = if words.len() == 1 { "" } else { "s" };
    format!("{what}{s} {}", words.join(", "))
}

fn text(read: &SourceRead, outline: &Outline, first_rows: &[FirstRow], extent: Extent) -> String {
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
    if !outline.spaces.is_empty() {
        let units = match outline.units.len() {
            0 => "The source names".to_owned(),
            1 => "1 unit leads to".to_owned(),
            n_units => format!("{n_units} units lead to"),
        };
        writeln!(
            out,
            "{units} {}{}.",
            counted(outline.spaces.len() as u64, "space"),
            match extent {
                Extent::Offline => "; whether Seam has them is seen by `check --online`",
                Extent::Online => "",
            }
        )
        .expect("a string takes all text");
    }
    if !first_rows.is_empty() {
        writeln!(out, "\nThe first rows, as they will be understood:").expect("a string takes all text");
    }
    for FirstRow { source, reservation, standing, place, window, guest } in first_rows {
        writeln!(out, "  {}  {}", visible(source), visible(reservation)).expect("a string takes all text");
        writeln!(out, "    {window}  {}  {standing}", visible(place)).expect("a string takes all text");
        writeln!(out, "    {}", visible(guest)).expect("a string takes all text");
    }
    let warnings: Vec<Problem> = read.warnings.iter().chain(&outline.problems).cloned().collect();
    for (heading, problems) in [("Rejected", &read.rejects), ("Warnings", &warnings)] {
        if problems.is_empty() {
            continue;
        }
        writeln!(out, "\n{heading}:").expect("a string takes all text");
        out.push_str(&grouped(problems));
    }
    out
}

/// Problems by their kind, of each kind the first ones.
pub(super) fn grouped(problems: &[Problem]) -> String {
    let kinds = by_code(problems).into_iter();
    kinds.map(|(code, problems)| kind(&code.word(), problems.iter().map(ToString::to_string))).collect()
}

/// One kind of thing that is wrong, and the first of its kind.
pub(super) fn kind(word: &str, lines: impl ExactSizeIterator<Item = String>) -> String {
    let n_lines = lines.len();
    let mut out = format!("  {word} ({n_lines})\n");
    for line in lines.take(SHOWN) {
        writeln!(out, "    ! {}", visible(&line)).expect("a string takes all text");
    }
    if let Some(more) = n_lines.checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(out, "    … and {more} more of this kind").expect("a string takes all text");
    }
    out
}

fn json(read: &SourceRead, outline: &Outline, first_rows: &[FirstRow]) -> serde_json::Value {
    let standings: BTreeMap<&str, usize> = standings(read).into_iter().collect();
    let first_rows: Vec<serde_json::Value> = first_rows
        .iter()
        .map(|FirstRow { source, reservation, standing, place, window, guest }| {
            serde_json::json!({
                "source": source, "reservation": reservation, "standing": standing,
                "place": place, "window": window, "guest": guest,
            })
        })
        .collect();
    let warnings: Vec<&Problem> = read.warnings.iter().chain(&outline.problems).collect();
    serde_json::json!({
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
        "mapping": { "units": outline.units.len(), "spaces": outline.spaces },
        "first_rows": first_rows,
        "rejects": read.rejects,
        "warnings": warnings,
    })
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
    let mut words: Vec<(&str, usize)> =
        counts.into_iter().map(|(standing, count)| (word(standing), count)).collect();
    if unassigned > 0 {
        words.push(("without a unit yet: waits", unassigned));
    }
    words
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Expected => "expected: a grant is wanted",
        Standing::CheckedIn => "checked in: a grant is wanted, open now",
        Standing::Revoked => "cancelled, no-show or checked out: no grant",
        Standing::Unclear => "status not known: left as it is",
        Standing::Ignored => "status to be ignored: left as it is",
    }
}

fn by_code(problems: &[Problem]) -> BTreeMap<ProblemCode, Vec<&Problem>> {
    let mut groups: BTreeMap<ProblemCode, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        groups.entry(problem.code).or_default().push(problem);
    }
    groups
}
