//! Grants of others that a reviewed file names: one that Seam manages is deleted once grants of ours let the same guests
//! in, and any other gets a key of ours (RULES 36).

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::conclude::key_parts;
use super::foreign::is_foreign;
use super::impact::phase;
use super::item::{Action, GrantView, Impact, Item};
use super::live::Live;
use super::outline::Plan;
use super::planner::PlanInput;
use super::step::{Call, ItemId, Step, StepId, StepIds};
use crate::mapping::{DesiredGrant, DesiredReservation, Directory, DoorRefs, SpaceRefs};
use crate::model::{
    AccessGrantId, AccessGrantKey, DeviceId, DoorId, EntranceId, GrantKeyParts, GrantState, GuestKey, HeldBy,
    LiveGrant, ReasonCode, ReservationId, SpaceId, SpaceKey, Window,
};

/// A grant of ours as it will be.
struct Future {
    guest: GuestKey,
    spaces: BTreeSet<SpaceId>,
    window: Window,
    /// The calls after which it is so.
    steps: Vec<StepId>,
}

/// Adds to a plan what takes each grant over: a key of ours, or its deletion after the calls that let its guests in.
/// Where they are not let in, what they have stays.
pub(super) fn take_over(plan: &mut Plan, input: &PlanInput<'_>, live: &Live<'_>) {
    let PlanInput { now, settings, desired, directory, inventory, .. } = *input;
    if desired.adopted.is_empty() {
        return;
    }
    let futures = futures(plan, input);
    let mut given: BTreeSet<AccessGrantKey> = created(plan).cloned().collect();
    let by_id: HashMap<&ReservationId, &DesiredReservation> =
        desired.reservations.iter().map(|reservation| (&reservation.id, reservation)).collect();
    let mut adopted: Vec<(&ReservationId, &LiveGrant, &DesiredReservation)> = inventory
        .grants
        .iter()
        .filter(|grant| is_foreign(grant, &settings.namespace, now))
        .filter_map(|grant| {
            let id = desired.adopted.get(&grant.id)?;
            Some((id, grant, *by_id.get(id)?))
        })
        .collect();
    adopted.sort_by_key(|(id, grant, _)| (*id, grant.window, &grant.id));
    for (id, grant, reservation) in adopted {
        let opens = |wanted: &&DesiredGrant| {
            wanted.window.overlaps(&grant.window)
                && wanted.unit_spaces().any(|space| grant.spaces.contains(&directory.space(space).id))
        };
        let wanted: Vec<&DesiredGrant> = reservation.grants.iter().filter(opens).collect();
        let ours = futures.get(id).map_or(&[][..], Vec::as_slice);
        let has_begun = grant.window.starts_at <= now || wanted.iter().any(|w| w.window.starts_at <= now);
        let item = ItemId(u32::try_from(plan.items.len()).expect("a plan has fewer than 2^32 lines"));
        let line = Line { id, grant, wanted: wanted.first().copied(), input };
        let taking = match wanted.first() {
            Some(_) if has_begun => None,
            Some(first) if grant.state == GrantState::Unmanaged => {
                let parts = key_parts(id, first.guest.clone(), &first.spaces(), directory);
                let key = live.free_key(parts, &settings.namespace, |key| given.contains(key));
                given.insert(key.clone());
                let call = Call::TakeOverGrant { id: grant.id.clone(), key: key.clone() };
                Some((line.given_a_key(key), call, DoorRefs::new(), Vec::new()))
            }
            Some(_) => let_all_in(&wanted, ours, directory, now).map(|requires| {
                let spaces: SpaceRefs =
                    grant.spaces.iter().filter_map(|space| directory.by_id(space)).collect();
                let call = Call::DeleteGrant { id: grant.id.clone(), key: key_of(grant) };
                (line.taken_over(), call, directory.doors_of(&spaces), requires)
            }),
            None => None,
        };
        let Some((line, call, doors, requires)) = taking else {
            plan.items.push(line.held());
            continue;
        };
        plan.items.push(line);
        let deadline = grant.window.starts_at.max(now);
        plan.steps.push(Step {
            item: Some(item),
            call,
            doors: doors.into_iter().collect(),
            requires: requires.into(),
            follows: StepIds::new(),
            deadline,
        });
    }
}

/// The keys that a plan gives.
fn created(plan: &Plan) -> impl Iterator<Item = &AccessGrantKey> {
    plan.steps.iter().filter_map(|step| match &step.call {
        Call::CreateGrant { key, .. } => Some(key),
        _ => None,
    })
}

/// The calls after which ours let all of these guests in, sorted; `None` where one of them would stand outside.
fn let_all_in(
    wanted: &[&DesiredGrant],
    ours: &[Future],
    directory: &Directory,
    now: Timestamp,
) -> Option<Vec<StepId>> {
    let mut steps = Vec::new();
    for wanted in wanted {
        steps.extend(let_in(wanted, ours, directory, now)?);
    }
    steps.sort_unstable();
    steps.dedup();
    Some(steps)
}

/// The calls after which ours let a guest into all spaces of their units for all of their time; `None` where they
/// do not.
fn let_in(
    wanted: &DesiredGrant,
    ours: &[Future],
    directory: &Directory,
    now: Timestamp,
) -> Option<Vec<StepId>> {
    let mut steps = Vec::new();
    for space in wanted.unit_spaces() {
        let id = &directory.space(space).id;
        let lets_in = |future: &&Future| {
            future.guest == wanted.guest
                && future.spaces.contains(id)
                && future.window.starts_at.max(now) <= wanted.window.starts_at.max(now)
                && match (future.window.ends_at, wanted.window.ends_at) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(ours), Some(wanted)) => ours >= wanted,
                }
        };
        steps.extend(ours.iter().find(lets_in)?.steps.iter().copied());
    }
    Some(steps)
}

