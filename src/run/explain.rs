//! `explain`: one reservation from its rows to what earlier runs sent. It plans as `plan` does, because what becomes
//! of one reservation can depend on the others.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::failure::Failure;
use super::gates::reservations_of_grants;
use super::job::Job;
use super::told::Told;
use crate::exit_code::ExitCode;
use crate::mapping::{Desired, DesiredGrant, DesiredReservation, Directory};
use crate::model::{
    Decision, GrantKeyParts, GrantState, GuestKey, Inventory, Namespace, Place, PropertyCode, Reservation,
    ReservationId, ReservationKey, SharedSet, SpaceId, SpaceKey, Standing, Stay,
};
use crate::record::RecordedStep;
use crate::report::Decided;
use crate::report::document::{Document, Line};
use crate::report::explain::{Explanation, Live, Person, Row, Sent, Waiting, Wanted};
use crate::store::Store;

/// How many calls of earlier runs are told.
const MAX_HISTORY: u32 = 100;

/// What a plan was made from, kept for whoever wants to explain it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) inventory: Inventory,
    pub(super) directory: Directory,
    pub(super) desired: Desired,
    pub(super) decisions: Vec<Decision>,
    pub(super) now: Timestamp,
}

/// Explains the reservation of a key; the property is needed only where several have that key.
pub async fn explain(
    job: Job<'_>,
    key: &ReservationKey,
    property: Option<&PropertyCode>,
) -> Result<Explanation, Failure> {
    let mut told = Told::of(&job);
    let ending = job.work(&mut told).await;
    let Some(seen) = told.seen.take() else {
        return Err(ending.err().unwrap_or_else(|| nothing_known(key)));
    };
    let document = told.document(&ending);
    let namespace = &job.settings.plan.namespace;
    let reservations = told.source.as_ref().map_or(&[][..], |source| &source.reservations);
    let id = the_one(candidates(reservations, &seen.inventory, namespace, key, property), key)?;
    let history = history(&job, &told, &id).await?;
    let reservation = reservations.iter().find(|reservation| reservation.id == id);
    let desired = seen.desired.reservations.iter().find(|reservation| reservation.id == id);
    Ok(Explanation {
        format_version: 1,
        kind: "explain",
        reservation_key: id.key.clone(),
        property: id.property.clone(),
        workspace_id: told.workspace_id.clone(),
        now: seen.now,
        rows: reservation.iter().flat_map(|reservation| &reservation.stays).map(row).collect(),
        rejected_rows: reservation.map_or(0, |reservation| reservation.n_rejected_rows),
        wanted: desired.map(|desired| wanted(desired, &seen.directory)).unwrap_or_default(),
        waiting: desired.map(waiting).unwrap_or_default(),
        identities: identities(desired, &seen.inventory, namespace, &id),
        live: live(&seen, namespace, &id),
        decided: seen.decisions.iter().filter(|one| one.reservation == id).map(Decided::of).collect(),
        decisions: decisions(&document, &id),
        guards: document.guards.iter().filter(|guard| guard.tripped).cloned().collect(),
        history,
    })
}

fn nothing_known(key: &ReservationKey) -> Failure {
    Failure {
        exit_code: ExitCode::Usage,
        message: format!("nothing is known of a reservation `{key}`: no row has that key, and no grant"),
        hint: "give the key as the source has it, without the property".to_owned(),
    }
}

/// The reservations of that key, in the source or in Seam.
fn candidates(
    reservations: &[Reservation],
    inventory: &Inventory,
    namespace: &Namespace,
    key: &ReservationKey,
    property: Option<&PropertyCode>,
) -> BTreeSet<ReservationId> {
    reservations
        .iter()
        .map(|reservation| reservation.id.clone())
        .chain(reservations_of_grants(inventory, namespace))
        .filter(|id| id.key == *key && property.is_none_or(|property| id.property == *property))
        .collect()
}

/// The only one of those that were found.
pub(super) fn the_one(
    found: BTreeSet<ReservationId>,
    key: &ReservationKey,
) -> Result<ReservationId, Failure> {
    if found.len() > 1 {
        let properties: Vec<String> = found.iter().map(|id| format!("`{}`", id.property)).collect();
        return Err(Failure {
            exit_code: ExitCode::Usage,
            message: format!("several properties have a reservation `{key}`: {}", properties.join(", ")),
            hint: "say which with --property".to_owned(),
        });
    }
    found.into_iter().next().ok_or_else(|| nothing_known(key))
}

async fn history(job: &Job<'_>, told: &Told, id: &ReservationId) -> Result<Vec<Sent>, Failure> {
    let Some(workspace_id) = &told.workspace_id else { return Ok(Vec::new()) };
    let Some(store) = Store::open_existing(&job.settings.store).await? else { return Ok(Vec::new()) };
    let namespace = &job.settings.plan.namespace;
    let steps = store.steps_of_reservation(workspace_id, namespace, id, MAX_HISTORY).await?;
    store.close().await;
    let sent = steps.into_iter().map(|(run_id, started_at, step)| {
        let RecordedStep { path, subject, intent_at, outcome, request_id, error, .. } = step;
        Sent { run_id, started_at, sent_at: intent_at, path, subject, outcome, request_id, error }
    });
    Ok(sent.collect())
}

