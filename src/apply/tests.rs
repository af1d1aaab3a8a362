//! The queue on a clock of its own: who starts when, and that nobody waits for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::door_pace::{DoorPace, Gate};
use super::queue::{Next, Queue};
use super::testing::{Draft, create, delete, identity, limits, plan_of, rename, step, update};
use crate::event::Outcome;
use crate::plan::{DoorOperation, Plan, StepId};

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
    let story = carry_out(&plan, 2, |id| (5, if id.0 == 0 { Outcome::Unknown } else { Outcome::AlreadySo }));
    assert_eq!((story.order(), story.skipped), (vec![0, 1], vec![StepId(2), StepId(3)]));
}

/// What a step does, whom it needs, which doors it has, when it is due, how long it takes, and how it ends.
type Kind = (u8, Vec<prop::sample::Index>, Vec<u32>, i64, u64, bool);

fn kinds() -> impl Strategy<Value = Vec<Kind>> {
    let needs = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    let doors = prop::collection::vec(0..4_u32, 0..3);
    prop::collection::vec((0..8_u8, needs, doors, 0..4_i64, 0..90_000_u64, prop::bool::weighted(0.9)), 1..30)
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
            let (.., latency_ms, succeeds) = kinds[id.0 as usize];
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
