//! The inventory: all pages, each entry once, whole or not at all.

use reservation_sync::event::{Listing, Silence};
use reservation_sync::model::{Inventory, Method};
use reservation_sync::seam::{CallErrorKind, Refusal, SeamError, SeamReader};
use serde_json::{Value, json};

use super::sandbox_client::Workspace;
use super::seam_script::{Reply, Script, refusal};
use super::seam_workspace::{Remember, reader, reader_of, settings};

const LISTS: [(&str, &str); 6] = [
    ("/spaces/list", "spaces"),
    ("/acs/entrances/list", "acs_entrances"),
    ("/devices/list", "devices"),
    ("/user_identities/list", "user_identities"),
    ("/access_grants/unmanaged/list", "access_grants"),
    ("/access_grants/list", "access_grants"),
];

fn page(name: &str, entries: &[Value], pagination: Value) -> Reply {
    let mut body = json!({"ok": true});
    body[name] = json!(entries);
    if !pagination.is_null() {
        body["pagination"] = pagination;
    }
    Reply::Json(200, body)
}

fn more(cursor: &str) -> Value {
    json!({"has_next_page": true, "next_page_cursor": cursor, "next_page_url": "https://example.com/?next_page_cursor=x"})
}

fn last() -> Value {
    json!({"has_next_page": false, "next_page_cursor": null, "next_page_url": null})
}

/// An otherwise empty workspace whose grants are listed in these replies.
async fn serve_grants(replies: Vec<Reply>) -> Script {
    let workspace = Reply::Json(200, json!({"workspace": {"workspace_id": "w1"}, "ok": true}));
    let empty = LISTS[..5].iter().map(|(path, name)| (*path, page(name, &[], last())));
    let grants = replies.into_iter().map(|reply| (LISTS[5].0, reply));
    Script::serve([("/workspaces/get", workspace)].into_iter().chain(empty).chain(grants)).await
}

fn grants(ids: &[&str], pagination: Value) -> Reply {
    let entries: Vec<Value> = ids.iter().map(|id| json!({"access_grant_id": id})).collect();
    page("access_grants", &entries, pagination)
}

fn ids(inventory: &Inventory) -> Vec<String> {
    inventory.grants.iter().map(|grant| grant.id.to_string()).collect()
}

async fn inventory(script: &Script) -> Result<Inventory, SeamError> {
    reader_of(&script.base_url).inventory(&Silence).await
}

async fn check_error(replies: Vec<Reply>, kind: CallErrorKind, text: &str, n_asked: usize) {
    let script = serve_grants(replies).await;
    match inventory(&script).await.expect_err("half a list is none") {
        SeamError::Call(error) => {
            assert_eq!(error.kind, kind);
            assert!(error.to_string().contains(text), "{error}");
        }
        other => panic!("an error of a call, not {other:?}"),
    }
    assert_eq!(script.paths().iter().filter(|path| *path == "/access_grants/list").count(), n_asked);
}

#[tokio::test]
async fn every_page_is_read_with_the_same_limit_and_each_entry_once() {
    let script = serve_grants(vec![
        grants(&["g1", "g2"], more("c1")),
        grants(&["g2", "g3"], more("c2")),
        grants(&["g1", "g4"], last()),
    ])
    .await;
    let sink = Remember::default();
    let inventory = reader_of(&script.base_url).inventory(&sink).await.expect("an inventory");
    assert_eq!(ids(&inventory), ["g1", "g2", "g3", "g4"]);
    let asked = script.asked();
    assert_eq!(asked[0].path, "/workspaces/get", "the workspace comes first");
    let bodies: Vec<_> =
        asked.iter().filter(|asked| asked.path == LISTS[5].0).map(|a| a.body.clone()).collect();
    assert_eq!(
        bodies,
        [
            json!({"limit": 500}),
            json!({"limit": 500, "page_cursor": "c1"}),
            json!({"limit": 500, "page_cursor": "c2"})
        ]
    );
    assert_eq!(asked.len(), 1 + 5 + 3, "one call a page and no more");
    let listed = sink.listed.into_inner().expect("no panic");
    let of_grants: Vec<_> = listed.iter().filter(|(listing, _)| *listing == Listing::Grants).collect();
    assert_eq!(of_grants, [&(Listing::Grants, 2), &(Listing::Grants, 3), &(Listing::Grants, 4)]);
}

