//! Which part of a date comes first, where only the whole column can tell.
//!
//! `07/05/2026` is in May or in July. A column in which one date has a first part above 12, and none a second one,
//! proves that the day comes first; without such a date nothing is proven and nothing is guessed (breakages: two
//! orders in one file, and every row of them plausible).

use std::borrow::Cow;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::columns::Columns;
use super::dates::{
    Parts, When, ambiguous_parts, day_of_number, is_at_midnight, parse_date_before, parse_marked_time,
    parse_when,
};
use super::field::Field;
use super::record::{Cells, Typed};
use super::row::trimmed;
use super::settings::DateOrder;
use crate::model::{Problem, ProblemCode, SourcePlace};

/// The columns that hold dates.
const DATES: [Field; 5] =
    [Field::CheckIn, Field::CheckOut, Field::LastNight, Field::UpdatedAt, Field::BookedAt];

/// The columns that hold the hour of an arrival or a departure: with its date, or alone.
const HOURS: [Field; 5] =
    [Field::CheckIn, Field::CheckOut, Field::LastNight, Field::CheckInTime, Field::CheckOutTime];

/// How many rows are enough to know what a column is, where nearly all of them say the same.
const ENOUGH: u64 = 1_000;

/// Few stays are longer.
const LONG_STAY_DAYS: i64 = 60;

/// What a column has shown of its hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Hours {
    /// Rows of stays that are not over: these decide.
    coming: Count,
    /// The others, which decide where there is nothing else.
    past: Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    midnights: u64,
    others: u64,
}

impl Count {
    fn add(&mut self, is_midnight: bool) {
        *(if is_midnight { &mut self.midnights } else { &mut self.others }) += 1;
    }
}

impl Hours {
    /// Whether midnight is how the column says that a cell is a day, or a time that says nothing (RULES 10). Most of its
    /// hours decide, not all: an hour that somebody wrote beside days would else end every other stay on the midnight before
    /// its last morning, and begin it before the guest of the night before has left.
    fn are_days(self) -> bool {
        let Count { midnights, others } =
            if self.coming == Count::default() { self.past } else { self.coming };
        midnights > others
    }

    /// Whether no row that is to come changes what the column is.
    fn are_settled(self) -> bool {
        let Count { midnights, others } = self.coming;
        let (fewer, more) = (midnights.min(others), midnights.max(others));
        more >= ENOUGH && more / 20 >= fewer
    }

    fn have_midnights(self) -> bool {
        self.coming.midnights > 0 || self.past.midnights > 0
    }
}

/// What the hour of a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hour {
    /// Midnight, as written or by the hotel's clock.
    Midnight,
    /// Midnight by UTC only, which is an afternoon or a morning in other zones.
    MidnightOfUtc,
    /// Another one.
    Other,
}

/// When and where a row is judged.
pub(super) struct Clock<'a> {
    pub(super) now: Timestamp,
    /// The zone of its property.
    pub(super) zone: &'a dyn Fn() -> TimeZone,
}

/// What a column has shown of its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Finding {
    /// No date of the kind that needs an order.
    #[default]
    Nothing,
    /// Dates that can be read in both orders.
    Open,
    /// A date that can only be read with the day first.
    DayFirst,
    /// A date that can only be read with the month first.
    MonthFirst,
    /// Dates of both kinds.
    Both,
}

impl Finding {
    pub(super) fn and(self, parts: Parts) -> Self {
        let seen = match parts {
            Parts { first: ..=12, second: 13.. } => Self::MonthFirst,
            Parts { first: 13.., second: ..=12 } => Self::DayFirst,
            // One that cannot be read in any order says nothing of the others.
            _ => Self::Open,
        };
        match (self, seen) {
            (Self::Nothing | Self::Open, seen) => seen,
            (before, Self::Open) => before,
            (before, seen) if before == seen => before,
            _ => Self::Both,
        }
    }
}

/// The order of each column: as configured, or as the column has proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateOrders {
    configured: DateOrder,
    findings: [Finding; DATES.len()],
    hours: [Hours; HOURS.len()],
}

impl DateOrders {
    pub(super) fn new(configured: DateOrder) -> Self {
        Self { configured, findings: [Finding::Nothing; DATES.len()], hours: [Hours::default(); HOURS.len()] }
    }

