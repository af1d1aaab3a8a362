//! One plan with a line of every kind, for the tests of reports.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use reservation_sync::event::Outcome;
use reservation_sync::model::{
    AccessGrantKey, Coverage, Fingerprint, Method, Problem, ProblemCode, RejectedRows, Reservation,
    ReservationId, RowCounts, RunId, SharedSet, SourceKind, SourcePlace, SourceRead, Window,
};
use reservation_sync::plan::{
    Action, Call, Estimate, GrantView, HeldBy, IdentityFields, IdentityItem, IdentityTarget, Impact, InHouse,
    Item, ItemId, Learnt, NewIdentity, Phase, Plan, ReasonCode, Step, StepId, StepIds,
};
use reservation_sync::report::document::{Header, Kind};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(crate) fn header(kind: Kind) -> Header {
    Header {
        kind,
        dry_run: false,
        run_id: RunId::new("01970000-0000-7000-8000-000000000001"),
        workspace_id: Some("11111111-1111-4111-8111-111111111111".into()),
        started_at: at("2026-12-01T02:00:00.123456789Z"),
    }
}

fn view(reservation: &str, name: &str, spaces: &[&str], start: &str, end: &str) -> GrantView {
    GrantView {
        access_grant_key: Some(key(reservation, "0a1b2c3d4e")),
        reservation_key: Some(reservation.into()),
        user_identity_key: Some(format!("pms:{reservation}/1").as_str().into()),
        full_name: Some(name.into()),
        space_keys: spaces.iter().map(|space| (*space).into()).collect(),
        device_ids: SharedSet::new(),
        acs_entrance_ids: spaces.iter().map(|space| format!("entrance-{space}").as_str().into()).collect(),
        starts_at: at(start),
        ends_at: Some(at(end)),
        methods: [Method::Code].into(),
        name: Some(reservation.into()),
    }
}

fn key(reservation: &str, door_set: &str) -> AccessGrantKey {
    AccessGrantKey::new(format!("pms:LIS:{reservation}:{reservation}%2F1:{door_set}"))
}

fn item(reservation: &str, action: Action, reason_code: ReasonCode, reason: &str) -> Item {
    Item {
        key: key(reservation, "0a1b2c3d4e"),
        reservation: ReservationId { property: "LIS".into(), key: reservation.into() },
        action,
        reason_code,
        reason: reason.to_owned().into(),
        impact: Impact::Seamless,
        phase: Phase::Future,
        held_by: None,
        arrival: "2026-12-03".parse().expect("a date"),
        before: None,
        after: None,
        source: Some(SourcePlace { container: "bookings.csv".into(), row: 17 }),
        code_wished: false,
        wanted: None,
    }
}

fn items() -> Vec<Item> {
    let (start, end) = ("2026-12-03T15:00:00Z", "2026-12-05T11:00:00Z");
    let create = Item {
        after: Some(view("R1017", "Ana Sousa", &["room-101"], start, end).into()),
        code_wished: true,
        ..item("R1017", Action::Create, ReasonCode::NewStay, "the stay has no grant yet")
    };
    let disguised = Item {
        after: Some(view("R1018", "Bo\u{202e} Lind\n- all", &["room-102", "lobby"], start, end).into()),
        ..item("R1018", Action::Create, ReasonCode::NewStay, "the stay has no grant yet")
    };
    let (house_start, house_end) = ("2026-11-30T15:00:00Z", "2026-12-02T11:00:00Z");
    let mut longer = view("R1001", "Chi Nakamura", &["room-103"], house_start, "2026-12-04T11:00:30Z");
    longer.methods = [Method::Code, Method::Card].into();
    let update = Item {
        impact: Impact::Reissue,
        phase: Phase::InHouse,
        arrival: "2026-11-30".parse().expect("a date"),
        before: Some(view("R1001", "Chi Nakamura", &["room-103"], house_start, house_end).into()),
        after: Some(longer.into()),
        ..item(
            "R1001",
            Action::Update,
            ReasonCode::WindowAndMethodsChanged,
            "the departure moved and a card was added",
        )
    };
    let mut moved = view("R1019", "Dana Levi", &["room-205", "lobby"], start, end);
    moved.access_grant_key = Some(key("R1019", "ffeeddccbb"));
    let replace = Item {
        key: key("R1019", "ffeeddccbb"),
        impact: Impact::Replace,
        before: Some(view("R1019", "Dana Levi", &["room-104", "lobby"], start, end).into()),
        after: Some(moved.into()),
        ..item("R1019", Action::Replace, ReasonCode::DoorsChanged, "the stay moved to another room")
    };
    let revoke = Item {
        impact: Impact::Revoke,
        phase: Phase::Arriving,
        arrival: "2026-12-01".parse().expect("a date"),
        before: Some(view("R1002", "Eli Moreau", &["room-105"], "2026-12-01T15:00:00Z", end).into()),
        ..item("R1002", Action::Revoke, ReasonCode::Cancelled, "the source says `cancelled`")
    };
    let by_person = Item {
        held_by: Some(HeldBy::Person),
        after: Some(view("R1020", "Fay Okoro", &["room-101"], start, end).into()),
        ..item("R1020", Action::Hold, ReasonCode::Overlap, "room 101 is taken by R1017 on the same night")
    };
    let by_rule = Item {
        held_by: Some(HeldBy::Rule),
        source: None,
        ..item("R1021", Action::Hold, ReasonCode::UnitNotAssigned, "no room is assigned yet")
    };
    // Not in the order in which they are shown.
    vec![by_rule, create, update, by_person, replace, revoke, disguised]
}

