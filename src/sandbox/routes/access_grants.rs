//! `/access_grants/*`, but for the creation, which has a file of its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::grant_creation::{NamedDoors, all_doors};
use super::lookup::{self, Name};
use super::spaces::{Related, read_related};
use crate::sandbox::call::{Call, Edit};
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::{Given, Input};
use crate::sandbox::issuance;
use crate::sandbox::limits::DoorOperation;
use crate::sandbox::paging::PageRequest;
use crate::sandbox::record::{Grant, Mode, Record, Window};
use crate::sandbox::rules::{self, Joiner};
use crate::sandbox::state::{Change, State};
use crate::sandbox::switches::{SecondDelete, UpdateDoors, UpdateOverlap, UpdateWithoutChange};
use crate::sandbox::text_form::InstantForm;

const RELATED: [&str; 8] = [
    "spaces",
    "devices",
    "acs_entrances",
    "connected_accounts",
    "acs_systems",
    "user_identities",
    "acs_access_groups",
    "access_methods",
];
const DOOR_PARAMETERS: [&str; 5] =
    ["space_ids", "space_keys", "device_ids", "acs_entrance_ids", "location_ids"];

pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let name = lookup::read_name(&mut input, "access_grant_id", "access_grant_key");
    input.finish()?;
    let grant = lookup::grant(&call.edit, &name)?;
    Ok(Reply::with("access_grant", &call.edit.render().grant(grant)))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let filter = GrantFilter::read(&mut input);
    let limit = input.limit(500);
    input.finish()?;
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let keep = |grant: &Grant| {
        grant.is_managed && !lookup::has_vanished(&call.edit, grant) && filter.keeps(render.state, grant)
    };
    let page = match filter.candidates(render.state) {
        Some(mut candidates) => {
            candidates.sort_unstable_by_key(|(ordinal, _)| *ordinal);
            let candidates = candidates.into_iter().filter(|(ordinal, _)| *ordinal >= request.first);
            request.take(candidates.filter(|(_, grant)| keep(grant)))
        }
        None => request.take(render.state.grants.rows_from(request.first).filter(|(_, grant)| keep(grant))),
    };
    let grants: Vec<Value> = page.rows.iter().map(|grant| render.grant(grant)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    Ok(Reply::list("access_grants", &grants, Some(&pagination)))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let name = lookup::read_name(&mut input, "access_grant_id", "access_grant_key");
    let starts_at = input.instant("starts_at", InstantForm::Strict);
    let ends_at = input.nullable_instant("ends_at", InstantForm::Strict);
    let new_name = input.nullable_free_text("name");
    let names_doors = DOOR_PARAMETERS.into_iter().any(|parameter| input.has(parameter));
    let update_doors = call.edit.switches.update_doors;
    let doors = (names_doors && update_doors == UpdateDoors::Applied).then(|| NamedDoors::read(&mut input));
    if names_doors && update_doors == UpdateDoors::Refused {
        input.complain("The doors of an access grant cannot be changed");
    }
    let Ok(before) = lookup::grant(&call.edit, &name).cloned() else {
        input.finish()?;
        return Err(Refusal::not_found("access_grant"));
    };
    let window = Window {
        starts_at: starts_at.unwrap_or(before.window.starts_at),
        ends_at: match ends_at {
            Given::Absent => before.window.ends_at,
            Given::Null => None,
            Given::Value(ends_at) => Some(ends_at),
        },
    };
    let names_window = call.body.contains_key("starts_at") || call.body.contains_key("ends_at");
    if names_window {
        rules::check_window(&mut input, window, call.edit.now);
    }
    input.finish()?;

    if window != before.window && call.edit.switches.update_overlap == UpdateOverlap::Checked {
        rules::check_new_window(call.edit.state, call.edit.switches, &before, window, call.edit.now)?;
    }
    let mut grant = before.clone();
    grant.window = window;
    match new_name {
        Given::Absent => {}
        Given::Null => grant.name = None,
        Given::Value(name) => grant.name = Some(name),
    }
    if let Some(mut doors) = doors {
        doors.resolve(&call.edit)?;
        change_doors(&call.edit, &mut grant, doors)?;
    }
    let devices_before = call.edit.state.devices_of(&before);
    let has_moved = call.edit.state.devices_of(&grant) != devices_before
        || call.edit.state.entrances_of(&grant) != call.edit.state.entrances_of(&before);
    grant.moving_from = has_moved.then(|| devices_before.into_iter().collect());
    let touched = all_doors(&call.edit, &grant);
    call.admit(DoorOperation::Update, &touched)?;

    let edit = &mut call.edit;
    let has_new_times = window != before.window
        || (names_window && edit.switches.update_without_change == UpdateWithoutChange::Reissues);
    edit.apply(Change::Grant(grant.clone()));
    if has_new_times || has_moved {
        issuance::reissue(edit, &grant, before.window);
    }
    if has_new_times {
        announce_times(edit, &grant);
    }
    Ok(Reply::done())
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("access_grant_id");
    input.finish()?;
    let grant = call.edit.state.grants.get(id).filter(|grant| !grant.is_being_deleted()).cloned();
    let Some(grant) = grant else {
        return match call.edit.switches.second_delete {
            SecondDelete::Ok if call.edit.was_deleted(id) => Ok(Reply::done()),
            _ => Err(Refusal::not_found("access_grant")),
        };
    };
    let doors = all_doors(&call.edit, &grant);
    call.admit(DoorOperation::Delete, &doors)?;
    issuance::delete_grant(&mut call.edit, id);
    Ok(Reply::done())
}

