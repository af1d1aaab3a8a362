//! The behaviours that Seam does not document: each value of each switch does what it says.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::sandbox_client::{NOW, Workspace, hotel, id, stay};

async fn start(switches: &Value) -> Workspace {
    let mut seed = hotel();
    seed["switches"] = switches.clone();
    Workspace::start(seed).await
}

fn wait(workspace: &Workspace, hours: i64) {
    let now: Timestamp = NOW.parse().expect("a valid instant");
    let later = now.checked_add(SignedDuration::from_hours(hours)).expect("in range");
    workspace.sandbox.set_now(later);
}

async fn create(workspace: &Workspace, key: &str, changes: Value) -> u16 {
    workspace.post("/access_grants/create", stay(key, &changes)).await.status
}

async fn delete(workspace: &Workspace, key: &str) -> u16 {
    let grant = workspace.ok("/access_grants/get", json!({ "access_grant_key": key })).await;
    let by_id = json!({ "access_grant_id": grant["access_grant"]["access_grant_id"] });
    workspace.post("/access_grants/delete", by_id).await.status
}

async fn n_listed(workspace: &Workspace) -> Option<usize> {
    workspace.ok("/access_grants/list", json!({})).await["access_grants"].as_array().map(Vec::len)
}

#[tokio::test]
async fn a_duplicate_key_of_a_grant() {
    for (value, status, n_grants) in [
        ("conflict", 409, 1),
        ("bad_request", 400, 1),
        ("return_existing", 200, 1),
        ("create_second", 200, 2),
    ] {
        let workspace = start(&json!({ "duplicate_access_grant_key": value })).await;
        assert_eq!(create(&workspace, "K1", json!({})).await, 200);
        assert_eq!(create(&workspace, "K1", json!({ "name": "second" })).await, status, "{value}");
        assert_eq!(n_listed(&workspace).await, Some(n_grants), "{value}");
        let read = workspace.ok("/access_grants/get", json!({ "access_grant_key": "K1" })).await;
        assert_eq!(read["access_grant"]["name"], Value::Null, "{value}: the first is found");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn a_duplicate_identity_or_space() {
    for (value, status) in [("conflict", 409), ("bad_request", 400)] {
        let switches = json!({ "duplicate_user_identity": value, "duplicate_space_key": value });
        let workspace = start(&switches).await;
        let space = json!({ "name": "Gym", "space_key": "gym" });
        workspace.refused("/spaces/create", space, status).await;
        for profile in [json!({ "user_identity_key": "G1" }), json!({ "email_address": "ana@example.com" })] {
            workspace.refused("/user_identities/create", profile, status).await;
        }
        workspace
            .ok("/spaces/create", json!({ "name": "Pool", "space_key": "pool", "device_ids": [id(2)] }))
            .await;
        let ben = json!({ "user_identity_key": "G2", "phone_number": "+15550100" });
        let ben = workspace.ok("/user_identities/create", ben).await["user_identity"].clone();
        let clash =
            json!({ "user_identity_id": ben["user_identity_id"], "email_address": "ana@example.com" });
        workspace.refused("/user_identities/update", clash, status).await;
        workspace.finish().await;
    }
}

#[tokio::test]
async fn identity_of_a_refused_grant() {
    for (value, n_identities) in [("dropped", 1), ("kept", 2)] {
        let workspace = start(&json!({ "identity_of_refused_grant": value })).await;
        let guest = json!({ "user_identity": { "user_identity_key": "G2" }, "reservation_key": "R1" });
        assert_eq!(create(&workspace, "K1", guest.clone()).await, 400, "{value}: a lock takes no such key");
        let identities = workspace.sandbox.snapshot()["user_identities"].as_array().map(Vec::len);
        assert_eq!(identities, Some(n_identities), "{value}");
        let again = json!({ "user_identity": { "user_identity_key": "G2" } });
        assert_eq!(create(&workspace, "K1", again).await, if value == "kept" { 409 } else { 200 }, "{value}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn an_update_that_names_doors() {
    for (value, status, space) in
        [("ignored", 200, "gym"), ("applied", 200, "lobby"), ("refused", 400, "gym")]
    {
        let workspace = start(&json!({ "update_doors": value })).await;
        create(&workspace, "K1", json!({})).await;
        let change = json!({ "access_grant_key": "K1", "space_keys": ["lobby"] });
        assert_eq!(workspace.post("/access_grants/update", change).await.status, status, "{value}");
        let grant = &workspace.sandbox.snapshot()["access_grants"][0];
        assert_eq!(grant["space_keys"], json!([space]), "{value}");
        // The description does not know these parameters: nothing is held against it here.
        workspace.sandbox.stop().await;
    }
}

#[tokio::test]
async fn an_update_that_changes_nothing() {
    for (value, is_reissued) in [("reissues", true), ("ignored", false)] {
        let workspace = start(&json!({ "update_without_change": value })).await;
        create(&workspace, "K1", json!({})).await;
        let change = json!({ "access_grant_key": "K1", "ends_at": "2026-12-07T11:00:00Z" });
        workspace.ok("/access_grants/update", change).await;
        let revoked = json!({ "since": "2026-01-01T00:00:00Z", "event_type": "access_method.revoked" });
        let events = workspace.ok("/events/list", revoked).await["events"].clone();
        assert_eq!(events.as_array().map(Vec::len), Some(usize::from(is_reissued)), "{value}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn a_deletion_that_takes_time() {
    for (switches, second_delete, key_status, joiner_status) in [
        (json!({}), 404, 200, 200),
        (json!({ "second_delete": "ok" }), 200, 200, 200),
        (json!({ "key_reuse": "after_deletion" }), 404, 409, 200),
        (json!({ "reservation_release": "after_deletion" }), 404, 200, 409),
    ] {
        let mut all = json!({ "deletion_ms": 60_000 });
        for (name, value) in switches.as_object().expect("an object") {
            all[name] = value.clone();
        }
        let workspace = start(&all).await;
        create(&workspace, "K1", json!({ "space_keys": ["room-101"], "reservation_key": "R1" })).await;
        assert_eq!(delete(&workspace, "K1").await, 200);
        let read = workspace.ok("/access_grants/get", json!({ "access_grant_key": "K1" })).await;
        assert_eq!(read["access_grant"]["warnings"][0]["warning_code"], "being_deleted");
        assert_eq!(delete(&workspace, "K1").await, second_delete, "{switches}");
        assert_eq!(create(&workspace, "K1", json!({})).await, key_status, "{switches}");
        let moved = json!({ "space_keys": ["room-102"], "reservation_key": "R1" });
        assert_eq!(create(&workspace, "K2", moved.clone()).await, joiner_status, "{switches}");
        wait(&workspace, 1);
        assert_eq!(create(&workspace, "K3", moved).await, 200, "{switches}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn a_grant_that_has_ended() {
    for (switches, n_grants, key_status, joiner_status) in [
        (json!({}), 1, 409, 200),
        (json!({ "ended_grants": "hidden" }), 0, 200, 200),
        (json!({ "ended_members": "counted" }), 1, 409, 409),
    ] {
        let workspace = start(&switches).await;
        let room = json!({ "space_keys": ["room-101"], "reservation_key": "R1", "starts_at": null });
        create(&workspace, "K1", room).await;
        wait(&workspace, 10 * 24);
        assert_eq!(n_listed(&workspace).await, Some(n_grants), "{switches}");
        let later = json!({ "starts_at": "2026-12-20T15:00:00Z", "ends_at": "2026-12-22T11:00:00Z" });
        assert_eq!(create(&workspace, "K1", later).await, key_status, "{switches}");
        let again = json!({ "space_keys": ["room-101"], "reservation_key": "R1",
            "starts_at": "2026-12-20T15:00:00Z", "ends_at": "2026-12-22T11:00:00Z" });
        assert_eq!(create(&workspace, "K2", again).await, joiner_status, "{switches}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn what_overlaps_in_a_reservation() {
    let days = |from: u32, to: u32| {
        json!({ "space_keys": ["room-101"], "reservation_key": "R1",
            "starts_at": format!("2026-12-{from:02}T12:00:00Z"), "ends_at": format!("2026-12-{to:02}T12:00:00Z") })
    };
    for (switches, with_one_only, touching) in [
        (json!({}), 409, 409),
        (json!({ "overlap_with": "any" }), 200, 409),
        (json!({ "touching_windows": "overlap" }), 409, 200),
    ] {
        let workspace = start(&switches).await;
        for (key, window, status) in [("K1", days(5, 8), 200), ("K2", days(5, 12), 200)] {
            assert_eq!(create(&workspace, key, window).await, status);
        }
        assert_eq!(create(&workspace, "K3", days(9, 10)).await, with_one_only, "{switches}");
        let other = start(&switches).await;
        assert_eq!(create(&other, "K1", days(5, 8)).await, 200);
        assert_eq!(create(&other, "K2", days(8, 10)).await, touching, "{switches}");
        workspace.finish().await;
        other.finish().await;
    }
}

#[tokio::test]
async fn an_update_out_of_the_overlap() {
    for (value, status) in [("checked", 409), ("unchecked", 200)] {
        let workspace = start(&json!({ "update_overlap": value })).await;
        for key in ["K1", "K2"] {
            create(&workspace, key, json!({ "space_keys": ["room-101"], "reservation_key": "R1" })).await;
        }
        let change = json!({ "access_grant_key": "K2",
            "starts_at": "2026-12-10T15:00:00Z", "ends_at": "2026-12-12T11:00:00Z" });
        assert_eq!(workspace.post("/access_grants/update", change).await.status, status, "{value}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn the_shape_of_a_reservation_error() {
    let title = "Reservation entrance change requires cleanup.";
    for (value, kind, has_title) in [
        ("slug", "reservation_entrance_change_requires_cleanup", false),
        ("title", "conflict", true),
        ("message", "conflict", false),
    ] {
        let workspace = start(&json!({ "reservation_error": value })).await;
        create(&workspace, "K1", json!({ "space_keys": ["room-101"], "reservation_key": "R1" })).await;
        let moved = stay("K2", &json!({ "space_keys": ["room-102"], "reservation_key": "R1" }));
        let error = workspace.refused("/access_grants/create", moved, 409).await;
        assert_eq!(error["type"], kind);
        assert_eq!(error["data"]["title"] == title, has_title);
        workspace.finish().await;
    }
}

#[tokio::test]
async fn cards_of_some_providers_need_a_reservation_key() {
    let mut seed = hotel();
    seed["entrances"][0]["reservation_key_required"] = json!(true);
    let workspace = Workspace::start(seed).await;
    let card = json!({ "space_keys": ["room-101"], "requested_access_methods": [{ "mode": "card" }] });
    let error = workspace.refused("/access_grants/create", stay("K1", &card), 400).await;
    assert_eq!(error["type"], "reservation_key_required_for_guest_cards");
    assert_eq!(create(&workspace, "K2", json!({ "space_keys": ["room-101"] })).await, 200);
    workspace.finish().await;
}

#[tokio::test]
async fn a_reference_to_nothing_and_a_grant_for_no_door() {
    let workspace =
        start(&json!({ "unknown_reference": "not_found", "grant_without_doors": "accepted" })).await;
    assert_eq!(create(&workspace, "K1", json!({ "space_keys": ["room-999"] })).await, 404);
    assert_eq!(create(&workspace, "K2", json!({ "space_keys": null })).await, 200);
    workspace.finish().await;
}

#[tokio::test]
async fn the_deletion_of_an_identity() {
    for (value, status, n_grants) in
        [("deletes_grants", 200, 0), ("refused", 409, 1), ("keeps_grants", 200, 1)]
    {
        let workspace = start(&json!({ "identity_delete": value })).await;
        create(&workspace, "K1", json!({})).await;
        let grant = workspace.ok("/access_grants/get", json!({ "access_grant_key": "K1" })).await;
        let by_id = json!({ "user_identity_id": grant["access_grant"]["user_identity_id"] });
        assert_eq!(workspace.post("/user_identities/delete", by_id).await.status, status, "{value}");
        assert_eq!(n_listed(&workspace).await, Some(n_grants), "{value}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn a_merged_identity() {
    for (value, status) in [("resolves", 200), ("not_found", 404)] {
        let mut seed = hotel();
        seed["switches"] = json!({ "merged_identity": value });
        seed["user_identities"][0]["merged_user_identity_ids"] = json!([id(7)]);
        seed["user_identities"][0]["merged_user_identity_keys"] = json!(["old"]);
        let workspace = Workspace::start(seed).await;
        for name in [json!({ "user_identity_id": id(7) }), json!({ "user_identity_key": "old" })] {
            let answer = workspace.post("/user_identities/get", name).await;
            assert_eq!(answer.status, status, "{value}");
            if status == 200 {
                assert_eq!(answer.body["user_identity"]["user_identity_key"], "G1");
            }
        }
        workspace.finish().await;
    }
}

#[tokio::test]
async fn two_grants_of_one_guest() {
    for (value, is_shared, n_left) in
        [("separate", false, 1), ("shared", true, 1), ("shared_and_taken", true, 0)]
    {
        let workspace = start(&json!({ "credentials": value })).await;
        let ana = workspace.ok("/user_identities/get", json!({ "user_identity_key": "G1" })).await;
        let ana = ana["user_identity"]["user_identity_id"].clone();
        for key in ["K1", "K2"] {
            let changes = json!({ "user_identity": null, "user_identity_id": ana });
            assert_eq!(create(&workspace, key, changes).await, 200);
        }
        let mut ids = Vec::new();
        for key in ["K1", "K2"] {
            let grant = workspace.ok("/access_grants/get", json!({ "access_grant_key": key })).await;
            ids.push(grant["access_grant"]["access_method_ids"].clone());
        }
        assert_eq!(ids[0] == ids[1], is_shared, "{value}");
        assert_eq!(delete(&workspace, "K1").await, 200);
        let left = workspace.ok("/access_methods/list", json!({ "access_grant_key": "K2" })).await;
        assert_eq!(left["access_methods"].as_array().map(Vec::len), Some(n_left), "{value}");
        workspace.finish().await;
    }
}

#[tokio::test]
async fn pages_of_methods_and_the_precision_of_timestamps() {
    let workspace =
        start(&json!({ "access_methods_pagination": "absent", "timestamps": "microseconds" })).await;
    create(&workspace, "K1", json!({})).await;
    let list = workspace.ok("/access_methods/list", json!({ "access_grant_key": "K1" })).await;
    assert_eq!(list.get("pagination"), None);
    let grant = workspace.ok("/access_grants/get", json!({ "access_grant_key": "K1" })).await;
    assert_eq!(grant["access_grant"]["starts_at"], "2026-12-04T15:00:00.000000Z");
    // The description wants pages here: nothing is held against it.
    workspace.sandbox.stop().await;
}

#[tokio::test]
async fn an_unmanaged_grant_is_seen_apart_and_can_be_taken_over() {
    let mut seed = hotel();
    seed["access_grants"] = json!([{ "user_identity_key": "G1", "space_keys": ["gym"], "is_managed": false,
        "starts_at": "2026-12-04T15:00:00Z", "ends_at": "2026-12-07T11:00:00Z",
        "requested_access_methods": [{ "mode": "code" }] }]);
    let workspace = Workspace::start(seed).await;
    assert_eq!(n_listed(&workspace).await, Some(0));
    let list = workspace.ok("/access_grants/unmanaged/list", json!({})).await;
    let by_id = json!({ "access_grant_id": list["access_grants"][0]["access_grant_id"] });
    workspace.ok("/access_grants/unmanaged/get", by_id.clone()).await;
    let mut takeover = by_id.clone();
    takeover["is_managed"] = json!(true);
    takeover["access_grant_key"] = json!("K1");
    workspace.ok("/access_grants/unmanaged/update", takeover).await;
    workspace.refused("/access_grants/unmanaged/get", by_id, 404).await;
    assert_eq!(n_listed(&workspace).await, Some(1));
    workspace.finish().await;
}

#[tokio::test]
async fn everything_that_can_be_read_keeps_to_the_description() {
    let workspace = start(&json!({})).await;
    create(&workspace, "K1", json!({ "space_keys": ["gym", "room-101"], "reservation_key": "R1" })).await;
    for (path, body) in [
        ("/workspaces/get", json!({})),
        ("/spaces/list", json!({ "limit": 2, "search": "room" })),
        ("/spaces/get_related", json!({ "space_keys": ["gym", "room-101"] })),
        ("/devices/list", json!({ "limit": 10 })),
        ("/devices/get", json!({ "device_id": id(2) })),
        ("/acs/entrances/list", json!({ "acs_entrance_ids": [id(101)] })),
        ("/acs/entrances/get", json!({ "acs_entrance_id": id(101) })),
        ("/acs/systems/list", json!({})),
        ("/user_identities/list", json!({ "search": "ana" })),
        ("/access_grants/list", json!({ "reservation_key": "R1", "acs_entrance_id": id(101) })),
        ("/access_grants/get_related", json!({ "access_grant_keys": ["K1"] })),
        ("/access_methods/list", json!({ "acs_entrance_id": id(101) })),
        ("/events/list", json!({ "between": ["2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"] })),
    ] {
        let answer = workspace.ok(path, body).await;
        let lists = answer.as_object().expect("an object").values().filter_map(Value::as_array);
        assert!(lists.into_iter().all(|list| !list.is_empty()), "{path}: {answer}");
    }
    let devices = workspace.ok("/devices/list", json!({})).await;
    let gym = workspace.ok("/spaces/get", json!({ "space_key": "gym" })).await;
    assert_eq!(devices["devices"][0]["space_ids"], json!([gym["space"]["space_id"]]));
    workspace.finish().await;
}

#[tokio::test]
async fn doors_that_an_update_changes_are_pending_until_the_methods_have_followed() {
    let mut seed = hotel();
    seed["devices"] = json!([{ "device_id": id(2), "name": "Gym" }, { "device_id": id(3), "name": "Pool" }]);
    seed["switches"] = json!({ "update_doors": "applied", "issuance_delay_ms": 60_000 });
    let workspace = Workspace::start(seed).await;
    create(&workspace, "K1", json!({})).await;
    let change = json!({ "access_grant_key": "K1", "device_ids": [id(3)] });
    assert_eq!(workspace.post("/access_grants/update", change).await.status, 200);
    let by_key = json!({ "access_grant_key": "K1" });
    let grant = workspace.ok("/access_grants/get", by_key.clone()).await["access_grant"].clone();
    let mutation = &grant["pending_mutations"][0];
    assert_eq!(mutation["mutation_code"], "updating_spaces");
    assert_eq!(
        (&mutation["from"], &mutation["to"]),
        (&json!({ "device_ids": [id(2)] }), &json!({ "device_ids": [id(3)] }),)
    );
    wait(&workspace, 1);
    let grant = workspace.ok("/access_grants/get", by_key).await["access_grant"].clone();
    assert_eq!(grant["pending_mutations"], json!([]));
    let exchanges = workspace.sandbox.exchanges();
    // The update itself has a parameter that the description does not know.
    let known: Vec<_> =
        exchanges.into_iter().filter(|exchange| exchange.path != "/access_grants/update").collect();
    super::contract::assert_contract(&known);
}
