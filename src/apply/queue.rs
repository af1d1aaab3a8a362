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
        for_units.into_iter().for_each(|(id, other, needs)| queue.wait(id, other, needs));
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
        match self.units.of_step(id) {
            None => DoorPace::gates(self.plan.step(id)).map(|gate| (gate, 1)).collect(),
            Some(unit) => match self.begun.get(&unit) {
                Some(Begun { slots, .. }) => DoorPace::gates(self.plan.step(id))
                    .filter(|gate| slots.get(gate).is_none_or(|n_slots| *n_slots == 0))
                    .map(|gate| (gate, 1))
                    .collect(),
                None => {
                    let members = self.waiting_members(unit);
                    let gates = members.flat_map(|id| DoorPace::gates(self.plan.step(id)));
                    let mut wanted: Vec<(Gate, usize)> = Vec::new();
                    for gate in gates {
                        match wanted.iter_mut().find(|(other, _)| *other == gate) {
                            Some((_, n_slots)) => *n_slots += 1,
                            None => wanted.push((gate, 1)),
                        }
                    }
                    wanted
                }
            },
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
        touched.into_iter().for_each(|gate| self.schedule(gate, now));
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::apply::testing::{Draft, create, delete, identity, limits, plan_of, rename, step, update};
    use crate::plan::DoorOperation;

    const N_IN_FLIGHT: usize = 10;

    /// What happened to the steps of a plan on a clock of its own.
    #[derive(Debug, Default)]
    struct Story {
        /// When each was sent and answered, in milliseconds.
        sent: BTreeMap<StepId, (u64, u64)>,
        skipped: Vec<StepId>,
    }

    impl Story {
        fn seconds(&self) -> Vec<(u32, u64)> {
            let mut seconds: Vec<_> = self.sent.iter().map(|(id, (sent, _))| (id.0, sent / 1000)).collect();
            seconds.sort_by_key(|(id, sent)| (*sent, *id));
            seconds
        }

        fn order(&self) -> Vec<u32> {
            self.seconds().into_iter().map(|(id, _)| id).collect()
        }
    }

    /// Sends what the queue gives; `answer` says how long each call takes, in milliseconds, and how it ends.
    fn carry_out(plan: &Plan, per_minute: u32, answer: impl Fn(StepId) -> (u64, Outcome)) -> Story {
        let start = Instant::now();
        let mut queue = Queue::new(plan, &limits(per_minute));
        let mut in_flight: BTreeSet<(u64, StepId)> = BTreeSet::new();
        let mut story = Story::default();
        let mut now_ms = 0;
        loop {
            let mut turn = None;
            while in_flight.len() < N_IN_FLIGHT && turn.is_none() {
                match queue.next(start + Duration::from_millis(now_ms)) {
                    Next::Step(id) => {
                        let answered = now_ms + answer(id).0;
                        assert_eq!(story.sent.insert(id, (now_ms, answered)), None, "{id:?} is sent twice");
                        in_flight.insert((answered, id));
                    }
                    Next::At(at) => turn = Some(u64::try_from((at - start).as_millis()).expect("soon") + 1),
                    Next::Nothing => break,
                }
            }
            let answered = in_flight.first().map(|(answered, _)| *answered);
            match (answered, turn) {
                (None, None) => break,
                (None, Some(turn)) => now_ms = turn,
                (Some(answered), turn) if turn.is_none_or(|turn| answered <= turn) => {
                    now_ms = answered;
                    let (_, id) = in_flight.pop_first().expect("one is in flight");
                    let now = start + Duration::from_millis(now_ms);
                    story.skipped.extend(queue.over(id, answer(id).1, now));
                }
                (Some(_), turn) => now_ms = turn.unwrap_or(now_ms),
            }
        }
        let left: Vec<StepId> = queue.waiting().collect();
        assert!(left.is_empty(), "{left:?} wait for ever");
        story
    }

    fn at_once(_: StepId) -> (u64, Outcome) {
        (0, Outcome::Done)
    }

    #[test]
    fn no_door_is_asked_more_often_than_its_limit_in_any_minute() {
        let drafts = (0..5).map(|_| step("R", create("k"), &[]).at_doors(&[0]));
        let story = carry_out(&plan_of(drafts.collect()), 2, |_| (4_000, Outcome::Done));
        assert_eq!(story.seconds(), [(0, 0), (1, 0), (2, 64), (3, 64), (4, 128)]);
    }

    #[test]
    fn a_busy_lobby_does_not_hold_back_a_room_that_does_not_need_it() {
        let plan = plan_of(vec![
            step("R1", create("a"), &[]).at_doors(&[0, 1]),
            step("R2", create("b"), &[]).at_doors(&[0, 2]),
            step("R3", create("c"), &[]).at_doors(&[3]),
            step("R4", delete("d"), &[]).at_doors(&[0, 2]),
        ]);
        assert_eq!(carry_out(&plan, 1, at_once).seconds(), [(0, 0), (2, 0), (3, 0), (1, 60)]);
    }

    #[test]
    fn who_arrives_first_gets_the_lobby_first_whoever_was_ready_before() {
        let plan = plan_of(vec![
            step("", identity("late"), &[]).due(0),
            step("", identity("soon"), &[]).due(0),
            step("", rename("other"), &[]).due(0),
            step("R1", create("late"), &[0]).at_doors(&[0]).due(90),
            step("R2", create("later"), &[]).at_doors(&[0]).due(99),
            step("R3", create("soon"), &[1]).at_doors(&[0]).due(9),
        ]);
        let story = carry_out(&plan, 1, |id| (if id == StepId(1) { 7_000 } else { 1_000 }, Outcome::Done));
        // The lobby is free at once, and does not wait for a guest whose identity is still to be made.
        assert_eq!(story.seconds()[3..], [(4, 0), (5, 61), (3, 122)]);
        let slow = carry_out(&plan, 9, |_| (1_000, Outcome::Done));
        assert_eq!(slow.order()[..3], [0, 1, 2], "all fit into the first second");
    }

    #[test]
    fn an_identity_is_made_when_its_grant_is_wanted_and_not_before_all_others() {
        let mut drafts: Vec<Draft> = (0..30_u32).map(|_| step("", identity("g"), &[]).due(0)).collect();
        drafts.extend((0..30_u32).map(|n| {
            let hours = i64::from(30 - n);
            step("R", create("k"), &[n]).at_doors(&[n]).due(hours)
        }));
        let story = carry_out(&plan_of(drafts), 10, |_| (1_000, Outcome::Done));
        let sent = |id: u32| story.sent[&StepId(id)].0;
        assert!(sent(29) < sent(0), "the identity of the first guest to arrive");
        assert!(sent(59) < sent(0), "and the grant too");
    }

    #[test]
    fn a_replacement_begins_when_there_are_slots_for_all_its_calls_and_is_not_interrupted() {
        let plan = plan_of(vec![
            step("", rename("G"), &[]),
            step("R0", create("x"), &[]).at_doors(&[0]).due(0),
            step("R1", delete("a"), &[]).at_doors(&[0, 1]).due(1),
            step("R1", delete("b"), &[]).at_doors(&[0, 1]).due(1),
            step("R1", create("c"), &[2, 3]).at_doors(&[0, 2]).due(1),
            step("R1", create("d"), &[2, 3, 4]).at_doors(&[0, 2]).due(1),
            step("R2", create("y"), &[]).at_doors(&[0]).due(2),
        ]);
        let story = carry_out(&plan, 2, |_| (1_000, Outcome::Done));
        assert_eq!(
            story.seconds(),
            [(0, 0), (1, 0), (2, 61), (3, 62), (4, 63), (5, 64), (6, 124)],
            "one slot is free from the beginning, and nobody takes it from the more urgent replacement"
        );
    }

    #[test]
    fn a_replacement_with_more_calls_than_a_door_takes_in_a_minute_is_done_all_the_same() {
        let mut drafts: Vec<Draft> =
            (0..3).map(|_| step("R1", delete("old"), &[]).at_doors(&[0]).due(5)).collect();
        drafts.extend((0..3).map(|_| step("R1", create("new"), &[0, 1, 2]).at_doors(&[0]).due(5)));
        drafts.push(step("R2", create("later"), &[]).at_doors(&[0]).due(9));
        let story = carry_out(&plan_of(drafts), 2, |_| (1_000, Outcome::Done));
        assert_eq!(story.order(), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn where_the_first_delete_is_refused_nobody_loses_anything() {
        let plan = plan_of(vec![
            step("R1", delete("a"), &[]),
            step("R1", delete("b"), &[]),
            step("R1", create("c"), &[0, 1]),
        ]);
        let story = carry_out(&plan, 2, |_| (1_000, Outcome::Failed));
        assert_eq!((story.order(), story.skipped), (vec![0], vec![StepId(1), StepId(2)]));
    }

    #[test]
    fn where_the_identity_cannot_be_made_the_old_grant_stays() {
        let plan = plan_of(vec![
            step("", identity("G"), &[]),
            step("R1", delete("a"), &[]),
            step("R1", create("c"), &[0, 1]),
        ]);
        let story = carry_out(&plan, 2, |_| (1_000, Outcome::Failed));
        assert_eq!((story.order(), story.skipped), (vec![0], vec![StepId(1), StepId(2)]));
    }

    #[test]
    fn a_replacement_that_breaks_off_gives_its_slots_back() {
        let plan = plan_of(vec![
            step("R1", delete("a"), &[]),
            step("R1", create("c"), &[0]).at_doors(&[0]),
            step("R2", create("d"), &[]).at_doors(&[0]).due(9),
        ]);
        let failing = |id: StepId| (1_000, if id == StepId(0) { Outcome::Failed } else { Outcome::Done });
        assert_eq!(carry_out(&plan, 1, failing).seconds(), [(0, 0), (2, 1)]);
    }

    #[test]
    fn what_follows_waits_for_the_end_and_what_requires_for_success() {
        let plan = plan_of(vec![
            step("R1", create("a"), &[]),
            step("R2", create("b"), &[]).following(&[0]),
            step("R1", update("a"), &[0]),
            step("R1", delete("z"), &[2]),
        ]);
        let story =
            carry_out(&plan, 2, |id| (5, if id.0 == 0 { Outcome::Unknown } else { Outcome::AlreadySo }));
        assert_eq!((story.order(), story.skipped), (vec![0, 1], vec![StepId(2), StepId(3)]));
    }

    /// What a step does, whom it needs, which doors it has, when it is due, how long it takes, and how it ends.
    type Kind = (u8, Vec<prop::sample::Index>, Vec<u32>, i64, u64, bool);

    fn kinds() -> impl Strategy<Value = Vec<Kind>> {
        let needs = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
        let doors = prop::collection::vec(0..4_u32, 0..3);
        prop::collection::vec(
            (0..8_u8, needs, doors, 0..4_i64, 0..90_000_u64, prop::bool::weighted(0.9)),
            1..30,
        )
    }

    fn any_plan(kinds: &[Kind]) -> Plan {
        let mut drafts: Vec<Draft> = Vec::new();
        for (kind, needs, doors, due, ..) in kinds {
            let mut others: Vec<u32> = Vec::new();
            if !drafts.is_empty() {
                let n_before = drafts.len();
                others.extend(needs.iter().map(|index| u32::try_from(index.index(n_before)).expect("few")));
                others.sort_unstable();
                others.dedup();
            }
            let mut doors = doors.clone();
            doors.sort_unstable();
            doors.dedup();
            let reservation = ["R1", "R2", "R3"][usize::from(*kind) % 3];
            let draft = match kind {
                0 => step("", identity("g"), &[]),
                1 | 2 => step(reservation, delete("k"), &others),
                3 => step(reservation, update("k"), &others).at_doors(&doors),
                4 => step(reservation, create("k"), &[]).following(&others).at_doors(&doors),
                _ => step(reservation, create("k"), &others).at_doors(&doors),
            };
            drafts.push(draft.due(*due));
        }
        plan_of(drafts)
    }

    proptest! {
        #[test]
        fn every_step_of_any_plan_is_sent_once_or_skipped_once_and_no_door_is_asked_too_often(
            kinds in kinds(),
            per_minute in 1..3_u32,
        ) {
            let plan = any_plan(&kinds);
            let answer = |id: StepId| {
                let (.., latency_ms, succeeds) = kinds[at(id)];
                (latency_ms, if succeeds { Outcome::Done } else { Outcome::Failed })
            };
            let story = carry_out(&plan, per_minute, answer);
            let skipped: BTreeSet<StepId> = story.skipped.iter().copied().collect();
            prop_assert_eq!(skipped.len(), story.skipped.len());
            prop_assert!(story.sent.keys().all(|id| !skipped.contains(id)));
            prop_assert_eq!(story.sent.len() + skipped.len(), plan.steps.len());
            let mut at_gates: BTreeMap<Gate, Vec<(u64, u64)>> = BTreeMap::new();
            for (id, times) in &story.sent {
                let step = plan.step(*id);
                for other in step.requires.iter().chain(&step.follows) {
                    if let Some((_, answered)) = story.sent.get(other) {
                        prop_assert!(*answered <= times.0, "{:?} before {:?}", id, other);
                    }
                }
                for gate in DoorPace::gates(step) {
                    at_gates.entry(gate).or_default().push(*times);
                }
            }
            for ((_, operation), calls) in at_gates {
                prop_assert_ne!(operation, DoorOperation::Delete, "deletes have no doors here");
                // Seam may count a call at any time from its sending to its answer.
                for (sent, _) in &calls {
                    let n_within = calls.iter().filter(|(s, a)| s <= sent && sent - s.max(a).min(sent) < 60_000);
                    prop_assert!(n_within.count() <= per_minute as usize, "{:?}", calls);
                }
            }
        }
    }
}
