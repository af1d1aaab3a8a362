//! Why a job ended early, with its exit code and the next step for a person.

use std::error::Error;
use std::fmt::Write;

use crate::apply::FailureRate;
use crate::config::{MissingCredentials, Profile};
use crate::exit_code::ExitCode;
use crate::plan::Violation;
use crate::sandbox::SandboxError;
use crate::seam::{CallError, CallErrorKind, SeamError};
use crate::source::SourceError;
use crate::store::{LeaseError, RecordError, StoreError};

/// An ending before the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the program ends.
    pub exit_code: ExitCode,
    /// What happened: the error and what caused it.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Failure {
    /// From an error and what it means.
    pub fn new(exit_code: ExitCode, error: &dyn Error, hint: &str) -> Self {
        Self { exit_code, message: chain(error), hint: hint.to_owned() }
    }

    /// Where a header does not fit: whose export it looks like.
    fn naming_the_export(self, header: &[String]) -> Self {
        let Some(profile) = Profile::recognised(header) else { return self };
        let hint = format!(
            "this looks like the export of {}: write profile = \"{}\" in [source]",
            profile.export().title,
            profile.name
        );
        Self { hint, ..self }
    }

    /// A run in which too much failed.
    pub(super) fn too_many_failures(rate: FailureRate) -> Self {
        let FailureRate { n_failed, n_last } = rate;
        Self {
            exit_code: ExitCode::Budget,
            message: format!("{n_failed} of the last {n_last} calls failed, so no more were sent"),
            hint: "look at what Seam says in the lines above; the next run does the rest".to_owned(),
        }
    }

    /// A run that made all the changes it was allowed.
    pub(super) fn changes_used_up(max_changes: usize) -> Self {
        Self {
            exit_code: ExitCode::Budget,
            message: format!("--max-changes allows {max_changes}, and more is to be changed"),
            hint:
                "run again for the rest, or raise --max-changes; a replacement larger than it is never begun"
                    .to_owned(),
        }
    }

    /// A run that had no time left.
    pub(super) fn time_used_up() -> Self {
        Self {
            exit_code: ExitCode::OutOfTime,
            message: "the time of --max-duration is over, and not everything is done".to_owned(),
            hint: "the next run does the rest; the most urgent changes were made first".to_owned(),
        }
    }

    /// A job that somebody stopped. What else went wrong is told too, unless it is only that calls were stopped.
    pub(super) fn interrupted(exit_code: ExitCode, before: Option<Self>) -> Self {
        let mut message = "stopped because it was asked to".to_owned();
        if let Some(before) = before.filter(|before| before.exit_code != ExitCode::Interrupted) {
            write!(message, "; before that: {}", before.message).expect("a string takes all text");
        }
        let hint = "run again: what is left is found again by its keys".to_owned();
        Self { exit_code, message, hint }
    }
}

/// The error and its causes, each once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // A transparent error says the same as its cause.
        let said = error.to_string();
        if !text.ends_with(&said) {
            write!(text, ": {said}").expect("a string takes all text");
        }
        cause = error.source();
    }
    text
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        let exit_code = match &error {
            SourceError::Database(database) if database.is_temporary() => ExitCode::Temporary,
            _ => ExitCode::Source,
        };
        let failure = Self::new(exit_code, &error, error.hint());
        match &error {
            SourceError::Header { seen, .. } => failure.naming_the_export(seen),
            _ => failure,
        }
    }
}

impl From<MissingCredentials> for Failure {
    fn from(error: MissingCredentials) -> Self {
        Self::new(ExitCode::Configuration, &error, error.hint())
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let exit_code = match error.kind {
            CallErrorKind::Unauthorized | CallErrorKind::Forbidden => ExitCode::Refused,
            CallErrorKind::Throttled { .. }
            | CallErrorKind::Unavailable { .. }
            | CallErrorKind::LostAnswer
            | CallErrorKind::Unreachable => ExitCode::Temporary,
            // Only reads end up here, and Seam has nothing to refuse in those: one of us is mistaken.
            CallErrorKind::Refused(_) | CallErrorKind::BadAnswer => ExitCode::Unexpected,
            CallErrorKind::OtherWorkspace => ExitCode::PlanDoesNotFit,
            CallErrorKind::Cancelled => ExitCode::Interrupted,
        };
        Self::new(exit_code, &error, error.hint())
    }
}

