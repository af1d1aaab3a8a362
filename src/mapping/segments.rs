//! From rows with doors to grants: segments of one guest bridged and joined (RULES 19).

use std::collections::BTreeSet;

use ecow::EcoString;

use super::desired::{BookingFacts, DesiredGrant, StayFacts, UnitSpaces};
use super::directory::SpaceRef;
use super::neighbours::Neighbours;
use super::places::spots;
use super::rows::window_between;
use crate::model::{
    EmailAddress, Guest, GuestKey, LocalSpan, MethodSet, Moment, PhoneNumber, Property, SharedSet,
    SourcePlace, Stay, Window, WishedCode,
};

/// A row that has a right to doors that exist.
pub(super) struct Candidate {
    pub(super) said: Said,
    pub(super) guest: GuestKey,
    pub(super) units: SharedSet<UnitSpaces>,
    pub(super) methods: MethodSet,
    pub(super) window: Window,
}

/// What is still needed of a row that is a candidate; the rest of it is let go.
pub(super) struct Said {
    pub(super) full_name: EcoString,
    pub(super) email: Option<EmailAddress>,
    pub(super) phone: Option<PhoneNumber>,
    pub(super) code: Option<WishedCode>,
    pub(super) check_in: Moment,
    pub(super) check_out: Moment,
    pub(super) facts: StayFacts,
    pub(super) source: SourcePlace,
}

impl From<Stay> for Said {
    fn from(stay: Stay) -> Self {
        let Stay {
            guest: Guest { full_name, email, phone, .. },
            code,
            check_in,
            check_out,
            standing,
            opted_out,
            share_key,
            booked_at,
            updated_at,
            source,
            ..
        } = stay;
        let is_said = share_key.is_some() || booked_at.is_some() || updated_at.is_some();
        let facts = StayFacts {
            dates: LocalSpan::of_dates(check_in.local, check_out.local),
            standing,
            opted_out,
            booking: is_said.then(|| {
                Box::new(BookingFacts { share_key, booked_at, updated_at, older_units: Vec::new() })
            }),
            newcomer: None,
        };
        Self { full_name, email, phone, code, check_in, check_out, facts, source }
    }
}

impl Said {
    /// When the row opens doors, buffers included.
    pub(super) fn window(&self, property: &Property) -> Window {
        window_between(&self.check_in, &self.check_out, property)
    }
}

/// The windows of the candidates, with same-day gaps between two segments of one guest bridged: both units are open
/// across the gap, but never into the window of a neighbour.
pub(super) fn bridged(
    neighbours: &Neighbours,
    side_by_side: &BTreeSet<SpaceRef>,
    reservation: usize,
    candidates: &[Candidate],
) -> Vec<Window> {
    let mut windows: Vec<Window> = candidates.iter().map(|candidate| candidate.window).collect();
    for (i, left) in candidates.iter().enumerate() {
        for (j, right) in candidates.iter().enumerate() {
            let (out, back) = (left.said.check_out, right.said.check_in);
            let gap = out.instant < back.instant && out.local.date() == back.local.date();
            if left.guest != right.guest || !gap {
                continue;
            }
            let stays_until = spots(&left.units, side_by_side)
                .filter_map(|spot| neighbours.next_arrival(&spot, reservation, out.instant, back.instant))
                .min()
                .unwrap_or(back.instant);
            let comes_from = spots(&right.units, side_by_side)
                .filter_map(|spot| neighbours.last_departure(&spot, reservation, out.instant, back.instant))
                .max()
                .unwrap_or(out.instant);
            windows[i].ends_at = windows[i].ends_at.max(Some(stays_until));
            windows[j].starts_at = windows[j].starts_at.min(comes_from);
        }
    }
    windows
}

/// One grant for each guest, window and set of methods; two that open the same doors one after the other are one.
pub(super) fn grants_of(mut candidates: Vec<Candidate>, also: &SharedSet<SpaceRef>) -> Vec<DesiredGrant> {
    // Rows of one grant stay in the order of the source, so that the first of them speaks.
    candidates.sort_by(|left, right| identity(left).cmp(&identity(right)));
    // Most reservations have one grant: room for four would be most of what is kept of a hundred thousand stays.
    let mut grants: Vec<DesiredGrant> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let Candidate { said, guest, units, methods, window } = candidate;
        let is_of = |grant: &&mut DesiredGrant| {
            grant.guest == guest && grant.window == window && grant.methods == methods
        };
        match grants.last_mut().filter(is_of) {
            Some(grant) => also_wanted(grant, said, &units),
            None => grants.push(DesiredGrant {
                guest,
                full_name: said.full_name,
                email: said.email,
                phone: said.phone,
                units,
                also: also.clone(),
                window,
                methods,
                code: said.code,
                arrival: said.check_in.local.date(),
                facts: said.facts,
                source: said.source,
            }),
        }
    }
    join(&mut grants);
    grants.shrink_to_fit();
    grants
}

