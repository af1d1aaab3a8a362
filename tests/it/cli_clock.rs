//! The clock of the host goes before everything that is judged by it (RULES 26).

use std::fs::File;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::cli_check_online::dated;
use super::cli_hotel::{STAYS, place, sandbox_config, url_config};
use super::cli_program::{Ended, Place, check};
use super::seam_script::{Reply, Script};

/// Answers dated by a clock that is so far ahead of the one of this host.
fn ahead(difference: SignedDuration) -> Vec<(&'static str, Reply)> {
    let date = (Timestamp::now() + difference).strftime("%a, %d %b %Y %H:%M:%S GMT");
    dated(format!("content-type: application/json\r\ndate: {date}\r\n").leak())
}

/// Runs the program against a Seam that answers so; gives also what it was asked.
fn run(replies: Vec<(&'static str, Reply)>, arguments: &[&str]) -> (Place, Ended, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let script = runtime.block_on(Script::serve(replies));
    let mut place = Place::new();
    place.write("reservation-sync.toml", &url_config(&script.base_url));
    place.write("reservations.csv", STAYS);
    place.set("SEAM_API_KEY", "seam_test_x");
    let ended = place.run(arguments);
    (place, ended, script.paths())
}

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

#[test]
fn clock_far_from_seams_stops_before_everything() {
    for (difference, side) in [(minutes(11), "behind"), (minutes(-11), "ahead of")] {
        for verb in [&["run"][..], &["plan"], &["explain", "R1001"], &["export"], &["adopt"]] {
            let (place, ended, asked) = run(ahead(difference), verb);
            assert_eq!(ended.code, 5, "{verb:?} {ended:#?}");
            assert!(ended.stderr.contains(side), "{verb:?} {ended:#?}");
            let again = "reservation-sync check -c reservation-sync.toml --online";
            assert!(ended.stderr.contains(again), "{verb:?} {ended:#?}");
            assert_eq!(asked, ["/workspaces/get"], "{verb:?}");
            assert!(!place.has("reservation-sync.db"), "{verb:?}");
        }
    }
}

#[test]
fn clock_goes_before_the_source() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let script = runtime.block_on(Script::serve(ahead(minutes(11))));
    let mut place = Place::new();
    place.write("reservation-sync.toml", &url_config(&script.base_url));
    place.set("SEAM_API_KEY", "seam_test_x");
    let ended = place.run(&["run"]);
    assert_eq!(ended.code, 5, "the file that is missing would be 6: {ended:#?}");
}

/// A host whose clock is a month ahead would take every stay of the month for one that is over.
#[test]
fn clock_of_a_month_ahead_writes_nothing() {
    for verb in ["plan", "run"] {
        let (place, ended, asked) = run(ahead(minutes(-30 * 24 * 60)), &[verb]);
        assert_eq!(ended.code, 5, "{verb} {ended:#?}");
        assert_eq!(asked, ["/workspaces/get"], "{verb}");
        assert!(!place.has("reservation-sync.db"), "{verb}");
    }
}

#[test]
fn file_of_next_year_is_refused() {
    let place = place();
    place.write("reservation-sync.toml", &sandbox_config().replace("max_age = \"none\"\n", ""));
    let written = Timestamp::now() + SignedDuration::from_hours(300 * 24);
    let file = File::options().write(true).open(place.path("reservations.csv")).expect("it is there");
    file.set_modified(written.into()).expect("a time");
    for verb in ["plan", "run"] {
        check(&place.run(&[verb]), 6, &["`reservations.csv` says that it was written"]);
    }
}

fn warned(difference: Option<SignedDuration>) -> Option<String> {
    let replies = match difference {
        Some(difference) => ahead(difference),
        None => dated("content-type: application/json\r\n"),
    };
    let (_, ended, _) = run(replies, &["plan", "--format", "json"]);
    let report: Value = ended.report();
    assert_eq!(report["exit_code"], 0, "{ended:#?}");
    let warnings = report["warnings"].as_array().expect("a list");
    assert_eq!(report["counts"]["warnings"], warnings.len());
    let of_clock: Vec<&Value> = warnings.iter().filter(|warning| warning["source"] == "clock").collect();
    assert!(of_clock.len() <= 1, "{warnings:#?}");
    of_clock.first().map(|warning| warning["message"].as_str().expect("a text").to_owned())
}

#[test]
fn clock_that_differs_is_a_warning() {
    let behind = warned(Some(minutes(5))).expect("it is noticed");
    assert!(
        behind.starts_with("the clock of this host is 4m 59s behind") || behind.contains("5m"),
        "{behind}"
    );
    let unknown = warned(None).expect("it is noticed");
    assert!(unknown.contains("have no date"), "{unknown}");
    assert_eq!(warned(Some(SignedDuration::ZERO)), None);
}

#[test]
fn clock_of_embedded_sandbox_is_ours() {
    let place = place();
    for instant in ["2001-01-01T12:00:00Z", "2026-12-01T12:00:00Z", "2051-01-01T12:00:00Z"] {
        place.write("reservation-sync.toml", &sandbox_config().replace("2026-12-01T12:00:00Z", instant));
        let ended = place.run(&["run", "--now", instant, "--format", "json"]);
        let report = ended.report();
        assert_ne!(report["exit_code"], 5, "{ended:#?}");
        let warnings = report["warnings"].as_array().expect("a list");
        assert!(warnings.iter().all(|warning| warning["source"] != "clock"), "{warnings:#?}");
    }
}
