//! Which live grant answers for which wanted one, within one reservation.
//!
//! Coverage is compared (which doors, when, per guest), never the key: a grant made under an older mapping still
//! answers for its doors (RULES 1).

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::live::{Live, Owned};
use crate::mapping::{DesiredGrant, DesiredReservation, Directory, RevokedStay, Rows, SpaceRef};
use crate::model::{DoorRef, GuestKey, ReasonCode, Window};

/// What is wanted as one grant: a desired grant, or one unit of it where Seam's rules forbid to keep units together.
#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    pub(super) desired: &'a DesiredGrant,
    /// All its spaces, sorted.
    pub(super) spaces: Vec<SpaceRef>,
}

/// How a piece stands against what is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// These grants cover it; windows and methods may differ.
    Covered(Vec<usize>),
    /// These grants cover all but some spaces.
    Extended { lives: Vec<usize>, missing: Vec<SpaceRef> },
    /// This grant covered the same stay at other doors.
    Moved(usize),
    /// Nothing covers it.
    New,
}

/// A grant that is no longer wanted: its position, why, and the revoked stay that says so.
pub(super) type Gone = (usize, ReasonCode, Option<usize>);

/// The answer for a reservation; numbers are positions in [`Live::owned`].
#[derive(Debug, Clone, Default)]
pub(super) struct Matching {
    /// One for each piece.
    pub(super) fates: Vec<Fate>,
    /// Grants that the source no longer wants, and why.
    pub(super) revoked: Vec<Gone>,
    /// Grants that no row speaks of: kept.
    pub(super) kept: Vec<usize>,
}

/// Cuts desired grants into pieces. Where the door sets of a reservation are not nested, each unit is a piece of its
/// own (RULES 3), unless a live grant already covers the units together.
pub(super) fn pieces<'a>(
    reservation: &'a DesiredReservation,
    directory: &Directory,
    live: &Live<'_>,
) -> Vec<Piece<'a>> {
    let capable: Vec<Vec<DoorRef>> =
        reservation.grants.iter().map(|grant| directory.capable_of(&grant.spaces())).collect();
    let nested = are_nested(&reservation.grants, &capable);
    let mut pieces = Vec::with_capacity(reservation.grants.len());
    for (desired, capable) in reservation.grants.iter().zip(&capable) {
        let whole = desired.spaces();
        let kept_whole = live.of_reservation(&reservation.id).iter().any(|position| {
            let owned = &live.owned[*position];
            owned.parts.guest == desired.guest && owned.spaces.as_ref() == Some(&whole)
        });
        if nested || capable.is_empty() || desired.units.len() < 2 || kept_whole {
            pieces.push(Piece { desired, spaces: whole });
            continue;
        }
        for (n, unit) in desired.units.iter().enumerate() {
            let also = if n == 0 { desired.also.as_slice() } else { &[] };
            let mut spaces: Vec<SpaceRef> = unit.spaces.iter().chain(also).copied().collect();
            spaces.sort_unstable();
            spaces.dedup();
            pieces.push(Piece { desired, spaces });
        }
    }
    pieces
}

fn are_nested(grants: &[DesiredGrant], capable: &[Vec<DoorRef>]) -> bool {
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

/// Matches the pieces of a reservation with its live grants.
pub(super) fn matching(
    reservation: &DesiredReservation,
    pieces: &[Piece<'_>],
    live: &Live<'_>,
    now: Timestamp,
) -> Matching {
    let mut matcher = Matcher {
        pieces,
        live,
        fates: vec![Fate::New; pieces.len()],
        free: live.of_reservation(&reservation.id).iter().copied().collect(),
    };
    matcher.exact();
    matcher.covering();
    let silent = |guest: &GuestKey| {
        reservation.rows == Rows::SomeUnreadable
            || reservation.left_alone.contains(guest)
            || reservation.held.iter().any(|stay| stay.guest == *guest)
    };
    let explicit = matcher.explicitly_revoked(reservation, &silent);
    matcher.moves(&silent);
    // A grant that was the old door of a move is told as a move.
    let mut revoked: Vec<_> =
        explicit.into_iter().filter(|(position, ..)| matcher.free.remove(position)).collect();
    revoked.extend(matcher.superseded(&silent, now));
    revoked.sort_unstable_by_key(|(position, ..)| *position);
    let Matcher { fates, free, .. } = matcher;
    Matching { fates, revoked, kept: free.into_iter().collect() }
}

struct Matcher<'a> {
    pieces: &'a [Piece<'a>],
    live: &'a Live<'a>,
    fates: Vec<Fate>,
    free: BTreeSet<usize>,
}

