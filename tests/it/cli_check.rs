//! What `check` tells without Seam: the rows as they will be understood, where they lead, and what is wrong.

use super::cli_hotel::{STAYS, place, sandbox_config, stays_and_a_bad_row};

#[test]
fn check_shows_the_next_arrivals_as_they_will_be_understood() {
    let place = place();
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for line in [
        "OK: the configuration is good, and every row can be used.",
        "The next arrivals, as they will be understood:",
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
    assert_eq!(document["next_arrivals"][0]["place"], "unit 101 -> space room-101");
    assert_eq!(document["next_arrivals"][1]["place"], "unit 102 -> no space");
    // Neither a sandbox nor a store was begun.
    assert!(!place.has("sandbox.json") && !place.has("reservation-sync.db"));
}

#[test]
fn check_shows_who_arrives_next_and_not_who_stands_first() {
    let place = place();
    let stay = |key: &str, from: &str, to: &str| format!("{key},confirmed,101,{from},{to},,,,\n");
    let stays: String =
        (1..=9).map(|n| stay(&format!("P{n}"), &format!("2026-0{n}-01"), &format!("2026-0{n}-03"))).collect();
    let header = STAYS.lines().next().expect("a header");
    let late = stay("L1", "2027-01-05", "2027-01-07");
    place.write(
        "reservations.csv",
        &format!("{header}\n{stays}{late}{}", stay("N1", "2026-12-02", "2026-12-04")),
    );
    let shown = |arguments: &[&str]| -> Vec<String> {
        let ended = place.run(&[&["check", "--format", "json"], arguments].concat());
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
        let next = document["next_arrivals"].as_array().expect("a list");
        next.iter().map(|stay| stay["reservation"].as_str().expect("a key").to_owned()).collect()
    };
    // Those to come by their arrival, then those that are over, the last one first.
    assert_eq!(shown(&[]), ["N1", "L1", "P9", "P8", "P7"]);
    // Who arrived within a day may still be on the way.
    assert_eq!(shown(&["--now", "2026-05-02T10:00:00Z"])[..2], ["P5", "P6"]);
    assert_eq!(shown(&["--now", "2026-12-03T16:00:00Z"])[..2], ["L1", "N1"]);
}

#[test]
fn check_is_not_ok_while_a_line_is_to_be_filled_in_or_no_row_can_be_used() {
    let place = place();
    place.write(
        "reservation-sync.toml",
        &format!("{}\n# sheet = \"...\"   # FILL IN: which one\n", sandbox_config()),
    );
    let ended = place.run(&["check"]);
    assert!(
        ended.code == 3
            && ended
                .stdout
                .contains("Not ready: 1 line of the configuration to fill in: seam.sandbox.sheet."),
        "{ended:#?}"
    );
    place.write("reservation-sync.toml", &sandbox_config());
    place.write("reservations.csv", &STAYS.replacen("confirmed", "Verschoben", 1));
    let ended = place.run(&["check"]);
    assert!(
        ended.code == 3 && ended.stdout.contains("Not ready: 1 row with a status that is not known."),
        "{ended:#?}"
    );
    // A blank status says nothing about the configuration.
    place.write("reservations.csv", &STAYS.replacen("confirmed", "", 1));
    assert_eq!(place.run(&["check"]).code, 0);
    place.write("reservations.csv", &format!("{}\n", STAYS.lines().next().expect("a header")));
    let ended = place.run(&["check"]);
    assert!(ended.code == 3 && ended.stdout.contains("Not ready: no row can be used."), "{ended:#?}");
    assert!(!ended.stdout.contains("OK"), "{ended:#?}");
}

#[test]
fn a_rejected_row_is_named_with_its_value_and_its_booking_and_no_contact_is() {
    let place = place();
    let bad_phone = STAYS.replace("email,code", "phone,code").replace("ana.sousa@example.com", "call me");
    place.write(
        "reservations.csv",
        &format!("{bad_phone}R1003,confirmed,102,2026-12-32,2026-12-33,G12,Ines Prado,,\n"),
    );
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 3, "{ended:#?}");
    assert!(ended.stdout.contains("(the value is `2026-12-32`, booking R1003)"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("(booking R1001)") && !ended.stdout.contains("call me"),
        "{}",
        ended.stdout
    );
    let ended = place.run(&["check", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!((&document["ready"], document["rejects"].as_array().map(Vec::len)), (&false.into(), Some(1)));
    let message = document["rejects"][0]["message"].as_str().expect("a message");
    assert!(message.ends_with("(the value is `2026-12-32`, booking R1003)"), "{message}");
}

#[test]
fn statuses_and_units_are_listed_with_their_counts() {
    let place = place();
    let more =
        "R1003,Verschoben,102,never,2026-12-09,,,,\nR1004,cancelled,103;101,2026-12-08,2026-12-09,,,,\n";
    place.write("reservations.csv", &format!("{STAYS}{more}"));
    let ended = place.run(&["check", "--statuses", "--units"]);
    for line in [
        "        2  confirmed  expected: a grant is wanted",
        "        1  cancelled  cancelled, no-show or checked out: no grant",
        // Also of a row that cannot be used.
        "        1  Verschoben  status not known: left as it is",
        "        2  101 -> room-101",
        "        1  103 -> room-103",
    ] {
        assert!(ended.stdout.lines().any(|seen| seen == line), "{line:?} in\n{}", ended.stdout);
    }
    let ended = place.run(&["check", "--statuses", "--units", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!(
        document["statuses"][0],
        serde_json::json!({ "word": "confirmed", "rows": 2, "meaning": "expected: a grant is wanted" })
    );
    assert_eq!(
        document["units"][0],
        serde_json::json!({ "unit": "101", "stays": 2, "spaces": ["room-101"] })
    );
    let ended = place.run(&["check", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert!(document["statuses"].is_null() && document["units"].is_null());
}
