//! `check --online`: whether a run would get through. The key, the workspace, the clock and the store are tried, and what
//! the source says is decided on what Seam holds, as a run would. Nothing is written to Seam.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::connection::Connection;
use super::explain::Seen;
use super::failure::Failure;
use super::first_contact::refuse_other_workspace;
use super::job::{Job, refuse_suspended};
use super::told::Told;
use crate::config::Endpoint;
use crate::event::{Event, Stage};
use crate::mapping::{Outline, idle_lines};
use crate::model::{
    HeldBy, Inventory, Ledger, Namespace, Problem, ReasonCode, ReservationId, SourceRead, SpaceKey, Workspace,
};
use crate::plan::{CheckedPlan, GuardCheck, existing_by_property};
use crate::record::RunSummary;
use crate::store::Store;

/// What was found.
#[derive(Debug)]
pub struct Online {
    /// What Seam is like, or why it could not be seen.
    pub seam: Result<SeenSeam, Failure>,
    /// What the store is like, or why it cannot be used.
    pub store: Result<SeenStore, Failure>,
}

/// A workspace, and what a run would meet there.
#[derive(Debug)]
pub struct SeenSeam {
    /// The workspace of the key.
    pub workspace: Workspace,
    /// How far Seam's clock is ahead of ours; `None` where it did not say, or is ours.
    pub clock: Option<SignedDuration>,
    /// How much of each kind there is.
    pub counts: SeamCounts,
    /// The spaces that units lead to and Seam has not.
    pub missing: BTreeSet<SpaceKey>,
    /// Doors that parties may have at the same time, by what people call them.
    pub common_doors: BTreeSet<String>,
    /// Lines of the table of spaces that lead nowhere, although no stay shows it yet.
    pub idle: Vec<Problem>,
    /// What a run would warn of.
    pub warnings: Vec<Problem>,
    /// Stays that would wait for a person.
    pub waiting: Vec<WaitingStay>,
    /// Guards that would stop a run.
    pub tripped: Vec<GuardCheck>,
}

/// How much of each kind there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeamCounts {
    /// Spaces.
    pub spaces: usize,
    /// Entrances.
    pub entrances: usize,
    /// Entrances to which Seam's reservation rules apply.
    pub capable: usize,
    /// Devices that can be opened.
    pub devices: usize,
    /// People.
    pub identities: usize,
    /// Live grants.
    pub grants: usize,
    /// Live grants of this job.
    pub ours: u64,
}

/// A stay that would wait for a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitingStay {
    /// Why, in one word.
    pub reason_code: ReasonCode,
    /// Whose.
    pub reservation: ReservationId,
    /// Why, in one sentence.
    pub reason: String,
}

/// The store.
#[derive(Debug)]
pub struct SeenStore {
    /// Where it is, without a password.
    pub address: String,
    /// Whether it is there already; the first run makes it.
    pub exists: bool,
    /// The run that began last.
    pub last_run: Option<RunSummary>,
}

/// Looks at everything that a run of this job needs beside the source, which was read.
pub async fn look_online(job: Job<'_>, read: SourceRead, outline: &Outline) -> Online {
    let (store, seen) = match Store::open_existing(&job.settings.store).await {
        Ok(store) => {
            let seen = job.see_store(store.as_ref()).await;
            (store, seen)
        }
        Err(error) => (None, Err(Failure::from(error))),
    };
    let seam = job.see_seam(store.as_ref(), read, outline).await;
    if let Some(store) = store {
        store.close().await;
    }
    let seam = match job.interrupt.exit_code() {
        Some(exit_code) => seam.map_err(|failure| Failure::interrupted(exit_code, Some(failure))),
        None => seam,
    };
    Online { seam, store: seen }
}

impl Job<'_> {
    async fn see_store(&self, store: Option<&Store>) -> Result<SeenStore, Failure> {
        let last_run = match store {
            Some(store) => store.runs(1).await?.pop(),
            None => None,
        };
        let address = self.settings.store.address.to_string();
        Ok(SeenStore { address, exists: store.is_some(), last_run })
    }

    async fn see_seam(
        &self,
        store: Option<&Store>,
        read: SourceRead,
        outline: &Outline,
    ) -> Result<SeenSeam, Failure> {
        let connection = Connection::open(&self.settings.seam, self.now, self.interrupt.token()).await?;
        let seen = self.see_workspace(&connection, store, read, outline).await;
        connection.close().await;
        seen
    }

    async fn see_workspace(
        &self,
        connection: &Connection,
        store: Option<&Store>,
        read: SourceRead,
        outline: &Outline,
    ) -> Result<SeenSeam, Failure> {
        let workspace = connection.reader.workspace(self.sink).await?.clone();
        refuse_other_workspace(&workspace, self.settings)?;
        refuse_suspended(&workspace)?;
        self.sink.emit(&Event::Started(Stage::Inventory));
        let inventory = connection.reader.inventory(self.sink).await?;
        self.sink.emit(&Event::Finished(Stage::Inventory));
        let ledger = match store {
            Some(store) => {
                self.recognise(store, &workspace.id).await?;
                store.ledger(&workspace.id, &self.settings.plan.namespace).await?
            }
            None => Ledger::default(),
        };
        let mut told = Told::of(self);
        let outside = BTreeSet::new();
        let (plan, seen, _) = self.decide(connection, &mut told, read, outside, inventory, &ledger).await?;
        let Seen { inventory, directory, desired, decisions: _, now } = &seen;
        let is_missing = |key: &&SpaceKey| directory.by_key(key).is_none();
        let (mapping_rule, methods) = (&self.settings.mapping.units, self.settings.mapping.methods);
        // The embedded sandbox has our clock.
        let clock = match self.settings.seam.endpoint {
            Endpoint::Sandbox { .. } => None,
            Endpoint::Url(_) => connection.reader.clock_difference(),
        };
        Ok(SeenSeam {
            clock,
            counts: SeamCounts::of(inventory, &self.settings.plan.namespace, *now),
            missing: outline.spaces.iter().filter(is_missing).cloned().collect(),
            common_doors: desired.doors.names_of_common(directory),
            idle: idle_lines(mapping_rule, methods, &outline.spaces, directory),
            warnings: plan.warnings.clone(),
            waiting: waiting(&plan),
            tripped: told.guards.into_iter().filter(|guard| guard.tripped).collect(),
            workspace,
        })
    }
}

impl SeamCounts {
    fn of(inventory: &Inventory, namespace: &Namespace, now: Timestamp) -> Self {
        let Inventory { workspace: _, spaces, entrances, devices, identities, grants } = inventory;
        let ours: u64 = existing_by_property(inventory, namespace, now).into_values().sum();
        Self {
            spaces: spaces.len(),
            entrances: entrances.len(),
            capable: entrances.iter().filter(|entrance| entrance.can_belong_to_reservation).count(),
            devices: devices.iter().filter(|device| !device.methods.is_empty()).count(),
            identities: identities.len(),
            grants: grants.iter().filter(|grant| grant.is_live(now)).count(),
            ours,
        }
    }
}

fn waiting(plan: &CheckedPlan) -> Vec<WaitingStay> {
    let held = plan.items.iter().filter(|item| item.held_by == Some(HeldBy::Person));
    let mut waiting: Vec<WaitingStay> = held
        .map(|item| WaitingStay {
            reason_code: item.reason_code,
            reservation: item.reservation.clone(),
            reason: item.reason.to_string(),
        })
        .collect();
    waiting.sort();
    waiting
}
