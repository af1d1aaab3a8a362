//! A key, a configuration or a store that were mixed up stop a job before the first write (RULES 2, 26).

use std::fs;

use serde_json::{Value, json};

use super::cli_check_online::dated;
use super::cli_hotel::{STAYS, Server, place, sandbox_config, url_config};
use super::cli_program::{Ended, Place};
use super::sandbox_client::{hotel, id};
use super::seam_script::{Reply, Script};

const OTHER: &str = "4b3f2c1e-0000-4000-8000-00000000000b";

/// The sandbox is another workspace from now on, which nobody has written to.
fn move_to(place: &Place, workspace_id: &str) {
    let mut other = hotel();
    other["workspace"] = json!({ "workspace_id": workspace_id });
    place.write("workspace.json", &other.to_string());
    fs::remove_file(place.path("sandbox.json")).ok();
}

/// Is refused with 12, and with those words; nothing was granted.
#[track_caller]
fn refused(place: &Place, arguments: &[&str], words: &[&str]) -> Ended {
    let ended = place.run(arguments);
    assert_eq!(ended.code, 12, "{arguments:?} {ended:#?}");
    for word in words {
        assert!(ended.stderr.contains(word), "{arguments:?}: `{word}` is missing: {ended:#?}");
    }
    ended
}

#[track_caller]
fn done(place: &Place, arguments: &[&str]) {
    let ended = place.run(arguments);
    assert_eq!(ended.code, 0, "{arguments:?} {ended:#?}");
}

/// The command that a hint prints, as words without the name of the program.
fn remedy(ended: &Ended) -> Vec<String> {
    let (_, command) = ended.stderr.rsplit_once("reservation-sync ").expect("it prints a command");
    let (command, _) = command.trim().rsplit_once(" --reason \"…\"").expect("it says why");
    command.split(' ').chain(["--reason", "we moved"]).map(str::to_owned).collect()
}

