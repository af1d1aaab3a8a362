//! The schedule on a virtual clock: how long a plan will take, at which door it waits most, and whose arrival it
//! misses.
//!
//! Every call is taken to be answered at once and well. What a real call takes matters only at the end of a chain,
//! because while one waits for its answer others are sent.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::agenda::{Ending, Next, Schedule};
use super::gates::{ByGate, gates};
use super::order::step_ids;
use crate::model::{DoorRef, Problem, ProblemCode, SourcePlace};
use crate::plan::{Action, Call, Estimate, ItemId, Limits, Plan, StepId};

/// So many late arrivals are told one by one; the rest as a number.
const MOST_WARNINGS: usize = 50;

/// What will be when a plan is carried out from now on.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::plan) struct Forecast {
    /// What it costs.
    pub(in crate::plan) estimate: Estimate,
    /// Arrivals that will not be ready in time, the earliest first.
    pub(in crate::plan) late: Vec<Problem>,
}

/// Plays the plan through.
pub(in crate::plan) fn forecast(plan: &Plan, limits: &Limits, now: Timestamp) -> Forecast {
    let sent_after = play(plan, limits);
    let took = sent_after.iter().max().copied().unwrap_or_default();
    let slowest_door = slowest_door(plan, limits).map(|door| plan.doors[door.0 as usize].name.clone());
    Forecast {
        estimate: Estimate { writes: plan.steps.len(), seconds: took.as_secs_f64(), slowest_door },
        late: late(plan, &sent_after, now),
    }
}

/// When each step is sent.
fn play(plan: &Plan, limits: &Limits) -> Vec<Duration> {
    let mut schedule = Schedule::new(plan, limits);
    let mut sent_after = vec![Duration::ZERO; plan.steps.len()];
    let mut now = Duration::ZERO;
    loop {
        match schedule.next(now) {
            Next::Step(StepId(position)) => {
                sent_after[position as usize] = now;
                let skipped = schedule.over(StepId(position), Ending::Succeeded, now);
                debug_assert!(skipped.is_empty(), "nothing fails here");
            }
            Next::At(at) => now = at,
            Next::Nothing => return sent_after,
        }
    }
}

/// The door whose limit takes the most full minutes; `None` where no door needs a second minute.
fn slowest_door(plan: &Plan, limits: &Limits) -> Option<DoorRef> {
    let mut at_door: ByGate<usize> = ByGate::new();
    plan.steps.iter().flat_map(gates).for_each(|gate| *at_door.entry(gate) += 1);
    let full_minutes = at_door.into_entries().map(|((door, operation), n_calls)| {
        let n_minutes = n_calls.saturating_sub(1) / limits.at_door(operation);
        (n_minutes, std::cmp::Reverse((door, operation)))
    });
    let (_, std::cmp::Reverse((door, _))) = full_minutes.max().filter(|(n_minutes, _)| *n_minutes > 0)?;
    Some(door)
}

/// New access that comes after the arrival it is for. Who has arrived already is served first anyway.
fn late(plan: &Plan, sent_after: &[Duration], now: Timestamp) -> Vec<Problem> {
    let mut ready: BTreeMap<ItemId, (Timestamp, Timestamp)> = BTreeMap::new();
    for (id, step) in step_ids(plan) {
        let gives = matches!(
            step.call,
            Call::CreateGrant { .. } | Call::UpdateGrant { .. } | Call::AddMethods { .. }
        );
        let Some(item) = step.item.filter(|_| gives && step.deadline > now) else { continue };
        let at = now.saturating_add(sent_after[id.0 as usize]).unwrap_or(Timestamp::MAX);
        if at > step.deadline {
            let (_, latest) = ready.entry(item).or_insert((step.deadline, at));
            *latest = at.max(*latest);
        }
    }
    let mut late: Vec<(Timestamp, Timestamp, ItemId)> = ready
        .into_iter()
        .filter(|(item, _)| plan.item(*item).action != Action::Hold)
        .map(|(item, (arrival, at))| (arrival, at, item))
        .collect();
    late.sort_unstable();
    let n_more = late.len().saturating_sub(MOST_WARNINGS);
    let told = late.iter().filter_map(|(arrival, at, item)| {
        let source = plan.item(*item).source.clone()?;
        let message =
            format!("access from {arrival:.0} on will be ready about {at:.0}, too late for the arrival");
        Some(not_ready(source, message))
    });
    let mut problems: Vec<Problem> = told.take(MOST_WARNINGS).collect();
    if let Some(last) = problems.last().filter(|_| n_more > 0) {
        let mut source = last.source.clone();
        source.row = 0;
        problems.push(not_ready(source, format!("{n_more} more arrivals will not be ready in time")));
    }
    problems
}

