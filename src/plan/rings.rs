//! Rings: changes of guests who exchange units. All are carried out, or none (RULES 29).
//!
//! Where a call of a ring fails for good, what the ring did by then is taken back in reverse order. The calls for it are
//! part of the plan, so that they are reviewed, saved and checked with it.

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::index::Index;
use super::live::Live;
use super::outline::Plan;
use super::step::{Call, ItemId, Step, StepId};
use crate::mapping::Owned;
use crate::model::{AccessGrantId, AccessGrantKey, GrantKeyParts, LiveGrant, Namespace, Wanted, Window};

/// The steps of a ring, in the order in which they are sent.
pub type Ring = Vec<TakeBack>;

/// How a step is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeBack {
    /// The step.
    pub step: StepId,
    /// The call that takes it back; `None` for a new grant, which is deleted by the id that Seam gives it.
    pub call: Option<Call>,
    /// What the record said of the grant before, and says of it again.
    pub recorded: Option<Wanted>,
}

impl TakeBack {
    /// The call, where the step made this grant.
    pub fn call(&self, plan: &Plan, made: Option<&AccessGrantId>) -> Option<Call> {
        let deletion = || match &plan.step(self.step).call {
            Call::CreateGrant { key, .. } => Some(Call::DeleteGrant { id: made?.clone(), key: key.clone() }),
            _ => None,
        };
        self.call.clone().or_else(deletion)
    }
}

/// The rings of a plan, from the lines that hang together.
pub(super) fn rings(
    plan: &Plan,
    of_items: &[HashSet<ItemId>],
    live: &Live<'_>,
    namespace: &Namespace,
) -> Vec<Ring> {
    if of_items.is_empty() {
        return Vec::new();
    }
    let by_id: HashMap<&AccessGrantId, &Owned<'_>> =
        live.owned.iter().map(|owned| (&owned.grant.id, owned)).collect();
    let mut given: HashSet<AccessGrantKey> = plan.steps.iter().filter_map(created_key).cloned().collect();
    let mut rings = Vec::new();
    for items in of_items {
        let mut windows: HashMap<&AccessGrantId, Window> = HashMap::new();
        let mut ring = Ring::new();
        for (n, step) in plan.steps.iter().enumerate() {
            if !step.item.is_some_and(|item| items.contains(&item)) {
                continue;
            }
            let (call, recorded) = match &step.call {
                Call::CreateGrant { .. } => (None, None),
                Call::DeleteGrant { id, .. } => {
                    let Some(owned) = by_id.get(id) else { continue };
                    let key = live.free_key(owned.parts.clone(), namespace, |key| given.contains(key));
                    given.insert(key.clone());
                    let window = windows.get(id).copied().unwrap_or(owned.grant.window);
                    (Some(made_again(owned.grant, key, window)), owned.recorded.copied())
                }
                Call::UpdateGrant { id, key, window } => {
                    let Some(owned) = by_id.get(id) else { continue };
                    let had = windows.insert(id, *window).unwrap_or(owned.grant.window);
                    let call = Call::UpdateGrant { id: id.clone(), key: key.clone(), window: had };
                    (Some(call), owned.recorded.copied())
                }
                _ => continue,
            };
            ring.push(TakeBack { step: StepId::at(n), call, recorded });
        }
        rings.push(ring);
    }
    rings
}

fn created_key(step: &Step) -> Option<&AccessGrantKey> {
    if let Call::CreateGrant { key, .. } = &step.call { Some(key) } else { None }
}

/// The call that makes a deleted grant again. A key that Seam had once is not used twice.
fn made_again(grant: &LiveGrant, key: AccessGrantKey, window: Window) -> Call {
    Call::create_like(grant, key, grant.reservation_key.clone(), grant.spaces.clone(), window)
}

/// Whether taking a step back leads to what Seam holds before the plan, by what Seam lists.
pub(super) fn leads_back(
    take_back: &TakeBack,
    plan: &Plan,
    index: &Index<'_>,
    namespace: &Namespace,
) -> bool {
    let Some(step) = plan.steps.get(take_back.step.0 as usize) else { return false };
    match (&step.call, &take_back.call) {
        (Call::CreateGrant { .. }, None) => true,
        (Call::UpdateGrant { id, key, .. }, Some(Call::UpdateGrant { id: again, key: its_key, .. })) => {
            id == again && key == its_key
        }
        (Call::DeleteGrant { id, key }, Some(again @ Call::CreateGrant { key: new, window, .. })) => {
            let parts = |key| {
                let GrantKeyParts { property, reservation, guest, .. } =
                    GrantKeyParts::parse(namespace, key)?;
                Some((property, reservation, guest))
            };
            let had = index.grant(id);
            parts(new).is_some_and(|of| parts(key) == Some(of))
                && had.is_some_and(|had| {
                    *again == made_again(had, new.clone(), *window)
                        && had.window.ends_at.is_none_or(|end| window.ends_at.is_some_and(|at| at <= end))
                })
        }
        _ => false,
    }
}
