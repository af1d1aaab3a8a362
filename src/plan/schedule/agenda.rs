//! Which step may start next: one whose prerequisites are over and whose doors are free, the most urgent first.
//!
//! A busy door holds back only the steps that need it, and at a door the most urgent is never overtaken. A replacement
//! that takes away before it gives starts when there is room for all its calls, and is then served before all else.
//! A decision costs the logarithm of what waits, for each door of the step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use smallvec::SmallVec;

use super::doors::{Doors, Free};
use super::gates::{ByGate, Gate, gates};
use super::order::{Order, Progress, step_ids};
use super::replacement::{UnitId, Units};
use super::workspace::{Reply, SharedLimiter};
use crate::plan::{Limits, Plan, StepId};

/// The steps of a plan on their way. All times are what has passed since it began.
#[derive(Debug)]
pub struct Schedule<'a> {
    plan: &'a Plan,
    units: Units,
    order: Order,
    begun: HashMap<UnitId, Begun>,
    doors: Doors,
    workspace: SharedLimiter,
    /// Steps whose next attempt, or the one in flight, only looks: it counts at no door.
    looking: HashSet<StepId>,
    sent_at: HashMap<StepId, Duration>,
    /// Steps that wait for nothing but their turn.
    ready: BinaryHeap<Reverse<Entry>>,
    /// Steps whose door was busy.
    at_gate: ByGate<BinaryHeap<Reverse<Entry>>>,
    /// When the most urgent step at a door may find it free.
    wakes: BinaryHeap<Reverse<(Duration, Gate)>>,
    /// The one wake of each door that counts.
    wake_at: ByGate<Option<Duration>>,
    /// Steps that are tried again, and from when on.
    later: BinaryHeap<Reverse<(Duration, StepId)>>,
}

/// The most urgent comes first, then the first of the plan.
type Entry = (Timestamp, StepId);

/// Slots at the doors of one step; most have few.
type Wanted = SmallVec<[(Gate, usize); 4]>;

/// A replacement under way.
#[derive(Debug)]
struct Begun {
    /// The slots taken for its calls and not used yet.
    slots: BTreeMap<Gate, usize>,
    /// The requests paid for its calls and not sent yet.
    n_paid: u32,
    n_left: usize,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Send this step, be it for the first time or again.
    Step(StepId),
    /// Wait until then, or for an answer.
    At(Duration),
    /// Wait for an answer; where none is to come, all is over.
    Nothing,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Seam is as the step wants it.
    Succeeded,
    /// It is not, or nobody knows.
    Failed,
}

impl<'a> Schedule<'a> {
    /// Begins at the time zero, with a workspace of its own.
    pub fn new(plan: &'a Plan, limits: &Limits) -> Self {
        Self::sharing(plan, limits, SharedLimiter::new(limits))
    }

    /// Begins beside others that send to the same workspace, at any time of its limiter.
    pub fn sharing(plan: &'a Plan, limits: &Limits, workspace: SharedLimiter) -> Self {
        let units = Units::of(plan);
        let order = Order::of(plan, &units);
        let first = order.first();
        let mut schedule = Self {
            plan,
            units,
            order,
            begun: HashMap::new(),
            doors: Doors::new(limits),
            workspace,
            looking: HashSet::new(),
            sent_at: HashMap::new(),
            ready: BinaryHeap::new(),
            at_gate: ByGate::new(),
            wakes: BinaryHeap::new(),
            wake_at: ByGate::new(),
            later: BinaryHeap::new(),
        };
        for id in first {
            schedule.make_ready(id);
        }
        schedule
    }

    fn make_ready(&mut self, id: StepId) {
        let is_first = self.must_finish(id) || self.looking.contains(&id);
        let urgency = if is_first { Timestamp::MIN } else { self.order.urgency(id) };
        self.ready.push(Reverse((urgency, id)));
    }

    /// The next step that may be sent now, or the time at which there may be one.
    pub fn next(&mut self, now: Duration) -> Next {
        let next = self.next_within_reserves(now);
        let is_stuck = next == Next::Nothing && self.workspace.lock().n_in_flight() == 0;
        if is_stuck && self.give_reserves_up(now) { self.next_within_reserves(now) } else { next }
    }

