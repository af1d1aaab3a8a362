//! What `check --online` tells of Seam and the store, and that it changes neither.

use serde_json::{Value, json};

use super::cli_hotel::{Server, place, url_config};
use super::cli_program::{Ended, Place};
use super::contract::assert_contract;
use super::sandbox_client::{hotel, id};
use super::seam_script::{Reply, Script, refusal};

fn check(place: &Place) -> Ended {
    place.run(&["check", "--online"])
}

fn document(place: &Place) -> (i32, Value) {
    let ended = place.run(&["check", "--online", "--format", "json"]);
    (ended.code, serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}")))
}

fn assert_tells(ended: &Ended, lines: &[&str]) {
    for line in lines {
        assert!(ended.stdout.lines().any(|told| told.trim() == *line), "no {line:?} in\n{}", ended.stdout);
    }
}

/// Nothing was written to Seam, what was asked is what Seam describes, and no store was begun.
fn assert_only_looked(server: &Server, place: &Place) {
    assert_eq!(server.sandbox.counts().writes(), 0);
    let asked: Vec<String> = server.sandbox.counts().requests.into_keys().collect();
    assert!(
        !asked.is_empty() && asked.iter().all(|path| path.ends_with("/list") || path == "/workspaces/get")
    );
    assert_contract(&server.sandbox.exchanges());
    assert!(!place.has("reservation-sync.db") && !place.has("sandbox.json"));
}

fn word(value: &Value) -> &str {
    value.as_str().expect("a word")
}

/// What Seam answered to the first question.
fn workspace(server: &Server) -> Value {
    let exchanges = server.sandbox.exchanges();
    let first = exchanges.first().expect("Seam was asked");
    assert_eq!(first.path, "/workspaces/get");
    first.response["workspace"].clone()
}

/// The configuration of a folder, changed.
fn configure(place: &Place, from: &str, to: &str) {
    let config = place.read("reservation-sync.toml");
    assert!(config.contains(from), "{config}");
    place.write("reservation-sync.toml", &config.replace(from, to));
}

/// The rows of a folder, changed.
fn rows(place: &Place, from: &str, to: &str) {
    let rows = place.read("reservations.csv");
    assert!(rows.contains(from), "{rows}");
    place.write("reservations.csv", &rows.replace(from, to));
}

#[test]
fn where_all_is_well_it_says_what_is_there_and_changes_nothing() {
    let server = Server::start();
    let place = server.place();
    let ended = check(&place);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let workspace = workspace(&server);
    let (id, name) = (&workspace["workspace_id"], &workspace["name"]);
    assert_tells(
        &ended,
        &[
            "OK: the configuration is good, and every row can be used.",
            "2 units lead to 2 spaces.",
            &format!("The key is good for the workspace `{}` ({}), a sandbox.", word(name), word(id)),
            "4 spaces, 3 entrances (2 of reservations), 1 device; 1 identity, 0 live grants (0 of this job).",
            "Seam has every space that a stay leads to.",
            "Common doors: `Lobby` (1).",
            "The clock of this host agrees with Seam's.",
        ],
    );
    assert!(
        ended.stdout.contains("reservation-sync.db is not there yet; the first run makes it."),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("example.com") && !ended.stdout.contains("471147"), "{}", ended.stdout);
    assert_only_looked(&server, &place);
    server.stop();
}

#[test]
fn after_a_run_it_knows_what_is_ours_and_names_the_run() {
    let server = Server::start();
    let place = server.place();
    assert_eq!(place.run(&["run"]).code, 0);
    let writes = server.sandbox.counts().writes();
    let (code, document) = document(&place);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["seam"]["counts"]["own_grants"], 2);
    assert_eq!(document["store"]["exists"], true);
    let last = document["store"]["last_run_id"].as_str().expect("a run");
    assert!(place.run(&["runs"]).stdout.contains(last));
    assert_eq!(server.sandbox.counts().writes(), writes);
    server.stop();
}

#[test]
fn the_document_of_check_gets_seam_and_the_store() {
    let server = Server::start();
    let place = server.place();
    let (code, document) = document(&place);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!((&document["kind"], &document["source"]["rows"]), (&json!("check"), &json!(2)));
    assert_eq!(
        document["seam"],
        json!({
            "workspace_id": workspace(&server)["workspace_id"], "name": workspace(&server)["name"], "is_sandbox": true,
            "clock_ahead_seconds": 0,
            "counts": { "spaces": 4, "entrances": 3, "reservation_entrances": 2, "devices": 1, "identities": 1,
                        "grants": 0, "own_grants": 0 },
            "missing_spaces": [], "common_doors": ["Lobby"], "table_problems": [], "warnings": [], "waiting": [], "guards": [],
        })
    );
    assert_eq!(
        (&document["store"]["exists"], &document["store"]["last_run_id"]),
        (&json!(false), &Value::Null)
    );
    assert_only_looked(&server, &place);
    server.stop();
}

