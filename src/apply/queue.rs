//! Which step may start next: one whose prerequisites are over and whose doors are free, the most urgent first.
//!
//! A busy door holds back only the steps that need it, and at a door the most urgent is never overtaken. A replacement
//! that takes away before it gives starts when there are slots for all its calls, and is then served before all else.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use jiff::Timestamp;
use tokio::time::Instant;

use super::door_pace::{DoorPace, Free, Gate};
use super::replacement::{UnitId, Units};
use crate::event::Outcome;
use crate::plan::{Call, Limits, Plan, StepId};

/// The steps of a plan on their way.
#[derive(Debug)]
pub(super) struct Queue<'a> {
    plan: &'a Plan,
    units: Units,
    begun: HashMap<UnitId, Begun>,
    pace: DoorPace,
    progress: Vec<Progress>,
    n_in_flight: usize,
    /// How many steps each one still waits for.
    n_waits: Vec<u32>,
    /// Who waits for each step, and whether it must have succeeded.
    waiters: Vec<Vec<(StepId, Needs)>>,
    /// By when each step is wanted, or what needs it.
    urgency: Vec<Timestamp>,
    /// Steps of replacements that have begun.
    first: VecDeque<StepId>,
    /// Steps that wait for nothing but their doors, which nobody has asked yet.
    ready: BinaryHeap<Reverse<Entry>>,
    /// Steps whose door was busy.
    at_gate: HashMap<Gate, BinaryHeap<Reverse<Entry>>>,
    /// When the most urgent step at a door may find it free.
    wakes: BinaryHeap<Reverse<(Instant, Gate)>>,
    /// The one wake of each door that counts.
    wake_at: HashMap<Gate, Instant>,
}

/// The most urgent comes first, then the first of the plan.
type Entry = (Timestamp, StepId);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Success,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Sent,
    Over,
}

/// A replacement under way.
#[derive(Debug)]
struct Begun {
    /// The slots taken for its calls and not used yet.
    slots: HashMap<Gate, usize>,
    n_left: usize,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Start this step.
    Step(StepId),
    /// Wait until then, or for a step in flight.
    At(Instant),
    /// Wait for a step in flight; where none is, all is over.
    Nothing,
}

impl<'a> Queue<'a> {
    pub(super) fn new(plan: &'a Plan, limits: &Limits) -> Self {
        let n_steps = plan.steps.len();
        let mut queue = Self {
            plan,
            units: Units::of(plan),
            begun: HashMap::new(),
            pace: DoorPace::new(limits),
            progress: vec![Progress::Waiting; n_steps],
            n_in_flight: 0,
            n_waits: vec![0; n_steps],
            waiters: vec![Vec::new(); n_steps],
            urgency: urgency(plan),
            first: VecDeque::new(),
            ready: BinaryHeap::new(),
            at_gate: HashMap::new(),
            wakes: BinaryHeap::new(),
            wake_at: HashMap::new(),
        };
        for (id, step) in step_ids(plan) {
            step.requires.iter().for_each(|other| queue.wait(id, *other, Needs::Success));
            step.follows.iter().for_each(|other| queue.wait(id, *other, Needs::End));
        }
        let mut for_units = Vec::new();
        for unit in queue.units.iter() {
            for_units.extend(unit.needs.iter().map(|other| (unit.leader, *other, Needs::Success)));
            for_units.extend(unit.follows.iter().map(|other| (unit.leader, *other, Needs::End)));
            let others = unit.members.iter().filter(|id| **id != unit.leader);
            for_units.extend(others.map(|id| (*id, unit.leader, Needs::Success)));
        }
        for (id, other, needs) in for_units {
            queue.wait(id, other, needs);
        }
        for (id, _) in step_ids(plan) {
            if queue.n_waits[at(id)] == 0 {
                queue.make_ready(id);
            }
        }
        queue
    }

    fn wait(&mut self, id: StepId, other: StepId, needs: Needs) {
        self.waiters[at(other)].push((id, needs));
        self.n_waits[at(id)] += 1;
    }

    fn make_ready(&mut self, id: StepId) {
        let unit = self.units.of_step(id);
        if unit.is_some_and(|unit| self.begun.contains_key(&unit)) {
            self.first.push_back(id);
        } else {
            self.ready.push(Reverse((self.urgency[at(id)], id)));
        }
    }

    /// The next step that may be sent now, or the time at which there may be one.
    pub(super) fn next(&mut self, now: Instant) -> Next {
        let next = self.next_within_reserves(now);
        let is_stuck = next == Next::Nothing && self.n_in_flight == 0;
        if is_stuck && self.give_reserves_up(now) { self.next_within_reserves(now) } else { next }
    }

