//! What each row and each grant would do alone: departures (RULES 15), what protects a guest in house (RULES 20 to 23).

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::claims::Claims;
use super::ground::{Ground, Row, Status};
use super::{Action, Cause, Change, Hold, Occupancy};
use crate::mapping::FormerGuest;
use crate::model::local_span::start_of_day;
use crate::model::{Choice, LocalSpan, ReasonCode};
use crate::plan::in_house::InHouse;
use crate::plan::live::Live;
use crate::plan::matching::{Fate, Matching};
use crate::plan::pieces::Piece;
use crate::plan::planner::{PlanInput, Withheld};
use crate::plan::surplus;

/// A reservation that was matched with its live grants.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Draft<'a> {
    pub(in crate::plan) pieces: Vec<Piece<'a>>,
    pub(in crate::plan) matching: Matching,
}

static NOBODY_IS_WITHHELD: Withheld = Withheld::new();

impl Claims {
    /// The units that a stay keeps where it lost some (RULES 14); `None` where it has all, or is left as it is.
    pub(in crate::plan) fn units_left(&self, ground: &Ground<'_>, stay: usize) -> Option<Vec<usize>> {
        let lost = &self.lost[stay];
        let is_decided = ground.decision_of_stay(stay) == Some(&Choice::Grant);
        // A guest in house keeps what they have as it is; one without a key gets the rest.
        let keeps = ground.in_house(None, Some(stay)) && ground.has_grant(stay);
        if lost.is_empty() || is_decided || keeps {
            return None;
        }
        let units = &ground.stays[stay].units;
        let left: Vec<usize> = (0..units.len()).filter(|n| !lost.contains_key(&units[*n])).collect();
        (!left.is_empty()).then_some(left)
    }
}

impl Ground<'_> {
    /// The units that each desired grant of a reservation keeps, where it lost some.
    pub(in crate::plan) fn units_left(&self, claims: &Claims, reservation: usize) -> Vec<Option<Vec<usize>>> {
        let stays = self.parties[reservation].stays.clone();
        stays
            .filter(|stay| matches!(self.stays[*stay].row, Row::Grant(_)))
            .map(|stay| claims.units_left(self, stay))
            .collect()
    }
}

