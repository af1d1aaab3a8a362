//! The limits of the workspace: so many requests a second with a burst, and so many in flight.
//!
//! A few stray 429s cost only the calls that met them. From the third one on all pause, then one call goes alone until
//! one is accepted, and the others follow evenly. The rate falls where pauses follow each other or are long, and rises
//! again in a straight line. Where Seam fails or is slow, fewer are in flight: half as many at once, and one more with
//! every full round of good answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::doors::Free;
use super::marks::Marks;
use crate::plan::Limits;

/// What in flight may arrive bunched takes no more than this part of the burst.
const MOST_OF_BURST_IN_RESERVE: u32 = 3;

/// A pause takes at least so long …
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

/// … and no longer than that where Seam did not say how long.
const LONGEST_PAUSE_UNTOLD: Duration = Duration::from_secs(1);

/// What is left of the rate after a pause that was long or came soon after another.
const REDUCTION: f64 = 0.7;

/// The lowest rate, as a part of the configured one.
const LOWEST_RATE: f64 = 1.0 / 64.0;

/// The rate comes back in so many times the pause …
const RECOVERY_IN_PAUSES: u32 = 20;

/// … but in no less …
const SHORTEST_RECOVERY: Duration = Duration::from_secs(20);

/// … and no more than that.
const LONGEST_RECOVERY: Duration = Duration::from_mins(10);

/// Failures within this time are counted once.
const ONE_PIECE_OF_NEWS: Duration = Duration::from_secs(1);

/// An answer that takes longer is a sign of trouble.
const SLOW_ANSWER: Duration = Duration::from_secs(10);

/// What an answer tells about the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The request was let through, whatever became of it.
    Accepted,
    /// Seam asked for a slower pace.
    Throttled {
        /// How long Seam wants us to wait at least.
        retry_after: Option<Duration>,
        /// How long the refused call waits.
        wait: Duration,
    },
    /// Seam failed, or could not be reached.
    Unwell,
    /// Nothing.
    Silent,
}

/// The limiter of a workspace, for all that send requests to it. Clones share it, and the zero of its time.
#[derive(Debug, Clone)]
pub struct SharedLimiter(Arc<Mutex<WorkspaceLimiter>>);

impl SharedLimiter {
    /// Begins at the time zero.
    pub fn new(limits: &Limits) -> Self {
        Self(Arc::new(Mutex::new(WorkspaceLimiter::new(limits))))
    }

    /// The limiter, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, WorkspaceLimiter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is free in the workspace.
#[derive(Debug)]
pub struct WorkspaceLimiter {
    /// The time between two requests at the configured rate.
    period: Duration,
    burst: u32,
    /// When all that was sent is paid for.
    paid_at: Duration,
    paused_until: Duration,
    marks: Marks,
    /// The rate as a part of the configured one, as it was at the end of the last pause …
    rate: f64,
    /// … which is here: from then on it rises.
    rises_from: Option<Duration>,
    /// In what time it would rise from nothing to the configured rate.
    recovery: Duration,
    /// Since when it is known that the limit is met. Refusals of requests sent before tell nothing new.
    known_at: Duration,
    /// Nothing was accepted since the last pause: one request goes at a time.
    is_alone: bool,
    /// When the pauses began since which nothing was accepted.
    refused_since: Duration,
    /// What all pauses took after which something was accepted.
    paused_for: Duration,
    most_in_flight: usize,
    n_in_flight: usize,
    /// How many may be in flight, in fractions that add up.
    window: f64,
    narrowed_at: Option<Duration>,
}

impl WorkspaceLimiter {
    /// Begins at the time zero.
    pub fn new(limits: &Limits) -> Self {
        let most_in_flight = limits.concurrency.max(1);
        let burst = limits.burst.max(1);
        let reserve = u32::try_from(most_in_flight).unwrap_or(u32::MAX).min(burst / MOST_OF_BURST_IN_RESERVE);
        Self {
            period: limits.period(),
            burst: (burst - reserve).max(1),
            paid_at: Duration::ZERO,
            paused_until: Duration::ZERO,
            marks: Marks::default(),
            rate: 1.0,
            rises_from: None,
            recovery: SHORTEST_RECOVERY,
            known_at: Duration::ZERO,
            is_alone: false,
            refused_since: Duration::ZERO,
            paused_for: Duration::ZERO,
            most_in_flight,
            n_in_flight: 0,
            window: count(most_in_flight),
            narrowed_at: None,
        }
    }

