//! How the steps of a plan ended, and why a run stopped early.

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
    /// Somebody asked.
    Cancelled,
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
