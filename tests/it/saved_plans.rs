//! A plan that is saved, reviewed and applied does exactly what `run` would have done.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use reservation_sync::report::document::Document;
use reservation_sync::report::json;
use reservation_sync::run::Mode;
use reservation_sync::sandbox::Sandbox;
use serde_json::Value;

use super::cli_hotel::{STAYS, place, stays_and_a_bad_row};
use super::cli_program::Place;
use super::sandbox_client::{hotel, id};
use super::scenario_night::{Night, STOPPED, folder, live, live_as, recording_sandbox, runtime, settings};

/// Lines without the command that helps: it does the same job again, and these are two jobs.
fn without_commands(mut items: Value) -> Value {
    for item in items.as_array_mut().expect("a list") {
        let reason = item["reason"].as_str().unwrap_or_default();
        let kept = reason.split_once('\n').map(|(kept, _)| kept.to_owned());
        if let Some(kept) = kept {
            item["reason"] = Value::from(kept);
        }
    }
    items
}

/// What a night came to.
struct Came {
    /// The calls that write, sorted: those that wait for nothing may overtake each other.
    writes: Vec<String>,
    seam: Value,
    exit_code: u8,
    counts: String,
    items: Value,
}

enum By {
    Run,
    SavedPlan,
}

async fn come(night: &Night, by: By) -> Came {
    let place = Place::like(&night.folder);
    let (settings, now) = settings(&place.path("config.toml"));
    let sandbox = recording_sandbox(&place, &settings, now).await;
    if night.lay_out_the_night_before(&place) {
        live(&place, &sandbox).await;
        night.lay_out_this_night(&place);
    }
    let n_before = sandbox.exchanges().len();
    let document = match by {
        By::Run => live(&place, &sandbox).await,
        By::SavedPlan => {
            let planned = live_as(&place, &sandbox, Mode::SavePlan).await;
            assert_eq!(writes(&sandbox, n_before), Vec::<String>::new(), "a plan writes nothing");
            let read = Document::from_json(&json::render(&planned)).expect("it was written above");
            assert_eq!(read, planned, "a plan file is read as it was written");
            live_as(&place, &sandbox, Mode::Apply(&read)).await
        }
    };
    let came = Came {
        writes: writes(&sandbox, n_before),
        seam: sandbox.snapshot(),
        exit_code: document.exit_code,
        counts: document.counts_to_json(),
        items: without_commands(serde_json::to_value(&document.items).expect("lines are JSON")),
    };
    sandbox.stop().await;
    came
}

fn writes(sandbox: &Sandbox, from: usize) -> Vec<String> {
    let is_write = |path: &str| {
        ["/create", "/update", "/delete", "/request_access_methods"].iter().any(|end| path.ends_with(end))
    };
    let exchanges = sandbox.exchanges();
    let writes = exchanges[from..].iter().filter(|exchange| is_write(&exchange.path));
    let mut writes: Vec<String> =
        writes.map(|exchange| format!("{} {}", exchange.path, exchange.request)).collect();
    writes.sort();
    writes
}

#[test]
fn a_plan_applied_from_a_file_does_exactly_what_a_run_would_have_done() {
    let mut names: Vec<_> = fs::read_dir(folder())
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    let mut n_writes = 0;
    for name in &names {
        let night = Night { folder: folder().join(name) };
        runtime().block_on(async {
            let run = Box::pin(come(&night, By::Run)).await;
            // What stops a run stops its plan, of which nothing can be applied.
            if STOPPED.contains(&i32::from(run.exit_code)) {
                return;
            }
            let applied = Box::pin(come(&night, By::SavedPlan)).await;
            assert_eq!(applied.writes, run.writes, "{name:?}");
            assert_eq!(applied.seam, run.seam, "{name:?}");
            assert_eq!(applied.items, run.items, "{name:?}");
            assert_eq!((applied.exit_code, applied.counts), (run.exit_code, run.counts), "{name:?}");
            n_writes += run.writes.len();
        });
    }
    assert!(names.len() > 50 && n_writes > names.len(), "{} nights, {n_writes} writes", names.len());
}

/// What the embedded sandbox has written down: its state and what was done since.
pub(crate) fn seam(place: &Place) -> String {
    let mut names: Vec<_> = fs::read_dir(place.path(""))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("sandbox.json") && !name.ends_with("lock"))
        .collect();
    names.sort();
    names.iter().map(|name| place.read(name)).collect()
}

