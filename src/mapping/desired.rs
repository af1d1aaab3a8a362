//! What the mapping gives: the grants that should exist, and the stays about which something else must be said.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use jiff::Timestamp;
use jiff::civil::Date;

use super::common_doors::UnitDoors;
use super::directory::{SpaceRef, SpaceRefs};
use super::people::SharedByPeople;
use crate::model::{
    AccessGrantId, EmailAddress, GuestKey, HeldBy, LocalSpan, MethodSet, PhoneNumber, Problem, Properties,
    ReasonCode, ReservationId, ShareKey, SharedSet, SourcePlace, Standing, Unit, Window, WishedCode,
};

/// A unit of a grant and the spaces it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitSpaces {
    /// The unit; the key of the space where the source names spaces itself.
    pub unit: Unit,
    /// Its spaces, sorted.
    pub spaces: Vec<SpaceRef>,
}

/// What a row says of a stay beside who, where and how: who has a unit is decided by it (RULES 12 to 14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StayFacts {
    /// The dates, without buffers, by the clock of the property.
    pub dates: LocalSpan,
    /// What the status means.
    pub standing: Standing,
    /// The guest or the hotel wants the stay left alone.
    pub opted_out: bool,
    /// What few sources say.
    pub booking: Option<Box<BookingFacts>>,
    /// The known guest whom this guest replaces in the reservation; `None` for most.
    pub newcomer: Option<Box<Newcomer>>,
}

/// Another person in the place of a known guest of the reservation (RULES 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// The known guest.
    pub former: GuestKey,
    /// Their name, as Seam knows it.
    pub former_name: EcoString,
    /// What becomes of them.
    pub fate: FormerGuest,
}

/// What happens to a known guest whom another person replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormerGuest {
    /// The newcomer gets a grant, and the old one goes.
    Goes,
    /// The guest is in house: the old grant stays, and the newcomer waits for a person.
    InHouse,
    /// The read may leave the guest out: both have a grant, and a person looks at it.
    Stays,
    /// The known guest had booked several units in one name: the newcomer keeps the guest key, and each other guest gets
    /// the unit of their row.
    Booked,
}

/// What a booking says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookingFacts {
    /// Reservations of one key share a room.
    pub share_key: Option<ShareKey>,
    /// When it was booked.
    pub booked_at: Option<Timestamp>,
    /// When its row was last changed; of several rows the newest.
    pub updated_at: Option<Timestamp>,
    /// Units of rows that are older than a row of the same grant for another unit (RULES 14).
    pub older_units: Vec<Unit>,
}

impl StayFacts {
    /// Whether the source gives its units to the stay (RULES 14): of those that opted out, to one who is checked in.
    pub fn claims(&self) -> bool {
        match self.standing {
            Standing::CheckedIn => true,
            Standing::Expected => !self.opted_out,
            Standing::Revoked | Standing::Unclear | Standing::Ignored => false,
        }
    }

    /// The facts of one stay that two rows are about, each with the units of its row.
    pub(super) fn join_row(
        &mut self,
        units: &SharedSet<UnitSpaces>,
        other: &Self,
        its: &SharedSet<UnitSpaces>,
    ) {
        self.join(other);
        if self.booking.is_none() && other.booking.is_none() {
            return;
        }
        let updated_at = |facts: &Self| facts.booking.as_ref().and_then(|booking| booking.updated_at);
        let (own, new) = (updated_at(self), updated_at(other));
        let beyond = |all: &SharedSet<UnitSpaces>, but: &SharedSet<UnitSpaces>| -> Vec<Unit> {
            all.iter().filter(|unit| !but.contains(unit)).map(|unit| unit.unit.clone()).collect()
        };
        let booking = self.booking.get_or_insert_default();
        if let Some(other) = &other.booking {
            booking.share_key = booking.share_key.take().or_else(|| other.share_key.clone());
            booking.booked_at = booking.booked_at.or(other.booked_at);
        }
        match new.cmp(&own) {
            Ordering::Greater => {
                booking.updated_at = new;
                booking.older_units = beyond(units, its);
            }
            Ordering::Less => booking.older_units.extend(beyond(its, units)),
            Ordering::Equal => booking.older_units.retain(|unit| !its.iter().any(|one| one.unit == *unit)),
        }
    }

    /// The facts of one stay that two rows are about.
    pub(super) fn join(&mut self, other: &Self) {
        self.dates = self.dates.hull(other.dates);
        if other.standing == Standing::CheckedIn {
            self.standing = Standing::CheckedIn;
        }
    }
}

/// A grant that should exist: one guest, one window, one set of doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredGrant {
    /// For whom.
    pub guest: GuestKey,
    /// Their name; empty where the source has none.
    pub full_name: EcoString,
    /// Their e-mail address.
    pub email: Option<EmailAddress>,
    /// Their phone number.
    pub phone: Option<PhoneNumber>,
    /// The units, sorted; at least one.
    pub units: SharedSet<UnitSpaces>,
    /// The spaces that every stay gets, sorted.
    pub also: SharedSet<SpaceRef>,
    /// When, buffers and bridges included.
    pub window: Window,
    /// Methods that are wanted.
    pub methods: MethodSet,
    /// A wished PIN.
    pub code: Option<WishedCode>,
    /// The day of arrival at the property.
    pub arrival: Date,
    /// What else the row says.
    pub facts: StayFacts,
    /// The row, the first of several.
    pub source: SourcePlace,
}

