//! The live grants of a workspace, indexed for planning: ours by reservation, everybody's by Seam reservation key.

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use crate::mapping::{Directory, SpaceRef};
use crate::model::{
    AccessGrantId, AccessGrantKey, DoorRef, GrantKeyParts, Identity, Inventory, LiveGrant, Namespace,
    PropertyCode, ReservationId, ReservationKey, SeamReservationKey, UserIdentityId,
};

/// A live grant of ours, with what its key says.
#[derive(Debug, Clone)]
pub(super) struct Owned<'a> {
    pub(super) grant: &'a LiveGrant,
    pub(super) key: &'a AccessGrantKey,
    pub(super) parts: GrantKeyParts,
    /// Its spaces, sorted; `None` where one of them is no longer in the workspace.
    pub(super) spaces: Option<Vec<SpaceRef>>,
    /// Its doors to which the reservation rules apply, sorted.
    pub(super) capable: Vec<DoorRef>,
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
#[derive(Debug, Clone, Default)]
pub(super) struct KeyUsers {
    /// Positions in [`Live::owned`].
    pub(super) ours: Vec<usize>,
    /// Grants outside our namespace.
    pub(super) foreign: usize,
}

/// The properties that use one reservation key.
#[derive(Debug)]
struct Properties {
    first: PropertyCode,
    are_several: bool,
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

/// The index.
#[derive(Debug)]
pub(super) struct Live<'a> {
    pub(super) owned: Vec<Owned<'a>>,
    by_reservation: HashMap<ReservationId, Range<usize>>,
    by_seam_key: HashMap<SeamReservationKey, KeyUsers>,
    properties: HashMap<ReservationKey, Properties>,
    latest_starts: HashMap<DoorRef, LatestStarts>,
    taken: HashSet<AccessGrantKey>,
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
        let identities: HashMap<_, _> = inventory.identities.iter().map(|i| (&i.id, i)).collect();
        let mut live = Self {
            owned: Vec::with_capacity(inventory.grants.len()),
            by_reservation: HashMap::new(),
            by_seam_key: HashMap::new(),
            properties: HashMap::new(),
            latest_starts: HashMap::new(),
            // Seam may keep the key of an ended grant in use, so every listed key counts as taken.
            taken: inventory.grants.iter().filter_map(|grant| grant.key.clone()).collect(),
            identities,
        };
        // Positions follow the keys, so that the order in which Seam lists grants decides nothing.
        let mut grants: Vec<&LiveGrant> =
            inventory.grants.iter().filter(|grant| grant.is_live(now)).collect();
        // What is taken over and can share its key with what takes its place is in nobody's way.
        grants.retain(|grant| !joinable.contains_key(&grant.id));
        grants.sort_by(|left, right| (&left.key, &left.id).cmp(&(&right.key, &right.id)));
        for grant in grants {
            let parts = grant
                .key
                .as_ref()
                .and_then(|key| GrantKeyParts::parse(namespace, key).map(|parts| (key, parts)));
            let users =
                grant.reservation_key.as_ref().map(|key| live.by_seam_key.entry(key.clone()).or_default());
            let Some((key, parts)) = parts else {
                if let Some(users) = users {
                    users.foreign += 1;
                }
                continue;
            };
            let position = live.owned.len();
            if let Some(users) = users {
                users.ours.push(position);
            }
            live.add(grant, key, parts, directory, namespace);
        }
        live
    }

    fn add(
        &mut self,
        grant: &'a LiveGrant,
        key: &'a AccessGrantKey,
        parts: GrantKeyParts,
        directory: &Directory,
        namespace: &Namespace,
    ) {
        let position = self.owned.len();
        let known: Vec<SpaceRef> = grant.spaces.iter().filter_map(|space| directory.by_id(space)).collect();
        let capable = directory.capable_of(&known);
        let spaces = (known.len() == grant.spaces.len()).then(|| {
            let mut spaces = known;
            spaces.sort_unstable();
            spaces
        });
        let wanted = namespace.identity_key(&parts.guest);
        let right_person = self.identities.get(&grant.identity).is_none_or(|identity| {
            identity.key.as_ref() == Some(&wanted) || identity.merged_keys.contains(&wanted)
        });
        let owned = Owned { grant, key, parts, spaces, capable, right_person };
        let id = owned.reservation();
        for door in &owned.capable {
            self.latest_starts.entry(*door).or_default().note(grant.window.starts_at, &id);
        }
        let properties = self
            .properties
            .entry_ref(&id.key)
            .or_insert_with(|| Properties { first: id.property.clone(), are_several: false });
        properties.are_several |= properties.first != id.property;
        // Keys of one reservation begin alike, so that its grants stand side by side.
        self.by_reservation.entry(id).or_insert(position..position).end = position + 1;
        self.owned.push(owned);
    }

    /// Positions of our grants of a reservation.
    pub(super) fn of_reservation(&self, id: &ReservationId) -> Range<usize> {
        self.by_reservation.get(id).cloned().unwrap_or_default()
    }

    /// Who uses a Seam reservation key.
    pub(super) fn users(&self, key: &SeamReservationKey) -> Option<&KeyUsers> {
        self.by_seam_key.get(key)
    }

    /// Whether our live grants know the reservation key under another property.
    pub(super) fn used_by_other_property(&self, id: &ReservationId) -> bool {
        self.properties.get(&id.key).is_some_and(|p| p.are_several || p.first != id.property)
    }

    /// Whether a grant of another reservation at that door begins after an instant (RULES 21).
    pub(super) fn later_at(&self, door: DoorRef, than: Timestamp, id: &ReservationId) -> bool {
        self.latest_starts.get(&door).is_some_and(|latest| latest.of_others(id).is_some_and(|at| at > than))
    }

    /// Gives the first free key of those parts, and keeps it from being given again (RULES 1).
    pub(super) fn take_key(&mut self, mut parts: GrantKeyParts, namespace: &Namespace) -> AccessGrantKey {
        loop {
            let key = parts.key(namespace);
            if self.taken.insert(key.clone()) {
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