#[test]
fn a_plan_file_is_for_its_owner_and_a_report_of_it_for_everybody() {
    let place = place();
    place.write("plan.json", "something older, readable by all");
    let planned = place.run(&["plan", "-o", "plan.json", "--report", "json=report.json"]);
    assert_eq!(planned.code, 0, "{planned:#?}");
    assert!(planned.stdout.starts_with("DRY RUN"), "it still prints its report: {planned:#?}");
    let mode = fs::metadata(place.path("plan.json")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let plan = place.report("plan.json");
    assert_eq!(plan["items"][0]["code_wished"], true);
    let text = place.read("plan.json");
    assert!(text.contains("ana.sousa@example.com") && !text.contains("471147"), "{text}");

    // What is shown is what was printed when the plan was made, in every format, without contacts.
    fs::remove_file(place.path("reservation-sync.toml")).expect("a plan file needs no configuration");
    for format in ["text", "json", "markdown", "html", "csv"] {
        let shown = place.run(&["show", "plan.json", "--format", format]);
        assert_eq!(shown.code, 0, "{shown:#?}");
        assert!(shown.stdout.contains("Ana Sousa"), "{format}: {shown:#?}");
        assert!(!shown.stdout.contains("ana.sousa@example.com"), "{format}: {shown:#?}");
    }
    assert_eq!(place.run(&["show", "plan.json"]).stdout, planned.stdout);
    assert_eq!(place.run(&["show", "plan.json", "--format", "json"]).stdout, place.read("report.json"));
    assert!(!place.read("report.json").contains("\"saved\""));
}

#[test]
fn a_plan_that_is_applied_is_a_run_on_record() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row());
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 3);
    let applied = place.run(&["apply", "plan.json", "--report", "json=run.json"]);
    assert_eq!(applied.code, 3, "a row was rejected when it was planned: {applied:#?}");
    assert!(applied.stdout.contains("Done: 2 created"), "{applied:#?}");
    assert!(seam(&place).contains("471147"), "the PIN is read from its row once more");
    let run = place.report("run.json");
    assert_eq!((&run["kind"], &run["counts"]["create"]), (&"run".into(), &2.into()));
    assert!(place.run(&["runs"]).stdout.contains("apply"));
    assert_eq!(place.run(&["show", "last", "--format", "json"]).stdout, place.read("run.json"));
    assert!(place.run(&["run"]).stdout.contains("Nothing is to change."));
    assert!(!place.read("run.json").contains("ana.sousa@example.com"));
}

#[test]
fn what_changed_in_the_meantime_is_set_aside_and_the_rest_goes_on() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    place.write("reservations.csv", &STAYS.replace("12-06", "12-08").replace("12-07", "12-09"));
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
    // Somebody else is quicker with one of the two.
    place.write("reservations.csv", &STAYS.replace("12-06", "12-10"));
    assert_eq!(place.run(&["run"]).code, 0);

    let applied = place.run(&["apply", "plan.json", "--report", "json=run.json"]);
    assert_eq!(applied.code, 3, "{applied:#?}");
    let run = place.report("run.json");
    let outcomes: Vec<_> = run["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|i| (&i["reservation_key"], &i["outcome"]))
        .collect();
    assert_eq!(outcomes, [(&"R1001".into(), &"stale".into()), (&"R1002".into(), &"done".into())]);
    assert_eq!((&run["counts"]["stale"], &run["counts"]["update"]), (&1.into(), &1.into()));
    assert!(applied.stdout.contains("no longer holds what this was planned for"), "{applied:#?}");
    let seam = seam(&place);
    assert!(seam.contains("2026-12-10T11:00:00Z") && seam.contains("2026-12-09T11:00:00Z"), "{seam}");
    assert!(!seam.contains("2026-12-08T11:00:00Z"), "{seam}");

    // Once more: now nothing of it holds, and nothing is sent.
    let again = place.run(&["apply", "plan.json", "--format", "json"]);
    assert_eq!((again.code, &again.report()["calls"]["writes"]), (3, &0.into()), "{again:#?}");
}

#[test]
fn newcomer_waits_for_a_departure_that_is_stale_and_a_matter_says_so() {
    let place = place();
    let head = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n";
    let ana = "R1,confirmed,101,2026-12-03,2026-12-06,G1,Ana Sousa\n";
    place.write("reservations.csv", &format!("{head}{ana}"));
    assert_eq!(place.run(&["run"]).code, 0);
    let gone = ana.replace("confirmed", "cancelled");
    let rui = "R2,confirmed,101,2026-12-03,2026-12-06,G2,Rui Lopes\n";
    place.write("reservations.csv", &format!("{head}{gone}{rui}"));
    let planned = place.run(&["plan", "-o", "plan.json", "--format", "json"]);
    assert_eq!((planned.code, &planned.report()["matters"]), (0, &Value::Array(Vec::new())), "{planned:#?}");
    // Somebody prolongs the stay in the meantime: the departure was planned for another grant.
    place.write("reservations.csv", &format!("{head}{}", ana.replace("12-06", "12-07")));
    assert_eq!(place.run(&["run"]).code, 0);

    let applied = place.run(&["apply", "plan.json", "--format", "json"]);
    assert_eq!(applied.code, 3, "{applied:#?}");
    let report = applied.report();
    assert_eq!(report["calls"]["writes"], 0, "{report:#}");
    let named: Vec<&Value> = report["matters"].as_array().expect("a list").iter().collect();
    let both = serde_json::json!(["R1", "R2"]);
    assert!(named.iter().any(|matter| matter["reservations"] == both), "{report:#}");
}