impl From<SeamError> for Failure {
    fn from(error: SeamError) -> Self {
        match error {
            SeamError::Call(error) => error.into(),
            SeamError::BaseUrl { .. } | SeamError::Credentials => {
                let hint = "check `endpoint` in [seam], SEAM_ENDPOINT and SEAM_API_KEY";
                Self::new(ExitCode::Configuration, &error, hint)
            }
            SeamError::Client(_) => Self::new(
                ExitCode::Unexpected,
                &error,
                "check that the system's CA certificates are installed",
            ),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(exit_code_of(&error), &error, error.hint())
    }
}

/// A store on a server comes back as Seam and the source do.
fn exit_code_of(error: &StoreError) -> ExitCode {
    if error.is_temporary() { ExitCode::Temporary } else { ExitCode::Unexpected }
}

impl From<LeaseError> for Failure {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Store(error) => error.into(),
            LeaseError::Held { .. } | LeaseError::Lost => Self::new(
                ExitCode::Locked,
                &error,
                "wait until the other run is over; `reservation-sync unlock` tells who it is, and lifts the lock of a dead one",
            ),
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let (exit_code, hint) = match &error {
            RecordError::LeaseLost => {
                (ExitCode::Locked, "another run has taken over; see `reservation-sync runs`")
            }
            RecordError::Store(cause) => (exit_code_of(cause), cause.hint()),
            RecordError::Closed => {
                (ExitCode::Unexpected, "run again; what took effect is recognised by its key")
            }
        };
        Self::new(exit_code, &error, hint)
    }
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let (exit_code, hint) = match &error {
            SandboxError::ReadSeed { .. } | SandboxError::ParseSeed { .. } | SandboxError::Seed(_) => {
                (ExitCode::Configuration, "check `seed` in [seam.sandbox]")
            }
            SandboxError::State(_) => (
                ExitCode::Unexpected,
                "check `state` in [seam.sandbox]; deleting that file begins a new sandbox",
            ),
            SandboxError::Listen { .. } => (ExitCode::Unexpected, "choose another port"),
        };
        Self::new(exit_code, &error, hint)
    }
}

impl From<Vec<Violation>> for Failure {
    fn from(violations: Vec<Violation>) -> Self {
        let all: Vec<String> = violations.iter().map(|violation| chain(violation)).collect();
        Self {
            exit_code: ExitCode::Unexpected,
            message: format!("the plan did not pass its check; nothing was written: {}", all.join("; ")),
            hint: "this is a fault of reservation-sync: please report it with this message".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn an_error_and_its_causes_are_told_once_each() {
        let cause = io::Error::from(io::ErrorKind::NotFound);
        let error = SourceError::Unreadable { location: "a.csv".to_owned(), source: cause };
        assert_eq!(Failure::from(error).message, "read `a.csv`: entity not found");
    }

    #[test]
    fn a_job_that_was_stopped_still_tells_what_else_went_wrong() {
        let code = ExitCode::Terminated;
        assert_eq!(Failure::interrupted(code, None).message, "stopped because it was asked to");
        let stopped =
            Failure { exit_code: ExitCode::Interrupted, message: "x".to_owned(), hint: String::new() };
        assert_eq!(
            Failure::interrupted(code, Some(stopped.clone())).message,
            "stopped because it was asked to"
        );
        let locked =
            Failure { exit_code: ExitCode::Locked, message: "the lock was lost".to_owned(), ..stopped };
        let failure = Failure::interrupted(code, Some(locked));
        assert_eq!(failure.exit_code, ExitCode::Terminated);
        assert_eq!(failure.message, "stopped because it was asked to; before that: the lock was lost");
    }
}
