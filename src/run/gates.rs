//! Where a job stops and asks: a source that cannot be trusted, a plan that does too much.

use super::failure::Failure;
use crate::exit_code::ExitCode;
use crate::model::{Ledger, SourceRead};
use crate::plan::{Allowance, GuardCheck, GuardSettings, guard_rejects, guard_shrink};

/// Judges a source before anything is decided from it: its bad rows, and its size beside earlier ones.
pub(super) fn judge_source(
    source: &SourceRead,
    ledger: &Ledger,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> Vec<GuardCheck> {
    let n_rejected = source.rejects.len() as u64;
    let mut checks = vec![guard_rejects(n_rejected, source.n_rows, settings, allowances)];
    if let Some(usual) = ledger.usual_rows() {
        checks.push(guard_shrink(source.n_rows, usual, settings, allowances));
    }
    checks
}

/// The failure that tripped guards make of a job.
pub(super) fn stopped_by(checks: &[GuardCheck], exit_code: ExitCode) -> Result<(), Failure> {
    let tripped: Vec<&GuardCheck> = checks.iter().filter(|check| check.tripped).collect();
    if tripped.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = tripped.iter().map(ToString::to_string).collect();
    let allow: Vec<String> = tripped.iter().map(|check| check.allow()).collect();
    Err(Failure {
        exit_code,
        message: format!("stopped before anything was written. {}", told.join("; ")),
        hint: format!(
            "look at what was counted; if it is right, run once more with {} --reason \"…\"",
            allow.join(" ")
        ),
    })
}
