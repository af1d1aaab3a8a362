//! The whole workspace in memory, with its indexes. It changes only by [`State::apply`], so that
//! the journal of [`Change`]s is enough to build it again.
//!
//! Nothing here decides: rules live in `rules`, answers in `routes`.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{
    Device, Entrance, Event, Grant, Identity, Method, Mode, Record, Space, System, Workspace,
};
use super::table::{Ordinal, Table, TableImage};

/// One step from a state to the next.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    Workspace(Workspace),
    Space(Space),
    Device(Device),
    Entrance(Entrance),
    System(System),
    Identity(Identity),
    Grant(Grant),
    Method(Method),
    IdentityGone(Uuid),
    GrantGone(Uuid),
    MethodGone(Uuid),
    Event(Event),
}

/// The workspace and everything in it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) workspace: Workspace,
    pub(crate) spaces: Table<Space>,
    pub(crate) devices: Table<Device>,
    pub(crate) entrances: Table<Entrance>,
    pub(crate) systems: Table<System>,
    pub(crate) identities: Table<Identity>,
    pub(crate) grants: Table<Grant>,
    pub(crate) methods: Table<Method>,
    pub(crate) events: Vec<Event>,
    /// How many ids were given out; the next id follows from it.
    pub(crate) minted: u64,
    indexes: Indexes,
}

/// A state as it is written to disk.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StateImage {
    workspace: Workspace,
    spaces: TableImage<Space>,
    devices: TableImage<Device>,
    entrances: TableImage<Entrance>,
    systems: TableImage<System>,
    identities: TableImage<Identity>,
    grants: TableImage<Grant>,
    methods: TableImage<Method>,
    events: Vec<Event>,
    minted: u64,
}

#[derive(Debug, Default)]
struct Indexes {
    space_by_key: HashMap<String, Uuid>,
    spaces_of_door: HashMap<Uuid, BTreeSet<Ordinal>>,
    identity_by_key: HashMap<String, Uuid>,
    identity_by_email: HashMap<String, Uuid>,
    identity_by_phone: HashMap<String, Uuid>,
    identity_by_merged_id: HashMap<Uuid, Uuid>,
    identity_by_merged_key: HashMap<String, Uuid>,
    grants_by_key: HashMap<String, BTreeSet<Ordinal>>,
    grants_by_identity: HashMap<Uuid, BTreeSet<Ordinal>>,
    grants_by_reservation: HashMap<String, BTreeSet<Ordinal>>,
    grants_going: BTreeSet<(Timestamp, Uuid)>,
    methods_by_code: HashMap<String, BTreeSet<Ordinal>>,
    methods_due: BTreeSet<(Timestamp, Uuid)>,
    codes_on_device: HashMap<Uuid, u32>,
}

