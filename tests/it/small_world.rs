//! A hotel of a few rooms with a few bookings, built from small numbers so that a failing case stays small, and a
//! Seam that does what a plan says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use reservation_sync::mapping::{
    AddressRules, CurrentAccess, Desired, Directory, GuestScope, MappingSettings, ReservationFilter,
    SharedSpaces, SpaceTemplate, UnitRule, map,
};
use reservation_sync::model::time::Side;
use reservation_sync::model::{
    AccessGrantId, Coverage, Entrance, Fingerprint, GrantState, Guest, Identity, Inventory, Ledger,
    LiveGrant, Method, Moment, Namespace, Place, Properties, Property, RejectedRows, RequestedMethod,
    Reservation, ReservationId, RowCounts, SourceKind, SourcePlace, SourceRead, Space, SpaceKey, Standing,
    Stay, Unit, UserIdentityId, Wanted, Window, Workspace,
};
use reservation_sync::plan::{
    Action, Call, CheckedPlan, Commands, ContactConflict, GrantView, GuardSettings, IdentityTarget, Item,
    Learnt, Limits, NewIdentity, Past, Patch, PlanInput, PlanSettings, Policy, Quarantine, Reading, Share,
    StepId, check, plan,
};

/// Rooms 1 to 3 belong to reservations, 4 to 6 do not; the lobby does not, the spa does.
pub(crate) const N_ROOMS: u8 = 6;
const CAPABLE_ROOMS: std::ops::RangeInclusive<u8> = 1..=3;

/// One row of the source, in small numbers.
#[derive(Clone)]
pub(crate) struct RowSpec {
    /// Which reservation.
    pub(crate) reservation: u8,
    /// Which guest of it; 0 has no key of its own.
    pub(crate) guest: u8,
    /// Which rooms, as bits.
    pub(crate) rooms: Vec<u8>,
    /// Day of arrival, counted from three days before now.
    pub(crate) from: i8,
    /// Nights.
    pub(crate) nights: i8,
    /// Which status.
    pub(crate) standing: Standing,
    /// Which of two properties.
    pub(crate) property: u8,
    /// Which e-mail address; 0 is none.
    pub(crate) email: u8,
    /// Which spelling of the name.
    pub(crate) spelling: u8,
    /// Which methods; empty for those of the configuration.
    pub(crate) methods: Vec<Method>,
}

impl std::fmt::Debug for RowSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { reservation, guest, rooms, from, nights, standing, property, email, spelling, methods } =
            self;
        write!(
            f,
            "P{property}/R{reservation} guest {guest} rooms {rooms:?} day {from}+{nights} {standing:?} email {email} \
             name {spelling} {methods:?}"
        )
    }
}

/// What the source says on one night.
#[derive(Debug, Clone)]
pub(crate) struct Night {
    pub(crate) rows: Vec<RowSpec>,
    pub(crate) also: Vec<&'static str>,
}

pub(crate) fn row() -> impl Strategy<Value = RowSpec> {
    let standing = prop_oneof![
        8 => Just(Standing::Expected),
        2 => Just(Standing::CheckedIn),
        3 => Just(Standing::Revoked),
        1 => Just(Standing::Unclear),
    ];
    let rooms = prop_oneof![
        6 => (1..=N_ROOMS).prop_map(|room| vec![room]),
        2 => (1..=N_ROOMS, 1..=N_ROOMS).prop_map(|(a, b)| vec![a, b]),
    ];
    let methods = prop_oneof![
        6 => Just(vec![]),
        1 => Just(vec![Method::Card]),
        1 => Just(vec![Method::Card, Method::Code]),
    ];
    let property = prop_oneof![9 => Just(0_u8), 1 => Just(1_u8)];
    let email = prop_oneof![6 => Just(0_u8), 3 => 1..4_u8];
    let spelling = prop_oneof![9 => Just(0_u8), 1 => Just(1_u8)];
    (0..4_u8, 0..3_u8, rooms, 0..8_i8, 1..5_i8, standing, (property, email, spelling, methods)).prop_map(
        |(reservation, guest, rooms, from, nights, standing, (property, email, spelling, methods))| RowSpec {
            reservation,
            guest,
            rooms,
            from,
            nights,
            standing,
            property,
            email,
            spelling,
            methods,
        },
    )
}

/// A night on which each of a few guests has one row with one room or two: nothing ever vanishes.
pub(crate) fn full_night() -> impl Strategy<Value = Night> {
    let guests = [(0, 1), (0, 2), (1, 1), (2, 0)];
    (prop::collection::vec(row(), guests.len()), also()).prop_map(move |(mut rows, also)| {
        for (row, (reservation, guest)) in rows.iter_mut().zip(guests) {
            row.reservation = reservation;
            row.guest = guest;
            row.property = 0;
            row.spelling = 0;
        }
        Night { rows, also }
    })
}

