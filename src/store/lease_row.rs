//! Leases as the table holds them.

use jiff::Timestamp;

use super::database::Executor;
use super::holder::{Holder, Liveness};
use super::open::{milliseconds, timestamp};
use super::statement::{Row, Statement};
use crate::model::{Namespace, WorkspaceId};

/// Who may write, and until when, by the clock of the store.
#[derive(Debug, Clone)]
pub(super) struct LeaseRow {
    pub(super) id: String,
    pub(super) holder: Holder,
    pub(super) since: Timestamp,
    /// The last sign of life.
    pub(super) renewed: Timestamp,
    pub(super) expires: Timestamp,
}

impl LeaseRow {
    /// Whether its holder has to be reckoned with.
    pub(super) fn may_live(&self, now: Timestamp) -> bool {
        now < self.expires && self.holder.liveness() != Liveness::Dead
    }

    /// Reads the columns of a lease, which are null where a join found none.
    pub(super) fn of(row: &Row) -> sqlx::Result<Option<Self>> {
        let Some(host) = row.try_get::<Option<String>>("host")? else { return Ok(None) };
        // A number that no process has makes a holder that nobody can see; its lease runs out.
        let pid = u32::try_from(row.try_get::<i64>("pid")?).unwrap_or_default();
        let process_start = u64::try_from(row.try_get::<i64>("process_start")?).unwrap_or_default();
        let since = timestamp(row.try_get("since")?);
        Ok(Some(Self {
            id: row.try_get("lease_id")?,
            holder: Holder {
                host,
                boot_id: row.try_get("boot_id")?,
                pid_namespace: row.try_get("pid_namespace")?,
                pid,
                process_start,
            },
            since,
            renewed: row.try_get::<Option<i64>>("renewed")?.map_or(since, timestamp),
            expires: timestamp(row.try_get("expires")?),
        }))
    }
}

pub(super) async fn find(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Option<LeaseRow>> {
    Statement::new(
        "select lease_id, host, boot_id, pid_namespace, pid, process_start, since, renewed, expires
         from leases where workspace_id = $1 and namespace = $2",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_optional(executor)
    .await?
    .map_or(Ok(None), |row| LeaseRow::of(&row))
}

/// Whether the lease is still in the table. Where it is, it stays there until the transaction ends: the row is written,
/// with what it holds, so that nobody takes the lease between this look and a record of the same transaction.
pub(super) async fn hold(executor: impl Executor, lease_id: &str) -> sqlx::Result<bool> {
    Statement::new("update leases set lease_id = lease_id where lease_id = $1")
        .bind(lease_id)
        .execute(executor)
        .await
        .map(|n_rows| n_rows > 0)
}

/// Puts a lease where there was none, or in the place of the one that was found. Gives whether it did: where the
/// table has another one by now, or the holder of that one showed a sign of life, nothing is changed.
pub(super) async fn put(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
    row: &LeaseRow,
    found: Option<&LeaseRow>,
) -> sqlx::Result<bool> {
    let LeaseRow { id, holder, since, renewed, expires } = row;
    let Holder { host, boot_id, pid_namespace, pid, process_start } = holder;
    Statement::new(
        "insert into leases (workspace_id, namespace, lease_id, host, boot_id, pid_namespace, pid, process_start,
             since, renewed, expires)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (workspace_id, namespace) do update set
             lease_id = excluded.lease_id, host = excluded.host, boot_id = excluded.boot_id,
             pid_namespace = excluded.pid_namespace, pid = excluded.pid,
             process_start = excluded.process_start, since = excluded.since, renewed = excluded.renewed,
             expires = excluded.expires
         where leases.lease_id = $12 and leases.expires = $13",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(id.as_str())
    .bind(host.as_str())
    .bind(boot_id.as_str())
    .bind(pid_namespace.as_str())
    .bind(i64::from(*pid))
    .bind(i64::try_from(*process_start).unwrap_or_default())
    .bind(milliseconds(*since))
    .bind(milliseconds(*renewed))
    .bind(milliseconds(*expires))
    .bind(found.map(|found| found.id.as_str()))
    .bind(found.map_or(0, |found| milliseconds(found.expires)))
    .execute(executor)
    .await
    .map(|n_rows| n_rows > 0)
}

/// Gives whether there was such a lease.
pub(super) async fn extend(
    executor: impl Executor,
    id: &str,
    now: Timestamp,
    expires: Timestamp,
) -> sqlx::Result<bool> {
    Statement::new("update leases set renewed = $1, expires = $2 where lease_id = $3")
        .bind(milliseconds(now))
        .bind(milliseconds(expires))
        .bind(id)
        .execute(executor)
        .await
        .map(|n_rows| n_rows > 0)
}

pub(super) async fn delete(executor: impl Executor, id: &str) -> sqlx::Result<()> {
    Statement::new("delete from leases where lease_id = $1").bind(id).execute(executor).await.map(drop)
}

/// The leases of a namespace, with their workspaces.
pub(super) async fn list(
    executor: impl Executor,
    namespace: &Namespace,
) -> sqlx::Result<Vec<(WorkspaceId, LeaseRow)>> {
    let rows = Statement::new(
        "select workspace_id, lease_id, host, boot_id, pid_namespace, pid, process_start, since, renewed, expires
         from leases where namespace = $1 order by workspace_id",
    )
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?;
    let mut leases = Vec::with_capacity(rows.len());
    for row in &rows {
        let workspace_id = WorkspaceId::new(row.try_get::<&str>("workspace_id")?);
        leases.extend(LeaseRow::of(row)?.map(|lease| (workspace_id, lease)));
    }
    Ok(leases)
}

/// Removes a lease unless it was renewed since it was read. Gives whether it did.
pub(super) async fn remove(executor: impl Executor, row: &LeaseRow) -> sqlx::Result<bool> {
    Statement::new("delete from leases where lease_id = $1 and expires = $2")
        .bind(row.id.as_str())
        .bind(milliseconds(row.expires))
        .execute(executor)
        .await
        .map(|n_rows| n_rows > 0)
}
