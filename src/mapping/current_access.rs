//! Current access: what Seam holds of this job, resolved once. Whose each live grant is, what it opens, and what this
//! store recorded of it.

use std::borrow::Cow;
use std::sync::Arc;

use ecow::EcoString;
use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::civil::Date;

use super::by_reservation::{ByReservation, in_order_of_keys};
use super::directory::{Directory, SpaceRef};
use super::guest_keys::split_number;
use crate::model::{
    AccessGrantKey, Coverage, DoorRef, GrantKeyParts, GuestKey, Identity, Inventory, Ledger, LiveGrant,
    Namespace, ReservationId, SharedSet, SpaceId, UserIdentityId, UserIdentityKey, Wanted, Window,
};
use crate::side_by_side::both;

/// A live grant of ours, with what its key says.
#[derive(Debug, Clone)]
pub struct Owned<'a> {
    /// The grant.
    pub grant: &'a LiveGrant,
    /// Its key.
    pub key: &'a AccessGrantKey,
    /// The parts of the key.
    pub parts: GrantKeyParts,
    /// Its spaces, sorted; `None` where one of them is no longer in the workspace.
    pub spaces: Option<Arc<[SpaceRef]>>,
    /// Its doors to which the reservation rules apply, sorted.
    pub capable: Arc<[DoorRef]>,
    /// Whether the person behind it is the guest that its key names.
    pub right_person: bool,
    /// What this store recorded last; `None`: never recorded (RULES 22, 23).
    pub recorded: Option<&'a Wanted>,
}

impl Owned<'_> {
    /// The reservation that its key names.
    pub fn reservation(&self) -> ReservationId {
        ReservationId { property: self.parts.property.clone(), key: self.parts.reservation.clone() }
    }
}

/// A stay without a live grant: an ended one, or one that only the record has.
#[derive(Debug, Clone)]
pub(super) struct FormerStay<'a> {
    guest: GuestKey,
    /// The spaces that its grant opened; none where only the record knows it.
    spaces: Arc<[SpaceRef]>,
    window: Window,
    recorded: Option<&'a Wanted>,
    is_over: bool,
}

/// A stay that is known of a reservation.
#[derive(Debug, Clone, Copy)]
pub(super) enum KnownStay<'s, 'a> {
    Live(&'s Owned<'a>),
    Former(&'s FormerStay<'a>),
}

impl<'s> KnownStay<'s, '_> {
    pub(super) fn guest(&self) -> &'s GuestKey {
        match self {
            Self::Live(owned) => &owned.parts.guest,
            Self::Former(stay) => &stay.guest,
        }
    }

    /// The spaces of the workspace that its grant opens, sorted.
    pub(super) fn spaces(&self, directory: &Directory) -> Cow<'s, [SpaceRef]> {
        match self {
            Self::Live(owned) => match &owned.spaces {
                Some(spaces) => Cow::Borrowed(spaces),
                None => Cow::Owned(spaces_of(&owned.grant.spaces, directory)),
            },
            Self::Former(stay) => Cow::Borrowed(&stay.spaces),
        }
    }

    pub(super) fn window(&self) -> Window {
        match self {
            Self::Live(owned) => owned.grant.window,
            Self::Former(stay) => stay.window,
        }
    }

    /// Whether it has a live grant that was made for one of these sets of spaces, by their hashes.
    pub(super) fn is_made_for(&self, door_sets: &[EcoString]) -> bool {
        matches!(self, Self::Live(owned) if door_sets.contains(&owned.parts.door_set))
    }

    /// What this store recorded of it.
    pub(super) fn recorded(&self) -> Option<&'s Wanted> {
        match self {
            Self::Live(owned) => owned.recorded,
            Self::Former(stay) => stay.recorded,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Former(stay) if stay.is_over)
    }
}

/// What the rows of a read say of guests that they do not list (RULES 5, 21).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowListing {
    /// The source lists every stay of its range.
    pub(super) is_complete: bool,
    /// The rows of a reservation list its guests completely.
    pub(super) is_whole: bool,
}

