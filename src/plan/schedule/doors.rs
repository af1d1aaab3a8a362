//! Slots at the doors: no door is asked for more than its limit in any 60 seconds (SEAM.md §4).
//!
//! A slot is held from before a call is sent until 60 seconds after it was answered. Nobody knows when in between
//! Seam counted the call, so that any shorter time would now and then be refused. A refused call counts nothing.
//!
//! Where Seam refuses all the same, a few stray 429s cost only the calls that met them. From the third one on the door
//! is left alone for as long as Seam asks, and is then asked evenly, one call at a time. Where that is refused too, its
//! limit is taken to be lower: seven tenths of it, or as many calls as it had taken, and one more again with every
//! quiet minute.

use std::collections::VecDeque;
use std::time::Duration;

use super::gates::{ByGate, Gate};
use super::marks::Marks;
use super::workspace::Reply;
use crate::plan::{DoorOperation, Limits};

pub(super) const WINDOW: Duration = Duration::from_mins(1);

/// A door that refused is asked evenly until it has not refused for so long.
const EVENLY_FOR: Duration = Duration::from_mins(10);

/// Refusals within this time are counted once.
const ONE_PIECE_OF_NEWS: Duration = Duration::from_millis(500);

/// A door that does not say how long it wants to be left alone is left alone for so long at least.
const SHORTEST_PAUSE_UNTOLD: Duration = Duration::from_secs(1);

/// What is free at the doors.
#[derive(Debug)]
pub(super) struct Doors {
    limits: Limits,
    slots: ByGate<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    n_held: usize,
    /// How many of those are calls in flight.
    n_in_flight: usize,
    /// When each slot that was given back can be taken again, in order.
    cooling: VecDeque<Duration>,
    paused_until: Duration,
    /// A limit below the configured one, and since when it is known.
    learned: Option<(usize, Duration)>,
    marks: Marks,
    /// When it was last refused although it was no stray refusal: calls go evenly since.
    refused_at: Option<Duration>,
    counted_at: Option<Duration>,
    /// When the next call may go where they go evenly.
    next_at: Duration,
}

impl Slots {
    fn is_even(&self, now: Duration) -> bool {
        self.refused_at.is_some_and(|at| now.saturating_sub(at) < EVENLY_FOR)
    }

    fn n_cooling(&self, now: Duration) -> usize {
        self.cooling.iter().filter(|at| **at > now).count()
    }
}

