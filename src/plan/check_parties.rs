//! Finds units that a plan opens for two parties (RULES 17). It looks at calls and at what Seam holds, and knows
//! nothing of the decisions that led to them.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use jiff::civil::Date;

use super::check::{Base, Violation};
use super::crowded_doors::crowded_doors;
use super::matter::Matter;
use super::outline::Plan;
use super::seam_rules::{ModelGrant, World};
use super::step::{Call, StepId};
use crate::mapping::{
    Desired, DesiredReservation, DoorRefs, SpaceRef, StayFacts, UnitSpaces, is_placeholder,
};
use crate::model::local_span::{DAY, date_of, start_of_day};
use crate::model::{
    AccessGrantId, AccessGrantKey, Choice, DoorRef, EmailAddress, GrantKeyParts, GuestKey, LocalSpan,
    LocalTime, PhoneNumber, ReservationId, ShareKey, SharedSet, SpaceId, Unit, Window, is_variant,
};
use crate::side_by_side::{both, each};

/// A grant of ours at one door.
#[derive(Clone)]
struct At {
    reservation: ReservationId,
    guest: GuestKey,
    /// Its window without the buffers of the property, from now on.
    dates: LocalSpan,
    doors: DoorRefs,
    /// As Seam lists it; `None` for one that the plan makes.
    listed: Option<AccessGrantId>,
}

/// The grants at one door, by the beginning of their dates.
#[derive(Default)]
struct AtDoor {
    grants: Vec<At>,
    /// The longest of their dates.
    longest: LocalTime,
}

impl AtDoor {
    /// Those that share time with some dates.
    fn during(&self, dates: LocalSpan) -> impl Iterator<Item = &At> {
        let first =
            self.grants.partition_point(|at| at.dates.from.saturating_add(self.longest) <= dates.from);
        let begun = self.grants[first..].iter().take_while(move |at| at.dates.from < dates.to);
        begun.filter(move |at| at.dates.overlaps(dates))
    }

    fn sort(&mut self) {
        self.grants.sort_by_key(|at| at.dates);
        let lengths = self.grants.iter().map(|at| at.dates.to.saturating_sub(at.dates.from));
        self.longest = lengths.max().unwrap_or(0);
    }
}

/// All that a plan opens although another party has the unit on that night, before or after, and no matter says so.
pub(super) fn two_parties<'w>(
    plan: &Plan,
    before: &World<'w>,
    after: &World<'w>,
    base: &Base<'_>,
) -> Vec<Violation> {
    let Some(desired) = base.desired else { return Vec::new() };
    let finder = Finder::new(base, desired);
    let closings = closings(plan);
    let closed = |id: &AccessGrantId| closings.contains_key(id);
    let crowded = crowded_doors(plan, (before, after), (base, desired), closed);
    if crowded.is_empty() {
        return Vec::new();
    }
    let opened = each(&plan.steps, |step| finder.opened_by(&step.call, before, after));
    let opened = (0..).zip(opened).filter_map(|(number, at)| Some((number, at?)));
    let opened: Vec<(usize, At)> =
        opened.filter(|(_, at)| at.doors.iter().any(|door| crowded.contains(door))).collect();
    let (had, has) = both(|| finder.by_door(before, &crowded), || finder.by_door(after, &crowded));
    let none = AtDoor::default();
    let of_step = |(number, at): &(usize, At)| {
        let mut found: Vec<TwoParties> = Vec::new();
        for door in &at.doors {
            let (had, has) = (had.get(door).unwrap_or(&none), has.get(door).unwrap_or(&none));
            for other in has.during(at.dates).filter(|other| finder.meet(at, other)) {
                let Some(night) = new_night(at, other, &had.grants) else { continue };
                found.push(TwoParties::of(*number, (at, other), night, false));
            }
            for other in had.during(at.dates).filter(|other| finder.meet(at, other)) {
                let common = at.dates.common(other.dates);
                let Some(listed) = &other.listed else { continue };
                let closes = |window: &Option<Window>| {
                    let grant =
                        window.and_then(|window| Some(ModelGrant { window, ..before.grant(listed)? }));
                    let left = grant.and_then(|grant| finder.at(&grant));
                    left.is_none_or(|left| !left.dates.overlaps(common))
                };
                let steps = closings.get(listed).map_or(&[][..], Vec::as_slice);
                let is_closed = steps.last().is_some_and(|(_, window)| closes(window));
                // An update that takes and gives may be cut in two: the first step that closes is enough.
                let closing = steps.iter().find(|(_, window)| closes(window)).filter(|_| is_closed);
                if closing.is_some_and(|(closing, _)| !waits_for(plan, *number, *closing))
                    && new_night(at, other, &had.grants).is_some()
                {
                    found.push(TwoParties::of(*number, (at, other), date_of(common.from), true));
                }
            }
        }
        found
    };
    let mut found: Vec<TwoParties> = each(&opened, of_step).into_iter().flatten().collect();
    found.retain(|two| !is_said(plan, two) && !finder.is_one_party(two, &opened, &had, &has));
    found.sort_by(|left, right| (&left.reservations, left.step).cmp(&(&right.reservations, right.step)));
    found.dedup_by(|left, right| left.reservations == right.reservations);
    found.into_iter().map(TwoParties::violation).collect()
}

