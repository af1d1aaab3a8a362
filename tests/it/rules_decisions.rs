//! What a person decides with `decide` (RULES 17), typed as it is promised.

use super::hotel_access::Ran;
use super::hotel_nights::{Flags, House, houses};

const TWO: [&str; 2] = ["R1 Ana 001 5..8", "R2 Ben 001 5..8"];

/// R1 has the key of 001, and R2 waits.
fn disputed(mut house: House) -> House {
    house.before("3", &TWO[..1]);
    house.night("4", &TWO).has(&["001 R1"]).names(&["R1", "R2"], "001").code(3);
    house
}

#[track_caller]
fn decide(house: &mut House, arguments: &[&str], code: i32) {
    let words = [&["decide"], arguments, &["--reason", "the desk knows them"]].concat();
    let ended = house.program(&words);
    assert_eq!(ended.code, code, "{words:?}: {ended:#?}");
}

#[track_caller]
fn next(house: &mut House, moment: &str) -> Ran {
    house.night(moment, &TWO)
}

#[test]
fn decided_sharing_makes_one_party() {
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R2", "--share-with", "R1"], 0);
        let mut house = house.party(&["R1", "R2"]);
        next(&mut house, "4T05:00").has(&["001 R1", "001 R2"]).code(0);
        house.settles(&TWO, &[("4T06:00", 0), ("6", 0)]);
    }
}

#[test]
fn decided_grant_comes_first_and_is_an_item() {
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R2", "--grant"], 0);
        let ran = next(&mut house, "4T05:00");
        let opens = ran.told();
        assert!(opens.contains(&"001 R2 Ben 5T15..8T11".to_owned()), "{}", ran.story());
        ran.names(&["R1", "R2"], "001").code(3);
        let again = next(&mut house, "4T06:00");
        again.does_nothing().names(&["R1", "R2"], "001").code(3);
    }
}

#[test]
fn decided_revocation_takes_the_key_and_ends_the_claim() {
    for policy in ["sync", "create-only", "upsert-only"] {
        for house in houses() {
            let mut house = disputed(house);
            house.policy = policy;
            house.guards = "max_cancel = 0\nmax_delete = 0";
            decide(&mut house, &["R1", "--revoke"], 0);
            let ran = next(&mut house, "4T05:00");
            ran.opens(&["001 R2 Ben 5T15..8T11"]);
            next(&mut house, "4T06:00").does_nothing().opens(&["001 R2 Ben 5T15..8T11"]);
        }
    }
}

#[test]
fn decided_leave_keeps_key_and_claim() {
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R1", "--leave"], 0);
        let rows = ["R1 Ana 001 5..8 cancelled", "R2 Ben 001 5..8"];
        let ran = house.night("4T05:00", &rows);
        ran.has(&["001 R1"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn decided_undo_takes_the_decision_back() {
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R1", "--leave"], 0);
        decide(&mut house, &["R1", "--undo"], 0);
        let rows = ["R1 Ana 001 5..8 cancelled", "R2 Ben 001 5..8"];
        house.night("4T05:00", &rows).opens(&["001 R2 Ben 5T15..8T11"]).code(0);
    }
}

#[test]
fn decided_twice_the_newest_counts() {
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R1", "--leave"], 0);
        decide(&mut house, &["R1", "--revoke"], 0);
        next(&mut house, "4T05:00").opens(&["001 R2 Ben 5T15..8T11"]);
    }
}

#[test]
fn decided_about_the_reservation_and_about_a_unit_the_newest_counts() {
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R1", "--leave"], 0);
        decide(&mut house, &["R1", "--unit", "001", "--revoke"], 0);
        next(&mut house, "4T05:00").opens(&["001 R2 Ben 5T15..8T11"]);
    }
    for house in houses() {
        let mut house = disputed(house);
        decide(&mut house, &["R1", "--unit", "001", "--revoke"], 0);
        decide(&mut house, &["R1", "--leave"], 0);
        next(&mut house, "4T05:00").has(&["001 R1"]).does_nothing();
    }
}

#[test]
fn decided_until_a_day_it_ends_after_it() {
    for house in houses().take(2) {
        let mut house = disputed(house);
        decide(&mut house, &["R1", "--leave", "--until", "2026-12-04"], 0);
        let rows = ["R1 Ana 001 5..8 cancelled", "R2 Ben 001 5..8"];
        house.night("4T23:00", &rows).has(&["001 R1"]).does_nothing().code(3);
        house.night("5T00:30", &rows).opens(&["001 R2 Ben 5T15..8T11"]).code(0);
    }
}

#[test]
fn decided_about_one_unit_leaves_the_other() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 001;002 5..8"]);
        let rows = ["R1 Ana 001;002 5..8 cancelled", "R2 Ben 001 5..8", "R3 Cid 002 5..8"];
        decide(&mut house, &["R1", "--unit", "001", "--leave"], 0);
        let ran = house.night("4", &rows);
        ran.has(&["001 R1", "002 R3"]).names(&["R1", "R2"], "001").code(3);
        house.settles(&rows, &[("4T04:00", 3), ("5", 3)]);
    }
}

#[test]
fn decided_about_its_only_unit_a_cancelled_stay_keeps_its_key() {
    for mut house in houses() {
        house.before("3", &["R1 Ana 001 5..8"]);
        let rows = ["R1 Ana 001 5..8 cancelled", "R2 Ben 001 5..8"];
        decide(&mut house, &["R1", "--unit", "001", "--leave"], 0);
        house.night("4", &rows).has(&["001 R1"]).names(&["R1", "R2"], "001").does_nothing().code(3);
    }
}

#[test]
fn decision_works_from_the_next_run_and_is_shown_in_plans() {
    for house in houses().take(2) {
        let mut house = disputed(house);
        let before = house.snapshot();
        decide(&mut house, &["R2", "--share-with", "R1"], 0);
        assert_eq!(house.snapshot(), before, "`decide` sends nothing");
        let mut house = house.party(&["R1", "R2"]);
        let dry = house.night_with("4T05:00", &TWO, Flags { is_dry: true, ..Flags::default() });
        assert!(dry.report.to_string().contains("the desk knows them"), "{}", dry.story());
        let shown = house.program(&["explain", "R2"]);
        assert!(shown.stdout.contains("the desk knows them"), "{shown:#?}");
    }
}

#[test]
fn decide_refuses_what_it_cannot_mean() {
    let mut house = disputed(houses().next().expect("four"));
    decide(&mut house, &["R1", "--leave"], 0);
    decide(&mut house, &["R1", "--undo"], 0);
    decide(&mut house, &["R9", "--leave"], 64);
    decide(&mut house, &["R1", "--leave", "--grant"], 64);
    decide(&mut house, &["R1"], 64);
    decide(&mut house, &["R1", "--undo"], 64);
    decide(&mut house, &["R1", "--share-with", "R9"], 64);
    let ended = house.program(&["decide", "R1", "--leave", "--reason", ""]);
    assert_eq!(ended.code, 64, "{ended:#?}");
    let ended = house.program(&["decide", "R1", "--leave"]);
    assert_eq!(ended.code, 64, "{ended:#?}");
}
