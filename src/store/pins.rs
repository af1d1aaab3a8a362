//! Reservations that are kept as they were before a run that was undone (RULES 35).

use super::database::Executor;
use super::error::StoreError;
use super::lease::Lease;
use super::ledger::Entry;
use super::open::Store;
use super::statement::Statement;
use crate::model::{Namespace, Pin, ReservationId, RunId, WorkspaceId};

impl Store {
    /// Records what is to be kept; a pin takes the place of an earlier one of its reservation.
    pub async fn put_pins(&self, lease: &Lease, run_id: &RunId, pins: &[Pin]) -> Result<(), StoreError> {
        let failed = |source| self.error("record pins", source);
        let entry = Entry { workspace_id: lease.workspace_id(), namespace: lease.namespace(), run_id };
        let mut transaction = self.begin().await?;
        for pin in pins {
            put(&mut transaction, &entry, pin).await.map_err(failed)?;
        }
        self.commit(transaction).await
    }

    /// Forgets those that hold no longer.
    pub async fn forget_pins(
        &self,
        lease: &Lease,
        run_id: &RunId,
        void: &[ReservationId],
    ) -> Result<(), StoreError> {
        let failed = |source| self.error("forget pins", source);
        let entry = Entry { workspace_id: lease.workspace_id(), namespace: lease.namespace(), run_id };
        let mut transaction = self.begin().await?;
        for id in void {
            remove(&mut transaction, &entry, id).await.map_err(failed)?;
        }
        self.commit(transaction).await
    }
}

/// All pins. One that cannot be read is an error: what it keeps must not be undone unseen.
pub(super) async fn list(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Vec<Pin>> {
    let rows = Statement::new(
        "select pin from pins where workspace_id = $1 and namespace = $2 order by property, reservation_key",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?;
    let mut pins = Vec::with_capacity(rows.len());
    for row in &rows {
        let text: &str = row.try_get("pin")?;
        pins.push(serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))?);
    }
    Ok(pins)
}

async fn put(executor: impl Executor, entry: &Entry<'_>, pin: &Pin) -> sqlx::Result<()> {
    let Entry { workspace_id, namespace, run_id } = entry;
    Statement::new(
        "insert into pins (workspace_id, namespace, property, reservation_key, pin, run_id)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, namespace, property, reservation_key) do update set
             pin = excluded.pin, run_id = excluded.run_id",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(pin.property.as_str())
    .bind(pin.reservation_key.as_str())
    .bind(serde_json::to_string(pin).expect("a pin has only strings for keys"))
    .bind(run_id.as_str())
    .execute(executor)
    .await
    .map(drop)
}

async fn remove(executor: impl Executor, entry: &Entry<'_>, id: &ReservationId) -> sqlx::Result<()> {
    let Entry { workspace_id, namespace, run_id: _ } = entry;
    Statement::new(
        "delete from pins where workspace_id = $1 and namespace = $2 and property = $3 and reservation_key = $4",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .bind(id.property.as_str())
    .bind(id.key.as_str())
    .execute(executor)
    .await
    .map(drop)
}
