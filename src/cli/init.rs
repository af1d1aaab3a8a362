//! `init`: looks at a source and writes a configuration for it. It never overwrites a file.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use jiff::Timestamp;

use super::ask::Asker;
use super::output::Output;
use super::plan::runtime;
use super::survey::{Survey, Surveyed};
use super::whole_file::write_whole;
use crate::config::{
    ADDRESS_VARIABLE, ColumnProposal, DEFAULT_PATH, DraftInput, FILL_IN, OpenLine, ProposedColumn, Query,
    fresh_namespace, open_lines, source_path, source_query,
};
use crate::exit_code::ExitCode;
use crate::plan::Commands;
use crate::report::counted;
use crate::run::Failure;
use crate::source::Derived;

/// Flags of `init`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).multiple(true)))]
pub(super) struct InitFlags {
    /// The export: a CSV file or a workbook.
    #[arg(long, value_name = "FILE", group = "source", conflicts_with = "url")]
    from: Option<PathBuf>,
    /// The address of a database: sqlite://, postgres:// or mysql://; it is not written into the configuration.
    #[arg(long, value_name = "DB", group = "source")]
    url: Option<String>,
    /// Reads a half-filled configuration again and adds what the source shows; lines that are filled in stay as they are.
    #[arg(long, group = "source", conflicts_with = "url")]
    r#continue: bool,
    /// Also writes a workspace for the sandbox: one space for each unit. The first dry run needs no key then.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    write_seed: Option<PathBuf>,
}

/// Looks at the source and writes the configuration, and for a database the query beside it.
pub(super) fn init(flags: &InitFlags, path: Option<&Path>, output: &Output) -> Result<ExitCode, Failure> {
    let path = path.unwrap_or_else(|| Path::new(DEFAULT_PATH));
    let written = if flags.r#continue { Some(begun(path)?) } else { None };
    // Refused before anything is asked; `create_new` below protects a file that comes in the meantime.
    let made = [(!flags.r#continue).then_some(path), flags.write_seed.as_deref()];
    if let Some(path) = made.into_iter().flatten().find(|path| path.exists()) {
        return Err(there_already(path));
    }
    let query = written.as_deref().and_then(source_query).filter(|_| flags.from.is_none());
    let from = match (&flags.from, &written) {
        (Some(from), _) => Some(from.clone()),
        (None, Some(_)) if query.is_some() => None,
        (None, Some(written)) => Some(source_of(path, written)?),
        (None, None) => None,
    };
    let namespace = fresh_namespace(path, from.as_deref());
    let mut survey = Survey { config: path, namespace, now: Timestamp::now(), written };
    let runtime = runtime()?;
    let look = |survey: &Survey<'_>| {
        runtime.block_on(async {
            match (&from, &flags.url) {
                (Some(from), _) => survey.file(from).await,
                (None, Some(url)) => survey.database(url).await,
                (None, None) => {
                    survey.query(query.as_deref().expect("the command line asks for one of them")).await
                }
            }
        })
    };
    let mut found = look(&survey)?;
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        let mut asker =
            Asker { answers: io::stdin().lock(), questions: io::stderr(), asked: BTreeSet::new() };
        loop {
            let text = found.text(&survey);
            let answered = asker.fill_in(&text, &found.draft.header).map_err(|error| Failure {
                exit_code: ExitCode::Unexpected,
                message: format!("read the answer: {error}"),
                hint: "begin without a terminal: init </dev/null".to_owned(),
            })?;
            if answered == text {
                break;
            }
            // What was said may bring more to light, such as the words of a status.
            survey.written = Some(answered);
            found = look(&survey)?;
        }
    }
    if let Some(seed) = &flags.write_seed {
        write_seed(seed, &survey, &mut found)?;
    }
    if let (Some(query), DraftInput::Sql { query: name, .. }) = (&found.query, &found.draft.input) {
        write_new(&path.with_file_name(name), query.text)?;
    }
    let text = found.text(&survey);
    if flags.r#continue {
        write_whole(path, &text).map_err(|error| unwritten(path, &error))?;
    } else {
        write_new(path, &text)?;
    }
    output.text_or_json(|| told(path, &found, &text), || json(path, &found, &text))?;
    Ok(ExitCode::Success)
}

/// The text of the configuration that is to be continued.
fn begun(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure {
        exit_code: ExitCode::Configuration,
        message: format!("read `{}`: {error}", path.display()),
        hint: "begin with `init --from FILE`; --continue goes on with what that wrote".to_owned(),
    })
}

/// The file that a configuration reads, which may lack much else.
fn source_of(config: &Path, written: &str) -> Result<PathBuf, Failure> {
    let path = source_path(written).filter(|path| !path.contains(['*', '?']) && path != "-");
    let path = path.ok_or_else(|| Failure {
        exit_code: ExitCode::Usage,
        message: format!("`{}` names no single file as its source", config.display()),
        hint: "name the export that is to be looked at: init --continue --from FILE".to_owned(),
    })?;
    Ok(config.parent().map_or_else(|| PathBuf::from(&path), |folder| folder.join(&path)))
}

