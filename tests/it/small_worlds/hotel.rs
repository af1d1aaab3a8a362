//! A small world as the product sees it: rows, an inventory and a record; and what its plan does, step by step.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reservation_sync::mapping::ReservationFilter;
use reservation_sync::model::time::Side;
use reservation_sync::model::{
    Absence, AccessGrantKey, Choice, Decision as Decided, Fingerprint, GrantKeyParts, Inventory, Ledger,
    LiveGrant, Method, Moment, Place, Reservation as Rows, ReservationId, ReservationKey, SpaceKey, Wanted,
    Window, door_set_hash,
};
use reservation_sync::plan::{
    Action, Allowance, Call, CheckedPlan, Commands, Guard, IdentityTarget, Item, NewIdentity, Past,
    Quarantine, Reading, ReasonCode, Share, StepId,
};

use super::super::small_world::{
    Night, RowSpec, carried_out, carry_out, empty_hotel, guard_settings, made_of, mapping_settings,
    namespace, reading, remembered, reservations, told,
};
use super::worlds::{Decision, Grant, Hour, Reservation, Span, Stay, Unit, World};

/// What a plan did.
pub(crate) struct Outcome {
    /// The grants before the plan and after each step that changes one.
    pub(crate) states: Vec<Vec<Grant>>,
    /// The reservations that each matter names.
    pub(crate) matters: Vec<BTreeSet<Reservation>>,
    /// The reservations of which a line is held, or says that a person decided.
    pub(crate) held: BTreeSet<Reservation>,
    /// For each deletion that Seam may refuse: the same states where it does, without what needs it.
    pub(crate) refused: Vec<(String, Vec<Vec<Grant>>)>,
    /// What a second plan over the result would do.
    pub(crate) again: Vec<String>,
    /// The plan, to be read where something is wrong.
    pub(crate) story: String,
}

/// Plans a world, carries the plan out, and plans again.
pub(crate) fn played(world: &World) -> Outcome {
    let before = inventory(world);
    let ledger = ledger(world, &before);
    let plan = planned(world, &before, &ledger, 1);
    let states = states(world, &plan, &before, &BTreeSet::new());
    let again = planned(world, &carried_out(&plan, &before), &remembered(&plan, &ledger), 2);
    let numbers = |keys: &mut dyn Iterator<Item = &str>| keys.map(number).collect();
    let is_held = |item: &&Item| item.action == Action::Hold || item.reason_code == ReasonCode::Decided;
    let held = plan.items.iter().filter(is_held);
    Outcome {
        states,
        refused: refused(world, &plan, &before),
        matters: plan
            .matters
            .iter()
            .map(|matter| numbers(&mut matter.reservations.iter().map(ReservationKey::as_str)))
            .collect(),
        held: numbers(&mut held.map(|item| item.reservation.key.as_str())),
        again: again.steps.iter().map(|step| call(&step.call)).collect(),
        story: story(&plan),
    }
}

