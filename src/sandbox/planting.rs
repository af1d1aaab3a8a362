//! Builds the first state of a workspace out of its seed.
//!
//! A seed is held to its own names only: rules that look at the clock do not apply to what was there before.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::call::Edit;
use super::ids;
use super::input::MethodRequest;
use super::issuance;
use super::record::{Device, Entrance, Grant, Identity, Record, Space, System, Window, Workspace};
use super::seed::{
    Seed, SeedDevice, SeedEntrance, SeedGrant, SeedIdentity, SeedSpace, SeedSystem, SeedWorkspace,
};
use super::state::{Change, State};
use super::switches::Switches;

/// Why a seed makes no workspace.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("{kind} `{name}` of the seed names the {wanted} `{wanted_name}`, which the seed does not have")]
    Unknown { kind: &'static str, name: String, wanted: &'static str, wanted_name: String },
    #[error("the seed has {kind} `{name}` twice")]
    Twice { kind: &'static str, name: String },
    #[error("access_grant `{name}` of the seed ends before it starts")]
    Window { name: String },
}

impl Seed {
    /// Builds the workspace, with everything created at `now`.
    pub(crate) fn plant(&self, switches: &Switches, now: Timestamp) -> Result<State, SeedError> {
        let mut state = State::new(self.workspace.record());
        let mut edit = Edit { state: &mut state, changes: Vec::new(), switches, now };
        let default_system_id = ids::named("acs_system", "sandbox");
        if self.acs_systems.is_empty() && !self.entrances.is_empty() {
            edit.apply(Change::System(System {
                id: default_system_id,
                name: "Sandbox access system".into(),
                external_type: "visionline_system".into(),
                time_zone: None,
                created_at: now,
            }));
        }
        for system in &self.acs_systems {
            edit.apply(Change::System(system.record(now)));
        }
        let first_system_id = edit.state.systems.iter().next().map_or(default_system_id, Record::id);
        for entrance in &self.entrances {
            let record = entrance.record(first_system_id, now);
            refuse_twice("acs_entrance", edit.state.entrances.get(record.id), &record.id.to_string())?;
            edit.apply(Change::Entrance(record));
        }
        for device in &self.devices {
            let record = device.record(now);
            refuse_twice("device", edit.state.devices.get(record.id), &record.id.to_string())?;
            edit.apply(Change::Device(record));
        }
        for space in &self.spaces {
            plant_space(&mut edit, space)?;
        }
        for identity in &self.user_identities {
            plant_identity(&mut edit, identity)?;
        }
        for grant in &self.access_grants {
            plant_grant(&mut edit, grant)?;
        }
        issuance::settle(&mut edit);
        Ok(state)
    }
}

impl SeedWorkspace {
    fn record(&self) -> Workspace {
        let name = self.name.clone().unwrap_or_else(|| "Sandbox".into());
        Workspace {
            id: self.workspace_id.unwrap_or_else(|| ids::named("workspace", &name)),
            name,
            is_sandbox: self.is_sandbox.unwrap_or(true),
            is_suspended: self.is_suspended.unwrap_or(false),
        }
    }
}

impl SeedSystem {
    fn record(&self, now: Timestamp) -> System {
        System {
            id: self.acs_system_id.unwrap_or_else(|| ids::named("acs_system", &self.name)),
            name: self.name.clone(),
            external_type: self.external_type.clone().unwrap_or_else(|| "visionline_system".into()),
            time_zone: self.time_zone.clone(),
            created_at: now,
        }
    }
}

impl SeedEntrance {
    fn record(&self, system_id: Uuid, now: Timestamp) -> Entrance {
        Entrance {
            id: self.acs_entrance_id.unwrap_or_else(|| ids::named("acs_entrance", &self.name)),
            system_id: self.acs_system_id.unwrap_or(system_id),
            name: self.name.clone(),
            flags: flags([
                ("can_unlock_with_code", self.can_unlock_with_code.unwrap_or(true)),
                ("can_unlock_with_card", self.can_unlock_with_card.unwrap_or(true)),
                ("can_unlock_with_mobile_key", self.can_unlock_with_mobile_key.unwrap_or(true)),
                ("can_unlock_with_cloud_key", self.can_unlock_with_cloud_key.unwrap_or(true)),
                ("can_belong_to_reservation", self.can_belong_to_reservation.unwrap_or(false)),
            ]),
            reservation_key_required: self.reservation_key_required.unwrap_or(false),
            created_at: now,
        }
    }
}

