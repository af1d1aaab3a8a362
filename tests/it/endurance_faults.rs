//! Trouble of every kind on the way: one run converges all the same, and the record says what the workspace holds.

use std::collections::{BTreeMap, BTreeSet};

use reservation_sync::event::Outcome;
use reservation_sync::record::RecordedStep;
use reservation_sync::sandbox::{Fault, FaultPlan, Sandbox};

use super::endurance_hotel::{Holdings, Hotel, Row, grant_keys};
use super::endurance_nights::{first, n_rooms, second};

/// Runs two nights under trouble. Each must converge in one run; returns how many calls that took.
async fn check(n_reservations: u32, faults: FaultPlan) -> u64 {
    let harms = !faults.rates.is_empty();
    let hotel = Hotel::today(n_rooms(n_reservations)).with_seam("timeout = \"5s\"");
    let sandbox = hotel.sandbox().await;
    sandbox.set_faults(faults);
    let mut believed = BTreeMap::new();
    let mut n_sent = 0;
    for rows in [first(n_reservations), second(n_reservations)] {
        n_sent += night(&hotel, &sandbox, &rows, &mut believed).await;
    }
    let n_calls = sandbox.counts().requests.values().sum();
    let n_faults: u64 = sandbox.counts().faults.values().sum();
    assert_eq!(n_faults > 0, harms);
    assert_eq!(n_sent, n_calls, "the reports count what was sent");
    assert_eq!(sandbox.counts().n_refusals(), n_lookups_in_vain(&sandbox), "{:?}", sandbox.counts().refusals);
    sandbox.stop().await;
    n_calls
}

/// One run; returns how many calls it says it sent.
async fn night(
    hotel: &Hotel,
    sandbox: &Sandbox,
    rows: &[Row],
    believed: &mut BTreeMap<String, Outcome>,
) -> u64 {
    hotel.write(rows);
    let ran = hotel.run(Some(sandbox)).await;
    ran.assert_code(0);
    let snapshot = sandbox.snapshot();
    let holdings = Holdings::of(&snapshot);
    holdings.assert_are(&hotel.expected(rows));
    for step in hotel.recorded(0).await {
        believe(believed, &step);
    }
    let recorded: BTreeSet<String> = believed.keys().cloned().collect();
    assert_eq!(recorded, grant_keys(&snapshot), "the record and the workspace differ");
    assert_eq!(hotel.remembered().await, grant_keys(&snapshot), "the ledger and the workspace differ");
    if rows.iter().all(|row| row.status == "confirmed") {
        holdings.assert_no_orphans();
    }
    ran.number("/calls/reads") + ran.number("/calls/writes")
}

/// Which grants stand, if the record is right.
fn believe(believed: &mut BTreeMap<String, Outcome>, step: &RecordedStep) {
    let outcome = step.outcome.unwrap_or_else(|| panic!("nobody knows what became of {step:?}"));
    assert!(matches!(outcome, Outcome::Done | Outcome::AlreadySo), "{step:?}");
    match step.path.as_str() {
        "/access_grants/create" => {
            believed.insert(step.subject.clone(), outcome);
        }
        "/access_grants/delete" => {
            believed.remove(&step.subject);
        }
        _ => {}
    }
}

/// Looks for what is not there are refused, and so is the second delete of what is gone; nothing else may be.
fn n_lookups_in_vain(sandbox: &Sandbox) -> u64 {
    let refusals = sandbox.counts().refusals;
    let harmless = ["/access_grants/get", "/user_identities/get", "/access_grants/delete"];
    harmless.iter().filter_map(|path| refusals.get(*path)).sum()
}

/// Of every kind of trouble together one call in ten meets some; it must cost less than half as many calls again as
/// the same nights without any.
#[expect(clippy::print_stderr, reason = "a measurement that is wanted beside the result")]
#[tokio::test]
async fn ten_percent_of_trouble_of_every_kind_keeps_no_run_from_its_end_and_costs_less_than_half_as_many_calls_again()
 {
    const N_RESERVATIONS: u32 = 160;
    let ideal = check(N_RESERVATIONS, FaultPlan::none()).await;
    assert!(ideal > u64::from(N_RESERVATIONS), "{ideal} calls are too few to judge by");
    for seed in 1..=5 {
        let faults = FaultPlan { latency_ms: 20, retry_after_seconds: 0, ..FaultPlan::every_kind(seed, 0.1) };
        let n_calls = check(N_RESERVATIONS, faults).await;
        eprintln!("seed {seed}: {n_calls} calls, {}% of the {ideal} without trouble", 100 * n_calls / ideal);
        assert!(2 * n_calls < 3 * ideal, "seed {seed}: {n_calls} calls instead of {ideal}");
    }
}

#[tokio::test]
async fn a_third_of_all_calls_may_meet_the_same_trouble() {
    let checks = Fault::ALL.map(|fault| {
        let rates = [(fault, 0.3)].into();
        check(8, FaultPlan { seed: 7, rates, latency_ms: 20, retry_after_seconds: 0, ..FaultPlan::none() })
    });
    futures_util::future::join_all(checks).await;
}
