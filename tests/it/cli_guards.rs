//! Guards as a night manager meets them: a stop, the same stop again, a quarantine, and the ways out of it (RULES 25).

use std::fs;

use serde_json::Value;

use super::cli_program::{Ended, Place, check};
use super::scenario_night::folder;

/// A hotel of twelve stays that were carried out, of which six are cancelled all at once and one is new.
fn half_is_cancelled() -> Place {
    let place = Place::like(&folder().join("stay-vanishes-from-the-file"));
    let all = fs::read_to_string(place.path("earlier.csv")).expect("the scenario has it");
    place.write("reservations.csv", &all);
    assert_eq!(run(&place, &[]).code, 0);
    let mut rows: Vec<String> = all.lines().map(str::to_owned).collect();
    for row in &mut rows[1..=6] {
        *row = row.replace("confirmed", "cancelled");
    }
    rows.push("R2001,confirmed,101,2026-12-20,2026-12-22,G99,Nova Costa".to_owned());
    place.write("reservations.csv", &(rows.join("\n") + "\n"));
    place
}

fn run(place: &Place, flags: &[&str]) -> Ended {
    let arguments = [&["run", "--config", "config.toml"], flags].concat();
    place.run(&arguments)
}

#[test]
fn a_guard_stops_before_the_first_write_and_says_what_would_let_the_plan_pass() {
    let place = half_is_cancelled();
    let words = ["6 of 12 grants", "R1001", "--allow max_cancel=6", "Nothing was written to Seam."];
    check(&run(&place, &[]), 4, &[&words[..], &["at most 3 may"]].concat());
    let too_few = run(&place, &["--allow", "max_cancel=5", "--reason", "a wedding was called off"]);
    check(&too_few, 4, &[&words[..], &["at most 5 may"]].concat());
    let passed = run(&place, &["--allow", "max_cancel=6", "--reason", "a wedding was called off"]);
    check(&passed, 0, &["1 created", "6 revoked"]);
}

#[test]
fn the_third_stop_of_the_same_plan_is_a_quarantine_in_which_guests_only_get_more() {
    let place = half_is_cancelled();
    check(&run(&place, &[]), 4, &["Nothing was written to Seam."]);
    check(&run(&place, &[]), 4, &["this is run 2 in a row", "Nothing was written to Seam."]);
    // A run for one reservation in between changes nothing about that.
    check(&run(&place, &["--reservation", "R1012"]), 0, &["Limited to"]);
    let third = run(&place, &[]);
    check(&third, 4, &["in quarantine", "1 created", "0 revoked", "6 held", "reservation-sync release"]);
    check(&run(&place, &[]), 4, &["in quarantine", "0 created", "0 revoked"]);
}

/// The same input gives the same plan (RULES 34), outside what belongs to the making of it.
#[test]
fn two_plans_of_the_same_input_are_the_same() {
    let place = half_is_cancelled();
    let plan = || {
        let ended = place.run(&["plan", "--config", "config.toml", "--format", "json"]);
        let mut document: Value = serde_json::from_str(&ended.stdout).expect("a document");
        for made in ["run_id", "started_at", "finished_at", "calls"] {
            document.as_object_mut().expect("an object").remove(made);
        }
        document.to_string()
    };
    let first = plan();
    assert!(first.contains("R1001") && first.contains("R2001"), "{first}");
    assert_eq!(plan(), first);
}

/// A run that is about some reservations only says nothing of those that are missing (RULES 40).
#[test]
fn a_limited_run_counts_no_absence() {
    let place = Place::like(&folder().join("stay-vanishes-from-the-file"));
    let all = fs::read_to_string(place.path("earlier.csv")).expect("the scenario has it");
    let gone = fs::read_to_string(place.path("reservations.csv")).expect("the scenario has it");
    place.write("reservations.csv", &all);
    assert_eq!(run(&place, &[]).code, 0);
    place.write("reservations.csv", &gone);
    for flags in [["--reservation", "R1001"], ["--wave", "50%"], ["--exclude", "R1001"]] {
        check(&run(&place, &flags), 0, &["Limited to", "0 held"]);
    }
    check(&run(&place, &[]), 0, &["(1 of 2 complete runs)", "1 held"]);
}

#[test]
fn a_quarantine_is_lifted_by_a_person_or_by_itself() {
    let place = half_is_cancelled();
    for _ in 0..3 {
        assert_eq!(run(&place, &[]).code, 4);
    }
    let release = ["release", "--config", "config.toml"];
    check(&place.run(&release), 0, &["Released max_cancel (all), which stopped 3 runs"]);
    check(&place.run(&release), 0, &["nothing to release"]);
    check(&run(&place, &[]), 4, &["Nothing was written to Seam."]);
    // The cancellations were a mistake of the export.
    let all = fs::read_to_string(place.path("earlier.csv")).expect("the scenario has it");
    place.write("reservations.csv", &all);
    check(&run(&place, &[]), 0, &[]);
    check(&place.run(&release), 0, &["nothing to release"]);
}