impl<'a> Occupancy<'a> {
    /// Makes the changes of all reservations of the ground, and finds out which meet.
    pub(in crate::plan) fn of(
        input: &'a PlanInput<'a>,
        live: &Live<'_>,
        ground: &'a Ground<'a>,
        claims: Claims,
        drafts: &[Draft<'_>],
    ) -> Self {
        let mut occupancy = Self {
            ground,
            input,
            claims,
            changes: Vec::new(),
            change_of_grant: vec![None; ground.grants.len()],
            changes_of: Vec::with_capacity(ground.parties.len()),
            blockers: Vec::new(),
            claimants: Vec::new(),
            leftovers: Vec::new(),
            in_house: InHouse::default(),
            withheld: &NOBODY_IS_WITHHELD,
            needed: Vec::new(),
            missing: BTreeMap::new(),
            own_reasons: BTreeMap::new(),
            names_of_grants: names_of_grants(ground, live),
            fixed: std::collections::BTreeSet::new(),
            now: input.now,
        };
        for (reservation, draft) in drafts.iter().enumerate() {
            occupancy.decide_changes(reservation, draft, live);
        }
        occupancy.limit_missing(live);
        occupancy.link();
        occupancy
    }

    /// The changes of one reservation.
    fn decide_changes(&mut self, reservation: usize, draft: &Draft<'_>, live: &Live<'_>) {
        let first = self.changes.len();
        let party = &self.ground.parties[reservation];
        let offset = live_offset(self.ground, reservation);
        let grant_of = |position: &usize| position - offset + party.grants.start;
        let stay_of = |row: Row| party.stays.clone().find(|stay| self.ground.stays[*stay].row == row);
        let mut has_change = vec![false; party.stays.len()];
        let mut changes: Vec<Change> = Vec::new();
        for (number, (piece, fate)) in draft.pieces.iter().zip(&draft.matching.fates).enumerate() {
            let stay = stay_of(Row::Grant(piece.of)).expect("each desired grant is a stay");
            has_change[stay - party.stays.start] = true;
            changes.push(self.change_of_piece((reservation, stay), (number, piece), fate, &grant_of, live));
        }
        let mut kept: Vec<usize> = draft.matching.kept.iter().map(grant_of).collect();
        for stay in party.stays.clone() {
            if has_change[stay - party.stays.start] {
                continue;
            }
            let row = &self.ground.stays[stay];
            let is_its = |grant: &usize| {
                let owned = &live.owned[self.ground.grants[*grant].position];
                owned.parts.guest == *row.guest
                    && (self.ground.grants[*grant].window.overlaps(row.buffered) || row.row_is_overstay())
            };
            let grants: SmallVec<[usize; 1]> = match row.status {
                Status::Over(_) => SmallVec::new(),
                _ => kept.iter().copied().filter(is_its).collect(),
            };
            kept.retain(|grant| !grants.contains(grant));
            changes.push(self.change_of_row(reservation, stay, grants));
        }
        for grant in kept {
            let change = self.change(reservation, None, [grant].into_iter().collect());
            changes.push(held(change, Hold::Withheld));
        }
        for (position, reason, stay) in &draft.matching.revoked {
            let grant = grant_of(position);
            let stay = stay.and_then(|n| stay_of(Row::Revoked(n)));
            changes.push(self.change_of_revoked(reservation, grant, *reason, stay, &changes, first, live));
        }
        for position in &draft.matching.missing {
            let grant = grant_of(position);
            changes.push(self.change_of_leftover(reservation, grant, live));
        }
        self.changes.extend(changes);
        let own = first..self.changes.len();
        self.note_guests_in_house(own.clone(), live);
        for change in own.clone() {
            for grant in &self.changes[change].grants {
                self.change_of_grant[*grant] = Some(change);
            }
        }
        self.changes_of.push(own);
    }

    /// The guests who are in house with one of their stays, and what this store does not know of theirs (RULES 23, 24).
    fn note_guests_in_house(&mut self, own: std::ops::Range<usize>, live: &Live<'_>) {
        let ends_a_night = |change: &Change| {
            change.action == Action::Revoke(Cause::Explicit)
                && change.grants.iter().any(|grant| {
                    let now = self.ground.now(change.reservation);
                    let given = self.ground.grants[*grant].given();
                    given.contains(now) && given.from_now(now).has_night()
                })
        };
        let in_house: Vec<crate::model::GuestKey> = self.changes[own.clone()]
            .iter()
            .filter(|change| change.in_house || ends_a_night(change))
            .filter_map(|change| self.guest_of(change, live))
            .collect();
        if in_house.is_empty() {
            return;
        }
        for n in own {
            let is_there =
                self.guest_of(&self.changes[n], live).is_some_and(|guest| in_house.contains(&guest));
            if !is_there {
                continue;
            }
            let change = &mut self.changes[n];
            change.guest_in_house = true;
            let takes = matches!(
                change.action,
                Action::Replace
                    | Action::Revoke(Cause::Left | Cause::NoUnit | Cause::Ignored | Cause::Occupied)
            );
            let is_unknown = change.grants.iter().any(|grant| self.ground.grants[*grant].recorded.is_none());
            if takes && is_unknown {
                // It may gain and loses nothing (RULES 23).
                if change.action == Action::Replace {
                    change.action = Action::Beside;
                    change.gains_only = true;
                } else {
                    change.hold = change.hold.or(Some(Hold::LostStore));
                }
            }
        }
    }

    pub(super) fn guest_of(&self, change: &Change, live: &Live<'_>) -> Option<crate::model::GuestKey> {
        let of_stay = change.stay.map(|stay| self.ground.stays[stay].guest.clone());
        let of_grant =
            || change.grants.first().map(|g| live.owned[self.ground.grants[*g].position].parts.guest.clone());
        of_stay.or_else(of_grant)
    }

    pub(super) fn change(
        &self,
        reservation: usize,
        stay: Option<usize>,
        grants: SmallVec<[usize; 1]>,
    ) -> Change {
        let ground = self.ground;
        let party = &ground.parties[reservation];
        let units = stay.map(|stay| ground.stays[stay].units.clone()).unwrap_or_default();
        let opens = stay.map_or(LocalSpan::NONE, |stay| self.claims.opens[stay]);
        let in_house = ground.in_house(grants.first().copied(), stay);
        let decision = ground.decided(reservation, &units);
        let is_left = matches!(decision, Some(Choice::Leave));
        let forced = matches!(decision, Some(Choice::Grant | Choice::Revoke));
        let opts_out = ground.stays[party.stays.clone()].iter().any(|stay| stay.opted_out);
        let hold = if party.hold == Some(Hold::CheckFailed) {
            party.hold
        } else if is_left {
            Some(Hold::Person)
        } else if opts_out && !forced {
            Some(Hold::OptOut)
        } else {
            party.hold
        };
        Change {
            reservation,
            stay,
            piece: None,
            grants,
            action: Action::Keep,
            opens,
            wanted: opens,
            units,
            left_units: SmallVec::new(),
            in_house,
            guest_in_house: in_house,
            forced,
            hold,
            successor: None,
            gains_only: false,
            is_protected: false,
            loses_methods: false,
            is_anew: false,
            extension_withheld: false,
        }
    }

    /// A stay that wants a grant, with the grants that answer for it.
    fn change_of_piece(
        &self,
        (reservation, stay): (usize, usize),
        (number, piece): (usize, &Piece<'_>),
        fate: &Fate,
        grant_of: &impl Fn(&usize) -> usize,
        live: &Live<'_>,
    ) -> Change {
        let ground = self.ground;
        let lives: &[usize] = match fate {
            Fate::New => &[],
            Fate::Covered(lives) | Fate::Extended { lives, .. } | Fate::Moved(lives) => lives,
        };
        let grants: SmallVec<[usize; 1]> = lives.iter().map(grant_of).collect();
        let mut change = self.change(reservation, Some(stay), grants);
        change.piece = Some(number);
        let now = ground.now(reservation);
        if ground.decision_of_stay(stay) == Some(&Choice::Revoke) {
            let has_grant = !change.grants.is_empty();
            change.action = Action::Revoke(Cause::Person);
            return if has_grant { change } else { held(change, Hold::Person) };
        }
        let row = &ground.stays[stay];
        let is_held = row.newcomer.is_some_and(|newcomer| newcomer.fate == FormerGuest::InHouse);
        if is_held && !change.forced {
            return held(change, Hold::AnotherGuest);
        }
        change.units = piece.units.iter().filter_map(|n| row.units.get(*n)).copied().collect();
        if let Some(hold) = self.claims.lost[stay].values().max().copied().filter(|_| !change.forced) {
            let has_lost = change.units.iter().any(|unit| self.claims.lost[stay].contains_key(unit));
            let windows = || change.grants.iter().map(|grant| &ground.grants[*grant]);
            let is_disputed = windows().any(|grant| {
                self.claims.taken_by[stay].iter().any(|winner| {
                    let winner = &ground.stays[*winner];
                    winner.dates.from_now(now).overlaps(grant.window)
                        && winner
                            .units
                            .iter()
                            .any(|unit| ground.units[*unit].doors.iter().any(|d| grant.doors.contains(d)))
                })
            });
            let opens_lost = windows().any(|grant| {
                self.claims.lost[stay]
                    .keys()
                    .any(|unit| ground.units[*unit].doors.iter().any(|door| grant.doors.contains(door)))
            });
            let other_dates = windows().all(|grant| !grant.window.overlaps(row.dates));
            let has_none = change.grants.is_empty();
            let goes_on_with_the_rest = !has_lost
                && if has_none {
                    hold == Hold::Collision
                } else {
                    is_disputed || !opens_lost || (hold == Hold::Collision && other_dates)
                };
            if !goes_on_with_the_rest {
                if is_disputed && !change.in_house {
                    change.action = Action::Revoke(Cause::Occupied);
                    return change;
                }
                change.units.clone_from(&row.units);
                return held(change, hold);
            }
        }
        match fate {
            Fate::New => change.action = Action::Create,
            Fate::Moved(_) => change.action = Action::Replace,
            Fate::Covered(_) => self.decide_update(&mut change, piece, live),
            Fate::Extended { .. } => {
                self.decide_update(&mut change, piece, live);
                change.action = Action::Extend;
            }
        }
        let is_source = |grant: &usize| self.source_changed(*grant, Some(piece), live);
        change.is_protected = change.in_house && !change.grants.iter().all(is_source);
        if change.action == Action::Replace && change.in_house {
            let recorded = change.grants.iter().all(|grant| ground.grants[*grant].recorded.is_some());
            if recorded && !change.grants.iter().all(is_source) {
                // Somebody changed the doors of the grant outside: the guest gets what is missing and loses nothing.
                change.action = Action::Beside;
                change.gains_only = true;
            }
        }
        change
    }

    /// Whether what is wanted differs from what this store recorded last (RULES 23).
    fn source_changed(&self, grant: usize, piece: Option<&Piece<'_>>, live: &Live<'_>) -> bool {
        let recorded = live.owned[self.ground.grants[grant].position].recorded;
        match (recorded, piece) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(recorded), Some(piece)) => !recorded.is_same_as(&piece.wanted, self.now),
        }
    }

