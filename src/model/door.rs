//! Doors: entrances of access systems and devices such as smart locks, with what they can do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::method_set::MethodSet;
use super::seam_id::{DeviceId, EntranceId, SpaceId};

/// An entrance of an access system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Seam's id.
    pub id: EntranceId,
    /// What people call it.
    pub name: String,
    /// The spaces it belongs to.
    pub spaces: BTreeSet<SpaceId>,
    /// What opens it.
    pub methods: MethodSet,
    /// Whether Seam's reservation rules hold here (SEAM.md §6.9).
    pub can_belong_to_reservation: bool,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Seam's id.
    pub id: DeviceId,
    /// What people call it.
    pub name: String,
    /// The spaces it belongs to.
    pub spaces: BTreeSet<SpaceId>,
    /// What opens it.
    pub methods: MethodSet,
    /// How many codes it holds, where it says so.
    pub max_active_codes: Option<u32>,
}

/// The id of either kind of door; entrances sort before devices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoorId {
    /// An entrance.
    Entrance(EntranceId),
    /// A device.
    Device(DeviceId),
}

/// Either kind of door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// Which.
    pub id: DoorId,
    /// What people call it.
    pub name: String,
    /// What opens it.
    pub methods: MethodSet,
    /// Whether Seam's reservation rules hold here.
    pub capable: bool,
    /// How many codes it holds, where it says so.
    pub max_active_codes: Option<u32>,
}

/// The position of a door in the directory: small, cheap to copy, and only meaningful beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DoorRef(pub u32);