impl DesiredGrant {
    /// All spaces, sorted, each once.
    pub fn spaces(&self) -> SpaceRefs {
        let mut spaces: SpaceRefs = self.unit_spaces().chain(self.also.iter().copied()).collect();
        spaces.sort_unstable();
        spaces.dedup();
        spaces
    }

    /// The spaces of the units.
    pub fn unit_spaces(&self) -> impl Iterator<Item = SpaceRef> + '_ {
        self.units.iter().flat_map(|unit| unit.spaces.iter().copied())
    }
}

/// A stay that wants a grant and gets none now; a grant it has is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldStay {
    /// Whose.
    pub guest: GuestKey,
    /// Their name.
    pub full_name: EcoString,
    /// The units, as far as they lead to spaces.
    pub units: SharedSet<UnitSpaces>,
    /// When.
    pub window: Window,
    /// The day of arrival.
    pub arrival: Date,
    /// What else the row says.
    pub facts: StayFacts,
    /// Why, in one word.
    pub reason_code: ReasonCode,
    /// Why, in one sentence.
    pub reason: String,
    /// Who holds it.
    pub held_by: HeldBy,
    /// The row.
    pub source: SourcePlace,
}

/// A stay whose right to the doors is gone because the source says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedStay {
    /// Whose.
    pub guest: GuestKey,
    /// The units, as far as they lead to spaces.
    pub units: SharedSet<UnitSpaces>,
    /// When it would have been.
    pub window: Window,
    /// The day of arrival.
    pub arrival: Date,
    /// The dates, without buffers, by the clock of the property.
    pub dates: LocalSpan,
    /// Cancelled, or left early.
    pub reason_code: ReasonCode,
    /// The row.
    pub source: SourcePlace,
}

/// A stay about which the source has no opinion, or that wants to be left alone: what its guest has is kept (RULES 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// Whose.
    pub guest: GuestKey,
    /// Their name.
    pub full_name: EcoString,
    /// The units, as far as they lead to spaces.
    pub units: SharedSet<UnitSpaces>,
    /// When.
    pub window: Window,
    /// What else the row says.
    pub facts: StayFacts,
    /// The row.
    pub source: SourcePlace,
}

/// Whether grants of a reservation that no row wants may be touched at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Every row of the reservation was understood.
    AllUnderstood,
    /// A row was rejected: what is missing says nothing.
    SomeUnreadable,
}

/// One reservation after the mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredReservation {
    /// Which.
    pub id: ReservationId,
    /// The earliest arrival of its stays, by which the horizon is judged (RULES 33).
    pub first_arrival: Timestamp,
    /// Grants that should exist, by guest and window.
    pub grants: Vec<DesiredGrant>,
    /// Stays that wait.
    pub held: Vec<HeldStay>,
    /// Stays that are over by the word of the source.
    pub revoked: Vec<RevokedStay>,
    /// Stays about which nothing is to be done.
    pub left_alone: Vec<LeftAlone>,
    /// Whether all of it was understood.
    pub rows: Rows,
}

impl DesiredReservation {
    /// A reservation without rows in the source.
    pub fn without_rows(id: ReservationId, now: Timestamp) -> Self {
        Self {
            id,
            first_arrival: now,
            grants: Vec::new(),
            held: Vec::new(),
            revoked: Vec::new(),
            left_alone: Vec::new(),
            rows: Rows::AllUnderstood,
        }
    }

    /// Whether a guest has a stay that is left alone.
    pub fn leaves_alone(&self, guest: &GuestKey) -> bool {
        self.left_alone.iter().any(|stay| stay.guest == *guest)
    }
}

/// Everything the source wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The reservations, by id.
    pub reservations: Vec<DesiredReservation>,
    /// Spaces that no unit can lead to, so that a grant for nothing else was made beside another.
    pub common: BTreeSet<SpaceRef>,
    /// The common doors (RULES, Terms).
    pub doors: UnitDoors,
    /// The clocks, hours and buffers of the properties.
    pub properties: Properties,
    /// Reservations that this plan is not about: what they have stays, and what they want still counts. The mapping
    /// puts none here.
    pub outside: BTreeSet<ReservationId>,
    /// Grants that are not ours and that a reviewed file names, each with the reservation whose grants take their
    /// place. The mapping puts none here.
    pub adopted: BTreeMap<AccessGrantId, ReservationId>,
    /// Guest keys and contacts that several people have: they identify no guest.
    pub shared: SharedByPeople,
    /// When the rows were written that say who has not arrived yet; `None` where the source has no status for a guest
    /// who is checked in (RULES, Terms).
    pub expected_as_of: Option<Timestamp>,
    /// Today, where this read has such a status.
    pub checked_in_on: Option<Date>,
    /// Whether the source was seen to list two guests of one reservation (RULES 5).
    pub lists_several_guests: bool,
    /// What a person should know about the mapping.
    pub warnings: Vec<Problem>,
}