    /// The same doors: another window, other methods, or nothing.
    fn decide_update(&self, change: &mut Change, piece: &Piece<'_>, live: &Live<'_>) {
        let ground = self.ground;
        let now = ground.now(change.reservation);
        let lives = change.grants.clone();
        // Any start in the past equals any other (RULES 19).
        if change.opens.from <= now
            && let Some(begun) =
                lives.iter().map(|g| ground.grants[*g].window.from).filter(|from| *from <= now).max()
        {
            change.opens.from = begun;
        }
        change.wanted = change.opens;
        let grants = || lives.iter().map(|grant| &ground.grants[*grant]);
        let takes_time =
            grants().any(|grant| grant.window.from_now(now).without(change.opens).next().is_some());
        let takes_methods = lives.iter().any(|grant| {
            !surplus(live.owned[ground.grants[*grant].position].grant, piece.desired.methods).is_empty()
        });
        let source_changed = lives.iter().all(|grant| self.source_changed(*grant, Some(piece), live));
        if change.in_house && !source_changed && (takes_time || takes_methods) {
            let is_recorded = grants().all(|grant| grant.recorded.is_some());
            let is_anothers = lives.iter().any(|grant| {
                self.others_have(*grant, change.opens) || self.others_wait_for(*grant, change.opens)
            });
            if !(is_recorded && is_anothers) {
                change.gains_only = true;
                let gains = grants().any(|grant| change.opens.without(grant.window).next().is_some());
                let adds = lives.iter().any(|grant| {
                    let has = live.owned[ground.grants[*grant].position].grant.methods();
                    piece.desired.methods.difference(&has).next().is_some()
                });
                if !gains && !adds {
                    let hold = if is_recorded { Hold::NotTheSource } else { Hold::LostStore };
                    *change = held(change.clone(), hold);
                    return;
                }
            }
        }
        change.loses_methods = takes_methods && !change.gains_only;
        let same = grants().all(|grant| same_span(grant.window, change.opens, now));
        let methods_differ = lives
            .iter()
            .any(|grant| live.owned[ground.grants[*grant].position].grant.methods() != piece.desired.methods);
        change.action = if same && !methods_differ { Action::Keep } else { Action::Update };
    }

