//! Verifies a plan before anything is sent, by other means than those that made it.

use std::ops::Deref;

use hashbrown::HashSet;
use jiff::Timestamp;
use jiff::civil::Date;

use super::check_parties::two_parties;
use super::index::Index;
use super::item::Action;
use super::outline::Plan;
use super::planner::{PlanInput, Withheld};
use super::rings::leads_back;
use super::seam_rules::{Breach, World};
use super::settings::{PlanSettings, Policy};
use super::step::{Call, NewIdentity, StepId};
use crate::mapping::{Desired, DesiredGrant, Directory};
use crate::model::{
    AccessGrantKey, AccessMethodId, Decision, GrantKeyParts, GrantState, Inventory, LiveGrant, Namespace,
    ReasonCode, ReservationId, UserIdentityKey,
};

/// A plan that was verified: the only thing from which writing can begin.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedPlan(Plan);

impl Deref for CheckedPlan {
    type Target = Plan;
    fn deref(&self) -> &Plan {
        &self.0
    }
}

/// What is wrong with a plan; each is a fault of this program, and stops it before the first write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A call names something outside the namespace.
    #[error("step {step} names `{key}`, which is not ours")]
    NotOurs {
        /// The number of the step.
        step: usize,
        /// The key.
        key: String,
    },
    /// A call changes what a reservation has that the plan is not about.
    #[error("step {step} names `{key}`, which this plan is not about")]
    Outside {
        /// The number of the step.
        step: usize,
        /// The key.
        key: String,
    },
    /// What a guest has is deleted before something of ours lets them in.
    #[error("step {step} deletes `{key}`, and nothing of ours opens its rooms then")]
    LockedOut {
        /// The number of the step.
        step: usize,
        /// The key.
        key: String,
    },
    /// A step waits for one that comes later.
    #[error("step {step} waits for a step that does not come before it")]
    Order {
        /// The number of the step.
        step: usize,
    },
    /// A grant is to get its guest from a step that does not make that identity.
    #[error("step {step} waits for the identity `{key}` at a step that does not make it")]
    WrongMaker {
        /// The number of the step.
        step: usize,
        /// The key of the identity.
        key: UserIdentityKey,
    },
    /// The policy does not allow a call.
    #[error("step {step} is a {path} call, which the policy does not allow")]
    Policy {
        /// The number of the step.
        step: usize,
        /// The path of the call.
        path: &'static str,
    },
    /// Seam would refuse a call.
    #[error("Seam would refuse step {step}")]
    Refused {
        /// The number of the step.
        step: usize,
        /// Why.
        #[source]
        breach: Breach,
    },
    /// A line without calls, or a held line with calls.
    #[error("the line of `{key}` and its calls do not agree")]
    Line {
        /// The key.
        key: AccessGrantKey,
    },
    /// A unit opens for two parties on one night, and nothing says so (RULES 17).
    #[error("step {step} opens a unit for reservations {} and {} on the night of {night}{}", reservations[0],
        reservations[1], if *too_soon { ", before one of them has given it up" } else { "" })]
    TwoParties {
        /// The number of the step.
        step: usize,
        /// Whose it is.
        reservations: Box<[ReservationId; 2]>,
        /// The day on which the night begins.
        night: Date,
        /// One of them gives it up in this plan, and the step does not wait for it.
        too_soon: bool,
    },
    /// A step of a ring would not be taken back to what Seam holds now (RULES 29).
    #[error("step {step} cannot be taken back as the plan says")]
    TakenBack {
        /// The number of the step.
        step: usize,
    },
    /// The calls do not lead to what the line says.
    #[error("after the plan `{key}` would not be as its line says")]
    NotReached {
        /// The key.
        key: AccessGrantKey,
    },
}

/// What a plan is verified against: what Seam holds, and what may be done to it.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The instant.
    pub now: Timestamp,
    /// What may be done.
    pub settings: &'a PlanSettings,
    /// The spaces and doors.
    pub directory: &'a Directory,
    /// What Seam holds.
    pub inventory: &'a Inventory,
    /// What the source wants; `None` for a plan that was made earlier: then nothing that is not ours may go.
    pub desired: Option<&'a Desired>,
    /// What people decided of stays.
    pub decisions: &'a [Decision],
}

/// Verifies a plan against what it was made from.
pub fn check(plan: Plan, input: &PlanInput<'_>) -> Result<CheckedPlan, Vec<Violation>> {
    check_against(plan, &Base::of(input))
}

impl<'a> Base<'a> {
    /// What a plan is verified against that was made from this.
    pub fn of(input: &PlanInput<'a>) -> Self {
        let PlanInput { now, settings, desired, directory, inventory, access: _, past } = *input;
        let decisions = &past.ledger.decisions;
        Self { now, settings, directory, inventory, desired: Some(desired), decisions }
    }
}

