//! Ordinary nights: guests arrive, stay longer, leave early, do not come, and have other names (RULES 1, 5, 8, 9, 17,
//! 19, 28).

use insta::assert_snapshot;
use reservation_sync::model::{GrantState, Method};
use reservation_sync::plan::{Call, Policy};

use crate::rules_hotel::{Hotel, being_made};

#[test]
fn a_new_stay_gets_a_person_and_a_grant_and_the_next_night_changes_nothing() {
    let mut hotel = Hotel::with(&["lobby"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-01..12-05"]), @"
    + R1:G1 [lobby room-1] 12-01T15..12-05T11 code key=R1 | new_stay, seamless
      0 create R1:G1 with person pms:G1 name=Guest G1
    ");
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-01..12-05"]), @"");
}

#[test]
fn a_cancelled_stay_is_revoked_at_once_also_in_house() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 11-28..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 11-28..12-05 cancelled"]), @"
    - R1:G1 [room-1] 11-28T15..12-05T11 code key=R1 | cancelled, revoke
      0 delete R1:G1
    ");
}

#[test]
fn a_no_show_is_revoked_whatever_the_row_now_says_about_dates_and_rooms() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-01..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-2 12-08..12-09 no-show"]), @"
    - R1:G1 [room-1] 12-01T15..12-05T11 code key=R1 | cancelled, revoke
      0 delete R1:G1
    ");
}

#[test]
fn a_longer_stay_is_an_update_of_the_window_and_nothing_else() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-1 11-28..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 11-28..12-07"]), @"
    ~ R1:G1 [lobby room-1] 11-28T15..12-05T11 code key=R1 -> [lobby room-1] 11-28T15..12-07T11 code key=R1 | window_changed, reissue
      0 window R1:G1
    ");
}

#[test]
fn a_shorter_stay_is_an_update_of_the_window_and_nothing_else() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-03"]), @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-03T11 code key=- | window_changed, reissue
      0 window R1:G1
    ");
}

#[test]
fn an_early_departure_in_the_past_is_a_delete() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-28..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 11-28..11-30"]), @"
    - R1:G1 [room-5] 11-28T15..12-05T11 code key=- | left_early, revoke
      0 delete R1:G1
    ");
}

/// A row that is over says nothing about a later stay of the same guest.
#[test]
fn a_stay_that_is_over_takes_nothing_from_another_one_whose_row_is_missing() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-28..11-30", "R1 G1 room-6 11-30..12-05", "R1 G2 room-6 11-30..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 11-28..11-29T11:00"]), @"");
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [room-6] 11-30T11..12-05T11 key=-
    R1:G2 [room-6] 11-30T15..12-05T11 key=-
    ");
}

#[test]
fn a_renamed_guest_is_a_change_of_the_person_and_nothing_else() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05 name=Ana_Sousa"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05 name=Ana_Souza"]), @"  0 change person pms:G1 name=Ana Souza");
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-02..12-05 name=ANA__souza"]), @"");
}

#[test]
fn an_in_house_window_is_not_moved_for_a_start_that_is_past_anyway() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-28..12-05"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 11-29..12-05"]), @"");
    assert_snapshot!(hotel.night(&["R1 G1 room-5 11-30..12-06"]), @"
    ~ R1:G1 [room-5] 11-28T15..12-05T11 code key=- -> [room-5] 11-28T15..12-06T11 code key=- | window_changed, reissue
      0 window R1:G1
    ");
}

#[test]
fn the_window_of_a_guest_who_checked_in_opens_now() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-01..12-05 checked-in"]), @"+ R1:G1 [room-5] 12-01T12..12-05T11 code key=- | new_stay, seamless");
    hotel.at("12-01T13:00");
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-01..12-05 checked-in"]), @"");
}

