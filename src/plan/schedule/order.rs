//! What must have happened before a step, how urgent each one is, and how far each has come.

use std::mem;

use jiff::Timestamp;
use smallvec::{SmallVec, smallvec};

use super::replacement::Units;
use crate::plan::{Call, Plan, Step, StepId, StepIds};

/// The prerequisites of a plan, as they are fulfilled.
#[derive(Debug)]
pub(super) struct Order {
    progress: Vec<Progress>,
    /// How many steps each one still waits for.
    n_waits: Vec<u32>,
    /// Who waits for each step, and whether it must have succeeded.
    waiters: Vec<Waiters>,
    /// By when each step is wanted, or what needs it.
    urgency: Vec<Timestamp>,
}

/// Most steps are waited for by one other, which takes no memory of its own.
type Waiters = SmallVec<[(StepId, Needs); 2]>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Success,
    End,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing was sent.
    Waiting,
    /// An attempt is in flight.
    Sent,
    /// An attempt failed, and another is to be made.
    Failing,
    /// It ended, or was given up.
    Over,
}

/// What an ending leads to.
#[derive(Debug, Default)]
pub(super) struct Consequences {
    /// Steps that wait for nothing any more.
    pub(super) ready: StepIds,
    /// Steps that can no longer happen, sorted.
    pub(super) skipped: Vec<StepId>,
}

impl Order {
    pub(super) fn of(plan: &Plan, units: &Units) -> Self {
        let n_steps = plan.steps.len();
        let mut order = Self {
            progress: vec![Progress::Waiting; n_steps],
            n_waits: vec![0; n_steps],
            waiters: vec![Waiters::new(); n_steps],
            urgency: urgency(plan),
        };
        for (id, step) in step_ids(plan) {
            step.requires.iter().for_each(|other| order.wait(id, *other, Needs::Success));
            step.follows.iter().for_each(|other| order.wait(id, *other, Needs::End));
        }
        for unit in units.iter() {
            unit.needs.iter().for_each(|other| order.wait(unit.leader, *other, Needs::Success));
            unit.follows.iter().for_each(|other| order.wait(unit.leader, *other, Needs::End));
            let others = unit.members.iter().filter(|id| **id != unit.leader);
            others.for_each(|id| order.wait(*id, unit.leader, Needs::Success));
        }
        order
    }

    fn wait(&mut self, id: StepId, other: StepId, needs: Needs) {
        self.waiters[at(other)].push((id, needs));
        self.n_waits[at(id)] += 1;
    }

    /// The steps that wait for nothing from the beginning.
    pub(super) fn first(&self) -> Vec<StepId> {
        (0..).map(StepId).take(self.n_waits.len()).filter(|id| self.n_waits[at(*id)] == 0).collect()
    }

    pub(super) fn progress(&self, id: StepId) -> Progress {
        self.progress[at(id)]
    }

    pub(super) fn set_progress(&mut self, id: StepId, progress: Progress) {
        self.progress[at(id)] = progress;
    }

    pub(super) fn urgency(&self, id: StepId) -> Timestamp {
        self.urgency[at(id)]
    }

    /// Takes note of an ending, and of those that follow from it.
    pub(super) fn over(&mut self, id: StepId, succeeded: bool) -> Consequences {
        let mut consequences = Consequences::default();
        let mut endings: SmallVec<[(StepId, bool); 2]> = smallvec![(id, succeeded)];
        while let Some((id, succeeded)) = endings.pop() {
            self.progress[at(id)] = Progress::Over;
            for (waiter, needs) in mem::take(&mut self.waiters[at(id)]) {
                if self.progress[at(waiter)] != Progress::Waiting {
                    continue;
                }
                if needs == Needs::Success && !succeeded {
                    self.progress[at(waiter)] = Progress::Over;
                    consequences.skipped.push(waiter);
                    endings.push((waiter, false));
                    continue;
                }
                self.n_waits[at(waiter)] -= 1;
                if self.n_waits[at(waiter)] == 0 {
                    consequences.ready.push(waiter);
                }
            }
        }
        consequences.skipped.sort_unstable();
        consequences
    }
}

/// When a step is wanted: by its own deadline or, where others need it or the identity that it makes, by theirs. An
/// identity that is made ahead is wanted only when the grants are that it is made for.
fn urgency(plan: &Plan) -> Vec<Timestamp> {
    let mut urgency = vec![Timestamp::MAX; plan.steps.len()];
    for (position, step) in plan.steps.iter().enumerate().rev() {
        let by_others = urgency[position];
        let wanted = match step.call {
            Call::CreateIdentity(_) if by_others < Timestamp::MAX => by_others,
            _ => step.deadline.min(by_others),
        };
        urgency[position] = wanted;
        let maker = step.call.new_identity().and_then(|(_, made_by)| made_by);
        for other in step.requires.iter().copied().chain(maker) {
            let of_other = &mut urgency[at(other)];
            *of_other = wanted.min(*of_other);
        }
    }
    urgency
}

fn at(id: StepId) -> usize {
    id.0 as usize
}

/// The steps of a plan with their ids.
pub(super) fn step_ids(plan: &Plan) -> impl Iterator<Item = (StepId, &Step)> {
    (0..).map(StepId).zip(&plan.steps)
}
