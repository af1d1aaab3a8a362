//! Guests who are in the house keep what they have, unless the source itself changed it (RULES 23 to 25), and changes
//! that do not last are not made for ever.

use insta::assert_snapshot;
use reservation_sync::plan::{Quarantine, Share};

use crate::rules_hotel::Hotel;

#[test]
fn what_the_source_changed_is_carried_out_in_house() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-30..12-05"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 11-30..12-03"]), @"~ R1:G1 [room-5] 11-30T15..12-05T11 code key=- -> [room-5] 11-30T15..12-03T11 code key=- | window_changed, reissue");
    assert_snapshot!(hotel.lines(&["R1 G1 room-6 11-30..12-03"]), @"-/+ R1:G1 [room-5] 11-30T15..12-03T11 code key=- -> [room-6] 11-30T15..12-03T11 code key=- | doors_changed, replace");
}

#[test]
fn a_store_that_knows_nothing_gives_guests_in_house_more_and_takes_nothing() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-30..12-05", "R2 G2 room-6 11-30..12-05", "R3 G3 room-7 11-30..12-05"]);
    hotel.ledger.desired.clear();
    assert_snapshot!(
        hotel.told_reasons(&["R1 G1 room-5 11-30..12-03", "R2 G2 room-6 11-30..12-08", "R3 G3 room-7+room-1 11-30..12-05"]),
        @"
        ? R1:G1 [room-5] 11-30T15..12-05T11 code key=- -> [room-5] 11-30T15..12-03T11 code key=- | in_house, held by person
            the guest is in house, and this store does not know what the source wanted before: what they have is left to them
        ~ R2:G2 [room-6] 11-30T15..12-05T11 code key=- -> [room-6] 11-30T15..12-08T11 code key=- | window_changed, reissue
            arrival or departure changed
        + R3:G3 [room-1] 11-30T15..12-05T11 code key=R3 | space_added, seamless
            the stay was given another space; what the guest has stays
        "
    );
}

#[test]
fn a_room_move_that_this_store_knows_nothing_of_leaves_the_old_door_open() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-30..12-05"]);
    hotel.ledger.desired.clear();
    assert_snapshot!(hotel.told_reasons(&["R1 G1 room-6 11-30..12-05"]), @"
    ? R1:G1 [room-5] 11-30T15..12-05T11 code key=- | in_house, held by person
        the guest is in house, and this store does not know what the source wanted before: what they have is left to them
    + R1:G1 [room-6] 11-30T15..12-05T11 code key=- | doors_changed, seamless
        the stay moved to other doors; the old grant stays
    ");
}

#[test]
fn a_window_that_somebody_shortened_in_seam_is_given_back_in_house_and_one_that_was_lengthened_is_left() {
    let mut hotel = Hotel::new();
    let rows = ["R1 G1 room-5 11-30..12-05", "R2 G2 room-6 11-30..12-05"];
    hotel.night(&rows);
    hotel.move_end("R1", "12-02");
    hotel.move_end("R2", "12-09");
    assert_snapshot!(hotel.told_reasons(&rows), @"
    ~ R1:G1 [room-5] 11-30T15..12-02T11 code key=- -> [room-5] 11-30T15..12-05T11 code key=- | window_changed, reissue
        arrival or departure changed
    ? R2:G2 [room-6] 11-30T15..12-09T11 code key=- -> [room-6] 11-30T15..12-05T11 code key=- | in_house, held by person
        the guest is in house, and it was not the source that changed: what they have is left to them
    ");
}

#[test]
fn a_cancellation_is_carried_out_in_house_whatever_is_recorded() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-30..12-05"]);
    hotel.ledger.desired.clear();
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 11-30..12-05 cancelled"]), @"- R1:G1 [room-5] 11-30T15..12-05T11 code key=- | cancelled, revoke");
}

