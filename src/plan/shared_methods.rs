//! Access methods that several grants have: Seam gives one guest one code for all their stays (SEAM.md §1, 10).
//!
//! Taking such a method away from one grant takes it away from all, so it goes only where every grant that has it
//! gives it up, and then once.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::change::{Amendment, Change};
use super::reservation::ReservationPlan;
use crate::model::{AccessMethodId, LiveGrant};

/// Drops the removals that would reach a grant which keeps the method, and repeated ones.
pub(super) fn settle_shared_methods<'p, 'a: 'p>(
    plans: impl Iterator<Item = &'p mut ReservationPlan<'a>>,
    grants: &[LiveGrant],
    now: Timestamp,
) {
    let plans: Vec<_> = plans.collect();
    let mut n_givers: HashMap<AccessMethodId, usize> = HashMap::new();
    for change in plans.iter().flat_map(|plan| &plan.changes) {
        let Change::Amend(Amendment { remove, .. }) = change else { continue };
        for (_, id) in remove {
            *n_givers.entry(id.clone()).or_default() += 1;
        }
    }
    if n_givers.is_empty() {
        return;
    }
    let mut n_holders: HashMap<&AccessMethodId, usize> = HashMap::new();
    for id in grants.iter().filter(|grant| grant.is_live(now)).flat_map(|grant| &grant.access_methods) {
        *n_holders.entry(id).or_default() += 1;
    }
    let mut gone: HashSet<AccessMethodId> = HashSet::new();
    for plan in plans {
        let mut n_empty = 0;
        plan.changes.retain_mut(|change| {
            let Change::Amend(Amendment { remove, window, add, .. }) = change else { return true };
            remove.retain(|(_, id)| n_holders.get(id) == n_givers.get(id) && gone.insert(id.clone()));
            let is_empty = remove.is_empty() && window.is_none() && add.is_empty();
            n_empty += usize::from(is_empty);
            !is_empty
        });
        plan.n_unchanged += n_empty;
    }
}
