//! Where the grants of each reservation stand in a list that is sorted by their keys.

use std::collections::BTreeSet;
use std::ops::Range;

use hashbrown::HashMap;

use crate::model::{AccessGrantKey, LiveGrant, PropertyCode, ReservationId, sorted_by_text};

/// The grants that have a key, sorted by it; the order in which Seam lists them decides nothing.
pub(super) fn in_order_of_keys<'a>(
    grants: impl Iterator<Item = &'a LiveGrant>,
) -> Vec<(&'a AccessGrantKey, &'a LiveGrant)> {
    let keyed = grants.filter_map(|grant| Some((grant.key.as_ref()?, grant)));
    sorted_by_text(keyed, |(key, _)| key.as_str(), |(_, grant)| &grant.id)
}

/// Positions by reservation. Keys of one reservation begin alike, so that its grants stand side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct ByReservation {
    ranges: HashMap<ReservationId, Range<usize>>,
    properties: BTreeSet<PropertyCode>,
}

impl ByReservation {
    /// Notes whose the grant at a position is; positions come in order.
    pub(super) fn note(&mut self, id: ReservationId, position: usize) {
        if !self.properties.contains(&id.property) {
            self.properties.insert(id.property.clone());
        }
        self.ranges.entry(id).or_insert(position..position).end = position + 1;
    }

    /// The positions of a reservation.
    pub(super) fn of(&self, id: &ReservationId) -> Range<usize> {
        self.ranges.get(id).cloned().unwrap_or_default()
    }

    /// Whether another property has grants under the same reservation key.
    pub(super) fn is_used_elsewhere(&self, id: &ReservationId) -> bool {
        let has_grants = |property: &PropertyCode| {
            let id = ReservationId { property: property.clone(), key: id.key.clone() };
            self.ranges.contains_key(&id)
        };
        self.properties.iter().any(|property| *property != id.property && has_grants(property))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_key_is_told_apart_by_its_property() {
        let id = |property: &str, key: &str| ReservationId { property: property.into(), key: key.into() };
        let mut positions = ByReservation::default();
        for (position, id) in
            [id("LIS", "R1"), id("LIS", "R1"), id("OPO", "R1"), id("OPO", "R2")].into_iter().enumerate()
        {
            positions.note(id, position);
        }
        let check = |id: ReservationId, expected: Range<usize>, elsewhere: bool| {
            assert_eq!((positions.of(&id), positions.is_used_elsewhere(&id)), (expected, elsewhere), "{id}");
        };
        check(id("LIS", "R1"), 0..2, true);
        check(id("OPO", "R1"), 2..3, true);
        check(id("OPO", "R2"), 3..4, false);
        check(id("LIS", "R2"), 0..0, true);
        check(id("LIS", "R3"), 0..0, false);
    }
}