/// Adds the reservations for which a plan would open a unit for two parties to those that the next plan leaves as they
/// are (RULES 17). Whether there were any that it did not leave already; else the plan is not to be carried out.
pub fn withhold(violations: &[Violation], withheld: &mut Withheld) -> bool {
    let n_before = withheld.len();
    for violation in violations {
        if let Violation::TwoParties { reservations, .. } = violation {
            for id in reservations.iter() {
                withheld.entry(id.clone()).or_insert_with(|| violation.to_string());
            }
        }
    }
    withheld.len() > n_before
}

/// Verifies a plan that was made earlier against what Seam holds now.
pub fn check_against(plan: Plan, base: &Base<'_>) -> Result<CheckedPlan, Vec<Violation>> {
    let violations = violations(&plan, base);
    if violations.is_empty() { Ok(CheckedPlan(plan)) } else { Err(violations) }
}

fn violations(plan: &Plan, base: &Base<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    let index = Index::of(base.inventory);
    let before = World::of(&index, base.directory, base.now);
    let mut world = before.clone();
    let owners = Owners::of(&index, base);
    let mut n_calls = vec![0_usize; plan.items.len()];
    for (number, step) in plan.steps.iter().enumerate() {
        if let Some(item) = step.item {
            n_calls[item.0 as usize] += 1;
        }
        let replaced = match &step.call {
            Call::DeleteGrant { id, .. } => base.desired.and_then(|desired| desired.adopted.get(id)),
            _ => None,
        };
        if let Some(id) = replaced {
            if !lets_in(&world, id, &step.call, base) {
                violations.push(Violation::LockedOut { step: number, key: step.call.subject().to_owned() });
            }
        } else if !owners.allow(&step.call, base.desired) {
            violations.push(Violation::NotOurs { step: number, key: step.call.subject().to_owned() });
        }
        if is_outside(&step.call, base) {
            violations.push(Violation::Outside { step: number, key: step.call.subject().to_owned() });
        }
        if step.requires.iter().chain(&step.follows).any(|other| other.0 as usize >= number) {
            violations.push(Violation::Order { step: number });
        }
        if let Some((identity, Some(maker))) = step.call.new_identity()
            && !makes(plan, maker, identity)
        {
            violations.push(Violation::WrongMaker { step: number, key: identity.key.clone() });
        }
        // No policy bounds what a person decided (RULES 17).
        let is_decided = step.item.is_some_and(|item| plan.item(item).reason_code == ReasonCode::Decided);
        if !is_allowed(&step.call, base.settings.policy) && !is_decided {
            violations.push(Violation::Policy { step: number, path: step.call.path() });
        }
        let id = StepId::at(number);
        if let Err(breach) = world.apply(id, &step.call) {
            violations.push(Violation::Refused { step: number, breach });
        }
    }
    for (item, n_calls) in plan.items.iter().zip(n_calls) {
        if (item.action == Action::Hold) != (n_calls == 0) {
            violations.push(Violation::Line { key: item.key.clone() });
        }
    }
    for one in plan.rings.iter().flatten() {
        let is_ours = one.call.as_ref().is_none_or(|call| owners.allow(call, base.desired));
        if !is_ours || !leads_back(one, plan, &index, &base.settings.namespace) {
            violations.push(Violation::TakenBack { step: one.step.0 as usize });
        }
    }
    violations.extend(unreached(plan, &world));
    violations.extend(two_parties(plan, &before, &world, base));
    violations
}

/// Whether a step makes just this identity.
fn makes(plan: &Plan, maker: StepId, identity: &NewIdentity) -> bool {
    let maker = plan.steps.get(maker.0 as usize);
    maker.and_then(|step| step.call.new_identity()) == Some((identity, None))
}

/// Whether a call names the grant of a reservation outside the scope (RULES 40).
fn is_outside(call: &Call, base: &Base<'_>) -> bool {
    let Some(Desired { outside, .. }) = base.desired else { return false };
    let parts = || GrantKeyParts::parse(&base.settings.namespace, &AccessGrantKey::new(call.subject()));
    // What another deletion took from a grant outside may be given back to it.
    !outside.is_empty()
        && !matches!(call, Call::RestoreMethods { .. })
        && parts().is_some_and(|GrantKeyParts { property, reservation: key, .. }| {
            outside.contains(&ReservationId { property, key })
        })
}

