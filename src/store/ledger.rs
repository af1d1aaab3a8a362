//! What was wanted of each grant when it was last carried out.

use sqlx::{Row, SqliteExecutor};

use super::error::StoreError;
use super::moves;
use super::open::{Store, milliseconds};
use super::pins;
use crate::model::{AccessGrantKey, Fingerprint, Ledger, Namespace, RunId, WorkspaceId};

impl Store {
    /// What the store remembers about a workspace and namespace.
    pub async fn ledger(
        &self,
        workspace_id: &WorkspaceId,
        namespace: &Namespace,
    ) -> Result<Ledger, StoreError> {
        let failed = |source| self.error("read the ledger", source);
        let last_source = last_source(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let desired = entries(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let recent_rows = recent_rows(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let unfinished_moves = moves::list(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let pins = pins::list(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        Ok(Ledger {
            last_source,
            recent_rows,
            desired: desired.into_iter().collect(),
            unfinished_moves,
            pins,
        })
    }
}

/// One entry, with what it belongs to.
pub(super) struct Entry<'a> {
    pub(super) workspace_id: &'a WorkspaceId,
    pub(super) namespace: &'a Namespace,
    pub(super) run_id: &'a RunId,
}

pub(super) async fn put(
    executor: impl SqliteExecutor<'_>,
    entry: &Entry<'_>,
    key: &AccessGrantKey,
    desired: &Fingerprint,
    now: jiff::Timestamp,
) -> sqlx::Result<()> {
    let Entry { workspace_id, namespace, run_id } = entry;
    sqlx::query(
        "insert into ledger (workspace_id, namespace, access_grant_key, desired, run_id, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, namespace, access_grant_key) do update set
             desired = excluded.desired, run_id = excluded.run_id, updated_at = excluded.updated_at",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(key.as_str())
    .bind(&desired.0)
    .bind(run_id.as_str())
    .bind(milliseconds(now))
    .execute(executor)
    .await
    .map(drop)
}

pub(super) async fn remove(
    executor: impl SqliteExecutor<'_>,
    entry: &Entry<'_>,
    key: &AccessGrantKey,
) -> sqlx::Result<()> {
    sqlx::query("delete from ledger where workspace_id = $1 and namespace = $2 and access_grant_key = $3")
        .bind(entry.workspace_id.as_str())
        .bind(entry.namespace.as_str())
        .bind(key.as_str())
        .execute(executor)
        .await
        .map(drop)
}

async fn entries(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Vec<(AccessGrantKey, Fingerprint)>> {
    sqlx::query("select access_grant_key, desired from ledger where workspace_id = $1 and namespace = $2")
        .bind(workspace_id.as_str())
        .bind(namespace.as_str())
        .fetch_all(executor)
        .await?
        .iter()
        .map(|row| {
            let key: &str = row.try_get("access_grant_key")?;
            Ok((AccessGrantKey::new(key), Fingerprint(row.try_get("desired")?)))
        })
        .collect()
}

/// The source of the last run that carried its plan out: exit codes 0, 3 and 13 (a run that was stopped in the
/// middle carried out a part, and must not make the same bytes look old).
async fn last_source(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Option<Fingerprint>> {
    sqlx::query(
        "select source_fingerprint from runs
         where workspace_id = $1 and namespace = $2 and exit_code in (0, 3, 13)
             and source_fingerprint is not null
         order by started_at desc, run_id desc limit 1",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_optional(executor)
    .await?
    .map(|row| row.try_get("source_fingerprint").map(Fingerprint))
    .transpose()
}

/// How many runs the usual size of a source is taken from.
const RECENT: i64 = 10;

/// The sizes of the sources of the last runs that carried their plan out, newest first.
async fn recent_rows(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Vec<u64>> {
    sqlx::query(
        "select source_rows from runs
         where workspace_id = $1 and namespace = $2 and exit_code in (0, 3, 13) and source_rows is not null
         order by started_at desc, run_id desc limit $3",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(RECENT)
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| row.try_get::<i64, _>("source_rows").map(|rows| u64::try_from(rows).unwrap_or(0)))
    .collect()
}
