//! What is left of a saved plan beside what Seam holds by now: whole reservations are set aside, never single calls.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::check::Base;
use super::held::{HeldGrants, HeldIdentity, held, identity_of};
use super::index::Index;
use super::outline::{IdentityItem, Plan};
use super::rings::{Ring, TakeBack};
use super::saved::SavedPlan;
use super::seam_rules::{Breach, World};
use super::step::{Call, ItemId, Step, StepId, assign_makers};
use crate::mapping::SpaceRefs;
use crate::model::{DoorId, ReservationId};

/// Why calls were set aside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// The grants are not what they were.
    #[error("Seam no longer holds what this was planned for")]
    Grants,
    /// The person is not who they were.
    #[error("Seam no longer knows the guest as this was planned for")]
    Identity,
    /// A space has other doors, or is gone.
    #[error("the spaces no longer have the doors that were shown")]
    Doors,
    /// Seam would refuse by now.
    #[error("Seam would refuse it by now: {0}")]
    Refused(Breach),
    /// Nothing that is left needs it.
    #[error("everything it was meant for was set aside")]
    NotNeeded,
}

/// A saved plan without what is stale.
#[derive(Debug, Clone, PartialEq)]
pub struct Remaining {
    /// What is left.
    pub plan: Plan,
    /// For each step that is left, which step of the saved plan it is.
    pub steps: Vec<StepId>,
    /// The steps of the saved plan that were set aside, and why.
    pub stale: BTreeMap<StepId, Stale>,
}

/// Sets aside what no longer fits.
pub fn remaining(plan: &Plan, saved: &SavedPlan, base: &Base<'_>) -> Remaining {
    let mut stale = Aside::of(plan);
    stale.changed_grants(saved, base);
    stale.changed_identities(saved, base);
    stale.changed_doors(base);
    // Each round sets something aside, so that there is an end.
    let index = Index::of(base.inventory);
    while stale.refused(&index, base) {}
    stale.unneeded();
    let stale = stale.by;
    let (plan, steps) = without(plan, &stale);
    Remaining { plan, steps, stale }
}

struct Aside<'a> {
    plan: &'a Plan,
    by: BTreeMap<StepId, Stale>,
    /// The steps of a reservation.
    together: HashMap<&'a ReservationId, Vec<StepId>>,
    /// The steps that need a step.
    needing: HashMap<StepId, Vec<StepId>>,
}

impl<'a> Aside<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut aside = Self { plan, by: BTreeMap::new(), together: HashMap::new(), needing: HashMap::new() };
        for id in ids(plan) {
            if let Some(reservation) = aside.reservation(id) {
                aside.together.entry(reservation).or_default().push(id);
            }
            for other in &plan.step(id).requires {
                aside.needing.entry(*other).or_default().push(id);
            }
        }
        aside
    }

    /// Sets a step aside with its whole reservation and with all that cannot be without it.
    fn put(&mut self, id: StepId, why: &Stale) {
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            if self.by.contains_key(&id) {
                continue;
            }
            self.by.insert(id, why.clone());
            waiting.extend(self.needing.get(&id).into_iter().flatten());
            let reservation = self.reservation(id);
            waiting.extend(reservation.and_then(|r| self.together.get(r)).into_iter().flatten());
        }
    }

    fn reservation(&self, id: StepId) -> Option<&'a ReservationId> {
        self.plan.step(id).item.map(|item| &self.plan.item(item).reservation)
    }

    fn changed_grants(&mut self, saved: &SavedPlan, base: &Base<'_>) {
        let (now_held, _) = held(self.plan, base.inventory, &base.settings.namespace);
        let planned: HashMap<_, _> =
            saved.reservations.iter().map(|h| ((&h.property, &h.reservation_key), &h.held)).collect();
        let changed: BTreeSet<ReservationId> = now_held
            .into_iter()
            .filter(|held| planned.get(&(&held.property, &held.reservation_key)) != Some(&&held.held))
            .map(|HeldGrants { property, reservation_key: key, .. }| ReservationId { property, key })
            .collect();
        for id in ids(self.plan) {
            if self.reservation(id).is_some_and(|reservation| changed.contains(reservation)) {
                self.put(id, &Stale::Grants);
            }
        }
    }

    fn changed_identities(&mut self, saved: &SavedPlan, base: &Base<'_>) {
        let (_, now_held) = held(self.plan, base.inventory, &base.settings.namespace);
        let planned: HashMap<_, _> = saved.identities.iter().map(|held| (&held.key, &held.held)).collect();
        let changed: BTreeSet<_> = now_held
            .into_iter()
            .filter(|held| planned.get(&held.key) != Some(&&held.held))
            .map(|HeldIdentity { key, .. }| key)
            .collect();
        for id in ids(self.plan) {
            let step = self.plan.step(id);
            if identity_of(self.plan, step).is_some_and(|key| changed.contains(key)) {
                self.put(id, &Stale::Identity);
            }
        }
    }

    /// A new grant must open the doors that were shown, and no other.
    fn changed_doors(&mut self, base: &Base<'_>) {
        for id in ids(self.plan) {
            let step = self.plan.step(id);
            if matches!(step.call, Call::CreateGrant { .. }) && !self.opens_what_was_shown(step, base) {
                self.put(id, &Stale::Doors);
            }
        }
    }

    fn opens_what_was_shown(&self, step: &Step, base: &Base<'_>) -> bool {
        let Call::CreateGrant { spaces, .. } = &step.call else { return true };
        let Some(after) = step.item.and_then(|item| self.plan.item(item).after.as_deref()) else {
            return false;
        };
        let found: Option<SpaceRefs> = spaces.iter().map(|space| base.directory.by_id(space)).collect();
        let Some(found) = found else { return false };
        let keys: BTreeSet<_> = found.iter().map(|space| &base.directory.space(*space).key).collect();
        let doors: BTreeSet<&DoorId> =
            base.directory.doors_of(&found).into_iter().map(|door| &base.directory.door(door).id).collect();
        let shown = |id: &DoorId| match id {
            DoorId::Entrance(id) => after.acs_entrance_ids.contains(id),
            DoorId::Device(id) => after.device_ids.contains(id),
        };
        keys.into_iter().eq(&after.space_keys)
            && doors.len() == after.acs_entrance_ids.len() + after.device_ids.len()
            && doors.into_iter().all(shown)
    }

    /// Tries what is left; whether something more had to be set aside.
    fn refused(&mut self, index: &Index<'_>, base: &Base<'_>) -> bool {
        let n_before = self.by.len();
        let mut world = World::of(index, base.directory, base.now);
        for id in ids(self.plan) {
            if self.by.contains_key(&id) {
                continue;
            }
            if let Err(breach) = world.apply(id, &self.plan.step(id).call) {
                self.put(id, &Stale::Refused(breach));
            }
        }
        self.by.len() > n_before
    }

    /// A person is not made for a grant that is not.
    fn unneeded(&mut self) {
        let plan = self.plan;
        let needed: BTreeSet<StepId> = ids(plan)
            .filter(|id| !self.by.contains_key(id))
            .flat_map(|id| plan.step(id).requires.iter().copied())
            .collect();
        for id in ids(plan) {
            if matches!(plan.step(id).call, Call::CreateIdentity(_)) && !needed.contains(&id) {
                self.by.entry(id).or_insert(Stale::NotNeeded);
            }
        }
    }
}