    /// When so many requests can be sent at once; more than the burst never can, so the burst must do.
    pub fn free(&self, n_requests: u32, now: Duration) -> Free {
        self.free_within(self.n_may_fly(), n_requests, now)
    }

    /// When one can look what became of a call: trouble is no reason to leave a doubt for longer, so as many may be in
    /// flight as are configured.
    pub fn free_to_look(&self, now: Duration) -> Free {
        self.free_within(self.most_in_flight, 1, now)
    }

    fn free_within(&self, n_may_fly: usize, n_requests: u32, now: Duration) -> Free {
        let n_may_fly = if self.is_alone { 1 } else { n_may_fly };
        if self.n_in_flight >= n_may_fly {
            return Free::AfterAnAnswer;
        }
        match self.token_at(n_requests, now) {
            at if at > now => Free::At(at),
            _ => Free::Now,
        }
    }

    /// When there are tokens for so many requests at once.
    pub fn token_at(&self, n_requests: u32, now: Duration) -> Duration {
        let n_left = self.burst - n_requests.min(self.burst);
        let paid_at = self.paid_at.saturating_sub(self.period_at(now).saturating_mul(n_left));
        paid_at.max(self.paused_until)
    }

    /// Pays for requests.
    pub fn pay(&mut self, n_requests: u32, now: Duration) {
        let price = self.period_at(now).saturating_mul(n_requests);
        self.paid_at = self.paid_at.max(now).saturating_add(price);
    }

    /// Takes a place in flight.
    pub fn sent(&mut self) {
        self.n_in_flight += 1;
    }

    /// An answer, good or bad, frees the place in flight of a request that was sent then.
    pub fn answered(&mut self, reply: Reply, sent_at: Duration, now: Duration) {
        self.n_in_flight = self.n_in_flight.saturating_sub(1);
        self.heard(reply, sent_at, now);
    }

    /// What an answer tells, where its place in flight is kept.
    pub fn heard(&mut self, reply: Reply, sent_at: Duration, now: Duration) {
        let is_slow = reply != Reply::Silent && now.saturating_sub(sent_at) > SLOW_ANSWER;
        if is_slow || reply == Reply::Unwell {
            self.narrow(now);
        }
        match reply {
            Reply::Accepted => {
                if !is_slow {
                    self.window = (self.window + 1.0 / self.window).min(count(self.most_in_flight));
                }
                self.marks.accepted();
                if self.is_alone && sent_at >= self.known_at {
                    self.is_alone = false;
                    self.paused_for += now.saturating_sub(self.refused_since);
                }
            }
            Reply::Throttled { retry_after, wait } => {
                if self.marks.refused() {
                    let untold = wait.min(LONGEST_PAUSE_UNTOLD);
                    self.pause(retry_after.unwrap_or(untold).max(SHORTEST_PAUSE), sent_at, now);
                }
            }
            Reply::Unwell | Reply::Silent => {}
        }
    }

