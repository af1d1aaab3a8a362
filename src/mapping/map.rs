//! One pass over the reservations: who, where, when and how, or why not.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use jiff::Timestamp;

use super::addresses::LeftOut;
use super::desired::{Desired, DesiredReservation, HeldStay, RevokedStay, Rows};
use super::directory::{Directory, SpaceRef};
use super::guests::{KeyUse, NotPaired, RowGuest, guests_of_rows};
use super::known::Known;
use super::occupancy::{Occupancy, Occupation, ranks};
use super::placeholders::beside_a_named_guest;
use super::places::{Places, UnmappedUnits, spots};
use super::rows::{Opening, held, revoked, window_of, words};
use super::segments::{Candidate, bridged, grants_of};
use super::settings::MappingSettings;
use crate::model::{
    GuestKey, HeldBy, Problem, ProblemCode, Property, PropertyCode, ReasonCode, Reservation, ReservationId,
    ReservationKey, SharedSet, SourcePlace, Standing, Stay, Window,
};

/// Maps every reservation. They are taken, because each is let go as soon as its grants are known: a large hotel needs
/// the room.
pub fn map(
    reservations: Vec<Reservation>,
    directory: &Directory,
    known: &Known,
    settings: &MappingSettings,
    now: Timestamp,
) -> Desired {
    let mut mapper = Mapper {
        directory,
        known,
        settings,
        now,
        places: Places::new(&settings.units, directory),
        also: SharedSet::new(),
        key_uses: properties_by_key(&reservations),
        occupancy: Occupancy::default(),
        unmapped: UnmappedUnits::default(),
        left_out: LeftOut::default(),
        nameless: None,
        warnings: Vec::new(),
    };
    mapper.find_common_spaces(&reservations);
    let mut drafts: Vec<Draft<'_>> =
        reservations.into_iter().enumerate().map(|(position, r)| mapper.draft(position, r)).collect();
    mapper.hold_newcomers(&mut drafts);
    let reservations =
        drafts.into_iter().enumerate().map(|(position, draft)| mapper.finish(position, draft)).collect();
    let Mapper { unmapped, left_out, nameless, mut warnings, .. } = mapper;
    warnings.extend(unmapped.into_problems(directory));
    warnings.extend(left_out.into_problems());
    warnings.extend(nameless.map(|(n_rows, first)| beside_a_name(n_rows, first)));
    warnings.sort();
    warnings.dedup();
    let common = directory.spaces().filter(|(_, entry)| !settings.units.may_name(&entry.key));
    Desired {
        reservations,
        common: common.map(|(space, _)| space).collect(),
        unfinished_moves: BTreeSet::new(),
        outside: BTreeSet::new(),
        adopted: BTreeMap::new(),
        warnings,
    }
}

pub(super) struct Mapper<'a> {
    pub(super) directory: &'a Directory,
    pub(super) known: &'a Known,
    pub(super) settings: &'a MappingSettings,
    pub(super) now: Timestamp,
    pub(super) places: Places<'a>,
    pub(super) also: SharedSet<SpaceRef>,
    pub(super) key_uses: HashMap<ReservationKey, BTreeSet<PropertyCode>>,
    pub(super) occupancy: Occupancy,
    pub(super) unmapped: UnmappedUnits,
    left_out: LeftOut,
    /// Rows that name nobody beside a named guest: how many, and the first.
    nameless: Option<(usize, SourcePlace)>,
    pub(super) warnings: Vec<Problem>,
}

/// A reservation on its way: the rows that may become grants, and everything else said about it.
pub(super) struct Draft<'a> {
    pub(super) desired: DesiredReservation,
    pub(super) candidates: Vec<Candidate>,
    pub(super) property: &'a Property,
    /// The first of its rows in the source.
    first_row: u64,
}

