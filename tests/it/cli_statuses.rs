//! The status is never silently absent, and a word that nobody knows is told first (RULES 11).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::cli_hotel::{place, sandbox_config};
use super::cli_program::{Ended, Place, check};

const HEADER: &str = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n";

/// So many stays from one day to the next, each in a unit and of a guest of its own.
fn rows(first: usize, n_rows: usize, status: &str, nights: (&str, &str)) -> String {
    let mut text = String::new();
    for number in first..first + n_rows {
        writeln!(text, "R{number},{status},{number},{},{},G{number},Guest {number}", nights.0, nights.1)
            .expect("a string takes all text");
    }
    text
}

const COMING: (&str, &str) = ("2026-12-03", "2026-12-06");
const TODAY: (&str, &str) = ("2026-12-01", "2026-12-04");
const PAST: (&str, &str) = ("2026-10-03", "2026-10-06");

/// A hotel of many rooms, with a configuration that has some more lines.
fn configured(more: &str) -> Place {
    let place = place();
    let id = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
    let numbers = || (1..=60).chain(101..=104);
    let entrances: Vec<Value> =
        numbers().map(|n| json!({ "acs_entrance_id": id(n), "name": format!("Door {n}") })).collect();
    let spaces: Vec<Value> = numbers()
        .map(|n| json!({ "space_key": format!("room-{n}"), "name": format!("Room {n}"), "acs_entrance_ids": [id(n)] }))
        .collect();
    place.write("workspace.json", &json!({ "entrances": entrances, "spaces": spaces }).to_string());
    // A lobby in every grant would take ten a minute.
    let config = sandbox_config().replace("also = [\"lobby\"]\n", "");
    place.write("reservation-sync.toml", &format!("{more}\n{config}"));
    place
}

fn with_source(more: &str, rows: &str) -> Place {
    let place = configured(more);
    place.write("reservations.csv", &format!("{HEADER}{rows}"));
    place
}

fn lines<'a>(ended: &'a Ended, word: &str) -> Vec<&'a str> {
    ended.stdout.lines().filter(|line| line.contains(word)).collect()
}

const ABSENT: &str = "no column is the status, so every row counts as a booking";

#[test]
fn status_that_is_absent_is_warned_about_until_it_is_said() {
    let table = "reservation_key,unit,check_in,check_out,guest_key,full_name\n\
                 R1,101,2026-12-03,2026-12-06,G1,Ana Sousa\n";
    for verb in ["plan", "run", "check"] {
        let place = place();
        place.write("reservations.csv", table);
        let ended = place.run(&[verb]);
        check(&ended, 0, &[ABSENT, "status = []"]);
        let place = configured("columns = { status = [] }");
        place.write("reservations.csv", table);
        let ended = place.run(&[verb]);
        check(&ended, 0, &[]);
        assert!(!ended.stdout.contains("no column is the status"), "{verb} {ended:#?}");
    }
    // A status that is the same in every row is one.
    let constant = configured("columns = { status = { value = \"confirmed\" } }");
    constant.write("reservations.csv", table);
    let ended = constant.run(&["plan"]);
    check(&ended, 0, &["1 create"]);
    assert!(!ended.stdout.contains("no column is the status"), "{ended:#?}");
    // In the first lines, before what is to be done.
    let place = place();
    place.write("reservations.csv", table);
    let plan = place.run(&["plan"]);
    assert!(plan.stdout.lines().take(4).any(|line| line.contains(ABSENT)), "{plan:#?}");
    place.write("reservations.csv", &table.replace("full_name", "cancelled_at").replace("Ana Sousa", ""));
    check(&place.run(&["plan"]), 0, &["every row that is not marked as cancelled counts as a booking"]);
}

#[test]
fn canonical_words_count_beside_statuses_of_ones_own() {
    let rows = "R1,confirmed,101,2026-12-03,2026-12-06,G1,Ana Sousa\n\
                R2,Bestätigt,102,2026-12-03,2026-12-06,G2,Rui Lopes\n\
                R3,cancelled,103,2026-12-03,2026-12-06,G3,Inês Prado\n\
                R4,tentative,104,2026-12-03,2026-12-06,G4,Lena Vogt\n";
    let created = |statuses: &str| {
        let ended = with_source(statuses, rows).run(&["plan", "--format", "json"]);
        let report = ended.report();
        let items = report["items"].as_array().expect("a list");
        let keys = items.iter().map(|item| item["reservation_key"].as_str().expect("a key").to_owned());
        (ended.code, keys.collect::<Vec<_>>())
    };
    assert_eq!(created(""), (3, vec!["R1".to_owned()]));
    assert_eq!(created("statuses = { 'bestätigt' = 'grant' }").1, ["R1", "R2"]);
    // One word is given another meaning, and the others keep theirs.
    assert_eq!(
        created("statuses = { 'bestätigt' = 'grant', confirmed = 'ignore' }"),
        (0, vec!["R2".to_owned()])
    );
    assert_eq!(created("statuses = { 'c*' = 'ignore', 'bestätigt' = 'checked_in' }").1, ["R2"]);
}

