//! Decides what a failed call does next, and how long it waits for it.
//!
//! [`verdict`] is the only place where retry, look, give up or stop is decided, and it decides from the kind of the
//! error alone. `backoff` gives nothing but the lengths of the waits; the loop, the budget and the place in the pace
//! are ours, because a wait that Seam asks for must lengthen the backoff and never replace the budget.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backoff::backoff::Backoff;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::{CallError, CallErrorKind, Refusal};

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

/// Whether there is a next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The wait is over.
    Go,
    /// The patience is used up.
    OutOfPatience,
    /// The run was told to stop.
    Cancelled,
}

/// The retries of one call: waits, and the patience that bounds them from the first failure on.
#[derive(Debug)]
pub(super) struct Course<D> {
    delays: D,
    patience: Duration,
    deadline: Option<Instant>,
}

impl<D: Delays> Course<D> {
    pub(super) fn new(delays: D, patience: Duration) -> Self {
        Self { delays, patience, deadline: None }
    }

    /// How long to wait after that error; `None` where the patience does not reach so far.
    pub(super) fn wait_after(&mut self, error: &CallError) -> Option<Duration> {
        let now = Instant::now();
        let patience = self.patience;
        // A patience beyond what a clock can express is bounded by a year.
        let deadline = *self.deadline.get_or_insert_with(|| {
            now.checked_add(patience).unwrap_or_else(|| now + Duration::from_hours(8760))
        });
        let backoff = self.delays.next()?;
        let wait = match error.kind {
            // The limits themselves slow all down, so a call need not stay away for long by itself.
            CallErrorKind::Throttled { retry_after: Some(asked) } => asked.max(backoff.min(SPREAD)),
            CallErrorKind::Throttled { retry_after: None } => backoff.min(LONGEST_WAIT_UNTOLD),
            CallErrorKind::Unavailable { retry_after } => backoff.max(retry_after.unwrap_or_default()),
            _ => backoff,
        };
        now.checked_add(wait).filter(|then| *then <= deadline).map(|_| wait)
    }
}

/// Waits, unless the run is told to stop.
pub(super) async fn pause(wait: Duration, cancel: &CancellationToken) -> Next {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Next::Cancelled,
        () = tokio::time::sleep(wait) => Next::Go,
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

    fn throttled(seconds: u64) -> CallError {
        let retry_after = Some(Duration::from_secs(seconds));
        CallError::new("/x", CallErrorKind::Throttled { retry_after }, "")
    }

    fn lost() -> CallError {
        CallError::new("/x", CallErrorKind::LostAnswer, "")
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_seam_asks_for_is_a_floor_and_the_backoff_another() {
        let seconds = |n| Some(Duration::from_secs(n));
        let unavailable =
            |n| CallError::new("/x", CallErrorKind::Unavailable { retry_after: seconds(n) }, "");
        let mut course = Course::new(Every(Duration::from_secs(2)), Duration::from_mins(1));
        assert_eq!(course.wait_after(&unavailable(1)), seconds(2));
        assert_eq!(course.wait_after(&unavailable(7)), seconds(7));
        assert_eq!(course.wait_after(&lost()), seconds(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_call_stays_away_hardly_longer_than_seam_asks() {
        let seconds = |n| Some(Duration::from_secs(n));
        let untold = CallError::new("/x", CallErrorKind::Throttled { retry_after: None }, "");
        for (backoff, asked_0, asked_7, not_asked) in [(0, 0, 7, 0), (5, 1, 7, 5), (40, 1, 7, 10)] {
            let mut course = Course::new(Every(Duration::from_secs(backoff)), Duration::from_mins(1));
            assert_eq!(course.wait_after(&throttled(0)), seconds(asked_0), "{backoff}");
            assert_eq!(course.wait_after(&throttled(7)), seconds(asked_7), "{backoff}");
            assert_eq!(course.wait_after(&untold), seconds(not_asked), "{backoff}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn patience_counts_from_the_first_failure_and_bounds_every_wait() {
        let mut course = Course::new(Every(Duration::from_secs(4)), Duration::from_secs(10));
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(course.wait_after(&throttled(11)), None);
        assert_eq!(course.wait_after(&lost()), Some(Duration::from_secs(4)));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert_eq!(course.wait_after(&lost()), Some(Duration::from_secs(4)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(course.wait_after(&lost()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn seam_cannot_keep_a_call_alive_beyond_its_patience() {
        let mut course = Course::new(Jitter::ByChance.delays(), Duration::from_mins(5));
        let cancel = CancellationToken::new();
        let start = Instant::now();
        while let Some(wait) = course.wait_after(&throttled(1)) {
            assert_eq!(pause(wait, &cancel).await, Next::Go);
        }
        assert!(start.elapsed() <= Duration::from_secs(301), "{:?}", start.elapsed());
        assert!(start.elapsed() >= Duration::from_secs(200), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_patience_without_end_does_not_overflow() {
        let mut course = Course::new(Every(Duration::from_secs(1)), Duration::MAX);
        assert!(course.wait_after(&lost()).is_some());
        let forever = CallErrorKind::Throttled { retry_after: Some(Duration::MAX) };
        assert_eq!(course.wait_after(&CallError::new("/x", forever, "")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_when_the_run_is_told_to_stop() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let start = Instant::now();
        assert_eq!(pause(Duration::from_mins(1), &cancel).await, Next::Cancelled);
        assert_eq!(start.elapsed(), Duration::ZERO);
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