    fn pause(&mut self, wait: Duration, sent_at: Duration, now: Duration) {
        let until = now.saturating_add(wait);
        if sent_at >= self.known_at {
            let recovery = wait.saturating_mul(RECOVERY_IN_PAUSES);
            if !self.is_alone {
                let is_soon = self.rises_from.is_some_and(|from| now.saturating_sub(from) <= self.recovery);
                let kept = if is_soon || recovery > SHORTEST_RECOVERY { REDUCTION } else { 1.0 };
                self.rate = (self.rate_at(now) * kept).max(LOWEST_RATE);
                self.refused_since = now;
            }
            self.known_at = now;
            self.is_alone = true;
            self.recovery = recovery.clamp(SHORTEST_RECOVERY, LONGEST_RECOVERY);
        }
        self.paused_until = self.paused_until.max(until);
        self.rises_from = self.rises_from.max(Some(self.paused_until));
        // Those that follow go evenly, without a burst.
        let burst = self.period_at(now).saturating_mul(self.burst - 1);
        self.paid_at = self.paid_at.max(self.paused_until.saturating_add(burst));
    }

    fn narrow(&mut self, now: Duration) {
        if self.narrowed_at.is_none_or(|at| now.saturating_sub(at) >= ONE_PIECE_OF_NEWS) {
            self.narrowed_at = Some(now);
            self.window = (self.window / 2.0).max(1.0);
        }
    }

