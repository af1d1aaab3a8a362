//! Grants in the sandbox: made, read, listed, changed and deleted, and what is refused.

use serde_json::{Value, json};

use super::sandbox_client::{Workspace, hotel, id, stay};

#[tokio::test]
async fn a_grant_is_made_read_changed_and_deleted() {
    let workspace = Workspace::start(hotel()).await;
    let created = workspace.ok("/access_grants/create", stay("K1", &json!({}))).await["access_grant"].clone();
    let by_id = json!({ "access_grant_id": created["access_grant_id"] });
    assert_eq!(created["starts_at"], "2026-12-04T15:00:00.000Z");
    assert_eq!(created["access_method_ids"].as_array().map(Vec::len), Some(1));

    let change = json!({ "access_grant_key": "K1", "ends_at": "2026-12-08T11:00:00Z", "name": "R1" });
    workspace.ok("/access_grants/update", change).await;
    let read = workspace.ok("/access_grants/get", json!({ "access_grant_key": "K1" })).await;
    assert_eq!(read["access_grant"]["ends_at"], "2026-12-08T11:00:00.000Z");
    assert_eq!(read["access_grant"]["name"], "R1");

    workspace.ok("/access_grants/delete", by_id.clone()).await;
    assert_eq!(
        workspace.refused("/access_grants/get", by_id.clone(), 404).await["type"],
        "access_grant_not_found"
    );
    assert_eq!(
        workspace.refused("/access_grants/delete", by_id, 404).await["type"],
        "access_grant_not_found"
    );
    workspace.finish().await;
}

#[tokio::test]
async fn an_update_leaves_the_doors_as_they_are() {
    let workspace = Workspace::start(hotel()).await;
    let created = workspace.ok("/access_grants/create", stay("K1", &json!({}))).await["access_grant"].clone();
    let lobby =
        workspace.ok("/spaces/get", json!({ "space_key": "lobby" })).await["space"]["space_id"].clone();
    let change = json!({ "access_grant_key": "K1", "space_ids": [lobby], "name": "R1" });
    let answer = workspace.post("/access_grants/update", change).await;
    assert_eq!(answer.status, 200);
    let read = workspace.ok("/access_grants/get", json!({ "access_grant_key": "K1" })).await;
    assert_eq!(read["access_grant"]["space_ids"], created["space_ids"]);
    workspace.sandbox.stop().await;
}

#[tokio::test]
async fn what_seam_refuses_is_refused() {
    let workspace = Workspace::start(hotel()).await;
    workspace.ok("/access_grants/create", stay("K1", &json!({}))).await;
    let ana = json!({ "email_address": "ANA@example.com" });
    for (changes, status, kind) in [
        (json!({ "access_grant_key": "K1" }), 409, "access_grant_key_already_exists"),
        (json!({ "access_grant_key": "  " }), 400, "invalid_input"),
        (json!({ "ends_at": "2026-11-30T11:00:00Z" }), 400, "invalid_input"),
        (json!({ "ends_at": "2026-12-04T15:00:00Z" }), 400, "invalid_input"),
        (json!({ "space_keys": ["room-999"] }), 400, "space_not_found"),
        (json!({ "user_identity_id": id(9) }), 400, "invalid_input"),
        (json!({ "user_identity": null }), 400, "invalid_input"),
        (json!({ "user_identity": null, "user_identity_id": id(9) }), 400, "user_identity_not_found"),
        (json!({ "user_identity": ana }), 409, "user_identity_already_exists"),
        (json!({ "requested_access_methods": [{ "mode": "key" }] }), 400, "invalid_input"),
        (json!({ "requested_access_methods": [{ "mode": "code", "code": "123" }] }), 400, "invalid_input"),
        (json!({ "reservation_key": "R1" }), 400, "reservation_key_not_supported"),
        (json!({ "space_keys": null }), 400, "invalid_input"),
    ] {
        let body = stay("K2", &changes);
        let error = workspace.refused("/access_grants/create", body, status).await;
        assert_eq!(error["type"], kind, "{changes}");
    }
    assert_eq!(workspace.sandbox.snapshot()["access_grants"].as_array().map(Vec::len), Some(1));
    assert_eq!(workspace.sandbox.counts().n_refusals(), 13);
    workspace.finish().await;
}

