//! Where a job stops and asks: a source that cannot be trusted, a plan that does too much.

use super::failure::Failure;
use crate::exit_code::ExitCode;
use crate::model::{Ledger, Problem, ProblemCode, SourceKind, SourcePlace, SourceRead, SourceShape, Trip};
use crate::plan::{Allowance, GuardCheck, GuardSettings, guard_rejects, guard_shrink};

/// Judges a source before anything is decided from it: its bad rows, and its size beside earlier ones.
pub(super) fn judge_source(
    source: &SourceRead,
    shape: &SourceShape,
    ledger: &Ledger,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> Vec<GuardCheck> {
    let n_rejected = source.rejects.len() as u64;
    let mut checks = vec![guard_rejects(n_rejected, source.n_rows, settings, allowances)];
    checks.extend(guard_shrink(source.n_rows, shape, source.coverage, ledger, settings, allowances));
    checks
}

/// The notice that the source is the very one of the last run.
pub(super) fn seen_before(source: &SourceRead, ledger: &Ledger) -> Option<Problem> {
    let is_file = source.kind != SourceKind::Sql;
    (is_file && ledger.saw(&source.fingerprint)).then(|| Problem {
        source: SourcePlace { container: source.location.as_str().into(), row: 0 },
        column: "",
        code: ProblemCode::OldSource,
        message: "the same bytes as in the last run".to_owned(),
        hint: "check that the export is written anew each time; what is missing from it is not counted again"
            .to_owned(),
    })
}

/// The failure that tripped guards make of a job.
pub(super) fn stopped_by(checks: &[GuardCheck], trips: &[Trip], exit_code: ExitCode) -> Result<(), Failure> {
    let tripped: Vec<&GuardCheck> = checks.iter().filter(|check| check.tripped).collect();
    if tripped.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = tripped.iter().map(ToString::to_string).collect();
    let allow: Vec<String> = tripped.iter().map(|check| check.allow()).collect();
    let again = match trips.iter().map(|trip| trip.n_trips).max() {
        Some(n_trips) if n_trips > 1 => {
            format!("; the same changes were stopped before, this is run {n_trips} in a row")
        }
        _ => String::new(),
    };
    Err(Failure {
        exit_code,
        message: format!("{}{again}", told.join("; ")),
        hint: format!(
            "look at what was counted; if it is right, run once more with {} --reason \"…\"",
            allow.join(" ")
        ),
    })
}
