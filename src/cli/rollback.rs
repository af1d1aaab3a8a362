//! `rollback`.

use super::arguments::RollbackFlags;
use super::output::Output;
use super::plan::{plan_as, runtime};
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::run::{Failure, Mode, RecordedRun};
use crate::store::RunSelector;

/// `rollback`: a plan that undoes a run.
pub(super) fn rollback(
    settings: &Settings,
    flags: &RollbackFlags,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let RollbackFlags { run, save } = flags;
    let recorded = runtime()?.block_on(RecordedRun::load(settings, &RunSelector::parse(run)))?;
    plan_as(settings, Mode::RollBack(&recorded), save, output)
}
