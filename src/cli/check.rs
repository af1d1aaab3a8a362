//! `check`: the configuration, the source and the way from units to spaces, without Seam; `--online` goes on to Seam.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use clap::Args;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;

use super::check_online;
use super::output::Output;
use super::plan::runtime;
use super::rejects::{RejectsFlags, write_rejects};
use crate::config::{Endpoint, Settings, open_lines};
use crate::event::{Event, Stage};
use crate::exit_code::ExitCode;
use crate::mapping::{Outline, UnitRule, outline, spaces_of_stay, spaces_of_unit, unknown_properties};
use crate::model::{
    Guest, Moment, Place, Problem, ProblemCode, PropertyCode, ReservationId, SourcePlace, SourceRead,
    SpaceKey, Standing, Stay, Unit,
};
use crate::report::{counted, visible};
use crate::run::{Failure, refuse_unknown_properties};
use crate::source::{self, Field, SourceInput, SourceSettings};

/// How many problems of a kind are shown; the others are counted.
const SHOWN: usize = 10;

/// How many stays are shown as they will be understood.
const NEXT_STAYS: usize = 5;

/// Who arrived so many hours ago may still be on the way.
const ARRIVED_HOURS: i64 = 24;

/// How far a check goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Nothing is asked of Seam.
    Offline,
    /// What a run needs beside the source is tried too.
    Online,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub(super) struct CheckFlags {
    /// Also tries the key, the workspace, the clock, the doors and the store, and lists the guests who would get no key.
    /// Writes nothing to Seam.
    #[arg(long)]
    online: bool,
    /// Lists the words of the status with how many rows have each, and what it means.
    #[arg(long)]
    statuses: bool,
    /// Lists the units with how many stays each has, and the spaces that it leads to.
    #[arg(long)]
    units: bool,
    /// Judges as if it were that instant, for tests and rehearsals.
    #[arg(long, value_name = "INSTANT")]
    now: Option<Timestamp>,
    #[command(flatten)]
    pub(super) rows: RejectsFlags,
}

/// Reads the source and says what would be understood.
pub(super) fn check(settings: &Settings, flags: &CheckFlags, output: &Output) -> Result<ExitCode, Failure> {
    let extent = if flags.online { Extent::Online } else { Extent::Offline };
    let rehearsed = match &settings.seam.endpoint {
        Endpoint::Sandbox { now, .. } => *now,
        Endpoint::Url(_) => None,
    };
    let now = flags.now.or(rehearsed).unwrap_or_else(Timestamp::now);
    output.sink().emit(&Event::Started(Stage::Source));
    let runtime = runtime()?;
    let mut read = runtime.block_on(source::read(&settings.source, now))?;
    output.sink().emit(&Event::Finished(Stage::Source));
    if let SourceInput::Database(input) = &settings.source.input
        && let Some(place) = runtime.block_on(source::writable(&input.address))
    {
        read.warnings.push(may_write(&input.address.to_string(), &place));
    }
    if let Some(path) = &flags.rows.rejects {
        write_rejects(path, &read.rejected_rows)?;
    }
    read.count_blank_statuses(None);
    name_bookings(&mut read);
    let rule = &settings.mapping.units;
    let mut outline = outline(&read.reservations, rule);
    let unknown = unknown_properties(&read.reservations, &settings.mapping.properties, rule, now);
    refuse_unknown_properties(&unknown)?;
    outline.problems.extend(unknown.problems());
    let checked = Checked {
        open: open_in_files(settings)?,
        next_stays: next_stays(&read, rule, now),
        statuses: if flags.statuses { Some(statuses(&runtime, &settings.source, now)?) } else { None },
        units: flags.units.then(|| units(&read, rule)),
        read: &read,
        outline: &outline,
    };
    let exit_code = if checked.is_good() { ExitCode::Success } else { ExitCode::Incomplete };
    let said = checked.text(extent);
    let document = checked.json();
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

/// The user of the source can do more than the job needs.
fn may_write(location: &str, place: &str) -> Problem {
    Problem {
        source: SourcePlace::parse("query"),
        column: "",
        code: ProblemCode::Notice,
        message: format!("the user of `url` may write to {place} of {location}, and only has to read"),
        hint: "give the job a user of its own that has SELECT on the tables of the query and nothing else"
            .to_owned(),
    }
}

/// What the configuration and its query still leave open.
fn open_in_files(settings: &Settings) -> Result<Vec<String>, Failure> {
    let query = match &settings.source.input {
        SourceInput::Database(input) => Some(input.query_path.clone()),
        SourceInput::File { .. } | SourceInput::Stdin => None,
    };
    let mut open = Vec::new();
    for path in [Some(settings.path.clone()), query].into_iter().flatten() {
        let text = fs::read_to_string(&path).map_err(|error| Failure {
            exit_code: ExitCode::Configuration,
            message: format!("read `{}`: {error}", path.display()),
            hint: "check the path".to_owned(),
        })?;
        let names = open_lines(&text).into_iter().map(|line| line.name());
        open.extend(names.map(|name| match name.as_str() {
            "" => path.display().to_string(),
            _ => name,
        }));
    }
    Ok(open)
}

/// Says in each warning which booking it is of; what is wrong with a rejected row says so itself.
fn name_bookings(read: &mut SourceRead) {
    let bookings: BTreeMap<&SourcePlace, &ReservationId> = read
        .reservations
        .iter()
        .flat_map(|reservation| reservation.stays.iter().map(|stay| (&stay.source, &reservation.id)))
        .collect();
    for problem in &mut read.warnings {
        if let Some(id) = bookings.get(&problem.source) {
            problem.message = format!("{} (booking {id})", problem.message);
        }
    }
}

/// A word of the status, as the source has it.
struct StatusWord {
    word: String,
    n_rows: u64,
    meaning: &'static str,
}

/// Every word of the status, of rejected rows too.
fn statuses(runtime: &Runtime, source: &SourceSettings, now: Timestamp) -> Result<Vec<StatusWord>, Failure> {
    if source.input == SourceInput::Stdin {
        return Err(Failure {
            exit_code: ExitCode::Usage,
            message: "--statuses reads the source twice, and the standard input can be read once".to_owned(),
            hint: "name a file in `path` of [source]".to_owned(),
        });
    }
    let inspection = runtime.block_on(source::inspect(source, now))?;
    let column = inspection.column_of(Field::Status, &source.columns);
    let mut words: Vec<StatusWord> = column
        .iter()
        .flat_map(|column| &column.values)
        .map(|(word, n_rows)| {
            let standing = source.statuses.standing(word).unwrap_or(Standing::Unclear);
            StatusWord { word: word.clone(), n_rows: *n_rows, meaning: self::word(standing) }
        })
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.n_rows));
    Ok(words)
}

