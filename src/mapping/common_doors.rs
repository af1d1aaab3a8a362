//! Common doors: a lobby, the hall of a floor, a gate. Reservations may open one at the same time (RULES, Terms
//! "Common").
//!
//! Two stays meet in a unit where both open one door that is not common. A door is common where the configuration says
//! so, or where three or more units open it and each of them also has a door that fewer open.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::desired::{DesiredReservation, UnitSpaces};
use super::directory::{Directory, DoorRefs, SpaceRef};
use super::settings::{MappingSettings, UnitRule};
use crate::model::local_span::{DAY, start_of_day};
use crate::model::{DoorRef, LocalSpan, LocalTime, SharedSet, SpaceId, Unit};

/// So many units, or parties in one night, make a door common.
const MANY: usize = 3;

/// Which doors are common, and whether two units may have the same doors without being one unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitDoors {
    /// Doors of `[spaces] also` and `shared`.
    configured: BTreeSet<DoorRef>,
    /// Doors that many units open.
    found: BTreeSet<DoorRef>,
    /// Units of a table with equal doors are beds of one room, or halves of it: they do not meet.
    beds: bool,
}

impl UnitDoors {
    /// Finds the common doors of a hotel.
    pub(super) fn of(
        settings: &MappingSettings,
        directory: &Directory,
        reservations: &[DesiredReservation],
    ) -> Self {
        let shared = shared_spaces(settings, directory, reservations);
        let also = settings.also.iter().filter_map(|key| directory.by_key(key));
        let configured: BTreeSet<DoorRef> =
            also.chain(shared).flat_map(|space| doors_or_space(directory, space)).collect();
        let found = match &settings.units {
            UnitRule::Table(table) => {
                let units = table.values().map(|keys| {
                    let spaces = keys.iter().filter_map(|key| directory.by_key(key));
                    spaces.flat_map(|space| doors_or_space(directory, space)).collect()
                });
                opened_by_many(units)
            }
            UnitRule::Template(_) => {
                let named = directory.spaces().filter(|(_, entry)| settings.units.may_name(&entry.key));
                opened_by_many(named.map(|(space, _)| doors_or_space(directory, space).collect()))
            }
            UnitRule::SourceNamesSpaces => opened_by_many_in_one_night(directory, reservations, &configured),
        };
        Self { configured, found, beds: matches!(settings.units, UnitRule::Table(_)) }
    }

    /// Whether a door is common.
    pub fn is_common(&self, door: DoorRef) -> bool {
        self.configured.contains(&door) || self.found.contains(&door)
    }

    /// Adds doors that an earlier run found to be common.
    pub fn remember(&mut self, doors: impl IntoIterator<Item = DoorRef>) {
        self.found.extend(doors);
    }

    /// Doors that are common because many open them, and not by configuration.
    pub fn found(&self) -> &BTreeSet<DoorRef> {
        &self.found
    }

    /// What people call the common doors, however they became so.
    pub fn names_of_common(&self, directory: &Directory) -> BTreeSet<String> {
        let doors = self.configured.union(&self.found);
        doors.filter_map(|door| directory.real_door(*door)).map(|door| door.name.clone()).collect()
    }

    /// Whether units with equal doors do not meet.
    pub fn has_beds(&self) -> bool {
        self.beds
    }

    /// The doors of some spaces that are not common, sorted. A space without doors counts as one door.
    pub fn own_doors(&self, directory: &Directory, spaces: impl IntoIterator<Item = SpaceRef>) -> DoorRefs {
        let doors = spaces.into_iter().flat_map(|space| doors_or_space(directory, space));
        let mut own: DoorRefs = doors.filter(|door| !self.is_common(*door)).collect();
        own.sort_unstable();
        own.dedup();
        own
    }

    /// The same of spaces by their ids; those that the workspace has no more have no doors.
    pub fn own_doors_by_id(&self, directory: &Directory, spaces: &SharedSet<SpaceId>) -> DoorRefs {
        self.own_doors(directory, spaces.iter().filter_map(|space| directory.by_id(space)))
    }
}

/// The doors of a space; where it has none, a number behind those of all doors.
fn doors_or_space(directory: &Directory, space: SpaceRef) -> impl Iterator<Item = DoorRef> + '_ {
    let doors = &directory.space(space).doors;
    let n_doors = u32::try_from(directory.doors().len()).expect("a workspace has fewer than 2^32 doors");
    let itself = doors.is_empty().then_some(DoorRef(n_doors + space.0));
    doors.iter().copied().chain(itself)
}

/// Spaces of `[spaces] shared`: by their own key, or by a unit that leads to them.
fn shared_spaces(
    settings: &MappingSettings,
    directory: &Directory,
    reservations: &[DesiredReservation],
) -> BTreeSet<SpaceRef> {
    if settings.shared.is_empty() {
        return BTreeSet::new();
    }
    let is_shared = |unit: &UnitSpaces, space: &SpaceRef| {
        settings.shared.is_shared(&unit.unit, &directory.space(*space).key)
    };
    let units = reservations.iter().flat_map(|reservation| {
        let granted = reservation.grants.iter().flat_map(|grant| &grant.units);
        granted.chain(reservation.held.iter().flat_map(|stay| &stay.units))
    });
    let by_unit = units.flat_map(|unit| unit.spaces.iter().copied().filter(|space| is_shared(unit, space)));
    let by_key = directory
        .spaces()
        .filter(|(_, entry)| settings.shared.is_shared(&Unit::new(entry.key.as_str()), &entry.key));
    by_unit.chain(by_key.map(|(space, _)| space)).collect()
}

