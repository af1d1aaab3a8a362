//! Single small worlds that a plan got wrong once.

use reservation_sync::model::Standing::{CheckedIn, Expected, Revoked};
use reservation_sync::plan::Policy::UpsertOnly;

use super::worlds::{Decision, NOW, Options, Reservation, Span, Stay, Unit, World};
use super::{look, told};

type Before = (Reservation, Unit, Span);

/// Asserts that nothing is wrong with what a plan makes of a world.
fn check(before: &[Before], stays: &[Stay], options: Options) {
    let (before, stays) = (before.to_vec(), stays.to_vec());
    let world = World { number: 0, before, stays, hidden: None, options };
    let (failures, outcome) = look(&world);
    assert!(failures.is_empty(), "{}", told(&world, &failures, outcome.as_ref()));
}

fn row(reservation: Reservation, unit: Unit, span: Span) -> Stay {
    Stay { reservation, unit: Some(unit), span, standing: Expected }
}

fn checked_in(reservation: Reservation, unit: Unit, span: Span) -> Stay {
    Stay { standing: CheckedIn, ..row(reservation, unit, span) }
}

fn nights(from: i32, to: i32) -> Span {
    Span::nights(from, to)
}

/// Nobody is in house who is not checked in, by a complete read.
fn complete() -> Options {
    Options { is_complete: true, uses_checked_in: true, ..Options::at(NOW) }
}

#[test]
fn two_who_change_units_later_today_are_shortened_first() {
    check(
        &[(1, 0, Span::new(15, 24 + 16)), (2, 1, nights(0, 3))],
        &[row(1, 1, Span::new(24 + 15, 24 + 16)), row(2, 0, Span::new(15, 48 + 16))],
        Options { is_complete: false, delete_first: true, ..complete() },
    );
}

#[test]
fn grant_of_missing_stay_goes_before_its_reservation_arrives_where_another_needs_the_unit() {
    check(
        &[(1, 0, nights(0, 1)), (2, 1, nights(2, 3))],
        &[checked_in(1, 0, nights(3, 4)), checked_in(2, 0, nights(0, 3))],
        Options { absence_is_due: true, delete_first: true, ..complete() },
    );
}

#[test]
fn grant_that_goes_first_waits_for_what_its_new_one_needs() {
    let cancelled = Stay { standing: Revoked, ..row(2, 0, nights(0, 1)) };
    check(
        &[(1, 0, nights(1, 3)), (2, 1, nights(0, 1))],
        &[row(1, 1, nights(0, 3)), cancelled],
        Options { is_complete: false, delete_first: true, ..Options::at(NOW) },
    );
}

#[test]
fn old_unit_is_shortened_when_the_new_one_is_there() {
    check(
        &[(1, 0, Span::new(24 + 15, 24 + 16)), (2, 1, nights(0, 1))],
        &[row(1, 1, nights(1, 3)), row(2, 0, Span::new(24 + 9, 24 + 16))],
        complete(),
    );
}

#[test]
fn two_who_change_nights_in_one_unit_get_new_grants() {
    check(
        &[(1, 0, nights(0, 1)), (2, 0, nights(1, 3))],
        &[checked_in(1, 0, nights(1, 3)), row(2, 0, nights(0, 1))],
        Options { absence_is_due: true, ..complete() },
    );
    check(
        &[(1, 0, Span::new(24 + 20, 72 + 11)), (2, 0, Span::new(24 + 9, 24 + 11))],
        &[row(1, 0, Span::new(15, 24 + 20)), row(2, 0, Span::new(24 + 20, 72 + 11))],
        Options { uses_checked_in: false, ..complete() },
    );
}

#[test]
fn upsert_only_shortens_old_unit_to_the_opening_of_the_new_one() {
    check(
        &[(1, 0, nights(0, 1)), (2, 1, nights(0, 3))],
        &[row(1, 1, nights(1, 3)), row(2, 0, nights(0, 3))],
        Options { policy: UpsertOnly, absence_is_due: true, ..complete() },
    );
}

#[test]
fn decision_to_leave_holds_where_nobody_else_has_the_unit() {
    for decision in [Decision::Leave, Decision::Revoke] {
        check(&[], &[row(1, 0, nights(1, 3))], Options { decision: Some((1, decision)), ..Options::at(NOW) });
    }
}

#[test]
fn decision_to_grant_moves_whatever_the_policy() {
    check(
        &[(2, 0, nights(0, 3)), (3, 1, nights(1, 3))],
        &[row(1, 0, nights(1, 3)), row(3, 0, nights(1, 3)), row(4, 1, nights(1, 3))],
        Options {
            policy: UpsertOnly,
            decision: Some((3, Decision::Grant)),
            absence_is_due: true,
            ..complete()
        },
    );
}
