//! One unit, one party: who waits for whom, and whose key goes (RULES 12 to 16), night after night.

use reservation_sync::sandbox::{Fault, FaultPlan, ScriptedFault};

use super::hotel_nights::{DOORS, Flags, House, among, houses, houses_of};

/// Before the stays begin, and while they go on; the nights after.
const PHASES: [(&str, [(&str, i32); 2]); 2] =
    [("3", [("3T04:00", 3), ("4", 3)]), ("6", [("6T04:00", 3), ("7", 3)])];

#[test]
fn moved_into_taken_room_keeps_own_and_newcomer_waits() {
    for (night, later) in PHASES {
        for mut house in houses() {
            house.before("2", &["R1 Ana 104 5..8", "R3 Cid 209 5..8"]);
            let rows = ["R1 Ana 209 5..8", "R3 Cid 209 5..8", "R2 Ben 104 5..8"];
            let ran = house.night(night, &rows);
            ran.has(&["104 R1", "209 R3"]).does_nothing().code(3);
            ran.names(&["R1", "R2", "R3"], "104").names(&["R1", "R2", "R3"], "209");
            house.settles(&rows, &later);
        }
    }
}

#[test]
fn moved_into_room_left_today_opens_from_departure() {
    for mut house in houses() {
        house.before("2", &["R1 Ana 001 3..7", "R3 Dan 002 3..5"]);
        let rows = ["R1 Ana 002 3..7", "R3 Dan 002 3..5", "R4 Eve 001 5..8"];
        let ran = house.night("5", &rows);
        ran.opens(&[
            "001 R1 Ana now..5T11",
            "001 R4 Eve 5T15..8T11",
            "002 R1 Ana 5T11..7T11",
            "002 R3 Dan now..5T11",
        ]);
        ran.never_outside("R1");
        let again = house.night("5T04:00", &rows);
        again.does_nothing();
        let next = house.night("6", &rows);
        next.does_nothing().opens(&["001 R4 Eve now..8T11", "002 R1 Ana now..7T11"]).code(0);
    }
}

#[test]
fn relet_room_goes_to_newcomer_and_names_both() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 001 5..8"]));
        let rows = among(14, &["R2 Ben 001 5..8"]);
        let ran = house.night("3", &rows);
        ran.opens_here(&["001 R2 Ben 5T15..8T11"]).names(&["R1", "R2"], "001").code(3);
        ran.matter("unit_relet", &["R1", "R2"]);
        assert!(ran.position("delete pms::R1:") < ran.position("create pms::R2:"), "{}", ran.story());
        house.settles(&rows, &[("3T04:00", 0), ("4", 0), ("6", 0)]);
    }
}

#[test]
fn relet_room_in_complete_read_goes_at_once() {
    for mut house in houses_of("complete") {
        house.source = "covers = \"-30d..60d\"";
        house.before("2", &among(14, &["R1 Ana 001 5..8"]));
        let rows = among(14, &["R2 Ben 001 5..8"]);
        let ran = house.night("3", &rows);
        ran.opens_here(&["001 R2 Ben 5T15..8T11"]).names(&["R1", "R2"], "001").code(0);
        ran.matter("unit_relet", &["R1", "R2"]);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0), ("6", 0)]);
    }
}