    fn next_within_reserves(&mut self, now: Instant) -> Next {
        while let Some(id) = self.first.pop_front() {
            if self.is_waiting(id) && self.try_start((Timestamp::MIN, id), now) {
                return Next::Step(id);
            }
        }
        while let Some(Reverse(entry)) = self.ready.pop() {
            if self.is_waiting(entry.1) && self.try_start(entry, now) {
                return Next::Step(entry.1);
            }
        }
        while let Some(Reverse((wake, gate))) = self.wakes.peek().copied() {
            if wake > now {
                return Next::At(wake);
            }
            self.wakes.pop();
            if self.wake_at.get(&gate) != Some(&wake) {
                continue;
            }
            self.wake_at.remove(&gate);
            let started = self.pop_from(gate, now).filter(|entry| self.try_start(*entry, now));
            self.schedule(gate, now);
            if let Some((_, id)) = started {
                return Next::Step(id);
            }
        }
        Next::Nothing
    }

    /// The most urgent step at a door, if the door is free for it.
    fn pop_from(&mut self, gate: Gate, now: Instant) -> Option<Entry> {
        let entry = self.most_urgent_at(gate)?;
        if self.pace.free(gate, self.n_slots(entry.1, gate), now) != Free::Now {
            return None;
        }
        self.at_gate.get_mut(&gate)?.pop();
        Some(entry)
    }

    /// Takes all slots of a step, or lets it wait at the first door that is not free.
    fn try_start(&mut self, entry: Entry, now: Instant) -> bool {
        let id = entry.1;
        let wanted = self.wanted(id);
        let busy = wanted.iter().map(|(gate, _)| *gate).find(|gate| !self.is_free(*gate, entry, now));
        if let Some(gate) = busy {
            self.at_gate.entry(gate).or_default().push(Reverse(entry));
            self.schedule(gate, now);
            return false;
        }
        match self.units.of_step(id) {
            Some(unit_id) if !self.begun.contains_key(&unit_id) => {
                let slots = wanted.iter().map(|(gate, n)| (*gate, self.pace.take(*gate, *n, now))).collect();
                let n_left = self.waiting_members(unit_id).count();
                self.begun.insert(unit_id, Begun { slots, n_left });
                self.use_slots_of_unit(id);
            }
            _ => {
                for (gate, n_slots) in wanted {
                    self.pace.take(gate, n_slots, now);
                }
                self.use_slots_of_unit(id);
            }
        }
        self.progress[at(id)] = Progress::Sent;
        self.n_in_flight += 1;
        true
    }

    /// A replacement that waits for somebody who waits for its slots must not wait for ever. Returns whether there
    /// were any.
    fn give_reserves_up(&mut self, now: Instant) -> bool {
        let mut given_up: Vec<(Gate, usize)> =
            self.begun.values_mut().flat_map(|begun| begun.slots.drain()).collect();
        given_up.retain(|(_, n_slots)| *n_slots > 0);
        for (gate, n_slots) in &given_up {
            self.pace.unused(*gate, *n_slots);
            self.schedule(*gate, now);
        }
        !given_up.is_empty()
    }

    fn is_free(&mut self, gate: Gate, entry: Entry, now: Instant) -> bool {
        let is_overtaking = self.most_urgent_at(gate).is_some_and(|other| other < entry);
        !is_overtaking && self.pace.free(gate, self.n_slots(entry.1, gate), now) == Free::Now
    }

    /// The slots that a step takes when it starts: those of its whole replacement where it opens one, and none where
    /// its replacement has them already.
    fn wanted(&self, id: StepId) -> Vec<(Gate, usize)> {
        let gates = DoorPace::gates(self.plan.step(id));
        let Some(unit) = self.units.of_step(id) else { return gates.map(|gate| (gate, 1)).collect() };
        if let Some(Begun { slots, .. }) = self.begun.get(&unit) {
            let has_none = |gate: &Gate| slots.get(gate).is_none_or(|n_slots| *n_slots == 0);
            return gates.filter(has_none).map(|gate| (gate, 1)).collect();
        }
        let mut wanted: Vec<(Gate, usize)> = Vec::new();
        for gate in self.waiting_members(unit).flat_map(|id| DoorPace::gates(self.plan.step(id))) {
            match wanted.iter_mut().find(|(other, _)| *other == gate) {
                Some((_, n_slots)) => *n_slots += 1,
                None => wanted.push((gate, 1)),
            }
        }
        wanted
    }