    /// What all pauses took after which something was accepted. It explains why calls waited.
    pub fn paused_for(&self) -> Duration {
        self.paused_for
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

    /// The rate as a part of the configured one.
    fn rate_at(&self, now: Duration) -> f64 {
        let risen = self.rises_from.map_or(Duration::ZERO, |from| now.saturating_sub(from));
        (self.rate + risen.div_duration_f64(self.recovery)).min(1.0)
    }

    fn period_at(&self, now: Duration) -> Duration {
        let rate = self.rate_at(now);
        if rate < 1.0 { self.period.div_f64(rate) } else { self.period }
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

    /// Ten a second, ten in flight, and of a burst of ten three in reserve.
    fn workspace() -> WorkspaceLimiter {
        WorkspaceLimiter::new(&limits(10))
    }

    fn throttled(retry_after_ms: Option<u64>, wait_ms: u64) -> Reply {
        Reply::Throttled { retry_after: retry_after_ms.map(at), wait: at(wait_ms) }
    }

    /// Three requests at once are refused, so that the limit counts as met.
    fn met(workspace: &mut WorkspaceLimiter, retry_after_ms: u64, now_ms: u64) {
        for _ in 0..3 {
            workspace.heard(throttled(Some(retry_after_ms), retry_after_ms), at(now_ms), at(now_ms));
        }
    }

    fn accept(workspace: &mut WorkspaceLimiter, n: u32, sent_ms: u64, now_ms: u64) {
        for _ in 0..n {
            workspace.heard(Reply::Accepted, at(sent_ms), at(now_ms));
        }
    }

    fn check_rate(workspace: &WorkspaceLimiter, now_ms: u64, expected: f64) {
        let rate = workspace.rate_at(at(now_ms));
        assert!((rate - expected).abs() < 1e-6, "{rate} instead of {expected} at {now_ms} ms");
    }

    fn narrow_to(workspace: &mut WorkspaceLimiter, n: usize) {
        let mut now = at(0);
        while workspace.n_may_fly() > n {
            workspace.narrow(now);
            now += ONE_PIECE_OF_NEWS;
        }
    }

    #[test]
    fn after_the_burst_requests_go_at_the_rate() {
        let mut workspace = workspace();
        workspace.pay(7, at(0));
        assert_eq!(workspace.free(1, at(0)), Free::At(at(100)));
        assert_eq!(workspace.free(4, at(0)), Free::At(at(400)));
        assert_eq!(workspace.free(99, at(0)), Free::At(at(700)), "more than the burst is the burst");
        assert_eq!(workspace.free(1, at(100)), Free::Now);
        workspace.pay(1, at(100));
        assert_eq!(workspace.free(1, at(150)), Free::At(at(200)));
    }

    #[test]
    fn the_burst_keeps_what_may_be_in_flight_in_reserve_but_never_more_than_a_third() {
        let burst =
            |burst, concurrency| WorkspaceLimiter::new(&Limits { burst, concurrency, ..limits(1) }).burst;
        assert_eq!([burst(50, 16), burst(200, 32), burst(30, 4)], [34, 168, 26]);
        assert_eq!([burst(3, 16), burst(2, 16), burst(1, 1), burst(0, 0)], [2, 2, 1, 1]);
    }

    #[test]
    fn one_or_two_refusals_hold_up_nobody_else() {
        let mut workspace = workspace();
        workspace.heard(throttled(Some(60_000), 60_000), at(0), at(10));
        workspace.heard(throttled(None, 400), at(0), at(10));
        assert_eq!(workspace.free(7, at(10)), Free::Now);
        check_rate(&workspace, 10, 1.0);
        accept(&mut workspace, 25, 0, 20);
        workspace.heard(throttled(None, 400), at(0), at(30));
        assert_eq!(workspace.free(7, at(30)), Free::Now, "25 accepted calls took one mark away");
    }

    #[test]
    fn the_third_refusal_pauses_all_for_as_long_as_seam_says() {
        for (retry_after, wait, until) in
            [(Some(5_000), 7_000, 6_000), (None, 300, 1_300), (None, 40_000, 2_000), (Some(0), 9_000, 1_250)]
        {
            let mut workspace = workspace();
            for _ in 0..3 {
                workspace.heard(throttled(retry_after, wait), at(900), at(1_000));
            }
            assert_eq!(workspace.free(1, at(1_001)), Free::At(at(until)), "{retry_after:?} {wait}");
            assert_eq!(workspace.free(1, at(until)), Free::Now, "{retry_after:?} {wait}");
        }
    }

    #[test]
    fn after_a_pause_one_goes_alone_until_one_is_accepted_and_the_others_follow_evenly() {
        let mut workspace = workspace();
        workspace.sent();
        met(&mut workspace, 1_000, 0);
        assert_eq!(workspace.free(1, at(1_000)), Free::AfterAnAnswer, "one is still in flight");
        workspace.answered(Reply::Silent, at(0), at(1_000));
        assert_eq!(workspace.free(1, at(1_000)), Free::Now);
        workspace.pay(1, at(1_000));
        workspace.sent();
        assert_eq!(workspace.free(1, at(2_000)), Free::AfterAnAnswer);
        workspace.answered(throttled(Some(1_000), 1_000), at(1_000), at(2_000));
        assert_eq!(workspace.free(1, at(2_000)), Free::At(at(3_000)), "refused again, it pauses anew");
        workspace.sent();
        workspace.answered(Reply::Accepted, at(3_000), at(3_050));
        assert_eq!(workspace.free(1, at(3_050)), Free::Now);
        workspace.pay(1, at(3_050));
        assert_eq!(workspace.free(1, at(3_060)), Free::At(at(3_100)));
        workspace.pay(1, at(3_100));
        assert_eq!(workspace.free(1, at(3_100)), Free::At(at(3_200)), "evenly, without a burst");
    }

    #[test]
    fn an_answer_to_what_was_sent_before_the_pause_proves_nothing() {
        let mut workspace = workspace();
        workspace.sent();
        workspace.sent();
        met(&mut workspace, 1_000, 100);
        workspace.answered(Reply::Accepted, at(50), at(200));
        assert_eq!(workspace.free(1, at(1_500)), Free::AfterAnAnswer);
        workspace.answered(throttled(Some(3_000), 3_000), at(60), at(300));
        assert_eq!(workspace.free(1, at(300)), Free::At(at(3_300)), "it lengthens the pause");
        check_rate(&workspace, 300, 1.0);
    }

    #[test]
    fn a_first_short_pause_leaves_the_rate_alone_and_one_soon_after_does_not() {
        let mut workspace = workspace();
        met(&mut workspace, 1_000, 0);
        check_rate(&workspace, 1_000, 1.0);
        accept(&mut workspace, 25, 1_000, 1_100);
        met(&mut workspace, 1_000, 2_000);
        check_rate(&workspace, 3_000, 0.7);
        check_rate(&workspace, 6_000, 0.85);
        check_rate(&workspace, 60_000, 1.0);
        accept(&mut workspace, 25, 3_000, 3_100);
        met(&mut workspace, 1_000, 23_500);
        check_rate(&workspace, 24_500, 1.0);
    }

    #[test]
    fn a_long_pause_slows_all_down_and_the_rate_comes_back_in_twenty_times_its_length() {
        let mut workspace = workspace();
        met(&mut workspace, 10_000, 0);
        check_rate(&workspace, 10_000, 0.7);
        check_rate(&workspace, 30_000, 0.8);
        assert_eq!(workspace.free(1, at(70_000)), Free::Now);
        workspace.pay(7, at(70_000));
        assert_eq!(workspace.free(1, at(70_000)), Free::At(at(70_100)), "the configured rate again");
    }

    #[test]
    fn a_refusal_while_one_goes_alone_reduces_nothing_and_there_is_a_lowest_rate() {
        let mut workspace = workspace();
        met(&mut workspace, 10_000, 0);
        for n in 1..9 {
            let now = n * 10_000;
            workspace.heard(throttled(Some(10_000), 10_000), at(now), at(now));
        }
        check_rate(&workspace, 90_000, 0.7);
        for n in 10..90 {
            let now = n * 10_000;
            accept(&mut workspace, 1, now, now);
            met(&mut workspace, 10_000, now + 10);
        }
        check_rate(&workspace, 900_000, LOWEST_RATE);
    }

    #[test]
    fn what_pauses_took_is_known_once_something_was_accepted() {
        let mut workspace = workspace();
        met(&mut workspace, 1_000, 5_000);
        workspace.heard(throttled(Some(1_000), 1_000), at(6_000), at(6_100));
        assert_eq!(workspace.paused_for(), at(0));
        accept(&mut workspace, 1, 7_100, 7_200);
        assert_eq!(workspace.paused_for(), at(2_200));
    }

    #[test]
    fn trouble_halves_what_is_in_flight_and_good_answers_bring_it_back() {
        let mut workspace = workspace();
        narrow_to(&mut workspace, 2);
        workspace.sent();
        workspace.sent();
        assert_eq!(workspace.free(1, at(0)), Free::AfterAnAnswer);
        workspace.answered(Reply::Accepted, at(0), at(0));
        assert_eq!(workspace.free(1, at(0)), Free::Now);
        accept(&mut workspace, 100, 0, 0);
        assert_eq!(workspace.n_may_fly(), 10, "and never more than configured");
    }

    #[test]
    fn what_became_of_a_call_is_looked_at_however_little_is_in_flight() {
        let mut workspace = workspace();
        narrow_to(&mut workspace, 1);
        workspace.sent();
        assert_eq!(workspace.free(1, at(0)), Free::AfterAnAnswer);
        assert_eq!(workspace.free_to_look(at(0)), Free::Now);
        (0..9).for_each(|_| workspace.sent());
        assert_eq!(workspace.free_to_look(at(0)), Free::AfterAnAnswer);
    }

    #[test]
    fn a_refusal_narrows_nothing() {
        let mut workspace = workspace();
        met(&mut workspace, 1_000, 0);
        assert_eq!(workspace.n_may_fly(), 10);
        workspace.heard(Reply::Unwell, at(0), at(0));
        assert_eq!(workspace.n_may_fly(), 5);
    }

    #[test]
    fn a_slow_answer_is_trouble_too_and_one_place_always_stays() {
        let mut workspace = workspace();
        for second in 0..9 {
            workspace.heard(Reply::Accepted, at(second * 1_000), at(second * 1_000 + 11_000));
        }
        assert_eq!(workspace.n_may_fly(), 1);
    }
}
