//! What happens after the answer: methods are issued, taken back, delayed, or impossible.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::sandbox_client::{NOW, Workspace, hotel, id, stay};

/// Sets the clock this many seconds after the start.
fn wait(workspace: &Workspace, seconds: i64) {
    let now: Timestamp = NOW.parse().expect("a valid instant");
    let later = now.checked_add(SignedDuration::from_secs(seconds)).expect("in range");
    workspace.sandbox.set_now(later);
}

async fn methods(workspace: &Workspace, key: &str) -> Vec<Value> {
    let list = workspace.ok("/access_methods/list", json!({ "access_grant_key": key })).await;
    list["access_methods"].as_array().expect("a list").clone()
}

async fn grant(workspace: &Workspace, key: &str) -> Value {
    workspace.ok("/access_grants/get", json!({ "access_grant_key": key })).await["access_grant"].clone()
}

async fn event_types(workspace: &Workspace) -> Vec<String> {
    let list = workspace.ok("/events/list", json!({ "since": "2026-01-01T00:00:00Z" })).await;
    let events = list["events"].as_array().expect("a list");
    events.iter().map(|event| event["event_type"].as_str().expect("a type").to_owned()).collect()
}

fn seed(switches: Value) -> Value {
    let mut seed = hotel();
    seed["switches"] = switches;
    seed
}

#[tokio::test]
async fn a_code_is_issued_after_the_delay_and_kept_through_an_update() {
    let workspace = Workspace::start(seed(json!({ "issuance_delay_ms": 60_000 }))).await;
    let created = workspace.ok("/access_grants/create", stay("K1", &json!({}))).await;
    assert_eq!(created["access_grant"]["access_method_ids"].as_array().map(Vec::len), Some(1));
    let method = &methods(&workspace, "K1").await[0];
    assert_eq!((&method["is_issued"], &method["code"]), (&json!(false), &Value::Null));

    wait(&workspace, 61);
    let method = &methods(&workspace, "K1").await[0];
    let code = method["code"].as_str().expect("a code").to_owned();
    assert_eq!(method["is_issued"], true);
    assert_eq!(code.len(), 4);

    let change = json!({ "access_grant_key": "K1", "ends_at": "2026-12-08T11:00:00Z" });
    workspace.ok("/access_grants/update", change).await;
    let method = &methods(&workspace, "K1").await[0];
    assert_eq!(method["is_issued"], false);
    assert_eq!(method["pending_mutations"][0]["mutation_code"], "updating_access_times");
    let mutation = &grant(&workspace, "K1").await["pending_mutations"][0];
    assert_eq!(mutation["from"]["ends_at"], "2026-12-07T11:00:00.000Z");
    assert_eq!(mutation["to"]["ends_at"], "2026-12-08T11:00:00.000Z");

    wait(&workspace, 130);
    let method = &methods(&workspace, "K1").await[0];
    assert_eq!((&method["is_issued"], &method["code"]), (&json!(true), &json!(code)));
    assert_eq!(grant(&workspace, "K1").await["pending_mutations"], json!([]));
    let id = grant(&workspace, "K1").await["access_grant_id"].clone();
    workspace.ok("/access_grants/delete", json!({ "access_grant_id": id })).await;
    assert_eq!(
        event_types(&workspace).await,
        [
            "access_grant.created",
            "access_method.created",
            "access_method.issued",
            "access_grant.access_granted_to_all_doors",
            "access_method.revoked",
            "access_grant.access_times_changed",
            "access_method.reissued",
            "access_grant.deleted",
            "access_method.deleted",
        ]
    );
    workspace.finish().await;
}

#[tokio::test]
async fn a_new_name_takes_nothing_back() {
    let workspace = Workspace::start(hotel()).await;
    workspace.ok("/access_grants/create", stay("K1", &json!({}))).await;
    workspace.ok("/access_grants/update", json!({ "access_grant_key": "K1", "name": "R1" })).await;
    assert!(!event_types(&workspace).await.contains(&"access_method.revoked".to_owned()));
    workspace.finish().await;
}

#[tokio::test]
async fn a_wished_code_is_kept_unless_it_is_taken_at_a_device() {
    let workspace = Workspace::start(hotel()).await;
    let wish = json!({ "requested_access_methods": [{ "mode": "code", "code": "481516" }] });
    workspace.ok("/access_grants/create", stay("K1", &wish)).await;
    workspace.ok("/access_grants/create", stay("K2", &wish)).await;
    assert_eq!(methods(&workspace, "K1").await[0]["code"], "481516");
    let other = methods(&workspace, "K2").await[0]["code"].clone();
    assert_ne!(other, "481516");
    let warning = &grant(&workspace, "K2").await["warnings"][0];
    assert_eq!(warning["warning_code"], "requested_code_unavailable");
    assert_eq!(warning["new_code"], other);
    workspace.finish().await;
}

