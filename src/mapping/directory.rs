//! The spaces and doors of a workspace, indexed: which doors a space has, and what they can do.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::model::{Door, DoorId, DoorRef, Inventory, MethodSet, SpaceId, SpaceKey};

/// The position of a space in the directory: small, cheap to copy, and only meaningful beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpaceRef(pub u32);

/// Some spaces, sorted. Most grants open a room and what all guests share, which takes no memory of its own.
pub type SpaceRefs = SmallVec<[SpaceRef; 4]>;

/// Some doors, sorted, in the same way.
pub type DoorRefs = SmallVec<[DoorRef; 4]>;

/// A space with its doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceEntry {
    /// Seam's id.
    pub id: SpaceId,
    /// Its key; the id where its owner gave none.
    pub key: SpaceKey,
    /// What people call it.
    pub name: String,
    /// Its doors, sorted.
    pub doors: Vec<DoorRef>,
    /// Those of its doors to which Seam's reservation rules apply, sorted.
    pub capable: Vec<DoorRef>,
    /// What at least one of its doors can be opened by.
    pub methods: MethodSet,
}

/// The spaces and doors of one workspace.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    doors: Vec<Door>,
    spaces: Vec<SpaceEntry>,
    by_key: HashMap<SpaceKey, SpaceRef>,
    by_id: HashMap<SpaceId, SpaceRef>,
}

impl Directory {
    /// Indexes what Seam listed.
    pub fn of(inventory: &Inventory) -> Self {
        let (doors, mut members) = doors_and_members(inventory);
        let mut directory = Self { doors, ..Self::default() };
        let mut spaces: Vec<_> = inventory.spaces.iter().collect();
        spaces.sort_by(|left, right| (&left.key, &left.id).cmp(&(&right.key, &right.id)));
        for space in spaces {
            let doors: Vec<DoorRef> = members.remove(&space.id).unwrap_or_default().into_iter().collect();
            let of_door = |door: &DoorRef| &directory.doors[door.0 as usize];
            let entry = SpaceEntry {
                id: space.id.clone(),
                key: space.key.clone().unwrap_or_else(|| SpaceKey::from(&space.id)),
                name: space.name.clone(),
                capable: doors.iter().copied().filter(|door| of_door(door).capable).collect(),
                methods: doors.iter().flat_map(|door| of_door(door).methods.iter().copied()).collect(),
                doors,
            };
            let position = SpaceRef(
                u32::try_from(directory.spaces.len()).expect("a workspace has fewer than 2^32 spaces"),
            );
            if space.key.is_some() {
                directory.by_key.insert(entry.key.clone(), position);
            }
            directory.by_id.insert(entry.id.clone(), position);
            directory.spaces.push(entry);
        }
        directory
    }

    /// The space of a key.
    pub fn by_key(&self, key: &SpaceKey) -> Option<SpaceRef> {
        self.by_key.get(key).copied()
    }

    /// The space of an id.
    pub fn by_id(&self, id: &SpaceId) -> Option<SpaceRef> {
        self.by_id.get(id).copied()
    }

    /// All spaces, in the order of their positions.
    pub fn spaces(&self) -> impl Iterator<Item = (SpaceRef, &SpaceEntry)> {
        (0..).map(SpaceRef).zip(&self.spaces)
    }

    /// What stands at a position.
    pub fn space(&self, space: SpaceRef) -> &SpaceEntry {
        &self.spaces[space.0 as usize]
    }

    /// What stands at a position.
    pub fn door(&self, door: DoorRef) -> &Door {
        &self.doors[door.0 as usize]
    }

    /// The same; `None` for the position of a space without doors, which stands behind all doors.
    pub fn real_door(&self, door: DoorRef) -> Option<&Door> {
        self.doors.get(door.0 as usize)
    }

    /// All doors, in the order of their positions.
    pub fn doors(&self) -> &[Door] {
        &self.doors
    }

    /// The positions of some doors, as far as the workspace has them.
    pub fn doors_by_id(&self, ids: &BTreeSet<DoorId>) -> impl Iterator<Item = DoorRef> {
        let doors = (0..).map(DoorRef).zip(&self.doors);
        doors.filter(|(_, door)| ids.contains(&door.id)).map(|(position, _)| position)
    }

    /// All keys, sorted.
    pub fn keys(&self) -> BTreeSet<&SpaceKey> {
        self.by_key.keys().collect()
    }

    /// The doors of several spaces, sorted.
    pub fn doors_of(&self, spaces: &[SpaceRef]) -> DoorRefs {
        self.gathered(spaces, |space| &space.doors)
    }

    /// The doors of several spaces to which Seam's reservation rules apply, sorted.
    pub fn capable_of(&self, spaces: &[SpaceRef]) -> DoorRefs {
        self.gathered(spaces, |space| &space.capable)
    }

    /// What at least one door of several spaces can be opened by.
    pub fn methods_of(&self, spaces: &[SpaceRef]) -> MethodSet {
        spaces.iter().flat_map(|space| self.space(*space).methods.iter().copied()).collect()
    }

    fn gathered(&self, spaces: &[SpaceRef], of: impl Fn(&SpaceEntry) -> &Vec<DoorRef>) -> DoorRefs {
        let mut doors: DoorRefs = spaces.iter().flat_map(|space| of(self.space(*space))).copied().collect();
        doors.sort_unstable();
        doors.dedup();
        doors
    }
}

type Members = HashMap<SpaceId, BTreeSet<DoorRef>>;

fn doors_and_members(inventory: &Inventory) -> (Vec<Door>, Members) {
    let mut sorted: BTreeMap<DoorId, (Door, &BTreeSet<SpaceId>)> = BTreeMap::new();
    for entrance in &inventory.entrances {
        let id = DoorId::Entrance(entrance.id.clone());
        let door = Door {
            id: id.clone(),
            name: entrance.name.clone(),
            methods: entrance.methods,
            capable: entrance.can_belong_to_reservation,
            max_active_codes: None,
        };
        sorted.insert(id, (door, &entrance.spaces));
    }
    for device in &inventory.devices {
        let id = DoorId::Device(device.id.clone());
        let door = Door {
            id: id.clone(),
            name: device.name.clone(),
            methods: device.methods,
            capable: false,
            max_active_codes: device.max_active_codes,
        };
        sorted.insert(id, (door, &device.spaces));
    }
    let mut doors = Vec::with_capacity(sorted.len());
    let mut members = Members::new();
    for (door, spaces) in sorted.into_values() {
        let position = DoorRef(u32::try_from(doors.len()).expect("a workspace has fewer than 2^32 doors"));
        for space in spaces {
            members.entry(space.clone()).or_default().insert(position);
        }
        doors.push(door);
    }
    (doors, members)
}
