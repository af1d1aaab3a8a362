//! What opens the doors of a grant that stays, where Seam may take it away with one that goes (RULES 32).
//!
//! Seam may give one guest one code for all their grants (SEAM.md §10), and take it from all of them when one is
//! deleted. So whoever of that guest stays is looked at after the deletion, and what was lost is asked for again.

use hashbrown::{HashMap, HashSet};

use super::live::Live;
use super::outline::Plan;
use super::step::{Call, IdentityTarget, ItemId, Step, StepId, StepIds};
use crate::model::{AccessGrantId, AccessGrantKey, LiveGrant, MethodSet, SharedSet, UserIdentityId};

/// A deletion.
struct Deletion<'a> {
    step: StepId,
    item: Option<ItemId>,
    grant: &'a LiveGrant,
}

/// The looks that a plan needs after all its other calls.
pub(super) fn looks_after_shared(plan: &Plan, live: &Live<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let deletions = deletions(plan, live);
    if deletions.is_empty() {
        return steps;
    }
    for (number, step) in (0..).map(StepId).zip(&plan.steps) {
        let Call::CreateGrant { key, identity: IdentityTarget::Known(guest), methods, .. } = &step.call
        else {
            continue;
        };
        // What was deleted before it was made takes nothing from it.
        let others = deletions.get(guest).into_iter().flatten().map(|deletion| deletion.step);
        let mut requires: Vec<StepId> = others.filter(|delete| !step.requires.contains(delete)).collect();
        if !requires.is_empty() {
            requires.push(number);
            steps.push(look(key, *methods, step.item, requires, step));
        }
    }
    let is_gone: HashSet<&AccessGrantId> = deletions.values().flatten().map(|d| &d.grant.id).collect();
    let given_up: HashSet<&AccessGrantKey> = plan
        .steps
        .iter()
        .filter_map(|step| if let Call::DeleteMethod { key, .. } = &step.call { Some(key) } else { None })
        .collect();
    for owned in live.owned.iter().filter(|o| !is_gone.contains(&o.grant.id) && !given_up.contains(o.key)) {
        let Some(deletions) = deletions.get(&owned.grant.identity) else { continue };
        let shares = |d: &&Deletion<'_>| {
            owned.grant.access_methods.iter().any(|method| d.grant.access_methods.contains(method))
        };
        let shared: Vec<&Deletion<'_>> = deletions.iter().filter(shares).collect();
        if let Some(first) = shared.first() {
            let requires = shared.iter().map(|deletion| deletion.step).collect();
            steps.push(look(owned.key, owned.grant.methods(), first.item, requires, plan.step(first.step)));
        }
    }
    steps
}

fn deletions<'a>(plan: &Plan, live: &Live<'a>) -> HashMap<&'a UserIdentityId, Vec<Deletion<'a>>> {
    let mut steps: HashMap<&AccessGrantId, StepId> = HashMap::new();
    for (number, step) in (0..).map(StepId).zip(&plan.steps) {
        if let Call::DeleteGrant { id, .. } = &step.call {
            steps.insert(id, number);
        }
    }
    let mut deletions: HashMap<&UserIdentityId, Vec<Deletion<'_>>> = HashMap::new();
    if steps.is_empty() {
        return deletions;
    }
    for grant in live.owned.iter().map(|owned| owned.grant) {
        if let Some(step) = steps.get(&grant.id).copied() {
            let item = plan.step(step).item;
            deletions.entry(&grant.identity).or_default().push(Deletion { step, item, grant });
        }
    }
    deletions
}

fn look(
    key: &AccessGrantKey,
    methods: MethodSet,
    item: Option<ItemId>,
    mut requires: Vec<StepId>,
    wanted_with: &Step,
) -> Step {
    requires.sort_unstable();
    Step {
        item,
        call: Call::RestoreMethods { key: key.clone(), methods },
        doors: SharedSet::new(),
        requires: requires.into(),
        follows: StepIds::new(),
        deadline: wanted_with.deadline,
    }
}
