//! `check --online`: what a run would meet in Seam and in the store, told in the voice of `check`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::check::{grouped, kind};
use super::output::Output;
use super::signals;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::mapping::{Outline, ReservationFilter};
use crate::model::{ProblemCode, ReasonCode, SourceRead, SpaceKey, word};
use crate::record::{RunState, RunSummary};
use crate::report::{counted, visible};
use crate::run::{
    Failure, Interrupt, Job, Mode, NOTICEABLE, Online, SeamCounts, SeenSeam, SeenStore, WaitingStay,
    look_online,
};

/// Somebody waits for the answer, so that Seam is not waited for as long as at night.
const PATIENCE: Duration = Duration::from_secs(15);

/// Looks at Seam and the store.
pub(super) async fn look(
    settings: &Settings,
    read: SourceRead,
    outline: &Outline,
    output: &Output,
) -> Result<Online, Failure> {
    let mut settings = settings.clone();
    settings.seam.patience = settings.seam.patience.min(PATIENCE);
    let filter = ReservationFilter::default();
    let interrupt = Interrupt::default();
    signals::listen(&interrupt)?;
    let job = Job::new(&settings, Mode::Plan, &filter, output.sink(), &interrupt);
    Ok(look_online(job, read, outline).await)
}

/// What could not be seen at all.
pub(super) fn failures(online: &Online) -> Vec<&Failure> {
    [online.seam.as_ref().err(), online.store.as_ref().err()].into_iter().flatten().collect()
}

/// Whether a person must mend something of what was seen; what is only worth knowing is no failure.
pub(super) fn exit_code(online: &Online) -> ExitCode {
    let Ok(SeenSeam { clock, missing, idle, warnings, waiting, tripped, .. }) = &online.seam else {
        return ExitCode::Success;
    };
    let is_of_doors = |code| matches!(code, ProblemCode::UnmappedUnit | ProblemCode::DoorWithoutMethod);
    let all_is_well = missing.is_empty()
        && idle.is_empty()
        && waiting.is_empty()
        && tripped.is_empty()
        && !clock.is_some_and(is_wrong)
        && !warnings.iter().any(|warning| is_of_doors(warning.code));
    if all_is_well { ExitCode::Success } else { ExitCode::Incomplete }
}

fn is_wrong(clock: SignedDuration) -> bool {
    clock.abs() > NOTICEABLE
}

/// For people, to be read after what was said of the source.
pub(super) fn text(online: &Online) -> String {
    let seam = match &online.seam {
        Ok(seen) => text_of_seam(seen),
        Err(failure) => format!("\nSeam:\n{}", text_of_failure(failure)),
    };
    let store = match &online.store {
        Ok(seen) => text_of_store(seen),
        Err(failure) => text_of_failure(failure),
    };
    format!("{seam}\nStore:\n{store}")
}

fn text_of_failure(Failure { exit_code: _, message, hint }: &Failure) -> String {
    format!("  ! {} (hint: {})\n", visible(message), visible(hint))
}

fn text_of_seam(seen: &SeenSeam) -> String {
    let SeenSeam { workspace, clock, counts, missing, common_doors, idle, warnings, waiting, tripped } = seen;
    let mut out = format!(
        "\nSeam:\n  The key is good for the workspace `{}` ({}), {}.\n",
        visible(&workspace.name),
        visible(workspace.id.as_str()),
        if workspace.is_sandbox { "a sandbox" } else { "with real doors" }
    );
    let mut line = |text: String| writeln!(out, "  {text}").expect("a string takes all text");
    line(text_of_counts(counts));
    line(match missing.len() {
        0 => "Seam has every space that a stay leads to.".to_owned(),
        n_missing => format!("Seam has not: {} ({n_missing}).", some(missing.iter().map(SpaceKey::as_str))),
    });
    line(match common_doors.len() {
        0 => "No door is common: two parties never open the same one.".to_owned(),
        n_doors => {
            format!("Common doors: {} ({n_doors}).", some(common_doors.iter().map(String::as_str)))
        }
    });
    if let Some(clock) = clock {
        line(text_of_clock(*clock));
    }
    for guard in tripped {
        line(format!("! A run would stop: {}", visible(&guard.to_string())));
    }
    for (heading, problems) in [("Table of spaces", idle), ("Warnings of a run", warnings)] {
        if !problems.is_empty() {
            write!(out, "\n{heading}:\n{}", grouped(problems)).expect("a string takes all text");
        }
    }
    if !waiting.is_empty() {
        out.push_str("\nStays that would wait for a person:\n");
    }
    for (reason_code, stays) in by_reason(waiting) {
        let lines = stays.iter().map(|stay| format!("{}: {}", stay.reservation, stay.reason));
        out.push_str(&kind(&word(&reason_code), lines));
    }
    out
}

