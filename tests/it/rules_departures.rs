//! Keys that must go before a newcomer comes, and what keeps them (RULES 15, 16): one sentence a test.

use super::hotel_nights::{DOORS, Flags, House, among, houses, houses_of};

#[test]
fn departure_by_any_word_frees_the_room() {
    for status in ["cancelled", "no_show", "checked_out"] {
        for mut house in houses() {
            house.before("3", &["R1 Ana 001 5..8"]);
            let rows = [format!("R1 Ana 001 5..8 {status}"), "R2 Ben 001 5..8".to_owned()];
            house.night("4", &rows).opens(&["001 R2 Ben 5T15..8T11"]).code(0);
        }
    }
}

#[test]
fn departure_by_shorter_dates_frees_the_nights() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 001 5..9"]);
        let rows = ["R1 Ana 001 5..7", "R2 Ben 001 7..10"];
        let ran = house.night("4", &rows);
        ran.opens(&["001 R1 Ana 5T15..7T11", "001 R2 Ben 7T15..10T11"]).code(0);
        assert!(ran.position("update pms::R1:") < ran.position("create pms::R2:"), "{}", ran.story());
        house.settles(&rows, &[("4T04:00", 0), ("6", 0)]);
    }
}

#[test]
fn departure_by_moved_dates_frees_the_room() {
    for mut house in houses_of("complete") {
        house.before("2", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana 001 12..15", "R2 Ben 001 5..8"];
        house.night("3", &rows).opens(&["001 R1 Ana 12T15..15T11", "001 R2 Ben 5T15..8T11"]).code(0);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
    }
}

#[test]
fn relet_takes_only_the_nights_that_are_the_others() {
    // Ana has the 5th to the 9th, and is absent; what Ben has, and what each opens afterwards.
    let cases: [(&str, &[&str]); 2] = [
        ("7..10", &["001 R1 Ana 5T15..7T11", "001 R2 Ben 7T15..10T11"]),
        ("5..9", &["001 R2 Ben 5T15..9T11"]),
    ];
    for (nights, opens) in cases {
        for mut house in houses_of("partial") {
            house.before("2", &among(14, &["R1 Ana 001 5..9"]));
            let rows = among(14, &[&format!("R2 Ben 001 {nights}")]);
            let ran = house.night("3", &rows);
            ran.opens_here(opens).names(&["R1", "R2"], "001").code(3);
            ran.matter("unit_relet", &["R1", "R2"]);
            house.night("3T04:00", &rows).does_nothing();
        }
    }
}

#[test]
fn relet_keeps_the_nights_after() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 001 5..9"]));
        let ran = house.night("3", &among(14, &["R2 Ben 001 5..7"]));
        ran.has(&["001 R1", "001 R2"]).names(&["R1", "R2"], "001").code(3);
        assert_eq!(ran.who_opens("001", "6T03:00"), ["R2"], "{}", ran.story());
        assert_eq!(ran.who_opens("001", "8T03:00"), ["R1"], "{}", ran.story());
    }
}

#[test]
fn relet_with_nights_on_both_sides_takes_nothing() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 001 5..9"]));
        let ran = house.night("3", &among(14, &["R2 Ben 001 6..8"]));
        ran.opens_here(&["001 R1 Ana 5T15..9T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn relet_takes_one_of_two_rooms() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 101;102 5..8"]));
        let rows = among(14, &["R2 Ben 101 5..8"]);
        house.night("3", &rows).has(&["101 R2", "102 R1"]).names(&["R1", "R2"], "101").code(3);
        house.night("3T04:00", &rows).does_nothing();
    }
}

#[test]
fn relet_of_one_of_two_rooms_leaves_the_nights_before_too() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 101;102 5..9"]));
        let rows = among(14, &["R2 Ben 101 7..9"]);
        let ran = house.night("3", &rows);
        ran.names(&["R1", "R2"], "101").code(3);
        for (room, at, who) in [("101", "6T03:00", "R1"), ("101", "8T03:00", "R2"), ("102", "8T03:00", "R1")]
        {
            assert_eq!(ran.who_opens(room, at), [who], "{room} {at}\n{}", ran.story());
        }
        house.night("3T04:00", &rows).does_nothing();
    }
}

