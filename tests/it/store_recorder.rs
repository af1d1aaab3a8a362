//! What the recorder answered is on disk, and nothing is begun without the lock.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use jiff::Timestamp;
use reservation_sync::event::Outcome;
use reservation_sync::model::{AccessGrantKey, ReservationId, SpaceKey, Wanted, Window};
use reservation_sync::plan::StepId;
use reservation_sync::store::{Holder, LedgerChange, NewRun, RecordError, Recorder, StepOutcome, StepRecord};

use super::store_place::{HOUR, Place, acquire, namespace, on_both_engines, workspace_id};

on_both_engines! {
    what_was_answered_is_on_disk_for_every_other_process,
    the_ledger_remembers_what_was_last_wanted_until_the_grant_is_gone,
    what_is_wanted_of_a_grant_is_remembered_before_it_is_made_and_forgotten_where_it_was_not,
    nothing_is_begun_without_the_lock_but_what_was_done_is_recorded,
    a_record_that_failed_is_an_error,
    thousands_of_steps_are_recorded_by_sixteen_callers_at_once,
}

fn step(number: u32) -> StepRecord {
    StepRecord {
        step: StepId(number),
        path: "/access_grants/create",
        subject: format!("pms:LIS:R{number}:G1:0a1b2c3d4e"),
        reservation: Some(ReservationId {
            property: "LIS".into(),
            key: format!("R{number}").as_str().into(),
        }),
        wanted: None,
    }
}

fn wanted(space: &str) -> Wanted {
    let at = |second| Timestamp::from_second(second).expect("a small number");
    let window = Window::new(at(1_796_137_200), at(1_796_382_000));
    Wanted::of([SpaceKey::new(space)].iter(), &window, [].into())
}

fn set(key: &AccessGrantKey, space: &str) -> StepOutcome {
    StepOutcome {
        ledger: LedgerChange::Set { key: key.clone(), desired: wanted(space) },
        ..StepOutcome::plain(Outcome::Done)
    }
}

