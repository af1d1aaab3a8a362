//! What the check of a plan finds: a failing example of each violation, made by a change that no planner makes
//! (RULES 17). Those of identities stand in `rules_new_guests.rs`.

use jiff::ToSpan;
use reservation_sync::mapping::Desired;
use reservation_sync::model::{HeldBy, ReasonCode, ReservationId};
use reservation_sync::plan::{
    Action, Breach, Call, Plan, PlanInput, PlanSettings, Policy, StepId, Violation, Withheld, check, plan,
    plan_without, withhold,
};

use crate::rules_hotel::Hotel;

/// What the check finds in the plan of a hotel for some rows, after a change.
fn found(hotel: &Hotel, rows: &[&str], change: impl FnOnce(&mut Plan)) -> Vec<Violation> {
    hotel.with_input(rows, |input| {
        let mut changed = plan(input);
        change(&mut changed);
        check(changed, input).err().unwrap_or_default()
    })
}

fn id(reservation: &str) -> ReservationId {
    ReservationId { property: "".into(), key: reservation.into() }
}

/// Two parties in two rooms of a new hotel.
const APART: [&str; 2] = ["R1 G1 room-5 12-02..12-05", "R2 G2 room-6 12-02..12-05"];

/// Gives the grant that a step makes the spaces of another one.
fn move_in(plan: &mut Plan, step: usize, with: usize) {
    let Call::CreateGrant { spaces: room, .. } = plan.steps[with].call.clone() else {
        panic!("step {with} makes no grant")
    };
    let Call::CreateGrant { spaces, .. } = &mut plan.steps[step].call else {
        panic!("step {step} makes no grant")
    };
    *spaces = room;
}

fn of_two_parties(violations: &[Violation]) -> Vec<(&str, &str, String, bool)> {
    let of = |violation| match violation {
        &Violation::TwoParties { ref reservations, night, too_soon, .. } => {
            let [left, right] = &**reservations;
            Some((left.key.as_str(), right.key.as_str(), night.to_string(), too_soon))
        }
        _ => None,
    };
    violations.iter().filter_map(of).collect()
}

#[test]
fn check_finds_nothing_in_a_good_plan() {
    assert_eq!(found(&Hotel::new(), &APART, |_| {}), []);
}

#[test]
fn check_finds_a_new_grant_in_the_room_of_another() {
    let violations = found(&Hotel::new(), &APART, |plan| move_in(plan, 1, 0));
    assert_eq!(
        of_two_parties(&violations),
        [("R1", "R2", "2026-12-02".to_owned(), false)],
        "{violations:#?}"
    );
}

#[test]
fn check_finds_a_new_grant_where_another_party_has_one() {
    let mut hotel = Hotel::new();
    hotel.night(&APART[..1]);
    let violations =
        found(&hotel, &[APART[0], "R2 G2 room-6 12-04..12-06", "R3 G3 room-7 12-04..12-06"], |plan| {
            if let Call::CreateGrant { spaces, .. } = &mut plan.steps[0].call {
                *spaces = ["space-room-5".into()].into();
            }
        });
    assert_eq!(
        of_two_parties(&violations),
        [("R1", "R2", "2026-12-04".to_owned(), false)],
        "{violations:#?}"
    );
}

#[test]
fn check_finds_a_window_that_grows_into_anothers_nights() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-5 12-06..12-08"]);
    let rows = ["R1 G1 room-5 12-02..12-06", "R2 G2 room-5 12-06..12-08"];
    assert_eq!(found(&hotel, &rows, |_| {}), []);
    let violations = found(&hotel, &rows, |plan| {
        if let Call::UpdateGrant { window, .. } = &mut plan.steps[0].call {
            window.ends_at = window.ends_at.map(|end| end + 24.hours());
        }
    });
    assert_eq!(
        of_two_parties(&violations),
        [("R1", "R2", "2026-12-06".to_owned(), false)],
        "{violations:#?}"
    );
}

