//! Keeps the pace: so many requests a second, so many in flight, and everybody waits when Seam says so.
//!
//! Whoever waits stands in one fair line, and only the first of it looks at the clock; a crowd that wakes for every
//! token costs more than the requests. The place in flight is taken after the token, so that a slow answer never
//! holds back the rate. Time is tokio's, so that tests move it.

use std::num::NonZeroU32;
use std::sync::Mutex as StdMutex;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, sleep_until};

use crate::plan::Limits;

/// Tokio's clock, as governor wants to be shown it.
#[derive(Debug, Clone)]
struct TokioClock {
    origin: Instant,
}

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// The line that every request stands in.
#[derive(Debug)]
pub(super) struct Pace {
    clock: TokioClock,
    tokens: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>,
    turn: Mutex<()>,
    closed_until: StdMutex<Option<Instant>>,
    in_flight: Semaphore,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        let clock = TokioClock { origin: Instant::now() };
        let burst = NonZeroU32::new(limits.burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(limits.period())
            .expect("the period between two requests is at least a nanosecond")
            .allow_burst(burst);
        Self {
            tokens: RateLimiter::direct_with_clock(quota, clock.clone()),
            clock,
            turn: Mutex::new(()),
            closed_until: StdMutex::new(None),
            in_flight: Semaphore::new(limits.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
        }
    }

    /// Waits for a token, then for a place in flight, which is free again when the permit is dropped.
    pub(super) async fn acquire(&self) -> SemaphorePermit<'_> {
        {
            let _turn = self.turn.lock().await;
            loop {
                if let Some(until) = self.closed_until() {
                    sleep_until(until).await;
                } else if let Err(not_until) = self.tokens.check() {
                    sleep(not_until.wait_time_from(self.clock.now())).await;
                } else {
                    break;
                }
            }
        }
        self.in_flight.acquire().await.expect("the semaphore is never closed")
    }

    /// Lets nobody through for that long; a longer pause that stands already wins.
    pub(super) fn hold(&self, wait: Duration) {
        let Some(until) = Instant::now().checked_add(wait) else { return };
        let mut closed_until = self.closed_until.lock().expect("nobody panics while holding the gate");
        *closed_until = Some(closed_until.map_or(until, |standing| standing.max(until)));
    }

    fn closed_until(&self) -> Option<Instant> {
        let closed_until = *self.closed_until.lock().expect("nobody panics while holding the gate");
        closed_until.filter(|until| *until > Instant::now())
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

    async fn check(requests_per_second: f64, burst: u32, n: u32, expected_ms: u64) {
        let pace = Pace::new(&limits(requests_per_second, burst, 1000));
        let start = Instant::now();
        for _ in 0..n {
            drop(pace.acquire().await);
        }
        let elapsed_ms = u64::try_from(start.elapsed().as_millis()).expect("a short test");
        assert!(elapsed_ms.abs_diff(expected_ms) <= 5, "{elapsed_ms} ms instead of {expected_ms} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_burst_requests_go_at_the_rate() {
        check(10.0, 10, 10, 0).await;
        check(10.0, 10, 110, 10_000).await;
        check(10.0, 1, 101, 10_000).await;
        check(0.5, 2, 4, 4_000).await;
        check(0.0, 1, 2, 3_600_000).await;
        check(f64::INFINITY, 1000, 1000, 0).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everybody_and_the_longer_one_wins() {
        let pace = Arc::new(Pace::new(&limits(1000.0, 1000, 1000)));
        pace.hold(Duration::from_secs(30));
        pace.hold(Duration::from_secs(10));
        pace.hold(Duration::MAX);
        let start = Instant::now();
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let pace = Arc::clone(&pace);
                tokio::spawn(async move { drop(pace.acquire().await) })
            })
            .collect();
        for one in waiting {
            one.await.expect("no panic");
        }
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_are_in_flight_than_allowed() {
        let pace = Pace::new(&limits(1000.0, 1000, 2));
        let first = pace.acquire().await;
        let _second = pace.acquire().await;
        let third = tokio::time::timeout(Duration::from_mins(1), pace.acquire()).await;
        assert!(third.is_err(), "the third waits");
        drop(first);
        drop(pace.acquire().await);
    }
}
