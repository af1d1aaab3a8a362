//! The program as a shell starts it: in a folder of its own, with an environment that holds nothing it was not given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use reservation_sync::report::document::Kind;

use super::report_json::{closed, schema};

/// A folder to run the program in, which is deleted with it.
pub(crate) struct Place {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), environment: BTreeMap::new() }
    }

    /// The folder with copies of all files of another one.
    pub(crate) fn like(folder: &Path) -> Self {
        let place = Self::new();
        for entry in fs::read_dir(folder).expect("a folder") {
            let from = entry.expect("an entry").path();
            fs::copy(&from, place.path(from.file_name().expect("a name"))).expect("a copy");
        }
        // A folder may say when its source was written; else it was written just now.
        if place.has("written") {
            let written: jiff::Timestamp = place.read("written").trim().parse().expect("an instant");
            let source =
                fs::File::options().write(true).open(place.path("reservations.csv")).expect("a source");
            source.set_modified(written.into()).expect("a time");
        }
        place
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> &Self {
        fs::write(self.path(name), text).expect("a file is written");
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The program, ready to start.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reservation-sync"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(&self.environment);
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// What a person sees who types a line that the program printed, as it stands.
    pub(crate) fn type_line(&self, line: &str) -> Ended {
        let program = env!("CARGO_BIN_EXE_reservation-sync");
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("reservation-sync() {{ '{program}' \"$@\"; }}\n{line}")]);
        shell.current_dir(self.folder.path()).env_clear().envs(&self.environment).env("LC_ALL", "C.UTF-8");
        ended(&mut shell)
    }

    /// A report that the program left in a file, held to its schema.
    pub(crate) fn report(&self, name: &str) -> Value {
        let report = serde_json::from_str(&self.read(name)).expect("a report is JSON");
        assert_schema(&report);
        report
    }
}

fn ended(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    let ended = Ended {
        code: output.status.code().expect("the program ends by itself"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    assert!(!ended.stderr.contains("panicked"), "{ended:#?}");
    ended
}

/// Checks with which code the program ended, and that it said all of these words, however the lines are broken.
#[track_caller]
pub(crate) fn check(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, code, "{ended:#?}");
    let told = format!("{}{}", ended.stdout, ended.stderr);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing: {ended:#?}");
    }
}

impl Ended {
    /// The commands that were printed on stdout, each once, in their order.
    pub(crate) fn commands(&self) -> Vec<String> {
        let mut commands: Vec<String> = Vec::new();
        for line in self.stdout.lines().map(str::trim).filter(|line| line.starts_with("reservation-sync ")) {
            if !commands.iter().any(|known| known == line) {
                commands.push(line.to_owned());
            }
        }
        commands
    }

    /// The report on stdout, held to its schema.
    pub(crate) fn report(&self) -> Value {
        let report = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"));
        assert_schema(&report);
        report
    }
}

fn assert_schema(report: &Value) {
    let kind = match report["kind"].as_str() {
        Some("plan") => Kind::Plan,
        Some("run") => Kind::Run,
        other => panic!("a report of the kind {other:?}"),
    };
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&closed(schema(kind)))
        .expect("it is a schema");
    let errors: Vec<String> =
        validator.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A table with quotes only where they must be: every cell that the program writes has them.
pub(crate) fn unquoted(table: &str) -> String {
    let terminator = if table.contains("\r\n") { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
    let mut reader = csv::ReaderBuilder::new();
    let mut writer = csv::WriterBuilder::new().flexible(true).terminator(terminator).from_writer(Vec::new());
    // The reader drops the mark of the encoding.
    let mark = if table.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    for row in reader.has_headers(false).flexible(true).from_reader(table.as_bytes()).records() {
        writer.write_record(&row.expect("a row")).expect("memory takes everything");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    format!("{mark}{}", String::from_utf8(bytes).expect("it was text").trim_start_matches('\u{feff}'))
}
