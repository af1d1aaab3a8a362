//! From what is wanted and what is there to the plan.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::absence::settle_absences;
use super::adoption::{joinable, waiting_for_a_key};
use super::capacity::full_locks;
use super::change::Change;
use super::emit::Emitter;
use super::foreign::Foreign;
use super::identities::Heard;
use super::in_house::{Withheld, judge_in_house};
use super::learnt::learn;
use super::live::Live;
use super::matching::takes_all;
use super::outline::Plan;
use super::past::Past;
use super::reservation::{Context, ReservationPlan, plan_reservation};
use super::restore::looks_after_shared;
use super::schedule::forecast;
use super::settings::{PlanSettings, Policy};
use super::shared_methods::settle_shared_methods;
use super::takeover::take_over;
use crate::mapping::{Desired, DesiredReservation, Directory, Rows};
use crate::model::{
    AccessGrantId, Coverage, GrantKeyParts, Inventory, LiveGrant, Problem, ProblemCode, PropertyCode,
    ReasonCode, ReservationId, ReservationKey, SourcePlace, UserIdentityId,
};
use crate::side_by_side::{both, each};

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
    /// What earlier runs left, and what may be concluded from what is missing.
    pub past: Past<'a>,
}

/// Makes the plan.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let missing = missing_reservations(input);
    let mut known = Foreseen::default();
    loop {
        match draft(input, &missing, &known) {
            Draft::Plan(plan) => return *plan,
            // Each time more guests are left alone, and who leaves does not change after that, so that this ends.
            Draft::Again(foreseen) => known = foreseen,
        }
    }
}

/// What only a plan shows, and what it should have been made with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Foreseen {
    /// The guests in house that are left alone, because there are too many.
    withheld: Withheld,
    /// The grants that go because their stay is missing: their guests give up their contacts.
    leaving: BTreeSet<AccessGrantId>,
}

/// A plan, or what it has to be made with.
enum Draft {
    Plan(Box<Plan>),
    Again(Foreseen),
}

fn draft(input: &PlanInput<'_>, missing: &[DesiredReservation], known: &Foreseen) -> Draft {
    let Foreseen { withheld, leaving } = known;
    let PlanInput { now, settings, desired, directory, inventory, past } = *input;
    let joinable = joinable(input);
    let ((live, foreign), heard) = both(
        || {
            let foreign = Foreign::of(inventory, directory, &settings.namespace, now);
            (Live::of(inventory, directory, &settings.namespace, &joinable, now), foreign)
        },
        || Heard::of(desired, inventory, settings),
    );
    let identities =
        heard.settle(desired, inventory, |among| occupied(input, &live, leaving, among), settings);
    let context = Context {
        settings,
        directory,
        identities: &identities,
        foreign: &foreign,
        common: &desired.common,
        unfinished_moves: &desired.unfinished_moves,
        past: &past,
        withheld,
        now,
    };
    let shared = keys_of_several_properties(desired);
    let waiting = waiting_for_a_key(input);
    let reservations: Vec<&DesiredReservation> =
        inside(desired).filter(|reservation| !waiting.contains(&reservation.id)).chain(missing).collect();
    let mut planned: Vec<(&DesiredReservation, ReservationPlan<'_>)> = each(&reservations, |reservation| {
        let several = shared.contains(&reservation.id.key) || live.used_by_other_property(&reservation.id);
        let base_key = if several { reservation.id.to_string() } else { reservation.id.key.to_string() };
        (*reservation, plan_reservation(reservation, &base_key, &live, &context))
    });
    drop(reservations);
    let mut learnt = learn(&planned, &live, &context);
    settle_absences(&mut planned, &live, &context, &mut learnt);
    let in_house = judge_in_house(&planned, &live, &past, withheld, now);
    let foreseen = Foreseen { withheld: in_house, leaving: absent(&planned, &live) };
    if foreseen.leaving != *leaving || foreseen.withheld.stayers.len() > withheld.stayers.len() {
        return Draft::Again(foreseen);
    }
    settle_shared_methods(planned.iter_mut().map(|(_, plan)| plan), &live, &inventory.grants, now);
    // Creates at one reservation-capable door are sent in the order of arrival (RULES 21).
    planned.sort_by(|(left, _), (right, _)| {
        (left.first_arrival, &left.id).cmp(&(right.first_arrival, &right.id))
    });
    let get_grants = planned.iter().flat_map(|(_, plan)| &plan.changes).filter_map(|change| match change {
        Change::Create(new) | Change::Replace { new, .. } => Some(&new.desired.guest),
        Change::Amend(_)
        | Change::Revoke { .. }
        | Change::Hold { .. }
        | Change::HeldStay { .. }
        | Change::Missing { .. } => None,
    });
    let mut emitter = Emitter::new(&context, &live);
    identities.calls(get_grants, |call| emitter.identity(call));
    let mut n_unchanged = 0;
    // Each is let go once it is told, because the lines and calls need its room.
    for (reservation, plan) in planned {
        n_unchanged += plan.n_unchanged;
        emitter.reservation(reservation, &plan.changes);
    }
    let mut plan = emitter.into_plan();
    take_over(&mut plan, input, &live);
    plan.steps.extend(looks_after_shared(&plan, &live));
    plan.n_unchanged = n_unchanged + if missing.is_empty() { unspoken(desired, &live) } else { 0 };
    plan.n_unchanged += desired.outside.iter().map(|id| live.of_reservation(id).len()).sum::<usize>();
    plan.doors = directory.doors().to_vec();
    plan.warnings.extend(desired.warnings.iter().cloned());
    plan.warnings.extend(identities.warnings.iter().cloned());
    let (full_locks, forecast) = both(|| full_locks(&plan, input), || forecast(&plan, &settings.limits, now));
    plan.warnings.extend(full_locks);
    plan.estimate = forecast.estimate;
    plan.warnings.extend(forecast.late);
    plan.warnings.sort();
    plan.in_house = foreseen.withheld.in_house;
    plan.learnt = learnt;
    Draft::Plan(Box::new(plan))
}

