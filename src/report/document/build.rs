//! Makes a document of what was read, planned and done.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{Timestamp, TimestampRound, Unit};

use super::shape::{
    Allowed, Calls, Counts, Document, Estimate, Failure, Guard, Kind, Line, Matter, Notice, Person, Scope,
    Source,
};
use crate::event::Outcome;
use crate::exit_code::ExitCode;
use crate::model::{Problem, RejectedRows, RunId, SourceRead, WorkspaceId, without_contacts};
use crate::plan::{Action, Allowance, GuardCheck, HeldBy, IdentityItem, Item, ItemId, Plan};

/// What is known before anything was read.
#[derive(Debug, Clone)]
pub struct Header {
    /// Plan or run.
    pub kind: Kind,
    /// Whether it is a rehearsal.
    pub dry_run: bool,
    /// Its id.
    pub run_id: RunId,
    /// The workspace, where Seam was reached.
    pub workspace_id: Option<WorkspaceId>,
    /// When it began.
    pub started_at: Timestamp,
}

impl Document {
    /// A document that says nothing yet; also what is left of a run that ended before it read anything.
    pub fn new(header: Header) -> Self {
        let Header { kind, dry_run, run_id, workspace_id, started_at } = header;
        let started_at = to_millisecond(started_at);
        Self {
            format_version: 1,
            kind,
            dry_run,
            run_id,
            workspace_id,
            started_at,
            finished_at: started_at,
            exit_code: ExitCode::Success.code(),
            exit: ExitCode::Success.meaning().to_owned(),
            error: None,
            counts: Counts::default(),
            source: None,
            scope: None,
            guards: Vec::new(),
            allowances: Vec::new(),
            calls: Calls::default(),
            estimate: Estimate::default(),
            items: Vec::new(),
            identities: Vec::new(),
            rejects: Vec::new(),
            matters: Vec::new(),
            warnings: Vec::new(),
            rejected_rows: RejectedRows::default(),
            saved: None,
        }
    }

    /// A document of a source and the plan that was made of it.
    pub fn of_plan(header: Header, source_read: &SourceRead, plan: &Plan) -> Self {
        Self::new(header).with_source(source_read).with_plan(plan)
    }

    /// Adds what was read.
    #[must_use]
    pub fn with_source(mut self, source_read: &SourceRead) -> Self {
        let SourceRead {
            kind,
            location,
            n_rows,
            n_reservations,
            reservations: _,
            rejects,
            rejected_rows,
            columns: _,
            unknown_statuses: _,
            counts,
            warnings,
            coverage,
            fingerprint,
            written_at: _,
        } = source_read;
        self.source = Some(Source {
            kind: *kind,
            location: location.clone(),
            rows: *n_rows,
            past: counts.past,
            unknown_statuses: counts.unknown_statuses,
            reservations: *n_reservations,
            fingerprint: fingerprint.0.clone(),
            coverage: *coverage,
        });
        self.rejects.extend(notices(rejects));
        self.rejected_rows = rejected_rows.clone();
        self.warnings.extend(notices(warnings));
        self.counts.rejected =
            self.rejects.iter().map(|reject| &reject.source).collect::<BTreeSet<_>>().len();
        self.counts.warnings = self.warnings.len();
        self
    }

    /// Adds what is to be done.
    #[must_use]
    pub fn with_plan(mut self, plan: &Plan) -> Self {
        self.items = order(plan).into_iter().map(|id| Line::of(plan.item(id))).collect();
        self.identities = plan.identities.iter().map(Person::of).collect();
        self.matters = Matter::all(&plan.matters, &self.run_id);
        self.warnings.extend(notices(&plan.warnings));
        self.estimate = Estimate {
            writes: plan.estimate.writes,
            seconds: whole_seconds(plan.estimate.seconds),
            slowest_door: plan.estimate.slowest_door.clone(),
            actual_seconds: None,
        };
        self.counts.unchanged = plan.n_unchanged;
        self.counts.warnings = self.warnings.len();
        self.count();
        self
    }

