//! Dates and times as exports write them.
//!
//! A date that starts with four digits is year, month, day, and one with the name of a month needs no order; any
//! other is read in the order of its column and never guessed cell by cell. An instant with an offset (RFC 3339) is
//! accepted wherever a date and time is (RULES 10).

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::months::month_named;
use super::record::Typed;
use super::settings::DateOrder;

/// What a cell says about when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// A day.
    Date(Date),
    /// A time on the wall of the property.
    Local(DateTime),
    /// The same for everybody.
    Instant(Timestamp),
}

impl When {
    /// What a cell of a workbook or a database says; `None` where it is no date.
    pub(super) fn of(typed: Typed) -> Option<Self> {
        match typed {
            Typed::Date(date) => Some(Self::Date(date)),
            Typed::DateTime(local) => Some(Self::Local(local)),
            Typed::Instant(instant) => Some(Self::Instant(instant)),
            Typed::Empty | Typed::Time(_) | Typed::Number(_) | Typed::Boolean(_) | Typed::Error => None,
        }
    }
}

/// Reads a date, a date and time, or an instant.
pub(super) fn parse_when(text: &str, order: DateOrder) -> Option<When> {
    if let Some(date) = plain_date(text) {
        return Some(When::Date(date));
    }
    if let Some(when) = parse_named(text) {
        return Some(when);
    }
    let split = text.find([' ', 'T', 't', '\u{a0}']);
    let (date, rest) = match split {
        None => return parse_date(text, order).map(When::Date),
        Some(position) => text.split_at(position),
    };
    let time = rest.trim_start_matches(['T', 't']).trim();
    if time.ends_with(['Z', 'z']) || time.contains(['+', '-']) {
        return text.parse().ok().map(When::Instant);
    }
    Some(When::Local(parse_date(date, order)?.to_datetime(parse_time_of_day(time)?)))
}

/// Reads `2026-05-17`, as most dates are written, without trying anything else.
fn plain_date(text: &str) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i16::from(digit - b'0'))
        })
    };
    let small = |digits| i8::try_from(number(digits)?).ok();
    Date::new(number(&[y1, y2, y3, y4])?, small(&[m1, m2])?, small(&[d1, d2])?).ok()
}

/// Reads a time of day that may be marked as one of the next day: `*01:30`, `01:30+1` (OPERA and its like write so
/// for a guest who arrives after midnight); gives how many days later it is.
pub(super) fn parse_marked_time(text: &str) -> Option<(Time, i64)> {
    let marked = text.strip_prefix('*').or_else(|| text.strip_suffix("+1"));
    let n_days_later = i64::from(marked.is_some());
    Some((parse_time_of_day(marked.unwrap_or(text).trim())?, n_days_later))
}

/// Reads `15:00`, `15:00:30` or `3:00 PM`.
pub fn parse_time_of_day(text: &str) -> Option<Time> {
    let upper = text.to_ascii_uppercase();
    let (digits, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(digits), _) => (digits.trim_end(), Some(0)),
        (_, Some(digits)) => (digits.trim_end(), Some(12)),
        (None, None) => (upper.as_str(), None),
    };
    let mut parts = digits.split(':');
    let hour = number(parts.next()?, 1..=2)?;
    let minute = number(parts.next()?, 2..=2)?;
    let second = match parts.next() {
        Some(seconds) => number(seconds.split('.').next().unwrap_or(seconds), 2..=2)?,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    let small = |number: i16| i8::try_from(number).ok();
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()
}

/// Reads `18-MAR-26`, `3 October 2026`, `Oct 3, 2026` or `3. Oktober 2026 15:00`: the name tells the month, so that
/// no order has to be known. A year of two digits stands last.
fn parse_named(text: &str) -> Option<When> {
    // `T`, `Z`, `AM` and `PM` are no months.
    if text.chars().filter(|c| c.is_alphabetic()).take(3).count() < 3 {
        return None;
    }
    let separators = |c: char| c.is_whitespace() || matches!(c, '-' | '/' | ',' | '.');
    let mut words = Vec::new();
    let mut rest = text;
    while words.len() < 3 {
        rest = rest.trim_start_matches(separators);
        let end = rest.find(separators).unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    let (day, month, year) = match (month_named(words[0]), month_named(words[1])) {
        (None, Some(month)) if words[0].len() == 4 => (words[2], month, words[0]),
        (None, Some(month)) => (words[0], month, words[2]),
        (Some(month), None) => (words[1], month, words[2]),
        _ => return None,
    };
    let year = match year.len() {
        2 => 2000 + number(year, 2..=2)?,
        _ => number(year, 4..=4)?,
    };
    let date = Date::new(year, month, i8::try_from(number(day, 1..=2)?).ok()?).ok()?;
    match rest.trim_start_matches(separators) {
        "" => Some(When::Date(date)),
        time => Some(When::Local(date.to_datetime(parse_time_of_day(time)?))),
    }
}

fn parse_date(text: &str, order: DateOrder) -> Option<Date> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let mut parts = text.split(separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match order {
        _ if first.len() == 4 => (first, second, third),
        DateOrder::YearMonthDay => return None,
        DateOrder::DayMonthYear => (third, second, first),
        DateOrder::MonthDayYear => (third, first, second),
    };
    let year = match year.len() {
        2 => 2000 + number(year, 2..=2)?,
        _ => number(year, 4..=4)?,
    };
    let small = |text| i8::try_from(number(text, 1..=2)?).ok();
    Date::new(year, small(month)?, small(day)?).ok()
}

/// The first two numbers of a date that ends in its year, such as `07/05/2026` or `7.5.26`: day and month, or month
/// and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) first: i16,
    pub(super) second: i16,
}

