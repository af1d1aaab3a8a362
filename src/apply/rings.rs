//! Rings that are carried out: which of them broke, and what is to be taken back (RULES 29).

use std::collections::{BTreeMap, HashMap};
use std::mem;

use crate::event::Outcome;
use crate::model::{AccessGrantId, Wanted};
use crate::plan::{Call, Plan, StepId};
use crate::store::RecordError;

/// The rings of a plan.
pub(super) struct Rings {
    of_step: HashMap<StepId, usize>,
    rings: Vec<State>,
}

#[derive(Default)]
struct State {
    steps: Vec<StepId>,
    /// How many are not over.
    n_left: usize,
    /// Steps that succeeded, each with the grant that it made.
    done: BTreeMap<StepId, Option<AccessGrantId>>,
    has_failed: bool,
    /// A call may have taken effect: then nothing can be taken back.
    is_in_doubt: bool,
}

/// A ring with a failed call, and the steps that are to be taken back.
pub(super) struct Broken {
    ring: usize,
    done: BTreeMap<StepId, Option<AccessGrantId>>,
}

/// A call that takes a step back.
pub(super) struct TakeBackCall {
    /// Its number in the record, behind those of the plan.
    pub(super) number: StepId,
    pub(super) step: StepId,
    pub(super) call: Call,
    /// What the record says of the grant again.
    pub(super) recorded: Option<Wanted>,
}

/// What was taken back.
#[derive(Default)]
pub(super) struct TakenBack {
    pub(super) steps: Vec<StepId>,
    /// Why the record took no more.
    pub(super) failed: Option<RecordError>,
}

impl Rings {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut of_step = HashMap::new();
        let mut rings = Vec::new();
        for (number, ring) in plan.rings.iter().enumerate() {
            of_step.extend(ring.iter().map(|one| (one.step, number)));
            let steps: Vec<StepId> = ring.iter().map(|one| one.step).collect();
            rings.push(State { n_left: steps.len(), steps, ..State::default() });
        }
        Self { of_step, rings }
    }

    /// A step made a grant.
    pub(super) fn made(&mut self, step: StepId, id: &AccessGrantId) {
        if let Some(ring) = self.of_step.get(&step) {
            self.rings[*ring].done.insert(step, Some(id.clone()));
        }
    }

    /// A step is over. Gives back the steps that are not to be sent any more, because their ring is broken.
    pub(super) fn over(&mut self, step: StepId, outcome: Outcome) -> Vec<StepId> {
        let Some(ring) = self.of_step.get(&step) else { return Vec::new() };
        let ring = &mut self.rings[*ring];
        ring.n_left -= 1;
        if matches!(outcome, Outcome::Done | Outcome::AlreadySo) {
            ring.done.entry(step).or_default();
            return Vec::new();
        }
        ring.is_in_doubt |= outcome == Outcome::Unknown;
        if mem::replace(&mut ring.has_failed, true) { Vec::new() } else { ring.steps.clone() }
    }

    /// Takes the rings that are to be taken back: a call failed, no call is in flight, and at least one step succeeded.
    pub(super) fn broken(&mut self) -> Vec<Broken> {
        let mut broken = Vec::new();
        for (ring, state) in self.rings.iter_mut().enumerate() {
            let State { n_left, done, has_failed, is_in_doubt, .. } = state;
            if *n_left == 0 && *has_failed && !*is_in_doubt && !done.is_empty() {
                broken.push(Broken { ring, done: mem::take(done) });
            }
        }
        broken
    }
}

impl Broken {
    /// The calls that take back what was done, the last one first.
    pub(super) fn calls(&self, plan: &Plan) -> Vec<TakeBackCall> {
        let first = plan.steps.len() + plan.rings[..self.ring].iter().map(Vec::len).sum::<usize>();
        let mut calls = Vec::new();
        for (n, one) in plan.rings[self.ring].iter().enumerate().rev() {
            let Some(made) = self.done.get(&one.step) else { continue };
            let Some(call) = one.call(plan, made.as_ref()) else { break };
            let number = StepId::at(first + n);
            calls.push(TakeBackCall { number, step: one.step, call, recorded: one.recorded });
        }
        calls
    }
}
