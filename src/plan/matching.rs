//! Which live grant answers for which wanted one, within one reservation.
//!
//! Coverage is compared (which doors, when, per guest), never the key: a grant made under an older mapping still
//! answers for its doors (RULES 1).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::live::Live;
use super::pieces::{Piece, is_subset};
use super::planner::PlanInput;
use crate::mapping::{DesiredReservation, FormerGuest, Owned, RevokedStay, Rows, SpaceRef, SpaceRefs};
use crate::model::{AccessGrantKey, GuestKey, Move, ReasonCode, Window};

/// How a piece stands against what is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// These grants cover it; windows and methods may differ.
    Covered(Vec<usize>),
    /// These grants cover all but some spaces.
    Extended { lives: Vec<usize>, missing: SpaceRefs },
    /// These grants covered the same stay at other doors; the first is the one the guest leaves.
    Moved(Vec<usize>),
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
    /// Grants that are kept because a row says so, or because not all rows could be read.
    pub(super) kept: Vec<usize>,
    /// Grants of which the rows, all of them read, no longer speak.
    pub(super) missing: Vec<usize>,
}

/// What rows and grants do not tell by themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory<'a> {
    /// Spaces that no unit can lead to.
    pub(super) common: &'a BTreeSet<SpaceRef>,
    /// Moves that an earlier run began and did not end.
    pub(super) unfinished_moves: &'a BTreeSet<Move>,
    /// Whether the rows of a reservation list its guests and units completely for their nights (RULES 21).
    pub(super) lists_all: bool,
}

impl<'a> Memory<'a> {
    /// What a plan is given of it.
    pub(super) fn of(input: &PlanInput<'a>, unfinished_moves: &'a BTreeSet<Move>) -> Self {
        Self {
            common: &input.desired.common,
            unfinished_moves,
            lists_all: input.past.reading.lists_whole_reservations(),
        }
    }
}

/// Matches the pieces of a reservation with its live grants. `common` are spaces that no unit can lead to.
pub(super) fn matching(
    reservation: &DesiredReservation,
    pieces: &[Piece<'_>],
    live: &Live<'_>,
    memory: &Memory<'_>,
    now: Timestamp,
) -> Matching {
    let Memory { common, unfinished_moves, lists_all } = *memory;
    let mut matcher = Matcher {
        pieces,
        live,
        common,
        unfinished_moves,
        lists_all,
        silence: Silence { reservation },
        now,
        fates: vec![Fate::New; pieces.len()],
        free: live.of_reservation(&reservation.id).collect(),
    };
    matcher.exact();
    matcher.covering();
    matcher.wider();
    let explicit = matcher.explicitly_revoked(reservation);
    matcher.moves(&explicit);
    matcher.moves_together();
    // A grant that was the old door of a move is told as a move.
    let mut revoked: Vec<_> =
        explicit.into_iter().filter(|(position, ..)| matcher.free.remove(position)).collect();
    revoked.extend(matcher.superseded());
    revoked.sort_unstable_by_key(|(position, ..)| *position);
    let speaks_of = |position: &&usize| matcher.silence.is_about(&live.owned[**position].parts.guest);
    let (kept, missing) = matcher.free.iter().partition(speaks_of);
    Matching { fates: matcher.fates, revoked, kept, missing }
}

/// Whether every row of the reservation is cancelled, and the read lists all of them (RULES 11).
fn is_cancelled_whole(reservation: &DesiredReservation, lists_all: bool) -> bool {
    let DesiredReservation { id: _, first_arrival: _, grants, held, revoked, left_alone, rows } = reservation;
    lists_all
        && grants.is_empty()
        && held.is_empty()
        && left_alone.is_empty()
        && *rows == Rows::AllUnderstood
        && !revoked.is_empty()
        && revoked.iter().all(|stay| stay.reason_code == ReasonCode::Cancelled)
}

/// Whether the rows of the reservation take away what a guest of it has in that window, and give nothing instead.
pub(super) fn takes_all(
    reservation: &DesiredReservation,
    (guest, window): (&GuestKey, &Window),
    lists_all: bool,
) -> bool {
    let is_over = |stay: &RevokedStay| {
        stay.guest == *guest && (stay.reason_code != ReasonCode::LeftEarly || stay.window.overlaps(window))
    };
    let is_wanted = reservation.grants.iter().any(|grant| grant.guest == *guest);
    is_cancelled_whole(reservation, lists_all)
        || (!is_wanted && !Silence { reservation }.is_about(guest) && reservation.revoked.iter().any(is_over))
}

/// Which grants the rows say nothing about, although their guest has rows.
#[derive(Clone, Copy)]
struct Silence<'a> {
    reservation: &'a DesiredReservation,
}

