//! Old runs leave the record, and nothing that the next run or a person still needs goes with them.

use jiff::{SignedDuration, Timestamp};
use reservation_sync::event::Outcome;
use reservation_sync::model::{Fingerprint, RunId, SourceShape, Trip};
use reservation_sync::plan::StepId;
use reservation_sync::store::{
    Finish, Lease, NewRun, ReadRecord, Recorder, SourceAge, StepOutcome, StepRecord, Store,
};

use super::store_place::{HOUR, Place, acquire, namespace, on_both_engines, workspace_id};

on_both_engines! {
    runs_that_are_too_old_leave_with_their_calls_and_the_others_stay_whole,
    the_runs_that_guards_compare_with_stay_however_old_they_are,
    a_run_with_a_call_of_unknown_end_or_that_a_guard_refers_to_stays,
    only_so_many_runs_leave_at_once_and_only_those_of_this_namespace,
}

const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A run that began so many days ago, carried out so many calls, and ended like that.
async fn past(store: &Store, lease: &Lease, days: i64, exit_code: u8, n_steps: u32) -> RunId {
    let started_at = Timestamp::now() - SignedDuration::from_hours(24 * days);
    let run = NewRun { started_at, ..NewRun::now("run") };
    store.start_run(lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(store, lease, &run.run_id);
    for number in 0..n_steps {
        recorder.intent(lease, step(number)).await.expect("the lease holds");
        recorder.outcome(step(number), StepOutcome::plain(Outcome::Done)).await.expect("writable");
    }
    recorder.close().await.expect("it was waited for");
    let finish = Finish {
        finished_at: started_at,
        exit_code,
        counts: "{}".to_owned(),
        document: format!("{{\"padding\":\"{}\"}}", "x".repeat(10_000)),
    };
    store.finish_run(&run.run_id, &finish).await.expect("the store is writable");
    run.run_id
}

fn step(number: u32) -> StepRecord {
    let subject = format!("pms::R{number}:G1:aa");
    StepRecord {
        step: StepId(number),
        path: "/access_grants/create",
        subject,
        reservation: None,
        wanted: None,
    }
}

async fn read(store: &Store, run_id: &RunId, n_rows: u64) {
    let fingerprint = Fingerprint(format!("{n_rows} rows"));
    let shape = SourceShape::default();
    let read = ReadRecord {
        location: "bookings.csv",
        fingerprint: &fingerprint,
        n_rows,
        shape: &shape,
        age: SourceAge::Newest,
    };
    store.record_source(run_id, &read).await.expect("the store is writable");
}

async fn listed(store: &Store) -> Vec<RunId> {
    store.runs(1000).await.expect("readable").into_iter().map(|run| run.run_id).collect()
}

/// A lease that is not that of the runs that are long over.
async fn tonight(store: &Store, before: Lease) -> Lease {
    before.release().await.expect("it is ours");
    acquire(store, HOUR).await.expect("it was given back")
}

async fn runs_that_are_too_old_leave_with_their_calls_and_the_others_stay_whole(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let old = past(&store, &lease, 31, 4, 3).await;
    let recent = past(&store, &lease, 29, 4, 3).await;
    let lease = tonight(&store, lease).await;
    let current = past(&store, &lease, 0, 0, 0).await;
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 1);
    assert_eq!(listed(&store).await, [current, recent.clone()]);
    assert_eq!(store.steps(&old).await.expect("readable"), []);
    assert_eq!(store.steps(&recent).await.expect("readable").len(), 3);
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 0);
}

async fn the_runs_that_guards_compare_with_stay_however_old_they_are(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    for n_rows in 1..=12 {
        let days = 413 - i64::try_from(n_rows).expect("a few");
        let run_id = past(&store, &lease, days, 0, 1).await;
        read(&store, &run_id, n_rows).await;
    }
    let before = store.ledger(&workspace_id(), &namespace()).await.expect("readable");
    let lease = tonight(&store, lease).await;
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 2);
    let after = store.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert_eq!(after.recent_rows, (3..=12).rev().collect::<Vec<u64>>());
    assert_eq!((after.recent_rows, after.last_source), (before.recent_rows, before.last_source));
}

async fn a_run_with_a_call_of_unknown_end_or_that_a_guard_refers_to_stays(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let open = past(&store, &lease, 50, 130, 0).await;
    let recorder = Recorder::start(&store, &lease, &open);
    recorder.intent(&lease, step(1)).await.expect("the lease holds");
    recorder.close().await.expect("it was waited for");
    let tripped = past(&store, &lease, 40, 4, 0).await;
    let trip = Trip {
        guard: "max_cancel".to_owned(),
        scope: "all".to_owned(),
        records: Fingerprint("f".to_owned()),
        n_trips: 3,
        since: Timestamp::now(),
    };
    store.record_trips(&lease, &tripped, &[trip]).await.expect("the store is writable");
    let lease = tonight(&store, lease).await;
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 0);
    assert_eq!(listed(&store).await, [tripped.clone(), open.clone()]);

    // Once Seam was asked what became of it, nothing more is to be learnt from it.
    store.settle_unfinished(&lease).await.expect("the store is writable");
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 1);
    assert_eq!(listed(&store).await, [tripped]);
}

async fn only_so_many_runs_leave_at_once_and_only_those_of_this_namespace(place: Place) {
    let store = place.open().await;
    let other = acquire(&store, HOUR).await.expect("nobody has it");
    let foreign = reservation_sync::model::Namespace::new("annex").expect("letters only");
    let holder = reservation_sync::store::Holder::this_process();
    let annex = store.acquire_lease(&workspace_id(), &foreign, &holder, HOUR).await.expect("nobody has it");
    let kept = past(&store, &annex, 500, 4, 0).await;
    for day in 100..160 {
        past(&store, &other, day, 4, 0).await;
    }
    let lease = tonight(&store, other).await;
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 48);
    assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 12);
    assert_eq!(listed(&store).await, [kept]);
}

#[tokio::test]
async fn a_file_that_lost_its_old_runs_takes_as_many_new_ones_without_growing() {
    let place = Place::file();
    let size = || {
        let path = place.url().strip_prefix("sqlite://").map(std::path::PathBuf::from).expect("a file");
        std::fs::metadata(path).expect("it was made").len()
    };
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let store = place.open().await;
        let lease = acquire(&store, HOUR).await.expect("nobody has it");
        for day in 100..140 {
            past(&store, &lease, day, 4, 10).await;
        }
        let lease = tonight(&store, lease).await;
        assert_eq!(store.forget_old_runs(&lease, MONTH).await.expect("the store is writable"), 40);
        lease.release().await.expect("it is ours");
        store.close().await;
        sizes.push(size());
    }
    assert!(sizes[0] > 400_000, "{sizes:?}");
    assert!(sizes[2] <= sizes[0] + sizes[0] / 20, "{sizes:?}");
}
