//! What is decided about: the stays and live grants of the reservations that meet, with small numbers for everything.

use std::collections::BTreeMap;

use ecow::EcoString;
use hashbrown::HashMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use smallvec::SmallVec;

use super::Hold;
use super::meeting::Reservations;
use crate::mapping::{DesiredReservation, DoorRefs, Newcomer, Owned, SharedByPeople, StayFacts, UnitSpaces};
use crate::model::local_span::date_of;
use crate::model::{
    Arrived, Choice, Decision, DoorRef, EmailAddress, GuestKey, Ledger, LocalSpan, LocalTime, PhoneNumber,
    PropertyCode, ReasonCode, ReservationId, ShareKey, SharedSet, SourcePlace, Standing, Unit, Wanted,
    Window,
};
use crate::plan::live::Live;
use crate::plan::planner::PlanInput;

/// The clock and hours of a property.
pub(in crate::plan) struct Clock {
    pub(in crate::plan) zone: TimeZone,
    pub(in crate::plan) now: LocalTime,
    /// The check-out hour, counted from midnight.
    pub(in crate::plan) check_out: LocalTime,
    early: LocalTime,
    late: LocalTime,
}

/// What a stay is, in the ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum Row {
    /// A desired grant, by its position in the reservation.
    Grant(usize),
    /// A held stay.
    Held(usize),
    /// A revoked stay.
    Revoked(usize),
    /// A stay that is left alone.
    Alone(usize),
}

/// What the source says of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum Status {
    /// It comes.
    Booked,
    /// It is there.
    CheckedIn,
    /// It is over, or was never to be.
    Over(ReasonCode),
    /// A word that the configuration ignores.
    Ignored,
    /// A blank cell or an unknown word.
    Unknown,
}

/// A stay of the source.
pub(in crate::plan) struct Stay<'a> {
    pub(in crate::plan) reservation: usize,
    pub(in crate::plan) row: Row,
    pub(in crate::plan) guest: &'a GuestKey,
    pub(in crate::plan) full_name: &'a EcoString,
    pub(super) email: Option<&'a EmailAddress>,
    pub(super) phone: Option<&'a PhoneNumber>,
    /// Positions in [`Ground::units`]; none where no unit is assigned.
    pub(in crate::plan) units: SmallVec<[usize; 1]>,
    /// The dates of the source.
    pub(in crate::plan) dates: LocalSpan,
    /// The same with buffers, bridges and an early opening.
    pub(in crate::plan) buffered: LocalSpan,
    pub(in crate::plan) window: Window,
    pub(in crate::plan) status: Status,
    pub(in crate::plan) opted_out: bool,
    pub(in crate::plan) booked_at: Option<Timestamp>,
    pub(in crate::plan) updated_at: Option<Timestamp>,
    /// Units of rows that are older than the row of another unit of the same grant.
    pub(super) older_units: &'a [Unit],
    pub(super) share_key: Option<&'a ShareKey>,
    /// The known guest whom this guest replaces (RULES 5).
    pub(in crate::plan) newcomer: Option<&'a Newcomer>,
    pub(in crate::plan) source: &'a SourcePlace,
    is_overstay: bool,
}

impl Stay<'_> {
    /// Whether the guest is still checked in after the check-out.
    pub(in crate::plan) fn row_is_overstay(&self) -> bool {
        self.is_overstay
    }

    /// Whether it has a right to doors now or later.
    pub(in crate::plan) fn grants(&self, now: LocalTime) -> bool {
        matches!(self.status, Status::Booked | Status::CheckedIn) && self.dates.to.max(self.buffered.to) > now
    }

    /// Whether the source gives its units to it (RULES 14); of those that opted out, to one who is checked in.
    pub(in crate::plan) fn claims(&self, now: LocalTime) -> bool {
        self.grants(now) && !self.units.is_empty() && (!self.opted_out || self.status == Status::CheckedIn)
    }
}

/// A live grant of ours.
pub(in crate::plan) struct Grant {
    /// Its position among the live grants.
    pub(in crate::plan) position: usize,
    pub(in crate::plan) reservation: usize,
    /// Its own doors, sorted.
    pub(in crate::plan) doors: DoorRefs,
    pub(in crate::plan) window: LocalSpan,
    /// The same without buffers: what its nights are judged by.
    pub(in crate::plan) dates: LocalSpan,
    /// The window that this store recorded last, buffers included; none: never recorded (RULES 22, 23).
    pub(in crate::plan) recorded: Option<LocalSpan>,
    /// What the last row said of the arrival; never recorded: nothing.
    pub(in crate::plan) arrived: Arrived,
}

