//! What `check` tells without Seam: the rows as they will be understood, where they lead, and what is wrong.

use super::cli_hotel::{STAYS, place, sandbox_config, stays_and_a_bad_row};

#[test]
fn check_shows_the_first_rows_as_they_will_be_understood() {
    let place = place();
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for line in [
        "2 units lead to 2 spaces; whether Seam has them is seen by `check --online`.",
        "  reservations.csv:2  R1001",
        "    2026-12-03 15:00 to 2026-12-06 11:00  unit 101 -> space room-101  expected: a grant is wanted",
        "    Ana Sousa, guest G10, with e-mail",
    ] {
        assert!(ended.stdout.lines().any(|seen| seen == line), "{line:?} in\n{}", ended.stdout);
    }
    // A contact or a wished PIN is used, and not shown.
    assert!(!ended.stdout.contains("example.com") && !ended.stdout.contains("471147"), "{}", ended.stdout);
}

#[test]
fn check_groups_problems_by_their_code() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row());
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("Rejected:\n  bad_date (1)\n    ! reservations.csv:4: check_in: "),
        "{}",
        ended.stdout
    );
}

#[test]
fn check_tells_a_unit_that_is_not_in_the_table_once_and_asks_for_nothing_of_seam() {
    let place = place();
    let config = sandbox_config().replace("key = \"room-{unit}\"", "table = \"spaces.csv\"");
    place.write("reservation-sync.toml", &config).write("spaces.csv", "unit,space_key\n101,room-101\n");
    place.write("reservations.csv", &format!("{STAYS}R1003,confirmed,102,2026-12-08,2026-12-09,,,,\n"));
    let ended = place.run(&["check", "--format", "json"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!(document["mapping"], serde_json::json!({ "units": 1, "spaces": ["room-101"] }));
    let [warning] = document["warnings"].as_array().expect("a list").as_slice() else {
        panic!("one warning, not {}", document["warnings"]);
    };
    assert_eq!(warning["code"], "unmapped_unit");
    assert_eq!(warning["message"], "unit `102` is not in the table of spaces; 2 stays held");
    assert_eq!(document["first_rows"][0]["place"], "unit 101 -> space room-101");
    assert_eq!(document["first_rows"][1]["place"], "unit 102 -> no space");
    // Neither a sandbox nor a store was begun.
    assert!(!place.has("sandbox.json") && !place.has("reservation-sync.db"));
}
