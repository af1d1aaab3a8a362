//! `rollback`, and what it leaves behind: reservations that are kept as they were until their source changes.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::job::{Job, Mode};
use super::told::Told;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::mapping::{Desired, Directory, PinGround, Pinned, hold_to_pins};
use crate::model::{AccessGrantKey, Inventory, Pin, Reservation, ReservationId, RunId, WorkspaceId};
use crate::plan::{Undone, undo};
use crate::report::document::Document;
use crate::store::{RunSelector, Store};

/// A run on record that is to be undone, and where it wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRun {
    undone: Undone,
    workspace_id: WorkspaceId,
    namespace: String,
}

impl RecordedRun {
    /// Reads it from the record.
    pub async fn load(settings: &Settings, selector: &RunSelector) -> Result<Self, Failure> {
        let store = Store::open(&settings.store).await?;
        let (summary, document) = store.run(selector).await?;
        let steps = store.steps(&summary.run_id).await?;
        store.close().await;
        let document = document.ok_or_else(|| Failure {
            exit_code: ExitCode::Usage,
            message: format!("run {} left no report, so that nobody knows how it was before", summary.run_id),
            hint: "`reservation-sync show` tells its calls; `reservation-sync explain` each reservation"
                .to_owned(),
        })?;
        let document = Document::from_json(&document).map_err(|error| {
            Failure::new(ExitCode::Unexpected, &error, "the record is of another version of this program")
        })?;
        let deletes = steps.into_iter().filter(|step| step.path == "/access_grants/delete");
        let deleted: BTreeSet<AccessGrantKey> =
            deletes.map(|step| AccessGrantKey::new(step.subject)).collect();
        let undone = Undone { run_id: summary.run_id, items: document.plan_items(), deleted };
        Ok(Self { undone, workspace_id: summary.workspace_id, namespace: summary.namespace })
    }

    /// Which run it is.
    pub(super) fn id(&self) -> &RunId {
        &self.undone.run_id
    }

    /// The reservations that the run changed; some may be in neither source nor Seam by now.
    pub(super) fn reservations(&self) -> BTreeSet<ReservationId> {
        self.undone.items.iter().map(|item| item.reservation.clone()).collect()
    }
}

impl Job<'_> {
    /// Puts what is kept in the place of what the source wants. A rollback keeps what was before that run, and wants
    /// nothing else.
    pub(super) fn pin(
        &self,
        desired: &mut Desired,
        recorded: &[Pin],
        (reservations, directory, inventory): (&[Reservation], &Directory, &Inventory),
        told: &mut Told,
    ) -> Result<Pinned, Failure> {
        let namespace = &self.settings.plan.namespace;
        let properties = &self.settings.mapping.properties;
        let now = told.now;
        let ground = PinGround { reservations, directory, inventory, namespace, properties, now };
        let Mode::RollBack(run) = self.mode else {
            return Ok(hold_to_pins(desired, recorded, &ground));
        };
        let workspace_id = told.workspace_id.as_ref();
        if workspace_id != Some(&run.workspace_id) || namespace.as_str() != run.namespace {
            return Err(Failure {
                exit_code: ExitCode::PlanDoesNotFit,
                message: format!("run {} wrote to another workspace or namespace", run.undone.run_id),
                hint: "take the configuration and the key with which it ran".to_owned(),
            });
        }
        let (pins, problems) = undo(&run.undone, &ground);
        desired.warnings = problems;
        let pinned = hold_to_pins(desired, &pins, &ground);
        desired.reservations.retain(|reservation| pinned.holding.contains_key(&reservation.id));
        Ok(pinned)
    }
}
