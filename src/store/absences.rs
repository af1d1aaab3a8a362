//! What a plan learnt: grants that a stay was seen for, grants whose stay is missing, and changes that do not last.

use jiff::Timestamp;

use super::database::{Executor, Transaction};
use super::error::StoreError;
use super::facts;
use super::lease::Lease;
use super::ledger::{self, Entry};
use super::open::{Store, milliseconds, timestamp};
use super::statement::Statement;
use crate::model::{Absence, AccessGrantKey, Fact, FactId, Fingerprint, Namespace, RunId, WorkspaceId};
use crate::plan::Learnt;

/// How many rows one statement inserts.
const ROWS: usize = 500;

impl Store {
    /// Records what a plan learnt, all of it or nothing.
    pub async fn remember(
        &self,
        lease: &Lease,
        run_id: &RunId,
        learnt: &Learnt,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if learnt.is_empty() {
            return Ok(());
        }
        let entry = Entry { workspace_id: lease.workspace_id(), namespace: lease.namespace(), run_id };
        let mut transaction = self.begin().await?;
        let failed = |source| self.error("record what was learnt", source);
        write(&mut transaction, &entry, learnt, now).await.map_err(failed)?;
        let facts: Vec<(FactId, &Fact)> = learnt.facts.iter().map(|fact| (fact.id(), fact)).collect();
        if !facts.is_empty() {
            facts::put(&mut transaction, lease, Some(run_id), &facts, now).await.map_err(failed)?;
        }
        self.commit(transaction).await
    }
}

async fn write(
    connection: &mut Transaction,
    entry: &Entry<'_>,
    learnt: &Learnt,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Learnt { seen, missing, returned, repaired, settled, facts: _ } = learnt;
    for some in seen.chunks(ROWS) {
        ledger::put(&mut *connection, entry, some, now).await?;
    }
    for (key, absence) in missing {
        put(&mut *connection, entry, key, absence).await?;
    }
    for key in returned {
        forget(&mut *connection, entry, key).await?;
    }
    for (key, n_runs) in repaired {
        put_repairs(&mut *connection, entry, key, *n_runs).await?;
    }
    for key in settled {
        put_repairs(&mut *connection, entry, key, 0).await?;
    }
    Ok(())
}

async fn put(
    executor: impl Executor,
    entry: &Entry<'_>,
    key: &AccessGrantKey,
    absence: &Absence,
) -> sqlx::Result<()> {
    let Absence { since, n_reads, last_read } = absence;
    Statement::new(
        "insert into absences (workspace_id, namespace, access_grant_key, since, reads, last_read, run_id)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (workspace_id, namespace, access_grant_key) do update set
             since = excluded.since, reads = excluded.reads, last_read = excluded.last_read,
             run_id = excluded.run_id",
    )
    .bind(entry.workspace_id.as_str())
    .bind(entry.namespace.as_str())
    .bind(key.as_str())
    .bind(milliseconds(*since))
    .bind(i64::from(*n_reads))
    .bind(last_read.as_ref().map(|bytes| bytes.0.as_str()))
    .bind(entry.run_id.as_str())
    .execute(executor)
    .await
    .map(drop)
}

/// Forgets that the stay of a grant is missing.
pub(super) async fn forget(
    executor: impl Executor,
    entry: &Entry<'_>,
    key: &AccessGrantKey,
) -> sqlx::Result<()> {
    Statement::new(
        "delete from absences where workspace_id = $1 and namespace = $2 and access_grant_key = $3",
    )
    .bind(entry.workspace_id.as_str())
    .bind(entry.namespace.as_str())
    .bind(key.as_str())
    .execute(executor)
    .await
    .map(drop)
}

async fn put_repairs(
    executor: impl Executor,
    entry: &Entry<'_>,
    key: &AccessGrantKey,
    n_runs: u32,
) -> sqlx::Result<()> {
    Statement::new(
        "update ledger set repairs = $4
         where workspace_id = $1 and namespace = $2 and access_grant_key = $3",
    )
    .bind(entry.workspace_id.as_str())
    .bind(entry.namespace.as_str())
    .bind(key.as_str())
    .bind(i64::from(n_runs))
    .execute(executor)
    .await
    .map(drop)
}

/// The grants whose stay is missing.
pub(super) async fn list(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Vec<(AccessGrantKey, Absence)>> {
    Statement::new(
        "select access_grant_key, since, reads, last_read from absences
         where workspace_id = $1 and namespace = $2",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        let key: &str = row.try_get("access_grant_key")?;
        let absence = Absence {
            since: timestamp(row.try_get("since")?),
            n_reads: u32::try_from(row.try_get::<i64>("reads")?).unwrap_or(u32::MAX),
            last_read: row.try_get::<Option<String>>("last_read")?.map(Fingerprint),
        };
        Ok((AccessGrantKey::new(key), absence))
    })
    .collect()
}
