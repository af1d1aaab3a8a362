//! From what is wanted and what is there to the plan.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::absence::learn_missing;
use super::adoption::{joinable, waiting_for_a_key};
use super::capacity::full_locks;
use super::change::Change;
use super::commands::Commands;
use super::conclude::supported;
use super::emit::{Emitter, making};
use super::foreign::Foreign;
use super::identities::Heard;
use super::item::Item;
use super::judging::{guard_checks, in_house_check, needed};
use super::learnt::{learn, new_facts};
use super::live::Live;
use super::matching::{Fate, Matching, Memory, matching, takes_all};
use super::moves::resume;
use super::occupancy::{Claims, Draft, Ground, Hold, Occupancy, Reservations, who_meets};
use super::outline::Plan;
use super::past::{Past, Quarantine};
use super::pieces::{Piece, pieces};
use super::reservation::{Context, ReservationPlan, plan_reservation};
use super::restore::looks_after_shared;
use super::schedule::forecast;
use super::settings::{PlanSettings, Policy};
use super::shared_methods::settle_shared_methods;
use super::takeover::take_over;
use super::trips::{is_quarantine, trips};
use crate::mapping::{CurrentAccess, Desired, DesiredReservation, Directory, Owned};
use crate::model::{
    AccessGrantId, Coverage, Decision, GuestKey, Inventory, LiveGrant, Problem, ProblemCode, PropertyCode,
    ReasonCode, ReservationId, ReservationKey, SourcePlace, UserIdentityId, Wanted,
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
    /// What of it is ours, and what was recorded of that.
    pub access: &'a CurrentAccess<'a>,
    /// What earlier runs left, and what may be concluded from what is missing.
    pub past: Past<'a>,
}

/// Makes the plan.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    plan_without(input, &Withheld::new())
}

/// Reservations that a check took out of a plan, each with what it found (RULES 17).
pub type Withheld = BTreeMap<ReservationId, String>;

