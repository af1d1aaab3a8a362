//! What carrying out a plan will cost: the lower bound that the limits allow.

use std::collections::HashMap;

use super::outline::{Estimate, Plan};
use super::settings::Limits;
use super::step::DoorOperation;
use crate::model::DoorRef;

/// Every door may do its minute's worth at once, and then again each minute.
const MINUTE: f64 = 60.0;

/// Counts the calls of a plan and how long they take at least: the workspace's rate, or the busiest door.
pub(super) fn estimate(plan: &Plan, limits: &Limits) -> Estimate {
    let writes = plan.steps.len();
    let beyond_burst = writes.saturating_sub(limits.burst as usize);
    let by_rate = seconds(beyond_burst) / limits.requests_per_second;
    let mut at_door: HashMap<(DoorRef, DoorOperation), usize> = HashMap::new();
    for step in &plan.steps {
        if let Some(operation) = step.call.door_operation() {
            for door in &step.doors {
                *at_door.entry((*door, operation)).or_default() += 1;
            }
        }
    }
    let slowest = at_door
        .into_iter()
        .map(|((door, operation), n_calls)| {
            let per_minute = match operation {
                DoorOperation::Create => limits.door_creates_per_minute,
                DoorOperation::Update => limits.door_updates_per_minute,
                DoorOperation::Delete => limits.door_deletes_per_minute,
            };
            let full_minutes = n_calls.saturating_sub(1) / per_minute.max(1) as usize;
            (full_minutes, std::cmp::Reverse((door, operation)))
        })
        .max();
    let (by_door, slowest_door) = match slowest {
        Some((full_minutes, std::cmp::Reverse((door, _)))) if full_minutes > 0 => {
            (seconds(full_minutes) * MINUTE, Some(plan.doors[door.0 as usize].name.clone()))
        }
        _ => (0.0, None),
    };
    Estimate { writes, seconds: by_rate.max(by_door), slowest_door }
}

#[expect(clippy::cast_precision_loss, reason = "a plan has far fewer than 2^52 calls")]
fn seconds(count: usize) -> f64 {
    count as f64
}
