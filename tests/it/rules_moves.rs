//! Guests who change rooms, and common spaces that come and go (RULES 1, 3, 29; DESIGN "What the planner knows").

use insta::assert_snapshot;
use reservation_sync::model::Method;

use crate::rules_hotel::Hotel;

#[test]
fn a_room_move_on_smart_locks_makes_the_new_grant_before_the_old_one_goes() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-6 12-02..12-05"]), @"
    -/+ R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- -> [lobby room-6] 12-02T15..12-05T11 code key=- | doors_changed, replace
      0 create R1:G1 for known
      1 delete R1:G1 after 0
      2 see that R1:G1 still has code after 0,1
    ");
}

#[test]
fn a_room_move_on_reservation_doors_deletes_first_because_seam_wants_it() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-2 12-02..12-05"]), @"
    -/+ R1:G1 [lobby room-1] 12-02T15..12-05T11 code key=R1 -> [lobby room-2] 12-02T15..12-05T11 code key=R1 | doors_changed, replace
      0 delete R1:G1
      1 create R1:G1 for known after 0
    ");
}

#[test]
fn all_guests_of_a_reservation_move_together_after_all_their_grants_are_gone() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-2 12-02..12-05", "R1 G2 room-2 12-02..12-05"]), @"
    -/+ R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-2] 12-02T15..12-05T11 code key=R1 | doors_changed, replace
    -/+ R1:G2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-2] 12-02T15..12-05T11 code key=R1 | doors_changed, replace
      0 delete R1:G1
      1 delete R1:G2
      2 create R1:G1 for known after 0,1
      3 create R1:G2 for known after 0,1,2 behind 2
    ");
}

#[test]
fn one_of_two_guests_moves_to_a_key_of_their_own_and_the_other_notices_nothing() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-2 12-02..12-05"]), @"
    -/+ R1:G2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-2] 12-02T15..12-05T11 code key=R1#2 | doors_changed, replace
      0 create R1:G2 for known
      1 delete R1:G2 after 0
      2 see that R1:G2 still has code after 0,1
    ");
}

#[test]
fn a_move_to_another_room_and_back_does_not_collide_with_the_keys_before() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-6 12-02..12-05"]), @"-/+ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-6] 12-02T15..12-05T11 code key=- | doors_changed, replace");
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05"]), @"-/+ R1:G1 [room-6] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-05T11 code key=- | doors_changed, replace");
    hotel.night(&["R2 G2 room-1 12-02..12-05"]);
    hotel.night(&["R2 G2 room-2 12-02..12-05"]);
    assert_snapshot!(hotel.lines(&["R2 G2 room-1 12-02..12-05"]), @"-/+ R2:G2 [room-2] 12-02T15..12-05T11 code key=R2 -> [room-1] 12-02T15..12-05T11 code key=R2 | doors_changed, replace");
}

#[test]
fn a_move_that_was_broken_off_is_ended_though_the_guest_leaves_earlier_from_the_new_room() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    let moved = ["R1 G1 room-6 12-01..12-03"];
    hotel.broken_night(&moved);
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [lobby room-5] 12-02T15..12-05T11 key=-
    R1:G1 [lobby room-6] 12-01T15..12-03T11 key=-
    ");
    assert_snapshot!(hotel.night(&moved), @"
    - R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- | doors_changed, revoke
      0 delete R1:G1
      1 see that R1:G1 still has code after 0
    ");
    assert_snapshot!(hotel.grants(), @"R1:G1 [lobby room-6] 12-01T15..12-03T11 key=-");
}

#[test]
fn a_move_that_was_broken_off_and_taken_back_leaves_the_old_room() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.broken_night(&["R1 G1 room-6 12-01..12-03"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05"]), @"
    - R1:G1 [room-6] 12-01T15..12-03T11 code key=- | doors_changed, revoke
      0 delete R1:G1
      1 see that R1:G1 still has code after 0
    ");
    assert_snapshot!(hotel.grants(), @"R1:G1 [room-5] 12-02T15..12-05T11 key=-");
}

#[test]
fn a_guest_who_is_left_one_of_two_stays_keeps_the_other_until_the_one_is_open() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 11-30..12-04", "R1 G1 room-6 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-6 12-01..12-05 checked-in"]), @"
    - R1:G1 [lobby room-5] 11-30T15..12-04T11 code key=- | doors_changed, revoke
    ~ R1:G1 [lobby room-6] 12-02T15..12-05T11 code key=- -> [lobby room-6] 12-01T12..12-05T11 code key=- | window_changed, reissue
      0 window R1:G1
      1 delete R1:G1 after 0
      2 see that R1:G1 still has code after 1
    ");
    assert_snapshot!(hotel.grants(), @"R1:G1 [lobby room-6] 12-01T12..12-05T11 key=-");
}