    /// A row that gets no grant, with what it has: held, left alone, or over.
    fn change_of_row(&self, reservation: usize, stay: usize, grants: SmallVec<[usize; 1]>) -> Change {
        let row = &self.ground.stays[stay];
        let now = self.ground.now(reservation);
        let mut change = self.change(reservation, Some(stay), grants);
        let on_demand = |change: Change, cause: Cause, hold: Hold| {
            if change.grants.is_empty() || change.in_house {
                held(change, hold)
            } else {
                Change { action: Action::Revoke(cause), ..change }
            }
        };
        if self.ground.decision_of_stay(stay) == Some(&Choice::Revoke) {
            let has_grant = !change.grants.is_empty();
            change.action = Action::Revoke(Cause::Person);
            return if has_grant { change } else { held(change, Hold::Person) };
        }
        if row.row_is_overstay() && row.dates.to <= now {
            return held(change, Hold::Overstay);
        }
        let recorded = change.grants.first().and_then(|grant| self.ground.grants[*grant].recorded);
        match row.status {
            Status::Over(_) => change,
            Status::Unknown | Status::Ignored if recorded.is_some_and(|recorded| recorded.to <= now) => {
                let over_since = recorded.map_or(now, |recorded| recorded.to);
                self.made_longer(change, over_since)
            }
            Status::Unknown => held(change, Hold::NoOpinion),
            Status::Ignored => on_demand(change, Cause::Ignored, Hold::NoOpinion),
            Status::Booked | Status::CheckedIn if row.opted_out => held(change, Hold::OptOut),
            Status::Booked | Status::CheckedIn => match row.row {
                Row::Held(n) => {
                    let desired =
                        self.ground.parties[reservation].desired.expect("a row is of a reservation");
                    if desired.held[n].reason_code == ReasonCode::UnitNotAssigned {
                        on_demand(change, Cause::NoUnit, Hold::NoUnit)
                    } else {
                        held(change, Hold::Withheld)
                    }
                }
                Row::Grant(_) | Row::Revoked(_) | Row::Alone(_) => held(change, Hold::NoOpinion),
            },
        }
    }

    /// The claims of other parties at the doors of a grant.
    pub(super) fn rivals_of_grant(&self, grant: usize, span: LocalSpan) -> impl Iterator<Item = usize> {
        let ground = self.ground;
        let Grant { reservation, ref doors, .. } = ground.grants[grant];
        let now = ground.now(reservation);
        doors.iter().flat_map(move |door| ground.claims_at_door(*door)).filter_map(
            move |(stay, unit, door)| {
                let row = &ground.stays[stay];
                let is_rival = self.claims.has(stay, unit)
                    && ground.grant_opens(grant, unit)
                    && row.dates.from_now(now).overlaps(span)
                    && !ground.same_party(door, reservation, row.reservation);
                is_rival.then_some(stay)
            },
        )
    }

