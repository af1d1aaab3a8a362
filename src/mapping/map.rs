//! One pass over the reservations: who, where, when and how, or why not.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::civil::Date;

use super::addresses::LeftOut;
use super::common_doors::UnitDoors;
use super::current_access::CurrentAccess;
use super::desired::{Desired, DesiredReservation, Rows};
use super::directory::{Directory, SpaceRef};
use super::guests::{Follower, Guests, KeyUse, RowGuest, lists_several_guests};
use super::neighbours::Neighbours;
use super::people::distrust_keys;
use super::placeholders::beside_a_named_guest;
use super::places::{Places, UnmappedUnits, spots};
use super::row_versions::{Version, versions};
use super::rows::{LAST_CALL, Opening, left_alone, window_of, words};
use super::segments::{Candidate, bridged, grants_of};
use super::settings::MappingSettings;
use super::unknown_properties::unknown_properties;
use super::wished_codes::same_codes;
use crate::model::{
    Guest, GuestKey, Problem, ProblemCode, Property, PropertyCode, Reservation, ReservationId,
    ReservationKey, SharedSet, SourcePlace, Standing, Stay, Window,
};

/// Maps every reservation. They are taken, because each is let go as soon as its grants are known: a large hotel needs
/// the room.
pub fn map(
    mut reservations: Vec<Reservation>,
    directory: &Directory,
    access: &CurrentAccess<'_>,
    settings: &MappingSettings,
    now: Timestamp,
) -> Desired {
    let has_properties = !settings.properties.by_code.is_empty();
    let (shared, shared_keys) = distrust_keys(&mut reservations, access, has_properties);
    let checked_in_on = checked_in_on(&reservations, settings, now);
    let unknown = unknown_properties(&reservations, &settings.properties, &settings.units, now);
    let mut mapper = Mapper {
        directory,
        access,
        expected_as_of: (checked_in_on.is_some() || used_checked_in(access, settings, now))
            .then(|| access.rows_written_at.unwrap_or(now)),
        lists_several_guests: access.lists_several_guests
            || reservations.iter().any(|reservation| lists_several_guests(&reservation.stays)),
        settings,
        now,
        places: Places::new(&settings.units, directory, unknown.held()),
        also: SharedSet::new(),
        key_uses: properties_by_key(&reservations),
        neighbours: Neighbours::default(),
        unmapped: UnmappedUnits::default(),
        left_out: LeftOut::default(),
        nameless: None,
        warnings: Vec::new(),
    };
    mapper.find_common_spaces(&reservations);
    mapper.watch_gaps(&reservations);
    let drafts: Vec<Draft<'_>> =
        reservations.into_iter().enumerate().map(|(position, r)| mapper.draft(position, r)).collect();
    let reservations: Vec<DesiredReservation> =
        drafts.into_iter().enumerate().map(|(position, draft)| mapper.finish(position, draft)).collect();
    let Mapper { unmapped, left_out, nameless, mut warnings, expected_as_of, lists_several_guests, .. } =
        mapper;
    warnings.extend(shared_keys);
    warnings.extend(unknown.problems());
    warnings.extend(same_codes(&reservations, directory));
    warnings.extend(unmapped.into_problems(directory));
    warnings.extend(left_out.into_problems());
    warnings.extend(nameless.map(|(n_rows, first)| beside_a_name(n_rows, first)));
    warnings.sort();
    warnings.dedup();
    let common = directory.spaces().filter(|(_, entry)| !settings.units.may_name(&entry.key));
    Desired {
        common: common.map(|(space, _)| space).collect(),
        doors: UnitDoors::of(settings, directory, &reservations),
        properties: settings.properties.clone(),
        reservations,
        outside: BTreeSet::new(),
        adopted: BTreeMap::new(),
        shared,
        expected_as_of,
        checked_in_on,
        lists_several_guests,
        warnings,
    }
}

