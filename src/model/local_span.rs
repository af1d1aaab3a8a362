//! Spans of a hotel's wall clock: nights, days and hours are judged by them (RULES, Terms; 13).

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::time::{Moment, Side, Window};

/// Milliseconds since 1970-01-01T00:00 on the wall clock of a property.
pub type LocalTime = i64;

/// One hour of the wall clock.
pub const HOUR: LocalTime = 3_600_000;

/// One day of the wall clock.
pub const DAY: LocalTime = 24 * HOUR;

/// Later than every date of a source; the end of a span without one.
pub const FOR_EVER: LocalTime = i64::MAX / 4;

/// From when until when, on the wall clock of a property; half open. Empty where it ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalSpan {
    /// The first moment.
    pub from: LocalTime,
    /// The moment after the last; [`FOR_EVER`] where there is no end.
    pub to: LocalTime,
}

impl LocalSpan {
    /// A span without any time.
    pub const NONE: Self = Self { from: 0, to: 0 };

    /// From one moment to another.
    pub fn new(from: LocalTime, to: LocalTime) -> Self {
        Self { from, to }
    }

    /// The dates of a stay.
    pub fn of_dates(check_in: DateTime, check_out: DateTime) -> Self {
        Self { from: local_time(check_in), to: local_time(check_out) }
    }

    /// A window of instants, as the clock of a zone shows it.
    pub fn of_window(window: &Window, zone: &TimeZone) -> Self {
        let local = |instant| local_time(Moment::of(instant, zone).local);
        Self { from: local(window.starts_at), to: window.ends_at.map_or(FOR_EVER, local) }
    }

    /// The part that is not past.
    #[must_use]
    pub fn from_now(self, now: LocalTime) -> Self {
        Self { from: self.from.max(now), ..self }
    }

    /// Whether it holds no time.
    pub fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// Whether a moment lies in it.
    pub fn contains(self, moment: LocalTime) -> bool {
        self.from <= moment && moment < self.to
    }

    /// What two spans share.
    #[must_use]
    pub fn common(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    /// From the earlier start to the later end.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    /// Whether the two share time.
    pub fn overlaps(self, other: Self) -> bool {
        !self.common(other).is_empty()
    }

    /// The part whose nights are not past. A night is past from the check-out hour of the next day on.
    #[must_use]
    pub fn nights_from(self, now: LocalTime, check_out: LocalTime) -> Self {
        let midnight = start_of_day(now);
        self.from_now(if now - midnight < check_out { midnight - 1 } else { now })
    }

    /// Whether a midnight lies inside it, which is the same as a night between two dates (RULES, Terms).
    pub fn has_night(self) -> bool {
        start_of_day(self.from) + DAY < self.to
    }

    /// Whether the two share a night.
    pub fn shares_night(self, other: Self) -> bool {
        let common = self.common(other);
        !common.is_empty() && common.has_night()
    }

    /// What this span has and the other has not: before it, and after it.
    pub fn without(self, other: Self) -> impl Iterator<Item = Self> {
        let before = Self { to: self.to.min(other.from), ..self };
        let after = Self { from: self.from.max(other.to), ..self };
        let parts = if self.overlaps(other) { [before, after] } else { [self, Self::NONE] };
        parts.into_iter().filter(|part| !part.is_empty())
    }

    /// The days of the first and the last night; the day of arrival twice where it has no night.
    pub fn nights(self) -> (Date, Date) {
        let first = date_of(self.from);
        if !self.has_night() {
            return (first, first);
        }
        (first, date_of(start_of_day(self.to - 1) - 1))
    }
}

/// The midnight at or before a moment.
pub fn start_of_day(moment: LocalTime) -> LocalTime {
    moment.div_euclid(DAY) * DAY
}

/// A date and time of the wall clock.
pub fn local_time(local: DateTime) -> LocalTime {
    let since = DateTime::constant(1970, 1, 1, 0, 0, 0, 0).duration_until(local);
    i64::try_from(since.as_millis()).expect("a date of the calendar has fewer than 2^63 milliseconds")
}

/// The same as a date and time; the ends of the calendar where it is beyond them.
pub fn date_time(moment: LocalTime) -> DateTime {
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0).saturating_add(SignedDuration::from_millis(moment))
}