/// A unit that opens for two parties.
struct TwoParties {
    step: usize,
    /// Sorted.
    reservations: [ReservationId; 2],
    night: Date,
    too_soon: bool,
}

impl TwoParties {
    fn of(step: usize, (left, right): (&At, &At), night: Date, too_soon: bool) -> Self {
        let mut reservations = [left.reservation.clone(), right.reservation.clone()];
        reservations.sort();
        Self { step, reservations, night, too_soon }
    }

    fn violation(self) -> Violation {
        let Self { step, reservations, night, too_soon } = self;
        Violation::TwoParties { step, reservations: Box::new(reservations), night, too_soon }
    }
}

/// The first night, or the day without one, that two grants share and that no two grants of these reservations shared
/// before.
fn new_night(at: &At, other: &At, had: &[At]) -> Option<Date> {
    let common = at.dates.common(other.dates);
    let has_night = at.dates.has_night() && other.dates.has_night();
    if common.is_empty() || (has_night && !common.has_night()) {
        return None;
    }
    let of = |reservation: &ReservationId| {
        had.iter().filter(|one| one.reservation == *reservation).map(|one| one.dates).collect::<Vec<_>>()
    };
    let (own, others) = (of(&at.reservation), of(&other.reservation));
    let was_shared = |night: LocalSpan| {
        own.iter().any(|own| {
            others.iter().any(|other| {
                let shared = own.common(*other).common(night);
                !shared.is_empty() && (!has_night || shared == night)
            })
        })
    };
    if !has_night {
        return (!was_shared(common)).then(|| date_of(common.from));
    }
    let midnights = (1..=400).map(|n| start_of_day(common.from) + n * DAY);
    let mut nights = midnights.take_while(|midnight| *midnight < common.to);
    let first = nights.find(|midnight| !was_shared(LocalSpan::new(midnight - 1, midnight + 1)));
    first.map(|midnight| date_of(midnight - 1))
}

/// The steps that close or change listed grants, each with the window that it leaves.
fn closings(plan: &Plan) -> HashMap<&AccessGrantId, Vec<(usize, Option<Window>)>> {
    let mut closings: HashMap<&AccessGrantId, Vec<(usize, Option<Window>)>> = HashMap::new();
    for (number, step) in plan.steps.iter().enumerate() {
        let (id, left) = match &step.call {
            Call::DeleteGrant { id, .. } => (id, None),
            Call::UpdateGrant { id, window, .. } => (id, Some(*window)),
            _ => continue,
        };
        closings.entry(id).or_default().push((number, left));
    }
    closings
}

/// Whether a matter of the plan names both.
fn is_said(plan: &Plan, two: &TwoParties) -> bool {
    let [left, right] = &two.reservations;
    // Those who hang together may be of several properties, of which a matter names one.
    let names_both = |matter: &Matter| {
        let n_named = |key| matter.reservations.iter().filter(|named| *named == key).count();
        n_named(&left.key) > 0 && n_named(&right.key) > usize::from(left.key == right.key)
    };
    !two.too_soon && plan.matters.iter().any(names_both)
}

