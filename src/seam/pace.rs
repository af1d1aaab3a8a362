//! The limits of the workspace on the clock of a client: reads wait here for their turn, and the schedule of a run
//! shares the same limiter for what it sends.
//!
//! Whoever waits stands in one fair line, and only the first of it looks at the clock; a crowd that wakes for every
//! token costs more than the requests. Time is tokio's, so that tests move it.

use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::plan::Limits;
use crate::plan::schedule::{Free, Reply, SharedLimiter};

/// How often a full workspace is looked at again: answers to what a schedule sent are not told here.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The line that every request stands in which no schedule sends.
#[derive(Debug)]
pub(super) struct Pace {
    zero: Instant,
    limiter: SharedLimiter,
    turn: Mutex<()>,
    answered: Notify,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            zero: Instant::now(),
            limiter: SharedLimiter::new(limits),
            turn: Mutex::new(()),
            answered: Notify::new(),
        }
    }

    /// What schedules share, and when its time begins.
    pub(super) fn limiter(&self) -> (SharedLimiter, Instant) {
        (self.limiter.clone(), self.zero)
    }

    pub(super) fn now(&self) -> Duration {
        self.zero.elapsed()
    }

    pub(super) fn paused_for(&self) -> Duration {
        self.limiter.lock().paused_for()
    }

    /// Waits for a turn; `None` where the run is told to stop before it comes.
    pub(super) async fn acquire(&self, cancel: &CancellationToken) -> Option<Permit<'_>> {
        tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            permit = self.turn() => Some(permit),
        }
    }

    async fn turn(&self) -> Permit<'_> {
        let _turn = self.turn.lock().await;
        loop {
            let now = self.now();
            let free = {
                let mut limiter = self.limiter.lock();
                let free = limiter.free(1, now);
                if free == Free::Now {
                    limiter.pay(1, now);
                    limiter.sent();
                }
                free
            };
            match free {
                Free::Now => return Permit { pace: self, sent_at: now, is_open: true },
                Free::At(at) => sleep_until(self.zero + at).await,
                Free::AfterAnAnswer => tokio::select! {
                    () = self.answered.notified() => {}
                    () = sleep(LOOK_AGAIN) => {}
                },
            }
        }
    }

    /// Waits for the token of a further request of somebody who has a place in flight.
    pub(super) async fn further(&self) {
        loop {
            let now = self.now();
            let at = {
                let mut limiter = self.limiter.lock();
                let at = limiter.token_at(1, now);
                if at <= now {
                    limiter.pay(1, now);
                }
                at
            };
            if at <= now {
                return;
            }
            sleep_until(self.zero + at).await;
        }
    }
}

/// A place in flight; it is free again when it is told of an answer, or dropped.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    pace: &'a Pace,
    sent_at: Duration,
    is_open: bool,
}

impl Permit<'_> {
    pub(super) fn answered(mut self, reply: Reply) {
        self.close(reply);
    }

    fn close(&mut self, reply: Reply) {
        if std::mem::take(&mut self.is_open) {
            self.pace.limiter.lock().answered(reply, self.sent_at, self.pace.now());
            self.pace.answered.notify_one();
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.close(Reply::Silent);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn limits(requests_per_second: f64, burst: u32, concurrency: usize) -> Limits {
        Limits {
            requests_per_second,
            burst,
            concurrency,
            door_creates_per_minute: 10,
            door_updates_per_minute: 10,
            door_deletes_per_minute: 20,
        }
    }

    async fn acquire(pace: &Pace) -> Permit<'_> {
        pace.acquire(&CancellationToken::new()).await.expect("nobody stops it")
    }

    async fn check(requests_per_second: f64, burst: u32, n: u32, expected_ms: u64) {
        let pace = Pace::new(&limits(requests_per_second, burst, 1));
        let start = Instant::now();
        for _ in 0..n {
            drop(acquire(&pace).await);
        }
        let elapsed_ms = u64::try_from(start.elapsed().as_millis()).expect("a short test");
        assert!(elapsed_ms.abs_diff(expected_ms) <= 150, "{elapsed_ms} ms instead of {expected_ms} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_burst_requests_go_at_the_rate() {
        // One in flight leaves all but one of the burst.
        check(10.0, 11, 10, 0).await;
        check(10.0, 11, 110, 10_000).await;
        check(10.0, 1, 101, 10_000).await;
        check(0.5, 2, 4, 4_000).await;
        check(0.0, 1, 2, 3_600_000).await;
        check(f64::INFINITY, 1000, 1000, 0).await;
    }

    #[tokio::test(start_paused = true)]
    async fn refused_reads_pause_all_and_one_goes_alone_until_one_is_accepted() {
        let pace = Arc::new(Pace::new(&limits(1000.0, 1000, 1000)));
        let wait = Duration::from_secs(30);
        for _ in 0..3 {
            acquire(&pace).await.answered(Reply::Throttled { retry_after: Some(wait), wait });
        }
        let start = Instant::now();
        let first = acquire(&pace).await;
        assert_eq!(start.elapsed().as_secs(), 30);
        let second = tokio::time::timeout(Duration::from_mins(1), acquire(&pace)).await;
        assert!(second.is_err(), "the first goes alone");
        first.answered(Reply::Accepted);
        drop(acquire(&pace).await);
        assert_eq!(pace.paused_for().as_secs(), 90);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_in_flight_than_allowed() {
        let pace = Pace::new(&limits(1000.0, 1000, 2));
        let first = acquire(&pace).await;
        let _second = acquire(&pace).await;
        let third = tokio::time::timeout(Duration::from_mins(1), acquire(&pace)).await;
        assert!(third.is_err(), "the third waits");
        pace.further().await;
        drop(first);
        drop(acquire(&pace).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_is_told_to_stop_waits_for_no_turn() {
        let pace = Pace::new(&limits(1000.0, 1000, 1));
        let _first = acquire(&pace).await;
        let cancel = CancellationToken::new();
        cancel.cancel();
        let start = Instant::now();
        assert!(pace.acquire(&cancel).await.is_none());
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