    fn waiting_members(&self, unit: UnitId) -> impl Iterator<Item = StepId> + '_ {
        self.units.get(unit).members.iter().copied().filter(|id| self.is_waiting(*id))
    }

    fn n_slots(&self, id: StepId, gate: Gate) -> usize {
        let is_single = self.units.of_step(id).is_none_or(|unit| self.begun.contains_key(&unit));
        if is_single {
            return 1;
        }
        self.wanted(id).into_iter().find(|(other, _)| *other == gate).map_or(1, |(_, n_slots)| n_slots)
    }

    fn use_slots_of_unit(&mut self, id: StepId) {
        let Some(begun) = self.units.of_step(id).and_then(|unit| self.begun.get_mut(&unit)) else { return };
        for gate in DoorPace::gates(self.plan.step(id)) {
            if let Some(n_slots) = begun.slots.get_mut(&gate) {
                *n_slots = n_slots.saturating_sub(1);
            }
        }
    }

    /// Looks again at a door when its most urgent step may find it free.
    fn schedule(&mut self, gate: Gate, now: Instant) {
        let Some((_, id)) = self.most_urgent_at(gate) else { return };
        let wake = match self.pace.free(gate, self.n_slots(id, gate), now) {
            Free::Now => now,
            Free::At(at) => at,
            // Whoever answers looks again.
            Free::AfterAnAnswer => return,
        };
        if self.wake_at.get(&gate).is_none_or(|standing| wake < *standing) {
            self.wake_at.insert(gate, wake);
            self.wakes.push(Reverse((wake, gate)));
        }
    }

    fn most_urgent_at(&mut self, gate: Gate) -> Option<Entry> {
        let entries = self.at_gate.get_mut(&gate)?;
        while let Some(Reverse(entry)) = entries.peek() {
            if self.progress[at(entry.1)] == Progress::Waiting {
                return Some(*entry);
            }
            entries.pop();
        }
        None
    }

    /// Whether a step was neither sent nor given up.
    pub(super) fn is_waiting(&self, id: StepId) -> bool {
        self.progress[at(id)] == Progress::Waiting
    }

    /// Takes note of an ending. Returns the steps that can no longer happen because of it.
    pub(super) fn over(&mut self, id: StepId, outcome: Outcome, now: Instant) -> Vec<StepId> {
        let mut skipped = Vec::new();
        let mut endings = vec![(id, outcome)];
        while let Some((id, outcome)) = endings.pop() {
            self.leave_doors(id, now);
            let succeeded = matches!(outcome, Outcome::Done | Outcome::AlreadySo);
            for (waiter, needs) in std::mem::take(&mut self.waiters[at(id)]) {
                if !self.is_waiting(waiter) {
                    continue;
                }
                if needs == Needs::Success && !succeeded {
                    self.progress[at(waiter)] = Progress::Over;
                    skipped.push(waiter);
                    endings.push((waiter, Outcome::Skipped));
                    continue;
                }
                self.n_waits[at(waiter)] -= 1;
                if self.n_waits[at(waiter)] == 0 {
                    self.make_ready(waiter);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// Gives back what a step held at its doors, and what its replacement held when it was the last.
    fn leave_doors(&mut self, id: StepId, now: Instant) {
        let was_sent = self.progress[at(id)] == Progress::Sent;
        self.progress[at(id)] = Progress::Over;
        let mut touched: Vec<Gate> = Vec::new();
        if was_sent {
            self.n_in_flight -= 1;
            for gate in DoorPace::gates(self.plan.step(id)) {
                self.pace.answered(gate, now);
                touched.push(gate);
            }
        }
        if let Some(unit) = self.units.of_step(id)
            && let Some(begun) = self.begun.get_mut(&unit)
        {
            begun.n_left -= 1;
            if begun.n_left == 0 {
                for (gate, n_slots) in std::mem::take(&mut begun.slots) {
                    self.pace.unused(gate, n_slots);
                    touched.push(gate);
                }
            }
        }
        for gate in touched {
            self.schedule(gate, now);
        }
    }

    /// Whether a step belongs to a replacement that has begun.
    pub(super) fn must_finish(&self, id: StepId) -> bool {
        self.units.of_step(id).is_some_and(|unit| self.begun.contains_key(&unit))
    }

    /// The steps that were not sent and are not over, in the order of the plan.
    pub(super) fn waiting(&self) -> impl Iterator<Item = StepId> + '_ {
        step_ids(self.plan).map(|(id, _)| id).filter(|id| self.is_waiting(*id))
    }
}

/// When a step is wanted: by its own deadline or, where others need it, by theirs. An identity that nobody needs yet
/// is wanted only when the grants are that it is made for.
fn urgency(plan: &Plan) -> Vec<Timestamp> {
    let mut urgency: Vec<Option<Timestamp>> = plan
        .steps
        .iter()
        .map(|step| match step.call {
            Call::CreateIdentity { .. } => None,
            _ => Some(step.deadline),
        })
        .collect();
    for position in (0..plan.steps.len()).rev() {
        let step = &plan.steps[position];
        let wanted = *urgency[position].get_or_insert(step.deadline);
        for other in &step.requires {
            let of_other = &mut urgency[at(*other)];
            *of_other = Some(of_other.map_or(wanted, |standing| standing.min(wanted)));
        }
    }
    urgency.into_iter().flatten().collect()
}

fn at(id: StepId) -> usize {
    id.0 as usize
}

pub(super) fn step_ids(plan: &Plan) -> impl Iterator<Item = (StepId, &crate::plan::Step)> {
    (0..).map(StepId).zip(&plan.steps)
}