fn also() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![
        4 => Just(vec!["lobby"]),
        1 => Just(vec![]),
        1 => Just(vec!["lobby", "gym"]),
        1 => Just(vec!["lobby", "spa"]),
    ]
}

pub(crate) fn night() -> impl Strategy<Value = Night> {
    (prop::collection::vec(row(), 0..7), also()).prop_map(|(rows, also)| Night { rows, also })
}

/// Whether somebody else already has a reservation key and an e-mail address.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Strangers {
    None,
    Some,
}

pub(crate) fn strangers() -> impl Strategy<Value = Strangers> {
    prop_oneof![3 => Just(Strangers::None), 1 => Just(Strangers::Some)]
}

pub(crate) fn hotel(strangers: Strangers) -> Inventory {
    match strangers {
        Strangers::None => empty_hotel(),
        Strangers::Some => hotel_with_strangers(),
    }
}

fn hotel_with_strangers() -> Inventory {
    let mut hotel = empty_hotel();
    hotel.identities.push(Identity {
        id: "identity-stranger".into(),
        key: None,
        full_name: Some("Somebody Else".into()),
        email: Some("guest1@example.com".into()),
        phone: None,
        merged_keys: [].into(),
    });
    hotel.grants.push(LiveGrant {
        id: "grant-stranger".into(),
        key: None,
        identity: "identity-stranger".into(),
        reservation_key: Some("R0".into()),
        spaces: ["space-room-1".into()].into(),
        window: Window::new(now(), now() + SignedDuration::from_hours(72)),
        requested: Vec::new().into(),
        access_methods: [].into(),
        name: None,
        created_at: now(),
        state: GrantState::Standing,
    });
    hotel
}

pub(crate) fn now() -> Timestamp {
    "2026-12-01T12:00:00Z".parse().expect("an instant")
}

pub(crate) fn namespace() -> Namespace {
    Namespace::new("pms").expect("letters only")
}

pub(crate) fn reservations(night: &Night) -> Vec<Reservation> {
    let mut grouped: BTreeMap<ReservationId, Vec<Stay>> = BTreeMap::new();
    for (position, row) in night.rows.iter().enumerate() {
        let property = if row.property == 0 { "" } else { "P" };
        let id =
            ReservationId { property: property.into(), key: format!("R{}", row.reservation).as_str().into() };
        let day = date(2026, 11, 28) + jiff::Span::new().days(row.from);
        let check_in = day.at(15, 0, 0, 0);
        let check_out = (day + jiff::Span::new().days(row.nights)).at(11, 0, 0, 0);
        let name =
            format!("Guest {}-{}{}", row.reservation, row.guest, ["", " Jr"][usize::from(row.spelling)]);
        let moment = |local, side| Moment::at(local, &TimeZone::UTC, side).expect("an ordinary year");
        grouped.entry(id).or_default().push(Stay {
            stay_id: None,
            share_key: None,
            guest: Guest {
                key: (row.guest > 0).then(|| format!("G{}-{}", row.reservation, row.guest).as_str().into()),
                full_name: name.into(),
                email: (row.email > 0).then(|| format!("guest{}@example.com", row.email).as_str().into()),
                phone: None,
                is_primary: row.guest == 0,
            },
            place: Place::Units(row.rooms.iter().map(|room| Unit::new(room.to_string())).collect()),
            check_in: moment(check_in, Side::Arrival),
            check_out: moment(check_out, Side::Departure),
            standing: row.standing,
            methods: row.methods.iter().copied().collect(),
            code: None,
            opted_out: false,
            updated_at: None,
            booked_at: None,
            source: SourcePlace { container: "rows".into(), row: position as u64 + 2 },
        });
    }
    grouped.into_iter().map(|(id, stays)| Reservation { id, stays, n_rejected_rows: 0 }).collect()
}

pub(crate) fn mapping_settings(night: &Night) -> MappingSettings {
    let property = Property {
        time_zone: TimeZone::UTC,
        country: None,
        check_in: jiff::civil::time(15, 0, 0, 0),
        check_out: jiff::civil::time(11, 0, 0, 0),
        early_access: SignedDuration::ZERO,
        late_exit: SignedDuration::ZERO,
    };
    MappingSettings {
        namespace: namespace(),
        properties: Properties { default: property, by_code: BTreeMap::new() },
        units: UnitRule::Template(SpaceTemplate::parse("room-{unit}").expect("a good template")),
        also: night.also.iter().map(SpaceKey::new).collect(),
        shared: SharedSpaces::default(),
        methods: [Method::Code].into(),
        guests: GuestScope::All,
        addresses: AddressRules::default(),
    }
}