#[test]
fn relet_of_both_rooms_leaves_nothing() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 101;102 5..8"]));
        let rows = among(14, &["R2 Ben 101 5..8", "R3 Cid 102 5..8"]);
        house.night("3", &rows).has(&["101 R2", "102 R3"]).code(3);
    }
}

#[test]
fn unit_taken_off_gives_up_the_room_that_another_needs() {
    for mut house in houses_of("complete") {
        house.before("2", &among(14, &["R1 Ana 101;102 5..8"]));
        let rows = among(14, &["R1 Ana - 5..8", "R2 Ben 101 5..8"]);
        house.night("3", &rows).has(&["101 R2", "102 R1"]).code(0);
        house.night("3T04:00", &rows).does_nothing();
    }
}

#[test]
fn relet_needs_a_newcomer_who_gets_the_room() {
    for mut house in houses_of("partial") {
        house.before("2", &among(20, &["R1 Ana 001 5..8", "R3 Cid 002 5..8"]));
        // Ben wants both rooms, and Cid's word says nothing: he is held as a whole.
        let rows = among(20, &["R2 Ben 001;002 5..8", "R3 Cid 002 5..8 perhaps"]);
        let ran = house.night("3", &rows);
        ran.has(&["001 R1", "002 R3"]).names(&["R2", "R3"], "002").does_nothing().code(3);
    }
}

#[test]
fn relet_is_not_read_from_a_truncated_file() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.coverage = "partial");
        house.before("2", &among(20, &["R1 Ana 001 5..8"]));
        house.at("3");
        let mut rows = among(20, &["R2 Ben 001 5..8"]);
        rows.push("R7 Gil 007 5..8".to_owned());
        house.write(&rows);
        let text = house.bytes();
        house.write_bytes(text.trim_end().trim_end_matches("2026-12-08").trim_end_matches(','));
        let ran = house.run(Flags::default());
        ran.opens_here(&["001 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn relet_is_not_of_a_stay_that_was_never_recorded() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 001 5..8"]));
        house.lose_store();
        let rows = among(14, &["R2 Ben 001 5..8"]);
        let ran = house.night("3", &rows);
        ran.opens_here(&["001 R1 Ana 5T15..8T11"]).names(&["R1", "R2"], "001").code(3);
        let flags = Flags { allow: &["unknown_origin=1"], ..Flags::default() };
        let ran = house.night_with("3T04:00", &rows, flags);
        ran.opens_here(&["001 R2 Ben 5T15..8T11"]).names(&["R1", "R2"], "001");
    }
}

#[test]
fn who_waits_behind_a_move_does_not_hold_it() {
    for mut house in houses() {
        house.before("2", &among(20, &["R1 Ana 001 5..8", "R3 Cid 003 5..8"]));
        let rows = among(20, &["R1 Ana 002 5..8", "R2 Ben 001;003 5..8", "R3 Cid 003 5..8 perhaps"]);
        let ran = house.night("3", &rows);
        ran.has(&["002 R1", "003 R3"]).names(&["R2", "R3"], "003").code(3);
    }
}

#[test]
fn ring_goes_whole_or_not_at_all() {
    let swap = ["R1 Ana 002 5..8", "R2 Ben 001 5..8"];
    let only = Flags { only: &["R1"], ..Flags::default() };
    let few = Flags { max_changes: Some(1), ..Flags::default() };
    for (flags, code) in [(only, 3), (few, 8)] {
        for mut house in houses() {
            house.before("2", &["R1 Ana 001 5..8", "R2 Ben 002 5..8"]);
            let ran = house.night_with("3", &swap, flags);
            ran.has(&["001 R1", "002 R2"]).names(&["R1", "R2"], "001").does_nothing().code(code);
            house.night("3T04:00", &swap).has(&["001 R2", "002 R1"]).code(0);
            house.settles(&swap, &[("3T05:00", 0), ("4", 0)]);
        }
    }
}

