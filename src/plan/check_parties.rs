//! Finds units that a plan opens for two parties (RULES 17). It looks at calls and at what Seam holds, and knows
//! nothing of the decisions that led to them.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use jiff::civil::Date;

use super::check::{Base, Violation};
use super::matter::Matter;
use super::outline::Plan;
use super::seam_rules::{ModelGrant, World};
use super::step::{Call, StepId};
use crate::mapping::{Desired, DesiredReservation, DoorRefs, UnitSpaces, is_placeholder};
use crate::model::local_span::{DAY, date_of, start_of_day};
use crate::model::{
    AccessGrantId, AccessGrantKey, Choice, DoorRef, EmailAddress, GrantKeyParts, GuestKey, LocalSpan,
    LocalTime, PhoneNumber, ReservationId, SharedSet, SpaceId, Unit, Window, is_variant,
};

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

/// All that a plan opens although another party has the unit on that night, before or after, and no matter says so.
pub(super) fn two_parties(
    plan: &Plan,
    before: &World<'_>,
    after: &World<'_>,
    base: &Base<'_>,
) -> Vec<Violation> {
    let Some(desired) = base.desired else { return Vec::new() };
    let finder = Finder { base, desired };
    let opened: Vec<(usize, At)> = (0..)
        .zip(&plan.steps)
        .filter_map(|(number, step)| Some((number, finder.opened_by(&step.call, before, after)?)))
        .collect();
    if opened.is_empty() {
        return Vec::new();
    }
    let doors: HashSet<DoorRef> = opened.iter().flat_map(|(_, at)| at.doors.iter().copied()).collect();
    let had = finder.by_door(before, &doors);
    let has = finder.by_door(after, &doors);
    let none = Vec::new();
    let mut found: Vec<TwoParties> = Vec::new();
    for (number, at) in &opened {
        for door in &at.doors {
            let (had, has) = (had.get(door).unwrap_or(&none), has.get(door).unwrap_or(&none));
            for other in has.iter().filter(|other| finder.meet(at, other)) {
                let Some(night) = new_night(at, other, had) else { continue };
                found.push(TwoParties::of(*number, (at, other), night, false));
            }
            for other in had.iter().filter(|other| finder.meet(at, other)) {
                let common = at.dates.common(other.dates);
                let closing =
                    other.listed.as_ref().and_then(|id| closed_at(plan, id, after, &finder, common));
                if closing.is_some_and(|closing| !waits_for(plan, *number, closing))
                    && new_night(at, other, &[]).is_some()
                {
                    found.push(TwoParties::of(*number, (at, other), date_of(common.from), true));
                }
            }
        }
    }
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

/// The step that takes the common time from a listed grant.
fn closed_at(
    plan: &Plan,
    listed: &AccessGrantId,
    after: &World<'_>,
    finder: &Finder<'_>,
    common: LocalSpan,
) -> Option<usize> {
    let left = after.grant(listed).and_then(|grant| finder.at(&grant, Some(listed)));
    if left.is_some_and(|left| left.dates.overlaps(common)) {
        return None;
    }
    plan.steps.iter().position(|step| match &step.call {
        Call::DeleteGrant { id, .. } | Call::UpdateGrant { id, .. } => id == listed,
        _ => false,
    })
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
}

impl<'a> Finder<'a> {
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
                self.at(&grant, Some(id))
            }
            _ => None,
        }
    }

    fn at(&self, grant: &ModelGrant<'_>, listed: Option<&AccessGrantId>) -> Option<At> {
        self.seen(grant.key?, grant.spaces, &grant.window, listed)
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
        // What a rollback gives back may have been common then.
        for grant in self.reservation(&reservation).into_iter().flat_map(|one| &one.grants) {
            let common = self.desired.doors.own_doors(self.base.directory, grant.also.iter().copied());
            doors.retain(|door| !common.contains(door));
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
        let directory = self.base.directory;
        self.desired.doors.own_doors(directory, spaces.iter().filter_map(|space| directory.by_id(space)))
    }

    /// The grants of ours at some doors.
    fn by_door(&self, world: &World<'_>, doors: &HashSet<DoorRef>) -> HashMap<DoorRef, Vec<At>> {
        let mut by_door: HashMap<DoorRef, Vec<At>> = HashMap::new();
        let directory = self.base.directory;
        // Grants at no such door are the most.
        let is_near = |grant: &ModelGrant<'_>| {
            let spaces = grant.spaces.iter().filter_map(|space| directory.by_id(space));
            self.desired.doors.own_doors(directory, spaces).iter().any(|door| doors.contains(door))
        };
        let ids: HashMap<&AccessGrantKey, &AccessGrantId> = self
            .base
            .inventory
            .grants
            .iter()
            .filter(|grant| grant.is_live(self.base.now))
            .filter_map(|grant| Some((grant.key.as_ref()?, &grant.id)))
            .collect();
        for grant in world.grants().filter(is_near) {
            let id = grant.key.and_then(|key| ids.get(key).copied());
            let Some(at) = self.at(&grant, id) else { continue };
            for door in at.doors.iter().filter(|door| doors.contains(*door)) {
                by_door.entry(*door).or_default().push(at.clone());
            }
        }
        by_door
    }

    /// Whether two grants are of two reservations and no beds of one room.
    fn meet(&self, left: &At, right: &At) -> bool {
        left.reservation != right.reservation
            && left.dates.overlaps(right.dates)
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
        had: &HashMap<DoorRef, Vec<At>>,
        has: &HashMap<DoorRef, Vec<At>>,
    ) -> bool {
        let at = opened.iter().find(|(number, _)| *number == two.step).map(|(_, at)| at);
        let Some(at) = at else { return false };
        let shares = |one: &&At| one.doors.iter().any(|door| at.doors.contains(door));
        let mut guests: Vec<(&ReservationId, &GuestKey)> = Vec::new();
        for one in had.values().chain(has.values()).flatten().filter(shares) {
            guests.push((&one.reservation, &one.guest));
        }
        let rows: Vec<Person<'_>> = self
            .desired
            .reservations
            .iter()
            .flat_map(|reservation| self.persons_at(reservation, &at.doors))
            .collect();
        let [first, last] = &two.reservations;
        let mut party: BTreeSet<&ReservationId> = [first].into();
        loop {
            let joins = |id: &ReservationId| {
                self.is_linked(id, &party, &guests, &rows) || self.is_decided(id, &party)
            };
            let of_rows = rows.iter().map(|person| person.reservation);
            let found: Vec<&ReservationId> = of_rows
                .chain(guests.iter().map(|(id, _)| *id))
                .filter(|id| !party.contains(*id) && joins(id))
                .collect();
            if found.is_empty() {
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

    /// A variant of the name with a contact that both have and that nobody of another name has.
    fn is_same_person(&self, left: &Person<'_>, right: &Person<'_>) -> bool {
        let own = [left.email.map(Contact::Email), left.phone.map(Contact::Phone)];
        let stands_alone = |contact: &Contact<'_>| {
            let all = self.desired.reservations.iter().flat_map(persons);
            let mut named = all.filter(|person| contact.is_of(person) && !is_placeholder(person.name));
            named.all(|person| is_variant(person.name, left.name))
        };
        !is_placeholder(left.name)
            && is_variant(left.name, right.name)
            && own.into_iter().flatten().any(|contact| contact.is_of(right) && stands_alone(&contact))
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

/// Somebody of a row.
struct Person<'a> {
    reservation: &'a ReservationId,
    guest: &'a GuestKey,
    name: &'a str,
    email: Option<&'a EmailAddress>,
    phone: Option<&'a PhoneNumber>,
    share: Option<&'a str>,
    units: &'a SharedSet<UnitSpaces>,
}

#[derive(Clone, Copy)]
enum Contact<'a> {
    Email(&'a EmailAddress),
    Phone(&'a PhoneNumber),
}

impl Contact<'_> {
    fn is_of(self, person: &Person<'_>) -> bool {
        match self {
            Self::Email(email) => person.email.is_some_and(|other| other.folded() == email.folded()),
            Self::Phone(phone) => person.phone == Some(phone),
        }
    }
}

fn persons(reservation: &DesiredReservation) -> impl Iterator<Item = Person<'_>> {
    let granted = reservation.grants.iter().map(|grant| Person {
        reservation: &reservation.id,
        guest: &grant.guest,
        name: &grant.full_name,
        email: grant.email.as_ref(),
        phone: grant.phone.as_ref(),
        share: share_of(&grant.facts),
        units: &grant.units,
    });
    let held = reservation.held.iter().map(|stay| Person {
        reservation: &reservation.id,
        guest: &stay.guest,
        name: &stay.full_name,
        email: None,
        phone: None,
        share: share_of(&stay.facts),
        units: &stay.units,
    });
    let alone = reservation.left_alone.iter().map(|stay| Person {
        reservation: &reservation.id,
        guest: &stay.guest,
        name: &stay.full_name,
        email: None,
        phone: None,
        share: share_of(&stay.facts),
        units: &stay.units,
    });
    granted.chain(held).chain(alone)
}

fn share_of(facts: &crate::mapping::StayFacts) -> Option<&str> {
    facts.booking.as_deref()?.share_key.as_ref().map(crate::model::ShareKey::as_str)
}

fn units(reservation: &DesiredReservation) -> impl Iterator<Item = &UnitSpaces> {
    persons(reservation).flat_map(|person| person.units)
}