pub(crate) fn plan_settings(policy: Policy) -> PlanSettings {
    PlanSettings {
        policy,
        namespace: namespace(),
        horizon: None,
        on_contact_conflict: ContactConflict::Omit,
        limits: Limits {
            requests_per_second: 10.0,
            burst: 10,
            concurrency: 10,
            door_creates_per_minute: 10,
            door_updates_per_minute: 10,
            door_deletes_per_minute: 20,
        },
    }
}

/// Guards that never bite, and tombstones as they are by default.
pub(crate) fn guard_settings() -> GuardSettings {
    let all = Share::Percent(100.0);
    GuardSettings {
        max_delete: all,
        max_cancel: all,
        max_update: all,
        min_existing: 10,
        max_shrink: all,
        max_reject: all,
        max_in_house: all,
        missing_runs: 2,
        missing_for: SignedDuration::from_hours(12),
    }
}

/// A record that has seen every grant, and wanted something else of each: whatever differs, the source changed it.
fn knowing_all(inventory: &Inventory) -> Ledger {
    let something_else = |grant: &LiveGrant| Wanted::of(std::iter::empty(), &grant.window, [].into());
    let entries =
        inventory.grants.iter().filter_map(|grant| Some((grant.key.clone()?, something_else(grant))));
    Ledger { desired: entries.collect(), ..Ledger::default() }
}

/// What the record keeps of what a plan learnt.
pub(crate) fn remember(ledger: &mut Ledger, learnt: &Learnt) {
    let Learnt { seen, missing, returned, repaired, settled, facts } = learnt;
    ledger.desired.extend(seen.iter().cloned());
    ledger.absences.extend(missing.iter().cloned());
    for key in returned {
        ledger.absences.remove(key);
    }
    ledger.repairs.extend(repaired.iter().cloned());
    for key in settled {
        ledger.repairs.remove(key);
    }
    for fact in facts {
        ledger.recall(fact.clone());
    }
}

/// The record after a plan was carried out.
pub(crate) fn remembered(plan: &CheckedPlan, ledger: &Ledger) -> Ledger {
    let mut ledger = ledger.clone();
    remember(&mut ledger, &plan.learnt);
    for item in plan.items.iter().filter(|item| item.action != Action::Hold) {
        ledger.desired.extend(item.wanted.map(|wanted| (item.key.clone(), wanted)));
    }
    for step in &plan.steps {
        if let Call::DeleteGrant { key, .. } = &step.call {
            ledger.desired.remove(key);
            ledger.absences.remove(key);
            ledger.repairs.remove(key);
        }
    }
    ledger
}

pub(crate) fn empty_hotel() -> Inventory {
    let mut spaces = Vec::new();
    let mut entrances = Vec::new();
    let mut add = |key: &str, capable: bool| {
        let id = format!("space-{key}");
        spaces.push(Space { id: id.as_str().into(), key: Some(key.into()), name: key.to_owned() });
        entrances.push(Entrance {
            id: format!("door-{key}").as_str().into(),
            name: key.to_owned(),
            spaces: [id.as_str().into()].into(),
            methods: [Method::Code, Method::Card].into(),
            can_belong_to_reservation: capable,
        });
    };
    for room in 1..=N_ROOMS {
        add(&format!("room-{room}"), CAPABLE_ROOMS.contains(&room));
    }
    add("lobby", false);
    add("gym", false);
    add("spa", true);
    Inventory {
        workspace: Workspace {
            id: "workspace".into(),
            name: "Small hotel".to_owned(),
            is_sandbox: true,
            is_suspended: false,
        },
        spaces,
        entrances,
        devices: Vec::new(),
        identities: Vec::new(),
        grants: Vec::new(),
    }
}

/// Maps, plans and checks one night, of which the record knows everything and what is missing says nothing.
pub(crate) fn planned(
    night: &Night,
    inventory: &Inventory,
    policy: Policy,
    now: Timestamp,
) -> (Desired, CheckedPlan) {
    let ledger = knowing_all(inventory);
    planned_after(
        night,
        inventory,
        policy,
        now,
        &ledger,
        &Reading { whole_reservations: true, ..Reading::partial() },
    )
}

