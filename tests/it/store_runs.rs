//! What runs leave behind: how they ended, what they read, and what nobody knows the end of.

use jiff::{SignedDuration, Timestamp};
use reservation_sync::event::Outcome;
use reservation_sync::model::{Fingerprint, Namespace, RunId, SourceShape, WorkspaceId};
use reservation_sync::plan::StepId;
use reservation_sync::record::RunState;
use reservation_sync::store::{
    Finish, Holder, Lease, NewRun, ReadRecord, Recorder, RunError, RunSelector, SourceAge, StepOutcome,
    StepRecord, Store,
};

use super::store_place::{HOUR, Place, acquire, namespace, on_both_engines, workspace_id};

on_both_engines! {
    a_run_is_listed_with_how_it_ended_and_shown_with_its_report,
    a_run_is_found_by_the_beginning_of_its_id_only_where_that_is_enough,
    a_run_that_died_is_listed_as_interrupted_and_its_open_calls_are_known,
    the_last_source_is_that_of_a_run_that_carried_its_plan_out,
    last_workspace_is_of_the_namespace,
    newest_source_is_not_an_older_one,
}

fn step(number: u32) -> StepRecord {
    StepRecord {
        step: StepId(number),
        path: "/access_grants/create",
        subject: format!("pms::R{number}:G1:0a1b2c3d4e"),
        reservation: None,
        wanted: None,
    }
}

async fn start(store: &Store, lease: &Lease, command: &str) -> NewRun {
    let run = NewRun::now(command);
    store.start_run(lease, &run).await.expect("the store is writable");
    run
}

async fn finish(store: &Store, run_id: &RunId, exit_code: u8) {
    let finish = Finish {
        finished_at: Timestamp::now(),
        exit_code,
        counts: r#"{"create":1}"#.to_owned(),
        document: r#"{"format_version":1}"#.to_owned(),
    };
    store.finish_run(run_id, &finish).await.expect("the store is writable");
}

fn read<'a>(fingerprint: &'a Fingerprint, shape: &'a SourceShape) -> ReadRecord<'a> {
    ReadRecord { location: "bookings.csv", fingerprint, n_rows: 500, shape, age: SourceAge::Newest }
}

