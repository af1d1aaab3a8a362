//! The queue on a clock of its own: who starts when, and that nobody waits for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use super::agenda::{Ending, Next, Schedule};
use super::gates::{Gate, gates};
use super::testing::{Draft, create, create_for, delete, identity, limits, plan_of, rename, step, update};
use super::workspace::Reply;
use crate::plan::{Call, DoorOperation, Limits, Plan, StepId};

/// What happened to the steps of a plan on a clock of its own.
#[derive(Debug, Default)]
struct Story {
    /// When each was first sent and when it ended, in milliseconds.
    sent: BTreeMap<StepId, (u64, u64)>,
    /// When each attempt was sent and answered.
    attempts: Vec<(StepId, u64, u64)>,
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

    fn took_ms(&self) -> u64 {
        self.attempts.iter().map(|(.., answered)| *answered).max().unwrap_or_default()
    }
}

/// How an attempt is answered.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Ends(Ending),
    Again(Reply, Duration),
}

fn again(reply: Reply, seconds: u64) -> Answer {
    Answer::Again(reply, Duration::from_secs(seconds))
}

fn throttled(seconds: u64) -> Answer {
    let wait = Duration::from_secs(seconds);
    Answer::Again(Reply::Throttled { retry_after: Some(wait), wait }, wait)
}

/// Sends what the schedule gives; `answer` says how long each call takes, in milliseconds, and how it ends.
fn carry_out(plan: &Plan, per_minute: u32, answer: impl Fn(StepId) -> (u64, Ending)) -> Story {
    let answer = |id, _| {
        let (latency_ms, ending) = answer(id);
        (latency_ms, Answer::Ends(ending))
    };
    play(plan, &limits(per_minute), answer, |_, _| {})
}

/// The same for calls that may be sent several times; `answer` is told how often this one was. Whenever the schedule
/// lets time pass, `idle` looks at the story so far.
fn play(
    plan: &Plan,
    limits: &Limits,
    answer: impl Fn(StepId, usize) -> (u64, Answer),
    idle: impl Fn(&Story, u64),
) -> Story {
    let mut schedule = Schedule::new(plan, limits);
    let mut in_flight: BTreeSet<(u64, StepId)> = BTreeSet::new();
    let mut n_attempts: BTreeMap<StepId, usize> = BTreeMap::new();
    let mut failing: BTreeSet<StepId> = BTreeSet::new();
    let mut story = Story::default();
    let mut now_ms = 0;
    loop {
        let turn = loop {
            match schedule.next(Duration::from_millis(now_ms)) {
                Next::Step(id) => {
                    let n_before = n_attempts.entry(id).or_default();
                    assert!(*n_before == 0 || failing.remove(&id), "{id:?} is sent twice");
                    *n_before += 1;
                    let answered = now_ms + answer(id, *n_before).0;
                    story.sent.entry(id).or_insert((now_ms, u64::MAX));
                    story.attempts.push((id, now_ms, answered));
                    in_flight.insert((answered, id));
                }
                Next::At(at) => break Some(ms(at)),
                Next::Nothing => break None,
            }
        };
        assert!(in_flight.len() <= limits.concurrency);
        idle(&story, now_ms);
        let answered = in_flight.first().map(|(answered, _)| *answered);
        match (answered, turn) {
            (None, None) => break,
            (Some(answered), turn) if turn.is_none_or(|turn| answered <= turn) => {
                now_ms = answered;
                let (_, id) = in_flight.pop_first().expect("one is in flight");
                let now = Duration::from_millis(now_ms);
                match answer(id, n_attempts[&id]).1 {
                    Answer::Ends(ending) => {
                        schedule.answered(id, Reply::Accepted, now);
                        story.sent.get_mut(&id).expect("it was sent").1 = now_ms;
                        story.skipped.extend(schedule.over(id, ending, now));
                    }
                    Answer::Again(reply, wait) => {
                        failing.insert(id);
                        schedule.answered(id, reply, now);
                        schedule.again(id, wait, false, now);
                    }
                }
            }
            (_, turn) => now_ms = turn.expect("there is one").max(now_ms),
        }
    }
    let left: Vec<StepId> = schedule.waiting().collect();
    assert!(left.is_empty() && failing.is_empty(), "{left:?} and {failing:?} wait for ever");
    story
}

