//! How many guests in house one plan may disturb (RULES 16): the others are held, and nothing else is.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::change::Change;
use super::guards::Guard;
use super::live::{Live, Owned};
use super::past::Past;
use super::reservation::{ReservationPlan, Stayer, Why};
use crate::mapping::DesiredReservation;
use crate::model::ReasonCode;

/// The guests in house that a plan would disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InHouse {
    /// How many would have their credential made anew or taken away, those included that are held for it.
    pub n_noticing: u64,
    /// How many may.
    pub limit: u64,
    /// How many guests are in house.
    pub n_stays: u64,
}

/// The guests in house that this plan leaves alone, because there are too many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Withheld {
    pub(super) stayers: BTreeSet<Stayer>,
    pub(super) in_house: InHouse,
}

impl Withheld {
    /// Whether a guest is one of them, and why.
    pub(super) fn why(&self, stayer: &Stayer) -> Option<Why> {
        let InHouse { n_noticing, limit, n_stays: _ } = self.in_house;
        self.stayers.contains(stayer).then(|| {
            let text = format!(
                "{n_noticing} guests in house would notice, and at most {limit} may; \
                 if that is right, run once more with --allow max_in_house={n_noticing}"
            );
            Why::person(ReasonCode::InHouseLimit, &text)
        })
    }
}

/// A guest in house whose credential changes; those that only gain sort first, then those whose time runs out first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Noticing {
    loses: bool,
    until: Option<Timestamp>,
    stayer: Stayer,
}

/// Counts the guests in house that a draft disturbs. Where they are too many, those beyond the limit are withheld
/// from the next draft.
pub(super) fn judge_in_house(
    planned: &[(&DesiredReservation, ReservationPlan<'_>)],
    live: &Live<'_>,
    past: &Past<'_>,
    before: &Withheld,
    now: Timestamp,
) -> Withheld {
    let stayer = |owned: &Owned<'_>| (owned.reservation(), owned.parts.guest.clone());
    let is_there = |owned: &&Owned<'_>| owned.grant.window.contains(now);
    let n_stays = live.owned.iter().filter(is_there).map(stayer).collect::<BTreeSet<_>>().len() as u64;
    let limit = past.guards.max_in_house.of(n_stays).max(past.allowed(Guard::MaxInHouse, n_stays));
    let mut noticing: Vec<Noticing> = Vec::new();
    for change in planned.iter().flat_map(|(_, plan)| &plan.changes) {
        for (position, loses) in disturbed(change, live, now) {
            let owned = &live.owned[position];
            if is_there(&owned) {
                noticing.push(Noticing { loses, until: owned.grant.window.ends_at, stayer: stayer(owned) });
            }
        }
    }
    noticing.sort_unstable();
    let mut allowed = BTreeSet::new();
    let mut stayers = before.stayers.clone();
    let room = usize::try_from(limit).unwrap_or(usize::MAX);
    for Noticing { stayer, .. } in noticing {
        if allowed.len() < room || allowed.contains(&stayer) {
            allowed.insert(stayer);
        } else {
            stayers.insert(stayer);
        }
    }
    let n_noticing = (allowed.len() + stayers.len()) as u64;
    Withheld { stayers, in_house: InHouse { n_noticing, limit, n_stays } }
}

/// The live grants whose credential a change makes anew or takes away without a word of the source, and whether their
/// guest loses something by it.
fn disturbed(change: &Change<'_>, live: &Live<'_>, now: Timestamp) -> Vec<(usize, bool)> {
    match change {
        Change::Amend(amendment) => {
            let has = live.owned[amendment.position].grant.window;
            let shorter = amendment.window.is_some_and(|window| !window.holds(&has, now));
            let loses = shorter || !amendment.remove.is_empty();
            if amendment.window.is_some() || loses { vec![(amendment.position, loses)] } else { Vec::new() }
        }
        Change::Replace { old, .. } => old.iter().map(|position| (*position, true)).collect(),
        Change::Revoke { position, stay: None, .. } => vec![(*position, true)],
        Change::Revoke { .. }
        | Change::Create(_)
        | Change::Hold { .. }
        | Change::HeldStay { .. }
        | Change::Missing { .. } => Vec::new(),
    }
}