async fn a_run_is_listed_with_how_it_ended_and_shown_with_its_report(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let first = start(&store, &lease, "run").await;
    let fingerprint = Fingerprint("f1".to_owned());
    store
        .record_source(&first.run_id, &read(&fingerprint, &SourceShape::default()))
        .await
        .expect("the store is writable");
    finish(&store, &first.run_id, 3).await;
    let second = NewRun { started_at: first.started_at + SignedDuration::from_secs(1), ..NewRun::now("run") };
    store.start_run(&lease, &second).await.expect("the store is writable");

    let reader = place.open().await;
    let runs = reader.runs(10).await.expect("the store is readable");
    let listed: Vec<_> = runs.iter().map(|run| (&run.run_id, run.state)).collect();
    assert_eq!(listed[0], (&second.run_id, RunState::Running));
    assert_eq!(listed[1].0, &first.run_id);
    assert!(matches!(listed[1].1, RunState::Finished { exit_code: 3, .. }));
    assert_eq!(runs[1].source_location.as_deref(), Some("bookings.csv"));
    assert_eq!(runs[1].counts.as_deref(), Some(r#"{"create":1}"#));
    assert_eq!(reader.runs(1).await.expect("the store is readable").len(), 1);

    let (shown, document) =
        reader.run(&RunSelector::parse(first.run_id.as_str())).await.expect("it is listed");
    assert_eq!((shown.run_id, document.as_deref()), (first.run_id, Some(r#"{"format_version":1}"#)));
    let (last, document) = reader.run(&RunSelector::parse("last")).await.expect("there are two");
    assert_eq!((last.run_id, document), (second.run_id, None));
}

async fn a_run_is_found_by_the_beginning_of_its_id_only_where_that_is_enough(place: Place) {
    let store = place.open().await;
    assert!(matches!(store.run(&RunSelector::Last).await, Err(RunError::Empty)));
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    for id in ["aa11", "aa22", "b_33"] {
        let run = NewRun { run_id: RunId::new(id), ..NewRun::now("run") };
        store.start_run(&lease, &run).await.expect("the store is writable");
    }
    let found =
        async |text: &str| store.run(&RunSelector::parse(text)).await.map(|(run, _)| run.run_id.to_string());
    assert_eq!(found("AA1").await.expect("one begins so"), "aa11");
    assert_eq!(found("b").await.expect("one begins so"), "b_33");
    assert!(matches!(found("aa").await, Err(RunError::Ambiguous(_))));
    for nothing in ["c", "%", "b%", "aa___"] {
        assert!(matches!(found(nothing).await, Err(RunError::NotFound(_))), "{nothing}");
    }
}

async fn a_run_that_died_is_listed_as_interrupted_and_its_open_calls_are_known(place: Place) {
    let dead = {
        let store = place.open().await;
        let lease = acquire(&store, HOUR).await.expect("nobody has it");
        let run = start(&store, &lease, "run").await;
        let recorder = Recorder::start(&store, &lease, &run.run_id);
        for number in 0..3 {
            recorder.intent(&lease, step(number)).await.expect("the lease holds");
        }
        recorder.outcome(step(1), StepOutcome::plain(Outcome::Done)).await.expect("the store is writable");
        let open = store.unfinished(&workspace_id(), &namespace()).await.expect("the store is readable");
        assert!(open.is_empty(), "a run that goes on is nobody else's business: {open:?}");
        // Everything is dropped in the middle; the row of the lease is handed on as after a crash.
        lease.release().await.expect("it is ours");
        run.run_id
    };

    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("it was left");
    let current = start(&store, &lease, "run").await;
    let runs = store.runs(10).await.expect("the store is readable");
    assert_eq!(runs[0].run_id, current.run_id);
    assert_eq!((&runs[1].run_id, runs[1].state), (&dead, RunState::Interrupted));

    let open = store.unfinished(&workspace_id(), &namespace()).await.expect("the store is readable");
    let numbers: Vec<_> = open.iter().map(|open| (&open.run_id, open.step.step.0)).collect();
    assert_eq!(numbers, [(&dead, 0), (&dead, 2)]);
    assert_eq!(open[0].step.subject, "pms::R0:G1:0a1b2c3d4e");

    assert_eq!(store.settle_unfinished(&lease).await.expect("the store is writable"), 2);
    assert!(store.unfinished(&workspace_id(), &namespace()).await.expect("readable").is_empty());
    let steps = store.steps(&dead).await.expect("the store is readable");
    let outcomes: Vec<_> = steps.iter().map(|step| step.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Unknown), Some(Outcome::Done), Some(Outcome::Unknown)]);
}

async fn the_last_source_is_that_of_a_run_that_carried_its_plan_out(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let check = async |fingerprint: &str, exit_code: u8, expected: Option<&str>| {
        let run = start(&store, &lease, "run").await;
        let fingerprint = Fingerprint(fingerprint.to_owned());
        let shape = SourceShape::default();
        store.record_source(&run.run_id, &read(&fingerprint, &shape)).await.expect("writable");
        finish(&store, &run.run_id, exit_code).await;
        let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("readable");
        assert_eq!(ledger.last_source, expected.map(|text| Fingerprint(text.to_owned())));
    };
    check("f1", 4, None).await;
    check("f2", 0, Some("f2")).await;
    check("f3", 130, Some("f2")).await;
    check("f4", 3, Some("f4")).await;
}

async fn last_workspace_is_of_the_namespace(place: Place) {
    let store = place.open().await;
    let (pms, other) = (namespace(), Namespace::new("other").expect("letters only"));
    assert_eq!(store.last_workspace(&pms).await.expect("readable"), None);
    for (number, (id, namespace)) in [("w1", &pms), ("w2", &pms), ("w3", &other)].into_iter().enumerate() {
        let workspace_id = WorkspaceId::new(id);
        let lease = store
            .acquire_lease(&workspace_id, namespace, &Holder::this_process(), HOUR)
            .await
            .expect("nobody has it");
        let started_at =
            Timestamp::from_second(1_796_000_000 - i64::try_from(number).expect("a small number"))
                .expect("a small number");
        let run = NewRun { started_at, ..NewRun::now("run") };
        store.start_run(&lease, &run).await.expect("the store is writable");
        lease.release().await.expect("it is ours");
    }
    let last =
        async |namespace| store.last_workspace(namespace).await.expect("readable").map(|id| id.to_string());
    assert_eq!(last(&pms).await.as_deref(), Some("w1"), "the one that began last");
    assert_eq!(last(&other).await.as_deref(), Some("w3"));
}

async fn newest_source_is_not_an_older_one(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let mut second = 0;
    let mut check =
        async |text: &str, age: SourceAge, exit_code: u8, newest: Option<&str>, older: &[&str]| {
            second += 1;
            let started_at = Timestamp::from_second(1_796_000_000 + second).expect("a small number");
            let run = NewRun { started_at, ..NewRun::now("run") };
            store.start_run(&lease, &run).await.expect("the store is writable");
            let (fingerprint, shape) = (Fingerprint(text.to_owned()), SourceShape::default());
            let read = ReadRecord { age, ..read(&fingerprint, &shape) };
            store.record_source(&run.run_id, &read).await.expect("writable");
            finish(&store, &run.run_id, exit_code).await;
            let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("readable");
            assert_eq!(ledger.newest_source, newest.map(|text| Fingerprint(text.to_owned())), "{text}");
            for known in ["a", "b", "c", "d", "e"] {
                let is_older = ledger.is_older(&Fingerprint(known.to_owned()));
                assert_eq!(is_older, older.contains(&known), "{text}: {known}");
            }
        };
    check("a", SourceAge::Newest, 6, None, &[]).await;
    check("b", SourceAge::Newest, 0, Some("b"), &["a"]).await;
    check("c", SourceAge::Newest, 4, Some("c"), &["a", "b"]).await;
    check("b", SourceAge::Older, 0, Some("c"), &["a", "b"]).await;
    check("b", SourceAge::Newest, 8, Some("b"), &["a", "c"]).await;
    check("d", SourceAge::Newest, 6, Some("b"), &["a", "c", "d"]).await;
}