fn ids(plan: &Plan) -> impl Iterator<Item = StepId> + use<> {
    (0..plan.steps.len()).map(StepId::at)
}

/// A ring with the new numbers of its steps; `None` where one of them is gone.
fn moved_ring(ring: &Ring, moved: &BTreeMap<StepId, StepId>) -> Option<Ring> {
    ring.iter().map(|one| Some(TakeBack { step: *moved.get(&one.step)?, ..one.clone() })).collect()
}

/// The plan without some of its steps and without the lines that they made.
fn without(plan: &Plan, stale: &BTreeMap<StepId, Stale>) -> (Plan, Vec<StepId>) {
    let steps: Vec<StepId> = ids(plan).filter(|id| !stale.contains_key(id)).collect();
    let moved: BTreeMap<StepId, StepId> =
        (0..).map(StepId).zip(&steps).map(|(new, old)| (*old, new)).collect();
    let gone: BTreeSet<ItemId> = stale.keys().filter_map(|id| plan.step(*id).item).collect();
    let items: Vec<ItemId> = (0..u32::try_from(plan.items.len()).expect("a plan has fewer than 2^32 lines"))
        .map(ItemId)
        .filter(|item| !gone.contains(item))
        .collect();
    let moved_items: BTreeMap<ItemId, ItemId> =
        (0..).map(ItemId).zip(&items).map(|(new, old)| (*old, new)).collect();
    let only = |wanted: &[StepId]| wanted.iter().filter_map(|id| moved.get(id).copied()).collect();
    let mut left = Plan {
        items: items.iter().map(|item| plan.item(*item).clone()).collect(),
        identities: Vec::new(),
        steps: steps
            .iter()
            .map(|id| {
                let Step { item, call, doors, requires, follows, deadline } = plan.step(*id);
                Step {
                    item: item.map(|item| moved_items[&item]),
                    call: call.clone(),
                    doors: doors.clone(),
                    requires: only(requires),
                    follows: only(follows),
                    deadline: *deadline,
                }
            })
            .collect(),
        doors: plan.doors.clone(),
        // A ring is set aside as a whole, because all of it needs each other.
        rings: plan.rings.iter().filter_map(|ring| moved_ring(ring, &moved)).collect(),
        n_unchanged: plan.n_unchanged,
        warnings: plan.warnings.clone(),
        estimate: plan.estimate.clone(),
        in_house: plan.in_house,
        matters: plan.matters.clone(),
        when_undone: plan.when_undone.clone(),
        guards: plan.guards.clone(),
        trips: Vec::new(),
        learnt: plan.learnt.clone(),
    };
    // Where the first grant of a new guest was set aside, the next one makes the identity.
    assign_makers(&mut left.steps);
    left.identities = IdentityItem::all_of(&left.steps);
    (left, steps)
}