#[test]
fn relet_room_waits_while_its_guest_is_in_house() {
    for newcomer in ["R2 Ben 001 6..9", "R2 Ben 001 5..8"] {
        for mut house in houses_of("partial") {
            house.before("4", &among(14, &["R1 Ana 001 5..8"]));
            let rows = among(14, &[newcomer]);
            let ran = house.night("6", &rows);
            ran.opens_here(&["001 R1 Ana now..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
            house.settles(&rows, &[("6T04:00", 3), ("7", 3)]);
        }
    }
}

#[test]
fn relet_room_waits_from_the_last_day_before_arrival() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 001 5..8"]));
        let rows = among(14, &["R2 Ben 001 6..9"]);
        let ran = house.night("4T16:00", &rows);
        ran.opens_here(&["001 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn unit_taken_off_a_stay_goes_to_who_has_it() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana - 5..8", "R2 Fay 001 5..8"];
        let ran = house.night("4", &rows);
        ran.opens(&["001 R2 Fay 5T15..8T11"]).code(0);
        assert!(ran.position("delete pms::R1:") < ran.position("create pms::R2:"), "{}", ran.story());
        assert!(ran.held().iter().any(|(key, _)| key == "R1"), "{}", ran.story());
        // From 24 h before the arrival on, Ana waits for a person.
        house.settles(&rows, &[("4T04:00", 0), ("5", 3)]);
    }
}

#[test]
fn unit_taken_off_in_house_keeps_the_room() {
    for mut house in houses() {
        house.before("4", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana - 5..8", "R2 Fay 001 6..9"];
        let ran = house.night("6", &rows);
        ran.opens(&["001 R1 Ana now..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
        house.settles(&rows, &[("6T04:00", 3), ("7", 3)]);
    }
}

#[test]
fn unit_taken_off_who_is_expected_goes_where_the_source_used_checked_in_lately() {
    let gone = ["R9 Zoe 009 2..4 checked_out", "R1 Ana - 5..8", "R2 Fay 001 5..8"];
    for mut house in houses() {
        house.before("3", &["R9 Zoe 009 2..4 checked_in", "R1 Ana 001 5..8"]);
        // No row of this read says checked in, and Ana is still expected.
        house.night("5T16:00", &gone).opens(&["001 R2 Fay now..8T11"]).code(3);
    }
    for mut house in houses() {
        house.before("3", &["R9 Zoe 009 2..4", "R1 Ana 001 5..8"]);
        let ran = house.night("5T16:00", &gone);
        ran.has(&["001 R1"]).names(&["R1", "R2"], "001").code(3);
    }
}

#[test]
fn unit_taken_off_stays_where_nobody_needs_it() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 001 5..8"]);
        let ran = house.night("4", &["R1 Ana - 5..8", "R2 Fay 002 5..8"]);
        ran.opens(&["001 R1 Ana 5T15..8T11", "002 R2 Fay 5T15..8T11"]).code(0);
    }
}

#[test]
fn ignored_status_gives_the_room_to_the_newcomer() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana 001 5..8 tentative", "R2 Fay 001 5..8"];
        let ran = house.night("4", &rows);
        ran.opens(&["001 R2 Fay 5T15..8T11"]).code(0);
        house.settles(&rows, &[("4T04:00", 0), ("5", 0)]);
    }
}

