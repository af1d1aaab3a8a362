//! What a plan learnt that the next one must know. The record keeps it; Seam does not hear of it.

use hashbrown::HashSet;
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::live::Live;
use super::reservation::{Context, ReservationPlan};
use crate::mapping::{Desired, DesiredReservation, Directory, Owned};
use crate::model::{Absence, AccessGrantKey, Fact, Ledger, Wanted};

/// What is to be remembered when a plan is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learnt {
    /// Grants that are as wanted, where the record does not say so yet.
    pub seen: Vec<(AccessGrantKey, Wanted)>,
    /// Grants whose stay is missing, with this read counted.
    pub missing: Vec<(AccessGrantKey, Absence)>,
    /// Grants that were missing and are so no more, because their stay came back or they ended.
    pub returned: Vec<AccessGrantKey>,
    /// Grants that were changed although the source did not change, and how many runs in a row.
    pub repaired: Vec<(AccessGrantKey, u32)>,
    /// Grants that were changed so in the run before, and need it no more.
    pub settled: Vec<AccessGrantKey>,
    /// What the source was seen to do, where the record does not say so yet.
    pub facts: Vec<Fact>,
}

impl Learnt {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        let Self { seen, missing, returned, repaired, settled, facts } = self;
        seen.is_empty()
            && missing.is_empty()
            && returned.is_empty()
            && repaired.is_empty()
            && settled.is_empty()
            && facts.is_empty()
    }
}

/// What this read shows of the source and the doors, where the record does not say so yet.
pub(super) fn new_facts(desired: &Desired, directory: &Directory, ledger: &Ledger) -> Vec<Fact> {
    let several = desired.lists_several_guests && !ledger.lists_several_guests;
    let checked_in = desired.checked_in_on.filter(|day| Some(*day) > ledger.last_checked_in_status);
    let found = desired.doors.found().iter().filter_map(|door| directory.real_door(*door));
    let common = found.map(|door| &door.id).filter(|id| !ledger.common_doors.contains(*id));
    several
        .then_some(Fact::ListsSeveralGuests)
        .into_iter()
        .chain(checked_in.map(Fact::LastCheckedInStatus))
        .chain(common.cloned().map(Fact::CommonDoor))
        .collect()
}

/// What the planned reservations say that the record does not know; what is missing is left to the absences.
pub(super) fn learn(
    planned: &[(&DesiredReservation, ReservationPlan<'_>)],
    as_wanted: &[(&DesiredReservation, Vec<(usize, Wanted)>)],
    live: &Live<'_>,
    context: &Context<'_>,
) -> Learnt {
    let (ledger, now) = (context.past.ledger, context.now);
    let mut learnt = Learnt::default();
    let of_planned = planned.iter().flat_map(|(_, plan)| &plan.as_wanted);
    for (position, wanted) in as_wanted.iter().flat_map(|(_, grants)| grants).chain(of_planned) {
        let Owned { key, recorded, .. } = live.owned[*position];
        let is_known = recorded
            .is_some_and(|known| known.is_same_as(wanted, now) && known.arrived() == wanted.arrived());
        if !is_known {
            learnt.seen.push((key.clone(), *wanted));
        }
        if ledger.repairs.contains_key(key) {
            learnt.settled.push(key.clone());
        }
    }
    learnt.seen.sort_by(|(left, _), (right, _)| left.cmp(right));
    for (_, plan) in planned {
        for change in &plan.changes {
            let Change::Amend(amendment) = change else { continue };
            let (Some(wanted), Some(_)) = (&amendment.wanted, amendment.desired) else { continue };
            let Owned { key, recorded, .. } = live.owned[amendment.position];
            let is_repair = recorded.is_some_and(|known| known.is_same_as(wanted, now));
            let n_before = ledger.repairs.get(key).copied();
            match (is_repair, n_before) {
                (true, n) => learnt.repaired.push((key.clone(), n.unwrap_or(0).saturating_add(1))),
                (false, Some(_)) => learnt.settled.push(key.clone()),
                (false, None) => {}
            }
        }
    }
    if !ledger.absences.is_empty() {
        let of_planned = planned.iter().map(|(reservation, plan)| (*reservation, &plan.missing[..]));
        let all = as_wanted.iter().map(|(reservation, _)| (*reservation, &[][..])).chain(of_planned);
        for (reservation, missing) in all {
            let back = live.of_reservation(&reservation.id).filter(|position| !missing.contains(position));
            let keys = back.map(|position| live.owned[position].key);
            learnt.returned.extend(keys.filter(|key| ledger.absences.contains_key(*key)).cloned());
        }
        let standing: HashSet<&AccessGrantKey> = live.owned.iter().map(|owned| owned.key).collect();
        learnt.returned.extend(ledger.absences.keys().filter(|key| !standing.contains(key)).cloned());
    }
    learnt
}