pub(super) struct Mapper<'a> {
    pub(super) directory: &'a Directory,
    pub(super) access: &'a CurrentAccess<'a>,
    pub(super) expected_as_of: Option<Timestamp>,
    pub(super) lists_several_guests: bool,
    pub(super) settings: &'a MappingSettings,
    pub(super) now: Timestamp,
    pub(super) places: Places<'a>,
    pub(super) also: SharedSet<SpaceRef>,
    pub(super) key_uses: HashMap<ReservationKey, BTreeSet<PropertyCode>>,
    pub(super) neighbours: Neighbours,
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
        let Guests { rows: guests, followers } = self.guests(&reservation, key_use);
        let nameless = beside_a_named_guest(&reservation, &guests, self.access);
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
        };
        for stay in stays.iter().filter(|stay| is_expected(stay)) {
            if stay.standing == Standing::CheckedIn && stay.check_in.instant > self.now + LAST_CALL {
                self.warn(
                    &stay.source,
                    ProblemCode::Notice,
                    "the status says checked in, more than 24 hours before the arrival; it opens at its check-in"
                        .to_owned(),
                    "correct the status or the arrival in the source",
                );
            }
        }
        let openings = self.openings(&stays, &guests, property);
        let mut stays = stays;
        let versions = versions(&mut stays, &guests);
        for Follower { guest, full_name, row } in followers {
            if versions[row] != Version::Counts {
                continue;
            }
            let known = Guest { key: None, full_name, email: None, phone: None, is_primary: false };
            let stay = Stay { guest: known, code: None, ..stays[row].clone() };
            let guest = RowGuest { key: guest, wanted: true, newcomer: None, known_as: None };
            self.sort_row(&mut draft, stay, guest, openings[row]);
        }
        for (row, (stay, guest)) in stays.into_iter().zip(guests).enumerate() {
            match versions[row] {
                Version::Older => continue,
                Version::Contradicts if !window_of(&stay, property).ended(self.now) => {
                    self.note_neighbour(&stay, openings[row], &draft.desired.id, position);
                    self.hold_contradiction(&mut draft, stay, guest);
                    continue;
                }
                Version::Counts | Version::Contradicts => {}
            }
            self.note_neighbour(&stay, openings[row], &draft.desired.id, position);
            if nameless[row] {
                let (n_rows, first) = self.nameless.get_or_insert_with(|| (0, stay.source.clone()));
                *n_rows += 1;
                *first = stay.source.clone().min(first.clone());
                let units = self.places.spaces_of(&stay.place, &draft.desired.id.property).ok();
                draft.desired.left_alone.push(left_alone(stay, guest.key, units, property));
                continue;
            }
            self.sort_row(&mut draft, stay, guest, openings[row]);
        }
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
            // Who arrives later than tomorrow is not there, whatever the status says (RULES 11).
            let may_be_there = stay.check_in.instant <= self.now + LAST_CALL;
            let is_there = stay.standing == Standing::CheckedIn && is_first && may_be_there;
            if is_there { Opening::Now } else { Opening::AsBooked }
        };
        stays.iter().zip(guests).map(opening).collect()
    }

    /// Looks for rows of one reservation that leave a gap on one day, and watches their units.
    fn watch_gaps(&mut self, reservations: &[Reservation]) {
        for Reservation { id, stays, .. } in reservations.iter().filter(|r| r.stays.len() > 1) {
            let follows = |out: &Stay, back: &Stay| {
                out.check_out.instant < back.check_in.instant
                    && out.check_out.local.date() == back.check_in.local.date()
            };
            let is_at_gap =
                |stay: &&Stay| stays.iter().any(|other| follows(stay, other) || follows(other, stay));
            for stay in stays.iter().filter(is_at_gap) {
                let units = self.places.spaces_of(&stay.place, &id.property).unwrap_or_default();
                for spot in spots(&units, self.places.side_by_side()) {
                    self.neighbours.watch(spot);
                }
            }
        }
    }

    /// Notes that somebody is in the units of a row, whether or not the row gets a grant.
    fn note_neighbour(&mut self, stay: &Stay, opening: Opening, id: &ReservationId, reservation: usize) {
        if self.neighbours.is_idle() || !is_expected(stay) {
            return;
        }
        let units = self.places.spaces_of(&stay.place, &id.property).unwrap_or_default();
        let open = self.opened(window_of(stay, self.settings.properties.get(&id.property)), opening);
        for spot in spots(&units, self.places.side_by_side()) {
            self.neighbours.add(&spot, reservation, open);
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
            || self.access.is_used_elsewhere(id)
        {
            KeyUse::Several
        } else {
            KeyUse::One
        }
    }

    fn finish(&mut self, position: usize, mut draft: Draft<'a>) -> DesiredReservation {
        let windows = bridged(&self.neighbours, self.places.side_by_side(), position, &draft.candidates);
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

/// The day, by the clock of the hotel.
fn today(settings: &MappingSettings, now: Timestamp) -> Date {
    settings.properties.default.time_zone.to_datetime(now).date()
}

/// Today, where this read has a status that says checked in.
fn checked_in_on(reservations: &[Reservation], settings: &MappingSettings, now: Timestamp) -> Option<Date> {
    let mut stays = reservations.iter().flat_map(|reservation| &reservation.stays);
    stays.any(|stay| stay.standing == Standing::CheckedIn).then(|| today(settings, now))
}

/// Whether the source used a status that says checked in during the last 30 days.
fn used_checked_in(access: &CurrentAccess<'_>, settings: &MappingSettings, now: Timestamp) -> bool {
    access
        .last_checked_in_status
        .is_some_and(|last| last + jiff::Span::new().days(30) >= today(settings, now))
}

/// Whether the guest has a right to the doors.
fn is_expected(stay: &Stay) -> bool {
    matches!(stay.standing, Standing::Expected | Standing::CheckedIn)
}

/// The first arrival that is still expected, or was; a cancelled one only where there is no other (RULES 33).
fn first_arrival(stays: &[Stay]) -> Option<Timestamp> {
    let arrivals = |standing: fn(Standing) -> bool| {
        stays.iter().filter(move |stay| standing(stay.standing)).map(|stay| stay.check_in.instant).min()
    };
    arrivals(|standing| standing != Standing::Revoked).or_else(|| arrivals(|_| true))
}