impl Matcher<'_> {
    /// The same doors: first where windows share most time, then in the order of their starts.
    fn exact(&mut self) {
        let mut pairs = Vec::new();
        for (i, piece) in self.pieces.iter().enumerate() {
            for &position in &self.free {
                let owned = &self.live.owned[position];
                if may_answer(owned, piece) && owned.spaces.as_ref() == Some(&piece.spaces) {
                    let shared = owned.grant.window.shared_with(&piece.desired.window);
                    let starts = (piece.desired.window.starts_at, owned.grant.window.starts_at);
                    pairs.push((std::cmp::Reverse(shared), starts, i, position));
                }
            }
        }
        pairs.sort_unstable();
        for (_, _, i, position) in pairs {
            if self.fates[i] == Fate::New && self.free.remove(&position) {
                self.fates[i] = Fate::Covered(vec![position]);
            }
        }
    }

    /// Part of the doors, in the same time: together they may cover all of them.
    fn covering(&mut self) {
        for (i, piece) in self.pieces.iter().enumerate() {
            if self.fates[i] != Fate::New {
                continue;
            }
            let lives: Vec<usize> = self
                .free
                .iter()
                .copied()
                .filter(|position| {
                    let owned = &self.live.owned[*position];
                    may_answer(owned, piece)
                        && owned.grant.window.overlaps(&piece.desired.window)
                        && owned.spaces.as_ref().is_some_and(|s| !s.is_empty() && is_subset(s, &piece.spaces))
                })
                .collect();
            if lives.is_empty() {
                continue;
            }
            for position in &lives {
                self.free.remove(position);
            }
            let covered = |space: &SpaceRef| {
                lives
                    .iter()
                    .any(|position| self.live.owned[*position].spaces.iter().flatten().any(|s| s == space))
            };
            let missing: Vec<SpaceRef> =
                piece.spaces.iter().copied().filter(|space| !covered(space)).collect();
            self.fates[i] =
                if missing.is_empty() { Fate::Covered(lives) } else { Fate::Extended { lives, missing } };
        }
    }

    /// Grants whose row says cancelled, no-show, checked out or over.
    fn explicitly_revoked(
        &self,
        reservation: &DesiredReservation,
        silent: &dyn Fn(&GuestKey) -> bool,
    ) -> Vec<Gone> {
        let DesiredReservation { grants, held, revoked, left_alone, rows, .. } = reservation;
        let whole =
            grants.is_empty() && held.is_empty() && left_alone.is_empty() && *rows == Rows::AllUnderstood;
        let mut gone = Vec::new();
        for &position in &self.free {
            let owned = &self.live.owned[position];
            let guest = &owned.parts.guest;
            let same_guest = |stay: &&RevokedStay| stay.guest == *guest;
            let names_it = |stay: &&RevokedStay| {
                same_guest(stay)
                    && stay.window.overlaps(&owned.grant.window)
                    && stay.spaces.iter().any(|s| owned.spaces.iter().flatten().any(|space| space == s))
            };
            let still_wanted = grants.iter().any(|grant| grant.guest == *guest) || silent(guest);
            let stay = revoked.iter().position(|stay| names_it(&stay)).or_else(|| {
                revoked
                    .iter()
                    .position(|stay| !still_wanted && same_guest(&stay))
                    .or_else(|| (whole && !revoked.is_empty()).then_some(0))
            });
            if let Some(stay) = stay {
                gone.push((position, revoked[stay].reason_code, Some(stay)));
            }
        }
        gone
    }

    /// Another door for the same guest: windows that share time first, then in order.
    fn moves(&mut self, silent: &dyn Fn(&GuestKey) -> bool) {
        let mut pairs = Vec::new();
        for (i, piece) in self.pieces.iter().enumerate() {
            if self.fates[i] != Fate::New || silent(&piece.desired.guest) {
                continue;
            }
            for &position in &self.free {
                let owned = &self.live.owned[position];
                if owned.parts.guest == piece.desired.guest {
                    let shared = owned.grant.window.shared_with(&piece.desired.window);
                    let starts = (piece.desired.window.starts_at, owned.grant.window.starts_at);
                    pairs.push((std::cmp::Reverse(shared), starts, i, position));
                }
            }
        }
        pairs.sort_unstable();
        for (_, _, i, position) in pairs {
            if self.fates[i] == Fate::New && self.free.remove(&position) {
                self.fates[i] = Fate::Moved(position);
            }
        }
    }

    /// Grants that another grant of the same guest has taken over: a second one for the same doors and time, or the
    /// segment of a move that was taken back. A row that merely vanished is not enough.
    fn superseded(&mut self, silent: &dyn Fn(&GuestKey) -> bool, now: Timestamp) -> Vec<Gone> {
        let mut gone = Vec::new();
        for &position in &self.free {
            let owned = &self.live.owned[position];
            if silent(&owned.parts.guest) {
                continue;
            }
            for (piece, fate) in self.pieces.iter().zip(&self.fates) {
                let Fate::Covered(lives) = fate else { continue };
                if piece.desired.guest != owned.parts.guest || !holds(&piece.desired.window, owned, now) {
                    continue;
                }
                let same_doors = owned.spaces.as_ref().is_some_and(|spaces| is_subset(spaces, &piece.spaces));
                let was_apart =
                    lives.iter().all(|other| !holds(&self.live.owned[*other].grant.window, owned, now));
                if same_doors {
                    gone.push((position, ReasonCode::Duplicate, None));
                    break;
                } else if was_apart {
                    gone.push((position, ReasonCode::DoorsChanged, None));
                    break;
                }
            }
        }
        for (position, ..) in &gone {
            self.free.remove(position);
        }
        gone
    }
}

fn may_answer(owned: &Owned<'_>, piece: &Piece<'_>) -> bool {
    owned.right_person && owned.parts.guest == piece.desired.guest
}

/// Whether a window holds all that is left of a grant's.
fn holds(window: &Window, owned: &Owned<'_>, now: Timestamp) -> bool {
    let inner = owned.grant.window;
    window.starts_at.max(now) <= inner.starts_at.max(now)
        && match (window.ends_at, inner.ends_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(outer), Some(inner)) => inner <= outer,
        }
}