impl SeedDevice {
    fn record(&self, now: Timestamp) -> Device {
        Device {
            id: self.device_id.unwrap_or_else(|| ids::named("device", &self.name)),
            name: self.name.clone(),
            kind: self.device_type.clone().unwrap_or_else(|| "yale_lock".into()),
            is_online: self.online.unwrap_or(true),
            flags: flags([
                ("can_program_online_access_codes", self.can_program_online_access_codes.unwrap_or(true)),
                ("can_program_offline_access_codes", self.can_program_offline_access_codes.unwrap_or(true)),
                ("can_unlock_with_code", self.can_unlock_with_code.unwrap_or(true)),
                ("can_remotely_unlock", self.can_remotely_unlock.unwrap_or(true)),
            ]),
            supported_code_lengths: self.supported_code_lengths.clone().unwrap_or_else(|| vec![4, 5, 6]),
            max_active_codes_supported: self.max_active_codes_supported,
            time_zone: self.time_zone.clone(),
            created_at: now,
        }
    }
}

fn flags<const N: usize>(flags: [(&str, bool); N]) -> BTreeMap<String, bool> {
    flags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn plant_space(edit: &mut Edit<'_>, seed: &SeedSpace) -> Result<(), SeedError> {
    let name = seed.space_key.as_ref().unwrap_or(&seed.name);
    let by_key = seed.space_key.as_ref().and_then(|key| edit.state.space_by_key(key));
    let id = seed.space_id.unwrap_or_else(|| ids::named("space", name));
    refuse_twice("space", by_key.or(edit.state.spaces.get(id)), name)?;
    find_all("space", name, "acs_entrance", &seed.acs_entrance_ids, |id| {
        edit.state.entrances.get(id).is_some()
    })?;
    find_all("space", name, "device", &seed.device_ids, |id| edit.state.devices.get(id).is_some())?;
    edit.apply(Change::Space(Space {
        id,
        key: seed.space_key.clone(),
        name: seed.name.clone(),
        customer_key: seed.customer_key.clone(),
        customer_data: seed.customer_data.clone(),
        device_ids: seed.device_ids.clone(),
        entrance_ids: seed.acs_entrance_ids.clone(),
        created_at: edit.now,
    }));
    Ok(())
}

fn plant_identity(edit: &mut Edit<'_>, seed: &SeedIdentity) -> Result<(), SeedError> {
    let names = [&seed.user_identity_key, &seed.email_address, &seed.phone_number, &seed.full_name];
    let name = names.into_iter().flatten().next().cloned().unwrap_or_default();
    let id = seed.user_identity_id.unwrap_or_else(|| ids::named("user_identity", &name));
    let state = &edit.state;
    let taken = state
        .identities
        .get(id)
        .or_else(|| state.identity_by_key(seed.user_identity_key.as_ref()?))
        .or_else(|| state.identity_by_email(seed.email_address.as_ref()?))
        .or_else(|| state.identity_by_phone(seed.phone_number.as_ref()?));
    refuse_twice("user_identity", taken, &name)?;
    edit.apply(Change::Identity(Identity {
        id,
        key: seed.user_identity_key.clone(),
        full_name: seed.full_name.clone(),
        email_address: seed.email_address.clone(),
        phone_number: seed.phone_number.clone(),
        merged_ids: seed.merged_user_identity_ids.clone(),
        merged_keys: seed.merged_user_identity_keys.clone(),
        created_at: edit.now,
    }));
    Ok(())
}

fn plant_grant(edit: &mut Edit<'_>, seed: &SeedGrant) -> Result<(), SeedError> {
    let position = edit.state.grants.len();
    let name = seed.access_grant_key.clone().unwrap_or_else(|| format!("number {}", position + 1));
    let id = seed.access_grant_id.unwrap_or_else(|| ids::named("access_grant", &name));
    let by_key = seed.access_grant_key.as_ref().and_then(|key| edit.state.grants_by_key(key).next());
    refuse_twice("access_grant", by_key.or(edit.state.grants.get(id)), &name)?;
    if seed.ends_at.is_some_and(|ends_at| ends_at <= seed.starts_at) {
        return Err(SeedError::Window { name });
    }
    let unknown = |wanted, wanted_name: String| SeedError::Unknown {
        kind: "access_grant",
        name: name.clone(),
        wanted,
        wanted_name,
    };
    let identity = match (seed.user_identity_id, &seed.user_identity_key) {
        (Some(id), _) => {
            edit.state.identities.get(id).ok_or_else(|| unknown("user_identity", id.to_string()))?
        }
        (None, Some(key)) => {
            edit.state.identity_by_key(key).ok_or_else(|| unknown("user_identity", key.clone()))?
        }
        (None, None) => return Err(unknown("user_identity", String::new())),
    };
    let identity_id = identity.id;
    let mut space_ids = seed.space_ids.clone();
    for key in &seed.space_keys {
        space_ids.push(edit.state.space_by_key(key).ok_or_else(|| unknown("space", key.clone()))?.id);
    }
    let state = &edit.state;
    find_all("access_grant", &name, "space", &space_ids, |id| state.spaces.get(id).is_some())?;
    find_all("access_grant", &name, "device", &seed.device_ids, |id| state.devices.get(id).is_some())?;
    let entrance_ids = &seed.acs_entrance_ids;
    find_all("access_grant", &name, "acs_entrance", entrance_ids, |id| state.entrances.get(id).is_some())?;
    let mut grant = Grant {
        id,
        key: seed.access_grant_key.clone(),
        reservation_key: seed.reservation_key.clone(),
        identity_id,
        space_ids,
        device_ids: seed.device_ids.clone(),
        entrance_ids: seed.acs_entrance_ids.clone(),
        reservation_doors: Vec::new(),
        requested: Vec::new(),
        name: seed.name.clone(),
        customization_profile_id: None,
        moving_from: None,
        window: Window { starts_at: seed.starts_at, ends_at: seed.ends_at },
        created_at: edit.now,
        gone_at: None,
        deleted_at: None,
        warnings: Vec::new(),
        errors: Vec::new(),
        is_managed: seed.is_managed.unwrap_or(true),
    };
    grant.reservation_doors = reservation_doors(edit, &grant);
    let requests: Vec<MethodRequest> = seed
        .requested_access_methods
        .iter()
        .map(|method| MethodRequest {
            mode: method.mode,
            code: method.code.clone(),
            instant_key_max_use_count: None,
        })
        .collect();
    issuance::request_methods(edit, &mut grant, &requests);
    edit.apply(Change::Grant(grant));
    Ok(())
}

/// The door set of the first grant of the reservation, or that of this one if it is the first.
fn reservation_doors(edit: &Edit<'_>, grant: &Grant) -> Vec<Uuid> {
    let Some(key) = &grant.reservation_key else { return Vec::new() };
    if let Some(first) = edit.state.grants_by_reservation(key).next() {
        return first.reservation_doors.clone();
    }
    let entrances = edit.state.entrances_of(grant).into_iter().filter_map(|id| edit.state.entrances.get(id));
    entrances
        .filter(|entrance| entrance.flags.get("can_belong_to_reservation") == Some(&true))
        .map(|entrance| entrance.id)
        .collect()
}

fn refuse_twice<T>(kind: &'static str, found: Option<&T>, name: &str) -> Result<(), SeedError> {
    match found {
        None => Ok(()),
        Some(_) => Err(SeedError::Twice { kind, name: name.to_owned() }),
    }
}

fn find_all(
    kind: &'static str,
    name: &str,
    wanted: &'static str,
    ids: &[Uuid],
    exists: impl Fn(Uuid) -> bool,
) -> Result<(), SeedError> {
    match ids.iter().find(|&&id| !exists(id)) {
        None => Ok(()),
        Some(id) => {
            Err(SeedError::Unknown { kind, name: name.to_owned(), wanted, wanted_name: id.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plant(text: &str) -> Result<State, SeedError> {
        let seed: Seed = serde_json::from_str(text).expect("a readable seed");
        seed.plant(&Switches::default(), "2026-12-01T12:00:00Z".parse().expect("a valid instant"))
    }

    #[test]
    fn a_seed_becomes_a_workspace_with_the_same_ids_each_time() {
        let text = r#"{"entrances":[{"name":"Room 101","can_belong_to_reservation":true}],
            "devices":[{"name":"Lobby"}],
            "spaces":[{"space_key":"room-101","name":"Room 101"}],
            "user_identities":[{"user_identity_key":"G1","full_name":"Ana Ferro"}],
            "access_grants":[{"access_grant_key":"K","user_identity_key":"G1","space_keys":["room-101"],
              "starts_at":"2026-11-01T12:00:00Z","ends_at":"2026-11-02T12:00:00Z",
              "requested_access_methods":[{"mode":"code"}]}]}"#;
        let (one, other) = (plant(text).expect("planted"), plant(text).expect("planted"));
        let id = |state: &State| state.grants_by_key("K").next().expect("the grant").id;
        assert_eq!(id(&one), id(&other));
        let entrance = one.entrances.iter().next().expect("the entrance");
        assert!(entrance.flags["can_unlock_with_code"]);
        assert!(entrance.flags["can_belong_to_reservation"]);
    }

    #[test]
    fn a_seed_that_names_what_it_does_not_have_is_refused() {
        for (text, expected) in [
            (
                r#"{"spaces":[{"space_key":"a","name":"A"},{"space_key":"a","name":"B"}]}"#,
                "the seed has space `a` twice",
            ),
            (
                r#"{"access_grants":[{"access_grant_key":"K","user_identity_key":"G",
                    "starts_at":"2026-11-01T12:00:00Z"}]}"#,
                "access_grant `K` of the seed names the user_identity `G`, which the seed does not have",
            ),
        ] {
            assert_eq!(plant(text).expect_err("refused").to_string(), expected);
        }
    }
}
