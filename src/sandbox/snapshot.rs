//! The workspace as a test or a person wants to compare it: keys instead of ids, sorted, without what varies.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::record::{Grant, Identity};
use super::state::State;

/// All identities and all grants that are not being deleted, each sorted by key.
pub(crate) fn snapshot(state: &State) -> Value {
    let mut identities: Vec<Value> = state.identities.iter().map(identity).collect();
    identities.sort_by_cached_key(|value| value["user_identity_key"].to_string() + &value.to_string());
    let live = state.grants.iter().filter(|grant| !grant.is_being_deleted());
    let mut grants: Vec<Value> = live.map(|row| grant(state, row)).collect();
    grants.sort_by_cached_key(|value| value["access_grant_key"].to_string() + &value.to_string());
    json!({ "access_grants": grants, "user_identities": identities })
}

fn identity(identity: &Identity) -> Value {
    json!({
        "user_identity_key": identity.key,
        "full_name": identity.full_name,
        "email_address": identity.email_address,
        "phone_number": identity.phone_number,
    })
}

fn grant(state: &State, grant: &Grant) -> Value {
    let space_keys: BTreeSet<String> = grant
        .space_ids
        .iter()
        .filter_map(|&id| state.spaces.get(id))
        .map(|space| space.key.clone().unwrap_or_else(|| space.id.to_string()))
        .collect();
    let sorted = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect::<BTreeSet<String>>();
    let methods: BTreeSet<&str> = grant.requested.iter().map(|requested| requested.mode.as_str()).collect();
    let identity = state.identities.get(grant.identity_id);
    json!({
        "access_grant_key": grant.key,
        "reservation_key": grant.reservation_key,
        "user_identity_key": identity.and_then(|identity| identity.key.clone()),
        "space_keys": space_keys,
        "device_ids": sorted(&grant.device_ids),
        "acs_entrance_ids": sorted(&grant.entrance_ids),
        "starts_at": grant.window.starts_at.to_string(),
        "ends_at": grant.window.ends_at.map(|ends_at| ends_at.to_string()),
        "methods": methods,
        "name": grant.name,
    })
}
