//! The limits of the workspace: so many requests a second with a burst, and so many in flight.
//!
//! Where Seam asks everybody to wait, nobody goes until then and all go more slowly for a while. Where Seam fails or
//! is slow, fewer are in flight: half as many at once, and one more with every full round of good answers.

use std::time::Duration;

use super::doors::Free;
use crate::plan::Limits;

/// For how long a lower rate is kept before it is doubled again.
const SLOW_FOR: Duration = Duration::from_mins(1);

/// The lowest rate is this part of the configured one.
const MOST_SLOWNESS: u32 = 16;

/// Failures that come together are one piece of news.
const ONE_PIECE_OF_NEWS: Duration = Duration::from_secs(1);

/// An answer that takes longer is a sign of trouble.
const SLOW_ANSWER: Duration = Duration::from_secs(10);

/// What is free in the workspace.
#[derive(Debug)]
pub(super) struct Workspace {
    period: Duration,
    burst: u32,
    /// When all that was sent is paid for.
    paid_at: Duration,
    paused_until: Duration,
    /// How many times slower than configured, and since when.
    slowness: (u32, Duration),
    most_in_flight: usize,
    n_in_flight: usize,
    /// How many may be in flight, in fractions that add up.
    window: f64,
    narrowed_at: Option<Duration>,
}

impl Workspace {
    pub(super) fn new(limits: &Limits) -> Self {
        let most_in_flight = limits.concurrency.max(1);
        Self {
            period: limits.period(),
            burst: limits.burst.max(1),
            paid_at: Duration::ZERO,
            paused_until: Duration::ZERO,
            slowness: (1, Duration::ZERO),
            most_in_flight,
            n_in_flight: 0,
            window: count(most_in_flight),
            narrowed_at: None,
        }
    }

    /// When so many requests can be sent at once; more than the burst never can, so the burst must do.
    pub(super) fn free(&self, n_requests: u32, now: Duration) -> Free {
        if self.n_in_flight >= self.n_may_fly() {
            return Free::AfterAnAnswer;
        }
        let period = self.period_at(now);
        let n_left = self.burst - n_requests.min(self.burst);
        let paid_at = self.paid_at.saturating_sub(period.saturating_mul(n_left));
        match paid_at.max(self.paused_until) {
            at if at > now => Free::At(at),
            _ => Free::Now,
        }
    }

    /// Pays for requests.
    pub(super) fn pay(&mut self, n_requests: u32, now: Duration) {
        let price = self.period_at(now).saturating_mul(n_requests);
        self.paid_at = self.paid_at.max(now).saturating_add(price);
    }

    pub(super) fn sent(&mut self) {
        self.n_in_flight += 1;
    }

    /// An answer, good or bad, frees a place; a good one that came soon widens the window.
    pub(super) fn answered(&mut self, well: bool, latency: Duration, now: Duration) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        if latency > SLOW_ANSWER {
            self.narrow(now);
        } else if well {
            self.window = (self.window + 1.0 / self.window).min(count(self.most_in_flight));
        }
    }

    /// Seam has trouble: fewer at a time.
    pub(super) fn narrow(&mut self, now: Duration) {
        if self.narrowed_at.is_none_or(|at| now.saturating_sub(at) >= ONE_PIECE_OF_NEWS) {
            self.narrowed_at = Some(now);
            self.window = (self.window / 2.0).max(1.0);
        }
    }

    /// Seam asked everybody to wait.
    pub(super) fn refused(&mut self, until: Duration, now: Duration) {
        self.paused_until = self.paused_until.max(until);
        let (slowness, since) = (self.slowness_at(now), self.slowness.1);
        if since == Duration::ZERO || now.saturating_sub(since) >= ONE_PIECE_OF_NEWS {
            self.slowness = ((slowness * 2).min(MOST_SLOWNESS), now.max(Duration::from_nanos(1)));
        }
        self.narrow(now);
    }

    pub(super) fn n_in_flight(&self) -> usize {
        self.n_in_flight
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the window lies between one and a number that was a usize"
    )]
    fn n_may_fly(&self) -> usize {
        (self.window + 1e-9) as usize
    }

    fn slowness_at(&self, now: Duration) -> u32 {
        let (slowness, since) = self.slowness;
        let n_doublings = now.saturating_sub(since).as_secs() / SLOW_FOR.as_secs();
        let n_doublings = u32::try_from(n_doublings).unwrap_or(u32::MAX);
        slowness.checked_shr(n_doublings).unwrap_or(0).max(1)
    }

    fn period_at(&self, now: Duration) -> Duration {
        self.period.saturating_mul(self.slowness_at(now))
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 calls in flight")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::testing::limits;
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Ten a second, ten at once, ten in flight.
    fn workspace() -> Workspace {
        Workspace::new(&limits(10))
    }

    fn narrow_to(workspace: &mut Workspace, n: usize) {
        let mut now = at(0);
        while workspace.n_may_fly() > n {
            workspace.narrow(now);
            now += ONE_PIECE_OF_NEWS;
        }
    }

    #[test]
    fn after_the_burst_requests_go_at_the_rate() {
        let mut workspace = workspace();
        workspace.pay(10, at(0));
        assert_eq!(workspace.free(1, at(0)), Free::At(at(100)));
        assert_eq!(workspace.free(4, at(0)), Free::At(at(400)));
        assert_eq!(workspace.free(99, at(0)), Free::At(at(1000)), "more than the burst is the burst");
        assert_eq!(workspace.free(1, at(100)), Free::Now);
        workspace.pay(1, at(100));
        assert_eq!(workspace.free(1, at(150)), Free::At(at(200)));
    }

    #[test]
    fn a_pause_holds_everybody_and_the_rate_is_halved_and_comes_back() {
        let mut workspace = workspace();
        workspace.refused(at(5_000), at(1_000));
        workspace.refused(at(4_000), at(1_100));
        assert_eq!(workspace.free(1, at(2_000)), Free::At(at(5_000)));
        workspace.pay(10, at(5_000));
        assert_eq!(workspace.free(1, at(5_000)), Free::At(at(5_200)), "one refusal, not two");
        workspace.pay(10, at(61_000));
        assert_eq!(workspace.free(1, at(61_000)), Free::At(at(61_100)));
    }

    #[test]
    fn trouble_halves_what_is_in_flight_and_good_answers_bring_it_back() {
        let mut workspace = workspace();
        narrow_to(&mut workspace, 2);
        workspace.sent();
        workspace.sent();
        assert_eq!(workspace.free(1, at(0)), Free::AfterAnAnswer);
        workspace.answered(true, at(50), at(0));
        assert_eq!(workspace.free(1, at(0)), Free::Now);
        for _ in 0..100 {
            workspace.answered(true, at(50), at(0));
        }
        assert_eq!(workspace.n_may_fly(), 10, "and never more than configured");
    }

    #[test]
    fn a_slow_answer_is_trouble_too_and_one_place_always_stays() {
        let mut workspace = workspace();
        for second in 0..9 {
            workspace.answered(true, at(11_000), at(second * 1_000));
        }
        assert_eq!(workspace.n_may_fly(), 1);
    }
}
