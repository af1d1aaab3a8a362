//! Turns at the doors: no door is asked for more than its limit in any 60 seconds (SEAM.md §4).
//!
//! A turn is given once, to steps in the order of their deadlines; a busy door holds back only the steps that need it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::DoorRef;
use crate::plan::{DoorOperation, Limits, Step};

const WINDOW: Duration = Duration::from_mins(1);

/// The turns given so far.
#[derive(Debug)]
pub(super) struct DoorPace {
    limits: Limits,
    turns: HashMap<(DoorRef, DoorOperation), Vec<Instant>>,
}

impl DoorPace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { limits: *limits, turns: HashMap::new() }
    }

    /// Gives a step the first turn at which all its doors are free, not before `now`.
    pub(super) fn turn(&mut self, step: &Step, now: Instant) -> Instant {
        let Some(operation) = step.call.door_operation() else { return now };
        let limit = self.limit(operation);
        let mut turn = now;
        for door in &step.doors {
            let given = self.turns.entry((*door, operation)).or_default();
            // Turns older than a window no longer count.
            given.retain(|at| *at + WINDOW > now);
            if let Some(nth_last) = given.len().checked_sub(limit) {
                turn = turn.max(given[nth_last] + WINDOW);
            }
        }
        for door in &step.doors {
            let given = self.turns.entry((*door, operation)).or_default();
            let place = given.partition_point(|at| *at <= turn);
            given.insert(place, turn);
        }
        turn
    }

    fn limit(&self, operation: DoorOperation) -> usize {
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
    use jiff::Timestamp;

    use super::*;
    use crate::plan::Call;

    fn limits(creates: u32) -> Limits {
        Limits {
            requests_per_second: 10.0,
            burst: 10,
            concurrency: 10,
            door_creates_per_minute: creates,
            door_updates_per_minute: 10,
            door_deletes_per_minute: 20,
        }
    }

    fn step(doors: &[u32], call: Call) -> Step {
        Step {
            item: None,
            call,
            doors: doors.iter().map(|door| DoorRef(*door)).collect(),
            requires: Vec::new(),
            follows: Vec::new(),
            deadline: Timestamp::UNIX_EPOCH,
        }
    }

    fn adding(doors: &[u32]) -> Step {
        step(doors, Call::AddMethods { id: "g".into(), key: "k".into(), methods: [].into() })
    }

    #[test]
    fn no_door_gives_more_turns_than_its_limit_in_any_minute() {
        let now = Instant::now();
        let mut pace = DoorPace::new(&limits(2));
        let mut turns: Vec<u64> = (0..5).map(|_| (pace.turn(&adding(&[0]), now) - now).as_secs()).collect();
        turns.sort_unstable();
        assert_eq!(turns, [0, 0, 60, 60, 120]);
    }

    #[test]
    fn a_busy_lobby_does_not_hold_back_a_room_that_does_not_need_it() {
        let now = Instant::now();
        let mut pace = DoorPace::new(&limits(1));
        let wait = |pace: &mut DoorPace, doors: &[u32]| (pace.turn(&adding(doors), now) - now).as_secs();
        assert_eq!(wait(&mut pace, &[0, 1]), 0);
        assert_eq!(wait(&mut pace, &[0, 2]), 60);
        assert_eq!(wait(&mut pace, &[3]), 0);
    }

    #[test]
    fn creates_updates_and_deletes_are_counted_apart() {
        let now = Instant::now();
        let mut pace = DoorPace::new(&limits(1));
        pace.turn(&adding(&[0]), now);
        let delete = step(&[0], Call::DeleteGrant { id: "g".into(), key: "k".into() });
        assert_eq!(pace.turn(&delete, now), now);
    }
}
