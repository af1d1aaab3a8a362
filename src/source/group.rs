//! From rows to reservations: what has the same property and key belongs together, in the order of the source.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};

use crate::model::{Reservation, ReservationId, Stay};

/// Gathers rows.
#[derive(Default)]
pub(super) struct Grouper {
    positions: HashMap<ReservationId, usize>,
    reservations: Vec<Reservation>,
    /// A hash of the reservation and the cells of each row: of equal ones at least.
    seen: HashSet<u64>,
    hasher: DefaultHashBuilder,
}

impl Grouper {
    /// Adds a good row, unless the same row is there already; `digest` is equal for rows of equal cells.
    pub(super) fn add(&mut self, id: &ReservationId, digest: u64, stay: Stay) {
        let position = self.position(id);
        let stays = &mut self.reservations[position].stays;
        let maybe_repeated = !self.seen.insert(self.hasher.hash_one((position, digest)));
        if maybe_repeated && stays.iter().any(|known| same_but_for_its_place(known, &stay)) {
            return;
        }
        // Most reservations have one row: a vector that starts with room for four would waste most of its memory.
        if stays.len() < 4 {
            stays.reserve_exact(1);
        }
        stays.push(stay);
    }

    /// Notes that a row of the reservation could not be used.
    pub(super) fn reject(&mut self, id: &ReservationId) {
        let position = self.position(id);
        self.reservations[position].n_rejected_rows += 1;
    }

    /// The reservations, ordered by id.
    pub(super) fn finish(self) -> Vec<Reservation> {
        let mut reservations = self.reservations;
        reservations.sort_unstable_by(|left, right| left.id.cmp(&right.id));
        reservations
    }

    fn position(&mut self, id: &ReservationId) -> usize {
        if let Some(position) = self.positions.get(id) {
            return *position;
        }
        let position = self.reservations.len();
        self.reservations.push(Reservation { id: id.clone(), stays: Vec::new(), n_rejected_rows: 0 });
        self.positions.insert(id.clone(), position);
        position
    }
}

fn same_but_for_its_place(left: &Stay, right: &Stay) -> bool {
    let Stay {
        stay_id,
        share_key,
        guest,
        place,
        check_in,
        check_out,
        standing,
        methods,
        code,
        opted_out,
        updated_at,
        booked_at,
        source: _,
    } = left;
    *stay_id == right.stay_id
        && *share_key == right.share_key
        && *guest == right.guest
        && *place == right.place
        && *check_in == right.check_in
        && *check_out == right.check_out
        && *standing == right.standing
        && *methods == right.methods
        && *code == right.code
        && *opted_out == right.opted_out
        && *updated_at == right.updated_at
        && *booked_at == right.booked_at
}
