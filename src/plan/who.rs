//! Who can open a door, by what Seam lists: ours and others' (RULES 17).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{AccessGrantId, LiveGrant, LocalSpan, SpaceId};

/// The time that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// One instant.
    At(Timestamp),
    /// Nights, by the clock of the property.
    Nights(LocalSpan),
}

/// The grants that open one of these spaces then, or a door at which Seam lists them, by start and id.
pub fn who_opens<'a>(
    grants: &'a [LiveGrant],
    spaces: &BTreeSet<SpaceId>,
    at_doors: &BTreeSet<AccessGrantId>,
    asked: Asked,
    (now, zone): (Timestamp, &TimeZone),
) -> Vec<&'a LiveGrant> {
    let is_then = |grant: &LiveGrant| match asked {
        Asked::At(instant) => grant.window.contains(instant),
        Asked::Nights(nights) => {
            let span = LocalSpan::of_window(&grant.window, zone);
            span.shares_night(nights) || (!span.has_night() && span.overlaps(nights))
        }
    };
    let opens = |grant: &&LiveGrant| {
        let is_there =
            grant.spaces.iter().any(|space| spaces.contains(space)) || at_doors.contains(&grant.id);
        is_there && grant.is_live(now) && is_then(grant)
    };
    let mut found: Vec<&LiveGrant> = grants.iter().filter(opens).collect();
    found.sort_by(|left, right| (left.window, &left.id).cmp(&(right.window, &right.id)));
    found
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::{GrantState, Window};

    fn grant(id: &str, space: &str, days: (i8, i8)) -> LiveGrant {
        let at = |day, hour| {
            let local = date(2026, 12, day).at(hour, 0, 0, 0);
            local.to_zoned(TimeZone::UTC).expect("a date").timestamp()
        };
        LiveGrant {
            id: id.into(),
            key: None,
            identity: "somebody".into(),
            reservation_key: None,
            spaces: [space.into()].into(),
            window: Window::new(at(days.0, 15), at(days.1, 11)),
            requested: Vec::new().into(),
            access_methods: [].into(),
            name: None,
            created_at: Timestamp::UNIX_EPOCH,
            state: GrantState::Standing,
        }
    }

    fn check(asked: Asked, expected: &[&str]) {
        let grants = [
            grant("c", "room-1", (8, 9)),
            grant("a", "room-1", (5, 8)),
            grant("b", "room-2", (5, 8)),
            grant("d", "lobby", (5, 9)),
        ];
        let now = "2026-12-01T12:00:00Z".parse().expect("an instant");
        let (spaces, at_doors) = ([SpaceId::from("room-1")].into(), [AccessGrantId::from("d")].into());
        let found = who_opens(&grants, &spaces, &at_doors, asked, (now, &TimeZone::UTC));
        let found: Vec<String> = found.iter().map(|grant| grant.id.to_string()).collect();
        assert_eq!(found, expected, "{asked:?}");
    }

    #[test]
    fn whoever_opens_the_space_or_is_listed_at_its_doors_then() {
        let at = |text: &str| Asked::At(text.parse().expect("an instant"));
        check(at("2026-12-05T14:59:59Z"), &[]);
        check(at("2026-12-05T15:00:00Z"), &["a", "d"]);
        check(at("2026-12-08T11:00:00Z"), &["d"]);
        check(at("2026-12-08T15:00:00Z"), &["d", "c"]);
    }

    #[test]
    fn nights_are_those_whose_midnight_lies_in_a_window() {
        let nights = |from, to| {
            let (from, to) = (date(2026, 12, from).at(15, 0, 0, 0), date(2026, 12, to).at(11, 0, 0, 0));
            Asked::Nights(LocalSpan::of_dates(from, to))
        };
        check(nights(4, 5), &[]);
        check(nights(4, 6), &["a", "d"]);
        check(nights(8, 9), &["d", "c"]);
        check(nights(9, 12), &[]);
    }
}
