//! Which reservations meet another one at a door: only these are decided together.
//!
//! A stay or live grant is a span at each of its own doors; the spans of all reservations are sorted once. All who have
//! a door at which two reservations overlap are looked at, because parties are made of all who are in a unit
//! (RULES 12).

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use hashbrown::HashSet;
use jiff::Timestamp;
use smallvec::SmallVec;

use crate::mapping::{Desired, DesiredGrant, DesiredReservation, UnitSpaces};
use crate::model::{DoorRef, EmailAddress, PhoneNumber, ReservationId, SharedSet, Standing, Wanted, Window};
use crate::plan::live::Live;
use crate::plan::planner::PlanInput;

/// The reservations of a plan: those of the source, and behind them those of which only grants are known.
pub(in crate::plan) struct Reservations<'a> {
    desired: &'a Desired,
    /// Those without rows, with the positions of their grants.
    pub(in crate::plan) absent: Vec<(ReservationId, std::ops::Range<usize>)>,
}

impl<'a> Reservations<'a> {
    /// Finds the reservations of which the source has no row.
    pub(in crate::plan) fn of(desired: &'a Desired, live: &Live<'_>) -> Self {
        let listed: usize = desired.reservations.iter().map(|r| live.of_reservation(&r.id).len()).sum();
        if listed == live.owned.len() {
            return Self { desired, absent: Vec::new() };
        }
        let mut is_listed = vec![false; live.owned.len()];
        for reservation in &desired.reservations {
            is_listed[live.of_reservation(&reservation.id)].fill(true);
        }
        let mut absent = Vec::new();
        let mut position = 0;
        while position < live.owned.len() {
            if is_listed[position] {
                position += 1;
                continue;
            }
            let id = live.owned[position].reservation();
            let range = live.of_reservation(&id);
            position = range.end;
            absent.push((id, range));
        }
        Self { desired, absent }
    }
}

impl Reservations<'_> {
    /// Chooses those that are to be decided, whomever they meet.
    pub(in crate::plan) fn choose(&self, is_meant: impl Fn(&ReservationId) -> bool, chosen: &mut [bool]) {
        let listed = self.desired.reservations.iter().map(|reservation| &reservation.id);
        let all = listed.chain(self.absent.iter().map(|(id, _)| id));
        for (id, chosen) in all.zip(chosen) {
            *chosen |= is_meant(id);
        }
    }
}

const MINUTES_OF_A_DAY: i32 = 24 * 60;

/// A stay or a grant at one door, in minutes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    door: u32,
    from: i32,
    to: i32,
    reservation: u32,
}

/// Whether each reservation, in the order of [`Reservations`], has a door at which two reservations overlap.
pub(in crate::plan) fn who_meets(
    input: &PlanInput<'_>,
    live: &Live<'_>,
    reservations: &Reservations<'_>,
) -> Vec<bool> {
    let Desired { doors, .. } = reservations.desired;
    let now = minutes(input.now);
    let mut spans: Vec<Span> = Vec::with_capacity(reservations.desired.reservations.len() + live.owned.len());
    let mut add_doors = |own: &[DoorRef], window: &Window, reservation: usize, goes_on: bool| {
        let reservation = u32::try_from(reservation).expect("there are fewer than 2^32 reservations");
        let to = window.ends_at.map_or(i32::MAX, |end| minutes(end).saturating_add(1));
        let to = if goes_on { to.max(now + 1) } else { to };
        if to > now {
            let from = minutes(window.starts_at).min(to);
            spans.extend(own.iter().map(|door| Span { door: door.0, from, to, reservation }));
        }
    };
    let own_of = |units: &SharedSet<UnitSpaces>| {
        doors.own_doors(input.directory, units.iter().flat_map(|unit| unit.spaces.iter().copied()))
    };
    for (n, reservation) in reservations.desired.reservations.iter().enumerate() {
        for grant in &reservation.grants {
            add_doors(&own_of(&grant.units), &grant.window, n, false);
        }
        for stay in reservation.held.iter().filter(|stay| stay.facts.claims()) {
            add_doors(&own_of(&stay.units), &stay.window, n, stay.facts.standing == Standing::CheckedIn);
        }
        for stay in reservation.left_alone.iter().filter(|stay| stay.facts.claims()) {
            add_doors(&own_of(&stay.units), &stay.window, n, stay.facts.standing == Standing::CheckedIn);
        }
        for position in live.of_reservation(&reservation.id) {
            let owned = &live.owned[position];
            add_doors(
                &doors.own_doors_by_id(input.directory, &owned.grant.spaces),
                &owned.grant.window,
                n,
                false,
            );
        }
    }
    let n_desired = reservations.desired.reservations.len();
    for (n, (_, range)) in reservations.absent.iter().enumerate() {
        for position in range.clone() {
            let owned = &live.owned[position];
            add_doors(
                &doors.own_doors_by_id(input.directory, &owned.grant.spaces),
                &owned.grant.window,
                n_desired + n,
                false,
            );
        }
    }
    spans.sort_unstable();
    let mut crowded = doors_of_bookings_back_to_back(&spans, &reservations.desired.reservations);
    // The last end so far at a door, of which reservation, and the last end of any other.
    let mut last: Option<(u32, u32, i32, i32)> = None;
    for Span { door, from, to, reservation } in &spans {
        last = Some(match last {
            Some((at, whose, end, others)) if at == *door => {
                let overlaps = if whose == *reservation { others > *from } else { end > *from };
                if overlaps {
                    crowded.insert(*door);
                }
                if whose == *reservation {
                    (at, whose, end.max(*to), others)
                } else if *to > end {
                    (at, *reservation, *to, others.max(end))
                } else {
                    (at, whose, end, others.max(*to))
                }
            }
            _ => (*door, *reservation, *to, i32::MIN),
        });
    }
    let mut meets = vec![false; n_desired + reservations.absent.len()];
    // What a window has beyond the recorded stay is nobody's (RULES 20).
    let goes_on = |position: usize| {
        let owned = &live.owned[position];
        let recorded = owned.recorded.map(Wanted::window);
        recorded.is_some_and(|recorded| recorded.ended(input.now)) && !owned.grant.window.ended(input.now)
    };
    for (n, reservation) in reservations.desired.reservations.iter().enumerate() {
        meets[n] = live.of_reservation(&reservation.id).any(goes_on);
    }
    for (n, (_, range)) in reservations.absent.iter().enumerate() {
        meets[n_desired + n] = range.clone().any(goes_on);
    }
    for span in spans.iter().filter(|span| crowded.contains(&span.door)) {
        meets[span.reservation as usize] = true;
    }
    meets
}