    /// Looks at the dates of a row. Whether one of them can only be read when all rows were looked at.
    pub(super) fn observe<C: Cells>(&mut self, cells: &C, columns: &Columns, clock: &Clock<'_>) -> bool {
        let mut is_open = false;
        let mut is_past = None;
        for (field, hours) in HOURS.into_iter().zip(&mut self.hours) {
            let Some(position) = columns.position(field).filter(|_| !hours.are_settled()) else { continue };
            let Some(hour) = hour(cells, position, field, clock.zone) else { continue };
            let is_midnight = match hour {
                Hour::Midnight => true,
                Hour::MidnightOfUtc => has_days_of_utc(cells, columns),
                Hour::Other => false,
            };
            let is_past = *is_past.get_or_insert_with(|| is_over(cells, columns, self.configured, clock.now));
            (if is_past { &mut hours.past } else { &mut hours.coming }).add(is_midnight);
            is_open |= is_midnight;
        }
        if self.configured != DateOrder::YearMonthDay {
            return is_open;
        }
        for (field, finding) in DATES.into_iter().zip(&mut self.findings) {
            let Some(position) = columns.position(field) else { continue };
            let text = cells.text(position).map_or("", trimmed);
            if let Some(parts) = ambiguous_parts(text).filter(|_| cells.typed(position).is_none()) {
                *finding = finding.and(parts);
                is_open = true;
            }
        }
        is_open
    }

    /// Whether no row that is to come can tell more about those that were looked at.
    pub(super) fn is_settled(&self) -> bool {
        self.findings.iter().all(|finding| *finding == Finding::Nothing)
            && self.hours.iter().all(|hours| hours.are_settled() || !hours.have_midnights())
    }

    /// Whether a midnight of a column means a day, or no time.
    pub(super) fn has_days(&self, field: Field) -> bool {
        HOURS.into_iter().zip(self.hours).any(|(one, hours)| one == field && hours.are_days())
    }

    /// Says which columns have hours among their days.
    pub(super) fn hours_among_days<'a>(
        &'a self,
        source: &'a SourcePlace,
    ) -> impl Iterator<Item = Problem> + 'a {
        let mixed = HOURS
            .into_iter()
            .zip(self.hours)
            .filter(|(_, hours)| hours.are_days() && hours.coming.others > 0);
        mixed.map(|(field, Hours { coming: Count { midnights, others }, .. })| Problem {
            source: source.clone(),
            column: field.as_str(),
            code: ProblemCode::Notice,
            message: format!(
                "{midnights} of {} hours are 00:00 and are read as days, with the hour of the property; the others are \
                 taken as written",
                midnights + others
            ),
            hint: "export days without an hour, or every hour".to_owned(),
        })
    }

    /// A date in a column of days, where that is what a midnight means.
    pub(super) fn without_midnight<C: Cells>(
        &self,
        cells: &C,
        columns: &Columns,
        field: Field,
        when: When,
        zone: &TimeZone,
    ) -> When {
        if !self.has_days(field) {
            return when;
        }
        let position = columns.position(field);
        match when {
            When::Local(local) if local.time() == Time::midnight() => When::Date(local.date()),
            When::Instant(instant) => {
                let here = zone.to_datetime(instant);
                let written = || {
                    let text = cells.text(position?).map(trimmed)?;
                    is_at_midnight(text).filter(|is_midnight| *is_midnight && !is_of_utc(text))?;
                    parse_date_before(text, self.of(field))
                };
                if here.time() == Time::midnight() {
                    When::Date(here.date())
                } else if let Some(date) = written() {
                    When::Date(date)
                } else if has_days_of_utc(cells, columns) {
                    When::Date(TimeZone::UTC.to_datetime(instant).date())
                } else {
                    when
                }
            }
            When::Local(_) | When::Date(_) => when,
        }
    }

    /// The order of a column.
    pub(super) fn of(&self, field: Field) -> DateOrder {
        match self.finding(field) {
            Finding::DayFirst => DateOrder::DayMonthYear,
            Finding::MonthFirst => DateOrder::MonthDayYear,
            Finding::Nothing | Finding::Open | Finding::Both => self.configured,
        }
    }

    /// Whether a date of the column can be read only in an order that nobody knows.
    pub(super) fn is_open(&self, field: Field, text: &str) -> bool {
        self.of(field) == DateOrder::YearMonthDay && ambiguous_parts(text).is_some()
    }

    /// Why a date could not be read, and what to do about it.
    pub(super) fn why_unreadable(&self, field: Field, text: &str) -> (&'static str, Cow<'static, str>) {
        const OPTION: &str = "set `date_order` in [source] to dmy or mdy, or write dates as 2026-05-17";
        let is_open = self.is_open(field, text);
        match self.finding(field) {
            Finding::Open if is_open => {
                ("no date of this column proves whether the day or the month comes first", OPTION.into())
            }
            Finding::Both if is_open => {
                ("this column has dates with the day first and dates with the month first", OPTION.into())
            }
            _ => {
                let hint = match day_of_number(text) {
                    Some(date) => format!(
                        "{text} is the number that a spreadsheet has for {date}: format the column as a date there, and \
                         export again"
                    )
                    .into(),
                    None => {
                        "write 2026-05-17 or 2026-05-17 15:00, or set `date_order` in [source] to dmy or mdy".into()
                    }
                };
                ("the cell is not a date that exists", hint)
            }
        }
    }

    fn finding(&self, field: Field) -> Finding {
        DATES
            .into_iter()
            .position(|date| date == field)
            .map_or(Finding::Nothing, |position| self.findings[position])
    }
}

