//! `who`: who can open a door then, ours and others'.

use serde_json::{Value, json};

use super::cli_hotel::{STAYS, place};
use super::cli_program::Place;

fn asked(place: &Place, arguments: &[&str]) -> Value {
    let ended = place.run(&[&["who", "--format", "json"], arguments].concat());
    assert_eq!(ended.code, 0, "{ended:#?}");
    serde_json::from_str(&ended.stdout).expect("it is JSON")
}

fn names(answer: &Value) -> Vec<String> {
    let opens = answer["opens"].as_array().expect("a list");
    opens.iter().map(|one| format!("{} {}", one["full_name"], one["ours"])).collect()
}

#[test]
fn who_can_open_a_unit_at_an_instant_and_in_nights() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let exported = || place.run(&["export", "--now", "2026-12-04T20:00:00Z"]).stdout;
    let before = exported();

    let answer = asked(&place, &["101", "--at", "2026-12-04T20:00:00Z"]);
    assert_eq!(
        answer,
        json!({"spaces": ["room-101"], "from": "2026-12-04T20:00:00Z", "to": "2026-12-04T20:00:00Z", "opens": [
            {"full_name": "Ana Sousa", "reservation_key": "R1001", "ours": true, "starts_at": "2026-12-03T15:00:00Z",
             "ends_at": "2026-12-06T11:00:00Z", "methods": ["code"], "issued": true}]})
    );
    assert_eq!(
        asked(&place, &["room-101", "--at", "2026-12-04T20:00:00Z"]),
        answer,
        "by the key of the space"
    );
    assert_eq!(names(&asked(&place, &["101"])), Vec::<String>::new(), "not now");
    // The last day is not a night of it any more.
    assert_eq!(names(&asked(&place, &["101", "--nights", "2026-12-01..2026-12-03"])), Vec::<String>::new());
    assert_eq!(names(&asked(&place, &["101", "--nights", "2026-12-05..2026-12-09"])), ["\"Ana Sousa\" true"]);
    assert_eq!(names(&asked(&place, &["101", "--nights", "2026-12-06..2026-12-09"])), Vec::<String>::new());
    let lobby = asked(&place, &["lobby", "--at", "2026-12-04T20:00:00Z"]);
    assert_eq!(names(&lobby), ["\"Ana Sousa\" true", "\"Rui Lopes\" true"]);
    assert_eq!(exported(), before, "it writes nothing");
}

#[test]
fn who_says_so_in_words_and_refuses_what_it_does_not_know() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let text = place.run(&["who", "101", "--at", "2026-12-04T20:00:00Z"]).stdout;
    assert!(text.starts_with("room-101, 2026-12-04 20:00 (Europe/Lisbon)\n  Ana Sousa  R1001  "), "{text}");
    assert!(place.run(&["who", "101"]).stdout.ends_with("\n  nobody\n"));
    let wrong: [&[&str]; 5] = [
        &["who", "999"],
        &["who"],
        &["who", "101", "--nights", "2026-12-05..2026-12-05"],
        &["who", "101", "--nights", "2026-12-05..2026-12-06", "--at", "2026-12-04T20:00:00Z"],
        &["who", "101", "--format", "html"],
    ];
    for arguments in wrong {
        assert_eq!(place.run(arguments).code, 64, "{arguments:?}");
    }
    assert!(STAYS.contains("101"));
}

#[test]
fn who_sees_a_grant_that_was_made_for_the_device() {
    let place = place();
    let device = "00000000-0000-4000-8000-000000000001";
    let seed = json!({
        "devices": [{"device_id": device, "name": "Lock 101"}],
        "spaces": [{"space_key": "room-101", "name": "Room 101", "device_ids": [device]}],
        "user_identities": [{"user_identity_key": "plumber", "full_name": "Pia Melo"}],
        "access_grants": [{"user_identity_key": "plumber", "device_ids": [device],
            "starts_at": "2026-12-01T06:00:00Z", "ends_at": "2026-12-09T06:00:00Z",
            "requested_access_methods": [{"mode": "code"}]}],
    });
    place.write("workspace.json", &seed.to_string());
    let answer = asked(&place, &["101", "--at", "2026-12-04T20:00:00Z"]);
    assert_eq!(names(&answer), ["\"Pia Melo\" false"], "{answer:#}");
}
