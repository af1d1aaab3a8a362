//! Rows about one guest in one unit on common nights: the newest counts, and rows that contradict each other without a
//! newer one are for a person (RULES 11).

use super::guests::RowGuest;
use crate::model::{LocalSpan, Place, SharedSet, Standing, Stay};

/// What becomes of a row beside the others of its reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// It counts.
    Counts,
    /// One row grants and another takes away, and neither is newer.
    Contradicts,
    /// A newer row says something else of each of its units.
    Older,
}

/// Judges the rows of a reservation. Of an older row only the units are left of which no newer one speaks.
pub(super) fn versions(stays: &mut [Stay], guests: &[RowGuest]) -> Vec<Version> {
    let mut versions = vec![Version::Counts; stays.len()];
    let is_again =
        |(row, guest): (usize, &RowGuest)| guests[..row].iter().any(|other| other.key == guest.key);
    if !guests.iter().enumerate().any(is_again) {
        return versions;
    }
    let before: Vec<Stay> = stays.to_vec();
    for row in 0..before.len() {
        for other in (0..before.len()).filter(|other| *other != row && guests[*other].key == guests[row].key)
        {
            let (stay, rival) = (&before[row], &before[other]);
            let is_met = has_common_unit(&stay.place, &rival.place) && have_common_nights(stay, rival);
            if !is_met {
                continue;
            }
            let is_older = stay.updated_at.zip(rival.updated_at).is_some_and(|(own, its)| own < its);
            let is_same = stay.updated_at.zip(rival.updated_at).is_none_or(|(own, its)| own == its);
            if is_older {
                match without(&stays[row].place, &rival.place) {
                    Some(place) => stays[row].place = place,
                    None => versions[row] = Version::Older,
                }
            } else if is_same && (takes(stay) && grants(rival) || grants(stay) && takes(rival)) {
                versions[row] = versions[row].max(Version::Contradicts);
            }
        }
    }
    versions
}

fn grants(stay: &Stay) -> bool {
    matches!(stay.standing, Standing::Expected | Standing::CheckedIn)
}

fn takes(stay: &Stay) -> bool {
    stay.standing == Standing::Revoked
}

fn have_common_nights(left: &Stay, right: &Stay) -> bool {
    let dates = |stay: &Stay| LocalSpan::of_dates(stay.check_in.local, stay.check_out.local);
    let (left, right) = (dates(left), dates(right));
    left.shares_night(right) || (left.overlaps(right) && !(left.has_night() && right.has_night()))
}

fn has_common_unit(left: &Place, right: &Place) -> bool {
    match (left, right) {
        (Place::Units(left), Place::Units(right)) => left.iter().any(|unit| right.contains(unit)),
        (Place::Spaces(left), Place::Spaces(right)) => left.iter().any(|space| right.contains(space)),
        _ => false,
    }
}

