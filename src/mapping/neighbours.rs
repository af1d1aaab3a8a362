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
