//! Reservations that are kept as they were before a run that was undone: what is wanted of them is what the pin says,
//! until the source says something else (RULES 35).

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::desired::{Desired, DesiredGrant, DesiredReservation, RevokedStay, Rows, StayFacts, UnitSpaces};
use super::directory::{Directory, SpaceRef};
use crate::model::{
    Fingerprint, GrantKeyParts, GuestKey, Inventory, LocalSpan, Method, Namespace, Pin, PinnedGrant, Place,
    Problem, ProblemCode, Properties, ReasonCode, Reservation, ReservationId, SharedSet, SourcePlace,
    SpaceKey, Standing, Stay, Unit, Window,
};

/// What became of the pins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pinned {
    /// Those that hold, by reservation.
    pub holding: BTreeMap<ReservationId, Pin>,
    /// Those that hold no longer, because the source changed or the stay is over.
    pub void: Vec<ReservationId>,
}

/// What pins are held to.
#[derive(Debug, Clone, Copy)]
pub struct PinGround<'a> {
    /// What the source says.
    pub reservations: &'a [Reservation],
    /// The spaces and doors.
    pub directory: &'a Directory,
    /// What Seam holds.
    pub inventory: &'a Inventory,
    /// Whose grants they are.
    pub namespace: &'a Namespace,
    /// The clocks of the properties.
    pub properties: &'a Properties,
    /// The instant.
    pub now: Timestamp,
}

/// What the source says of a reservation, as far as it is about doors: a hash of its rows.
pub fn said(reservation: Option<&Reservation>) -> Fingerprint {
    let rows: Vec<_> = reservation.iter().flat_map(|reservation| &reservation.stays).map(row).collect();
    let n_rejected = reservation.map_or(0, |reservation| reservation.n_rejected_rows);
    let mut text = serde_json::to_vec(&(rows, n_rejected)).expect("texts and times can be written");
    let share_keys: Vec<_> =
        reservation.iter().flat_map(|reservation| &reservation.stays).map(|stay| &stay.share_key).collect();
    // Written only where there is one, so that a rollback made before this column was known still holds.
    if share_keys.iter().any(|share_key| share_key.is_some()) {
        text.extend(serde_json::to_vec(&share_keys).expect("texts can be written"));
    }
    Fingerprint(blake3::hash(&text).to_hex().to_string())
}

fn row(stay: &Stay) -> impl Serialize + use<> {
    let Stay {
        stay_id,
        // Beside the rows, in `said`.
        share_key: _,
        guest,
        place,
        check_in,
        check_out,
        standing,
        methods,
        code: _,
        opted_out,
        updated_at: _,
        booked_at: _,
        source: _,
    } = stay;
    let (kind, places): (&str, Vec<String>) = match place {
        Place::Units(units) => ("units", units.iter().map(ToString::to_string).collect()),
        Place::Spaces(spaces) => ("spaces", spaces.iter().map(ToString::to_string).collect()),
        Place::Unassigned => ("unassigned", Vec::new()),
    };
    let standing = match standing {
        Standing::Expected => "expected",
        Standing::CheckedIn => "checked_in",
        Standing::Revoked => "revoked",
        Standing::Unclear => "unclear",
        Standing::Ignored => "ignored",
    };
    let methods: Vec<Method> = methods.iter().copied().collect();
    (
        (stay_id.clone(), guest.key.clone(), guest.full_name.clone()),
        (kind, places),
        (check_in.instant, check_out.instant),
        (standing, methods, *opted_out),
    )
}

