//! `rollback`: a run is undone by an ordinary plan, and what it restored stays until the source changes it.

use std::collections::BTreeSet;
use std::fs;

use reservation_sync::exit_code::ExitCode;
use reservation_sync::model::ReasonCode;
use reservation_sync::run::{Mode, RecordedRun};
use reservation_sync::store::RunSelector;
use serde_json::{Value, json};

use super::cli_hotel::{STAYS, place, sandbox_config};
use super::cli_program::{Ended, Place};
use super::scenario_night::{Night, STOPPED, folder, live, live_as, recording_sandbox, runtime, settings};

/// What guests can open, by reservation and guest; keys and names aside.
fn access(place: &Place) -> Vec<Vec<String>> {
    let exported = place.run(&["export", "--format", "json"]);
    assert_eq!(exported.code, 0, "{exported:#?}");
    let exported: Value = serde_json::from_str(&exported.stdout).expect("it is JSON");
    let cells = ["reservation_key", "guest_key", "space_keys", "starts_at", "ends_at", "methods"];
    let grants = exported["grants"].as_array().expect("a list");
    grants.iter().map(|grant| cells.map(|cell| grant[cell].to_string()).to_vec()).collect()
}

/// Two nights, of which the second is undone and the plan for that applied.
fn two_nights_and_back(place: &Place, second: &str) -> Value {
    assert_eq!(place.run(&["run"]).code, 0);
    let before = access(place);
    place.write("reservations.csv", second);
    assert_eq!(place.run(&["run"]).code, 0);
    assert_ne!(access(place), before);
    let planned = place.run(&["rollback", "last", "-o", "back.json"]);
    assert_eq!(planned.code, 0, "{planned:#?}");
    assert!(planned.stdout.starts_with("DRY RUN"), "{planned:#?}");
    let plan = place.report("back.json");
    let applied = place.run(&["apply", "back.json"]);
    assert_eq!(applied.code, 0, "{applied:#?}");
    assert_eq!(access(place), before);
    plan
}

