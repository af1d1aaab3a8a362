//! Replacements that delete before they create: one unit a reservation, because between its first delete and its last
//! create the guests stand outside (RULES 29).
//!
//! A unit has a leader, its first delete. What the others need from outside the unit is waited for before the leader
//! is sent, and the other deletes wait for the leader: where Seam refuses the first, nobody has lost anything.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::order::step_ids;
use crate::model::ReservationId;
use crate::plan::{Call, Plan, Step, StepId, StepIds};

/// The position of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct UnitId(usize);

/// One replacement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// The delete that is sent first.
    pub(super) leader: StepId,
    /// All its steps, sorted: deletes, creates, and what must happen between them.
    pub(super) members: BTreeSet<StepId>,
    /// What must have succeeded before the leader is sent, sorted.
    pub(super) needs: BTreeSet<StepId>,
    /// What must be over before the leader is sent, sorted.
    pub(super) follows: BTreeSet<StepId>,
}

/// The replacements of a plan.
#[derive(Debug)]
pub(super) struct Units {
    units: Vec<Unit>,
    of_step: HashMap<StepId, UnitId>,
}

impl Units {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut members: BTreeMap<&ReservationId, BTreeSet<StepId>> = BTreeMap::new();
        let behind_delete = behind_delete(plan);
        for &id in &behind_delete {
            if let (Some(reservation), Call::CreateGrant { .. }) =
                (reservation(plan, id), &plan.step(id).call)
            {
                gather(plan, id, &behind_delete, members.entry(reservation).or_default());
            }
        }
        let units: Vec<Unit> = members.into_values().map(|members| unit(plan, &members)).collect();
        let of_step = units
            .iter()
            .enumerate()
            .flat_map(|(position, unit)| unit.members.iter().map(move |id| (*id, UnitId(position))))
            .collect();
        Self { units, of_step }
    }

    pub(super) fn of_step(&self, id: StepId) -> Option<UnitId> {
        self.of_step.get(&id).copied()
    }

    pub(super) fn get(&self, id: UnitId) -> &Unit {
        &self.units[id.0]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter()
    }
}

/// Deletes of grants, and whatever of the same reservation requires one of them, be it by way of others.
fn behind_delete(plan: &Plan) -> BTreeSet<StepId> {
    let mut behind = BTreeSet::new();
    for (id, step) in step_ids(plan) {
        let is_delete = matches!(step.call, Call::DeleteGrant { .. });
        let is_behind =
            |other: &StepId| behind.contains(other) && reservation(plan, *other) == reservation(plan, id);
        if is_delete || step.requires.iter().any(is_behind) {
            behind.insert(id);
        }
    }
    behind
}

fn reservation(plan: &Plan, id: StepId) -> Option<&ReservationId> {
    plan.step(id).item.map(|item| &plan.item(item).reservation)
}

/// A step and those before it that are, or come after, a delete.
fn gather(plan: &Plan, id: StepId, behind_delete: &BTreeSet<StepId>, unit: &mut BTreeSet<StepId>) {
    if behind_delete.contains(&id) && unit.insert(id) {
        for other in plan.step(id).requires.iter().filter(|o| reservation(plan, **o) == reservation(plan, id))
        {
            gather(plan, *other, behind_delete, unit);
        }
    }
}

fn unit(plan: &Plan, deletes_and_creates: &BTreeSet<StepId>) -> Unit {
    let leader = *deletes_and_creates.first().expect("a unit has a create and a delete before it");
    let mut members = BTreeSet::new();
    for id in deletes_and_creates {
        gather_between(plan, *id, leader, &mut members);
    }
    // What stands after the leader in the plan may itself wait for the unit; it keeps its own place.
    let outside = |others: fn(&Step) -> &StepIds| {
        let all = members.iter().flat_map(|id| others(plan.step(*id)));
        all.copied().filter(|other| *other < leader).collect::<BTreeSet<StepId>>()
    };
    let (needs, follows) = (outside(|step| &step.requires), outside(|step| &step.follows));
    Unit { leader, members, needs, follows }
}

/// A step and what its reservation must do between the leader and it.
fn gather_between(plan: &Plan, id: StepId, leader: StepId, members: &mut BTreeSet<StepId>) {
    if id >= leader && members.insert(id) {
        let step = plan.step(id);
        for other in step.requires.iter().chain(&step.follows) {
            if reservation(plan, *other) == reservation(plan, id) {
                gather_between(plan, *other, leader, members);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{create, delete, identity, plan_of, step};
    use super::*;

    fn ids(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<StepId> {
        numbers.into_iter().map(StepId).collect()
    }

    #[test]
    fn a_unit_holds_all_deletes_and_creates_of_its_reservation_and_waits_for_the_rest_before_it_begins() {
        let plan = plan_of(vec![
            step("", identity("G1"), &[]),
            step("R0", create("other"), &[]),
            step("R1", delete("a"), &[]),
            step("R1", delete("b"), &[]),
            step("R1", create("c"), &[0, 2, 3]),
            step("R1", create("joiner"), &[4]).following(&[1]),
            step("R2", delete("gone"), &[]),
        ]);
        let units = Units::of(&plan);
        assert_eq!(
            units.iter().collect::<Vec<_>>(),
            [&Unit { leader: StepId(2), members: ids([2, 3, 4, 5]), needs: ids([0]), follows: ids([1]) }]
        );
        assert_eq!(units.of_step(StepId(6)), None);
    }

    #[test]
    fn an_old_grant_that_goes_after_the_new_one_makes_no_unit() {
        let plan = plan_of(vec![step("R1", create("new"), &[]), step("R1", delete("old"), &[0])]);
        assert_eq!(Units::of(&plan).iter().count(), 0);
    }
}
