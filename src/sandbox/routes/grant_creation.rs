//! `/access_grants/create`.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::lookup::{self, Name};
use super::user_identities::{self, Profile};
use crate::sandbox::call::{Call, Edit};
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::{Input, MethodRequest};
use crate::sandbox::issuance;
use crate::sandbox::limits::DoorOperation;
use crate::sandbox::record::{Grant, Mode, Window};
use crate::sandbox::rules::{self, Joiner};
use crate::sandbox::state::Change;
use crate::sandbox::switches::{DuplicateGrantKey, GrantWithoutDoors, IdentityOfRefusedGrant, KeyReuse};
use crate::sandbox::text_form::InstantForm;

/// For whom a grant is.
#[derive(Debug)]
enum Guest {
    Known(Uuid),
    Inline(Profile),
}

/// The doors that a call names, as they were named.
#[derive(Debug, Default)]
pub(super) struct NamedDoors {
    pub(super) device_ids: Vec<Uuid>,
    pub(super) entrance_ids: Vec<Uuid>,
    pub(super) space_ids: Vec<Uuid>,
    space_keys: Vec<String>,
}

pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let guest = read_guest(&mut input);
    let requests = input.method_requests();
    let mut doors = NamedDoors::read(&mut input);
    let starts_at = input.instant("starts_at", InstantForm::Loose).unwrap_or(call.edit.now);
    let ends_at = input.nullable_instant("ends_at", InstantForm::Loose).value();
    let key = input.key("access_grant_key");
    let reservation_key = input.key("reservation_key");
    let name = input.nullable_free_text("name").value();
    let customization_profile_id = input.uuid("customization_profile_id");
    let window = Window { starts_at, ends_at };
    rules::check_window(&mut input, window, call.edit.now);
    input.finish()?;

    doors.resolve(&call.edit)?;
    let mut grant = Grant {
        id: Uuid::nil(),
        key,
        reservation_key,
        identity_id: Uuid::nil(),
        space_ids: doors.space_ids,
        device_ids: doors.device_ids,
        entrance_ids: doors.entrance_ids,
        reservation_doors: Vec::new(),
        requested: Vec::new(),
        name,
        customization_profile_id,
        moving_from: None,
        window,
        created_at: call.edit.now,
        gone_at: None,
        deleted_at: None,
        warnings: Vec::new(),
        errors: Vec::new(),
        is_managed: true,
    };
    let guest = match guest {
        Guest::Known(id) => {
            let identity = lookup::identity(&call.edit, &Name::Id(id))
                .map_err(|_| lookup::unknown_reference(&call.edit, "user_identity"))?;
            Guest::Known(identity.id)
        }
        Guest::Inline(profile)
            if call.edit.switches.identity_of_refused_grant == IdentityOfRefusedGrant::Kept =>
        {
            profile.check_unique(&call.edit, None)?;
            Guest::Known(profile.create(&mut call.edit).id)
        }
        inline @ Guest::Inline(_) => inline,
    };
    if let Some(existing) = holder_of_key(&call.edit, grant.key.as_deref()) {
        return answer_duplicate(call, &existing);
    }
    grant.reservation_doors = check_doors(&call.edit, &grant, &requests)?;
    if let Guest::Inline(profile) = &guest {
        profile.check_unique(&call.edit, None)?;
    }
    let doors = all_doors(&call.edit, &grant);
    call.admit(DoorOperation::Create, &doors)?;

    let edit = &mut call.edit;
    grant.id = edit.mint();
    grant.identity_id = match guest {
        Guest::Known(id) => id,
        Guest::Inline(profile) => profile.create(edit).id,
    };
    let event = edit.grant_event("access_grant.created", &grant, edit.now);
    edit.emit(event);
    issuance::request_methods(edit, &mut grant, &requests);
    edit.apply(Change::Grant(grant.clone()));
    Ok(Reply::with("access_grant", &edit.render().grant(&grant)))
}

/// All doors of a grant: its devices and its entrances.
pub(super) fn all_doors(edit: &Edit<'_>, grant: &Grant) -> BTreeSet<Uuid> {
    let mut doors = edit.state.devices_of(grant);
    doors.extend(edit.state.entrances_of(grant));
    doors
}

