//! What Seam and the record know of our guests and stays, as far as the mapping needs it.

use std::collections::BTreeMap;

use ecow::EcoString;
use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use jiff::civil::Date;

use super::by_reservation::{ByReservation, in_order_of_keys};
use super::guest_keys::split_number;
use crate::model::{
    AccessGrantKey, Coverage, GrantKeyParts, GuestKey, Identity, Inventory, Ledger, LiveGrant, Namespace,
    ReservationId, SpaceId, Wanted, Window,
};
use crate::side_by_side::both;

/// Guests and stays of our namespace, and what may be concluded from the rows of a read.
#[derive(Debug, Clone, Default)]
pub struct Known<'a> {
    people: OurIdentities<'a>,
    granted: Vec<KnownStay<'a>>,
    by_reservation: ByReservation,
    /// Stays without a live grant: ended ones, and those that only the record has.
    others: HashMap<ReservationId, Vec<KnownStay<'a>>>,
    recorded: Option<&'a BTreeMap<AccessGrantKey, Wanted>>,
    /// The last day on which the source had a status that says checked in.
    pub(super) last_checked_in_status: Option<Date>,
    pub(super) listing: RowListing,
}

/// What the rows of a read say of guests that they do not list (RULES 5, 21).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowListing {
    /// The source lists every stay of its range.
    pub(super) is_complete: bool,
    /// The rows of a reservation list its guests completely.
    pub(super) is_whole: bool,
    /// The source was seen to list two guests of one reservation.
    pub(super) has_several_guests: bool,
}

/// One stay of a guest that is known.
#[derive(Debug, Clone)]
pub(super) struct KnownStay<'a> {
    pub(super) guest: GuestKey,
    key: &'a AccessGrantKey,
    by: KnownBy<'a>,
}

/// By what a stay is known.
#[derive(Debug, Clone, Copy)]
enum KnownBy<'a> {
    Live(&'a LiveGrant),
    Ended(&'a LiveGrant),
    /// Its grant is gone, and it is not over.
    Recorded(&'a Wanted),
}

impl KnownStay<'_> {
    /// The spaces that its grant opens; none where only the record knows it.
    pub(super) fn spaces(&self) -> impl Iterator<Item = &SpaceId> {
        let grant = match self.by {
            KnownBy::Live(grant) | KnownBy::Ended(grant) => Some(grant),
            KnownBy::Recorded(_) => None,
        };
        grant.into_iter().flat_map(|grant| &grant.spaces)
    }

    pub(super) fn window(&self) -> Window {
        match self.by {
            KnownBy::Live(grant) | KnownBy::Ended(grant) => grant.window,
            KnownBy::Recorded(wanted) => wanted.window(),
        }
    }

    /// Whether it has a live grant that was made for one of these sets of spaces, by their hashes.
    pub(super) fn is_made_for(&self, door_sets: &[EcoString], namespace: &Namespace) -> bool {
        matches!(self.by, KnownBy::Live(_))
            && GrantKeyParts::parse(namespace, self.key).is_some_and(|key| door_sets.contains(&key.door_set))
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.by, KnownBy::Ended(_))
    }
}

impl<'a> Known<'a> {
    /// Picks what matters from an inventory. Nothing is concluded from what a read does not list.
    pub fn of(inventory: &'a Inventory, namespace: &Namespace, now: Timestamp) -> Self {
        let (people, known) =
            both(|| OurIdentities::of(inventory, namespace), || Self::granted(inventory, namespace, now));
        Self { people, ..known }
    }

    fn granted(inventory: &'a Inventory, namespace: &Namespace, now: Timestamp) -> Self {
        let mut known = Self::default();
        let is_ours = |grant: &&LiveGrant| {
            grant.is_live(now) && grant.key.as_ref().is_some_and(|key| namespace.owns(key))
        };
        let ours = in_order_of_keys(inventory.grants.iter().filter(is_ours));
        known.granted.reserve_exact(ours.len());
        for (key, grant) in ours {
            let Some((id, guest)) = reservation_and_guest(namespace, key) else { continue };
            known.by_reservation.note(id, known.granted.len());
            known.granted.push(KnownStay { guest, key, by: KnownBy::Live(grant) });
        }
        for grant in inventory.grants.iter().filter(|grant| !grant.is_live(now)) {
            let Some(key) = &grant.key else { continue };
            // A numbered guest is known by the identity.
            let parts = reservation_and_guest(namespace, key);
            if let Some((id, guest)) = parts.filter(|(_, guest)| namespace.is_unnumbered(guest)) {
                let stay = KnownStay { guest, key, by: KnownBy::Ended(grant) };
                known.others.entry(id).or_default().push(stay);
            }
        }
        known
    }

