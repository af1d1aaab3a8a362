//! From one row to one stay, or to the problem that stands in the way.
//!
//! What a guest cannot enter without rejects the row: key, dates, zone, methods. What only decorates the grant is
//! left out with a warning: e-mail, phone, wished PIN. Messages never repeat a name, a contact or a code.

use hashbrown::HashMap;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::cells::{
    assigned, email, flag, is_rounded_number, methods, phone, share_key, wished_code, without_fraction,
};
use super::date_order::DateOrders;
use super::dates::{When, parse_when};
use super::field::Field;
use super::forms::CellForms;
use super::names::{full_name, is_marked_cancelled};
use super::record::{Cells, Typed};
use super::row::Row;
use super::sentinels::{is_day_zero, is_no_date};
use super::settings::SourceSettings;
use super::unknown_statuses::UnknownStatuses;
use super::window::WindowRules;
use crate::model::time::Side;
use crate::model::{
    Guest, GuestKey, Moment, Place, Problem, ProblemCode, Property, PropertyCode, ReservationId,
    ReservationKey, SharedSet, SpaceKey, Standing, Stay, StayId, Unit,
};

/// How many distinct texts of a kind are shared before the memory starts again.
const N_SHARED: usize = 65_536;

/// How long after the check-out a row that says checked in is believed (RULES, Terms).
const STAYED_ON_DAYS: i64 = 7;

/// Turns rows into stays; remembers what rows have in common.
pub(super) struct Normalizer<'a> {
    settings: &'a SourceSettings,
    orders: DateOrders,
    now: Timestamp,
    latest: Timestamp,
    properties: HashMap<String, PropertyCode>,
    zones: HashMap<String, Option<TimeZone>>,
    units: HashMap<String, SharedSet<Unit>>,
    spaces: HashMap<String, SharedSet<SpaceKey>>,
    statuses: HashMap<String, Option<Standing>>,
    unknown_statuses: UnknownStatuses,
}

impl<'a> Normalizer<'a> {
    pub(super) fn new(settings: &'a SourceSettings, now: Timestamp) -> Self {
        let in_three_years = now.to_zoned(TimeZone::UTC).checked_add(3.years());
        Self {
            settings,
            orders: DateOrders::new(settings.date_order),
            now,
            latest: in_three_years.map_or(Timestamp::MAX, |zoned| zoned.timestamp()),
            properties: HashMap::new(),
            zones: HashMap::new(),
            units: HashMap::new(),
            spaces: HashMap::new(),
            statuses: HashMap::new(),
            unknown_statuses: UnknownStatuses::default(),
        }
    }

    /// Words of the status that nothing says the meaning of.
    pub(super) fn unknown_statuses(&self) -> &UnknownStatuses {
        &self.unknown_statuses
    }

    /// Whether the stay of a row that cannot be used is over, as far as its dates can be read, and nothing says that its
    /// guest is still in house (RULES 9).
    pub(super) fn needs_nothing<C: Cells>(&mut self, row: &Row<'_, C>) -> bool {
        let is_checked_in = row.has(Field::Status) && self.standing(row) == Standing::CheckedIn;
        let days = if is_checked_in { STAYED_ON_DAYS } else { 0 };
        let by = self.now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
        let property = self.settings.properties.get(&PropertyCode::new(row.text(Field::Property)));
        let zone = self.zone_of(row);
        WindowRules { now: by, ..self.window_rules(property, &zone) }.is_over(row)
    }

    /// The zone of a row: its own, or that of its property.
    pub(super) fn zone_of<C: Cells>(&self, row: &Row<'_, C>) -> TimeZone {
        let property = self.settings.properties.get(&PropertyCode::new(row.text(Field::Property)));
        let name = row.value(Field::PropertyTimeZone);
        let own = || TimeZone::get(name).ok();
        (!name.is_empty()).then(own).flatten().unwrap_or_else(|| property.time_zone.clone())
    }