impl<'a> Mapper<'a> {
    fn find_common_spaces(&mut self, reservations: &[Reservation]) {
        let Some(first) = reservations.iter().flat_map(|r| &r.stays).map(|stay| &stay.source).min() else {
            return;
        };
        let whole = SourcePlace { container: first.container.clone(), row: 0 };
        let mut also: Vec<SpaceRef> = Vec::new();
        for key in &self.settings.also {
            let Some(space) = self.directory.by_key(key) else {
                self.warn(
                    &whole,
                    ProblemCode::UnmappedUnit,
                    format!("no space `{key}` in Seam, which `spaces.also` gives to every stay"),
                    "create the space in Seam, or take it out of `spaces.also`",
                );
                continue;
            };
            also.push(space);
            if self.settings.methods.is_disjoint(&self.directory.space(space).methods) {
                self.warn(
                    &whole,
                    ProblemCode::DoorWithoutMethod,
                    format!(
                        "no door of the common space `{key}` can be opened by {}",
                        words(self.settings.methods)
                    ),
                    "choose another of `grants.methods`, or take the space out of `spaces.also`",
                );
            }
        }
        self.also = also.into_iter().collect();
    }

    fn draft(&mut self, position: usize, reservation: Reservation) -> Draft<'a> {
        let property = self.settings.properties.get(&reservation.id.property);
        let key_use = self.key_use(&reservation.id);
        let guests = guests_of_rows(&reservation, key_use, self.known, self.settings.guests).map(|guests| {
            let nameless = beside_a_named_guest(&reservation, &guests, self.known);
            (guests, nameless)
        });
        let Reservation { id, stays, n_rejected_rows } = reservation;
        let mut draft = Draft {
            desired: DesiredReservation {
                id,
                first_arrival: first_arrival(&stays).unwrap_or(self.now),
                grants: Vec::new(),
                held: Vec::new(),
                revoked: Vec::new(),
                left_alone: Vec::new(),
                rows: if n_rejected_rows == 0 { Rows::AllUnderstood } else { Rows::SomeUnreadable },
            },
            candidates: Vec::with_capacity(stays.len()),
            property,
            first_row: stays.iter().map(|stay| stay.source.row).min().unwrap_or(u64::MAX),
        };
        match guests {
            Ok((guests, nameless)) => {
                let openings = self.openings(&stays, &guests, property);
                for (row, (stay, guest)) in stays.into_iter().zip(guests).enumerate() {
                    let who = (position, row, Some(guest.key.clone()));
                    self.occupy(&stay, openings[row], &draft.desired.id, who);
                    if nameless[row] {
                        let (n_rows, first) = self.nameless.get_or_insert_with(|| (0, stay.source.clone()));
                        *n_rows += 1;
                        *first = stay.source.min(first.clone());
                        draft.desired.left_alone.push(guest.key);
                        continue;
                    }
                    self.sort_row(&mut draft, row, stay, guest, openings[row]);
                }
            }
            Err(NotPaired) if stays.iter().all(|stay| stay.standing == Standing::Revoked) => {
                for stay in stays {
                    let guest = GuestKey::new(draft.desired.id.key.as_str());
                    let units = self.places.spaces_of(&stay.place, &draft.desired.id.property).ok();
                    let revoked = revoked(stay.into(), units, guest, property, ReasonCode::Cancelled);
                    draft.desired.revoked.push(revoked);
                }
            }
            Err(NotPaired) => {
                draft.desired.rows = Rows::SomeUnreadable;
                for (row, stay) in stays.iter().enumerate() {
                    self.occupy(stay, Opening::AsBooked, &draft.desired.id, (position, row, None));
                }
                for stay in stays.into_iter().filter(is_expected) {
                    let guest = GuestKey::new(format!("{}/?", draft.desired.id.key));
                    let window = window_of(&stay, property);
                    draft.desired.held.push(held(
                        stay.into(),
                        guest,
                        window,
                        ReasonCode::GuestsNotPaired,
                        HeldBy::Person,
                        "the guests of this reservation changed so that they cannot be told apart; give each a guest_key".to_owned(),
                    ));
                }
            }
        }
        self.occupy_what_is_kept(position, &draft);
        draft
    }

    /// Which rows open now: those of a guest who is there, from the first that is not over. A later segment keeps its
    /// own start, for somebody else may still have its unit.
    fn openings(&self, stays: &[Stay], guests: &[RowGuest], property: &Property) -> Vec<Opening> {
        if stays.iter().all(|stay| stay.standing != Standing::CheckedIn) {
            return vec![Opening::AsBooked; stays.len()];
        }
        let mut first: HashMap<&GuestKey, Timestamp> = HashMap::new();
        for (stay, guest) in stays.iter().zip(guests) {
            if is_expected(stay) && !window_of(stay, property).ended(self.now) {
                let start = first.entry(&guest.key).or_insert(stay.check_in.instant);
                *start = stay.check_in.instant.min(*start);
            }
        }
        let opening = |(stay, guest): (&Stay, &RowGuest)| {
            let is_first = first.get(&guest.key) == Some(&stay.check_in.instant);
            if stay.standing == Standing::CheckedIn && is_first { Opening::Now } else { Opening::AsBooked }
        };
        stays.iter().zip(guests).map(opening).collect()
    }

    /// Notes that somebody is in the units of a row, whether or not the row gets a grant.
    fn occupy(
        &mut self,
        stay: &Stay,
        opening: Opening,
        id: &ReservationId,
        (reservation, row, guest): (usize, usize, Option<GuestKey>),
    ) {
        if !is_expected(stay) {
            return;
        }
        let units = self.places.spaces_of(&stay.place, &id.property);
        let open = self.opened(window_of(stay, self.settings.properties.get(&id.property)), opening);
        let window = self.opened(Window::new(stay.check_in.instant, stay.check_out.instant), opening);
        let units = units.unwrap_or_default();
        for spot in spots(&units, self.places.side_by_side()) {
            let guest = guest.clone();
            self.occupancy.add(spot, Occupation { reservation, row, guest, window, open });
        }
    }

    /// Notes the grants that are kept although no row explains them: of stays that are held or left alone (RULES 7 to
    /// 9), and of reservations that were not understood. A newcomer would share the door with them.
    fn occupy_what_is_kept(&mut self, position: usize, draft: &Draft<'_>) {
        let Draft { desired, candidates, property, first_row: _ } = draft;
        for granted in self.known.stays_of(&desired.id) {
            let guest = &granted.guest;
            let is_held = |stay: &HeldStay| {
                stay.guest == *guest
                    && (stay.reason_code == ReasonCode::Overstay || stay.window.overlaps(&granted.window))
            };
            let is_kept = desired.rows == Rows::SomeUnreadable
                || desired.left_alone.contains(guest)
                || desired.held.iter().any(is_held);
            if !is_kept {
                continue;
            }
            let open = granted.window;
            let window = Window {
                starts_at: open.starts_at + property.early_access,
                ends_at: open.ends_at.map(|end| end - property.late_exit),
            };
            let is_unit = |space: &SpaceRef| {
                !self.also.contains(space)
                    // Of which of its units the grant is nobody can say.
                    && !self.places.side_by_side().contains(space)
                    && self.settings.units.may_name(&self.directory.space(*space).key)
            };
            let units: Vec<SpaceRef> = granted
                .spaces
                .iter()
                .filter_map(|space| self.directory.by_id(space))
                .filter(is_unit)
                .collect();
            // A grant whose rooms a row cancels goes, whatever another row says.
            let goes = |stay: &RevokedStay| {
                stay.guest == *guest
                    && stay.window.overlaps(&open)
                    && units.iter().all(|space| stay.spaces.contains(space))
            };
            if desired.revoked.iter().any(goes) {
                continue;
            }
            let is_explained = |space: &SpaceRef| {
                candidates.iter().any(|candidate| {
                    candidate.guest == *guest
                        && candidate.window.overlaps(&open)
                        && candidate.spaces().any(|wanted| wanted == *space)
                })
            };
            for space in units.into_iter().filter(|space| !is_explained(space)) {
                let (row, guest) = (usize::MAX, Some(guest.clone()));
                self.occupancy
                    .add((space, None), Occupation { reservation: position, row, guest, window, open });
            }
        }
    }

    pub(super) fn opened(&self, window: Window, opening: Opening) -> Window {
        match opening {
            Opening::AsBooked => window,
            Opening::Now => Window { starts_at: window.starts_at.min(self.now), ..window },
        }
    }

    fn key_use(&self, id: &ReservationId) -> KeyUse {
        let in_source = self.key_uses.get(&id.key);
        let other = |property: &PropertyCode| *property != id.property;
        if in_source.is_some_and(|properties| properties.iter().any(other))
            || self.known.is_used_elsewhere(id)
        {
            KeyUse::Several
        } else {
            KeyUse::One
        }
    }

    fn hold_newcomers(&mut self, drafts: &mut [Draft<'a>]) {
        let ids: Vec<&ReservationId> = drafts.iter().map(|draft| &draft.desired.id).collect();
        let firsts: Vec<(u64, usize)> =
            drafts.iter().enumerate().map(|(position, draft)| (draft.first_row, position)).collect();
        let losers = self.occupancy.newcomers(&ids, &ranks(&firsts), self.known, self.directory, self.now);
        for ((reservation, row), winner) in losers {
            let winner = drafts[winner].desired.id.clone();
            let draft = &mut drafts[reservation];
            let Some(position) = draft.candidates.iter().position(|candidate| candidate.row == row) else {
                continue;
            };
            let candidate = draft.candidates.remove(position);
            let units: Vec<&str> = candidate.units.iter().map(|unit| unit.unit.as_str()).collect();
            let reason = format!("reservation {winner} has unit {} in that time", units.join(", "));
            let stay = held(
                candidate.said,
                candidate.guest,
                candidate.window,
                ReasonCode::Overlap,
                HeldBy::Person,
                reason,
            );
            draft.desired.held.push(stay);
        }
    }

    fn finish(&mut self, position: usize, mut draft: Draft<'a>) -> DesiredReservation {
        let windows = bridged(&self.occupancy, self.places.side_by_side(), position, &draft.candidates);
        for (candidate, window) in draft.candidates.iter_mut().zip(windows) {
            candidate.window = window;
        }
        let (over, running) =
            draft.candidates.into_iter().partition(|candidate| candidate.window.ended(self.now));
        draft.candidates = running;
        let over: Vec<Candidate> = over;
        for Candidate { said, guest, units, window, .. } in over {
            self.close(&mut draft, said, Some(units), guest, window);
        }
        draft.desired.grants = grants_of(draft.candidates, &self.also);
        for grant in &mut draft.desired.grants {
            self.left_out.sift(&self.settings.addresses, &grant.guest, &mut grant.email, &grant.source);
        }
        draft.desired
    }

    fn warn(&mut self, source: &SourcePlace, code: ProblemCode, message: String, hint: &str) {
        self.warnings.push(Problem {
            source: source.clone(),
            column: "",
            code,
            message,
            hint: hint.to_owned(),
        });
    }
}