/// Whether a step is sent only when another one was carried out.
fn waits_for(plan: &Plan, step: usize, other: usize) -> bool {
    let mut seen: BTreeSet<StepId> = plan.steps[step].requires.iter().copied().collect();
    let mut open: Vec<StepId> = seen.iter().copied().collect();
    while let Some(next) = open.pop() {
        if next.0 as usize == other {
            return true;
        }
        let Some(step) = plan.steps.get(next.0 as usize) else { continue };
        open.extend(step.requires.iter().copied().filter(|id| seen.insert(*id)));
    }
    false
}

struct Finder<'a> {
    base: &'a Base<'a>,
    desired: &'a Desired,
    /// Doors of spaces that every stay of some reservation gets, and that are not common: what a rollback gives back may
    /// have been common then.
    given_to_all: DoorRefs,
}

impl<'a> Finder<'a> {
    fn new(base: &'a Base<'a>, desired: &'a Desired) -> Self {
        let grants = desired.reservations.iter().flat_map(|reservation| &reservation.grants);
        let also: HashSet<SpaceRef> = grants.flat_map(|grant| grant.also.iter().copied()).collect();
        Self { base, desired, given_to_all: desired.doors.own_doors(base.directory, also) }
    }

    /// What a call opens, as it is in the end.
    fn opened_by(&self, call: &Call, before: &World<'_>, after: &World<'_>) -> Option<At> {
        match call {
            Call::CreateGrant { key, spaces, window, .. } => self.seen(key, spaces, window, None),
            Call::UpdateGrant { id, window, .. } => {
                let listed = before.grant(id)?;
                let widens = window.starts_at < listed.window.starts_at
                    || (window.ends_at.unwrap_or(Timestamp::MAX)
                        > listed.window.ends_at.unwrap_or(Timestamp::MAX));
                let grant = after.grant(id).filter(|_| widens)?;
                self.at(&grant)
            }
            _ => None,
        }
    }

    fn at(&self, grant: &ModelGrant<'_>) -> Option<At> {
        self.seen(grant.key?, grant.spaces, &grant.window, grant.id)
    }

    fn seen(
        &self,
        key: &AccessGrantKey,
        spaces: &SharedSet<SpaceId>,
        window: &Window,
        listed: Option<&AccessGrantId>,
    ) -> Option<At> {
        let mut doors = self.own_doors(spaces);
        if doors.is_empty() {
            return None;
        }
        let GrantKeyParts { property, reservation, guest, .. } =
            GrantKeyParts::parse(&self.base.settings.namespace, key)?;
        let reservation = ReservationId { property: property.clone(), key: reservation };
        if doors.iter().any(|door| self.given_to_all.contains(door)) {
            for grant in self.reservation(&reservation).into_iter().flat_map(|one| &one.grants) {
                let common = self.desired.doors.own_doors(self.base.directory, grant.also.iter().copied());
                doors.retain(|door| !common.contains(door));
            }
        }
        let hours = self.desired.properties.get(&property);
        let ms = |span: jiff::SignedDuration| LocalTime::try_from(span.as_millis()).unwrap_or(0);
        let local = LocalSpan::of_window(window, &hours.time_zone);
        let now = LocalSpan::of_window(&Window { starts_at: self.base.now, ends_at: None }, &hours.time_zone);
        let dates = LocalSpan {
            from: (local.from + ms(hours.early_access)).max(now.from),
            to: local.to - ms(hours.late_exit),
        };
        let listed = listed.cloned();
        (!dates.is_empty()).then_some(At { reservation, guest, dates, doors, listed })
    }

    fn own_doors(&self, spaces: &SharedSet<SpaceId>) -> DoorRefs {
        self.desired.doors.own_doors_by_id(self.base.directory, spaces)
    }

