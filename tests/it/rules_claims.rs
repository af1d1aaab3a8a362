//! Who has a room where rows give it to several parties (RULES 13, 14, 19, 40): one sentence a test.

use super::hotel_nights::{DOORS, Flags, House, Order, among};

fn both_orders() -> impl Iterator<Item = House> {
    let orders = |doors| [Order::AsWritten, Order::Reversed].map(|order| House::new(doors).in_order(order));
    DOORS.into_iter().flat_map(orders)
}

#[test]
fn turnover_of_one_day_grants_both() {
    for mut house in both_orders() {
        let rows = ["R1 Ana 001 5..8", "R2 Ben 001 8..10"];
        house.night("3", &rows).opens(&["001 R1 Ana 5T15..8T11", "001 R2 Ben 8T15..10T11"]).code(0);
    }
}

#[test]
fn turnover_lets_buffers_give_way_silently() {
    for mut house in both_orders() {
        house.property = "early_access = \"5h\"\nlate_exit = \"5h\"";
        let ran = house.night("2", &["R1 Ana 001 3..5", "R2 Ben 001 5..8"]);
        ran.has(&["001 R1", "001 R2"]).code(0);
        assert_eq!(ran.who_opens("001", "3T10:30"), ["R1"], "{}", ran.story());
        assert_eq!(ran.who_opens("001", "5T10:30"), ["R1"], "{}", ran.story());
        assert_eq!(ran.who_opens("001", "5T15:30"), ["R2"], "{}", ran.story());
        assert_eq!(ran.who_opens("001", "8T15:30"), ["R2"], "{}", ran.story());
        assert_eq!(ran.report["warnings"], serde_json::json!([]), "{}", ran.story());
    }
}

#[test]
fn turnover_start_moves_or_is_a_collision() {
    // When the earlier guest leaves, when the later one would come, and from when on that one can open the room.
    let cases = [
        ("5T16:00", "5", Some("5T16")),
        ("5T18:00", "5", Some("5T18")),
        ("5T18:30", "5", None),
        ("5T19:30", "5", None),
        ("5T21:00", "5T19:00", Some("5T21")),
        ("5T22:00", "5T18:00", Some("5T22")),
        ("5T22:30", "5T18:00", None),
        ("5T23:30", "5T20:00", None),
        ("5T13:00", "5T09:00", Some("5T13")),
    ];
    for (until, from, opens) in cases {
        for mut house in both_orders() {
            let rows = [format!("R1 Ana 001 3..{until}"), format!("R2 Ben 001 {from}..8")];
            let ran = house.night("2", &rows);
            let told = ran.told();
            let begins = |line: &&String| line.starts_with("001 R2");
            let line = told.iter().find(begins).map(String::as_str);
            let expected = opens.map(|opens| format!("001 R2 Ben {opens}..8T11"));
            assert_eq!(line, expected.as_deref(), "until {until}, from {from}\n{}", ran.story());
            assert!(told.iter().any(|line| line.starts_with("001 R1 Ana 3T15")), "{}", ran.story());
            match opens {
                Some(_) => ran.code(0),
                None => ran.names(&["R1", "R2"], "001").code(3),
            };
            let code = if opens.is_some() { 0 } else { 3 };
            house.settles(&rows, &[("2T04:00", code)]);
        }
    }
}

