//! Grants that are not ours beside the stays of the source: which of them already lets one of our guests in (RULES 36).
//!
//! A grant answers for a stay where it opens a space of the stay's unit in the stay's time and says whose it is: by the
//! reservation's key, or by the guest's name or contact. A room and a time alone say nothing: a cleaner has them too.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use jiff::Timestamp;

use crate::mapping::{DesiredGrant, Directory, SpaceRef};
use crate::model::{
    AccessGrantId, EmailAddress, Identity, Inventory, LiveGrant, Namespace, ReservationId, UserIdentityId,
    same_person_name,
};

/// Why a grant is taken for the grant of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    /// It has the key of the reservation.
    Key,
    /// It is the guest's by name or contact.
    Person,
}

/// The live grants outside our namespace, by the spaces they open.
#[derive(Debug, Default)]
pub(super) struct Foreign<'a> {
    by_space: HashMap<SpaceRef, Vec<&'a LiveGrant>>,
    identities: HashMap<&'a UserIdentityId, &'a Identity>,
}

impl<'a> Foreign<'a> {
    /// Collects them. Those that are taken over are known for what they are.
    pub(super) fn of(
        inventory: &'a Inventory,
        directory: &Directory,
        namespace: &Namespace,
        adopted: &BTreeMap<AccessGrantId, ReservationId>,
        now: Timestamp,
    ) -> Self {
        let mut foreign = Self::default();
        let is_asked =
            |grant: &&LiveGrant| is_foreign(grant, namespace, now) && !adopted.contains_key(&grant.id);
        for grant in inventory.grants.iter().filter(is_asked) {
            for space in grant.spaces.iter().filter_map(|space| directory.by_id(space)) {
                foreign.by_space.entry(space).or_default().push(grant);
            }
        }
        if !foreign.by_space.is_empty() {
            foreign.identities =
                inventory.identities.iter().map(|identity| (&identity.id, identity)).collect();
        }
        foreign
    }

    /// Why a grant is taken for that of a stay; `None` where it is not.
    pub(super) fn evidence(
        &self,
        grant: &LiveGrant,
        id: &ReservationId,
        desired: &DesiredGrant,
    ) -> Option<Evidence> {
        if !grant.window.overlaps(&desired.window) {
            return None;
        }
        if has_key_of(grant, id) {
            return Some(Evidence::Key);
        }
        let identity = self.identities.get(&grant.identity)?;
        let same_name = !desired.full_name.is_empty()
            && identity.full_name.as_deref().is_some_and(|name| same_person_name(name, &desired.full_name));
        let folded = |email| Option::map(email, EmailAddress::folded);
        let same_email =
            desired.email.is_some() && folded(identity.email.as_ref()) == folded(desired.email.as_ref());
        let same_phone = desired.phone.is_some() && identity.phone == desired.phone;
        (same_name || same_email || same_phone).then_some(Evidence::Person)
    }

    /// A grant that is taken for that of a stay: then a second one would stand beside it. The first by its id.
    pub(super) fn in_the_way(
        &self,
        id: &ReservationId,
        desired: &DesiredGrant,
    ) -> Option<(&'a LiveGrant, Evidence)> {
        let at = desired.unit_spaces().filter_map(|space| self.by_space.get(&space)).flatten();
        at.filter_map(|grant| Some((*grant, self.evidence(grant, id, desired)?)))
            .min_by_key(|(grant, _)| &grant.id)
    }

    /// A grant that lets the guest of a stay into all of its units now: the one that does so longest.
    pub(super) fn lets_in_now(
        &self,
        id: &ReservationId,
        desired: &DesiredGrant,
        directory: &Directory,
        now: Timestamp,
    ) -> Option<&'a LiveGrant> {
        let first = desired.unit_spaces().next()?;
        let opens_all = |grant: &LiveGrant| {
            desired.unit_spaces().all(|space| grant.spaces.contains(&directory.space(space).id))
        };
        self.by_space
            .get(&first)?
            .iter()
            .copied()
            .filter(|grant| grant.window.contains(now) && opens_all(grant))
            .filter(|grant| self.evidence(grant, id, desired).is_some())
            .max_by_key(|grant| (grant.window.ends_at.unwrap_or(Timestamp::MAX), &grant.id))
    }
}

/// Whether a grant counts and is not ours.
pub(super) fn is_foreign(grant: &LiveGrant, namespace: &Namespace, now: Timestamp) -> bool {
    grant.is_live(now) && !grant.key.as_ref().is_some_and(|key| namespace.owns(key))
}

/// Whether a grant is named after a reservation: its reservation key or its label is the key, or its own key begins
/// with it (`R1`, `R1_2`, `R1:G1`).
pub(super) fn has_key_of(grant: &LiveGrant, id: &ReservationId) -> bool {
    let names = [id.key.to_string(), id.to_string()];
    let is_named = |text: &str| names.iter().any(|name| name == text);
    let begins = |text: &str| {
        names
            .iter()
            .filter_map(|name| text.strip_prefix(name.as_str()))
            .any(|rest| rest.is_empty() || rest.starts_with(['_', ':', '/', '#']))
    };
    grant.reservation_key.as_ref().is_some_and(|key| begins(key.as_str()))
        || grant.key.as_ref().is_some_and(|key| begins(key.as_str()))
        || grant.name.as_deref().is_some_and(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{GrantState, SharedSet, Window};

    #[test]
    fn a_grant_is_named_after_a_reservation_by_its_whole_key_only() {
        let check = |property: &str, name: &str, expected: bool| {
            let id = ReservationId { property: property.into(), key: "R1".into() };
            let grant = |key: Option<&str>, reservation_key: Option<&str>, label: Option<&str>| LiveGrant {
                id: "g".into(),
                key: key.map(Into::into),
                identity: "i".into(),
                reservation_key: reservation_key.map(Into::into),
                spaces: SharedSet::new(),
                window: Window { starts_at: Timestamp::UNIX_EPOCH, ends_at: None },
                requested: Vec::new().into(),
                access_methods: SharedSet::new(),
                name: label.map(Into::into),
                created_at: Timestamp::UNIX_EPOCH,
                state: GrantState::Standing,
            };
            assert_eq!(has_key_of(&grant(Some(name), None, None), &id), expected, "key {name}");
            assert_eq!(has_key_of(&grant(None, Some(name), None), &id), expected, "reservation key {name}");
            let is_label = expected && name.ends_with("R1");
            assert_eq!(has_key_of(&grant(None, None, Some(name)), &id), is_label, "label {name}");
        };
        check("", "R1", true);
        check("", "R1_2", true);
        check("", "R1#2", true);
        check("", "R12", false);
        check("", "R1-2", false);
        check("", "XR1", false);
        check("LIS", "LIS/R1", true);
        check("LIS", "R1", true);
        check("LIS", "OPO/R1", false);
    }
}
