//! Who has each unit by the source: turnovers (RULES 13), collisions (RULES 14), early openings and buffers (RULES 19).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hashbrown::HashMap;

use super::ground::{Ground, Row, Status, Stay};
use super::{EVENING, Hold, LONGEST_WAIT};
use crate::model::local_span::{DAY, HOUR, start_of_day};
use crate::model::{Arrived, Choice, LocalSpan, LocalTime};

/// What the source gives to each stay.
#[derive(Debug)]
pub(in crate::plan) struct Claims {
    /// What its units are to be open for by the source, buffers included; the start may wait for an earlier guest.
    pub(in crate::plan) opens: Vec<LocalSpan>,
    /// Units that another party has (RULES 14), and why.
    pub(in crate::plan) lost: Vec<BTreeMap<usize, Hold>>,
    /// Checked-in stays that have a disputed unit: their nights leave the grant of the loser (RULES 14).
    pub(in crate::plan) taken_by: Vec<Vec<usize>>,
    /// Who has a unit that a stay wants too: the stay and the unit of the one that loses.
    pub(in crate::plan) collisions: Vec<Vec<(usize, usize)>>,
    /// Starts that were moved behind an earlier guest's end: of whom.
    pub(in crate::plan) waits_for: BTreeMap<usize, usize>,
}

/// Two claims of different parties in one unit of the first.
#[derive(Clone, Copy)]
struct Rival {
    stay: usize,
    unit: usize,
}

impl Claims {
    /// Decides who has each unit.
    pub(in crate::plan) fn of(ground: &Ground<'_>) -> Self {
        let mut decider = Decider {
            ground,
            claims: Self {
                opens: ground.stays.iter().map(|stay| stay.dates).collect(),
                lost: vec![BTreeMap::new(); ground.stays.len()],
                taken_by: vec![Vec::new(); ground.stays.len()],
                collisions: vec![Vec::new(); ground.stays.len()],
                waits_for: BTreeMap::new(),
            },
            since: HashMap::new(),
            draws: Vec::new(),
        };
        decider.decide();
        decider.claims
    }

    /// Whether a stay has a unit.
    pub(in crate::plan) fn has(&self, stay: usize, unit: usize) -> bool {
        !self.lost[stay].contains_key(&unit)
    }
}

struct Decider<'g, 'a> {
    ground: &'g Ground<'a>,
    claims: Claims,
    /// From when on stays have units that they changed to after they began.
    since: HashMap<usize, LocalSpan>,
    /// Stays that are first in the order of a unit and keep it together with another party that keeps it too.
    draws: Vec<(usize, usize)>,
}