pub(crate) fn request_access_methods(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("access_grant_id");
    let requests = input.method_requests();
    if input.has("requested_access_methods") && requests.is_empty() {
        input.complain_about("requested_access_methods", "Array must contain at least 1 element(s)");
    }
    input.finish()?;
    let mut grant = lookup::grant(&call.edit, &Name::Id(id))?.clone();
    if grant.is_being_deleted() {
        return Err(Refusal::not_found("access_grant"));
    }
    if grant.reservation_key.is_none() {
        let entrances = call.edit.state.entrances_of(&grant);
        let modes: BTreeSet<Mode> = requests.iter().map(|request| request.mode).collect();
        let joiner =
            Joiner { reservation_key: None, entrances: &entrances, modes: &modes, window: grant.window };
        rules::check_reservation(call.edit.state, call.edit.switches, &joiner, call.edit.now)?;
    }
    let doors = all_doors(&call.edit, &grant);
    call.admit(DoorOperation::Create, &doors)?;
    let edit = &mut call.edit;
    issuance::request_methods(edit, &mut grant, &requests);
    edit.apply(Change::Grant(grant.clone()));
    Ok(Reply::with("access_grant", &edit.render().grant(&grant)))
}

pub(crate) fn get_related(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let ids = input.uuids("access_grant_ids").unwrap_or_default();
    let keys = input.texts("access_grant_keys").unwrap_or_default();
    let wanted = read_related(&mut input, &RELATED);
    input.finish()?;
    let names = ids.into_iter().map(Name::Id).chain(keys.into_iter().map(Name::Key));
    let grants =
        names.map(|name| lookup::grant(&call.edit, &name)).collect::<Result<Vec<&Grant>, Refusal>>()?;
    let state = &*call.edit.state;
    let union = |ids: fn(&State, &Grant) -> Vec<Uuid>| -> Vec<Uuid> {
        grants.iter().flat_map(|grant| ids(state, grant)).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let related = Related {
        spaces: union(|_, grant| grant.space_ids.clone()),
        devices: union(|state, grant| state.devices_of(grant).into_iter().collect()),
        entrances: union(|state, grant| state.entrances_of(grant).into_iter().collect()),
        methods: union(|_, grant| grant.method_ids().collect()),
        identities: union(|_, grant| vec![grant.identity_id]),
    };
    Ok(Reply::with("batch", &related.batch(call, &wanted)))
}

/// The filters of a list; a grant must pass all of them.
#[derive(Debug)]
struct GrantFilter {
    ids: Option<Vec<Uuid>>,
    key: Given<String>,
    reservation_key: Option<String>,
    identity_id: Option<Uuid>,
    space_id: Option<Uuid>,
    device_id: Option<Uuid>,
    entrance_id: Option<Uuid>,
    search: Option<String>,
}

impl GrantFilter {
    fn read(input: &mut Input<'_>) -> Self {
        Self {
            ids: input.uuids("access_grant_ids"),
            key: input.nullable_text("access_grant_key"),
            reservation_key: input.text("reservation_key"),
            identity_id: input.uuid("user_identity_id"),
            space_id: input.uuid("space_id").or(input.uuid("location_id")),
            device_id: input.uuid("device_id"),
            entrance_id: input.uuid("acs_entrance_id"),
            search: input.text("search").map(|search| search.to_lowercase()),
        }
    }

    /// A few grants among which all that pass are found by an index; `None` where all must be looked at.
    fn candidates<'a>(&self, state: &'a State) -> Option<Vec<(u64, &'a Grant)>> {
        let with_ordinal =
            |grant: &'a Grant| state.grants.ordinal(grant.id()).map(|ordinal| (ordinal, grant));
        if let Some(ids) = &self.ids {
            let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
            return Some(
                ids.into_iter().filter_map(|id| state.grants.get(id)).filter_map(with_ordinal).collect(),
            );
        }
        if let Given::Value(key) = &self.key {
            return Some(state.grants_by_key(key).filter_map(with_ordinal).collect());
        }
        if let Some(key) = &self.reservation_key {
            return Some(state.grants_by_reservation(key).filter_map(with_ordinal).collect());
        }
        let identity_id = self.identity_id?;
        Some(state.grants_by_identity(identity_id).filter_map(with_ordinal).collect())
    }

    fn keeps(&self, state: &State, grant: &Grant) -> bool {
        let Self { ids, key, reservation_key, identity_id, space_id, device_id, entrance_id, search } = self;
        let has_key = match key {
            Given::Absent => true,
            Given::Null => grant.key.is_none(),
            Given::Value(key) => grant.key.as_ref() == Some(key),
        };
        has_key
            && ids.as_ref().is_none_or(|ids| ids.contains(&grant.id))
            && reservation_key.as_ref().is_none_or(|key| grant.reservation_key.as_ref() == Some(key))
            && identity_id.is_none_or(|id| grant.identity_id == id)
            && space_id.is_none_or(|id| grant.space_ids.contains(&id))
            && device_id.is_none_or(|id| state.devices_of(grant).contains(&id))
            && entrance_id.is_none_or(|id| state.entrances_of(grant).contains(&id))
            && search.as_ref().is_none_or(|search| {
                let identity = state.identities.get(grant.identity_id);
                let of_identity = identity
                    .map(|identity| [&identity.full_name, &identity.email_address, &identity.phone_number]);
                let texts = [&grant.name, &grant.key, &grant.reservation_key];
                texts
                    .into_iter()
                    .chain(of_identity.into_iter().flatten())
                    .flatten()
                    .any(|text| text.to_lowercase().contains(search))
                    || grant.id.to_string().contains(search)
            })
    }
}

