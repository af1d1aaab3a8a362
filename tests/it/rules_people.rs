//! Who a row is about from night to night: names that change, newcomers, keys of several people (RULES 4 to 8).

use super::hotel_nights::{House, houses, houses_of};

const ANA: &str = "R1 Ana_Sousa 001 5..8";

/// The identity that opens the room.
#[track_caller]
fn guest_in(house: &House, room: &str) -> String {
    let keys = house.keys_in(room);
    assert_eq!(keys.len(), 1, "one guest in {room}");
    keys[0].0.clone()
}

#[test]
fn paired_guest_keeps_key_when_a_guest_key_comes_or_changes() {
    for mut house in houses() {
        house.before("2", &[ANA]);
        let first = guest_in(&house, "001");
        for (night, row) in [
            ("3", format!("{ANA} key=G7")),
            ("4", format!("{ANA} key=G8")),
            ("4T04:00", "R1 SOUSA_Ana 001 5..8 key=G8".to_owned()),
        ] {
            house.night(night, &[row]).code(0);
            assert_eq!(guest_in(&house, "001"), first);
        }
    }
}

#[test]
fn placeholder_and_variant_and_agreeing_contact_are_renamed() {
    for (before, after) in [
        ("R1 TBA 001 5..8", "R1 Zoe_Lund 001 5..8"),
        (ANA, "R1 Ana_Souza 001 5..8"),
        ("R1 Ana_Sousa 001 5..8 email=a@example.com", "R1 Zoe_Lund 001 5..8 email=A@example.com"),
    ] {
        for night in ["3", "6"] {
            for mut house in houses() {
                house.before("2", &[before]);
                let first = guest_in(&house, "001");
                house.night(night, &[after]).code(0);
                assert_eq!(guest_in(&house, "001"), first, "{after}");
                assert_eq!(house.people().len(), 1, "{after}");
                assert_ne!(house.people(), ["Ana Sousa"], "{after}");
            }
        }
    }
}

#[test]
fn row_without_name_keeps_the_name_that_is_known() {
    for mut house in houses() {
        house.before("2", &[ANA]);
        house.night("3", &["R1 TBA 001 5..8"]).does_nothing().code(0);
        assert_eq!(house.people(), ["Ana Sousa"]);
    }
}

#[test]
fn another_person_takes_a_future_place() {
    for row in ["R1 Zoe_Lund 001 5..8", "R1 Zoe_Lund 001 6..9"] {
        for mut house in houses() {
            house.before("2", &[ANA]);
            let first = guest_in(&house, "001");
            let ran = house.night("3", &[row]);
            let nights = if row.ends_with("5..8") { "5T15..8T11" } else { "6T15..9T11" };
            ran.opens(&[&format!("001 R1 Zoe_Lund {nights}")]).code(0);
            assert_ne!(guest_in(&house, "001"), first, "a number is never used again for somebody else");
            assert_eq!(house.people(), ["Ana Sousa", "Zoe Lund"]);
            house.settles(&[row], &[("3T04:00", 0), ("4", 0)]);
        }
    }
}

#[test]
fn another_person_in_house_waits_and_the_guest_follows() {
    for row in ["R1 Zoe_Lund 001 5..9", "R1 Zoe_Lund 001 5..9 key=G9", "R1 Zoe_Lund 001 5..9 checked_in"] {
        for mut house in houses() {
            house.before("2", &[ANA]);
            let ran = house.night("6", &[row]);
            ran.opens(&["001 R1 Ana_Sousa now..9T11"]).says(&["Ana Sousa", "Zoe Lund"]);
            ran.due_now(&["R1"], "001").code(3);
            assert_eq!(ran.n_matters(&["R1"], "001"), 1, "{}", ran.story());
            assert_eq!(house.people(), ["Ana Sousa"]);
            house.settles(&[row], &[("6T04:00", 3), ("7", 3)]);
        }
    }
}