/// A place without what another one has; `None` where nothing is left.
fn without(place: &Place, taken: &Place) -> Option<Place> {
    fn rest<T: Ord + Clone>(all: &SharedSet<T>, taken: &SharedSet<T>) -> Option<SharedSet<T>> {
        let rest: Vec<T> = all.iter().filter(|one| !taken.contains(one)).cloned().collect();
        (!rest.is_empty()).then(|| rest.into_iter().collect())
    }
    match (place, taken) {
        (Place::Units(all), Place::Units(taken)) => rest(all, taken).map(Place::Units),
        (Place::Spaces(all), Place::Spaces(taken)) => rest(all, taken).map(Place::Spaces),
        _ => Some(place.clone()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::mapping::testing::{guest, stay};
    use crate::model::time::Side;
    use crate::model::{GuestKey, Moment, Unit};

    /// `UNITS FROM..TO STANDING UPDATED`, with `-` where the source does not say when; days with an hour as `5T9`.
    fn row(text: &str) -> Stay {
        let words: Vec<&str> = text.split(' ').collect();
        let [units, days, standing, updated] = words[..] else { panic!("four words: {text}") };
        let (from, to) = days.split_once("..").expect("two days");
        let moment = |day: &str, side| {
            let (day, hour) = day.split_once('T').unwrap_or((day, "12"));
            let day = date(2026, 12, day.parse().expect("a day"));
            let local = day.at(hour.parse().expect("an hour"), 0, 0, 0);
            Moment::at(local, &TimeZone::UTC, side).expect("a day")
        };
        let updated_at = updated.parse().ok().map(|s| Timestamp::from_second(s).expect("a second"));
        Stay {
            guest: guest("", "Ana", ""),
            place: match units {
                "?" => Place::Unassigned,
                _ => Place::Units(units.split('+').map(Unit::new).collect()),
            },
            check_in: moment(from, Side::Arrival),
            check_out: moment(to, Side::Departure),
            standing: match standing {
                "booked" => Standing::Expected,
                "in" => Standing::CheckedIn,
                "cancelled" => Standing::Revoked,
                _ => Standing::Unclear,
            },
            updated_at,
            ..stay()
        }
    }

    fn check(rows: &[&str], expected: &[(Version, &str)]) {
        let mut stays: Vec<Stay> = rows.iter().map(|text| row(text)).collect();
        let ana = || RowGuest { key: GuestKey::new("R1/1"), wanted: true, newcomer: None, known_as: None };
        let guests: Vec<RowGuest> = stays.iter().map(|_| ana()).collect();
        let versions = versions(&mut stays, &guests);
        let units = |stay: &Stay| match &stay.place {
            Place::Units(units) => units.iter().map(Unit::as_str).collect::<Vec<_>>().join("+"),
            _ => "?".to_owned(),
        };
        let found: Vec<(Version, String)> =
            versions.into_iter().zip(&stays).map(|(version, stay)| (version, units(stay))).collect();
        let expected: Vec<(Version, String)> =
            expected.iter().map(|(version, units)| (*version, (*units).to_owned())).collect();
        assert_eq!(found, expected, "{rows:?}");
    }

    #[test]
    fn newest_row_of_a_unit_and_night_counts() {
        use Version::{Counts, Older};
        check(&["1 5..8 booked 1", "1 5..8 cancelled 2"], &[(Older, "1"), (Counts, "1")]);
        check(&["1 5..8 cancelled 1", "1 5..8 booked 2"], &[(Older, "1"), (Counts, "1")]);
        check(&["1 5..8 booked 1", "1 5..6 booked 2"], &[(Older, "1"), (Counts, "1")]);
        check(&["1 5..8 booked 1", "1 7..9 perhaps 2"], &[(Older, "1"), (Counts, "1")]);
        check(&["1+2 5..8 booked 1", "1 5..8 cancelled 2"], &[(Counts, "2"), (Counts, "1")]);
    }

    #[test]
    fn rows_of_one_age_that_contradict_each_other_count_neither() {
        use Version::{Contradicts, Counts};
        check(&["1 5..8 booked -", "1 5..8 cancelled -"], &[(Contradicts, "1"), (Contradicts, "1")]);
        check(&["1 5..8 booked 1", "1 5..8 cancelled -"], &[(Contradicts, "1"), (Contradicts, "1")]);
        check(&["1 5..8 cancelled 3", "1 6..9 in 3"], &[(Contradicts, "1"), (Contradicts, "1")]);
        check(&["1 5..8 booked -", "1 5..8 perhaps -"], &[(Counts, "1"), (Counts, "1")]);
        check(&["1 5..8 booked -", "1 7..9 booked -"], &[(Counts, "1"), (Counts, "1")]);
    }

    #[test]
    fn other_units_nights_or_no_unit_are_no_versions() {
        use Version::Counts;
        check(&["1 5..8 booked -", "2 5..8 cancelled -"], &[(Counts, "1"), (Counts, "2")]);
        check(&["1 5..8 booked -", "1 8..9 cancelled -"], &[(Counts, "1"), (Counts, "1")]);
        check(&["? 5..8 booked -", "1 5..8 cancelled -"], &[(Counts, "?"), (Counts, "1")]);
    }

    #[test]
    fn rows_of_a_day_without_a_night_meet_where_their_hours_do() {
        use Version::{Contradicts, Counts, Older};
        check(&["1 5T9..5T12 booked 1", "1 5T10..5T14 cancelled 2"], &[(Older, "1"), (Counts, "1")]);
        check(
            &["1 5T9..5T12 booked -", "1 5T10..5T14 cancelled -"],
            &[(Contradicts, "1"), (Contradicts, "1")],
        );
        check(&["1 5T9..5T12 booked -", "1 5T12..5T14 cancelled -"], &[(Counts, "1"), (Counts, "1")]);
        check(&["1 5..8 booked -", "1 6T9..6T11 cancelled -"], &[(Contradicts, "1"), (Contradicts, "1")]);
    }

    #[test]
    fn rows_that_meet_on_the_day_of_departure_only_are_no_versions() {
        use Version::Counts;
        check(&["1 5..8T14 booked -", "1 8T11..9 cancelled -"], &[(Counts, "1"), (Counts, "1")]);
        check(&["1 5..8T14 booked 2", "1 8T11..9 cancelled 3"], &[(Counts, "1"), (Counts, "1")]);
    }
}
