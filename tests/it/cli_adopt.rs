//! Moving in: the walk-through of the README, command by command, in a hotel whose guests have grants of another system.

use serde_json::{Value, json};

use super::cli_hotel::sandbox_config;
use super::cli_program::{Ended, Place, unquoted};
use super::house::text;
use super::sandbox_client::hotel;

const STAYS: &str = "\
reservation_key,status,unit,check_in,check_out,guest_key,full_name
R1,checked_in,101,2026-11-29,2026-12-03,G1,Ana Ferro
R2,confirmed,102,2026-12-04,2026-12-07,G2,Rui Lopes
R3,confirmed,101,2026-12-05,2026-12-08,G3,Eva Prado
R4,confirmed,102,2026-12-09,2026-12-11,G4,Ivo Melo
R5,confirmed,101,2026-12-10,2026-12-12,G5,Lia Costa
";

/// What another system made: four stays, one of them in the house, and the cleaner's.
fn workspace() -> Value {
    let mut seed = hotel();
    let people =
        [("o1", "Ana Ferro"), ("o2", "Rui Lopes"), ("o3", "Eva Prado"), ("o4", "Ivo Melo"), ("c", "Cleaner")];
    seed["user_identities"] =
        people.map(|(key, name)| json!({ "user_identity_key": key, "full_name": name })).into();
    let grant = |person: &str, room: &str, from: &str, until: &str| {
        json!({
            "access_grant_key": format!("old-{person}"), "user_identity_key": person,
            "space_keys": [room, "lobby"], "starts_at": from, "ends_at": until,
            "requested_access_methods": [{ "mode": "code" }],
        })
    };
    seed["access_grants"] = json!([
        grant("o1", "room-101", "2026-11-29T15:00:00Z", "2026-12-03T11:00:00Z"),
        grant("o2", "room-102", "2026-12-04T15:00:00Z", "2026-12-07T11:00:00Z"),
        grant("o3", "room-101", "2026-12-05T15:00:00Z", "2026-12-08T11:00:00Z"),
        grant("o4", "room-102", "2026-12-09T15:00:00Z", "2026-12-11T11:00:00Z"),
        grant("c", "room-102", "2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z"),
    ]);
    seed
}

fn hotel_of_another_system() -> Place {
    let place = Place::new();
    place.write("reservation-sync.toml", &sandbox_config());
    place.write("reservations.csv", STAYS);
    place.write("workspace.json", &workspace().to_string());
    place
}

/// The commands of the walk-through, in their order.
fn commands() -> Vec<Vec<String>> {
    let readme = text("README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with("Move in")).expect("the section");
    section
        .lines()
        .filter_map(|line| line.strip_prefix("$ reservation-sync "))
        .map(|line| {
            line.split('#').next().unwrap_or_default().split_whitespace().map(str::to_owned).collect()
        })
        .collect()
}

fn classes(ended: &Ended) -> Value {
    let review: Value = serde_json::from_str(&ended.stdout).expect("a list is JSON");
    review["counts"].clone()
}

fn listed(place: &Place) -> Value {
    classes(&place.run(&["adopt", "--format", "json"]))
}

#[test]
fn the_walk_through_of_the_readme_moves_a_hotel_in() {
    let place = hotel_of_another_system();
    let mut commands = commands().into_iter();
    let mut next = |expected: &str| {
        let words = commands.next().expect("another command");
        assert_eq!(words.join(" "), expected, "the README has another command here");
        let ended = place.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ended.code, 0, "{expected}: {ended:#?}");
        ended
    };
    let counts = |skip: u64, matches: u64, ours: u64| json!({ "match": matches, "skip": skip, "orphan": 0, "foreign": 1, "ours": ours });

    let list = next("adopt -o adoption.csv");
    assert!(
        list.stdout.contains("5 live grants: 3 match, 1 skip, 0 orphan, 1 foreign, 0 ours."),
        "{list:#?}"
    );
    let file = place.read("adoption.csv");
    assert_eq!(file.lines().filter(|line| line.starts_with("\"adopt\",\"match\",")).count(), 3, "{file}");
    assert!(file.contains("the guest is in the house"), "{file}");

    let plan = next("adopt --reviewed adoption.csv");
    assert!(plan.stdout.contains("Plan: 3 create, 0 update, 0 replace, 3 revoke"), "{plan:#?}");
    assert_eq!(listed(&place), counts(1, 3, 0), "a plan changes nothing");

    let wave = next("adopt --reviewed adoption.csv --to 2026-12-04 --apply");
    assert!(wave.stdout.contains("Done: 1 created, 0 updated, 0 replaced, 1 revoked"), "{wave:#?}");
    assert_eq!(listed(&place), counts(1, 2, 1));

    let rest = next("adopt --reviewed adoption.csv --apply");
    assert!(rest.stdout.contains("Done: 2 created, 0 updated, 0 replaced, 2 revoked"), "{rest:#?}");
    assert!(rest.stdout.contains("Seam has no such grant any more"), "what the wave did is told: {rest:#?}");
    assert_eq!(listed(&place), counts(1, 0, 3));

    // The stay that the other system did not know, and the guest in the house, who keeps what they have.
    let run = next("run");
    assert!(run.stdout.contains("Done: 1 created, ") && run.stdout.contains(" 1 held, "), "{run:#?}");
    let plan = next("plan --detailed-exitcode");
    assert!(plan.stdout.contains("Nothing is to change.\n"), "{plan:#?}");
    next("adopt");
    assert_eq!(listed(&place), counts(1, 0, 4));
    assert_eq!(commands.next(), None, "the README has more commands than this test");

    // The night after the guest has left, nobody is on the old system but the cleaner.
    place.write("reservations.csv", &STAYS.replace("R1,checked_in", "R1,checked_out"));
    let later = place.run(&["plan", "--now", "2026-12-03T12:00:00Z", "--detailed-exitcode"]);
    assert_eq!(later.code, 0, "{later:#?}");
}

