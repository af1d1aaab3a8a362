//! Runs: that one began, what it read, how it ended, and the report it left.

use jiff::Timestamp;
use uuid::Uuid;

use super::database::Executor;
use super::error::StoreError;
use super::lease::Lease;
use super::lease_row::LeaseRow;
use super::open::{Store, milliseconds, timestamp};
use super::statement::{Row, Statement};
use crate::model::{Fingerprint, Namespace, RunId, SourceShape, WorkspaceId};
use crate::record::{RunState, RunSummary};

/// A run that begins.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub run_id: RunId,
    /// The verb.
    pub command: String,
    /// When.
    pub started_at: Timestamp,
}

impl NewRun {
    /// A run that begins now, with an id that sorts after those before it.
    pub fn now(command: &str) -> Self {
        Self {
            run_id: RunId::new(Uuid::now_v7().to_string()),
            command: command.to_owned(),
            started_at: Timestamp::now(),
        }
    }
}

/// How the bytes of a source stand to those that earlier runs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceAge {
    /// They are new, the newest, or those that a person takes for the newest.
    Newest,
    /// An earlier run read them, and a later one others.
    Older,
}

/// What a run read.
#[derive(Debug, Clone, Copy)]
pub struct ReadRecord<'a> {
    /// The file or query.
    pub location: &'a str,
    /// A hash of its bytes.
    pub fingerprint: &'a Fingerprint,
    /// Its rows, but those of stays that are over.
    pub n_rows: u64,
    /// What it looked like.
    pub shape: &'a SourceShape,
    /// Whether its bytes count as the newest from now on.
    pub age: SourceAge,
}

/// A run that ends.
#[derive(Debug, Clone)]
pub struct Finish {
    /// When.
    pub finished_at: Timestamp,
    /// How, as a number.
    pub exit_code: u8,
    /// The counts of the report, as JSON.
    pub counts: String,
    /// The report, as JSON. It may hold names; it must not hold an e-mail address, a phone number or a code.
    pub document: String,
}

/// How a person names a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunSelector {
    /// The one that began last.
    Last,
    /// The one whose id begins so.
    Prefix(String),
}

impl RunSelector {
    /// Reads `last`, an id, or the beginning of one.
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "last" => Self::Last,
            prefix => Self::Prefix(prefix.to_lowercase()),
        }
    }
}

/// Why a run cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is none.
    #[error("no run is recorded yet")]
    Empty,
    /// There is none of that name.
    #[error("no run begins with `{0}`")]
    NotFound(String),
    /// There are several.
    #[error("several runs begin with `{0}`")]
    Ambiguous(String),
    /// The store failed.
    #[error("read a run")]
    Store(#[source] StoreError),
}

impl RunError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "`reservation-sync run` records one",
            Self::NotFound(_) => "`reservation-sync runs` lists them",
            Self::Ambiguous(_) => "give more of the id; `reservation-sync runs` lists them",
            Self::Store(error) => error.hint(),
        }
    }
}

impl Store {
    /// Records that a run begins.
    pub async fn start_run(&self, lease: &Lease, new_run: &NewRun) -> Result<(), StoreError> {
        insert(&self.pool, lease, new_run).await.map_err(|source| self.error("record the start", source))
    }

    /// Records what a run read.
    pub async fn record_source(&self, run_id: &RunId, read: &ReadRecord<'_>) -> Result<(), StoreError> {
        update_source(&self.pool, run_id, read)
            .await
            .map_err(|source| self.error("record the source", source))
    }

    /// Records how a run ended, with its report.
    pub async fn finish_run(&self, run_id: &RunId, finish: &Finish) -> Result<(), StoreError> {
        update_end(&self.pool, run_id, finish).await.map_err(|source| self.error("record the end", source))
    }

    /// The workspace of the run of a namespace that began last; `None` before the first.
    ///
    /// # Errors
    ///
    /// Where the store fails.
    pub async fn last_workspace(&self, namespace: &Namespace) -> Result<Option<WorkspaceId>, StoreError> {
        last_workspace(&self.pool, namespace)
            .await
            .map_err(|source| self.error("look for the last workspace", source))
    }

    /// The last runs, newest first.
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunSummary>, StoreError> {
        let now = self.now().await?;
        list(&self.pool, limit, now).await.map_err(|source| self.error("list the runs", source))
    }

    /// One run and its report, as JSON; a run that was interrupted has none.
    pub async fn run(&self, selector: &RunSelector) -> Result<(RunSummary, Option<String>), RunError> {
        let (prefix, limit) = match selector {
            RunSelector::Last => ("", 1),
            RunSelector::Prefix(prefix) => (prefix.as_str(), 2),
        };
        let now = self.now().await.map_err(RunError::Store)?;
        let mut found = find(&self.pool, prefix, limit, now)
            .await
            .map_err(|source| RunError::Store(self.error("read a run", source)))?;
        match (selector, found.len()) {
            (RunSelector::Last, 0) => Err(RunError::Empty),
            (RunSelector::Prefix(prefix), 0) => Err(RunError::NotFound(prefix.clone())),
            (RunSelector::Prefix(prefix), 2) => Err(RunError::Ambiguous(prefix.clone())),
            _ => Ok(found.swap_remove(0)),
        }
    }
}