/// Writes a workspace with one space and one lock for each unit, and names it in the configuration.
fn write_seed(path: &Path, survey: &Survey<'_>, found: &mut Surveyed) -> Result<(), Failure> {
    if found.spaces.is_empty() && found.draft.is_readable() {
        return Err(Failure {
            exit_code: ExitCode::Incomplete,
            message: "the file has no stay with a unit, so there is no space to write".to_owned(),
            hint: "leave --write-seed out, which writes the configuration; once the export has bookings: \
                   init --continue --write-seed FILE"
                .to_owned(),
        });
    }
    if found.spaces.is_empty() {
        return Err(Failure {
            exit_code: ExitCode::Incomplete,
            message: "no unit could be read, so there is no space to write".to_owned(),
            hint: "fill in what the configuration asks for, then: init --continue --write-seed FILE; without --write-seed, \
                   init writes that configuration"
                .to_owned(),
        });
    }
    let device = |n: usize| format!("00000000-0000-4000-8000-{n:012}");
    let named = || found.spaces.iter().enumerate();
    let devices: Vec<serde_json::Value> =
        named().map(|(n, space)| serde_json::json!({ "device_id": device(n + 1), "name": space })).collect();
    let spaces: Vec<serde_json::Value> = named()
        .map(|(n, space)| serde_json::json!({ "space_key": space, "name": space, "device_ids": [device(n + 1)] }))
        .collect();
    let seed = serde_json::json!({ "devices": devices, "spaces": spaces });
    write_new(path, &format!("{seed:#}\n"))?;
    found.draft.seed = Some(survey.path_in_config(path)?);
    Ok(())
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => there_already(path),
        _ => unwritten(path, &error),
    })
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure {
        exit_code: ExitCode::Unexpected,
        message: format!("write `{}`: {error}", path.display()),
        hint: "check the path and the disk".to_owned(),
    }
}

fn there_already(path: &Path) -> Failure {
    Failure {
        exit_code: ExitCode::Usage,
        message: format!("`{}` is there already, and init never overwrites", path.display()),
        hint: "name another file with --config, or move the old one away; --continue goes on with one that is begun"
            .to_owned(),
    }
}

fn told(path: &Path, found: &Surveyed, text: &str) -> String {
    let Surveyed { draft, query, .. } = found;
    let source = match (draft.profile, query) {
        (Some(profile), _) => format!("The file looks like the export of {}.", profile.export().title),
        (None, Some(query)) if *query == Query::BEGINNING => {
            format!("No query is known for this database: write one into {}.sql.", query.name)
        }
        (None, Some(query)) => {
            format!("The query {}.sql fits this database; it stands beside it.", query.name)
        }
        (None, None) if !draft.given.is_empty() => "What the file says already is kept.".to_owned(),
        (None, None) if draft.columns().all(ColumnProposal::is_own) => {
            "The file has our own columns.".to_owned()
        }
        (None, None) => "The file is no export that is known by name: its columns are proposals.".to_owned(),
    };
    let address = match &draft.input {
        DraftInput::Sql { file: None, .. } => {
            format!("Set {ADDRESS_VARIABLE} to the address of the database.\n")
        }
        _ => String::new(),
    };
    let n_open = open_lines(text).len();
    let open = match n_open {
        0 => String::new(),
        _ => format!("To be filled in: {}, marked with `{FILL_IN}`.\n", counted(n_open as u64, "line")),
    };
    let check = Commands::new(path, &["run"], &[]).of("check");
    format!("Wrote {}. {source}\n{address}{open}Look at all of it, then run `{check}`.\n", path.display())
}

fn json(path: &Path, found: &Surveyed, text: &str) -> String {
    let Surveyed { draft, query, .. } = found;
    let columns: serde_json::Map<String, serde_json::Value> =
        draft.columns().map(|proposal| (proposal.field.to_string(), column(&proposal.column))).collect();
    let open: Vec<String> = open_lines(text).iter().map(OpenLine::name).collect();
    let document = serde_json::json!({
        "format_version": 1,
        "kind": "init",
        "config": path.display().to_string(),
        "profile": draft.profile.map(|profile| profile.name),
        "query": query.map(|query| format!("{}.sql", query.name)),
        "namespace": draft.namespace,
        "columns": columns,
        "asked": open,
        "fill_in": open.len(),
    });
    format!("{document:#}\n")
}

fn column(column: &ProposedColumn) -> serde_json::Value {
    match column {
        ProposedColumn::Header(header) => header.as_str().into(),
        ProposedColumn::Derived(Derived::Joined { headers, with }) => {
            serde_json::json!({ "join": headers, "with": with })
        }
        ProposedColumn::Derived(Derived::Constant(text)) => serde_json::json!({ "value": text }),
    }
}
