//! The reading half against a server that answers by script.

use std::time::Duration;

use reservation_sync::event::Silence;
use reservation_sync::model::WorkspaceId;
use reservation_sync::seam::{
    CallError, CallErrorKind, Credentials, Effect, Refusal, SeamError, SeamReader, Verdict, verdict,
};
use secrecy::SecretString;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::seam_script::{Reply, Script, refusal};
use super::seam_workspace::{KEY, Remember, reader, reader_of, settings};

const WORKSPACE: &str = "/workspaces/get";

fn workspace() -> Reply {
    Reply::Json(
        200,
        json!({"workspace": {"workspace_id": "w1", "name": "Casa", "is_sandbox": true}, "ok": true}),
    )
}

fn call_error(error: SeamError) -> CallError {
    match error {
        SeamError::Call(error) => error,
        other => panic!("an error of a call, not {other:?}"),
    }
}

/// The error of the first contact, with little patience.
async fn check(reply: Reply, kind: CallErrorKind, n_asked: usize) -> CallError {
    let script = Script::serve([(WORKSPACE, reply)]).await;
    let mut settings = settings(&script.base_url);
    settings.patience = Duration::ZERO;
    let error = call_error(reader(&settings).workspace(&Silence).await.expect_err("no workspace"));
    assert_eq!((error.kind, error.effect), (kind, Effect::None));
    assert_eq!(script.asked().len(), n_asked);
    error
}

/// A reply that is followed by a good one.
async fn check_recovers(reply: Reply, at_least: Duration, throttled: bool) {
    let script = Script::serve([(WORKSPACE, reply), (WORKSPACE, workspace())]).await;
    let reader = reader_of(&script.base_url);
    let sink = Remember::default();
    let workspace = reader.workspace(&sink).await.expect("the second answer is good");
    assert_eq!((workspace.id.as_str(), workspace.is_sandbox, workspace.is_suspended), ("w1", true, false));
    let retried = sink.retried.into_inner().expect("no panic");
    assert!(
        matches!(&*retried, [(path, wait, asked)]
        if path == WORKSPACE && *wait >= at_least && *asked == throttled),
        "{retried:?}"
    );
    let calls = reader.calls();
    assert_eq!((calls.reads, calls.writes, calls.retries, calls.throttled), (2, 0, 1, u64::from(throttled)));
}

#[tokio::test]
async fn the_workspace_is_asked_for_once_and_with_the_key() {
    let script = Script::serve([(WORKSPACE, workspace())]).await;
    let reader = reader_of(&script.base_url);
    for _ in 0..2 {
        reader.workspace(&Silence).await.expect("a workspace");
    }
    let asked = script.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].head.starts_with("POST "));
    assert!(asked[0].head.contains(&format!("authorization: Bearer {KEY}")));
    assert!(!asked[0].head.contains("seam-workspace"));
}

#[tokio::test]
async fn a_personal_token_goes_with_its_workspace() {
    let script = Script::serve([(WORKSPACE, workspace())]).await;
    let mut settings = settings(&script.base_url);
    settings.credentials = Credentials::PersonalAccessToken {
        token: SecretString::from("seam_at1person"),
        workspace: WorkspaceId::new("w1"),
    };
    reader(&settings).workspace(&Silence).await.expect("a workspace");
    let head = &script.asked()[0].head;
    assert!(head.contains("authorization: Bearer seam_at1person") && head.contains("seam-workspace: w1"));
}

