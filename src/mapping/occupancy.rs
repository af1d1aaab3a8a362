//! Who is in which unit when: overlapping stays (RULES 11), and neighbours of a bridged gap (RULES 10).

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::directory::{Directory, SpaceRef};
use super::known::Known;
use crate::model::{GuestKey, ReservationId, Unit, Window};

/// One stay in one space.
#[derive(Debug, Clone)]
pub(super) struct Occupation {
    /// The position of the reservation in the source.
    pub(super) reservation: usize,
    /// The position of the row in the reservation; none of its rows where a grant is kept that no row explains.
    pub(super) row: usize,
    /// Whose; `None` where the guests of the reservation cannot be told apart.
    pub(super) guest: Option<GuestKey>,
    /// When, without buffers.
    pub(super) window: Window,
    /// When the door is open for it.
    pub(super) open: Window,
}

/// What only one reservation can have at a time: a space, or one unit of a space that several units enter side by side.
pub(super) type Spot = (SpaceRef, Option<Unit>);

/// The spaces of units and who has them.
#[derive(Debug, Default)]
pub(super) struct Occupancy {
    by_spot: HashMap<Spot, Vec<Occupation>>,
}

impl Occupancy {
    pub(super) fn add(&mut self, spot: Spot, occupation: Occupation) {
        self.by_spot.entry(spot).or_default().push(occupation);
    }

    /// Rows that came second to a unit, each with the reservation that has it: of two that overlap from now on the one
    /// with a grant for the time they both want keeps it, then the one that has a grant there at all; where neither has
    /// one, the first in the source. Two that share the unit already keep what they have.
    pub(super) fn newcomers(
        &mut self,
        ids: &[&ReservationId],
        order: &[usize],
        known: &Known,
        directory: &Directory,
        now: Timestamp,
    ) -> BTreeMap<(usize, usize), usize> {
        let mut decided = Vec::new();
        let mut undecided = Vec::new();
        for ((space, _), occupations) in &mut self.by_spot {
            occupations.sort_by_key(|o| (o.window, order[o.reservation], o.row));
            let space = &directory.space(*space).id;
            let granted = |o: &Occupation, time: &Window| {
                known.holds(ids[o.reservation], o.guest.as_ref(), space, time)
            };
            for (left, right) in overlapping(occupations) {
                let time = left.window.intersection(&right.window);
                if time.ended(now) {
                    continue;
                }
                match (granted(left, &time), granted(right, &time)) {
                    (true, true) => {
                        let both = [ids[left.reservation], ids[right.reservation]];
                        if !known.share(both, space, &time) {
                            // Each wants more than it has, and the rest is the other's.
                            decided.push((left, right));
                            decided.push((right, left));
                        }
                    }
                    (true, false) => decided.push((left, right)),
                    (false, true) => decided.push((right, left)),
                    (false, false) => match (granted(left, &left.window), granted(right, &right.window)) {
                        (true, false) => decided.push((left, right)),
                        (false, true) => decided.push((right, left)),
                        _ if order[right.reservation] < order[left.reservation] => {
                            undecided.push((right, left));
                        }
                        _ => undecided.push((left, right)),
                    },
                }
            }
        }
        let rank = |o: &Occupation| (order[o.reservation], o.row);
        let mut losers = BTreeMap::new();
        decided.sort_by_key(|(winner, loser)| (rank(winner), rank(loser)));
        for (winner, loser) in decided {
            losers.entry((loser.reservation, loser.row)).or_insert(winner.reservation);
        }
        undecided.sort_by_key(|(first, second)| (rank(first), rank(second)));
        for (first, second) in undecided {
            if !losers.contains_key(&(first.reservation, first.row)) {
                losers.entry((second.reservation, second.row)).or_insert(first.reservation);
            }
        }
        self.hold_the_rest(&mut losers);
        losers
    }

    /// Rows of one guest in one unit at overlapping times are one stay: where one of them is held, a grant for another
    /// would decide the matter behind the back of the person who is asked.
    fn hold_the_rest(&self, losers: &mut BTreeMap<(usize, usize), usize>) {
        loop {
            let mut rest: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            for occupations in self.by_spot.values() {
                for held in occupations {
                    let Some(&winner) = losers.get(&(held.reservation, held.row)) else { continue };
                    for other in occupations {
                        let place = (other.reservation, other.row);
                        let same_stay = other.reservation == held.reservation
                            && other.guest == held.guest
                            && other.window.overlaps(&held.window);
                        if same_stay && !losers.contains_key(&place) {
                            rest.entry(place)
                                .and_modify(|first| *first = winner.min(*first))
                                .or_insert(winner);
                        }
                    }
                }
            }
            if rest.is_empty() {
                return;
            }
            losers.extend(rest);
        }
    }

    /// The end of the window of another reservation that is in the space before `until` and after `from`, if any.
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

    /// The start of the window of another reservation that is in the space before `until` and after `from`, if any.
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
        let occupations = self.by_spot.get(spot).map_or(&[][..], Vec::as_slice);
        occupations.iter().filter(move |o| o.reservation != reservation).map(|o| o.open)
    }
}

/// Pairs of stays of different reservations that share time; the stays are sorted by their windows.
fn overlapping(occupations: &[Occupation]) -> Vec<(&Occupation, &Occupation)> {
    let mut pairs = Vec::new();
    for (i, left) in occupations.iter().enumerate() {
        let begun = occupations[i + 1..].iter().take_while(|right| left.window.overlaps(&right.window));
        pairs.extend(begun.filter(|right| right.reservation != left.reservation).map(|right| (left, right)));
    }
    pairs
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
