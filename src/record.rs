//! What is on record about a run and its calls, as values: the store fills them, the report prints them.
//!
//! They live between the two so that neither edge has to know the other. Nothing here reads or writes a record.

use jiff::Timestamp;

use crate::event::Outcome;
use crate::model::{Fingerprint, RunId, WorkspaceId};
use crate::plan::StepId;

/// Whether a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It ended and said how.
    Finished {
        /// When.
        at: Timestamp,
        /// The exit code.
        exit_code: u8,
    },
    /// It holds its lease.
    Running,
    /// It left without a word: killed, or the machine stopped.
    Interrupted,
}

/// A run, without its report.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// Its id.
    pub run_id: RunId,
    /// Where it wrote.
    pub workspace_id: WorkspaceId,
    /// What it owned.
    pub namespace: String,
    /// The verb.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it is over.
    pub state: RunState,
    /// What it read.
    pub source_location: Option<String>,
    /// The hash of what it read.
    pub source_fingerprint: Option<Fingerprint>,
    /// The counts of its report, as JSON.
    pub counts: Option<String>,
}

/// A call as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedStep {
    /// Which call of the plan.
    pub step: StepId,
    /// The path.
    pub path: String,
    /// The key of the grant or identity.
    pub subject: String,
    /// The reservation, as [`ReservationId`](crate::model::ReservationId) prints it.
    pub reservation: Option<String>,
    /// When it was about to be sent; `None` where it never was.
    pub intent_at: Option<Timestamp>,
    /// How it ended; `None` where nobody knows.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub outcome_at: Option<Timestamp>,
    /// Seam's name for the request.
    pub request_id: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// What Seam called the thing it made.
    pub seam_id: Option<String>,
}