    /// The grants of ours at some doors.
    fn by_door(&self, world: &World<'_>, doors: &HashSet<DoorRef>) -> HashMap<DoorRef, AtDoor> {
        let mut by_door: HashMap<DoorRef, AtDoor> = HashMap::new();
        // Grants at no such door are the most.
        let is_near =
            |grant: &ModelGrant<'_>| self.own_doors(grant.spaces).iter().any(|door| doors.contains(door));
        for grant in world.grants().filter(is_near) {
            let Some(at) = self.at(&grant) else { continue };
            for door in at.doors.iter().filter(|door| doors.contains(*door)) {
                by_door.entry(*door).or_default().grants.push(at.clone());
            }
        }
        for at_door in by_door.values_mut() {
            at_door.sort();
        }
        by_door
    }

    /// Whether two grants are of two reservations and no beds of one room.
    fn meet(&self, left: &At, right: &At) -> bool {
        left.reservation != right.reservation
            && !(self.desired.doors.has_beds() && left.doors == right.doors && self.is_other_bed(left, right))
    }

    fn is_other_bed(&self, left: &At, right: &At) -> bool {
        let beds = |at: &At| -> BTreeSet<&Unit> {
            let units = self.reservation(&at.reservation).into_iter().flat_map(units);
            units.filter(|unit| self.doors_of(unit) == at.doors).map(|unit| &unit.unit).collect()
        };
        beds(left).is_disjoint(&beds(right))
    }

    fn doors_of(&self, unit: &UnitSpaces) -> DoorRefs {
        self.desired.doors.own_doors(self.base.directory, unit.spaces.iter().copied())
    }