/// The grants before a plan and after each of its steps that changes one; some steps are not sent.
fn states(
    world: &World,
    plan: &CheckedPlan,
    before: &Inventory,
    skipped: &BTreeSet<StepId>,
) -> Vec<Vec<Grant>> {
    let mut now = before.clone();
    let mut made = BTreeMap::new();
    let mut states = vec![grants(&now, world)];
    for (step, id) in plan.steps.iter().zip((0..).map(StepId)) {
        if skipped.contains(&id) {
            continue;
        }
        let mut call = step.call.clone();
        // A grant whose maker failed brings the identity along itself.
        if let Call::CreateGrant { identity: IdentityTarget::New { made_by, .. }, .. } = &mut call {
            *made_by = made_by.filter(|maker| !skipped.contains(maker));
        }
        carry_out(id, &call, &mut now, &mut made);
        let state = grants(&now, world);
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    states
}

/// What is left of a plan where Seam refuses one of its deletions. What a ring did then is taken back, which is not tried
/// here.
fn refused(world: &World, plan: &CheckedPlan, before: &Inventory) -> Vec<(String, Vec<Vec<Grant>>)> {
    if plan.items.iter().any(|item| item.reason.starts_with("several stays change units with each other")) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (step, id) in plan.steps.iter().zip((0..).map(StepId)) {
        if !matches!(step.call, Call::DeleteGrant { .. }) {
            continue;
        }
        let mut skipped = BTreeSet::from([id]);
        for (other, id) in plan.steps.iter().zip((0..).map(StepId)) {
            if other.requires.iter().any(|required| skipped.contains(required)) {
                skipped.insert(id);
            }
        }
        all.push((format!("step {} refused", id.0), states(world, plan, before, &skipped)));
    }
    all
}

fn planned(world: &World, inventory: &Inventory, ledger: &Ledger, n_read: usize) -> CheckedPlan {
    let options = &world.options;
    let night = night(world);
    let reading = Reading {
        is_limited: options.only.is_some(),
        is_cut: options.is_cut,
        ..reading(&Night { rows: Vec::new(), ..night.clone() }, options.is_complete, n_read)
    };
    let mut guards = guard_settings();
    if let Some(limit) = options.max_in_house {
        guards.max_in_house = Share::Count(limit);
    }
    let allowances = [Allowance::count(Guard::InHouse, 9)];
    let quarantine = if options.is_quarantine { Quarantine::Standing } else { Quarantine::None };
    let past = Past {
        ledger,
        guards: &guards,
        allowances: if options.allow_in_house { &allowances } else { &[] },
        commands: &Commands::default(),
        reading: &reading,
        quarantine,
    };
    let rows = rows(world, &night);
    let outside = match &options.only {
        // A filter without a key would be none.
        Some(only) if only.is_empty() => rows.iter().map(|rows| rows.id.clone()).collect(),
        Some(only) => {
            let keys = only.iter().map(|of| key(*of).as_str().into()).collect();
            ReservationFilter { keys, ..ReservationFilter::default() }.outside(&rows)
        }
        None => BTreeSet::new(),
    };
    let settings = mapping_settings(&night);
    let (_, plan, ()) =
        made_of(rows, &settings, inventory, (options.policy, past), instant(options.now), |desired, _| {
            desired.outside = outside;
        });
    plan
}

/// The rows without what a row of small numbers cannot say.
fn night(world: &World) -> Night {
    let row = |stay: &Stay| RowSpec {
        reservation: stay.reservation,
        guest: 1,
        rooms: stay.unit.map(|unit| room(unit, world)).into_iter().collect(),
        from: 0,
        nights: 1,
        standing: stay.standing,
        property: 0,
        email: 0,
        spelling: 0,
        methods: Vec::new(),
    };
    Night { rows: world.stays.iter().map(row).collect(), also: vec!["lobby"] }
}

/// The rows, with the hours and the order of booking.
fn rows(world: &World, night: &Night) -> Vec<Rows> {
    let mut rows = reservations(night);
    for stay in &world.stays {
        let rows = rows.iter_mut().find(|rows| rows.id == id(stay.reservation));
        let row = &mut rows.expect("each stay is a row").stays[0];
        let moment = |hour: Hour, side| {
            let local = date(2026, 12, 1).at(0, 0, 0, 0) + SignedDuration::from_hours(hour.into());
            Moment::at(local, &TimeZone::UTC, side).expect("an ordinary year")
        };
        row.check_in = moment(stay.span.from, Side::Arrival);
        row.check_out = moment(stay.span.to, Side::Departure);
        row.booked_at = Some(instant(Hour::from(stay.reservation) - 1000));
        if stay.unit.is_none() {
            row.place = Place::Unassigned;
        }
    }
    rows
}

fn inventory(world: &World) -> Inventory {
    let mut inventory = empty_hotel();
    for (reservation, unit, span) in &world.before {
        let spaces = spaces(*unit, world);
        let guest = format!("G{reservation}-1").as_str().into();
        let identity = NewIdentity {
            key: namespace().identity_key(&guest),
            full_name: Some(format!("Guest {reservation}-1").into()),
            email: None,
            phone: None,
        };
        let call = Call::CreateGrant {
            key: grant_key(*reservation, &spaces),
            identity: IdentityTarget::New { identity: Box::new(identity), made_by: None },
            reservation_key: Some(key(*reservation).as_str().into()),
            spaces: spaces.iter().map(|space| format!("space-{space}").as_str().into()).collect(),
            window: window(*span),
            methods: [Method::Code].into(),
            code: None,
            name: key(*reservation).into(),
        };
        carry_out(StepId(0), &call, &mut inventory, &mut BTreeMap::new());
    }
    inventory
}

/// A record that has carried every grant out as it stands.
fn ledger(world: &World, inventory: &Inventory) -> Ledger {
    let mut ledger = Ledger::default();
    for ((_, unit, span), grant) in world.before.iter().zip(&inventory.grants) {
        let key = grant.key.clone().expect("all are ours");
        let wanted = Wanted::of(spaces(*unit, world).iter(), &window(*span), [Method::Code].into());
        ledger.desired.insert(key.clone(), wanted);
        if world.options.absence_is_due {
            let since = instant(world.options.now - 48);
            let last_read = Some(Fingerprint("0".to_owned()));
            ledger.absences.insert(key, Absence { since, n_reads: 5, last_read });
        }
    }
    if world.options.uses_checked_in {
        ledger.last_checked_in_status = Some(date(2026, 12, 1));
    }
    ledger.decisions.extend(world.options.decision.map(|(reservation, decision)| Decided {
        reservation: id(reservation),
        unit: None,
        choice: match decision {
            Decision::ShareWith(other) => Choice::ShareWith(key(other).as_str().into()),
            Decision::Grant => Choice::Grant,
            Decision::Revoke => Choice::Revoke,
            Decision::Leave => Choice::Leave,
        },
        reason: "decided".to_owned(),
        until: None,
        decided_at: instant(world.options.now - 1),
    }));
    ledger
}

/// The grants of an inventory in the terms of the world.
fn grants(inventory: &Inventory, world: &World) -> Vec<Grant> {
    let of = |grant: &LiveGrant| {
        let key = grant.key.clone().expect("all are ours");
        let parts = GrantKeyParts::parse(&namespace(), &key).expect("it is in our form");
        let hour = |at: Timestamp| {
            let minutes = at.duration_since(instant(0)).as_mins();
            assert_eq!(minutes % 60, 0, "{key} changes at {at}");
            Hour::try_from(minutes / 60).expect("near")
        };
        let span =
            Span { from: hour(grant.window.starts_at), to: hour(grant.window.ends_at.expect("ours end")) };
        let opens = |unit: &Unit| {
            let space = format!("space-room-{}", room(*unit, world)).as_str().into();
            grant.spaces.contains(&space)
        };
        let units: Vec<Unit> = (0..3).filter(opens).collect();
        assert_eq!(units.len(), 1, "{key} opens one unit");
        Grant { reservation: number(parts.reservation.as_str()), unit: units[0], span, key }
    };
    inventory.grants.iter().map(of).collect()
}

/// Rooms 1 to 3 belong to reservations, 4 to 6 do not.
fn room(unit: Unit, world: &World) -> u8 {
    unit + if world.options.delete_first { 1 } else { 4 }
}

fn spaces(unit: Unit, world: &World) -> [SpaceKey; 2] {
    ["lobby".into(), SpaceKey::new(format!("room-{}", room(unit, world)))]
}

fn grant_key(reservation: Reservation, spaces: &[SpaceKey]) -> AccessGrantKey {
    let ReservationId { property, key } = id(reservation);
    let guest = format!("G{reservation}-1").as_str().into();
    let door_set = door_set_hash(spaces);
    GrantKeyParts { property, reservation: key, guest, door_set, ordinal: 1 }.key(&namespace())
}

fn key(reservation: Reservation) -> String {
    format!("R{reservation}")
}

fn id(reservation: Reservation) -> ReservationId {
    ReservationId { property: "".into(), key: key(reservation).as_str().into() }
}

fn number(key: &str) -> Reservation {
    key.trim_start_matches('R').parse().expect("a reservation of the world")
}

fn window(span: Span) -> Window {
    Window::new(instant(span.from), instant(span.to))
}

/// Day 0 is 1 December 2026.
fn instant(hour: Hour) -> Timestamp {
    let first: Timestamp = "2026-12-01T00:00:00Z".parse().expect("an instant");
    first + SignedDuration::from_hours(hour.into())
}

fn call(call: &Call) -> String {
    let window = match call {
        Call::CreateGrant { window, .. } | Call::UpdateGrant { window, .. } => {
            let end = window.ends_at.map_or_else(String::new, |end| end.to_string());
            format!(" {}..{end}", window.starts_at)
        }
        _ => String::new(),
    };
    format!("{} {}{window}", call.path(), call.subject())
}

fn story(plan: &CheckedPlan) -> String {
    let mut lines = vec![told(&plan.items)];
    for (n, step) in plan.steps.iter().enumerate() {
        let needs: Vec<u32> = step.requires.iter().map(|id| id.0).collect();
        lines.push(format!("{n} {} needs {needs:?}\n", call(&step.call)));
    }
    for matter in &plan.matters {
        let names: Vec<&str> = matter.reservations.iter().map(ReservationKey::as_str).collect();
        lines.push(format!("matter {:?} {names:?} unit {}\n", matter.code, matter.unit));
    }
    lines.concat()
}
