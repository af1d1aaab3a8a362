//! Decides what a failed call does next, and how long it waits for it.
//!
//! [`verdict`] is the only place where retry, look, give up or stop is decided, and it decides from the kind of the
//! error alone. `backoff` gives nothing but the lengths of the waits; the budget is ours, because a wait that Seam asks
//! for must lengthen the backoff and never replace the budget. There is no loop here: calls that change something are
//! repeated by the schedule of a run, and reads by `client.rs`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::error::{CallErrorKind, Refusal};
use crate::plan::Call;
use crate::plan::schedule::Reply;
use backoff::backoff::Backoff;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};

/// What repeating a call would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It only asks.
    Read,
    /// It makes something; made twice would be one too many.
    Create,
    /// It sets something to a value; set twice is the same, but may cost the guest a credential.
    Update,
    /// It takes something away; what is gone is gone.
    Delete,
}

impl Safety {
    pub(super) fn of(call: &Call) -> Self {
        match call {
            Call::CreateIdentity(_)
            | Call::CreateGrant { .. }
            | Call::AddMethods { .. }
            | Call::RestoreMethods { .. } => Self::Create,
            Call::UpdateIdentity { .. } | Call::UpdateGrant { .. } | Call::TakeOverGrant { .. } => {
                Self::Update
            }
            Call::DeleteGrant { .. } | Call::DeleteMethod { .. } => Self::Delete,
        }
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Wait, then send it again.
    Retry,
    /// Wait, then look whether it took effect; if not, send it again.
    LookThenRetry,
    /// Look whether Seam holds it already; if not, the refusal stands.
    LookThenGiveUp,
    /// Seam is as it should be.
    AlreadySo,
    /// This call has failed; others may go on.
    GiveUp,
    /// No call will succeed.
    Stop,
}

/// Retry, look, give up or stop: the one place where it is decided.
pub fn verdict(kind: &CallErrorKind, safety: Safety) -> Verdict {
    match (kind, safety) {
        (CallErrorKind::Unauthorized | CallErrorKind::Forbidden, _) => Verdict::Stop,
        (CallErrorKind::Throttled { .. } | CallErrorKind::Unreachable, _)
        | (CallErrorKind::Unavailable { .. } | CallErrorKind::LostAnswer, Safety::Read | Safety::Delete) => {
            Verdict::Retry
        }
        (CallErrorKind::Unavailable { .. } | CallErrorKind::LostAnswer, Safety::Create | Safety::Update) => {
            Verdict::LookThenRetry
        }
        // The status of a duplicate is undocumented, and an attempt thought lost may have come through late: so a
        // refusal may always mean "it is there".
        (
            CallErrorKind::Refused(Refusal::Validation | Refusal::Conflict | Refusal::ReservationRule(_))
            | CallErrorKind::BadAnswer,
            Safety::Create,
        ) => Verdict::LookThenGiveUp,
        (CallErrorKind::Refused(Refusal::NotFound), Safety::Delete) => Verdict::AlreadySo,
        (
            CallErrorKind::Refused(_)
            | CallErrorKind::BadAnswer
            | CallErrorKind::OtherWorkspace
            | CallErrorKind::Cancelled,
            _,
        ) => Verdict::GiveUp,
    }
}

/// Where the lengths of the waits come from.
pub trait Delays {
    /// The next wait; `None` ends the retries.
    fn next(&mut self) -> Option<Duration>;
}

/// The ceiling of the first wait; it doubles from wait to wait.
const FIRST_CEILING: Duration = Duration::from_millis(500);

/// The ceiling of every later wait.
const LAST_CEILING: Duration = Duration::from_mins(1);

/// Where Seam says how long to wait, no more than that is added to it.
const SPREAD: Duration = Duration::from_secs(1);

/// Where Seam asks for a slower pace and does not say for how long, a call waits no longer than that.
const LONGEST_WAIT_UNTOLD: Duration = Duration::from_secs(10);

/// Where the jitter of a client's waits comes from.
#[derive(Debug)]
pub(super) enum Jitter {
    /// Nobody knows.
    ByChance,
    /// The same seed gives the same waits, in the order in which calls begin.
    Seeded {
        /// From which all follows.
        seed: u64,
        /// How many calls have begun.
        n_calls: AtomicU64,
    },
}

impl Jitter {
    /// Waits that follow from a seed.
    pub(super) fn seeded(seed: u64) -> Self {
        Self::Seeded { seed, n_calls: AtomicU64::new(0) }
    }

