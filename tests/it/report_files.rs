//! Reports beside stdout: each format from the same run, however it ends.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const CONFIG: &str = r#"
policy = "sync"
namespace = "demo"
[source]
kind = "csv"
path = "reservations.csv"
max_age = "none"
[property]
time_zone = "Europe/Lisbon"
[spaces]
key = "room-{unit}"
[seam]
endpoint = "sandbox"
[seam.sandbox]
seed = "workspace.json"
state = "sandbox.json"
now = "2026-12-01T12:00:00Z"
[store]
url = "sqlite://store.db"
"#;

fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for name in ["reservations.csv", "workspace.json"] {
        fs::copy(samples.join(name), folder.path().join(name)).expect("a sample");
    }
    fs::write(folder.path().join("reservation-sync.toml"), CONFIG).expect("it can be written");
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reservation-sync"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program is built")
}

const REPORTS: [&str; 10] = [
    "--report",
    "json=a.json",
    "--report",
    "markdown=a.md",
    "--report",
    "html=a.html",
    "--report",
    "csv=a.csv",
    "--report",
    "text=a.txt",
];

#[test]
fn one_plan_is_written_in_every_format() {
    let folder = place();
    let ended = run(folder.path(), &[&["plan"][..], &REPORTS].concat());
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it was written");
    let json: Value = serde_json::from_str(&read("a.json")).expect("it is JSON");
    let n_items = json["items"].as_array().expect("a list").len();
    assert_eq!(n_items, 239);
    assert_eq!(read("a.html").matches("data-action=\"create\"").count(), n_items);
    assert_eq!(read("a.csv").lines().count(), n_items + 1);
    assert!(read("a.md").contains("<summary>New grants: 239</summary>"));
    assert_eq!(read("a.txt").as_bytes(), ended.stdout);
    let line = String::from_utf8_lossy(&ended.stdout).lines().last().expect("a line").to_owned();
    for (name, report) in [("a.md", read("a.md")), ("a.html", read("a.html").replace(" <span>", " "))] {
        assert!(report.contains(&line), "`{line}` in {name}");
    }
}

#[test]
fn stdout_takes_every_format_too() {
    let folder = place();
    for (format, beginning) in
        [("markdown", "**DRY RUN"), ("html", "<!doctype html>"), ("csv", "\u{feff}day,action,")]
    {
        let ended = run(folder.path(), &["plan", "--format", format]);
        assert!(ended.stdout.starts_with(beginning.as_bytes()), "{format}: {ended:?}");
    }
    let refused = run(folder.path(), &["check", "--format", "html"]);
    assert_eq!(refused.status.code(), Some(64), "{refused:?}");
}

#[test]
fn reports_are_written_even_where_the_run_dies() {
    let folder = place();
    fs::remove_file(folder.path().join("reservations.csv")).expect("it was there");
    let ended = run(folder.path(), &[&["run"][..], &REPORTS].concat());
    assert_eq!(ended.status.code(), Some(6), "{ended:?}");
    for name in ["a.json", "a.md", "a.html", "a.txt"] {
        let report = fs::read_to_string(folder.path().join(name)).expect("it was written");
        assert!(report.contains("reservations.csv"), "{name}: {report}");
    }
    let csv = fs::read_to_string(folder.path().join("a.csv")).expect("it was written");
    assert_eq!(csv.lines().count(), 1, "{csv}");
}
