//! Seam's reservation keys: who shares one, who needs another, and what stands in the way (RULES 3, 30, 31).

use insta::assert_snapshot;

use crate::rules_hotel::Hotel;

#[test]
fn a_guest_who_joins_takes_the_key_and_the_same_doors() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-03..12-04"]), @"
    + R1:G2 [room-1] 12-03T15..12-04T11 code key=R1 | new_stay, seamless
      0 create R1:G2 with person pms:G2 name=Guest G2
    ");
}

#[test]
fn a_guest_who_joins_with_fewer_doors_takes_the_key() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1+room-2 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1+room-2 12-02..12-05", "R1 G2 room-2 12-02..12-05"]), @"
    + R1:G2 [room-2] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
      0 create R1:G2 with person pms:G2 name=Guest G2
    ");
}

#[test]
fn a_guest_who_joins_in_another_room_gets_a_key_of_their_own() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-2 12-02..12-05"]), @"
    + R1:G2 [room-2] 12-02T15..12-05T11 code key=R1#2 | new_stay, seamless
      0 create R1:G2 with person pms:G2 name=Guest G2
    ");
}

#[test]
fn the_widest_set_of_doors_comes_first_and_joiners_wait_for_it() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1+room-2 12-02..12-05"]), @"
    + R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
    + R1:G2 [room-1 room-2] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
      0 create R1:G2 with person pms:G2 name=Guest G2
      1 create R1:G1 with person pms:G1 name=Guest G1 after 0 behind 0
    ");
}

#[test]
fn units_of_guests_whose_doors_are_not_nested_get_a_grant_and_a_key_each() {
    let mut hotel = Hotel::with(&["lobby"]);
    let rows = ["R1 G1 room-1+room-2 12-02..12-05", "R1 G2 room-1+room-3 12-02..12-05"];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:G1 [room-2] 12-02T15..12-05T11 code key=R1#2 | new_stay, seamless
    + R1:G1 [lobby room-1] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
    + R1:G2 [room-3] 12-02T15..12-05T11 code key=R1#3 | new_stay, seamless
    + R1:G2 [lobby room-1] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
    ");
}

#[test]
fn a_grant_for_two_units_stays_whole_when_a_guest_joins_in_a_third_and_a_space_is_added() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-1+room-2 12-02..12-05"]);
    hotel.also(&["lobby", "gym"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-1+room-2 12-02..12-05", "R1 G2 room-3 12-02..12-05"]), @"
    + R1:G1 [gym] 12-02T15..12-05T11 code key=- | space_added, seamless
    + R1:G2 [gym lobby room-3] 12-02T15..12-05T11 code key=R1#2 | new_stay, seamless
    ");
}

#[test]
fn segments_that_do_not_overlap_get_keys_of_their_own() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 room-1 12-02..12-04", "R1 G1 room-1 12-06..12-08"]), @"
    + R1:G1 [room-1] 12-02T15..12-04T11 code key=R1 | new_stay, seamless
    + R1:G1:2 [room-1] 12-06T15..12-08T11 code key=R1#2 | new_stay, seamless
    ");
}

#[test]
fn a_stay_whose_dates_no_longer_overlap_those_of_the_others_gets_another_key() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-08..12-10"]), @"
    -/+ R1:G2:2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-08T15..12-10T11 code key=R1#2 | window_changed, replace
      0 create R1:G2:2 for known
      1 delete R1:G2 after 0
      2 see that R1:G2:2 still has code after 0,1
    ");
}

#[test]
fn a_difference_in_the_key_alone_is_never_a_change() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-04", "R1 G1 room-1 12-06..12-08"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-1 12-02..12-04 cancelled", "R1 G1 room-1 12-06..12-08"]), @"- R1:G1 [room-1] 12-02T15..12-04T11 code key=R1 | cancelled, revoke");
    hotel.night(&["R1 G1 room-1 12-02..12-04 cancelled", "R1 G1 room-1 12-06..12-08"]);
    assert_snapshot!(hotel.grants(), @"R1:G1:2 [room-1] 12-06T15..12-08T11 key=R1#2");
}

#[test]
fn two_properties_with_one_reservation_key_share_neither_keys_nor_guests() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.night(&["LIS/R1 - room-1 12-02..12-05", "OPO/R1 - room-2 12-02..12-05"]), @"
    + LIS/R1:LIS/R1/1 [room-1] 12-02T15..12-05T11 code key=LIS/R1 | new_stay, seamless
    + OPO/R1:OPO/R1/1 [room-2] 12-02T15..12-05T11 code key=OPO/R1 | new_stay, seamless
      0 create LIS/R1:LIS/R1/1 with person pms:LIS/R1/1 name=Guest of R1
      1 create OPO/R1:OPO/R1/1 with person pms:OPO/R1/1 name=Guest of R1
    ");
}

