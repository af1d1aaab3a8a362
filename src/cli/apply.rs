//! `apply`, and reading and writing plan files.

use std::fs;
use std::path::Path;

use super::arguments::ApplyFlags;
use super::output::Output;
use super::plan::{carry_out, refuse_rehearsal_time};
use super::whole_file::write_private;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::private_file::narrow;
use crate::report::document::Document;
use crate::report::json;
use crate::run::{Failure, Mode};

/// `apply`: carries a reviewed plan out.
pub(super) fn apply(settings: &Settings, flags: &ApplyFlags, output: &Output) -> Result<ExitCode, Failure> {
    let ApplyFlags { plan, now } = flags;
    refuse_rehearsal_time(settings, *now, "apply")?;
    let planned = read_plan(plan)?;
    carry_out(settings, Mode::Apply(&planned), *now, output)
}

/// Reads a plan file, or a report of a plan.
pub(super) fn read_plan(path: &Path) -> Result<Document, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| Failure {
        exit_code: ExitCode::Usage,
        message: format!("read the plan `{shown}`: {error}"),
        hint: "give the path of a file that `reservation-sync plan -o` wrote".to_owned(),
    })?;
    let document = Document::from_json(&text).map_err(|error| Failure {
        exit_code: ExitCode::PlanDoesNotFit,
        message: format!("the file `{shown}` is not a plan: {error}"),
        hint: "give a file that `reservation-sync plan -o` of this version wrote".to_owned(),
    })?;
    // A report is there to be passed on; the calls of a plan hold contacts of guests.
    if document.saved.is_some() {
        narrow(path);
    }
    Ok(document)
}

/// Writes a plan file, whole and for its owner only: the calls in it hold contacts of guests.
pub(super) fn write_plan(path: &Path, document: &Document) -> Result<(), Failure> {
    write_private(path, &json::render(document)).map_err(|error| Failure {
        exit_code: ExitCode::Unexpected,
        message: format!("write the plan `{}`: {error}", path.display()),
        hint: "check the path and the disk".to_owned(),
    })
}
