//! The live grants of a workspace, indexed for planning: ours by reservation, everybody's by Seam reservation key.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::mapping::{Directory, SpaceRef};
use crate::model::{
    AccessGrantKey, DoorRef, GrantKeyParts, Identity, Inventory, LiveGrant, Namespace, PropertyCode,
    ReservationId, ReservationKey, SeamReservationKey, UserIdentityId,
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

/// What uses one Seam reservation key.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyUsers {
    /// Positions in [`Live::owned`].
    pub(super) ours: Vec<usize>,
    /// Grants outside our namespace.
    pub(super) foreign: usize,
}

/// The index.
#[derive(Debug)]
pub(super) struct Live<'a> {
    pub(super) owned: Vec<Owned<'a>>,
    by_reservation: HashMap<ReservationId, Vec<usize>>,
    by_seam_key: HashMap<SeamReservationKey, KeyUsers>,
    properties: HashMap<ReservationKey, BTreeSet<PropertyCode>>,
    /// The latest first.
    latest_start: HashMap<DoorRef, Vec<(Timestamp, usize)>>,
    taken: HashSet<AccessGrantKey>,
    identities: HashMap<&'a UserIdentityId, &'a Identity>,
}

impl<'a> Live<'a> {
    pub(super) fn of(
        inventory: &'a Inventory,
        directory: &Directory,
        namespace: &Namespace,
        now: Timestamp,
    ) -> Self {
        let identities: HashMap<_, _> = inventory.identities.iter().map(|i| (&i.id, i)).collect();
        let n_grants = inventory.grants.len();
        let mut live = Self {
            owned: Vec::with_capacity(n_grants),
            by_reservation: HashMap::with_capacity(n_grants / 2),
            by_seam_key: HashMap::with_capacity(n_grants / 2),
            properties: HashMap::with_capacity(n_grants / 2),
            latest_start: HashMap::new(),
            // Seam may keep the key of an ended grant in use, so every listed key counts as taken.
            taken: HashSet::with_capacity(n_grants),
            identities,
        };
        live.taken.extend(inventory.grants.iter().filter_map(|grant| grant.key.clone()));
        // Positions follow the keys, so that the order in which Seam lists grants decides nothing.
        let mut grants: Vec<&LiveGrant> =
            inventory.grants.iter().filter(|grant| grant.is_live(now)).collect();
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
        for starts in live.latest_start.values_mut() {
            starts.sort_unstable_by(|left, right| right.cmp(left));
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
        for door in &capable {
            self.latest_start.entry(*door).or_default().push((grant.window.starts_at, position));
        }
        let wanted = namespace.identity_key(&parts.guest);
        let right_person = self.identities.get(&grant.identity).is_none_or(|identity| {
            identity.key.as_ref() == Some(&wanted) || identity.merged_keys.contains(&wanted)
        });
        let id = ReservationId { property: parts.property.clone(), key: parts.reservation.clone() };
        self.properties.entry(id.key.clone()).or_default().insert(id.property.clone());
        self.by_reservation.entry(id).or_default().push(position);
        self.owned.push(Owned { grant, key, parts, spaces, capable, right_person });
    }

    /// Positions of our grants of a reservation.
    pub(super) fn of_reservation(&self, id: &ReservationId) -> &[usize] {
        self.by_reservation.get(id).map_or(&[], Vec::as_slice)
    }

    /// Who uses a Seam reservation key.
    pub(super) fn users(&self, key: &SeamReservationKey) -> Option<&KeyUsers> {
        self.by_seam_key.get(key)
    }

    /// Whether our live grants know the reservation key under another property.
    pub(super) fn used_by_other_property(&self, id: &ReservationId) -> bool {
        self.properties.get(&id.key).is_some_and(|properties| properties.iter().any(|p| *p != id.property))
    }

    /// Whether a grant of another reservation at that door begins after an instant (RULES 21).
    pub(super) fn later_at(&self, door: DoorRef, than: Timestamp, id: &ReservationId) -> bool {
        self.latest_start.get(&door).is_some_and(|starts| {
            starts.iter().take_while(|(start, _)| *start > than).any(|(_, position)| {
                let parts = &self.owned[*position].parts;
                parts.property != id.property || parts.reservation != id.key
            })
        })
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
