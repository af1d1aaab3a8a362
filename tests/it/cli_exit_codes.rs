//! How the program ends, by the numbers that the README promises.

use std::fs::File;
use std::time::{Duration, SystemTime};

use reservation_sync::model::{Namespace, WorkspaceId};
use reservation_sync::sandbox::{Fault, FaultPlan};
use reservation_sync::store::{Holder, Store, StoreAddress, StoreSettings};
use serde_json::json;

use super::cli_hotel::{Server, place, sandbox_config, stays_and_a_bad_row, url_config};
use super::cli_program::{Ended, Place};

/// Runs the program and holds it to a code, a word of what it says on stderr, and a next step where it did not end well.
fn check(place: &Place, arguments: &[&str], code: i32, says: &str) -> Ended {
    let ended = place.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {ended:#?}");
    assert!(ended.stderr.contains(says), "{arguments:?}: `{says}` in {ended:#?}");
    ended
}

#[test]
fn a_run_that_does_all_it_should_ends_with_0() {
    let place = place();
    for verb in ["check", "plan", "run", "run", "runs"] {
        check(&place, &[verb], 0, "");
    }
}

#[test]
fn a_rejected_row_ends_with_3_and_the_rest_is_done() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row());
    check(&place, &["check"], 3, "");
    check(&place, &["plan"], 3, "");
    let run = check(&place, &["run"], 3, "");
    assert!(run.stdout.contains("Done: 2 created"), "{run:#?}");
}

#[test]
fn pending_changes_end_with_2_where_that_was_asked_for() {
    let place = place();
    check(&place, &["plan", "--detailed-exitcode"], 2, "");
    check(&place, &["run", "--dry-run", "--detailed-exitcode"], 2, "");
    check(&place, &["run", "--detailed-exitcode"], 0, "");
    check(&place, &["plan", "--detailed-exitcode"], 0, "");
    place.write("reservations.csv", &stays_and_a_bad_row().replace("12-06", "12-05"));
    check(&place, &["plan", "--detailed-exitcode"], 3, "");
}

#[test]
fn a_source_that_cannot_be_used_ends_with_6_and_says_what_to_do() {
    let place = place();
    let hinted = |ended: &Ended| assert!(ended.stderr.contains("\nhint: "), "{ended:#?}");

    place.write("reservations.csv", "Booking,Arrival,Departure,Room\n1,2026-12-03,2026-12-04,101\n");
    hinted(&check(&place, &["run"], 6, "missing reservation_key, check_in, check_out"));

    std::fs::remove_file(place.path("reservations.csv")).expect("it was there");
    hinted(&check(&place, &["run"], 6, "reservations.csv"));
    hinted(&check(&place, &["check"], 6, "reservations.csv"));

    place.write("reservations.csv", super::cli_hotel::STAYS);
    place.write("reservation-sync.toml", &sandbox_config().replace("\"none\"", "\"26h\""));
    let noon: jiff::Timestamp = "2026-12-01T12:00:00Z".parse().expect("an instant");
    for (hours, code) in [(27, 6), (25, 0)] {
        let file = File::options().write(true).open(place.path("reservations.csv")).expect("it is there");
        file.set_modified(SystemTime::from(noon) - Duration::from_hours(hours)).expect("a time");
        let ended = place.run(&["plan"]);
        assert_eq!(ended.code, code, "{hours} hours old: {ended:#?}");
    }
}

#[test]
fn a_refused_key_and_a_suspended_workspace_end_with_7() {
    let server = Server::start();
    let mut place = server.place();
    check(&place, &["run"], 0, "");
    place.set("SEAM_API_KEY", "seam_testwrong_key");
    let ended = check(&place, &["run"], 7, "API Key not found");
    assert!(ended.stderr.contains("\nhint: "), "{ended:#?}");
    server.stop();

    let server = Server::suspended();
    check(&server.place(), &["plan"], 7, "suspended");
    server.stop();
}

#[test]
fn a_server_that_nobody_reaches_ends_with_5_after_its_patience() {
    let mut place = place();
    // Nothing listens on the port of a server that has stopped.
    let server = Server::start();
    place.write("reservation-sync.toml", &url_config(server.sandbox.endpoint()));
    server.stop();
    place.set("SEAM_API_KEY", "seam_test_key");
    let ended = check(&place, &["run"], 5, "");
    assert!(ended.stderr.contains("\nhint: "), "{ended:#?}");
    assert!(ended.stdout.ends_with("Nothing was written to Seam.\n"), "{ended:#?}");
}

