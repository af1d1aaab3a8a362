//! Guests who change rooms, and common spaces that come and go (RULES 1, 3, 20; DESIGN "What the planner knows").

use insta::assert_snapshot;

use crate::rules_hotel::Hotel;

#[test]
fn a_room_move_on_smart_locks_makes_the_new_grant_before_the_old_one_goes() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-6 12-02..12-05"]), @"
    -/+ R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- -> [lobby room-6] 12-02T15..12-05T11 code key=- | doors_changed, replace
      0 create R1:G1 for known
      1 delete R1:G1 after 0
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
    ");
    assert_snapshot!(hotel.grants(), @"R1:G1 [gym lobby room-6] 12-02T15..12-05T11 key=-");
}
