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
