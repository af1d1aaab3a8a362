//! Ten thousand reservations in one run, and nothing to do in the next.

use reservation_sync::sandbox::{Sandbox, SandboxOptions};
use serde_json::json;

use super::endurance_hotel::{Holdings, Hotel, Row, grant_keys};

const N_ROOMS: u32 = 200;

/// Every room is taken without a break, two nights at a time.
fn rows(n_reservations: u32) -> Vec<Row> {
    let row = |number: u32| {
        let turn = i32::try_from(number / N_ROOMS).expect("a few turns");
        Row::new(number, number % N_ROOMS, 1 + 2 * turn, 2)
    };
    (0..n_reservations).map(row).collect()
}

#[expect(clippy::print_stderr, reason = "a measurement that is wanted beside the result")]
async fn check(n_reservations: u32) {
    let hotel = Hotel::embedded(N_ROOMS);
    let rows = rows(n_reservations);
    hotel.write(&rows);
    let first = hotel.run(None).await;
    first.assert_code(0);
    assert_eq!(first.number("/counts/create"), u64::from(n_reservations));
    assert_eq!(first.number("/calls/throttled") + first.number("/calls/retries"), 0);

    let second = hotel.run(None).await;
    second.assert_code(0);
    assert_eq!((second.number("/calls/writes"), second.n_changes()), (0, 0));
    assert_eq!(second.number("/counts/unchanged"), u64::from(n_reservations));
    // One page for 500 of a kind: grants, identities, spaces, entrances, devices; and the workspace.
    let n_pages = u64::from(n_reservations).div_ceil(500);
    assert!(second.number("/calls/reads") <= 2 * n_pages + 5, "{}", second.document["calls"]);
    eprintln!("{n_reservations} reservations: {:.1?}, and again {:.1?}", first.took, second.took);

    let state = Some(hotel.path("sandbox.json"));
    let sandbox = Sandbox::start(SandboxOptions { state, ..SandboxOptions::default() }).await;
    let sandbox = sandbox.expect("the sandbox starts");
    let snapshot = sandbox.snapshot();
    Holdings::of(&snapshot).assert_are(&hotel.expected(&rows));
    sandbox.stop().await;
    let steps = hotel.recorded(0).await;
    assert!(steps.is_empty(), "the second run sent nothing");
    assert!(hotel.remembered().await == grant_keys(&snapshot), "the ledger and the workspace differ");
    assert_eq!(second.document["error"], json!(null));
}

#[tokio::test]
async fn ten_thousand_reservations_are_carried_out_in_one_run_and_the_next_has_nothing_to_do() {
    check(10_000).await;
}

#[tokio::test]
#[ignore = "takes minutes without optimisation: `just endurance`"]
async fn a_hundred_thousand_reservations_are_carried_out_in_one_run() {
    check(100_000).await;
}
