//! Small plans for the tests of this room.

use jiff::{SignedDuration, Timestamp};

use crate::model::ReasonCode;
use crate::model::{DoorRef, Method, ReservationId, Window};
use crate::plan::{
    Action, Call, IdentityTarget, Impact, Item, ItemId, Limits, NewIdentity, Patch, Phase, Plan, Step,
    StepId, StepIds,
};

/// A step and the reservation it belongs to; none for identities.
pub(crate) struct Draft {
    reservation: &'static str,
    step: Step,
}

impl Draft {
    pub(crate) fn following(mut self, others: &[u32]) -> Self {
        self.step.follows = others.iter().copied().map(StepId).collect();
        self
    }

    pub(crate) fn at_doors(mut self, doors: &[u32]) -> Self {
        self.step.doors = doors.iter().copied().map(DoorRef).collect();
        self
    }

    /// Wanted in so many hours.
    pub(crate) fn due(mut self, hours: i64) -> Self {
        self.step.deadline = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        self
    }
}

pub(crate) fn step(reservation: &'static str, call: Call, requires: &[u32]) -> Draft {
    let step = Step {
        item: None,
        call,
        doors: [].into(),
        requires: requires.iter().copied().map(StepId).collect(),
        follows: StepIds::new(),
        deadline: Timestamp::UNIX_EPOCH,
    };
    Draft { reservation, step }
}

/// A plan with one line for each step that belongs to a reservation.
pub(crate) fn plan_of(drafts: Vec<Draft>) -> Plan {
    let mut plan = Plan::default();
    for Draft { reservation, mut step } in drafts {
        if !reservation.is_empty() {
            step.item = Some(ItemId(u32::try_from(plan.items.len()).expect("few lines")));
            plan.items.push(item(reservation, step.call.subject()));
        }
        plan.steps.push(step);
    }
    plan
}

fn item(reservation: &str, key: &str) -> Item {
    Item {
        key: key.into(),
        reservation: ReservationId { property: "".into(), key: reservation.into() },
        action: Action::Replace,
        reason_code: ReasonCode::DoorsChanged,
        reason: "".into(),
        impact: Impact::Replace,
        phase: Phase::Future,
        held_by: None,
        arrival: jiff::civil::date(2026, 12, 1),
        before: None,
        after: None,
        source: None,
        code_wished: false,
        wanted: None,
    }
}

pub(crate) fn window() -> Window {
    let starts_at = Timestamp::UNIX_EPOCH;
    Window { starts_at, ends_at: Some(starts_at + SignedDuration::from_hours(24)) }
}

pub(crate) fn identity(key: &str) -> Call {
    Call::CreateIdentity(new_identity(key))
}

fn new_identity(key: &str) -> NewIdentity {
    NewIdentity { key: key.into(), full_name: None, email: None, phone: None }
}

pub(crate) fn rename(key: &str) -> Call {
    Call::UpdateIdentity {
        id: "i".into(),
        key: key.into(),
        full_name: Patch::Set("Ana Ferro".into()),
        email: Patch::Keep,
        phone: Patch::Keep,
    }
}

pub(crate) fn create(key: &str) -> Call {
    Call::CreateGrant {
        key: key.into(),
        identity: IdentityTarget::Known("i".into()),
        reservation_key: None,
        spaces: [].into(),
        window: window(),
        methods: [Method::Code].into(),
        code: None,
        name: key.into(),
    }
}

/// A create for a new guest, whose identity an earlier step makes or this one.
pub(crate) fn create_for(guest: &str, key: &str, made_by: Option<u32>) -> Call {
    let mut call = create(key);
    if let Call::CreateGrant { identity, .. } = &mut call {
        let new = Box::new(new_identity(guest));
        *identity = IdentityTarget::New { identity: new, made_by: made_by.map(StepId) };
    }
    call
}

pub(crate) fn update(key: &str) -> Call {
    Call::UpdateGrant { id: "g".into(), key: key.into(), window: window() }
}

pub(crate) fn delete(key: &str) -> Call {
    Call::DeleteGrant { id: "g".into(), key: key.into() }
}

/// So many creates, updates and deletes a minute at each door.
pub(crate) fn limits(per_minute: u32) -> Limits {
    Limits {
        requests_per_second: 10.0,
        burst: 10,
        concurrency: 10,
        door_creates_per_minute: per_minute,
        door_updates_per_minute: per_minute,
        door_deletes_per_minute: per_minute,
    }
}
