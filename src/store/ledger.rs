//! What was wanted of each grant when it was last carried out.

use std::collections::BTreeSet;

use super::absences;
use super::database::Executor;
use super::error::StoreError;
use super::facts;
use super::moves;
use super::open::{Store, milliseconds};
use super::pins;
use super::statement::Statement;
use super::trips;
use crate::model::{
    AccessGrantKey, Fingerprint, Ledger, Namespace, RunId, SourceShape, Wanted, WantedError, WorkspaceId,
};

impl Store {
    /// What the store remembers about a workspace and namespace.
    pub async fn ledger(
        &self,
        workspace_id: &WorkspaceId,
        namespace: &Namespace,
    ) -> Result<Ledger, StoreError> {
        let failed = |source| self.error("read the ledger", source);
        let last_source = last_source(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let read_sources = read_sources(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let newest_source = newest_source(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let (recent_rows, recent_shapes) =
            recent_sources(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let trips = trips::list(&self.pool, namespace, Some(workspace_id)).await.map_err(failed)?;
        let unfinished_moves = moves::list(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let pins = pins::list(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let absences = absences::list(&self.pool, workspace_id, namespace).await.map_err(failed)?;
        let mut ledger = Ledger {
            last_source,
            newest_source,
            read_sources,
            recent_rows,
            recent_shapes,
            trips,
            unfinished_moves,
            pins,
            absences: absences.into_iter().collect(),
            ..Ledger::default()
        };
        for fact in facts::list(&self.pool, workspace_id, namespace).await.map_err(failed)? {
            ledger.recall(fact);
        }
        let mut last = AccessGrantKey::new("");
        loop {
            let some = entries(&self.pool, workspace_id, namespace, &last).await.map_err(failed)?;
            match some.last() {
                Some((key, ..)) => last.clone_from(key),
                None => return Ok(ledger),
            }
            for (key, wanted, n_repairs) in some {
                if n_repairs > 0 {
                    ledger.repairs.insert(key.clone(), n_repairs);
                }
                // An entry of an earlier version says nothing; it is written anew when the grant is next as wanted.
                if let Ok(wanted) = wanted {
                    ledger.desired.insert(key, wanted);
                }
            }
        }
    }
}

/// One entry, with what it belongs to.
pub(super) struct Entry<'a> {
    pub(super) workspace_id: &'a WorkspaceId,
    pub(super) namespace: &'a Namespace,
    pub(super) run_id: &'a RunId,
}

/// Remembers what was wanted of these grants, in one statement.
pub(super) async fn put(
    executor: impl Executor,
    entry: &Entry<'_>,
    wanted: &[(AccessGrantKey, Wanted)],
    now: jiff::Timestamp,
) -> sqlx::Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let Entry { workspace_id, namespace, run_id } = entry;
    let mut statement = Statement::insert_rows(
        "insert into ledger (workspace_id, namespace, access_grant_key, desired, run_id, updated_at)",
        (wanted.len(), 6),
        " on conflict (workspace_id, namespace, access_grant_key) do update set
             desired = excluded.desired, run_id = excluded.run_id, updated_at = excluded.updated_at",
    );
    for (key, wanted) in wanted {
        statement = statement
            .bind(workspace_id.as_str())
            .bind(namespace.as_str())
            .bind(key.as_str())
            .bind(wanted.to_string())
            .bind(run_id.as_str())
            .bind(milliseconds(now));
    }
    statement.execute(executor).await.map(drop)
}

pub(super) async fn remove(
    executor: impl Executor,
    entry: &Entry<'_>,
    key: &AccessGrantKey,
) -> sqlx::Result<()> {
    Statement::new("delete from ledger where workspace_id = $1 and namespace = $2 and access_grant_key = $3")
        .bind(entry.workspace_id.as_str())
        .bind(entry.namespace.as_str())
        .bind(key.as_str())
        .execute(executor)
        .await
        .map(drop)
}

/// The next entries by key. A row as the engine gives it takes some twenty times the room of what it says, so that a
/// large hotel is read a few at a time.
async fn entries(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
    after: &AccessGrantKey,
) -> sqlx::Result<Vec<(AccessGrantKey, Result<Wanted, WantedError>, u32)>> {
    Statement::new(
        "select access_grant_key, desired, repairs from ledger
         where workspace_id = $1 and namespace = $2 and access_grant_key > $3
         order by access_grant_key limit 1000",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(after.as_str())
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        let key: &str = row.try_get("access_grant_key")?;
        let wanted = row.try_get::<&str>("desired")?.parse();
        let n_repairs = u32::try_from(row.try_get::<i64>("repairs")?).unwrap_or(0);
        Ok((AccessGrantKey::new(key), wanted, n_repairs))
    })
    .collect()
}

/// The source of the last run that carried its plan out: exit codes 0, 3 and 13 (a run that was stopped in the
/// middle carried out a part, and must not make the same bytes look old).
async fn last_source(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Option<Fingerprint>> {
    let sql = "select source_fingerprint from runs
         where workspace_id = $1 and namespace = $2 and exit_code in (0, 3, 13)
             and source_fingerprint is not null
         order by started_at desc, run_id desc limit 1";
    first_fingerprint(sql, executor, workspace_id, namespace).await
}

/// The newest bytes that a run read. What ended with 6 was not used, and an older file does not become the newest by
/// being read once more.
async fn newest_source(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Option<Fingerprint>> {
    let sql = "select source_fingerprint from runs
         where workspace_id = $1 and namespace = $2 and source_newest = 1
             and source_fingerprint is not null and (exit_code is null or exit_code <> 6)
         order by started_at desc, run_id desc limit 1";
    first_fingerprint(sql, executor, workspace_id, namespace).await
}

async fn first_fingerprint(
    sql: &'static str,
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Option<Fingerprint>> {
    let found = Statement::new(sql).bind(workspace_id.as_str()).bind(namespace.as_str());
    let row = found.fetch_optional(executor).await?;
    row.map(|row| row.try_get("source_fingerprint").map(Fingerprint)).transpose()
}

/// All bytes that runs read.
async fn read_sources(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<BTreeSet<Fingerprint>> {
    Statement::new(
        "select distinct source_fingerprint from runs
         where workspace_id = $1 and namespace = $2 and source_fingerprint is not null",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| row.try_get("source_fingerprint").map(Fingerprint))
    .collect()
}

/// How many runs the usual size of a source is taken from.
pub(super) const RECENT: i64 = 10;

/// The sizes of the sources of the last runs that carried their plan out, newest first, and what they looked like.
async fn recent_sources(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<(Vec<u64>, Vec<SourceShape>)> {
    let rows = Statement::new(
        "select source_rows, source_shape from runs
         where workspace_id = $1 and namespace = $2 and exit_code in (0, 3, 13) and source_rows is not null
         order by started_at desc, run_id desc limit $3",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(RECENT)
    .fetch_all(executor)
    .await?;
    let mut recent = (Vec::new(), Vec::new());
    for row in &rows {
        recent.0.push(row.try_get::<i64>("source_rows").map(|rows| u64::try_from(rows).unwrap_or(0))?);
        let shape = row.try_get::<Option<&str>>("source_shape")?;
        recent.1.extend(shape.and_then(|shape| serde_json::from_str(shape).ok()));
    }
    Ok(recent)
}
