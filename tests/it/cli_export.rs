//! `export`: the live grants without secrets, and codes only in the file that was asked for.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::cli_hotel::{STAYS, place};
use super::cli_program::unquoted;

const HEADER: &str = "reservation_key,guest_key,full_name,property,space_keys,starts_at,ends_at";

#[test]
fn live_grants_are_exported_as_a_table_and_as_json() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let table = place.run(&["export", "--format", "csv"]);
    assert_eq!(table.code, 0, "{table:#?}");
    let plain = unquoted(&table.stdout);
    let lines: Vec<&str> = plain.lines().collect();
    assert_eq!(lines[0], format!("{HEADER},methods,access_grant_key"));
    assert_eq!(lines.len(), 3, "a grant of the staff is not exported: {lines:#?}");
    let first =
        "R1001,G10,Ana Sousa,,lobby;room-101,2026-12-03T15:00:00Z,2026-12-06T11:00:00Z,code,pms::R1001:G10:";
    assert!(lines[1].starts_with(first), "{lines:#?}");
    assert_eq!(place.run(&["export"]).stdout, table.stdout);

    let json = place.run(&["export", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    assert_eq!((&json["format_version"], &json["kind"]), (&1.into(), &"export".into()));
    assert_eq!(json["grants"][1]["full_name"], "Rui Lopes");
    assert_eq!(json["grants"][1]["space_keys"], serde_json::json!(["lobby", "room-102"]));

    // Three days later the first guest has left.
    let later = place.run(&["export", "--now", "2026-12-06T12:00:00Z"]);
    assert_eq!(later.stdout.lines().count(), 2, "{later:#?}");
    assert_eq!(place.run(&["export", "--format", "html"]).code, 64);
}

#[test]
fn codes_are_in_the_file_that_was_asked_for_and_nowhere_else() {
    let place = place();
    let formula = STAYS.replace("Rui Lopes", "=cmd|' /C calc'!A0");
    place.write("reservations.csv", &formula);
    assert_eq!(place.run(&["run"]).code, 0);
    place.write("codes.csv", "older, and readable by all");
    let ended = place.run(&["export", "--with-secrets", "codes.csv", "-vv", "--format", "json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let mode = fs::metadata(place.path("codes.csv")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let codes = unquoted(&place.read("codes.csv"));
    let lines: Vec<&str> = codes.lines().collect();
    assert_eq!(lines[0], format!("{HEADER},method,code,instant_key_url,issued_at"));
    assert_eq!(lines.len(), 3, "{codes}");
    assert!(lines[1].contains(",code,471147,"), "{codes}");
    assert!(lines[2].contains(",'=cmd|' /C calc'!A0,"), "what begins like a formula is text: {codes}");
    for said in [&ended.stdout, &ended.stderr] {
        assert!(!said.contains("471147"), "{ended:#?}");
    }
}
