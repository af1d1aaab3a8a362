//! `explain`: one reservation from its rows to what earlier runs sent.

use serde_json::{Value, json};

use super::cli_hotel::{STAYS, place, sandbox_config, stays_and_a_bad_row};
use super::cli_program::Place;

fn explained(place: &Place, more: &[&str]) -> Value {
    let ended = place.run(&[&["explain", "R1001", "--format", "json"], more].concat());
    assert_eq!(ended.code, 0, "{ended:#?}");
    serde_json::from_str(&ended.stdout).expect("it is JSON")
}

#[test]
fn a_reservation_is_explained_before_and_after_it_was_granted() {
    let place = place();
    let before = explained(&place, &[]);
    assert_eq!(before["rows"][0]["source"], "reservations.csv:2");
    assert_eq!(before["rows"][0]["check_in"], "2026-12-03T15:00:00");
    assert_eq!(before["wanted"][0]["space_keys"], json!(["lobby", "room-101"]));
    assert_eq!(before["identities"][0]["exists"], false);
    assert_eq!((&before["live"], &before["history"]), (&json!([]), &json!([])));
    assert_eq!(before["decisions"][0]["action"], "create");

    assert_eq!(place.run(&["run"]).code, 0);
    place.write("reservations.csv", &STAYS.replace("12-06", "12-08"));
    let after = explained(&place, &[]);
    assert_eq!(after["live"][0]["state"], "live");
    assert_eq!(after["identities"][0]["has_email"], true);
    assert_eq!(after["decisions"].as_array().expect("a list").len(), 1, "others are not told: {after:#}");
    assert_eq!(after["decisions"][0]["reason_code"], "window_changed");
    assert_eq!(after["history"][0]["path"], "/access_grants/create");
    assert_eq!(after["history"][0]["outcome"], "done");

    assert_eq!(place.run(&["run"]).code, 0);
    let paths: Vec<Value> = explained(&place, &[])["history"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| s["path"].clone())
        .collect();
    assert_eq!(paths, ["/access_grants/update", "/access_grants/create"], "the last first");
}

#[test]
fn an_explanation_is_told_in_words_without_contacts_and_codes() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    place.write("reservations.csv", &STAYS.replace("confirmed,101", "cancelled,101"));
    for (format, heading) in
        [("text", "\nGrants in Seam\n"), ("markdown", "\n## Grants in Seam\n"), ("json", "\"live\"")]
    {
        let ended = place.run(&["explain", "R1001", "--format", format]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.stdout.contains(heading) && ended.stdout.contains("Ana Sousa"), "{ended:#?}");
        for secret in ["471147", "ana.sousa@example.com"] {
            assert!(!ended.stdout.contains(secret), "{secret}: {ended:#?}");
        }
    }
    let text = place.run(&["explain", "R1001"]).stdout;
    assert!(
        text.contains("cancelled, no-show or checked out") && text.contains("- revoke pms::R1001:G10:"),
        "{text}"
    );
    assert_eq!(place.run(&["explain", "R1001", "--format", "csv"]).code, 64);
}

#[test]
fn a_guard_that_would_stop_the_run_is_part_of_the_explanation() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    place.write("reservation-sync.toml", &format!("{}\n[guards]\nmax_cancel = 0\n", sandbox_config()));
    place.write("reservations.csv", &STAYS.replace("confirmed,101", "cancelled,101"));
    let explanation = explained(&place, &[]);
    assert_eq!(explanation["guards"][0]["guard"], "max_cancel");
    assert_eq!(explanation["decisions"][0]["action"], "revoke");
}

#[test]
fn a_reservation_is_found_by_its_key_and_where_that_is_not_enough_by_its_property() {
    let place = place();
    let header = "reservation_key,status,unit,check_in,check_out,guest_key,full_name,property\n";
    let row = |property: &str, unit: &str| {
        format!("R1001,confirmed,{unit},2026-12-03,2026-12-06,G-{property},Ana Sousa,{property}\n")
    };
    place.write("reservations.csv", &format!("{header}{}{}", row("LIS", "101"), row("OPO", "102")));
    let config = place.read("reservation-sync.toml");
    place.write("reservation-sync.toml", &format!("{config}\n[properties.LIS]\n[properties.OPO]\n"));
    let several = place.run(&["explain", "R1001"]);
    assert_eq!(several.code, 64, "{several:#?}");
    assert!(several.stderr.contains("`LIS`, `OPO`") && several.stderr.contains("--property"), "{several:#?}");
    let one = explained(&place, &["--property", "OPO"]);
    assert_eq!(one["wanted"][0]["space_keys"], json!(["lobby", "room-102"]));
    let none = place.run(&["explain", "R9"]);
    assert_eq!(none.code, 64, "{none:#?}");
    assert!(none.stderr.contains("nothing is known of a reservation `R9`"), "{none:#?}");
}

#[test]
fn rows_that_were_rejected_are_counted() {
    let place = place();
    let more = "R1001,confirmed,102,2026-12-32,2026-12-33,G12,Inês Prado,,\n";
    place.write("reservations.csv", &format!("{}{more}", stays_and_a_bad_row()));
    assert_eq!(explained(&place, &[])["rejected_rows"], 1);
}