/// The hour of a cell; `None` where it has none. A workbook has told days from hours already.
fn hour<C: Cells>(cells: &C, position: usize, field: Field, zone: &dyn Fn() -> TimeZone) -> Option<Hour> {
    let is_time = matches!(field, Field::CheckInTime | Field::CheckOutTime);
    let of_time = |time: Time| if time == Time::midnight() { Hour::Midnight } else { Hour::Other };
    let of_instant = |instant: Timestamp| match of_time(zone().to_datetime(instant).time()) {
        Hour::Other if is_midnight_of_utc(instant) => Hour::MidnightOfUtc,
        hour => hour,
    };
    match cells.typed(position) {
        Some(Typed::DateTime(local)) if !is_time => Some(of_time(local.time())),
        Some(Typed::Instant(instant)) if !is_time => Some(of_instant(instant)),
        Some(Typed::Time(time)) if is_time => Some(of_time(time)),
        Some(_) => None,
        None => {
            let text = cells.text(position).map_or("", trimmed);
            if is_time {
                return parse_marked_time(text)
                    .map(|(time, days)| if days == 0 { of_time(time) } else { Hour::Other });
            }
            let is_midnight = is_at_midnight(text)?;
            Some(match instant(text) {
                Some(instant) if !is_midnight || is_of_utc(text) => of_instant(instant),
                _ if is_midnight => Hour::Midnight,
                _ => Hour::Other,
            })
        }
    }
}

/// An instant with its offset; the order of its date does not matter, for it begins with the year.
fn instant(text: &str) -> Option<Timestamp> {
    match parse_when(text, DateOrder::YearMonthDay) {
        Some(When::Instant(instant)) => Some(instant),
        _ => None,
    }
}

/// Whether an instant is written in UTC.
fn is_of_utc(text: &str) -> bool {
    text.ends_with(['Z', 'z']) || ["+00:00", "-00:00", "+00", "+0000"].iter().any(|zero| text.ends_with(zero))
}

fn is_midnight_of_utc(instant: Timestamp) -> bool {
    TimeZone::UTC.to_datetime(instant).time() == Time::midnight()
}

/// Whether both dates of a row are midnight by UTC. One of them alone may well be an hour: in California, 16:00 is.
fn has_days_of_utc<C: Cells>(cells: &C, columns: &Columns) -> bool {
    let is_day = |field: Field| {
        let position = columns.position(field)?;
        let instant = match cells.typed(position) {
            Some(Typed::Instant(instant)) => Some(instant),
            Some(_) => None,
            None => instant(cells.text(position).map_or("", trimmed)),
        };
        instant.map(is_midnight_of_utc)
    };
    let departure = || is_day(Field::CheckOut).or_else(|| is_day(Field::LastNight));
    is_day(Field::CheckIn) == Some(true) && departure() == Some(true)
}