/// Makes the plan in which some reservations are held as they are.
pub fn plan_without(input: &PlanInput<'_>, withheld: &Withheld) -> Plan {
    let PlanInput { now, settings, desired, directory, inventory, access: _, past } = *input;
    let joinable = joinable(input);
    let ((live, foreign), heard) = both(
        || {
            let foreign = Foreign::of(inventory, directory, &settings.namespace, &desired.adopted, now);
            (Live::of(input, &joinable), foreign)
        },
        || Heard::of(desired, inventory, settings),
    );
    let reservations = Reservations::of(desired, &live);
    let waiting = waiting_for_a_key(input);
    let is_outside = |id: &ReservationId| desired.outside.contains(id) || waiting.contains(id);
    let mut chosen = who_meets(input, &live, &reservations);
    let decided: HashSet<&ReservationId> = past.ledger.decisions.iter().map(|one| &one.reservation).collect();
    if !withheld.is_empty() || !decided.is_empty() {
        reservations.choose(|id| withheld.contains_key(id) || decided.contains(id), &mut chosen);
    }
    let broken_moves = past.ledger.broken_moves(|key| live.has(key));
    let memory = Memory::of(input, &broken_moves);
    let n_desired = desired.reservations.len();
    // Who meets nobody and changes nothing, or is only new, needs no decision.
    let draft = |reservation, units_left: &[Option<Vec<usize>>]| {
        let pieces = pieces(reservation, directory, &live, units_left, desired.expected_as_of);
        let matching = matching(reservation, &pieces, &live, &memory, now);
        Draft { pieces, matching }
    };
    let quiet: Vec<usize> =
        (0..n_desired).filter(|n| !chosen[*n] && !is_outside(&desired.reservations[*n].id)).collect();
    let plain = each(&quiet, |n| {
        let reservation = &desired.reservations[*n];
        plain(reservation, draft(reservation, &[]), &live, directory)
    });
    let mut as_wanted: Vec<(&DesiredReservation, Vec<(usize, Wanted)>)> = Vec::new();
    let mut only_new: Vec<&DesiredReservation> = Vec::new();
    for (n, plain) in quiet.into_iter().zip(plain) {
        match plain {
            Plain::AsWanted(grants) => as_wanted.push((&desired.reservations[n], grants)),
            Plain::OnlyNew => only_new.push(&desired.reservations[n]),
            Plain::No => chosen[n] = true,
        }
    }
    let says_something = past.reading.coverage == Coverage::Complete || !past.ledger.absences.is_empty();
    if says_something && settings.policy == Policy::Sync {
        chosen[n_desired..].fill(true);
    }
    let is_limited = past.reading.is_limited || !desired.outside.is_empty();
    let ground = Ground::of(input, &live, &reservations, &chosen, |id, is_listed| {
        if withheld.contains_key(id) {
            Some(Hold::CheckFailed)
        } else {
            (is_outside(id) || (is_limited && !is_listed)).then_some(Hold::Filter)
        }
    });
    let without_rows: Vec<DesiredReservation> = ground
        .parties
        .iter()
        .filter(|party| party.desired.is_none())
        .map(|party| DesiredReservation::without_rows(party.id.clone(), now))
        .collect();
    let mut absent = without_rows.iter();
    let of_ground: Vec<&DesiredReservation> = ground
        .parties
        .iter()
        .map(|party| party.desired.unwrap_or_else(|| absent.next().expect("one for each")))
        .collect();
    let claims = Claims::of(&ground);
    let numbers: Vec<usize> = (0..of_ground.len()).collect();
    let drafts: Vec<Draft<'_>> = each(&numbers, |n| draft(of_ground[*n], &ground.units_left(&claims, *n)));
    let mut occupancy = Occupancy::of(input, &live, &ground, claims, &drafts);
    occupancy.withheld = withheld;
    let counts = occupancy.count();
    occupancy.settle();
    let counted = occupancy.counted(&counts, &live);
    let checks = guard_checks(&counted, &existing_by_property(&live), past.guards, past.allowances);
    occupancy.needed = needed(&checks);
    let trips = trips(&checks, past.ledger, now);
    let is_quarantine = past.quarantine == Quarantine::Standing || is_quarantine(&trips);
    let tripped =
        is_quarantine.then(|| checks.iter().filter(|check| check.tripped).map(|c| c.guard).collect());
    let mut in_house = guests_in_house(&live, now);
    in_house.extend(occupancy.guests_in_house(&live));
    occupancy.guard(&counts, &live, in_house.len() as u64, tripped);
    occupancy.hold_rings();
    occupancy.make_exchanged_anew();
    let listed = desired.reservations.iter().map(|reservation| &reservation.id);
    let shared = keys_of_several_properties(listed.chain(reservations.absent.iter().map(|(id, _)| id)));
    let base_key = |id: &ReservationId| {
        let several = shared.contains(&id.key) || live.used_by_other_property(id);
        if several { id.to_string() } else { id.key.to_string() }
    };
    let mut heard = Some(heard);
    let mut leaving = None;
    let mut identities = None;
    let planned_of_ground: Vec<ReservationPlan<'_>> = loop {
        let leaves = occupancy.leaving(&live);
        if leaving.as_ref() != Some(&leaves) {
            let heard = heard.take().unwrap_or_else(|| Heard::of(desired, inventory, settings));
            identities = Some(heard.settle(
                desired,
                inventory,
                |among| occupied(input, &live, &leaves, among),
                settings,
            ));
            leaving = Some(leaves);
        }
        let context = Context {
            settings,
            directory,
            identities: identities.as_ref().expect("it was made above"),
            foreign: &foreign,
            past: &past,
            now,
        };
        let planned: Vec<ReservationPlan<'_>> = each(&numbers, |n| {
            if ground.parties[*n].hold == Some(Hold::Filter) {
                return ReservationPlan::default();
            }
            let rulings = occupancy.rulings(*n, &live);
            let id = &of_ground[*n].id;
            plan_reservation(
                of_ground[*n],
                drafts[*n].clone(),
                Some(&rulings),
                &base_key(id),
                &live,
                &context,
            )
        });
        // What a reservation cannot have for a reason of its own may be what others wait for.
        if !occupancy.refuse(planned.iter().map(|plan| (plan.refused.as_slice(), plan.fixed.as_slice()))) {
            break planned;
        }
    };
    let identities = identities.as_ref().expect("they were settled above");
    let context = Context { settings, directory, identities, foreign: &foreign, past: &past, now };
    let mut planned: Vec<(&DesiredReservation, ReservationPlan<'_>)> = each(&only_new, |reservation| {
        let (draft, base_key) = (draft(reservation, &[]), base_key(&reservation.id));
        (*reservation, plan_reservation(reservation, draft, None, &base_key, &live, &context))
    });
    planned.extend(of_ground.iter().copied().zip(planned_of_ground));
    planned.sort_by(|(left, _), (right, _)| left.id.cmp(&right.id));
    let mut learnt = learn(&planned, &as_wanted, &live, &context);
    learn_missing(occupancy.missing_positions(), &live, &mut learnt);
    learnt.facts = new_facts(desired, directory, past.ledger);
    settle_shared_methods(planned.iter_mut().map(|(_, plan)| plan), &live, &inventory.grants, now);
    // Creates at one reservation-capable door are sent in the order of arrival (RULES 30).
    planned.sort_by(|(left, _), (right, _)| {
        (left.first_arrival, &left.id).cmp(&(right.first_arrival, &right.id))
    });
    let get_grants = planned.iter().flat_map(|(_, plan)| {
        let making = making(&plan.changes);
        plan.changes.iter().filter_map(move |change| match change {
            Change::Create(new) | Change::Replace { new, .. } => Some((&new.desired.guest, making)),
            Change::Amend(_)
            | Change::Part(_)
            | Change::Revoke { .. }
            | Change::Hold { .. }
            | Change::HeldStay { .. }
            | Change::Missing { .. } => None,
        })
    });
    let needs = occupancy.needs();
    let mut emitter = Emitter::new(&context, &live, &needs);
    identities.calls(get_grants, |call| emitter.identity(call));
    let mut n_unchanged: usize = as_wanted.iter().map(|(_, grants)| grants.len()).sum();
    drop(as_wanted);
    // Each is let go once it is told, because the lines and calls need its room.
    for (reservation, plan) in planned {
        n_unchanged += plan.n_unchanged;
        emitter.reservation(reservation, &plan.changes);
    }
    let mut plan = emitter.into_plan();
    plan.matters = occupancy.matters(&live);
    plan.when_undone = occupancy.when_undone();
    take_over(&mut plan, input, &live);
    resume(&mut plan, &broken_moves, &settings.namespace, &live);
    plan.steps.extend(looks_after_shared(&plan, &live));
    let chosen_absent = ground.parties.iter().filter(|party| party.desired.is_none());
    let n_absent = chosen_absent.map(|party| party.grants.len()).sum::<usize>();
    plan.n_unchanged = n_unchanged + unspoken(desired, &live) - n_absent;
    plan.n_unchanged += desired.outside.iter().map(|id| live.of_reservation(id).len()).sum::<usize>();
    plan.doors = directory.doors().to_vec();
    plan.warnings.extend(desired.warnings.iter().cloned());
    plan.warnings.extend(identities.warnings.iter().cloned());
    plan.warnings.extend(occupancy.warnings());
    plan.warnings.extend(input.past.ledger.decisions.iter().map(Decision::notice));
    let (full_locks, forecast) = both(|| full_locks(&plan, input), || forecast(&plan, &settings.limits, now));
    plan.warnings.extend(full_locks);
    plan.warnings.extend(grants_to_adopt(&plan, past.commands));
    plan.estimate = forecast.estimate;
    plan.warnings.extend(forecast.late);
    plan.warnings.sort();
    plan.in_house = occupancy.in_house();
    plan.guards = checks;
    plan.guards.push(in_house_check(plan.in_house));
    plan.trips = trips;
    plan.learnt = learnt;
    plan
}

