//! What the configuration tells the planner.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::model::Namespace;

/// What this job may do to grants that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Make new grants, touch nothing else.
    CreateOnly,
    /// Make and change, never revoke.
    UpsertOnly,
    /// Make, change and revoke.
    Sync,
}

/// What to do where two guests have the same e-mail or phone (RULES 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactConflict {
    /// Leave the contact out, and warn.
    Omit,
    /// Hold the stay for a person.
    Reject,
}

/// How fast Seam may be asked, for the estimate and for the pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Requests a second over the whole workspace.
    pub requests_per_second: f64,
    /// How many may go at once before that rate holds.
    pub burst: u32,
    /// How many may be in flight.
    pub concurrency: usize,
    /// Per door: creates in any 60 seconds.
    pub door_creates_per_minute: u32,
    /// Per door: updates in any 60 seconds.
    pub door_updates_per_minute: u32,
    /// Per door: deletes in any 60 seconds.
    pub door_deletes_per_minute: u32,
}

impl Limits {
    /// The time between two requests. A rate of nothing would be a standstill; it becomes one request an hour.
    pub fn period(&self) -> Duration {
        const SLOWEST: Duration = Duration::from_hours(1);
        if self.requests_per_second > 0.0 {
            Duration::try_from_secs_f64(1.0 / self.requests_per_second)
                .unwrap_or(SLOWEST)
                .clamp(Duration::from_nanos(1), SLOWEST)
        } else {
            SLOWEST
        }
    }
}

/// Everything the planner is told.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSettings {
    /// What it may do.
    pub policy: Policy,
    /// What it may do it to.
    pub namespace: Namespace,
    /// New grants for stays that begin later than this from now wait (RULES 33).
    pub horizon: Option<SignedDuration>,
    /// Contacts that two guests share.
    pub on_contact_conflict: ContactConflict,
    /// The pace, for the estimate.
    pub limits: Limits,
}
