//! Which steps may start: those whose prerequisites are over, the most urgent first, each at its turn.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;
use tokio::time::Instant;

use super::door_pace::DoorPace;
use crate::event::Outcome;
use crate::plan::{Limits, Plan, StepId};

/// The steps of a plan on their way.
#[derive(Debug)]
pub(super) struct Queue<'a> {
    plan: &'a Plan,
    pace: DoorPace,
    /// How many steps each one still waits for.
    n_waits: Vec<u32>,
    /// Who waits for each step, and whether it must have succeeded.
    waiters: Vec<Vec<(StepId, Needs)>>,
    ready: BinaryHeap<Reverse<(Timestamp, StepId)>>,
    at_turn: BinaryHeap<Reverse<(Instant, Timestamp, StepId)>>,
    is_over: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Success,
    End,
}

impl<'a> Queue<'a> {
    pub(super) fn new(plan: &'a Plan, limits: &Limits) -> Self {
        let n_steps = plan.steps.len();
        let mut queue = Self {
            plan,
            pace: DoorPace::new(limits),
            n_waits: vec![0; n_steps],
            waiters: vec![Vec::new(); n_steps],
            ready: BinaryHeap::new(),
            at_turn: BinaryHeap::new(),
            is_over: vec![false; n_steps],
        };
        for (id, step) in step_ids(plan) {
            let needed = step.requires.iter().map(|other| (*other, Needs::Success));
            for (other, needs) in needed.chain(step.follows.iter().map(|other| (*other, Needs::End))) {
                queue.waiters[other.0 as usize].push((id, needs));
                queue.n_waits[id.0 as usize] += 1;
            }
            if queue.n_waits[id.0 as usize] == 0 {
                queue.ready.push(Reverse((step.deadline, id)));
            }
        }
        queue
    }

    /// The next step whose turn has come, or the time at which one comes.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        while let Some(Reverse((deadline, id))) = self.ready.pop() {
            if !self.is_over[id.0 as usize] {
                let turn = self.pace.turn(self.plan.step(id), now);
                self.at_turn.push(Reverse((turn, deadline, id)));
            }
        }
        // What is over no longer waits for its turn, and nobody waits for it.
        while self.at_turn.peek().is_some_and(|Reverse((.., id))| self.is_over[id.0 as usize]) {
            self.at_turn.pop();
        }
        match self.at_turn.peek() {
            None => Next::Nothing,
            Some(Reverse((turn, ..))) if *turn > now => Next::At(*turn),
            Some(Reverse((.., id))) => {
                let id = *id;
                self.at_turn.pop();
                Next::Step(id)
            }
        }
    }

    /// Takes note of an ending. Returns the steps that can no longer happen because of it.
    pub(super) fn over(&mut self, id: StepId, outcome: Outcome) -> Vec<StepId> {
        let mut skipped = Vec::new();
        let mut endings = vec![(id, outcome)];
        while let Some((id, outcome)) = endings.pop() {
            self.is_over[id.0 as usize] = true;
            let succeeded = matches!(outcome, Outcome::Done | Outcome::AlreadySo);
            for (waiter, needs) in std::mem::take(&mut self.waiters[id.0 as usize]) {
                let position = waiter.0 as usize;
                if self.is_over[position] {
                    continue;
                }
                if needs == Needs::Success && !succeeded {
                    self.is_over[position] = true;
                    skipped.push(waiter);
                    endings.push((waiter, Outcome::Skipped));
                    continue;
                }
                self.n_waits[position] -= 1;
                if self.n_waits[position] == 0 {
                    self.ready.push(Reverse((self.plan.step(waiter).deadline, waiter)));
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// The steps that are not over.
    pub(super) fn left(&self) -> impl Iterator<Item = StepId> + '_ {
        step_ids(self.plan).map(|(id, _)| id).filter(|id| !self.is_over(*id))
    }

    /// Whether a step ended, be it that it can no longer happen.
    pub(super) fn is_over(&self, id: StepId) -> bool {
        self.is_over[id.0 as usize]
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Start this step.
    Step(StepId),
    /// Wait until then.
    At(Instant),
    /// Wait for a step in flight; where none is, all is over.
    Nothing,
}

pub(super) fn step_ids(plan: &Plan) -> impl Iterator<Item = (StepId, &crate::plan::Step)> {
    (0..).map(StepId).zip(&plan.steps)
}
