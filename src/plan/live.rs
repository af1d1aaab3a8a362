//! The live grants of a workspace, indexed for planning: ours by reservation, everybody's by Seam reservation key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::mapping::{ByReservation, Directory, SpaceRef, in_order_of_keys};
use crate::model::{
    AccessGrantId, AccessGrantKey, DoorRef, GrantKeyParts, Identity, Inventory, LiveGrant, Namespace,
    ReservationId, SeamReservationKey, SharedSet, SpaceId, UserIdentityId, UserIdentityKey,
};

/// A live grant of ours, with what its key says.
#[derive(Debug, Clone)]
pub(super) struct Owned<'a> {
    pub(super) grant: &'a LiveGrant,
    pub(super) key: &'a AccessGrantKey,
    pub(super) parts: GrantKeyParts,
    /// Its spaces, sorted; `None` where one of them is no longer in the workspace.
    pub(super) spaces: Option<Arc<[SpaceRef]>>,
    /// Its doors to which the reservation rules apply, sorted.
    pub(super) capable: Arc<[DoorRef]>,
    /// Whether the person behind it is the guest that its key names.
    pub(super) right_person: bool,
}

impl Owned<'_> {
    /// The reservation that its key names.
    pub(super) fn reservation(&self) -> ReservationId {
        ReservationId { property: self.parts.property.clone(), key: self.parts.reservation.clone() }
    }
}

/// What uses one Seam reservation key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeyUsers {
    /// Grants of our namespace.
    pub(super) ours: usize,
    /// Grants outside our namespace.
    pub(super) foreign: usize,
}

/// The last start at a door, and the last one of any other reservation than that.
#[derive(Debug, Default)]
struct LatestStarts {
    last: Option<(Timestamp, ReservationId)>,
    other: Option<Timestamp>,
}

impl LatestStarts {
    fn note(&mut self, starts_at: Timestamp, id: &ReservationId) {
        match &mut self.last {
            Some((last, of)) if of == id => *last = starts_at.max(*last),
            Some((last, _)) if *last >= starts_at => self.other = self.other.max(Some(starts_at)),
            last => {
                let before = last.replace((starts_at, id.clone()));
                self.other = self.other.max(before.map(|(at, _)| at));
            }
        }
    }

    fn of_others(&self, id: &ReservationId) -> Option<Timestamp> {
        self.last.as_ref().and_then(|(last, of)| if of == id { self.other } else { Some(*last) })
    }
}

/// What a set of spaces is in the workspace; a hundred thousand grants open a few hundred.
#[derive(Debug, Clone)]
struct Opened {
    spaces: Option<Arc<[SpaceRef]>>,
    capable: Arc<[DoorRef]>,
}

impl Opened {
    fn by(spaces: &SharedSet<SpaceId>, directory: &Directory) -> Self {
        let mut known: Vec<SpaceRef> = spaces.iter().filter_map(|space| directory.by_id(space)).collect();
        known.sort_unstable();
        let capable = directory.capable_of(&known).as_slice().into();
        Self { spaces: (known.len() == spaces.len()).then(|| known.into()), capable }
    }
}

/// The index.
#[derive(Debug)]
pub(super) struct Live<'a> {
    pub(super) owned: Vec<Owned<'a>>,
    by_reservation: ByReservation,
    by_seam_key: HashMap<&'a SeamReservationKey, KeyUsers>,
    latest_starts: HashMap<DoorRef, LatestStarts>,
    /// Every key that Seam listed, sorted: that of an ended grant may still be in use.
    taken: Vec<&'a AccessGrantKey>,
    identities: HashMap<&'a UserIdentityId, &'a Identity>,
}