#[test]
fn a_key_that_seam_refuses_is_told_beside_what_is_well() {
    let server = Server::start();
    let mut place = server.place();
    place.set("SEAM_API_KEY", "seam_test2wrong_0123456789abcdef01234567");
    let ended = check(&place);
    assert_eq!(ended.code, 7, "{}", ended.stdout);
    assert_tells(
        &ended,
        &["OK: the configuration is good, and every row can be used.", "2 units lead to 2 spaces."],
    );
    assert!(ended.stdout.contains("Seam:\n  ! call /workspaces/get: key refused: "), "{}", ended.stdout);
    assert!(ended.stdout.contains("(hint: check the API key or token"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Store:\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("error: call /workspaces/get: key refused"), "{}", ended.stderr);
    assert!(!format!("{ended:?}").contains("seam_test2wrong"), "the key is not repeated");
    let (code, document) = document(&place);
    assert_eq!((code, &document["seam"]["error"]["exit_code"]), (7, &json!(7)));
    server.stop();
}

#[test]
fn without_a_key_the_configuration_is_incomplete() {
    let place = place();
    place.write("reservation-sync.toml", &url_config("http://127.0.0.1:9"));
    let ended = check(&place);
    assert_eq!(ended.code, 78);
    assert!(ended.stdout.contains("! no key for Seam: "), "{}", ended.stdout);
    // Without --online nobody asks for one.
    assert_eq!(place.run(&["check"]).code, 0);
}

#[test]
fn a_seam_that_cannot_be_reached_is_temporary() {
    let mut place = place();
    place.write("reservation-sync.toml", &url_config("http://127.0.0.1:9"));
    place.set("SEAM_API_KEY", "seam_test_x");
    let ended = check(&place);
    assert_eq!(ended.code, 5, "{}", ended.stdout);
    assert!(ended.stdout.contains("! call /workspaces/get: Seam cannot be reached"), "{}", ended.stdout);
}

#[test]
fn a_workspace_that_sleeps_is_refused() {
    let server = Server::suspended();
    let place = server.place();
    let ended = check(&place);
    assert_eq!(ended.code, 7, "{}", ended.stdout);
    assert!(ended.stdout.contains("! Seam has suspended this workspace (hint: wake"), "{}", ended.stdout);
    server.stop();
}

#[test]
fn a_unit_without_a_space_is_told_with_its_likes_and_its_stays() {
    let server = Server::start();
    let place = server.place();
    rows(&place, ",102,", ",1O2,");
    configure(&place, "also = [\"lobby\"]", "also = [\"lobbby\"]");
    let ended = check(&place);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert_tells(
        &ended,
        &[
            "2 units lead to 2 spaces.",
            "Seam has not: `room-1O2` (1).",
            "unmapped_unit (2)",
            "! reservations.csv: no space `lobbby` in Seam, which `spaces.also` gives to every stay (hint: create the \
             space in Seam, or take it out of `spaces.also`)",
            "! reservations.csv:3: unit: unit `1O2` leads to no space in Seam (wanted `room-1O2`); 1 stay held (hint: \
             nearest space keys in Seam: `room-102`, `room-101`)",
            "! R1002: unit `1O2` leads to no space in Seam (wanted `room-1O2`)",
        ],
    );
    let (code, document) = document(&place);
    assert_eq!((code, &document["seam"]["missing_spaces"]), (3, &json!(["room-1O2"])));
    assert_eq!(
        document["seam"]["waiting"],
        json!([{ "reservation_key": "R1002", "property": "", "reason_code": "unmapped_unit",
                 "reason": "unit `1O2` leads to no space in Seam (wanted `room-1O2`)" }])
    );
    assert_only_looked(&server, &place);
    server.stop();
}

#[test]
fn a_line_of_the_table_that_no_stay_uses_yet_is_tried_too() {
    let server = Server::start();
    let place = server.place();
    configure(&place, "key = \"room-{unit}\"", "table = \"spaces.csv\"");
    place.write("spaces.csv", "unit,space_key\n101,room-101\n102,room-102\n103,room-103\n");
    let ended = check(&place);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert_tells(
        &ended,
        &[
            "Table of spaces:",
            "unmapped_unit (1)",
            "! [spaces]: unit: unit `103` leads to the space `room-103`, which Seam has not (hint: nearest space keys in \
             Seam: `room-101`, `room-102`)",
        ],
    );
    server.stop();
}

#[test]
fn a_door_that_cannot_be_opened_as_wanted_holds_its_stays() {
    let mut seed = hotel();
    seed["entrances"][0]["can_unlock_with_code"] = json!(false);
    let server = Server::start_with(seed);
    let place = server.place();
    let ended = check(&place);
    assert_eq!(ended.code, 3, "{}", ended.stdout);
    assert_tells(
        &ended,
        &[
            "Stays that would wait for a person:",
            "door_without_method (1)",
            "! R1001: a door of unit `101` cannot be opened by code",
        ],
    );
    server.stop();
}

#[test]
fn a_contact_that_somebody_else_has_is_a_warning() {
    let server = Server::start();
    let place = server.place();
    rows(&place, "ana.sousa@example.com", "ana@example.com");
    let ended = check(&place);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    assert!(ended.stdout.contains("Warnings of a run:\n  contact_conflict (1)\n"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("example.com"), "{}", ended.stdout);
    assert_only_looked(&server, &place);
    server.stop();
}

#[test]
fn a_store_that_cannot_be_used_does_not_hide_what_seam_says() {
    let server = Server::start();
    let place = server.place();
    place.write("reservation-sync.db", &"reservation_key,check_in\n".repeat(400));
    let ended = check(&place);
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("  The key is good for the workspace"), "{}", ended.stdout);
    assert!(ended.stdout.contains("Store:\n  ! "), "{}", ended.stdout);
    assert_eq!(place.read("reservation-sync.db").len(), 25 * 400, "it is left as it was");
    server.stop();
}

#[test]
fn the_embedded_sandbox_is_looked_at_too() {
    let place = place();
    let ended = check(&place);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("Seam has every space that a stay leads to."), "{}", ended.stdout);
    // Its clock is the one of the configuration, so there is nothing to compare.
    assert!(!ended.stdout.contains("clock"), "{}", ended.stdout);
}