impl Silence<'_> {
    /// Whether nothing may be concluded from a row that is missing for this guest.
    fn is_about(self, guest: &GuestKey) -> bool {
        let DesiredReservation { held, left_alone, rows, .. } = self.reservation;
        *rows == Rows::SomeUnreadable
            || left_alone.iter().any(|stay| stay.guest == *guest)
            || held.iter().any(|stay| stay.guest == *guest)
    }

    /// Whether the grant may be the one of a stay that is held or left alone: then it is kept (RULES 11, 17, 18).
    fn keeps(self, owned: &Owned<'_>) -> bool {
        let DesiredReservation { held, left_alone, rows, .. } = self.reservation;
        let guest = &owned.parts.guest;
        *rows == Rows::SomeUnreadable
            || left_alone.iter().any(|stay| stay.guest == *guest)
            || held.iter().any(|stay| {
                stay.guest == *guest
                    && (stay.reason_code == ReasonCode::Overstay || stay.window.overlaps(&owned.grant.window))
            })
    }
}

struct Matcher<'a> {
    pieces: &'a [Piece<'a>],
    live: &'a Live<'a>,
    common: &'a BTreeSet<SpaceRef>,
    unfinished_moves: &'a BTreeSet<Move>,
    lists_all: bool,
    silence: Silence<'a>,
    now: Timestamp,
    fates: Vec<Fate>,
    free: BTreeSet<usize>,
}

