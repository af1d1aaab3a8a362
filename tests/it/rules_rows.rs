//! Rows that say little, rows that contradict each other, and segments of a stay (RULES 11, 13, 14, 18, 19, 33).

use std::collections::BTreeSet;

use insta::assert_snapshot;
use jiff::SignedDuration;
use reservation_sync::mapping::UnitRule;
use reservation_sync::model::{Method, SpaceKey};

use crate::rules_hotel::Hotel;

#[test]
fn a_stay_without_a_unit_is_held_by_time_and_from_the_last_day_for_a_person() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 ? 12-02T12:00..12-05", "R2 G2 ? 12-02T12:01..12-05"]), @"
    ? R1:G1 | unit_not_assigned, held by person
    ? R2:G2 | unit_not_assigned, held by rule
    ");
}

#[test]
fn a_stay_that_lost_its_unit_keeps_the_grant_it_has() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-10..12-12"]);
    assert_snapshot!(hotel.lines(&["R1 G1 ? 12-10..12-12"]), @"? R1:G1 [room-5] 12-10T15..12-12T11 code key=- | unit_not_assigned, held by rule");
    assert_snapshot!(hotel.grants(), @"R1:G1 [room-5] 12-10T15..12-12T11 key=-");
}

#[test]
fn the_grant_of_a_segment_without_a_unit_does_not_become_that_of_another_segment() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-10..12-12"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-04", "R1 G1 ? 12-10..12-12"]), @"
    + R1:G1:2 [room-5] 12-02T15..12-04T11 code key=- | new_stay, seamless
    ? R1:G1 [room-5] 12-10T15..12-12T11 code key=- | unit_not_assigned, held by rule
    ");
}

#[test]
fn a_segment_without_a_unit_does_not_keep_another_segment_in_its_old_room() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-04", "R1 G1 room-5 12-10..12-12"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-6 12-02..12-04", "R1 G1 ? 12-10..12-12"]), @"
    -/+ R1:G1 [room-5] 12-02T15..12-04T11 code key=- -> [room-6] 12-02T15..12-04T11 code key=- | doors_changed, replace
    ? R1:G1:2 [room-5] 12-10T15..12-12T11 code key=- | unit_not_assigned, held by rule
    ");
}

#[test]
fn a_room_that_a_guest_keeps_while_their_second_one_is_open_again_stays_as_it_is() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R1 G1 room-6 12-02..12-05"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05", "R1 G1 ? 12-02..12-05"]), @"? R1:G1 | unit_not_assigned, held by rule");
}

/// The room may be open to the first guest still.
#[test]
fn a_room_whose_grant_is_kept_is_not_given_to_a_newcomer() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-6 12-02..12-05"]);
    let kept = ["R1 G1 ? 12-02..12-05", "R2 G2 room-6 12-02..12-05 unclear"];
    assert_snapshot!(
        hotel.lines(&[kept[0], kept[1], "R3 G3 room-5 12-04..12-06", "R4 G4 room-6 12-04..12-06"]),
        @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-04T11 code key=- | unit_relet, reissue
    ? R1:G1 | unit_not_assigned, held by rule
    + R3:G3 [room-5] 12-04T15..12-06T11 code key=- | new_stay, seamless
    ? R4:G4 [room-6] 12-04T15..12-06T11 code key=- | unit_in_use, held by person
    "
    );
}

#[test]
fn rows_without_opinion_leave_grants_alone_and_make_none() {
    for word in ["unclear", "ignored", "opt-out"] {
        let mut hotel = Hotel::new();
        hotel.night(&["R1 G1 room-5 12-02..12-05"]);
        let grants = hotel.grants();
        let rows = [format!("R1 G1 room-6 12-02..12-09 {word}"), format!("R2 G2 room-7 12-02..12-05 {word}")];
        assert_eq!(hotel.night(&[&rows[0], &rows[1]]), "", "{word}");
        assert_eq!(hotel.grants(), grants, "{word}");
    }
}

#[test]
fn a_cancelled_row_that_opted_out_is_left_alone() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05"]);
    assert_eq!(hotel.night(&["R1 G1 room-5 12-02..12-05 cancelled opt-out"]), "");
}

/// The room is somebody's, although this program does not open it for them.
#[test]
fn a_stay_that_opted_out_still_has_its_room() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05 opt-out", "R2 G2 room-5 12-04..12-06"]), @"+ R2:G2 [room-5] 12-04T15..12-06T11 code key=- | new_stay, seamless");
}