fn change_doors(edit: &Edit<'_>, grant: &mut Grant, doors: NamedDoors) -> Result<(), Refusal> {
    grant.space_ids = doors.space_ids;
    grant.device_ids = doors.device_ids;
    grant.entrance_ids = doors.entrance_ids;
    let entrances = edit.state.entrances_of(grant);
    let fixed: BTreeSet<Uuid> = grant.reservation_doors.iter().copied().collect();
    let capable = entrances
        .into_iter()
        .filter_map(|id| edit.state.entrances.get(id))
        .filter(|entrance| entrance.flags.get("can_belong_to_reservation") == Some(&true));
    if grant.reservation_key.is_some() && capable.map(|entrance| entrance.id).any(|id| !fixed.contains(&id)) {
        let rule = crate::sandbox::envelope::ReservationRule::EntranceChange;
        return Err(rule.refusal(edit.switches.reservation_error));
    }
    Ok(())
}

fn announce_times(edit: &mut Edit<'_>, grant: &Grant) {
    let mut event = edit.grant_event("access_grant.access_times_changed", grant, edit.now);
    let render = edit.render();
    let starts_at = render.instant(grant.window.starts_at);
    let ends_at = grant.window.ends_at.map(|ends_at| render.instant(ends_at));
    event.fields.insert("starts_at".into(), json!(starts_at));
    if let Some(ends_at) = ends_at {
        event.fields.insert("ends_at".into(), json!(ends_at));
    }
    edit.emit(event);
}
