//! `decide`: a person's word about a stay is recorded, shown and taken back, and changes nothing by itself (RULES 17).

use reservation_sync::model::WorkspaceId;
use reservation_sync::store::{Holder, Lease};
use serde_json::{Value, json};

use super::cli_hotel::{STAYS, place, sandbox_config, stays_and_a_bad_row};
use super::cli_program::{Ended, Place};
use super::store_place;
use super::store_place::{HOUR, namespace, on_both_engines};

const WHY: [&str; 2] = ["--reason", "the families know each other"];

on_both_engines! {
    decide_waits_for_the_lock_of_a_run,
    decide_records_in_either_store,
}

#[track_caller]
fn decide(place: &Place, arguments: &[&str]) -> Ended {
    place.run(&[&["decide"], arguments, &WHY].concat())
}

#[track_caller]
fn refused(place: &Place, arguments: &[&str], words: &str) {
    let ended = place.run(&[&["decide"], arguments].concat());
    assert_eq!(ended.code, 64, "{arguments:?} {ended:#?}");
    assert!(ended.stderr.contains(words), "`{words}` is missing: {ended:#?}");
    assert_eq!(decided(place, "R1001"), json!([]), "{arguments:?}");
}

/// What is recorded about a reservation, as `explain` shows it.
#[track_caller]
fn decided(place: &Place, key: &str) -> Value {
    let ended = place.run(&["explain", key, "--format", "json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let mut explained: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let mut decided = explained["decided"].take();
    for one in decided.as_array_mut().expect("a list") {
        let at = one.as_object_mut().expect("an object").remove("decided_at").expect("it says when");
        at.as_str().expect("a text").parse::<jiff::Timestamp>().expect("an instant");
    }
    decided
}

fn recorded(choice: &str, unit: Option<&str>, share_with: Option<&str>, until: Option<&str>) -> Value {
    json!({
        "property": "", "reservation_key": "R1001", "unit": unit, "choice": choice, "share_with": share_with,
        "reason": WHY[1], "until": until,
    })
}

#[test]
fn decide_records_each_choice() {
    let place = place();
    for (flags, words, expected) in [
        (
            &["--share-with", "R1002", "--until", "2026-12-05"][..],
            "reservation R1001 is one party with reservation R1002, until 2026-12-05, that day included.",
            recorded("share_with", None, Some("R1002"), Some("2026-12-05")),
        ),
        (&["--grant"], "gets what the source asks for", recorded("grant", None, None, None)),
        (&["--revoke"], "loses its grants and its claim", recorded("revoke", None, None, None)),
        (&["--leave"], "keeps its key and its claim", recorded("leave", None, None, None)),
    ] {
        let ended = decide(&place, &[&["R1001"], flags].concat());
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.stdout.contains(words) && ended.stdout.contains(WHY[1]), "{ended:#?}");
        assert_eq!(decided(&place, "R1001"), json!([expected]), "one takes the place of the other");
    }
    assert_eq!(decided(&place, "R1002"), json!([]));
}

#[test]
fn decide_writes_nothing_to_seam() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let grants = || place.run(&["export", "--format", "json"]).stdout;
    let before = grants();
    assert_eq!(decide(&place, &["R1001", "--revoke"]).code, 0);
    assert_eq!(grants(), before);
}

#[test]
fn decide_keeps_one_word_for_each_unit() {
    let place = place();
    let of = |arguments: &[&str]| {
        let ended = decide(&place, &[&["R1001", "--format", "json"], arguments].concat());
        assert_eq!(ended.code, 0, "{ended:#?}");
        serde_json::from_str::<Value>(&ended.stdout).expect("it is JSON")
    };
    of(&["--leave"]);
    let made = of(&["--unit", "101", "--grant"]);
    assert_eq!((&made["decided"]["unit"], &made["ended"]), (&json!("101"), &json!([])));
    assert_eq!(
        decided(&place, "R1001"),
        json!([recorded("grant", Some("101"), None, None), recorded("leave", None, None, None)])
    );
    // A word about the whole reservation takes the place of all of them.
    let made = of(&["--revoke"]);
    assert_eq!(made["ended"].as_array().map(Vec::len), Some(2));
    assert_eq!(decided(&place, "R1001"), json!([recorded("revoke", None, None, None)]));
}

#[test]
fn decide_undo_takes_back() {
    let place = place();
    refused(&place, &["R1001", "--undo", "--reason", "x"], "nothing to take back");
    assert_eq!(decide(&place, &["R1001", "--leave"]).code, 0);
    assert_eq!(decide(&place, &["R1001", "--unit", "101", "--grant"]).code, 0);
    let of_unit = decide(&place, &["R1001", "--unit", "101", "--undo"]);
    assert_eq!(of_unit.code, 0, "{of_unit:#?}");
    assert!(of_unit.stdout.contains("Taken back: reservation R1001 in unit 101 gets"), "{of_unit:#?}");
    assert_eq!(decided(&place, "R1001"), json!([recorded("leave", None, None, None)]));
    let again = decide(&place, &["R1001", "--unit", "101", "--undo"]);
    assert_eq!(again.code, 64, "{again:#?}");
    // The stay is gone from the source, and what was decided can still be taken back.
    place.write("reservations.csv", &STAYS.replace("R1001", "R1009"));
    assert_eq!(decide(&place, &["R1001", "--undo"]).code, 0);
    let again = decide(&place, &["R1001", "--undo"]);
    assert_eq!(again.code, 64, "{again:#?}");
    assert!(again.stderr.contains("nothing to take back"), "{again:#?}");
}