impl NamedDoors {
    pub(super) fn read(input: &mut Input<'_>) -> Self {
        let mut space_ids = input.uuids("space_ids").unwrap_or_default();
        space_ids.extend(input.uuids("location_ids").unwrap_or_default());
        Self {
            device_ids: input.uuids("device_ids").unwrap_or_default(),
            entrance_ids: input.uuids("acs_entrance_ids").unwrap_or_default(),
            space_ids,
            space_keys: input.texts("space_keys").unwrap_or_default(),
        }
    }

    /// Turns keys into ids, takes out what was named twice, and refuses what does not exist.
    pub(super) fn resolve(&mut self, edit: &Edit<'_>) -> Result<(), Refusal> {
        let state = &edit.state;
        for key in std::mem::take(&mut self.space_keys) {
            let space = state.space_by_key(&key);
            self.space_ids.push(space.ok_or_else(|| lookup::unknown_reference(edit, "space"))?.id);
        }
        for ids in [&mut self.space_ids, &mut self.device_ids, &mut self.entrance_ids] {
            let mut seen = BTreeSet::new();
            ids.retain(|id| seen.insert(*id));
        }
        if self.space_ids.iter().any(|&id| state.spaces.get(id).is_none()) {
            return Err(lookup::unknown_reference(edit, "space"));
        }
        if self.device_ids.iter().any(|&id| state.devices.get(id).is_none()) {
            return Err(lookup::unknown_reference(edit, "device"));
        }
        if self.entrance_ids.iter().any(|&id| state.entrances.get(id).is_none()) {
            return Err(lookup::unknown_reference(edit, "acs_entrance"));
        }
        Ok(())
    }
}

fn read_guest(input: &mut Input<'_>) -> Guest {
    let id = input.uuid("user_identity_id");
    let fields = input.object("user_identity");
    match (input.has("user_identity_id"), input.has("user_identity")) {
        (false, false) => input.complain("Must provide user_identity_id or user_identity"),
        (true, true) => input.complain("Must provide only one of user_identity_id and user_identity"),
        _ => {}
    }
    match fields {
        Some(fields) => Guest::Inline(user_identities::read_inline(input, fields)),
        None => Guest::Known(id.unwrap_or_default()),
    }
}

/// The grant that has the key now.
fn holder_of_key(edit: &Edit<'_>, key: Option<&str>) -> Option<Grant> {
    let mut holders = edit.state.grants_by_key(key?).filter(|grant| !lookup::has_vanished(edit, grant));
    let frees_at_once = edit.switches.key_reuse == KeyReuse::Immediate;
    holders
        .find(|grant| !(frees_at_once && grant.is_being_deleted()))
        .cloned()
        .filter(|_| edit.switches.duplicate_access_grant_key != DuplicateGrantKey::CreateSecond)
}

fn answer_duplicate(call: &Call<'_>, existing: &Grant) -> Result<Reply, Refusal> {
    let status = match call.edit.switches.duplicate_access_grant_key {
        DuplicateGrantKey::ReturnExisting => {
            return Ok(Reply::with("access_grant", &call.edit.render().grant(existing)));
        }
        DuplicateGrantKey::BadRequest => 400,
        DuplicateGrantKey::Conflict | DuplicateGrantKey::CreateSecond => 409,
    };
    let message = "An access grant with this access_grant_key already exists";
    Err(Refusal::new(status, "access_grant_key_already_exists", message))
}

fn check_doors(edit: &Edit<'_>, grant: &Grant, requests: &[MethodRequest]) -> Result<Vec<Uuid>, Refusal> {
    let entrances = edit.state.entrances_of(grant);
    let has_no_door = entrances.is_empty() && edit.state.devices_of(grant).is_empty();
    if has_no_door
        && grant.space_ids.is_empty()
        && edit.switches.grant_without_doors == GrantWithoutDoors::Refused
    {
        return Err(Refusal::invalid_input("Must provide at least one space, device or acs_entrance"));
    }
    let modes: BTreeSet<Mode> = requests.iter().map(|request| request.mode).collect();
    let joiner = Joiner {
        reservation_key: grant.reservation_key.as_deref(),
        entrances: &entrances,
        modes: &modes,
        window: grant.window,
    };
    rules::check_reservation(edit.state, edit.switches, &joiner, edit.now)
}
