//! One pass over the reservations: who, where, when and how, or why not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::desired::{Desired, DesiredGrant, DesiredReservation, HeldStay, RevokedStay, Rows, UnitSpaces};
use super::directory::{Directory, SpaceRef};
use super::guests::{KeyUse, RowGuest, guests_of_rows};
use super::known::Known;
use super::occupancy::{Occupancy, Occupation, ranks};
use super::places::{NoPlace, UnmappedUnits, spaces_of};
use super::settings::{MappingSettings, UnitRule};
use crate::model::{
    GuestKey, HeldBy, MethodSet, Problem, ProblemCode, Property, PropertyCode, ReasonCode, Reservation,
    ReservationId, ReservationKey, SourcePlace, Standing, Stay, Window,
};

/// A stay that begins within this time can no longer wait for a unit by itself (RULES 7).
const LAST_CALL: SignedDuration = SignedDuration::from_hours(24);

/// Maps every reservation.
pub fn map(
    reservations: &[Reservation],
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
        also: Vec::new(),
        key_uses: properties_by_key(reservations),
        occupancy: Occupancy::default(),
        unmapped: UnmappedUnits::default(),
        warnings: Vec::new(),
    };
    mapper.find_common_spaces(reservations);
    let mut drafts: Vec<Draft<'_>> =
        reservations.iter().enumerate().map(|(position, r)| mapper.draft(position, r)).collect();
    mapper.hold_newcomers(reservations, &mut drafts);
    let reservations =
        drafts.into_iter().enumerate().map(|(position, draft)| mapper.finish(position, draft)).collect();
    let Mapper { unmapped, mut warnings, .. } = mapper;
    warnings.extend(unmapped.into_problems(directory));
    warnings.sort();
    warnings.dedup();
    Desired { reservations, warnings }
}

struct Mapper<'a> {
    directory: &'a Directory,
    known: &'a Known,
    settings: &'a MappingSettings,
    now: Timestamp,
    also: Vec<SpaceRef>,
    key_uses: HashMap<ReservationKey, BTreeSet<PropertyCode>>,
    occupancy: Occupancy,
    unmapped: UnmappedUnits,
    warnings: Vec<Problem>,
}

/// A reservation on its way: the rows that may become grants, and everything else said about it.
struct Draft<'a> {
    desired: DesiredReservation,
    candidates: Vec<Candidate<'a>>,
}

/// A row that has a right to doors that exist.
struct Candidate<'a> {
    row: usize,
    stay: &'a Stay,
    guest: GuestKey,
    units: Vec<UnitSpaces>,
    methods: MethodSet,
    window: Window,
}

