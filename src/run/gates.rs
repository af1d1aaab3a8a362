//! Where a job stops and asks: a source that cannot be trusted, a plan that does too much.

use super::failure::Failure;
use crate::exit_code::ExitCode;
use crate::mapping::{ReservationFilter, UnknownProperties};
use crate::model::{
    GrantKeyParts, Inventory, Ledger, Namespace, Problem, ProblemCode, ReservationId, SourceKind,
    SourcePlace, SourceRead, SourceShape, Trip,
};
use crate::plan::{
    Allowance, Commands, Guard, GuardCheck, GuardSettings, guard_columns, guard_rejects, guard_shrink, needed,
};
use crate::store::SourceAge;

/// Refuses a filter of which a name matches nothing: no reservation of the source, none that has a grant of ours, and
/// none of `others` (RULES 27).
pub(super) fn refuse_unmatched(
    filter: &ReservationFilter,
    source: &SourceRead,
    inventory: &Inventory,
    namespace: &Namespace,
    others: impl IntoIterator<Item = ReservationId>,
) -> Result<(), Failure> {
    if filter.is_unrestricted() {
        return Ok(());
    }
    let of_grants: Vec<ReservationId> = reservations_of_grants(inventory, namespace).chain(others).collect();
    let of_source = source.reservations.iter().map(|reservation| &reservation.id);
    let unmatched = filter.unmatched(&of_source.chain(&of_grants));
    if unmatched.is_empty() {
        return Ok(());
    }
    Err(Failure {
        exit_code: ExitCode::Usage,
        message: format!("nothing is known by {}: no row of the source and no grant of this job", unmatched.join(", ")),
        hint: "compare with the columns of the source; a key may be written KEY or PROPERTY/KEY, and case counts"
            .to_owned(),
    })
}

/// Refuses a source with several properties of which the configuration knows none: units of equal names would open the
/// doors of one house to guests of all (RULES 11).
pub(crate) fn refuse_unknown_properties(unknown: &UnknownProperties) -> Result<(), Failure> {
    let UnknownProperties::All(codes) = unknown else { return Ok(()) };
    let shown: Vec<String> = codes.iter().take(NAMED).map(|code| format!("`{code}`")).collect();
    let more = if codes.len() > NAMED { ", …" } else { "" };
    Err(Failure {
        exit_code: ExitCode::Configuration,
        message: format!(
            "the source has {} properties ({}{more}), and the configuration knows none of them",
            codes.len(),
            shown.join(", ")
        ),
        hint: "add [properties.CODE] for each, with `{property}` in `key` of [spaces] or a column `property` in its table"
            .to_owned(),
    })
}

/// How many properties are named.
const NAMED: usize = 5;

/// The reservations that have a grant of this job in Seam, one that has ended too.
pub(super) fn reservations_of_grants<'a>(
    inventory: &'a Inventory,
    namespace: &'a Namespace,
) -> impl Iterator<Item = ReservationId> + 'a {
    inventory.grants.iter().filter_map(|grant| {
        let parts = GrantKeyParts::parse(namespace, grant.key.as_ref()?)?;
        Some(ReservationId { property: parts.property, key: parts.reservation })
    })
}

/// Judges a source before anything is decided from it: its bad rows, and its size beside earlier ones.
pub(super) fn judge_source(
    source: &SourceRead,
    shape: &SourceShape,
    ledger: &Ledger,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> Vec<GuardCheck> {
    let n_rows = source.n_current_rows();
    let mut checks = vec![guard_rejects(source, settings, allowances)];
    checks.extend(guard_shrink(n_rows, shape, source.coverage, ledger, settings, allowances));
    checks.extend(guard_columns(shape, ledger, allowances));
    checks
}

/// The notice that the source was read before: in the last run, or before a newer one.
pub(super) fn seen_before(source: &SourceRead, ledger: &Ledger) -> Option<Problem> {
    let (message, hint) = if source.kind == SourceKind::Sql {
        return None;
    } else if ledger.is_older(&source.fingerprint) {
        (
            "an earlier run read these bytes, and a later one others",
            "check that `path` leads to the newest export",
        )
    } else if ledger.saw(&source.fingerprint) {
        (
            "the same bytes as in the last run",
            "check that the export is written anew each time; what is missing from it is not counted again",
        )
    } else {
        return None;
    };
    Some(Problem {
        source: SourcePlace { container: source.location.as_str().into(), row: 0 },
        column: "",
        code: ProblemCode::OldSource,
        message: message.to_owned(),
        hint: hint.to_owned(),
    })
}

/// Whether the source is a file whose bytes an earlier run read and a later one replaced (RULES 26).
pub(super) fn is_older(source: &SourceRead, ledger: &Ledger) -> bool {
    source.kind != SourceKind::Sql && ledger.is_older(&source.fingerprint)
}

/// How the bytes of a source are recorded: an older file is the newest only where a person says so.
pub(super) fn age_of(source: &SourceRead, ledger: &Ledger, allowances: &[Allowance]) -> SourceAge {
    let is_allowed = allowances.iter().any(|allowance| allowance.permits(Guard::OlderSource));
    if is_older(source, ledger) && !is_allowed { SourceAge::Older } else { SourceAge::Newest }
}

/// The failure that tripped guards make of a job. Of several the gravest decides how it ends (RULES 37), and the command
/// that helps allows all of them.
pub(super) fn stopped_by(checks: &[GuardCheck], trips: &[Trip], commands: &Commands) -> Result<(), Failure> {
    let tripped: Vec<&GuardCheck> = checks.iter().filter(|check| check.tripped).collect();
    if tripped.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = tripped.iter().map(ToString::to_string).collect();
    let again = match trips.iter().map(|trip| trip.n_trips).max() {
        Some(n_trips) if n_trips > 1 => {
            format!("; the same changes were stopped before, this is run {n_trips} in a row")
        }
        _ => String::new(),
    };
    Err(Failure {
        exit_code: ExitCode::worst(tripped.iter().map(|check| exit_code_of(check.guard))),
        message: format!("{}{again}", told.join("; ")),
        hint: format!("{}\n{}", before_the_override(checks), commands.again(&needed(checks))),
    })
}

fn exit_code_of(guard: Guard) -> ExitCode {
    match guard {
        Guard::MaxReject | Guard::OlderSource => ExitCode::Source,
        _ => ExitCode::Stopped,
    }
}

/// What to do before the command that overrides guards: of a source that lacks something the first remedy is to export
/// again (RULES 27).
pub(super) fn before_the_override(checks: &[GuardCheck]) -> &'static str {
    let has = |guard: Guard| checks.iter().any(|check| check.tripped && check.guard == guard);
    if has(Guard::OlderSource) || has(Guard::MissingColumn) {
        "export again, and look that `path` leads to that export; only where this one is right, type"
    } else if has(Guard::MaxShrink) {
        "export again: the source is empty or lacks what it had before; only where that is right, type"
    } else if has(Guard::MaxDelete) {
        "look whether the export is complete, and export again where it is not; only where these stays are really \
         gone, type"
    } else if has(Guard::MaxReject) {
        "correct the rows that are named and export again, or say in [statuses] what their statuses mean; only where \
         they can be done without, type"
    } else {
        "look at what was counted; if it is right, type"
    }
}
