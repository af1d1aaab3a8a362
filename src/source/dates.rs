//! Dates and times as exports write them.
//!
//! A date that starts with four digits is year, month, day, and one with the name of a month needs no order; any
//! other is read in the order of its column and never guessed cell by cell. An instant with an offset (RFC 3339) is
//! accepted wherever a date and time is (RULES 10).

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan};

use super::months::{is_weekday, month_named};
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

/// Every order that a date may be written in.
pub(super) const ORDERS: [DateOrder; 3] =
    [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];

/// Reads a date, a date and time, or an instant; the name of a weekday before or after it is passed over.
pub(super) fn parse_when(text: &str, order: DateOrder) -> Option<When> {
    if let Some(date) = plain_date(text) {
        return Some(When::Date(date));
    }
    // `mar` is Tuesday in Spanish, French and Italian: it is a month only where no whole date stands beside it.
    let bare = without_weekday(text);
    let beside = if bare == text { None } else { parse_bare(bare, order) };
    beside.or_else(|| parse_bare(text, order))
}

/// Reads a date behind which stands something that is no time: `2026-05-17 soon`. Of a range, no date is read.
pub(super) fn parse_date_before(text: &str, order: DateOrder) -> Option<Date> {
    let text = without_weekday(text);
    let ends = text.char_indices().filter(|(_, c)| c.is_whitespace() || *c == 'T').map(|(at, _)| at);
    let ends: Vec<usize> = ends.collect();
    ends.into_iter().rev().find_map(|end| match parse_when(text[..end].trim(), order)? {
        When::Date(date) if !text[end..].contains(['/', '-']) => Some(date),
        _ => None,
    })
}

/// The day of which a text is the number in a spreadsheet; `None` where it is none of these centuries.
pub(super) fn day_of_number(text: &str) -> Option<Date> {
    const DAYS: std::ops::Range<i64> = 25_569..73_051;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = whole.parse().ok().filter(|_| is_number(whole) && is_number(fraction))?;
    if !DAYS.contains(&number) {
        return None;
    }
    Date::constant(1899, 12, 30).checked_add(number.days()).ok()
}

/// Whether the time in a text of a date is midnight; `None` where it has none, or one that cannot be read.
pub(super) fn is_at_midnight(text: &str) -> Option<bool> {
    let divides = |c: char| c.is_whitespace() || matches!(c, 'T' | 't');
    // As most are written.
    if let Some((date, [b' ' | b'T', h1, h2, b':', m1, m2, seconds @ ..])) =
        text.as_bytes().split_at_checked(10)
        && matches!(seconds, [] | [b':', b'0'..=b'5', b'0'..=b'9'])
        && str::from_utf8(date).is_ok_and(|date| plain_date(date).is_some())
        && matches!((h1, h2, m1, m2), (b'0'..=b'1', b'0'..=b'9', b'0'..=b'5', b'0'..=b'9'))
    {
        return Some([h1, h2, m1, m2].iter().all(|digit| **digit == b'0') && matches!(seconds, [] | b":00"));
    }
    let is_date = |text: &str| {
        ORDERS.into_iter().any(|order| matches!(parse_when(text.trim(), order), Some(When::Date(_))))
    };
    let at = text.rmatch_indices(divides).map(|(at, _)| at).find(|at| is_date(&text[..*at]))?;
    let time = text[at..].trim_start_matches(divides);
    parse_clock(without_offset(time)).map(|clock| clock == (Time::midnight(), 0))
}

/// A time without `Z` or `+01:00` behind it.
fn without_offset(time: &str) -> &str {
    let is_offset = |text: &str| {
        (2..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    };
    match time.rfind(['+', '-']) {
        Some(at) if is_offset(&time[at + 1..]) => time[..at].trim_end(),
        _ => time.trim_end_matches(['Z', 'z']),
    }
}

fn parse_bare(text: &str, order: DateOrder) -> Option<When> {
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
    at_time(parse_date(date, order)?, time)
}

/// A date and a time as people write it; `24:00` is the end of the date.
fn at_time(date: Date, time: &str) -> Option<When> {
    let (time, n_days_later) = parse_clock(time)?;
    Some(When::Local(date.checked_add(n_days_later.days()).ok()?.to_datetime(time)))
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
    match text.strip_prefix('*').or_else(|| text.strip_suffix("+1")) {
        Some(marked) => Some((parse_time_of_day(marked.trim())?, 1)),
        None => parse_clock(text),
    }
}

/// Reads a time of day as people write it.
pub fn parse_time_of_day(text: &str) -> Option<Time> {
    parse_clock(text).filter(|(_, n_days_later)| *n_days_later == 0).map(|(time, _)| time)
}

/// What stands behind a time and says only that it is one.
const CLOCK_WORDS: [&str; 7] = ["uhr", "o'clock", "hours", "hrs", "hs", "h", "noon"];

/// Reads `15:00`, `15:00:30`, `3:00 PM`, `11h00`, `11.30`, `1100`, `11 Uhr`, `11:00 h`, `12 noon` or `24:00`; gives how
/// many days later it is, which is one for `24:00`. A number alone is no time unless it has hours and minutes.
fn parse_clock(text: &str) -> Option<(Time, i64)> {
    let lower = text.trim().to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    if lower == "noon" {
        return Some((Time::constant(12, 0, 0, 0), 0));
    }
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(digits), _) => (digits.trim_end(), Some(0)),
        (_, Some(digits)) => (digits.trim_end(), Some(12)),
        (None, None) => (lower.as_str(), None),
    };
    let word = CLOCK_WORDS.iter().find_map(|word| Some((*word, digits.strip_suffix(word)?.trim_end())));
    let (word, digits) = word.map_or(("", digits), |(word, digits)| (word, digits));
    let [hour, minute, second] = clock_parts(digits, half.is_some() || !word.is_empty())?;
    if word == "noon" && (hour, minute) != (12, 0) {
        return None;
    }
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    if (hour, minute, second) == (24, 0, 0) {
        return Some((Time::midnight(), 1));
    }
    let small = |number: i16| i8::try_from(number).ok();
    Some((Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?, 0))
}