/// Puts what is pinned in the place of what the source wants, and tells so.
pub fn hold_to_pins(desired: &mut Desired, pins: &[Pin], ground: &PinGround<'_>) -> Pinned {
    let mut pinned = Pinned::default();
    let rows: HashMap<&ReservationId, &Reservation> =
        ground.reservations.iter().map(|reservation| (&reservation.id, reservation)).collect();
    for pin in pins {
        let id = pin.id();
        let is_over = pin.grants.iter().all(|grant| grant.window.ended(ground.now))
            && !desired.reservations.iter().any(|one| one.id == id && !one.grants.is_empty());
        if is_over || said(rows.get(&id).copied()) != pin.source {
            pinned.void.push(id);
        } else {
            pinned.holding.insert(id, pin.clone());
        }
    }
    if pinned.holding.is_empty() {
        return pinned;
    }
    let others = occupied(desired, &pinned, ground);
    let taken: Vec<ReservationId> = pinned
        .holding
        .iter()
        .filter(|(id, pin)| is_taken(pin, id, &others, desired, ground))
        .map(|(id, _)| id.clone())
        .collect();
    for id in taken {
        let pin = pinned.holding.remove(&id).expect("it was listed");
        desired.warnings.push(notice(&pin, rows.get(&id).copied(), Telling::Taken));
    }
    for (id, pin) in &pinned.holding {
        let row = rows.get(id).copied();
        desired.warnings.push(notice(pin, row, Telling::Holds));
        match desired.reservations.binary_search_by(|one| one.id.cmp(id)) {
            Ok(position) => {
                let kept = kept(pin, &desired.reservations[position], row, &desired.common, ground);
                desired.reservations[position] = kept;
            }
            Err(position) => {
                let nothing = DesiredReservation::without_rows(id.clone(), ground.now);
                let kept = kept(pin, &nothing, row, &desired.common, ground);
                desired.reservations.insert(position, kept);
            }
        }
    }
    desired.warnings.sort();
    pinned
}

/// Who is in a space, and when.
type Occupied = HashMap<SpaceRef, Vec<(ReservationId, Window)>>;

/// Rooms that others want, or have without that the source speaks of them.
fn occupied(desired: &Desired, pinned: &Pinned, ground: &PinGround<'_>) -> Occupied {
    let mut occupied = Occupied::new();
    let mut listed: HashSet<&ReservationId> = HashSet::new();
    for reservation in &desired.reservations {
        listed.insert(&reservation.id);
        if pinned.holding.contains_key(&reservation.id) {
            continue;
        }
        for grant in &reservation.grants {
            for space in grant.unit_spaces() {
                occupied.entry(space).or_default().push((reservation.id.clone(), grant.window));
            }
        }
    }
    for pin in pinned.holding.values() {
        for (space, window) in rooms(pin, desired, ground) {
            occupied.entry(space).or_default().push((pin.id(), window));
        }
    }
    for grant in ground.inventory.grants.iter().filter(|grant| grant.is_live(ground.now)) {
        let parts = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(ground.namespace, key));
        let Some(GrantKeyParts { property, reservation, .. }) = parts else { continue };
        let id = ReservationId { property, key: reservation };
        if listed.contains(&id) || pinned.holding.contains_key(&id) {
            continue;
        }
        for space in grant.spaces.iter().filter_map(|space| ground.directory.by_id(space)) {
            if !desired.common.contains(&space) {
                occupied.entry(space).or_default().push((id.clone(), grant.window));
            }
        }
    }
    occupied
}

/// The rooms of a pin, without the common spaces.
fn rooms(pin: &Pin, desired: &Desired, ground: &PinGround<'_>) -> Vec<(SpaceRef, Window)> {
    let open = pin.grants.iter().filter(|grant| !grant.window.ended(ground.now));
    open.flat_map(|grant| {
        let spaces = grant.space_keys.iter().filter_map(|key| ground.directory.by_key(key));
        spaces.filter(|space| !desired.common.contains(space)).map(|space| (space, grant.window))
    })
    .collect()
}

/// Whether somebody else has one of its rooms by now, or one of its spaces is gone: then nobody is let in there.
fn is_taken(
    pin: &Pin,
    id: &ReservationId,
    others: &Occupied,
    desired: &Desired,
    ground: &PinGround<'_>,
) -> bool {
    let is_gone = |key: &SpaceKey| ground.directory.by_key(key).is_none();
    let open = |grant: &&PinnedGrant| !grant.window.ended(ground.now);
    pin.grants.iter().filter(open).any(|grant| grant.space_keys.iter().any(is_gone))
        || rooms(pin, desired, ground).into_iter().any(|(space, window)| {
            let inside = others.get(&space).into_iter().flatten();
            inside.into_iter().any(|(other, taken)| other != id && taken.overlaps(&window))
        })
}