/// A unit, and where it leads.
struct UnitFound {
    unit: String,
    n_stays: u64,
    spaces: Vec<String>,
}

fn units(read: &SourceRead, rule: &UnitRule) -> Vec<UnitFound> {
    let mut found: BTreeMap<(&PropertyCode, &Unit), u64> = BTreeMap::new();
    for reservation in &read.reservations {
        for stay in &reservation.stays {
            if let Place::Units(units) = &stay.place {
                units
                    .iter()
                    .for_each(|unit| *found.entry((&reservation.id.property, unit)).or_default() += 1);
            }
        }
    }
    let unit = |((property, unit), n_stays): ((&PropertyCode, &Unit), u64)| {
        let spaces = spaces_of_unit(unit, property, rule).into_iter().flatten();
        UnitFound { unit: unit.to_string(), n_stays, spaces: spaces.map(|space| space.to_string()).collect() }
    };
    found.into_iter().map(unit).collect()
}

/// A stay as it will be understood.
struct NextStay {
    source: String,
    reservation: String,
    standing: &'static str,
    place: String,
    window: String,
    guest: String,
}

/// The stays that begin next; where none is to come, the last ones.
fn next_stays(read: &SourceRead, rule: &UnitRule, now: Timestamp) -> Vec<NextStay> {
    let since = now.checked_sub(SignedDuration::from_hours(ARRIVED_HOURS)).unwrap_or(now);
    let mut stays: Vec<(&ReservationId, &Stay)> = read
        .reservations
        .iter()
        .flat_map(|reservation| reservation.stays.iter().map(|stay| (&reservation.id, stay)))
        .collect();
    let is_past = |stay: &Stay| stay.check_in.instant < since;
    stays.sort_by_key(|(_, stay)| {
        let begins = stay.check_in.instant.as_second();
        (is_past(stay), if is_past(stay) { -begins } else { begins }, stay.source.clone())
    });
    stays.into_iter().take(NEXT_STAYS).map(|(id, stay)| NextStay::of(id, stay, rule)).collect()
}

