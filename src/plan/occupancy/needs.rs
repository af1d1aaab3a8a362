//! What the steps of one reservation need of another one, and what is told to the rest of the planner.

use std::collections::BTreeSet;

use super::{Action, Cause, Hold, Occupancy};
use crate::plan::Policy;
use crate::plan::absence::Missing;
use crate::plan::live::Live;
use crate::plan::reservation::Why;

/// What a step of one reservation needs of another one: the closing of a grant before something opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Need {
    /// The reservation whose opening waits.
    pub(in crate::plan) reservation: crate::model::ReservationId,
    /// The piece that opens.
    pub(in crate::plan) piece: Option<usize>,
    /// Its own live grants, whose windows may be widened.
    pub(in crate::plan) widens: Vec<usize>,
    /// The live grant that has to be closed.
    pub(in crate::plan) closes: usize,
    /// Whether the guest who gives it up is in house.
    pub(in crate::plan) in_house: bool,
    /// Whose it is.
    pub(in crate::plan) of: crate::model::ReservationId,
}

impl Occupancy<'_> {
    /// What must be closed before something is opened.
    pub(in crate::plan) fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        for (c, change) in self.changes.iter().enumerate() {
            if change.hold.is_some() {
                continue;
            }
            let mut grants: Vec<usize> = self.blockers[c]
                .iter()
                .filter(|(grant, unit)| self.meets(c, *grant, *unit))
                .map(|(grant, _)| *grant)
                .collect();
            grants.sort_unstable();
            grants.dedup();
            for grant in grants {
                let current = &self.ground.grants[grant];
                if self.rest(grant) == Some(current.window) {
                    continue;
                }
                let in_house = self.change_of_grant[grant].is_some_and(|d| self.changes[d].in_house);
                needs.push(Need {
                    reservation: self.ground.parties[change.reservation].id.clone(),
                    piece: change.piece,
                    widens: change.grants.iter().map(|own| self.ground.grants[*own].position).collect(),
                    closes: current.position,
                    in_house,
                    of: self.ground.parties[current.reservation].id.clone(),
                });
            }
        }
        needs
    }

    /// Takes note of pieces that their reservation holds for a reason of its own; whether there were any that nobody
    /// knew of.
    pub(in crate::plan) fn refuse<'r>(
        &mut self,
        refused: impl Iterator<Item = (&'r [(usize, Why)], &'r [usize])>,
    ) -> bool {
        let mut is_news = false;
        for (reservation, (pieces, fixed)) in refused.enumerate() {
            let grants = self.ground.parties[reservation].grants.clone();
            for position in fixed {
                let grant = grants.clone().find(|grant| self.ground.grants[*grant].position == *position);
                is_news |= grant.is_some_and(|grant| self.fixed.insert(grant));
            }
            for (piece, why) in pieces {
                let own = self.changes_of[reservation].clone();
                let Some(c) = own.into_iter().find(|c| self.changes[*c].piece == Some(*piece)) else {
                    continue;
                };
                let change = &mut self.changes[c];
                if change.hold.is_some() || change.extension_withheld {
                    continue;
                }
                is_news = true;
                if change.action == Action::Extend {
                    change.extension_withheld = true;
                } else {
                    change.hold = Some(Hold::Withheld);
                    change.opens = change.wanted;
                    self.own_reasons.insert(c, why.clone());
                }
            }
        }
        if is_news {
            self.settle();
        }
        is_news
    }

    /// The live grants that go without another one for the same stay.
    pub(in crate::plan) fn leaving(&self, live: &Live<'_>) -> BTreeSet<crate::model::AccessGrantId> {
        // The guest of any other grant that is left for another one stays.
        let makes_room = |change: &super::Change| {
            let stay = change.successor.and_then(|successor| self.changes[successor].stay);
            stay.is_some_and(|stay| self.ground.stays[stay].newcomer.is_some())
        };
        let goes = |change: &&super::Change| {
            change.hold.is_none()
                && matches!(change.action, Action::Revoke(cause) if cause != Cause::Left || makes_room(change))
                && self.input.settings.policy == Policy::Sync
        };
        let gone = self.changes.iter().filter(goes).flat_map(|change| &change.grants);
        gone.filter(|grant| self.rest(**grant).is_none() && self.part_kept(**grant, live).is_none())
            .map(|grant| live.owned[self.ground.grants[*grant].position].grant.id.clone())
            .collect()
    }

    /// What absence says of grants, by their positions among the live ones.
    pub(in crate::plan) fn missing_positions(&self) -> impl Iterator<Item = (usize, &Missing)> {
        self.missing.iter().map(|(grant, missing)| (self.ground.grants[*grant].position, missing))
    }
}