fn kept(
    pin: &Pin,
    wanted: &DesiredReservation,
    row: Option<&Reservation>,
    common: &BTreeSet<SpaceRef>,
    ground: &PinGround<'_>,
) -> DesiredReservation {
    let source = place_of(pin, row);
    let zone = &ground.properties.get(&pin.property).time_zone;
    let arrival = |window: &Window| window.starts_at.to_zoned(zone.clone()).date();
    let facts = |window: &Window| StayFacts {
        dates: LocalSpan::of_window(window, zone),
        standing: Standing::Expected,
        opted_out: false,
        booking: None,
        newcomer: None,
    };
    let grants: Vec<DesiredGrant> = pin
        .grants
        .iter()
        .filter(|grant| !grant.window.ended(ground.now))
        .map(|grant| {
            let PinnedGrant { guest, full_name, space_keys, window, methods } = grant;
            let as_wanted = wanted.grants.iter().find(|other| other.guest == *guest);
            let spaces: Vec<(&SpaceKey, SpaceRef)> =
                space_keys.iter().filter_map(|key| Some((key, ground.directory.by_key(key)?))).collect();
            let only_common = spaces.iter().all(|(_, space)| common.contains(space));
            let is_also = |space: &SpaceRef| !only_common && common.contains(space);
            let also = spaces.iter().map(|(_, s)| *s).filter(is_also).collect();
            DesiredGrant {
                guest: guest.clone(),
                full_name: as_wanted
                    .map(|other| other.full_name.clone())
                    .or_else(|| full_name.clone())
                    .unwrap_or_default(),
                email: as_wanted.and_then(|other| other.email.clone()),
                phone: as_wanted.and_then(|other| other.phone.clone()),
                units: spaces
                    .iter()
                    .filter(|(_, space)| !is_also(space))
                    .map(|(key, space)| UnitSpaces { unit: Unit::new(key.as_str()), spaces: vec![*space] })
                    .collect(),
                also,
                window: *window,
                methods: *methods,
                code: None,
                arrival: arrival(window),
                facts: as_wanted.map_or_else(
                    || facts(window),
                    |other| StayFacts { dates: LocalSpan::of_window(window, zone), ..other.facts.clone() },
                ),
                source: source.clone(),
            }
        })
        .collect();
    let first_arrival = grants.iter().map(|grant| grant.window.starts_at).min();
    DesiredReservation {
        id: pin.id(),
        first_arrival: first_arrival.unwrap_or(wanted.first_arrival),
        revoked: not_pinned(pin, &source, (zone, &arrival), ground),
        grants,
        held: Vec::new(),
        left_alone: Vec::new(),
        rows: Rows::AllUnderstood,
    }
}

/// Grants of the reservation that the pin does not know.
fn not_pinned(
    pin: &Pin,
    source: &SourcePlace,
    (zone, arrival): (&TimeZone, &impl Fn(&Window) -> Date),
    ground: &PinGround<'_>,
) -> Vec<RevokedStay> {
    let id = pin.id();
    let mut revoked = Vec::new();
    for grant in ground.inventory.grants.iter().filter(|grant| grant.is_live(ground.now)) {
        let Some(parts) = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(ground.namespace, key))
        else {
            continue;
        };
        if !parts.is_of(&id) {
            continue;
        }
        let mut spaces: Vec<SpaceRef> =
            grant.spaces.iter().filter_map(|space| ground.directory.by_id(space)).collect();
        spaces.sort_unstable();
        if !pin.grants.iter().any(|pinned| is_the_same(pinned, &parts.guest, &spaces, ground)) {
            revoked.push(RevokedStay {
                guest: parts.guest,
                units: spaces_as_units(&spaces, ground.directory),
                window: grant.window,
                arrival: arrival(&grant.window),
                dates: LocalSpan::of_window(&grant.window, zone),
                reason_code: ReasonCode::RolledBack,
                source: source.clone(),
            });
        }
    }
    revoked
}