#[test]
fn unknown_status_keeps_the_room_and_newcomer_waits() {
    for status in ["blank", "perhaps"] {
        for mut house in houses() {
            house.before("3", &among(20, &["R1 Ana 001 5..8"]));
            let rows = among(20, &[&format!("R1 Ana 001 5..8 {status}"), "R2 Fay 001 5..8"]);
            let ran = house.night("4", &rows);
            ran.opens_here(&["001 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
            house.settles(&rows, &[("4T04:00", 3), ("5", 3)]);
        }
    }
}

#[test]
fn what_only_the_policy_keeps_lets_the_newcomer_in() {
    for policy in ["create-only", "upsert-only"] {
        for (night, later) in [("4", [("4T04:00", 3), ("5", 3)]), ("6", [("6T04:00", 3), ("7", 3)])] {
            for mut house in houses() {
                house.policy = policy;
                house.before("3", &["R1 Ana 104 5..8"]);
                let rows = ["R1 Ana 104 5..8 cancelled", "R2 Ben 104 5..8"];
                let ran = house.night(night, &rows);
                ran.has(&["104 R1", "104 R2"]).names(&["R1", "R2"], "104").code(3);
                house.settles(&rows, &later);
            }
        }
    }
}

#[test]
fn chain_into_a_room_that_stays_is_held_whole() {
    for (night, later) in PHASES {
        for mut house in houses() {
            house.before("2", &["R1 Ana 104 5..8", "R2 Ben 105 5..8", "R3 Cid 106 5..8"]);
            let rows = ["R1 Ana 105 5..8", "R2 Ben 106 5..8", "R3 Cid 106 5..8"];
            let ran = house.night(night, &rows);
            ran.has(&["104 R1", "105 R2", "106 R3"]).does_nothing().code(3);
            ran.names(&["R1", "R2", "R3"], "105").names(&["R1", "R2", "R3"], "106");
            house.settles(&rows, &later);
        }
    }
}

/// Ana's booking in 104 is cancelled, and Ben's is new there.
const CANCELLED: [&str; 2] = ["R1 Ana 104 5..8 cancelled", "R2 Ben 104 5..8"];

fn house_of_cancelled(mut house: House) -> House {
    house.before("3", &["R1 Ana 104 5..8"]);
    house
}

#[test]
fn cancelled_key_goes_before_the_newcomer_comes() {
    for (night, opens) in [("4", "104 R2 Ben 5T15..8T11"), ("6", "104 R2 Ben now..8T11")] {
        for mut house in houses().map(house_of_cancelled) {
            let ran = house.night(night, &CANCELLED);
            ran.opens(&[opens]).code(0);
            assert!(ran.position("delete pms::R1:") < ran.position("create pms::R2:"), "{}", ran.story());
            house.settles(&CANCELLED, &[(&format!("{night}T04:00"), 0), ("7", 0)]);
        }
    }
}

#[test]
fn newcomer_waits_where_a_filter_keeps_the_departure() {
    let only = Flags { only: &["R2"], ..Flags::default() };
    let without = Flags { exclude: &["R1"], ..Flags::default() };
    for flags in [only, without] {
        for mut house in houses().map(house_of_cancelled) {
            let ran = house.night_with("4", &CANCELLED, flags);
            ran.has(&["104 R1"]).names(&["R1", "R2"], "104").does_nothing().code(3);
            let whole = house.night("4T04:00", &CANCELLED);
            whole.opens(&["104 R2 Ben 5T15..8T11"]).code(0);
        }
    }
}

#[test]
fn newcomer_waits_where_the_changes_do_not_fit() {
    for mut house in houses().map(house_of_cancelled) {
        let flags = Flags { max_changes: Some(1), ..Flags::default() };
        let ran = house.night_with("4", &CANCELLED, flags);
        // The deletion needs nothing and fits; who waits behind it waits for the next run (29).
        ran.has(&[]).names(&["R1", "R2"], "104").code(8);
        house.night("4T04:00", &CANCELLED).opens(&["104 R2 Ben 5T15..8T11"]).code(0);
    }
}

#[test]
fn newcomer_waits_where_seam_refuses_the_departure() {
    for mut house in houses().map(house_of_cancelled) {
        let path = "/access_grants/delete".to_owned();
        let script = vec![ScriptedFault { path, call: 1, fault: Fault::Refused }];
        house.set_faults(FaultPlan { script, ..FaultPlan::none() });
        let ran = house.night("4", &CANCELLED);
        ran.has(&["104 R1"]).names(&["R1", "R2"], "104").code(3);
        house.set_faults(FaultPlan::none());
        house.night("4T04:00", &CANCELLED).opens(&["104 R2 Ben 5T15..8T11"]).code(0);
    }
}

#[test]
fn row_without_its_key_keeps_the_room() {
    for mut house in houses() {
        house.before("3", &among(20, &["R1 Ana 000 5..8"]));
        let rows = among(20, &["- Ana 000 5..8", "R2 Ben 000 5..8"]);
        let ran = house.night("4", &rows);
        ran.opens_here(&["000 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "000").does_nothing().code(3);
        house.settles(&rows, &[("4T04:00", 3), ("5", 3)]);
    }
}

#[test]
fn space_that_three_rooms_share_is_common() {
    for house in houses() {
        let mut house = house.with_space_keys().shared("lobby");
        let rows = ["R1 Ana room-101;lobby 5..8", "R2 Ben room-102;lobby 5..8", "R3 Cid room-103;lobby 5..8"];
        let ran = house.night("3", &rows);
        ran.has(&["101 R1", "102 R2", "103 R3", "lobby R1", "lobby R2", "lobby R3"]).code(0);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
    }
}

#[test]
fn door_once_found_common_stays_so_while_the_record_knows_it() {
    for house in houses() {
        let mut house = house.with_space_keys().shared("lobby");
        let three =
            ["R1 Ana room-101;lobby 5..8", "R2 Ben room-102;lobby 5..8", "R3 Cid room-103;lobby 5..8"];
        house.before("2", &three);
        let two = [
            "R1 Ana room-101;lobby 5..8",
            "R2 Ben room-102;lobby 5..8 cancelled",
            "R3 Cid room-103;lobby 5..8 cancelled",
            "R4 Dan room-104;lobby 6..9",
        ];
        house.night("3", &two).has(&["101 R1", "104 R4", "lobby R1", "lobby R4"]).code(0);
        house.settles(&two, &[("3T04:00", 0), ("4", 0)]);
    }
    for house in houses() {
        let mut house = house.with_space_keys().shared("lobby");
        let rows = ["R1 Ana room-101;lobby 5..8", "R4 Dan room-104;lobby 6..9"];
        let ran = house.night("2", &rows);
        ran.names(&["R1", "R4"], "lobby").code(3);
    }
}

#[test]
fn space_that_two_rooms_share_is_no_common_one() {
    for house in houses() {
        let mut house = house.with_space_keys();
        let rows = ["R1 Ana room-101;lobby 5..8", "R2 Ben room-102;lobby 5..8"];
        let ran = house.night("3", &rows);
        // Each keeps the room that nobody disputes (14).
        let first = if house.is_reversed() { "lobby R2" } else { "lobby R1" };
        ran.has(&["101 R1", "102 R2", first]).names(&["R1", "R2"], "lobby").code(3);
        house.spaces = "shared = [\"lobby\"]";
        let mut house = house.shared("lobby");
        house.night("3T04:00", &rows).has(&["101 R1", "102 R2", "lobby R1", "lobby R2"]).code(0);
    }
}

#[test]
fn guest_past_check_out_in_a_let_room_is_due_now() {
    for mut house in houses() {
        house.before("3", &["R1 Roux 110 2..5 checked_in", "R2 Okafor 110 5..8"]);
        let rows = ["R1 Roux 110 2..5 checked_in", "R2 Okafor 110 5..8"];
        let ran = house.night("5T22:00", &rows);
        ran.has(&["110 R2"]).does_nothing().code(3);
        ran.due_now(&["R1", "R2"], "110").says(&["Roux", "Okafor", "110"]);
        house.settles(&rows, &[("5T23:00", 3), ("6", 3)]);
    }
}

#[test]
fn grant_never_recorded_keeps_the_newcomer_out() {
    for doors in DOORS {
        for coverage in ["complete", "partial"] {
            for night in ["3", "5"] {
                let mut house = House::with_stranger(doors).with(|house| house.coverage = coverage);
                house.source = if coverage == "complete" { "covers = \"-30d..60d\"" } else { "" };
                let ran = house.night(night, &["R2 Ben 000 5..8"]);
                ran.has(&["000 R9"]).names(&["R2", "R9"], "000").does_nothing().code(3);
                house.settles(&["R2 Ben 000 5..8"], &[(&format!("{night}T04:00"), 3), ("6", 3)]);
            }
        }
    }
}

#[test]
fn grant_never_recorded_goes_where_a_person_allows_it() {
    for doors in DOORS {
        let mut house = House::with_stranger(doors);
        house.source = "covers = \"-30d..60d\"";
        let flags = Flags { allow: &["unknown_origin=1"], ..Flags::default() };
        let ran = house.night_with("2", &["R2 Ben 000 4..9"], flags);
        ran.opens(&["000 R2 Ben 4T15..9T11"]).names(&["R2", "R9"], "000");
    }
}