    fn next_within_reserves(&mut self, now: Duration) -> Next {
        self.wake(now);
        while let Some(Reverse(entry)) = self.ready.peek().copied() {
            let id = entry.1;
            if !self.is_pending(id) {
                self.ready.pop();
                self.look_again_at_doors_of(id, now);
                continue;
            }
            match self.free_at_workspace(id, 1, now) {
                Free::Now => {}
                Free::At(at) => return Next::At(at),
                Free::AfterAnAnswer => return Next::Nothing,
            }
            let wanted = self.wanted(id);
            let busy = wanted.iter().map(|(gate, _)| *gate).find(|gate| !self.is_free(*gate, entry, now));
            if let Some(gate) = busy {
                self.ready.pop();
                self.at_gate.entry(gate).push(Reverse(entry));
                self.schedule(gate, now);
                self.look_again_at_doors_of(id, now);
                self.wake(now);
                continue;
            }
            if let Free::At(at) = self.free_at_workspace(id, self.n_requests(id), now) {
                return Next::At(at);
            }
            self.ready.pop();
            self.start(id, wanted, now);
            self.look_again_at_doors_of(id, now);
            return Next::Step(id);
        }
        self.next_wake().map_or(Next::Nothing, Next::At)
    }

    /// When somebody's time may come. Of those that were given up meanwhile nobody is waited for.
    fn next_wake(&mut self) -> Option<Duration> {
        while let Some(Reverse((wake, gate))) = self.wakes.peek().copied() {
            let counts = *self.wake_at.entry(gate) == Some(wake);
            if counts && self.most_urgent_at(gate).is_some() {
                break;
            }
            self.wakes.pop();
            if counts {
                *self.wake_at.entry(gate) = None;
            }
        }
        while self.later.peek().is_some_and(|Reverse((_, id))| !self.is_pending(*id)) {
            self.later.pop();
        }
        let wake = self.wakes.peek().map(|Reverse((at, _))| *at);
        let later = self.later.peek().map(|Reverse((at, _))| *at);
        wake.into_iter().chain(later).min()
    }

