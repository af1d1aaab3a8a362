//! The fixpoint: holds what cannot be (RULES 15, 16), until nothing changes.

use super::changes::same_span;
use super::ground::{Row, Status};
use super::{Action, Cause, Change, Hold, Occupancy};
use crate::model::LocalSpan;
use crate::model::local_span::start_of_day;
use crate::plan::Policy;

impl Occupancy<'_> {
    /// What a change does; a start that was moved may leave nothing to do.
    pub(in crate::plan) fn action(&self, c: usize) -> Action {
        let change = &self.changes[c];
        let now = self.ground.now(change.reservation);
        let is_same = change.action == Action::Update
            && change.opens != change.wanted
            && !change.loses_methods
            && change
                .grants
                .iter()
                .all(|grant| same_span(self.ground.grants[*grant].window, change.opens, now));
        if is_same { Action::Keep } else { change.action }
    }

    /// What a grant still opens when the plan is done; `None` where it goes.
    pub(in crate::plan) fn rest(&self, grant: usize) -> Option<LocalSpan> {
        let current = &self.ground.grants[grant];
        let Some(c) = self.change_of_grant[grant] else { return Some(current.window) };
        let change = &self.changes[c];
        let rest = self.rest_of(grant, c, change);
        let is_cut = rest.is_some_and(|rest| rest != current.window && change.action != Action::Update);
        if is_cut && self.fixed.contains(&grant) { Some(current.window) } else { rest }
    }

    /// The same in one unit: what a person decided to leave to the guest stays open (RULES 17).
    pub(in crate::plan) fn rest_in(&self, grant: usize, unit: usize) -> Option<LocalSpan> {
        let doors = &self.ground.units[unit].doors;
        let has_door = |left: &usize| self.ground.units[*left].doors.iter().any(|door| doors.contains(door));
        let change = self.change_of_grant[grant].map(|c| &self.changes[c]);
        if change.is_some_and(|change| change.hold.is_none() && change.left_units.iter().any(has_door)) {
            return Some(self.ground.grants[grant].window);
        }
        self.rest(grant)
    }

    fn rest_of(&self, grant: usize, c: usize, change: &Change) -> Option<LocalSpan> {
        let current = &self.ground.grants[grant];
        if change.hold.is_some() {
            return self.kept(grant, c);
        }
        match change.action {
            Action::Keep | Action::Create | Action::Beside => Some(current.window),
            Action::Update | Action::Extend if change.gains_only => {
                Some(gained(current.window, change.opens))
            }
            Action::Update | Action::Extend => {
                // In house the start of what opens now is never moved (RULES 13).
                let now = self.ground.now(change.reservation);
                let has_begun = change.stay.is_some_and(|stay| self.ground.stays[stay].dates.from <= now);
                let is_begun = change.in_house && has_begun && current.window.contains(now);
                let is_moved = is_begun && change.opens.from > now;
                let from = if is_moved { current.window.from } else { change.opens.from };
                Some(LocalSpan { from, ..change.opens })
            }
            Action::Replace => self.until(grant, c),
            Action::Revoke(Cause::Left) => {
                change.successor.and_then(|successor| self.until(grant, successor))
            }
            Action::Revoke(cause) if cause.is_on_demand() => {
                self.what_nobody_needs(grant, c).into_iter().flatten().next()
            }
            Action::Revoke(_) => None,
        }
    }

    /// A held change keeps its window, less the nights beyond its stay's dates (RULES 16) or beyond the record
    /// (RULES 20) that another party has.
    fn kept(&self, grant: usize, c: usize) -> Option<LocalSpan> {
        let change = &self.changes[c];
        let current = &self.ground.grants[grant];
        let now = self.ground.now(change.reservation);
        let stay = change.stay.map(|stay| &self.ground.stays[stay]);
        let dates = stay.map(|stay| stay.dates.hull(stay.buffered));
        let bound = match (change.hold?, dates) {
            (Hold::Occupied | Hold::Waits | Hold::Collision | Hold::Stalemate, Some(dates))
                if current.recorded.is_some() || !change.in_house =>
            {
                Some(dates)
            }
            // A row without opinion gives no night beyond the record (RULES 11).
            (Hold::NoOpinion, _) => current.recorded,
            (
                Hold::Occupied
                | Hold::Waits
                | Hold::NoUnit
                | Hold::NotTheSource
                | Hold::Absent
                | Hold::AbsentInHouse,
                _,
            ) => current.recorded.map(|recorded| dates.map_or(recorded, |dates| recorded.hull(dates))),
            _ => None,
        };
        let kept = bound
            .filter(|bound| self.others_have(grant, *bound))
            .map_or(current.window, |bound| current.window.common(bound));
        let bridge = change.stay.and_then(|_| self.until(grant, c));
        let kept = bridge.map_or(kept, |bridge| if kept.is_empty() { bridge } else { kept.hull(bridge) });
        Some(kept).filter(|kept| !kept.from_now(now).is_empty())
    }

    /// A grant that ends today, and a stay of the same guest that begins today (or any day, when the guest is checked
    /// in): the guest is between two units (RULES 19).
    pub(super) fn follows_today(&self, stay: usize, window: LocalSpan) -> bool {
        let row = &self.ground.stays[stay];
        let (ends_on, begins_on) = (start_of_day(window.to), start_of_day(row.dates.from));
        let today = start_of_day(self.ground.now(row.reservation));
        ends_on == begins_on && (ends_on == today || row.status == Status::CheckedIn)
    }

    /// Whose stay goes on now keeps the old unit until the new one opens; who has the old one next waits for that
    /// moment as for a departure (RULES 15).
    pub(super) fn until(&self, grant: usize, successor: usize) -> Option<LocalSpan> {
        let window = self.ground.grants[grant].window;
        let Change { opens, in_house, stay, reservation, .. } = &self.changes[successor];
        let now = self.ground.now(*reservation);
        let stay = (*stay)?;
        let goes_on =
            *in_house || self.ground.stays[stay].dates.contains(now) || self.follows_today(stay, window);
        let bridged = goes_on && window.contains(now) && opens.from > now;
        bridged.then_some(LocalSpan { to: window.to.min(opens.from), ..window })
    }

    /// Whether what is left of a grant is the time until its guest's new unit opens (RULES 15).
    fn moves(&self, c: usize) -> bool {
        let Change { hold, action, .. } = self.changes[c];
        hold.is_none() && matches!(action, Action::Replace | Action::Revoke(Cause::Left))
    }

    /// The spans of those who have the unit for a night of this grant, and get it or have its grant.
    fn needed_by(&self, grant: usize, d: usize) -> impl Iterator<Item = LocalSpan> {
        self.who_needs(grant, d).map(|(_, span)| span)
    }

    /// The units for which others need a grant.
    pub(super) fn needed_units(&self, grant: usize, d: usize) -> Vec<usize> {
        let of = |(c, _): (usize, LocalSpan)| {
            self.blockers[c].iter().filter(move |(blocker, _)| *blocker == grant).map(|(_, unit)| *unit)
        };
        self.who_needs(grant, d).flat_map(of).collect()
    }

    fn who_needs(&self, grant: usize, d: usize) -> impl Iterator<Item = (usize, LocalSpan)> {
        let current = &self.ground.grants[grant];
        let change = &self.changes[d];
        let winners = change
            .stay
            .filter(|_| change.action == Action::Revoke(Cause::Occupied))
            .map(|stay| &self.claims.taken_by[stay]);
        let now = self.ground.now(change.reservation);
        self.claimants[d]
            .iter()
            .filter(move |c| self.blockers[**c].iter().any(|(blocker, _)| *blocker == grant))
            .map(|c| (*c, &self.changes[*c]))
            .filter(move |(_, claimant)| {
                winners.is_none_or(|winners| claimant.stay.is_some_and(|stay| winners.contains(&stay)))
            })
            .filter_map(move |(c, claimant)| {
                let opens = match claimant.hold {
                    Some(_) if claimant.grants.is_empty() || claimant.action == Action::Replace => {
                        return None;
                    }
                    Some(_) => {
                        let has = claimant.grants.iter().map(|grant| self.ground.grants[*grant].window);
                        has.reduce(LocalSpan::hull)?.common(claimant.opens)
                    }
                    None => claimant.opens,
                };
                // Opening early takes no night from anybody (RULES 19).
                let begins = claimant.stay.map_or(opens.from, |stay| self.ground.stays[stay].dates.from);
                let opens = LocalSpan { from: opens.from.max(begins), ..opens };
                opens.from_now(now).shares_night(current.dates).then_some((c, opens))
            })
    }

    pub(super) fn is_needed(&self, grant: usize, d: usize) -> bool {
        self.needed_by(grant, d).next().is_some()
    }

    /// What is left of a grant before the first night that somebody else needs, and after the last one (RULES 15).
    fn what_nobody_needs(&self, grant: usize, d: usize) -> [Option<LocalSpan>; 2] {
        let window = self.ground.grants[grant].window;
        let now = self.ground.now(self.changes[d].reservation);
        let window = self.changes[d].stay.map_or(window, |stay| {
            let row = &self.ground.stays[stay];
            window.common(row.dates.hull(row.buffered))
        });
        let (first, last) = self
            .needed_by(grant, d)
            .fold((i64::MAX, i64::MIN), |(first, last), span| (first.min(span.from), last.max(span.to)));
        if first == i64::MAX {
            return [Some(window), None];
        }
        // Until the check-out hour, or the newcomer's start where that is earlier.
        let check_out = start_of_day(first) + self.ground.clock(self.changes[d].reservation).check_out;
        let before = LocalSpan { to: window.to.min(first).min(check_out.max(window.from)), ..window };
        let after = LocalSpan { from: window.from.max(last), ..window };
        [before, after].map(|part| Some(part).filter(|part| part.from_now(now).has_night()))
    }

    /// What a change opens in a unit that its own grants do not open yet.
    pub(super) fn gains(&self, c: usize, unit: usize, opens: LocalSpan) -> Vec<LocalSpan> {
        let change = &self.changes[c];
        let is_gain = matches!(
            change.action,
            Action::Create | Action::Update | Action::Extend | Action::Replace | Action::Beside
        );
        if change.hold.is_some() || !is_gain {
            return Vec::new();
        }
        let now = self.ground.now(change.reservation);
        let doors = &self.ground.units[unit].doors;
        let has_unit = |grant: &&usize| {
            let own = &self.ground.grants[**grant].doors;
            doors.iter().all(|door| own.contains(door))
        };
        let mut left = vec![opens.from_now(now)];
        for grant in change.grants.iter().filter(has_unit) {
            let window = self.ground.grants[*grant].window;
            left = left.into_iter().flat_map(|part| part.without(window)).collect();
        }
        if change.extension_withheld && change.grants.iter().any(|grant| !has_unit(&grant)) {
            return Vec::new();
        }
        left
    }

    /// Holds what cannot be, until nothing changes. Whoever depends on a change that was held or delayed looks again.
    pub(in crate::plan) fn settle(&mut self) {
        let mut queue: Vec<usize> = (0..self.changes.len()).rev().collect();
        let mut is_queued = vec![true; self.changes.len()];
        while let Some(c) = queue.pop() {
            is_queued[c] = false;
            if self.changes[c].hold.is_some() {
                continue;
            }
            let before = (self.changes[c].opens, self.changes[c].action);
            self.changes[c].hold = self.obstacle(c);
            if self.changes[c].hold.is_some() {
                self.changes[c].opens = self.changes[c].wanted;
            } else if before == (self.changes[c].opens, self.changes[c].action) {
                continue;
            }
            let mut look_again: Vec<usize> = self.claimants[c].clone();
            look_again.extend(self.blockers[c].iter().filter_map(|(grant, _)| self.change_of_grant[*grant]));
            look_again.extend(&self.leftovers[c]);
            for leftover in &self.leftovers[c] {
                look_again.extend(&self.claimants[*leftover]);
            }
            // Whose old grant stays until this one opens (RULES 15).
            let reservation = self.changes[c].reservation;
            for d in self.changes_of[reservation].clone() {
                if self.changes[d].successor == Some(c) {
                    look_again.extend(&self.claimants[d]);
                }
            }
            for d in look_again {
                if !is_queued[d] && self.changes[d].hold.is_none() {
                    is_queued[d] = true;
                    queue.push(d);
                }
            }
        }
    }

    /// Why a change cannot be carried out; moves its start where that is enough (RULES 13).
    fn obstacle(&mut self, c: usize) -> Option<Hold> {
        if self.changes[c].forced {
            return None;
        }
        let hides_absence = self.changes[c].action == Action::Revoke(Cause::Absent)
            && !self.changes[c].in_house
            && self.waits_for_a_row(c);
        if hides_absence {
            // Absence says nothing then; the unit may still be let again (RULES 15).
            self.changes[c].action = Action::Revoke(Cause::Relet);
        }
        if let Action::Revoke(cause) = self.changes[c].action
            && let Some(hold) = self.obstacle_of_revocation(c, cause)
        {
            return Some(hold);
        }
        let change = &self.changes[c];
        let (wanted, mut opens_at, mut closes_at) = (change.wanted, change.wanted.from, change.wanted.to);
        let reservation = change.reservation;
        let now = self.ground.now(reservation);
        let mut is_occupied = false;
        for (grant, unit) in &self.blockers[c] {
            let (Some(left), Some(stay)) = (self.rest_in(*grant, *unit), change.stay) else { continue };
            let Some(d) = self.change_of_grant[*grant] else { continue };
            let dates = self.ground.stays[stay].dates;
            let current = &self.ground.grants[*grant];
            let nights =
                left.common(LocalSpan { from: current.dates.from, to: current.dates.to.max(left.from) });
            let gains = self.gains(c, *unit, wanted);
            for gained in gains.into_iter().filter(|gained| left.from_now(now).overlaps(*gained)) {
                if gained.to <= dates.from {
                    // Before the stay's own start: as far as the unit is free (RULES 19).
                    opens_at = opens_at.max(left.to.min(dates.from));
                } else if left.from >= dates.to {
                    closes_at = closes_at.min(left.from);
                } else {
                    match self.ground.turnover(*unit, stay, (left, nights), self.moves(d)) {
                        // Nothing recorded: a guest in house loses nothing (RULES 23).
                        Some(until) if !self.loses_unrecorded(c, until) => opens_at = opens_at.max(until),
                        _ => is_occupied = true,
                    }
                }
            }
        }
        let change = &mut self.changes[c];
        change.opens.from = opens_at;
        change.opens.to = closes_at;
        // Others have all that a new grant would still open.
        let is_over =
            closes_at <= now && matches!(change.action, Action::Create | Action::Replace | Action::Beside);
        (is_occupied || is_over || opens_at >= wanted.to.max(wanted.from + 1)).then_some(Hold::Occupied)
    }

    /// Whether a row of the reservation for the nights of a grant without a row is held: then the rows do not say what
    /// the guest has left (RULES 21).
    fn waits_for_a_row(&self, c: usize) -> bool {
        let change = &self.changes[c];
        if change.stay.is_some() {
            return false;
        }
        let window = change.grants.first().map(|grant| self.ground.grants[*grant].window);
        let is_held = |row: usize| {
            let Change { stay, hold, action, .. } = &self.changes[row];
            let is_over = matches!(action, Action::Revoke(Cause::Explicit));
            let covers = stay.is_some_and(|stay| {
                window.is_some_and(|window| window.overlaps(self.ground.stays[stay].dates))
            });
            let follows = change.successor == Some(row);
            stay.is_some()
                && !is_over
                && (covers || follows)
                && hold.is_some_and(|hold| !matches!(hold, Hold::NotTheSource | Hold::LostStore))
        };
        self.changes_of[change.reservation].clone().any(is_held)
    }

    fn obstacle_of_revocation(&self, c: usize, cause: Cause) -> Option<Hold> {
        let change = &self.changes[c];
        if matches!(cause, Cause::Left | Cause::Absent) && self.waits_for_a_row(c) {
            return Some(Hold::Waits);
        }
        if cause.is_on_demand() {
            let goes = change.grants.iter().any(|grant| {
                self.is_needed(*grant, c) && !self.what_nobody_needs(*grant, c).iter().all(Option::is_some)
            });
            // Of a guest who is checked in what is before stays (RULES 15).
            let is_taken =
                cause == Cause::Occupied && change.grants.iter().any(|grant| self.is_needed(*grant, c));
            if !goes && !is_taken {
                return Some(match cause {
                    Cause::Relet => Hold::Absent,
                    Cause::NoUnit => Hold::NoUnit,
                    Cause::Ignored => Hold::NoOpinion,
                    _ => Hold::Collision,
                });
            }
        }
        None
    }

    fn loses_unrecorded(&self, c: usize, until: i64) -> bool {
        let change = &self.changes[c];
        change.guest_in_house
            && change.grants.iter().any(|grant| {
                let grant = &self.ground.grants[*grant];
                grant.recorded.is_none() && grant.window.from < until
            })
    }

    /// Whether a change takes something from its guest, as far as the policy lets it.
    pub(super) fn takes(&self, c: usize) -> bool {
        let change = &self.changes[c];
        let policy = self.input.settings.policy;
        let is_allowed = match change.action {
            Action::Update | Action::Extend => policy != Policy::CreateOnly,
            _ if change.hold.is_some() => policy != Policy::CreateOnly,
            _ => policy == Policy::Sync,
        };
        let now = self.ground.now(change.reservation);
        let loses_time = |grant: &usize| {
            let window = self.ground.grants[*grant].window.from_now(now);
            self.rest(*grant).is_none_or(|rest| window.without(rest).next().is_some())
        };
        is_allowed
            && (change.grants.iter().any(loses_time) || (change.loses_methods && change.hold.is_none()))
    }

    /// Whether the row of a change is one that grants and gets nothing.
    pub(super) fn is_granting_row(&self, c: usize) -> bool {
        self.changes[c].stay.is_some_and(|stay| {
            let row = &self.ground.stays[stay];
            matches!(row.row, Row::Grant(_) | Row::Held(_)) && row.grants(self.ground.now(row.reservation))
        })
    }
}

/// The window that gives the guest what they have and what they should have.
fn gained(has: LocalSpan, wanted: LocalSpan) -> LocalSpan {
    if has.overlaps(wanted) { has.hull(wanted) } else { has }
}