#[test]
fn newcomer_in_house_gets_a_key_where_a_person_grants_it() {
    for mut house in houses() {
        let row = "R1 Zoe_Lund 001 5..8";
        house.before("2", &[ANA]);
        house.night("6", &[row]).code(3);
        let ended = house.program(&["decide", "R1", "--grant", "--reason", "both are there"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        house.night("6T05:00", &[row]).has(&["001 R1"]);
        assert_eq!(house.people(), ["Ana Sousa", "Zoe Lund"]);
    }
}

#[test]
fn newcomer_in_a_partial_read_may_be_a_further_guest() {
    let two = ["R2 Ben_Okoro 002 5..8", "R2 Cid_Ramos 002 5..8"];
    for mut house in houses_of("partial") {
        house.before("2", &[ANA, two[0], two[1]]);
        let ran = house.night("3", &["R1 Zoe_Lund 001 5..8"]);
        ran.has(&["001 R1", "002 R2"]).says(&["Ana Sousa", "Zoe Lund"]).code(3);
        assert_eq!(house.keys_in("001").len(), 2);
    }
    // The source says that it lists every row of a reservation.
    for mut house in houses_of("partial") {
        house.source = "whole_reservations = true";
        house.before("2", &[ANA, two[0], two[1]]);
        house.night("3", &["R1 Zoe_Lund 001 5..8"]).code(0);
        assert_eq!(house.keys_in("001").len(), 1);
    }
}

#[test]
fn who_comes_beside_a_guest_in_the_room_takes_the_place_that_is_left() {
    for mut house in houses_of("complete") {
        house.before("2", &[ANA, "R1 Ben_Okoro 001 5..8"]);
        let rows = [ANA, "R1 Zoe_Lund 001 5..8"];
        house.night("3", &rows).opens(&["001 R1 Ana_Sousa 5T15..8T11", "001 R1 Zoe_Lund 5T15..8T11"]).code(0);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
    }
}

#[test]
fn cancelled_row_of_another_name_cancels_nobody_else() {
    for mut house in houses_of("partial") {
        house.before("2", &[ANA]);
        house.night("3", &["R1 Zoe_Lund 001 5..8 cancelled"]).has(&["001 R1"]).does_nothing();
    }
}

#[test]
fn same_name_with_two_addresses_is_two_guests() {
    for mut house in houses() {
        let rows = ["R1 Ana_Sousa 001 5..8 email=a@example.com", "R1 Ana_Sousa 002 5..8 email=b@example.com"];
        house.night("3", &rows).code(0);
        assert_eq!(house.people().len(), 2);
        assert_ne!(guest_in(&house, "001"), guest_in(&house, "002"));
        house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
    }
}

#[test]
fn rows_without_a_name_are_a_guest_each() {
    for mut house in houses() {
        let rows = ["R1 TBA 001 5..8", "R1 - 002 5..8", "R1 Guest 003 5..8"];
        house.night("3", &rows).code(0);
        assert_eq!(house.people().len(), 3);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
        let named = ["R1 Ana_Sousa 001 5..8", "R1 Ben_Okoro 002 5..8", "R1 Cid_Ramos 003 5..8"];
        house.night("4T05:00", &named).code(0);
        assert_eq!(house.people(), ["Ana Sousa", "Ben Okoro", "Cid Ramos"]);
    }
}

#[test]
fn number_never_equals_a_guest_key() {
    for mut house in houses() {
        let rows = [ANA, "R2 Ben_Okoro 002 5..8 key=R1/1"];
        house.night("3", &rows).code(0);
        assert_eq!(house.people(), ["Ana Sousa", "Ben Okoro"]);
        assert_ne!(guest_in(&house, "001"), guest_in(&house, "002"));
        house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
    }
}

#[test]
fn cancelled_guest_comes_back_under_the_same_number_by_name_and_contact() {
    for (contact, n_people) in [(" email=a@example.com", 1), ("", 2)] {
        for mut house in houses() {
            let row = format!("{ANA}{contact}");
            house.before("2", &[&row]);
            house.night("3", &[format!("{row} cancelled")]).opens(&[]).code(0);
            house.night("4", &[&row]).opens(&["001 R1 Ana_Sousa 5T15..8T11"]).code(0);
            assert_eq!(house.people().len(), n_people, "{row}");
        }
    }
}

#[test]
fn same_pin_for_one_door_is_warned_of() {
    for (second, n) in [
        ("R1 Ben_Okoro 001 5..8 code=4711", 1),
        ("R1 Ben_Okoro 001 5..8 code=4712", 0),
        ("R1 Ben_Okoro 001 8..9 code=4711", 0),
        ("R1 Ben_Okoro 002 5..8 code=4711", 0),
    ] {
        for mut house in houses() {
            house.night("3", &[&format!("{ANA} code=4711"), second]).warns("same_code", n);
        }
    }
}