#[tokio::test]
async fn a_list_without_pagination_or_with_a_leftover_cursor_is_one_page() {
    for pagination in [Value::Null, json!({"has_next_page": false, "next_page_cursor": "c1"}), json!({})] {
        let script = serve_grants(vec![grants(&["g1"], pagination)]).await;
        assert_eq!(ids(&inventory(&script).await.expect("an inventory")), ["g1"]);
        assert_eq!(script.asked().len(), 7);
    }
}

/// Only moving in needs this list.
#[tokio::test]
async fn a_refused_list_of_unmanaged_grants_stops_nothing() {
    for status in [400, 403, 404] {
        let workspace = Reply::Json(200, json!({"workspace": {"workspace_id": "w1"}, "ok": true}));
        let others = LISTS.iter().filter(|(path, _)| *path != "/access_grants/unmanaged/list");
        let empty = others.map(|(path, name)| (*path, page(name, &[], last())));
        let refused = ("/access_grants/unmanaged/list", refusal(status, "not_for_you", "no"));
        let script = Script::serve([("/workspaces/get", workspace), refused].into_iter().chain(empty)).await;
        assert!(inventory(&script).await.expect("an inventory").grants.is_empty(), "{status}");
    }
}

#[tokio::test]
async fn a_list_whose_cursor_is_lost_begins_again() {
    let script = serve_grants(vec![
        grants(&["g1", "gone"], more("c1")),
        refusal(400, "mismatched_page_parameters", "the cursor has expired"),
        grants(&["g1", "g2"], more("c2")),
        grants(&["g3"], last()),
    ])
    .await;
    assert_eq!(ids(&inventory(&script).await.expect("an inventory")), ["g1", "g2", "g3"]);
}

#[tokio::test]
async fn a_list_begins_again_twice_at_most() {
    let round = || {
        [grants(&["g1"], more("c1")), refusal(400, "mismatched_page_parameters", "no such cursor")]
            .into_iter()
    };
    let replies = round().chain(round()).chain(round()).chain(round()).collect();
    check_error(replies, CallErrorKind::Refused(Refusal::Validation), "no such cursor", 6).await;
}

#[tokio::test]
async fn a_first_page_that_is_refused_is_not_asked_for_again() {
    let invalid = CallErrorKind::Refused(Refusal::Validation);
    check_error(vec![refusal(400, "invalid_input", "limit")], invalid, "limit", 1).await;
}

#[tokio::test]
async fn a_list_that_cannot_be_read_to_its_end_is_an_error() {
    let bad = CallErrorKind::BadAnswer;
    let no_cursor = json!({"has_next_page": true, "next_page_cursor": null});
    check_error(vec![grants(&["g1"], no_cursor)], bad, "no cursor", 1).await;
    let circle = vec![grants(&["g1"], more("c1")), grants(&["g2"], more("c2")), grants(&["g1"], more("c1"))];
    check_error(circle, bad, "never end", 3).await;
    let no_id = page("access_grants", &[json!({"access_grant_id": "g1"}), json!({"name": "R1"})], last());
    check_error(vec![no_id], bad, "missing field `access_grant_id` at line 1 column", 1).await;
    check_error(vec![Reply::Json(200, json!({"ok": true}))], bad, "missing field", 1).await;
}

#[tokio::test]
async fn an_odd_entry_does_not_spoil_its_list() {
    let odd = json!({"access_grant_id": "g2", "starts_at": 5, "space_ids": null, "warnings": {}, "name": []});
    let script =
        serve_grants(vec![page("access_grants", &[json!({"access_grant_id": "g1"}), odd], last())]).await;
    assert_eq!(ids(&inventory(&script).await.expect("an inventory")), ["g1", "g2"]);
}

