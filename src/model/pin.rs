//! A reservation that is kept as it was, because a run was undone, until its source says something else (RULES 35).

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::method_set::MethodSet;
use super::name::{GuestKey, PropertyCode, ReservationKey, RunId, SpaceKey};
use super::reservation::{Fingerprint, ReservationId};
use super::shared_set::SharedSet;
use super::time::Window;

/// What is kept of one reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The property; empty where there is one.
    pub property: PropertyCode,
    /// The reservation in the source.
    pub reservation_key: ReservationKey,
    /// The run that was undone.
    pub run_id: RunId,
    /// A hash of what the source said of it then.
    pub source: Fingerprint,
    /// Its grants, all of them.
    pub grants: Vec<PinnedGrant>,
}

/// A grant of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedGrant {
    /// For whom.
    pub guest: GuestKey,
    /// Their name then.
    pub full_name: Option<EcoString>,
    /// Where.
    pub space_keys: SharedSet<SpaceKey>,
    /// When.
    pub window: Window,
    /// How.
    pub methods: MethodSet,
}

impl Pin {
    /// Which reservation.
    pub fn id(&self) -> ReservationId {
        ReservationId { property: self.property.clone(), key: self.reservation_key.clone() }
    }
}