/// Rounded up, so that it is no earlier.
fn ms(at: Duration) -> u64 {
    u64::try_from(at.as_nanos().div_ceil(1_000_000)).expect("soon")
}

fn at_once(_: StepId) -> (u64, Ending) {
    (0, Ending::Succeeded)
}

#[test]
fn no_door_is_asked_more_often_than_its_limit_in_any_minute() {
    let drafts = (0..5).map(|_| step("R", create("k"), &[]).at_doors(&[0]));
    let story = carry_out(&plan_of(drafts.collect()), 2, |_| (4_000, Ending::Succeeded));
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
    let story = carry_out(&plan, 1, |id| (if id == StepId(1) { 7_000 } else { 1_000 }, Ending::Succeeded));
    // The lobby is free at once, and does not wait for a guest whose identity is still to be made.
    assert_eq!(story.seconds()[3..], [(4, 0), (5, 61), (3, 122)]);
    let slow = carry_out(&plan, 9, |_| (1_000, Ending::Succeeded));
    assert_eq!(slow.order()[..3], [0, 1, 2], "all fit into the first second");
}

#[test]
fn an_identity_is_made_when_its_grant_is_wanted_and_not_before_all_others() {
    let mut drafts: Vec<Draft> = (0..30_u32).map(|_| step("", identity("g"), &[]).due(0)).collect();
    drafts.extend((0..30_u32).map(|n| {
        let hours = i64::from(30 - n);
        step("R", create("k"), &[n]).at_doors(&[n]).due(hours)
    }));
    let story = carry_out(&plan_of(drafts), 10, |_| (1_000, Ending::Succeeded));
    let sent = |id: u32| story.sent[&StepId(id)].0;
    assert!(sent(29) < sent(0), "the identity of the first guest to arrive");
    assert!(sent(59) < sent(0), "and the grant too");
}

#[test]
fn first_grant_of_a_guest_is_as_urgent_as_the_next() {
    let plan = plan_of(vec![
        step("R1", create("other"), &[]).at_doors(&[0]).due(5),
        step("R2", create_for("G", "first", None), &[]).at_doors(&[0]).due(50),
        step("R3", create_for("G", "second", Some(1)), &[]).following(&[1]).at_doors(&[1]).due(1),
    ]);
    let story = carry_out(&plan, 1, |_| (1_000, Ending::Succeeded));
    assert_eq!(story.order(), [1, 2, 0]);
}