/// Our grants by reservation, as the plan leaves them.
fn futures(plan: &Plan, input: &PlanInput<'_>) -> HashMap<ReservationId, Vec<Future>> {
    let namespace = &input.settings.namespace;
    let mut windows: HashMap<&AccessGrantId, (Window, StepId)> = HashMap::new();
    let mut gone: BTreeSet<&AccessGrantId> = BTreeSet::new();
    let mut futures: HashMap<ReservationId, Vec<Future>> = HashMap::new();
    let mut add = |key: &AccessGrantKey, spaces: BTreeSet<SpaceId>, window: Window, steps: Vec<StepId>| {
        if let Some(parts) = GrantKeyParts::parse(namespace, key) {
            let id = ReservationId { property: parts.property, key: parts.reservation };
            futures.entry(id).or_default().push(Future { guest: parts.guest, spaces, window, steps });
        }
    };
    for (number, step) in (0..).map(StepId).zip(&plan.steps) {
        match &step.call {
            Call::UpdateGrant { id, window, .. } => {
                windows.insert(id, (*window, number));
            }
            Call::DeleteGrant { id, .. } => {
                gone.insert(id);
            }
            Call::CreateGrant { key, spaces, window, .. } => {
                add(key, spaces.iter().cloned().collect(), *window, vec![number]);
            }
            _ => {}
        }
    }
    let stays = |grant: &&LiveGrant| grant.is_live(input.now) && !gone.contains(&grant.id);
    for grant in input.inventory.grants.iter().filter(stays) {
        let Some(key) = &grant.key else { continue };
        let (window, steps) = match windows.get(&grant.id) {
            Some((window, step)) => (*window, vec![*step]),
            None => (grant.window, Vec::new()),
        };
        add(key, grant.spaces.iter().cloned().collect(), window, steps);
    }
    futures
}

/// What a grant of somebody else is called in a plan: its key, else its id.
fn key_of(grant: &LiveGrant) -> AccessGrantKey {
    grant.key.clone().unwrap_or_else(|| AccessGrantKey::new(grant.id.to_string()))
}

/// The line of a grant that is taken over.
struct Line<'a> {
    id: &'a ReservationId,
    grant: &'a LiveGrant,
    wanted: Option<&'a DesiredGrant>,
    input: &'a PlanInput<'a>,
}

impl Line<'_> {
    fn taken_over(&self) -> Item {
        Item {
            action: Action::Revoke,
            reason_code: ReasonCode::TakenOver,
            reason: "the reviewed file names it, and a grant of this job lets the guest in".into(),
            impact: Impact::Replace,
            held_by: None,
            ..self.held()
        }
    }

    fn given_a_key(&self, key: AccessGrantKey) -> Item {
        let held = self.held();
        let after = held
            .before
            .as_deref()
            .map(|before| GrantView { access_grant_key: Some(key.clone()), ..before.clone() });
        Item {
            key,
            action: Action::Update,
            reason_code: ReasonCode::TakenOver,
            reason:
                "the reviewed file names it; it gets a key of this job, and nothing changes for the guest"
                    .into(),
            impact: Impact::Seamless,
            held_by: None,
            after: after.map(Arc::new),
            ..held
        }
    }

    fn held(&self) -> Item {
        let Self { id, grant, wanted, input } = self;
        let arrival = wanted.map_or_else(
            || jiff::tz::TimeZone::UTC.to_datetime(grant.window.starts_at).date(),
            |wanted| wanted.arrival,
        );
        Item {
            key: key_of(grant),
            reservation: (*id).clone(),
            action: Action::Hold,
            reason_code: ReasonCode::AdoptionPending,
            reason: "it is left as it is, because no grant of this job lets the guest in yet".into(),
            impact: Impact::Seamless,
            phase: phase(&grant.window, input.now),
            held_by: Some(HeldBy::Rule),
            arrival,
            before: Some(Arc::new(self.view())),
            after: None,
            source: wanted.map(|wanted| wanted.source.clone()),
            code_wished: false,
            wanted: None,
        }
    }

    fn view(&self) -> GrantView {
        let Self { grant, input, .. } = self;
        let directory = input.directory;
        let spaces: SpaceRefs = grant.spaces.iter().filter_map(|space| directory.by_id(space)).collect();
        let doors = directory.doors_of(&spaces);
        let ids = || doors.iter().map(|door| &directory.door(*door).id);
        let of_device = |id: &DoorId| -> Option<DeviceId> {
            if let DoorId::Device(id) = id { Some(id.clone()) } else { None }
        };
        let of_entrance = |id: &DoorId| -> Option<EntranceId> {
            if let DoorId::Entrance(id) = id { Some(id.clone()) } else { None }
        };
        let key = |space: &SpaceId| match directory.by_id(space) {
            Some(known) => directory.space(known).key.clone(),
            None => SpaceKey::from(space),
        };
        let identity = input.inventory.identities.iter().find(|identity| identity.id == grant.identity);
        GrantView {
            access_grant_key: grant.key.clone(),
            reservation_key: grant.reservation_key.clone(),
            user_identity_key: identity.and_then(|identity| identity.key.clone()),
            full_name: identity.and_then(|identity| identity.full_name.clone()),
            space_keys: grant.spaces.iter().map(key).collect(),
            device_ids: ids().filter_map(of_device).collect(),
            acs_entrance_ids: ids().filter_map(of_entrance).collect(),
            starts_at: grant.window.starts_at,
            ends_at: grant.window.ends_at,
            methods: grant.methods(),
            name: grant.name.clone(),
        }
    }
}
