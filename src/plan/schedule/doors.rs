//! Slots at the doors: no door is asked for more than its limit in any 60 seconds (SEAM.md §4).
//!
//! A slot is held from before a call is sent until 60 seconds after it was answered. Nobody knows when in between
//! Seam counted the call, so that any shorter time would now and then be refused. Where Seam refuses all the same, the
//! door is left alone for as long as Seam asks, and its limit is taken to be lower than we thought: half of it, or as
//! many calls as it had taken, and one more again with every quiet minute.

use std::collections::VecDeque;
use std::time::Duration;

use super::gates::{ByGate, Gate};
use crate::plan::{DoorOperation, Limits};

pub(super) const WINDOW: Duration = Duration::from_mins(1);

/// What is free at the doors.
#[derive(Debug)]
pub(super) struct Doors {
    limits: Limits,
    slots: ByGate<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    n_held: usize,
    /// When each slot that was given back can be taken again, in order.
    cooling: VecDeque<Duration>,
    paused_until: Duration,
    /// A limit below the configured one, and since when it is known.
    learned: Option<(usize, Duration)>,
}

/// When something will be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Free {
    /// It is.
    Now,
    /// At that time, if nobody takes it before.
    At(Duration),
    /// When calls that hold it have been answered.
    AfterAnAnswer,
}

impl Limits {
    /// The configured limit of a door in any 60 seconds; at least one.
    pub(super) fn at_door(&self, operation: DoorOperation) -> usize {
        let per_minute = match operation {
            DoorOperation::Create => self.door_creates_per_minute,
            DoorOperation::Update => self.door_updates_per_minute,
            DoorOperation::Delete => self.door_deletes_per_minute,
        };
        per_minute.max(1) as usize
    }
}

