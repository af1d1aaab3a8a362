//! What Seam already knows of our guests and stays, as far as the mapping needs it.

use std::collections::BTreeMap;

use ecow::EcoString;
use hashbrown::HashMap;
use jiff::Timestamp;

use super::by_reservation::{ByReservation, in_order_of_keys};
use crate::model::{GrantKeyParts, GuestKey, Inventory, LiveGrant, Namespace, ReservationId};
use crate::side_by_side::both;

/// Guests and stays of our namespace that Seam holds.
#[derive(Debug, Clone, Default)]
pub struct Known {
    numbered: HashMap<String, BTreeMap<u32, EcoString>>,
    granted: Vec<GrantedStay>,
    by_reservation: ByReservation,
}

/// What one live grant of ours gives.
#[derive(Debug, Clone)]
pub(super) struct GrantedStay {
    pub(super) guest: GuestKey,
}

impl Known {
    /// Picks what matters from an inventory.
    pub fn of(inventory: &Inventory, namespace: &Namespace, now: Timestamp) -> Self {
        let (numbered, known) =
            both(|| numbered(inventory, namespace), || Self::granted(inventory, namespace, now));
        Self { numbered, ..known }
    }

    fn granted(inventory: &Inventory, namespace: &Namespace, now: Timestamp) -> Self {
        let mut known = Self::default();
        let is_ours = |grant: &&LiveGrant| {
            grant.is_live(now) && grant.key.as_ref().is_some_and(|key| namespace.owns(key))
        };
        let ours = in_order_of_keys(inventory.grants.iter().filter(is_ours));
        known.granted.reserve_exact(ours.len());
        for (key, _) in ours {
            let Some(parts) = GrantKeyParts::parse(namespace, key) else { continue };
            let GrantKeyParts { property, reservation, guest, door_set: _, ordinal: _ } = parts;
            known.by_reservation.note(ReservationId { property, key: reservation }, known.granted.len());
            known.granted.push(GrantedStay { guest });
        }
        known
    }

    /// The numbered guests of a reservation that exist: number and name.
    pub(super) fn numbered(&self, base: &str) -> BTreeMap<u32, EcoString> {
        self.numbered.get(base).cloned().unwrap_or_default()
    }

    /// The live grants of the reservation.
    pub(super) fn stays_of(&self, id: &ReservationId) -> &[GrantedStay] {
        &self.granted[self.by_reservation.of(id)]
    }

    /// Guests that have a live grant of the reservation.
    pub(super) fn guests_of(&self, id: &ReservationId) -> impl Iterator<Item = &GuestKey> {
        self.stays_of(id).iter().map(|stay| &stay.guest)
    }

    /// Whether another property has live grants under that reservation key.
    pub(super) fn is_used_elsewhere(&self, id: &ReservationId) -> bool {
        self.by_reservation.is_used_elsewhere(id)
    }
}

fn numbered(inventory: &Inventory, namespace: &Namespace) -> HashMap<String, BTreeMap<u32, EcoString>> {
    let mut numbered: HashMap<String, BTreeMap<u32, EcoString>> = HashMap::new();
    for identity in &inventory.identities {
        for key in identity.key.iter().chain(&identity.merged_keys) {
            let guest = namespace.guest_of(key);
            if let Some((base, n)) = guest.as_ref().and_then(|guest| split_number(guest.as_str())) {
                let name = identity.full_name.clone().unwrap_or_default();
                numbered.entry_ref(base).or_default().insert(n, name);
            }
        }
    }
    numbered
}

/// `R1/2` into `R1` and 2.
pub(super) fn split_number(guest: &str) -> Option<(&str, u32)> {
    let (base, n) = guest.rsplit_once('/')?;
    let n: u32 = n.parse().ok().filter(|n| *n > 0)?;
    (!base.is_empty()).then_some((base, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbered_guest_is_a_reservation_and_a_number_from_one() {
        let check = |guest, expected| assert_eq!(split_number(guest), expected, "{guest}");
        check("R1/2", Some(("R1", 2)));
        check("LIS/R1/12", Some(("LIS/R1", 12)));
        for other in ["R1", "R1/0", "R1/x", "/1", "R1/-1", "R1/"] {
            check(other, None);
        }
    }
}