#[test]
fn a_reservation_with_a_rejected_row_loses_nothing_that_is_not_said_outright() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R1 G1 room-6 12-07..12-09", "R1 G2 room-5 12-02..12-05"]);
    hotel.rejected.insert("R1");
    assert_snapshot!(hotel.lines(&["R1 G1 room-7 12-02..12-05", "R1 G2 room-5 12-02..12-05 cancelled"]), @"
    + R1:G1 [room-7] 12-02T15..12-05T11 code key=- | new_stay, seamless
    - R1:G2 [room-5] 12-02T15..12-05T11 code key=- | cancelled, revoke
    ");
}

#[test]
fn the_segments_of_a_move_are_both_open_across_the_gap() {
    let mut hotel = Hotel::new();
    let rows = ["R1 G1 room-5 12-02..12-04", "R1 G1 room-6 12-04..12-06"];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:G1 [room-5] 12-02T15..12-04T15 code key=- | new_stay, seamless
    + R1:G1 [room-6] 12-04T11..12-06T11 code key=- | new_stay, seamless
    ");
}

#[test]
fn a_bridge_ends_where_the_window_of_a_neighbour_begins_explicit_times_or_not() {
    let mut hotel = Hotel::new();
    hotel.mapping.properties.default.early_access = SignedDuration::from_mins(30);
    let rows = [
        "R1 G1 room-5 12-02..12-04T10:00",
        "R1 G1 room-6 12-04T16:00..12-06",
        "R2 G2 room-5 12-04T14:00..12-05",
        "R3 G3 room-6 12-03..12-04T12:00",
    ];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:G1 [room-5] 12-02T14:30..12-04T13:30 code key=- | new_stay, seamless
    + R3:G3 [room-6] 12-03T14:30..12-04T12 code key=- | new_stay, seamless
    + R1:G1 [room-6] 12-04T12..12-06T11 code key=- | new_stay, seamless
    + R2:G2 [room-5] 12-04T13:30..12-05T11 code key=- | new_stay, seamless
    ");
}

#[test]
fn segments_in_one_room_are_one_grant() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 room-1 12-02..12-04", "R1 G1 room-1 12-04..12-06"]), @"+ R1:G1 [room-1] 12-02T15..12-06T11 code key=R1 | new_stay, seamless");
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 room-1 12-02..12-04T12:00", "R1 G1 room-1 12-04T12:00..12-06"]), @"+ R1:G1 [room-1] 12-02T15..12-06T11 code key=R1 | new_stay, seamless");
}

#[test]
fn at_noon_of_a_move_day_both_rooms_are_still_open() {
    let mut hotel = Hotel::new();
    let rows = ["R1 G1 room-5 11-28..12-01", "R1 G1 room-6 12-01..12-03"];
    hotel.at("11-30T12:00");
    hotel.night(&rows);
    hotel.at("12-01T12:00");
    assert_eq!(hotel.night(&rows), "");
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [room-5] 11-28T15..12-01T15 key=-
    R1:G1 [room-6] 12-01T11..12-03T11 key=-
    ");
    hotel.at("12-01T15:30");
    assert_eq!(hotel.night(&rows), "");
    assert_snapshot!(hotel.grants(), @"R1:G1 [room-6] 12-01T11..12-03T11 key=-");
}

#[test]
fn the_newcomer_to_a_taken_room_is_held_and_who_has_a_grant_keeps_it() {
    let mut hotel = Hotel::new();
    hotel.night(&["R2 G2 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-04..12-06", "R2 G2 room-5 12-02..12-05"]), @"? R1:G1 [room-5] 12-04T15..12-06T11 code key=- | overlap, held by person");
}

#[test]
fn where_neither_has_a_grant_the_first_in_the_source_gets_the_room() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R2 G2 room-5 12-04..12-06", "R1 G1 room-5 12-02..12-05"]), @"
    ? R1:G1 [room-5] 12-02T15..12-05T11 code key=- | overlap, held by person
    + R2:G2 [room-5] 12-04T15..12-06T11 code key=- | new_stay, seamless
    ");
}

#[test]
fn a_stay_is_not_extended_into_the_stay_of_a_neighbour() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-04", "R2 G2 room-5 12-04..12-06"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-5 12-04..12-06"]), @"? R1:G1 [room-5] 12-02T15..12-04T11 code key=- -> [room-5] 12-02T15..12-05T11 code key=- | overlap, held by person");
}