    fn window_rules<'r>(&'r self, property: &'r Property, zone: &'r TimeZone) -> WindowRules<'r> {
        let Self { orders, now, latest, .. } = self;
        let open_end = self.settings.open_end;
        WindowRules { property, zone, orders, now: *now, latest: *latest, open_end }
    }

    /// Takes the orders of dates that the columns have proven.
    pub(super) fn set_orders(&mut self, orders: DateOrders) {
        self.orders = orders;
    }

    /// The reservation of a row, if its key can be read.
    pub(super) fn id<C: Cells>(&mut self, row: &Row<'_, C>) -> Result<ReservationId, Box<Problem>> {
        // A word for nothing would make one reservation of all that have none.
        let key = row.key(Field::ReservationKey);
        if key.is_empty() {
            return Err(Box::new(row.problem(
                Field::ReservationKey,
                ProblemCode::Missing,
                "the row has no reservation key",
                "give every booking its key; a row of totals belongs after the last booking",
            )));
        }
        if matches!(
            row.typed(Field::ReservationKey),
            Some(Typed::Date(_) | Typed::DateTime(_) | Typed::Time(_))
        ) {
            return Err(Box::new(row.problem(
                Field::ReservationKey,
                ProblemCode::BadKey,
                "the key is a date or a time: a spreadsheet has made one of it",
                "format the column as text before the keys are put in, or export as CSV",
            )));
        }
        if is_rounded_number(key)
            || key.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER)
        {
            return Err(Box::new(row.problem(
                Field::ReservationKey,
                ProblemCode::BadKey,
                "the key is a rounded number or has characters that no key has",
                "export the column as text",
            )));
        }
        let property = shared(&mut self.properties, row.text(Field::Property), PropertyCode::new);
        Ok(ReservationId { property, key: ReservationKey::new(key) })
    }

    /// The stay of a row. Warnings are added only for a row that is good and a stay that is not over: nothing that is
    /// wrong with a stay that is over needs a hand, and no cell of it rejects it but the dates (RULES 9).
    pub(super) fn stay<C: Cells>(
        &mut self,
        row: &Row<'_, C>,
        id: &ReservationId,
        warnings: &mut Vec<Problem>,
    ) -> Result<Stay, Box<Problem>> {
        let settings = self.settings;
        let property = settings.properties.get(&id.property);
        let zone = self.zone(row, property)?;
        let mut found = Vec::new();
        let (check_in, check_out) = self.window_rules(property, &zone).window(row, &mut found)?;
        let methods = methods(row)?;
        let opted_out = flag(row, Field::OptOut)?;

        let guest = guest(row, property, &mut found);
        let standing = self.standing(row);
        let stay = Stay {
            stay_id: Some(row.value(Field::StayId)).filter(|text| !text.is_empty()).map(StayId::new),
            share_key: share_key(row),
            guest,
            place: self.place(row),
            check_in,
            check_out,
            standing,
            methods,
            code: wished_code(row, &mut found),
            opted_out,
            updated_at: self.instant(row, Field::UpdatedAt, &zone, &mut found),
            booked_at: self.instant(row, Field::BookedAt, &zone, &mut found),
            source: row.place.clone(),
        };
        let is_over = stay.is_over(self.now);
        if standing == Standing::Unclear {
            self.unknown_statuses.note(row.value(Field::Status), row.place, is_over);
        }
        if !is_over {
            warnings.append(&mut found);
        }
        Ok(stay)
    }

    fn zone<C: Cells>(&mut self, row: &Row<'_, C>, property: &Property) -> Result<TimeZone, Box<Problem>> {
        let name = row.value(Field::PropertyTimeZone);
        if name.is_empty() {
            return Ok(property.time_zone.clone());
        }
        shared(&mut self.zones, name, |name| TimeZone::get(name).ok()).ok_or_else(|| {
            Box::new(row.problem(
                Field::PropertyTimeZone,
                ProblemCode::BadTimeZone,
                "the time zone is not in the IANA database",
                "write a name such as Europe/Lisbon, or leave the cell blank for the property's zone",
            ))
        })
    }

    fn standing<C: Cells>(&mut self, row: &Row<'_, C>) -> Standing {
        // Exports keep the old status beside the mark, so the mark decides.
        if is_filled(row.value(Field::CancelledAt)) || is_marked_cancelled(row) {
            return Standing::Revoked;
        }
        if !row.has(Field::Status) {
            return Standing::Expected;
        }
        let word = row.value(Field::Status);
        let statuses = &self.settings.statuses;
        shared(&mut self.statuses, word, |word| statuses.standing(word)).unwrap_or(Standing::Unclear)
    }

    fn place<C: Cells>(&mut self, row: &Row<'_, C>) -> Place {
        let spaces = shared(&mut self.spaces, row.value(Field::SpaceKey), |cell| {
            assigned(cell, &CellForms::default()).map(SpaceKey::new).collect::<SharedSet<_>>()
        });
        if !spaces.is_empty() {
            return Place::Spaces(spaces);
        }
        let units = shared(&mut self.units, row.value(Field::Unit), |cell| {
            assigned(cell, row.forms).map(without_fraction).map(Unit::new).collect::<SharedSet<_>>()
        });
        if units.is_empty() { Place::Unassigned } else { Place::Units(units) }
    }

    /// The instant of a field that orders rows; one that cannot be read is left out with a warning.
    fn instant<C: Cells>(
        &self,
        row: &Row<'_, C>,
        field: Field,
        zone: &TimeZone,
        warnings: &mut Vec<Problem>,
    ) -> Option<Timestamp> {
        let text = row.value(field);
        if text.is_empty() || is_day_zero(text) {
            return None;
        }
        let when = match row.typed(field) {
            Some(typed) => When::of(typed),
            None => parse_when(text, self.orders.of(field)),
        };
        if when.is_some_and(When::is_sentinel) {
            return None;
        }
        let instant = when.and_then(|when| match when {
            When::Instant(instant) => Some(instant),
            When::Local(local) => Moment::at(local, zone, Side::Arrival).ok().map(|moment| moment.instant),
            When::Date(date) => Moment::at(date.to_datetime(Time::midnight()), zone, Side::Arrival)
                .ok()
                .map(|moment| moment.instant),
        });
        if instant.is_none() {
            let what = if field == Field::BookedAt { "the booking" } else { "the last change" };
            let message = format!("the time of {what} cannot be read and is left out");
            let hint = "write 2026-05-17 15:00 or 2026-05-17T15:00:00Z";
            warnings.push(row.problem(field, ProblemCode::BadDate, message, hint));
        }
        instant
    }
}