impl Matcher<'_> {
    /// The same doors, the closest windows first.
    fn exact(&mut self) {
        let mut pairs = Vec::new();
        for (i, piece) in self.pieces.iter().enumerate() {
            for &position in &self.free {
                let owned = &self.live.owned[position];
                if self.may_answer(owned, piece) && owned.spaces.as_deref() == Some(&piece.spaces[..]) {
                    pairs.push(self.closeness(i, position));
                }
            }
        }
        pairs.sort_unstable();
        for Closeness { piece: i, position, .. } in pairs {
            if self.fates[i] == Fate::New && self.free.remove(&position) {
                self.fates[i] = Fate::Covered(vec![position]);
            }
        }
    }

    /// Part of the doors, in the same time: together they may cover all of them. Grants for common spaces come last,
    /// and one that adds nothing is left over.
    fn covering(&mut self) {
        let mut pairs = Vec::new();
        for (i, piece) in self.pieces.iter().enumerate() {
            if self.fates[i] != Fate::New {
                continue;
            }
            for &position in &self.free {
                let owned = &self.live.owned[position];
                if self.may_answer(owned, piece)
                    && owned.grant.window.overlaps(&piece.desired.window)
                    && owned.spaces.as_deref().is_some_and(|s| !s.is_empty() && is_subset(s, &piece.spaces))
                {
                    pairs.push((self.is_common(owned), self.closeness(i, position)));
                }
            }
        }
        pairs.sort_unstable();
        let mut lives: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (_, Closeness { piece, position, .. }) in pairs {
            let adds =
                |space: &SpaceRef| !self.is_covered(*space, lives.get(&piece).map_or(&[], Vec::as_slice));
            let spaces = self.live.owned[position].spaces.as_deref().unwrap_or_default();
            if spaces.iter().any(adds) && self.free.remove(&position) {
                lives.entry(piece).or_default().push(position);
            }
        }
        for (i, mut lives) in lives {
            lives.sort_unstable();
            let spaces = &self.pieces[i].spaces;
            let missing: SpaceRefs =
                spaces.iter().copied().filter(|space| !self.is_covered(*space, &lives)).collect();
            self.fates[i] =
                if missing.is_empty() { Fate::Covered(lives) } else { Fate::Extended { lives, missing } };
        }
    }

    fn is_covered(&self, space: SpaceRef, lives: &[usize]) -> bool {
        lives
            .iter()
            .any(|position| self.live.owned[*position].spaces.as_deref().is_some_and(|s| s.contains(&space)))
    }

    /// More than the doors, where a part of what the guest should have is not known: the grant stays whole.
    fn wider(&mut self) {
        for (i, piece) in self.pieces.iter().enumerate() {
            if self.fates[i] != Fate::New {
                continue;
            }
            let widest = self.free.iter().copied().find(|position| {
                let owned = &self.live.owned[*position];
                self.may_answer(owned, piece)
                    && (self.silence.keeps(owned) || self.opens_another_unit(owned, piece))
                    && owned.grant.window.same_from(&piece.desired.window, self.now)
                    && owned.spaces.as_deref().is_some_and(|spaces| is_subset(&piece.spaces, spaces))
            });
            if let Some(position) = widest {
                self.free.remove(&position);
                self.fates[i] = Fate::Covered(vec![position]);
            }
        }
    }

    /// Whether the grant opens a unit beside those of the piece, of which a partial read says nothing (RULES 21).
    fn opens_another_unit(&self, owned: &Owned<'_>, piece: &Piece<'_>) -> bool {
        let newcomer = piece.desired.facts.newcomer.as_deref();
        if newcomer.is_some_and(|newcomer| newcomer.fate == FormerGuest::Booked) {
            return false;
        }
        let mut beside = owned
            .spaces
            .as_deref()
            .into_iter()
            .flatten()
            .filter(|space| piece.spaces.binary_search(space).is_err());
        !self.lists_all && beside.all(|space| !self.common.contains(space))
    }

    /// Grants whose row says cancelled, no-show, checked out or over. Each row speaks of the doors and the time it
    /// names; of another time of the guest only where it is a cancellation and nothing else is wanted for them; of
    /// another guest only where the whole reservation is cancelled.
    fn explicitly_revoked(&self, reservation: &DesiredReservation) -> Vec<Gone> {
        let DesiredReservation { grants, revoked, .. } = reservation;
        let whole = is_cancelled_whole(reservation, self.lists_all);
        let mut gone = Vec::new();
        for &position in &self.free {
            let owned = &self.live.owned[position];
            let (guest, window) = (&owned.parts.guest, &owned.grant.window);
            let wanted = || grants.iter().filter(|grant| grant.guest == *guest);
            let find = |says: &dyn Fn(&RevokedStay) -> bool| {
                revoked.iter().position(|stay| (stay.guest == *guest) && says(stay))
            };
            // Where the grant may also be that of a stay which is kept, the row must name all its rooms.
            let names_it = |stay: &RevokedStay| {
                let is_named = |space: &SpaceRef| stay.units.iter().any(|unit| unit.spaces.contains(space));
                let mut spaces = owned.spaces.as_deref().unwrap_or_default().iter();
                let names_enough = if self.silence.keeps(owned) {
                    spaces.clone().any(is_named)
                        && spaces.all(|space| is_named(space) || self.common.contains(space))
                } else {
                    spaces.any(is_named)
                };
                stay.window.overlaps(window) && names_enough
            };
            let its_time = |stay: &RevokedStay| {
                stay.window.overlaps(window)
                    && !wanted().any(|grant| grant.window.overlaps(window))
                    && !self.silence.keeps(owned)
            };
            let any_time = |stay: &RevokedStay| {
                stay.reason_code != ReasonCode::LeftEarly
                    && wanted().next().is_none()
                    && !self.silence.is_about(guest)
            };
            let stay = find(&names_it)
                .or_else(|| find(&its_time))
                .or_else(|| find(&any_time))
                .or_else(|| whole.then_some(0));
            if let Some(stay) = stay {
                gone.push((position, revoked[stay].reason_code, Some(stay)));
            }
        }
        gone
    }

    /// Another door for the same guest, the closest windows first. A grant that a row cancels is
    /// part of a move only where the times overlap; else it goes at once and waits for nothing.
    fn moves(&mut self, explicit: &[Gone]) {
        let mut pairs = Vec::new();
        for (i, piece) in self.pieces.iter().enumerate() {
            let is_new = match &self.fates[i] {
                Fate::New => true,
                Fate::Extended { missing, .. } => missing.iter().any(|space| !self.common.contains(space)),
                Fate::Covered(_) | Fate::Moved(_) => continue,
            };
            for &position in &self.free {
                let owned = &self.live.owned[position];
                let overlaps = owned.grant.window.overlaps(&piece.desired.window);
                let is_cancelled = explicit.iter().any(|(gone, ..)| *gone == position);
                let in_time = overlaps
                    || (self.fates[i] == Fate::New && !is_cancelled && self.may_be_other_dates(owned));
                if is_new && in_time && owned.parts.guest == piece.desired.guest && !self.silence.keeps(owned)
                {
                    // A grant for common spaces is the old door of a move only where there is no other.
                    pairs.push((self.is_common(owned), self.closeness(i, position)));
                }
            }
        }
        pairs.sort_unstable();
        for (_, Closeness { piece: i, position, .. }) in pairs {
            let beside = match &self.fates[i] {
                Fate::New => Vec::new(),
                Fate::Extended { lives, .. } => lives.clone(),
                Fate::Covered(_) | Fate::Moved(_) => continue,
            };
            if self.free.remove(&position) {
                self.fates[i] = Fate::Moved(std::iter::once(position).chain(beside).collect());
            }
        }
    }

    /// The other grants of a stay that moved: they stood for the same rows, so the new grant takes the place of all.
    fn moves_together(&mut self) {
        for i in 0..self.fates.len() {
            let Fate::Moved(lives) = &self.fates[i] else { continue };
            let together: Vec<usize> = self
                .free
                .iter()
                .copied()
                .filter(|position| self.stands_beside(*position, lives) && !self.keeps(*position))
                .collect();
            for position in &together {
                self.free.remove(position);
            }
            if let Fate::Moved(lives) = &mut self.fates[i] {
                lives.extend(together);
            }
        }
    }

    /// Whether a grant has the guest and the window of one of those: all rows of one guest in one window are one stay,
    /// however many grants Seam's rules make of it.
    fn stands_beside(&self, position: usize, lives: &[usize]) -> bool {
        let owned = &self.live.owned[position];
        lives.iter().map(|other| &self.live.owned[*other]).any(|other| {
            other.parts.guest == owned.parts.guest
                && other.grant.window.same_from(&owned.grant.window, self.now)
        })
    }

    fn keeps(&self, position: usize) -> bool {
        self.silence.keeps(&self.live.owned[position])
    }

    /// Grants that another grant of the same guest has taken over: a second one for the same doors and time, or the
    /// segment of a move that was taken back; and grants for common spaces that stays are no longer given. A row that
    /// merely vanished is not enough.
    fn superseded(&mut self) -> Vec<Gone> {
        let mut gone = Vec::new();
        for &position in &self.free {
            let owned = &self.live.owned[position];
            if self.silence.keeps(owned) {
                continue;
            }
            if self.is_common(owned) && self.pieces.iter().any(|p| p.desired.guest == owned.parts.guest) {
                gone.push((position, ReasonCode::NoLongerWanted, None));
                continue;
            }
            if self.is_of_former_guest(owned) {
                gone.push((position, ReasonCode::AnotherGuest, None));
                continue;
            }
            if self.is_left_of_a_move(owned) {
                gone.push((position, ReasonCode::DoorsChanged, None));
                continue;
            }
            for (piece, fate) in self.pieces.iter().zip(&self.fates) {
                let (Fate::Covered(lives) | Fate::Extended { lives, .. } | Fate::Moved(lives)) = fate else {
                    continue;
                };
                if piece.desired.guest != owned.parts.guest {
                    continue;
                }
                let is_held_by = |window: &Window| window.holds(&owned.grant.window, self.now);
                let is_held = is_held_by(&piece.desired.window);
                let same_doors = owned
                    .spaces
                    .as_ref()
                    .is_some_and(|spaces| spaces.iter().all(|space| self.is_covered(*space, lives)));
                let was_apart = lives.iter().all(|other| !is_held_by(&self.live.owned[*other].grant.window));
                if is_held && same_doors && !matches!(fate, Fate::Moved(_)) {
                    gone.push((position, ReasonCode::Duplicate, None));
                    break;
                } else if (self.lists_all && self.stands_beside(position, lives)) || (is_held && was_apart) {
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

    /// Whether another person takes the place of the guest (RULES 5): for the time of the newcomer's stay, or at all
    /// where its dates are other ones.
    fn is_of_former_guest(&self, owned: &Owned<'_>) -> bool {
        let is_his = |other: &Owned<'_>| other.parts.guest == owned.parts.guest;
        let newcomers = || {
            self.pieces.iter().filter(|piece| {
                piece.desired.facts.newcomer.as_ref().is_some_and(|newcomer| {
                    newcomer.fate == FormerGuest::Goes && newcomer.former == owned.parts.guest
                })
            })
        };
        let overlaps = |window: &Window| newcomers().any(|piece| piece.desired.window.overlaps(window));
        let mut others = self.free.iter().map(|position| &self.live.owned[*position]);
        newcomers().next().is_some()
            && (overlaps(&owned.grant.window)
                || !others.any(|other| is_his(other) && overlaps(&other.grant.window)))
    }

    /// Whether the grant is one of a move that was broken off, and its guest has a wanted one instead: the other one
    /// of the move, whatever became of the dates with it, or any that covers its time.
    fn is_left_of_a_move(&self, owned: &Owned<'_>) -> bool {
        let others: BTreeSet<&AccessGrantKey> =
            self.unfinished_moves.iter().filter_map(|one| one.other(owned.key)).collect();
        if others.is_empty() {
            return false;
        }
        let is_other = |position: &usize| others.contains(self.live.owned[*position].key);
        self.pieces.iter().zip(&self.fates).any(|(piece, fate)| {
            piece.desired.guest == owned.parts.guest
                && match fate {
                    Fate::New => false,
                    Fate::Covered(lives) | Fate::Extended { lives, .. } | Fate::Moved(lives) => {
                        lives.iter().any(is_other)
                            || piece.desired.window.holds(&owned.grant.window, self.now)
                    }
                }
        })
    }

    fn closeness(&self, i: usize, position: usize) -> Closeness {
        let (desired, grant) = (self.pieces[i].desired, self.live.owned[position].grant);
        Closeness {
            shares_no_time: !grant.window.overlaps(&desired.window),
            distance: distance(&grant.window, &desired.window, self.now),
            has_other_methods: grant.methods() != desired.methods,
            starts: (desired.window.starts_at, grant.window.starts_at),
            piece: i,
            position,
        }
    }

    /// Whether the grant can be changed into the piece: the same guest, and not the grant of another stay that is
    /// held or left alone.
    fn may_answer(&self, owned: &Owned<'_>, piece: &Piece<'_>) -> bool {
        owned.right_person
            && owned.parts.guest == piece.desired.guest
            && (owned.grant.window.overlaps(&piece.desired.window)
                || (!self.silence.keeps(owned) && self.may_be_other_dates(owned)))
    }

    /// Whether a row for other dates may be the stay of the grant (RULES 1): only where the rows of a reservation are
    /// all there, and not of a guest who is inside.
    fn may_be_other_dates(&self, owned: &Owned<'_>) -> bool {
        self.lists_all && !owned.grant.window.contains(self.now)
    }

    /// Whether the grant opens nothing but common spaces.
    fn is_common(&self, owned: &Owned<'_>) -> bool {
        owned
            .spaces
            .as_ref()
            .is_some_and(|spaces| !spaces.is_empty() && spaces.iter().all(|s| self.common.contains(s)))
    }
}

/// How close a grant is to a piece; the closest sorts first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Closeness {
    shares_no_time: bool,
    /// By how much both ends would have to move.
    distance: SignedDuration,
    has_other_methods: bool,
    starts: (Timestamp, Timestamp),
    piece: usize,
    position: usize,
}

fn distance(left: &Window, right: &Window, now: Timestamp) -> SignedDuration {
    let starts = left.starts_at.max(now).duration_until(right.starts_at.max(now)).abs();
    let end = |window: &Window| window.ends_at.unwrap_or(Timestamp::MAX);
    starts.saturating_add(end(left).duration_until(end(right)).abs())
}