/// Doors of three or more units, where each of these units also has a door that belongs to fewer units.
fn opened_by_many(units: impl Iterator<Item = BTreeSet<DoorRef>>) -> BTreeSet<DoorRef> {
    let units: Vec<BTreeSet<DoorRef>> = units.collect();
    let mut n_units: HashMap<DoorRef, usize> = HashMap::new();
    for door in units.iter().flatten() {
        *n_units.entry(*door).or_default() += 1;
    }
    let mut common: BTreeSet<DoorRef> =
        n_units.iter().filter(|(_, n)| **n >= MANY).map(|(door, _)| *door).collect();
    for unit in &units {
        for door in unit {
            if common.contains(door) && !unit.iter().any(|other| n_units[other] < n_units[door]) {
                common.remove(door);
            }
        }
    }
    common
}

/// The same for a source that names spaces itself: what counts are parties that are there in one and the same night.
fn opened_by_many_in_one_night(
    directory: &Directory,
    reservations: &[DesiredReservation],
    configured: &BTreeSet<DoorRef>,
) -> BTreeSet<DoorRef> {
    let of_units = |units: &SharedSet<UnitSpaces>| -> DoorRefs {
        let spaces = units.iter().flat_map(|unit| unit.spaces.iter().copied());
        let doors = spaces.flat_map(|space| doors_or_space(directory, space));
        let mut doors: DoorRefs = doors.filter(|door| !configured.contains(door)).collect();
        doors.sort_unstable();
        doors.dedup();
        doors
    };
    let stays = || {
        reservations.iter().zip(0_usize..).flat_map(|(reservation, n)| {
            let granted = reservation.grants.iter().map(|grant| (&grant.units, grant.facts.dates));
            let held = reservation.held.iter().map(|stay| (&stay.units, stay.facts.dates));
            granted.chain(held).map(move |(units, dates)| (n, units, dates))
        })
    };
    let several = stays().map(|(_, units, _)| of_units(units)).filter(|doors| doors.len() > 1);
    let candidates: BTreeSet<DoorRef> = several.flatten().collect();
    if candidates.is_empty() {
        return candidates;
    }
    let mut in_night: HashMap<(DoorRef, LocalTime), BTreeSet<usize>> = HashMap::new();
    for (n, units, dates) in stays() {
        for door in of_units(units) {
            for night in nights(dates) {
                in_night.entry((door, night)).or_default().insert(n);
            }
        }
    }
    let crowded = |door: DoorRef, night: LocalTime| in_night.get(&(door, night)).map_or(0, BTreeSet::len);
    // A night with many parties makes a door common, unless one of them has nothing but that door.
    let mut has_own_doors: BTreeMap<(DoorRef, LocalTime), bool> = BTreeMap::new();
    for (_, units, dates) in stays() {
        let doors = of_units(units);
        for door in doors.iter().copied().filter(|door| candidates.contains(door)) {
            for night in nights(dates).filter(|night| crowded(door, *night) >= MANY) {
                let n_there = crowded(door, night);
                let has_own = doors.iter().any(|own| *own != door && crowded(*own, night) < n_there);
                *has_own_doors.entry((door, night)).or_insert(true) &= has_own;
            }
        }
    }
    has_own_doors.into_iter().filter(|(_, all)| *all).map(|((door, _), _)| door).collect()
}

/// The midnights at which the nights of a stay begin, of one year at the most.
fn nights(dates: LocalSpan) -> impl Iterator<Item = LocalTime> {
    let first = start_of_day(dates.from);
    let last = dates.to.min(first + 366 * DAY);
    (0..366).map(move |n| first + n * DAY).take_while(move |night| night + DAY < last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(units: &[&[u32]], expected: &[u32]) {
        let of_unit = |doors: &&[u32]| doors.iter().map(|door| DoorRef(*door)).collect();
        let found: Vec<u32> =
            opened_by_many(units.iter().map(of_unit)).into_iter().map(|door| door.0).collect();
        assert_eq!(found, expected, "{units:?}");
    }

    #[test]
    fn common_door_needs_three_units_with_own_doors() {
        check(&[&[1, 9], &[2, 9], &[3, 9]], &[9]);
        check(&[&[1, 9], &[2, 9]], &[]);
        // A unit that has nothing but the door is in it.
        check(&[&[1, 9], &[2, 9], &[9]], &[]);
        // Beds of one room are no units with doors of their own.
        check(&[&[7], &[7], &[7]], &[]);
        // A suite and its rooms.
        check(&[&[1], &[2], &[1, 2]], &[]);
        // A hall and a gate, one inside the other.
        check(&[&[1, 8, 9], &[2, 8, 9], &[3, 8, 9], &[4, 9]], &[8, 9]);
    }
}
