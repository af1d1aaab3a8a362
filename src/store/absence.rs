//! Which stays are missing from complete sources, and since when.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{Row, SqliteExecutor};

use super::error::StoreError;
use super::lease::Lease;
use super::open::{Store, milliseconds, timestamp};
use crate::model::{Absence, AccessGrantKey, Namespace, WorkspaceId};

impl Store {
    /// Records which stays are missing now: one more run for each, a first one for those that were there before, and
    /// nothing any more for those that came back. One transaction.
    pub async fn record_absences(
        &self,
        lease: &Lease,
        missing: &[AccessGrantKey],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = |source| self.error("record who is missing", source);
        let (workspace_id, namespace) = (lease.workspace_id(), lease.namespace());
        let mut transaction = self.begin().await?;
        let before: BTreeMap<AccessGrantKey, Absence> =
            load(&mut *transaction, workspace_id, namespace).await.map_err(failed)?.into_iter().collect();
        clear(&mut *transaction, workspace_id, namespace).await.map_err(failed)?;
        for key in missing {
            let absence = before.get(key).map_or(Absence { since: now, n_runs: 1 }, |absence| Absence {
                n_runs: absence.n_runs.saturating_add(1),
                ..*absence
            });
            insert(&mut *transaction, workspace_id, namespace, key, absence).await.map_err(failed)?;
        }
        self.commit(transaction).await
    }
}

pub(super) async fn load(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Vec<(AccessGrantKey, Absence)>> {
    sqlx::query(
        "select access_grant_key, since, n_runs from absences
         where workspace_id = $1 and namespace = $2 order by access_grant_key",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        let n_runs = u32::try_from(row.try_get::<i64, _>("n_runs")?).unwrap_or(u32::MAX);
        let absence = Absence { since: timestamp(row.try_get("since")?), n_runs };
        Ok((AccessGrantKey::new(row.try_get::<String, _>("access_grant_key")?), absence))
    })
    .collect()
}

async fn clear(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<()> {
    sqlx::query("delete from absences where workspace_id = $1 and namespace = $2")
        .bind(workspace_id.as_str())
        .bind(namespace.as_str())
        .execute(executor)
        .await
        .map(drop)
}

async fn insert(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
    key: &AccessGrantKey,
    absence: Absence,
) -> sqlx::Result<()> {
    let Absence { since, n_runs } = absence;
    sqlx::query(
        "insert into absences (workspace_id, namespace, access_grant_key, since, n_runs)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(key.as_str())
    .bind(milliseconds(since))
    .bind(i64::from(n_runs))
    .execute(executor)
    .await
    .map(drop)
}
