//! Moves: a new grant in place of an old one. A run that ends in between leaves both or neither, and Seam alone cannot
//! tell the one that was to go from one that is wanted beside the other, or who stands outside: the record can.

use std::collections::BTreeSet;

use super::database::Executor;
use super::error::StoreError;
use super::lease::Lease;
use super::ledger::Entry;
use super::open::{Store, milliseconds, timestamp};
use super::statement::{Row, Statement};
use crate::model::{AccessGrantKey, Move, Namespace, RunId, Window, WorkspaceId};

impl Store {
    /// Records the moves that are to be made, in place of those recorded before.
    pub async fn begin_moves(
        &self,
        lease: &Lease,
        run_id: &RunId,
        moves: &BTreeSet<Move>,
    ) -> Result<(), StoreError> {
        let failed = |source| self.error("record moves", source);
        let entry = Entry { workspace_id: lease.workspace_id(), namespace: lease.namespace(), run_id };
        let mut transaction = self.begin().await?;
        clear(&mut transaction, &entry).await.map_err(failed)?;
        for one in moves {
            put(&mut transaction, &entry, one).await.map_err(failed)?;
        }
        self.commit(transaction).await
    }
}

pub(super) async fn list(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<BTreeSet<Move>> {
    let key = |row: &Row, column: &str| row.try_get(column).map(|key: &str| AccessGrantKey::new(key));
    Statement::new(
        "select old_key, new_key, starts_at, ends_at from moves where workspace_id = $1 and namespace = $2",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| {
        let ends_at: Option<i64> = row.try_get("ends_at")?;
        let window =
            Window { starts_at: timestamp(row.try_get("starts_at")?), ends_at: ends_at.map(timestamp) };
        Ok(Move { old: key(row, "old_key")?, new: key(row, "new_key")?, window })
    })
    .collect()
}

async fn put(executor: impl Executor, entry: &Entry<'_>, one: &Move) -> sqlx::Result<()> {
    let Entry { workspace_id, namespace, run_id } = entry;
    Statement::new(
        "insert into moves (workspace_id, namespace, old_key, new_key, starts_at, ends_at, run_id)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(one.old.as_str())
    .bind(one.new.as_str())
    .bind(milliseconds(one.window.starts_at))
    .bind(one.window.ends_at.map(milliseconds))
    .bind(run_id.as_str())
    .execute(executor)
    .await
    .map(drop)
}

async fn clear(executor: impl Executor, entry: &Entry<'_>) -> sqlx::Result<()> {
    let Entry { workspace_id, namespace, run_id: _ } = entry;
    Statement::new("delete from moves where workspace_id = $1 and namespace = $2")
        .bind(workspace_id.as_str())
        .bind(namespace.as_str())
        .execute(executor)
        .await
        .map(drop)
}