/// What a reservation that meets nobody needs.
enum Plain {
    /// Nothing: these grants are as wanted.
    AsWanted(Vec<(usize, Wanted)>),
    /// New grants or stays that are held, and nothing else.
    OnlyNew,
    /// Something else.
    No,
}

fn plain(
    reservation: &DesiredReservation,
    draft: Draft<'_>,
    live: &Live<'_>,
    directory: &Directory,
) -> Plain {
    let Draft { pieces, matching } = draft;
    let Matching { fates, revoked, kept, missing } = matching;
    if !(revoked.is_empty() && kept.is_empty() && missing.is_empty()) {
        return Plain::No;
    }
    let is_as_wanted = |piece: &Piece<'_>, position: &usize| {
        let owned = &live.owned[*position];
        let spaces = owned.spaces.as_deref().unwrap_or_default();
        owned.grant.window == piece.desired.window
            && owned.grant.methods() == supported(directory, piece.desired.methods, spaces)
    };
    let mut as_wanted = Vec::new();
    let mut has_new = !reservation.held.is_empty();
    for (piece, fate) in pieces.iter().zip(fates) {
        match fate {
            Fate::New if piece.desired.facts.newcomer.is_none() => has_new = true,
            Fate::Covered(lives) if lives.iter().all(|position| is_as_wanted(piece, position)) => {
                as_wanted.extend(lives.into_iter().map(|position| (position, piece.wanted)));
            }
            _ => return Plain::No,
        }
    }
    if has_new { Plain::OnlyNew } else { Plain::AsWanted(as_wanted) }
}