    /// The waits of one call.
    pub(super) fn delays(&self) -> FullJitter {
        match self {
            Self::ByChance => FullJitter::by_chance(),
            Self::Seeded { seed, n_calls } => {
                FullJitter::seeded(mixed(seed ^ mixed(n_calls.fetch_add(1, Ordering::Relaxed))))
            }
        }
    }
}

/// Full jitter: each wait lies anywhere between nothing and its ceiling, so that calls which failed together do not
/// come back together.
#[derive(Debug)]
pub(super) struct FullJitter {
    waits: ExponentialBackoff,
    /// Where it is seeded, `waits` are half the ceilings, and this decides.
    dice: Option<u64>,
}

impl FullJitter {
    fn by_chance() -> Self {
        // A factor of 1 spreads each wait over nothing to twice its interval.
        Self { waits: doubling(1.0), dice: None }
    }

    fn seeded(seed: u64) -> Self {
        Self { waits: doubling(0.0), dice: Some(seed) }
    }
}

fn doubling(randomization_factor: f64) -> ExponentialBackoff {
    ExponentialBackoffBuilder::new()
        .with_initial_interval(FIRST_CEILING / 2)
        .with_max_interval(LAST_CEILING / 2)
        .with_multiplier(2.0)
        .with_randomization_factor(randomization_factor)
        .with_max_elapsed_time(None)
        .build()
}

impl Delays for FullJitter {
    fn next(&mut self) -> Option<Duration> {
        let wait = self.waits.next_backoff()?;
        let Some(dice) = &mut self.dice else { return Some(wait) };
        *dice = mixed(*dice);
        let of_256 = u32::from(dice.to_le_bytes()[0]);
        Some(2 * wait * of_256 / 256)
    }
}

/// A step of `SplitMix64`.
fn mixed(bits: u64) -> u64 {
    let mut bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// What the clock of a client says: how late it is, and what pauses took that nobody could help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) now: Duration,
    /// What all pauses of the workspace took after which something was accepted.
    pub(super) paused_for: Duration,
    /// How long one call is tried, counted from its first failure.
    pub(super) patience: Duration,
}

/// Since when a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Patience {
    first_failure: Option<Clock>,
}

impl Patience {
    /// How long to wait after that failure; `None` where the patience does not reach so far. What a pause of all
    /// explains does not count against it.
    pub(super) fn wait(
        &mut self,
        kind: &CallErrorKind,
        clock: &Clock,
        delays: &mut dyn Delays,
    ) -> Option<Duration> {
        let first = *self.first_failure.get_or_insert(*clock);
        let backoff = delays.next()?;
        let wait = match *kind {
            // The limits themselves slow all down, so a call need not stay away for long by itself.
            CallErrorKind::Throttled { retry_after: Some(asked) } => asked.max(backoff.min(SPREAD)),
            CallErrorKind::Throttled { retry_after: None } => backoff.min(LONGEST_WAIT_UNTOLD),
            CallErrorKind::Unavailable { retry_after } => backoff.max(retry_after.unwrap_or_default()),
            _ => backoff,
        };
        let explained = clock.paused_for.saturating_sub(first.paused_for);
        let failing_for = clock.now.saturating_add(wait).saturating_sub(first.now.saturating_add(explained));
        (failing_for <= clock.patience).then_some(wait)
    }
}