impl Grant {
    /// The part of the window that the source gave; what was never recorded is taken as it stands (RULES 20).
    pub(super) fn given(&self) -> LocalSpan {
        self.recorded.map_or(self.window, |recorded| recorded.common(self.window))
    }
}

/// A unit as a stay has it.
pub(in crate::plan) struct UnitEntry<'a> {
    pub(in crate::plan) name: &'a Unit,
    /// Its own doors, sorted.
    pub(in crate::plan) doors: DoorRefs,
}

/// A reservation that is decided together with others.
pub(in crate::plan) struct Party<'a> {
    pub(in crate::plan) id: &'a ReservationId,
    /// Its rows; `None` where the source has none.
    pub(in crate::plan) desired: Option<&'a DesiredReservation>,
    pub(in crate::plan) clock: usize,
    pub(in crate::plan) stays: std::ops::Range<usize>,
    pub(in crate::plan) grants: std::ops::Range<usize>,
    /// Why nothing is done for it, whatever is decided: the plan is not about it, or a check took it out.
    pub(in crate::plan) hold: Option<Hold>,
}

/// Everything that decisions across reservations are made of.
pub(in crate::plan) struct Ground<'a> {
    pub(in crate::plan) parties: Vec<Party<'a>>,
    pub(in crate::plan) stays: Vec<Stay<'a>>,
    pub(in crate::plan) grants: Vec<Grant>,
    pub(in crate::plan) units: Vec<UnitEntry<'a>>,
    pub(in crate::plan) clocks: Vec<Clock>,
    /// The stays that claim a door, each with the unit, by the beginning of their dates.
    pub(super) claims_at: HashMap<DoorRef, Vec<(usize, usize)>>,
    /// The live grants that open a door, by the beginning of their windows.
    pub(super) grants_at: HashMap<DoorRef, Vec<usize>>,
    /// When the rows were written that say who has not arrived yet.
    pub(in crate::plan) expected_as_of: Option<Timestamp>,
    has_beds: bool,
    /// Guest keys and contacts that several people have (RULES 6, 12).
    pub(super) shared: &'a SharedByPeople,
    /// Who is one party with whom at a door.
    pub(super) party: HashMap<(DoorRef, usize), usize>,
    ledger: &'a Ledger,
    /// What people decided of each reservation that holds today.
    pub(super) decisions: HashMap<usize, Vec<&'a Decision>>,
}

impl<'a> Ground<'a> {
    /// Collects those of the reservations that are chosen.
    pub(in crate::plan) fn of(
        input: &PlanInput<'a>,
        live: &'a Live<'_>,
        reservations: &'a Reservations<'a>,
        chosen: &[bool],
        hold: impl Fn(&ReservationId, bool) -> Option<Hold>,
    ) -> Self {
        let desired = input.desired;
        let mut ground = Ground {
            parties: Vec::new(),
            stays: Vec::new(),
            grants: Vec::new(),
            units: Vec::new(),
            clocks: Vec::new(),
            claims_at: HashMap::new(),
            grants_at: HashMap::new(),
            expected_as_of: desired.expected_as_of,
            has_beds: desired.doors.has_beds(),
            shared: &desired.shared,
            party: HashMap::new(),
            ledger: input.past.ledger,
            decisions: HashMap::new(),
        };
        let mut builder =
            Builder { input, live, unit_numbers: HashMap::new(), clock_numbers: BTreeMap::new() };
        let n_desired = desired.reservations.len();
        for (n, reservation) in desired.reservations.iter().enumerate().filter(|(n, _)| chosen[*n]) {
            debug_assert!(n < n_desired, "those of the source come first");
            let grants = live.of_reservation(&reservation.id);
            builder.add(&mut ground, &reservation.id, Some(reservation), grants);
        }
        for (n, (id, range)) in reservations.absent.iter().enumerate().filter(|(n, _)| chosen[n_desired + n])
        {
            debug_assert!(n < reservations.absent.len(), "the others come behind");
            builder.add(&mut ground, id, None, range.clone());
        }
        for party in &mut ground.parties {
            party.hold = hold(party.id, party.desired.is_some());
        }
        ground.decide_who_decided(input);
        ground.index();
        ground.assign_parties(live, input);
        ground
    }