/// The doors of which a guest has two bookings of which one begins within a day after the other ends: the key of the
/// earlier one may open until the later one begins (RULES 19).
fn doors_of_bookings_back_to_back(spans: &[Span], reservations: &[DesiredReservation]) -> HashSet<u32> {
    let returns = who_returns(reservations);
    let may_be_of_one_guest = |left: u32, right: u32| {
        let [left, right] =
            [left, right].map(|n| reservations[n as usize].grants.iter().flat_map(identifiers));
        let right: SmallVec<[u64; 4]> = right.collect();
        left.into_iter().any(|identifier| right.contains(&identifier))
    };
    let is_returning = |span: &Span| returns.get(span.reservation as usize) == Some(&true);
    let mut doors = HashSet::new();
    for (n, earlier) in spans.iter().enumerate().filter(|(_, span)| is_returning(span)) {
        let mut next = spans[n + 1..].iter().take_while(|later| {
            later.door == earlier.door && later.from <= earlier.to.saturating_add(MINUTES_OF_A_DAY)
        });
        let follows = |later: &Span| {
            later.reservation != earlier.reservation
                && later.from >= earlier.to - 1
                && is_returning(later)
                && may_be_of_one_guest(earlier.reservation, later.reservation)
        };
        if !doors.contains(&earlier.door) && next.any(follows) {
            doors.insert(earlier.door);
        }
    }
    doors
}

/// Whether each reservation has a guest who may be one of another reservation.
fn who_returns(reservations: &[DesiredReservation]) -> Vec<bool> {
    let numbered = (0_u32..).zip(reservations);
    let of = |(n, reservation): (u32, &DesiredReservation)| {
        reservation
            .grants
            .iter()
            .flat_map(identifiers)
            .map(|identifier| (identifier, n))
            .collect::<SmallVec<[_; 8]>>()
    };
    let mut all: Vec<(u64, u32)> = numbered.flat_map(of).collect();
    all.sort_unstable();
    let mut returns = vec![false; reservations.len()];
    for pair in all.windows(2).filter(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1) {
        returns[pair[0].1 as usize] = true;
        returns[pair[1].1 as usize] = true;
    }
    returns
}

/// Hashes of the key and the contacts of a guest: equal ones may be of one person (RULES 12).
fn identifiers(grant: &DesiredGrant) -> SmallVec<[u64; 3]> {
    let email = grant.email.as_ref().map(EmailAddress::folded);
    let phone = grant.phone.as_ref().map(PhoneNumber::as_str);
    let texts = [Some(grant.guest.as_str()), email.as_deref(), phone];
    texts
        .into_iter()
        .flatten()
        .map(|text| BuildHasherDefault::<DefaultHasher>::default().hash_one(text))
        .collect()
}

fn minutes(instant: Timestamp) -> i32 {
    i32::try_from(instant.as_second().div_euclid(60)).unwrap_or(i32::MAX - 1)
}
