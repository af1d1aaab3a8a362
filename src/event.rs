//! What happens while the job runs, for whoever wants to tell it: a progress bar, a log, a test.
//!
//! Events are news, not records: losing one loses nothing. They carry keys and counts, never a guest's name,
//! contact or code.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{Plan, StepId};

/// How a change ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Seam did it.
    Done,
    /// Seam held it already.
    AlreadySo,
    /// Seam refused, or could not be reached in time.
    Failed,
    /// What the plan assumed no longer holds.
    Stale,
    /// Something it needs failed.
    Skipped,
    /// The answer was lost and Seam could not be asked again.
    Unknown,
}

/// The parts of a run, in order; source and inventory go side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading the reservations.
    Source,
    /// Reading Seam.
    Inventory,
    /// Deciding.
    Plan,
    /// Carrying out.
    Apply,
}

/// The lists of an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Spaces.
    Spaces,
    /// Entrances.
    Entrances,
    /// Devices.
    Devices,
    /// Identities.
    Identities,
    /// Grants.
    Grants,
    /// Grants that nobody manages through Seam yet.
    UnmanagedGrants,
}

/// One piece of news.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A part of the run begins.
    Started(Stage),
    /// A part of the run is over.
    Finished(Stage),
    /// A page of a list came in.
    Listed {
        /// Which list.
        listing: Listing,
        /// How many entries so far.
        n_so_far: usize,
    },
    /// The plan is made and checked; its steps are about to be carried out.
    Planned(&'a Plan),
    /// A step is sent.
    StepStarted(StepId),
    /// A step is over and recorded.
    StepFinished {
        /// Which.
        step: StepId,
        /// How it ended.
        outcome: Outcome,
    },
    /// A call is repeated.
    Retried {
        /// The path of the call.
        path: &'a str,
        /// How long until then.
        wait: Duration,
        /// Whether Seam asked for the pause.
        throttled: bool,
    },
}

/// Somebody who wants to know.
pub trait EventSink: Send + Sync {
    /// Takes the news; must not fail, block or write to Seam.
    fn emit(&self, event: &Event<'_>);
}

/// Nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl EventSink for Silence {
    fn emit(&self, _: &Event<'_>) {}
}