#[tokio::test]
async fn a_refused_key_stops_at_once() {
    let error =
        check(refusal(401, "unauthorized", "API Key not found"), CallErrorKind::Unauthorized, 1).await;
    assert_eq!(error.request_id.as_deref(), Some("request_7"));
    assert_eq!(
        error.to_string(),
        "call /workspaces/get: key refused: API Key not found (status 401, request request_7)"
    );
    assert_eq!(verdict(&error.kind, reservation_sync::seam::Safety::Read), Verdict::Stop);
    check(refusal(403, "forbidden", "no"), CallErrorKind::Forbidden, 1).await;
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_not_asked_for_again() {
    let html = Reply::Raw(200, "content-type: text/html\r\n", "<html>log in</html>".to_owned());
    check(html, CallErrorKind::BadAnswer, 1).await;
    let moved = Reply::Raw(302, "location: https://example.com/\r\n", String::new());
    check(moved, CallErrorKind::BadAnswer, 1).await;
    let text = Reply::Raw(400, "content-type: text/plain\r\n", "not\u{1b}[31m a sandbox".to_owned());
    let error = check(text, CallErrorKind::Refused(Refusal::Validation), 1).await;
    assert_eq!(error.message, "not [31m a sandbox");
}

#[tokio::test]
async fn a_workspace_without_an_id_is_a_clear_error() {
    let reply = Reply::Json(200, json!({"workspace": {"name": "Casa"}, "ok": true}));
    let error = check(reply, CallErrorKind::BadAnswer, 1).await;
    assert!(error.message.contains("missing field `workspace_id`"), "{error}");
}

#[tokio::test]
async fn trouble_that_passes_is_waited_for() {
    let none = Duration::ZERO;
    check_recovers(Reply::Raw(503, "", String::new()), none, false).await;
    check_recovers(Reply::Raw(502, "content-type: text/html\r\n", "<h1>Bad</h1>".to_owned()), none, false)
        .await;
    check_recovers(refusal(500, "internal_server_error", "oops"), none, false).await;
    check_recovers(Reply::Cut, none, false).await;
    check_recovers(Reply::Raw(429, "", String::new()), none, true).await;
    let half = r#"{"workspace": {"worksp"#.to_owned();
    check_recovers(Reply::Raw(200, "content-type: application/json\r\n", half.clone()), none, false).await;
    check_recovers(Reply::Raw(200, "content-length: 999\r\n", half), none, false).await;
}

#[tokio::test]
async fn a_wait_that_seam_asks_for_is_kept_in_either_form() {
    let second = Duration::from_secs(1);
    let (a, b, c) = tokio::join!(
        check_recovers(Reply::Raw(429, "retry-after: 1\r\n", String::new()), second, true),
        check_recovers(
            Reply::Raw(
                429,
                "date: Sun, 06 Nov 1994 08:49:36 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                String::new()
            ),
            second,
            true
        ),
        check_recovers(Reply::Raw(503, "retry-after: 1\r\n", String::new()), second, false),
    );
    let ((), (), ()) = (a, b, c);
}

#[tokio::test]
async fn a_wait_beyond_the_patience_is_not_begun() {
    let script = Script::serve([(WORKSPACE, Reply::Raw(429, "retry-after: 3600\r\n", String::new()))]).await;
    let reader = reader_of(&script.base_url);
    let error = call_error(reader.workspace(&Silence).await.expect_err("throttled"));
    assert_eq!(error.kind, CallErrorKind::Throttled { retry_after: Some(Duration::from_hours(1)) });
    assert_eq!((script.asked().len(), reader.calls().throttled, reader.calls().retries), (1, 1, 0));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let base_url = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        format!("http://{}", listener.local_addr().expect("it listens"))
    };
    let mut settings = settings(&base_url);
    settings.patience = Duration::from_millis(300);
    let error = call_error(reader(&settings).workspace(&Silence).await.expect_err("nobody there"));
    assert_eq!((error.kind, error.effect, error.status), (CallErrorKind::Unreachable, Effect::None, None));
    assert!(error.message.to_lowercase().contains("refused"), "{error}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_lost_after_the_timeout() {
    let script = Script::serve([(WORKSPACE, Reply::Silence)]).await;
    let mut settings = settings(&script.base_url);
    (settings.timeout, settings.patience) = (Duration::from_millis(100), Duration::ZERO);
    let error = call_error(reader(&settings).workspace(&Silence).await.expect_err("silence"));
    assert_eq!(error.kind, CallErrorKind::LostAnswer);
}

#[tokio::test]
async fn who_is_told_to_stop_sends_nothing_and_waits_for_nothing() {
    let script = Script::serve([(WORKSPACE, Reply::Raw(429, "retry-after: 15\r\n", String::new()))]).await;
    let cancel = CancellationToken::new();
    let reader = SeamReader::connect(&settings(&script.base_url), cancel.clone()).expect("good settings");
    let started = std::time::Instant::now();
    let stopping = async {
        while script.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (answer, ()) = tokio::join!(reader.workspace(&Silence), stopping);
    answer.expect_err("stopped");
    assert!(started.elapsed() < Duration::from_secs(10));
    let error = call_error(reader.workspace(&Silence).await.expect_err("stopped"));
    assert_eq!(error.kind, CallErrorKind::Cancelled);
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn no_secret_is_seen_in_anything_that_can_be_printed() {
    let script = Script::serve([(WORKSPACE, refusal(401, "unauthorized", "no"))]).await;
    let settings = settings(&script.base_url);
    let reader = reader(&settings);
    let error = reader.workspace(&Silence).await.expect_err("refused");
    let writer = super::seam_workspace::writer_of(&reader);
    let mut broken = settings.clone();
    broken.credentials = Credentials::ApiKey(SecretString::from(format!("{KEY}\n")));
    let no_header = SeamReader::connect(&broken, CancellationToken::new()).expect_err("a line end");
    let printed = format!("{settings:?} {reader:?} {writer:?} {error:?} {error} {no_header:?} {no_header}");
    assert!(!printed.contains("neverseenagain"), "{printed}");
}
