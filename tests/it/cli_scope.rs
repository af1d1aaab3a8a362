//! The flags that limit a plan or a run to some reservations.

use serde_json::json;

use super::cli_hotel::{place, stays_and_a_bad_row};

#[test]
fn a_limited_run_says_so_and_leaves_the_others_to_the_next_one() {
    let place = place();
    let head = "Limited to --reservation R1002: about 1 of 2 reservations; the others are left as they are\n";
    let plan = place.run(&["plan", "--reservation", "R1002"]);
    assert!(plan.stdout.contains(head) && plan.stdout.contains("\nPlan: 1 create, "), "{plan:#?}");
    for format in ["markdown", "html"] {
        let report = place.run(&["plan", "--reservation", "R1002", "--format", format]).stdout;
        assert!(report.contains("Limited to") && report.contains("about 1 of 2 reservations"), "{report}");
    }
    let run = place.run(&["run", "--reservation", "R1002", "--no-verify", "--format", "json"]).report();
    assert_eq!(run["scope"], json!({"flags": ["--reservation R1002"], "inside": 1, "outside": 1}));
    assert_eq!((&run["counts"]["create"], &run["items"][0]["reservation_key"]), (&json!(1), &json!("R1002")));
    let rest = place.run(&["run", "--format", "json"]).report();
    assert_eq!(
        (&rest["counts"]["create"], &rest["items"][0]["reservation_key"]),
        (&json!(1), &json!("R1001"))
    );
    assert!(rest.get("scope").is_none(), "{rest:#}");
}

#[test]
fn filter_is_never_taken_from_environment() {
    let twins = [
        ("PROPERTY", "LIS"),
        ("RESERVATION", "R1001"),
        ("KEY", "R1001"),
        ("EXCLUDE", "R1001"),
        ("FROM", "2026-12-04"),
        ("TO", "2026-12-02"),
        ("WAVE", "1%"),
        ("ALLOW", "max_reject=9"),
        ("REASON", "none"),
        ("NOW", "2027-01-01T00:00:00Z"),
        ("MAX_CHANGES", "1"),
        ("MAX_DURATION", "1s"),
        ("DRY_RUN", "true"),
        ("REPORT", "json=elsewhere.json"),
        ("REJECTS", "rejects.csv"),
        ("FROM_REJECTS", "none.csv"),
    ];
    let mut place = place();
    for (flag, value) in twins {
        place.set(&format!("RESERVATION_SYNC_{flag}"), value);
    }
    let report = place.run(&["run", "--no-verify", "--format", "json"]).report();
    assert_eq!((&report["counts"]["create"], report.get("scope")), (&json!(2), None));
    assert!(!place.has("elsewhere.json") && !place.has("rejects.csv"));
}

#[test]
fn environment_sets_format_and_verbosity() {
    let mut place = place();
    place.set("RESERVATION_SYNC_FORMAT", "json").set("RESERVATION_SYNC_LOG_FORMAT", "json");
    place.set("RESERVATION_SYNC_VERBOSE", "2").set("RESERVATION_SYNC_NO_COLOR", "true");
    let ended = place.run(&["plan"]);
    assert_eq!(ended.report()["counts"]["create"], 2);
    let is_json = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    assert!(ended.stderr.lines().any(|line| is_json(line) && line.contains("DEBUG")), "{ended:#?}");
}

#[test]
fn filter_that_matches_nothing_is_usage_error() {
    let place = place();
    for (flags, named) in [
        (&["--reservation", "R9"][..], "--reservation R9"),
        (&["--reservation", "R1001", "--reservation", "r1002"], "--reservation r1002"),
        (&["--exclude", "R8"], "--exclude R8"),
        (&["--property", "LIS"], "--property LIS"),
    ] {
        for verb in ["plan", "run", "adopt"] {
            let ended = place.run(&[&[verb][..], flags].concat());
            assert_eq!(ended.code, 64, "{ended:#?}");
            assert!(ended.stderr.contains(&format!("nothing is known by {named}: ")), "{ended:#?}");
        }
    }
    // Nothing was written, although one of two keys is known.
    let report = place.run(&["plan", "--format", "json"]).report();
    assert_eq!(report["counts"]["create"], 2);
}

#[test]
fn days_and_wave_may_match_nothing() {
    let place = place();
    for flags in [["--from", "2031-01-01"], ["--to", "2026-01-01"], ["--wave", "0.01%"]] {
        let report = place.run(&[&["run", "--no-verify", "--format", "json"][..], &flags].concat()).report();
        assert_eq!((&report["exit_code"], &report["counts"]["create"]), (&json!(0), &json!(0)), "{flags:?}");
    }
}

#[test]
fn filter_may_name_what_only_seam_has() {
    let place = place();
    assert_eq!(place.run(&["run", "--no-verify"]).code, 0);
    let rows = place.read("reservations.csv");
    let rest: Vec<&str> = rows.lines().filter(|line| !line.starts_with("R1001")).collect();
    place.write("reservations.csv", &(rest.join("\n") + "\n"));
    for flag in ["--reservation", "--exclude"] {
        let ended = place.run(&["run", "--no-verify", flag, "R1001"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
    }
}

#[test]
fn a_scope_that_means_nothing_is_a_usage_error() {
    let place = place();
    for flags in [
        &["--wave", "10"][..],
        &["--wave", "0%"],
        &["--from", "tomorrow"],
        &["--from", "2026-12-05", "--to", "2026-12-04"],
    ] {
        let ended = place.run(&[&["plan"][..], flags].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (64, ""), "{ended:#?}");
    }
}

#[test]
fn the_command_that_releases_a_guard_keeps_the_scope() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row());
    let config =
        place.read("reservation-sync.toml").replace("[seam]", "[guards]\nmax_reject = \"0\"\n\n[seam]");
    place.write("reservation-sync.toml", &config);
    let ended = place.run(&["plan", "--reservation", "R1001", "--format", "markdown"]);
    assert_eq!(ended.code, 6, "{ended:#?}");
    let command = "reservation-sync run -c reservation-sync.toml --reservation R1001 --allow max_reject=1 --reason \"…\"";
    assert_eq!(ended.commands(), [command]);
}