fn warnings(ended: &Ended) -> Vec<String> {
    let report = ended.report();
    let warnings = report["warnings"].as_array().expect("a list").iter();
    warnings
        .filter(|w| w["code"] == "pinned")
        .map(|w| w["message"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn what_was_cancelled_and_moved_is_restored_and_stays_so_until_the_source_changes() {
    let place = place();
    let second = STAYS.replace("confirmed,101", "cancelled,101").replace("12-07", "12-09");
    let plan = two_nights_and_back(&place, &second);
    let lines: Vec<_> = plan["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| (&item["reservation_key"], &item["action"], &item["reason_code"]))
        .collect();
    let rolled_back = json!("rolled_back");
    assert_eq!(
        lines,
        [
            (&json!("R1001"), &json!("create"), &rolled_back),
            (&json!("R1002"), &json!("update"), &rolled_back)
        ]
    );

    // The next nights do not undo it, and say so each time.
    for _ in 0..2 {
        let night = place.run(&["run", "--format", "json"]);
        assert_eq!((night.code, &night.report()["calls"]["writes"]), (0, &json!(0)), "{night:#?}");
        assert_eq!(warnings(&night).len(), 2, "{night:#?}");
    }
    assert_eq!(warnings(&place.run(&["plan", "--format", "json"])).len(), 2);

    // A booking that changes is followed again, and the other one stays.
    place.write("reservations.csv", &second.replace("12-09", "12-10"));
    let night = place.run(&["run", "--format", "json"]);
    assert_eq!(night.report()["counts"]["update"], 1, "{night:#?}");
    let left = warnings(&place.run(&["run", "--format", "json"]));
    assert!(left.len() == 1 && left[0].contains("R1001"), "{left:#?}");
    // And what was followed once is followed on, even where it comes back.
    place.write("reservations.csv", &second);
    assert_eq!(place.run(&["run", "--format", "json"]).report()["counts"]["update"], 1);
}

#[test]
fn what_was_made_is_revoked_and_not_made_again_until_the_source_changes() {
    let place = place();
    let more = format!("{STAYS}R1003,confirmed,102,2026-12-08,2026-12-09,G12,Inês Prado,,\n");
    let plan = two_nights_and_back(&place, &more);
    assert_eq!(plan["items"][0]["action"], "revoke");
    assert!(place.run(&["run"]).stdout.contains("Nothing is to change."));
    place.write("reservations.csv", &more.replace("2026-12-09", "2026-12-10"));
    assert_eq!(place.run(&["run", "--format", "json"]).report()["counts"]["create"], 1);
}

#[test]
fn a_room_move_is_taken_back() {
    let place = place();
    let plan = two_nights_and_back(
        &place,
        &STAYS
            .replace("confirmed,102", "confirmed,101")
            .replace("2026-12-04,2026-12-07", "2026-12-06,2026-12-09"),
    );
    assert_eq!(plan["items"][0]["action"], "replace", "{plan:#}");
}

#[test]
fn what_changed_since_that_run_and_a_room_that_is_taken_are_left_alone() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let second = STAYS.replace("confirmed,101", "cancelled,101").replace("12-07", "12-09");
    place.write("reservations.csv", &second);
    assert_eq!(place.run(&["run", "--format", "json"]).code, 0);
    let undone = place.run(&["show", "last", "--format", "json"]).report()["run_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let third = format!(
        "{}R1004,confirmed,101,2026-12-04,2026-12-05,G14,Eva Dias,,\n",
        second.replace("12-09", "12-11")
    );
    place.write("reservations.csv", &third);
    assert_eq!(place.run(&["run"]).code, 0);
    let before = access(&place);
    let planned = place.run(&["rollback", &undone, "-o", "back.json", "--format", "json"]);
    assert_eq!(planned.code, 0, "{planned:#?}");
    assert_eq!(planned.report()["items"], json!([]), "{planned:#?}");
    let told = warnings(&planned);
    assert!(
        told.iter().any(|text| text.contains("R1002 is left as it is: it was changed since")),
        "{told:#?}"
    );
    assert!(told.iter().any(|text| text.contains("R1001 cannot be kept")), "{told:#?}");
    assert_eq!(place.run(&["apply", "back.json"]).code, 0);
    assert_eq!(access(&place), before);
}

#[test]
fn a_rollback_is_guarded_and_of_this_namespace() {
    let place = place();
    assert_eq!(place.run(&["run"]).code, 0);
    let guards = format!("{}\n[guards]\nmax_cancel = 0\n", sandbox_config());
    place.write("reservation-sync.toml", &guards);
    let stopped = place.run(&["rollback", "last", "-o", "back.json"]);
    assert_eq!(stopped.code, 4, "{stopped:#?}");
    assert_eq!(place.run(&["apply", "back.json"]).code, 12);
    let allowed =
        ["rollback", "last", "-o", "back.json", "--allow", "max_cancel=2", "--reason", "wrong export"];
    assert_eq!(place.run(&allowed).code, 0);
    assert_eq!(place.run(&["apply", "back.json"]).code, 0);
    assert_eq!(access(&place), Vec::<Vec<String>>::new());

    place.write("reservation-sync.toml", &sandbox_config().replace("\"pms\"", "\"other\""));
    let foreign = place.run(&["rollback", "last"]);
    assert_eq!(foreign.code, 12, "{foreign:#?}");
    let unknown = place.run(&["rollback", "ffff"]);
    assert_eq!((unknown.code, unknown.stderr.contains("hint: ")), (64, true), "{unknown:#?}");
}

/// Who can open which space, when and how, however many grants that takes.
fn opened(snapshot: &Value) -> BTreeSet<String> {
    let grants = snapshot["access_grants"].as_array().expect("a list");
    let of_grant = |grant: &Value| -> Vec<String> {
        let cells = ["user_identity_key", "name", "starts_at", "ends_at", "methods"];
        let told = cells.map(|cell| grant[cell].to_string()).join(" ");
        let spaces = grant["space_keys"].as_array().expect("a list");
        spaces.iter().map(|space| format!("{told} {space}")).collect()
    };
    grants.iter().flat_map(of_grant).collect()
}

#[test]
fn a_rollback_of_any_night_leads_back_to_the_night_before() {
    let mut n_undone = 0;
    let mut names: Vec<_> =
        fs::read_dir(folder()).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
    names.sort();
    for name in names {
        let night = Night { folder: folder().join(&name) };
        let place = Place::like(&night.folder);
        let policy = place.read("config.toml");
        if !night.lay_out_the_night_before(&place) || !policy.contains("\"sync\"") {
            continue;
        }
        runtime().block_on(async {
            let (_, now) = settings(&place.path("config.toml"));
            let (earlier, _) = settings(&place.path("config.toml"));
            let sandbox = recording_sandbox(&place, &earlier, now).await;
            live(&place, &sandbox).await;
            let before = opened(&sandbox.snapshot());
            night.lay_out_this_night(&place);
            let done = live(&place, &sandbox).await;
            if STOPPED.contains(&i32::from(done.exit_code)) {
                return;
            }
            let (settings, _) = settings(&place.path("config.toml"));
            let recorded = RecordedRun::load(&settings, &RunSelector::Last).await.expect("it is on record");
            let planned = live_as(&place, &sandbox, Mode::RollBack(&recorded)).await;
            // A guard asks a person here as well.
            if STOPPED.contains(&i32::from(planned.exit_code)) {
                return;
            }
            live_as(&place, &sandbox, Mode::Apply(&planned)).await;
            let after = opened(&sandbox.snapshot());
            let left_alone =
                planned.warnings.iter().any(|notice| notice.message.contains("is left as it is"));
            if done.changes_something() && after == before {
                n_undone += 1;
            }
            assert!(after == before || left_alone, "{name:?}: {before:#?} {after:#?} {planned:#?}");
            let again = live(&place, &sandbox).await;
            // Who waited for a unit that the rollback gives up gets it.
            let waited = done.items.iter().any(|line| line.reason_code == ReasonCode::Overlap);
            assert!(!again.changes_something() || left_alone || waited, "{name:?}: {again:#?}");
            assert_ne!(again.exit_code, ExitCode::Unexpected.code());
            sandbox.stop().await;
        });
    }
    assert!(n_undone > 20, "{n_undone}");
}
