//! Who is in which unit when: overlapping stays (RULES 11), and neighbours of a bridged gap (RULES 10).

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::directory::{Directory, SpaceRef};
use super::known::Known;
use crate::model::{ReservationId, Window};

/// One stay in one space, without buffers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occupation {
    /// The position of the reservation in the source.
    pub(super) reservation: usize,
    /// The position of the row in the reservation.
    pub(super) row: usize,
    /// When.
    pub(super) window: Window,
}

/// The spaces of units and who has them.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    by_space: HashMap<SpaceRef, Vec<Occupation>>,
}

impl Occupancy {
    pub(super) fn add(&mut self, space: SpaceRef, occupation: Occupation) {
        self.by_space.entry(space).or_default().push(occupation);
    }

    /// Rows that came second to a unit: where two reservations overlap, the one that has a grant keeps the unit, and
    /// where neither or both have, the first in the source. Returns the loser with the winner's reservation.
    pub(super) fn newcomers(
        &mut self,
        ids: &[&ReservationId],
        order: &[usize],
        known: &Known,
        directory: &Directory,
    ) -> BTreeMap<(usize, usize), usize> {
        let mut losers = BTreeMap::new();
        for (space, occupations) in &mut self.by_space {
            occupations.sort_by_key(|o| (o.window, order[o.reservation], o.row));
            if !occupations.windows(2).any(|pair| pair[0].window.overlaps(&pair[1].window)) {
                continue;
            }
            let id = &directory.space(*space).id;
            let granted = |o: &Occupation| known.holds(ids[o.reservation], &[id], &o.window);
            let mut by_right: Vec<(bool, usize, Occupation)> =
                occupations.iter().map(|o| (!granted(o), order[o.reservation], *o)).collect();
            by_right.sort_by_key(|(newcomer, order, o)| (*newcomer, *order, o.row));
            let mut seated: Vec<Occupation> = Vec::new();
            for (newcomer, _, occupation) in by_right {
                let in_the_way = seated.iter().find(|other| {
                    other.reservation != occupation.reservation && other.window.overlaps(&occupation.window)
                });
                match in_the_way {
                    Some(other) if newcomer => {
                        losers.insert((occupation.reservation, occupation.row), other.reservation);
                    }
                    _ => seated.push(occupation),
                }
            }
        }
        losers
    }

    /// The end of the stay of another reservation that is in the space before `until` and after `from`, if any.
    pub(super) fn last_departure(
        &self,
        space: SpaceRef,
        reservation: usize,
        from: Timestamp,
        until: Timestamp,
    ) -> Option<Timestamp> {
        self.others(space, reservation)
            .filter(|window| window.starts_at < until)
            .filter_map(|window| window.ends_at)
            .filter(|end| *end > from)
            .max()
    }

    /// The start of the stay of another reservation that is in the space before `until` and after `from`, if any.
    pub(super) fn next_arrival(
        &self,
        space: SpaceRef,
        reservation: usize,
        from: Timestamp,
        until: Timestamp,
    ) -> Option<Timestamp> {
        self.others(space, reservation)
            .filter(|window| window.ends_at.is_none_or(|end| end > from))
            .map(|window| window.starts_at)
            .filter(|start| *start < until)
            .min()
    }

    fn others(&self, space: SpaceRef, reservation: usize) -> impl Iterator<Item = Window> + '_ {
        let occupations = self.by_space.get(&space).map_or(&[][..], Vec::as_slice);
        occupations.iter().filter(move |o| o.reservation != reservation).map(|o| o.window)
    }
}

/// Positions of things in an order of their own.
pub(super) fn ranks(firsts: &[(u64, usize)]) -> Vec<usize> {
    let mut sorted: Vec<&(u64, usize)> = firsts.iter().collect();
    sorted.sort_unstable();
    let mut ranks = vec![0; firsts.len()];
    for (rank, (_, position)) in sorted.into_iter().enumerate() {
        ranks[*position] = rank;
    }
    debug_assert_eq!(ranks.iter().collect::<HashSet<_>>().len(), firsts.len(), "each has its own rank");
    ranks
}