/// Whether grants of ours for a reservation open, by then, what of its units a grant that is taken over opens.
fn lets_in(world: &World<'_>, id: &ReservationId, call: &Call, base: &Base<'_>) -> bool {
    let Some(desired) = base.desired else { return false };
    let Call::DeleteGrant { id: grant, .. } = call else { return false };
    let Some(old) = world.grant(grant) else { return false };
    let is_ours = |key: &AccessGrantKey| {
        GrantKeyParts::parse(&base.settings.namespace, key).is_some_and(|parts| parts.is_of(id))
    };
    let reservations = || desired.reservations.iter().filter(|reservation| reservation.id == *id);
    let mut units = reservations()
        .flat_map(|reservation| &reservation.grants)
        .filter(|wanted| wanted.window.overlaps(&old.window))
        .flat_map(DesiredGrant::unit_spaces)
        .map(|space| &base.directory.space(space).id)
        .filter(|space| old.spaces.contains(space))
        .peekable();
    units.peek().is_some()
        && units.all(|space| {
            world.grants().any(|grant| {
                grant.key.is_some_and(is_ours)
                    && grant.spaces.contains(space)
                    && grant.window.overlaps(&old.window)
            })
        })
}

/// What may be named: not what a call says of itself, but what Seam lists under the id that it sends.
struct Owners<'a> {
    namespace: &'a Namespace,
    index: &'a Index<'a>,
    foreign_methods: HashSet<&'a AccessMethodId>,
}

impl<'a> Owners<'a> {
    fn of(index: &'a Index<'a>, base: &Base<'a>) -> Self {
        let namespace = &base.settings.namespace;
        let owned = |grant: &&LiveGrant| grant.key.as_ref().is_some_and(|key| namespace.owns(key));
        let foreign = index.grants().iter().filter(|grant| !owned(grant));
        Self { namespace, index, foreign_methods: foreign.flat_map(|grant| &grant.access_methods).collect() }
    }

    fn allow(&self, call: &Call, desired: Option<&Desired>) -> bool {
        match call {
            Call::CreateIdentity(identity) => self.namespace.owns_identity(&identity.key),
            Call::UpdateIdentity { id, key, .. } => {
                let listed = self.index.identity(id);
                self.namespace.owns_identity(key) && listed.is_some_and(|it| it.key.as_ref() == Some(key))
            }
            Call::CreateGrant { key, .. } => {
                let identity = call.new_identity().map(|(identity, _)| &identity.key);
                self.namespace.owns(key) && identity.is_none_or(|key| self.namespace.owns_identity(key))
            }
            Call::RestoreMethods { key, .. } => self.namespace.owns(key),
            Call::UpdateGrant { id, key, .. }
            | Call::DeleteGrant { id, key }
            | Call::AddMethods { id, key, .. } => {
                let listed = self.index.grant(id);
                self.namespace.owns(key) && listed.is_some_and(|grant| grant.key.as_ref() == Some(key))
            }
            Call::DeleteMethod { id, key } => self.namespace.owns(key) && !self.foreign_methods.contains(id),
            // Somebody reviewed that it gets a key, and of which reservation.
            Call::TakeOverGrant { id, key } => {
                let reservation = desired.and_then(|desired| desired.adopted.get(id));
                let parts = GrantKeyParts::parse(self.namespace, key);
                let listed = self.index.grant(id);
                listed.is_some_and(|grant| grant.state == GrantState::Unmanaged)
                    && reservation.zip(parts).is_some_and(|(reservation, parts)| parts.is_of(reservation))
            }
        }
    }
}

fn is_allowed(call: &Call, policy: Policy) -> bool {
    match call {
        Call::CreateIdentity(_) | Call::CreateGrant { .. } => true,
        Call::UpdateIdentity { .. }
        | Call::UpdateGrant { .. }
        | Call::TakeOverGrant { .. }
        | Call::AddMethods { .. } => policy != Policy::CreateOnly,
        Call::DeleteGrant { .. } | Call::RestoreMethods { .. } | Call::DeleteMethod { .. } => {
            policy == Policy::Sync
        }
    }
}

fn unreached(plan: &Plan, world: &World<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for item in &plan.items {
        let reached = match (item.action, &item.after) {
            (Action::Hold | Action::None, _) => true,
            (Action::Revoke, _) => world.grant_of_key(&item.key).is_none(),
            (_, Some(after)) => world.grant_of_key(&item.key).is_some_and(|grant| {
                grant.window.starts_at == after.starts_at
                    && grant.window.ends_at == after.ends_at
                    && grant.reservation_key == after.reservation_key.as_ref()
                    && after.methods.is_subset(&grant.methods)
            }),
            (_, None) => false,
        };
        if !reached {
            violations.push(Violation::NotReached { key: item.key.clone() });
        }
    }
    violations
}
