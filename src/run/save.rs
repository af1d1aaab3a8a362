//! What a plan file holds beside its report: the calls, and by what it is told whether they still fit.

use jiff::Timestamp;

use super::failure::Failure;
use super::job::{Job, Mode};
use crate::mapping::Pinned;
use crate::model::Inventory;
use crate::plan::{Plan, SavedPlan, held};
use crate::store::Store;

impl Job<'_> {
    /// The part of the file that machines read. The plan names the store beside which it was decided, so that one is
    /// made where there is none.
    pub(super) async fn save(
        &self,
        plan: &Plan,
        inventory: &Inventory,
        now: Timestamp,
        pinned: &Pinned,
    ) -> Result<SavedPlan, Failure> {
        let store = Store::open(&self.settings.store).await?;
        let identity = store.identity().await?;
        store.close().await;
        let namespace = &self.settings.plan.namespace;
        let (reservations, identities) = held(plan, inventory, namespace);
        Ok(SavedPlan {
            namespace: namespace.clone(),
            config: self.settings.digest.clone(),
            store: identity,
            created_at: Timestamp::now(),
            now,
            reservations,
            identities,
            doors: plan.doors.clone(),
            steps: plan.steps.clone(),
            wanted: plan.items.iter().map(|item| item.wanted).collect(),
            learnt: plan.learnt.clone(),
            pins: match self.mode {
                Mode::RollBack(_) => pinned.holding.values().cloned().collect(),
                _ => Vec::new(),
            },
            rings: plan.rings.clone(),
            when_undone: plan.when_undone.clone(),
            checksum: String::new(),
        })
    }
}
