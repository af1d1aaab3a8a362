//! An older export must not take back what a newer one brought (RULES 26).

use std::fs;

use serde_json::Value;

use super::cli_program::{Ended, Place, check};
use super::scenario_night::folder;

/// A hotel of twelve stays that were carried out, and its export with one of them a day longer and one more.
fn hotel() -> (Place, String, String) {
    let place = Place::like(&folder().join("stay-vanishes-from-the-file"));
    let older = fs::read_to_string(place.path("earlier.csv")).expect("the scenario has it");
    place.write("reservations.csv", &older);
    assert_eq!(run(&place, &[]).code, 0);
    let longer = older.replace(DEPARTURE.0, DEPARTURE.1);
    assert_ne!(longer, older, "{older}");
    (place, older, format!("{longer}R2001,confirmed,101,2026-12-20,2026-12-22,G99,Nova Costa\n"))
}

/// The departure of the last stay, and a day later.
const DEPARTURE: (&str, &str) = ("112,2026-12-04,2026-12-07", "112,2026-12-04,2026-12-08");

fn run(place: &Place, flags: &[&str]) -> Ended {
    place.run(&[&["run", "--config", "config.toml"], flags].concat())
}

const OLDER: &str = "an earlier run read these bytes, and a later one others";

const ALLOWED: [&str; 4] = ["--allow", "older_source=1", "--reason", "the newer one was wrong"];

#[test]
fn older_source_that_takes_is_refused_until_allowed() {
    let (place, older, newer) = hotel();
    place.write("reservations.csv", &newer);
    check(&run(&place, &[]), 0, &["1 created", "1 updated"]);
    place.write("reservations.csv", &older);
    let words = [
        "older_source:",
        "Nothing was written to Seam.",
        "export again",
        "reservation-sync run -c config.toml --allow older_source=1 --reason \"…\"",
    ];
    for _ in 0..3 {
        check(&run(&place, &[]), 6, &words);
    }
    check(&place.run(&["plan", "--config", "config.toml"]), 6, &["--allow older_source=1"]);
    check(&run(&place, &["--reservation", "R1012"]), 6, &["--allow older_source=1"]);
    check(&run(&place, &ALLOWED), 0, &["1 updated"]);
    // Those bytes are the newest from then on.
    let again = run(&place, &[]);
    check(&again, 0, &["the same bytes as in the last run"]);
    assert!(!again.stdout.contains(OLDER), "{again:#?}");
}

#[test]
fn older_source_that_only_gives_is_a_warning() {
    let (place, older, newer) = hotel();
    place.write("reservations.csv", &newer);
    check(&run(&place, &[]), 0, &[]);
    place.write("reservations.csv", &older);
    check(&run(&place, &ALLOWED), 0, &[]);
    place.write("reservations.csv", &newer);
    check(&run(&place, &[]), 0, &["1 updated", OLDER]);
    // A file that was only let pass does not become the newest, and the newest is never an older one.
    place.write("reservations.csv", &older);
    let newest = run(&place, &[]);
    check(&newest, 0, &["1 updated"]);
    assert!(!newest.stdout.contains(OLDER), "{newest:#?}");
}

#[test]
fn older_source_of_a_small_house_is_a_warning() {
    let (place, older, newer) = hotel();
    let config = place.read("config.toml");
    place.write("config.toml", &format!("{config}\n[guards]\nmin_existing = 13\n"));
    place.write("reservations.csv", &newer);
    check(&run(&place, &[]), 0, &[]);
    place.write("reservations.csv", &older);
    check(&run(&place, &[]), 0, &["1 updated", OLDER]);
}

#[test]
fn older_source_and_guards_are_allowed_at_once() {
    let (place, older, newer) = hotel();
    place.write("reservations.csv", &newer);
    check(&run(&place, &[]), 0, &[]);
    // Half of the house is moved by the older export.
    let mut rows: Vec<String> = newer.lines().map(str::to_owned).collect();
    for row in &mut rows[1..=7] {
        *row = row.replace("2026-12-0", "2026-12-1");
    }
    place.write("reservations.csv", &(rows.join("\n") + "\n"));
    let moved = run(&place, &["--allow", "max_update=12", "--reason", "x"]);
    assert!([0, 3].contains(&moved.code), "{moved:#?}");
    place.write("reservations.csv", &older);
    let ended = run(&place, &[]);
    check(&ended, 4, &["older_source:", "max_update:", "--allow older_source=1"]);
    let (_, command) = ended.stdout.rsplit_once("reservation-sync run -c config.toml").expect("a command");
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        command.contains("--allow older_source=1") && command.contains("--allow max_update="),
        "{command}"
    );
}

#[test]
fn older_source_is_a_guard_of_the_report() {
    let (place, older, newer) = hotel();
    place.write("reservations.csv", &newer);
    check(&run(&place, &[]), 0, &[]);
    place.write("reservations.csv", &older);
    let report = run(&place, &["--format", "json"]).report();
    let guards = report["guards"].as_array().expect("a list");
    let guard = guards.iter().find(|guard| guard["guard"] == "older_source").expect("it is told");
    assert_eq!(
        (&guard["tripped"], &guard["count"], &guard["limit"]),
        (&Value::from(true), &1.into(), &0.into())
    );
    assert_eq!(report["calls"]["writes"], 0);
}
