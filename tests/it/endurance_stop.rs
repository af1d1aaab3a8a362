//! Two runs at once, and runs that are told to stop.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

use reservation_sync::event::Outcome;
use reservation_sync::sandbox::{Fault, FaultPlan, Sandbox, ScriptedFault};

use super::endurance_hotel::{Holdings, Hotel, Ran, Row, grant_keys, until};
use super::store_place::{Place, on_both_engines};

/// `n` calls of a path, from the `first`th, are answered late.
fn late(path: &str, first: u64, n: u64, latency_ms: u64) -> FaultPlan {
    let late = |call| ScriptedFault { path: path.to_owned(), call, fault: Fault::Latency };
    FaultPlan { script: (first..first + n).map(late).collect(), latency_ms, ..FaultPlan::none() }
}

fn rows(n_reservations: u32) -> Vec<Row> {
    (0..n_reservations).map(|number| Row::new(number, number, 2, 3)).collect()
}

fn n_calls(sandbox: &Sandbox, path: &str) -> u64 {
    sandbox.counts().requests.get(path).copied().unwrap_or_default()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("`kill` runs");
    assert!(sent.success(), "{name}");
}

/// Waits for a line with those words.
async fn read_until(words: &'static str, mut lines: BufReader<ChildStderr>) -> BufReader<ChildStderr> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(lines.read_line(&mut line).expect("text") > 0, "it never said `{words}`");
        }
        lines
    });
    reading.await.expect("it said so")
}

/// Asks a second time once the first was heard; the run ends at once, and this is what it said after that.
async fn asked_twice(child: Child, lines: BufReader<ChildStderr>) -> String {
    signal(&child, "-TERM");
    let mut lines = read_until("asked to stop", lines).await;
    signal(&child, "-TERM");
    let ran = Ran::of(child).await;
    let mut rest = String::new();
    lines.read_to_string(&mut rest).expect("text");
    assert_eq!(ran.code, 143, "{rest}");
    rest
}

#[tokio::test]
async fn of_two_runs_at_once_one_is_sent_away_and_the_other_does_its_work() {
    let hotel = Hotel::today(20);
    let rows = rows(20);
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    sandbox.set_faults(late("/access_grants/create", 5, 20, 1_000));
    let one = hotel.start(Some(&sandbox));
    until("the first run writes", || sandbox.counts().writes() > 0).await;
    let other = hotel.run(Some(&sandbox)).await;
    other.assert_code(11);
    assert!(other.told.contains("hint"), "{}", other.told);
    assert_eq!(other.number("/calls/writes"), 0);
    Ran::of(one).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
    assert_eq!(sandbox.counts().n_refusals(), 0);
    hotel.run(Some(&sandbox)).await.assert_code(0);
}

#[tokio::test]
async fn runs_that_start_at_the_same_moment_do_not_get_in_each_others_way() {
    let hotel = Hotel::today(20);
    let rows = rows(20);
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    let children: Vec<Child> = (0..4).map(|_| hotel.start(Some(&sandbox))).collect();
    let mut codes = Vec::new();
    for child in children {
        codes.push(Ran::of(child).await.code);
    }
    codes.sort_unstable();
    assert!(codes[0] == 0 && codes.iter().all(|code| [0, 11].contains(code)), "{codes:?}");
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
    assert_eq!(sandbox.counts().n_refusals(), 0);
}