/// Many exports carry the status of the reservation on every segment.
#[test]
fn a_guest_who_checked_in_does_not_open_a_later_segment_whose_room_is_still_taken() {
    let mut hotel = Hotel::new();
    hotel.night(&["R9 G9 room-6 11-28..12-03"]);
    let rows = [
        "R9 G9 room-6 11-28..12-03",
        "R1 G1 room-5 11-30..12-03 checked-in",
        "R1 G1 room-6 12-03..12-05 checked-in",
    ];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:G1 [room-5] 11-30T15..12-03T15 code key=- | new_stay, seamless
    + R1:G1 [room-6] 12-03T11..12-05T11 code key=- | new_stay, seamless
    ");
    hotel.at("12-03T16:00");
    assert_snapshot!(hotel.lines(&rows[1..]), @"");
}

#[test]
fn a_guest_who_is_still_there_after_the_check_out_is_left_as_they_are_and_listed() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 11-28..12-03"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 11-28..12-01T11:00 checked-in"]), @"? R1:G1 [room-5] 11-28T15..12-03T11 code key=- | overstay, held by rule");
}

#[test]
fn methods_are_added_and_taken_away_on_the_same_grant() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05 methods=code"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05 methods=code+card"]), @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-05T11 card+code key=- | methods_changed, seamless
      0 add R1:G1 card
    ");
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-06 methods=card"]), @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 card+code key=- -> [room-5] 12-02T15..12-06T11 card key=- | window_and_methods_changed, desk
      0 window R1:G1
      1 drop R1:G1 code after 0
    ");
}

/// There is nothing to delete yet, and a line without a call would stop the whole plan.
#[test]
fn a_method_that_is_still_being_made_is_taken_away_once_it_exists() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    hotel.inventory.grants[0].requested.push(being_made(Method::Card));
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05"]), @"");
}

/// Seam gives one guest one code for several stays; deleting it for one would lock them out of the other.
#[test]
fn a_code_that_two_stays_share_is_deleted_only_when_both_give_it_up_and_then_once() {
    let mut hotel = Hotel::new();
    hotel.night(&[
        "R1 G1 room-5 12-02..12-05 methods=card+code",
        "R2 G1 room-6 12-07..12-09 methods=card+code",
    ]);
    let shared = hotel.inventory.grants[0].requested[1].clone();
    let own = hotel.inventory.grants[1].requested[1].access_methods.clone();
    let kept = hotel.inventory.grants[1].access_methods.iter().filter(|id| !own.contains(id)).cloned();
    hotel.inventory.grants[1].access_methods = kept.chain(shared.access_methods.iter().cloned()).collect();
    hotel.inventory.grants[1].requested[1] = shared;
    assert_snapshot!(
        hotel.night(&["R1 G1 room-5 12-02..12-05 methods=card", "R2 G1 room-6 12-07..12-09 methods=card+code"]),
        @""
    );
    assert_snapshot!(
        hotel.night(&["R1 G1 room-5 12-02..12-05 methods=card", "R2 G1 room-6 12-07..12-09 methods=card"]),
        @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 card+code key=- -> [room-5] 12-02T15..12-05T11 card key=- | methods_changed, desk
      0 drop R1:G1 code
    "
    );
}

#[test]
fn a_wished_code_is_sent_on_create_only_and_shown_nowhere() {
    let mut hotel = Hotel::new();
    let plan = hotel.plan(&["R1 G1 room-5 12-02..12-05 code=471190"]);
    assert!(plan.items[0].code_wished);
    assert!(!format!("{plan:?}").contains("471190"));
    let sends_it =
        |call: &Call| matches!(call, Call::CreateGrant { code: Some(code), .. } if code.reveal() == "471190");
    assert!(plan.steps.iter().any(|step| sends_it(&step.call)));
    hotel.night(&["R1 G1 room-5 12-02..12-05 code=471190"]);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05 code=0815"]), @"");
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-06 code=0815"]), @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-06T11 code key=- | window_changed, reissue
      0 window R1:G1
    ");
}

