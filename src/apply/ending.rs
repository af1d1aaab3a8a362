//! How the steps of a plan ended, and why a run stopped early.

use std::time::Duration;

use super::breaker::FailureRate;
use crate::event::Outcome;
use crate::plan::StepId;
use crate::seam::CallError;
use crate::store::RecordError;

/// Why no further step was started.
#[derive(Debug)]
pub enum Stop {
    /// Seam refused the key or the permission: no call would succeed.
    Refused(CallError),
    /// Seam stayed away, call after call.
    Unavailable(CallError),
    /// What is done could not be recorded, or the lock was lost.
    Record(RecordError),
    /// Too many of the last calls failed.
    TooManyFailures(FailureRate),
    /// All the changes that were allowed were begun, and some are left.
    ChangesUsedUp,
    /// The time was used up, and some changes are left.
    TimeUsedUp,
    /// Somebody asked.
    Cancelled,
}

impl Stop {
    /// The graver one stays. A run that was asked to stop says so itself, whatever else is told here.
    pub(super) fn gravity(&self) -> u32 {
        match self {
            Self::Cancelled => 0,
            Self::TimeUsedUp => 1,
            Self::ChangesUsedUp => 2,
            Self::TooManyFailures(_) => 3,
            Self::Unavailable(_) => 4,
            Self::Refused(_) => 5,
            Self::Record(_) => 6,
        }
    }
}

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// Each step once, in the order in which they ended.
    pub endings: Vec<StepEnding>,
    /// Why it stopped before the end.
    pub stop: Option<Stop>,
    /// Whether a call failed because Seam stayed unavailable.
    pub was_unavailable: bool,
    /// How long it took.
    pub took: Duration,
}

/// How one step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepEnding {
    /// Which.
    pub step: StepId,
    /// How.
    pub outcome: Outcome,
    /// What went wrong.
    pub error: Option<String>,
}