/// What a failure tells about the limits; `wait` is how long the call waits for its next attempt, if there is one.
pub(super) fn reply(kind: &CallErrorKind, wait: Option<Duration>, patience: Duration) -> Reply {
    match *kind {
        // Nobody waits for what is beyond all patience.
        CallErrorKind::Throttled { retry_after: Some(asked) } if asked > patience => Reply::Silent,
        CallErrorKind::Throttled { retry_after } => {
            Reply::Throttled { retry_after, wait: wait.unwrap_or(LONGEST_WAIT_UNTOLD) }
        }
        CallErrorKind::Cancelled => Reply::Silent,
        ref kind if is_unavailability(kind) => Reply::Unwell,
        _ => Reply::Accepted,
    }
}

/// Whether Seam stayed away, for whatever reason.
pub fn is_unavailability(kind: &CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Unavailable { .. }
        | CallErrorKind::Unreachable
        | CallErrorKind::Throttled { .. }
        | CallErrorKind::LostAnswer => true,
        CallErrorKind::Refused(_)
        | CallErrorKind::Unauthorized
        | CallErrorKind::Forbidden
        | CallErrorKind::BadAnswer
        | CallErrorKind::OtherWorkspace
        | CallErrorKind::Cancelled => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::error::ReservationRule;

    fn check(kind: CallErrorKind, expected: [Verdict; 4]) {
        let safeties = [Safety::Read, Safety::Create, Safety::Update, Safety::Delete];
        assert_eq!(safeties.map(|safety| verdict(&kind, safety)), expected, "{kind:?}");
    }

    #[test]
    fn the_kind_of_an_error_and_the_safety_of_a_call_decide_what_comes_next() {
        use CallErrorKind as Kind;
        use Verdict::{AlreadySo, GiveUp, LookThenGiveUp, LookThenRetry, Retry, Stop};
        // In the order read, create, update, delete.
        check(Kind::Unauthorized, [Stop, Stop, Stop, Stop]);
        check(Kind::Forbidden, [Stop, Stop, Stop, Stop]);
        check(Kind::Throttled { retry_after: None }, [Retry, Retry, Retry, Retry]);
        check(Kind::Unreachable, [Retry, Retry, Retry, Retry]);
        check(Kind::Unavailable { retry_after: None }, [Retry, LookThenRetry, LookThenRetry, Retry]);
        check(Kind::LostAnswer, [Retry, LookThenRetry, LookThenRetry, Retry]);
        check(Kind::BadAnswer, [GiveUp, LookThenGiveUp, GiveUp, GiveUp]);
        check(Kind::Refused(Refusal::Validation), [GiveUp, LookThenGiveUp, GiveUp, GiveUp]);
        check(Kind::Refused(Refusal::Conflict), [GiveUp, LookThenGiveUp, GiveUp, GiveUp]);
        check(Kind::Refused(Refusal::NotFound), [GiveUp, GiveUp, GiveUp, AlreadySo]);
        let rule = Refusal::ReservationRule(ReservationRule::JoinerDoors);
        check(Kind::Refused(rule), [GiveUp, LookThenGiveUp, GiveUp, GiveUp]);
        check(Kind::Cancelled, [GiveUp, GiveUp, GiveUp, GiveUp]);
    }

    /// Waits of a fixed length.
    struct Every(Duration);

    impl Delays for Every {
        fn next(&mut self) -> Option<Duration> {
            Some(self.0)
        }
    }

    fn at(seconds: u64) -> Clock {
        paused(seconds, 0)
    }

    /// At a time before which pauses took so long, with a patience of ten seconds.
    fn paused(seconds: u64, paused: u64) -> Clock {
        Clock {
            now: Duration::from_secs(seconds),
            paused_for: Duration::from_secs(paused),
            patience: Duration::from_secs(10),
        }
    }

    fn throttled(seconds: u64) -> CallErrorKind {
        CallErrorKind::Throttled { retry_after: Some(Duration::from_secs(seconds)) }
    }

    /// What a call waits after each failure, in seconds, with a back-off of so many.
    fn check_waits(backoff: u64, failures: &[(Clock, CallErrorKind)], expected: &[Option<u64>]) {
        let mut patience = Patience::default();
        let mut delays = Every(Duration::from_secs(backoff));
        let waits = failures.iter().map(|(clock, kind)| patience.wait(kind, clock, &mut delays));
        let waits: Vec<_> = waits.map(|wait| wait.map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, expected, "{failures:?}");
    }

    const LOST: CallErrorKind = CallErrorKind::LostAnswer;

    #[test]
    fn a_wait_that_seam_asks_for_is_a_floor_and_the_backoff_another() {
        let unavailable =
            |seconds| CallErrorKind::Unavailable { retry_after: Some(Duration::from_secs(seconds)) };
        let failures = [(at(0), unavailable(1)), (at(0), unavailable(7)), (at(0), LOST)];
        check_waits(2, &failures, &[Some(2), Some(7), Some(2)]);
    }

    #[test]
    fn a_refused_call_stays_away_hardly_longer_than_seam_asks() {
        let untold = CallErrorKind::Throttled { retry_after: None };
        let failures = [(at(0), throttled(0)), (at(0), throttled(7)), (at(0), untold)];
        check_waits(0, &failures, &[Some(0), Some(7), Some(0)]);
        check_waits(5, &failures, &[Some(1), Some(7), Some(5)]);
        check_waits(40, &failures, &[Some(1), Some(7), Some(10)]);
    }

    #[test]
    fn patience_counts_from_the_first_failure_and_bounds_every_wait() {
        let failures = [(at(3600), throttled(11)), (at(3600), LOST), (at(3606), LOST), (at(3607), LOST)];
        check_waits(4, &failures, &[None, Some(4), Some(4), None]);
    }

    #[test]
    fn what_a_pause_of_all_explains_does_not_count_against_patience() {
        let failures = [
            (paused(100, 50), throttled(9)),
            (paused(120, 60), throttled(1)),
            (paused(130, 70), throttled(1)),
            (paused(140, 110), throttled(1)),
        ];
        check_waits(0, &failures, &[Some(9), None, None, Some(1)]);
    }

    #[test]
    fn a_patience_without_end_does_not_overflow() {
        let mut patience = Patience::default();
        let clock = Clock { patience: Duration::MAX, ..at(7) };
        let forever = CallErrorKind::Throttled { retry_after: Some(Duration::MAX) };
        for kind in [LOST, forever] {
            let wait = patience.wait(&kind, &clock, &mut Every(Duration::from_secs(1)));
            assert!(wait.is_some(), "{kind:?}");
        }
    }

    #[test]
    fn what_a_failure_tells_about_the_limits_depends_on_its_kind() {
        let second = Duration::from_secs(1);
        let minute = Duration::from_mins(1);
        for (kind, expected) in [
            (throttled(5), Reply::Throttled { retry_after: Some(5 * second), wait: second }),
            (throttled(61), Reply::Silent),
            (
                CallErrorKind::Throttled { retry_after: None },
                Reply::Throttled { retry_after: None, wait: second },
            ),
            (CallErrorKind::Unavailable { retry_after: None }, Reply::Unwell),
            (CallErrorKind::Unreachable, Reply::Unwell),
            (LOST, Reply::Unwell),
            (CallErrorKind::Cancelled, Reply::Silent),
            (CallErrorKind::BadAnswer, Reply::Accepted),
            (CallErrorKind::Refused(Refusal::Conflict), Reply::Accepted),
        ] {
            assert_eq!(reply(&kind, Some(second), minute), expected, "{kind:?}");
        }
    }

    #[test]
    fn waits_are_spread_below_ceilings_that_double() {
        for jitter in [Jitter::ByChance, Jitter::seeded(7)] {
            let mut ceiling = FIRST_CEILING;
            let mut delays = jitter.delays();
            for _ in 0..12 {
                let wait = delays.next().expect("without end");
                assert!(wait <= ceiling + Duration::from_micros(1), "{wait:?} under {ceiling:?}");
                ceiling = (ceiling * 2).min(LAST_CEILING);
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits_and_each_call_its_own() {
        let waits = |seed| {
            let jitter = Jitter::seeded(seed);
            [(); 8].map(|()| jitter.delays().next().expect("without end"))
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
        let mut calls = waits(1).to_vec();
        calls.sort_unstable();
        calls.dedup();
        assert!(calls.len() > 5, "{calls:?}");
    }
}
