//! From the file and the environment to [`Settings`], or to all that is wrong with them.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::digest::digest;
use super::environment::Environment;
use super::error::{ConfigError, ConfigProblem};
use super::interpolate::interpolate;
use super::masking::masked;
use super::node::{self, Origin, Table};
use super::profiles::laid_under;
use super::section::{Complaint, Problems, Section};
use super::sections;
use super::settings::Settings;
use super::source_section::{self, profile_named};
use super::spaces::{Spaces, spaces};
use crate::mapping::MappingSettings;
use crate::model::Owner;
use crate::plan::PlanSettings;
use crate::source::SourceInput;

/// The file that is read where none is named.
pub const DEFAULT_PATH: &str = "reservation-sync.toml";

/// What holds where the user's file says nothing.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Reads the configuration. Everything that is wrong with it is in the error, not only the first thing.
pub fn load(path: Option<&Path>, environment: &Environment) -> Result<Settings, ConfigError> {
    let path = path.unwrap_or_else(|| Path::new(DEFAULT_PATH));
    let name = path.display().to_string();
    let unreadable = |source| ConfigError::Unreadable { path: name.clone(), source };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ConfigError::NotFound { path: name });
        }
        Err(error) => return Err(unreadable(error)),
    };
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let folder = absolute.parent().unwrap_or(&absolute);
    // Without links in it, `..` leads to the folder above.
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let invalid = |problems| ConfigError::Invalid { path: name, text: masked(&text), problems };
    parse(&text, &folder, environment)
        .map(|settings| Settings { path: path.to_owned(), ..settings })
        .map_err(invalid)
}

/// Reads a configuration that is not in a file yet, as if it were in that one.
pub fn load_text(text: &str, path: &Path, environment: &Environment) -> Result<Settings, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.display().to_string(), source };
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    parse(text, absolute.parent().unwrap_or(&absolute), environment)
        .map(|settings| Settings { path: path.to_owned(), ..settings })
        .map_err(|problems| ConfigError::Invalid {
            path: path.display().to_string(),
            text: masked(text),
            problems,
        })
}

/// Reads a configuration from its text; relative paths start from the folder.
pub(super) fn parse(
    text: &str,
    folder: &Path,
    environment: &Environment,
) -> Result<Settings, Vec<ConfigProblem>> {
    let (parsed, errors) = DeTable::parse_recoverable(text);
    let mut table = node::table(parsed.get_ref(), Origin::File);
    let mut problems = Vec::new();
    interpolate(&mut table, environment, &mut problems);
    // What is wrong with a profile is said where the configuration names it.
    if let Some(Ok(profile)) = profile_named(&table).map(|name| laid_under(name, folder)) {
        node::merge(&mut table, profile);
    }
    node::merge(&mut table, defaults());
    let problems: Problems = RefCell::new(problems);
    let settings = settings(&table, folder, environment, &problems);
    let mut problems = problems.into_inner();
    if !errors.is_empty() {
        let syntax: Vec<ConfigProblem> = errors.iter().map(syntax_problem).collect();
        // What a broken line seems to say or to lack is not worth telling beside what is wrong with it.
        problems.retain(|problem| problem.span.as_ref().is_some_and(|span| !is_beside(text, span, &syntax)));
        problems.extend(syntax);
    }
    problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        _ => {
            assert!(!problems.is_empty(), "a value is missing only where a problem says so");
            Err(problems)
        }
    }
}

/// The defaults, as a table.
pub(super) fn defaults() -> Table {
    let parsed = DeTable::parse(DEFAULTS).expect("the embedded defaults are TOML, which a test proves");
    node::table(parsed.get_ref(), Origin::Default)
}

fn syntax_problem(error: &toml::de::Error) -> ConfigProblem {
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    ConfigProblem { span: error.span(), ..ConfigProblem::new("", message) }
}

/// Whether a span begins on a line that has a syntax error.
fn is_beside(text: &str, span: &Range<usize>, syntax: &[ConfigProblem]) -> bool {
    let line = |position: usize| text.bytes().take(position).filter(|byte| *byte == b'\n').count();
    syntax
        .iter()
        .filter_map(|problem| problem.span.as_ref())
        .any(|other| line(other.start) == line(span.start))
}

fn settings(
    table: &Table,
    folder: &Path,
    environment: &Environment,
    problems: &Problems,
) -> Option<Settings> {
    let mut root = Section::root(table, problems);
    let policy = sections::policy(&mut root);
    let namespace = sections::namespace(&mut root);
    let properties = sections::properties(&mut root);
    let source = source_section::source(&mut root, folder, properties.clone());
    let spaces = spaces(&mut root, folder);
    let grants = sections::grants(&mut root);
    let identities = sections::identities(&mut root);
    let guards = sections::guards(&mut root);
    let (store, store_folder) = sections::store(&mut root, folder);
    let state = store_folder.join("sandbox.json");
    let seam = sections::seam(&mut root, folder, state, environment, problems);
    if let (Some(store), Some(seam)) = (&store, &seam)
        && store.lease < seam.timeout * 2
    {
        // It is renewed when a third is over, and nothing is sent with less than `timeout` left.
        let complaint =
            Complaint::new("must be at least twice `seam.timeout`, or calls would wait for it in vain");
        root.section("store").problem("lease", complaint);
    }
    root.finish();

    let mut source = source?;
    if let (SourceInput::Database(input), Some(seam)) = (&mut source.input, &seam) {
        input.patience = seam.patience;
    }
    let Spaces { rule: units, owner: spaces_rule, also, shared, table_text } = spaces?;
    let properties = properties?;
    let (methods, guests, horizon) = grants?;
    let (on_contact_conflict, addresses) = identities?;
    let (namespace, seam) = (namespace?, seam?);
    Some(Settings {
        path: PathBuf::new(),
        owner: Owner { properties: properties.by_code.keys().cloned().collect(), spaces: spaces_rule },
        mapping: MappingSettings {
            namespace: namespace.clone(),
            properties,
            units,
            also,
            shared,
            methods,
            guests,
            addresses,
        },
        plan: PlanSettings { policy: policy?, namespace, horizon, on_contact_conflict, limits: seam.limits },
        source,
        guards: guards?,
        seam,
        store: store?,
        digest: digest(table, &table_text),
    })
}