#[test]
fn ring_is_held_whole_without_sync() {
    for policy in ["create-only", "upsert-only"] {
        for mut house in houses() {
            house.before("2", &["R1 Ana 001 5..8", "R2 Ben 002 5..8"]);
            house.policy = policy;
            let swap = ["R1 Ana 002 5..8", "R2 Ben 001 5..8"];
            let ran = house.night("3", &swap);
            ran.has(&["001 R1", "002 R2"]).names(&["R1", "R2"], "001").does_nothing().code(3);
            house.settles(&swap, &[("3T04:00", 3), ("4", 3)]);
        }
    }
}

#[test]
fn rings_of_any_size_are_carried_out() {
    for size in [3, 4, 6] {
        for night in ["3", "6"] {
            for mut house in houses().take(2) {
                house.guards = "max_in_house = 6\nmax_update = \"100%\"";
                let row =
                    |n: usize, room: usize| format!("R{n} {} 00{room} 5..8", super::hotel_nights::letters(n));
                let before: Vec<String> = (1..=size).map(|n| row(n, n)).collect();
                let moved: Vec<String> = (1..=size).map(|n| row(n, n % size + 1)).collect();
                house.before("2", &before);
                let ran = house.night(night, &moved);
                let opens: Vec<String> = (1..=size).map(|n| format!("00{} R{n}", n % size + 1)).collect();
                ran.has(&opens.iter().map(String::as_str).collect::<Vec<_>>()).code(0);
                let outside = |n: &usize| !ran.outside(&format!("R{n}")).is_empty();
                let n_outside = (1..=size).filter(outside).count();
                // In house one gives up first; before the stays begin, everybody is outside anyway.
                assert!(night == "3" || n_outside == 1, "{n_outside} stand outside\n{}", ran.story());
            }
        }
    }
}

#[test]
fn opted_out_key_stays_and_newcomer_waits() {
    for mut house in houses() {
        house.before("2", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana 001 5..8 opt_out=true", "R2 Ben 001 5..8"];
        let ran = house.night("3", &rows);
        ran.has(&["001 R1"]).names(&["R1", "R2"], "001").does_nothing().code(3);
        house.settles(&rows, &[("3T04:00", 3), ("4", 3)]);
    }
}

#[test]
fn held_mover_gives_back_the_nights_beyond_its_dates() {
    for mut house in houses_of("partial") {
        house.before("2", &among(14, &["R1 Ana 001 2..9", "R3 Cid 002 2..9"]));
        // Cid is absent and in house, so that Ana cannot move; Ben has the nights that she gave up.
        let rows = among(14, &["R1 Ana 002 2..7", "R2 Ben 001 7..9"]);
        let ran = house.night("5", &rows);
        ran.opens_here(&["001 R1 Ana now..7T11", "001 R2 Ben 7T15..9T11", "002 R3 Cid now..9T11"]);
        ran.names(&["R1", "R3"], "002").code(3);
        house.night("5T04:00", &rows).does_nothing().code(3);
    }
}

#[test]
fn item_says_who_opens_now_and_prints_what_helps() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 104 5..8", "R3 Cid 209 5..8"]);
        let ran = house.night("6", &["R1 Ana 209 5..8", "R3 Cid 209 5..8", "R2 Ben 104 5..8"]);
        ran.says(&["Ana", "104"]).says(&["reservation-sync decide", "R2 --share-with R1"]);
        let commands = ran.commands();
        let decides: Vec<&String> =
            commands.iter().filter(|c| c.starts_with("reservation-sync decide")).collect();
        assert!(!decides.is_empty(), "{}", ran.story());
        for command in decides {
            assert!(command.contains("--reason"), "{command}");
        }
    }
}

#[test]
fn overstay_alone_in_its_room_is_no_item() {
    for mut house in houses() {
        house.before("3", &["R1 Roux 110 2..5 checked_in", "R2 Okafor 109 5..8"]);
        let ran = house.night("5T22:00", &["R1 Roux 110 2..5 checked_in", "R2 Okafor 109 5..8"]);
        ran.has(&["109 R2"]).does_nothing();
        assert!(!ran.is_named(&["R1", "R2"], "110"), "{}", ran.story());
    }
}