/// The hour, the minute and the second of digits; an hour alone counts only where a word says what it is.
fn clock_parts(digits: &str, may_be_hour: bool) -> Option<[i16; 3]> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return match digits.len() {
            1 | 2 if may_be_hour => Some([number(digits, 1..=2)?, 0, 0]),
            3 | 4 => {
                let (hour, minute) = digits.split_at(digits.len() - 2);
                Some([number(hour, 1..=2)?, number(minute, 2..=2)?, 0])
            }
            _ => None,
        };
    }
    let separator = [':', 'h', '.'].into_iter().find(|separator| digits.contains(*separator))?;
    let mut parts = digits.split(separator).map(str::trim);
    let hour = number(parts.next()?, 1..=2)?;
    let minute = number(parts.next()?, 2..=2)?;
    let second = match parts.next() {
        Some(seconds) => number(seconds.split('.').next().unwrap_or(seconds), 2..=2)?,
        None => 0,
    };
    parts.next().is_none().then_some([hour, minute, second])
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
        time => at_time(date, time),
    }
}

/// A text without the name of a weekday before or after it: `Sat 05 Dec 2026`, `05.12.2026 (Sa)`.
pub(super) fn without_weekday(text: &str) -> &str {
    let is_around = |c: char| c.is_whitespace() || matches!(c, ',' | '.' | '(' | ')');
    let is_letter =
        |c: char| c.is_alphabetic() || c == '-' && !text.starts_with(|c: char| c.is_ascii_digit());
    let start = text.find(|c: char| !is_letter(c)).unwrap_or(text.len());
    if start > 0 && is_weekday(&text[..start]) {
        return text[start..].trim_start_matches(is_around);
    }
    let inner = text.trim_end_matches(is_around);
    let end = inner.rfind(|c: char| !c.is_alphabetic()).map_or(0, |at| at + 1);
    let last = inner[..end].chars().next_back();
    if end < inner.len() && last.is_some_and(is_around) && is_weekday(&inner[end..]) {
        return inner[..end].trim_end_matches(is_around);
    }
    text
}

