//! Who is in a unit between two segments of one guest on one day: the gap is bridged up to them (RULES 19).

use hashbrown::HashMap;
use jiff::Timestamp;

use super::directory::SpaceRef;
use crate::model::{Unit, Window};

/// A space, or one unit of a space that several units enter.
pub(super) type Spot = (SpaceRef, Option<Unit>);

/// The stays in the spaces that somebody leaves or enters in the middle of a day; most sources have none.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    by_spot: HashMap<Spot, Vec<(usize, Window)>>,
}

impl Neighbours {
    /// Begins to note who is in a space.
    pub(super) fn watch(&mut self, spot: Spot) {
        self.by_spot.entry(spot).or_default();
    }

    /// Whether no space is watched.
    pub(super) fn is_idle(&self) -> bool {
        self.by_spot.is_empty()
    }

    /// Notes a stay of the reservation at a position of the source.
    pub(super) fn add(&mut self, spot: &Spot, reservation: usize, open: Window) {
        if let Some(stays) = self.by_spot.get_mut(spot) {
            stays.push((reservation, open));
        }
    }

    /// The end of the last window of another reservation that is in the space in that time.
    pub(super) fn last_departure(
        &self,
        spot: &Spot,
        reservation: usize,
        from: Timestamp,
        until: Timestamp,
    ) -> Option<Timestamp> {
        self.others(spot, reservation)
            .filter(|window| window.starts_at < until)
            .filter_map(|window| window.ends_at)
            .filter(|end| *end > from)
            .max()
    }

    /// The start of the first window of another reservation that is in the space in that time.
    pub(super) fn next_arrival(
        &self,
        spot: &Spot,
        reservation: usize,
        from: Timestamp,
        until: Timestamp,
    ) -> Option<Timestamp> {
        self.others(spot, reservation)
            .filter(|window| window.ends_at.is_none_or(|end| end > from))
            .map(|window| window.starts_at)
            .filter(|start| *start < until)
            .min()
    }

    fn others(&self, spot: &Spot, reservation: usize) -> impl Iterator<Item = Window> + '_ {
        let stays = self.by_spot.get(spot).map_or(&[][..], Vec::as_slice);
        stays.iter().filter(move |(other, _)| *other != reservation).map(|(_, open)| *open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Spot = (SpaceRef(1), None);
    const OWN: usize = 0;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).expect("an hour of the first day")
    }

    fn window((from, to): (i64, Option<i64>)) -> Window {
        Window { starts_at: hour(from), ends_at: to.map(hour) }
    }

    /// What the stays of others, each with its reservation, leave of a gap from 11:00 to 15:00.
    fn check(stays: &[(usize, (i64, Option<i64>))], last_departure: Option<i64>, next_arrival: Option<i64>) {
        let mut neighbours = Neighbours::default();
        neighbours.watch(ROOM);
        for (reservation, open) in stays {
            neighbours.add(&ROOM, *reservation, window(*open));
        }
        let found = (
            neighbours.last_departure(&ROOM, OWN, hour(11), hour(15)),
            neighbours.next_arrival(&ROOM, OWN, hour(11), hour(15)),
        );
        assert_eq!(found, (last_departure.map(hour), next_arrival.map(hour)), "{stays:?}");
    }

    #[test]
    fn a_neighbour_counts_who_is_there_in_the_gap() {
        check(&[], None, None);
        check(&[(1, (9, Some(13)))], Some(13), Some(9));
        check(&[(1, (12, Some(14)))], Some(14), Some(12));
        check(&[(1, (13, Some(20)))], Some(20), Some(13));
        check(&[(1, (9, None))], None, Some(9));
    }

    #[test]
    fn who_leaves_before_or_comes_behind_the_gap_is_not_in_it() {
        check(&[(1, (2, Some(10)))], None, None);
        check(&[(1, (2, Some(11)))], None, None);
        check(&[(1, (15, Some(20)))], None, None);
        check(&[(1, (16, Some(20)))], None, None);
    }

    #[test]
    fn the_last_departure_and_the_first_arrival_of_several_count() {
        check(&[(1, (9, Some(12))), (2, (9, Some(13)))], Some(13), Some(9));
        check(&[(2, (14, Some(18))), (1, (13, Some(16)))], Some(18), Some(13));
    }

    #[test]
    fn the_own_reservation_is_no_neighbour() {
        check(&[(OWN, (9, Some(13)))], None, None);
    }

    #[test]
    fn only_spaces_that_are_watched_are_noted() {
        let mut neighbours = Neighbours::default();
        assert!(neighbours.is_idle());
        neighbours.watch(ROOM);
        assert!(!neighbours.is_idle());
        let other: Spot = (SpaceRef(2), None);
        neighbours.add(&other, 1, window((9, Some(13))));
        assert_eq!(neighbours.last_departure(&other, OWN, hour(11), hour(15)), None);
    }

    #[test]
    fn a_space_that_is_looked_at_twice_keeps_who_is_in_it() {
        let mut neighbours = Neighbours::default();
        neighbours.watch(ROOM);
        neighbours.add(&ROOM, 1, window((9, Some(13))));
        neighbours.watch(ROOM);
        assert_eq!(neighbours.last_departure(&ROOM, OWN, hour(11), hour(15)), Some(hour(13)));
    }
}