/// Runs the check against a Seam that answers by script.
fn check_script(replies: Vec<(&'static str, Reply)>) -> Ended {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let script = runtime.block_on(Script::serve(replies));
    let mut place = place();
    place.write("reservation-sync.toml", &url_config(&script.base_url));
    place.set("SEAM_API_KEY", "seam_test_x");
    check(&place)
}

/// A workspace with the two rooms and the lobby, in answers of that date.
pub(crate) fn dated(date: &'static str) -> Vec<(&'static str, Reply)> {
    let of = |answer: Value| Reply::Raw(200, date, answer.to_string());
    let space = |n: u32, key: &str| json!({ "space_id": id(n), "space_key": key, "name": key, "workspace_id": id(9) });
    let page = |list: &str, items: Value| {
        let mut answer = json!({ "ok": true, "pagination": { "has_next_page": false } });
        answer[list] = items;
        of(answer)
    };
    let door = json!([{ "acs_entrance_id": id(1), "display_name": "All", "can_unlock_with_code": true,
                        "space_ids": [id(101), id(102), id(1)] }]);
    vec![
        (
            "/workspaces/get",
            of(
                json!({ "ok": true, "workspace": { "workspace_id": id(9), "name": "Casa", "is_sandbox": false,
                                                  "is_suspended": false } }),
            ),
        ),
        (
            "/spaces/list",
            page("spaces", json!([space(101, "room-101"), space(102, "room-102"), space(1, "lobby")])),
        ),
        ("/acs/entrances/list", page("acs_entrances", door)),
        ("/devices/list", page("devices", json!([]))),
        ("/user_identities/list", page("user_identities", json!([]))),
        ("/access_grants/list", page("access_grants", json!([]))),
        ("/access_grants/unmanaged/list", page("access_grants", json!([]))),
    ]
}

#[test]
fn a_clock_that_is_wrong_is_something_to_mend() {
    let ended =
        check_script(dated("content-type: application/json\r\ndate: Tue, 01 Dec 2020 12:00:00 GMT\r\n"));
    assert_eq!(ended.code, 3, "{ended:#?}");
    assert_tells(
        &ended,
        &[
            "3 spaces, 1 entrance (0 of reservations), 0 devices; 0 identities, 0 live grants (0 of this job).",
        ],
    );
    assert!(
        ended.stdout.contains("(00000000-0000-4000-8000-000000000009), with real doors."),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("  ! The clock of this host is "), "{}", ended.stdout);
    assert!(ended.stdout.contains(" s ahead of Seam's (hint: set it by NTP"), "{}", ended.stdout);
}

#[test]
fn a_list_that_the_key_may_not_see_is_told_by_its_call() {
    let mut replies = dated("content-type: application/json\r\n");
    replies.retain(|(path, _)| *path != "/devices/list");
    replies.push(("/devices/list", refusal(403, "forbidden", "no")));
    let ended = check_script(replies);
    assert_eq!(ended.code, 7, "{ended:#?}");
    assert!(ended.stdout.contains("  ! call /devices/list: permission refused: "), "{}", ended.stdout);
}