#[test]
fn a_second_run_beside_the_first_ends_with_11_and_may_still_plan() {
    let place = place();
    let plan = check(&place, &["plan", "-o", "plan.json", "--format", "json"], 0, "").report();
    let workspace = WorkspaceId::new(plan["workspace_id"].as_str().expect("an id"));
    let namespace = Namespace::new("pms").expect("a namespace");
    let lease = Duration::from_mins(2);
    let address = StoreAddress::file(place.path("reservation-sync.db"));
    let settings = StoreSettings { address, lease, keep_runs: None };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&settings).await.expect("the store opens");
        let holder = Holder::this_process();
        let held = store.acquire_lease(&workspace, &namespace, &holder, lease).await.expect("it is free");
        for verb in [&["run"][..], &["apply", "plan.json"]] {
            let ended = check(&place, verb, 11, "");
            assert!(ended.stderr.contains("\nhint: "), "{ended:#?}");
        }
        check(&place, &["plan"], 0, "");
        held.release().await.expect("it is held");
        store.close().await;
    });
    check(&place, &["run"], 0, "");
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_64() {
    let place = place();
    for arguments in [
        &[][..],
        &["run", "--force"],
        &["sync"],
        &["plan", "--now", "yesterday"],
        &["plan", "--format", "pdf"],
        &["run", "--report", "json"],
        &["runs", "--limit", "many"],
        &["show"],
        &["show", "no-such-run"],
        &["apply"],
        &["apply", "no-such-plan.json"],
        &["rollback", "no-such-run"],
        &["completions", "basic"],
    ] {
        let ended = check(&place, arguments, 64, "");
        assert!(!ended.stderr.is_empty() && ended.stdout.is_empty(), "{arguments:?}: {ended:#?}");
    }
}

#[test]
fn a_clock_of_ones_own_is_for_the_sandbox_and_for_plans() {
    let now = ["--now", "2026-12-02T12:00:00Z"];
    let server = Server::start();
    let place_of_server = server.place();
    check(&place_of_server, &["run", now[0], now[1]], 64, "--now");
    check(&place_of_server, &["run", "--dry-run", now[0], now[1]], 64, "--now");
    check(&place_of_server, &["plan", now[0], now[1], "-o", "plan.json"], 0, "");
    check(&place_of_server, &["apply", "plan.json", now[0], now[1]], 64, "--now");
    assert_eq!(server.sandbox.counts().writes(), 0);
    server.stop();
    check(&place(), &["run", now[0], now[1]], 0, "");
}

#[test]
fn a_configuration_that_cannot_be_used_ends_with_78() {
    let mut place = place();
    check(&place, &["run", "--config", "other.toml"], 78, "other.toml");
    place.write("reservation-sync.toml", &sandbox_config().replace("policy", "polcy"));
    let ended = check(&place, &["run"], 78, "reservation-sync.toml:1:1");
    assert!(ended.stderr.contains("policy"), "{ended:#?}");
    // The rehearsal needs no key; a server does.
    place.set("SEAM_ENDPOINT", "http://127.0.0.1:9");
    place.write("reservation-sync.toml", &sandbox_config());
    check(&place, &["plan"], 0, "");
    place.write("reservation-sync.toml", &url_config("http://127.0.0.1:9"));
    check(&place, &["check"], 0, "");
    check(&place, &["plan"], 78, "SEAM_API_KEY");
    check(&place, &["run"], 78, "SEAM_API_KEY");
}

#[test]
fn a_terminated_run_finishes_what_is_in_flight_and_the_next_one_the_rest() {
    let server = Server::start();
    let place = server.place();
    // One call at a time, and every answer takes its time, so that the signal arrives before the last is sent.
    let config = url_config(server.sandbox.endpoint());
    place.write("reservation-sync.toml", &format!("{config}concurrency = 1\n"));
    let slow = [(Fault::Latency, 1.0)].into();
    server.sandbox.set_faults(FaultPlan { rates: slow, latency_ms: 300, ..FaultPlan::none() });
    let child = place
        .command(&["run", "--report", "json=report.json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    server.wait_for_writes(1);
    let kill = std::process::Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(kill.expect("a shell").success());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(143), "{}", String::from_utf8_lossy(&output.stderr));
    let report = place.report("report.json");
    assert_eq!(report["exit_code"], 143);
    server.sandbox.set_faults(FaultPlan::none());
    check(&place, &["run"], 0, "");
    let again = check(&place, &["run"], 0, "");
    assert!(again.stdout.contains("Nothing is to change."), "{again:#?}");
    let grants = server.sandbox.snapshot()["access_grants"].as_array().map(Vec::len);
    assert_eq!(grants, Some(2), "each once");
    server.stop();
}

#[test]
fn a_server_that_only_fails_ends_with_5_and_keeps_a_report() {
    let server = Server::start();
    let place = server.place();
    let broken = [(Fault::ServerError, 1.0)].into();
    server.sandbox.set_faults(FaultPlan { rates: broken, ..FaultPlan::none() });
    let ended = check(&place, &["run", "--report", "json=report.json"], 5, "");
    let report = place.report("report.json");
    assert_eq!((&report["exit_code"], report["error"].is_object()), (&json!(5), true), "{ended:#?}");
    assert!(server.sandbox.counts().faults.values().sum::<u64>() > 1, "it was tried again");
    server.stop();
}