#[test]
fn a_room_that_seam_lets_stand_is_open_until_the_new_grant_for_all_rooms_is_there() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5+room-3 11-30..12-03", "R1 G2 room-1 12-02..12-04"]);
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [lobby room-3] 11-30T15..12-03T11 key=R1
    R1:G1 [room-5] 11-30T15..12-03T11 key=-
    R1:G2 [lobby room-1] 12-02T15..12-04T11 key=R1#2
    ");
    hotel.also(&["lobby", "spa"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5+room-3 11-30..12-03", "R1 G2 room-6 12-03..12-06"]), @"
    -/+ R1:G1 [room-5] 11-30T15..12-03T11 code key=- -> [lobby room-3 room-5 spa] 11-30T15..12-03T11 code key=R1 | space_added, replace
    -/+ R1:G2 [lobby room-1] 12-02T15..12-04T11 code key=R1#2 -> [lobby room-6 spa] 12-03T15..12-06T11 code key=R1#2 | doors_changed, replace
      0 delete R1:G1
      1 delete R1:G2
      2 create R1:G1 for known after 0
      3 create R1:G2 for known after 1 behind 2
      4 delete R1:G1 after 2
      5 see that R1:G1 still has code after 2,4
    ");
}

#[test]
fn a_guest_who_moves_leaves_no_room_open_behind_them_though_a_space_was_added_before() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.also(&["lobby", "gym"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [gym] 12-02T15..12-05T11 key=-
    R1:G1 [lobby room-5] 12-02T15..12-05T11 key=-
    ");
    assert_snapshot!(hotel.night(&["R1 G1 room-6 12-02..12-05"]), @"
    -/+ R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- -> [gym lobby room-6] 12-02T15..12-05T11 code key=- | doors_changed, replace
      0 create R1:G1 for known
      1 delete R1:G1 after 0
      2 delete R1:G1 after 0
      3 see that R1:G1 still has code after 0,1,2
    ");
    assert_snapshot!(hotel.grants(), @"R1:G1 [gym lobby room-6] 12-02T15..12-05T11 key=-");
}

#[test]
fn a_cancelled_row_and_a_new_row_for_the_same_nights_are_a_move() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05 cancelled", "R1 G1 room-6 12-02..12-05"]), @"
    -/+ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-6] 12-02T15..12-05T11 code key=- | doors_changed, replace
      0 create R1:G1 for known
      1 delete R1:G1 after 0
      2 see that R1:G1 still has code after 0,1
    ");
}

/// The new grant may fail or be held; what was cancelled goes all the same.
#[test]
fn a_cancelled_row_waits_for_no_grant_of_other_nights() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05 cancelled", "R1 G1 room-6 12-10..12-12"]), @"
    - R1:G1 [room-5] 12-02T15..12-05T11 code key=- | cancelled, revoke
    + R1:G1 [room-6] 12-10T15..12-12T11 code key=- | new_stay, seamless
      0 delete R1:G1
      1 create R1:G1 for known
      2 see that R1:G1 still has code after 0,1
    ");
}

#[test]
fn a_cancelled_segment_is_revoked_although_its_room_changed_and_another_segment_stays() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-04", "R1 G1 room-6 12-06..12-08"]);
    assert_snapshot!(
        hotel.night(&["R1 G1 room-5 12-02..12-04", "R1 G1 room-7 12-06..12-08 cancelled"]),
        @"
    - R1:G1 [room-6] 12-06T15..12-08T11 code key=- | cancelled, revoke
      0 delete R1:G1
      1 see that R1:G1 still has code after 0
    "
    );
}

#[test]
fn a_room_that_a_guest_gets_in_addition_comes_beside_the_first() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1+room-2 12-02..12-05"]), @"
    + R1:G1 [room-2] 12-02T15..12-05T11 code key=R1#2 | space_added, seamless
      0 create R1:G1 for known
    ");
}

/// The rows of one guest in one window are one stay, however many grants Seam's rules make of it: a row that names
/// fewer units speaks of all of them.
#[test]
fn a_unit_that_a_guest_gives_back_is_closed_although_it_had_a_grant_of_its_own() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1+room-2 12-03..12-06", "R1 G2 room-3 12-03..12-06"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-03..12-06", "R1 G2 room-3 12-03..12-06"]), @"
    - R1:G1 [room-2] 12-03T15..12-06T11 code key=R1#2 | doors_changed, revoke
      0 delete R1:G1
      1 see that R1:G1 still has code after 0
    ");
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [room-1] 12-03T15..12-06T11 key=R1
    R1:G2 [room-3] 12-03T15..12-06T11 key=R1#3
    ");
}