    /// Whether another party has a night of what a grant opens beyond a span (RULES 16, 20).
    pub(super) fn others_have(&self, grant: usize, within: LocalSpan) -> bool {
        let Grant { reservation, window, .. } = self.ground.grants[grant];
        let now = self.ground.now(reservation);
        window.from_now(now).without(within).any(|beyond| self.is_given_to_others(grant, beyond))
    }

    /// Whether another party comes on the day on which a span ends, while the grant still opens (RULES 13): what a bridge
    /// opened for a booking that is not there any more is nobody's.
    pub(super) fn others_wait_for(&self, grant: usize, within: LocalSpan) -> bool {
        let Grant { window, recorded, .. } = self.ground.grants[grant];
        let beyond = LocalSpan { from: within.to, to: window.to };
        let is_of_one_day = start_of_day(window.to) == start_of_day(within.to);
        recorded.is_some_and(|recorded| recorded.to == within.to)
            && is_of_one_day
            && self.rivals_of_grant(grant, beyond).next().is_some()
    }

    /// Whether the source gives a night of a span at the doors of a grant to another party, by its dates.
    pub(super) fn is_given_to_others(&self, grant: usize, span: LocalSpan) -> bool {
        let now = self.ground.now(self.ground.grants[grant].reservation);
        self.rivals_of_grant(grant, span).any(|rival| {
            let dates = self.ground.stays[rival].dates.from_now(now);
            dates.shares_night(span) || (!dates.has_night() && dates.overlaps(span))
        })
    }

    /// Which changes meet at a door: a stay that has the unit, and another party's grant that opens it then.
    fn link(&mut self) {
        let n = self.changes.len();
        self.blockers = vec![Vec::new(); n];
        self.claimants = vec![Vec::new(); n];
        self.leftovers = vec![Vec::new(); n];
        let ground = self.ground;
        for c in 0..n {
            let change = &self.changes[c];
            if change.stay.is_none() {
                for row in self.changes_of[change.reservation].clone() {
                    if self.changes[row].stay.is_some() {
                        self.leftovers[row].push(c);
                    }
                }
            }
            let Some(stay) = change.stay.filter(|stay| ground.gives(*stay)) else { continue };
            let now = ground.now(change.reservation);
            let asked = change.opens.from_now(now);
            let units: SmallVec<[usize; 1]> = change
                .units
                .iter()
                .copied()
                .filter(|unit| self.claims.has(stay, *unit) || change.forced)
                .collect();
            let reservation = change.reservation;
            for unit in units {
                let mut met: Vec<usize> = ground
                    .grants_in(unit)
                    .filter(|(grant, door)| {
                        let grant = &ground.grants[*grant];
                        grant.window.overlaps(asked)
                            && !ground.same_party(*door, grant.reservation, reservation)
                    })
                    .map(|(grant, _)| grant)
                    .collect();
                met.sort_unstable();
                met.dedup();
                for grant in met {
                    self.blockers[c].push((grant, unit));
                    if let Some(d) = self.change_of_grant[grant] {
                        self.claimants[d].push(c);
                    }
                }
            }
        }
    }
}

use super::ground::Grant;

pub(super) fn held(change: Change, hold: Hold) -> Change {
    Change { hold: change.hold.or(Some(hold)), ..change }
}

/// Whether a lock could tell two spans apart from now on.
pub(super) fn same_span(left: LocalSpan, right: LocalSpan, now: i64) -> bool {
    left.from.max(now) == right.from.max(now) && left.to == right.to
}

/// Who has each grant, by the names that Seam knows.
fn names_of_grants(ground: &Ground<'_>, live: &Live<'_>) -> BTreeMap<usize, ecow::EcoString> {
    let name = |(n, grant): (usize, &Grant)| {
        let identity = live.identity(&live.owned[grant.position].grant.identity)?;
        Some((n, identity.full_name.clone()?))
    };
    ground.grants.iter().enumerate().filter_map(name).collect()
}

/// What has to be taken from the position of a live grant to find it among those of its reservation.
fn live_offset(ground: &Ground<'_>, reservation: usize) -> usize {
    let range = ground.parties[reservation].grants.clone();
    if range.is_empty() { 0 } else { ground.grants[range.start].position }
}
