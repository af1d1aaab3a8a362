//! Guards that stop run after run: the third time the same plan is stopped, it is a quarantine (RULES 25).

use super::database::Executor;
use super::error::StoreError;
use super::lease::Lease;
use super::ledger::Entry;
use super::open::{Store, milliseconds, timestamp};
use super::statement::Statement;
use crate::model::{Fingerprint, Namespace, RunId, Trip, WorkspaceId};

impl Store {
    /// Records the guards that this run tripped, in place of those before.
    pub async fn record_trips(
        &self,
        lease: &Lease,
        run_id: &RunId,
        trips: &[Trip],
    ) -> Result<(), StoreError> {
        let failed = |source| self.error("record the guards", source);
        let entry = Entry { workspace_id: lease.workspace_id(), namespace: lease.namespace(), run_id };
        let mut transaction = self.begin().await?;
        clear(&mut transaction, entry.namespace, Some(entry.workspace_id)).await.map_err(failed)?;
        for trip in trips {
            put(&mut transaction, &entry, trip).await.map_err(failed)?;
        }
        self.commit(transaction).await
    }

    /// Forgets the guards that stopped runs of a namespace, and tells which they were.
    pub async fn release(&self, namespace: &Namespace) -> Result<Vec<Trip>, StoreError> {
        let failed = |source| self.error("lift a quarantine", source);
        let mut transaction = self.begin().await?;
        let trips = list(&mut transaction, namespace, None).await.map_err(failed)?;
        clear(&mut transaction, namespace, None).await.map_err(failed)?;
        self.commit(transaction).await?;
        Ok(trips)
    }
}

/// The guards of a namespace, of one workspace or of all.
pub(super) async fn list(
    executor: impl Executor,
    namespace: &Namespace,
    workspace_id: Option<&WorkspaceId>,
) -> sqlx::Result<Vec<Trip>> {
    Statement::new(
        "select guard, scope, records, trips, since from guard_trips
         where namespace = $1 and ($2 is null or workspace_id = $2) order by guard, scope",
    )
    .bind(namespace.as_str())
    .bind(workspace_id.map(WorkspaceId::as_str))
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        Ok(Trip {
            guard: row.try_get("guard")?,
            scope: row.try_get("scope")?,
            records: Fingerprint(row.try_get("records")?),
            n_trips: u32::try_from(row.try_get::<i64>("trips")?).unwrap_or(0),
            since: timestamp(row.try_get("since")?),
        })
    })
    .collect()
}

async fn put(executor: impl Executor, entry: &Entry<'_>, trip: &Trip) -> sqlx::Result<()> {
    let Trip { guard, scope, records, n_trips, since } = trip;
    Statement::new(
        "insert into guard_trips (workspace_id, namespace, guard, scope, records, trips, since, run_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(entry.workspace_id.as_str())
    .bind(entry.namespace.as_str())
    .bind(guard.as_str())
    .bind(scope.as_str())
    .bind(records.0.as_str())
    .bind(i64::from(*n_trips))
    .bind(milliseconds(*since))
    .bind(entry.run_id.as_str())
    .execute(executor)
    .await
    .map(drop)
}

async fn clear(
    executor: impl Executor,
    namespace: &Namespace,
    workspace_id: Option<&WorkspaceId>,
) -> sqlx::Result<()> {
    Statement::new("delete from guard_trips where namespace = $1 and ($2 is null or workspace_id = $2)")
        .bind(namespace.as_str())
        .bind(workspace_id.map(WorkspaceId::as_str))
        .execute(executor)
        .await
        .map(drop)
}
