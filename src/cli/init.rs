//! `init`: looks at a source and writes a configuration for it. It never overwrites a file.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::arguments::InitFlags;
use super::output::Output;
use super::plan::runtime;
use super::survey::{Found, Survey};
use crate::config::{ADDRESS_VARIABLE, DEFAULT_PATH, Draft, DraftInput, FILL_IN, Query, fresh_namespace};
use crate::exit_code::ExitCode;
use crate::plan::Commands;
use crate::report::counted;
use crate::run::Failure;

/// Looks at the source and writes the configuration, and for a database the query beside it.
pub(super) fn init(flags: &InitFlags, path: Option<&Path>, output: &Output) -> Result<ExitCode, Failure> {
    let path = path.unwrap_or_else(|| Path::new(DEFAULT_PATH));
    // To be told before anything is asked; what counts is that files are made anew below.
    if path.exists() {
        return Err(there_already(path));
    }
    let time_zone = ask_for_zone().map_err(|error| Failure {
        exit_code: ExitCode::Unexpected,
        message: format!("read the answer: {error}"),
        hint: "begin without a terminal: init </dev/null".to_owned(),
    })?;
    let namespace = fresh_namespace(path, flags.from.as_deref());
    let survey = Survey { config: path, namespace, now: Timestamp::now(), time_zone };
    let found = runtime()?.block_on(async {
        match (&flags.from, &flags.url) {
            (Some(from), _) => survey.file(from).await,
            (None, Some(url)) => survey.database(url).await,
            (None, None) => unreachable!("the command line asks for one of them"),
        }
    })?;
    let Found { draft, query } = &found;
    if let (Some(query), DraftInput::Sql { query: name, .. }) = (query, &draft.input) {
        write_new(&path.with_file_name(name), query.text)?;
    }
    write_new(path, &draft.text())?;
    output.text_or_json(|| told(path, &found), || json(path, &found))?;
    Ok(ExitCode::Success)
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => there_already(path),
        _ => Failure {
            exit_code: ExitCode::Unexpected,
            message: format!("write `{}`: {error}", path.display()),
            hint: "check the path and the disk".to_owned(),
        },
    })
}

fn there_already(path: &Path) -> Failure {
    Failure {
        exit_code: ExitCode::Usage,
        message: format!("`{}` is there already, and init never overwrites", path.display()),
        hint: "name another file with --config, or move the old one away".to_owned(),
    }
}

/// Asks where the hotel is, where somebody is there to answer; a blank answer leaves it for later.
fn ask_for_zone() -> io::Result<Option<String>> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(None);
    }
    let mut answers = io::stdin().lock().lines();
    loop {
        io::stderr().write_all(b"Time zone of the hotel, such as Europe/Lisbon (blank: later): ")?;
        let Some(answer) = answers.next().transpose()? else { return Ok(None) };
        match answer.trim() {
            "" => return Ok(None),
            zone if TimeZone::get(zone).is_ok() => return Ok(Some(zone.to_owned())),
            _ => io::stderr().write_all(b"That zone is not in the IANA database.\n")?,
        }
    }
}

fn told(path: &Path, found: &Found) -> String {
    let Found { draft, query } = found;
    let source = match (draft.profile, query) {
        (Some(profile), _) => format!("The file looks like the export of {}.", profile.export().title),
        (None, Some(query)) if *query == Query::BEGINNING => {
            format!("No query is known for this database: write one into {}.sql.", query.name)
        }
        (None, Some(query)) => {
            format!("The query {}.sql fits this database; it stands beside it.", query.name)
        }
        (None, None) if draft.header.is_empty() => "The file has our own columns.".to_owned(),
        (None, None) => "The file is no export that is known by name: its columns are proposals.".to_owned(),
    };
    let address = match &draft.input {
        DraftInput::Sql { file: None, .. } => {
            format!("Set {ADDRESS_VARIABLE} to the address of the database.\n")
        }
        _ => String::new(),
    };
    let n_open = open_lines(draft);
    let open = match n_open {
        0 => String::new(),
        _ => format!("To be filled in: {}, marked with `{FILL_IN}`.\n", counted(n_open as u64, "line")),
    };
    let check = Commands::new(path, &["run"], &[]).of("check");
    format!("Wrote {}. {source}\n{address}{open}Look at all of it, then run `{check}`.\n", path.display())
}

fn json(path: &Path, found: &Found) -> String {
    let Found { draft, query } = found;
    let document = serde_json::json!({
        "format_version": 1,
        "kind": "init",
        "config": path.display().to_string(),
        "profile": draft.profile.map(|profile| profile.name),
        "query": query.map(|query| format!("{}.sql", query.name)),
        "fill_in": open_lines(draft),
    });
    format!("{document:#}\n")
}

fn open_lines(draft: &Draft) -> usize {
    draft.text().lines().filter(|line| line.contains(FILL_IN)).count()
}