fn parse_date(text: &str, order: DateOrder) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let date = format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]);
        return plain_date(&date).filter(|date| (1900..2200).contains(&date.year()));
    }
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
    let text = if text.starts_with(char::is_alphabetic) { without_weekday(text) } else { text };
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
        check("2026-05-31 24:00", DateOrder::YearMonthDay, Some("2026-06-01T00:00:00"));
        check("2026-05-07 11h00", DateOrder::YearMonthDay, Some("2026-05-07T11:00:00"));
        check("07.05.2026 11 Uhr", DateOrder::DayMonthYear, Some("2026-05-07T11:00:00"));
    }

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let read = |text| parse_clock(text).map(|(time, days)| format!("{}+{days}", time.strftime("%H:%M")));
        for (text, expected) in [
            ("15:00", "15:00+0"),
            ("9:05", "09:05+0"),
            ("15:00:30", "15:00+0"),
            ("24:00", "00:00+1"),
            ("24.00 Uhr", "00:00+1"),
            ("2400", "00:00+1"),
            ("11h00", "11:00+0"),
            ("11 h 30", "11:30+0"),
            ("11H", "11:00+0"),
            ("11.30", "11:30+0"),
            ("1100", "11:00+0"),
            ("930", "09:30+0"),
            ("12 noon", "12:00+0"),
            ("Noon", "12:00+0"),
            ("12:00 noon", "12:00+0"),
            ("11 Uhr", "11:00+0"),
            ("11:30 Uhr", "11:30+0"),
            ("11:00 h", "11:00+0"),
            ("14 hrs", "14:00+0"),
            ("3 o'clock", "03:00+0"),
            ("3pm", "15:00+0"),
            ("3 p.m.", "15:00+0"),
            ("12:30 am", "00:30+0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "late",
            "15",
            "25:00",
            "24:30",
            "2401",
            "11:60",
            "1160",
            "0.625",
            "11.3",
            "13 pm",
            "0 am",
            "11 noon",
            "h",
            "11:00:00:00",
            "11000",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(parse_time_of_day("24:00"), None, "a property needs a time of the day");
    }

    #[test]
    fn a_weekday_before_or_after_a_date_is_passed_over() {
        for text in [
            "Sat 05 Dec 2026",
            "Saturday, 5 December 2026",
            "5 December 2026, Saturday",
            "Sa. 05.12.2026",
            "Sa, 05/12/2026",
            "05/12/2026 (Sat)",
            "05/12/2026 sáb",
            "sábado 05/12/2026",
            "sexta-feira 05/12/2026",
            "samedi 5 décembre 2026",
            "Mar 05 Dec 2026",
            "za 05-12-2026",
            "Sat 2026-12-05",
        ] {
            check(text, DateOrder::DayMonthYear, Some("2026-12-05"));
        }
        check("Sat 05 Dec 2026 14:00", DateOrder::YearMonthDay, Some("2026-12-05T14:00:00"));
        check("Sat, 05 Dec 2026 3:00 PM", DateOrder::YearMonthDay, Some("2026-12-05T15:00:00"));
        check("Room 05 Dec 2026", DateOrder::DayMonthYear, None);
        assert_eq!(ambiguous_parts("Sat 05/12/2026"), Some(Parts { first: 5, second: 12 }));
        assert_eq!(ambiguous_parts("Sat 05 Dec 2026"), None);
    }

    #[test]
    fn a_date_without_separators_begins_with_its_year() {
        for order in [DateOrder::YearMonthDay, DateOrder::DayMonthYear] {
            check("20261205", order, Some("2026-12-05"));
            check("20261205 15:00", order, Some("2026-12-05T15:00:00"));
            check("20261205T1500", order, Some("2026-12-05T15:00:00"));
            check("05122026", order, None);
            check("20261305", order, None);
        }
    }

    #[test]
    fn a_date_is_read_before_what_is_no_time_and_not_out_of_a_range() {
        let read = |text| parse_date_before(text, DateOrder::DayMonthYear).map(|date| date.to_string());
        for text in ["2026-12-05 soon", "05/12/2026 after 10", "Sat 05 Dec 2026 late", "2026-12-05T25:00"] {
            assert_eq!(read(text).as_deref(), Some("2026-12-05"), "{text}");
        }
        for text in ["soon", "05/12/2026 - 08/12/2026", "2026-12-05 to 2026-12-08", "32/12/2026 late"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_number_of_a_day_is_known() {
        let day = |text| day_of_number(text).map(|date| date.to_string());
        assert_eq!(day("46361").as_deref(), Some("2026-12-05"));
        assert_eq!(day("46361.625").as_deref(), Some("2026-12-05"));
        for text in ["", "12", "99999", "20261205", "46361.", "46361.a", "-46361", "4636I"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_for_a_weekday_and_a_month_is_a_weekday_beside_a_whole_date() {
        for text in ["mar 01/12/2026", "mar. 01/12/2026", "Mar 01-12-2026", "01/12/2026 mar", "mar 1/12/26"] {
            check(text, DateOrder::DayMonthYear, Some("2026-12-01"));
        }
        check("Mar 15, 2026", DateOrder::DayMonthYear, Some("2026-03-15"));
        check("15 mar 2026", DateOrder::DayMonthYear, Some("2026-03-15"));
        check("mar 15/12/2026 15:00", DateOrder::DayMonthYear, Some("2026-12-15T15:00:00"));
    }

    #[test]
    fn midnight_is_known_in_a_date_cell() {
        for text in [
            "2026-12-05 00:00:00",
            "2026-12-05T00:00:00.000Z",
            "2026-12-05T00:00:00+01:00",
            "2026-12-05T00:00:00-0500",
            "2026-12-05 00:00:00 +00:00",
            "2026-12-05 00h00",
            "2026-12-05 0000",
            "2026-12-05 00.00",
            "05/12/2026 0:00",
            "12/5/2026 12:00 AM",
            "5 Dec 2026 00:00",
        ] {
            assert_eq!(is_at_midnight(text), Some(true), "{text}");
        }
        for text in
            ["2026-12-05 15:00", "2026-12-05 24:00", "5 Dec 2026 12:00 PM", "2026-12-05T15:00:00+01:00"]
        {
            assert_eq!(is_at_midnight(text), Some(false), "{text}");
        }
        for text in
            ["2026-12-05", "", "2026-12-05 late:", "15:00", "5 Dec 2026", "Sat 05 Dec 2026", "mar 01/12/2026"]
        {
            assert_eq!(is_at_midnight(text), None, "{text}");
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