fn text_of_counts(counts: &SeamCounts) -> String {
    let SeamCounts { spaces, entrances, capable, devices, identities, grants, ours } = *counts;
    let n = |count: usize, noun: &str| counted(count as u64, noun);
    format!(
        "{}, {} ({capable} of reservations), {}; {}, {} ({ours} of this job).",
        n(spaces, "space"),
        n(entrances, "entrance"),
        n(devices, "device"),
        if identities == 1 { "1 identity".to_owned() } else { format!("{identities} identities") },
        n(grants, "live grant"),
    )
}

/// Names in quotes, not more than fit a line or two.
fn some<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const NAMED: usize = 10;
    let more = names.len().saturating_sub(NAMED);
    let mut named: Vec<String> = names.take(NAMED).map(|name| format!("`{}`", visible(name))).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}

fn text_of_clock(clock: SignedDuration) -> String {
    let seconds = clock.abs().as_secs();
    let side = if clock.is_negative() { "ahead of" } else { "behind" };
    if is_wrong(clock) {
        format!(
            "! The clock of this host is {seconds} s {side} Seam's (hint: set it by NTP; arrivals and departures are \
             judged by it)"
        )
    } else if seconds == 0 {
        "The clock of this host agrees with Seam's.".to_owned()
    } else {
        format!("The clock of this host is {seconds} s {side} Seam's.")
    }
}

fn text_of_store(SeenStore { address, exists, last_run }: &SeenStore) -> String {
    let address = visible(address);
    match last_run {
        None if *exists => format!("  {address} is there and has no run yet.\n"),
        None => format!("  {address} is not there yet; the first run makes it.\n"),
        Some(RunSummary { run_id, started_at, state, .. }) => {
            let ended = match state {
                RunState::Finished { exit_code, .. } => format!("ended with {exit_code}"),
                RunState::Running => "goes on".to_owned(),
                RunState::Interrupted => "was interrupted".to_owned(),
            };
            let (run_id, began) = (visible(run_id.as_str()), started_at.strftime("%Y-%m-%d %H:%M:%SZ"));
            format!("  {address} is there; the last run {run_id} of {began} {ended}.\n")
        }
    }
}

/// The same for programs: the document of `check` with two more objects.
pub(super) fn json(mut document: Value, online: &Online) -> Value {
    document["seam"] = match &online.seam {
        Ok(seen) => json_of_seam(seen),
        Err(failure) => json_of_failure(failure),
    };
    document["store"] = match &online.store {
        Ok(SeenStore { address, exists, last_run }) => json!({
            "location": address,
            "exists": exists,
            "last_run_id": last_run.as_ref().map(|run| run.run_id.as_str()),
        }),
        Err(failure) => json_of_failure(failure),
    };
    document
}

fn json_of_failure(Failure { exit_code, message, hint }: &Failure) -> Value {
    json!({ "error": { "exit_code": exit_code.code(), "message": message, "hint": hint } })
}

fn json_of_seam(seen: &SeenSeam) -> Value {
    let SeenSeam { workspace, clock, counts, missing, common_doors, idle, warnings, waiting, tripped } = seen;
    let SeamCounts { spaces, entrances, capable, devices, identities, grants, ours } = counts;
    let waiting: Vec<Value> = waiting
        .iter()
        .map(|WaitingStay { reason_code, reservation, reason }| {
            json!({
                "reservation_key": reservation.key, "property": reservation.property,
                "reason_code": reason_code, "reason": reason,
            })
        })
        .collect();
    let tripped: Vec<String> = tripped.iter().map(ToString::to_string).collect();
    json!({
        "workspace_id": workspace.id,
        "name": workspace.name,
        "is_sandbox": workspace.is_sandbox,
        "clock_ahead_seconds": clock.map(|clock| clock.as_secs()),
        "counts": {
            "spaces": spaces, "entrances": entrances, "reservation_entrances": capable, "devices": devices,
            "identities": identities, "grants": grants, "own_grants": ours,
        },
        "missing_spaces": missing,
        "common_doors": common_doors,
        "table_problems": idle,
        "warnings": warnings,
        "waiting": waiting,
        "guards": tripped,
    })
}

fn by_reason(waiting: &[WaitingStay]) -> BTreeMap<ReasonCode, Vec<&WaitingStay>> {
    let mut groups: BTreeMap<ReasonCode, Vec<&WaitingStay>> = BTreeMap::new();
    for stay in waiting {
        groups.entry(stay.reason_code).or_default().push(stay);
    }
    groups
}
