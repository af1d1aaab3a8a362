//! `config`: the configuration that holds, with where each value comes from; or the defaults.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use clap::Args;

use super::output::Output;
use crate::config::{DEFAULT_PATH, EffectiveValue, Environment, Settings, default_file, effective_values};
use crate::exit_code::ExitCode;
use crate::run::Failure;

/// Flags of `config`.
#[derive(Debug, Args)]
pub(super) struct ConfigFlags {
    /// Prints the file of the defaults, with what each key is for.
    #[arg(long)]
    default: bool,
}

/// Prints the values that hold, if all of them are good.
pub(super) fn config(
    flags: &ConfigFlags,
    path: Option<&Path>,
    settings: impl FnOnce() -> Result<Settings, Failure>,
    environment: &Environment,
    output: &Output,
) -> Result<ExitCode, Failure> {
    if flags.default {
        Output::data(default_file())?;
        return Ok(ExitCode::Success);
    }
    settings()?;
    let path = path.unwrap_or_else(|| Path::new(DEFAULT_PATH));
    let file = fs::read_to_string(path).map_err(|error| Failure {
        exit_code: ExitCode::Configuration,
        message: format!("read `{}`: {error}", path.display()),
        hint: "check the path".to_owned(),
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let values = effective_values(&file, folder, environment);
    output.text_or_json(|| text(&values), || json(&values))?;
    Ok(ExitCode::Success)
}

fn text(values: &[EffectiveValue]) -> String {
    let assignments: Vec<String> =
        values.iter().map(|value| format!("{} = {}", value.key, value.value)).collect();
    let width =
        assignments.iter().map(|line| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    let mut text = String::new();
    for (assignment, EffectiveValue { origin, .. }) in assignments.iter().zip(values) {
        writeln!(text, "{assignment:width$}  # {origin}").expect("a string takes all text");
    }
    text
}

fn json(values: &[EffectiveValue]) -> String {
    let values: Vec<serde_json::Value> = values
        .iter()
        .map(|EffectiveValue { key, value, origin }| serde_json::json!({ "key": key, "value": value, "origin": origin }))
        .collect();
    let document = serde_json::json!({ "format_version": 1, "kind": "config", "values": values });
    format!("{document:#}\n")
}
