//! From rows with doors to grants: segments of one guest bridged and joined (RULES 10).

use std::collections::BTreeSet;

use super::desired::{DesiredGrant, UnitSpaces};
use super::directory::SpaceRef;
use super::occupancy::Occupancy;
use super::places::spots;
use crate::model::{GuestKey, MethodSet, SharedSet, Stay, Window};

/// A row that has a right to doors that exist.
pub(super) struct Candidate<'a> {
    /// The position of the row in its reservation.
    pub(super) row: usize,
    pub(super) stay: &'a Stay,
    pub(super) guest: GuestKey,
    pub(super) units: SharedSet<UnitSpaces>,
    pub(super) methods: MethodSet,
    pub(super) window: Window,
}

impl Candidate<'_> {
    /// The spaces of its units.
    pub(super) fn spaces(&self) -> impl Iterator<Item = SpaceRef> + '_ {
        self.units.iter().flat_map(|unit| unit.spaces.iter().copied())
    }
}

/// The windows of the candidates, with same-day gaps between two segments of one guest bridged: both units are open
/// across the gap, but never into the window of a neighbour.
pub(super) fn bridged(
    occupancy: &Occupancy,
    side_by_side: &BTreeSet<SpaceRef>,
    reservation: usize,
    candidates: &[Candidate<'_>],
) -> Vec<Window> {
    let mut windows: Vec<Window> = candidates.iter().map(|candidate| candidate.window).collect();
    for (i, left) in candidates.iter().enumerate() {
        for (j, right) in candidates.iter().enumerate() {
            let (out, back) = (left.stay.check_out, right.stay.check_in);
            let gap = out.instant < back.instant && out.local.date() == back.local.date();
            if left.guest != right.guest || !gap {
                continue;
            }
            let stays_until = spots(&left.units, side_by_side)
                .filter_map(|spot| occupancy.next_arrival(&spot, reservation, out.instant, back.instant))
                .min()
                .unwrap_or(back.instant);
            let comes_from = spots(&right.units, side_by_side)
                .filter_map(|spot| occupancy.last_departure(&spot, reservation, out.instant, back.instant))
                .max()
                .unwrap_or(out.instant);
            windows[i].ends_at = windows[i].ends_at.max(Some(stays_until));
            windows[j].starts_at = windows[j].starts_at.min(comes_from);
        }
    }
    windows
}

/// One grant for each guest, window and set of methods; two that open the same doors one after the other are one.
pub(super) fn grants_of(mut candidates: Vec<Candidate<'_>>, also: &SharedSet<SpaceRef>) -> Vec<DesiredGrant> {
    // Rows of one grant stay in the order of the source, so that the first of them speaks.
    candidates.sort_by(|left, right| identity(left).cmp(&identity(right)));
    // Most reservations have one grant: room for four would be most of what is kept of a hundred thousand stays.
    let mut grants: Vec<DesiredGrant> = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let Candidate { row: _, stay, guest, units, methods, window } = candidate;
        let is_of = |grant: &&mut DesiredGrant| {
            grant.guest == guest && grant.window == window && grant.methods == methods
        };
        match grants.last_mut().filter(is_of) {
            Some(grant) => also_wanted(grant, stay, &units),
            None => grants.push(DesiredGrant {
                guest,
                full_name: stay.guest.full_name.clone(),
                email: stay.guest.email.clone(),
                phone: stay.guest.phone.clone(),
                units,
                also: also.clone(),
                window,
                methods,
                code: stay.code.clone(),
                arrival: stay.check_in.local.date(),
                source: stay.source.clone(),
            }),
        }
    }
    join(&mut grants);
    grants.shrink_to_fit();
    grants
}

fn identity<'a>(candidate: &'a Candidate<'_>) -> (&'a GuestKey, Window, MethodSet) {
    (&candidate.guest, candidate.window, candidate.methods)
}

/// Another row of the same grant: more units, and what the rows before it do not say.
fn also_wanted(grant: &mut DesiredGrant, stay: &Stay, units: &SharedSet<UnitSpaces>) {
    if grant.units != *units {
        grant.units = grant.units.iter().chain(units).cloned().collect();
    }
    if grant.code.is_none() {
        grant.code.clone_from(&stay.code);
    }
    if grant.email.is_none() {
        grant.email.clone_from(&stay.guest.email);
    }
    if grant.phone.is_none() {
        grant.phone.clone_from(&stay.guest.phone);
    }
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
        if grant.source > other.source {
            grant.source = other.source;
            grant.full_name = other.full_name;
        }
        grant.code = grant.code.take().or(other.code);
        grant.email = grant.email.take().or(other.email);
        grant.phone = grant.phone.take().or(other.phone);
    }
}
