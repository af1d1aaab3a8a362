//! Access methods that several grants have: Seam gives one guest one code for all their stays (SEAM.md §1, 10).
//!
//! Taking such a method away from one grant takes it away from all, so it goes only where every grant that has it
//! gives it up, and then once.

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::change::{Amendment, Change};
use super::conclude::surplus;
use super::live::Live;
use super::reservation::ReservationPlan;
use crate::model::{AccessMethodId, GuestKey, LiveGrant, Method};

/// Drops the removals that would reach a grant which keeps the method, and repeated ones.
pub(super) fn settle_shared_methods<'p, 'a: 'p>(
    plans: impl Iterator<Item = &'p mut ReservationPlan<'a>>,
    live: &Live<'_>,
    grants: &[LiveGrant],
    now: Timestamp,
) {
    let plans: Vec<_> = plans.collect();
    let changes = || plans.iter().flat_map(|plan| &plan.changes);
    if !changes()
        .any(|change| matches!(change, Change::Amend(Amendment { remove, .. }) if !remove.is_empty()))
    {
        return;
    }
    let mut n_givers: HashMap<AccessMethodId, usize> = HashMap::new();
    let mut give = |id: &AccessMethodId| *n_givers.entry(id.clone()).or_default() += 1;
    for change in changes() {
        match change {
            Change::Amend(Amendment { remove, .. }) => remove.iter().for_each(|(_, id)| give(id)),
            Change::Revoke { position, .. } => {
                live.owned[*position].grant.access_methods.iter().for_each(&mut give);
            }
            // The new grant may get the same code again.
            Change::Replace { new, old, .. } => {
                for position in old {
                    let given_up = surplus(live.owned[*position].grant, new.methods);
                    for (_, id) in &given_up {
                        give(id);
                    }
                }
            }
            Change::Create(_)
            | Change::Part(_)
            | Change::Hold { .. }
            | Change::HeldStay { .. }
            | Change::Missing { .. } => {}
        }
    }
    // A new grant of the same guest may be given the very method that is taken away here.
    let mut wanted_anew: HashSet<(GuestKey, Method)> = HashSet::new();
    for change in changes() {
        if let Change::Create(new) | Change::Replace { new, .. } = change {
            wanted_anew.extend(new.methods.iter().map(|method| (new.desired.guest.clone(), *method)));
        }
    }
    let mut n_holders: HashMap<&AccessMethodId, usize> = HashMap::new();
    for id in grants.iter().filter(|grant| grant.is_live(now)).flat_map(|grant| &grant.access_methods) {
        *n_holders.entry(id).or_default() += 1;
    }
    let mut gone: HashSet<AccessMethodId> = HashSet::new();
    for plan in plans {
        let mut n_empty = 0;
        plan.changes.retain_mut(|change| {
            let Change::Amend(Amendment { desired: Some(desired), remove, window, add, .. }) = change else {
                return true;
            };
            remove.retain(|(method, id)| {
                n_holders.get(id) == n_givers.get(id)
                    && !wanted_anew.contains(&(desired.guest.clone(), *method))
                    && gone.insert(id.clone())
            });
            let is_empty = remove.is_empty() && window.is_none() && add.is_empty();
            n_empty += usize::from(is_empty);
            !is_empty
        });
        plan.n_unchanged += n_empty;
    }
}