/// Each space as a unit of its own.
fn spaces_as_units(spaces: &[SpaceRef], directory: &Directory) -> SharedSet<UnitSpaces> {
    let unit = |space: &SpaceRef| {
        let unit = Unit::new(directory.space(*space).key.as_str());
        UnitSpaces { unit, spaces: vec![*space] }
    };
    spaces.iter().map(unit).collect()
}

fn is_the_same(pinned: &PinnedGrant, guest: &GuestKey, spaces: &[SpaceRef], ground: &PinGround<'_>) -> bool {
    let mut pinned_spaces: Vec<SpaceRef> =
        pinned.space_keys.iter().filter_map(|key| ground.directory.by_key(key)).collect();
    pinned_spaces.sort_unstable();
    pinned.guest == *guest && !pinned.window.ended(ground.now) && pinned_spaces == spaces
}

fn place_of(pin: &Pin, row: Option<&Reservation>) -> SourcePlace {
    let first = row.and_then(|reservation| reservation.stays.first());
    first.map_or_else(
        || SourcePlace { container: format!("run {}", pin.run_id).into(), row: 0 },
        |stay| stay.source.clone(),
    )
}

/// What a notice about a pin says.
#[derive(Clone, Copy)]
enum Telling {
    Holds,
    Taken,
}

fn notice(pin: &Pin, row: Option<&Reservation>, telling: Telling) -> Problem {
    let Pin { reservation_key, run_id, .. } = pin;
    let (message, hint) = match telling {
        Telling::Holds => (
            format!(
                "reservation {reservation_key} is kept as it was before run {run_id}, which was undone, until \
                 the source changes"
            ),
            "change the booking in the source where it should be followed again",
        ),
        Telling::Taken => (
            format!(
                "reservation {reservation_key} cannot be kept as it was before run {run_id}: another stay has \
                 the room by now, or the space is gone"
            ),
            "the source is followed; look at both bookings",
        ),
    };
    Problem {
        source: place_of(pin, row),
        column: "",
        code: ProblemCode::Pinned,
        message,
        hint: hint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{guest, stay};
    use crate::model::{PropertyCode, ReservationKey};

    fn reservation(edit: impl FnOnce(&mut Stay)) -> Reservation {
        let place = Place::Units(["101".into()].into());
        let mut stay = Stay { guest: guest("", "Ana", ""), place, ..stay() };
        edit(&mut stay);
        let id = ReservationId { property: PropertyCode::none(), key: ReservationKey::new("R1") };
        Reservation { id, stays: vec![stay], n_rejected_rows: 0 }
    }

    #[test]
    fn source_fingerprint_covers_what_decides_about_doors() {
        let said = |edit: fn(&mut Stay)| said(Some(&reservation(edit)));
        let before = said(|_| {});
        let check = |edit, is_covered| assert_eq!(said(edit) != before, is_covered);
        check(|stay| stay.place = Place::Unassigned, true);
        check(|stay| stay.standing = Standing::Revoked, true);
        check(|stay| stay.share_key = Some("7".into()), true);
        check(|stay| stay.booked_at = Some(Timestamp::UNIX_EPOCH), false);
        check(|stay| stay.updated_at = Some(Timestamp::UNIX_EPOCH), false);
        check(|stay| stay.source.row = 3, false);
    }

    #[test]
    fn source_fingerprint_without_share_key_stays_as_recorded() {
        // As the release before the column wrote it: rollbacks that hold must not end by an update of the program.
        let recorded = r#"[[[[null,null,"Ana"],["units",["101"]],["2026-05-01T15:00:00Z","2026-05-02T11:00:00Z"],["expected",[],false]]],0]"#;
        let recorded = blake3::hash(recorded.as_bytes()).to_hex().to_string();
        assert_eq!(said(Some(&reservation(|_| {}))), Fingerprint(recorded));
    }
}