/// A signal in the midst of the writing: what is in flight ends and is recorded, the rest waits for the next run.
async fn check(name: &str, code: i32) {
    let mut hotel = Hotel::today(40);
    hotel.seam = hotel.seam.replace("concurrency = 16", "concurrency = 4");
    let rows = rows(40);
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    sandbox.set_faults(late("/access_grants/create", 6, 4, 1_500));
    let child = hotel.start(Some(&sandbox));
    until("five grants are made", || n_calls(&sandbox, "/access_grants/create") >= 5).await;
    signal(&child, name);
    let ran = Ran::of(child).await;
    ran.assert_code(code);
    assert!(ran.took < Duration::from_secs(20), "{:?}", ran.took);
    let n_made = grant_keys(&sandbox.snapshot()).len() as u64;
    assert_eq!(ran.number("/counts/create"), n_made, "the report says what was made");
    assert_eq!(ran.number("/counts/create") + ran.number("/counts/skipped"), 40);
    assert!((5..30).contains(&n_made), "{n_made}");
    let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
    let steps = hotel.recorded(code).await;
    for step in &steps {
        let outcome = match step.outcome.unwrap_or_else(|| panic!("in flight, and not recorded: {step:?}")) {
            Outcome::Done if step.path == "/access_grants/create" => "made",
            Outcome::Done | Outcome::Skipped => "other",
            outcome => panic!("{outcome:?}: {step:?}"),
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    assert_eq!(outcomes.get("made"), Some(&n_made), "the record says what was made");

    sandbox.set_faults(FaultPlan::none());
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
}

#[tokio::test]
async fn sigterm_lets_calls_in_flight_end_and_leaves_the_rest_to_the_next_run() {
    check("-TERM", 143).await;
}

#[tokio::test]
async fn sigint_lets_calls_in_flight_end_and_leaves_the_rest_to_the_next_run() {
    check("-INT", 130).await;
}

#[tokio::test]
async fn a_second_signal_ends_the_run_at_once_and_the_next_one_does_the_rest() {
    let hotel = Hotel::today(20);
    let rows = rows(20);
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    sandbox.set_faults(late("/access_grants/create", 4, 20, 25_000));
    let mut child = hotel.start(Some(&sandbox));
    let lines = BufReader::new(child.stderr.take().expect("it is piped"));
    until("three grants are made", || n_calls(&sandbox, "/access_grants/create") >= 3).await;
    let began = Instant::now();
    asked_twice(child, lines).await;
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());

    sandbox.set_faults(FaultPlan::none());
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
}

/// Who asks twice does not wait for a plan that takes its time.
#[tokio::test]
async fn a_second_signal_is_heard_while_a_large_plan_is_being_made() {
    const N_ROOMS: u32 = 500;
    let hotel = Hotel::today(N_ROOMS);
    let stays =
        |room: u32| (0..40_i32).map(move |n| Row::new(room * 40 + n.unsigned_abs(), room, 2 + 3 * n, 3));
    hotel.write(&(0..N_ROOMS).flat_map(stays).collect::<Vec<_>>());
    let sandbox = hotel.sandbox().await;
    let mut child = hotel.start(Some(&sandbox));
    let lines = read_until("Seam is read", BufReader::new(child.stderr.take().expect("it is piped"))).await;
    let rest = asked_twice(child, lines).await;
    // A job that comes to its end says so.
    assert_eq!(rest, "");
    assert_eq!(sandbox.counts().writes(), 0);
}

#[tokio::test]
async fn a_replacement_that_has_begun_is_finished_and_no_other_is_begun() {
    const N_GUESTS: u32 = 3;
    let hotel = Hotel::today(20).one_at_a_time();
    let guests = |room: u32, reservation: u32| {
        (0..N_GUESTS).map(move |guest| Row {
            guest: format!("G{reservation}-{guest}"),
            ..Row::new(reservation, room, 2, 3)
        })
    };
    let before: Vec<Row> = (0..4).flat_map(|number| guests(2 * number, number)).collect();
    let after: Vec<Row> = (0..4).flat_map(|number| guests(10 + 2 * number, number)).collect();
    let sandbox = hotel.sandbox().await;
    hotel.write(&before);
    hotel.run(Some(&sandbox)).await.assert_code(0);
    hotel.write(&after);
    // The second of three creates comes late, so that the signal is heard while guests stand outside.
    let n_before = n_calls(&sandbox, "/access_grants/create");
    sandbox.set_faults(late("/access_grants/create", 1, 2, 700));
    let child = hotel.start(Some(&sandbox));
    until("the old grants are gone", || n_calls(&sandbox, "/access_grants/delete") >= u64::from(N_GUESTS))
        .await;
    signal(&child, "-TERM");
    let ran = Ran::of(child).await;
    ran.assert_code(143);
    assert_eq!(n_calls(&sandbox, "/access_grants/delete"), u64::from(N_GUESTS), "no other is begun");
    assert_eq!(n_calls(&sandbox, "/access_grants/create") - n_before, u64::from(N_GUESTS), "it is finished");
    let holdings = Holdings::of(&sandbox.snapshot());
    assert_eq!(holdings.grants.len(), before.len(), "nobody stands outside");
    assert_eq!((ran.number("/counts/replace"), ran.number("/counts/skipped")), (3, 9));

    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&after));
}

on_both_engines! {
    a_run_that_lost_its_lock_sends_nothing_more_and_says_so,
}

async fn a_run_that_lost_its_lock_sends_nothing_more_and_says_so(place: Place) {
    let hotel = Hotel::today(40).one_at_a_time().with_store(&place.url());
    let rows = rows(40);
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    sandbox.set_faults(late("/access_grants/create", 4, 1, 1_500));
    let child = hotel.start(Some(&sandbox));
    until("three grants are made", || n_calls(&sandbox, "/access_grants/create") >= 3).await;
    place.execute("delete from leases").await;
    let ran = Ran::of(child).await;
    ran.assert_code(11);
    // What was in flight is known; nothing was begun without the lock.
    let n_made = grant_keys(&sandbox.snapshot()).len() as u64;
    assert!((3..=5).contains(&n_made), "{n_made}");
    assert_eq!(ran.number("/counts/create"), n_made);
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
}
