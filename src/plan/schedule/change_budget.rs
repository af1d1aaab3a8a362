//! What is left for the next run where only so many changes may be made: the most urgent ones are made, and what
//! belongs together is made or left together.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::order::step_ids;
use super::replacement::Units;
use crate::plan::{Call, ItemId, Plan, StepId};

/// The steps beyond a budget of grants, sorted. A replacement counts with all its grants, so that it is not begun
/// where it cannot be ended (RULES 29); identities count nothing: they are made with a grant, or wait with the grants that
/// need them.
pub fn beyond_budget(plan: &Plan, max_changes: usize) -> Vec<StepId> {
    let links = links(plan);
    let mut urgency: HashMap<ItemId, (Timestamp, StepId)> = HashMap::new();
    for (id, step) in step_ids(plan) {
        if let Some(item) = step.item {
            let first = urgency.entry(item).or_insert((step.deadline, id));
            *first = (step.deadline, id).min(*first);
        }
    }
    let mut by_urgency: Vec<(Timestamp, StepId, ItemId)> =
        urgency.into_iter().map(|(item, (deadline, id))| (deadline, id, item)).collect();
    by_urgency.sort_unstable();
    let mut chosen: BTreeSet<ItemId> = BTreeSet::new();
    for (_, _, item) in by_urgency {
        let together = closure(item, &links, &chosen);
        if chosen.len() + together.len() <= max_changes {
            chosen.extend(together);
        }
    }
    let is_left = |id: &StepId| plan.step(*id).item.is_some_and(|item| !chosen.contains(&item));
    let mut needed: BTreeSet<StepId> = BTreeSet::new();
    let mut needed_by_any: BTreeSet<StepId> = BTreeSet::new();
    for (id, step) in step_ids(plan) {
        needed_by_any.extend(&step.requires);
        if !is_left(&id) {
            needed.extend(&step.requires);
        }
    }
    let waits_with_others = |id: &StepId| {
        let makes_identity = matches!(plan.step(*id).call, Call::CreateIdentity(_));
        makes_identity && needed_by_any.contains(id) && !needed.contains(id)
    };
    step_ids(plan).map(|(id, _)| id).filter(|id| is_left(id) || waits_with_others(id)).collect()
}

/// The lines that each line needs: those of its replacement, and those of the steps that its steps require.
fn links(plan: &Plan) -> HashMap<ItemId, BTreeSet<ItemId>> {
    let mut links: HashMap<ItemId, BTreeSet<ItemId>> = HashMap::new();
    for (_, step) in step_ids(plan) {
        if let Some(item) = step.item {
            let others = step.requires.iter().filter_map(|other| plan.step(*other).item);
            links.entry(item).or_default().extend(others);
        }
    }
    for unit in Units::of(plan).iter() {
        let items: BTreeSet<ItemId> = unit.members.iter().filter_map(|id| plan.step(*id).item).collect();
        for item in &items {
            links.entry(*item).or_default().extend(&items);
        }
    }
    links
}

/// A line and all that must come with it and is not chosen yet.
fn closure(
    item: ItemId,
    links: &HashMap<ItemId, BTreeSet<ItemId>>,
    chosen: &BTreeSet<ItemId>,
) -> BTreeSet<ItemId> {
    let mut together = BTreeSet::new();
    let mut open = vec![item];
    while let Some(item) = open.pop() {
        if !chosen.contains(&item) && together.insert(item) {
            open.extend(links.get(&item).into_iter().flatten());
        }
    }
    together
}

#[cfg(test)]
mod tests {
    use super::super::testing::{create, create_for, delete, identity, plan_of, rename, step};
    use super::*;

    fn check(plan: &Plan, max_changes: usize, left: &[u32]) {
        let beyond: Vec<u32> = beyond_budget(plan, max_changes).into_iter().map(|id| id.0).collect();
        assert_eq!(beyond, left, "with {max_changes}");
    }

    #[test]
    fn the_most_urgent_changes_are_made_and_identities_wait_with_their_grants() {
        let plan = plan_of(vec![
            step("", identity("late"), &[]),
            step("", rename("other"), &[]),
            step("R1", create("late"), &[0]).due(9),
            step("R2", create("soon"), &[]).due(1),
            step("R3", delete("gone"), &[]).due(0),
        ]);
        check(&plan, 0, &[0, 2, 3, 4]);
        check(&plan, 1, &[0, 2, 3]);
        check(&plan, 2, &[0, 2]);
        check(&plan, 3, &[]);
    }

    #[test]
    fn a_grant_is_not_left_with_its_guests_first_one() {
        let plan = plan_of(vec![
            step("R1", create_for("G1", "late", None), &[]).due(9),
            step("R2", create_for("G1", "soon", Some(0)), &[]).following(&[0]).due(1),
        ]);
        check(&plan, 1, &[0]);
    }

    #[test]
    fn a_replacement_counts_whole_and_what_fits_beside_it_is_made() {
        let plan = plan_of(vec![
            step("R1", delete("a"), &[]).due(1),
            step("R1", delete("b"), &[]).due(1),
            step("R1", create("c"), &[0, 1]).due(1),
            step("R2", create("d"), &[]).due(2),
            step("R2", delete("e"), &[3]).due(2),
        ]);
        check(&plan, 1, &[0, 1, 2, 4]);
        check(&plan, 2, &[0, 1, 2]);
        check(&plan, 3, &[3, 4]);
        check(&plan, 5, &[]);
    }
}