fn row(stay: &Stay) -> Row {
    let place = match &stay.place {
        Place::Units(units) => units.iter().map(ToString::to_string).collect(),
        Place::Spaces(spaces) => spaces.iter().map(ToString::to_string).collect(),
        Place::Unassigned => Vec::new(),
    };
    Row {
        source: stay.source.to_string(),
        status: match stay.standing {
            Standing::Expected => "expected",
            Standing::CheckedIn => "checked in",
            Standing::Revoked => "cancelled, no-show or checked out",
            Standing::Unclear => "not known: left as it is",
            Standing::Ignored => "to be ignored: left as it is",
        },
        guest_key: stay.guest.key.clone(),
        full_name: stay.guest.full_name.to_string(),
        place,
        check_in: stay.check_in.local,
        check_out: stay.check_out.local,
        code_wished: stay.code.is_some(),
        opted_out: stay.opted_out,
    }
}

fn wanted(desired: &DesiredReservation, directory: &Directory) -> Vec<Wanted> {
    let of = |grant: &DesiredGrant| Wanted {
        guest_key: grant.guest.clone(),
        space_keys: grant.spaces().into_iter().map(|space| directory.space(space).key.clone()).collect(),
        window: grant.window,
        methods: grant.methods,
        source: grant.source.to_string(),
    };
    desired.grants.iter().map(of).collect()
}

fn waiting(desired: &DesiredReservation) -> Vec<Waiting> {
    let held = desired.held.iter().map(|stay| Waiting {
        guest_key: stay.guest.clone(),
        reason_code: stay.reason_code,
        reason: stay.reason.clone(),
        held_by: Some(stay.held_by),
        arrival: stay.arrival,
        source: stay.source.to_string(),
    });
    let revoked = desired.revoked.iter().map(|stay| Waiting {
        guest_key: stay.guest.clone(),
        reason_code: stay.reason_code,
        reason: "the source says that the stay is cancelled or over".to_owned(),
        held_by: None,
        arrival: stay.arrival,
        source: stay.source.to_string(),
    });
    held.chain(revoked).collect()
}

fn identities(
    desired: Option<&DesiredReservation>,
    inventory: &Inventory,
    namespace: &Namespace,
    id: &ReservationId,
) -> Vec<Person> {
    let of_seam = inventory.grants.iter().filter_map(|grant| {
        let parts = GrantKeyParts::parse(namespace, grant.key.as_ref()?)?;
        parts.is_of(id).then_some(parts.guest)
    });
    let guests: BTreeSet<GuestKey> = desired
        .iter()
        .flat_map(|desired| {
            let held = desired.held.iter().map(|stay| &stay.guest);
            desired.grants.iter().map(|grant| &grant.guest).chain(held).cloned()
        })
        .chain(of_seam)
        .collect();
    let of = |guest: GuestKey| {
        let key = namespace.identity_key(&guest);
        let identity = inventory
            .identities
            .iter()
            .find(|identity| identity.key.as_ref() == Some(&key) || identity.merged_keys.contains(&key));
        Person {
            exists: identity.is_some(),
            full_name: identity.and_then(|identity| identity.full_name.clone()).map(Into::into),
            has_email: identity.is_some_and(|identity| identity.email.is_some()),
            has_phone: identity.is_some_and(|identity| identity.phone.is_some()),
            key,
        }
    };
    guests.into_iter().map(of).collect()
}

fn live(seen: &Seen, namespace: &Namespace, id: &ReservationId) -> Vec<Live> {
    let Seen { inventory, directory, desired: _, decisions: _, now } = seen;
    let keys = |spaces: &SharedSet<SpaceId>| {
        let of = |id: &SpaceId| match directory.by_id(id) {
            Some(space) => directory.space(space).key.clone(),
            None => SpaceKey::from(id),
        };
        spaces.iter().map(of).collect()
    };
    let mut live: Vec<Live> = inventory
        .grants
        .iter()
        .filter_map(|grant| {
            let key = grant.key.as_ref()?;
            let parts = GrantKeyParts::parse(namespace, key)?;
            parts.is_of(id).then(|| Live {
                key: key.to_string(),
                id: grant.id.to_string(),
                space_keys: keys(&grant.spaces),
                window: grant.window,
                methods: grant.methods(),
                reservation_key: grant.reservation_key.as_ref().map(ToString::to_string),
                state: match grant.state {
                    GrantState::BeingDeleted => "being_deleted",
                    GrantState::Standing | GrantState::Unmanaged if grant.window.ended(*now) => "ended",
                    GrantState::Standing | GrantState::Unmanaged => "live",
                },
            })
        })
        .collect();
    live.sort_by(|left, right| (&left.key, &left.id).cmp(&(&right.key, &right.id)));
    live
}

fn decisions(document: &Document, id: &ReservationId) -> Vec<Line> {
    let property = |line: &Line| PropertyCode::new(line.property.as_deref().unwrap_or_default());
    let lines = document.items.iter();
    lines.filter(|line| line.reservation_key == id.key && property(line) == id.property).cloned().collect()
}
