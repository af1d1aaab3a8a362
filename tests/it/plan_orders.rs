//! Calls may be sent in any order in which each waits for what it requires, and for who makes its guest: whatever the order, Seam refuses none of
//! them, nobody stands outside on the way, and the end is the same.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use reservation_sync::mapping::Directory;
use reservation_sync::model::{Inventory, SpaceId, UserIdentityId};
use reservation_sync::plan::{Action, Call, CheckedPlan, Index, Policy, StepId, World};

use crate::plan_properties::config;
use crate::small_world::{carried_out, hotel, night, now, planned, strangers, told};

/// Plans of up to so many calls are tried in every order.
const ALL_ORDERS_UP_TO: usize = 6;
/// Longer ones in so many orders drawn by chance, and in two that go to extremes.
const DRAWN_ORDERS: u64 = 16;

/// Ten times the cases of the other properties: with some two nights each, more than ten thousand worlds.
#[test]
fn any_order_that_respects_what_steps_require_breaks_no_rule_and_locks_nobody_out() {
    let config = ProptestConfig { cases: 10 * config().cases, ..config() };
    let RngSeed::Fixed(seed) = config.rng_seed else { panic!("cargo sets PROPTEST_RNG_SEED") };
    let nights = (strangers(), prop::collection::vec(night(), 1..4), any::<u64>());
    let tried = TestRunner::new(config).run(&nights, |(strangers, nights, seed)| {
        let mut inventory = hotel(strangers);
        for night in &nights {
            let (_, plan) = planned(night, &inventory, Policy::Sync, now());
            inventory = in_every_order(&plan, &inventory, seed)?;
        }
        Ok(())
    });
    if let Err(error) = tried {
        panic!("with PROPTEST_RNG_SEED={seed}: {error}");
    }
}

/// Tries the orders of a plan; gives the workspace afterwards, which is the same for all.
fn in_every_order(plan: &CheckedPlan, before: &Inventory, seed: u64) -> Result<Inventory, TestCaseError> {
    let trial = Trial::of(plan, before);
    if plan.steps.len() <= ALL_ORDERS_UP_TO {
        trial.every(&mut Vec::new(), &mut BTreeSet::new())?;
    } else {
        trial.one(|ready| ready[0])?;
        trial.one(|ready| ready[ready.len() - 1])?;
        for number in 0..DRAWN_ORDERS {
            let mut dice = seed.wrapping_add(number);
            trial.one(|ready| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ready[usize::try_from(dice >> 33).expect("31 bits") % ready.len()]
            })?;
        }
    }
    Ok(carried_out(plan, before))
}

struct Trial<'a> {
    plan: &'a CheckedPlan,
    before: &'a Inventory,
    directory: Directory,
    kept: BTreeSet<Place>,
}

impl<'a> Trial<'a> {
    fn of(plan: &'a CheckedPlan, before: &'a Inventory) -> Self {
        Self { plan, before, directory: Directory::of(before), kept: kept_open(plan, before, now()).0 }
    }

    /// The steps that wait for nothing that is not done.
    fn ready(&self, done: &BTreeSet<usize>) -> Vec<usize> {
        let is_done = |step: &StepId| done.contains(&(step.0 as usize));
        let may_start = |n: &usize| {
            let step = &self.plan.steps[*n];
            let maker = step.call.new_identity().and_then(|(_, made_by)| made_by);
            !done.contains(n) && step.requires.iter().chain(&maker).all(is_done)
        };
        (0..self.plan.steps.len()).filter(may_start).collect()
    }

    fn one(&self, mut next: impl FnMut(&[usize]) -> usize) -> Result<(), TestCaseError> {
        let (mut order, mut done) = (Vec::new(), BTreeSet::new());
        while order.len() < self.plan.steps.len() {
            let step = next(&self.ready(&done));
            order.push(step);
            done.insert(step);
        }
        self.check(&order)
    }

    fn every(&self, order: &mut Vec<usize>, done: &mut BTreeSet<usize>) -> Result<(), TestCaseError> {
        if order.len() == self.plan.steps.len() {
            return self.check(order);
        }
        for step in self.ready(done) {
            order.push(step);
            done.insert(step);
            self.every(order, done)?;
            order.pop();
            done.remove(&step);
        }
        Ok(())
    }

    fn check(&self, order: &[usize]) -> Result<(), TestCaseError> {
        let plan = self.plan;
        let index = Index::of(self.before);
        let mut world = World::of(&index, &self.directory, now());
        for &number in order {
            let step = StepId(u32::try_from(number).expect("few steps"));
            let answer = world.apply(step, &plan.steps[number].call);
            prop_assert!(
                answer.is_ok(),
                "{:?} at {} of {:?}\n{}{:#?}",
                answer,
                number,
                order,
                told(&plan.items),
                plan.steps
            );
            let open = open_now(&world);
            for place in &self.kept {
                prop_assert!(
                    open.contains(place),
                    "{:?} shut by {} of {:?}\n{}{:#?}",
                    place,
                    number,
                    order,
                    told(&plan.items),
                    plan.steps
                );
            }
        }
        for item in &plan.items {
            let Some(after) = item.after.as_ref().filter(|_| item.action != Action::Hold) else { continue };
            let made = world.grants().find(|grant| grant.key == Some(&item.key));
            let is_as_told = made.is_some_and(|grant| {
                grant.window.starts_at == after.starts_at && grant.window.ends_at == after.ends_at
            });
            prop_assert!(is_as_told, "{} after {:?}\n{}", item.key, order, told(&plan.items));
        }
        Ok(())
    }
}

/// Who, and where.
pub(crate) type Place = (UserIdentityId, SpaceId);

/// Who can open what at this moment.
fn open_now(world: &World<'_>) -> BTreeSet<Place> {
    let mut open = BTreeSet::new();
    for grant in world.grants().filter(|grant| grant.window.contains(now())) {
        for space in grant.spaces {
            open.extend(grant.identity.map(|identity| (identity.clone(), space.clone())));
        }
    }
    open
}

/// What a guest in the house can open before and after, and so on the way; but for the doors of reservations of which
/// Seam wants the old grants deleted before the new ones come. Beside it, what else they can open before.
pub(crate) fn kept_open(
    plan: &CheckedPlan,
    before: &Inventory,
    now: Timestamp,
) -> (BTreeSet<Place>, BTreeSet<Place>) {
    let places = |inventory: &Inventory| -> BTreeSet<Place> {
        let open = inventory.grants.iter().filter(|grant| grant.window.contains(now));
        open.flat_map(|grant| grant.spaces.iter().map(|space| (grant.identity.clone(), space.clone())))
            .collect()
    };
    let (has, will_have) = (places(before), places(&carried_out(plan, before)));
    let creates = plan.steps.iter().filter(|step| matches!(step.call, Call::CreateGrant { .. }));
    let mut announced = BTreeSet::new();
    for id in creates.flat_map(|create| &create.requires) {
        let Call::DeleteGrant { id, .. } = &plan.step(*id).call else { continue };
        let old = before.grants.iter().find(|grant| grant.id == *id).expect("the plan was checked");
        announced.extend(old.spaces.iter().map(|space| (old.identity.clone(), space.clone())));
    }
    has.into_iter().partition(|place| will_have.contains(place) && !announced.contains(place))
}