#[test]
fn a_unit_that_is_given_back_by_a_guest_who_leaves_earlier_is_closed() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1+room-2 12-03..12-06", "R1 G2 room-3 12-03..12-06"]);
    hotel.night(&["R1 G1 room-2 12-03..12-05", "R1 G2 room-3 12-03..12-06"]);
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [room-2] 12-03T15..12-05T11 key=R1#2
    R1:G2 [room-3] 12-03T15..12-06T11 key=R1#3
    ");
}

#[test]
fn units_with_grants_of_their_own_move_to_other_dates_together() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1+room-2 12-04..12-05", "R1 G2 room-3 12-04..12-06"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1+room-2 12-08..12-09", "R1 G2 room-3 12-04..12-06"]), @"
    -/+ R1:G1 [room-2] 12-04T15..12-05T11 code key=R1#2 -> [room-1 room-2] 12-08T15..12-09T11 code key=R1#2 | doors_changed, replace
      0 delete R1:G1
      1 create R1:G1 for known after 0
      2 delete R1:G1 after 1
      3 see that R1:G1 still has code after 1,2
    ");
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [room-1 room-2] 12-08T15..12-09T11 key=R1#2
    R1:G2 [room-3] 12-04T15..12-06T11 key=R1#3
    ");
}

/// A stay of other dates is another stay: that its row vanished is absence.
#[test]
fn a_segment_that_vanished_from_a_reservation_is_not_taken_for_a_unit_that_was_given_back() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-03..12-06", "R1 G1 room-2 12-04..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-03..12-06"]), @"");
}

#[test]
fn a_common_space_is_added_beside_the_credential_in_the_guests_pocket() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-1 12-02..12-05"]);
    hotel.also(&["lobby", "gym"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-1 12-02..12-05"]), @"
    + R1:G1 [gym] 12-02T15..12-05T11 code key=- | space_added, seamless
    + R2:G2 [gym] 12-02T15..12-05T11 code key=- | space_added, seamless
      0 create R1:G1 for known
      1 create R2:G2 for known
    ");
}

#[test]
fn a_common_door_of_the_reservation_kind_forces_all_its_grants_to_be_made_anew() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]);
    hotel.also(&["spa"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]), @"
    -/+ R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1 spa] 12-02T15..12-05T11 code key=R1 | space_added, replace
    -/+ R1:G2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1 spa] 12-02T15..12-05T11 code key=R1 | space_added, replace
      0 delete R1:G1
      1 delete R1:G2
      2 create R1:G1 for known after 0,1
      3 create R1:G2 for known after 0,1,2 behind 2
    ");
}

#[test]
fn a_common_door_of_the_reservation_kind_forces_nothing_where_the_room_is_not_of_that_kind() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.also(&["spa"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05"]), @"
    + R1:G1 [spa] 12-02T15..12-05T11 code key=R1 | space_added, seamless
      0 create R1:G1 for known
    ");
}

#[test]
fn a_common_space_that_was_taken_away_goes_from_every_stay() {
    let mut hotel = Hotel::with(&["lobby", "gym"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.also(&["lobby"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05"]), @"
    -/+ R1:G1 [gym lobby room-5] 12-02T15..12-05T11 code key=- -> [lobby room-5] 12-02T15..12-05T11 code key=- | doors_changed, replace
      0 create R1:G1 for known
      1 delete R1:G1 after 0
      2 see that R1:G1 still has code after 0,1
    ");
}

#[test]
fn a_common_space_that_was_added_later_and_taken_away_again_leaves_nothing_behind() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.also(&["lobby", "gym"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.also(&["lobby"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05"]), @"
    - R1:G1 [gym] 12-02T15..12-05T11 code key=- | no_longer_wanted, revoke
      0 delete R1:G1
      1 see that R1:G1 still has code after 0
    ");
}

#[test]
fn a_common_space_follows_a_stay_that_moves_to_quite_other_dates() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.also(&["lobby", "gym"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.night(&["R1 G1 room-5 12-12..12-15"]);
    assert_snapshot!(hotel.grants(), @"R1:G1 [gym lobby room-5] 12-12T15..12-15T11 key=-");
}

/// RULES 18: it is a warning; a grant that could open nothing would only fail.
#[test]
fn a_common_door_that_no_method_opens_gets_no_grant_of_its_own() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.add_door("sauna", "sauna", false, &[Method::MobileKey]);
    hotel.also(&["sauna"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05"]), @"");
    let warnings = hotel.plan(&["R1 G1 room-5 12-02..12-05"]).warnings.clone();
    assert_snapshot!(warnings[0], @"rows: no door of the common space `sauna` can be opened by code (hint: choose another of `grants.methods`, or take the space out of `spaces.also`)");
}
