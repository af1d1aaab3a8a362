//! A caller of the sandbox that knows nothing of the program's own client: plain JSON over HTTP.

use reqwest::StatusCode;
use reservation_sync::sandbox::{Recording, Sandbox, SandboxClock, SandboxOptions, Seed, SeedSource};
use serde_json::{Value, json};

use super::contract::assert_contract;

/// The instant at which the sandboxes of the tests begin.
pub(crate) const NOW: &str = "2026-12-01T12:00:00Z";

/// A sandbox and a client for it.
pub(crate) struct Workspace {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Workspace {
    /// Starts a sandbox with this seed, recording, without limits unless the seed has them.
    pub(crate) async fn start(mut seed: Value) -> Self {
        if seed.get("limits").is_none() {
            seed["limits"] =
                json!({ "create_per_minute": null, "update_per_minute": null, "delete_per_minute": null });
        }
        Self::start_with(options(seed)).await
    }

    pub(crate) async fn start_with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        Self { sandbox, http: http_client() }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, &body).await.expect("an answer")
    }

    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> reqwest::Result<Answer> {
        let url = format!("{}{path}", self.sandbox.endpoint());
        let response = self.http.post(url).bearer_auth(self.sandbox.api_key()).json(body).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        Ok(Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }

    /// A call that must succeed.
    pub(crate) async fn ok(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!((answer.status, &answer.body["ok"]), (200, &json!(true)), "{path}: {}", answer.body);
        answer.body
    }

    /// A call that must be refused with this status; returns `error`.
    pub(crate) async fn refused(&self, path: &str, body: Value, status: u16) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!((answer.status, &answer.body["ok"]), (status, &json!(false)), "{path}: {}", answer.body);
        answer.body["error"].clone()
    }

    /// Ends the test: everything that went over the wire keeps to the contract.
    pub(crate) async fn finish(self) {
        assert_contract(&self.sandbox.exchanges());
        self.sandbox.stop().await;
    }
}

/// Options for a recording sandbox at [`NOW`].
pub(crate) fn options(seed: Value) -> SandboxOptions {
    let seed: Seed = serde_json::from_value(seed).expect("a readable seed");
    SandboxOptions {
        seed: SeedSource::Document(Box::new(seed)),
        clock: SandboxClock::StartingAt(NOW.parse().expect("a valid instant")),
        recording: Recording::On,
        ..SandboxOptions::default()
    }
}

/// A client over TLS-free HTTP; a provider must be there all the same.
pub(crate) fn http_client() -> reqwest::Client {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Two rooms with entrances that belong to reservations, a lobby with one that does not, a gym with a lock.
pub(crate) fn hotel() -> Value {
    json!({
        "entrances": [
            { "acs_entrance_id": id(101), "name": "Room 101", "can_belong_to_reservation": true },
            { "acs_entrance_id": id(102), "name": "Room 102", "can_belong_to_reservation": true },
            { "acs_entrance_id": id(1), "name": "Lobby" },
        ],
        "devices": [{ "device_id": id(2), "name": "Gym" }],
        "spaces": [
            { "space_key": "room-101", "name": "Room 101", "acs_entrance_ids": [id(101)] },
            { "space_key": "room-102", "name": "Room 102", "acs_entrance_ids": [id(102)] },
            { "space_key": "lobby", "name": "Lobby", "acs_entrance_ids": [id(1)] },
            { "space_key": "gym", "name": "Gym", "device_ids": [id(2)] },
        ],
        "user_identities": [{ "user_identity_key": "G1", "full_name": "Ana Ferro", "email_address": "ana@example.com" }],
    })
}

/// A UUID for the nth door.
pub(crate) fn id(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// The parameters of a grant for three days from now; `changes` go over them.
pub(crate) fn stay(key: &str, changes: &Value) -> Value {
    let mut body = json!({
        "access_grant_key": key,
        "user_identity": { "full_name": "Rui Lopes" },
        "space_keys": ["gym"],
        "requested_access_methods": [{ "mode": "code" }],
        "starts_at": "2026-12-04T15:00:00Z",
        "ends_at": "2026-12-07T11:00:00Z",
    });
    for (name, value) in changes.as_object().expect("changes are an object") {
        match value {
            Value::Null => drop(body.as_object_mut().expect("an object").remove(name)),
            value => body[name] = value.clone(),
        }
    }
    body
}

#[tokio::test]
async fn calls_without_a_good_key_are_refused_with_the_words_of_the_real_api() {
    let workspace = Workspace::start(hotel()).await;
    let url = format!("{}/workspaces/get", workspace.sandbox.endpoint());
    let post = || workspace.http.post(&url);
    let workspace_id = workspace.ok("/workspaces/get", json!({})).await["workspace"]["workspace_id"].clone();
    let workspace_id = workspace_id.as_str().expect("an id");
    let token = workspace.sandbox.personal_access_token();
    for (request, status, message) in [
        (post(), 401, "No authentication methods succeeded"),
        (post().bearer_auth("seam_test1_no"), 401, "API Key not found"),
        (post().bearer_auth(token), 401, "No authentication methods succeeded"),
        (
            post().bearer_auth("seam_at1_no").header("seam-workspace", workspace_id),
            401,
            "Access token not found",
        ),
        (post().bearer_auth(token).header("seam-workspace", workspace_id), 200, ""),
        (workspace.http.get(&url).bearer_auth(workspace.sandbox.api_key()), 405, "Method not allowed"),
    ] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), status);
        assert!(response.headers().contains_key("seam-request-id"));
        if response.status() != StatusCode::OK {
            let body: Value = response.json().await.expect("JSON");
            assert_eq!(body["error"]["message"], message);
        }
    }
    workspace.finish().await;
}

#[tokio::test]
async fn a_body_must_be_declared_as_json_and_be_json() {
    let workspace = Workspace::start(hotel()).await;
    let url = format!("{}/user_identities/create", workspace.sandbox.endpoint());
    for (content_type, body, kind) in [
        ("text/plain", "{}", "invalid_content_type"),
        ("application/json", "{", "invalid_input"),
        ("application/json", "[]", "invalid_input"),
    ] {
        let request = workspace.http.post(&url).bearer_auth(workspace.sandbox.api_key());
        let response =
            request.header("content-type", content_type).body(body).send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), 400);
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["error"]["type"], kind);
    }
    workspace.finish().await;
}
