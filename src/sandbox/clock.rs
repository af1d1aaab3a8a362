//! The sandbox's idea of now. Real, or an instant given that ticks on from there.
//!
//! Nothing else in the sandbox may ask the system for the time.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

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
}
