//! Guards that stop the same plan again and again: told the second time, a quarantine from the third (RULES 25).

use jiff::Timestamp;

use super::judging::GuardCheck;
use crate::model::{Ledger, Trip};

/// From this stop on a guard no longer stops the whole plan: what gives guests more goes on, the rest waits.
pub const QUARANTINE: u32 = 3;

/// The guards that trip, and for how many runs in a row at least half of the same reservations did it (RULES 25).
pub(super) fn trips(checks: &[GuardCheck], ledger: &Ledger, now: Timestamp) -> Vec<Trip> {
    let trip = |check: &GuardCheck| {
        let records = check.records.clone()?;
        let (guard, scope) = (check.guard.as_str().to_owned(), check.scope.to_string());
        let before = ledger
            .trips
            .iter()
            .find(|trip| trip.guard == guard && trip.scope == scope && trip.is_half_of(&records));
        Some(Trip {
            guard,
            scope,
            records,
            n_trips: before.map_or(1, |trip| trip.n_trips.saturating_add(1)),
            since: before.map_or(now, |trip| trip.since),
        })
    };
    checks.iter().filter(|check| check.tripped).filter_map(trip).collect()
}

/// Whether one of them has stopped the same plan often enough.
pub fn is_quarantine(trips: &[Trip]) -> bool {
    trips.iter().any(|trip| trip.n_trips >= QUARANTINE)
}