/// Those numbers, where the text is such a date, with or without a time behind it.
pub(super) fn ambiguous_parts(text: &str) -> Option<Parts> {
    // One that begins with its year, as most do.
    if text.bytes().take_while(u8::is_ascii_digit).take(3).count() == 3 {
        return None;
    }
    let date = text.split([' ', 'T', 't', '\u{a0}']).next()?;
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let mut parts = date.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !matches!(year.len(), 2 | 4) || number(year, 2..=4).is_none() {
        return None;
    }
    Some(Parts { first: number(first, 1..=2)?, second: number(second, 1..=2)? })
}

fn number(digits: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<i16> {
    (lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, order: DateOrder, expected: Option<&str>) {
        let read = parse_when(text, order).map(|when| match when {
            When::Date(date) => date.to_string(),
            When::Local(local) => local.to_string(),
            When::Instant(instant) => instant.to_string(),
        });
        assert_eq!(read.as_deref(), expected, "{text} as {order:?}");
    }

    #[test]
    fn a_date_is_read_in_the_configured_order_and_no_other() {
        check("2026-05-07", DateOrder::YearMonthDay, Some("2026-05-07"));
        check("2026/5/7", DateOrder::YearMonthDay, Some("2026-05-07"));
        check("2026-05-07", DateOrder::DayMonthYear, Some("2026-05-07"));
        check("07/05/2026", DateOrder::DayMonthYear, Some("2026-05-07"));
        check("7.5.2026", DateOrder::DayMonthYear, Some("2026-05-07"));
        check("07-05-26", DateOrder::DayMonthYear, Some("2026-05-07"));
        check("05/07/2026", DateOrder::MonthDayYear, Some("2026-05-07"));
        check("07/05/2026", DateOrder::YearMonthDay, None);
        check("17/05/2026", DateOrder::MonthDayYear, None);
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        for text in
            ["2026-02-29", "2026-13-01", "2026-00-10", "2026-05", "2026-05-07-01", "46000", "", "-", "soon"]
        {
            check(text, DateOrder::YearMonthDay, None);
        }
        check("2028-02-29", DateOrder::YearMonthDay, Some("2028-02-29"));
    }

    #[test]
    fn a_time_may_follow_the_date() {
        check("2026-05-07 15:00", DateOrder::YearMonthDay, Some("2026-05-07T15:00:00"));
        check("2026-05-07T15:00:30", DateOrder::YearMonthDay, Some("2026-05-07T15:00:30"));
        check("07/05/2026 3:30 pm", DateOrder::DayMonthYear, Some("2026-05-07T15:30:00"));
        check("2026-05-07 12:00 AM", DateOrder::YearMonthDay, Some("2026-05-07T00:00:00"));
        check("2026-05-07 15:00:00.000", DateOrder::YearMonthDay, Some("2026-05-07T15:00:00"));
        for text in ["2026-05-07 25:00", "2026-05-07 15", "2026-05-07 13:00 PM", "2026-05-07 15:00 soon"] {
            check(text, DateOrder::YearMonthDay, None);
        }
    }

    #[test]
    fn a_date_with_the_name_of_its_month_needs_no_order() {
        for order in [DateOrder::YearMonthDay, DateOrder::MonthDayYear] {
            check("18-MAR-26", order, Some("2026-03-18"));
            check("3 October 2026", order, Some("2026-10-03"));
            check("01-Sep-2026", order, Some("2026-09-01"));
            check("Oct 3, 2026", order, Some("2026-10-03"));
            check("3. Oktober 2026", order, Some("2026-10-03"));
            check("2026-Oct-03", order, Some("2026-10-03"));
            check("12-Jan-26 14:03:11.123", order, Some("2026-01-12T14:03:11"));
            check("Mar 18, 2026 3:00 PM", order, Some("2026-03-18T15:00:00"));
            check("31 Feb 2026", order, None);
            check("18-MAR", order, None);
            check("18-XYZ-26", order, None);
            check("Mar Apr 2026", order, None);
            check("18 MAR 26 soon", order, None);
        }
    }

    #[test]
    fn a_time_may_be_marked_as_one_of_the_next_day() {
        let read = |text| parse_marked_time(text).map(|(time, days)| (time.to_string(), days));
        assert_eq!(read("15:00"), Some(("15:00:00".to_owned(), 0)));
        assert_eq!(read("*01:30"), Some(("01:30:00".to_owned(), 1)));
        assert_eq!(read("01:30+1"), Some(("01:30:00".to_owned(), 1)));
        assert_eq!(read("**01:30"), None);
        assert_eq!(read("*"), None);
    }

    #[test]
    fn an_instant_with_an_offset_is_the_same_for_everybody() {
        check("2026-05-07T15:00:00Z", DateOrder::DayMonthYear, Some("2026-05-07T15:00:00Z"));
        check("2026-05-07T15:00:00+02:00", DateOrder::YearMonthDay, Some("2026-05-07T13:00:00Z"));
        check("2026-05-07 15:00-05:00", DateOrder::YearMonthDay, Some("2026-05-07T20:00:00Z"));
        check("2026-05-07T15:00:00+99:00", DateOrder::YearMonthDay, None);
    }
}