impl Ground<'_> {
    /// The claims of other parties in a unit that overlap a span, less those that lost it; dates count, not buffers.
    pub(in crate::plan) fn rivals<'s>(
        &'s self,
        claims: &'s Claims,
        unit: usize,
        reservation: usize,
        span: LocalSpan,
    ) -> impl Iterator<Item = usize> + 's {
        let now = self.now(reservation);
        self.claims_in(unit).filter_map(move |(stay, its_unit, door)| {
            let row = &self.stays[stay];
            let is_rival = claims.has(stay, its_unit)
                && row.dates.from_now(now).overlaps(span)
                && !self.same_party(door, reservation, row.reservation);
            is_rival.then_some(stay)
        })
    }

    /// Whether the later one's start may be moved to the earlier one's end (RULES 13); behind a guest who moves by any
    /// number of hours (RULES 15).
    fn may_wait(later: LocalSpan, until: LocalTime, now: LocalTime, for_mover: bool) -> bool {
        let has_begun = later.from <= now;
        let evening = start_of_day(until) + EVENING * HOUR;
        let is_past_evening = later.from < evening && until > evening;
        let is_soon = has_begun || for_mover || until - later.from <= LONGEST_WAIT * HOUR;
        let is_left_of_day = later.to.min(start_of_day(until) + DAY) - until;
        !is_past_evening && is_soon && is_left_of_day >= HOUR
    }

    /// Until when a stay waits for what opens its unit before it: a span with its nights. `None` where it does not, or
    /// cannot.
    pub(in crate::plan) fn turnover(
        &self,
        unit: usize,
        later: usize,
        (earlier, nights): (LocalSpan, LocalSpan),
        is_mover: bool,
    ) -> Option<LocalTime> {
        let row = &self.stays[later];
        let now = self.now(row.reservation);
        let begins_before = earlier.from_now(now).from <= row.dates.from_now(now).from;
        let fits = earlier.to <= row.dates.from
            || (begins_before && Self::may_wait(row.dates, earlier.to, now, is_mover));
        let shares_night = row.dates.from_now(now).shares_night(nights);
        (!self.is_inside(unit, later) && !shares_night && fits).then_some(earlier.to)
    }

    /// In house, and its grant opens the unit now: its start is never moved (RULES 13).
    pub(in crate::plan) fn is_inside(&self, unit: usize, stay: usize) -> bool {
        let row = &self.stays[stay];
        let now = self.now(row.reservation);
        let mut grants = self.grants_in(unit).map(|(grant, _)| &self.grants[grant]);
        row.dates.contains(now)
            && self.in_house(None, Some(stay))
            && grants.any(|grant| grant.reservation == row.reservation && grant.window.contains(now))
    }

    /// Whether a guest is in house with a stay or grant (RULES, Terms).
    pub(in crate::plan) fn in_house(&self, grant: Option<usize>, stay: Option<usize>) -> bool {
        let of_grant = grant.map(|grant| &self.grants[grant]);
        let of_stay = stay.map(|stay| &self.stays[stay]);
        let reservation = of_stay.map(|stay| stay.reservation).or(of_grant.map(|grant| grant.reservation));
        let Some(now) = reservation.map(|reservation| self.now(reservation)) else { return false };
        let span = of_stay.map(|stay| stay.dates).or(of_grant.map(|grant| grant.window));
        let has_begun = span.is_some_and(|span| span.contains(now));
        match of_stay.map(|stay| stay.status) {
            Some(Status::CheckedIn) => of_stay.is_some_and(|stay| self.is_checked_in(stay, now)),
            Some(Status::Over(_)) => false,
            Some(Status::Unknown) => has_begun,
            Some(Status::Booked | Status::Ignored) => {
                let is_told = |at| of_stay.is_some_and(|stay| stay.window.starts_at <= at);
                has_begun && !self.expected_as_of.is_some_and(is_told)
            }
            None => {
                let is_told = of_grant.is_some_and(|grant| grant.arrived == Arrived::NotYet);
                has_begun && !(is_told && self.expected_as_of.is_some())
            }
        }
    }

    /// Said to be checked in: arrived, and not gone for a week without a grant that opens its unit.
    fn is_checked_in(&self, row: &Stay<'_>, now: LocalTime) -> bool {
        let has_grant = || {
            let opens = |grant: usize| self.grants[grant].reservation == row.reservation;
            row.units.iter().any(|unit| self.grants_in(*unit).any(|(grant, _)| opens(grant)))
        };
        row.dates.from <= now + DAY && (row.dates.to + 7 * DAY > now || has_grant())
    }
}

impl Decider<'_, '_> {
    fn now(&self, stay: usize) -> LocalTime {
        self.ground.now(self.ground.stays[stay].reservation)
    }

    /// The future part of the dates of a stay.
    fn asks(&self, stay: usize) -> LocalSpan {
        self.ground.stays[stay].dates.from_now(self.now(stay))
    }

