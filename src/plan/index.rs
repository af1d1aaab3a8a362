//! What Seam listed, found by id, key or contact.
//!
//! A plan names a few things of a hundred thousand, so a table of copies would be more than the rest of its check.
//! These are positions in the lists, sorted by what is looked for.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use crate::model::{
    AccessGrantId, AccessGrantKey, EmailAddress, Identity, Inventory, LiveGrant, PhoneNumber,
    SeamReservationKey, UserIdentityId, UserIdentityKey,
};

/// The grants and identities of a workspace.
#[derive(Debug, Clone)]
pub struct Index<'a> {
    grants: &'a [LiveGrant],
    identities: &'a [Identity],
    grants_by_id: Sorted,
    grants_by_key: Sorted,
    grants_by_reservation: Sorted,
    identities_by_id: Sorted,
    identities_by_key: Sorted,
    identities_by_email: Sorted,
    identities_by_phone: Sorted,
}

impl<'a> Index<'a> {
    /// The index of a workspace.
    pub fn of(inventory: &'a Inventory) -> Self {
        let Inventory { grants, identities, .. } = inventory;
        Self {
            grants,
            identities,
            grants_by_id: Sorted::by(grants, |grant| Some(&grant.id)),
            grants_by_key: Sorted::by(grants, |grant| grant.key.as_ref()),
            grants_by_reservation: Sorted::by(grants, |grant| grant.reservation_key.as_ref()),
            identities_by_id: Sorted::by(identities, |identity| Some(&identity.id)),
            identities_by_key: Sorted::by(identities, |identity| identity.key.as_ref()),
            identities_by_email: Sorted::by(identities, folded_email),
            identities_by_phone: Sorted::by(identities, |identity| identity.phone.as_ref()),
        }
    }

    pub(super) fn grants(&self) -> &'a [LiveGrant] {
        self.grants
    }

    pub(super) fn grant(&self, id: &AccessGrantId) -> Option<&'a LiveGrant> {
        self.grants_by_id.equal(self.grants, |grant| grant.id.cmp(id)).next()
    }

    /// The grant of a key; one that stands, where one that is over has the same.
    pub(super) fn grant_of_key(&self, key: &AccessGrantKey, now: Timestamp) -> Option<&'a LiveGrant> {
        self.grants_by_key
            .equal(self.grants, |grant| grant.key.as_ref().cmp(&Some(key)))
            .max_by_key(|grant| grant.is_live(now))
    }

    pub(super) fn grants_of_reservation(
        &self,
        key: &SeamReservationKey,
    ) -> impl Iterator<Item = &'a LiveGrant> {
        self.grants_by_reservation.equal(self.grants, |grant| grant.reservation_key.as_ref().cmp(&Some(key)))
    }

    pub(super) fn identity(&self, id: &UserIdentityId) -> Option<&'a Identity> {
        self.identities_by_id.equal(self.identities, |identity| identity.id.cmp(id)).next()
    }

    pub(super) fn identity_of_key(&self, key: &UserIdentityKey) -> Option<&'a Identity> {
        self.identities_by_key.equal(self.identities, |identity| identity.key.as_ref().cmp(&Some(key))).next()
    }

    pub(super) fn identity_of_email(&self, email: &EmailAddress) -> Option<&'a Identity> {
        let wanted = Some(email.folded());
        self.identities_by_email.equal(self.identities, |identity| folded_email(identity).cmp(&wanted)).next()
    }

    pub(super) fn identity_of_phone(&self, phone: &PhoneNumber) -> Option<&'a Identity> {
        self.identities_by_phone
            .equal(self.identities, |identity| identity.phone.as_ref().cmp(&Some(phone)))
            .next()
    }
}

fn folded_email(identity: &Identity) -> Option<Cow<'_, str>> {
    identity.email.as_ref().map(EmailAddress::folded)
}

/// Positions of a list, sorted by something of its elements; those without it are left out.
#[derive(Debug, Clone)]
struct Sorted(Vec<u32>);

impl Sorted {
    fn by<'a, T, K: Ord>(list: &'a [T], key: impl Fn(&'a T) -> Option<K>) -> Self {
        let n = u32::try_from(list.len()).expect("a workspace lists fewer than 2^32 things");
        let mut positions: Vec<u32> = (0..n).filter(|position| key(at(list, *position)).is_some()).collect();
        positions.sort_by_key(|position| key(at(list, *position)));
        Self(positions)
    }

    /// The elements that compare as equal.
    fn equal<'a, T>(
        &self,
        list: &'a [T],
        compare: impl Fn(&'a T) -> Ordering,
    ) -> impl Iterator<Item = &'a T> {
        let first = self.0.partition_point(|position| compare(at(list, *position)) == Ordering::Less);
        let equal = move |element: &&'a T| compare(element) == Ordering::Equal;
        self.0[first..].iter().map(move |position| at(list, *position)).take_while(equal)
    }
}

fn at<T>(list: &[T], position: u32) -> &T {
    &list[position as usize]
}