#[test]
fn check_finds_a_newcomer_who_does_not_wait_for_the_departure() {
    let mut hotel = Hotel::new();
    hotel.night(&APART[..1]);
    let rows = ["R1 G1 room-5 12-02..12-05 cancelled", "R2 G2 room-5 12-02..12-05"];
    assert_eq!(found(&hotel, &rows, |_| {}), []);
    let violations = found(&hotel, &rows, |plan| {
        for step in &mut plan.steps {
            step.requires = [].into_iter().collect();
        }
    });
    assert_eq!(of_two_parties(&violations), [("R1", "R2", "2026-12-02".to_owned(), true)], "{violations:#?}");
}

#[test]
fn check_lets_pass_who_may_be_in_a_room_together() {
    // One guest with two bookings; two guests of one reservation; a turnover.
    let pairs = [
        ["R1 G1 room-5 12-02..12-05", "R2 G1 room-5 12-04..12-07"],
        ["R1 G1 room-5 12-02..12-05", "R1 G2 room-5 12-02..12-05"],
        ["R1 G1 room-5 12-02..12-05", "R2 G2 room-5 12-05..12-07"],
    ];
    for rows in pairs {
        assert_eq!(found(&Hotel::new(), &rows, |_| {}), [], "{rows:?}");
    }
}

#[test]
fn check_takes_two_parties_out_of_the_plan_and_the_others_go_on() {
    let rows = [APART[0], APART[1], "R3 G3 room-7 12-02..12-05"];
    Hotel::new().with_input(&rows, |input| {
        let mut faulty = plan(input);
        move_in(&mut faulty, 1, 0);
        let violations = check(faulty, input).expect_err("two parties in room 5");
        let mut withheld = Withheld::new();
        assert!(withhold(&violations, &mut withheld));
        let rest = check(plan_without(input, &withheld), input).expect("the rest is good");
        let lines: Vec<(&str, Action, ReasonCode, Option<HeldBy>)> = rest
            .items
            .iter()
            .map(|item| (item.reservation.key.as_str(), item.action, item.reason_code, item.held_by))
            .collect();
        let held = (Action::Hold, ReasonCode::CheckFailed, Some(HeldBy::Person));
        assert_eq!(
            lines,
            [
                ("R1", held.0, held.1, held.2),
                ("R2", held.0, held.1, held.2),
                ("R3", Action::Create, ReasonCode::NewStay, None)
            ]
        );
        assert!(rest.items[0].reason.contains("reservations R1 and R2"), "{}", rest.items[0].reason);
        assert_eq!(rest.steps.len(), 1);
        // The same fault again: nothing is left to take out, and nothing is carried out.
        assert!(!withhold(&violations, &mut withheld));
    });
}

#[test]
fn check_leaves_a_live_grant_of_those_it_takes_out() {
    let mut hotel = Hotel::new();
    hotel.night(&APART[..1]);
    let rows = ["R1 G1 room-7 12-02..12-05", "R2 G2 room-5 12-02..12-05"];
    hotel.with_input(&rows, |input| {
        let withheld: Withheld = [(id("R1"), "found".to_owned())].into();
        let rest = check(plan_without(input, &withheld), input).expect("a good plan");
        assert!(rest.is_empty(), "R2 waits for the room that R1 keeps: {:#?}", rest.items);
    });
}

#[test]
fn check_finds_a_ring_that_cannot_be_taken_back() {
    let mut hotel = Hotel::new();
    hotel.night(&APART);
    let swap = ["R1 G1 room-6 12-02..12-05", "R2 G2 room-5 12-02..12-05"];
    let of_ring = |change: &dyn Fn(&mut Plan)| -> Vec<usize> {
        let violations = found(&hotel, &swap, |plan| {
            assert_eq!(plan.rings.iter().map(Vec::len).collect::<Vec<_>>(), [4]);
            change(plan);
        });
        let of = |violation: &Violation| match violation {
            Violation::TakenBack { step } => *step,
            other => panic!("{other:?}"),
        };
        violations.iter().map(of).collect()
    };
    let call = |plan: &mut Plan, change: &dyn Fn(&mut Call)| {
        plan.rings[0].iter_mut().filter_map(|one| one.call.as_mut()).for_each(change);
    };
    assert_eq!(of_ring(&|_| {}), [0_usize; 0]);
    // Another room, a guest of another reservation, another time, the wrong step.
    let other_room = |made: &mut Call| match made {
        Call::CreateGrant { spaces, .. } => *spaces = ["space-room-7".into()].into(),
        other => panic!("{other:?}"),
    };
    assert_eq!(of_ring(&|plan| call(plan, &other_room)), [0, 2]);
    let other_guest = |made: &mut Call| match made {
        Call::CreateGrant { key, .. } => *key = key.as_str().replace('R', "S").as_str().into(),
        other => panic!("{other:?}"),
    };
    assert_eq!(of_ring(&|plan| call(plan, &other_guest)), [0, 2]);
    let longer = |made: &mut Call| match made {
        Call::CreateGrant { window, .. } => window.ends_at = window.ends_at.map(|end| end + 24.hours()),
        other => panic!("{other:?}"),
    };
    assert_eq!(of_ring(&|plan| call(plan, &longer)), [0, 2]);
    assert_eq!(of_ring(&|plan| plan.rings[0][1].step = StepId(2)), [2]);
}