/// The day of a moment.
pub fn date_of(moment: LocalTime) -> Date {
    date_time(moment).date()
}

/// The instant of a moment of the wall clock: the later one where the clocks are set back, so that what waits for it
/// never begins before it.
pub fn instant(moment: LocalTime, zone: &TimeZone) -> Timestamp {
    Moment::at(date_time(moment), zone, Side::Departure).map_or(Timestamp::MAX, |moment| moment.instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nights(from: i64, to: i64) -> LocalSpan {
        LocalSpan::new(from * DAY + 15 * HOUR, to * DAY + 11 * HOUR)
    }

    #[test]
    fn span_has_night_where_midnight_lies_inside() {
        let check = |from, to, expected| {
            assert_eq!(LocalSpan::new(from * HOUR, to * HOUR).has_night(), expected, "{from} to {to}");
        };
        check(9, 20, false);
        check(15, 24, false);
        check(15, 25, true);
        check(15, 35, true);
        check(24, 48, false);
        check(24, 49, true);
    }

    #[test]
    fn span_shares_night_but_not_turnover_day() {
        assert!(nights(0, 2).shares_night(nights(1, 3)));
        assert!(!nights(0, 1).shares_night(nights(1, 3)));
        // A late departure shares hours and no night.
        let late = LocalSpan { to: DAY + 20 * HOUR, ..nights(0, 1) };
        assert!(late.overlaps(nights(1, 2)) && !late.shares_night(nights(1, 2)));
    }

    #[test]
    fn span_night_is_past_after_check_out_hour() {
        let stay = nights(0, 2);
        let left = |hour: i64| stay.nights_from(DAY + hour * HOUR, 11 * HOUR);
        assert!(left(3).shares_night(nights(0, 1)), "the night from day 0 goes on");
        assert!(!left(12).shares_night(nights(0, 1)));
    }

    #[test]
    fn span_without_leaves_both_sides() {
        let parts: Vec<LocalSpan> = nights(0, 6).without(nights(2, 4)).collect();
        assert_eq!(
            parts,
            [
                LocalSpan { to: nights(2, 4).from, ..nights(0, 6) },
                LocalSpan { from: nights(2, 4).to, ..nights(0, 6) }
            ]
        );
        assert_eq!(nights(0, 2).without(nights(4, 6)).collect::<Vec<_>>(), [nights(0, 2)]);
        assert_eq!(nights(1, 2).without(nights(0, 6)).count(), 0);
    }

    #[test]
    fn span_nights_are_dates_of_first_and_last() {
        let dates = |span: LocalSpan| span.nights();
        let day = |day: i8| jiff::civil::date(1970, 1, day);
        assert_eq!(dates(nights(0, 3)), (day(1), day(3)));
        assert_eq!(dates(LocalSpan::new(9 * HOUR, 20 * HOUR)), (day(1), day(1)));
    }

    #[test]
    fn local_time_survives_round_trip() {
        let zone = TimeZone::get("Europe/Lisbon").expect("a zone");
        let moment = jiff::civil::date(2026, 12, 5).at(15, 30, 0, 0);
        assert_eq!(date_time(local_time(moment)), moment);
        assert_eq!(instant(local_time(moment), &zone).to_string(), "2026-12-05T15:30:00Z");
        // Clocks go back from 02:00 to 01:00 on 25 October 2026 at 01:00Z: the later of two instants.
        let twice = jiff::civil::date(2026, 10, 25).at(1, 30, 0, 0);
        assert_eq!(instant(local_time(twice), &zone).to_string(), "2026-10-25T01:30:00Z");
    }
}