#[test]
fn guests_of_one_reservation_share_a_room_and_buffers_are_no_overlap() {
    let mut hotel = Hotel::new();
    hotel.mapping.properties.default.early_access = SignedDuration::from_hours(6);
    let rows = ["R1 G1 room-5 12-02..12-04", "R1 G2 room-5 12-03..12-04", "R2 G3 room-5 12-04..12-06"];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:G1 [room-5] 12-02T09..12-04T11 code key=- | new_stay, seamless
    + R1:G2 [room-5] 12-03T09..12-04T11 code key=- | new_stay, seamless
    + R2:G3 [room-5] 12-04T11..12-06T11 code key=- | new_stay, seamless
    ");
}

#[test]
fn a_hall_and_a_dormitory_are_shared_and_one_bed_or_room_is_not() {
    let mut hotel = Hotel::new();
    let unit = |name: &str, spaces: &[&str]| {
        ((None, name.into()), spaces.iter().map(|space| (*space).into()).collect::<BTreeSet<SpaceKey>>())
    };
    hotel.mapping.units = UnitRule::Table(
        [
            unit("1", &["room-1", "lobby"]),
            unit("2", &["room-2", "lobby"]),
            unit("3", &["room-3", "lobby"]),
            unit("7", &["room-5"]),
            unit("8", &["room-5"]),
        ]
        .into(),
    );
    // Two rooms of one floor, and two beds of one room.
    let rows = [
        "R1 G1 room-1 12-02..12-05",
        "R2 G2 room-2 12-03..12-06",
        "R3 G3 room-7 12-02..12-05",
        "R4 G4 room-8 12-03..12-06",
    ];
    assert_snapshot!(hotel.night(&rows), @"
    + R1:G1 [lobby room-1] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
    + R3:G3 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R2:G2 [lobby room-2] 12-03T15..12-06T11 code key=R2 | new_stay, seamless
    + R4:G4 [room-5] 12-03T15..12-06T11 code key=- | new_stay, seamless
      0 create R1:G1 with person pms:G1 name=Guest G1
      1 create R3:G3 with person pms:G3 name=Guest G3
      2 create R2:G2 with person pms:G2 name=Guest G2
      3 create R4:G4 with person pms:G4 name=Guest G4
    ");
    let twice =
        [rows[0], rows[1], rows[2], rows[3], "R5 G5 room-2 12-04..12-07", "R6 G6 room-8 12-04..12-07"];
    assert_snapshot!(hotel.lines(&twice), @"
    ? R5:G5 [lobby room-2] 12-04T15..12-07T11 code key=- | overlap, held by person
    ? R6:G6 [room-5] 12-04T15..12-07T11 code key=- | overlap, held by person
    ");
}

#[test]
fn a_stay_is_changed_although_the_space_of_its_unit_has_another_key_by_now() {
    for (room, also) in [("room-1", &[][..]), ("room-7", &["lobby"][..])] {
        let mut hotel = Hotel::with(also);
        hotel.night(&[&format!("R1 G1 {room} 12-01..12-03")]);
        let key = hotel.inventory.grants[0].key.clone();
        for space in &mut hotel.inventory.spaces {
            if space.name == room {
                space.key = Some("renamed".into());
            }
        }
        hotel.at("12-02T09:00");
        let rows = [format!("R1 G1 {room} 12-01..12-05"), format!("R2 G2 {room} 12-08..12-09")];
        let plan = hotel.plan(&[&rows[0], &rows[1]]);
        hotel.night(&[&rows[0], &rows[1]]);
        let told: Vec<String> = plan
            .items
            .iter()
            .map(|item| format!("{:?} {} {:?}", item.action, item.reservation.key, item.reason_code))
            .collect();
        // A newcomer needs the mapping.
        assert_eq!(told, ["Update R1 WindowChanged", "Hold R2 UnmappedUnit"]);
        assert_eq!(hotel.inventory.grants[0].key, key);
        assert!(
            plan.warnings.iter().any(|warning| warning.message.contains("leads to no space")),
            "{:?}",
            plan.warnings
        );
    }
}

#[test]
fn a_unit_that_leads_nowhere_is_held_and_opens_no_other_door() {
    let mut hotel = Hotel::with(&["lobby"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-55 12-02..12-05"]), @"? R1:G1 | unmapped_unit, held by person");
    assert_snapshot!(hotel.plan(&["R1 G1 room-55 12-02..12-05"]).warnings[0], @"rows:2: unit: unit `55` leads to no space in Seam (wanted `room-55`); 1 stay held (hint: nearest space keys in Seam: `room-5`, `room-1`, `room-2`)");
    hotel.mapping.units = UnitRule::SourceNamesSpaces;
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05"]), @"? R1:G1 | unmapped_unit, held by person");
}

/// The flat behind the building's door: one of the two is not enough.
#[test]
fn a_stay_is_held_where_one_door_of_its_unit_supports_none_of_its_methods() {
    let mut hotel = Hotel::new();
    hotel.add_door("room-8", "building", false, &[Method::Code, Method::Card]);
    hotel.add_door("room-8", "flat", false, &[Method::Card]);
    hotel.add_door("room-8", "thermostat", false, &[]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-8 12-02..12-05", "R2 G2 room-8 12-06..12-08 methods=card"]), @"
    ? R1:G1 | door_without_method, held by person
    + R2:G2 [room-8] 12-06T15..12-08T11 card key=- | new_stay, seamless
    ");
}

#[test]
fn the_horizon_is_judged_by_the_first_arrival_of_the_reservation_for_all_its_guests() {
    let mut hotel = Hotel::new();
    hotel.settings.horizon = Some(SignedDuration::from_hours(24 * 3));
    assert_snapshot!(hotel.lines(&[
        "R1 G1 room-5 12-02..12-10",
        "R1 G2 room-5 12-09..12-10",
        "R2 G3 room-6 12-05..12-07",
        "R3 G4 room-7 12-02..12-03 cancelled",
        "R3 G4 room-7 12-08..12-09",
    ]), @"
    + R1:G1 [room-5] 12-02T15..12-10T11 code key=- | new_stay, seamless
    ? R2:G3 [room-6] 12-05T15..12-07T11 code key=- | beyond_horizon, held by rule
    ? R3:G4 [room-7] 12-08T15..12-09T11 code key=- | beyond_horizon, held by rule
    + R1:G2 [room-5] 12-09T15..12-10T11 code key=- | new_stay, seamless
    ");
}

#[test]
fn the_horizon_delays_no_change_and_no_cancellation_of_a_grant_that_exists() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-20..12-22", "R2 G2 room-6 12-20..12-22", "R3 G3 room-1 12-20..12-22"]);
    hotel.settings.horizon = Some(SignedDuration::from_hours(24 * 3));
    assert_snapshot!(hotel.lines(&[
        "R1 G1 room-5 12-20..12-23",
        "R2 G2 room-6 12-20..12-22 cancelled",
        "R3 G3 room-2 12-20..12-22",
    ]), @"
    ~ R1:G1 [room-5] 12-20T15..12-22T11 code key=- -> [room-5] 12-20T15..12-23T11 code key=- | window_changed, reissue
    - R2:G2 [room-6] 12-20T15..12-22T11 code key=- | cancelled, revoke
    -/+ R3:G3 [room-1] 12-20T15..12-22T11 code key=R3 -> [room-2] 12-20T15..12-22T11 code key=R3 | doors_changed, replace
    ");
}

/// Otherwise the grant of the one row would win the room for the other on the next night.
#[test]
fn rows_of_one_stay_in_a_contested_room_are_held_together() {
    let mut hotel = Hotel::new();
    let rows =
        ["R1 G1 room-5 12-02..12-04", "R2 G2 room-5 12-03..12-08", "R2 G2 room-5 12-06..12-08 methods=card"];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:G1 [room-5] 12-02T15..12-04T11 code key=- | new_stay, seamless
    ? R2:G2 [room-5] 12-03T15..12-08T11 code key=- | overlap, held by person
    + R2:G2 [room-5] 12-06T15..12-08T11 card key=- | new_stay, seamless
    ");
}

#[test]
fn a_cancelled_row_takes_no_room_that_another_row_of_the_guest_leaves_alone() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5+room-6 12-02..12-05"]);
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05 unclear", "R1 G1 room-6 12-02..12-05 cancelled"]), @"");
    assert_snapshot!(hotel.lines(&["R1 G1 room-5+room-6 12-02..12-05 cancelled", "R1 G1 room-5 12-02..12-05 unclear"]), @"- R1:G1 [room-5 room-6] 12-02T15..12-05T11 code key=- | cancelled, revoke");
}