    /// Adds to what it was limited, if it was.
    #[must_use]
    pub fn with_scope(mut self, scope: Option<Scope>) -> Self {
        self.scope = scope;
        self
    }

    /// Adds how long carrying it out took.
    #[must_use]
    pub fn with_duration(mut self, took: Duration) -> Self {
        self.estimate.actual_seconds = Some(whole_seconds(took.as_secs_f64()));
        self
    }

    /// Adds the limits; `command` lets all of them pass that stop this.
    #[must_use]
    pub fn with_guards(mut self, checks: &[GuardCheck], command: &str) -> Self {
        self.guards = checks.iter().map(|check| Guard::of(check, command)).collect();
        self
    }

    /// Adds the limits that a person raised, and why.
    #[must_use]
    pub fn with_allowances(mut self, allowances: &[Allowance], reason: Option<&str>) -> Self {
        self.allowances = allowances
            .iter()
            .map(|allowance| Allowed {
                allow: allowance.to_string(),
                reason: reason.unwrap_or_default().to_owned(),
            })
            .collect();
        self
    }

    /// Adds what was sent.
    #[must_use]
    pub fn with_calls(mut self, calls: Calls) -> Self {
        self.calls = calls;
        self
    }

    /// Adds why it ended early.
    #[must_use]
    pub fn with_failure(mut self, message: &str, hint: &str) -> Self {
        let message = without_contacts(message);
        self.error = Some(Failure { message, hint: hint.to_owned() });
        self
    }

    /// Adds how and when it ended.
    #[must_use]
    pub fn with_exit(mut self, exit_code: ExitCode, finished_at: Timestamp) -> Self {
        self.exit_code = exit_code.code();
        exit_code.meaning().clone_into(&mut self.exit);
        self.finished_at = to_millisecond(finished_at);
        self
    }

    /// What the lines by themselves say about the exit code: incomplete where a row was rejected or has a status that
    /// nobody knows, a change did not come about or a person has to decide. What is held by time or policy is normal.
    pub fn exit_of_lines(&self) -> ExitCode {
        let failed = |outcome: Option<Outcome>| {
            outcome.is_some_and(|outcome| !matches!(outcome, Outcome::Done | Outcome::AlreadySo))
        };
        let incomplete = self.counts.rejected > 0
            || self.source.as_ref().is_some_and(|source| source.unknown_statuses > 0)
            || self.matters.iter().any(|matter| matter.needs_person)
            || self.items.iter().any(|line| line.held_by == Some(HeldBy::Person) || failed(line.outcome))
            || self.identities.iter().any(|person| failed(person.outcome));
        if incomplete { ExitCode::Incomplete } else { ExitCode::Success }
    }

    /// Whether anything at all is to be done or was attempted.
    pub fn changes_something(&self) -> bool {
        !self.identities.is_empty() || self.items.iter().any(|line| line.action != Action::Hold)
    }

    /// Whether it tells what was done; a rehearsal of a run does not.
    pub fn tells_outcomes(&self) -> bool {
        self.kind == Kind::Run && !self.dry_run
    }

