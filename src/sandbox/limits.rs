//! Rate limits: per door and minute for creates, updates and deletes, per second for the whole workspace.
//!
//! Only what was admitted counts; a refused call uses nothing up.

use std::collections::{BTreeSet, HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::switches::ThrottleScope;

const DOOR_WINDOW: SignedDuration = SignedDuration::from_secs(60);
const WORKSPACE_WINDOW: SignedDuration = SignedDuration::from_secs(1);

/// How many calls the sandbox admits. `None` is without limit; the default is what Seam publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Creates at one door in any 60 seconds.
    pub create_per_minute: Option<u32>,
    /// Updates at one door in any 60 seconds.
    pub update_per_minute: Option<u32>,
    /// Deletes at one door in any 60 seconds.
    pub delete_per_minute: Option<u32>,
    /// Calls of any kind in any second.
    pub requests_per_second: Option<u32>,
}

impl Limits {
    /// Admits everything.
    pub const UNLIMITED: Self = Self {
        create_per_minute: None,
        update_per_minute: None,
        delete_per_minute: None,
        requests_per_second: None,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            create_per_minute: Some(10),
            update_per_minute: Some(10),
            delete_per_minute: Some(20),
            requests_per_second: None,
        }
    }
}

/// What is done at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum DoorOperation {
    Create,
    Update,
    Delete,
}

/// How long to wait until a call may be admitted.
pub(crate) type Wait = SignedDuration;

/// Counts what was admitted in the windows that slide with the clock.
#[derive(Debug)]
pub(crate) struct Limiter {
    limits: Limits,
    at_doors: HashMap<(Uuid, DoorOperation), VecDeque<Timestamp>>,
    requests: VecDeque<Timestamp>,
}

impl Limiter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, at_doors: HashMap::new(), requests: VecDeque::new() }
    }

    /// Admits a call at the workspace or says how long to wait.
    pub(crate) fn admit_request(&mut self, now: Timestamp) -> Result<(), Wait> {
        let Some(limit) = self.limits.requests_per_second else { return Ok(()) };
        slide(&mut self.requests, now, WORKSPACE_WINDOW);
        if let Some(wait) = wait_for(&self.requests, limit, now, WORKSPACE_WINDOW) {
            return Err(wait);
        }
        self.requests.push_back(now);
        Ok(())
    }

    /// Admits an operation at all these doors or at none of them.
    pub(crate) fn admit_at_doors(
        &mut self,
        operation: DoorOperation,
        doors: &BTreeSet<Uuid>,
        scope: ThrottleScope,
        now: Timestamp,
    ) -> Result<(), Wait> {
        let limit = match operation {
            DoorOperation::Create => self.limits.create_per_minute,
            DoorOperation::Update => self.limits.update_per_minute,
            DoorOperation::Delete => self.limits.delete_per_minute,
        };
        let Some(limit) = limit else { return Ok(()) };
        let whole_key = BTreeSet::from([Uuid::nil()]);
        let doors = match scope {
            ThrottleScope::Door => doors,
            ThrottleScope::Key => &whole_key,
        };
        let mut longest: Option<Wait> = None;
        for &door_id in doors {
            let admitted = self.at_doors.entry((door_id, operation)).or_default();
            slide(admitted, now, DOOR_WINDOW);
            longest = longest.max(wait_for(admitted, limit, now, DOOR_WINDOW));
        }
        if let Some(wait) = longest {
            return Err(wait);
        }
        for &door_id in doors {
            self.at_doors.entry((door_id, operation)).or_default().push_back(now);
        }
        Ok(())
    }
}

/// Forgets what has left the window, and what lies ahead because the clock was set back.
fn slide(admitted: &mut VecDeque<Timestamp>, now: Timestamp, window: SignedDuration) {
    while admitted.front().is_some_and(|&at| now.duration_since(at) >= window) {
        admitted.pop_front();
    }
    while admitted.back().is_some_and(|&at| at > now) {
        admitted.pop_back();
    }
}

fn wait_for(
    admitted: &VecDeque<Timestamp>,
    limit: u32,
    now: Timestamp,
    window: SignedDuration,
) -> Option<Wait> {
    let limit = usize::try_from(limit).expect("a limit fits into memory");
    let n_too_many = (admitted.len() + 1).checked_sub(limit).filter(|&n| n > 0)?;
    // With a limit of zero nothing ever leaves; a whole window is as good an answer as any.
    let leaves_at = admitted.get(n_too_many - 1).map_or(now, |&at| at);
    Some(window - now.duration_since(leaves_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a valid instant")
    }

    #[test]
    fn the_eleventh_create_at_a_door_waits_until_the_first_is_a_minute_old() {
        let mut limiter = Limiter::new(Limits::default());
        let (lobby, room) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut create = |doors: &[Uuid], seconds| {
            let doors = doors.iter().copied().collect();
            limiter.admit_at_doors(DoorOperation::Create, &doors, ThrottleScope::Door, at(seconds))
        };
        for seconds in 0..10 {
            create(&[lobby], seconds).expect("admitted");
        }
        assert_eq!(create(&[lobby, room], 20), Err(SignedDuration::from_secs(40)));
        create(&[room], 20).expect("another door has its own count");
        assert_eq!(create(&[lobby], 59), Err(SignedDuration::from_secs(1)));
        create(&[lobby], 60).expect("the first has left the window");
        assert_eq!(create(&[lobby], 60), Err(SignedDuration::from_secs(1)));
    }

    #[test]
    fn a_refused_call_uses_nothing_up_and_a_clock_set_back_forgets() {
        let mut limiter = Limiter::new(Limits { requests_per_second: Some(2), ..Limits::UNLIMITED });
        limiter.admit_request(at(10)).expect("first");
        limiter.admit_request(at(10)).expect("second");
        limiter.admit_request(at(10)).expect_err("third");
        limiter.admit_request(at(11)).expect("the window is empty again");
        limiter.admit_request(at(5)).expect("what lies ahead does not count");
    }
}
