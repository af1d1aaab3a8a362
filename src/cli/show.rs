//! `runs` and `show`.

use std::path::Path;

use super::apply::read_plan;
use super::output::Output;
use super::plan::runtime;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::report::document::Document;
use crate::report::runs::{render_interrupted, render_json, render_text};
use crate::run::Failure;
use crate::store::{RunError, RunSelector, Store};

/// `runs`: the recorded runs.
pub(super) fn runs(settings: &Settings, limit: u32, output: &Output) -> Result<ExitCode, Failure> {
    let runs = runtime()?.block_on(async {
        let store = Store::open(&settings.store).await?;
        let runs = store.runs(limit).await?;
        store.close().await;
        Ok::<_, Failure>(runs)
    })?;
    output.text_or_json(|| render_text(&runs), || render_json(&runs))?;
    Ok(ExitCode::Success)
}

/// `show`: a plan file, which needs no configuration, or the report of one run.
pub(super) fn show(
    settings: impl FnOnce() -> Result<Settings, Failure>,
    what: &str,
    output: &Output,
) -> Result<ExitCode, Failure> {
    if Path::new(what).is_file() {
        let mut document = read_plan(Path::new(what))?;
        // A report is there to be passed on; the calls hold contacts of guests.
        document.saved = None;
        output.report(&document)?;
        return Ok(ExitCode::Success);
    }
    show_run(&settings()?, what, output)
}

fn show_run(settings: &Settings, run: &str, output: &Output) -> Result<ExitCode, Failure> {
    let (summary, document, steps) = runtime()?.block_on(async {
        let store = Store::open(&settings.store).await?;
        let (summary, document) = store.run(&RunSelector::parse(run)).await?;
        let steps = if document.is_none() { store.steps(&summary.run_id).await? } else { Vec::new() };
        store.close().await;
        Ok::<_, Failure>((summary, document, steps))
    })?;
    match document {
        None => Output::data(&render_interrupted(&summary, &steps))?,
        Some(text) => {
            let document = Document::from_json(&text).map_err(|error| {
                Failure::new(ExitCode::Unexpected, &error, "the record is of another version of this program")
            })?;
            output.report(&document)?;
        }
    }
    Ok(ExitCode::Success)
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Empty | RunError::NotFound(_) | RunError::Ambiguous(_) => {
                Self::new(ExitCode::Usage, &error, error.hint())
            }
            RunError::Store(error) => error.into(),
        }
    }
}