/// The grants and guests of our namespace, and what may be concluded from the rows of a read.
#[derive(Debug, Default)]
pub struct CurrentAccess<'a> {
    /// Our live grants, in the order of their keys.
    pub owned: Vec<Owned<'a>>,
    by_reservation: ByReservation,
    former: HashMap<ReservationId, Vec<FormerStay<'a>>>,
    /// Every key that Seam listed, sorted: that of an ended grant may still be in use.
    taken: Vec<&'a AccessGrantKey>,
    people: OurIdentities<'a>,
    /// The last day on which the source had a status that says checked in.
    pub(super) last_checked_in_status: Option<Date>,
    /// The source was seen to list two guests of one reservation.
    pub(super) lists_several_guests: bool,
    pub(super) listing: RowListing,
    /// When the rows of the read were written; `None`: just now.
    pub(super) rows_written_at: Option<Timestamp>,
}

impl<'a> CurrentAccess<'a> {
    /// Resolves what an inventory holds, with what earlier runs recorded. Nothing is concluded from what a read does not
    /// list.
    pub fn of(
        inventory: &'a Inventory,
        ledger: &'a Ledger,
        directory: &Directory,
        namespace: &Namespace,
        now: Timestamp,
    ) -> Self {
        let (people, keyed) =
            both(|| OurIdentities::of(inventory, namespace), || in_order_of_keys(inventory.grants.iter()));
        let mut access = Self {
            owned: Vec::with_capacity(keyed.len()),
            taken: keyed.iter().map(|(key, _)| *key).collect(),
            people,
            last_checked_in_status: ledger.last_checked_in_status,
            lists_several_guests: ledger.lists_several_guests,
            ..Self::default()
        };
        // A hundred thousand grants open a few hundred sets of spaces.
        let mut opened: HashMap<&SharedSet<SpaceId>, Opened> = HashMap::new();
        let mut recorded = ledger.desired.iter().peekable();
        for (key, grant) in keyed {
            while let Some((of, wanted)) = recorded.next_if(|(recorded, _)| *recorded < key) {
                access.add_recorded(of, wanted, namespace, now);
            }
            let Some(parts) = GrantKeyParts::parse(namespace, key) else { continue };
            let of_grant = recorded.peek().filter(|(of, _)| *of == key).map(|(_, wanted)| *wanted);
            let opened = opened.entry(&grant.spaces).or_insert_with(|| Opened::by(&grant.spaces, directory));
            if grant.is_live(now) {
                access.add_owned(grant, key, parts, opened, of_grant, namespace);
            } else if namespace.is_unnumbered(&parts.guest) {
                // A numbered guest is known by the identity.
                let GrantKeyParts { property, reservation: key, guest, .. } = parts;
                let (window, spaces) = (grant.window, opened.known.clone());
                let stay = FormerStay { guest, spaces, window, recorded: of_grant, is_over: true };
                access.former.entry(ReservationId { property, key }).or_default().push(stay);
            }
        }
        for (of, wanted) in recorded {
            access.add_recorded(of, wanted, namespace, now);
        }
        // Who lost the old grant of a move and has no new one yet is known by the move.
        for one in ledger.broken_moves(|key| access.has(key)) {
            access.add_former(&one.new, one.window, None, namespace, now);
        }
        access
    }

    /// With what the rows of a read list completely.
    #[must_use]
    pub fn listed_by(mut self, (coverage, whole_reservations): (Coverage, bool)) -> Self {
        let is_complete = coverage == Coverage::Complete;
        self.listing = RowListing { is_complete, is_whole: is_complete || whole_reservations };
        self
    }

    /// With the time at which the rows of a read were written, where it is not now.
    #[must_use]
    pub fn written_at(mut self, at: Option<Timestamp>) -> Self {
        self.rows_written_at = at;
        self
    }

    /// A stay of the record is known by it where its grant is gone and it is not over.
    fn add_recorded(
        &mut self,
        key: &AccessGrantKey,
        wanted: &'a Wanted,
        namespace: &Namespace,
        now: Timestamp,
    ) {
        if self.owned.last().is_none_or(|last| last.key != key) {
            self.add_former(key, wanted.window(), Some(wanted), namespace, now);
        }
    }

