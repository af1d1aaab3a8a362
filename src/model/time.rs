//! Wall time at a property to instants, and windows of instants.
//!
//! A guest is never short of access because the clocks change: where a local time does not exist or comes twice,
//! an arrival takes the earlier instant and a departure the later one.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A local time at the property, and the instant it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// What a clock on the wall of the property shows.
    pub local: DateTime,
    /// The same, for everybody.
    pub instant: Timestamp,
}

/// Which of two possible instants a local time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The earlier one where there is a choice.
    Arrival,
    /// The later one where there is a choice.
    Departure,
}

impl Moment {
    /// The departure of a stay that has no end yet: later than every date that is believed. Its window has no end.
    pub const OPEN_END: Self = Self {
        local: DateTime::constant(2100, 1, 1, 0, 0, 0, 0),
        instant: Timestamp::constant(4_102_444_800, 0),
    };

    /// The instant of a local time.
    ///
    /// A time that a clock change skips lies between two instants one gap apart: read with the offset after the
    /// change it is the earlier, read with the offset before it the later. A time that is repeated has two instants.
    /// Fails only beyond the years that an instant can express.
    pub fn at(local: DateTime, zone: &TimeZone, side: Side) -> Result<Self, jiff::Error> {
        let offset = match (zone.to_ambiguous_timestamp(local).offset(), side) {
            (AmbiguousOffset::Unambiguous { offset }, _) => offset,
            (AmbiguousOffset::Gap { after, .. }, Side::Arrival)
            | (AmbiguousOffset::Fold { after, .. }, Side::Departure) => after,
            (AmbiguousOffset::Gap { before, .. }, Side::Departure)
            | (AmbiguousOffset::Fold { before, .. }, Side::Arrival) => before,
        };
        Ok(Self { local, instant: offset.to_timestamp(local)? })
    }

    /// The local time of an instant.
    pub fn of(instant: Timestamp, zone: &TimeZone) -> Self {
        Self { local: zone.to_datetime(instant), instant }
    }
}

/// From when until when a grant opens doors; half open, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    /// The first instant.
    pub starts_at: Timestamp,
    /// The instant after the last; `None` for a grant that stays open (never ours).
    pub ends_at: Option<Timestamp>,
}

impl Window {
    /// A window with an end.
    pub fn new(starts_at: Timestamp, ends_at: Timestamp) -> Self {
        Self { starts_at, ends_at: Some(ends_at) }
    }

    /// Whether the two share an instant.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |end: Option<Timestamp>, start: Timestamp| end.is_some_and(|end| end <= start);
        !before(self.ends_at, other.starts_at) && !before(other.ends_at, self.starts_at)
    }

    /// Whether the window is over.
    pub fn ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// Whether the window is open.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.starts_at <= now && !self.ended(now)
    }

    /// Whether a lock could tell the two apart from now on: any start in the past equals any other (RULES 19), and
    /// instants are compared by the millisecond, which is what Seam keeps.
    pub fn same_from(&self, other: &Self, now: Timestamp) -> bool {
        let start = |window: &Self| window.starts_at.max(now).as_millisecond();
        let end = |window: &Self| window.ends_at.map(Timestamp::as_millisecond);
        start(self) == start(other) && end(self) == end(other)
    }

    /// Whether all that is left of another window lies in this one.
    pub fn holds(&self, other: &Self, now: Timestamp) -> bool {
        self.starts_at.max(now) <= other.starts_at.max(now)
            && match (self.ends_at, other.ends_at) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(outer), Some(inner)) => inner <= outer,
            }
    }

    /// The time the two share; meaningful only where they overlap.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let ends_at = match (self.ends_at, other.ends_at) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
        Self { starts_at: self.starts_at.max(other.starts_at), ends_at }
    }

    /// How long the two are open together; zero where they are not.
    pub fn shared_with(&self, other: &Self) -> SignedDuration {
        let shared = self.intersection(other);
        shared.starts_at.duration_until(shared.ends_at.unwrap_or(Timestamp::MAX)).max(SignedDuration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).expect("the zone database is bundled")
    }

    fn check(local: &str, zone_name: &str, arrival: &str, departure: &str) {
        let local: DateTime = local.parse().expect("a local time");
        let at =
            |side| Moment::at(local, &zone(zone_name), side).expect("an ordinary year").instant.to_string();
        assert_eq!(at(Side::Arrival), arrival, "arrival at {local} in {zone_name}");
        assert_eq!(at(Side::Departure), departure, "departure at {local} in {zone_name}");
    }

    #[test]
    fn an_ordinary_local_time_has_one_instant() {
        check("2026-12-01T15:00", "Europe/Lisbon", "2026-12-01T15:00:00Z", "2026-12-01T15:00:00Z");
        check("2026-07-01T15:00", "Europe/Lisbon", "2026-07-01T14:00:00Z", "2026-07-01T14:00:00Z");
        check("2026-07-01T15:00", "Asia/Bangkok", "2026-07-01T08:00:00Z", "2026-07-01T08:00:00Z");
    }

    #[test]
    fn in_the_hour_that_does_not_exist_the_guest_is_not_short_of_access() {
        // Clocks go from 02:00 to 03:00 in Madrid on 2026-03-29, at 01:00Z.
        check("2026-03-29T02:30", "Europe/Madrid", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z");
    }

    #[test]
    fn in_the_hour_that_comes_twice_the_guest_is_not_short_of_access() {
        // Clocks go from 03:00 back to 02:00 in Madrid on 2026-10-25, at 01:00Z.
        check("2026-10-25T02:30", "Europe/Madrid", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
        check("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z");
    }

    fn window(start: i64, end: i64) -> Window {
        let at = |second| Timestamp::from_second(second).expect("a small number");
        Window::new(at(start), at(end))
    }

    #[test]
    fn windows_that_only_touch_do_not_overlap() {
        assert!(!window(0, 10).overlaps(&window(10, 20)));
        assert!(window(0, 11).overlaps(&window(10, 20)));
        let open = Window { starts_at: Timestamp::UNIX_EPOCH, ends_at: None };
        assert!(open.overlaps(&window(1_000_000, 1_000_001)));
    }

    #[test]
    fn a_start_in_the_past_equals_any_other() {
        let now = Timestamp::from_second(15).expect("a small number");
        assert!(window(0, 20).same_from(&window(10, 20), now));
        assert!(!window(0, 20).same_from(&window(16, 20), now));
        assert!(!window(0, 20).same_from(&window(0, 21), now));
    }
}
