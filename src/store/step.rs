//! What became of each call of a run, and which calls of dead runs nobody knows the end of.

use jiff::Timestamp;

use super::database::Executor;
use super::error::StoreError;
use super::lease::Lease;
use super::open::{Store, milliseconds, timestamp};
use super::recorder::{StepOutcome, StepRecord};
use super::run::is_running;
use super::statement::{Row, Statement};
use crate::event::Outcome;
use crate::model::{Namespace, ReservationId, RunId, WorkspaceId};
use crate::plan::StepId;
use crate::record::RecordedStep;

/// A call that may have reached Seam, of a run that no longer exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfinishedStep {
    /// The run.
    pub run_id: RunId,
    /// The call.
    pub step: RecordedStep,
}

impl Store {
    /// The calls of a run, in the order of its plan.
    pub async fn steps(&self, run_id: &RunId) -> Result<Vec<RecordedStep>, StoreError> {
        list(&self.pool, run_id).await.map_err(|source| self.error("read the steps", source))
    }

    /// The calls about a reservation, the last first, each with its run and when that began.
    pub async fn steps_of_reservation(
        &self,
        workspace_id: &WorkspaceId,
        namespace: &Namespace,
        reservation: &ReservationId,
        limit: u32,
    ) -> Result<Vec<(RunId, Timestamp, RecordedStep)>, StoreError> {
        about(&self.pool, workspace_id, namespace, reservation, limit)
            .await
            .map_err(|source| self.error("read the steps of a reservation", source))
    }

    /// Calls that were about to be sent when their run died. What became of them is for Seam to say.
    pub async fn unfinished(
        &self,
        workspace_id: &WorkspaceId,
        namespace: &Namespace,
    ) -> Result<Vec<UnfinishedStep>, StoreError> {
        let now = self.now().await?;
        open(&self.pool, workspace_id, namespace, now)
            .await
            .map_err(|source| self.error("read unfinished steps", source))
    }

    /// Closes the unfinished calls of all runs before this one, once Seam was read and planned for: their outcome
    /// stays unknown, and they are not listed again. Gives their number.
    pub async fn settle_unfinished(&self, lease: &Lease) -> Result<u64, StoreError> {
        settle(&self.pool, lease, Timestamp::now())
            .await
            .map_err(|source| self.error("settle unfinished steps", source))
    }
}

pub(super) async fn put_intents(
    executor: impl Executor,
    run_id: &RunId,
    records: &[&StepRecord],
    now: Timestamp,
) -> sqlx::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::insert_rows(
        "insert into steps (run_id, step, path, subject, reservation, intent_at)",
        (records.len(), 6),
        " on conflict (run_id, step) do update set intent_at = excluded.intent_at",
    );
    for record in records {
        statement = of_step(statement, run_id, record).bind(milliseconds(now));
    }
    statement.execute(executor).await.map(drop)
}

/// Also takes steps without an intent: what was skipped was never about to be sent.
pub(super) async fn put_outcomes(
    executor: impl Executor,
    run_id: &RunId,
    records: &[(&StepRecord, StepOutcome)],
    now: Timestamp,
) -> sqlx::Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::insert_rows(
        "insert into steps (run_id, step, path, subject, reservation, outcome, outcome_at, request_id, error,
             seam_id)",
        (records.len(), 10),
        " on conflict (run_id, step) do update set
             outcome = excluded.outcome, outcome_at = excluded.outcome_at, request_id = excluded.request_id,
             error = excluded.error, seam_id = excluded.seam_id",
    );
    for (record, outcome) in records {
        let StepOutcome { outcome, request_id, error, seam_id, ledger: _ } = outcome;
        statement = of_step(statement, run_id, record)
            .bind(word(*outcome))
            .bind(milliseconds(now))
            .bind(request_id.as_deref())
            .bind(error.as_deref())
            .bind(seam_id.as_deref());
    }
    statement.execute(executor).await.map(drop)
}

fn of_step(statement: Statement, run_id: &RunId, record: &StepRecord) -> Statement {
    let StepRecord { step, path, subject, reservation, wanted: _ } = record;
    statement
        .bind(run_id.as_str())
        .bind(i64::from(step.0))
        .bind(*path)
        .bind(subject.as_str())
        .bind(reservation.as_ref().map(ToString::to_string))
}