#[test]
fn next_grant_makes_the_guest_where_the_first_is_stale() {
    let place = place();
    let head = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n";
    let stays = format!(
        "{head}R1,confirmed,101,2026-12-03,2026-12-06,G10,Ana Sousa\n\
         R2,confirmed,102,2026-12-08,2026-12-10,G10,Ana Sousa\n"
    );
    place.write("reservations.csv", &stays);
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
    // In the meantime another guest of the first reservation gets a grant.
    place.write("reservations.csv", &format!("{head}R1,confirmed,101,2026-12-03,2026-12-06,G11,Rui Lopes\n"));
    assert_eq!(place.run(&["run"]).code, 0);

    let applied = place.run(&["apply", "plan.json", "--format", "json"]);
    assert_eq!(applied.code, 3, "{applied:#?}");
    let report = applied.report();
    let outcomes = [0, 1].map(|n| (&report["items"][n]["reservation_key"], &report["items"][n]["outcome"]));
    assert_eq!(outcomes, [(&"R1".into(), &"stale".into()), (&"R2".into(), &"done".into())]);
    assert_eq!(
        (&report["identities"][0]["outcome"], &report["calls"]["writes"]),
        (&"done".into(), &1.into())
    );
}

#[test]
fn a_person_who_was_made_in_the_meantime_is_not_made_twice() {
    let place = place();
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
    let moved = STAYS.replace("R1001", "R2001").replace("12-06", "12-08");
    place.write("reservations.csv", &moved);
    assert_eq!(place.run(&["run"]).code, 0);
    let applied = place.run(&["apply", "plan.json", "--format", "json"]);
    assert_eq!(applied.code, 3, "{applied:#?}");
    let report = applied.report();
    assert_eq!((&report["counts"]["stale"], &report["calls"]["writes"]), (&2.into(), &0.into()));
    assert_eq!(report["identities"][0]["outcome"], "stale");
}

#[test]
fn a_wished_pin_whose_row_is_gone_is_left_out_and_the_guest_still_gets_in() {
    for source in [
        STAYS.replace("R1001", "R9001"),
        STAYS.replace("2026-12-06", "2026-12-05"),
        STAYS.replace(",471147", ","),
        "no,columns,that,are,known\n".to_owned(),
    ] {
        let place = place();
        assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
        place.write("reservations.csv", &source);
        let applied = place.run(&["apply", "plan.json", "--format", "json"]);
        assert_eq!(applied.code, 0, "{applied:#?}");
        let report = applied.report();
        assert_eq!(report["counts"]["create"], 2, "{source}");
        let warnings = report["warnings"].as_array().expect("a list");
        let told = warnings.iter().filter(|w| w["column"] == "code" && w["source"] == "reservations.csv:2");
        assert_eq!(told.count(), 1, "{source}: {warnings:#?}");
        assert!(!seam(&place).contains("471147"));
    }
}

#[test]
fn a_space_that_was_given_another_door_is_not_opened_by_a_plan_that_did_not_show_it() {
    let place = place();
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
    let mut changed = hotel();
    changed["spaces"][0]["acs_entrance_ids"] = serde_json::json!([id(101), id(102)]);
    place.write("workspace.json", &changed.to_string());
    for name in ["sandbox.json", "sandbox.json.journal", "sandbox.json.lock"] {
        fs::remove_file(place.path(name)).ok();
    }
    let applied = place.run(&["apply", "plan.json", "--report", "json=run.json"]);
    assert_eq!(applied.code, 3, "{applied:#?}");
    let run = place.report("run.json");
    let outcomes: Vec<_> =
        run["items"].as_array().expect("a list").iter().map(|item| &item["outcome"]).collect();
    assert_eq!(outcomes, ["stale", "done"], "{run:#}");
    assert!(
        run["items"][0]["error"].as_str().is_some_and(|error| error.contains("no longer have the doors"))
    );
    assert_eq!(run["identities"][0]["outcome"], "stale", "nobody is made for nothing");
}

#[test]
fn what_seam_would_refuse_by_now_is_set_aside() {
    let place = place();
    place.write("reservations.csv", &STAYS.replace("2026-12-03,2026-12-06", "2026-12-01,2026-12-02"));
    assert_eq!(place.run(&["plan", "-o", "plan.json"]).code, 0);
    // The first guest has left by now.
    let applied = place.run(&["apply", "plan.json", "--now", "2026-12-02T11:30:00Z", "--format", "json"]);
    assert_eq!(applied.code, 3, "{applied:#?}");
    let report = applied.report();
    assert_eq!((&report["counts"]["stale"], &report["counts"]["create"]), (&1.into(), &1.into()));
    let error = report["items"][0]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("Seam would refuse it by now"), "{error}");
}