    /// The span whose nights a stay has in its units: a stay that changes its unit after it began has the new one from
    /// that day's date on, later as recorded (RULES 13).
    fn since_it_moved(&mut self, stay: usize) -> LocalSpan {
        if let Some(span) = self.since.get(&stay) {
            return *span;
        }
        let ground = self.ground;
        let Stay { dates, reservation, ref units, guest, .. } = ground.stays[stay];
        let now = ground.now(reservation);
        let opens_unit = |grant: &super::ground::Grant| {
            units.iter().any(|unit| ground.units[*unit].doors.iter().any(|door| grant.doors.contains(door)))
        };
        let of_guest = |grant: &&super::ground::Grant| grant.reservation == reservation;
        let grants = || ground.grants[ground.parties[reservation].grants.clone()].iter().filter(of_guest);
        // A unit that the guest has beside this one is not the one that they come from.
        let is_beside = |grant: &super::ground::Grant| {
            let stays = ground.parties[reservation].stays.clone();
            stays.into_iter().filter(|other| *other != stay).any(|other| {
                let row = &ground.stays[other];
                row.guest == guest
                    && row.grants(now)
                    && row.dates.contains(now)
                    && row
                        .units
                        .iter()
                        .any(|unit| ground.units[*unit].doors.iter().any(|d| grant.doors.contains(d)))
            })
        };
        let open_now = || grants().filter(|grant| grant.window.contains(now) && !is_beside(grant));
        let moves = dates.contains(now) && open_now().next().is_some() && !open_now().any(opens_unit);
        let span = if moves {
            LocalSpan { from: start_of_day(now), ..dates }
        } else {
            let recorded = grants().filter(|grant| opens_unit(grant) && dates.overlaps(grant.window));
            let since = recorded.filter_map(|grant| grant.recorded).map(|span| span.from).min();
            match since.filter(|since| *since <= now) {
                Some(since) => LocalSpan { from: dates.from.max(since), ..dates },
                None => dates,
            }
        };
        self.since.insert(stay, span);
        span
    }

    fn share_night(&mut self, left: usize, right: usize) -> bool {
        let reservation = self.ground.stays[left].reservation;
        let (now, check_out) = (self.ground.now(reservation), self.ground.clock(reservation).check_out);
        let nights = [left, right].map(|stay| self.since_it_moved(stay).nights_from(now, check_out));
        nights[0].shares_night(nights[1])
    }

    /// Which of two stays is the later one; of two that begin at one time the one that ends later.
    fn is_later(&self, stay: usize, other: usize) -> bool {
        let when = |stay: usize| (self.asks(stay).from, self.asks(stay).to, stay);
        when(stay) > when(other)
    }

    /// Until when a stay waits for another one of the source; `None` where they dispute the unit, or the other waits.
    fn waits(&mut self, unit: usize, later: usize, earlier: usize) -> Option<LocalTime> {
        let meet_on_one_day = self.is_later(later, earlier) && !self.share_night(later, earlier);
        let dates = self.ground.stays[earlier].dates;
        self.ground.turnover(unit, later, (dates, dates), false).filter(|_| meet_on_one_day)
    }

    /// The start of the later one cannot be moved so far, and it alone loses the unit (RULES 13).
    fn loses_alone(&mut self, unit: usize, later: usize, earlier: usize) -> bool {
        self.is_later(later, earlier)
            && !self.share_night(later, earlier)
            && !self.ground.is_inside(unit, later)
    }