#[test]
fn unknown_words_are_told_once_each_in_the_first_lines() {
    let rows = rows(1, 40, "confirmed", COMING)
        + &rows(41, 2, "Warteliste", COMING)
        + &rows(43, 4, "Warteliste", PAST)
        + &rows(47, 1, "Option", COMING)
        + &rows(48, 9, "Abgereist", PAST);
    let place = with_source("", &rows);
    let words = [
        "the status `Warteliste` is not known (in 6 rows, 2 of them of stays that are not \
         over, also row 43), so nothing is made, changed or revoked for it",
        "the status `Option` is not known (in 1 row)",
        "the status `Abgereist` is not known (in 9 rows, all of stays that are over, also row 50, 51)",
        "[statuses]: grant, checked_in, revoke or ignore",
    ];
    for verb in ["plan", "run"] {
        let ended = place.run(&[verb]);
        check(&ended, 3, &words);
        assert_eq!(lines(&ended, "is not known").len(), 3, "{ended:#?}");
        let first: Vec<&str> = ended.stdout.lines().take(6).collect();
        assert_eq!(first.iter().filter(|line| line.contains("is not known")).count(), 3, "{ended:#?}");
    }
    check(&place.run(&["check"]), 3, &words[..3]);
    for format in ["markdown", "html"] {
        let ended = place.run(&["plan", "--format", format]);
        assert!(ended.stdout.contains("Warteliste"), "{format}: {ended:#?}");
    }
    let report = place.run(&["plan", "--format", "json"]).report();
    assert_eq!((&report["source"]["unknown_statuses"], &report["source"]["past"]), (&3.into(), &13.into()));
}

#[test]
fn unknown_words_of_stays_that_are_over_end_with_0() {
    let place = with_source("", &(rows(1, 3, "confirmed", COMING) + &rows(4, 30, "Abgereist", PAST)));
    check(&place.run(&["plan"]), 0, &["`Abgereist`", "(30 past)"]);
}

/// The statuses of a night in which the export calls everything by another name.
#[test]
fn unknown_words_count_for_max_reject_where_the_stay_is_not_over() {
    let history = rows(1000, 5000, "Neues Wort", PAST);
    let place = with_source("", &(rows(1, 40, "Neues Wort", TODAY) + &history));
    for verb in ["plan", "run"] {
        let ended = place.run(&[verb]);
        let words = [
            "max_reject: 40 of 40 rows",
            "(unknown statuses: `Neues Wort` in 5040)",
            "or say in [statuses] what their statuses mean",
            "--allow max_reject=40",
        ];
        check(&ended, 6, &words);
        let first: Vec<&str> = ended.stdout.lines().take(4).collect();
        assert!(
            first.iter().any(|line| line.contains("`Neues Wort` is not known (in 5040 rows, 40 of them")),
            "{ended:#?}"
        );
    }
    let few = rows(1, 3, "Neues Wort", TODAY) + &rows(4, 37, "confirmed", TODAY);
    let place = with_source("", &(few + &history));
    check(&place.run(&["plan"]), 3, &["`Neues Wort` is not known (in 5003 rows, 3 of them"]);
    // The same after nights in which all words were known: the words are the matter, and not the column.
    let place = with_source("", &(rows(1, 40, "confirmed", TODAY)));
    check(&place.run(&["run"]), 0, &[]);
    place.write("reservations.csv", &format!("{HEADER}{}{history}", rows(1, 40, "Neues Wort", TODAY)));
    check(&place.run(&["run"]), 6, &["max_reject: 40 of 40 rows"]);
}

#[test]
fn blank_statuses_count_where_they_are_more_than_twice_as_many_as_before() {
    let table = |n_blank: usize| rows(1, 40, "confirmed", COMING) + &rows(41, n_blank, "", COMING);
    let blank = |report: &Value| report["source"]["unknown_statuses"].clone();
    let place = with_source("", &table(2));
    let run = |n_blank: usize| {
        place.write("reservations.csv", &format!("{HEADER}{}", table(n_blank)));
        blank(&place.run(&["run", "--format", "json"]).report())
    };
    assert_eq!(run(2), 0, "no run was before");
    assert_eq!(run(4), 0);
    assert_eq!(run(8), 0);
    let more = table(17);
    place.write("reservations.csv", &format!("{HEADER}{more}"));
    check(
        &place.run(&["run"]),
        6,
        &["the status is blank (in 17 rows, also row 43, 44, …)", "max_reject: 17 of 57"],
    );
    assert_eq!(run(9), 0, "what was stopped is no run to compare with");
}

#[test]
fn statuses_that_are_almost_all_blank_are_told_on_the_first_night() {
    let place = with_source("", &(rows(1, 1, "confirmed", COMING) + &rows(2, 6, "", COMING)));
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 3, "{ended:#?}");
    assert!(ended.stdout.contains("6 rows with a status that is not known"), "{}", ended.stdout);
    check(&place.run(&["run"]), 6, &["the status is blank (in 6 rows", "max_reject: 6 of 7"]);
}