fn identity(candidate: &Candidate) -> (&GuestKey, Window, MethodSet) {
    (&candidate.guest, candidate.window, candidate.methods)
}

/// Another row of the same grant: more units, and what the rows before it do not say.
fn also_wanted(grant: &mut DesiredGrant, said: Said, units: &SharedSet<UnitSpaces>) {
    grant.facts.join_row(&grant.units, &said.facts, units);
    if grant.units != *units {
        grant.units = grant.units.iter().chain(units).cloned().collect();
    }
    grant.code = grant.code.take().or(said.code);
    grant.email = grant.email.take().or(said.email);
    grant.phone = grant.phone.take().or(said.phone);
}

/// Makes one grant of two that open the same doors for the same guest in the same way without a pause between them.
fn join(grants: &mut Vec<DesiredGrant>) {
    let joinable = |left: &DesiredGrant, right: &DesiredGrant| {
        left.guest == right.guest
            && left.methods == right.methods
            && left.units == right.units
            && Some(left.window.starts_at) <= right.window.ends_at
            && Some(right.window.starts_at) <= left.window.ends_at
    };
    let mut first = 0;
    while first < grants.len() {
        let twin = (first + 1..grants.len()).find(|second| joinable(&grants[first], &grants[*second]));
        let Some(second) = twin else {
            first += 1;
            continue;
        };
        let other = grants.remove(second);
        let grant = &mut grants[first];
        grant.window.starts_at = grant.window.starts_at.min(other.window.starts_at);
        grant.window.ends_at = grant.window.ends_at.max(other.window.ends_at);
        grant.arrival = grant.arrival.min(other.arrival);
        grant.facts.join(&other.facts);
        if grant.source > other.source {
            grant.source = other.source;
            grant.full_name = other.full_name;
        }
        grant.code = grant.code.take().or(other.code);
        grant.email = grant.email.take().or(other.email);
        grant.phone = grant.phone.take().or(other.phone);
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
    use crate::model::{Method, Unit};

    /// `5T15`, in December 2026.
    fn moment(text: &str, side: Side) -> Moment {
        let (day, hour) = text.split_once('T').expect("a day and its hour");
        let number = |text: &str| text.parse().expect("a number");
        Moment::at(date(2026, 12, number(day)).at(number(hour), 0, 0, 0), &TimeZone::UTC, side)
            .expect("a day")
    }

    fn window(days: &str) -> Window {
        let (from, to) = days.split_once("..").expect("FROM..TO");
        Window::new(moment(from, Side::Arrival).instant, moment(to, Side::Departure).instant)
    }

    fn told(window: &Window) -> String {
        let moment = |at: Timestamp| {
            let local = TimeZone::UTC.to_datetime(at);
            format!("{}T{}", local.day(), local.hour())
        };
        format!("{}..{}", moment(window.starts_at), window.ends_at.map_or_else(String::new, moment))
    }

    /// `GUEST UNIT FROM..TO`, and `card` where another method is wanted.
    fn candidate(text: &str) -> Candidate {
        let words: Vec<&str> = text.split(' ').collect();
        let (from, to) = words[2].split_once("..").expect("FROM..TO");
        let row = Stay {
            guest: guest(words[0], words[0], ""),
            check_in: moment(from, Side::Arrival),
            check_out: moment(to, Side::Departure),
            ..stay()
        };
        let space = SpaceRef(words[1].parse().expect("a number"));
        Candidate {
            said: row.into(),
            guest: words[0].into(),
            units: [UnitSpaces { unit: Unit::new(words[1]), spaces: vec![space] }].into_iter().collect(),
            methods: if words.contains(&"card") { [Method::Card].into() } else { [Method::Code].into() },
            window: window(words[2]),
        }
    }

    /// The windows of the rows of one reservation beside the stays of others, each a unit and its days.
    fn check_bridged(rows: &[&str], others: &[&str], expected: &[&str]) {
        const OWN: usize = 0;
        let mut neighbours = Neighbours::default();
        for unit in 1..4 {
            neighbours.watch((SpaceRef(unit), None));
        }
        for (n, text) in others.iter().enumerate() {
            let (unit, days) = text.split_once(' ').expect("a unit and its days");
            let spot = (SpaceRef(unit.parse().expect("a number")), None);
            neighbours.add(&spot, n + 1, window(days));
        }
        let candidates: Vec<Candidate> = rows.iter().map(|text| candidate(text)).collect();
        let found = bridged(&neighbours, &BTreeSet::new(), OWN, &candidates);
        assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected, "{rows:?} beside {others:?}");
    }

    #[test]
    fn a_gap_of_one_day_between_two_segments_is_bridged_in_both_units() {
        check_bridged(&["A 1 5T15..8T11", "A 2 8T15..9T11"], &[], &["5T15..8T15", "8T11..9T11"]);
        check_bridged(&["A 2 8T15..9T11", "A 1 5T15..8T11"], &[], &["8T11..9T11", "5T15..8T15"]);
    }

    #[test]
    fn segments_of_other_days_or_guests_are_not_bridged() {
        check_bridged(&["A 1 5T15..8T11", "A 2 9T15..10T11"], &[], &["5T15..8T11", "9T15..10T11"]);
        check_bridged(&["A 1 5T15..8T11", "B 2 8T15..9T11"], &[], &["5T15..8T11", "8T15..9T11"]);
        check_bridged(&["A 1 5T15..8T15", "A 2 8T15..9T11"], &[], &["5T15..8T15", "8T15..9T11"]);
        check_bridged(&["A 1 5T15..8T16", "A 2 8T15..9T11"], &[], &["5T15..8T16", "8T15..9T11"]);
    }

    #[test]
    fn a_bridge_ends_at_a_neighbour() {
        let rows = ["A 1 5T15..8T11", "A 2 8T15..9T11"];
        check_bridged(&rows, &["1 8T13..9T11"], &["5T15..8T13", "8T11..9T11"]);
        check_bridged(&rows, &["2 7T15..8T13"], &["5T15..8T15", "8T13..9T11"]);
        check_bridged(&rows, &["1 8T12..9T11", "2 7T15..8T14"], &["5T15..8T12", "8T14..9T11"]);
        // Behind or before the gap nobody is in the way.
        check_bridged(&rows, &["1 8T15..9T11", "2 7T15..8T11"], &["5T15..8T15", "8T11..9T11"]);
        check_bridged(&rows, &["3 8T12..9T11"], &["5T15..8T15", "8T11..9T11"]);
    }

    fn check_grants(rows: &[&str], expected: &[&str]) {
        let grants = grants_of(rows.iter().map(|text| candidate(text)).collect(), &SharedSet::new());
        let grant = |grant: &DesiredGrant| {
            let units: Vec<&str> = grant.units.iter().map(|unit| unit.unit.as_str()).collect();
            format!("{} {} {}", grant.guest, units.join("+"), told(&grant.window))
        };
        assert_eq!(grants.iter().map(grant).collect::<Vec<_>>(), expected, "{rows:?}");
    }

    #[test]
    fn rows_of_one_guest_and_window_are_one_grant() {
        check_grants(&["A 1 5T15..8T11", "A 2 5T15..8T11"], &["A 1+2 5T15..8T11"]);
        check_grants(&["A 1 5T15..8T11", "A 1 5T15..8T11"], &["A 1 5T15..8T11"]);
        check_grants(&["A 1 5T15..8T11", "B 2 5T15..8T11"], &["A 1 5T15..8T11", "B 2 5T15..8T11"]);
        check_grants(&["A 1 5T15..8T11", "A 2 5T15..9T11"], &["A 1 5T15..8T11", "A 2 5T15..9T11"]);
        check_grants(&["A 1 5T15..8T11", "A 2 5T15..8T11 card"], &["A 2 5T15..8T11", "A 1 5T15..8T11"]);
    }

    #[test]
    fn segments_of_one_unit_without_a_pause_are_one_grant() {
        check_grants(&["A 1 5T15..8T11", "A 1 8T11..9T11"], &["A 1 5T15..9T11"]);
        check_grants(&["A 1 8T11..9T11", "A 1 5T15..8T11"], &["A 1 5T15..9T11"]);
        check_grants(&["A 1 5T15..8T11", "A 1 7T15..9T11"], &["A 1 5T15..9T11"]);
        check_grants(&["A 1 5T15..9T11", "A 1 6T15..8T11"], &["A 1 5T15..9T11"]);
        check_grants(&["A 1 5T15..6T11", "A 1 7T11..8T11", "A 1 6T11..7T11"], &["A 1 5T15..8T11"]);
    }

    #[test]
    fn segments_with_a_pause_or_of_other_units_stay_apart() {
        check_grants(&["A 1 5T15..8T11", "A 1 8T15..9T11"], &["A 1 5T15..8T11", "A 1 8T15..9T11"]);
        check_grants(&["A 1 5T15..8T11", "A 2 8T11..9T11"], &["A 1 5T15..8T11", "A 2 8T11..9T11"]);
        check_grants(&["A 1 5T15..8T11", "B 1 8T11..9T11"], &["A 1 5T15..8T11", "B 1 8T11..9T11"]);
        check_grants(&["A 1 5T15..8T11", "A 1 8T11..9T11 card"], &["A 1 5T15..8T11", "A 1 8T11..9T11"]);
    }
}