impl State {
    pub(crate) fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            spaces: Table::default(),
            devices: Table::default(),
            entrances: Table::default(),
            systems: Table::default(),
            identities: Table::default(),
            grants: Table::default(),
            methods: Table::default(),
            events: Vec::new(),
            minted: 0,
            indexes: Indexes::default(),
        }
    }

    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Workspace(workspace) => self.workspace = workspace,
            Change::Space(space) => self.put_space(space),
            Change::Device(device) => {
                self.devices.put(device);
            }
            Change::Entrance(entrance) => {
                self.entrances.put(entrance);
            }
            Change::System(system) => {
                self.systems.put(system);
            }
            Change::Identity(identity) => self.put_identity(identity),
            Change::Grant(grant) => self.put_grant(grant),
            Change::Method(method) => self.put_method(method),
            Change::IdentityGone(id) => {
                if let Some((_, identity)) = self.identities.remove(id) {
                    self.indexes.forget_identity(&identity);
                }
            }
            Change::GrantGone(id) => {
                if let Some((ordinal, grant)) = self.grants.remove(id) {
                    self.indexes.forget_grant(ordinal, &grant);
                }
            }
            Change::MethodGone(id) => {
                if let Some((ordinal, method)) = self.methods.remove(id) {
                    self.indexes.forget_method(ordinal, &method);
                }
            }
            Change::Event(event) => self.events.push(event),
        }
    }

    pub(crate) fn space_by_key(&self, key: &str) -> Option<&Space> {
        self.spaces.get(*self.indexes.space_by_key.get(key)?)
    }

    /// The spaces that hold this device or entrance, in order of creation.
    pub(crate) fn spaces_of_door(&self, door_id: Uuid) -> Vec<Uuid> {
        let ordinals = self.indexes.spaces_of_door.get(&door_id);
        ordinals
            .into_iter()
            .flatten()
            .filter_map(|&ordinal| self.spaces.at(ordinal))
            .map(Record::id)
            .collect()
    }

    pub(crate) fn identity_by_key(&self, key: &str) -> Option<&Identity> {
        self.identities.get(*self.indexes.identity_by_key.get(key)?)
    }

    pub(crate) fn identity_by_email(&self, email: &str) -> Option<&Identity> {
        self.identities.get(*self.indexes.identity_by_email.get(&email.to_lowercase())?)
    }

    pub(crate) fn identity_by_phone(&self, phone: &str) -> Option<&Identity> {
        self.identities.get(*self.indexes.identity_by_phone.get(phone)?)
    }

    pub(crate) fn identity_by_merged_id(&self, id: Uuid) -> Option<&Identity> {
        self.identities.get(*self.indexes.identity_by_merged_id.get(&id)?)
    }

    pub(crate) fn identity_by_merged_key(&self, key: &str) -> Option<&Identity> {
        self.identities.get(*self.indexes.identity_by_merged_key.get(key)?)
    }

    pub(crate) fn grants_by_key(&self, key: &str) -> impl Iterator<Item = &Grant> {
        self.at_ordinals(self.indexes.grants_by_key.get(key))
    }

    pub(crate) fn grants_by_identity(&self, identity_id: Uuid) -> impl Iterator<Item = &Grant> {
        self.at_ordinals(self.indexes.grants_by_identity.get(&identity_id))
    }

    pub(crate) fn grants_by_reservation(&self, key: &str) -> impl Iterator<Item = &Grant> {
        self.at_ordinals(self.indexes.grants_by_reservation.get(key))
    }

    pub(crate) fn methods_by_code(&self, code: &str) -> impl Iterator<Item = &Method> {
        let ordinals = self.indexes.methods_by_code.get(code);
        ordinals.into_iter().flatten().filter_map(|&ordinal| self.methods.at(ordinal))
    }

    pub(crate) fn codes_on_device(&self, device_id: Uuid) -> u32 {
        self.indexes.codes_on_device.get(&device_id).copied().unwrap_or(0)
    }

    /// The first method whose next step is due, in order of time.
    pub(crate) fn next_due_method(&self, now: Timestamp) -> Option<(Timestamp, Uuid)> {
        self.indexes.methods_due.first().copied().filter(|&(due_at, _)| due_at <= now)
    }

    /// The first grant whose deletion is complete, in order of time.
    pub(crate) fn next_gone_grant(&self, now: Timestamp) -> Option<(Timestamp, Uuid)> {
        self.indexes.grants_going.first().copied().filter(|&(gone_at, _)| gone_at <= now)
    }

    /// All devices of a grant: those named and those of its spaces, sorted.
    pub(crate) fn devices_of(&self, grant: &Grant) -> BTreeSet<Uuid> {
        let of_spaces = grant.space_ids.iter().filter_map(|&id| self.spaces.get(id));
        of_spaces
            .flat_map(|space| space.device_ids.iter().copied())
            .chain(grant.device_ids.iter().copied())
            .collect()
    }

    /// All entrances of a grant: those named and those of its spaces, sorted.
    pub(crate) fn entrances_of(&self, grant: &Grant) -> BTreeSet<Uuid> {
        let of_spaces = grant.space_ids.iter().filter_map(|&id| self.spaces.get(id));
        of_spaces
            .flat_map(|space| space.entrance_ids.iter().copied())
            .chain(grant.entrance_ids.iter().copied())
            .collect()
    }

    pub(crate) fn image(&self) -> StateImage {
        StateImage {
            workspace: self.workspace.clone(),
            spaces: self.spaces.image(),
            devices: self.devices.image(),
            entrances: self.entrances.image(),
            systems: self.systems.image(),
            identities: self.identities.image(),
            grants: self.grants.image(),
            methods: self.methods.image(),
            events: self.events.clone(),
            minted: self.minted,
        }
    }

    pub(crate) fn from_image(image: StateImage) -> Self {
        let mut state = Self {
            workspace: image.workspace,
            spaces: Table::from_image(image.spaces),
            devices: Table::from_image(image.devices),
            entrances: Table::from_image(image.entrances),
            systems: Table::from_image(image.systems),
            identities: Table::from_image(image.identities),
            grants: Table::from_image(image.grants),
            methods: Table::from_image(image.methods),
            events: image.events,
            minted: image.minted,
            indexes: Indexes::default(),
        };
        state.spaces.rows_from(0).for_each(|(ordinal, space)| state.indexes.note_space(ordinal, space));
        state.identities.iter().for_each(|identity| state.indexes.note_identity(identity));
        state.grants.rows_from(0).for_each(|(ordinal, grant)| state.indexes.note_grant(ordinal, grant));
        state.methods.rows_from(0).for_each(|(ordinal, method)| state.indexes.note_method(ordinal, method));
        state
    }

    fn at_ordinals<'a>(&'a self, ordinals: Option<&'a BTreeSet<Ordinal>>) -> impl Iterator<Item = &'a Grant> {
        ordinals.into_iter().flatten().filter_map(|&ordinal| self.grants.at(ordinal))
    }

    fn put_space(&mut self, space: Space) {
        if let Some(before) = self.spaces.get(space.id) {
            let ordinal = self.spaces.ordinal(before.id).expect("a row that is found has an ordinal");
            self.indexes.forget_space(ordinal, before);
        }
        let id = space.id;
        let ordinal = self.spaces.put(space);
        let space = self.spaces.get(id).expect("the row was just put");
        self.indexes.note_space(ordinal, space);
    }

    fn put_identity(&mut self, identity: Identity) {
        if let Some(before) = self.identities.get(identity.id) {
            self.indexes.forget_identity(before);
        }
        self.indexes.note_identity(&identity);
        self.identities.put(identity);
    }

    fn put_grant(&mut self, grant: Grant) {
        if let Some(before) = self.grants.get(grant.id) {
            let ordinal = self.grants.ordinal(before.id).expect("a row that is found has an ordinal");
            self.indexes.forget_grant(ordinal, before);
        }
        let id = grant.id;
        let ordinal = self.grants.put(grant);
        let grant = self.grants.get(id).expect("the row was just put");
        self.indexes.note_grant(ordinal, grant);
    }

    fn put_method(&mut self, method: Method) {
        if let Some(before) = self.methods.get(method.id) {
            let ordinal = self.methods.ordinal(before.id).expect("a row that is found has an ordinal");
            self.indexes.forget_method(ordinal, before);
        }
        let id = method.id;
        let ordinal = self.methods.put(method);
        let method = self.methods.get(id).expect("the row was just put");
        self.indexes.note_method(ordinal, method);
    }
}

