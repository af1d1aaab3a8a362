//! From what is wanted and what is there to the plan.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::change::Change;
use super::emit::Emitter;
use super::identities::Identities;
use super::live::Live;
use super::matching::takes_all;
use super::outline::Plan;
use super::reservation::{Context, ReservationPlan, plan_reservation};
use super::schedule::forecast;
use super::settings::{PlanSettings, Policy};
use super::shared_methods::settle_shared_methods;
use crate::mapping::{Desired, DesiredReservation, Directory};
use crate::model::{
    GrantKeyParts, GuestKey, Inventory, LiveGrant, Problem, ProblemCode, PropertyCode, ReservationId,
    ReservationKey, SourcePlace, UserIdentityId,
};

/// Everything a plan is made of.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The instant for which the plan is made.
    pub now: Timestamp,
    /// What may be done.
    pub settings: &'a PlanSettings,
    /// What the source wants.
    pub desired: &'a Desired,
    /// The spaces and doors.
    pub directory: &'a Directory,
    /// What Seam holds.
    pub inventory: &'a Inventory,
}

/// Makes the plan.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let PlanInput { now, settings, desired, directory, inventory } = *input;
    let mut live = Live::of(inventory, directory, &settings.namespace, now);
    let occupied = occupied(input);
    let identities = Identities::of(desired, inventory, &occupied, settings);
    let context = Context {
        settings,
        directory,
        identities: &identities,
        common: &desired.common,
        unfinished_moves: &desired.unfinished_moves,
        now,
    };
    let shared = keys_of_several_properties(desired);
    let mut planned: Vec<(&DesiredReservation, ReservationPlan<'_>)> = desired
        .reservations
        .iter()
        .map(|reservation| {
            let several =
                shared.contains(&reservation.id.key) || live.used_by_other_property(&reservation.id);
            let base_key = if several { reservation.id.to_string() } else { reservation.id.key.to_string() };
            (reservation, plan_reservation(reservation, &base_key, &mut live, &context))
        })
        .collect();
    settle_shared_methods(planned.iter_mut().map(|(_, plan)| plan), &live, &inventory.grants, now);
    // Creates at one reservation-capable door are sent in the order of arrival (RULES 21).
    planned.sort_by(|(left, _), (right, _)| {
        (left.first_arrival, &left.id).cmp(&(right.first_arrival, &right.id))
    });
    let needed: BTreeSet<&GuestKey> = planned
        .iter()
        .flat_map(|(_, plan)| &plan.changes)
        .filter_map(|change| match change {
            Change::Create(new) | Change::Replace { new, .. } => Some(&new.desired.guest),
            Change::Amend(_) | Change::Revoke { .. } | Change::Hold { .. } | Change::HeldStay { .. } => None,
        })
        .collect();
    let mut emitter = Emitter::new(&context, &live);
    emitter.identities(identities.calls(&needed));
    let mut n_unchanged = 0;
    for (reservation, plan) in &planned {
        n_unchanged += plan.n_unchanged;
        emitter.reservation(reservation, &plan.changes);
    }
    let mut plan = emitter.into_plan();
    plan.n_unchanged = n_unchanged + unspoken(desired, &live);
    plan.doors = directory.doors().to_vec();
    plan.warnings.extend(desired.warnings.iter().cloned());
    plan.warnings.extend(identities.warnings.iter().cloned());
    let forecast = forecast(&plan, &settings.limits, now);
    plan.estimate = forecast.estimate;
    plan.warnings.extend(forecast.late);
    plan.warnings.sort();
    plan
}

/// Identities with a current or future stay, once this plan is carried out.
fn occupied<'a>(input: &PlanInput<'a>) -> BTreeSet<&'a UserIdentityId> {
    let PlanInput { now, settings, desired, directory: _, inventory } = *input;
    let by_id: HashMap<&ReservationId, &DesiredReservation> =
        desired.reservations.iter().map(|reservation| (&reservation.id, reservation)).collect();
    let leaves = |grant: &LiveGrant| {
        let parts = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(&settings.namespace, key));
        settings.policy == Policy::Sync
            && parts.is_some_and(|GrantKeyParts { property, reservation, guest, .. }| {
                let id = ReservationId { property, key: reservation };
                by_id.get(&id).is_some_and(|reservation| takes_all(reservation, &guest, &grant.window))
            })
    };
    let stays = |grant: &&LiveGrant| grant.is_live(now) && !leaves(grant);
    inventory.grants.iter().filter(stays).map(|grant| &grant.identity).collect()
}

/// Reservation keys that the source uses for more than one property (RULES 3).
fn keys_of_several_properties(desired: &Desired) -> BTreeSet<ReservationKey> {
    let mut properties: HashMap<&ReservationKey, &PropertyCode> = HashMap::new();
    let mut shared = BTreeSet::new();
    for reservation in &desired.reservations {
        let first = properties.entry(&reservation.id.key).or_insert(&reservation.id.property);
        if **first != reservation.id.property {
            shared.insert(reservation.id.key.clone());
        }
    }
    shared
}

/// Our grants of reservations that the source does not list: nothing is done to them.
fn unspoken(desired: &Desired, live: &Live<'_>) -> usize {
    let listed: HashSet<(&PropertyCode, &ReservationKey)> =
        desired.reservations.iter().map(|r| (&r.id.property, &r.id.key)).collect();
    live.owned.iter().filter(|o| !listed.contains(&(&o.parts.property, &o.parts.reservation))).count()
}

/// A warning about the order of arrivals at one door.
pub(super) fn out_of_order(source: &SourcePlace, door: &str) -> Problem {
    Problem {
        source: source.clone(),
        column: "check_in",
        code: ProblemCode::ArrivalOrder,
        message: format!("a later stay already has a grant at {door}; the guest may need the desk"),
        hint: "check the card of this guest on arrival".to_owned(),
    }
}
