//! `adopt`: what the grants of a workspace are, and taking over those that a reviewed list names.

use std::path::Path;

use super::arguments::AdoptFlags;
use super::output::Output;
use super::plan::{Extent, job, refuse_rehearsal_time, runtime};
use super::signals;
use super::whole_file::write_whole;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::report::review::{Review, adopted};
use crate::run::{Failure, Interrupt, Mode, ReviewedList, review};

/// Without a reviewed list the live grants are listed; with one it is planned, or with `--apply` carried out.
pub(super) fn adopt(settings: &Settings, flags: &AdoptFlags, output: &Output) -> Result<ExitCode, Failure> {
    let AdoptFlags { plan, output: path, apply, reviewed } = flags;
    let Some(reviewed) = reviewed else {
        return list(settings, flags, path.as_deref(), output);
    };
    let list = read(reviewed)?;
    if *apply {
        refuse_rehearsal_time(settings, plan.now, "adopt --apply")?;
    }
    let mode = if *apply { Mode::Run } else { Mode::Plan };
    job(settings, mode, plan, Extent { adoption: Some(&list), ..Extent::default() }, output)
}

fn list(
    settings: &Settings,
    flags: &AdoptFlags,
    path: Option<&Path>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let filter = flags.plan.filter.to_filter()?;
    let reviewed: Review = runtime()?.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        review(settings, &filter, flags.plan.now, output.sink(), &interrupt).await
    })?;
    if let Some(path) = path {
        write_whole(path, &reviewed.to_csv()).map_err(|error| Failure {
            exit_code: ExitCode::Unexpected,
            message: format!("write the list `{}`: {error}", path.display()),
            hint: "check the path and the disk".to_owned(),
        })?;
    }
    output.list(|| reviewed.to_text(), || reviewed.to_json(), || reviewed.to_csv())?;
    Ok(ExitCode::Success)
}

fn read(path: &Path) -> Result<ReviewedList, Failure> {
    let refused = |message: String, hint: &str| Failure {
        exit_code: ExitCode::Source,
        message: format!("read the reviewed list `{}`: {message}", path.display()),
        hint: hint.to_owned(),
    };
    let text = std::fs::read_to_string(path).map_err(|error| {
        refused(
            error.to_string(),
            "write it with `adopt -o FILE`; a spreadsheet must save it as CSV in UTF-8",
        )
    })?;
    let adopt = adopted(&text).map_err(|error| {
        refused(
            error.to_string(),
            "keep the columns decision and grant_id; decide adopt, or leave the cell blank",
        )
    })?;
    Ok(ReviewedList { location: path.display().to_string(), adopt })
}
