//! What `init` recognises in the headers of real exports, what it asks, and how far it is from there to a first dry run.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use reservation_sync::config::Environment;
use serde_json::Value;

use super::cli_program::{Ended, Place};
use super::house::{root, text};
use super::sandbox_client::NOW;

/// A set of headers with two invented rows, and what is expected of it.
struct HeaderSet {
    title: String,
    export: String,
    expected: String,
}

const FILE: &str = "tests/header-sets.txt";

fn header_sets() -> (String, Vec<HeaderSet>) {
    let file = text(FILE);
    let (head, sets) = file.split_once("## ").expect("a set");
    let set = |block: &str| {
        let (title, rest) = block.split_once('\n').expect("a title");
        let is_expected = |line: &&str| line.starts_with("=> ");
        let lines = |wanted: bool| -> String {
            let lines = rest.lines().filter(|line| !line.is_empty() && is_expected(line) == wanted);
            lines.flat_map(|line| [line, "\n"]).collect()
        };
        HeaderSet { title: title.to_owned(), export: lines(false), expected: lines(true) }
    };
    (head.to_owned(), sets.split("\n## ").map(set).collect())
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:#?}"))
}

/// Fills in what `init` asks for, as an owner would who knows the hotel; gives how many lines that were.
fn fill_in(place: &Place, asked: &Value) -> usize {
    let config = place.read("reservation-sync.toml");
    let filled: Vec<String> = config
        .lines()
        .map(|line| {
            let open = line.starts_with("# ") && line.contains("FILL IN");
            let key = line.trim_start_matches("# ").split(" =").next().unwrap_or_default();
            match key {
                // What is proposed is so.
                _ if !open => line.split("   # FILL IN").next().unwrap_or_default().to_owned(),
                "time_zone" => "time_zone = \"Europe/Lisbon\"".to_owned(),
                "status" => "status = []".to_owned(),
                "unit" => "unit = { value = \"house\" }".to_owned(),
                "date_order" => "date_order = \"dmy\"".to_owned(),
                // A word that only the owner knows.
                word => format!("{word} = \"grant\""),
            }
        })
        .collect();
    place.write("reservation-sync.toml", &(filled.join("\n") + "\n"));
    asked.as_array().expect("a list").len()
}

/// What `init` says of an export, and what `check` makes of its rows once what it asks is filled in.
fn told(set: &HeaderSet) -> String {
    let place = Place::new();
    place.write("export.csv", &set.export);
    let found = json(&place.run(&["init", "--from", "export.csv", "--format", "json"]));
    let mut told = String::new();
    if let Some(profile) = found["profile"].as_str() {
        writeln!(told, "=> profile: {profile}").expect("a string takes all text");
    }
    for (field, column) in found["columns"].as_object().expect("a table") {
        let column = match (column.as_str(), column["join"].as_array()) {
            (Some(header), _) => header.to_owned(),
            (None, Some(parts)) => {
                let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                parts.join(&format!(" {} ", column["with"].as_str().expect("a text")))
            }
            (None, None) => panic!("{column}"),
        };
        writeln!(told, "=> {field}: {column}").expect("a string takes all text");
    }
    let asked: Vec<&str> =
        found["asked"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    writeln!(told, "=> asks: {}", asked.join(", ")).expect("a string takes all text");
    fill_in(&place, &found["asked"]);
    let checked = json(&place.run(&["check", "--now", NOW, "--format", "json"]));
    let stays =
        checked["stays"].as_object().map(|stays| stays.values().filter_map(Value::as_u64).sum::<u64>());
    let rejects: Vec<String> = checked["rejects"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|reject| {
            format!("{} {}", reject["column"].as_str().unwrap_or(""), reject["code"].as_str().unwrap_or(""))
        })
        .collect();
    writeln!(
        told,
        "=> then: {} stays, rejected: {}",
        stays.unwrap_or(0),
        if rejects.is_empty() { "none".to_owned() } else { rejects.join(", ") }
    )
    .expect("a string takes all text");
    told
}

#[test]
fn headers_of_real_exports_are_recognised_and_only_what_an_owner_knows_is_asked() {
    let (head, sets) = header_sets();
    assert!(sets.len() >= 40, "{} sets", sets.len());
    let update = Environment::from_process().get("UPDATE_HEADER_SETS").is_some();
    let (mut file, mut wrong) = (head, Vec::new());
    for set in &sets {
        let told = told(set);
        write!(file, "## {}\n{}{told}\n", set.title, set.export).expect("a string takes all text");
        if told != set.expected {
            wrong.push(format!("{}:\n{told}", set.title));
        }
    }
    if update {
        fs::write(root().join(FILE), file).expect("it can be written");
        return;
    }
    assert!(wrong.is_empty(), "not as written in {FILE}:\n{}", wrong.join("\n"));
    for HeaderSet { title, expected, .. } in &sets {
        let asked = expected.lines().find_map(|line| line.strip_prefix("=> asks: ")).expect("a line");
        for asked in asked.split(", ") {
            // The zone, the meaning of a word, and what the file does not have: a status, a unit, a number.
            let is_the_owners =
                ["property.time_zone", "columns.status", "columns.unit", "columns.reservation_key"]
                    .contains(&asked)
                    || asked.starts_with("statuses.");
            assert!(is_the_owners, "{title} asks for {asked}");
        }
    }
}

/// Exports that no profile knows.
const UNKNOWN: [&str; 10] = [
    "INN hotels data set, with a room",
    "PMS export with an index",
    "front desk screen",
    "German front desk",
    "marina berths",
    "camel case",
    "French guest house",
    "Spanish country house",
    "Italian inn",
    "Polish rooms",
];

#[test]
fn ten_unknown_exports_reach_their_first_dry_run_by_three_commands() {
    let (_, sets) = header_sets();
    let mut edits = Vec::new();
    for title in UNKNOWN {
        let set = sets.iter().find(|set| set.title == title).unwrap_or_else(|| panic!("no set `{title}`"));
        let place = Place::new();
        place.write("export.csv", &set.export);
        let began = Instant::now();
        let found = json(&place.run(&[
            "init",
            "--from",
            "export.csv",
            "--write-seed",
            "seed.json",
            "--format",
            "json",
        ]));
        assert!(found["profile"].is_null(), "{title}: {found:#}");
        let n_edits = fill_in(&place, &found["asked"]);
        let checked = json(&place.run(&["check", "--now", NOW, "--format", "json"]));
        assert_eq!(
            (&checked["ready"], &checked["fill_in"]),
            (&true.into(), &serde_json::json!([])),
            "{title}: {checked:#}"
        );
        // No key is set: the emulator starts with the seed.
        let report = place.run(&["plan", "--now", NOW, "--format", "json"]).report();
        assert!(report["counts"]["create"].as_u64().is_some_and(|n| n >= 1), "{title}: {report:#}");
        assert_eq!(
            (&report["counts"]["held"], &report["counts"]["rejected"]),
            (&0.into(), &0.into()),
            "{title}: {report:#}"
        );
        assert!(began.elapsed().as_secs() < 60, "{title}: {:?}", began.elapsed());
        edits.push((title, n_edits));
    }
    // The zone is always asked; one more where the file has no status, and one where it has no booking number.
    assert!(edits.iter().all(|(_, n_edits)| *n_edits <= 3), "{edits:?}");
}