    /// Adds a stay without a grant, where it is not over.
    fn add_former(
        &mut self,
        key: &AccessGrantKey,
        window: Window,
        recorded: Option<&'a Wanted>,
        namespace: &Namespace,
        now: Timestamp,
    ) {
        if window.ended(now) || !namespace.owns(key) {
            return;
        }
        let Some(GrantKeyParts { property, reservation, guest, .. }) = GrantKeyParts::parse(namespace, key)
        else {
            return;
        };
        let stay = FormerStay { guest, spaces: Arc::default(), window, recorded, is_over: false };
        self.former.entry(ReservationId { property, key: reservation }).or_default().push(stay);
    }

    fn add_owned(
        &mut self,
        grant: &'a LiveGrant,
        key: &'a AccessGrantKey,
        parts: GrantKeyParts,
        opened: &Opened,
        recorded: Option<&'a Wanted>,
        namespace: &Namespace,
    ) {
        let is_of_guest = |key: &UserIdentityKey| namespace.is_identity_of(key, &parts.guest);
        let right_person = self.identity(&grant.identity).is_none_or(|identity| {
            identity.key.as_ref().is_some_and(is_of_guest) || identity.merged_keys.iter().any(is_of_guest)
        });
        let spaces = opened.are_all_known.then(|| opened.known.clone());
        let capable = opened.capable.clone();
        let owned = Owned { grant, key, parts, spaces, capable, right_person, recorded };
        self.by_reservation.note(owned.reservation(), self.owned.len());
        self.owned.push(owned);
    }

    /// Whether a key is that of one of our live grants.
    pub fn has(&self, key: &AccessGrantKey) -> bool {
        self.owned.binary_search_by(|owned| owned.key.cmp(key)).is_ok()
    }

    /// Positions of our live grants of a reservation.
    pub fn of_reservation(&self, id: &ReservationId) -> std::ops::Range<usize> {
        self.by_reservation.of(id)
    }

    /// Whether another property has live grants under that reservation key.
    pub fn is_used_elsewhere(&self, id: &ReservationId) -> bool {
        self.by_reservation.is_used_elsewhere(id)
    }

    /// The first key of those parts that neither Seam nor this plan has given to another grant (RULES 1).
    pub fn free_key(
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
    pub fn identity(&self, id: &UserIdentityId) -> Option<&'a Identity> {
        self.people.by_id.get(id).copied()
    }

    /// The identity of a guest.
    pub(super) fn identity_of(&self, guest: &GuestKey) -> Option<&'a Identity> {
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
    pub(super) fn stays_of(&self, id: &ReservationId) -> impl Iterator<Item = KnownStay<'_, 'a>> {
        let former = self.former.get(id).map_or(&[][..], Vec::as_slice);
        let live = self.owned[self.of_reservation(id)].iter().map(KnownStay::Live);
        live.chain(former.iter().map(KnownStay::Former))
    }

    /// Guests that have a live grant of the reservation.
    pub(super) fn guests_of(&self, id: &ReservationId) -> impl Iterator<Item = &GuestKey> {
        self.owned[self.of_reservation(id)].iter().map(|owned| &owned.parts.guest)
    }
}

/// What a set of spaces is in the workspace.
struct Opened {
    known: Arc<[SpaceRef]>,
    are_all_known: bool,
    capable: Arc<[DoorRef]>,
}

impl Opened {
    fn by(spaces: &SharedSet<SpaceId>, directory: &Directory) -> Self {
        let known = spaces_of(spaces, directory);
        let capable = directory.capable_of(&known).as_slice().into();
        Self { are_all_known: known.len() == spaces.len(), known: known.into(), capable }
    }
}

fn spaces_of(spaces: &SharedSet<SpaceId>, directory: &Directory) -> Vec<SpaceRef> {
    let mut known: Vec<SpaceRef> = spaces.iter().filter_map(|space| directory.by_id(space)).collect();
    known.sort_unstable();
    known
}

/// The identities of the workspace, and ours by the guest.
#[derive(Debug, Default)]
struct OurIdentities<'a> {
    by_id: HashMap<&'a UserIdentityId, &'a Identity>,
    numbered: HashMap<String, Vec<(u32, &'a Identity)>>,
    keyed: HashMap<GuestKey, &'a Identity>,
}

impl<'a> OurIdentities<'a> {
    fn of(inventory: &'a Inventory, namespace: &Namespace) -> Self {
        let by_id = inventory.identities.iter().map(|identity| (&identity.id, identity)).collect();
        let mut people = Self { by_id, ..Self::default() };
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