impl NextStay {
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
            window: if stay.check_out == Moment::OPEN_END {
                format!("{}, without an end", shown(stay.check_in.local))
            } else {
                format!("{} to {}", shown(stay.check_in.local), shown(stay.check_out.local))
            },
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

/// What a check found.
struct Checked<'a> {
    /// The names of the lines that are not filled in.
    open: Vec<String>,
    next_stays: Vec<NextStay>,
    statuses: Option<Vec<StatusWord>>,
    units: Option<Vec<UnitFound>>,
    read: &'a SourceRead,
    outline: &'a Outline,
}

impl Checked<'_> {
    /// Whether a run can use all of it.
    fn is_good(&self) -> bool {
        self.what_is_missing().is_empty()
    }

    fn what_is_missing(&self) -> Vec<String> {
        let Self { open, read, outline, .. } = self;
        let n_unknown = read.counts.unknown_statuses;
        [
            (!open.is_empty()).then(|| {
                format!(
                    "{} of the configuration to fill in: {}",
                    counted(open.len() as u64, "line"),
                    open.join(", ")
                )
            }),
            (stays(read).next().is_none()).then(|| "no row can be used".to_owned()),
            (!read.rejects.is_empty())
                .then(|| format!("{} rejected", counted(read.rejects.len() as u64, "row"))),
            (n_unknown > 0).then(|| format!("{} with a status that is not known", counted(n_unknown, "row"))),
            (!outline.problems.is_empty()).then(|| {
                let n_units = outline.problems.len() as u64;
                let lead = if n_units == 1 { "leads" } else { "lead" };
                format!("{} that {lead} to no space", counted(n_units, "unit"))
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn text(&self, extent: Extent) -> String {
        let Self { open: _, next_stays, statuses, units, read, outline } = self;
        let mut out = match self.what_is_missing() {
            missing if missing.is_empty() => {
                "OK: the configuration is good, and every row can be used.\n".to_owned()
            }
            missing => {
                format!("The configuration can be read. Not ready: {}.\n", visible(&missing.join("; ")))
            }
        };
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
        if let Some(statuses) = statuses {
            out.push_str("\nStatuses of all rows:\n");
            for StatusWord { word, n_rows, meaning } in statuses {
                writeln!(out, "  {n_rows:>7}  {}  {meaning}", visible(word))
                    .expect("a string takes all text");
            }
        }
        if let Some(units) = units {
            out.push_str("\nUnits of all stays:\n");
            for UnitFound { unit, n_stays, spaces } in units {
                let spaces = if spaces.is_empty() { "no space".to_owned() } else { spaces.join(", ") };
                writeln!(out, "  {n_stays:>7}  {} -> {}", visible(unit), visible(&spaces))
                    .expect("a string takes all text");
            }
        }
        if !next_stays.is_empty() {
            writeln!(out, "\nThe next arrivals, as they will be understood:")
                .expect("a string takes all text");
        }
        for NextStay { source, reservation, standing, place, window, guest } in next_stays {
            writeln!(out, "  {}  {}", visible(source), visible(reservation))
                .expect("a string takes all text");
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

    fn json(&self) -> serde_json::Value {
        let Self { open, next_stays, statuses, units, read, outline } = self;
        let standings: BTreeMap<&str, usize> = standings(read).into_iter().collect();
        let next_stays: Vec<serde_json::Value> = next_stays
            .iter()
            .map(|NextStay { source, reservation, standing, place, window, guest }| {
                serde_json::json!({
                    "source": source, "reservation": reservation, "standing": standing,
                    "place": place, "window": window, "guest": guest,
                })
            })
            .collect();
        let warnings: Vec<&Problem> = read.warnings.iter().chain(&outline.problems).collect();
        let mut document = serde_json::json!({
            "format_version": 1,
            "kind": "check",
            "ready": self.is_good(),
            "fill_in": open,
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
            "next_arrivals": next_stays,
            "rejects": read.rejects,
            "warnings": warnings,
        });
        if let Some(statuses) = statuses {
            let word = |StatusWord { word, n_rows, meaning }: &StatusWord| serde_json::json!({ "word": word, "rows": n_rows, "meaning": meaning });
            document["statuses"] = statuses.iter().map(word).collect();
        }
        if let Some(units) = units {
            let unit = |UnitFound { unit, n_stays, spaces }: &UnitFound| serde_json::json!({ "unit": unit, "stays": n_stays, "spaces": spaces });
            document["units"] = units.iter().map(unit).collect();
        }
        document
    }
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