impl<'a> Mapper<'a> {
    fn find_common_spaces(&mut self, reservations: &[Reservation]) {
        let Some(first) = reservations.iter().flat_map(|r| &r.stays).map(|stay| &stay.source).min() else {
            return;
        };
        let whole = SourcePlace { container: first.container.clone(), row: 0 };
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
            self.also.push(space);
            if self.settings.methods.is_disjoint(&self.directory.space(space).methods) {
                self.warn(
                    &whole,
                    ProblemCode::DoorWithoutMethod,
                    format!(
                        "no door of the common space `{key}` can be opened by {}",
                        words(&self.settings.methods)
                    ),
                    "choose another of `grants.methods`, or take the space out of `spaces.also`",
                );
            }
        }
        self.also.sort_unstable();
    }

    fn draft(&mut self, position: usize, reservation: &'a Reservation) -> Draft<'a> {
        let Reservation { id, stays, n_rejected_rows } = reservation;
        let first_arrival = stays.iter().map(|stay| stay.check_in.instant).min().unwrap_or(self.now);
        let mut draft = Draft {
            desired: DesiredReservation {
                id: id.clone(),
                first_arrival,
                grants: Vec::new(),
                held: Vec::new(),
                revoked: Vec::new(),
                left_alone: Vec::new(),
                rows: if *n_rejected_rows == 0 { Rows::AllUnderstood } else { Rows::SomeUnreadable },
            },
            candidates: Vec::with_capacity(stays.len()),
        };
        let property = self.settings.properties.get(&id.property);
        match guests_of_rows(reservation, self.key_use(id), self.known, self.settings.guests) {
            Ok(guests) => {
                for (row, (stay, guest)) in stays.iter().zip(guests).enumerate() {
                    self.sort_row(&mut draft, property, row, stay, guest);
                }
                for candidate in &draft.candidates {
                    let window = self.occupied(candidate.stay);
                    for space in candidate.units.iter().flat_map(|unit| &unit.spaces) {
                        self.occupancy
                            .add(*space, Occupation { reservation: position, row: candidate.row, window });
                    }
                }
            }
            Err(_) if stays.iter().all(|stay| stay.standing == Standing::Revoked) => {
                for stay in stays {
                    let guest = GuestKey::new(id.key.as_str());
                    draft.desired.revoked.push(self.revoked(
                        stay,
                        guest,
                        property,
                        &id.property,
                        ReasonCode::Cancelled,
                    ));
                }
            }
            Err(_) => {
                draft.desired.rows = Rows::SomeUnreadable;
                for stay in stays.iter().filter(|stay| stay.standing == Standing::Expected) {
                    let guest = GuestKey::new(format!("{}/?", id.key));
                    draft.desired.held.push(held(
                        stay,
                        guest,
                        window_of(stay, property),
                        ReasonCode::GuestsNotPaired,
                        HeldBy::Person,
                        "the guests of this reservation changed so that they cannot be told apart; give each a guest_key".to_owned(),
                    ));
                }
            }
        }
        draft
    }

    /// When a guest is in the unit, buffers left out; one who checked in early is there now.
    fn occupied(&self, stay: &Stay) -> Window {
        let check_in = match stay.standing {
            Standing::CheckedIn => stay.check_in.instant.min(self.now),
            _ => stay.check_in.instant,
        };
        Window::new(check_in, stay.check_out.instant)
    }

    fn key_use(&self, id: &ReservationId) -> KeyUse {
        let in_source = self.key_uses.get(&id.key);
        let live = self.known.properties_of(&id.key);
        let other = |property: &PropertyCode| *property != id.property;
        if in_source.is_some_and(|properties| properties.iter().any(other)) || live.iter().any(other) {
            KeyUse::Several
        } else {
            KeyUse::One
        }
    }

    fn sort_row(
        &mut self,
        draft: &mut Draft<'a>,
        property: &Property,
        row: usize,
        stay: &'a Stay,
        RowGuest { key: guest, wanted }: RowGuest,
    ) {
        let code = draft.desired.id.property.clone();
        let window = window_of(stay, property);
        let checked_in = match stay.standing {
            _ if stay.opted_out => return draft.desired.left_alone.push(guest),
            Standing::Unclear | Standing::Ignored => return draft.desired.left_alone.push(guest),
            Standing::Revoked => {
                let revoked = self.revoked(stay, guest, property, &code, ReasonCode::Cancelled);
                return draft.desired.revoked.push(revoked);
            }
            Standing::CheckedIn => true,
            Standing::Expected => false,
        };
        if !wanted {
            let revoked = self.revoked(stay, guest, property, &code, ReasonCode::NoLongerWanted);
            return draft.desired.revoked.push(revoked);
        }
        if window.ended(self.now) {
            if checked_in {
                let reason = "the guest is still checked in after the check-out; left as it is".to_owned();
                let stay = held(stay, guest, window, ReasonCode::Overstay, HeldBy::Rule, reason);
                draft.desired.held.push(stay);
            } else {
                let revoked = self.revoked(stay, guest, property, &code, ReasonCode::LeftEarly);
                draft.desired.revoked.push(revoked);
            }
            return;
        }
        let window =
            if checked_in { Window { starts_at: window.starts_at.min(self.now), ..window } } else { window };
        let mut hold = |reason_code, held_by, reason| {
            draft.desired.held.push(held(stay, guest.clone(), window, reason_code, held_by, reason));
        };
        match spaces_of(&stay.place, &code, &self.settings.units, self.directory) {
            Err(NoPlace::Unassigned) => {
                let soon = window.starts_at <= self.now + LAST_CALL;
                let by = if soon { HeldBy::Person } else { HeldBy::Rule };
                let reason =
                    if soon { "arrives within 24 hours and has no unit yet" } else { "has no unit yet" };
                hold(ReasonCode::UnitNotAssigned, by, reason.to_owned());
            }
            Err(NoPlace::Unmapped { unit, space }) => {
                let wanted = space.as_ref().map_or_else(String::new, |space| format!(" (wanted `{space}`)"));
                let reason = match self.settings.units {
                    UnitRule::SourceNamesSpaces => {
                        format!(
                            "unit `{unit}` leads to no space: the configuration has no [spaces] key or table{wanted}"
                        )
                    }
                    _ => format!("unit `{unit}` leads to no space in Seam{wanted}"),
                };
                hold(ReasonCode::UnmappedUnit, HeldBy::Person, reason);
                self.unmapped.add(unit, space, &stay.source);
            }
            Ok(units) => {
                let methods = if stay.methods.is_empty() { &self.settings.methods } else { &stay.methods };
                let deaf =
                    units.iter().find(|unit| methods.is_disjoint(&self.directory.methods_of(&unit.spaces)));
                if let Some(deaf) = deaf {
                    let reason =
                        format!("no door of unit `{}` can be opened by {}", deaf.unit, words(methods));
                    hold(ReasonCode::DoorWithoutMethod, HeldBy::Person, reason);
                } else {
                    let methods = methods.clone();
                    draft.candidates.push(Candidate { row, stay, guest, units, methods, window });
                }
            }
        }
    }

    fn revoked(
        &self,
        stay: &Stay,
        guest: GuestKey,
        property: &Property,
        code: &PropertyCode,
        reason_code: ReasonCode,
    ) -> RevokedStay {
        let units = spaces_of(&stay.place, code, &self.settings.units, self.directory).unwrap_or_default();
        let mut spaces: Vec<SpaceRef> = units.into_iter().flat_map(|unit| unit.spaces).collect();
        spaces.sort_unstable();
        spaces.dedup();
        RevokedStay {
            guest,
            spaces,
            window: window_of(stay, property),
            arrival: stay.check_in.local.date(),
            reason_code,
            source: stay.source.clone(),
        }
    }

    fn hold_newcomers(&mut self, reservations: &[Reservation], drafts: &mut [Draft<'a>]) {
        let ids: Vec<&ReservationId> = reservations.iter().map(|reservation| &reservation.id).collect();
        let firsts: Vec<(u64, usize)> = reservations
            .iter()
            .enumerate()
            .map(|(i, r)| (r.stays.iter().map(|stay| stay.source.row).min().unwrap_or(u64::MAX), i))
            .collect();
        let losers = self.occupancy.newcomers(&ids, &ranks(&firsts), self.known, self.directory);
        for ((reservation, row), winner) in losers {
            let draft = &mut drafts[reservation];
            let Some(position) = draft.candidates.iter().position(|candidate| candidate.row == row) else {
                continue;
            };
            let candidate = draft.candidates.remove(position);
            let units: Vec<&str> = candidate.units.iter().map(|unit| unit.unit.as_str()).collect();
            let reason =
                format!("reservation {} has unit {} in that time", reservations[winner].id, units.join(", "));
            let stay = held(
                candidate.stay,
                candidate.guest,
                candidate.window,
                ReasonCode::Overlap,
                HeldBy::Person,
                reason,
            );
            draft.desired.held.push(stay);
        }
    }

    fn finish(&mut self, position: usize, draft: Draft<'a>) -> DesiredReservation {
        let Draft { mut desired, candidates } = draft;
        let bridged = self.bridged(position, &candidates);
        let mut merged: BTreeMap<(GuestKey, Window, MethodSet), DesiredGrant> = BTreeMap::new();
        for (candidate, window) in candidates.into_iter().zip(bridged) {
            let Candidate { row: _, stay, guest, units, methods, window: _ } = candidate;
            let grant =
                merged.entry((guest.clone(), window, methods.clone())).or_insert_with(|| DesiredGrant {
                    guest,
                    full_name: stay.guest.full_name.clone(),
                    email: stay.guest.email.clone(),
                    phone: stay.guest.phone.clone(),
                    units: Vec::new(),
                    also: self.also.clone(),
                    window,
                    methods,
                    code: None,
                    arrival: stay.check_in.local.date(),
                    source: stay.source.clone(),
                });
            grant.units.reserve_exact(units.len());
            grant.units.extend(units);
            if grant.code.is_none() {
                grant.code.clone_from(&stay.code);
            }
            if grant.email.is_none() {
                grant.email.clone_from(&stay.guest.email);
            }
            if grant.phone.is_none() {
                grant.phone.clone_from(&stay.guest.phone);
            }
        }
        desired.grants.reserve_exact(merged.len());
        for mut grant in merged.into_values() {
            grant.units.sort();
            grant.units.dedup();
            desired.grants.push(grant);
        }
        join_overlapping(&mut desired.grants);
        desired
    }

    /// The windows of the candidates, with same-day gaps between two segments of one guest bridged (RULES 10): both
    /// units are open across the gap, but never into the stay of a neighbour.
    fn bridged(&self, position: usize, candidates: &[Candidate<'_>]) -> Vec<Window> {
        let mut windows: Vec<Window> = candidates.iter().map(|candidate| candidate.window).collect();
        for (i, left) in candidates.iter().enumerate() {
            for (j, right) in candidates.iter().enumerate() {
                let (out, back) = (left.stay.check_out, right.stay.check_in);
                let gap = out.instant < back.instant && out.local.date() == back.local.date();
                if left.guest != right.guest || !gap {
                    continue;
                }
                let spaces = |c: &Candidate<'_>| -> Vec<SpaceRef> {
                    c.units.iter().flat_map(|unit| unit.spaces.iter().copied()).collect()
                };
                let stays_until = spaces(left)
                    .into_iter()
                    .filter_map(|space| {
                        self.occupancy.next_arrival(space, position, out.instant, back.instant)
                    })
                    .min()
                    .unwrap_or(back.instant);
                let comes_from = spaces(right)
                    .into_iter()
                    .filter_map(|space| {
                        self.occupancy.last_departure(space, position, out.instant, back.instant)
                    })
                    .max()
                    .unwrap_or(out.instant);
                windows[i].ends_at = windows[i].ends_at.max(Some(stays_until));
                windows[j].starts_at = windows[j].starts_at.min(comes_from);
            }
        }
        windows
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

/// Makes one grant of two that open the same doors for the same guest in the same way at overlapping times.
fn join_overlapping(grants: &mut Vec<DesiredGrant>) {
    let joinable = |left: &DesiredGrant, right: &DesiredGrant| {
        left.guest == right.guest
            && left.methods == right.methods
            && left.units == right.units
            && left.window.overlaps(&right.window)
    };
    let mut first = 0;
    while first < grants.len() {
        let twin = (first + 1..grants.len()).find(|second| joinable(&grants[first], &grants[*second]));
        let Some(second) = twin else {
            first += 1;
            continue;
        };
        let other = grants.remove(second);
        let grant = &mut grants[first];
        grant.window.starts_at = grant.window.starts_at.min(other.window.starts_at);
        grant.window.ends_at = grant.window.ends_at.max(other.window.ends_at);
        grant.arrival = grant.arrival.min(other.arrival);
        if grant.source > other.source {
            grant.source = other.source;
            grant.full_name = other.full_name;
        }
        grant.code = grant.code.take().or(other.code);
        grant.email = grant.email.take().or(other.email);
        grant.phone = grant.phone.take().or(other.phone);
    }
}

fn properties_by_key(reservations: &[Reservation]) -> HashMap<ReservationKey, BTreeSet<PropertyCode>> {
    let mut uses: HashMap<ReservationKey, BTreeSet<PropertyCode>> = HashMap::new();
    for reservation in reservations.iter().filter(|r| !r.id.property.as_str().is_empty()) {
        uses.entry(reservation.id.key.clone()).or_default().insert(reservation.id.property.clone());
    }
    uses
}

fn window_of(stay: &Stay, property: &Property) -> Window {
    Window::new(stay.check_in.instant - property.early_access, stay.check_out.instant + property.late_exit)
}

fn held(
    stay: &Stay,
    guest: GuestKey,
    window: Window,
    reason_code: ReasonCode,
    held_by: HeldBy,
    reason: String,
) -> HeldStay {
    HeldStay {
        guest,
        full_name: stay.guest.full_name.clone(),
        spaces: Vec::new(),
        window,
        arrival: stay.check_in.local.date(),
        reason_code,
        reason,
        held_by,
        source: stay.source.clone(),
    }
}

fn words(methods: &MethodSet) -> String {
    methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" or ")
}
