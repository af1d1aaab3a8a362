//! Killed after any write, the next run finds what was done, takes the lock at once, and does the rest.

use std::fs;

use reservation_sync::sandbox::{Fault, FaultPlan, Recording, Sandbox, ScriptedFault};

use super::endurance_hotel::{Holdings, Hotel, Ran, until};
use super::endurance_nights::{first, n_rooms, second};

const N_RESERVATIONS: u32 = 16;

/// A hotel whose first night is over and whose second night is about to begin.
async fn evening() -> (Hotel, Vec<String>) {
    let hotel = Hotel::today(n_rooms(N_RESERVATIONS)).one_at_a_time();
    hotel.write(&first(N_RESERVATIONS));
    let sandbox = hotel.sandbox().await;
    hotel.run(Some(&sandbox)).await.assert_code(0);
    sandbox.stop().await;
    hotel.write(&second(N_RESERVATIONS));
    for file in FILES {
        fs::copy(hotel.path(file), hotel.path(&format!("{file}.evening"))).expect("copied");
    }
    let sandbox = hotel.sandbox_with(|options| options.recording = Recording::On).await;
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&second(N_RESERVATIONS)));
    let is_write = |path: &str| !["/list", "/get"].iter().any(|end| path.ends_with(end));
    let writes = sandbox.exchanges().into_iter().map(|exchange| exchange.path).filter(|path| is_write(path));
    let writes = writes.collect();
    sandbox.stop().await;
    (hotel, writes)
}

const FILES: [&str; 4] = ["sandbox.json", "sandbox.json.journal", "sandbox.json.lock", "store.db"];

async fn sandbox_of_the_evening(hotel: &Hotel) -> Sandbox {
    for file in FILES {
        fs::copy(hotel.path(&format!("{file}.evening")), hotel.path(file)).expect("copied");
    }
    for file in ["store.db-wal", "store.db-shm"] {
        let _only_after_a_kill = fs::remove_file(hotel.path(file));
    }
    hotel.sandbox().await
}

/// The next run converges at once, and the one after it has nothing to do.
async fn assert_recovered(hotel: &Hotel, sandbox: &Sandbox, what: &str) {
    sandbox.set_faults(FaultPlan::none());
    let again = hotel.run(Some(sandbox)).await;
    assert_eq!(again.code, 0, "{what}: {}\n{}", again.told, again.document["error"]);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&second(N_RESERVATIONS)));
    let last = hotel.run(Some(sandbox)).await;
    assert_eq!((last.code, last.n_changes(), last.number("/calls/writes")), (0, 0, 0), "{what}");
    assert_eq!(sandbox.counts().n_refusals(), 0, "{what}: {:?}", sandbox.counts());
}

#[tokio::test]
async fn a_run_that_is_killed_after_any_write_whose_answer_it_never_saw_is_finished_by_the_next() {
    let (hotel, writes) = evening().await;
    assert!(writes.len() >= 20, "{writes:?}");
    for (k, path) in writes.iter().enumerate() {
        let sandbox = sandbox_of_the_evening(&hotel).await;
        let call = writes[..=k].iter().filter(|other| *other == path).count() as u64;
        let script = vec![ScriptedFault { path: path.clone(), call, fault: Fault::CutAfter }];
        sandbox.set_faults(FaultPlan { script, ..FaultPlan::none() });
        let mut child = hotel.start(Some(&sandbox));
        until("the k-th write", || sandbox.counts().writes() > k as u64).await;
        child.kill().expect("it is ours");
        let killed = Ran::of(child).await;
        assert_eq!(killed.code, -1, "killed");
        assert_recovered(&hotel, &sandbox, &format!("after write {k} of {path}")).await;
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_run_with_many_calls_in_flight_that_is_killed_is_finished_by_the_next() {
    let (mut hotel, writes) = evening().await;
    hotel.seam = hotel.seam.replace("concurrency = 1\n", "concurrency = 8\n");
    for k in (1..writes.len() as u64).step_by(3) {
        let sandbox = sandbox_of_the_evening(&hotel).await;
        let mut child = hotel.start(Some(&sandbox));
        until("the k-th write", || sandbox.counts().writes() >= k).await;
        child.kill().expect("it is ours");
        Ran::of(child).await;
        assert_recovered(&hotel, &sandbox, &format!("after about {k} writes")).await;
        sandbox.stop().await;
    }
}
