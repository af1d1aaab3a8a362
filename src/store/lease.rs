//! The right to write for one workspace and namespace, held by one process at a time (RULES 39).
//!
//! A [`Lease`] is the proof that functions which record intents ask for. It is renewed while it lives; where the
//! renewal fails it runs out, and then nothing may be begun.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use super::error::StoreError;
use super::holder::Holder;
use super::lease_row::{LeaseRow, delete, extend, find, put};
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
        let failed = |source| LeaseError::Store(self.error("take the lock", source));
        let state = loop {
            // By the clock of this host it must end no later than by that of the store, so it begins before.
            let state = State::after(ttl);
            let now = self.now().await.map_err(LeaseError::Store)?;
            let found = find(&self.pool, workspace_id, namespace).await.map_err(failed)?;
            if let Some(LeaseRow { holder, since, expires, .. }) =
                found.as_ref().filter(|other| other.may_live(now))
            {
                let by = holder.to_string();
                return Err(LeaseError::Held { by, since: *since, expires: *expires });
            }
            let (holder, expires) = (holder.clone(), expiry(now, ttl));
            let row = LeaseRow { id: id.clone(), holder, since: now, renewed: now, expires };
            // Where somebody else was quicker, the next look says who.
            if put(&self.pool, workspace_id, namespace, &row, found.as_ref()).await.map_err(failed)? {
                break state;
            }
        };
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
        let now = self.store.now().await.map_err(LeaseError::Store)?;
        let is_ours = extend(&self.store.pool, &self.id, now, expiry(now, self.ttl))
            .await
            .map_err(|source| LeaseError::Store(self.store.error("renew the lock", source)))?;
        if !is_ours {
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

/// Rounded up to what the table can hold: others must not think it over before its holder does.
fn expiry(now: Timestamp, ttl: Duration) -> Timestamp {
    let ttl = SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
    now.checked_add(ttl).map_or(Timestamp::MAX, |expires| timestamp(milliseconds(expires) + 1))
}