fn grants(place: &Place) -> usize {
    let listed = place.run(&["export", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).expect("it is JSON");
    listed["grants"].as_array().expect("a list").len()
}

#[test]
fn new_workspace_is_refused_until_allowed() {
    let place = place();
    done(&place, &["run"]);
    move_to(&place, OTHER);
    let words = [OTHER, "last worked on", "--allow new_workspace=1 --reason \"…\""];
    let decide = ["decide", "R1001", "--leave", "--reason", "x"];
    for verb in [&["run"][..], &["plan"], &["run", "--dry-run"], &["plan", "-o", "plan.json"], &decide] {
        refused(&place, verb, &words);
    }
    assert_eq!(grants(&place), 0);
    let ended = refused(&place, &["run"], &["reservation-sync run -c reservation-sync.toml"]);
    let remedy = remedy(&ended);
    done(&place, &remedy.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(grants(&place), 2);
    done(&place, &["run"]);
    // The way back is a way to another workspace as well.
    move_to(&place, "4b3f2c1e-0000-4000-8000-00000000000c");
    refused(&place, &["run"], &[OTHER]);
}

#[test]
fn new_workspace_is_shown_by_check_online() {
    let place = place();
    done(&place, &["run"]);
    move_to(&place, OTHER);
    let ended = place.run(&["check", "--online"]);
    assert_eq!(ended.code, 12, "{ended:#?}");
    let told = format!("{}{}", ended.stdout, ended.stderr);
    assert!(told.contains("--allow new_workspace=1"), "{ended:#?}");
}

#[test]
fn another_namespace_may_work_elsewhere() {
    let place = place();
    done(&place, &["run"]);
    move_to(&place, OTHER);
    place.write("reservation-sync.toml", &sandbox_config().replace("\"pms\"", "\"other\""));
    done(&place, &["run"]);
}

#[test]
fn saved_plan_keeps_what_was_allowed() {
    let place = place();
    done(&place, &["run"]);
    move_to(&place, OTHER);
    done(&place, &["plan", "-o", "plan.json", "--allow", "new_workspace=1", "--reason", "we moved"]);
    done(&place, &["apply", "plan.json"]);
    done(&place, &["run"]);
    assert_eq!(grants(&place), 2);
}

fn configured(place: &Place, from: &str, to: &str) {
    let text = sandbox_config();
    assert!(text.contains(from));
    place.write("reservation-sync.toml", &text.replace(from, to));
}

#[test]
fn new_owner_is_refused_until_allowed() {
    for (from, to, words) in [
        ("key = \"room-{unit}\"", "key = \"door-{unit}\"", "spaces by the template `door-{unit}`"),
        ("[spaces]", "[properties.LIS]\n\n[spaces]", "the properties LIS and spaces by the template"),
        ("key = \"room-{unit}\"", "table = \"spaces.csv\"", "spaces.csv`"),
    ] {
        let place = place();
        place.write("spaces.csv", "unit,space_key\n101,room-101\n102,room-102\n");
        done(&place, &["run"]);
        configured(&place, from, to);
        refused(&place, &["plan"], &[words, "--allow new_owner=1"]);
        let ended = refused(&place, &["run"], &["belongs to a configuration with", words]);
        assert!(ended.stderr.contains("spaces by the template `room-{unit}`"), "{ended:#?}");
        let allow = remedy(&ended);
        // What the source has is of no property that the other configuration knows; only the owner is asked here.
        assert_ne!(place.run(&allow.iter().map(String::as_str).collect::<Vec<_>>()).code, 12);
        assert_ne!(place.run(&["run"]).code, 12, "it is the owner now");
        place.write("reservation-sync.toml", &sandbox_config());
        refused(&place, &["run"], &["--allow new_owner=1"]);
    }
}

#[test]
fn owner_may_change_what_stands_in_its_table() {
    let place = place();
    configured(&place, "key = \"room-{unit}\"", "table = \"spaces.csv\"");
    place.write("spaces.csv", "unit,space_key\n101,room-101\n102,room-102\n");
    done(&place, &["run"]);
    place.write("spaces.csv", "unit,space_key\n101,room-101\n102,room-102\n103,room-102\n");
    done(&place, &["run"]);
    place.write("others.csv", "unit,space_key\n101,room-101\n102,room-102\n");
    configured(&place, "key = \"room-{unit}\"", "table = \"others.csv\"");
    refused(&place, &["run"], &["others.csv`"]);
}

#[test]
fn all_that_is_new_is_allowed_at_once() {
    let place = place();
    done(&place, &["run"]);
    move_to(&place, OTHER);
    // The owner of this namespace in the other workspace is another configuration.
    configured(&place, "also = [\"lobby\"]", "also = []");
    let allowed = ["run", "--allow", "new_workspace=1", "--reason", "we moved"];
    done(&place, &allowed);
    move_to(&place, "11111111-0000-4000-8000-00000000000c");
    done(&place, &allowed);
    move_to(&place, OTHER);
    configured(&place, "room-{unit}", "door-{unit}");
    let ended = refused(&place, &["run"], &["--allow new_workspace=1 --allow new_owner=1 --reason"]);
    let both = remedy(&ended);
    assert_ne!(place.run(&both.iter().map(String::as_str).collect::<Vec<_>>()).code, 12);
}

#[test]
fn entry_of_another_workspace_stops() {
    let dated = || dated("content-type: application/json\r\n");
    for path in ["/spaces/list", "/devices/list", "/user_identities/list", "/access_grants/list"] {
        let mut replies = dated();
        for (of, reply) in &mut replies {
            let list = path.trim_start_matches('/').trim_end_matches("/list");
            let Reply::Raw(200, _, body) = reply else { panic!("{of}: a good answer") };
            if *of == path {
                let mut answer: Value = serde_json::from_str(body).expect("it is JSON");
                let entry = json!({
                    "space_id": id(7), "device_id": id(7), "user_identity_id": id(7), "access_grant_id": id(7),
                    "workspace_id": OTHER,
                });
                answer[list].as_array_mut().expect("a list").push(entry);
                *body = answer.to_string();
            }
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let script = runtime.block_on(Script::serve(replies));
        let mut place = Place::new();
        place.write("reservation-sync.toml", &url_config(&script.base_url));
        place.write("reservations.csv", STAYS);
        place.set("SEAM_API_KEY", "seam_test_x");
        refused(&place, &["run"], &[path, &format!("an entry belongs to {OTHER}")]);
        assert!(!script.paths().iter().any(|path| path.ends_with("/create")), "{path}");
    }
}

#[test]
fn workspace_of_the_environment_is_compared() {
    let server = Server::start();
    let mut place = server.place();
    place.set("SEAM_WORKSPACE_ID", OTHER);
    for verb in [&["run"][..], &["plan"], &["check", "--online"], &["export"]] {
        let ended = place.run(verb);
        assert_eq!(ended.code, 12, "{verb:?} {ended:#?}");
        let told = format!("{}{}", ended.stdout, ended.stderr);
        let words = [&format!("SEAM_WORKSPACE_ID is {OTHER}"), "check -c reservation-sync.toml --online"];
        assert!(words.iter().all(|word| told.contains(*word)), "{verb:?} {ended:#?}");
    }
    assert_eq!(server.sandbox.counts().writes(), 0);
    assert!(!place.has("reservation-sync.db"));
    let mut place = server.place();
    let plan = place.run(&["plan", "--format", "json"]).report();
    place.set("SEAM_WORKSPACE_ID", plan["workspace_id"].as_str().expect("an id"));
    done(&place, &["run"]);
    server.stop();
}

#[test]
fn workspace_of_the_environment_is_not_the_sandbox() {
    let mut place = place();
    place.set("SEAM_WORKSPACE_ID", OTHER);
    done(&place, &["run"]);
}
