//! The sandbox's state file: shared between processes, and whole whatever happens to them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reservation_sync::sandbox::{Limits, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::sandbox_client::{Workspace, hotel, http_client, options, stay};

const STATE: &str = "SANDBOX_TEST_STATE";

fn on_disk(state: &Path) -> SandboxOptions {
    SandboxOptions { state: Some(state.to_owned()), limits: Some(Limits::UNLIMITED), ..options(hotel()) }
}

fn keys(snapshot: &Value) -> Vec<String> {
    let grants = snapshot["access_grants"].as_array().expect("a list");
    grants.iter().map(|grant| grant["access_grant_key"].as_str().expect("a key").to_owned()).collect()
}

#[tokio::test]
async fn two_sandboxes_on_one_state_file_are_one_workspace() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let one = Workspace::start_with(on_disk(&state)).await;
    let other = Workspace::start_with(on_disk(&state)).await;
    one.ok("/access_grants/create", stay("K1", &json!({}))).await;
    other.refused("/access_grants/create", stay("K1", &json!({})), 409).await;
    other.ok("/access_grants/create", stay("K2", &json!({}))).await;
    let list = one.ok("/access_grants/list", json!({})).await;
    assert_eq!(list["access_grants"].as_array().map(Vec::len), Some(2));
    assert_eq!(one.sandbox.snapshot(), other.sandbox.snapshot());
    one.finish().await;
    other.finish().await;
    // The guests of a rehearsal may be real.
    for file in std::fs::read_dir(folder.path()).expect("a folder") {
        let file = file.expect("an entry");
        let mode = file.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
    let again = Workspace::start_with(on_disk(&state)).await;
    assert_eq!(keys(&again.sandbox.snapshot()), ["K1", "K2"]);
    again.finish().await;
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_it_has_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("sandbox.json");
    let mut answered = Vec::new();
    for round in 0..3 {
        let ready = endpoint_file(&state);
        let _none_yet = std::fs::remove_file(&ready);
        let mut child = start_process(&state);
        let endpoint = read_endpoint(&ready);
        let workspace = Workspace::start_with(on_disk(&state)).await;
        let http = http_client();
        let (answers, seen) = std::sync::mpsc::channel();
        let killer = std::thread::spawn(move || {
            // In the midst of the calls, which go on while the signal is on its way.
            assert_eq!(seen.iter().take(40).count(), 40);
            child.kill().expect("killed");
            child.wait().expect("reaped");
        });
        for n in 0.. {
            let key = format!("K{round}-{n:05}");
            let url = format!("{endpoint}/access_grants/create");
            let request = http.post(url).bearer_auth(workspace.sandbox.api_key());
            match request.json(&stay(&key, &json!({}))).send().await {
                Ok(response) => assert_eq!(response.status().as_u16(), 200),
                Err(_) => break,
            }
            answered.push(key);
            // Nobody listens any more once the signal is sent.
            let _heard = answers.send(());
        }
        killer.join().expect("the killer ends");
        let found = keys(&workspace.sandbox.snapshot());
        let lost: Vec<_> = answered.iter().filter(|key| !found.contains(key)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        assert!(found.len() <= answered.len() + round + 1, "at most one more for each kill");
        workspace.finish().await;
    }
}

fn start_process(state: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "sandbox_state::serves_until_it_is_killed", "--ignored"])
        .env(STATE, state)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process")
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process writes the file; there is no event to wait for"
)]
fn read_endpoint(ready: &Path) -> String {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        match std::fs::read_to_string(ready) {
            Ok(endpoint) if endpoint.ends_with('\n') => return endpoint.trim().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("the process does not come up");
}

fn endpoint_file(state: &Path) -> PathBuf {
    state.with_extension("endpoint")
}

#[expect(clippy::disallowed_methods, reason = "the variable comes from the test that starts this process")]
#[tokio::test]
#[ignore = "is started as a process by a_killed_process_loses_nothing_that_it_has_answered"]
async fn serves_until_it_is_killed() {
    let Some(state) = std::env::var_os(STATE).map(PathBuf::from) else { return };
    let sandbox = Sandbox::start(on_disk(&state)).await.expect("the sandbox starts");
    std::fs::write(endpoint_file(&state), format!("{}\n", sandbox.endpoint())).expect("written");
    tokio::time::sleep(Duration::from_mins(1)).await;
}

#[tokio::test]
async fn ten_thousand_grants_are_kept_and_listed_in_order_of_creation() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = on_disk(&folder.path().join("sandbox.json"));
    options.recording = reservation_sync::sandbox::Recording::Off;
    let workspace = Workspace::start_with(options).await;
    for n in 0..10_000 {
        let answer = workspace.post("/access_grants/create", stay(&format!("K{n}"), &json!({}))).await;
        assert_eq!(answer.status, 200);
    }
    let mut body = json!({ "limit": 500 });
    let mut listed = Vec::new();
    loop {
        let page = workspace.ok("/access_grants/list", body.clone()).await;
        let grants = page["access_grants"].as_array().expect("a list");
        listed
            .extend(grants.iter().map(|grant| grant["access_grant_key"].as_str().expect("a key").to_owned()));
        if page["pagination"]["has_next_page"] == false {
            break;
        }
        body["page_cursor"] = page["pagination"]["next_page_cursor"].clone();
    }
    let expected: Vec<String> = (0..10_000).map(|n| format!("K{n}")).collect();
    assert!(listed == expected, "{} grants are listed, or not in order", listed.len());
    workspace.finish().await;
}
