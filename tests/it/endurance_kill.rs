//! Killed after any write, the next run finds what was done, takes the lock at once, and does the rest.

use std::collections::BTreeSet;
use std::fs;

use reservation_sync::sandbox::{Fault, FaultPlan, Recording, Sandbox, ScriptedFault};

use super::endurance_hotel::{Holdings, Hotel, Ran, Row, grant_keys, until};
use super::endurance_nights::{first, n_rooms, second};

/// Sixty changes in one night: six of every eight reservations' grants are made, moved, extended or revoked.
const N_RESERVATIONS: u32 = 80;
const N_CHANGES: u64 = 60;

/// So many hotels are killed side by side.
const N_LANES: usize = 4;

/// A hotel of which everything is known beforehand.
struct Evening {
    hotel: Hotel,
    n_reservations: u32,
    /// The paths of the writes of the second night, in order.
    writes: Vec<String>,
}

impl Evening {
    /// A hotel whose first night is over and whose second night is about to begin.
    async fn of(n_reservations: u32, n_changes: u64) -> Self {
        let hotel = Hotel::today(n_rooms(n_reservations)).one_at_a_time();
        hotel.write(&first(n_reservations));
        let sandbox = hotel.sandbox().await;
        hotel.run(Some(&sandbox)).await.assert_code(0);
        sandbox.stop().await;
        hotel.write(&second(n_reservations));
        for file in FILES {
            fs::copy(hotel.path(file), hotel.path(&format!("{file}.evening"))).expect("copied");
        }
        let sandbox = hotel.sandbox_with(|options| options.recording = Recording::On).await;
        let ran = hotel.run(Some(&sandbox)).await;
        ran.assert_code(0);
        assert_eq!(ran.n_changes(), n_changes);
        Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&second(n_reservations)));
        let is_write = |path: &str| !["/list", "/get"].iter().any(|end| path.ends_with(end));
        let writes =
            sandbox.exchanges().into_iter().map(|exchange| exchange.path).filter(|path| is_write(path));
        let writes = writes.collect();
        sandbox.stop().await;
        Self { hotel, n_reservations, writes }
    }

    /// The sandbox and the store as they were that evening.
    async fn sandbox(&self) -> Sandbox {
        let hotel = &self.hotel;
        for file in FILES {
            fs::copy(hotel.path(&format!("{file}.evening")), hotel.path(file)).expect("copied");
        }
        for file in ["store.db-wal", "store.db-shm"] {
            let _only_after_a_kill = fs::remove_file(hotel.path(file));
        }
        hotel.sandbox().await
    }

    /// Kills the run when its write of that number is done, before it hears of it. Should it come to the next write
    /// before that, it waits for it until it is dead.
    async fn kill_after(&self, k: usize, sandbox: &Sandbox) {
        let n_done = |path: &String| self.writes[..=k].iter().filter(|other| *other == path).count() as u64;
        let paths: BTreeSet<&String> = self.writes.iter().collect();
        let mut script: Vec<ScriptedFault> = paths
            .into_iter()
            .map(|path| ScriptedFault { path: path.clone(), call: n_done(path) + 1, fault: Fault::Latency })
            .collect();
        let path = &self.writes[k];
        script.push(ScriptedFault { path: path.clone(), call: n_done(path), fault: Fault::CutAfter });
        sandbox.set_faults(FaultPlan { script, latency_ms: 300_000, ..FaultPlan::none() });
        let mut child = self.hotel.start(Some(sandbox));
        until("the k-th write", || sandbox.counts().writes() > k as u64).await;
        child.kill().expect("it is ours");
        assert_eq!(Ran::of(child).await.code, -1, "killed");
        sandbox.set_faults(FaultPlan::none());
    }

    /// The next run takes the lock over at once, though it would last for minutes, and does what is left: nothing is
    /// there twice, and Seam had nothing to refuse.
    async fn assert_finished(&self, sandbox: &Sandbox, what: &str) {
        let again = self.hotel.run(Some(sandbox)).await;
        assert_eq!(again.code, 0, "{what}: {}\n{}", again.told, again.document["error"]);
        let expected = self.hotel.expected(&second(self.n_reservations));
        Holdings::of(&sandbox.snapshot()).assert_are(&expected);
        assert_eq!(sandbox.counts().n_refusals(), 0, "{what}: {:?}", sandbox.counts());
    }

    /// The run after it has nothing to do.
    async fn assert_converged(&self, sandbox: &Sandbox, what: &str) {
        let last = self.hotel.run(Some(sandbox)).await;
        assert_eq!((last.code, last.n_changes(), last.number("/calls/writes")), (0, 0, 0), "{what}");
    }
}

const FILES: [&str; 4] = ["sandbox.json", "sandbox.json.journal", "sandbox.json.lock", "store.db"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_sixty_changes_that_is_killed_after_any_write_is_finished_by_the_next() {
    let lane = async |lane: usize| {
        let evening = Evening::of(N_RESERVATIONS, N_CHANGES).await;
        assert!(evening.writes.len() as u64 > N_CHANGES, "{:?}", evening.writes);
        for k in (lane..evening.writes.len()).step_by(N_LANES) {
            let what = format!("after write {k}, {}", evening.writes[k]);
            let sandbox = evening.sandbox().await;
            evening.kill_after(k, &sandbox).await;
            evening.assert_finished(&sandbox, &what).await;
            if (k / N_LANES).is_multiple_of(8) {
                evening.assert_converged(&sandbox, &what).await;
            }
            sandbox.stop().await;
        }
    };
    futures_util::future::join_all((0..N_LANES).map(lane)).await;
}

/// The run never heard that the guest had got in, and before the next one the guest was given another room.
#[tokio::test]
async fn a_guest_in_house_whose_grant_a_killed_run_made_can_be_moved_by_the_next() {
    let hotel = Hotel::today(8).one_at_a_time();
    let moved_to = |room| vec![Row::new(1, room, -1, 3)];
    let sandbox = hotel.sandbox().await;
    hotel.write(&moved_to(3));
    let path = "/access_grants/create".to_owned();
    let script = vec![ScriptedFault { path, call: 1, fault: Fault::CutAfter }];
    sandbox.set_faults(FaultPlan { script, ..FaultPlan::none() });
    let mut child = hotel.start(Some(&sandbox));
    until("the grant is made", || grant_keys(&sandbox.snapshot()).len() == 1).await;
    child.kill().expect("it is ours");
    assert_eq!(Ran::of(child).await.code, -1, "killed");

    hotel.write(&moved_to(5));
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&moved_to(5)));
}

#[tokio::test]
async fn a_run_with_many_calls_in_flight_that_is_killed_is_finished_by_the_next() {
    let mut evening = Evening::of(16, 12).await;
    evening.hotel.seam = evening.hotel.seam.replace("concurrency = 1\n", "concurrency = 8\n");
    for k in (1..evening.writes.len() as u64).step_by(3) {
        let what = format!("after about {k} writes");
        let sandbox = evening.sandbox().await;
        let mut child = evening.hotel.start(Some(&sandbox));
        until("the k-th write", || sandbox.counts().writes() >= k).await;
        child.kill().expect("it is ours");
        Ran::of(child).await;
        evening.assert_finished(&sandbox, &what).await;
        evening.assert_converged(&sandbox, &what).await;
        sandbox.stop().await;
    }
}
