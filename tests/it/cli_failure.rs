//! A job that fails says so once to whoever reads, in the form that was asked for.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use reservation_sync::exit_code::ExitCode;
use serde_json::Value;

use super::cli_hotel::{STAYS, place};
use super::cli_program::check;

const MESSAGE: &str = "no key for Seam";

/// Runs `plan` against a server without a key. Gives the exit code.
fn plan(folder: &Path, flags: &[&str], stdout: File, stderr: File) -> Option<i32> {
    let configuration =
        "policy = 'sync'\nnamespace = 'pms'\nsource.path = 'x.csv'\nproperty.time_zone = 'UTC'\n";
    fs::write(folder.join("reservation-sync.toml"), configuration).expect("it can be written");
    Command::new(env!("CARGO_BIN_EXE_reservation-sync"))
        .args(["plan"])
        .args(flags)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .status()
        .expect("the program starts")
        .code()
}

#[test]
fn a_failure_is_told_once_where_both_streams_go_to_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let log = File::options().append(true).create(true).open(&path).expect("a file");
    let code = plan(folder.path(), &[], log.try_clone().expect("a handle"), log);
    assert_eq!(code, Some(78));
    let text = fs::read_to_string(path).expect("it is text");
    assert_eq!(text.matches(MESSAGE).count(), 1, "{text}");
    assert!(text.contains("hint"), "{text}");
    assert!(!text.contains("0 create"), "where there is no plan nothing is counted: {text}");
}

#[test]
fn a_failure_is_told_on_both_streams_where_they_part() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str| File::create(path(name)).expect("a file");
    let read = |name: &str| fs::read_to_string(path(name)).expect("it is text");
    for flags in [&[][..], &["--format", "json"], &["--log-format", "json"]] {
        assert_eq!(plan(folder.path(), flags, file("out"), file("err")), Some(78));
        for stream in ["out", "err"] {
            assert_eq!(read(stream).matches(MESSAGE).count(), 1, "{stream} {flags:?}");
        }
        if flags.contains(&"--log-format") {
            for line in read("err").lines() {
                let line: Value = serde_json::from_str(line).expect("every line is JSON");
                assert_eq!(line["level"], "ERROR");
                assert_eq!(line["run.exit_code"], 78);
            }
        }
    }
}

#[test]
fn a_report_that_cannot_be_written_does_not_swallow_what_happened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str| File::create(path(name)).expect("a file");
    let code = plan(folder.path(), &["--report", "json=missing/report.json"], file("out"), file("err"));
    // What ended the run goes before what could not be written about it.
    assert_eq!(code, Some(78));
    assert!(fs::read_to_string(path("out")).expect("it is text").contains(MESSAGE));
    let told = fs::read_to_string(path("err")).expect("it is text");
    assert!(told.contains("missing/report.json") && told.contains("hint:"), "{told}");
}

/// Wherever descriptors run out, the program says so and ends with a code of its table.
#[test]
fn few_descriptors_end_with_a_message_and_a_code_of_the_table() {
    for limit in [5, 6, 8, 10, 12, 14, 16] {
        let place = place();
        let program = env!("CARGO_BIN_EXE_reservation-sync");
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -n {limit}; exec '{program}' run")]).current_dir(place.path(""));
        let ended = shell.env_clear().stdin(Stdio::null()).output().expect("a shell");
        let (code, told) =
            (ended.status.code().expect("it ends by itself"), String::from_utf8_lossy(&ended.stderr));
        let known = u8::try_from(code).ok().and_then(ExitCode::from_code);
        assert!(known.is_some(), "{limit}: {code} {told}");
        assert!(code == 0 || told.contains("hint: "), "{limit}: {code} {told}");
    }
}

#[test]
fn packed_file_without_an_end_is_refused() {
    let place = place();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(STAYS.as_bytes()).expect("memory takes everything");
    packed.write_all("\n".repeat(1_100_000).as_bytes()).expect("memory takes everything");
    let bytes = packed.finish().expect("memory takes everything");
    fs::write(place.path("reservations.csv"), bytes).expect("it can be written");
    for verb in ["plan", "check"] {
        check(&place.run(&[verb]), 6, &["unpack `reservations.csv`", "1048576 lines"]);
    }
}