/// The same for some reservations only.
pub(crate) fn planned_within(
    filter: &ReservationFilter,
    night: &Night,
    inventory: &Inventory,
    policy: Policy,
    now: Timestamp,
) -> (Desired, CheckedPlan) {
    let ledger = knowing_all(inventory);
    let reading = Reading { whole_reservations: true, is_limited: true, ..Reading::partial() };
    let (desired, checked, ()) = made(night, inventory, policy, now, (&ledger, &reading), |desired, _| {
        desired.outside = filter.outside(&reservations(night));
    });
    (desired, checked)
}

/// The same after something was done to what is wanted.
pub(crate) fn planned_with<T>(
    night: &Night,
    inventory: &Inventory,
    policy: Policy,
    now: Timestamp,
    change: impl FnOnce(&mut Desired, &Directory) -> T,
) -> (Desired, CheckedPlan, T) {
    let (ledger, reading) =
        (knowing_all(inventory), Reading { whole_reservations: true, ..Reading::partial() });
    made(night, inventory, policy, now, (&ledger, &reading), change)
}

/// Maps, plans and checks one night, with what earlier ones left.
pub(crate) fn planned_after(
    night: &Night,
    inventory: &Inventory,
    policy: Policy,
    now: Timestamp,
    ledger: &Ledger,
    reading: &Reading,
) -> (Desired, CheckedPlan) {
    let (desired, checked, ()) = made(night, inventory, policy, now, (ledger, reading), |_, _| {});
    (desired, checked)
}

/// The same with all of it.
pub(crate) fn made<T>(
    night: &Night,
    inventory: &Inventory,
    policy: Policy,
    now: Timestamp,
    (ledger, reading): (&Ledger, &Reading),
    change: impl FnOnce(&mut Desired, &Directory) -> T,
) -> (Desired, CheckedPlan, T) {
    let guards = guard_settings();
    let commands = Commands::default();
    let past = Past {
        ledger,
        guards: &guards,
        allowances: &[],
        commands: &commands,
        reading,
        quarantine: Quarantine::None,
    };
    made_of(reservations(night), &mapping_settings(night), inventory, (policy, past), now, change)
}