#[test]
fn an_ended_grant_is_never_touched_and_counts_nowhere() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-01..12-03"]);
    hotel.at("12-04T12:00");
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-01..12-03 cancelled"]), @"");
    assert_snapshot!(hotel.night(&["R1 G1 room-1 12-05..12-07"]), @"
    + R1:G1:2 [room-1] 12-05T15..12-07T11 code key=R1 | new_stay, seamless
      0 create R1:G1:2 for known
    ");
}

#[test]
fn a_grant_that_seam_is_taking_down_is_made_anew_under_the_next_key() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-01..12-03"]);
    hotel.inventory.grants[0].state = GrantState::BeingDeleted;
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-01..12-03"]), @"+ R1:G1:2 [room-5] 12-01T15..12-03T11 code key=- | new_stay, seamless");
}

#[test]
fn a_live_grant_of_another_person_than_its_key_names_is_replaced() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-01..12-05", "R2 G2 room-6 12-01..12-05"]);
    hotel.inventory.grants[0].identity = hotel.inventory.grants[1].identity.clone();
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-01..12-05", "R2 G2 room-6 12-01..12-05"]), @"
    -/+ R1:G1:2 [room-5] 12-01T15..12-05T11 code key=- | doors_changed, replace
      0 create R1:G1:2 for known
      1 delete R1:G1 after 0
    ");
    assert_ne!(hotel.inventory.grants[0].identity, hotel.inventory.grants[1].identity);
}

#[test]
fn create_only_makes_new_grants_and_touches_nothing_else() {
    let mut hotel = Hotel::new();
    hotel.night(&[
        "R1 G1 room-5 12-02..12-05 email=a@example.com",
        "R2 G2 room-1 12-02..12-05",
        "R3 G3 room-6 12-02..12-05",
    ]);
    hotel.settings.policy = Policy::CreateOnly;
    assert_snapshot!(hotel.night(&[
        "R1 G1 room-5 12-02..12-06 name=G1 email=b@example.com",
        "R2 G2 room-2 12-02..12-05",
        "R3 G3 room-6 12-02..12-05 cancelled",
        "R4 G4 room-7 12-02..12-05 email=a@example.com",
    ]), @"
    ? R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-06T11 code key=- | policy, held by rule
    ? R2:G2 [room-1] 12-02T15..12-05T11 code key=R2 -> [room-2] 12-02T15..12-05T11 code key=- | policy, held by rule
    ? R3:G3 [room-6] 12-02T15..12-05T11 code key=- | policy, held by rule
    + R4:G4 [room-7] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R4:G4 with person pms:G4 name=Guest G4
    ");
}

#[test]
fn upsert_only_changes_and_moves_on_smart_locks_but_revokes_nothing() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-6 12-02..12-05", "R3 G3 room-1 12-02..12-05"]);
    hotel.settings.policy = Policy::UpsertOnly;
    assert_snapshot!(hotel.night(&[
        "R1 G1 room-7 12-02..12-05",
        "R2 G2 room-6 12-02..12-05 cancelled",
        "R3 G3 room-1 12-02..12-06",
    ]), @"
    + R1:G1 [room-7] 12-02T15..12-05T11 code key=- | doors_changed, seamless
    ? R2:G2 [room-6] 12-02T15..12-05T11 code key=- | policy, held by rule
    ~ R3:G3 [room-1] 12-02T15..12-05T11 code key=R3 -> [room-1] 12-02T15..12-06T11 code key=R3 | window_changed, reissue
      0 create R1:G1 for known
      1 window R3:G3
    ");
}

#[test]
fn upsert_only_holds_a_move_that_seam_permits_only_after_a_delete() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-1 12-02..12-05"]);
    hotel.settings.policy = Policy::UpsertOnly;
    assert_snapshot!(hotel.night(&["R1 G1 room-2 12-02..12-05"]), @"? R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-2] 12-02T15..12-05T11 code key=- | policy, held by rule");
}
