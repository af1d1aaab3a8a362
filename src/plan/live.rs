//! The live grants of a workspace, indexed for planning: ours by reservation, everybody's by Seam reservation key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::planner::PlanInput;
use crate::mapping::{CurrentAccess, Owned};
use crate::model::{
    AccessGrantId, AccessGrantKey, DoorRef, GrantKeyParts, Identity, LiveGrant, Namespace, ReservationId,
    SeamReservationKey, UserIdentityId,
};

/// What uses one Seam reservation key.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct KeyUsers {
    pub(super) all: usize,
    /// Grants of our namespace.
    ours: usize,
}

impl KeyUsers {
    /// Grants outside our namespace.
    pub(super) fn foreign(&self) -> usize {
        self.all - self.ours
    }
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

/// The index. What only new grants ask for is collected when the first of them asks.
#[derive(Debug)]
pub(super) struct Live<'a> {
    access: &'a CurrentAccess<'a>,
    /// Our live grants.
    pub(super) owned: &'a [Owned<'a>],
    /// The live grants that are in the way of others.
    standing: Vec<&'a LiveGrant>,
    by_seam_key: OnceLock<HashMap<SeamReservationKey, KeyUsers>>,
    latest_starts: OnceLock<HashMap<DoorRef, LatestStarts>>,
}

impl<'a> Live<'a> {
    /// What is taken over and can share its key with what takes its place is in nobody's way.
    pub(super) fn of(input: &PlanInput<'a>, joinable: &BTreeMap<&AccessGrantId, ReservationId>) -> Self {
        let PlanInput { access, inventory, now, .. } = *input;
        let counts = |grant: &&LiveGrant| {
            grant.reservation_key.is_some() && grant.is_live(now) && !joinable.contains_key(&grant.id)
        };
        Self {
            access,
            owned: &access.owned,
            standing: inventory.grants.iter().filter(counts).collect(),
            by_seam_key: OnceLock::new(),
            latest_starts: OnceLock::new(),
        }
    }

    fn users_by_seam_key(&self) -> HashMap<SeamReservationKey, KeyUsers> {
        let mut users: HashMap<SeamReservationKey, KeyUsers> = HashMap::new();
        for key in self.standing.iter().filter_map(|grant| grant.reservation_key.as_ref()) {
            users.entry_ref(key).or_default().all += 1;
        }
        for key in self.owned.iter().filter_map(|owned| owned.grant.reservation_key.as_ref()) {
            users.entry_ref(key).or_default().ours += 1;
        }
        users
    }

    fn latest_starts(&self) -> HashMap<DoorRef, LatestStarts> {
        let mut starts: HashMap<DoorRef, LatestStarts> = HashMap::new();
        for owned in self.owned {
            for door in owned.capable.iter() {
                let latest = starts.entry(*door).or_default();
                latest.note(owned.grant.window.starts_at, &owned.reservation());
            }
        }
        starts
    }

    /// Positions of our grants of a reservation.
    pub(super) fn of_reservation(&self, id: &ReservationId) -> Range<usize> {
        self.access.of_reservation(id)
    }

    /// Whether a key is that of one of our live grants.
    pub(super) fn has(&self, key: &AccessGrantKey) -> bool {
        self.access.has(key)
    }

    /// Who uses a Seam reservation key.
    pub(super) fn users(&self, key: &SeamReservationKey) -> Option<&KeyUsers> {
        self.by_seam_key.get_or_init(|| self.users_by_seam_key()).get(key)
    }

    /// Whether our live grants know the reservation key under another property.
    pub(super) fn used_by_other_property(&self, id: &ReservationId) -> bool {
        self.access.is_used_elsewhere(id)
    }

    /// Whether a grant of another reservation at that door begins after an instant (RULES 30).
    pub(super) fn later_at(&self, door: DoorRef, than: Timestamp, id: &ReservationId) -> bool {
        let starts = self.latest_starts.get_or_init(|| self.latest_starts());
        starts.get(&door).is_some_and(|latest| latest.of_others(id).is_some_and(|at| at > than))
    }

    /// The first key of those parts that neither Seam nor this plan has given to another grant (RULES 1).
    pub(super) fn free_key(
        &self,
        parts: GrantKeyParts,
        namespace: &Namespace,
        is_given: impl Fn(&AccessGrantKey) -> bool,
    ) -> AccessGrantKey {
        self.access.free_key(parts, namespace, is_given)
    }

    /// The person of an id.
    pub(super) fn identity(&self, id: &UserIdentityId) -> Option<&'a Identity> {
        self.access.identity(id)
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