#[test]
fn a_property_that_comes_later_leaves_the_first_ones_key_as_it_is() {
    let mut hotel = Hotel::new();
    hotel.night(&["LIS/R1 - room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["LIS/R1 - room-1 12-02..12-05", "OPO/R1 - room-2 12-02..12-05"]), @"
    + OPO/R1:OPO/R1/1 [room-2] 12-02T15..12-05T11 code key=OPO/R1 | new_stay, seamless
      0 create OPO/R1:OPO/R1/1 with person pms:OPO/R1/1 name=Guest of R1
    ");
}

#[test]
fn a_reservation_without_a_property_shares_nothing_with_one_of_the_same_key_that_has_one() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 - room-1 12-02..12-05", "OPO/R1 - room-2 12-02..12-05"]), @"
    + R1:R1/1 [room-1] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
    + OPO/R1:OPO/R1/1 [room-2] 12-02T15..12-05T11 code key=OPO/R1 | new_stay, seamless
    ");
}

#[test]
fn a_foreign_grant_with_the_key_of_the_reservation_holds_what_needs_the_key_and_nothing_else() {
    let mut hotel = Hotel::new();
    hotel.foreign_grant("R1", "room-1", "12-02..12-05");
    assert_snapshot!(hotel.lines(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-5 12-02..12-05"]), @"
    ? R1:G1 [room-1] 12-02T15..12-05T11 code key=- | foreign_grant, held by person
    + R1:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    ");
}

#[test]
fn a_move_that_a_foreign_grant_holds_keeps_the_old_door_and_moves_no_other_guest_out_of_reach() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]);
    hotel.foreign_grant("R1", "room-1", "12-02..12-05");
    assert_snapshot!(hotel.night(&["R1 G1 room-2 12-02..12-05", "R1 G2 room-1 12-02..12-07"]), @"
    ? R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-2] 12-02T15..12-05T11 code key=- | foreign_grant, held by person
    ~ R1:G2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-02T15..12-07T11 code key=R1 | window_changed, reissue
      0 window R1:G2
    ");
}

#[test]
fn creates_at_one_reservation_door_follow_the_order_of_arrival_without_depending_on_it() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-08..12-10", "R2 G2 room-1 12-02..12-05"]), @"
    + R2:G2 [room-1] 12-02T15..12-05T11 code key=R2 | new_stay, seamless
    + R1:G1 [room-1] 12-08T15..12-10T11 code key=R1 | new_stay, seamless
      0 create R2:G2 with person pms:G2 name=Guest G2
      1 create R1:G1 with person pms:G1 name=Guest G1 behind 0
    ");
}

#[test]
fn a_stay_before_one_that_has_a_grant_at_the_door_is_made_and_sends_its_guest_to_the_desk() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-08..12-10", "R3 G3 room-2 12-02..12-05"]);
    let rows = ["R1 G1 room-1 12-08..12-10", "R2 G2 room-1 12-05..12-07", "R3 G3 room-1 12-02..12-05"];
    let warnings = hotel.plan(&rows).warnings.clone();
    assert_eq!(warnings.len(), 2);
    assert_snapshot!(warnings[0], @"rows:3: check_in: a later stay already has a grant at room-1; the guest may need the desk (hint: check the card of this guest on arrival)");
    assert_snapshot!(hotel.lines(&rows), @"
    -/+ R3:G3 [room-2] 12-02T15..12-05T11 code key=R3 -> [room-1] 12-02T15..12-05T11 code key=R3 | doors_changed, desk
    + R2:G2 [room-1] 12-05T15..12-07T11 code key=R2 | new_stay, desk
    ");
}

#[test]
fn a_reservation_that_moves_far_is_made_anew_while_it_is_future() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-12..12-15", "R1 G2 room-1 12-12..12-15"]), @"
    -/+ R1:G1:2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-12T15..12-15T11 code key=R1 | reservation_rebuilt, replace
    -/+ R1:G2:2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-12T15..12-15T11 code key=R1 | reservation_rebuilt, replace
      0 delete R1:G1
      1 delete R1:G2
      2 create R1:G1:2 for known after 0,1
      3 create R1:G2:2 for known after 0,1,2 behind 2
    ");
}

#[test]
fn a_reservation_that_moves_far_is_held_for_a_person_while_it_is_in_house() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 11-30..12-05", "R1 G2 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-12..12-15", "R1 G2 room-1 12-12..12-15"]), @"
    + R1:G1:2 [room-1] 12-12T15..12-15T11 code key=R1#2 | new_stay, seamless
    -/+ R1:G2:2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-12T15..12-15T11 code key=R1#2 | window_changed, replace
      0 create R1:G1:2 for known
      1 create R1:G2:2 for known after 0 behind 0
      2 delete R1:G2 after 1
      3 see that R1:G2:2 still has code after 1,2
    ");
}

#[test]
fn a_single_guest_moves_far_by_an_update() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-12..12-15"]), @"
    ~ R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-12T15..12-15T11 code key=R1 | window_changed, reissue
      0 window R1:G1
    ");
}

#[test]
fn windows_that_move_one_after_the_other_wait_for_each_other() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05", "R1 G2 room-1 12-02..12-08"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-06..12-09", "R1 G2 room-1 12-08..12-10"]), @"
    ~ R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-06T15..12-09T11 code key=R1 | window_changed, reissue
    ~ R1:G2 [room-1] 12-02T15..12-08T11 code key=R1 -> [room-1] 12-08T15..12-10T11 code key=R1 | window_changed, reissue
      0 window R1:G1
      1 window R1:G2 after 0
    ");
}