fn beside_a_name(n_rows: usize, source: SourcePlace) -> Problem {
    let rows = if n_rows == 1 { "a row names".to_owned() } else { format!("{n_rows} rows name") };
    Problem {
        source,
        column: "full_name",
        code: ProblemCode::Placeholder,
        message: format!(
            "{rows} nobody yet, beside a named guest in the same unit and time; no grant is made for them"
        ),
        hint: "they get their own once the source has their name".to_owned(),
    }
}

fn properties_by_key(reservations: &[Reservation]) -> HashMap<ReservationKey, BTreeSet<PropertyCode>> {
    let mut uses: HashMap<ReservationKey, BTreeSet<PropertyCode>> = HashMap::new();
    if reservations.windows(2).all(|pair| pair[0].id.property == pair[1].id.property) {
        return uses;
    }
    for reservation in reservations {
        uses.entry(reservation.id.key.clone()).or_default().insert(reservation.id.property.clone());
    }
    uses
}

/// Whether the guest has a right to the doors.
fn is_expected(stay: &Stay) -> bool {
    matches!(stay.standing, Standing::Expected | Standing::CheckedIn)
}

/// The first arrival that is still expected, or was; a cancelled one only where there is no other (RULES 24).
fn first_arrival(stays: &[Stay]) -> Option<Timestamp> {
    let arrivals = |standing: fn(Standing) -> bool| {
        stays.iter().filter(move |stay| standing(stay.standing)).map(|stay| stay.check_in.instant).min()
    };
    arrivals(|standing| standing != Standing::Revoked).or_else(|| arrivals(|_| true))
}