impl Indexes {
    fn note_space(&mut self, ordinal: Ordinal, space: &Space) {
        if let Some(key) = &space.key {
            self.space_by_key.insert(key.clone(), space.id);
        }
        for &door_id in space.device_ids.iter().chain(&space.entrance_ids) {
            self.spaces_of_door.entry(door_id).or_default().insert(ordinal);
        }
    }

    fn forget_space(&mut self, ordinal: Ordinal, space: &Space) {
        if let Some(key) = &space.key {
            self.space_by_key.remove(key);
        }
        for door_id in space.device_ids.iter().chain(&space.entrance_ids) {
            drop_from(&mut self.spaces_of_door, door_id, ordinal);
        }
    }

    fn note_identity(&mut self, identity: &Identity) {
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

    fn forget_identity(&mut self, identity: &Identity) {
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

    fn note_grant(&mut self, ordinal: Ordinal, grant: &Grant) {
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

    fn forget_grant(&mut self, ordinal: Ordinal, grant: &Grant) {
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

    fn note_method(&mut self, ordinal: Ordinal, method: &Method) {
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

    fn forget_method(&mut self, ordinal: Ordinal, method: &Method) {
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

fn drop_from<K: std::hash::Hash + Eq + Clone>(
    index: &mut HashMap<K, BTreeSet<Ordinal>>,
    key: &K,
    ordinal: Ordinal,
) {
    if let Some(ordinals) = index.get_mut(key) {
        ordinals.remove(&ordinal);
        if ordinals.is_empty() {
            index.remove(key);
        }
    }
}
