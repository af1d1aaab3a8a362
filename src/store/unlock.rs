//! Locks that nobody will give back any more, and their removal.

use jiff::Timestamp;

use super::error::StoreError;
use super::holder::{Holder, Liveness};
use super::lease_row::{LeaseRow, list, remove};
use super::open::Store;
use crate::model::{Namespace, WorkspaceId};

/// A lock that was found, and what was done with it.
#[derive(Debug, Clone)]
pub struct FoundLock {
    /// What the lock is called, so that a person can name exactly this one.
    pub id: String,
    /// What it is for.
    pub workspace_id: WorkspaceId,
    /// Who took it.
    pub holder: Holder,
    /// When.
    pub since: Timestamp,
    /// The last sign of life.
    pub renewed: Timestamp,
    /// When it ends without another one.
    pub expires: Timestamp,
    /// What was done.
    pub fate: Fate,
}

/// What became of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Removed: its process on this host is gone.
    LiftedDead,
    /// Removed: it ran out.
    LiftedExpired,
    /// Removed, because a person named it.
    LiftedNamed,
    /// Left: its process runs on this host.
    KeptAlive,
    /// Left: its process is not to be seen from here and may be alive.
    KeptUnseen,
    /// Left: it gave a sign of life, or changed hands, while it was looked at.
    KeptChanged,
}

impl Fate {
    /// Whether the lock is gone.
    pub fn is_lifted(self) -> bool {
        match self {
            Self::LiftedDead | Self::LiftedExpired | Self::LiftedNamed => true,
            Self::KeptAlive | Self::KeptUnseen | Self::KeptChanged => false,
        }
    }
}

impl Store {
    /// Removes the locks of a namespace that are stale. One that may be alive on another host is removed only where a
    /// person gives its id; one that is alive on this host never is.
    pub async fn unlock(
        &self,
        namespace: &Namespace,
        named: Option<&str>,
    ) -> Result<Vec<FoundLock>, StoreError> {
        let failed = |source| self.error("lift the lock", source);
        let now = self.now().await?;
        let mut locks = Vec::new();
        for (workspace_id, row) in list(&self.pool, namespace).await.map_err(failed)? {
            let mut fate = judge(&row, now, named);
            if fate.is_lifted() && !remove(&self.pool, &row).await.map_err(failed)? {
                fate = Fate::KeptChanged;
            }
            let LeaseRow { id, holder, since, renewed, expires } = row;
            locks.push(FoundLock { id, workspace_id, holder, since, renewed, expires, fate });
        }
        Ok(locks)
    }
}

fn judge(row: &LeaseRow, now: Timestamp, named: Option<&str>) -> Fate {
    match row.holder.liveness() {
        Liveness::Alive => Fate::KeptAlive,
        Liveness::Dead => Fate::LiftedDead,
        Liveness::Unknown if row.expires <= now => Fate::LiftedExpired,
        Liveness::Unknown if named == Some(row.id.as_str()) => Fate::LiftedNamed,
        Liveness::Unknown => Fate::KeptUnseen,
    }
}