impl Doors {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: *limits, slots: ByGate::new() }
    }

    /// When so many slots are free together; more than the limit never are, so the limit must do.
    pub(super) fn free(&self, gate: Gate, n_slots: usize, now: Duration) -> Free {
        let limit = self.limit(gate, now);
        let Some(Slots { n_held, cooling, paused_until, learned: _ }) = self.slots.get(gate) else {
            return Free::Now;
        };
        let Some(n_may_cool) = limit.checked_sub(n_held + n_slots.min(limit)) else {
            return Free::AfterAnAnswer;
        };
        let must_be_free = cooling.len().checked_sub(n_may_cool + 1);
        let cooled = must_be_free.map_or(Duration::ZERO, |position| cooling[position]);
        match cooled.max(*paused_until) {
            at if at > now => Free::At(at),
            _ => Free::Now,
        }
    }

    /// Takes slots; more than the limit cannot be taken together. Returns how many were.
    pub(super) fn take(&mut self, gate: Gate, n_slots: usize, now: Duration) -> usize {
        let n_slots = n_slots.min(self.limit(gate, now));
        let Slots { n_held, cooling, .. } = self.slots.entry(gate);
        while cooling.front().is_some_and(|at| *at <= now) {
            cooling.pop_front();
        }
        *n_held += n_slots;
        n_slots
    }

    /// Gives a slot back after the call was answered.
    pub(super) fn answered(&mut self, gate: Gate, now: Duration) {
        let Slots { n_held, cooling, .. } = self.slots.entry(gate);
        *n_held = n_held.saturating_sub(1);
        cooling.push_back(now + WINDOW);
    }

    /// Gives slots back that were not used.
    pub(super) fn unused(&mut self, gate: Gate, n_slots: usize) {
        let slots = self.slots.entry(gate);
        slots.n_held = slots.n_held.saturating_sub(n_slots);
    }

    /// Which of these limits a refused call met: the fullest one, if another call has gone there of late.
    pub(super) fn to_blame(&self, gates: impl Iterator<Item = Gate>, now: Duration) -> Option<Gate> {
        let share = |gate: Gate| {
            let n_others = self.n_others(gate, now);
            (n_others > 0).then(|| (n_others * 1000 / self.limit(gate, now), gate))
        };
        gates.filter_map(share).max().map(|(_, gate)| gate)
    }

    /// Lets nobody through until then, and fewer afterwards.
    pub(super) fn refused(&mut self, gate: Gate, until: Duration, now: Duration) {
        let learned = (self.limit(gate, now) / 2).max(self.n_others(gate, now)).max(1);
        let slots = self.slots.entry(gate);
        slots.paused_until = slots.paused_until.max(until);
        slots.learned = Some((learned, until.max(now)));
    }

    /// How many calls beside one that was just refused may still count there.
    fn n_others(&self, gate: Gate, now: Duration) -> usize {
        let Some(Slots { n_held, cooling, .. }) = self.slots.get(gate) else { return 0 };
        (n_held + cooling.iter().filter(|at| **at > now).count()).saturating_sub(1)
    }

    pub(super) fn limit(&self, gate: Gate, now: Duration) -> usize {
        let configured = self.limits.at_door(gate.1);
        match self.slots.get(gate).and_then(|slots| slots.learned) {
            None => configured,
            Some((limit, since)) => {
                let n_quiet_minutes = now.saturating_sub(since).as_secs() / WINDOW.as_secs();
                configured.min(limit.saturating_add(usize::try_from(n_quiet_minutes).unwrap_or(configured)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::limits;
    use super::*;
    use crate::model::DoorRef;

    const LOBBY: Gate = (DoorRef(0), DoorOperation::Create);
    const ROOM: Gate = (DoorRef(1), DoorOperation::Create);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_slot_is_free_a_minute_after_the_answer_and_not_after_the_question() {
        let mut doors = Doors::new(&limits(2));
        assert_eq!(doors.free(LOBBY, 1, at(0)), Free::Now);
        doors.take(LOBBY, 2, at(0));
        assert_eq!(doors.free(LOBBY, 1, at(0)), Free::AfterAnAnswer);
        doors.answered(LOBBY, at(3));
        assert_eq!(doors.free(LOBBY, 1, at(3)), Free::At(at(63)));
        assert_eq!(doors.free(LOBBY, 2, at(3)), Free::AfterAnAnswer);
        assert_eq!(doors.free(LOBBY, 1, at(63)), Free::Now);
        doors.answered(LOBBY, at(9));
        assert_eq!(doors.free(LOBBY, 2, at(63)), Free::At(at(69)));
    }

    #[test]
    fn creates_updates_and_deletes_are_counted_apart() {
        let mut doors = Doors::new(&limits(1));
        doors.take(LOBBY, 1, at(0));
        for operation in [DoorOperation::Update, DoorOperation::Delete] {
            assert_eq!(doors.free((DoorRef(0), operation), 1, at(0)), Free::Now);
        }
        assert_eq!(doors.free(ROOM, 1, at(0)), Free::Now);
    }

    #[test]
    fn who_needs_more_than_the_limit_gets_the_limit() {
        let mut doors = Doors::new(&limits(2));
        assert_eq!(doors.free(LOBBY, 5, at(0)), Free::Now);
        assert_eq!(doors.take(LOBBY, 5, at(0)), 2);
        doors.unused(LOBBY, 2);
        assert_eq!(doors.free(LOBBY, 2, at(0)), Free::Now);
    }

    #[test]
    fn the_fullest_door_is_to_blame_and_a_door_that_nobody_else_used_is_not() {
        let mut doors = Doors::new(&limits(10));
        for _ in 0..4 {
            doors.take(LOBBY, 1, at(0));
        }
        doors.take(ROOM, 1, at(0));
        assert_eq!(doors.to_blame([ROOM, LOBBY].into_iter(), at(1)), Some(LOBBY));
        assert_eq!(doors.to_blame([ROOM].into_iter(), at(1)), None);
    }

    #[test]
    fn a_door_that_refuses_is_left_alone_asked_more_slowly_and_comes_back() {
        let mut doors = Doors::new(&limits(10));
        for _ in 0..4 {
            doors.take(LOBBY, 1, at(0));
            doors.answered(LOBBY, at(0));
        }
        doors.refused(LOBBY, at(7), at(0));
        assert_eq!(doors.limit(LOBBY, at(66)), 5, "half of what was thought, and more than it took");
        assert_eq!(doors.free(LOBBY, 1, at(1)), Free::At(at(7)));
        assert_eq!(doors.free(LOBBY, 1, at(7)), Free::Now);
        assert_eq!(doors.free(LOBBY, 2, at(7)), Free::At(at(60)));
        assert_eq!(doors.limit(LOBBY, at(67 + 60)), 7);
        assert_eq!(doors.limit(LOBBY, at(3600)), 10);
    }
}