fn not_ready(source: SourcePlace, message: String) -> Problem {
    Problem {
        source,
        column: "check_in",
        code: ProblemCode::NotReadyInTime,
        message,
        hint: "let the desk open the door until then; next time begin earlier".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Draft, create, delete, limits, plan_of, step};
    use super::*;
    use crate::model::{Door, DoorId, MethodSet};

    fn plan(drafts: Vec<Draft>) -> Plan {
        let mut plan = plan_of(drafts);
        for (row, item) in (2..).zip(&mut plan.items) {
            item.source = Some(SourcePlace { container: "bookings.csv".into(), row });
        }
        plan
    }

    fn door() -> Door {
        let id = DoorId::Device("d".into());
        Door {
            id,
            name: String::new(),
            methods: MethodSet::default(),
            capable: false,
            max_active_codes: None,
        }
    }

    fn check(plan: &Plan, seconds: f64, late: &[&str]) {
        let forecast = forecast(plan, &limits(2), Timestamp::UNIX_EPOCH);
        let problems: Vec<String> = forecast.late.iter().map(ToString::to_string).collect();
        assert!((forecast.estimate.seconds - seconds).abs() < 1e-6, "{}", forecast.estimate.seconds);
        assert_eq!(problems.len(), late.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(late) {
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn a_plan_takes_what_its_rate_or_its_busiest_door_takes() {
        check(&plan(Vec::new()), 0.0, &[]);
        // Of a burst of ten three stay in reserve; after seven at once ten a second.
        let apart = (0..30).map(|n| step("R", create("k"), &[]).at_doors(&[n]));
        check(&plan(apart.collect()), 2.3, &[]);
        let at_lobby = (0..5).map(|_| step("R", create("k"), &[]).at_doors(&[0]));
        let mut at_lobby = plan(at_lobby.collect());
        at_lobby.doors = vec![Door { name: "Lobby".to_owned(), ..door() }];
        check(&at_lobby, 120.0, &[]);
        let named = forecast(&at_lobby, &limits(2), Timestamp::UNIX_EPOCH).estimate;
        assert_eq!(named.slowest_door.as_deref(), Some("Lobby"));
    }

    #[test]
    fn a_chain_of_doors_that_wait_for_each_other_is_not_underestimated() {
        let drafts = vec![
            step("R1", create("a"), &[]).at_doors(&[0]),
            step("R2", create("b"), &[]).at_doors(&[0]),
            step("R3", create("c"), &[]).at_doors(&[0]).due(1),
            step("R4", create("d"), &[2]).at_doors(&[1]).due(1),
            step("R5", create("e"), &[2]).at_doors(&[1]).due(2),
            step("R6", create("f"), &[2]).at_doors(&[1]).due(3),
        ];
        let mut plan = plan(drafts);
        plan.doors = ["Lobby", "Gym"].map(|name| Door { name: name.to_owned(), ..door() }).to_vec();
        check(&plan, 120.0, &[]);
    }

    #[test]
    fn arrivals_that_the_lobby_cannot_serve_in_time_are_told() {
        // Two a minute: the last of 123 is sent after 61 minutes.
        let drafts =
            (0..123).map(|n| step("R", create("k"), &[]).at_doors(&[0]).due(if n < 122 { 9 } else { 10 }));
        let mut plan = plan(drafts.chain([step("R", delete("gone"), &[]).due(-1)]).collect());
        plan.doors = vec![Door { name: "Lobby".to_owned(), ..door() }];
        check(&plan, 61.0 * 60.0, &[]);
        plan.steps[0].deadline = Timestamp::UNIX_EPOCH;
        for step in &mut plan.steps[1..123] {
            step.deadline = "1970-01-01T01:00:00Z".parse().expect("an instant");
        }
        let late = "bookings.csv:124: check_in: access from 1970-01-01T01:00:00Z on will be ready about \
                    1970-01-01T01:01:00Z";
        check(&plan, 61.0 * 60.0, &[late]);
    }

    #[test]
    fn a_crowd_of_late_arrivals_is_told_as_a_number_in_the_end() {
        let drafts = (0..400).map(|_| step("R", create("k"), &[]).at_doors(&[0]).due(1));
        let mut plan = plan(drafts.collect());
        plan.doors = vec![Door { name: "Lobby".to_owned(), ..door() }];
        let late = forecast(&plan, &limits(2), Timestamp::UNIX_EPOCH).late;
        assert_eq!(late.len(), MOST_WARNINGS + 1);
        let last = late.last().expect("more").to_string();
        assert!(last.starts_with("bookings.csv: check_in: 228 more arrivals"), "{last}");
    }
}
