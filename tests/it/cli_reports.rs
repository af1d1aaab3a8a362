//! What the program leaves behind: reports on stdout and in files, and the record of its runs.

use serde_json::{Value, json};

use super::cli_hotel::{STAYS, Server, place, stays_and_a_bad_row};

#[test]
fn a_plan_and_a_dry_run_send_no_write() {
    let server = Server::start();
    let place = server.place();
    let before = server.sandbox.snapshot();
    for arguments in [&["plan"][..], &["run", "--dry-run"]] {
        let ended = place.run(arguments);
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.stdout.starts_with("DRY RUN: nothing will be written\n"), "{ended:#?}");
        assert!(ended.stdout.contains("\nPlan: 2 create, 0 update,"), "{ended:#?}");
        let counts = server.sandbox.counts();
        assert!(counts.writes() == 0 && !counts.requests.is_empty(), "{counts:#?}");
        assert_eq!(server.sandbox.snapshot(), before);
    }
    assert!(!place.has("reservation-sync.db"), "a rehearsal leaves no record");
    server.stop();
}

#[test]
fn text_and_json_tell_the_same() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row());
    let plan = place.run(&["plan", "--format", "json"]).report();
    assert_eq!((&plan["kind"], &plan["dry_run"]), (&json!("plan"), &json!(true)));
    let run = place.run(&["run", "--format", "json"]).report();
    assert_eq!((&run["kind"], &run["dry_run"]), (&json!("run"), &json!(false)));
    for report in [&plan, &run] {
        assert_eq!(report["exit_code"], 3);
        assert_eq!(
            (&report["counts"]["create"], &report["counts"]["rejected"], &report["counts"]["identities"]),
            (&json!(2), &json!(1), &json!(2))
        );
        assert_eq!(report["rejects"][0]["source"], "reservations.csv:4");
        assert_eq!(report["source"]["rows"], 3);
    }
    assert_eq!((&plan["calls"]["writes"], &run["calls"]["writes"]), (&json!(0), &json!(2)));
    assert_eq!((&plan["items"][0]["outcome"], &run["items"][0]["outcome"]), (&Value::Null, &json!("done")));
    let text = place.run(&["run"]).stdout;
    assert!(text.contains("! reservations.csv:4  check_in  "), "{text}");
    assert!(text.contains("\nNothing is to change.\nDone: 0 created, 0 updated, 0 replaced, 0 revoked, 0 held, 1 rejected, 2 unchanged"), "{text}");
}

#[test]
fn reports_go_to_files_beside_stdout_and_are_written_even_where_the_run_dies() {
    let place = place();
    let reports = ["--report", "json=report.json", "--report", "text=report.txt"];
    let ended = place.run(&[&["run"][..], &reports].concat());
    assert_eq!((ended.code, &place.read("report.txt")), (0, &ended.stdout));
    assert_eq!(place.report("report.json")["counts"]["create"], 2);

    place.write("reservations.csv", "nothing of use\n");
    let ended = place.run(&[&["run"][..], &reports].concat());
    assert_eq!((ended.code, &place.read("report.txt")), (6, &ended.stdout));
    let report = place.report("report.json");
    assert_eq!((&report["exit_code"], &report["source"]), (&json!(6), &Value::Null));
    assert!(report["error"]["message"].as_str().is_some_and(|message| message.contains("header")));
    assert!(report["error"]["hint"].as_str().is_some_and(|hint| hint.contains("[columns]")));
    assert!(ended.stdout.contains("Nothing was written to Seam.\n"), "{ended:#?}");

    place.write("reservations.csv", STAYS);
    assert_eq!(place.run(&["plan", "--report", "json=a,b.json"]).code, 0);
    assert_eq!(place.report("a,b.json")["kind"].as_str(), Some("plan"));
}

