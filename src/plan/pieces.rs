//! Desired grants cut to what Seam takes as one grant (RULES 3).

use jiff::Timestamp;
use smallvec::{SmallVec, smallvec};

use super::live::Live;
use crate::mapping::{DesiredGrant, DesiredReservation, Directory, DoorRefs, SpaceRefs};
use crate::model::{Arrived, Standing, Wanted};

/// What is wanted as one grant: a desired grant, or one unit of it where Seam's rules forbid to keep units together.
#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    pub(super) desired: &'a DesiredGrant,
    /// The position of the desired grant in its reservation.
    pub(super) of: usize,
    /// Which of its units, by their positions.
    pub(super) units: SmallVec<[usize; 1]>,
    /// All its spaces, sorted.
    pub(super) spaces: SpaceRefs,
    /// What the whole desired grant wants, to be compared with what it wanted before.
    pub(super) wanted: Wanted,
}

/// Cuts desired grants into pieces. Where the door sets of a reservation are not nested, each unit is a piece of its
/// own (RULES 3), unless a live grant already covers the units together.
pub(super) fn pieces<'a>(
    reservation: &'a DesiredReservation,
    directory: &Directory,
    live: &Live<'_>,
    units_left: &[Option<Vec<usize>>],
    expected_as_of: Option<Timestamp>,
) -> Vec<Piece<'a>> {
    let left = |n: usize| units_left.get(n).and_then(Option::as_deref);
    let spaces_of = |(n, grant): (usize, &DesiredGrant)| match left(n) {
        None => grant.spaces(),
        Some(left) => {
            let kept = grant.units.iter().enumerate().filter(|(unit, _)| left.contains(unit));
            let units = kept.flat_map(|(_, unit)| unit.spaces.iter().copied());
            let mut spaces: SpaceRefs = units.chain(grant.also.iter().copied()).collect();
            spaces.sort_unstable();
            spaces.dedup();
            spaces
        }
    };
    let wholes: Vec<SpaceRefs> = reservation.grants.iter().enumerate().map(spaces_of).collect();
    let capable: Vec<DoorRefs> = wholes.iter().map(|whole| directory.capable_of(whole)).collect();
    let nested = are_nested(&reservation.grants, &capable);
    let mut pieces = Vec::with_capacity(reservation.grants.len());
    for (of, ((desired, capable), whole)) in reservation.grants.iter().zip(&capable).zip(wholes).enumerate() {
        // What is remembered is what the source wants, whoever has a part of it (RULES 23).
        let all = desired.spaces();
        let keys = all.iter().map(|space| &directory.space(*space).key);
        let is_told_since = expected_as_of.is_some_and(|at| desired.window.starts_at <= at);
        let wanted =
            Wanted::of(keys, &desired.window, desired.methods).of_guest_who(match desired.facts.standing {
                Standing::CheckedIn => Arrived::Yes,
                Standing::Expected if is_told_since => Arrived::NotYet,
                _ => Arrived::Unsaid,
            });
        let units: SmallVec<[usize; 1]> = left(of)
            .map_or_else(|| (0..desired.units.len()).collect(), |left| left.iter().copied().collect());
        let kept_whole = live.of_reservation(&reservation.id).any(|position| {
            let owned = &live.owned[position];
            let spaces = owned.spaces.as_deref().unwrap_or_default();
            owned.parts.guest == desired.guest
                && desired.unit_spaces().all(|space| spaces.binary_search(&space).is_ok())
        });
        if nested || capable.is_empty() || units.len() < 2 || kept_whole {
            pieces.push(Piece { desired, of, units, spaces: whole, wanted });
            continue;
        }
        for (n, number) in units.into_iter().enumerate() {
            let unit = desired.units.iter().nth(number).expect("a unit of the grant");
            let also = desired.also.iter().filter(|_| n == 0);
            let mut spaces: SpaceRefs = unit.spaces.iter().chain(also).copied().collect();
            spaces.sort_unstable();
            spaces.dedup();
            pieces.push(Piece { desired, of, units: smallvec![number], spaces, wanted });
        }
    }
    pieces
}

fn are_nested(grants: &[DesiredGrant], capable: &[DoorRefs]) -> bool {
    let Some(widest) = (0..grants.len()).max_by_key(|i| (capable[*i].len(), std::cmp::Reverse(*i))) else {
        return true;
    };
    grants.iter().zip(capable).all(|(grant, doors)| {
        !grant.window.overlaps(&grants[widest].window) || is_subset(doors, &capable[widest])
    })
}

/// Whether every element of one sorted list is in another.
pub(super) fn is_subset<T: Ord>(part: &[T], whole: &[T]) -> bool {
    part.iter().all(|element| whole.binary_search(element).is_ok())
}
