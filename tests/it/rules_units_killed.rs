//! Runs that are killed after each of their calls: never two parties, nobody outside for nothing, and the next run ends
//! what was begun (RULES 15, 29).

use super::hotel_nights::{Flags, House, houses};

/// The same file a few minutes later, and once more.
#[track_caller]
fn ends(house: &mut House, opens: &[&str], code: i32) -> super::hotel_access::Ran {
    house.at_minute(5);
    let ran = house.run(Flags::default());
    ran.opens(opens).code(code);
    house.at_minute(10);
    house.run(Flags::default()).does_nothing().opens(opens).code(code);
    ran
}

#[test]
fn both_deletions_come_before_the_newcomers_create() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 000 6..8", "R1 Al 000 6..8"]);
        house.at("4");
        house.write(&["R1 Ana 000 6..8 cancelled", "R1 Al 000 6..8 cancelled", "R2 Ben 000 5..8"]);
        let opens = ["000 R2 Ben 5T15..8T11"];
        let whole = house.killed(|_, _, house| drop(ends(house, &opens, 0)));
        whole.opens(&opens).code(0);
        let last_deletion = whole.calls.iter().rposition(|(_, call)| call.starts_with("delete"));
        assert!(last_deletion < Some(whole.position("create pms::R2:")), "{}", whole.story());
    }
}

#[test]
fn swap_in_house_has_one_guest_outside_at_most() {
    for mut house in houses() {
        house.before("2", &["R1 Ana 001 3..7", "R2 Ben 002 3..7"]);
        house.at("5");
        house.write(&["R1 Ana 002 3..7", "R2 Ben 001 3..7"]);
        let opens = ["001 R2 Ben now..7T11", "002 R1 Ana now..7T11"];
        let whole = house.killed(|_, killed, house| {
            killed.never_outside("R2");
            ends(house, &opens, 0).never_outside("R2");
        });
        whole.opens(&opens).never_outside("R2").code(0);
        // The first by key gives up its room first, and is outside until the last call of the ring.
        assert!(whole.calls[0].1.starts_with("delete pms::R1:"), "{}", whole.story());
        assert_eq!(whole.position("create pms::R1:"), whole.calls.len() - 1, "{}", whole.story());
    }
}

#[test]
fn ring_with_a_guest_to_come_leaves_nobody_outside() {
    for mut house in houses() {
        // R3 arrives later; in house are R1 and R2.
        house.before("2", &["R1 Ana 001 3..9", "R2 Ben 002 3..9", "R3 Cid 003 7..9"]);
        house.at("5");
        house.write(&["R1 Ana 002 3..9", "R2 Ben 003 3..9", "R3 Cid 001 7..9"]);
        let opens = ["001 R3 Cid 7T15..9T11", "002 R1 Ana now..9T11", "003 R2 Ben now..9T11"];
        let whole = house.killed(|_, killed, house| {
            killed.never_outside("R1").never_outside("R2");
            ends(house, &opens, 0).never_outside("R1").never_outside("R2");
        });
        whole.opens(&opens).never_outside("R1").never_outside("R2").code(0);
    }
}

#[test]
fn chain_of_moves_goes_from_its_free_end() {
    for mut house in houses() {
        house.guards = "max_in_house = 6\nmax_update = 8";
        house.before("2", &["R1 Ana 001 3..9", "R2 Ben 002 3..9", "R3 Cid 003 3..9"]);
        house.at("5");
        house.write(&["R1 Ana 002 3..9", "R2 Ben 003 3..9", "R3 Cid 004 3..9", "R4 Eve 001 5..9"]);
        let opens =
            ["001 R4 Eve 5T15..9T11", "002 R1 Ana now..9T11", "003 R2 Ben now..9T11", "004 R3 Cid now..9T11"];
        let whole = house.killed(|_, killed, house| {
            let again = ends(house, &opens, 0);
            for key in ["R1", "R2", "R3"] {
                killed.never_outside(key);
                again.never_outside(key);
            }
        });
        whole.opens(&opens).code(0);
        for key in ["R1", "R2", "R3"] {
            whole.never_outside(key);
        }
    }
}

#[test]
fn newcomer_after_a_move_waits_for_the_old_key() {
    for mut house in houses() {
        house.before("2", &["R1 Ana 001 5..8"]);
        house.at("3");
        house.write(&["R1 Ana 002 5..8", "R2 Ben 001 5..8"]);
        let opens = ["001 R2 Ben 5T15..8T11", "002 R1 Ana 5T15..8T11"];
        house.killed(|_, _, house| drop(ends(house, &opens, 0))).opens(&opens).code(0);
    }
}

#[test]
fn what_a_run_broke_off_comes_first_in_the_next_one() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 000 7..9", "R1 Al 000 7..9"]);
        house.at("4");
        house.write(&["R1 Ana 001 7..9", "R1 Al 001 7..9"]);
        house.killed(|number, killed, house| {
            let is_left = number + 1 < 4;
            // Arrives two days earlier.
            house.write(&["R1 Ana 001 7..9", "R1 Al 001 7..9", "R2 Ben 002 5..6"]);
            house.at_minute(5);
            let next = house.run(Flags { max_changes: Some(2), ..Flags::default() });
            let first = next.calls.first().map(|(_, call)| call.as_str()).unwrap_or_default();
            let story = format!("{}\n{}", killed.story(), next.story());
            if is_left {
                assert!(first.contains(" pms::R1:"), "{story}");
            } else {
                assert!(first.starts_with("create pms::R2:"), "{story}");
            }
        });
    }
}
