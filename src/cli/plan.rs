//! `plan` and `run`.

use super::arguments::{PlanFlags, RunFlags};
use super::output::Output;
use super::signals;
use crate::config::{Endpoint, Settings};
use crate::exit_code::ExitCode;
use crate::report::document::Document;
use crate::run::{self, Failure, Interrupt, Job, Mode, ReviewedList};

/// `plan`: what would be changed.
pub(super) fn plan(settings: &Settings, flags: &PlanFlags, output: &Output) -> Result<ExitCode, Failure> {
    job(settings, Mode::Plan, flags, None, output)
}

/// `run`: change it, or with `--dry-run` stop before the first write.
pub(super) fn run(settings: &Settings, flags: &RunFlags, output: &Output) -> Result<ExitCode, Failure> {
    let RunFlags { plan, dry_run, no_verify: _ } = flags;
    refuse_rehearsal_of("run", settings, plan)?;
    job(settings, if *dry_run { Mode::DryRun } else { Mode::Run }, plan, None, output)
}

/// What writes takes a date of its own against the embedded sandbox only (RULES 29).
pub(super) fn refuse_rehearsal_of(verb: &str, settings: &Settings, flags: &PlanFlags) -> Result<(), Failure> {
    if flags.now.is_some() && matches!(settings.seam.endpoint, Endpoint::Url(_)) {
        return Err(Failure {
            exit_code: ExitCode::Usage,
            message: format!("--now is for rehearsals: `{verb}` takes it only with endpoint = \"sandbox\""),
            hint: "leave --now out, or look at that instant with `plan --now`".to_owned(),
        });
    }
    Ok(())
}

/// Plans, and in the mode that runs carries out, as the flags say.
pub(super) fn job(
    settings: &Settings,
    mode: Mode,
    flags: &PlanFlags,
    adoption: Option<&ReviewedList>,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let scope = flags.scope.to_scope()?;
    let runtime = runtime()?;
    let document = runtime.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt).map_err(|error| {
            Failure::new(ExitCode::Unexpected, &error, "check the limits of this process")
        })?;
        Ok::<_, Failure>(
            run::run(Job {
                settings,
                mode,
                now: flags.now,
                scope: &scope,
                adoption,
                allowances: &flags.allow,
                reason: flags.reason.as_deref(),
                sink: output.sink(),
                interrupt: &interrupt,
            })
            .await,
        )
    })?;
    let reported = output.report(&document);
    let exit_code = ExitCode::from_code(document.exit_code).unwrap_or(ExitCode::Unexpected);
    if let Some(failure) = &document.error {
        let (message, hint) = (failure.message.clone(), failure.hint.clone());
        output.job_failure(&Failure { exit_code, message, hint });
    }
    // A report that could not be written must not hide how the job ended.
    let reported = reported.map_or_else(|failure| output.failure(&failure), |()| ExitCode::Success);
    let pending = flags.detailed_exitcode && is_pending(mode, &document);
    let pending = if pending { ExitCode::ChangesPending } else { ExitCode::Success };
    Ok(ExitCode::worst([exit_code, reported, pending]))
}

/// Whether something is left to be changed; a run that carried it out has left nothing.
fn is_pending(mode: Mode, document: &Document) -> bool {
    mode != Mode::Run && document.changes_something()
}

/// The runtime of a job.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(ExitCode::Unexpected, &error, "check the limits of this process"))
}