#[test]
fn check_finds_a_call_outside_the_filter() {
    let violations = Hotel::new().with_input(&APART, |input| {
        let outside = Desired { outside: [id("R2")].into(), ..input.desired.clone() };
        check(plan(input), &PlanInput { desired: &outside, ..*input }).err().unwrap_or_default()
    });
    assert!(matches!(&violations[..], [Violation::Outside { step: 1, .. }]), "{violations:#?}");
}

#[test]
fn check_finds_a_call_that_the_policy_does_not_allow() {
    let mut hotel = Hotel::new();
    hotel.night(&APART);
    let rows = [APART[0], "R2 G2 room-6 12-02..12-05 cancelled"];
    let violations = hotel.with_input(&rows, |input| {
        let settings = PlanSettings { policy: Policy::UpsertOnly, ..input.settings.clone() };
        check(plan(input), &PlanInput { settings: &settings, ..*input }).err().unwrap_or_default()
    });
    assert_eq!(violations, [Violation::Policy { step: 0, path: "/access_grants/delete" }]);
}

#[test]
fn check_finds_a_step_that_waits_for_a_later_one() {
    let violations = found(&Hotel::new(), &APART, |plan| {
        plan.steps[0].requires = [StepId(1)].into_iter().collect();
    });
    assert_eq!(violations, [Violation::Order { step: 0 }]);
}

#[test]
fn check_finds_a_held_line_with_calls_and_a_line_without() {
    let violations = found(&Hotel::new(), &APART, |plan| {
        plan.items[0].action = Action::Hold;
        plan.steps[1].item = None;
    });
    let lines = violations.iter().filter(|violation| matches!(violation, Violation::Line { .. })).count();
    assert_eq!(lines, 2, "{violations:#?}");
}

#[test]
fn check_finds_calls_that_do_not_lead_to_the_line() {
    let violations = found(&Hotel::new(), &APART, |plan| {
        if let Call::CreateGrant { window, .. } = &mut plan.steps[0].call {
            window.starts_at += 1.hour();
        }
    });
    assert!(matches!(&violations[..], [Violation::NotReached { .. }]), "{violations:#?}");
}

#[test]
fn check_finds_a_call_that_seam_refuses() {
    let violations = found(&Hotel::new(), &APART, |plan| {
        if let Call::CreateGrant { window, .. } = &mut plan.steps[0].call {
            window.ends_at = Some(window.starts_at);
        }
    });
    let is_refused = |violation: &Violation| {
        matches!(violation, Violation::Refused { step: 0, breach: Breach::BadWindow(_) })
    };
    assert!(violations.iter().any(is_refused), "{violations:#?}");
}

#[test]
fn check_finds_a_grant_of_others_that_goes_before_ours_comes() {
    let mut hotel = Hotel::new();
    hotel.foreign_grant("R1", "room-5", "12-02..12-05");
    hotel.adopted = [("foreign-R1".into(), id("R1"))].into();
    assert_eq!(found(&hotel, &APART[..1], |_| {}), []);
    let violations = found(&hotel, &APART[..1], |plan| {
        let delete = plan.steps.iter().position(|step| matches!(step.call, Call::DeleteGrant { .. }));
        plan.steps[..=delete.expect("it is taken over")].rotate_right(1);
    });
    let is_out = |violation: &Violation| matches!(violation, Violation::LockedOut { step: 0, .. });
    assert!(violations.iter().any(is_out), "{violations:#?}");
}