/// The guests who have a grant that is open now.
fn guests_in_house(live: &Live<'_>, now: Timestamp) -> HashSet<(ReservationId, GuestKey)> {
    let is_there = |owned: &&Owned<'_>| owned.grant.window.contains(now);
    let guest = |owned: &Owned<'_>| (owned.reservation(), owned.parts.guest.clone());
    live.owned.iter().filter(is_there).map(guest).collect()
}

/// How many live grants of ours each property has.
fn existing_by_property(live: &Live<'_>) -> BTreeMap<PropertyCode, u64> {
    let mut existing: BTreeMap<PropertyCode, u64> = BTreeMap::new();
    for owned in live.owned {
        match existing.get_mut(&owned.parts.property) {
            Some(n) => *n += 1,
            None => drop(existing.insert(owned.parts.property.clone(), 1)),
        }
    }
    existing
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
    let PlanInput { now, settings, desired, inventory, .. } = *input;
    let mut gone: HashSet<&AccessGrantId> = leaving.iter().collect();
    if settings.policy == Policy::Sync {
        for reservation in inside(desired).filter(|reservation| !reservation.revoked.is_empty()) {
            let grants = live.of_reservation(&reservation.id).map(|position| &live.owned[position]);
            let lists_all = input.past.reading.lists_whole_reservations();
            let leave =
                grants.filter(|o| takes_all(reservation, (&o.parts.guest, &o.grant.window), lists_all));
            gone.extend(leave.map(|owned| &owned.grant.id));
        }
    }
    let stays = |grant: &&LiveGrant| {
        among.contains(&grant.identity) && grant.is_live(now) && !gone.contains(&grant.id)
    };
    inventory.grants.iter().filter(stays).map(|grant| &grant.identity).collect()
}

/// Reservation keys that the source uses for more than one property (RULES 3).
fn keys_of_several_properties<'i>(
    ids: impl Iterator<Item = &'i ReservationId> + Clone,
) -> BTreeSet<ReservationKey> {
    let mut shared = BTreeSet::new();
    let mut others = ids.clone();
    let Some(first) = others.next() else { return shared };
    if others.all(|id| id.property == first.property) {
        return shared;
    }
    let mut properties: HashMap<&ReservationKey, &PropertyCode> = HashMap::new();
    for id in ids {
        let first = properties.entry(&id.key).or_insert(&id.property);
        if **first != id.property {
            shared.insert(id.key.clone());
        }
    }
    shared
}

/// Says once that grants which are not ours look like those of stays (RULES 36).
fn grants_to_adopt(plan: &Plan, commands: &Commands) -> Option<Problem> {
    let waits = |item: &&Item| {
        matches!(item.reason_code, ReasonCode::ForeignGrant | ReasonCode::AdoptionPending)
            && item.before.is_none()
    };
    let n_stays = plan.items.iter().filter(waits).count();
    (n_stays > 0).then(|| Problem {
        source: SourcePlace { container: "Seam".into(), row: 0 },
        column: "",
        code: ProblemCode::Notice,
        message: format!(
            "grants that are not ours look like those of stays; stays that wait for it: {n_stays}"
        ),
        hint: format!("see which, and take them over: {}", commands.of("adopt")),
    })
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
