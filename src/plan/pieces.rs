//! Desired grants cut to what Seam takes as one grant (RULES 3).

use super::live::Live;
use crate::mapping::{DesiredGrant, DesiredReservation, Directory, DoorRefs, SpaceRefs};
use crate::model::Wanted;

/// What is wanted as one grant: a desired grant, or one unit of it where Seam's rules forbid to keep units together.
#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    pub(super) desired: &'a DesiredGrant,
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
) -> Vec<Piece<'a>> {
    let wholes: Vec<SpaceRefs> = reservation.grants.iter().map(DesiredGrant::spaces).collect();
    let capable: Vec<DoorRefs> = wholes.iter().map(|whole| directory.capable_of(whole)).collect();
    let nested = are_nested(&reservation.grants, &capable);
    let mut pieces = Vec::with_capacity(reservation.grants.len());
    for ((desired, capable), whole) in reservation.grants.iter().zip(&capable).zip(wholes) {
        let keys = whole.iter().map(|space| &directory.space(*space).key);
        let wanted = Wanted::of(keys, &desired.window, desired.methods);
        let kept_whole = live.of_reservation(&reservation.id).any(|position| {
            let owned = &live.owned[position];
            let spaces = owned.spaces.as_deref().unwrap_or_default();
            owned.parts.guest == desired.guest
                && desired.unit_spaces().all(|space| spaces.binary_search(&space).is_ok())
        });
        if nested || capable.is_empty() || desired.units.len() < 2 || kept_whole {
            pieces.push(Piece { desired, spaces: whole, wanted });
            continue;
        }
        for (n, unit) in desired.units.iter().enumerate() {
            let also = desired.also.iter().filter(|_| n == 0);
            let mut spaces: SpaceRefs = unit.spaces.iter().chain(also).copied().collect();
            spaces.sort_unstable();
            spaces.dedup();
            pieces.push(Piece { desired, spaces, wanted });
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