/// A hotel of one entrance room, one lock room, and a guest with a grant.
fn hotel() -> Value {
    json!({
        "entrances": [{"acs_entrance_id": "00000000-0000-4000-8000-000000000101", "name": "Room 101",
                       "can_belong_to_reservation": true, "can_unlock_with_card": false}],
        "devices": [{"device_id": "00000000-0000-4000-8000-000000000201", "name": "Room 201",
                     "can_remotely_unlock": false, "max_active_codes_supported": 30}],
        "spaces": [
            {"space_key": "room-101", "name": "Room 101", "acs_entrance_ids": ["00000000-0000-4000-8000-000000000101"],
             "device_ids": []},
            {"space_key": "room-201", "name": "Room 201", "acs_entrance_ids": [],
             "device_ids": ["00000000-0000-4000-8000-000000000201"]}
        ],
        "user_identities": [{"user_identity_key": "pms:G1", "full_name": "Ana Sousa", "email_address": "ana@example.com"}],
        "access_grants": [{"access_grant_key": "pms::R1:G1:x", "user_identity_key": "pms:G1", "space_keys": ["room-201"],
                           "starts_at": "2026-12-02T15:00:00Z", "ends_at": "2026-12-05T11:00:00Z",
                           "requested_access_methods": [{"mode": "code"}]}]
    })
}

fn sandbox_reader(workspace: &Workspace) -> SeamReader {
    let mut settings = settings(workspace.sandbox.endpoint());
    settings.credentials =
        reservation_sync::seam::Credentials::ApiKey(workspace.sandbox.api_key().to_owned().into());
    reader(&settings)
}

#[tokio::test]
async fn a_hotel_is_read_as_it_stands() {
    let workspace = Workspace::start(hotel()).await;
    let reader = sandbox_reader(&workspace);
    let inventory = reader.inventory(&Silence).await.expect("an inventory");
    assert!(inventory.workspace.is_sandbox && !inventory.workspace.is_suspended);

    let space = |key: &str| {
        let found =
            inventory.spaces.iter().find(|space| space.key.as_ref().is_some_and(|k| k.as_str() == key));
        found.expect("a space").id.clone()
    };
    let entrance = &inventory.entrances[0];
    assert_eq!((entrance.name.as_str(), entrance.can_belong_to_reservation), ("Room 101", true));
    assert_eq!(entrance.methods, [Method::CloudKey, Method::Code, Method::MobileKey].into());
    assert_eq!(entrance.spaces, [space("room-101")].into());

    let device = &inventory.devices[0];
    assert_eq!((device.name.as_str(), device.max_active_codes), ("Room 201", Some(30)));
    assert_eq!(device.methods, [Method::Code].into());
    assert_eq!(device.spaces, [space("room-201")].into());

    let identity = &inventory.identities[0];
    assert_eq!(identity.full_name.as_deref(), Some("Ana Sousa"));
    let grant = &inventory.grants[0];
    assert_eq!((&grant.identity, grant.methods()), (&identity.id, [Method::Code].into()));
    assert_eq!(grant.window.ends_at.map(|end| end.to_string()).as_deref(), Some("2026-12-05T11:00:00Z"));

    assert_eq!(reader.calls().reads, 7);
    let key = "pms::R1:G1:x".into();
    assert_eq!(reader.grant_by_key(&key).await.expect("an answer").as_ref(), Some(grant));
    assert_eq!(reader.grant_by_key(&"pms::R2:G1:x".into()).await.expect("an answer"), None);
    let key = "pms:G1".into();
    assert_eq!(reader.identity_by_key(&key).await.expect("an answer").as_ref(), Some(identity));
    assert_eq!(reader.identity_by_key(&"pms:G2".into()).await.expect("an answer"), None);
    workspace.finish().await;
}

#[tokio::test]
async fn a_list_of_n_entries_costs_n_over_500_calls_rounded_up() {
    for (n, expected) in [(0, 1), (499, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)] {
        let identities: Vec<_> = (0..n).map(|i| json!({"user_identity_key": format!("G{i}")})).collect();
        let workspace = Workspace::start(json!({"user_identities": identities})).await;
        let reader = sandbox_reader(&workspace);
        let inventory = reader.inventory(&Silence).await.expect("an inventory");
        assert_eq!(inventory.identities.len(), n);
        assert_eq!(workspace.sandbox.counts().requests["/user_identities/list"], expected, "{n} entries");
        workspace.finish().await;
    }
}
