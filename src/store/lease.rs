//! The right to write for one workspace and namespace, held by one process at a time (RULES 30).
//!
//! A [`Lease`] is the proof that functions which record intents ask for. It is renewed while it lives; where the
//! renewal fails it runs out, and then nothing may be begun.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, SqliteExecutor};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::error::StoreError;
use super::holder::{Holder, Liveness};
use super::open::{Store, milliseconds, timestamp};
use crate::model::{Namespace, WorkspaceId};

/// How soon a lease is looked at again at the earliest.
const SHORTEST_LOOK: Duration = Duration::from_millis(1);

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another process has it.
    #[error("the lock is held by {by} since {since:.0}, until {expires:.0} if it shows no sign of life")]
    Held {
        /// Who.
        by: String,
        /// Since when.
        since: Timestamp,
        /// Until when, without a renewal.
        expires: Timestamp,
    },
    /// Another process took it after it had run out.
    #[error("the lock was lost to another run")]
    Lost,
    /// The store failed.
    #[error("read or write the lock")]
    Store(#[source] StoreError),
}

/// The right to write. Dropping it leaves it to run out, as a crash would; [`Lease::release`] gives it back.
#[derive(Debug)]
pub struct Lease {
    right: Right,
    heartbeat: JoinHandle<()>,
}

#[derive(Debug, Clone)]
struct Right {
    store: Store,
    id: String,
    workspace_id: WorkspaceId,
    namespace: Namespace,
    ttl: Duration,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// By both clocks: the one on the wall may be set, the other stands still while the machine sleeps.
    Until(Instant, Timestamp),
    Lost,
}

impl Store {
    /// Takes the lease, unless a process that may be alive has it.
    pub async fn acquire_lease(
        &self,
        workspace_id: &WorkspaceId,
        namespace: &Namespace,
        holder: &Holder,
        ttl: Duration,
    ) -> Result<Lease, LeaseError> {
        let id = Uuid::new_v4().to_string();
        let state = State::after(ttl);
        let mut transaction = self.begin().await.map_err(LeaseError::Store)?;
        let failed = |source| LeaseError::Store(self.error("take the lock", source));
        let row = find(&mut *transaction, workspace_id, namespace).await.map_err(failed)?;
        if let Some(other) = row.filter(|other| other.may_live(Timestamp::now())) {
            return Err(LeaseError::Held {
                by: other.holder.to_string(),
                since: other.since,
                expires: other.expires,
            });
        }
        let now = Timestamp::now();
        let row = LeaseRow { holder: holder.clone(), since: now, expires: expiry(now, ttl) };
        put(&mut transaction, &id, workspace_id, namespace, &row).await.map_err(failed)?;
        self.commit(transaction).await.map_err(LeaseError::Store)?;

        let right = Right {
            store: self.clone(),
            id,
            workspace_id: workspace_id.clone(),
            namespace: namespace.clone(),
            ttl,
            state: watch::Sender::new(state),
        };
        let heartbeat = tokio::spawn(right.clone().renew_until_lost());
        Ok(Lease { right, heartbeat })
    }
}

impl Lease {
    /// Renews now; otherwise this happens by itself three times within the time that the lease holds.
    pub async fn renew(&self) -> Result<(), LeaseError> {
        self.right.renew().await
    }

    /// How long it holds without another renewal; zero when it is lost. No write may begin with less left than a
    /// call can take.
    pub fn remaining(&self) -> Duration {
        self.right.state.borrow().remaining()
    }

    /// Whether it holds.
    pub fn is_held(&self) -> bool {
        !self.remaining().is_zero()
    }

    /// Waits until less than that is left of it: it was lost, or its renewals fail.
    pub async fn runs_short(&self, left: Duration) {
        let mut receiver = self.right.state.subscribe();
        loop {
            let state = *receiver.borrow_and_update();
            let Some(spare) = state.remaining().checked_sub(left) else { return };
            tokio::select! {
                changed = receiver.changed() => changed.expect("the lease keeps the other end"),
                // The clock on the wall may have been set meanwhile: look again.
                () = tokio::time::sleep(spare.max(SHORTEST_LOOK)) => {}
            }
        }
    }

    /// Waits until another process has taken it; forever, if none does.
    pub async fn lost(&self) {
        let mut receiver = self.right.state.subscribe();
        let lost = receiver.wait_for(|state| *state == State::Lost).await;
        drop(lost.expect("the lease keeps the other end"));
    }

    /// Gives it back.
    pub async fn release(self) -> Result<(), LeaseError> {
        self.heartbeat.abort();
        let Right { store, id, .. } = &self.right;
        delete(&store.pool, id)
            .await
            .map_err(|source| LeaseError::Store(store.error("give back the lock", source)))
    }

    /// The workspace it is for.
    pub fn workspace_id(&self) -> &WorkspaceId {
        &self.right.workspace_id
    }

    /// The namespace it is for.
    pub fn namespace(&self) -> &Namespace {
        &self.right.namespace
    }

