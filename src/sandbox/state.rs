//! The whole workspace in memory, with its indexes. It changes only by [`State::apply`], so that
//! the journal of [`Change`]s is enough to build it again.
//!
//! Nothing here decides: rules live in `rules`, answers in `routes`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::indexes::Indexes;
use super::record::{Device, Entrance, Event, Grant, Identity, Method, Record, Space, System, Workspace};
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
