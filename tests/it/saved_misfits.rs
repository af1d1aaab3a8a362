//! A saved plan is refused with 12, and nothing is written, where it was made for something else.

use std::fs;

use super::cli_hotel::{STAYS, place, sandbox_config};
use super::cli_program::Place;
use super::sandbox_client::hotel;
use super::saved_plans::seam;

/// A folder with a plan for it; then something happens, and the plan must be refused for that.
fn check(happens: impl FnOnce(&Place), arguments: &[&str], says: &str) {
    let place = place();
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
    happens(&place);
    let before = seam(&place);
    let ended = place.run(&[&["apply", "plan.json"], arguments].concat());
    assert_eq!(ended.code, 12, "{says}: {ended:#?}");
    assert!(ended.stderr.contains(says) && ended.stderr.contains("\nhint: "), "`{says}`: {ended:#?}");
    let grants = |state: &str| state.matches("pms:").count();
    assert_eq!(grants(&seam(&place)), grants(&before), "{says}");
}

fn edited(from: &str, to: &str) -> impl FnOnce(&Place) {
    move |place: &Place| {
        let text = place.read("plan.json");
        assert!(text.contains(from), "{from} in {text}");
        place.write("plan.json", &text.replacen(from, to, 1));
    }
}

fn configured(from: &str, to: &str) -> impl FnOnce(&Place) {
    move |place: &Place| {
        place.write("reservation-sync.toml", &sandbox_config().replace(from, to));
    }
}

#[test]
fn a_plan_for_another_workspace_is_refused() {
    check(
        |place| {
            let mut other = hotel();
            other["workspace"] =
                serde_json::json!({ "workspace_id": "4b3f2c1e-0000-4000-8000-00000000000b" });
            place.write("workspace.json", &other.to_string());
            fs::remove_file(place.path("sandbox.json")).ok();
        },
        &[],
        "another workspace",
    );
}

#[test]
fn a_plan_for_another_namespace_is_refused() {
    check(configured("namespace = \"pms\"", "namespace = \"other\""), &[], "another namespace");
}

#[test]
fn a_plan_with_another_configuration_is_refused() {
    check(configured("also = [\"lobby\"]", "also = []"), &[], "another configuration");
    check(configured("policy = \"sync\"", "policy = \"upsert-only\""), &[], "another configuration");
}

#[test]
fn a_plan_beside_another_store_is_refused() {
    check(
        |place| fs::remove_file(place.path("reservation-sync.db")).expect("`plan -o` made it"),
        &[],
        "another store",
    );
}

#[test]
fn a_plan_of_yesterday_or_tomorrow_is_refused() {
    check(|_| {}, &["--now", "2026-12-02T12:00:01Z"], "older than 24 hours");
    check(|_| {}, &["--now", "2026-11-30T12:00:00Z"], "later time than now");
}

#[test]
fn a_plan_that_was_edited_is_refused() {
    check(edited("2026-12-06T11:00:00Z", "2026-12-26T11:00:00Z"), &[], "not as it was written");
    check(edited("\"created_at\": \"20", "\"created_at\": \"21"), &[], "not as it was written");
    check(edited("\"create_grant\"", "\"delete_everything\""), &[], "is not a plan");
}

#[test]
fn a_report_is_no_plan_and_a_stopped_plan_stays_stopped() {
    check(
        |place| {
            place.run(&["plan", "--report", "json=plan.json"]);
        },
        &[],
        "a report without the calls",
    );
    check(
        |place| {
            assert_eq!(place.run(&["run"]).code, 0);
            let guards = "\n[guards]\nmax_cancel = 0\n";
            place.write("reservation-sync.toml", &format!("{}{guards}", sandbox_config()));
            place.write("reservations.csv", &STAYS.replace("confirmed,101", "cancelled,101"));
            assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 4);
        },
        &[],
        "was stopped when it was made",
    );
}

#[test]
fn a_plan_with_an_allowance_is_applied_with_it() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let guards = "\n[guards]\nmax_cancel = 0\n";
    place.write("reservation-sync.toml", &format!("{}{guards}", sandbox_config()));
    place.write("reservations.csv", &STAYS.replace("confirmed,101", "cancelled,101"));
    let allow = ["--allow", "max_cancel=1", "--reason", "the guest called"];
    assert_eq!(place.run(&[&["plan", "-o", "plan.json"][..], &allow].concat()).code, 0);
    let applied = place.run(&["apply", "plan.json", "--format", "json"]);
    assert_eq!(applied.code, 0, "{applied:#?}");
    let report = applied.report();
    assert_eq!(report["counts"]["revoke"], 1);
    assert_eq!(report["allowances"][0]["reason"], "the guest called");
}