/// Reservations of which we have grants and the source has no row, where that may mean something.
fn missing_reservations(input: &PlanInput<'_>) -> Vec<DesiredReservation> {
    let PlanInput { now, settings, desired, inventory, past, directory: _ } = *input;
    let says_something = past.reading.coverage == Coverage::Complete || !past.ledger.absences.is_empty();
    if settings.policy != Policy::Sync || !says_something {
        return Vec::new();
    }
    let listed: HashSet<&ReservationId> = desired.reservations.iter().map(|r| &r.id).collect();
    let ids: BTreeSet<ReservationId> = inventory
        .grants
        .iter()
        .filter(|grant| grant.is_live(now))
        .filter_map(|grant| GrantKeyParts::parse(&settings.namespace, grant.key.as_ref()?))
        .map(|GrantKeyParts { property, reservation, .. }| ReservationId { property, key: reservation })
        .filter(|id| !listed.contains(id))
        .collect();
    let without_rows = |id| DesiredReservation {
        id,
        first_arrival: now,
        grants: Vec::new(),
        held: Vec::new(),
        revoked: Vec::new(),
        left_alone: Vec::new(),
        rows: Rows::AllUnderstood,
    };
    ids.into_iter().map(without_rows).collect()
}

/// The reservations that the plan is about.
fn inside(desired: &Desired) -> impl Iterator<Item = &DesiredReservation> {
    desired.reservations.iter().filter(|reservation| !desired.outside.contains(&reservation.id))
}

/// Which identities have a current or future stay, once this plan is carried out.
fn occupied<'a>(
    input: &PlanInput<'a>,
    live: &Live<'_>,
    leaving: &BTreeSet<AccessGrantId>,
    among: &HashSet<&'a UserIdentityId>,
) -> HashSet<&'a UserIdentityId> {
    let PlanInput { now, settings, desired, directory: _, inventory, past: _ } = *input;
    let mut gone: HashSet<&AccessGrantId> = leaving.iter().collect();
    if settings.policy == Policy::Sync {
        for reservation in inside(desired).filter(|reservation| !reservation.revoked.is_empty()) {
            let grants = live.of_reservation(&reservation.id).map(|position| &live.owned[position]);
            let leave = grants.filter(|o| takes_all(reservation, &o.parts.guest, &o.grant.window));
            gone.extend(leave.map(|owned| &owned.grant.id));
        }
    }
    let stays = |grant: &&LiveGrant| {
        among.contains(&grant.identity) && grant.is_live(now) && !gone.contains(&grant.id)
    };
    inventory.grants.iter().filter(stays).map(|grant| &grant.identity).collect()
}

/// The grants that are revoked for absence.
fn absent(
    planned: &[(&DesiredReservation, ReservationPlan<'_>)],
    live: &Live<'_>,
) -> BTreeSet<AccessGrantId> {
    let changes = planned.iter().flat_map(|(_, plan)| &plan.changes);
    let gone = changes.filter_map(|change| match change {
        Change::Revoke { position, reason: ReasonCode::Absent, .. } => Some(*position),
        _ => None,
    });
    gone.map(|position| live.owned[position].grant.id.clone()).collect()
}

/// Reservation keys that the source uses for more than one property (RULES 3).
fn keys_of_several_properties(desired: &Desired) -> BTreeSet<ReservationKey> {
    let mut shared = BTreeSet::new();
    let mut ids = desired.reservations.iter().map(|reservation| &reservation.id);
    let Some(first) = ids.next() else { return shared };
    if ids.all(|id| id.property == first.property) {
        return shared;
    }
    let mut properties: HashMap<&ReservationKey, &PropertyCode> = HashMap::new();
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
    let listed = desired.reservations.iter().map(|reservation| live.of_reservation(&reservation.id).len());
    live.owned.len() - listed.sum::<usize>()
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
