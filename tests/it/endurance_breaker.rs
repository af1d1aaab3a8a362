//! Seam refuses so much that more of the same would not help: the run ends with 8, says so, and leaves the rest alone.

use reservation_sync::event::Outcome;
use reservation_sync::sandbox::{Fault, FaultPlan, Sandbox, ScriptedFault};
use serde_json::Value;

use super::endurance_hotel::{Holdings, Hotel, Ran, Row, grant_keys};

const N_RESERVATIONS: u32 = 60;
const CREATE: &str = "/access_grants/create";

/// A hotel whose every guest is new, and a sandbox that refuses some of the grants.
async fn hotel(is_refused: impl Fn(u64) -> bool) -> (Hotel, Sandbox, Vec<Row>) {
    let hotel = Hotel::today(N_RESERVATIONS).one_at_a_time();
    let rows: Vec<Row> = (0..N_RESERVATIONS).map(|number| Row::new(number, number, 2, 3)).collect();
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    let refused = (1..=u64::from(N_RESERVATIONS)).filter(|call| is_refused(*call));
    let script = refused.map(|call| ScriptedFault { path: CREATE.to_owned(), call, fault: Fault::Refused });
    sandbox.set_faults(FaultPlan { script: script.collect(), ..FaultPlan::none() });
    (hotel, sandbox, rows)
}

/// Runs; gives how many grants were made, refused and left.
async fn check(hotel: &Hotel, sandbox: &Sandbox, code: i32) -> (Ran, [u64; 3]) {
    let ran = hotel.run(Some(sandbox)).await;
    ran.assert_code(code);
    let counts = ["create", "failed", "skipped"].map(|kind| ran.number(&format!("/counts/{kind}")));
    assert_eq!(counts.iter().sum::<u64>(), u64::from(N_RESERVATIONS), "{}", ran.document["counts"]);
    assert_eq!(grant_keys(&sandbox.snapshot()).len() as u64, counts[0], "the report says what was made");
    let steps = hotel.recorded(code).await;
    let recorded = [Outcome::Done, Outcome::Failed, Outcome::Skipped].map(|outcome| {
        let of_grants = steps.iter().filter(|step| step.path == CREATE);
        of_grants.filter(|step| step.outcome == Some(outcome)).count() as u64
    });
    assert_eq!(recorded[..2], counts[..2], "the record says it too");
    (ran, counts)
}

/// Without refusals the next run does the rest.
async fn assert_finished(hotel: &Hotel, sandbox: &Sandbox, rows: &[Row]) {
    sandbox.set_faults(FaultPlan::none());
    hotel.run(Some(sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(rows));
}

#[tokio::test]
async fn a_run_in_which_half_of_the_calls_fail_ends_with_8_and_the_next_one_does_the_rest() {
    // From the fifth grant on Seam refuses all, or every second one.
    for every in [1, 2] {
        let (hotel, sandbox, rows) = hotel(|call| call > 4 && call % every == 0).await;
        let (ran, [_, n_failed, n_skipped]) = check(&hotel, &sandbox, 8).await;
        assert!((9..=10).contains(&n_failed) && n_skipped > 20, "{}", ran.document["counts"]);
        let error = &ran.document["error"];
        let text = |field: &str| error[field].as_str().map(str::to_owned).unwrap_or_default();
        assert!(
            text("message").contains("of the last") && text("message").contains("calls failed"),
            "{error}"
        );
        assert!(!text("hint").is_empty() && ran.told.contains("hint"), "{}", ran.told);
        assert_finished(&hotel, &sandbox, &rows).await;
        sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_run_in_which_fewer_fail_goes_on_to_its_end_and_ends_with_3() {
    let (hotel, sandbox, rows) = hotel(|call| call % 4 == 0).await;
    let (ran, counts) = check(&hotel, &sandbox, 3).await;
    assert_eq!(counts, [45, 15, 0]);
    assert_eq!(ran.document["error"], Value::Null);
    assert_finished(&hotel, &sandbox, &rows).await;
    sandbox.stop().await;
}