    /// Brings those back whose time has come: repetitions, and the most urgent at each door that is free.
    fn wake(&mut self, now: Duration) {
        while let Some(Reverse((_, id))) = self.later.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            self.later.pop();
            self.make_ready(id);
        }
        while let Some(Reverse((wake, gate))) =
            self.wakes.peek().copied().filter(|Reverse((wake, _))| *wake <= now)
        {
            self.wakes.pop();
            if *self.wake_at.entry(gate) != Some(wake) {
                continue;
            }
            *self.wake_at.entry(gate) = None;
            let Some(entry) = self.most_urgent_at(gate) else { continue };
            if self.doors.free(gate, self.n_slots(entry.1, gate), now) == Free::Now {
                self.at_gate.entry(gate).pop();
                self.ready.push(Reverse(entry));
            } else {
                self.schedule(gate, now);
            }
        }
    }

    /// Takes all slots of a step, and of its replacement where it opens one.
    fn start(&mut self, id: StepId, wanted: Wanted, now: Duration) {
        let n_requests = self.n_requests(id);
        self.workspace.lock().pay(n_requests, now);
        if !self.looking.contains(&id) {
            self.take_slots(id, wanted, n_requests, now);
        }
        self.order.set_progress(id, Progress::Sent);
        self.workspace.lock().sent();
        self.sent_at.insert(id, now);
    }

    fn take_slots(&mut self, id: StepId, wanted: Wanted, n_requests: u32, now: Duration) {
        let unit = self.units.of_step(id);
        match unit {
            Some(unit) if !self.begun.contains_key(&unit) => {
                let slots = wanted.iter().map(|(gate, n)| (*gate, self.doors.take(*gate, *n, now))).collect();
                let n_left = self.waiting_members(unit).count();
                self.begun.insert(unit, Begun { slots, n_paid: n_requests, n_left });
            }
            _ => {
                for (gate, n_slots) in wanted {
                    self.doors.take(gate, n_slots, now);
                }
            }
        }
        if let Some(begun) = unit.and_then(|unit| self.begun.get_mut(&unit)) {
            begun.n_paid = begun.n_paid.saturating_sub(1);
            for gate in gates(self.plan.step(id)) {
                if let Some(n_slots) = begun.slots.get_mut(&gate) {
                    *n_slots = n_slots.saturating_sub(1);
                }
            }
        }
        for gate in gates(self.plan.step(id)) {
            self.doors.sent(gate, now);
        }
    }

    /// A replacement that waits for somebody who waits for its slots must not wait for ever. Returns whether there
    /// were any.
    fn give_reserves_up(&mut self, now: Duration) -> bool {
        let begun = self.begun.values_mut();
        let mut given_up: Vec<_> = begun.flat_map(|begun| std::mem::take(&mut begun.slots)).collect();
        given_up.retain(|(_, n_slots)| *n_slots > 0);
        for (gate, n_slots) in &given_up {
            self.doors.unused(*gate, *n_slots);
            self.schedule(*gate, now);
        }
        !given_up.is_empty()
    }

    fn is_free(&mut self, gate: Gate, entry: Entry, now: Duration) -> bool {
        let is_overtaking = self.most_urgent_at(gate).is_some_and(|other| other < entry);
        !is_overtaking && self.doors.free(gate, self.n_slots(entry.1, gate), now) == Free::Now
    }

    /// The slots that a step takes when it starts: those of its whole replacement where it opens one, and none where
    /// its replacement has them already.
    fn wanted(&self, id: StepId) -> Wanted {
        if self.looking.contains(&id) {
            return Wanted::new();
        }
        let own = gates(self.plan.step(id));
        let Some(unit) = self.units.of_step(id) else { return own.map(|gate| (gate, 1)).collect() };
        if let Some(Begun { slots, .. }) = self.begun.get(&unit) {
            let has_none = |gate: &Gate| slots.get(gate).is_none_or(|n_slots| *n_slots == 0);
            return own.filter(has_none).map(|gate| (gate, 1)).collect();
        }
        let mut wanted: BTreeMap<Gate, usize> = BTreeMap::new();
        for gate in self.waiting_members(unit).flat_map(|id| gates(self.plan.step(id))) {
            *wanted.entry(gate).or_default() += 1;
        }
        wanted.into_iter().collect()
    }

    /// The requests that a step pays for when it starts, in the same way.
    fn n_requests(&self, id: StepId) -> u32 {
        if self.looking.contains(&id) {
            return 1;
        }
        let Some(unit) = self.units.of_step(id) else { return 1 };
        match self.begun.get(&unit) {
            Some(Begun { n_paid, .. }) => u32::from(*n_paid == 0),
            None => u32::try_from(self.waiting_members(unit).count()).unwrap_or(u32::MAX),
        }
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

    /// Somebody else may have waited behind a step that left a door, or behind the whole replacement that it opens.
    fn look_again_at_doors_of(&mut self, id: StepId, now: Duration) {
        let plan = self.plan;
        let replaced = self.units.of_step(id).map(|unit| self.units.get(unit).members.clone());
        for id in replaced.into_iter().flatten().chain([id]) {
            gates(plan.step(id)).for_each(|gate| self.schedule(gate, now));
        }
    }

    /// Looks again at a door when its most urgent step may find it free.
    fn schedule(&mut self, gate: Gate, now: Duration) {
        let Some((_, id)) = self.most_urgent_at(gate) else { return };
        let wake = match self.doors.free(gate, self.n_slots(id, gate), now) {
            Free::Now => now,
            Free::At(at) => at,
            // Whoever answers looks again.
            Free::AfterAnAnswer => return,
        };
        let standing = self.wake_at.entry(gate);
        if standing.is_none_or(|standing| wake < standing) {
            *standing = Some(wake);
            self.wakes.push(Reverse((wake, gate)));
        }
    }

    fn most_urgent_at(&mut self, gate: Gate) -> Option<Entry> {
        let order = &self.order;
        let entries = self.at_gate.entry(gate);
        while let Some(Reverse(entry)) = entries.peek() {
            if is_pending(order.progress(entry.1)) {
                return Some(*entry);
            }
            entries.pop();
        }
        None
    }

    fn is_pending(&self, id: StepId) -> bool {
        is_pending(self.order.progress(id))
    }

    /// Whether a step was neither sent nor given up.
    pub fn is_waiting(&self, id: StepId) -> bool {
        self.order.progress(id) == Progress::Waiting
    }

    fn free_at_workspace(&self, id: StepId, n_requests: u32, now: Duration) -> Free {
        let workspace = self.workspace.lock();
        if self.looking.contains(&id) { workspace.free_to_look(now) } else { workspace.free(n_requests, now) }
    }

    /// Takes note of what an answer tells about the limits, and frees the place in flight. What the attempt took at its
    /// doors and of the workspace stays paid.
    pub fn answered(&mut self, id: StepId, reply: Reply, now: Duration) {
        let Some(sent_at) = self.sent_at.remove(&id) else { return };
        if self.looking.contains(&id) {
            self.workspace.lock().answered(reply, sent_at, now);
            return;
        }
        let plan = self.plan;
        let mut for_workspace = reply;
        if let Reply::Throttled { retry_after, wait } = reply
            && let Some(gate) = self.doors.to_blame(gates(plan.step(id)), now)
        {
            self.doors.refused(gate, retry_after, wait, now);
            for_workspace = Reply::Silent;
        }
        self.workspace.lock().answered(for_workspace, sent_at, now);
        for gate in gates(plan.step(id)) {
            self.doors.answered(gate, reply, now);
            self.schedule(gate, now);
        }
    }

    /// An attempt that was answered failed, and another follows after so much time; [`Schedule::next`] says when. One
    /// that looks counts at no door.
    pub fn again(&mut self, id: StepId, wait: Duration, look: bool, now: Duration) {
        self.answered(id, Reply::Silent, now);
        if look {
            self.looking.insert(id);
        } else {
            self.looking.remove(&id);
        }
        self.order.set_progress(id, Progress::Failing);
        if wait.is_zero() {
            self.make_ready(id);
        } else {
            self.later.push(Reverse((now.saturating_add(wait), id)));
        }
    }

    /// A step that waits to be tried again goes next, however long it was to wait.
    pub fn hurry(&mut self, id: StepId) {
        self.make_ready(id);
    }

    /// A step that waits to be tried again is not; what became of it is told later.
    pub fn give_up(&mut self, id: StepId) {
        self.order.set_progress(id, Progress::Sent);
    }

    /// Whether an attempt failed and another is to be made.
    pub fn is_failing(&self, id: StepId) -> bool {
        self.order.progress(id) == Progress::Failing
    }

    /// Takes note of an ending. Returns the steps that can no longer happen because of it, sorted.
    pub fn over(&mut self, id: StepId, ending: Ending, now: Duration) -> Vec<StepId> {
        let succeeded = ending == Ending::Succeeded;
        self.answered(id, Reply::Silent, now);
        let consequences = self.order.over(id, succeeded);
        self.leave_unit(id, now);
        consequences.skipped.iter().for_each(|id| self.leave_unit(*id, now));
        consequences.ready.iter().for_each(|id| self.make_ready(*id));
        consequences.skipped
    }

    /// Gives back what a replacement held when this was its last step.
    fn leave_unit(&mut self, id: StepId, now: Duration) {
        let Some(begun) = self.units.of_step(id).and_then(|unit| self.begun.get_mut(&unit)) else { return };
        begun.n_left = begun.n_left.saturating_sub(1);
        if begun.n_left == 0 {
            for (gate, n_slots) in std::mem::take(&mut begun.slots) {
                self.doors.unused(gate, n_slots);
                self.schedule(gate, now);
            }
        }
    }

    /// What all pauses took after which something was accepted: so much longer calls wait than by their own doing.
    pub fn paused_for(&self) -> Duration {
        self.workspace.lock().paused_for()
    }

    /// Whether a step belongs to a replacement that has begun.
    pub fn must_finish(&self, id: StepId) -> bool {
        self.units.of_step(id).is_some_and(|unit| self.begun.contains_key(&unit))
    }

    /// The steps that were not sent and are not over, in the order of the plan.
    pub fn waiting(&self) -> impl Iterator<Item = StepId> + '_ {
        step_ids(self.plan).map(|(id, _)| id).filter(|id| self.is_waiting(*id))
    }
}

fn is_pending(progress: Progress) -> bool {
    matches!(progress, Progress::Waiting | Progress::Failing)
}