    fn decide(&mut self) {
        let n_stays = self.ground.stays.len();
        let mut disputes: Vec<Vec<Rival>> = vec![Vec::new(); n_stays];
        let mut alone: Vec<Vec<Rival>> = vec![Vec::new(); n_stays];
        let mut turnovers: Vec<(usize, usize, LocalTime)> = Vec::new();
        for stay in (0..n_stays).filter(|stay| self.ground.gives(*stay)) {
            for unit in self.ground.stays[stay].units.clone() {
                let asks = self.asks(stay);
                let reservation = self.ground.stays[stay].reservation;
                let mut rivals: Vec<usize> =
                    self.ground.rivals(&self.claims, unit, reservation, asks).collect();
                rivals.sort_unstable();
                rivals.dedup();
                for other in rivals {
                    let other_unit = self.unit_where_they_meet(other, unit);
                    match (self.waits(unit, stay, other), self.waits(other_unit, other, stay)) {
                        (Some(until), _) => turnovers.push((stay, other, until)),
                        (None, Some(_)) => {}
                        _ if self.loses_alone(unit, stay, other) => {
                            alone[stay].push(Rival { stay: other, unit });
                        }
                        _ if self.loses_alone(other_unit, other, stay) => {}
                        _ => disputes[stay].push(Rival { stay: other, unit }),
                    }
                }
            }
        }
        self.decide_disputes(&disputes);
        for (stay, rivals) in alone.into_iter().enumerate() {
            for Rival { stay: winner, unit } in rivals {
                self.claims.lost[stay].entry(unit).or_insert(Hold::Collision);
                self.claims.collisions[stay].push((winner, unit));
            }
        }
        for (stay, rivals) in disputes.iter().enumerate() {
            self.claims.collisions[stay].extend(rivals.iter().map(|rival| (rival.stay, rival.unit)));
        }
        for stay in 0..n_stays {
            let since = self.since_it_moved(stay).from;
            let opens = &mut self.claims.opens[stay];
            opens.from = opens.from.max(since);
        }
        for (later, earlier, until) in turnovers {
            let units = &self.ground.stays[later].units;
            let both_have = units.iter().any(|unit| {
                self.claims.has(later, *unit)
                    && self.claims.has(earlier, self.unit_where_they_meet(earlier, *unit))
            });
            if both_have && self.claims.opens[later].from < until {
                self.claims.opens[later].from = until;
                self.claims.waits_for.insert(later, earlier);
            }
        }
        self.open_as_far_as_the_unit_is_free();
        for (stay, unit) in std::mem::take(&mut self.draws) {
            self.claims.lost[stay].entry(unit).or_insert(Hold::Stalemate);
        }
    }

    /// The unit of a stay that has a door of another unit.
    fn unit_where_they_meet(&self, stay: usize, unit: usize) -> usize {
        let doors = &self.ground.units[unit].doors;
        let units = &self.ground.stays[stay].units;
        let meets = |own: &&usize| self.ground.units[**own].doors.iter().any(|door| doors.contains(door));
        units.iter().find(|own| **own == unit).or_else(|| units.iter().find(meets)).copied().unwrap_or(unit)
    }

