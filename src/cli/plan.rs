//! `plan` and `run`.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

use super::apply::write_plan;
use super::arguments::{PlanFlags, RunFlags, SaveFlags};
use super::filter::FilterFlags;
use super::output::Output;
use super::rejects::write_rejects;
use super::signals;
use crate::config::{Endpoint, Settings};
use crate::exit_code::ExitCode;
use crate::report::document::Document;
use crate::run::{self, Failure, Interrupt, Job, Mode, ReviewedList};

/// `plan`: what would be changed.
pub(super) fn plan(
    settings: &Settings,
    flags: &SaveFlags,
    rejects: Option<&Path>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let SaveFlags { plan, output: save } = flags;
    let mode = if save.is_some() { Mode::SavePlan } else { Mode::Plan };
    job(settings, mode, plan, Extent { save: save.as_deref(), rejects, ..Extent::default() }, output)
}

/// A plan of this kind, saved where that is asked for.
pub(super) fn plan_as(
    settings: &Settings,
    mode: Mode<'_>,
    flags: &SaveFlags,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let SaveFlags { plan, output: save } = flags;
    job(settings, mode, plan, Extent { save: save.as_deref(), ..Extent::default() }, output)
}

/// `run`: change it, or with `--dry-run` stop before the first write.
pub(super) fn run(
    settings: &Settings,
    flags: &RunFlags,
    rejects: Option<&Path>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let RunFlags { plan, dry_run, max_changes, max_duration, no_verify: _ } = flags;
    refuse_rehearsal_time(settings, plan.now, "run")?;
    let mode = if *dry_run { Mode::DryRun } else { Mode::Run };
    let max_changes = max_changes.map(usize::from);
    job(
        settings,
        mode,
        plan,
        Extent { rejects, max_changes, max_duration: *max_duration, ..Extent::default() },
        output,
    )
}

/// Refuses a given time where real doors would be changed by it (RULES 38).
pub(super) fn refuse_rehearsal_time(
    settings: &Settings,
    now: Option<Timestamp>,
    verb: &str,
) -> Result<(), Failure> {
    if now.is_some() && matches!(settings.seam.endpoint, Endpoint::Url(_)) {
        return Err(Failure {
            exit_code: ExitCode::Usage,
            message: format!("--now is for rehearsals: `{verb}` takes it only with endpoint = \"sandbox\""),
            hint: "leave --now out, or look at that instant with `plan --now`".to_owned(),
        });
    }
    Ok(())
}

/// `apply` has no flags that decide anything: all is decided.
pub(super) fn carry_out(
    settings: &Settings,
    mode: Mode<'_>,
    now: Option<Timestamp>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let flags = PlanFlags {
        filter: FilterFlags::default(),
        detailed_exitcode: false,
        now,
        allow: Vec::new(),
        reason: None,
    };
    job(settings, mode, &flags, Extent::default(), output)
}

/// What else a job is to do, and how much of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent<'a> {
    /// The plan is written there.
    pub(super) save: Option<&'a Path>,
    /// The rows that cannot be used are written there.
    pub(super) rejects: Option<&'a Path>,
    /// What is taken over.
    pub(super) adoption: Option<&'a ReviewedList>,
    pub(super) max_changes: Option<usize>,
    pub(super) max_duration: Option<Duration>,
}

/// Plans, and in the modes that write carries out, as the flags say.
pub(super) fn job(
    settings: &Settings,
    mode: Mode<'_>,
    flags: &PlanFlags,
    extent: Extent<'_>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let Extent { save, rejects, adoption, max_changes, max_duration } = extent;
    let filter = flags.filter.to_filter()?;
    let runtime = runtime()?;
    let mut document = runtime.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        Ok::<_, Failure>(
            run::run(Job {
                settings,
                mode,
                now: flags.now,
                filter: &filter,
                adoption,
                output: save,
                allowances: &flags.allow,
                reason: flags.reason.as_deref(),
                max_changes,
                max_duration,
                sink: output.sink(),
                interrupt: &interrupt,
            })
            .await,
        )
    })?;
    let saved = save.map_or(Ok(()), |path| write_plan(path, &document));
    let put_aside = match rejects {
        // Where nothing was read there is nothing to tell of it.
        Some(path) if document.source.is_some() => write_rejects(path, &document.rejected_rows),
        _ => Ok(()),
    };
    // The calls hold contacts of guests, and a report is there to be passed on.
    document.saved = None;
    // What happened is recorded and told on stdout: a copy that could not be written is a warning.
    let reported = output.report(&document);
    let exit_code = ExitCode::from_code(document.exit_code).unwrap_or(ExitCode::Unexpected);
    if let Some(failure) = &document.error {
        let (message, hint) = (failure.message.clone(), failure.hint.clone());
        output.job_failure(&Failure { exit_code, message, hint });
    }
    if let Err(failure) = put_aside {
        output.warning(&failure);
    }
    // A file that could not be written must not hide how the job ended.
    let reported =
        saved.and(reported).map_or_else(|failure| output.failure(&failure), |()| ExitCode::Success);
    let pending = flags.detailed_exitcode && is_pending(mode, &document);
    let pending = if pending { ExitCode::ChangesPending } else { ExitCode::Success };
    Ok(ExitCode::worst([exit_code, reported, pending]))
}

/// Whether something is left to be changed; a run that carried it out has left nothing.
fn is_pending(mode: Mode<'_>, document: &Document) -> bool {
    !mode.writes() && document.changes_something()
}

/// The runtime of a job: one thread that talks to Seam, the record and the screen, because each of hundreds of small
/// answers would otherwise wake another one. What computes for seconds gives it its turn in between, or has threads of
/// its own.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    started(&mut Builder::new_current_thread())
}

/// Starts a runtime.
pub(super) fn started(builder: &mut Builder) -> Result<Runtime, Failure> {
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Unexpected, &error, "check the limits of this process"))
}
