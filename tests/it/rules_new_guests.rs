//! New guests: which grant makes the identity, and what the others wait for.

use insta::assert_snapshot;
use reservation_sync::model::UserIdentityKey;
use reservation_sync::plan::{
    Breach, Call, IdentityTarget, NewIdentity, Plan, StepId, Violation, check, plan,
};

use crate::rules_hotel::Hotel;

#[test]
fn first_grant_makes_the_guest_and_the_next_follow() {
    let mut hotel = Hotel::new();
    let rows = [
        "R1 G1 room-5 12-08..12-10 email=ana@example.com",
        "R2 G1 room-6 12-02..12-05 email=ana@example.com",
        "R3 G1 room-7 12-12..12-14 email=ana@example.com",
    ];
    assert_snapshot!(hotel.night(&rows), @"
    + R2:G1 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R1:G1 [room-5] 12-08T15..12-10T11 code key=- | new_stay, seamless
    + R3:G1 [room-7] 12-12T15..12-14T11 code key=- | new_stay, seamless
      0 create R2:G1 with person pms:G1 name=Guest G1 email=ana@example.com
      1 create R1:G1 behind 0
      2 create R3:G1 behind 0
    ");
    assert_snapshot!(hotel.night(&[rows[0], rows[1], rows[2], "R4 G1 room-5 12-20..12-22"]), @"
    + R4:G1 [room-5] 12-20T15..12-22T11 code key=- | new_stay, seamless
      0 create R4:G1 for known
    ");
}

#[test]
fn new_guest_is_made_before_a_deletion() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    let rows = ["R1 G1 room-2 12-02..12-05", "R1 G2 room-2 12-02..12-05"];
    assert_snapshot!(hotel.night(&rows), @"
    -/+ R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-2] 12-02T15..12-05T11 code key=R1 | doors_changed, replace
    + R1:G2 [room-2] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
      0 person pms:G2 name=Guest G2
      1 delete R1:G1
      2 create R1:G1 for known after 1
      3 create R1:G2 after 0,1,2 behind 2
    ");
}

#[test]
fn new_guest_waits_for_the_contact_in_every_grant() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05 email=ana@example.com"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05 email=ana@example.com cancelled"]);
    let rows = [
        "R2 G2 room-5 12-02..12-05 email=ana@example.com",
        "R3 G2 room-6 12-08..12-10 email=ana@example.com",
    ];
    assert_snapshot!(hotel.night(&rows), @"
    + R2:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R3:G2 [room-6] 12-08T15..12-10T11 code key=- | new_stay, seamless
      0 change person pms:G1 email=null
      1 create R2:G2 with person pms:G2 name=Guest G2 email=ana@example.com after 0
      2 create R3:G2 after 0 behind 1
    ");
}

/// The violations of the plan for two stays of one new guest, after a change that no planner would make.
fn violations(change: impl FnOnce(&mut Plan)) -> Vec<Violation> {
    let hotel = Hotel::new();
    hotel.with_input(&["R1 G1 room-5 12-02..12-05", "R2 G1 room-6 12-08..12-10"], |input| {
        let mut changed = plan(input);
        change(&mut changed);
        check(changed, input).err().unwrap_or_default()
    })
}

fn new_identity(plan: &mut Plan, step: usize) -> (&mut NewIdentity, &mut Option<StepId>) {
    match &mut plan.steps[step].call {
        Call::CreateGrant { identity: IdentityTarget::New { identity, made_by }, .. } => (identity, made_by),
        other => panic!("not a grant of a new guest: {other:?}"),
    }
}

#[test]
fn check_rejects_identity_outside_the_namespace() {
    let foreign = UserIdentityKey::new("other:G1");
    let found = violations(|plan| {
        for step in 0..2 {
            new_identity(plan, step).0.key = foreign.clone();
        }
    });
    let not_ours = |violation: &Violation| matches!(violation, Violation::NotOurs { .. });
    assert_eq!(found.iter().filter(|violation| not_ours(violation)).count(), 2, "{found:?}");
}

#[test]
fn check_rejects_identity_made_twice() {
    let found = violations(|plan| *new_identity(plan, 1).1 = None);
    let breach = Breach::KeyInUse("pms:G1".to_owned());
    assert_eq!(found, [Violation::Refused { step: 1, breach }]);
}

#[test]
fn check_rejects_maker_of_another_identity() {
    let found = violations(|plan| new_identity(plan, 1).0.full_name = Some("Rui Melo".into()));
    assert_eq!(found, [Violation::WrongMaker { step: 1, key: "pms:G1".into() }]);
}

#[test]
fn check_rejects_identity_that_exists() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    let found = hotel.with_input(&["R2 G2 room-6 12-08..12-10"], |input| {
        let mut changed = plan(input);
        new_identity(&mut changed, 0).0.key = "pms:G1".into();
        check(changed, input).err().unwrap_or_default()
    });
    let breach = Breach::KeyInUse("pms:G1".to_owned());
    assert_eq!(found, [Violation::Refused { step: 0, breach }]);
}
