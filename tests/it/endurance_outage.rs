//! Seam stays away in the middle of a run: it ends within its patience, says so, and the next run does the rest.

use std::time::Duration;

use reservation_sync::event::Outcome;
use reservation_sync::sandbox::{Fault, FaultPlan};

use super::endurance_hotel::{Holdings, Hotel, Ran, Row, grant_keys, until};

const N_RESERVATIONS: u32 = 40;

fn hotel() -> (Hotel, Vec<Row>) {
    let hotel = Hotel::today(N_RESERVATIONS).with_seam("timeout = \"1s\"\npatience = \"3s\"");
    let rows: Vec<Row> = (0..N_RESERVATIONS).map(|number| Row::new(number, number, 2, 3)).collect();
    hotel.write(&rows);
    (hotel, rows)
}

/// What the record says, against what the workspace holds.
async fn assert_honest(hotel: &Hotel, ran: &Ran, held: usize) {
    ran.assert_code(5);
    assert!(ran.told.contains("hint"), "{}", ran.told);
    // The first failure of each call, its patience, and a last look; and the whole of it a second time at most.
    assert!(ran.took < Duration::from_secs(20), "{:?}", ran.took);
    let steps = hotel.recorded(5).await;
    let with = |wanted: fn(Outcome) -> bool| {
        let of_grants = steps.iter().filter(|step| step.path == "/access_grants/create");
        of_grants.filter(|step| step.outcome.is_some_and(wanted)).count()
    };
    let n_known = with(|outcome| outcome == Outcome::Done);
    let n_perhaps = with(|outcome| outcome == Outcome::Unknown);
    assert!(
        (n_known..=n_known + n_perhaps).contains(&held),
        "{held} held, {n_known} and perhaps {n_perhaps}"
    );
    assert!(steps.iter().all(|step| step.outcome.is_some()), "every call that was sent has an end");
    let told: u64 = ["create", "failed", "unknown", "skipped"]
        .map(|kind| ran.number(&format!("/counts/{kind}")))
        .iter()
        .sum();
    assert_eq!(told, u64::from(N_RESERVATIONS), "{}", ran.document["counts"]);
}

#[tokio::test]
async fn a_seam_that_answers_too_late_ends_the_run_and_the_next_one_converges() {
    let (hotel, rows) = hotel();
    let sandbox = hotel.sandbox().await;
    let child = hotel.start(Some(&sandbox));
    until("some grants are made", || grant_keys(&sandbox.snapshot()).len() >= 5).await;
    let rates = [(Fault::Latency, 1.0)].into();
    sandbox.set_faults(FaultPlan { rates, latency_ms: 2_500, ..FaultPlan::none() });
    let ran = Ran::of(child).await;
    // Calls that nobody waits for any more still take effect.
    tokio::time::sleep(Duration::from_millis(2_600)).await;
    let held = grant_keys(&sandbox.snapshot()).len();
    assert_honest(&hotel, &ran, held).await;

    sandbox.set_faults(FaultPlan::none());
    hotel.run(Some(&sandbox)).await.assert_code(0);
    let holdings = Holdings::of(&sandbox.snapshot());
    holdings.assert_are(&hotel.expected(&rows));
    holdings.assert_no_orphans();
}

#[tokio::test]
async fn a_seam_that_dies_ends_the_run_and_the_next_one_converges() {
    let (hotel, rows) = hotel();
    let sandbox = hotel.sandbox().await;
    let child = hotel.start(Some(&sandbox));
    until("some grants are made", || grant_keys(&sandbox.snapshot()).len() >= 5).await;
    sandbox.stop().await;
    let ran = Ran::of(child).await;
    let sandbox = hotel.sandbox().await;
    let held = grant_keys(&sandbox.snapshot()).len();
    assert_honest(&hotel, &ran, held).await;

    hotel.run(Some(&sandbox)).await.assert_code(0);
    let holdings = Holdings::of(&sandbox.snapshot());
    holdings.assert_are(&hotel.expected(&rows));
    holdings.assert_no_orphans();
}

#[tokio::test]
async fn a_seam_that_is_not_there_at_all_is_given_up_within_the_patience_and_nothing_is_recorded() {
    let (hotel, _) = hotel();
    let sandbox = hotel.sandbox().await;
    let mut command = hotel.command(Some(&sandbox));
    sandbox.stop().await;
    let ran = Ran::of(command.spawn().expect("the program starts")).await;
    ran.assert_code(5);
    assert!(ran.took < Duration::from_secs(10), "{:?}", ran.took);
    assert!(!hotel.path("store.db").exists(), "no workspace, no record");
}