    /// The document on one line, as the store keeps it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("its keys are strings and its numbers finite")
    }

    /// The counts alone, as the store keeps them.
    pub fn counts_to_json(&self) -> String {
        serde_json::to_string(&self.counts).expect("its keys are strings")
    }

    /// Reads a document that [`Document::to_json`] or
    /// [`crate::report::json::render`] wrote.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Counts the lines: in a plan by what is to be done, in a run by what was.
    pub(super) fn count(&mut self) {
        let tells_outcomes = self.tells_outcomes();
        let counted = |outcome: Option<Outcome>| {
            !tells_outcomes || matches!(outcome, Some(Outcome::Done | Outcome::AlreadySo))
        };
        let Counts { rejected, unchanged, warnings, .. } = self.counts;
        let mut counts = Counts { rejected, unchanged, warnings, ..Counts::default() };
        counts.identities = self.identities.iter().filter(|person| counted(person.outcome)).count();
        for line in &self.items {
            match line.action {
                Action::Hold => counts.held += 1,
                Action::None => counts.unchanged += 1,
                _ if !counted(line.outcome) => {}
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Replace => counts.replace += 1,
                Action::Revoke => counts.revoke += 1,
            }
            match line.outcome {
                Some(Outcome::Failed) => counts.failed += 1,
                Some(Outcome::Unknown) => counts.unknown += 1,
                Some(Outcome::Stale) => counts.stale += 1,
                Some(Outcome::Skipped) => counts.skipped += 1,
                Some(Outcome::Done | Outcome::AlreadySo) | None => {}
            }
        }
        self.counts = counts;
    }
}

/// The lines in the order in which they are shown, whatever order the plan has them in.
pub(super) fn order(plan: &Plan) -> Vec<ItemId> {
    let count = u32::try_from(plan.items.len()).expect("a plan has fewer lines than ids");
    let mut ids: Vec<ItemId> = (0..count).map(ItemId).collect();
    ids.sort_by(|left, right| {
        let key = |id: ItemId| {
            let Item { arrival, reservation, key, action, .. } = plan.item(id);
            (arrival, reservation, key, action)
        };
        key(*left).cmp(&key(*right))
    });
    ids
}

impl Guard {
    fn of(check: &GuardCheck, command: &str) -> Self {
        Self {
            guard: check.guard.as_str().to_owned(),
            scope: check.scope.to_string(),
            count: check.count,
            limit: check.limit,
            tripped: check.tripped,
            allow: check.tripped.then(|| command.to_owned()),
        }
    }
}

impl Line {
    fn of(item: &Item) -> Self {
        let Item {
            key,
            reservation,
            action,
            reason_code,
            reason,
            impact,
            phase,
            held_by,
            arrival,
            before,
            after,
            source,
            code_wished,
            wanted: _,
        } = item;
        let property = reservation.property.as_str();
        Self {
            key: key.clone(),
            property: (!property.is_empty()).then(|| property.to_owned()),
            reservation_key: reservation.key.clone(),
            action: *action,
            reason_code: *reason_code,
            reason: reason.to_string(),
            impact: *impact,
            phase: *phase,
            held_by: *held_by,
            arrival: *arrival,
            before: before.as_deref().cloned(),
            after: after.as_deref().cloned(),
            source: source.as_ref().map(ToString::to_string),
            code_wished: *code_wished,
            outcome: None,
            error: None,
        }
    }
}

impl Person {
    fn of(item: &IdentityItem) -> Self {
        let IdentityItem { key, action, fields, step: _ } = item;
        Self {
            key: key.clone(),
            action: *action,
            fields: fields.names().map(str::to_owned).collect(),
            outcome: None,
            error: None,
        }
    }
}

fn notices(problems: &[Problem]) -> Vec<Notice> {
    let mut sorted: Vec<&Problem> = problems.iter().collect();
    sorted.sort();
    sorted.into_iter().map(Notice::of).collect()
}

impl Notice {
    pub(super) fn of(problem: &Problem) -> Self {
        let Problem { source, column, code, message, hint } = problem;
        Self {
            source: source.to_string(),
            column: (*column).to_owned(),
            code: code.word(),
            message: message.clone(),
            hint: hint.clone(),
        }
    }
}

fn to_millisecond(timestamp: Timestamp) -> Timestamp {
    timestamp.round(TimestampRound::new().smallest(Unit::Millisecond)).unwrap_or(timestamp)
}

fn whole_seconds(seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and an estimate is neither negative nor longer than the age of the world"
    )]
    let whole = seconds.ceil() as u64;
    whole
}