#[test]
fn key_in_use_is_not_moved_to_a_later_start() {
    for mut house in both_orders() {
        house.before("2", &["R1 Ana 001 3..8"]);
        let ran = house.night("5", &["R1 Ana 001 3..8", "R2 Ben 001 3..5"]);
        ran.opens(&["001 R1 Ana now..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn day_use_is_judged_by_its_times() {
    let cases = [
        ("5T14:00..5T17:00", Some("5T14..5T17")),
        ("5T13:00..5T17:00", Some("5T14..5T17")),
        ("5T10:00..5T14:30", None),
    ];
    for (second, opens) in cases {
        for mut house in both_orders() {
            let rows = ["R1 Ana 001 5T09:00..5T14:00".to_owned(), format!("R2 Ben 001 {second}")];
            let ran = house.night("3", &rows);
            let line = opens.map(|opens| format!("001 R2 Ben {opens}"));
            let expected: Vec<&str> = ["001 R1 Ana 5T09..5T14"].into_iter().chain(line.as_deref()).collect();
            ran.opens(&expected).code(if opens.is_some() { 0 } else { 3 });
        }
    }
}

#[test]
fn dispute_goes_to_who_checked_in_and_the_other_key_goes() {
    for mut house in both_orders() {
        house.before("3", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana 001 5..8", "R2 Ben 001 5..8 checked_in"];
        let ran = house.night("5T10:00", &rows);
        ran.opens(&["001 R2 Ben now..8T11"]).names(&["R1", "R2"], "001").code(3);
        ran.matter("unit_occupied", &["R1", "R2"]);
        assert!(ran.position("delete pms::R1:") < ran.position("create pms::R2:"), "{}", ran.story());
        house.settles(&rows, &[("5T11:00", 3), ("6", 3)]);
    }
}

#[test]
fn dispute_goes_to_who_has_a_key() {
    for mut house in both_orders() {
        house.before("3", &["R2 Ben 001 5..8 booked=10-09"]);
        let rows = ["R1 Ana 001 7..9 booked=10-01", "R2 Ben 001 5..8 booked=10-09"];
        let ran = house.night("4", &rows);
        ran.opens(&["001 R2 Ben 5T15..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn dispute_goes_against_a_guest_with_a_newer_row_elsewhere() {
    for mut house in both_orders() {
        let rows = [
            "R1 Ana 001 5..8 updated=12-01T08:00",
            "R1 Ana 002 5..8 updated=12-02T08:00",
            "R2 Ben 001 5..8 updated=11-01T08:00",
        ];
        let ran = house.night("3", &rows);
        ran.has(&["001 R2", "002 R1"]).names(&["R1", "R2"], "001").code(3);
        house.settles(&rows, &[("3T04:00", 3), ("4", 3)]);
    }
}

#[test]
fn dispute_goes_to_the_earlier_booking_where_all_have_a_date() {
    for mut house in both_orders() {
        let rows = ["R1 Ana 001 5..8 booked=10-05", "R2 Ben 001 5..8 booked=10-01", "R3 Cid 002 5..8"];
        let ran = house.night("3", &rows);
        ran.has(&["001 R2", "002 R3"]).names(&["R1", "R2"], "001").code(3);
    }
    for mut house in both_orders() {
        let rows = ["R1 Ana 001 5..8", "R2 Ben 001 5..8 booked=10-01"];
        let first = if house.is_reversed() { "001 R2" } else { "001 R1" };
        house.night("3", &rows).has(&[first]).names(&["R1", "R2"], "001").code(3);
    }
}

#[test]
fn dispute_is_lost_also_to_one_who_lost_it() {
    for mut house in both_orders() {
        let rows =
            ["R1 Ana 001 5..7 booked=10-01", "R2 Ben 001 6..9 booked=10-02", "R3 Cid 001 8..10 booked=10-03"];
        let ran = house.night("3", &rows);
        ran.has(&["001 R1"]).names(&["R1", "R2", "R3"], "001").code(3);
        house.settles(&rows, &[("3T04:00", 3), ("4", 3)]);
    }
}

#[test]
fn dispute_knows_opted_out_rows_only_where_checked_in() {
    for mut house in both_orders() {
        let rows = ["R1 Ana 001 5..8 opt_out=true booked=10-01", "R2 Ben 001 5..8 booked=10-02"];
        house.night("3", &rows).has(&["001 R2"]).code(0);
    }
    for mut house in both_orders() {
        let rows = ["R1 Ana 001 5..8 checked_in opt_out=true", "R2 Ben 001 5..8"];
        house.night("5T16:00", &rows).has(&[]).names(&["R1", "R2"], "001").code(3);
    }
}

#[test]
fn dispute_over_one_of_two_rooms_leaves_the_other() {
    for mut house in both_orders() {
        house.before("3", &["R1 Ana 101;102 5..8"]);
        let rows = ["R1 Ana 101;102 5..8", "R2 Ben 101 5..8 checked_in"];
        let ran = house.night("5T10:00", &rows);
        ran.has(&["101 R2", "102 R1"]).names(&["R1", "R2"], "101").code(3);
        house.settles(&rows, &[("5T11:00", 3), ("6", 3)]);
    }
    for mut house in both_orders() {
        let rows = ["R1 Ana 101;102 5..8 booked=10-02", "R2 Ben 101 5..8 booked=10-01"];
        house.night("3", &rows).has(&["101 R2", "102 R1"]).names(&["R1", "R2"], "101").code(3);
    }
}

#[test]
fn dispute_of_two_checked_in_is_nobodys_and_due_now() {
    for mut house in both_orders() {
        let rows = ["R1 Ana 001 5..8 checked_in", "R2 Ben 001 5..8 checked_in"];
        let ran = house.night("5T16:00", &rows);
        ran.has(&[]).due_now(&["R1", "R2"], "001").code(3);
        house.settles(&rows, &[("5T17:00", 3), ("6", 3)]);
    }
}

#[test]
fn dispute_of_two_keys_keeps_both_and_neither_gains() {
    for mut house in both_orders() {
        house.policy = "create-only";
        house.before("3", &["R1 Ana 001 5..8"]);
        house.night("3T04:00", &["R1 Ana 001 5..8 cancelled", "R2 Ben 001 5..8"]).has(&["001 R1", "001 R2"]);
        house.policy = "sync";
        let rows = ["R1 Ana 001 5..9", "R2 Ben 001 5..8"];
        let ran = house.night("4", &rows);
        ran.opens(&["001 R1 Ana 5T15..8T11", "001 R2 Ben 5T15..8T11"]);
        ran.names(&["R1", "R2"], "001").does_nothing().code(3);
        house.settles(&rows, &[("4T04:00", 3), ("5", 3)]);
    }
}

#[test]
fn checked_in_guest_opens_no_later_than_now() {
    for mut house in both_orders() {
        house.before("3", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana 001 5..8 checked_in"];
        house.night("5T09:00", &rows).opens(&["001 R1 Ana now..8T11"]).code(0);
        house.settles(&rows, &[("5T10:00", 0), ("6", 0)]);
    }
}

#[test]
fn checked_in_early_waits_for_who_has_not_left() {
    for mut house in both_orders() {
        house.before("2", &["R1 Ana 001 3..5", "R2 Ben 001 5..8"]);
        let rows = ["R1 Ana 001 3..5", "R2 Ben 001 5..8 checked_in"];
        let ran = house.night("5T09:00", &rows);
        ran.opens(&["001 R1 Ana now..5T11", "001 R2 Ben 5T11..8T11"]).due_now(&["R1", "R2"], "001").code(3);
    }
}

#[test]
fn checked_in_early_takes_no_night_from_anybody() {
    for mut house in both_orders() {
        // Cid says checked in a day ahead; the night of the 4th is Ana's.
        let rows = ["R1 Ana 001 4..5", "R3 Cid 001 5..8 checked_in"];
        let ran = house.night("4T22:00", &rows);
        ran.opens(&["001 R1 Ana now..5T11", "001 R3 Cid 5T11..8T11"]);
    }
}

#[test]
fn back_to_back_bookings_of_one_guest_are_bridged() {
    for house in both_orders() {
        let mut house = house.party(&["R1", "R2"]);
        let rows = ["R1 Ana 001 3..5 key=G1", "R2 Ana 001 5..8 key=G1"];
        let ran = house.night("2", &rows);
        for moment in ["4T12:00", "5T11:30", "5T14:30", "6T12:00"] {
            assert!(!ran.who_opens("001", moment).is_empty(), "{moment}\n{}", ran.story());
        }
        house.settles(&rows, &[("2T04:00", 0), ("3", 0)]);
    }
}

#[test]
fn filtered_run_knows_the_claims_outside() {
    for mut house in both_orders() {
        let flags = Flags { only: &["R2"], ..Flags::default() };
        let rows = ["R1 Ana 001 5..8 checked_in", "R2 Ben 001 5..8"];
        let ran = house.night_with("5T16:00", &rows, flags);
        ran.has(&[]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn filtered_run_lets_no_room_again() {
    for mut house in both_orders() {
        house.coverage = "partial";
        house.before("2", &among(14, &["R1 Ana 001 5..8"]));
        let rows = among(14, &["R2 Ben 001 5..8"]);
        let flags = Flags { only: &["R2"], ..Flags::default() };
        let ran = house.night_with("3", &rows, flags);
        ran.opens_here(&["001 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn stay_beyond_the_horizon_claims_its_room() {
    for mut house in both_orders() {
        house.sections = "[grants]\nhorizon = \"5d\"";
        let rows = ["R1 Ana 001 10..14 booked=10-01", "R2 Ben 001 7..12 booked=10-02"];
        let ran = house.night("3", &rows);
        ran.has(&[]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn newest_row_of_a_guest_unit_and_night_counts() {
    for mut house in both_orders() {
        house.before("2", &["R1 Ana 001 5..8 updated=11-01T08:00"]);
        let rows = ["R1 Ana 001 5..8 updated=11-01T08:00", "R1 Ana 001 5..8 cancelled updated=12-02T08:00"];
        house.night("3", &rows).opens(&[]).code(0);
        // Taken up again.
        let rows = ["R1 Ana 001 5..8 cancelled updated=12-02T08:00", "R1 Ana 001 5..9 updated=12-03T08:00"];
        house.night("3T12:00", &rows).opens(&["001 R1 Ana 5T15..9T11"]).code(0);
        house.settles(&rows, &[("3T13:00", 0), ("4", 0)]);
    }
}

#[test]
fn contradicting_rows_are_held_and_what_the_guest_has_stays() {
    let pairs = [
        ["R1 Ana 001 5..8", "R1 Ana 001 5..8 cancelled"],
        ["R1 Ana 001 5..8 updated=12-01T08:00", "R1 Ana 001 5..8 cancelled updated=12-01T08:00"],
        ["R1 Ana 001 5..8 updated=12-01T08:00", "R1 Ana 001 5..8 cancelled"],
    ];
    for rows in pairs {
        for mut house in both_orders() {
            house.before("2", &["R1 Ana 001 5..8"]);
            let ran = house.night("3", &rows);
            ran.opens(&["001 R1 Ana 5T15..8T11"]).does_nothing().says(&["one row grants"]).code(3);
            house.settles(&rows, &[("3T04:00", 3), ("4", 3)]);
        }
        for mut house in both_orders() {
            let ran = house.night("3", &rows);
            ran.opens(&[]).does_nothing().code(3);
        }
        // Another party does not get the unit over it.
        for mut house in both_orders() {
            house.before("2", &["R1 Ana 001 5..8"]);
            let ran = house.night("3", &[rows[0], rows[1], "R2 Ben 001 5..8"]);
            ran.opens(&["001 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
        }
    }
}