/// Maps, plans and checks some reservations.
pub(crate) fn made_of<T>(
    reservations: Vec<Reservation>,
    mapping: &MappingSettings,
    inventory: &Inventory,
    (policy, past): (Policy, Past<'_>),
    now: Timestamp,
    change: impl FnOnce(&mut Desired, &Directory) -> T,
) -> (Desired, CheckedPlan, T) {
    let directory = Directory::of(inventory);
    let read = (past.reading.coverage, past.reading.whole_reservations);
    let access = CurrentAccess::of(inventory, past.ledger, &directory, &namespace(), now).listed_by(read);
    let mut desired = map(reservations, &directory, &access, mapping, now);
    let changed = change(&mut desired, &directory);
    let settings = plan_settings(policy);
    let input = PlanInput {
        now,
        settings: &settings,
        desired: &desired,
        directory: &directory,
        inventory,
        access: &access,
        past,
    };
    let plan = plan(&input);
    let told = told(&plan.items);
    let checked = check(plan, &input).unwrap_or_else(|violations| panic!("{violations:#?}\n{told}"));
    (desired, checked, changed)
}

/// What a read of a night says of what is missing; each night has bytes of its own.
pub(crate) fn reading(night: &Night, is_complete: bool, number: usize) -> Reading {
    let reservations = reservations(night);
    let source = SourceRead {
        kind: SourceKind::Csv,
        location: "rows".to_owned(),
        n_rows: night.rows.len() as u64,
        n_reservations: reservations.len(),
        reservations,
        rejects: Vec::new(),
        warnings: Vec::new(),
        rejected_rows: RejectedRows::default(),
        columns: BTreeSet::new(),
        unknown_statuses: BTreeMap::new(),
        counts: RowCounts::default(),
        coverage: if is_complete { Coverage::Complete } else { Coverage::Partial },
        fingerprint: Fingerprint(number.to_string()),
        written_at: None,
    };
    let month = SignedDuration::from_hours(30 * 24);
    Reading::of(&source, Some((-month, month)), &mapping_settings(night).properties)
}

/// The lines of a plan, short enough to read in a failure.
pub(crate) fn told(items: &[Item]) -> String {
    let view = |view: &Option<Arc<GrantView>>| {
        view.as_ref().map_or_else(String::new, |view| {
            let keys: Vec<&str> = view.space_keys.iter().map(SpaceKey::as_str).collect();
            let key = view.reservation_key.as_ref().map_or("-", |key| key.as_str());
            let until = view.ends_at.map_or_else(String::new, |end| end.to_string());
            format!("[{key} {} {}..{until}]", keys.join("+"), view.starts_at)
        })
    };
    let line = |item: &Item| {
        let Item { key, action, reason_code, before, after, .. } = item;
        format!("{action:?} {key} {reason_code:?} {} -> {} {}\n", view(before), view(after), item.reason)
    };
    items.iter().map(line).collect()
}

/// The workspace after a plan, as Seam would list it.
pub(crate) fn carried_out(plan: &CheckedPlan, before: &Inventory) -> Inventory {
    let mut inventory = before.clone();
    let mut made: BTreeMap<StepId, UserIdentityId> = BTreeMap::new();
    for (number, step) in plan.steps.iter().enumerate() {
        carry_out(StepId(u32::try_from(number).expect("few steps")), &step.call, &mut inventory, &mut made);
    }
    inventory
}

fn make_identity(new: &NewIdentity, inventory: &mut Inventory) -> UserIdentityId {
    let NewIdentity { key, full_name, email, phone } = new.clone();
    let id = UserIdentityId::new(format!("identity-{}", inventory.identities.len()));
    let merged_keys = [].into();
    inventory.identities.push(Identity {
        id: id.clone(),
        key: Some(key),
        full_name,
        email,
        phone,
        merged_keys,
    });
    id
}

/// Does one call, as Seam would.
pub(crate) fn carry_out(
    step: StepId,
    call: &Call,
    inventory: &mut Inventory,
    made: &mut BTreeMap<StepId, UserIdentityId>,
) {
    let grant = |inventory: &mut Inventory, id: &AccessGrantId| -> usize {
        inventory.grants.iter().position(|grant| grant.id == *id).expect("the plan was checked")
    };
    match call {
        Call::CreateIdentity(new) => {
            made.insert(step, make_identity(new, inventory));
        }
        Call::UpdateIdentity { id, key: _, full_name, email, phone } => {
            let identity =
                inventory.identities.iter_mut().find(|i| i.id == *id).expect("the plan was checked");
            patched(&mut identity.full_name, full_name);
            patched(&mut identity.email, email);
            patched(&mut identity.phone, phone);
        }
        Call::CreateGrant { key, identity, reservation_key, spaces, window, methods, code: _, name } => {
            let identity = match identity {
                IdentityTarget::Known(id) => id.clone(),
                IdentityTarget::New { identity: _, made_by: Some(maker) } => made[maker].clone(),
                IdentityTarget::New { identity, made_by: None } => {
                    let id = make_identity(identity, inventory);
                    made.insert(step, id.clone());
                    id
                }
            };
            let id = AccessGrantId::new(format!("grant-{key}"));
            // Seam gives a guest one code for all stays (SEAM.md 1, 10).
            let method_id = |method: &Method| match method {
                Method::Code => format!("method-{identity}-{method}").as_str().into(),
                _ => format!("method-{key}-{method}").as_str().into(),
            };
            let access_methods = methods.iter().map(method_id).collect();
            let requested = methods
                .iter()
                .map(|method| RequestedMethod {
                    method: Some(*method),
                    access_methods: [method_id(method)].into(),
                })
                .collect();
            inventory.grants.push(LiveGrant {
                id,
                key: Some(key.clone()),
                identity,
                reservation_key: reservation_key.clone(),
                spaces: spaces.clone(),
                window: *window,
                requested,
                access_methods,
                name: Some(name.clone()),
                created_at: now(),
                state: GrantState::Standing,
            });
        }
        Call::UpdateGrant { id, window, .. } => {
            let position = grant(inventory, id);
            inventory.grants[position].window = *window;
        }
        Call::TakeOverGrant { id, key } => {
            let position = grant(inventory, id);
            inventory.grants[position].key = Some(key.clone());
            inventory.grants[position].state = GrantState::Standing;
        }
        Call::DeleteGrant { id, .. } => {
            let position = grant(inventory, id);
            inventory.grants.remove(position);
        }
        Call::AddMethods { id, methods, key } => {
            let position = grant(inventory, id);
            for method in methods {
                let id: reservation_sync::model::AccessMethodId =
                    format!("late-{key}-{method}").as_str().into();
                inventory.grants[position].access_methods.insert(id.clone());
                inventory.grants[position]
                    .requested
                    .push(RequestedMethod { method: Some(*method), access_methods: [id].into() });
            }
        }
        Call::RestoreMethods { .. } => {}
        Call::DeleteMethod { id, .. } => {
            for grant in &mut inventory.grants {
                grant.access_methods.remove(id);
            }
        }
    }
}

fn patched<T: Clone>(field: &mut Option<T>, patch: &Patch<T>) {
    match patch {
        Patch::Keep => {}
        Patch::Set(value) => *field = Some(value.clone()),
        Patch::Clear => *field = None,
    }
}