#[test]
fn decide_refuses_what_it_cannot_record() {
    let place = place();
    for (arguments, words) in [
        (&["R9", "--grant", "--reason", "x"][..], "nothing is known of a reservation `R9`"),
        (&["R1001", "--grant"], "--reason <TEXT>"),
        (&["R1001", "--grant", "--reason", " "], "say why in a few words"),
        (&["R1001", "--reason", "x"], "required"),
        (&["R1001", "--grant", "--leave", "--reason", "x"], "cannot be used with"),
        (&["R1001", "--undo", "--leave", "--reason", "x"], "cannot be used with"),
        (&["R1001", "--undo", "--until", "2026-12-05", "--reason", "x"], "cannot be used with"),
        (&["R1001", "--share-with", "R9", "--reason", "x"], "a reservation `R9` to share with"),
        (&["R1001", "--share-with", "R1001", "--reason", "x"], "with itself"),
        (&["R1001", "--unit", "102", "--grant", "--reason", "x"], "its units are `101`"),
        (&["R1001", "--property", "LIS", "--grant", "--reason", "x"], "nothing is known"),
        (&["R1001", "--grant", "--until", "2026-11-30", "--reason", "x"], "--until 2026-11-30 is over"),
        (&["R1001", "--grant", "--until", "soon", "--reason", "x"], "soon"),
    ] {
        refused(&place, arguments, words);
    }
}

#[test]
fn decide_needs_the_property_where_keys_meet() {
    let place = place();
    let header = "reservation_key,status,unit,check_in,check_out,guest_key,full_name,property\n";
    let row = |property: &str, unit: &str| {
        format!("R1001,confirmed,{unit},2026-12-03,2026-12-06,G-{property},Ana Sousa,{property}\n")
    };
    place.write("reservations.csv", &format!("{header}{}{}", row("LIS", "101"), row("OPO", "102")));
    let several = decide(&place, &["R1001", "--grant"]);
    assert_eq!(several.code, 64, "{several:#?}");
    assert!(several.stderr.contains("`LIS`, `OPO`"), "{several:#?}");
    let one = decide(&place, &["R1001", "--property", "OPO", "--unit", "102", "--grant"]);
    assert_eq!(one.code, 0, "{one:#?}");
    assert!(one.stdout.contains("reservation R1001 of OPO in unit 102 gets"), "{one:#?}");
}

#[test]
fn decide_knows_keys_that_only_grants_have() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    place.write("reservations.csv", &STAYS.replace("R1001", "R1009"));
    let ended = decide(&place, &["R1001", "--revoke"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
}

#[test]
fn decide_knows_keys_of_rows_that_cannot_be_used() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row());
    let ended = decide(&place, &["R1003", "--leave"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
}

#[test]
fn decide_keeps_no_contact() {
    let place = place();
    let why = ["--reason", "ana.sousa@example.com and +447700900123 said so"];
    let ended = place.run(&[&["decide", "R1001", "--leave"], &why[..]].concat());
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert!(ended.stdout.contains("[e-mail] and [phone] said so"), "{ended:#?}");
    assert_eq!(decided(&place, "R1001")[0]["reason"], "[e-mail] and [phone] said so");
}

#[test]
fn decide_is_told_by_explain_in_words() {
    let place = place();
    assert_eq!(decide(&place, &["R1001", "--share-with", "R1002"]).code, 0);
    let text = place.run(&["explain", "R1001"]).stdout;
    let told = "Decisions of a person\n  reservation R1001 is one party with reservation R1002, until the stay is over\n";
    assert!(text.contains(told) && text.contains(WHY[1]), "{text}");
}

fn hotel(store: &store_place::Place) -> Place {
    let hotel = place();
    let store = format!("[store]\nurl = \"{}\"\n", store.url());
    hotel.write("reservation-sync.toml", &format!("{}{store}", sandbox_config()));
    hotel
}

/// The lock of the workspace that the hotel works on.
async fn lock(hotel: &Place, store: &store_place::Place) -> Lease {
    let plan = hotel.run(&["plan", "--format", "json"]).report();
    let workspace_id = WorkspaceId::new(plan["workspace_id"].as_str().expect("Seam was asked"));
    let (store, holder) = (store.open().await, Holder::this_process());
    store.acquire_lease(&workspace_id, &namespace(), &holder, HOUR).await.expect("nobody has it")
}

async fn decide_waits_for_the_lock_of_a_run(store: store_place::Place) {
    let hotel = hotel(&store);
    let lease = lock(&hotel, &store).await;
    let ended = decide(&hotel, &["R1001", "--leave"]);
    assert_eq!(ended.code, 11, "{ended:#?}");
    assert_eq!(decided(&hotel, "R1001"), json!([]));
    lease.release().await.expect("it is ours");
    assert_eq!(decide(&hotel, &["R1001", "--leave"]).code, 0);
}

async fn decide_records_in_either_store(store: store_place::Place) {
    let hotel = hotel(&store);
    assert_eq!(decide(&hotel, &["R1001", "--unit", "101", "--share-with", "R1002"]).code, 0);
    assert_eq!(decided(&hotel, "R1001"), json!([recorded("share_with", Some("101"), Some("R1002"), None)]));
    assert_eq!(decide(&hotel, &["R1001", "--undo"]).code, 0);
    assert_eq!(decided(&hotel, "R1001"), json!([]));
    lock(&hotel, &store).await.release().await.expect("it is ours");
}
