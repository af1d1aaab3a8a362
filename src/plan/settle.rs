//! Works that get in each other's way under one reservation key: each finds a place, or is held.

use std::collections::BTreeMap;

use super::change::{Amendment, Change};
use super::cluster::{Clusters, Fresh, Seat, Shift, Target, has_begun};
use super::live::Live;
use super::reservation::{Planner, Why, Work};
use super::settings::Policy;
use crate::mapping::{DoorRefs, SpaceRef};
use crate::model::ReasonCode;

/// Works that are in nobody's way.
pub(super) struct Settled<'l> {
    /// A seat for every new grant; `None` where it needs none.
    pub(super) seats: BTreeMap<usize, Option<Seat>>,
    /// The reservation keys as they will be.
    pub(super) clusters: Clusters<'l>,
}

impl<'a> Planner<'a, '_> {
    /// Finds a way for every grant, or holds it; what is held stays where it is and may be in the way of others.
    pub(super) fn settle<'l>(&mut self, live: &'l Live<'_>) -> Settled<'l>
    where
        'a: 'l,
    {
        loop {
            while self.settle_windows(live) {}
            let mut clusters = self.clusters(live);
            let mut seats = BTreeMap::new();
            let mut refused = Vec::new();
            for (i, spaces, taking_over, fresh) in self.seat_order() {
                match self.seat(&mut clusters, i, spaces, taking_over, fresh) {
                    Ok(seat) => drop(seats.insert(i, seat)),
                    Err(why) => refused.push((i, why)),
                }
            }
            if refused.is_empty() {
                return Settled { seats, clusters };
            }
            for (i, why) in refused {
                self.plan.refused.push((i, why.clone()));
                self.give_up(i, why);
            }
        }
    }

    fn give_up(&mut self, i: usize, why: Why) {
        let work = std::mem::replace(&mut self.works[i], Work::Amend(Vec::new()));
        self.works[i] = match work {
            Work::Create { beside, left, .. } => {
                let position = left.first().or(beside.first()).copied();
                Work::Withhold { beside, position, why }
            }
            Work::Replace { old: beside, .. } => {
                for position in &beside {
                    self.targets.insert(*position, Target::Kept);
                }
                Work::Hold { beside, why }
            }
            other => other,
        };
    }

    /// Makes the windows under each reservation key reachable, or finds another way (RULES 3 and 31). Says whether it
    /// had to.
    fn settle_windows(&mut self, live: &Live<'_>) -> bool {
        let mut clusters = self.clusters(live);
        let outgrown = clusters.outgrown();
        let mut changed = !outgrown.is_empty();
        if changed {
            for position in outgrown {
                self.replace_piece_of(position, ReasonCode::WindowChanged);
            }
            clusters = self.clusters(live);
        }
        let stuck: Vec<(Vec<usize>, bool)> = clusters
            .shifts()
            .into_iter()
            .filter(|(_, shift)| *shift == Shift::Stuck)
            .map(|(affected, _)| {
                let future = |p: &usize| !has_begun(&live.owned[*p].grant.window, self.context.now);
                let rebuild = self.policy() == Policy::Sync
                    && affected.iter().all(|p| future(p) && clusters.may_rebuild(*p));
                (affected, rebuild)
            })
            .collect();
        for (affected, rebuild) in stuck {
            changed = true;
            for position in affected {
                if rebuild {
                    self.replace_piece_of(position, ReasonCode::ReservationRebuilt);
                } else {
                    let text = "the windows of this reservation cannot be moved without one of its guests losing access in between";
                    self.hold_piece_of(position, Why::person(ReasonCode::WindowsWouldNotOverlap, text));
                }
            }
        }
        changed
    }

    fn piece_of(&self, position: usize) -> Option<usize> {
        self.works.iter().position(|work| match work {
            Work::Amend(lives)
            | Work::Create { beside: lives, .. }
            | Work::Withhold { beside: lives, .. } => lives.contains(&position),
            Work::Replace { .. } | Work::Hold { .. } | Work::Nothing => false,
        })
    }

    fn replace_piece_of(&mut self, position: usize, reason: ReasonCode) {
        if self.policy() != Policy::Sync {
            let text = "the dates moved so that the grant must be made anew, which the policy does not allow";
            return self.hold_piece_of(position, Why::policy(text));
        }
        let Some((i, old)) = self.piece_and_lives(position) else { return self.keep_whole(position) };
        if let Err(why) = self.may_go(i) {
            return self.hold_piece_of(position, why);
        }
        for position in &old {
            self.targets.insert(*position, Target::Leaves);
        }
        self.works[i] = Work::Replace { old, reason, fresh: Fresh::Allowed };
    }

    fn hold_piece_of(&mut self, position: usize, why: Why) {
        let Some((i, beside)) = self.piece_and_lives(position) else { return self.keep_whole(position) };
        for position in &beside {
            self.targets.insert(*position, Target::Kept);
        }
        self.plan.refused.push((i, why.clone()));
        self.works[i] = Work::Hold { beside, why };
    }

    /// A grant that cannot be shortened beside the others of its key keeps its window.
    fn keep_whole(&mut self, position: usize) {
        let is_cut = |change: &Change<'_>| matches!(change, Change::Amend(Amendment { desired: None, position: p, .. }) if *p == position);
        let n_before = self.plan.changes.len();
        self.plan.changes.retain(|change| !is_cut(change));
        self.plan.n_unchanged += n_before - self.plan.changes.len();
        self.targets.insert(position, Target::Kept);
        self.plan.fixed.push(position);
    }

    fn piece_and_lives(&self, position: usize) -> Option<(usize, Vec<usize>)> {
        let i = self.piece_of(position)?;
        match &self.works[i] {
            Work::Amend(lives)
            | Work::Create { beside: lives, .. }
            | Work::Withhold { beside: lives, .. } => Some((i, lives.clone())),
            Work::Replace { .. } | Work::Hold { .. } | Work::Nothing => None,
        }
    }

    fn clusters<'l>(&self, live: &'l Live<'_>) -> Clusters<'l>
    where
        'a: 'l,
    {
        let targets = self.targets.iter().map(|(position, target)| (*position, *target));
        Clusters::new(self.base_key.to_owned(), &self.reservation.id, live, targets)
    }

    /// New grants in the order in which they take their seats: widest door set first, then by arrival.
    fn seat_order(&self) -> Vec<(usize, &[SpaceRef], Option<usize>, Fresh)> {
        let mut order: Vec<_> = self
            .works
            .iter()
            .enumerate()
            .filter_map(|(i, work)| match work {
                Work::Create { spaces, fresh, .. } => Some((i, spaces.as_slice(), None, *fresh)),
                Work::Replace { old, fresh, .. } => {
                    Some((i, self.pieces[i].spaces.as_slice(), old.first().copied(), *fresh))
                }
                Work::Amend(_) | Work::Withhold { .. } | Work::Hold { .. } | Work::Nothing => None,
            })
            .collect();
        order.sort_by_key(|(i, spaces, ..)| {
            let n_doors = self.context.directory.capable_of(spaces).len();
            (std::cmp::Reverse(n_doors), self.opens(*i), *i)
        });
        order
    }

    fn seat(
        &self,
        clusters: &mut Clusters<'_>,
        i: usize,
        spaces: &[SpaceRef],
        taking_over: Option<usize>,
        fresh: Fresh,
    ) -> Result<Option<Seat>, Why> {
        let capable: DoorRefs = self.context.directory.capable_of(spaces);
        if capable.is_empty() {
            return Ok(None);
        }
        if clusters.foreign_in_the_way() {
            let text = "grants that are not ours use the reservation key of this stay";
            return Err(Why::person(ReasonCode::ForeignGrant, text));
        }
        let window = self.opens(i);
        clusters.seat(i, &capable, window, taking_over, fresh).map(Some).ok_or_else(|| {
            if self.policy() == Policy::Sync {
                let text =
                    "needs every grant of the reservation to be made anew, and one of them is left alone";
                Why::person(ReasonCode::SpaceAdded, text)
            } else {
                Why::policy("moved to other doors, for which the old grant would have to go first")
            }
        })
    }
}