#[test]
fn more_guests_in_house_than_the_limit_are_held_and_nothing_else_is() {
    let mut hotel = Hotel::new();
    hotel.guards.max_in_house = Share::Count(1);
    hotel.night(&["R1 G1 room-5 11-30..12-05", "R2 G2 room-6 11-30..12-04", "R3 G3 room-7 12-03..12-05"]);
    let longer = ["R1 G1 room-5 11-30..12-06", "R2 G2 room-6 11-30..12-06", "R3 G3 room-7 12-03..12-06"];
    assert_snapshot!(hotel.told_reasons(&longer), @"
    ~ R1:G1 [room-5] 11-30T15..12-05T11 code key=- -> [room-5] 11-30T15..12-06T11 code key=- | window_changed, reissue
        arrival or departure changed
    ~ R2:G2 [room-6] 11-30T15..12-04T11 code key=- -> [room-6] 11-30T15..12-06T11 code key=- | window_changed, reissue
        arrival or departure changed
    ~ R3:G3 [room-7] 12-03T15..12-05T11 code key=- -> [room-7] 12-03T15..12-06T11 code key=- | window_changed, reissue
        arrival or departure changed
    ");
    hotel.allow("max_in_house=2");
    assert_snapshot!(hotel.lines(&longer), @"
    ~ R1:G1 [room-5] 11-30T15..12-05T11 code key=- -> [room-5] 11-30T15..12-06T11 code key=- | window_changed, reissue
    ~ R2:G2 [room-6] 11-30T15..12-04T11 code key=- -> [room-6] 11-30T15..12-06T11 code key=- | window_changed, reissue
    ~ R3:G3 [room-7] 12-03T15..12-05T11 code key=- -> [room-7] 12-03T15..12-06T11 code key=- | window_changed, reissue
    ");
}

/// The grants of a reservation cannot all be deleted where one of them stays, so the other needs another key.
#[test]
fn of_two_guests_in_house_one_moves_under_a_key_of_their_own_and_the_other_is_held() {
    let mut hotel = Hotel::new();
    hotel.guards.max_in_house = Share::Count(1);
    hotel.night(&["R1 G1 room-1 11-30..12-05", "R1 G2 room-1 11-30..12-05"]);
    assert_snapshot!(
        hotel.told_reasons(&["R1 G1 room-2 11-30..12-05", "R1 G2 room-2 11-30..12-05"]),
        @r#"
    ? R1:G1 [room-1] 11-30T15..12-05T11 code key=R1 -> [room-2] 11-30T15..12-05T11 code key=- | in_house_limit, held by person
        2 guests in house would lose something, and at most 1 may; if that is right, type
        reservation-sync run -c reservation-sync.toml --allow max_in_house=2 --reason "…"
    ? R1:G2 [room-1] 11-30T15..12-05T11 code key=R1 -> [room-2] 11-30T15..12-05T11 code key=- | in_house_limit, held by person
        2 guests in house would lose something, and at most 1 may; if that is right, type
        reservation-sync run -c reservation-sync.toml --allow max_in_house=2 --reason "…"
    "#
    );
}

#[test]
fn in_a_quarantine_guests_get_more_and_lose_nothing() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-6 12-02..12-05", "R3 G3 room-7 12-02..12-05"]);
    hotel.quarantine = Quarantine::Standing;
    assert_snapshot!(
        hotel.told_reasons(&[
            "R1 G1 room-5 12-02..12-05 cancelled",
            "R2 G2 room-6 12-02..12-07",
            "R3 G3 room-7 12-02..12-04",
            "R4 G4 room-1 12-02..12-04",
        ]),
        @"
        ? R1:G1 [room-5] 12-02T15..12-05T11 code key=- | quarantine, held by person
            a guard has stopped these changes three times; until somebody looks at them, only what gives guests more is done
        ~ R2:G2 [room-6] 12-02T15..12-05T11 code key=- -> [room-6] 12-02T15..12-07T11 code key=- | window_changed, reissue
            arrival or departure changed
        ? R3:G3 [room-7] 12-02T15..12-05T11 code key=- -> [room-7] 12-02T15..12-04T11 code key=- | quarantine, held by person
            a guard has stopped these changes three times; until somebody looks at them, only what gives guests more is done
        + R4:G4 [room-1] 12-02T15..12-04T11 code key=R4 | new_stay, seamless
            a stay without a grant
        "
    );
}

#[test]
fn a_change_that_does_not_last_is_made_three_times_and_then_reported() {
    let mut hotel = Hotel::new();
    let rows = ["R1 G1 room-5 12-10..12-15"];
    hotel.night(&rows);
    for _ in 0..3 {
        hotel.move_end("R1", "12-16");
        assert!(hotel.lines(&rows).starts_with("~ R1:G1"), "the change is made again");
    }
    hotel.move_end("R1", "12-16");
    assert_snapshot!(hotel.told_reasons(&rows), @"
    ? R1:G1 [room-5] 12-10T15..12-16T11 code key=- -> [room-5] 12-10T15..12-15T11 code key=- | flapping, held by person
        changed in 3 runs in a row although the source did not change: arrival or departure does not settle, so it is left alone
    ");
    // As soon as the source changes its mind, it is heard again.
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-10..12-14"]), @"~ R1:G1 [room-5] 12-10T15..12-16T11 code key=- -> [room-5] 12-10T15..12-14T11 code key=- | window_changed, reissue");
    assert!(hotel.ledger.repairs.is_empty());
}