    /// One order for all stays that are disputed in a unit (RULES 14).
    fn decide_disputes(&mut self, disputes: &[Vec<Rival>]) {
        let ground = self.ground;
        let is_checked_in = |stay: usize| ground.stays[stay].status == Status::CheckedIn;
        let of_unit = |stay: usize, unit: usize| {
            disputes[stay].iter().filter(move |rival| rival.unit == unit).map(|rival| rival.stay)
        };
        // Each is asked for once for every rival, and there may be hundreds in a unit.
        let lefts = RefCell::new(HashMap::<(usize, usize), Rc<[LocalSpan]>>::new());
        let left_of_grants = |stay: usize, unit: usize| -> Rc<[LocalSpan]> {
            if let Some(known) = lefts.borrow().get(&(stay, unit)) {
                return Rc::clone(known);
            }
            let reservation = ground.stays[stay].reservation;
            let grants = ground.grants_in(unit).map(|(grant, _)| &ground.grants[grant]);
            let own = grants.filter(|grant| grant.reservation == reservation);
            let left: Rc<[LocalSpan]> =
                own.filter_map(|grant| self.what_is_left(stay, unit, grant.dates, &of_unit)).collect();
            lefts.borrow_mut().insert((stay, unit), Rc::clone(&left));
            left
        };
        let is_live = |stay: usize, other: usize, unit: usize| {
            let disputed = self.asks(stay).common(self.asks(other));
            left_of_grants(stay, unit).iter().any(|left| left.overlaps(disputed))
        };
        let newer_elsewhere = |stay: usize, unit: usize| {
            let row = &ground.stays[stay];
            let mut stays = ground.parties[row.reservation].stays.clone();
            let is_of_older_row = row.older_units.contains(ground.units[unit].name);
            is_of_older_row
                || stays.any(|other| {
                    let elsewhere = &ground.stays[other];
                    elsewhere.guest == row.guest
                        && !elsewhere.units.contains(&unit)
                        && elsewhere.updated_at > row.updated_at
                        && of_unit(stay, unit)
                            .any(|rival| self.asks(other).overlaps(self.asks(stay).common(self.asks(rival))))
                })
        };
        let is_decided = |stay: usize| ground.decision_of_stay(stay) == Some(&Choice::Grant);
        let mut units: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (stay, rivals) in disputes.iter().enumerate() {
            for rival in rivals {
                units.entry(rival.unit).or_default().insert(stay);
            }
        }
        let mut lost: Vec<(usize, usize, Hold)> = Vec::new();
        let mut draws: Vec<(usize, usize)> = Vec::new();
        let mut taken: Vec<(usize, usize)> = Vec::new();
        for (unit, stays) in &units {
            let rivals = || stays.iter().flat_map(|stay| of_unit(*stay, *unit)).chain(stays.iter().copied());
            let all_booked = rivals().all(|stay| ground.stays[stay].booked_at.is_some());
            let rank_alone = |stay: usize, unit: usize| {
                let row = &ground.stays[stay];
                let is_live = of_unit(stay, unit).any(|other| is_live(stay, other, unit));
                (
                    !is_decided(stay),
                    !is_checked_in(stay),
                    !is_live,
                    newer_elsewhere(stay, unit),
                    row.booked_at.filter(|_| all_booked),
                    row.source,
                    stay,
                )
            };
            let ranks: RefCell<HashMap<(usize, usize), _>> = RefCell::default();
            let rank = |stay: usize, unit: usize| {
                let known = ranks.borrow().get(&(stay, unit)).copied();
                known.unwrap_or_else(|| {
                    let together = self.together(stay, unit);
                    let first = together.into_iter().map(|other| rank_alone(other, unit)).min();
                    ranks.borrow_mut().insert((stay, unit), first);
                    first
                })
            };
            for stay in stays.iter().copied() {
                for winner in of_unit(stay, *unit) {
                    let winners_unit = self.unit_where_they_meet(winner, *unit);
                    if rank(winner, winners_unit) >= rank(stay, *unit) {
                        continue;
                    }
                    let same = is_checked_in(stay) == is_checked_in(winner);
                    let both_live =
                        same && is_live(stay, winner, *unit) && is_live(winner, stay, winners_unit);
                    let both_in = is_checked_in(stay) && is_checked_in(winner);
                    if is_decided(stay) == is_decided(winner) && (both_in || both_live) {
                        lost.push((stay, *unit, Hold::Stalemate));
                        draws.push((winner, winners_unit));
                    } else {
                        lost.push((stay, *unit, Hold::Collision));
                        if is_checked_in(winner) && !is_checked_in(stay) {
                            taken.push((stay, winner));
                        }
                    }
                }
            }
        }
        for (stay, unit, hold) in lost {
            let entry = self.claims.lost[stay].entry(unit).or_insert(hold);
            *entry = (*entry).max(hold);
        }
        self.draws.extend(draws);
        for (stay, winner) in taken {
            self.claims.taken_by[stay].push(winner);
        }
    }

    /// The stays of one reservation that have a unit on common nights, one after the other: they stand in the order as
    /// one, because the unit is that of their party.
    fn together(&self, stay: usize, unit: usize) -> Vec<usize> {
        let ground = self.ground;
        let has_unit = |other: &usize| ground.gives(*other) && ground.stays[*other].units.contains(&unit);
        let stays = ground.parties[ground.stays[stay].reservation].stays.clone();
        let mut apart: Vec<usize> = stays.filter(|other| *other != stay).filter(has_unit).collect();
        let mut together = vec![stay];
        let mut seen = 0;
        while seen < together.len() {
            let asked = self.asks(together[seen]);
            let (found, rest) = apart.into_iter().partition(|other| self.asks(*other).shares_night(asked));
            apart = rest;
            together.extend::<Vec<usize>>(found);
            seen += 1;
        }
        together
    }