/// When something will be free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
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
        let Some(slots) = self.slots.get(gate) else { return Free::Now };
        let is_even = slots.is_even(now);
        if is_even && slots.n_in_flight > 0 {
            return Free::AfterAnAnswer;
        }
        let Some(n_may_cool) = limit.checked_sub(slots.n_held + n_slots.min(limit)) else {
            return Free::AfterAnAnswer;
        };
        let must_be_free = slots.cooling.len().checked_sub(n_may_cool + 1);
        let cooled = must_be_free.map_or(Duration::ZERO, |position| slots.cooling[position]);
        let next_at = if is_even { slots.next_at } else { Duration::ZERO };
        match cooled.max(slots.paused_until).max(next_at) {
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

    /// A call that holds a slot is sent.
    pub(super) fn sent(&mut self, gate: Gate, now: Duration) {
        let limit = self.limit(gate, now);
        let slots = self.slots.entry(gate);
        slots.n_in_flight += 1;
        slots.next_at = now + WINDOW / u32::try_from(limit).unwrap_or(u32::MAX);
    }

    /// Gives a slot back after the call was answered.
    pub(super) fn answered(&mut self, gate: Gate, reply: Reply, now: Duration) {
        let slots = self.slots.entry(gate);
        slots.n_held = slots.n_held.saturating_sub(1);
        slots.n_in_flight = slots.n_in_flight.saturating_sub(1);
        match reply {
            Reply::Throttled { .. } => return,
            Reply::Accepted => slots.marks.accepted(),
            Reply::Unwell | Reply::Silent => {}
        }
        slots.cooling.push_back(now + WINDOW);
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

    /// A call was refused there: where it was not the first of late, nobody is let through for a while, and fewer
    /// afterwards.
    pub(super) fn refused(
        &mut self,
        gate: Gate,
        retry_after: Option<Duration>,
        wait: Duration,
        now: Duration,
    ) {
        let limit = self.limit(gate, now);
        let slots = self.slots.entry(gate);
        if !slots.marks.refused() {
            return;
        }
        let between = WINDOW / u32::try_from(limit).unwrap_or(u32::MAX);
        let pause = retry_after.unwrap_or_else(|| wait.min(between).max(SHORTEST_PAUSE_UNTOLD));
        let until = now.saturating_add(pause);
        if slots.counted_at.is_none_or(|at| now.saturating_sub(at) > ONE_PIECE_OF_NEWS) {
            slots.counted_at = Some(now);
            if slots.is_even(now) {
                let learned = (limit * 7 / 10).max(slots.n_cooling(now).min(limit - 1)).max(1);
                slots.learned = Some((learned, until));
            }
        }
        slots.refused_at = Some(now);
        slots.paused_until = slots.paused_until.max(until);
    }

    /// How many calls beside one that was just refused may still count there.
    fn n_others(&self, gate: Gate, now: Duration) -> usize {
        let Some(slots) = self.slots.get(gate) else { return 0 };
        (slots.n_held + slots.n_cooling(now)).saturating_sub(1)
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
        doors.answered(LOBBY, Reply::Accepted, at(3));
        assert_eq!(doors.free(LOBBY, 1, at(3)), Free::At(at(63)));
        assert_eq!(doors.free(LOBBY, 2, at(3)), Free::AfterAnAnswer);
        assert_eq!(doors.free(LOBBY, 1, at(63)), Free::Now);
        doors.answered(LOBBY, Reply::Accepted, at(9));
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

    /// A door that has let so many calls through at the time zero.
    fn after(n_calls: usize) -> Doors {
        let mut doors = Doors::new(&limits(10));
        for _ in 0..n_calls {
            send(&mut doors, at(0));
            doors.answered(LOBBY, Reply::Accepted, at(0));
        }
        doors
    }

    fn send(doors: &mut Doors, now: Duration) {
        doors.take(LOBBY, 1, now);
        doors.sent(LOBBY, now);
    }

    fn refuse(doors: &mut Doors, retry_after: Option<u64>, now: Duration) {
        send(doors, now);
        let (retry_after, wait) = (retry_after.map(at), at(30));
        doors.refused(LOBBY, retry_after, wait, now);
        doors.answered(LOBBY, Reply::Throttled { retry_after, wait }, now);
    }

    #[test]
    fn a_refused_call_counts_nothing_and_two_of_them_hold_up_nobody() {
        let mut doors = after(9);
        refuse(&mut doors, Some(30), at(1));
        refuse(&mut doors, Some(30), at(1));
        assert_eq!(doors.free(LOBBY, 1, at(1)), Free::Now);
        assert_eq!(doors.free(LOBBY, 2, at(1)), Free::At(at(60)));
        assert_eq!(doors.limit(LOBBY, at(1)), 10);
    }

    #[test]
    fn a_door_that_refuses_for_the_third_time_is_left_alone_and_then_asked_evenly() {
        for (retry_after, until) in [(Some(7), 8), (None, 7)] {
            let mut doors = after(4);
            for _ in 0..3 {
                refuse(&mut doors, retry_after, at(1));
            }
            assert_eq!(doors.limit(LOBBY, at(2)), 10, "that one is busy need not mean that fewer fit");
            assert_eq!(doors.free(LOBBY, 1, at(2)), Free::At(at(until)), "{retry_after:?}");
            send(&mut doors, at(10));
            assert_eq!(doors.free(LOBBY, 1, at(20)), Free::AfterAnAnswer);
            doors.answered(LOBBY, Reply::Accepted, at(11));
            assert_eq!(doors.free(LOBBY, 1, at(11)), Free::At(at(16)), "ten a minute, evenly");
            assert_eq!(doors.free(LOBBY, 5, at(601)), Free::Now, "after ten quiet minutes all at once again");
        }
    }

    #[test]
    fn a_door_that_refuses_although_asked_evenly_is_asked_more_slowly_and_comes_back() {
        let mut doors = after(4);
        for second in [1, 1, 1, 20] {
            refuse(&mut doors, Some(7), at(second));
        }
        assert_eq!(doors.limit(LOBBY, at(27)), 7);
        refuse(&mut doors, Some(7), at(20));
        assert_eq!(doors.limit(LOBBY, at(27)), 7, "one piece of news");
        assert_eq!(doors.limit(LOBBY, at(27 + 60)), 8);
        assert_eq!(doors.limit(LOBBY, at(3600)), 10);
    }

    #[test]
    fn a_limit_is_never_taken_to_be_lower_than_what_was_let_through() {
        let mut doors = after(9);
        for second in [1, 1, 1, 20] {
            refuse(&mut doors, Some(7), at(second));
        }
        assert_eq!(doors.limit(LOBBY, at(27)), 9);
        let mut doors = after(0);
        for n in 0..60 {
            refuse(&mut doors, Some(7), at(n * 7));
        }
        assert_eq!(doors.limit(LOBBY, at(60 * 7)), 1);
        assert_eq!(doors.free(LOBBY, 1, at(420)), Free::At(at(473)));
    }
}
