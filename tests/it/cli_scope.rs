//! The flags that limit a plan or a run to some reservations.

use serde_json::json;

use super::cli_hotel::{place, stays_and_a_bad_row};

#[test]
fn a_limited_run_says_so_and_leaves_the_others_to_the_next_one() {
    let place = place();
    let head = "Limited to --key R1002: about 1 of 2 reservations; the others are left as they are\n";
    let plan = place.run(&["plan", "--key", "R1002"]);
    assert!(plan.stdout.contains(head) && plan.stdout.contains("\nPlan: 1 create, "), "{plan:#?}");
    for format in ["markdown", "html"] {
        let report = place.run(&["plan", "--key", "R1002", "--format", format]).stdout;
        assert!(report.contains("Limited to") && report.contains("about 1 of 2 reservations"), "{report}");
    }
    let run = place.run(&["run", "--key", "R1002", "--no-verify", "--format", "json"]).report();
    assert_eq!(run["scope"], json!({"flags": ["--key R1002"], "inside": 1, "outside": 1}));
    assert_eq!((&run["counts"]["create"], &run["items"][0]["reservation_key"]), (&json!(1), &json!("R1002")));
    let rest = place.run(&["run", "--format", "json"]).report();
    assert_eq!(
        (&rest["counts"]["create"], &rest["items"][0]["reservation_key"]),
        (&json!(1), &json!("R1001"))
    );
    assert!(rest.get("scope").is_none(), "{rest:#}");
}

#[test]
fn the_flags_of_the_scope_have_twins_in_the_environment() {
    let check = |name: &str, value: &str, flags: &[&str], n_create: u64| {
        let mut place = place();
        place.set(name, value);
        let report = place.run(&["plan", "--format", "json"]).report();
        assert_eq!(report["scope"]["flags"], json!(flags), "{name}");
        assert_eq!(report["counts"]["create"], n_create, "{name}");
    };
    check("RESERVATION_SYNC_KEY", "R1001,R1002", &["--key R1001", "--key R1002"], 2);
    check("RESERVATION_SYNC_EXCLUDE", "R1001", &["--exclude R1001"], 1);
    check("RESERVATION_SYNC_FROM", "2026-12-04", &["--from 2026-12-04"], 1);
    check("RESERVATION_SYNC_TO", "2026-12-02", &["--to 2026-12-02"], 0);
    check("RESERVATION_SYNC_WAVE", "100%", &["--wave 100%"], 2);
}

#[test]
fn a_name_that_nothing_has_is_told() {
    let place = place();
    let flags = ["--key", "R9", "--exclude", "R8", "--property", "LIS", "--format", "json"];
    let report = place.run(&[&["plan"][..], &flags].concat()).report();
    assert_eq!((&report["counts"]["warnings"], &report["counts"]["create"]), (&json!(3), &json!(0)));
    for (position, word) in [(0, "property `LIS`"), (1, "key `R8`"), (2, "key `R9`")] {
        let message = report["warnings"][position]["message"].as_str().expect("a message");
        assert!(message.contains(word), "{message}");
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
    let ended = place.run(&["plan", "--key", "R1001", "--format", "markdown"]);
    assert_eq!(ended.code, 6, "{ended:#?}");
    assert!(
        ended.stdout.contains("reservation-sync run --key R1001 --allow max_reject=1 --reason"),
        "{ended:#?}"
    );
}
