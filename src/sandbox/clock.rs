//! The sandbox's idea of now. Real, or an instant given that ticks on from there.
//!
//! Nothing else in the sandbox may ask the system for the time. What passes is tokio's time, so that a test that moves
//! the one moves the other.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Where the sandbox takes its time from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SandboxClock {
    /// The system's clock.
    #[default]
    Real,
    /// Starts at this instant and ticks on from it.
    StartingAt(Timestamp),
}

/// A [`SandboxClock`] that has been started.
#[derive(Debug)]
pub(crate) struct RunningClock {
    origin: Option<(Timestamp, Instant)>,
}

impl RunningClock {
    pub(crate) fn start(clock: SandboxClock) -> Self {
        let origin = match clock {
            SandboxClock::Real => None,
            SandboxClock::StartingAt(instant) => Some((instant, Instant::now())),
        };
        Self { origin }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self.origin {
            None => Timestamp::now(),
            Some((instant, started)) => instant.saturating_add(started.elapsed()).unwrap_or(Timestamp::MAX),
        }
    }
}

/// The date of `Retry-After`. It is of the system's clock, because the one who waits knows no other.
pub(crate) fn http_date_in(seconds: i64) -> String {
    let date = Timestamp::now().saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_instant_ticks_on() {
        let instant: Timestamp = "2026-12-01T12:00:00Z".parse().expect("a valid instant");
        let clock = RunningClock::start(SandboxClock::StartingAt(instant));
        let (first, second) = (clock.now(), clock.now());
        assert!(first >= instant && second >= first);
        assert!(second.duration_since(instant).as_secs() < 60);
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_a_test_lets_pass_passes_here_too() {
        let instant: Timestamp = "2026-12-01T12:00:00Z".parse().expect("a valid instant");
        let clock = RunningClock::start(SandboxClock::StartingAt(instant));
        tokio::time::advance(std::time::Duration::from_hours(1)).await;
        assert_eq!(clock.now(), instant + SignedDuration::from_hours(1));
    }
}