    /// Adds what earlier runs recorded, and what this read lists completely.
    #[must_use]
    pub fn remembering(
        mut self,
        ledger: &'a Ledger,
        namespace: &Namespace,
        (coverage, whole_reservations): (Coverage, bool),
        now: Timestamp,
    ) -> Self {
        let granted: HashSet<&AccessGrantKey> = self.granted.iter().map(|stay| stay.key).collect();
        let lost = ledger.desired.iter().filter(|(key, wanted)| {
            !wanted.window().ended(now) && !granted.contains(*key) && namespace.owns(key)
        });
        for (key, wanted) in lost {
            let Some((id, guest)) = reservation_and_guest(namespace, key) else { continue };
            let stay = KnownStay { guest, key, by: KnownBy::Recorded(wanted) };
            self.others.entry(id).or_default().push(stay);
        }
        self.recorded = Some(&ledger.desired);
        self.last_checked_in_status = ledger.last_checked_in_status;
        self.listing = RowListing {
            is_complete: coverage == Coverage::Complete,
            is_whole: coverage == Coverage::Complete || whole_reservations,
            has_several_guests: ledger.lists_several_guests,
        };
        self
    }

    /// The identity of a guest.
    pub(super) fn identity(&self, guest: &GuestKey) -> Option<&'a Identity> {
        match split_number(guest.as_str()) {
            Some((base, n)) => {
                self.numbered(base).iter().find(|(number, _)| *number == n).map(|(_, who)| *who)
            }
            None => self.people.keyed.get(guest).copied(),
        }
    }

    /// The numbered guests of a reservation that exist.
    pub(super) fn numbered(&self, base: &str) -> &[(u32, &'a Identity)] {
        self.people.numbered.get(base).map_or(&[], Vec::as_slice)
    }

    /// All stays of the reservation that are known, those with a live grant first.
    pub(super) fn stays_of(&self, id: &ReservationId) -> impl Iterator<Item = &KnownStay<'a>> {
        let others = self.others.get(id).map_or(&[][..], Vec::as_slice);
        self.granted[self.by_reservation.of(id)].iter().chain(others)
    }

    /// Guests that have a live grant of the reservation.
    pub(super) fn guests_of(&self, id: &ReservationId) -> impl Iterator<Item = &GuestKey> {
        self.granted[self.by_reservation.of(id)].iter().map(|stay| &stay.guest)
    }

    /// Whether another property has live grants under that reservation key.
    pub(super) fn is_used_elsewhere(&self, id: &ReservationId) -> bool {
        self.by_reservation.is_used_elsewhere(id)
    }

    /// Whether this store recorded a stay.
    pub(super) fn is_recorded(&self, stay: &KnownStay<'_>) -> bool {
        self.recorded.is_some_and(|recorded| recorded.contains_key(stay.key))
    }

    /// Whether the row of a stay said that the guest is checked in when it was last recorded.
    pub(super) fn was_checked_in(&self, stay: &KnownStay<'_>) -> bool {
        let recorded = self.recorded.and_then(|recorded| recorded.get(stay.key));
        recorded.is_some_and(Wanted::was_checked_in)
    }
}

fn reservation_and_guest(namespace: &Namespace, key: &AccessGrantKey) -> Option<(ReservationId, GuestKey)> {
    let GrantKeyParts { property, reservation, guest, door_set: _, ordinal: _ } =
        GrantKeyParts::parse(namespace, key)?;
    Some((ReservationId { property, key: reservation }, guest))
}

/// Our identities, by the guest.
#[derive(Debug, Clone, Default)]
struct OurIdentities<'a> {
    numbered: HashMap<String, Vec<(u32, &'a Identity)>>,
    keyed: HashMap<GuestKey, &'a Identity>,
}

impl<'a> OurIdentities<'a> {
    fn of(inventory: &'a Inventory, namespace: &Namespace) -> Self {
        let mut people = Self::default();
        for identity in &inventory.identities {
            for key in identity.merged_keys.iter().chain(&identity.key) {
                let Some(guest) = namespace.guest_of(key) else { continue };
                match split_number(guest.as_str()) {
                    Some((base, n)) => people.numbered.entry_ref(base).or_default().push((n, identity)),
                    None => drop(people.keyed.insert(guest, identity)),
                }
            }
        }
        people
    }
}