/// Whether the departure of a row was before yesterday, in whatever order its date is written.
fn is_over<C: Cells>(cells: &C, columns: &Columns, configured: DateOrder, now: Timestamp) -> bool {
    let today = TimeZone::UTC.to_datetime(now).date();
    let orders: &[DateOrder] = match &configured {
        DateOrder::YearMonthDay => &[DateOrder::DayMonthYear, DateOrder::MonthDayYear],
        order => std::slice::from_ref(order),
    };
    let date = |when: When| match when {
        When::Date(date) => date,
        When::Local(local) => local.date(),
        When::Instant(instant) => TimeZone::UTC.to_datetime(instant).date(),
    };
    let latest = |field: Field| {
        let position = columns.position(field)?;
        if let Some(typed) = cells.typed(position) {
            return When::of(typed).map(date);
        }
        let text = cells.text(position).map_or("", trimmed);
        orders.iter().filter_map(|order| parse_when(text, *order)).map(date).max()
    };
    // Where only the nights say when a stay ends, an arrival so long ago is one of the past.
    let by_arrival = || Some(latest(Field::CheckIn)?.saturating_add(LONG_STAY_DAYS.days()));
    let departure = latest(Field::CheckOut).or_else(|| latest(Field::LastNight)).or_else(by_arrival);
    departure.is_some_and(|departure| departure.saturating_add(1.day()) < today)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use crate::model::{Coverage, ProblemCode, SourceRead};
    use crate::source::settings::{DateOrder, SourceSettings};
    use crate::source::testing::{read_bytes, settings};

    /// Reads bookings `R1`, `R2` … with these arrivals and departures.
    fn read(order: DateOrder, stays: &[(&str, &str)]) -> SourceRead {
        let mut text = "reservation_key,unit,check_in,check_out\n".to_owned();
        for (number, (check_in, check_out)) in (1..).zip(stays) {
            writeln!(text, "R{number},101,{check_in},{check_out}").expect("a string takes all text");
        }
        read_bytes(text.as_bytes(), &SourceSettings { date_order: order, ..settings() })
            .expect("the header is right")
    }

    /// Checks the local windows, and the rows and columns that are rejected.
    fn check(order: DateOrder, stays: &[(&str, &str)], windows: &[&str], rejects: &[&str]) {
        let read = read(order, stays);
        let seen: Vec<String> = read
            .reservations
            .iter()
            .flat_map(|reservation| &reservation.stays)
            .map(|stay| format!("{}..{}", stay.check_in.local.date(), stay.check_out.local.date()))
            .collect();
        assert_eq!(seen, windows, "{stays:?}");
        let rejected: Vec<String> = read
            .rejects
            .iter()
            .map(|problem| (problem, problem.message.split(" (").next().unwrap_or_default()))
            .map(|(problem, message)| format!("{} {message}", problem.source.row))
            .collect();
        assert_eq!(rejected, rejects, "{stays:?}");
        assert!(read.rejects.iter().all(|problem| problem.code == ProblemCode::BadDate));
        assert_eq!(read.coverage, Coverage::Complete);
    }

    const YMD: DateOrder = DateOrder::YearMonthDay;

    #[test]
    fn a_column_that_proves_its_order_is_read_in_it_each_column_by_itself() {
        check(
            YMD,
            &[("01/05/2026", "05/07/2026"), ("17/05/2026", "05/19/2026")],
            &["2026-05-01..2026-05-07", "2026-05-17..2026-05-19"],
            &[],
        );
        // Other ways to write a date beside them say nothing, and are read.
        check(
            YMD,
            &[("2026-05-01", "3 May 2026"), ("04.05.26", "13.05.26"), ("28.05.26", "30.05.26")],
            &["2026-05-01..2026-05-03", "2026-05-04..2026-05-13", "2026-05-28..2026-05-30"],
            &[],
        );
    }

    #[test]
    fn a_column_that_proves_nothing_is_refused_and_names_the_option() {
        let stays = [("01/05/2026", "17/05/2026"), ("02/05/2026", "18/05/2026")];
        let why = "no date of this column proves whether the day or the month comes first";
        check(YMD, &stays, &[], &[&format!("2 {why}"), &format!("3 {why}")]);
        assert!(read(YMD, &stays).rejects[0].hint.contains("`date_order`"));
        check(DateOrder::DayMonthYear, &stays, &["2026-05-01..2026-05-17", "2026-05-02..2026-05-18"], &[]);
    }

    #[test]
    fn a_column_with_both_orders_is_refused_and_with_an_order_only_what_does_not_fit() {
        let stays =
            [("13/05/2026", "2026-05-15"), ("05/14/2026", "2026-05-16"), ("2026-05-17", "2026-05-18")];
        let why = "this column has dates with the day first and dates with the month first";
        check(YMD, &stays, &["2026-05-17..2026-05-18"], &[&format!("2 {why}"), &format!("3 {why}")]);
        check(
            DateOrder::DayMonthYear,
            &stays,
            &["2026-05-13..2026-05-15", "2026-05-17..2026-05-18"],
            &["3 the cell is not a date that exists"],
        );
    }

    #[test]
    fn a_date_that_exists_in_no_order_decides_nothing() {
        check(
            YMD,
            &[("32/05/2026", "2026-05-15"), ("13/05/2026", "2026-05-15"), ("13/13/2026", "2026-05-15")],
            &["2026-05-13..2026-05-15"],
            &["2 the cell is not a date that exists", "4 the cell is not a date that exists"],
        );
    }

    #[test]
    fn rows_that_had_to_wait_for_the_last_one_keep_their_order_and_their_footer() {
        let text = "reservation_key,unit,check_in,check_out,full_name\nR1,101,2026-05-01,2026-05-03,A\n\
                    R1,102,01/05/2026,03/05/2026,B\nR1,103,2026-05-01,2026-05-03,C\nR2,104,14/05/2026,15/05/2026,D\n\
                    Total,2,,,\n";
        let read = read_bytes(text.as_bytes(), &settings()).expect("the header is right");
        let lines: Vec<u64> = read.reservations[0].stays.iter().map(|stay| stay.source.row).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert_eq!((read.n_rows, read.rejects.len(), read.warnings.len()), (5, 0, 1));
        let cut = format!("{text}R9,105,16/05/2026,17");
        let read = read_bytes(cut.as_bytes(), &settings()).expect("the header is right");
        assert_eq!(
            (read.coverage, read.rejects.last().expect("it is cut").code),
            (Coverage::Partial, ProblemCode::Cut)
        );
    }
}
