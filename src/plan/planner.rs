//! From what is wanted and what is there to the plan.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::change::Change;
use super::emit::Emitter;
use super::estimate::estimate;
use super::identities::Identities;
use super::live::Live;
use super::outline::Plan;
use super::reservation::{Context, ReservationPlan, plan_reservation};
use super::settings::PlanSettings;
use crate::mapping::{Desired, DesiredReservation, Directory};
use crate::model::{GuestKey, Inventory, Problem, ProblemCode, PropertyCode, ReservationKey, SourcePlace};

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
    let identities = Identities::of(desired, inventory, settings, now);
    let context = Context { settings, directory, identities: &identities, now };
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
    // Creates at one reservation-capable door are sent in the order of arrival (RULES 21).
    planned.sort_by(|(left, _), (right, _)| {
        (left.first_arrival, &left.id).cmp(&(right.first_arrival, &right.id))
    });
    let needed: HashSet<&GuestKey> = planned
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
    for (reservation, plan) in planned {
        n_unchanged += plan.n_unchanged;
        emitter.reservation(reservation, &plan.changes);
    }
    let mut plan = emitter.into_plan();
    plan.n_unchanged = n_unchanged + unspoken(desired, &live);
    plan.doors = directory.doors().to_vec();
    plan.warnings.extend(desired.warnings.iter().cloned());
    plan.warnings.extend(identities.warnings.iter().cloned());
    plan.warnings.sort();
    plan.estimate = estimate(&plan, &settings.limits);
    plan
}

/// Reservation keys that the source uses for more than one property (RULES 3).
fn keys_of_several_properties(desired: &Desired) -> BTreeSet<ReservationKey> {
    let mut properties: HashMap<&ReservationKey, &PropertyCode> =
        HashMap::with_capacity(desired.reservations.len());
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
    let listed: usize = desired.reservations.iter().map(|r| live.of_reservation(&r.id).len()).sum();
    live.owned.len() - listed
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