fn guest<C: Cells>(row: &Row<'_, C>, property: &Property, warnings: &mut Vec<Problem>) -> Guest {
    let key = row.key(Field::GuestKey);
    let email = row.value(Field::Email);
    let phone = row.value(Field::Phone);
    Guest {
        key: (!key.is_empty()).then(|| GuestKey::new(key)),
        full_name: full_name(row),
        email: if email.is_empty() { None } else { self::email(row, email, warnings) },
        phone: if phone.is_empty() { None } else { self::phone(row, phone, property, warnings) },
        is_primary: flag(row, Field::IsPrimary).unwrap_or_else(|problem| {
            warnings.push(*problem);
            false
        }),
    }
}

/// Whether a cell for the day of a cancellation holds one; `0000-00-00`, `No` and the dates that stand for none are not.
fn is_filled(text: &str) -> bool {
    text.contains(|c: char| matches!(c, '1'..='9')) && !is_no_date(text)
}

/// The value of a text, made once and shared by all rows that have the same text.
fn shared<'t, T: Clone>(known: &mut HashMap<String, T>, text: &'t str, make: impl FnOnce(&'t str) -> T) -> T {
    if let Some(value) = known.get(text) {
        return value.clone();
    }
    if known.len() >= N_SHARED {
        known.clear();
    }
    let value = make(text);
    known.insert(text.to_owned(), value.clone());
    value
}
