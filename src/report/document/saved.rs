//! A plan file: a document with the calls beside the lines, from which exactly that plan can be carried out.

use std::sync::Arc;

use super::shape::{Document, Line, Notice};
use crate::model::{Problem, PropertyCode, ReservationId, SourcePlace, Wanted, WorkspaceId};
use crate::plan::{IdentityItem, Item, Plan, SavedPlan};

/// Why a file is no plan that can be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSaved {
    /// It is a report only.
    #[error("the file is a report without the calls of a plan")]
    NoCalls,
    /// The plan was stopped when it was made.
    #[error("the plan was stopped when it was made")]
    Stopped,
    /// It is not as it was written.
    #[error("the file is not as it was written")]
    Changed,
}

impl NotSaved {
    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoCalls => "`reservation-sync plan -o PLAN.json` writes one with its calls",
            Self::Stopped => {
                "`reservation-sync show PLAN.json` says why; make a new plan when that is settled"
            }
            Self::Changed => "a plan file must not be edited; make a new one with `reservation-sync plan -o`",
        }
    }
}

impl Document {
    /// Adds the calls.
    #[must_use]
    pub fn with_saved(mut self, saved: SavedPlan) -> Self {
        let checksum = checksum(&self, &saved);
        self.saved = Some(Box::new(SavedPlan { checksum, ..saved }));
        self
    }

    /// The plan as it was made, but for wished PINs, which are never written down.
    pub fn saved_plan(&self) -> Result<(Plan, &SavedPlan), NotSaved> {
        if self.error.is_some() {
            return Err(NotSaved::Stopped);
        }
        let saved = self.saved.as_deref().ok_or(NotSaved::NoCalls)?;
        let n_lines = self.items.len();
        let is_good = checksum(self, saved) == saved.checksum
            && saved.wanted.len() == n_lines
            && saved.steps.iter().all(|step| step.item.is_none_or(|item| (item.0 as usize) < n_lines));
        if !is_good {
            return Err(NotSaved::Changed);
        }
        let plan = Plan {
            items: self.items.iter().zip(&saved.wanted).map(|(line, wanted)| item(line, *wanted)).collect(),
            identities: IdentityItem::all_of(&saved.steps),
            steps: saved.steps.clone(),
            doors: saved.doors.clone(),
            rings: saved.rings.clone(),
            n_unchanged: self.counts.unchanged,
            warnings: Vec::new(),
            estimate: crate::plan::Estimate::default(),
            in_house: crate::plan::InHouse::default(),
            matters: Vec::new(),
            when_undone: saved.when_undone.clone(),
            guards: Vec::new(),
            trips: Vec::new(),
            learnt: saved.learnt.clone(),
        };
        Ok((plan, saved))
    }

    /// The lines as a plan has them.
    pub fn plan_items(&self) -> Vec<Item> {
        self.items.iter().map(|line| item(line, None)).collect()
    }

    /// Takes over what a plan file tells: what was read, what was counted, and what is to be done.
    #[must_use]
    pub fn with_plan_of(mut self, planned: &Self) -> Self {
        self.source.clone_from(&planned.source);
        self.guards.clone_from(&planned.guards);
        self.allowances.clone_from(&planned.allowances);
        self.estimate.clone_from(&planned.estimate);
        self.items.clone_from(&planned.items);
        self.identities.clone_from(&planned.identities);
        self.rejects.clone_from(&planned.rejects);
        self.matters.clone_from(&planned.matters);
        self.warnings.clone_from(&planned.warnings);
        self.counts = planned.counts;
        self.count();
        self
    }

    /// Adds what a person should know.
    #[must_use]
    pub fn with_warnings(mut self, problems: &[Problem]) -> Self {
        self.warnings.extend(problems.iter().map(Notice::of));
        self.counts.warnings = self.warnings.len();
        self
    }
}

fn item(line: &Line, wanted: Option<Wanted>) -> Item {
    let Line {
        key,
        property,
        reservation_key,
        action,
        reason_code,
        reason,
        impact,
        phase,
        held_by,
        arrival,
        before,
        after,
        source,
        code_wished,
        outcome: _,
        error: _,
    } = line;
    Item {
        key: key.clone(),
        reservation: ReservationId {
            property: PropertyCode::new(property.as_deref().unwrap_or_default()),
            key: reservation_key.clone(),
        },
        action: *action,
        reason_code: *reason_code,
        reason: reason.clone().into(),
        impact: *impact,
        phase: *phase,
        held_by: *held_by,
        arrival: *arrival,
        before: before.clone().map(Arc::new),
        after: after.clone().map(Arc::new),
        source: source.as_deref().map(SourcePlace::parse),
        code_wished: *code_wished,
        wanted,
    }
}

/// What is to be carried out, and where, as one hash.
fn checksum(document: &Document, saved: &SavedPlan) -> String {
    let workspace_id: &Option<WorkspaceId> = &document.workspace_id;
    let unsigned = SavedPlan { checksum: String::new(), ..saved.clone() };
    let facts = (workspace_id, &document.items, &document.identities, &unsigned);
    let text = serde_json::to_vec(&facts).expect("its keys are strings and its numbers finite");
    blake3::hash(&text).to_hex().to_string()
}
