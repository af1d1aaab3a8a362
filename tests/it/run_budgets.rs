//! Runs that may do only so much: what was allowed is done, the rest is left, and the exit code says which it was.

use serde_json::Value;

use super::cli_hotel::{BASE, NOW, place};
use super::cli_program::{Ended, Place};

fn check(place: &Place, arguments: &[&str], code: i32, created: u64, skipped: u64) -> Ended {
    let ended = place.run(&[&["run", "--format", "json"], arguments].concat());
    assert_eq!(ended.code, code, "{arguments:?}: {ended:#?}");
    let report = ended.report();
    let counts = [&report["counts"]["create"], &report["counts"]["skipped"]].map(Value::as_u64);
    assert_eq!(counts, [Some(created), Some(skipped)], "{arguments:?}: {ended:#?}");
    assert!(report["estimate"]["actual_seconds"].is_u64(), "{report:#}");
    ended
}

#[test]
fn max_changes_makes_the_most_urgent_ones_and_ends_with_8_until_all_are_made() {
    let place = place();
    let ended = check(&place, &["--max-changes", "1"], 8, 1, 1);
    let items = ended.report()["items"].clone();
    let outcomes: Vec<_> = items.as_array().expect("a list").iter().map(|item| &item["outcome"]).collect();
    assert_eq!(outcomes, ["done", "skipped"], "who arrives first comes first");
    assert!(ended.stderr.contains("--max-changes allows 1"), "{ended:#?}");
    assert!(ended.stderr.contains("hint: "), "{ended:#?}");
    check(&place, &["--max-changes", "1"], 0, 1, 0);
    check(&place, &["--max-changes", "1"], 0, 0, 0);
}

#[test]
fn budget_that_means_nothing_is_usage_error() {
    let place = place();
    for arguments in [["--max-changes", "0"], ["--max-duration", "soon"], ["--max-duration", "0s"]] {
        assert_eq!(place.run(&[&["run"][..], &arguments].concat()).code, 64, "{arguments:?}");
    }
}

#[test]
fn max_duration_starts_nothing_when_it_is_over_and_ends_with_10() {
    let place = place();
    // The second guest would wait a minute for the lobby.
    let slow = "endpoint = \"sandbox\"\nper_door_per_minute = {create = 1}\n";
    let sandbox = format!("sandbox = {{seed = \"workspace.json\", now = \"{NOW}\"}}\n");
    place.write("reservation-sync.toml", &format!("{BASE}{slow}{sandbox}"));
    let begun = std::time::Instant::now();
    let ended = check(&place, &["--max-duration", "5s"], 10, 1, 1);
    assert!(begun.elapsed().as_secs() < 50, "it did not wait for the minute");
    assert!(ended.stderr.contains("--max-duration"), "{ended:#?}");
    check(&place, &["--max-duration", "5s"], 0, 1, 0);
}