    pub(in crate::plan) fn clock(&self, reservation: usize) -> &Clock {
        &self.clocks[self.parties[reservation].clock]
    }

    pub(in crate::plan) fn now(&self, reservation: usize) -> LocalTime {
        self.clock(reservation).now
    }

    /// Whether a live grant of its reservation opens one of its units in its time.
    pub(in crate::plan) fn has_grant(&self, stay: usize) -> bool {
        let row = &self.stays[stay];
        row.units.iter().flat_map(|unit| self.grants_in(*unit)).any(|(grant, _)| {
            let grant = &self.grants[grant];
            grant.reservation == row.reservation && grant.window.overlaps(row.dates)
        })
    }

    /// The decision of a person about a reservation, or about one unit of it.
    pub(in crate::plan) fn decided(&self, reservation: usize, units: &[usize]) -> Option<&'a Choice> {
        if !self.decisions.contains_key(&reservation) {
            return None;
        }
        let id = self.parties[reservation].id;
        let today = date_of(self.now(reservation));
        let whole = units.is_empty().then_some(None);
        let each = units.iter().map(|unit| Some(self.units[*unit].name));
        let found =
            whole.into_iter().chain(each).filter_map(|unit| self.ledger.decision_about(id, unit, today));
        found.max_by_key(|decision| decision.decided_at).map(|decision| &decision.choice)
    }

    pub(in crate::plan) fn decision_of_stay(&self, stay: usize) -> Option<&'a Choice> {
        let Stay { reservation, units, .. } = &self.stays[stay];
        self.decided(*reservation, units)
    }

    /// Whether two units are in each other's way at a door that both have. Those of equal doors in a table are beds.
    fn meet(&self, left: usize, right: usize) -> bool {
        left == right || !(self.has_beds && self.units[left].doors == self.units[right].doors)
    }

    /// The claims of others at the doors of a unit: the stay, its unit, and the door at which they meet.
    pub(in crate::plan) fn claims_in(
        &self,
        unit: usize,
    ) -> impl Iterator<Item = (usize, usize, DoorRef)> + '_ {
        self.units[unit].doors.iter().flat_map(move |door| {
            let claims = self.claims_at.get(door).into_iter().flatten();
            claims
                .filter(move |(_, other)| self.meet(unit, *other))
                .map(|(stay, other)| (*stay, *other, *door))
        })
    }

    /// The live grants that open a door of a unit, with the door. Of which of several beds a grant is, its own stays
    /// say.
    pub(in crate::plan) fn grants_in(&self, unit: usize) -> impl Iterator<Item = (usize, DoorRef)> + '_ {
        self.units[unit].doors.iter().flat_map(move |door| {
            let grants = self.grants_at.get(door).into_iter().flatten();
            grants.filter(move |grant| self.grant_is_in(**grant, unit)).map(|grant| (*grant, *door))
        })
    }

    /// The claims at a door: the stay, its unit, and the door.
    pub(in crate::plan) fn claims_at_door(
        &self,
        door: DoorRef,
    ) -> impl Iterator<Item = (usize, usize, DoorRef)> + '_ {
        self.claims_at.get(&door).into_iter().flatten().map(move |(stay, unit)| (*stay, *unit, door))
    }

    /// Whether a grant is one for a unit, and not for another bed of the same room.
    pub(in crate::plan) fn grant_opens(&self, grant: usize, unit: usize) -> bool {
        self.grant_is_in(grant, unit)
    }

    fn grant_is_in(&self, grant: usize, unit: usize) -> bool {
        if !self.has_beds {
            return true;
        }
        let doors = &self.units[unit].doors;
        let has_twin = self.units.iter().enumerate().any(|(n, other)| n != unit && other.doors == *doors);
        if !has_twin || !self.grants[grant].doors.iter().all(|door| doors.contains(door)) {
            return true;
        }
        let stays = self.parties[self.grants[grant].reservation].stays.clone();
        stays.into_iter().any(|stay| self.stays[stay].units.contains(&unit))
    }

    /// Whether two reservations are one party at a door (RULES 12).
    pub(in crate::plan) fn same_party(&self, door: DoorRef, left: usize, right: usize) -> bool {
        left == right
            || self
                .party
                .get(&(door, left))
                .is_some_and(|party| self.party.get(&(door, right)) == Some(party))
    }

    /// Whether the source, and no person against it, gives its units to a stay.
    pub(in crate::plan) fn gives(&self, stay: usize) -> bool {
        let row = &self.stays[stay];
        row.claims(self.now(row.reservation))
            && self.decision_of_stay(stay).is_none_or(|choice| *choice != Choice::Revoke)
    }

    fn decide_who_decided(&mut self, input: &PlanInput<'a>) {
        let by_id: HashMap<&ReservationId, usize> =
            self.parties.iter().enumerate().map(|(n, party)| (party.id, n)).collect();
        for decision in &input.past.ledger.decisions {
            let Some(reservation) = by_id.get(&decision.reservation).copied() else { continue };
            if decision.holds(date_of(self.now(reservation))) {
                self.decisions.entry(reservation).or_default().push(decision);
            }
        }
    }

    fn index(&mut self) {
        for (stay, row) in self.stays.iter().enumerate() {
            if !self.gives(stay) {
                continue;
            }
            for unit in &row.units {
                for door in &self.units[*unit].doors {
                    self.claims_at.entry(*door).or_default().push((stay, *unit));
                }
            }
        }
        for claims in self.claims_at.values_mut() {
            let stays = &self.stays;
            claims.sort_by_key(|(stay, unit)| (stays[*stay].dates, stays[*stay].reservation, *stay, *unit));
        }
        for (position, grant) in self.grants.iter().enumerate() {
            if grant.window.to > self.clocks[self.parties[grant.reservation].clock].now {
                for door in &grant.doors {
                    self.grants_at.entry(*door).or_default().push(position);
                }
            }
        }
        for grants in self.grants_at.values_mut() {
            let all = &self.grants;
            grants.sort_by_key(|grant| (all[*grant].window, *grant));
        }
    }
}

