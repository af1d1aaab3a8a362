//! What a job has learnt so far: enough for a report, however it ends.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;

use super::explain::Seen;
use super::failure::Failure;
use super::gates::before_the_override;
use super::job::Job;
use super::take_up::TakenUp;
use crate::apply::Applied;
use crate::exit_code::ExitCode;
use crate::model::{Move, Problem, RunId, SourceRead, Trip, WorkspaceId};
use crate::plan::{Allowance, CheckedPlan, Commands, GuardCheck, SavedPlan, is_quarantine, needed};
use crate::report::document::{Calls, Document, Header, Kind, Scope};
use crate::seam;
use crate::store::{Lease, NewRun, Store};

/// What is known.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) kind: Kind,
    pub(super) dry_run: bool,
    pub(super) run_id: RunId,
    pub(super) started_at: Timestamp,
    pub(super) workspace_id: Option<WorkspaceId>,
    pub(super) source: Option<SourceRead>,
    /// To what the job is limited, once the source was read.
    pub(super) scope: Option<Scope>,
    /// What was noticed before the source was read.
    pub(super) warnings: Vec<Problem>,
    pub(super) plan: Option<Arc<CheckedPlan>>,
    pub(super) guards: Vec<GuardCheck>,
    pub(super) allowances: Vec<Allowance>,
    /// The commands that are printed.
    pub(super) commands: Commands,
    pub(super) reason: Option<String>,
    /// Guards that stop this plan, and for how many runs in a row they did.
    pub(super) trips: Vec<Trip>,
    pub(super) applied: Option<Applied>,
    pub(super) calls: seam::Calls,
    /// The instant for which is decided.
    pub(super) now: Timestamp,
    /// Moves that an earlier run began and did not end.
    pub(super) broken_moves: BTreeSet<Move>,
    /// When nothing is to be started any more.
    pub(super) until: Option<Instant>,
    /// The plan file that is carried out.
    pub(super) taken_up: Option<TakenUp>,
    /// What the plan was made from, where it is to be explained.
    pub(super) seen: Option<Seen>,
    /// What is to be written into a plan file.
    pub(super) saved: Option<SavedPlan>,
    /// Where the report is to be kept; only once the run was recorded as begun.
    pub(super) record: Option<(Store, Lease)>,
}

impl Told {
    /// A run that was carried out under a quarantine still needs a person.
    pub(super) fn quarantine(&self) -> Result<(), Failure> {
        if !is_quarantine(&self.trips) {
            return Ok(());
        }
        let told: Vec<String> =
            self.guards.iter().filter(|check| check.tripped).map(ToString::to_string).collect();
        let n_trips = self.trips.iter().map(|trip| trip.n_trips).max().unwrap_or(0);
        Err(Failure {
            exit_code: ExitCode::Stopped,
            message: format!(
                "in quarantine, because the same changes were stopped for the {n_trips}th run in a row. {}. \
                 What gives guests more was done; what changes or takes away was not",
                told.join("; ")
            ),
            hint: format!(
                "{}\n{}\nwhere it was mended, begin anew\n{}",
                before_the_override(&self.guards),
                self.commands.again(&needed(&self.guards)),
                self.commands.of("release")
            ),
        })
    }

    /// Nothing yet, but for what the job was told.
    pub(super) fn of(job: &Job<'_>) -> Self {
        let NewRun { run_id, command: _, started_at } = NewRun::now(job.command());
        Self {
            kind: job.mode.kind(),
            dry_run: !job.mode.writes(),
            run_id,
            started_at,
            workspace_id: None,
            source: None,
            scope: None,
            warnings: Vec::new(),
            plan: None,
            guards: Vec::new(),
            allowances: job.allowances.to_vec(),
            commands: job.commands(),
            reason: job.reason.map(str::to_owned),
            trips: Vec::new(),
            applied: None,
            calls: seam::Calls::default(),
            now: started_at,
            broken_moves: BTreeSet::new(),
            until: job.max_duration.and_then(|max_duration| Instant::now().checked_add(max_duration)),
            taken_up: None,
            seen: None,
            saved: None,
            record: None,
        }
    }

    /// The report.
    pub(super) fn document(&self, ending: &Result<(), Failure>) -> Document {
        let mut document = Document::new(Header {
            kind: self.kind,
            dry_run: self.dry_run,
            run_id: self.run_id.clone(),
            workspace_id: self.workspace_id.clone(),
            started_at: self.started_at,
        });
        document = match &self.taken_up {
            Some(taken_up) => taken_up.tell(document, self.applied.as_ref()),
            None => self.decided(document),
        };
        document = document.with_warnings(&self.warnings);
        for matter in &mut document.matters {
            matter.remedy = self.commands.completed(&matter.remedy);
        }
        if let Some(applied) = &self.applied {
            document = document.with_duration(applied.took);
        }
        let seam::Calls { reads, writes, retries, throttled } = self.calls;
        document = document.with_calls(Calls { reads, writes, retries, throttled });
        let mut codes = vec![document.exit_of_lines()];
        if self.applied.as_ref().is_some_and(|applied| applied.was_unavailable) {
            codes.push(ExitCode::Temporary);
        }
        if let Err(Failure { exit_code, message, hint }) = ending {
            codes.push(*exit_code);
            document = document.with_failure(message, &self.commands.completed(hint));
        }
        document = document.with_exit(ExitCode::worst(codes), Timestamp::now());
        match &self.saved {
            Some(saved) if document.error.is_none() => document.with_saved(saved.clone()),
            _ => document,
        }
    }

    /// What was read and decided by this job itself, and what came of it.
    fn decided(&self, mut document: Document) -> Document {
        if let Some(source) = &self.source {
            document = document.with_source(source);
        }
        if let Some(plan) = &self.plan {
            document = document.with_plan(plan);
            for notice in &mut document.warnings {
                notice.hint = self.commands.completed(&notice.hint);
            }
            if let Some(Applied { endings, .. }) = &self.applied {
                let outcomes = endings.iter().map(|e| (e.step, e.outcome, e.error.as_deref()));
                document = document.with_outcomes(plan, outcomes);
            }
        }
        document = document.with_scope(self.scope.clone());
        document
            .with_guards(&self.guards, &self.commands.again(&needed(&self.guards)))
            .with_allowances(&self.allowances, self.reason.as_deref())
    }
}