    pub(super) fn id(&self) -> &str {
        &self.right.id
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

impl Right {
    async fn renew(&self) -> Result<(), LeaseError> {
        let state = State::after(self.ttl);
        let expires = expiry(Timestamp::now(), self.ttl);
        let n_renewed = extend(&self.store.pool, &self.id, expires)
            .await
            .map_err(|source| LeaseError::Store(self.store.error("renew the lock", source)))?;
        if n_renewed == 0 {
            self.state.send_replace(State::Lost);
            return Err(LeaseError::Lost);
        }
        self.state.send_replace(state);
        Ok(())
    }

    async fn renew_until_lost(self) {
        let mut beat = tokio::time::interval(self.ttl / 3);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.tick().await;
        loop {
            beat.tick().await;
            match self.renew().await {
                Ok(()) => {}
                Err(LeaseError::Lost) => {
                    tracing::error!("another run took the lock; nothing more is sent");
                    return;
                }
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the lock could not be renewed; trying again"
                ),
            }
        }
    }
}

impl State {
    fn after(ttl: Duration) -> Self {
        Self::Until(Instant::now() + ttl, expiry(Timestamp::now(), ttl))
    }

    fn remaining(self) -> Duration {
        match self {
            Self::Lost => Duration::ZERO,
            Self::Until(instant, timestamp) => {
                let by_wall = Timestamp::now().duration_until(timestamp);
                let by_wall = Duration::try_from(by_wall).unwrap_or(Duration::ZERO);
                instant.saturating_duration_since(Instant::now()).min(by_wall)
            }
        }
    }
}

/// A lease as the table holds it.
#[derive(Debug, Clone)]
pub(super) struct LeaseRow {
    holder: Holder,
    since: Timestamp,
    expires: Timestamp,
}

impl LeaseRow {
    /// Whether its holder has to be reckoned with.
    pub(super) fn may_live(&self, now: Timestamp) -> bool {
        now < self.expires && self.holder.liveness() != Liveness::Dead
    }

    /// Reads the columns `host` to `expires`, which are null where a join found no lease.
    pub(super) fn of(row: &SqliteRow) -> sqlx::Result<Option<Self>> {
        let Some(host) = row.try_get::<Option<String>, _>("host")? else { return Ok(None) };
        // A number that no process has makes a holder that nobody can see; its lease runs out.
        let pid = u32::try_from(row.try_get::<i64, _>("pid")?).unwrap_or_default();
        let process_start = u64::try_from(row.try_get::<i64, _>("process_start")?).unwrap_or_default();
        Ok(Some(Self {
            holder: Holder {
                host,
                boot_id: row.try_get("boot_id")?,
                pid_namespace: row.try_get("pid_namespace")?,
                pid,
                process_start,
            },
            since: timestamp(row.try_get("since")?),
            expires: timestamp(row.try_get("expires")?),
        }))
    }
}

/// Rounded up to what the table can hold: others must not think it over before its holder does.
fn expiry(now: Timestamp, ttl: Duration) -> Timestamp {
    let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    now.checked_add(ttl).map_or(Timestamp::MAX, |expires| timestamp(milliseconds(expires) + 1))
}

async fn find(
    executor: impl SqliteExecutor<'_>,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Option<LeaseRow>> {
    sqlx::query(
        "select host, boot_id, pid_namespace, pid, process_start, since, expires
         from leases where workspace_id = $1 and namespace = $2",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_optional(executor)
    .await?
    .map_or(Ok(None), |row| LeaseRow::of(&row))
}

async fn put(
    connection: &mut SqliteConnection,
    id: &str,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
    row: &LeaseRow,
) -> sqlx::Result<()> {
    let LeaseRow { holder, since, expires } = row;
    let Holder { host, boot_id, pid_namespace, pid, process_start } = holder;
    sqlx::query(
        "insert into leases (workspace_id, namespace, lease_id, host, boot_id, pid_namespace, pid, process_start,
             since, expires)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (workspace_id, namespace) do update set
             lease_id = excluded.lease_id, host = excluded.host, boot_id = excluded.boot_id,
             pid_namespace = excluded.pid_namespace, pid = excluded.pid,
             process_start = excluded.process_start, since = excluded.since, expires = excluded.expires",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(id)
    .bind(host)
    .bind(boot_id)
    .bind(pid_namespace)
    .bind(i64::from(*pid))
    .bind(i64::try_from(*process_start).unwrap_or_default())
    .bind(milliseconds(*since))
    .bind(milliseconds(*expires))
    .execute(connection)
    .await
    .map(drop)
}

async fn extend(executor: impl SqliteExecutor<'_>, id: &str, expires: Timestamp) -> sqlx::Result<u64> {
    sqlx::query("update leases set expires = $1 where lease_id = $2")
        .bind(milliseconds(expires))
        .bind(id)
        .execute(executor)
        .await
        .map(|done| done.rows_affected())
}

async fn delete(executor: impl SqliteExecutor<'_>, id: &str) -> sqlx::Result<()> {
    sqlx::query("delete from leases where lease_id = $1").bind(id).execute(executor).await.map(drop)
}