    fn reservation(&self, id: &ReservationId) -> Option<&'a DesiredReservation> {
        let reservations = &self.desired.reservations;
        reservations.binary_search_by(|one| one.id.cmp(id)).ok().map(|n| &reservations[n])
    }

    /// Whether they may be in the unit together (RULES 12): by their guests, their share key, or a person's word,
    /// through others in the unit where need be.
    fn is_one_party(
        &self,
        two: &TwoParties,
        opened: &[(usize, At)],
        had: &HashMap<DoorRef, AtDoor>,
        has: &HashMap<DoorRef, AtDoor>,
    ) -> bool {
        let Ok(found) = opened.binary_search_by_key(&two.step, |(number, _)| *number) else { return false };
        let at = &opened[found].1;
        let grants = at.doors.iter().flat_map(|door| [had.get(door), has.get(door)]).flatten();
        let guests: Vec<(&ReservationId, &GuestKey)> =
            grants.flat_map(|at_door| &at_door.grants).map(|one| (&one.reservation, &one.guest)).collect();
        let of_two = || two.reservations.iter().filter_map(|id| self.reservation(id));
        let all = || self.desired.reservations.iter();
        // Most are one party by themselves; others may be so through a third one.
        self.are_joined(two, &guests, of_two(), &at.doors) || self.are_joined(two, &guests, all(), &at.doors)
    }

    /// Whether two reservations are joined by their guests or those of other reservations at some doors.
    fn are_joined(
        &self,
        two: &TwoParties,
        guests: &[(&ReservationId, &GuestKey)],
        reservations: impl Iterator<Item = &'a DesiredReservation>,
        doors: &DoorRefs,
    ) -> bool {
        let rows: Vec<Person<'_>> =
            reservations.flat_map(|reservation| self.persons_at(reservation, doors)).collect();
        let [first, last] = &two.reservations;
        let mut party: BTreeSet<&ReservationId> = [first].into();
        loop {
            let joins =
                |id: &ReservationId| self.is_linked(id, &party, guests, &rows) || self.is_decided(id, &party);
            let of_rows = rows.iter().map(|person| person.reservation);
            let found: Vec<&ReservationId> = of_rows
                .chain(guests.iter().map(|(id, _)| *id))
                .filter(|id| !party.contains(*id) && joins(id))
                .collect();
            if found.is_empty() || party.contains(last) {
                return party.contains(last);
            }
            party.extend(found);
        }
    }

    fn is_linked(
        &self,
        id: &ReservationId,
        party: &BTreeSet<&ReservationId>,
        guests: &[(&ReservationId, &GuestKey)],
        rows: &[Person<'_>],
    ) -> bool {
        let is_key = |guest: &GuestKey| {
            self.base.settings.namespace.is_unnumbered(guest) && !self.desired.shared.has_guest(guest)
        };
        let same_key = guests.iter().filter(|(own, guest)| *own == id && is_key(guest)).any(|(_, guest)| {
            guests.iter().any(|(other, its)| party.contains(other) && its == guest)
                || rows.iter().any(|row| party.contains(row.reservation) && row.guest == *guest)
        });
        let same_person = rows.iter().filter(|row| row.reservation == id).any(|row| {
            let of_party = || rows.iter().filter(|other| party.contains(other.reservation));
            of_party().any(|other| {
                (row.guest == other.guest && is_key(row.guest))
                    || (row.share.is_some() && row.share == other.share)
                    || self.is_same_person(row, other)
            }) || (is_key(row.guest)
                && guests.iter().any(|(other, its)| party.contains(other) && *its == row.guest))
        });
        same_key || same_person
    }

    /// Whether both have variants of one name and a contact in common that stands with no other name.
    fn is_same_person(&self, left: &Person<'_>, right: &Person<'_>) -> bool {
        let emails = [left.email, right.email].map(|email| email.map(|email| email.folded().into_owned()));
        let phones = [left.phone, right.phone].map(|phone| phone.map(ToString::to_string));
        let is_common = |[left, right]: &[Option<String>; 2]| {
            left.as_ref().is_some_and(|contact| {
                Some(contact) == right.as_ref() && !self.desired.shared.has_contact(contact)
            })
        };
        !is_placeholder(left.name)
            && is_variant(left.name, right.name)
            && [emails, phones].iter().any(is_common)
    }

    fn is_decided(&self, id: &ReservationId, party: &BTreeSet<&ReservationId>) -> bool {
        let shares = |of: &ReservationId, with: &ReservationId| {
            let zone = &self.desired.properties.get(&of.property).time_zone;
            let today = zone.to_datetime(self.base.now).date();
            self.base.decisions.iter().any(|decision| {
                decision.reservation == *of
                    && decision.holds(today)
                    && of.property == with.property
                    && matches!(&decision.choice, Choice::ShareWith(key) if *key == with.key)
            })
        };
        party.iter().any(|member| shares(member, id) || shares(id, member))
    }

    /// The people of the rows of a reservation that have one of these doors.
    fn persons_at(&self, reservation: &'a DesiredReservation, doors: &DoorRefs) -> Vec<Person<'a>> {
        let is_there = |person: &Person<'_>| {
            person.units.iter().any(|unit| self.doors_of(unit).iter().any(|door| doors.contains(door)))
        };
        persons(reservation).filter(is_there).collect()
    }
}

/// A guest of a row.
struct Person<'a> {
    reservation: &'a ReservationId,
    guest: &'a GuestKey,
    name: &'a str,
    email: Option<&'a EmailAddress>,
    phone: Option<&'a PhoneNumber>,
    share: Option<&'a str>,
    units: &'a SharedSet<UnitSpaces>,
}

fn persons(reservation: &DesiredReservation) -> impl Iterator<Item = Person<'_>> {
    let granted = reservation.grants.iter().map(|grant| Person {
        email: grant.email.as_ref(),
        phone: grant.phone.as_ref(),
        ..person(reservation, (&grant.guest, &grant.full_name), &grant.units, &grant.facts)
    });
    let held = reservation.held.iter();
    let held = held.map(|stay| person(reservation, (&stay.guest, &stay.full_name), &stay.units, &stay.facts));
    let alone = reservation.left_alone.iter();
    let alone =
        alone.map(|stay| person(reservation, (&stay.guest, &stay.full_name), &stay.units, &stay.facts));
    granted.chain(held).chain(alone)
}