#[tokio::test]
async fn codes_for_later_stays_reach_the_lock_only_shortly_before() {
    let workspace = Workspace::start(seed(json!({ "issue_ahead_minutes": 60 }))).await;
    workspace.ok("/access_grants/create", stay("K1", &json!({}))).await;
    assert_eq!(methods(&workspace, "K1").await[0]["is_issued"], false);
    let three_days = 3 * 86_400;
    wait(&workspace, three_days + 2 * 3_600 - 30);
    assert_eq!(methods(&workspace, "K1").await[0]["is_issued"], false);
    wait(&workspace, three_days + 2 * 3_600 + 1);
    assert_eq!(methods(&workspace, "K1").await[0]["is_issued"], true);
    workspace.finish().await;
}

#[tokio::test]
async fn an_offline_or_full_lock_delays_and_then_fails() {
    let mut seed = seed(json!({ "delay_warning_ms": 60_000, "issue_failure_ms": 120_000 }));
    seed["devices"] = json!([
        { "device_id": id(2), "name": "Gym", "online": false },
        { "device_id": id(3), "name": "Pool", "max_active_codes_supported": 1 },
    ]);
    let workspace = Workspace::start(seed).await;
    let pool = json!({ "space_keys": null, "device_ids": [id(3)] });
    workspace.ok("/access_grants/create", stay("K1", &json!({}))).await;
    workspace.ok("/access_grants/create", stay("K2", &pool)).await;
    assert_eq!(methods(&workspace, "K2").await[0]["is_issued"], true, "the first code fits");
    workspace.ok("/access_grants/create", stay("K3", &pool)).await;
    for key in ["K1", "K3"] {
        let method = &methods(&workspace, key).await[0];
        assert_eq!((&method["is_issued"], &method["warnings"]), (&json!(false), &json!([])));
    }
    wait(&workspace, 70);
    for key in ["K1", "K3"] {
        let method = &methods(&workspace, key).await[0];
        assert_eq!(method["warnings"][0]["warning_code"], "delay_in_issuing");
        assert_eq!(method["errors"], json!([]));
    }
    wait(&workspace, 140);
    for key in ["K1", "K3"] {
        assert_eq!(methods(&workspace, key).await[0]["errors"][0]["error_code"], "failed_to_issue");
    }
    workspace.finish().await;
}

#[tokio::test]
async fn a_method_that_no_door_supports_is_an_error_on_the_grant() {
    let mut seed = hotel();
    seed["devices"] =
        json!([{ "device_id": id(2), "name": "Gym", "can_program_online_access_codes": false }]);
    let workspace = Workspace::start(seed).await;
    let both = json!({ "requested_access_methods": [{ "mode": "code" }, { "mode": "card" }],
        "space_keys": ["gym", "lobby"] });
    workspace.ok("/access_grants/create", stay("K1", &json!({}))).await;
    workspace.ok("/access_grants/create", stay("K2", &both)).await;
    let (impossible, possible) = (grant(&workspace, "K1").await, grant(&workspace, "K2").await);
    assert_eq!(impossible["errors"][0]["error_code"], "cannot_create_requested_access_methods");
    assert_eq!(impossible["access_method_ids"], json!([]));
    assert_eq!(possible["errors"], json!([]));
    assert_eq!(possible["warnings"][0]["warning_code"], "device_does_not_support_access_codes");
    let card = methods(&workspace, "K2").await[1].clone();
    assert_eq!((&card["mode"], &card["is_issued"]), (&json!("card"), &json!(false)));
    assert_eq!((&card["is_encoding_required"], &card["is_ready_for_encoding"]), (&json!(true), &json!(true)));
    workspace.finish().await;
}

#[tokio::test]
async fn methods_are_added_and_taken_away_one_by_one() {
    let workspace = Workspace::start(hotel()).await;
    let lobby = json!({ "space_keys": ["lobby"] });
    let created = workspace.ok("/access_grants/create", stay("K1", &lobby)).await["access_grant"].clone();
    let added = json!({ "access_grant_id": created["access_grant_id"],
        "requested_access_methods": [{ "mode": "mobile_key" }, { "mode": "cloud_key" }] });
    workspace.ok("/access_grants/request_access_methods", added).await;
    assert_eq!(methods(&workspace, "K1").await.len(), 3);
    let code = created["access_method_ids"][0].clone();
    workspace.ok("/access_methods/delete", json!({ "access_method_id": code })).await;
    workspace.refused("/access_methods/get", json!({ "access_method_id": code }), 404).await;
    let left = grant(&workspace, "K1").await;
    let modes: Vec<_> = left["requested_access_methods"].as_array().expect("a list").clone();
    assert_eq!(modes.iter().map(|method| &method["mode"]).collect::<Vec<_>>(), ["mobile_key", "cloud_key"]);
    let related = json!({ "access_grant_keys": ["K1"], "exclude": ["spaces"] });
    let batch = workspace.ok("/access_grants/get_related", related).await["batch"].clone();
    assert_eq!(batch["access_methods"].as_array().map(Vec::len), Some(2));
    assert_eq!(batch["acs_entrances"][0]["acs_entrance_id"], id(1));
    assert_eq!(batch.get("spaces"), None);
    workspace.finish().await;
}
