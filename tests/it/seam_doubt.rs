//! Doubt: what the writing half does where it cannot know whether a call took effect.

use std::time::Duration;

use reservation_sync::plan::{Call, StepId};
use reservation_sync::seam::{CallErrorKind, Effect, How, Made, Receipt, TurnAsked, Turns, Watch};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::seam_script::{Reply, Script, refusal};
use super::seam_workspace::{
    Remember, create_grant, perform, reader, reader_of, settings, window, writer_of,
};

const CREATE: &str = "/access_grants/create";
const GET: &str = "/access_grants/get";

fn made(receipt: &Receipt) -> String {
    match &receipt.made {
        Made::Grant { id, identity: _ } => id.to_string(),
        other => panic!("a grant, not {other:?}"),
    }
}

/// A grant as a scripted Seam would show it.
fn shown(id: &str, identity: &str) -> Reply {
    Reply::Json(
        200,
        json!({"access_grant": {"access_grant_id": id, "user_identity_id": identity, "space_ids": ["s1"],
            "starts_at": "2026-12-02T15:00:00.000Z", "ends_at": "2026-12-05T12:00:00+01:00"}, "ok": true}),
    )
}

fn scripted_grant() -> Call {
    create_grant("pms::R1:G1:x", "i1", &[&"s1".into()], window(2, 5))
}

#[tokio::test]
async fn a_timeout_is_a_lost_answer() {
    let script = Script::serve([(CREATE, Reply::Silence), (GET, shown("g1", "i1"))]).await;
    let mut settings = settings(&script.base_url);
    settings.timeout = Duration::from_millis(200);
    let receipt = perform(&writer_of(&reader(&settings)), &scripted_grant()).await.expect("it is there");
    assert_eq!((receipt.how, made(&receipt)), (How::Fresh, "g1".to_owned()));
    assert_eq!(script.paths(), [CREATE, GET]);
}

#[tokio::test]
async fn a_look_that_fails_is_repeated_and_the_create_is_not() {
    let script = Script::serve([
        (CREATE, Reply::Cut),
        (GET, Reply::Raw(503, "", String::new())),
        (GET, Reply::Cut),
        (GET, shown("g1", "i1")),
    ])
    .await;
    perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect("it is there");
    assert_eq!(script.paths(), [CREATE, GET, GET, GET]);
}

#[tokio::test]
async fn where_nobody_can_look_the_outcome_is_unknown() {
    let script = Script::serve([(CREATE, Reply::Cut), (GET, Reply::Cut)]).await;
    let mut settings = settings(&script.base_url);
    settings.patience = Duration::from_millis(1);
    let error = perform(&writer_of(&reader(&settings)), &scripted_grant()).await.expect_err("in doubt");
    assert_eq!((error.kind, error.effect), (CallErrorKind::LostAnswer, Effect::Unknown));
    assert_eq!(script.paths().iter().filter(|path| *path == CREATE).count(), 1);
}

#[tokio::test]
async fn without_patience_a_lost_create_is_still_looked_for_once() {
    let not_there = refusal(404, "access_grant_not_found", "no");
    let script = Script::serve([(CREATE, Reply::Cut), (GET, not_there)]).await;
    let mut settings = settings(&script.base_url);
    settings.patience = Duration::ZERO;
    let error = perform(&writer_of(&reader(&settings)), &scripted_grant()).await.expect_err("not made");
    assert_eq!((error.kind, error.effect), (CallErrorKind::LostAnswer, Effect::None));
    assert_eq!(script.paths(), [CREATE, GET]);
}

#[tokio::test]
async fn who_is_told_to_stop_while_waiting_leaves_no_doubt_behind() {
    let script = Script::serve([
        (CREATE, Reply::Raw(503, "retry-after: 15\r\n", String::new())),
        (GET, shown("g1", "i1")),
    ])
    .await;
    let writer = writer_of(&reader_of(&script.base_url));
    let (cancel, sink, call) = (CancellationToken::new(), Remember::default(), scripted_grant());
    let stopping = async {
        while sink.retried.lock().expect("no panic").is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let started = std::time::Instant::now();
    let watch = Watch { cancel: &cancel, sink: &sink, turns: None };
    let (receipt, ()) = tokio::join!(writer.perform(&call, None, watch), stopping);
    assert_eq!(receipt.expect("it is there").how, How::Fresh);
    assert!(started.elapsed() < Duration::from_secs(10));

    let error = writer.perform(&call, None, watch).await.expect_err("nothing is begun");
    assert_eq!((error.kind, error.effect, error.n_attempts), (CallErrorKind::Cancelled, Effect::None, 0));
    assert_eq!(script.paths(), [CREATE, GET]);
}

#[tokio::test]
async fn a_repetition_waits_for_its_turn_and_a_look_does_not() {
    let slow = || Reply::Raw(429, "retry-after: 0\r\n", String::new());
    let not_there = refusal(404, "access_grant_not_found", "no");
    let script = Script::serve([
        (CREATE, slow()),
        (CREATE, Reply::Cut),
        (GET, not_there),
        (CREATE, shown("g1", "i1")),
    ])
    .await;
    let writer = writer_of(&reader_of(&script.base_url));
    let (cancel, sink, call) = (CancellationToken::new(), Remember::default(), scripted_grant());
    let (asks, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let turns = Turns::of(StepId(7), asks);
    let watch = Watch { cancel: &cancel, sink: &sink, turns: Some(&turns) };
    let giving = async {
        let mut n_sent = Vec::new();
        for _ in 0..2 {
            let TurnAsked { step, kind: _, wait: _, grant } = asked.recv().await.expect("it asks");
            assert_eq!(step, StepId(7));
            n_sent.push(script.paths().len());
            grant.send(()).expect("it waits");
        }
        n_sent
    };
    let (receipt, n_sent) = tokio::join!(writer.perform(&call, None, watch), giving);
    assert_eq!(made(&receipt.expect("it is made")), "g1");
    assert_eq!(n_sent, [1, 3], "nothing is sent again before its turn, and the look was not waited for");
    assert_eq!(script.paths(), [CREATE, CREATE, GET, CREATE]);
}

#[tokio::test]
async fn an_answer_without_an_id_is_looked_up() {
    let empty = Reply::Json(200, json!({"access_grant": {}, "ok": true}));
    let script = Script::serve([(CREATE, empty), (GET, shown("g1", "i1"))]).await;
    let receipt =
        perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect("it is there");
    assert_eq!(made(&receipt), "g1");
}

#[tokio::test]
async fn a_page_that_says_not_found_is_no_proof_that_a_grant_is_gone() {
    let html = Reply::Raw(404, "content-type: text/html\r\n", "<h1>Not Found</h1>".to_owned());
    let script = Script::serve([("/access_grants/delete", html)]).await;
    let delete = Call::DeleteGrant { id: "g1".into(), key: "pms::R1:G1:x".into() };
    let error = perform(&writer_of(&reader_of(&script.base_url)), &delete).await.expect_err("no proof");
    assert_eq!((error.kind, error.effect), (CallErrorKind::BadAnswer, Effect::Unknown));
}

#[tokio::test]
async fn a_key_that_is_refused_in_the_middle_stops_the_run() {
    let script = Script::serve([(CREATE, Reply::Cut), (GET, refusal(401, "unauthorized", "no"))]).await;
    let error =
        perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect_err("refused");
    assert_eq!((error.kind, error.effect), (CallErrorKind::Unauthorized, Effect::Unknown));
}