impl<'a> Live<'a> {
    pub(super) fn of(
        inventory: &'a Inventory,
        directory: &Directory,
        namespace: &Namespace,
        joinable: &BTreeMap<&AccessGrantId, ReservationId>,
        now: Timestamp,
    ) -> Self {
        let keyed = in_order_of_keys(inventory.grants.iter());
        let mut live = Self {
            owned: Vec::with_capacity(keyed.len()),
            by_reservation: ByReservation::default(),
            by_seam_key: HashMap::new(),
            latest_starts: HashMap::new(),
            taken: keyed.iter().map(|(key, _)| *key).collect(),
            identities: inventory.identities.iter().map(|identity| (&identity.id, identity)).collect(),
        };
        // What is taken over and can share its key with what takes its place is in nobody's way.
        let counts = |grant: &LiveGrant| grant.is_live(now) && !joinable.contains_key(&grant.id);
        let mut opened: HashMap<&SharedSet<SpaceId>, Opened> = HashMap::new();
        for (key, grant) in keyed.into_iter().filter(|(_, grant)| counts(grant)) {
            let parts = GrantKeyParts::parse(namespace, key);
            if let Some(seam_key) = &grant.reservation_key {
                let KeyUsers { ours, foreign } = live.by_seam_key.entry(seam_key).or_default();
                *if parts.is_some() { ours } else { foreign } += 1;
            }
            let Some(parts) = parts else { continue };
            let opened = opened.entry(&grant.spaces).or_insert_with(|| Opened::by(&grant.spaces, directory));
            live.add(grant, key, parts, opened.clone(), namespace);
        }
        for grant in inventory.grants.iter().filter(|grant| grant.key.is_none() && counts(grant)) {
            if let Some(seam_key) = &grant.reservation_key {
                live.by_seam_key.entry(seam_key).or_default().foreign += 1;
            }
        }
        live
    }

    fn add(
        &mut self,
        grant: &'a LiveGrant,
        key: &'a AccessGrantKey,
        parts: GrantKeyParts,
        Opened { spaces, capable }: Opened,
        namespace: &Namespace,
    ) {
        let is_of_guest = |key: &UserIdentityKey| namespace.is_identity_of(key, &parts.guest);
        let right_person = self.identities.get(&grant.identity).is_none_or(|identity| {
            identity.key.as_ref().is_some_and(is_of_guest) || identity.merged_keys.iter().any(is_of_guest)
        });
        let owned = Owned { grant, key, parts, spaces, capable, right_person };
        let id = owned.reservation();
        for door in owned.capable.iter() {
            self.latest_starts.entry(*door).or_default().note(grant.window.starts_at, &id);
        }
        self.by_reservation.note(id, self.owned.len());
        self.owned.push(owned);
    }

    /// Positions of our grants of a reservation.
    pub(super) fn of_reservation(&self, id: &ReservationId) -> Range<usize> {
        self.by_reservation.of(id)
    }

    /// Who uses a Seam reservation key.
    pub(super) fn users(&self, key: &SeamReservationKey) -> Option<&KeyUsers> {
        self.by_seam_key.get(key)
    }

    /// Whether our live grants know the reservation key under another property.
    pub(super) fn used_by_other_property(&self, id: &ReservationId) -> bool {
        self.by_reservation.is_used_elsewhere(id)
    }

    /// Whether a grant of another reservation at that door begins after an instant (RULES 30).
    pub(super) fn later_at(&self, door: DoorRef, than: Timestamp, id: &ReservationId) -> bool {
        self.latest_starts.get(&door).is_some_and(|latest| latest.of_others(id).is_some_and(|at| at > than))
    }

    /// The first key of those parts that neither Seam nor this plan has given to another grant (RULES 1).
    pub(super) fn free_key(
        &self,
        mut parts: GrantKeyParts,
        namespace: &Namespace,
        is_given: impl Fn(&AccessGrantKey) -> bool,
    ) -> AccessGrantKey {
        loop {
            let key = parts.key(namespace);
            if !is_given(&key) && self.taken.binary_search(&&key).is_err() {
                return key;
            }
            parts.ordinal += 1;
        }
    }

    /// The person of an id.
    pub(super) fn identity(&self, id: &UserIdentityId) -> Option<&'a Identity> {
        self.identities.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(starts: &[(i64, &str)], of: &str, expected: Option<i64>) {
        let id = |key: &str| ReservationId { property: "".into(), key: key.into() };
        let at = |second| Timestamp::from_second(second).expect("a small number");
        let mut latest = LatestStarts::default();
        for (second, key) in starts {
            latest.note(at(*second), &id(key));
        }
        assert_eq!(latest.of_others(&id(of)), expected.map(at), "{starts:?} seen by {of}");
    }

    #[test]
    fn the_last_start_at_a_door_leaves_out_the_reservation_that_asks() {
        check(&[], "A", None);
        check(&[(3, "A")], "A", None);
        check(&[(3, "A")], "B", Some(3));
        check(&[(3, "A"), (5, "B"), (4, "A")], "B", Some(4));
        check(&[(5, "B"), (3, "A"), (7, "B")], "A", Some(7));
        check(&[(5, "A"), (3, "B"), (6, "B"), (2, "C")], "B", Some(5));
    }
}