fn step(item: u32, call: Call) -> Step {
    Step {
        item: Some(ItemId(item)),
        call,
        doors: SharedSet::new(),
        requires: StepIds::new(),
        follows: StepIds::new(),
        deadline: at("2026-12-03T15:00:00Z"),
    }
}

fn create_call(key: AccessGrantKey, identity: IdentityTarget) -> Call {
    Call::CreateGrant {
        key,
        identity,
        reservation_key: None,
        spaces: SharedSet::new(),
        window: Window::new(at("2026-12-03T15:00:00Z"), at("2026-12-05T11:00:00Z")),
        methods: [Method::Code].into(),
        code: None,
        name: "R".into(),
    }
}

pub(crate) fn plan() -> Plan {
    let items = items();
    let delete = |item: &Item| Call::DeleteGrant { id: "grant".into(), key: item.key.clone() };
    let new = |key: &str| NewIdentity {
        key: key.into(),
        full_name: Some("Ana Sousa".into()),
        email: Some("ana@example.com".into()),
        phone: None,
    };
    let identity = |key: &str| Call::CreateIdentity(new(key));
    let made_by = IdentityTarget::New { identity: Box::new(new("pms:R1017/1")), made_by: Some(StepId(0)) };
    let known = IdentityTarget::Known("identity".into());
    let window = Window::new(at("2026-11-30T15:00:00Z"), at("2026-12-04T11:00:00Z"));
    let steps = vec![
        Step { item: None, ..step(0, identity("pms:R1017/1")) },
        Step { item: None, ..step(0, identity("pms:R1001/1")) },
        step(1, create_call(items[1].key.clone(), made_by)),
        step(2, Call::UpdateGrant { id: "grant".into(), key: items[2].key.clone(), window }),
        step(4, delete(&items[4])),
        step(4, create_call(items[4].key.clone(), known.clone())),
        step(5, delete(&items[5])),
        step(6, create_call(items[6].key.clone(), known)),
    ];
    let person = |key: &str, action, fields, step| IdentityItem {
        key: key.into(),
        action,
        fields,
        step: StepId(step),
    };
    Plan {
        items,
        identities: vec![
            person(
                "pms:R1001/1",
                Action::Update,
                IdentityFields { email: false, full_name: true, phone: true },
                1,
            ),
            person(
                "pms:R1017/1",
                Action::Create,
                IdentityFields { email: true, full_name: true, phone: false },
                0,
            ),
        ],
        steps,
        doors: Vec::new(),
        rings: Vec::new(),
        n_unchanged: 810,
        warnings: (2..9).rev().map(|row| problem(row, "phone", ProblemCode::BadPhone)).collect(),
        estimate: Estimate { writes: 8, seconds: 5.2, slowest_door: Some("Lobby".to_owned()) },
        in_house: InHouse::default(),
        matters: Vec::new(),
        when_undone: Vec::new(),
        guards: Vec::new(),
        trips: Vec::new(),
        learnt: Learnt::default(),
    }
}

/// Everything went well but the replace, whose create failed after its delete, and the last create, whose answer was
/// lost.
pub(crate) fn outcomes() -> Vec<(StepId, Outcome, Option<&'static str>)> {
    vec![
        (StepId(0), Outcome::Done, None),
        (StepId(1), Outcome::Failed, Some("invalid_input: phone_number +15550100123 is in use")),
        (StepId(2), Outcome::Done, None),
        (StepId(3), Outcome::AlreadySo, None),
        (StepId(4), Outcome::Done, None),
        (StepId(5), Outcome::Failed, Some("space_not_found: no space has that id")),
        (StepId(6), Outcome::Done, None),
        (StepId(7), Outcome::Unknown, None),
    ]
}

fn problem(row: u64, column: &'static str, code: ProblemCode) -> Problem {
    let (message, hint) = match code {
        ProblemCode::BadDate => ("`31/02/2026` is not a date", "write dates as 2026-12-31"),
        ProblemCode::EndBeforeStart => ("the check-out is not after the check-in", "mend the row"),
        _ => ("this cannot be a telephone number; it is left out", "write it as +44 7700 900123"),
    };
    Problem {
        source: SourcePlace { container: "bookings.csv".into(), row },
        column,
        code,
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}

pub(crate) fn source_read() -> SourceRead {
    let reservation = |key: &str| Reservation {
        id: ReservationId { property: "LIS".into(), key: key.into() },
        stays: Vec::new(),
        n_rejected_rows: 0,
    };
    SourceRead {
        kind: SourceKind::Csv,
        location: "bookings.csv".to_owned(),
        n_rows: 840,
        n_reservations: 2,
        reservations: vec![reservation("R1001"), reservation("R1017")],
        rejects: vec![
            problem(31, "check_out", ProblemCode::EndBeforeStart),
            problem(18, "check_in", ProblemCode::BadDate),
            problem(18, "check_out", ProblemCode::BadDate),
        ],
        warnings: vec![Problem {
            hint: String::new(),
            message: "the file looks like yesterday's".to_owned(),
            ..problem(0, "", ProblemCode::OldSource)
        }],
        rejected_rows: RejectedRows::default(),
        columns: BTreeSet::new(),
        unknown_statuses: BTreeMap::new(),
        counts: RowCounts::default(),
        coverage: Coverage::Partial,
        fingerprint: Fingerprint("c0ffee".to_owned()),
        written_at: None,
    }
}
