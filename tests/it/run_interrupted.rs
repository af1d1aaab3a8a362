//! A run that is told to stop while everything waits for its turn at a door.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::house::root;

/// One guest a minute may be let into the lobby, which is in every grant of the demo.
const CONFIGURATION: &str = r#"
policy = "sync"
namespace = "demo"
source = {path = "SAMPLES/reservations.csv", max_age = "none"}
property = {time_zone = "Europe/Lisbon"}
spaces = {key = "room-{unit}", also = ["lobby"]}
store.url = "sqlite://store.db"

[seam]
endpoint = "sandbox"
requests_per_second = 500
burst = 500
per_door_per_minute = {create = 1}
sandbox = {seed = "SAMPLES/workspace.json", now = "2026-12-01T12:00:00Z"}
"#;

#[test]
fn a_run_that_is_told_to_stop_does_not_wait_for_turns_at_doors() {
    check(&[], &["run"]);
}

#[test]
fn a_saved_plan_that_is_told_to_stop_does_not_wait_either() {
    check(&["plan", "-o", "plan.json"], &["apply", "plan.json"]);
}

/// Runs the one verb to its end, and the other until it writes; then that one is told to stop.
fn check(before: &[&str], verb: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = root().join("samples");
    let path = folder.path().join("reservation-sync.toml");
    let text = CONFIGURATION.replace("SAMPLES", samples.to_str().expect("the path is UTF-8"));
    fs::write(&path, text).expect("it can be written");
    let program = |verb: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_reservation-sync"));
        program.args(verb).args(["--format", "json", "--log-format", "json", "-v", "--config"]).arg(&path);
        program.current_dir(folder.path());
        program
    };
    if !before.is_empty() {
        assert!(program(before).output().expect("the program starts").status.success());
    }
    let mut child =
        program(verb).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut stdout = child.stdout.take().expect("it is a pipe");
    let report = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let log = BufReader::new(child.stderr.take().expect("it is a pipe"));
    let mut lines = log.lines().map_while(Result::ok);
    lines.find(|line| line.contains("\"run.stage\":\"apply\"")).expect("it comes to the writing");
    let drain = std::thread::spawn(move || lines.count());

    let told = Instant::now();
    terminate(&child);
    let status = child.wait().expect("it is ours");
    // A turn comes once a minute; with nothing to wait for the end comes at once.
    assert!(told.elapsed() < Duration::from_secs(30), "it waited {:?}", told.elapsed());
    assert_eq!(status.code(), Some(143));
    drain.join().expect("reading does not panic");
    let report = report.join().expect("reading does not panic").expect("the report is text");
    let report: Value = serde_json::from_str(&report).expect("the report is whole");
    assert_eq!(report["exit_code"], 143);
    let count = |name: &str| report["counts"][name].as_u64().expect("a count");
    assert!(count("skipped") >= 200, "{}", report["counts"]);
    assert_eq!(count("skipped") + count("create"), 239, "{}", report["counts"]);
}

fn terminate(child: &Child) {
    let status = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
    assert!(status.expect("every Unix can send a signal").success());
}
