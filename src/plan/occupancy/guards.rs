//! The guards (RULES 24, 25): they count what the source asks for, before anything is held, and hold or stop afterwards.

use std::collections::BTreeSet;

use super::{Action, Cause, Change, Hold, Occupancy};
use crate::model::local_span::{DAY, start_of_day};
use crate::model::{AccessGrantKey, Coverage, GuestKey, ReservationId};
use crate::plan::absence::Missing;
use crate::plan::in_house::InHouse;
use crate::plan::live::Live;
use crate::plan::{Guard, Policy};

/// One grant that a guard counts; a stay that has none yet is counted by its reservation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) struct Counted {
    /// Which guard.
    pub(in crate::plan) guard: Guard,
    /// The reservation.
    pub(in crate::plan) reservation: ReservationId,
    /// The grant; `None` for a new one.
    pub(in crate::plan) key: Option<AccessGrantKey>,
}

/// What the guards count, by change.
pub(in crate::plan) struct Counts {
    guards: Vec<(usize, Guard)>,
    /// Changes that take something from a guest in house.
    in_house: Vec<usize>,
}

impl Occupancy<'_> {
    /// Counts inside the filter and the policy, before RULES 14 to 16 and 24 hold any of it.
    pub(in crate::plan) fn count(&self) -> Counts {
        let all = || (0..self.changes.len()).filter(|c| !self.changes[*c].forced);
        let mut guards: Vec<(usize, Guard)> = Vec::new();
        for c in all() {
            guards.extend(self.guard_of(c).map(|guard| (c, guard)));
            guards.extend(self.is_missing(c).then_some((c, Guard::MaxDelete)));
            let takes_a_place = self.changes[c].hold == Some(Hold::AnotherGuest);
            guards.extend((takes_a_place || self.opens_anothers(c)).then_some((c, Guard::MaxUpdate)));
        }
        guards.sort_unstable();
        guards.dedup();
        Counts { guards, in_house: all().filter(|c| self.takes_in_house(*c)).collect() }
    }

    /// What the source asks for: of a stay that lost its unit (RULES 14), what it would have been.
    fn asked(&self, c: usize) -> Option<Action> {
        let change = &self.changes[c];
        let is_lost = matches!(change.hold, Some(Hold::Collision | Hold::Stalemate));
        match change.hold {
            None => Some(change.action),
            Some(_) if is_lost && !change.grants.is_empty() => {
                let stay = change.stay?;
                let row = &self.ground.stays[stay];
                let grants = || change.grants.iter().map(|grant| &self.ground.grants[*grant]);
                let doors: BTreeSet<_> =
                    row.units.iter().flat_map(|unit| self.ground.units[*unit].doors.iter()).collect();
                let has: BTreeSet<_> = grants().flat_map(|grant| grant.doors.iter()).collect();
                if doors != has {
                    Some(Action::Replace)
                } else if grants().any(|grant| grant.window.to != self.claims.opens[stay].to) {
                    Some(Action::Update)
                } else {
                    None
                }
            }
            Some(_) => None,
        }
    }

    fn guard_of(&self, c: usize) -> Option<Guard> {
        let change = &self.changes[c];
        let grant = &self.ground.grants[*change.grants.first()?];
        let policy = self.input.settings.policy;
        let now = self.ground.now(change.reservation);
        let ends_today = start_of_day(grant.recorded.unwrap_or(grant.window).to) <= start_of_day(now);
        let changes = matches!(policy, Policy::Sync | Policy::UpsertOnly);
        match self.asked(c)? {
            Action::Update | Action::Extend if self.is_cut_back(c) || self.is_longer(c) => None,
            Action::Update if self.is_nothing(c) => None,
            Action::Update | Action::Extend | Action::Replace | Action::Beside => {
                changes.then_some(Guard::MaxUpdate)
            }
            Action::Revoke(Cause::MadeLonger | Cause::Person) => None,
            Action::Revoke(_) if policy != Policy::Sync => None,
            Action::Revoke(Cause::Explicit) if ends_today => None,
            Action::Revoke(Cause::Explicit) => Some(Guard::MaxCancel),
            Action::Revoke(Cause::Left) => Some(Guard::MaxUpdate),
            Action::Revoke(cause)
                if !cause.is_on_demand() || change.grants.iter().any(|grant| self.is_needed(*grant, c)) =>
            {
                Some(Guard::MaxDelete)
            }
            Action::Revoke(_) | Action::Keep | Action::Create => None,
        }
    }

    fn is_nothing(&self, c: usize) -> bool {
        self.action(c) == Action::Keep
    }

    /// Only what the window has beyond the record goes, where another party has a night of it (RULES 20).
    fn is_cut_back(&self, c: usize) -> bool {
        let change = &self.changes[c];
        let now = self.ground.now(change.reservation);
        !change.grants.is_empty()
            && change.grants.iter().all(|grant| {
                let current = &self.ground.grants[*grant];
                let to_the_record = current.recorded.is_some_and(|recorded| {
                    recorded.to == change.opens.to && recorded.to < current.window.to
                });
                to_the_record
                    && change.opens.from <= current.window.from.max(now)
                    && (self.others_have(*grant, change.opens) || self.others_wait_for(*grant, change.opens))
            })
    }

    /// A longer stay in the same unit, where no other party has those nights (RULES 25).
    fn is_longer(&self, c: usize) -> bool {
        let change = &self.changes[c];
        let now = self.ground.now(change.reservation);
        if change.loses_methods || change.action == Action::Extend || change.grants.is_empty() {
            return false;
        }
        let takes = change.grants.iter().any(|grant| {
            self.ground.grants[*grant].window.from_now(now).without(change.opens).next().is_some()
        });
        let opens_given = change.grants.iter().any(|grant| {
            let window = self.ground.grants[*grant].window;
            change.opens.from_now(now).without(window).any(|gained| self.is_given_to_others(*grant, gained))
        });
        let gains = change.grants.iter().any(|grant| {
            change.opens.from_now(now).without(self.ground.grants[*grant].window).next().is_some()
        });
        gains && !takes && !opens_given && !self.opens_anothers(c)
    }

    /// A recorded stay that a complete read does not list (RULES 25).
    fn is_missing(&self, c: usize) -> bool {
        let change = &self.changes[c];
        let is_absent = match change.hold {
            None => matches!(change.action, Action::Revoke(Cause::Absent | Cause::Relet)),
            Some(hold) => matches!(hold, Hold::Absent | Hold::AbsentInHouse),
        };
        let reading = self.input.past.reading;
        if !is_absent || change.stay.is_some() || reading.coverage != Coverage::Complete || reading.is_limited
        {
            return false;
        }
        let now = self.ground.now(change.reservation);
        change.grants.iter().any(|grant| {
            let current = &self.ground.grants[*grant];
            let goes_on =
                current.recorded.is_some_and(|recorded| start_of_day(recorded.to) > start_of_day(now));
            goes_on && self.missing.get(grant).is_some_and(Missing::is_covered)
        })
    }

    /// A stay that gets a unit and night of another party's grant, or of a guest of its reservation who is listed no
    /// more (RULES 25).
    fn opens_anothers(&self, c: usize) -> bool {
        let change = &self.changes[c];
        let gains = |unit: usize, grant: usize| {
            let given = self.ground.grants[grant].given();
            self.gains(c, unit, change.opens).iter().any(|gained| gained.shares_night(given))
        };
        let of_missing_guest = |unit: &usize| {
            self.ground.grants_in(*unit).any(|(grant, _)| {
                self.change_of_grant[grant].is_some_and(|d| {
                    let other = &self.changes[d];
                    other.reservation == change.reservation
                        && d != c
                        && other.stay.is_none()
                        && other.successor.is_none()
                        && gains(*unit, grant)
                })
            })
        };
        let may_open = change.action == Action::Create || self.input.settings.policy != Policy::CreateOnly;
        may_open
            && (self.blockers[c].iter().any(|(grant, unit)| gains(*unit, *grant))
                || change.units.iter().any(of_missing_guest))
    }

    /// Whether a change takes something from a guest in house (RULES 24).
    fn takes_in_house(&self, c: usize) -> bool {
        let change = &self.changes[c];
        if !change.guest_in_house
            || change.grants.is_empty()
            || matches!(change.hold, Some(Hold::Absent | Hold::AbsentInHouse))
        {
            return false;
        }
        let now = self.ground.now(change.reservation);
        let tonight = start_of_day(now) + DAY;
        let is_let_tonight = change.grants.iter().all(|grant| {
            let window = self.ground.grants[*grant].window;
            self.rivals_of_grant(*grant, window).any(|rival| self.ground.stays[rival].dates.contains(tonight))
        });
        let goes_on =
            change.grants.iter().any(|grant| self.ground.grants[*grant].given().from_now(now).has_night());
        let is_shortened = change.hold.is_some() && self.asked(c).is_some();
        match change.action {
            Action::Update if self.is_cut_back(c) => false,
            Action::Revoke(Cause::MadeLonger) => false,
            Action::Revoke(Cause::Explicit) if !goes_on || is_let_tonight => false,
            _ => is_shortened || (change.hold.is_none() && self.takes(c)),
        }
    }

    /// The guests in house with one of their stays, as the rows say it.
    pub(in crate::plan) fn guests_in_house(&self, live: &Live<'_>) -> Vec<(ReservationId, GuestKey)> {
        let there = self.changes.iter().filter(|change| change.guest_in_house);
        there
            .filter_map(|change| {
                let id = self.ground.parties[change.reservation].id.clone();
                Some((id, self.guest_of(change, live)?))
            })
            .collect()
    }

    fn guest_number(&self, c: usize, live: &Live<'_>) -> (usize, Option<GuestKey>) {
        let change = &self.changes[c];
        (change.reservation, self.guest_of(change, live))
    }

    /// Holds what `max_in_house` (RULES 24) and a quarantine (RULES 25) hold. `n_in_house` are the guests in house, and
    /// `quarantine` the guards that tripped, where this run is one.
    pub(in crate::plan) fn guard(
        &mut self,
        counts: &Counts,
        live: &Live<'_>,
        n_in_house: u64,
        quarantine: Option<BTreeSet<Guard>>,
    ) {
        let past = &self.input.past;
        let guests: BTreeSet<_> = counts.in_house.iter().map(|c| self.guest_number(*c, live)).collect();
        let n_noticing = guests.len() as u64;
        let limit = past.guards.max_in_house.of(n_in_house).max(past.allowed(Guard::MaxInHouse, n_in_house));
        self.in_house = InHouse { n_noticing, limit, n_stays: n_in_house };
        if n_noticing > limit {
            for c in &counts.in_house {
                if self.changes[*c].hold.is_none() || self.takes(*c) {
                    self.changes[*c].hold = Some(Hold::InHouseLimit);
                }
            }
        }
        let is_quarantine = quarantine.is_some();
        if let Some(tripped) = quarantine {
            let guarded: BTreeSet<usize> =
                counts.guards.iter().filter(|(_, guard)| tripped.contains(guard)).map(|(c, _)| *c).collect();
            let opens_another = |c: usize| {
                self.blockers[c]
                    .iter()
                    .any(|(_, unit)| !self.gains(c, *unit, self.changes[c].opens).is_empty())
            };
            let goes =
                |c: usize| self.changes[c].hold.is_none() && (guarded.contains(&c) || opens_another(c));
            let stopped: Vec<usize> = (0..self.changes.len())
                .filter(|c| !self.changes[*c].forced && (self.takes(*c) || goes(*c)))
                .collect();
            for c in stopped {
                self.changes[c].hold = Some(Hold::Quarantine);
            }
        }
        self.settle();
        // Whoever is held behind those gives nothing back either.
        if !is_quarantine {
            return;
        }
        loop {
            let gives = |c: &usize| {
                let change = &self.changes[*c];
                change.hold.is_some_and(|hold| hold != Hold::Quarantine) && !change.forced && self.takes(*c)
            };
            let giving: Vec<usize> = (0..self.changes.len()).filter(gives).collect();
            if giving.is_empty() {
                break;
            }
            for c in giving {
                self.changes[c].hold = Some(Hold::Quarantine);
            }
            self.settle();
        }
    }

    /// What was counted, for the report and the next run.
    pub(in crate::plan) fn counted(&self, counts: &Counts, live: &Live<'_>) -> Vec<Counted> {
        let mut counted: Vec<Counted> = counts
            .guards
            .iter()
            .map(|(c, guard)| {
                let change = &self.changes[*c];
                let key = change
                    .grants
                    .first()
                    .map(|grant| live.owned[self.ground.grants[*grant].position].key.clone());
                Counted {
                    guard: *guard,
                    reservation: self.ground.parties[change.reservation].id.clone(),
                    key,
                }
            })
            .collect();
        counted.sort();
        counted.dedup();
        counted
    }

    /// The guests in house that a plan takes something from.
    pub(in crate::plan) fn in_house(&self) -> InHouse {
        self.in_house
    }

    /// Without `sync` every ring is held as a whole; whoever needs a change of it looks again (RULES 29).
    pub(in crate::plan) fn hold_rings(&mut self) {
        if self.input.settings.policy == Policy::Sync {
            return;
        }
        loop {
            let rings = self.rings();
            if rings.is_empty() {
                return;
            }
            for c in rings {
                self.changes[c].opens = self.changes[c].wanted;
                self.changes[c].hold = Some(Hold::Policy);
            }
            self.settle();
        }
    }

    /// Stays that change their nights in one unit with each other: no update can come first where old and new window
    /// have no time in common, so these grants are made anew, as for another unit (RULES 29).
    pub(in crate::plan) fn make_exchanged_anew(&mut self) {
        for c in self.rings() {
            let Change { action, gains_only, opens, reservation, ref grants, .. } = self.changes[c];
            let now = self.ground.now(reservation);
            let is_apart = |grant: &usize| {
                !self.ground.grants[*grant].window.from_now(now).overlaps(opens.from_now(now))
            };
            if action == Action::Update && !gains_only && grants.iter().all(is_apart) {
                self.changes[c].is_anew = true;
            }
        }
    }

    /// The changes that each need themselves, by way of others.
    pub(super) fn rings(&self) -> Vec<usize> {
        let goes = |c: usize| self.changes[c].hold.is_none() && !self.changes[c].forced;
        let n = self.changes.len();
        let needs = |c: usize| -> Vec<usize> {
            let closed = self.blockers[c].iter().filter(|(grant, unit)| {
                self.meets(c, *grant, *unit) && self.rest(*grant) != Some(self.ground.grants[*grant].window)
            });
            closed
                .filter_map(|(grant, _)| self.change_of_grant[*grant])
                .chain(self.changes[c].successor)
                .filter(|d| goes(*d))
                .collect()
        };
        let edges: Vec<Vec<usize>> = (0..n).map(|c| if goes(c) { needs(c) } else { Vec::new() }).collect();
        let reaches_itself = |c: usize| {
            let (mut seen, mut next) = (BTreeSet::new(), edges[c].clone());
            while let Some(d) = next.pop() {
                if seen.insert(d) {
                    next.extend(&edges[d]);
                }
            }
            seen.contains(&c)
        };
        (0..n).filter(|c| !edges[*c].is_empty() && reaches_itself(*c)).collect()
    }

    /// Whether what a change opens stands beside another's grant as it is now.
    pub(in crate::plan) fn meets(&self, c: usize, grant: usize, unit: usize) -> bool {
        let window = self.ground.grants[grant].window;
        self.gains(c, unit, self.changes[c].opens).iter().any(|gained| gained.overlaps(window))
    }
}
