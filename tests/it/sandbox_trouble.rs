//! Limits and faults: what is admitted, what is lost, and what took effect all the same.

use std::time::{Duration, Instant};

use reservation_sync::sandbox::{Fault, FaultPlan, Limits, ScriptedFault};
use serde_json::{Value, json};

use super::sandbox_client::{Workspace, hotel, options, stay};

fn script(steps: &[(&str, u64, Fault)]) -> FaultPlan {
    let script = steps.iter().map(|&(path, call, fault)| ScriptedFault { path: path.into(), call, fault });
    FaultPlan { script: script.collect(), ..FaultPlan::none() }
}

fn n_grants(workspace: &Workspace) -> Option<usize> {
    workspace.sandbox.snapshot()["access_grants"].as_array().map(Vec::len)
}

#[tokio::test]
async fn the_eleventh_create_at_a_door_is_too_many_and_uses_nothing_up() {
    let workspace = Workspace::start_with(options(hotel())).await;
    for n in 0..10 {
        workspace.ok("/access_grants/create", stay(&format!("K{n}"), &json!({}))).await;
    }
    let answer = workspace.post("/access_grants/create", stay("K10", &json!({}))).await;
    assert_eq!((answer.status, n_grants(&workspace)), (429, Some(10)));
    let retry_after = answer.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((50..=60_u32).contains(&retry_after), "{retry_after}");
    let lobby = json!({ "space_keys": ["lobby"] });
    workspace.ok("/access_grants/create", stay("K11", &lobby)).await;
    assert_eq!(workspace.sandbox.counts().throttled["/access_grants/create"], 1);
    assert_eq!(workspace.sandbox.counts().n_refusals(), 0);
    workspace.finish().await;
}

#[tokio::test]
async fn the_forms_of_a_429_are_switches() {
    for (switches, has_body, retry_after_ends_in) in [
        (json!({}), true, Some("1")),
        (json!({ "retry_after": "http_date", "throttled_body": "empty" }), false, Some("GMT")),
        (json!({ "retry_after": "absent" }), true, None),
    ] {
        let mut seed = hotel();
        seed["switches"] = switches;
        let workspace = Workspace::start(seed).await;
        workspace.sandbox.set_limits(Limits { requests_per_second: Some(1), ..Limits::UNLIMITED });
        workspace.ok("/workspaces/get", json!({})).await;
        let answer = workspace.post("/workspaces/get", json!({})).await;
        assert_eq!(answer.status, 429);
        let retry_after = answer.headers.get("retry-after").map(|value| value.to_str().expect("text"));
        assert_eq!(retry_after.is_some(), retry_after_ends_in.is_some());
        assert!(retry_after.is_none_or(|text| text.ends_with(retry_after_ends_in.unwrap_or_default())));
        assert_eq!(answer.body.is_object(), has_body);
        workspace.finish().await;
    }
}

#[tokio::test]
async fn each_fault_does_to_the_call_what_its_name_says() {
    for (fault, status, took_effect) in [
        (Fault::Throttled, Some(429), false),
        (Fault::ServerError, Some(500), false),
        (Fault::PlainText, Some(502), false),
        (Fault::EmptyBody, Some(503), false),
        (Fault::CutBefore, None, false),
        (Fault::Latency, Some(200), true),
        (Fault::CutAfter, None, true),
        (Fault::PlainTextAfter, Some(502), true),
        (Fault::EmptyBodyAfter, Some(503), true),
        (Fault::TruncatedJson, Some(200), true),
        (Fault::CutBody, None, true),
        (Fault::Refused, Some(400), false),
    ] {
        let workspace = Workspace::start(hotel()).await;
        workspace.sandbox.set_faults(script(&[("/access_grants/create", 1, fault)]));
        let began = Instant::now();
        let answer = workspace.try_post("/access_grants/create", &stay("K1", &json!({}))).await;
        assert_eq!(answer.as_ref().ok().map(|answer| answer.status), status, "{fault:?}");
        assert_eq!(n_grants(&workspace), Some(usize::from(took_effect)), "{fault:?}");
        let body = answer.map(|answer| answer.body).unwrap_or_default();
        match fault {
            Fault::Throttled | Fault::ServerError | Fault::Refused => {
                assert!(body["error"]["type"].is_string());
            }
            Fault::PlainText | Fault::PlainTextAfter => assert_eq!(body, "Bad Gateway"),
            Fault::EmptyBody | Fault::EmptyBodyAfter => assert_eq!(body, ""),
            Fault::TruncatedJson => assert!(body.as_str().is_some_and(|text| text.starts_with('{'))),
            Fault::Latency => assert!(began.elapsed() >= Duration::from_millis(100)),
            Fault::CutBefore | Fault::CutAfter | Fault::CutBody => assert_eq!(body, Value::Null),
        }
        let again = workspace.post("/access_grants/create", stay("K1", &json!({}))).await;
        assert_eq!(again.status, if took_effect { 409 } else { 200 }, "{fault:?}");
        assert_eq!(workspace.sandbox.counts().faults["/access_grants/create"], 1);
        workspace.finish().await;
    }
}

#[tokio::test]
async fn under_every_kind_of_trouble_nothing_is_done_by_halves() {
    let mut seed = hotel();
    seed["faults"] = json!({ "seed": 3, "latency_ms": 1,
        "rates": { "cut_after": 0.1, "cut_before": 0.1, "truncated_json": 0.1, "server_error": 0.1 } });
    let workspace = Workspace::start(seed).await;
    let mut n_answered = 0;
    for n in 0..200 {
        let answer = workspace.try_post("/access_grants/create", &stay(&format!("K{n}"), &json!({}))).await;
        n_answered += usize::from(answer.is_ok_and(|answer| answer.body["ok"] == true));
    }
    let n_grants = n_grants(&workspace).expect("a list");
    assert!(n_grants > n_answered && n_grants < 200, "{n_answered} answered, {n_grants} done");
    let n_identities = workspace.sandbox.snapshot()["user_identities"].as_array().map(Vec::len);
    assert_eq!(
        n_identities,
        Some(n_grants + 1),
        "each grant brought its guest, and no guest came without one"
    );
    workspace.finish().await;
}