struct Builder<'a, 'b> {
    input: &'b PlanInput<'a>,
    live: &'a Live<'a>,
    unit_numbers: HashMap<(&'a Unit, &'a [crate::mapping::SpaceRef]), usize>,
    clock_numbers: BTreeMap<&'a PropertyCode, usize>,
}

impl<'a> Builder<'a, '_> {
    fn add(
        &mut self,
        ground: &mut Ground<'a>,
        id: &'a ReservationId,
        desired: Option<&'a DesiredReservation>,
        grants: std::ops::Range<usize>,
    ) {
        let reservation = ground.parties.len();
        let clock = self.clock(ground, &id.property);
        let first_stay = ground.stays.len();
        if let Some(desired) = desired {
            self.add_stays(ground, desired, reservation, clock);
        }
        let first_grant = ground.grants.len();
        for position in grants {
            let grant = self.grant(ground, &self.live.owned[position], position, reservation, clock);
            ground.grants.push(grant);
        }
        ground.parties.push(Party {
            id,
            desired,
            clock,
            stays: first_stay..ground.stays.len(),
            grants: first_grant..ground.grants.len(),
            hold: None,
        });
    }

    fn clock(&mut self, ground: &mut Ground<'a>, property: &'a PropertyCode) -> usize {
        let Self { input, clock_numbers, .. } = self;
        *clock_numbers.entry(property).or_insert_with(|| {
            let property = input.desired.properties.get(property);
            let milliseconds =
                |span: jiff::SignedDuration| LocalTime::try_from(span.as_millis()).unwrap_or(0);
            let now = Window { starts_at: input.now, ends_at: None };
            ground.clocks.push(Clock {
                zone: property.time_zone.clone(),
                now: LocalSpan::of_window(&now, &property.time_zone).from,
                check_out: LocalTime::from(property.check_out.hour()) * crate::model::local_span::HOUR,
                early: milliseconds(property.early_access),
                late: milliseconds(property.late_exit),
            });
            ground.clocks.len() - 1
        })
    }

    fn add_stays(
        &mut self,
        ground: &mut Ground<'a>,
        desired: &'a DesiredReservation,
        reservation: usize,
        clock: usize,
    ) {
        for (n, grant) in desired.grants.iter().enumerate() {
            let units = self.units(ground, &grant.units);
            let stay = stay_of(
                (reservation, Row::Grant(n), &ground.clocks[clock].zone),
                (&grant.guest, &grant.full_name, grant.email.as_ref(), grant.phone.as_ref()),
                (units, &grant.facts, grant.window, &grant.source),
            );
            ground.stays.push(stay);
        }
        for (n, held) in desired.held.iter().enumerate() {
            let units = self.units(ground, &held.units);
            let stay = stay_of(
                (reservation, Row::Held(n), &ground.clocks[clock].zone),
                (&held.guest, &held.full_name, None, None),
                (units, &held.facts, held.window, &held.source),
            );
            let is_overstay = held.reason_code == ReasonCode::Overstay;
            ground.stays.push(Stay { is_overstay, ..stay });
        }
        for (n, alone) in desired.left_alone.iter().enumerate() {
            let units = self.units(ground, &alone.units);
            let stay = stay_of(
                (reservation, Row::Alone(n), &ground.clocks[clock].zone),
                (&alone.guest, &alone.full_name, None, None),
                (units, &alone.facts, alone.window, &alone.source),
            );
            ground.stays.push(stay);
        }
        for (n, revoked) in desired.revoked.iter().enumerate() {
            let units = self.units(ground, &revoked.units);
            let zone = &ground.clocks[clock].zone;
            ground.stays.push(Stay {
                reservation,
                row: Row::Revoked(n),
                guest: &revoked.guest,
                full_name: NOBODY.get_or_init(EcoString::new),
                email: None,
                phone: None,
                units,
                dates: revoked.dates,
                buffered: LocalSpan::of_window(&revoked.window, zone),
                window: revoked.window,
                status: Status::Over(revoked.reason_code),
                opted_out: false,
                booked_at: None,
                updated_at: None,
                older_units: &[],
                share_key: None,
                newcomer: None,
                source: &revoked.source,
                is_overstay: false,
            });
        }
    }

    fn units(&mut self, ground: &mut Ground<'a>, units: &'a SharedSet<UnitSpaces>) -> SmallVec<[usize; 1]> {
        let Self { input, unit_numbers, .. } = self;
        units
            .iter()
            .map(|unit| {
                *unit_numbers.entry((&unit.unit, &unit.spaces)).or_insert_with(|| {
                    let doors = input.desired.doors.own_doors(input.directory, unit.spaces.iter().copied());
                    ground.units.push(UnitEntry { name: &unit.unit, doors });
                    ground.units.len() - 1
                })
            })
            .collect()
    }

    fn grant(
        &self,
        ground: &Ground<'a>,
        owned: &Owned<'_>,
        position: usize,
        reservation: usize,
        clock: usize,
    ) -> Grant {
        let Clock { zone, early, late, .. } = &ground.clocks[clock];
        let window = LocalSpan::of_window(&owned.grant.window, zone);
        Grant {
            position,
            reservation,
            doors: self.input.desired.doors.own_doors_by_id(self.input.directory, &owned.grant.spaces),
            window,
            dates: LocalSpan { from: window.from + early, to: window.to - late },
            recorded: owned.recorded.map(|wanted| LocalSpan::of_window(&wanted.window(), zone)),
            arrived: owned.recorded.map_or(Arrived::Unsaid, Wanted::arrived),
        }
    }
}