#[test]
fn a_list_that_was_edited_takes_over_what_it_says_and_nothing_else() {
    let place = hotel_of_another_system();
    place.run(&["adopt", "-o", "list.csv"]);
    let file = unquoted(&place.read("list.csv"));
    let spoken: String = file
        .lines()
        .map(|line| {
            let line =
                if line.contains("Eva Prado") { line.to_owned() } else { line.replacen("adopt,", ",", 1) };
            // Somebody who wants the cleaner and the guest in the house gone is not obeyed.
            let wanted = line.contains("Cleaner") || line.contains("Ana Ferro");
            (if wanted { format!("adopt{line}") } else { line }) + "\r\n"
        })
        .collect();
    place.write("list.csv", &spoken);
    let run = place.run(&["adopt", "--reviewed", "list.csv", "--apply", "--format", "json"]).report();
    assert_eq!((&run["counts"]["create"], &run["counts"]["revoke"]), (&json!(1), &json!(1)), "{run:#}");
    assert_eq!(run["scope"]["flags"], json!(["--reviewed list.csv"]));
    let warnings: Vec<&str> =
        run["warnings"].as_array().expect("a list").iter().filter_map(|w| w["message"].as_str()).collect();
    assert!(warnings.iter().any(|message| message.contains("the guest is in the house")), "{warnings:#?}");
    assert!(
        warnings.iter().any(|message| message.contains("no stay of the source has its room")),
        "{warnings:#?}"
    );
    assert_eq!(listed(&place)["match"], 2);
}

/// Grants that Seam does not manage can be given a key: nobody's code changes.
#[test]
fn grants_that_nobody_manages_are_taken_over_as_they_are() {
    let place = hotel_of_another_system();
    let mut seed = workspace();
    for grant in seed["access_grants"].as_array_mut().expect("a list") {
        grant["is_managed"] = json!(false);
    }
    place.write("workspace.json", &seed.to_string());
    assert_eq!(listed(&place)["match"], 3);
    place.run(&["adopt", "-o", "list.csv"]);
    let taken = place.run(&["adopt", "--reviewed", "list.csv", "--apply", "--format", "json"]);
    assert_eq!(taken.code, 0, "{taken:#?}");
    let report = taken.report();
    let counts = &report["counts"];
    assert_eq!((&counts["create"], &counts["update"], &counts["revoke"]), (&json!(0), &json!(3), &json!(0)));
    for item in report["items"].as_array().expect("a list") {
        assert_eq!((&item["impact"], &item["outcome"]), (&json!("seamless"), &json!("done")), "{item:#}");
    }
    assert_eq!((&listed(&place)["match"], &listed(&place)["ours"]), (&json!(0), &json!(3)));
    let again = place.run(&["adopt", "--reviewed", "list.csv", "--apply", "--format", "json"]).report();
    assert_eq!(again["calls"]["writes"], 0, "{again:#}");
    // What they are for the source is made so by the nightly job.
    assert_eq!(place.run(&["run"]).code, 0);
    assert!(place.run(&["plan"]).stdout.contains("Nothing is to change.\n"));
}

#[test]
fn a_list_that_cannot_be_read_changes_nothing_and_says_what_is_wrong() {
    let place = hotel_of_another_system();
    let check = |name: &str, text: Option<&str>, said: &str| {
        if let Some(text) = text {
            place.write(name, text);
        }
        let ended = place.run(&["adopt", "--reviewed", name, "--apply"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (6, ""), "{ended:#?}");
        assert!(ended.stderr.contains(said) && ended.stderr.contains("hint: "), "{ended:#?}");
    };
    check("none.csv", None, "none.csv");
    check("bad.csv", Some("decision,grant_id\nmaybe,x\n"), "line 2 decides `maybe`");
    check("other.csv", Some("a,b\n1,2\n"), "no column `decision`");
    assert_eq!(place.run(&["adopt", "--apply"]).code, 64);
    assert_eq!(listed(&place)["match"], 3);
}