async fn insert(executor: impl Executor, lease: &Lease, new_run: &NewRun) -> sqlx::Result<()> {
    let NewRun { run_id, command, started_at } = new_run;
    Statement::new(
        "insert into runs (run_id, workspace_id, namespace, command, lease_id, started_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(run_id.as_str())
    .bind(lease.workspace_id().as_str())
    .bind(lease.namespace().as_str())
    .bind(command.as_str())
    .bind(lease.id())
    .bind(milliseconds(*started_at))
    .execute(executor)
    .await
    .map(drop)
}

async fn update_source(executor: impl Executor, run_id: &RunId, read: &ReadRecord<'_>) -> sqlx::Result<()> {
    let ReadRecord { location, fingerprint, n_rows, shape, age } = read;
    let shape = serde_json::to_string(shape).expect("a shape has only texts for keys");
    Statement::new(
        "update runs set source_location = $1, source_fingerprint = $2, source_rows = $3, source_shape = $4,
             source_newest = $5
         where run_id = $6",
    )
    .bind(*location)
    .bind(fingerprint.0.as_str())
    .bind(i64::try_from(*n_rows).unwrap_or(i64::MAX))
    .bind(shape)
    .bind(i64::from(*age == SourceAge::Newest))
    .bind(run_id.as_str())
    .execute(executor)
    .await
    .map(drop)
}

async fn update_end(executor: impl Executor, run_id: &RunId, finish: &Finish) -> sqlx::Result<()> {
    let Finish { finished_at, exit_code, counts, document } = finish;
    Statement::new(
        "update runs set finished_at = $1, exit_code = $2, counts = $3, document = $4 where run_id = $5",
    )
    .bind(milliseconds(*finished_at))
    .bind(i64::from(*exit_code))
    .bind(counts.as_str())
    .bind(document.as_str())
    .bind(run_id.as_str())
    .execute(executor)
    .await
    .map(drop)
}

async fn last_workspace(executor: impl Executor, namespace: &Namespace) -> sqlx::Result<Option<WorkspaceId>> {
    Statement::new(
        "select workspace_id from runs where namespace = $1 order by started_at desc, run_id desc limit 1",
    )
    .bind(namespace.as_str())
    .fetch_optional(executor)
    .await?
    .map(|row| row.try_get("workspace_id").map(|id: &str| WorkspaceId::new(id)))
    .transpose()
}

async fn list(executor: impl Executor, limit: u32, now: Timestamp) -> sqlx::Result<Vec<RunSummary>> {
    Statement::new(
        "select r.run_id, r.workspace_id, r.namespace, r.command, r.started_at, r.finished_at, r.exit_code,
             r.source_location, r.source_fingerprint, r.counts,
             l.lease_id, l.host, l.boot_id, l.pid_namespace, l.pid, l.process_start, l.since, l.renewed, l.expires
         from runs r left join leases l on l.lease_id = r.lease_id
         order by r.started_at desc, r.run_id desc limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| summary(row, now))
    .collect()
}

async fn find(
    executor: impl Executor,
    prefix: &str,
    limit: u32,
    now: Timestamp,
) -> sqlx::Result<Vec<(RunSummary, Option<String>)>> {
    Statement::new(
        "select r.run_id, r.workspace_id, r.namespace, r.command, r.started_at, r.finished_at, r.exit_code,
             r.source_location, r.source_fingerprint, r.counts, r.document,
             l.lease_id, l.host, l.boot_id, l.pid_namespace, l.pid, l.process_start, l.since, l.renewed, l.expires
         from runs r left join leases l on l.lease_id = r.lease_id
         where substr(r.run_id, 1, length($1)) = $1
         order by r.started_at desc, r.run_id desc limit $2",
    )
    .bind(prefix)
    .bind(i64::from(limit))
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| Ok((summary(row, now)?, row.try_get("document")?)))
    .collect()
}

/// Whether the run of a row with the columns of a lease still goes on; such a row has no `finished_at`.
pub(super) fn is_running(row: &Row, now: Timestamp) -> sqlx::Result<bool> {
    Ok(LeaseRow::of(row)?.is_some_and(|lease| lease.may_live(now)))
}

fn summary(row: &Row, now: Timestamp) -> sqlx::Result<RunSummary> {
    let text = |column: &str| row.try_get::<String>(column);
    let state = match row.try_get::<Option<i64>>("finished_at")? {
        Some(at) => RunState::Finished {
            at: timestamp(at),
            exit_code: u8::try_from(row.try_get::<i64>("exit_code")?).unwrap_or(1),
        },
        None if is_running(row, now)? => RunState::Running,
        None => RunState::Interrupted,
    };
    Ok(RunSummary {
        run_id: RunId::new(text("run_id")?),
        workspace_id: WorkspaceId::new(text("workspace_id")?),
        namespace: text("namespace")?,
        command: text("command")?,
        started_at: timestamp(row.try_get("started_at")?),
        state,
        source_location: row.try_get("source_location")?,
        source_fingerprint: row.try_get::<Option<String>>("source_fingerprint")?.map(Fingerprint),
        counts: row.try_get("counts")?,
    })
}
