//! Replacements that have begun must be finished: between the first delete and the last create the guests of the
//! reservation stand outside (RULES 20).

use std::collections::{HashMap, HashSet};

use super::queue::step_ids;
use crate::model::ReservationId;
use crate::plan::{Call, Plan, StepId};

/// Which steps belong to a replacement of which reservation.
#[derive(Debug)]
pub(super) struct Replacements<'a> {
    unit_of: HashMap<StepId, &'a ReservationId>,
    begun: HashSet<&'a ReservationId>,
}

impl<'a> Replacements<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let mut unit_of = HashMap::new();
        for (id, step) in step_ids(plan) {
            let deletes: Vec<StepId> = step
                .requires
                .iter()
                .copied()
                .filter(|other| matches!(plan.step(*other).call, Call::DeleteGrant { .. }))
                .collect();
            if let (false, Some(item), Call::CreateGrant { .. }) = (deletes.is_empty(), step.item, &step.call)
            {
                let reservation = &plan.item(item).reservation;
                for member in deletes.into_iter().chain(step.requires.iter().copied()).chain([id]) {
                    unit_of.insert(member, reservation);
                }
            }
        }
        Self { unit_of, begun: HashSet::new() }
    }

    /// Takes note that a step is sent.
    pub(super) fn sent(&mut self, plan: &Plan, id: StepId) {
        if let (Some(unit), Call::DeleteGrant { .. }) = (self.unit_of.get(&id), &plan.step(id).call) {
            self.begun.insert(unit);
        }
    }

    /// Whether a step must be sent although the run is to end.
    pub(super) fn must_finish(&self, id: StepId) -> bool {
        self.unit_of.get(&id).is_some_and(|unit| self.begun.contains(*unit))
    }
}
