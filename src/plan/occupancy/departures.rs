//! Grants that no row wants any more: ended by a row, left for another unit, missing, or made longer outside (RULES 15,
//! 20 to 23).

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::changes::held;
use super::ground::Stay;
use super::{Action, Cause, Change, Hold, Occupancy};
use crate::mapping::is_placeholder;
use crate::model::local_span::{DAY, start_of_day};
use crate::model::{Choice, Coverage, LocalSpan, ReasonCode, is_variant};
use crate::plan::Quarantine;
use crate::plan::absence::Missing;
use crate::plan::live::Live;

impl Occupancy<'_> {
    /// A grant that a row takes away, or that another grant of its guest has taken over.
    #[expect(clippy::too_many_arguments, reason = "a grant, why, and what else its reservation does")]
    pub(super) fn change_of_revoked(
        &self,
        reservation: usize,
        grant: usize,
        reason: ReasonCode,
        stay: Option<usize>,
        changes: &[Change],
        first: usize,
        live: &Live<'_>,
    ) -> Change {
        let ground = self.ground;
        let now = ground.now(reservation);
        let mut change = self.change(reservation, stay, [grant].into_iter().collect());
        self.leave_by_decision(reservation, grant, &mut change);
        change.units = SmallVec::new();
        change.in_house = ground.in_house(Some(grant), None);
        change.guest_in_house = change.in_house;
        let recorded = ground.grants[grant].recorded;
        if stay.is_some() {
            if self.is_of_another_job(grant, live) {
                return held(change, Hold::ForeignNamespace);
            }
            if reason == ReasonCode::LeftEarly {
                if let Some(over) = recorded.filter(|recorded| recorded.to <= now) {
                    return self.made_longer(change, over.to);
                }
                if recorded.is_none() {
                    return held(change, Hold::LostStore);
                }
            }
            change.action = Action::Revoke(Cause::Explicit);
            return change;
        }
        let guest = &live.owned[ground.grants[grant].position].parts.guest;
        let is_its = |other: &&Change| {
            other.piece.is_some()
                && other.stay.is_some_and(|stay| {
                    let Stay { guest: own, newcomer, .. } = &ground.stays[stay];
                    newcomer.is_some_and(|newcomer| newcomer.former == *guest)
                        || (*own == guest && self.follows(stay, ground.grants[grant].window))
                })
        };
        change.successor = changes
            .iter()
            .enumerate()
            .filter(|(_, other)| is_its(other))
            .min_by_key(|(_, other)| other.opens)
            .map(|(n, _)| first + n);
        if reason == ReasonCode::Duplicate {
            let is_unknown = change.in_house && recorded.is_none();
            change.action = Action::Revoke(Cause::Left);
            return if is_unknown { held(change, Hold::LostStore) } else { change };
        }
        change.action = Action::Revoke(Cause::Left);
        change
    }

    /// Of a grant that a row takes away, the units that a person decided to leave to the guest (RULES 17). With all of
    /// them it is held, with none it goes.
    fn leave_by_decision(&self, reservation: usize, grant: usize, change: &mut Change) {
        let doors = &self.ground.grants[grant].doors;
        let has_door = |unit: &usize| self.ground.units[*unit].doors.iter().any(|door| doors.contains(door));
        let is_left = |unit: &usize| self.ground.decided(reservation, &[*unit]) == Some(&Choice::Leave);
        let own: SmallVec<[usize; 1]> = change.units.iter().copied().filter(has_door).collect();
        let left: SmallVec<[usize; 1]> = own.iter().copied().filter(is_left).collect();
        if own.is_empty() || change.hold.is_some_and(|hold| hold != Hold::Person) {
            return;
        }
        change.hold = (left.len() == own.len()).then_some(Hold::Person);
        if change.hold.is_none() {
            change.left_units = left;
        }
    }

    fn follows(&self, stay: usize, window: LocalSpan) -> bool {
        self.ground.stays[stay].dates.overlaps(window) || self.follows_today(stay, window)
    }

    /// A grant of ours of which no row speaks (RULES 15, 20 to 22).
    pub(super) fn change_of_leftover(&self, reservation: usize, grant: usize, live: &Live<'_>) -> Change {
        let ground = self.ground;
        let now = ground.now(reservation);
        let current = &ground.grants[grant];
        let party = &ground.parties[reservation];
        let mut change = self.change(reservation, None, [grant].into_iter().collect());
        // A reservation that is absent as a whole is in house with all its stays while one is.
        change.in_house = if party.stays.is_empty() {
            party.grants.clone().any(|grant| ground.in_house(Some(grant), None))
        } else {
            ground.in_house(Some(grant), None)
        };
        change.guest_in_house = change.in_house;
        if ground.decided(reservation, &[]) == Some(&Choice::Revoke) {
            change.action = Action::Revoke(Cause::Person);
            return change;
        }
        if let Some(recorded) = current.recorded.filter(|recorded| recorded.to <= now) {
            return self.made_longer(change, recorded.to);
        }
        if self.is_of_another_job(grant, live) {
            return held(change, Hold::ForeignNamespace);
        }
        let reading = self.input.past.reading;
        let is_partial = reading.coverage == Coverage::Partial;
        if current.recorded.is_none() && !self.allows_unknown_origin() {
            return held(change, Hold::UnknownOrigin);
        }
        let rows = ground.stays[party.stays.clone()].iter().map(|stay| stay.dates.from);
        let grants = ground.grants[party.grants.clone()].iter().map(|grant| grant.dates.from);
        let arrives = rows.chain(grants).min().unwrap_or(now);
        let is_near = is_partial && arrives < now + DAY;
        if !reading.is_limited && !reading.is_cut && !change.in_house && !is_near {
            change.action = Action::Revoke(Cause::Relet);
            return change;
        }
        let hold = if change.in_house { Hold::AbsentInHouse } else { Hold::Absent };
        held(change, hold)
    }

    /// Whether neither the guest nor the doors of a grant are those of a row of its reservation, and this store never
    /// recorded it (RULES 2).
    fn is_of_another_job(&self, grant: usize, live: &Live<'_>) -> bool {
        let ground = self.ground;
        let current = &ground.grants[grant];
        let guest = &live.owned[current.position].parts.guest;
        let differs = |stay: &Stay<'_>| {
            stay.guest != guest && stay.units.iter().all(|unit| ground.units[*unit].doors != current.doors)
        };
        let stays = &ground.stays[ground.parties[current.reservation].stays.clone()];
        current.recorded.is_none() && !stays.is_empty() && stays.iter().all(differs)
    }

    fn allows_unknown_origin(&self) -> bool {
        self.input.past.allowed(crate::plan::Guard::UnknownOrigin, u64::MAX) > 0
    }

    /// A window that goes on although the recorded stay is over (RULES 20).
    pub(super) fn made_longer(&self, change: Change, over_since: i64) -> Change {
        let now = self.ground.now(change.reservation);
        let today = start_of_day(now);
        if change.grants.iter().all(|grant| self.is_bridge(*grant, over_since)) {
            return change;
        }
        let is_needed = change.grants.iter().any(|grant| {
            self.ground.grants[*grant].recorded.is_some_and(|recorded| self.others_have(*grant, recorded))
        });
        if start_of_day(over_since) == today && !is_needed {
            return held(change, Hold::Outlasts);
        }
        Change { action: Action::Revoke(Cause::MadeLonger), ..change }
    }

    /// Whether what a grant has beyond its stay leads up to the next booking of its guest in the unit on that day
    /// (RULES 19).
    fn is_bridge(&self, grant: usize, over_since: i64) -> bool {
        let ground = self.ground;
        let current = &ground.grants[grant];
        let name = self.names_of_grants.get(&grant).filter(|name| !is_placeholder(name));
        current.doors.iter().flat_map(|door| ground.claims_at_door(*door)).any(|(stay, unit, _)| {
            let next = &ground.stays[stay];
            self.claims.has(stay, unit)
                && next.reservation != current.reservation
                && start_of_day(next.dates.from) == start_of_day(over_since)
                && over_since < current.window.to
                && current.window.to <= next.dates.from
                && name.is_some_and(|name| is_variant(name, next.full_name))
        })
    }

    /// What absence says of grants without a row: those whose time has come go, unless a person has to allow it.
    pub(super) fn limit_missing(&mut self, live: &Live<'_>) {
        let input = self.input;
        if input.settings.policy != crate::plan::Policy::Sync {
            return;
        }
        let mut due: BTreeMap<crate::plan::absence::Needed, Vec<usize>> = BTreeMap::new();
        for c in 0..self.changes.len() {
            let change = &self.changes[c];
            let is_missing = change.stay.is_none()
                && matches!(
                    (change.hold, change.action),
                    (Some(Hold::Absent | Hold::AbsentInHouse | Hold::UnknownOrigin), _)
                        | (None, Action::Revoke(Cause::Relet))
                );
            let [grant] = change.grants[..] else { continue };
            if !is_missing {
                continue;
            }
            let position = self.ground.grants[grant].position;
            let missing = crate::plan::absence::look(live, position, input, change.in_house);
            if let Missing::Due { needed, .. } = missing {
                due.entry(needed).or_default().push(c);
            }
            self.missing.insert(grant, missing);
        }
        for (needed, changes) in due {
            let n_due = changes.len() as u64;
            let is_allowed = needed.guard().is_none_or(|guard| n_due <= input.past.allowed(guard, n_due));
            for c in changes {
                for grant in &self.changes[c].grants {
                    if let Some(Missing::Due { n_due: n, .. }) = self.missing.get_mut(grant) {
                        *n = n_due;
                    }
                }
                let change = &mut self.changes[c];
                if is_allowed && input.past.quarantine == Quarantine::None {
                    change.hold = change.hold.filter(|hold| {
                        !matches!(hold, Hold::Absent | Hold::AbsentInHouse | Hold::UnknownOrigin)
                    });
                    change.action = Action::Revoke(Cause::Absent);
                } else if needed == crate::plan::absence::Needed::InHouse {
                    change.hold = change.hold.or(Some(Hold::AbsentInHouse));
                }
            }
        }
    }
}