#[test]
fn a_report_that_cannot_be_written_does_not_take_the_others_with_it() {
    let place = place();
    let ended = place.run(&["run", "--report", "json=no/such/folder.json", "--report", "json=report.json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let told = ended.stderr.contains("warning: write the report `no/such/folder.json`");
    assert!(told && ended.stderr.contains("\nhint: "), "{ended:#?}");
    assert!(ended.stdout.contains("Done: 2 created"), "{ended:#?}");
    assert_eq!(place.report("report.json")["exit_code"], 0);

    place.write("reservations.csv", "nothing of use\n");
    let ended = place.run(&["run", "--report", "json=no/such/folder.json"]);
    assert_eq!(ended.code, 6, "{ended:#?}");
    assert!(ended.stderr.contains("header") && ended.stderr.contains("no/such/folder.json"), "{ended:#?}");
}

#[test]
fn recorded_runs_are_listed_last_first_and_shown_as_they_were_told() {
    let place = place();
    let none = place.run(&["runs"]);
    assert_eq!(none.code, 0, "{none:#?}");
    let first = place.run(&["run", "--report", "json=first.json"]);
    place.write("reservations.csv", &stays_and_a_bad_row().replace("confirmed,101", "cancelled,101"));
    let last = place.run(&["run", "--report", "json=last.json"]);
    place.write("reservations.csv", "nothing of use\n");
    let died = place.run(&["run", "--report", "json=died.json"]);
    assert_eq!((first.code, last.code, died.code), (0, 3, 6));

    let listed: Value = serde_json::from_str(&place.run(&["runs", "--format", "json"]).stdout).expect("JSON");
    let ids: Vec<Value> = ["died", "last", "first"]
        .iter()
        .map(|name| place.report(&format!("{name}.json"))["run_id"].clone())
        .collect();
    let listed_ids = |listed: &Value| -> Vec<Value> {
        let runs = listed["runs"].as_array().expect("a list");
        runs.iter().map(|run| run["run_id"].clone()).collect()
    };
    assert_eq!(listed_ids(&listed), ids, "{listed:#}");
    let two = place.run(&["runs", "--format", "json", "--limit", "2"]).stdout;
    assert_eq!(listed_ids(&serde_json::from_str(&two).expect("JSON")), ids[..2]);
    let text = place.run(&["runs"]).stdout;
    for id in &ids {
        assert!(text.contains(id.as_str().expect("an id")), "{text}");
    }

    assert_eq!(place.run(&["show", "last"]).stdout, died.stdout);
    for (id, told, file) in [(&ids[1], last, "last.json"), (&ids[2], first, "first.json")] {
        let id = id.as_str().expect("an id");
        let shown = place.run(&["show", id]);
        assert_eq!((shown.code, shown.stdout), (0, told.stdout));
        assert_eq!(place.run(&["show", id, "--format", "json"]).stdout, place.read(file));
    }
    let unknown = place.run(&["show", "ffffffff"]);
    assert_eq!(unknown.code, 64);
    assert!(unknown.stderr.contains("ffffffff") && unknown.stderr.contains("\nhint: "), "{unknown:#?}");
}

#[test]
fn a_check_needs_no_seam_and_shows_what_would_be_understood() {
    let place = place();
    place.write("reservations.csv", &stays_and_a_bad_row().replace("confirmed,101", "no_show,101"));
    std::fs::remove_file(place.path("workspace.json")).expect("it was there");
    let text = place.run(&["check"]);
    assert_eq!(text.code, 3);
    for line in [
        "The configuration can be read. Not ready: 1 row rejected.\n",
        "reservations.csv: 3 rows, 3 reservations, 2 guest stays, 1 rejected.\n",
        "1  expected: a grant is wanted\n",
        "1  cancelled, no-show or checked out: no grant\n",
        "  ! reservations.csv:4: check_in: ",
    ] {
        assert!(text.stdout.contains(line), "`{line}` in {}", text.stdout);
    }
    let report: Value =
        serde_json::from_str(&place.run(&["check", "--format", "json"]).stdout).expect("it is JSON");
    assert_eq!((&report["kind"], &report["source"]["rows"]), (&json!("check"), &json!(3)));
    assert_eq!(report["rejects"].as_array().map(Vec::len), Some(1));
    assert!(!place.has("sandbox.json") && !place.has("reservation-sync.db"));
}