    /// What a grant opens when those who are checked in have theirs: that part counts in the order (RULES 14).
    fn what_is_left<I: Iterator<Item = usize>>(
        &self,
        stay: usize,
        unit: usize,
        grant: LocalSpan,
        of_unit: &impl Fn(usize, usize) -> I,
    ) -> Option<LocalSpan> {
        let ground = self.ground;
        let is_checked_in = |stay: usize| ground.stays[stay].status == Status::CheckedIn;
        let now = self.now(stay);
        let winners = of_unit(stay, unit).filter(|other| {
            is_checked_in(*other) && !is_checked_in(stay) && !ground.in_house(None, Some(stay))
        });
        let taken =
            winners.map(|other| ground.stays[other].dates.from_now(now)).filter(|d| d.shares_night(grant));
        let Some(taken) = taken.reduce(LocalSpan::hull) else { return Some(grant) };
        let own = grant.common(ground.stays[stay].dates);
        let before = LocalSpan { to: own.to.min(taken.from), ..own };
        let after = LocalSpan { from: own.from.max(taken.to), ..own };
        match [before, after].map(|part| part.from_now(now).has_night()) {
            [true, true] => Some(grant),
            [true, false] => Some(before),
            [false, true] => Some(after),
            [false, false] => None,
        }
    }

    /// Buffers, bridges and the early opening of a guest who is checked in, as far as the unit is free by the source
    /// (RULES 13, 19).
    fn open_as_far_as_the_unit_is_free(&mut self) {
        let ground = self.ground;
        let core = self.claims.opens.clone();
        // One after the other: where two would open in the same hours between them, the earlier stay has them.
        let mut stays: Vec<usize> = (0..ground.stays.len()).collect();
        stays.sort_by_key(|stay| (ground.stays[*stay].dates, ground.stays[*stay].reservation, *stay));
        for stay in stays {
            let row = &ground.stays[stay];
            let Row::Grant(_) = row.row else {
                self.claims.opens[stay] = self.claims.opens[stay].hull(row.buffered);
                continue;
            };
            let (dates, opens) = (row.dates, core[stay]);
            let claims = &self.claims;
            let rivals = |span: LocalSpan| {
                let wide = LocalSpan::new(span.from - 2 * DAY, span.to + 2 * DAY);
                let of_units = row
                    .units
                    .iter()
                    .flat_map(move |unit| ground.rivals(claims, *unit, row.reservation, wide));
                of_units.map(move |rival| claims.opens[rival]).filter(move |opens| opens.overlaps(span))
            };
            let mut wide = opens;
            if opens.from == dates.from && row.buffered.from < dates.from && claims.lost[stay].is_empty() {
                let early = LocalSpan::new(row.buffered.from, dates.from);
                let last_end = rivals(early).map(|opens| opens.to).max();
                wide.from = last_end.map_or(early.from, |end| end.max(early.from)).min(dates.from);
            }
            let follows = self.follows_at(stay).unwrap_or(row.buffered.to);
            let until = row.buffered.to.max(follows);
            if until > dates.to {
                let late = LocalSpan::new(dates.to, until);
                let next_start = rivals(late).map(|opens| opens.from).min();
                wide.to = next_start.map_or(late.to, |start| start.min(late.to)).max(dates.to);
            }
            self.claims.opens[stay] = wide;
        }
    }

    /// When another booking of the same guest begins in the same unit on the day on which this one ends (RULES 19).
    fn follows_at(&self, stay: usize) -> Option<LocalTime> {
        let ground = self.ground;
        let row = &ground.stays[stay];
        let day = start_of_day(row.dates.to);
        let claims = row.units.iter().flat_map(|unit| ground.claims_in(*unit));
        let next = claims.filter(|(other, ..)| {
            let next = &ground.stays[*other];
            // Names are compared last: most claims are for other days.
            next.dates.from >= row.dates.to
                && start_of_day(next.dates.from) == day
                && next.reservation != row.reservation
                && ground.is_same_guest(stay, *other)
        });
        next.map(|(other, ..)| ground.stays[other].dates.from).min()
    }
}
