//! Slots at the doors: no door is asked for more than its limit in any 60 seconds (SEAM.md §4).
//!
//! A slot is held from before a call is sent until 60 seconds after it was answered. Nobody knows when in between
//! Seam counted the call, so that any shorter time would now and then be refused.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::DoorRef;
use crate::plan::{DoorOperation, Limits, Step};

const WINDOW: Duration = Duration::from_mins(1);

/// One limit of one door.
pub(super) type Gate = (DoorRef, DoorOperation);

/// What is free at the doors.
#[derive(Debug)]
pub(super) struct DoorPace {
    limits: Limits,
    slots: HashMap<Gate, Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    n_held: usize,
    /// When each slot that was given back can be taken again, in order.
    cooling: VecDeque<Instant>,
}

/// When slots will be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    /// They are.
    Now,
    /// At that time, if nobody takes them before.
    At(Instant),
    /// When calls that hold them have been answered.
    AfterAnAnswer,
}

impl DoorPace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: *limits, slots: HashMap::new() }
    }

    /// The limits that a step counts against.
    pub(super) fn gates(step: &Step) -> impl Iterator<Item = Gate> + '_ {
        let operation = step.call.door_operation();
        step.doors.iter().filter_map(move |door| operation.map(|operation| (*door, operation)))
    }

    /// When so many slots are free together; more than the limit never are, so the limit must do.
    pub(super) fn free(&self, gate: Gate, n_slots: usize, now: Instant) -> Free {
        let limit = self.limit(gate);
        let Some(Slots { n_held, cooling }) = self.slots.get(&gate) else { return Free::Now };
        let Some(n_may_cool) = limit.checked_sub(n_held + n_slots.min(limit)) else {
            return Free::AfterAnAnswer;
        };
        let must_be_free = cooling.len().checked_sub(n_may_cool + 1);
        match must_be_free.map(|position| cooling[position]) {
            Some(at) if at > now => Free::At(at),
            _ => Free::Now,
        }
    }

    /// Takes slots; more than the limit cannot be taken together. Returns how many were.
    pub(super) fn take(&mut self, gate: Gate, n_slots: usize, now: Instant) -> usize {
        let n_slots = n_slots.min(self.limit(gate));
        let Slots { n_held, cooling } = self.slots.entry(gate).or_default();
        while cooling.front().is_some_and(|at| *at <= now) {
            cooling.pop_front();
        }
        *n_held += n_slots;
        n_slots
    }

    /// Gives a slot back after the call was answered.
    pub(super) fn answered(&mut self, gate: Gate, now: Instant) {
        let Slots { n_held, cooling } = self.slots.entry(gate).or_default();
        *n_held = n_held.saturating_sub(1);
        cooling.push_back(now + WINDOW);
    }

    /// Gives slots back that were not used.
    pub(super) fn unused(&mut self, gate: Gate, n_slots: usize) {
        let slots = self.slots.entry(gate).or_default();
        slots.n_held = slots.n_held.saturating_sub(n_slots);
    }

    pub(super) fn limit(&self, (_, operation): Gate) -> usize {
        let per_minute = match operation {
            DoorOperation::Create => self.limits.door_creates_per_minute,
            DoorOperation::Update => self.limits.door_updates_per_minute,
            DoorOperation::Delete => self.limits.door_deletes_per_minute,
        };
        per_minute.max(1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::limits;

    const LOBBY: Gate = (DoorRef(0), DoorOperation::Create);

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_slot_is_free_a_minute_after_the_answer_and_not_after_the_question() {
        let start = Instant::now();
        let mut pace = DoorPace::new(&limits(2));
        assert_eq!(pace.free(LOBBY, 1, start), Free::Now);
        pace.take(LOBBY, 2, start);
        assert_eq!(pace.free(LOBBY, 1, start), Free::AfterAnAnswer);
        pace.answered(LOBBY, after(start, 3));
        assert_eq!(pace.free(LOBBY, 1, after(start, 3)), Free::At(after(start, 63)));
        assert_eq!(pace.free(LOBBY, 2, after(start, 3)), Free::AfterAnAnswer);
        assert_eq!(pace.free(LOBBY, 1, after(start, 63)), Free::Now);
        pace.answered(LOBBY, after(start, 9));
        assert_eq!(pace.free(LOBBY, 2, after(start, 63)), Free::At(after(start, 69)));
    }

    #[test]
    fn creates_updates_and_deletes_are_counted_apart() {
        let start = Instant::now();
        let mut pace = DoorPace::new(&limits(1));
        pace.take(LOBBY, 1, start);
        for operation in [DoorOperation::Update, DoorOperation::Delete] {
            assert_eq!(pace.free((DoorRef(0), operation), 1, start), Free::Now);
        }
        assert_eq!(pace.free((DoorRef(1), DoorOperation::Create), 1, start), Free::Now);
    }

    #[test]
    fn who_needs_more_than_the_limit_gets_the_limit() {
        let start = Instant::now();
        let mut pace = DoorPace::new(&limits(2));
        assert_eq!(pace.free(LOBBY, 5, start), Free::Now);
        assert_eq!(pace.take(LOBBY, 5, start), 2);
        pace.unused(LOBBY, 2);
        assert_eq!(pace.free(LOBBY, 2, start), Free::Now);
    }
}