async fn what_was_answered_is_on_disk_for_every_other_process(place: Place) {
    let (writer, reader) = (place.open().await, place.open().await);
    let lease = acquire(&writer, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    writer.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(&writer, &lease, &run.run_id);

    recorder.intent(&lease, step(7)).await.expect("the lease holds");
    let recorded = reader.steps(&run.run_id).await.expect("the store is readable");
    assert_eq!(recorded.len(), 1);
    assert!(recorded[0].intent_at.is_some());
    assert_eq!(recorded[0].outcome, None);
    assert_eq!(recorded[0].reservation.as_deref(), Some("LIS/R7"));

    let outcome = StepOutcome {
        request_id: Some("request-1".to_owned()),
        error: Some("email_address ana@example.com is in use".to_owned()),
        ..StepOutcome::plain(Outcome::Failed)
    };
    recorder.outcome(step(7), outcome).await.expect("the store is writable");
    recorder.outcome(step(8), StepOutcome::plain(Outcome::Skipped)).await.expect("no intent is needed");
    let recorded = reader.steps(&run.run_id).await.expect("the store is readable");
    assert_eq!(recorded[0].outcome, Some(Outcome::Failed));
    assert_eq!(recorded[0].request_id.as_deref(), Some("request-1"));
    assert_eq!(recorded[0].error.as_deref(), Some("email_address [e-mail] is in use"));
    assert_eq!((recorded[1].intent_at, recorded[1].outcome), (None, Some(Outcome::Skipped)));
    recorder.close().await.expect("it was waited for");
}

async fn the_ledger_remembers_what_was_last_wanted_until_the_grant_is_gone(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    store.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(&store, &lease, &run.run_id);
    let (key, other) = (AccessGrantKey::new("pms::R1:G1:aa"), AccessGrantKey::new("pms::R2:G2:bb"));

    recorder.outcome(step(1), set(&key, "d1")).await.expect("the store is writable");
    recorder.outcome(step(2), set(&other, "d2")).await.expect("the store is writable");
    recorder.outcome(step(3), set(&key, "d3")).await.expect("the store is writable");
    let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("the store is readable");
    assert_eq!(ledger.desired.get(&key), Some(&wanted("d3")));
    assert_eq!(ledger.desired.len(), 2);

    let gone = StepOutcome {
        ledger: LedgerChange::Remove { key: key.clone() },
        ..StepOutcome::plain(Outcome::AlreadySo)
    };
    recorder.outcome(step(4), gone).await.expect("the store is writable");
    let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("the store is readable");
    assert_eq!(ledger.desired.keys().collect::<Vec<_>>(), [&other]);
    let elsewhere = store.ledger(&"w2".into(), &namespace()).await.expect("the store is readable");
    assert!(elsewhere.desired.is_empty());
}

async fn what_is_wanted_of_a_grant_is_remembered_before_it_is_made_and_forgotten_where_it_was_not(
    place: Place,
) {
    let (writer, reader) = (place.open().await, place.open().await);
    let lease = acquire(&writer, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    writer.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(&writer, &lease, &run.run_id);
    let remembered = async || {
        let ledger = reader.ledger(&workspace_id(), &namespace()).await.expect("the store is readable");
        ledger.desired
    };

    let about = StepRecord { wanted: Some(wanted("101")), ..step(1) };
    let key = AccessGrantKey::new(&about.subject);
    recorder.intent(&lease, about.clone()).await.expect("the lease holds");
    assert_eq!(remembered().await.get(&key), Some(&wanted("101")), "should the run die now");
    let gone = StepOutcome {
        ledger: LedgerChange::Remove { key: key.clone() },
        ..StepOutcome::plain(Outcome::Failed)
    };
    recorder.outcome(about, gone).await.expect("the store is writable");
    assert!(remembered().await.is_empty());

    recorder.close().await.expect("everything is written");
    lease.release().await.expect("it is held");
}

async fn nothing_is_begun_without_the_lock_but_what_was_done_is_recorded(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    // To others this holder looks dead, so that they may take the lock while it believes to have it.
    let looks_dead = Holder { process_start: 1, ..Holder::this_process() };
    let lease =
        first.acquire_lease(&workspace_id(), &namespace(), &looks_dead, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    first.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(&first, &lease, &run.run_id);
    recorder.intent(&lease, step(1)).await.expect("the lease holds");

    let taken = acquire(&second, HOUR).await.expect("the holder looks dead");
    assert!(lease.is_held(), "it does not know yet");
    let refused = recorder.intent(&lease, step(2)).await;
    assert!(matches!(refused, Err(RecordError::LeaseLost)), "{refused:?}");
    let refused = recorder.intent(&taken, step(2)).await;
    assert!(matches!(refused, Err(RecordError::LeaseLost)), "another's lease is no proof: {refused:?}");
    recorder.outcome(step(1), StepOutcome::plain(Outcome::Done)).await.expect("what was done was done");
    let recorded = second.steps(&run.run_id).await.expect("the store is readable");
    assert_eq!(
        recorded.iter().map(|step| (step.step.0, step.outcome)).collect::<Vec<_>>(),
        [(1, Some(Outcome::Done))]
    );
}

async fn a_record_that_failed_is_an_error(place: Place) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    // The run was never started: its steps have nothing to belong to.
    let recorder = Recorder::start(&store, &lease, &NewRun::now("run").run_id);
    let failed = recorder.intent(&lease, step(1)).await;
    assert!(matches!(failed, Err(RecordError::Store(_))), "{failed:?}");
    store.close().await;
    let failed = recorder.outcome(step(1), StepOutcome::plain(Outcome::Done)).await;
    assert!(matches!(failed, Err(RecordError::Store(_))), "{failed:?}");
}

#[expect(clippy::print_stdout, reason = "the time is told, not asserted")]
async fn thousands_of_steps_are_recorded_by_sixteen_callers_at_once(place: Place) {
    const N_CALLERS: u32 = 16;
    let n_steps: u32 = if matches!(place, Place::File(_)) { 10_000 } else { 1_000 };
    let store = place.open().await;
    let lease = Arc::new(acquire(&store, HOUR).await.expect("nobody has it"));
    let run = NewRun::now("run");
    store.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Arc::new(Recorder::start(&store, &lease, &run.run_id));

    let started = Instant::now();
    let callers = (0..N_CALLERS).map(|caller| {
        let (recorder, lease) = (Arc::clone(&recorder), Arc::clone(&lease));
        tokio::spawn(async move {
            for number in (caller..n_steps).step_by(N_CALLERS as usize) {
                recorder.intent(&lease, step(number)).await.expect("the lease holds");
                let key = AccessGrantKey::new(step(number).subject);
                recorder.outcome(step(number), set(&key, "d")).await.expect("the store is writable");
            }
        })
    });
    for caller in join_all(callers).await {
        caller.expect("every record succeeded");
    }
    println!("{} records in {:?}", 2 * n_steps, started.elapsed());

    let steps = store.steps(&run.run_id).await.expect("the store is readable");
    assert_eq!(steps.len(), n_steps as usize);
    assert!(steps.iter().all(|step| step.intent_at.is_some() && step.outcome == Some(Outcome::Done)));
    let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("the store is readable");
    assert_eq!(ledger.desired.len(), n_steps as usize);
}