/// The name of somebody whose row is over.
static NOBODY: std::sync::OnceLock<EcoString> = std::sync::OnceLock::new();

type Who<'a> = (&'a GuestKey, &'a EcoString, Option<&'a EmailAddress>, Option<&'a PhoneNumber>);

fn stay_of<'a>(
    (reservation, row, zone): (usize, Row, &TimeZone),
    (guest, full_name, email, phone): Who<'a>,
    (units, facts, window, source): (SmallVec<[usize; 1]>, &'a StayFacts, Window, &'a SourcePlace),
) -> Stay<'a> {
    let status = match facts.standing {
        Standing::Expected => Status::Booked,
        Standing::CheckedIn => Status::CheckedIn,
        Standing::Revoked => Status::Over(ReasonCode::Cancelled),
        Standing::Ignored => Status::Ignored,
        Standing::Unclear => Status::Unknown,
    };
    let booking = facts.booking.as_deref();
    Stay {
        reservation,
        row,
        guest,
        full_name,
        email,
        phone,
        units,
        dates: facts.dates,
        buffered: LocalSpan::of_window(&window, zone),
        window,
        status,
        opted_out: facts.opted_out,
        booked_at: booking.and_then(|booking| booking.booked_at),
        updated_at: booking.and_then(|booking| booking.updated_at),
        older_units: booking.map_or(&[][..], |booking| &booking.older_units),
        share_key: booking.and_then(|booking| booking.share_key.as_ref()),
        newcomer: facts.newcomer.as_deref(),
        source,
        is_overstay: false,
    }
}