#[tokio::test]
async fn a_list_is_walked_with_cursors_that_fit_only_their_query() {
    let workspace = Workspace::start(hotel()).await;
    for n in 0..7 {
        workspace.ok("/access_grants/create", stay(&format!("K{n}"), &json!({}))).await;
    }
    let mut seen = Vec::new();
    let mut body = json!({ "limit": 3 });
    loop {
        let page = workspace.ok("/access_grants/list", body.clone()).await;
        let grants = page["access_grants"].as_array().expect("a list").clone();
        seen.extend(
            grants.iter().map(|grant| grant["access_grant_key"].as_str().unwrap_or_default().to_owned()),
        );
        if page["pagination"]["has_next_page"] == false {
            break;
        }
        body["page_cursor"] = page["pagination"]["next_page_cursor"].clone();
    }
    assert_eq!(seen, ["K0", "K1", "K2", "K3", "K4", "K5", "K6"]);
    body["limit"] = json!(4);
    let error = workspace.refused("/access_grants/list", body, 400).await;
    assert_eq!(error["type"], "mismatched_page_parameters");
    let without_key = workspace.ok("/access_grants/list", json!({ "access_grant_key": null })).await;
    assert_eq!(without_key["access_grants"], json!([]));
    workspace.finish().await;
}

#[tokio::test]
async fn the_reservation_rules_hold() {
    let workspace = Workspace::start(hotel()).await;
    let create = async |key: &str, spaces: Value, ends_at: &str| {
        let changes = json!({ "space_keys": spaces, "reservation_key": "R1", "ends_at": ends_at });
        workspace.post("/access_grants/create", stay(key, &changes)).await
    };
    let (soon, later) = ("2026-12-07T11:00:00Z", "2026-12-09T11:00:00Z");
    assert_eq!(create("K1", json!(["room-101", "gym"]), soon).await.status, 200);
    for (key, spaces, ends_at, status, slug) in [
        ("K2", json!(["room-101", "room-102"]), soon, 409, "reservation_joiner_entrance_set_conflict"),
        ("K3", json!(["room-102"]), soon, 409, "reservation_entrance_change_requires_cleanup"),
        ("K4", json!(["gym"]), soon, 400, "reservation_key_not_supported"),
        ("K5", json!(["room-101", "lobby"]), later, 200, ""),
    ] {
        let answer = create(key, spaces, ends_at).await;
        assert_eq!(answer.status, status, "{key}: {}", answer.body);
        assert_eq!(answer.body["error"]["type"].as_str().unwrap_or_default(), slug);
    }
    let apart = json!({ "space_keys": ["room-101"], "reservation_key": "R1",
        "starts_at": "2026-12-08T15:00:00Z", "ends_at": later });
    let error = workspace.refused("/access_grants/create", stay("K6", &apart), 409).await;
    assert_eq!(error["type"], "reservation_time_frames_must_overlap");
    let change = json!({ "access_grant_key": "K5", "starts_at": "2026-12-08T15:00:00Z" });
    let error = workspace.refused("/access_grants/update", change, 409).await;
    assert_eq!(error["type"], "reservation_time_frames_must_overlap");

    for key in ["K1", "K5"] {
        let grant = workspace.ok("/access_grants/get", json!({ "access_grant_key": key })).await;
        let by_id = json!({ "access_grant_id": grant["access_grant"]["access_grant_id"] });
        workspace.ok("/access_grants/delete", by_id).await;
    }
    assert_eq!(create("K7", json!(["room-102"]), soon).await.status, 200);
    workspace.finish().await;
}

#[tokio::test]
async fn a_list_that_changes_between_its_pages_loses_nothing_and_repeats_nothing() {
    let workspace = Workspace::start(hotel()).await;
    let mut ids = Vec::new();
    for n in 0..6 {
        let created = workspace.ok("/access_grants/create", stay(&format!("K{n}"), &json!({}))).await;
        ids.push(created["access_grant"]["access_grant_id"].clone());
    }
    let first = workspace.ok("/access_grants/list", json!({ "limit": 3 })).await;
    // One that was seen, the one that the cursor points at, and one that is new.
    workspace.ok("/access_grants/delete", json!({ "access_grant_id": ids[1] })).await;
    workspace.ok("/access_grants/delete", json!({ "access_grant_id": ids[3] })).await;
    workspace.ok("/access_grants/create", stay("K6", &json!({}))).await;
    let next = json!({ "limit": 3, "page_cursor": first["pagination"]["next_page_cursor"] });
    let next = workspace.ok("/access_grants/list", next).await;
    let grants = next["access_grants"].as_array().expect("a list");
    let keys: Vec<_> = grants.iter().map(|grant| &grant["access_grant_key"]).collect();
    assert_eq!(keys, ["K4", "K5", "K6"]);
    workspace.finish().await;
}

#[tokio::test]
async fn of_many_creates_at_once_with_one_key_one_is_done() {
    let workspace = Workspace::start(hotel()).await;
    let body = stay("K1", &json!({}));
    let calls = (0..32).map(|_| workspace.try_post("/access_grants/create", &body));
    let answers = futures_util::future::join_all(calls).await;
    let statuses: Vec<u16> = answers.into_iter().map(|answer| answer.expect("an answer").status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 31);
    workspace.finish().await;
}
