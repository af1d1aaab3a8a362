//! When a stay begins and ends, from whichever columns the export has: both dates, or one and the nights.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::cells::{time_of_day, unreadable_time, without_fraction};
use super::date_order::DateOrders;
use super::dates::{When, parse_date_before, parse_when};
use super::field::Field;
use super::record::Cells;
use super::row::Row;
use super::sentinels::is_day_zero;
use super::settings::OpenEnd;
use crate::model::time::Side;
use crate::model::{Moment, Problem, ProblemCode, Property};

/// What is needed to read a window.
pub(super) struct WindowRules<'a> {
    pub(super) property: &'a Property,
    pub(super) zone: &'a TimeZone,
    pub(super) orders: &'a DateOrders,
    pub(super) now: Timestamp,
    /// A later arrival is a mistake.
    pub(super) latest: Timestamp,
    pub(super) open_end: OpenEnd,
}

/// Before this hour nobody checks out.
const MORNING: i8 = 4;

const DATES_OF_STAY: [Field; 3] = [Field::CheckIn, Field::CheckOut, Field::LastNight];

/// A day or time, and the column that it comes from.
#[derive(Clone, Copy)]
struct Said {
    field: Field,
    when: When,
}

impl WindowRules<'_> {
    /// Arrival and departure of a row; the second is after the first.
    pub(super) fn window<C: Cells>(
        &self,
        row: &Row<'_, C>,
        warnings: &mut Vec<Problem>,
    ) -> Result<(Moment, Moment), Box<Problem>> {
        let (arrival, departure) = self.days(row, warnings)?;
        let check_in = self.moment(row, arrival, Side::Arrival, warnings)?;
        if check_in.instant > self.latest {
            return Err(Box::new(row.problem(
                arrival.field,
                ProblemCode::ImplausibleDate,
                "the arrival is more than three years ahead",
                "correct the date; check that day, month and year stand where `date_order` says",
            )));
        }
        let Some(departure) = departure else { return Ok((check_in, Moment::OPEN_END)) };
        let departure = self.cut(row, check_in, departure, warnings);
        let check_out = self.moment(row, departure, Side::Departure, warnings)?;
        if check_out.instant <= check_in.instant {
            return Err(Box::new(row.problem(
                departure.field,
                ProblemCode::EndBeforeStart,
                "the check-out is not after the check-in",
                "correct the dates; a stay within one day needs times",
            )));
        }
        warnings.extend(self.departure_at_night(row, departure, check_out));
        Ok((check_in, check_out))
    }

    /// A departure that is written in the small hours of its own day: a mistake more often than not.
    fn departure_at_night<C: Cells>(
        &self,
        row: &Row<'_, C>,
        departure: Said,
        check_out: Moment,
    ) -> Option<Problem> {
        let is_written =
            !matches!(departure.when, When::Date(_)) || !row.value(Field::CheckOutTime).is_empty();
        let local = check_out.local;
        let is_at_night = local.hour() < MORNING
            && local.date() == self.day(departure.when)
            && local.time() != self.property.check_out;
        (is_written && is_at_night).then(|| {
            let message = format!(
                "the departure is in the night, at {}, and is taken as written",
                local.strftime("%R")
            );
            let hint =
                "correct it where the guest leaves in the morning; without a time the property's is taken";
            row.problem(departure.field, ProblemCode::Notice, message, hint)
        })
    }

    /// A departure that is more than three years ahead is a day that its arrival gives: the end of the third year after
    /// it, or of the sixth, and so on, so that a grant of such a stay is not changed each January.
    fn cut<C: Cells>(
        &self,
        row: &Row<'_, C>,
        check_in: Moment,
        departure: Said,
        warnings: &mut Vec<Problem>,
    ) -> Said {
        let day = self.day(departure.when);
        let in_years = |years: i64| self.now.to_zoned(self.zone.clone()).checked_add(years.years());
        let (Ok(next_year), Ok(latest)) = (in_years(1), in_years(3)) else { return departure };
        let first = check_in.local.date().last_of_year();
        let ends = (1_i64..).map(|n| first.saturating_add((3 * n).years()));
        // The last night of the calendar ends the search.
        let end = ends.into_iter().find(|end| *end >= next_year.date() || *end == Date::MAX);
        let Some(end) = end.filter(|end| day > latest.date() && day > *end) else { return departure };
        let message = format!("the departure is more than three years ahead; {end} is taken for it");
        let hint = "correct the date, or write the departure that the guest has so far";
        warnings.push(row.problem(departure.field, ProblemCode::ImplausibleDate, message, hint));
        Said { when: When::Date(end), ..departure }
    }

    /// Whether the stay of a row that cannot be used is over, as far as its dates can be read.
    pub(super) fn is_over<C: Cells>(&self, row: &Row<'_, C>) -> bool {
        let is_past = |said: Said, side: Side| {
            self.moment(row, said, side, &mut Vec::new()).is_ok_and(|moment| moment.instant <= self.now)
        };
        if let Ok((arrival, departure)) = self.days(row, &mut Vec::new()) {
            let is_past_end = departure.is_some_and(|departure| is_past(departure, Side::Departure));
            return is_past(arrival, Side::Arrival) && is_past_end;
        }
        // One of the dates may be no date, and the nights beside them may be wrong. Dates of which nobody knows the order
        // are told, whenever they are.
        if DATES_OF_STAY.iter().any(|field| self.orders.is_open(*field, row.value(*field))) {
            return false;
        }
        let said = |field: Field| self.said(row, field, &mut Vec::new()).ok().flatten();
        let arrival = said(Field::CheckIn);
        let departure = said(Field::CheckOut).or_else(|| self.shifted(row, said(Field::LastNight)?, 1).ok());
        departure.is_some_and(|departure| is_past(departure, Side::Departure))
            && arrival.is_none_or(|arrival| is_past(arrival, Side::Arrival))
    }

    /// Arrival and departure; without the second where a stay may have no end yet.
    fn days<C: Cells>(
        &self,
        row: &Row<'_, C>,
        warnings: &mut Vec<Problem>,
    ) -> Result<(Said, Option<Said>), Box<Problem>> {
        let (arrival, departure, last_night) = match row.range() {
            Some((field, range)) => {
                let orders = [Field::CheckIn, field].map(|field| self.orders.of(field));
                let Some((first, second)) = range.and_then(|range| range.read(orders)) else {
                    return Err(Box::new(self.bad_range(row)));
                };
                let arrival = Some(Said { field: Field::CheckIn, when: first });
                let second = Some(Said { field, when: second });
                if field == Field::CheckOut { (arrival, second, None) } else { (arrival, None, second) }
            }
            None => (
                self.said(row, Field::CheckIn, warnings)?,
                self.said(row, Field::CheckOut, warnings)?,
                self.said(row, Field::LastNight, warnings)?,
            ),
        };
        let departure = match (departure, last_night) {
            (Some(departure), _) => Some(departure),
            (None, last) => last.map(|last| self.shifted(row, last, 1)).transpose()?,
        };
        let n_nights = nights(row)?;
        match (arrival, departure, n_nights) {
            (Some(arrival), Some(departure), Some(n_nights)) => {
                self.compare(row, arrival, departure, n_nights)?;
                Ok((arrival, Some(departure)))
            }
            (Some(arrival), Some(departure), None) => Ok((arrival, Some(departure))),
            (Some(arrival), None, Some(n_nights)) => {
                Ok((arrival, Some(self.by_nights(row, arrival, n_nights)?)))
            }
            (None, Some(departure), Some(n_nights)) => {
                Ok((self.by_nights(row, departure, -n_nights)?, Some(departure)))
            }
            (None, _, _) => Err(Box::new(missing(row, Field::CheckIn))),
            (Some(arrival), None, None) if self.open_end == OpenEnd::Allow => Ok((arrival, None)),
            (Some(_), None, None) => Err(Box::new(missing(row, Field::CheckOut))),
        }
    }

    /// What a cell says; `None` where it is blank, or a date that stands for none.
    fn said<C: Cells>(
        &self,
        row: &Row<'_, C>,
        field: Field,
        warnings: &mut Vec<Problem>,
    ) -> Result<Option<Said>, Box<Problem>> {
        let text = row.value(field);
        if text.is_empty() || is_day_zero(text) {
            return Ok(None);
        }
        let order = self.orders.of(field);
        let when = match row.typed(field) {
            Some(typed) => When::of(typed),
            None => parse_when(text, order).or_else(|| {
                let date = parse_date_before(text, order)?;
                warnings.push(unreadable_time(row, field));
                Some(When::Date(date))
            }),
        };
        match when {
            Some(when) if when.is_sentinel() => Ok(None),
            Some(when) => {
                let when = self.orders.without_midnight(row.cells, row.columns, field, when, self.zone);
                Ok(Some(Said { field, when }))
            }
            None => Err(Box::new(self.bad_date(row, field))),
        }
    }

    fn bad_date<C: Cells>(&self, row: &Row<'_, C>, field: Field) -> Problem {
        let (message, hint) = self.orders.why_unreadable(field, row.value(field));
        row.problem(field, ProblemCode::BadDate, message, hint)
    }

    fn bad_range<C: Cells>(&self, row: &Row<'_, C>) -> Problem {
        let text = row.range().and_then(|(_, range)| range).map_or_else(String::new, |range| range.first);
        let (message, hint) = self.orders.why_unreadable(Field::CheckIn, &text);
        row.problem(Field::CheckIn, ProblemCode::BadDate, message, hint)
    }

    /// So many nights later.
    fn by_nights<C: Cells>(&self, row: &Row<'_, C>, said: Said, n_nights: i64) -> Result<Said, Box<Problem>> {
        Ok(Said { field: Field::Nights, ..self.shifted(row, said, n_nights)? })
    }

    /// So many days later, as a day of the property.
    fn shifted<C: Cells>(&self, row: &Row<'_, C>, said: Said, n_days: i64) -> Result<Said, Box<Problem>> {
        let date = self
            .day(said.when)
            .checked_add(n_days.days())
            .map_err(|_| Box::new(self.bad_date(row, said.field)))?;
        Ok(Said { field: said.field, when: When::Date(date) })
    }

    fn day(&self, when: When) -> Date {
        match when {
            When::Date(date) => date,
            When::Local(local) => local.date(),
            When::Instant(instant) => self.zone.to_datetime(instant).date(),
        }
    }

    /// Nights that are not those between the dates show that one of the three was misread or mistyped.
    fn compare<C: Cells>(
        &self,
        row: &Row<'_, C>,
        arrival: Said,
        departure: Said,
        n_nights: i64,
    ) -> Result<(), Box<Problem>> {
        let n_between = (self.day(departure.when) - self.day(arrival.when)).get_days();
        // A stay within one day is one night to some programs and none to others.
        let agree = i64::from(n_between) == n_nights || (n_between == 0 && n_nights == 1);
        if agree {
            return Ok(());
        }
        Err(Box::new(row.problem(
            Field::Nights,
            ProblemCode::BadDate,
            "the nights are not those between arrival and departure",
            "correct the row; if many rows say so, `date_order` in [source] may be the other one",
        )))
    }

    /// A separate time column decides over the time inside a date cell; without both the property's time is taken.
    fn moment<C: Cells>(
        &self,
        row: &Row<'_, C>,
        said: Said,
        side: Side,
        warnings: &mut Vec<Problem>,
    ) -> Result<Moment, Box<Problem>> {
        let Said { field, when } = said;
        let (time_field, default) = match side {
            Side::Arrival => (Field::CheckInTime, self.property.check_in),
            Side::Departure => (Field::CheckOutTime, self.property.check_out),
        };
        let bad_date = |_| Box::new(self.bad_date(row, field));
        let says_nothing =
            |clock: &(Time, i64)| *clock == (Time::midnight(), 0) && self.orders.has_days(time_field);
        let written = time_of_day(row, time_field, warnings).filter(|clock| !says_nothing(clock));
        let at = |(time, n_days_later): (Time, i64)| {
            let date = self.day(when).checked_add(n_days_later.days())?;
            Moment::at(date.to_datetime(time), self.zone, side)
        };
        match (when, written) {
            (_, Some(written)) => at(written).map_err(bad_date),
            (When::Date(_), None) => at((default, 0)).map_err(bad_date),
            (When::Local(local), None) => Moment::at(local, self.zone, side).map_err(bad_date),
            (When::Instant(instant), None) => Ok(Moment::of(instant, self.zone)),
        }
    }
}

fn missing<C: Cells>(row: &Row<'_, C>, field: Field) -> Problem {
    row.problem(
        field,
        ProblemCode::Missing,
        "the row has no date",
        "give every booking its arrival and departure",
    )
}

/// How many nights; `None` where the row does not say.
fn nights<C: Cells>(row: &Row<'_, C>) -> Result<Option<i64>, Box<Problem>> {
    let text = without_fraction(row.value(Field::Nights));
    if text.is_empty() {
        return Ok(None);
    }
    // Nights of several columns are joined by `+`.
    let number = |text: &str| {
        let text = without_fraction(text.trim());
        let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        if text.is_empty() { Some(0) } else { text.parse::<i64>().ok().filter(|_| is_number) }
    };
    match text.split('+').map(number).sum::<Option<i64>>() {
        Some(n_nights) => Ok(Some(n_nights)),
        None => Err(Box::new(row.problem(
            Field::Nights,
            ProblemCode::BadDate,
            "the cell is not a number of nights",
            "write it as digits, such as 3",
        ))),
    }
}
