//! Ways into the state other than by id. They follow from the tables and are never written to disk.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use jiff::Timestamp;
use uuid::Uuid;

use super::record::{Grant, Identity, Method, Mode, Space};
use super::table::Ordinal;

/// What leads where. Whoever changes a row first forgets it as it was and then notes it as it is.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    pub(crate) space_by_key: HashMap<String, Uuid>,
    pub(crate) spaces_of_door: HashMap<Uuid, BTreeSet<Ordinal>>,
    pub(crate) identity_by_key: HashMap<String, Uuid>,
    pub(crate) identity_by_email: HashMap<String, Uuid>,
    pub(crate) identity_by_phone: HashMap<String, Uuid>,
    pub(crate) identity_by_merged_id: HashMap<Uuid, Uuid>,
    pub(crate) identity_by_merged_key: HashMap<String, Uuid>,
    pub(crate) grants_by_key: HashMap<String, BTreeSet<Ordinal>>,
    pub(crate) grants_by_identity: HashMap<Uuid, BTreeSet<Ordinal>>,
    pub(crate) grants_by_reservation: HashMap<String, BTreeSet<Ordinal>>,
    pub(crate) grants_going: BTreeSet<(Timestamp, Uuid)>,
    pub(crate) methods_by_code: HashMap<String, BTreeSet<Ordinal>>,
    pub(crate) methods_due: BTreeSet<(Timestamp, Uuid)>,
    pub(crate) codes_on_device: HashMap<Uuid, u32>,
}

impl Indexes {
    pub(crate) fn note_space(&mut self, ordinal: Ordinal, space: &Space) {
        if let Some(key) = &space.key {
            self.space_by_key.insert(key.clone(), space.id);
        }
        for &door_id in space.device_ids.iter().chain(&space.entrance_ids) {
            self.spaces_of_door.entry(door_id).or_default().insert(ordinal);
        }
    }

    pub(crate) fn forget_space(&mut self, ordinal: Ordinal, space: &Space) {
        if let Some(key) = &space.key {
            self.space_by_key.remove(key);
        }
        for door_id in space.device_ids.iter().chain(&space.entrance_ids) {
            drop_from(&mut self.spaces_of_door, door_id, ordinal);
        }
    }

    pub(crate) fn note_identity(&mut self, identity: &Identity) {
        if let Some(key) = &identity.key {
            self.identity_by_key.insert(key.clone(), identity.id);
        }
        if let Some(email) = &identity.email_address {
            self.identity_by_email.insert(email.to_lowercase(), identity.id);
        }
        if let Some(phone) = &identity.phone_number {
            self.identity_by_phone.insert(phone.clone(), identity.id);
        }
        for &merged_id in &identity.merged_ids {
            self.identity_by_merged_id.insert(merged_id, identity.id);
        }
        for merged_key in &identity.merged_keys {
            self.identity_by_merged_key.insert(merged_key.clone(), identity.id);
        }
    }

    pub(crate) fn forget_identity(&mut self, identity: &Identity) {
        if let Some(key) = &identity.key {
            self.identity_by_key.remove(key);
        }
        if let Some(email) = &identity.email_address {
            self.identity_by_email.remove(&email.to_lowercase());
        }
        if let Some(phone) = &identity.phone_number {
            self.identity_by_phone.remove(phone);
        }
        for merged_id in &identity.merged_ids {
            self.identity_by_merged_id.remove(merged_id);
        }
        for merged_key in &identity.merged_keys {
            self.identity_by_merged_key.remove(merged_key);
        }
    }

    pub(crate) fn note_grant(&mut self, ordinal: Ordinal, grant: &Grant) {
        if let Some(key) = &grant.key {
            self.grants_by_key.entry(key.clone()).or_default().insert(ordinal);
        }
        if let Some(key) = &grant.reservation_key {
            self.grants_by_reservation.entry(key.clone()).or_default().insert(ordinal);
        }
        self.grants_by_identity.entry(grant.identity_id).or_default().insert(ordinal);
        if let Some(gone_at) = grant.gone_at {
            self.grants_going.insert((gone_at, grant.id));
        }
    }

    pub(crate) fn forget_grant(&mut self, ordinal: Ordinal, grant: &Grant) {
        if let Some(key) = &grant.key {
            drop_from(&mut self.grants_by_key, key, ordinal);
        }
        if let Some(key) = &grant.reservation_key {
            drop_from(&mut self.grants_by_reservation, key, ordinal);
        }
        drop_from(&mut self.grants_by_identity, &grant.identity_id, ordinal);
        if let Some(gone_at) = grant.gone_at {
            self.grants_going.remove(&(gone_at, grant.id));
        }
    }

    pub(crate) fn note_method(&mut self, ordinal: Ordinal, method: &Method) {
        if let Some(code) = &method.code {
            self.methods_by_code.entry(code.clone()).or_default().insert(ordinal);
        }
        if let Some(due_at) = method.due_at {
            self.methods_due.insert((due_at, method.id));
        }
        if method.mode == Mode::Code {
            for &device_id in &method.device_ids {
                *self.codes_on_device.entry(device_id).or_default() += 1;
            }
        }
    }

    pub(crate) fn forget_method(&mut self, ordinal: Ordinal, method: &Method) {
        if let Some(code) = &method.code {
            drop_from(&mut self.methods_by_code, code, ordinal);
        }
        if let Some(due_at) = method.due_at {
            self.methods_due.remove(&(due_at, method.id));
        }
        if method.mode == Mode::Code {
            for device_id in &method.device_ids {
                if let Some(n_codes) = self.codes_on_device.get_mut(device_id) {
                    *n_codes = n_codes.saturating_sub(1);
                }
            }
        }
    }
}

fn drop_from<K: Hash + Eq + Clone>(index: &mut HashMap<K, BTreeSet<Ordinal>>, key: &K, ordinal: Ordinal) {
    if let Some(ordinals) = index.get_mut(key) {
        ordinals.remove(&ordinal);
        if ordinals.is_empty() {
            index.remove(key);
        }
    }
}