/// A guest of a row, without contacts.
fn person<'a>(
    reservation: &'a DesiredReservation,
    (guest, name): (&'a GuestKey, &'a str),
    units: &'a SharedSet<UnitSpaces>,
    facts: &'a StayFacts,
) -> Person<'a> {
    let share = facts.booking.as_deref().and_then(|booking| booking.share_key.as_ref()).map(ShareKey::as_str);
    Person { reservation: &reservation.id, guest, name, email: None, phone: None, share, units }
}

fn units(reservation: &DesiredReservation) -> impl Iterator<Item = &UnitSpaces> {
    persons(reservation).flat_map(|person| person.units)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::local_span::local_time;

    /// `R1 5T15..8T11`, in December 2026.
    fn at(text: &str) -> At {
        let (reservation, days) = text.split_once(' ').expect("a reservation and its days");
        let (from, to) = days.split_once("..").expect("FROM..TO");
        let moment = |text: &str| {
            let (day, hour) = text.split_once('T').expect("a day and its hour");
            let number = |text: &str| text.parse().expect("a number");
            local_time(date(2026, 12, number(day)).at(number(hour), 0, 0, 0))
        };
        At {
            reservation: ReservationId { property: "".into(), key: reservation.into() },
            guest: "G1".into(),
            dates: LocalSpan::new(moment(from), moment(to)),
            doors: DoorRefs::new(),
            listed: None,
        }
    }

    /// The day of the first new night of two grants beside those that were there before.
    fn check(grants: [&str; 2], had: &[&str], expected: Option<i8>) {
        let had: Vec<At> = had.iter().map(|text| at(text)).collect();
        for [left, right] in [grants, [grants[1], grants[0]]] {
            let found = new_night(&at(left), &at(right), &had).map(Date::day);
            assert_eq!(found, expected, "{left}, {right}, before {}", had.len());
        }
    }

    const STAYS: [&str; 2] = ["R1 5T15..8T11", "R2 5T15..8T11"];

    #[test]
    fn the_first_common_night_is_new() {
        check(STAYS, &[], Some(5));
        check(["R1 5T15..8T11", "R2 6T15..9T11"], &[], Some(6));
        check(["R1 5T15..8T11", "R2 7T23..9T11"], &[], Some(7));
        check(["R1 5T15..8T11", "R2 8T11..9T11"], &[], None);
        check(["R1 5T15..6T11", "R2 8T15..9T11"], &[], None);
    }

    #[test]
    fn a_day_of_turnover_is_no_night() {
        check(["R1 5T15..8T14", "R2 8T12..9T11"], &[], None);
    }

    #[test]
    fn stays_without_a_night_share_their_hours() {
        check(["R1 5T9..5T12", "R2 5T10..5T14"], &[], Some(5));
        check(["R1 5T9..5T12", "R2 5T12..5T14"], &[], None);
        check(["R1 5T15..8T11", "R2 6T9..6T11"], &[], Some(6));
        check(["R1 5T9..5T12", "R2 5T10..5T14"], &["R1 5T9..5T12", "R2 5T11..5T14"], None);
        check(["R1 5T9..5T12", "R2 5T10..5T14"], &["R1 5T9..5T10", "R2 5T10..5T14"], Some(5));
        check(["R1 5T9..5T12", "R2 5T10..5T14"], &["R1 5T9..5T12", "R3 5T10..5T14"], Some(5));
    }

    #[test]
    fn a_night_that_both_had_before_is_not_new() {
        check(STAYS, &STAYS, None);
        check(STAYS, &["R1 5T15..7T11", "R2 5T15..8T11"], Some(7));
        check(STAYS, &["R1 6T15..8T11", "R2 5T15..8T11"], Some(5));
        check(STAYS, &["R1 5T15..6T11", "R1 7T15..8T11", "R2 5T15..8T11"], Some(6));
        // Until midnight is not the night.
        check(STAYS, &["R1 5T15..6T0", "R2 5T15..8T11"], Some(5));
    }

    #[test]
    fn a_night_of_only_one_of_them_is_new() {
        check(STAYS, &["R1 5T15..8T11"], Some(5));
        check(STAYS, &["R1 5T15..8T11", "R3 5T15..8T11"], Some(5));
    }
}