async fn list(executor: impl Executor, run_id: &RunId) -> sqlx::Result<Vec<RecordedStep>> {
    Statement::new(
        "select step, path, subject, reservation, intent_at, outcome, outcome_at, request_id, error, seam_id
         from steps where run_id = $1 order by step",
    )
    .bind(run_id.as_str())
    .fetch_all(executor)
    .await?
    .iter()
    .map(recorded)
    .collect()
}

async fn about(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
    reservation: &ReservationId,
    limit: u32,
) -> sqlx::Result<Vec<(RunId, Timestamp, RecordedStep)>> {
    Statement::new(
        "select r.run_id, r.started_at, s.step, s.path, s.subject, s.reservation, s.intent_at, s.outcome,
             s.outcome_at, s.request_id, s.error, s.seam_id
         from steps s join runs r on r.run_id = s.run_id
         where r.workspace_id = $1 and r.namespace = $2 and s.reservation = $3
         order by r.started_at desc, r.run_id desc, s.step desc limit $4",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(reservation.to_string())
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        let run_id: &str = row.try_get("run_id")?;
        Ok((RunId::new(run_id), timestamp(row.try_get("started_at")?), recorded(row)?))
    })
    .collect()
}

async fn open(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
    now: Timestamp,
) -> sqlx::Result<Vec<UnfinishedStep>> {
    let rows = Statement::new(
        "select s.run_id, s.step, s.path, s.subject, s.reservation, s.intent_at, s.outcome, s.outcome_at,
             s.request_id, s.error, s.seam_id, r.finished_at,
             l.lease_id, l.host, l.boot_id, l.pid_namespace, l.pid, l.process_start, l.since, l.renewed, l.expires
         from steps s
         join runs r on r.run_id = s.run_id
         left join leases l on l.lease_id = r.lease_id
         where r.workspace_id = $1 and r.namespace = $2 and s.intent_at is not null and s.outcome is null
         order by r.started_at, s.run_id, s.step",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?;
    let mut unfinished = Vec::new();
    for row in &rows {
        let finished = row.try_get::<Option<i64>>("finished_at")?.is_some();
        if finished || !is_running(row, now)? {
            let run_id: &str = row.try_get("run_id")?;
            unfinished.push(UnfinishedStep { run_id: RunId::new(run_id), step: recorded(row)? });
        }
    }
    Ok(unfinished)
}

async fn settle(executor: impl Executor, lease: &Lease, now: Timestamp) -> sqlx::Result<u64> {
    Statement::new(
        "update steps set outcome = $1, outcome_at = $2
         where intent_at is not null and outcome is null and run_id in
             (select run_id from runs where workspace_id = $3 and namespace = $4 and lease_id <> $5)",
    )
    .bind(word(Outcome::Unknown))
    .bind(milliseconds(now))
    .bind(lease.workspace_id().as_str())
    .bind(lease.namespace().as_str())
    .bind(lease.id())
    .execute(executor)
    .await
}

fn recorded(row: &Row) -> sqlx::Result<RecordedStep> {
    let time = |column: &str| row.try_get::<Option<i64>>(column).map(|at| at.map(timestamp));
    let outcome: Option<&str> = row.try_get("outcome")?;
    Ok(RecordedStep {
        step: StepId(u32::try_from(row.try_get::<i64>("step")?).unwrap_or(u32::MAX)),
        path: row.try_get("path")?,
        subject: row.try_get("subject")?,
        reservation: row.try_get("reservation")?,
        intent_at: time("intent_at")?,
        outcome: outcome.map(read_word),
        outcome_at: time("outcome_at")?,
        request_id: row.try_get("request_id")?,
        error: row.try_get("error")?,
        seam_id: row.try_get("seam_id")?,
    })
}

const OUTCOMES: [Outcome; 6] =
    [Outcome::Done, Outcome::AlreadySo, Outcome::Failed, Outcome::Stale, Outcome::Skipped, Outcome::Unknown];

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::AlreadySo => "already_so",
        Outcome::Failed => "failed",
        Outcome::Stale => "stale",
        Outcome::Skipped => "skipped",
        Outcome::Unknown => "unknown",
    }
}

/// A word of a later version of this program says nothing to this one.
fn read_word(text: &str) -> Outcome {
    OUTCOMES.into_iter().find(|outcome| word(*outcome) == text).unwrap_or(Outcome::Unknown)
}
