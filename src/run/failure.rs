//! Why a job ended early, with its exit code and the next step for a person.

use std::error::Error;
use std::fmt::Write;

use crate::config::MissingCredentials;
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

    /// Somebody asked the job to end before it was done.
    pub(super) fn cancelled() -> Self {
        Self {
            exit_code: ExitCode::Interrupted,
            message: "stopped because it was asked to".to_owned(),
            hint: "run again: what is left is found again by its keys".to_owned(),
        }
    }

    /// The same ending of a job that was asked to end. What went wrong besides is still said.
    pub(super) fn interrupted(self, by: ExitCode) -> Self {
        let failure = if self.exit_code == ExitCode::Interrupted { Self::cancelled() } else { self };
        Self { exit_code: by, ..failure }
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
        Self::new(ExitCode::Source, &error, error.hint())
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
            CallErrorKind::Unauthorized | CallErrorKind::Forbidden | CallErrorKind::Refused(_) => {
                ExitCode::Refused
            }
            CallErrorKind::Throttled { .. }
            | CallErrorKind::Unavailable { .. }
            | CallErrorKind::LostAnswer
            | CallErrorKind::Unreachable => ExitCode::Temporary,
            CallErrorKind::BadAnswer => ExitCode::Unexpected,
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
        let hint = error.hint();
        Self::new(ExitCode::Unexpected, &error, hint)
    }
}

impl From<LeaseError> for Failure {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Store(error) => error.into(),
            LeaseError::Held { .. } | LeaseError::Lost => Self::new(
                ExitCode::Locked,
                &error,
                "wait until the other run is over; a dead run on this host loses the lock by itself",
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
            RecordError::Store(cause) => (ExitCode::Unexpected, cause.hint()),
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
