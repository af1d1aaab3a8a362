//! Doubt: what the writing half does where it cannot know whether a call took effect.

use std::time::Duration;

use reservation_sync::plan::Call;
use reservation_sync::plan::schedule::Reply as Told;
use reservation_sync::seam::{CallErrorKind, Effect, How, Judged, Made, Receipt, Watch};
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
    let watch = Watch { cancel: &cancel, sink: &sink };
    let (receipt, ()) = tokio::join!(writer.perform(&call, None, watch), stopping);
    assert_eq!(receipt.expect("it is there").how, How::Fresh);
    assert!(started.elapsed() < Duration::from_secs(10));

    let error = writer.perform(&call, None, watch).await.expect_err("nothing is begun");
    assert_eq!((error.kind, error.effect, error.n_attempts), (CallErrorKind::Cancelled, Effect::None, 0));
    assert_eq!(script.paths(), [CREATE, GET]);
}

#[tokio::test]
async fn one_attempt_sends_the_call_once_or_only_looks() {
    let slow = || Reply::Raw(429, "retry-after: 1\r\n", String::new());
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
    let mut retries = writer.retries();
    let mut story = Vec::new();
    let receipt = loop {
        let attempted = writer.attempt(&call, None, retries.state(), &cancel).await;
        let (reply, judged) = writer.judge(&call, None, &mut retries, attempted, &sink);
        match judged {
            Judged::Done(receipt) => break receipt,
            Judged::Again { wait, look } => story.push((reply, wait.is_some(), look, script.paths().len())),
            Judged::Failed(error) => panic!("{error}"),
        }
    };
    let Told::Throttled { retry_after, wait } = story[0].0 else { panic!("{story:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(1)));
    assert!(wait >= Duration::from_secs(1), "{wait:?}");
    assert_eq!(
        story[1..],
        [(Told::Unwell, true, true, 2), (Told::Accepted, false, false, 3)],
        "after a lost answer it looks before it is sent again"
    );
    assert_eq!((made(&receipt), receipt.n_attempts), ("g1".to_owned(), 3));
    assert_eq!(script.paths(), [CREATE, CREATE, GET, CREATE]);
}

#[tokio::test]
async fn a_stopped_run_sends_no_further_attempt_and_still_looks() {
    let script = Script::serve([(CREATE, Reply::Cut), (GET, shown("g1", "i1"))]).await;
    let writer = writer_of(&reader_of(&script.base_url));
    let (cancel, sink, call) = (CancellationToken::new(), Remember::default(), scripted_grant());
    let mut retries = writer.retries();
    let lost = writer.attempt(&call, None, retries.state(), &cancel).await;
    assert!(matches!(
        writer.judge(&call, None, &mut retries, lost, &sink).1,
        Judged::Again { look: true, .. }
    ));
    cancel.cancel();
    assert_eq!(retries.stop(), None, "the doubt is lifted first");
    let looked = writer.attempt(&call, None, retries.state(), &cancel).await;
    assert!(matches!(writer.judge(&call, None, &mut retries, looked, &sink).1, Judged::Done(_)));
    let mut retries = writer.retries();
    let attempted = writer.attempt(&call, None, retries.state(), &cancel).await;
    let (_, judged) = writer.judge(&call, None, &mut retries, attempted, &sink);
    let Judged::Failed(error) = judged else { panic!("{judged:?}") };
    assert_eq!((error.kind, error.effect, error.n_attempts), (CallErrorKind::Cancelled, Effect::None, 0));
    assert_eq!(script.paths(), [CREATE, GET]);
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
