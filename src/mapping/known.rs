//! What Seam already knows of our guests and stays, as far as the mapping needs it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::model::{
    GrantKeyParts, GuestKey, Inventory, Namespace, PropertyCode, ReservationId, ReservationKey, SharedSet,
    SpaceId, Window,
};

/// Guests and stays of our namespace that Seam holds.
#[derive(Debug, Clone, Default)]
pub struct Known {
    numbered: HashMap<String, BTreeMap<u32, String>>,
    granted: HashMap<ReservationId, Vec<GrantedStay>>,
    properties: HashMap<ReservationKey, Vec<PropertyCode>>,
}

#[derive(Debug, Clone)]
struct GrantedStay {
    guest: GuestKey,
    spaces: SharedSet<SpaceId>,
    window: Window,
}

impl Known {
    /// Picks what matters from an inventory.
    pub fn of(inventory: &Inventory, namespace: &Namespace, now: Timestamp) -> Self {
        let n_grants = inventory.grants.len();
        let mut known = Self {
            numbered: HashMap::new(),
            granted: HashMap::with_capacity(n_grants / 2),
            properties: HashMap::with_capacity(n_grants / 2),
        };
        for identity in &inventory.identities {
            for key in identity.key.iter().chain(&identity.merged_keys) {
                let Some(guest) = namespace.guest_of(key) else { continue };
                if let Some((base, n)) = split_number(guest.as_str()) {
                    let name = identity.full_name.clone().unwrap_or_default();
                    known.numbered.entry(base.to_owned()).or_default().insert(n, name);
                }
            }
        }
        for grant in inventory.grants.iter().filter(|grant| grant.is_live(now)) {
            let Some(parts) = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(namespace, key)) else {
                continue;
            };
            let properties = known.properties.entry(parts.reservation.clone()).or_default();
            if !properties.contains(&parts.property) {
                // Almost every key belongs to one property, and most reservations have one or two grants.
                properties.reserve_exact(1);
                properties.push(parts.property.clone());
            }
            let id = ReservationId { property: parts.property, key: parts.reservation };
            let granted = known.granted.entry(id).or_default();
            if granted.len() < 4 {
                granted.reserve_exact(1);
            }
            granted.push(GrantedStay {
                guest: parts.guest,
                spaces: grant.spaces.clone(),
                window: grant.window,
            });
        }
        known
    }

    /// The numbered guests of a reservation that exist: number and name.
    pub(super) fn numbered(&self, base: &str) -> BTreeMap<u32, String> {
        self.numbered.get(base).cloned().unwrap_or_default()
    }

    /// Guests that have a live grant of the reservation.
    pub(super) fn guests_of(&self, id: &ReservationId) -> impl Iterator<Item = &GuestKey> {
        self.granted.get(id).into_iter().flatten().map(|stay| &stay.guest)
    }

    /// Whether the reservation has a live grant on the space in that time.
    pub(super) fn holds(&self, id: &ReservationId, space: &SpaceId, time: &Window) -> bool {
        let stays = self.granted.get(id).map_or(&[][..], Vec::as_slice);
        stays.iter().any(|stay| stay.window.overlaps(time) && stay.spaces.contains(space))
    }

    /// The properties that have live grants under a reservation key.
    pub fn properties_of(&self, key: &ReservationKey) -> &[PropertyCode] {
        self.properties.get(key).map_or(&[], Vec::as_slice)
    }
}

/// `R1/2` into `R1` and 2.
pub(super) fn split_number(guest: &str) -> Option<(&str, u32)> {
    let (base, n) = guest.rsplit_once('/')?;
    let n: u32 = n.parse().ok().filter(|n| *n > 0)?;
    (!base.is_empty()).then_some((base, n))
}