#[test]
fn next_grant_of_a_guest_is_sent_where_the_first_failed() {
    let plan = plan_of(vec![
        step("R1", create_for("G", "first", None), &[]),
        step("R2", create_for("G", "second", Some(0)), &[]).following(&[0]),
    ]);
    let ending = |id| if id == StepId(0) { Ending::Failed } else { Ending::Succeeded };
    let story = carry_out(&plan, 2, |id| (1_000, ending(id)));
    assert_eq!((story.order(), story.skipped), (vec![0, 1], vec![]));
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
    let story = carry_out(&plan, 2, |_| (1_000, Ending::Succeeded));
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
    let story = carry_out(&plan_of(drafts), 2, |_| (1_000, Ending::Succeeded));
    assert_eq!(story.order(), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn who_waited_behind_a_replacement_goes_on_when_that_has_to_wait_elsewhere() {
    let plan = plan_of(vec![
        step("R1", create("lobby"), &[]).at_doors(&[0]).due(0),
        step("R2", create("room"), &[]).at_doors(&[1]).due(0),
        step("R3", delete("old"), &[]).due(1),
        step("R3", create("new"), &[2]).at_doors(&[0, 1]).due(1),
        step("R4", create("later"), &[]).at_doors(&[0]).due(9),
    ]);
    let answer = |id| (if id == StepId(1) { 300_000 } else { 1_000 }, Ending::Succeeded);
    assert_eq!(carry_out(&plan, 1, answer).seconds(), [(0, 0), (1, 0), (4, 61), (2, 360), (3, 361)]);
}

#[test]
fn where_the_first_delete_is_refused_nobody_loses_anything() {
    let plan = plan_of(vec![
        step("R1", delete("a"), &[]),
        step("R1", delete("b"), &[]),
        step("R1", create("c"), &[0, 1]),
    ]);
    let story = carry_out(&plan, 2, |_| (1_000, Ending::Failed));
    assert_eq!((story.order(), story.skipped), (vec![0], vec![StepId(1), StepId(2)]));
}

#[test]
fn where_the_identity_cannot_be_made_the_old_grant_stays() {
    let plan = plan_of(vec![
        step("", identity("G"), &[]),
        step("R1", delete("a"), &[]),
        step("R1", create("c"), &[0, 1]),
    ]);
    let story = carry_out(&plan, 2, |_| (1_000, Ending::Failed));
    assert_eq!((story.order(), story.skipped), (vec![0], vec![StepId(1), StepId(2)]));
}

#[test]
fn a_replacement_that_breaks_off_gives_its_slots_back() {
    let plan = plan_of(vec![
        step("R1", delete("a"), &[]),
        step("R1", create("c"), &[0]).at_doors(&[0]),
        step("R2", create("d"), &[]).at_doors(&[0]).due(9),
    ]);
    let failing = |id: StepId| (1_000, if id == StepId(0) { Ending::Failed } else { Ending::Succeeded });
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
    let story = carry_out(&plan, 2, |id| (5, if id.0 == 0 { Ending::Failed } else { Ending::Succeeded }));
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

#[test]
fn a_door_that_refuses_pauses_alone_and_the_refused_call_comes_first_when_it_is_over() {
    let mut drafts: Vec<Draft> = (0..4).map(|n| step("R", create("k"), &[]).at_doors(&[0]).due(n)).collect();
    drafts.push(step("R", create("k"), &[]).at_doors(&[1]).due(9));
    let answer = |id, n_attempt| match (id, n_attempt) {
        (StepId(1), 1) => (1_000, throttled(20)),
        (StepId(4), _) => (3_000, Answer::Ends(Ending::Succeeded)),
        _ => (2_000, Answer::Ends(Ending::Succeeded)),
    };
    let story = play(&plan_of(drafts), &limits(2), answer, |_, _| {});
    // Two slots: the refused attempt holds one until 61, and the door learns that it takes one a minute for a while.
    assert_eq!(story.attempts[..3].iter().map(|(id, ..)| id.0).collect::<Vec<_>>(), [0, 1, 4]);
    let again: Vec<_> = story.attempts.iter().filter(|(id, ..)| *id == StepId(1)).collect();
    assert_eq!(again[1].1 / 1000, 62);
    assert_eq!(story.order(), [0, 1, 4, 2, 3]);
}

#[test]
fn nobody_waits_for_the_turn_of_a_step_that_was_given_up() {
    let drafts = (0..3).map(|_| step("R", create("k"), &[]).at_doors(&[0])).collect();
    let plan = plan_of(drafts);
    let mut schedule = Schedule::new(&plan, &limits(1));
    let now = Duration::from_secs(1);
    assert_eq!(schedule.next(now), Next::Step(StepId(0)));
    schedule.over(StepId(0), Ending::Succeeded, now);
    assert_eq!(schedule.next(now), Next::At(Duration::from_secs(61)));
    for id in [1, 2] {
        schedule.over(StepId(id), Ending::Failed, now);
    }
    assert_eq!(schedule.next(now), Next::Nothing);
}

#[test]
fn refusals_for_which_no_door_is_to_blame_pause_all_from_the_third_on() {
    for (n_refused, pauses) in [(2, false), (3, true)] {
        let drafts = (0..40).map(|n| step("R", create("k"), &[]).at_doors(&[n]).due(i64::from(n)));
        let answer = |id: StepId, n_attempt| match (id.0, n_attempt) {
            (id, 1) if id < n_refused => (50, throttled(30)),
            _ => (100, Answer::Ends(Ending::Succeeded)),
        };
        let story = play(&plan_of(drafts.collect()), &limits(9), answer, |_, _| {});
        let meanwhile = story.attempts.iter().filter(|(_, sent, _)| 50 < *sent && *sent < 30_050).count();
        assert_eq!(meanwhile, if pauses { 0 } else { 33 }, "{n_refused} refused");
        let after: Vec<_> = story.attempts.iter().filter(|(_, sent, _)| *sent > 20_000).collect();
        assert_eq!(after[0].0, StepId(0), "the most urgent first");
        if pauses {
            assert_eq!((after[0].1, after[1].1), (30_050, 30_194), "one alone, until it is accepted");
            assert!(after[29].1 > 30_050 + 3_500, "and then at seven tenths of the rate");
        }
    }
}

#[test]
fn while_seam_fails_fewer_calls_are_in_flight() {
    let drafts = (0..200).map(|n| step("R", create("k"), &[]).at_doors(&[n]));
    let limits = Limits { requests_per_second: 1e6, burst: 1000, ..limits(9) };
    let answer = |id: StepId, n_attempt| match (id.0, n_attempt) {
        (0, 1) => (2_000, again(Reply::Unwell, 1)),
        _ => (2_000, Answer::Ends(Ending::Succeeded)),
    };
    let story = play(&plan_of(drafts.collect()), &limits, answer, |_, _| {});
    let n_at = |second: u64| {
        let ms = second * 1000 + 500;
        story.attempts.iter().filter(|(_, sent, answered)| *sent <= ms && ms < *answered).count()
    };
    assert_eq!(n_at(0), 10);
    assert!((4..10).contains(&n_at(3)), "{}", n_at(3));
    assert_eq!(n_at(25), 10);
}

/// Whether a step of a plan without replacements could be sent, by a model that knows nothing of queues.
fn may_start(story: &Story, plan: &Plan, limits: &Limits, id: StepId, now_ms: u64) -> bool {
    let step = plan.step(id);
    let is_new = !story.sent.contains_key(&id) && !story.skipped.contains(&id);
    let is_over = |other: &StepId| {
        story.skipped.contains(other) || story.sent.get(other).is_some_and(|(_, ended)| *ended <= now_ms)
    };
    let n_at = |gate: Gate| {
        let is_there = |id: StepId| gates(plan.step(id)).any(|other| other == gate);
        let counts = |(id, _, answered): &&(StepId, u64, u64)| is_there(*id) && answered + 60_000 > now_ms;
        story.attempts.iter().filter(counts).count()
    };
    let n_in_flight = story.attempts.iter().filter(|(.., answered)| *answered >= now_ms).count();
    is_new
        && step.requires.iter().chain(&step.follows).all(is_over)
        && gates(step).all(|gate| n_at(gate) < limits.at_door(gate.1))
        && n_in_flight < limits.concurrency
}

/// Rooms of their own, and a lobby for some of them; so many a minute there and a second in all. Were the second
/// limit low, the most urgent would come first although the lobby stands idle, and no schedule could keep the bound.
fn hotel() -> impl Strategy<Value = (Vec<(bool, i64)>, u32, u32, u64)> {
    let stays = prop::collection::vec((any::<bool>(), 0..50_i64), 1..300);
    (stays, 1..12_u32, 200..500_u32, 0..1_000_u64)
}

proptest! {
    #[test]
    fn a_hotel_with_a_lobby_is_done_within_a_twentieth_of_what_the_limits_allow_and_the_rest_does_not_wait(
        (stays, per_minute, requests_per_second, latency_ms) in hotel(),
    ) {
        let drafts = (1..).zip(&stays).map(|(room, (lobby, due))| {
            let doors: &[u32] = if *lobby { &[0, room] } else { &[room] };
            step("R", create("k"), &[]).at_doors(doors).due(*due)
        });
        let plan = plan_of(drafts.collect());
        let limits = Limits { requests_per_second: requests_per_second.into(), concurrency: 1000, ..limits(per_minute) };
        let answer = |_, _| (latency_ms, Answer::Ends(Ending::Succeeded));
        let story = play(&plan, &limits, answer, |_, _| {});
        let (n_stays, n_at_lobby) = (stays.len() as u64, stays.iter().filter(|stay| stay.0).count() as u64);
        let by_rate = n_stays.saturating_sub(10) * 1_000 / u64::from(requests_per_second);
        let by_lobby = n_at_lobby.saturating_sub(1) / u64::from(per_minute) * 60_000;
        let bound = by_rate.max(by_lobby) + latency_ms;
        // The clock of this test ticks in whole milliseconds, one of which may be lost at each call.
        prop_assert!(story.took_ms() <= bound * 21 / 20 + n_stays, "{} of {bound}", story.took_ms());
        // Whatever the lobby takes, who does not need it is done when the rate has let all of them through.
        let apart = story.sent.iter().filter(|(id, _)| !stays[id.0 as usize].0);
        let last = apart.map(|(_, (sent, _))| *sent).max().unwrap_or_default();
        prop_assert!(last <= by_rate + n_stays, "{last} of {by_rate}");
    }

    #[test]
    fn nothing_waits_that_might_be_sent(kinds in kinds(), per_minute in 1..4_u32) {
        let mut plan = any_plan(&kinds);
        plan.steps.iter_mut().for_each(|step| if matches!(step.call, Call::DeleteGrant { .. }) {
            step.call = update("k");
        });
        let limits = Limits { requests_per_second: f64::INFINITY, concurrency: 5, ..limits(per_minute) };
        let answer = |id: StepId, _| (kinds[id.0 as usize].4 % 9_000, Answer::Ends(Ending::Succeeded));
        play(&plan, &limits, answer, |story, now_ms| {
            let free = (0..).map(StepId).take(plan.steps.len());
            let idle: Vec<_> = free.filter(|id| may_start(story, &plan, &limits, *id, now_ms)).collect();
            assert!(idle.is_empty(), "{idle:?} might be sent at {now_ms}");
        });
    }

    #[test]
    fn whatever_fails_no_limit_is_broken_by_any_attempt_and_nothing_is_lost(
        kinds in kinds(),
        per_minute in 1..4_u32,
        troubles in prop::collection::vec((0..6_u8, 0..40_u64), 30),
    ) {
        let plan = any_plan(&kinds);
        let limits = Limits { requests_per_second: 3.0, burst: 4, ..limits(per_minute) };
        let answer = |id: StepId, n_attempt: usize| {
            let (.., latency_ms, succeeds) = kinds[id.0 as usize];
            let (kind, wait) = troubles[(id.0 as usize + n_attempt) % troubles.len()];
            let answer = match kind {
                _ if n_attempt > 3 => Answer::Ends(if succeeds { Ending::Succeeded } else { Ending::Failed }),
                0 => throttled(wait),
                1 => again(Reply::Unwell, wait),
                2 => again(Reply::Silent, wait),
                _ => Answer::Ends(if succeeds { Ending::Succeeded } else { Ending::Failed }),
            };
            (latency_ms, answer)
        };
        let story = play(&plan, &limits, answer, |_, _| {});
        prop_assert_eq!(story.sent.len() + story.skipped.len(), plan.steps.len());
        let mut at_gates: BTreeMap<Gate, Vec<(u64, u64)>> = BTreeMap::new();
        let mut n_before: BTreeMap<StepId, usize> = BTreeMap::new();
        for (id, sent, answered) in &story.attempts {
            let n_attempt = n_before.entry(*id).or_default();
            *n_attempt += 1;
            // What was refused counts nothing.
            if matches!(answer(*id, *n_attempt).1, Answer::Again(Reply::Throttled { .. }, _)) {
                continue;
            }
            for gate in gates(plan.step(*id)) {
                at_gates.entry(gate).or_default().push((*sent, *answered));
            }
        }
        for calls in at_gates.into_values() {
            for (sent, _) in &calls {
                let n_within = calls.iter().filter(|(s, a)| s <= sent && sent - s.max(a).min(sent) < 60_000);
                prop_assert!(n_within.count() <= per_minute as usize, "{:?}", calls);
            }
        }
        // A burst of four and three a second: no more than that in any second, whoever sends.
        for (_, sent, _) in &story.attempts {
            let n_within = story.attempts.iter().filter(|(_, s, _)| s <= sent && sent - s < 1_000);
            prop_assert!(n_within.count() <= 4 + 3);
        }
    }

    #[test]
    fn every_step_of_any_plan_is_sent_once_or_skipped_once_and_no_door_is_asked_too_often(
        kinds in kinds(),
        per_minute in 1..3_u32,
    ) {
        let plan = any_plan(&kinds);
        let answer = |id: StepId| {
            let (.., latency_ms, succeeds) = kinds[id.0 as usize];
            (latency_ms, if succeeds { Ending::Succeeded } else { Ending::Failed })
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
            for gate in gates(step) {
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
