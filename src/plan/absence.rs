//! Absence is not cancellation: a stay that vanished from the source becomes a tombstone first (RULES 13 to 15).
//!
//! It counts only in a complete read, and only for arrivals that the read covers. The grant goes when its stay has
//! been missing in enough runs and for long enough; until then every plan shows it, with the run in which it fires.

use jiff::{SignedDuration, Timestamp};

use super::guards::GuardSettings;
use crate::model::{Absence, AccessGrantKey, Ledger, Window};

/// The arrivals that a read covers; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrivals {
    /// The first.
    pub from: Timestamp,
    /// The last.
    pub until: Timestamp,
}

/// Whether this read is another look at the source, or the same bytes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It counts.
    New,
    /// It does not.
    SameBytes,
}

/// What is known about absence in this run.
#[derive(Debug, Clone, Copy)]
pub struct AbsenceRule<'a> {
    /// What the read covers; `None` where absence says nothing.
    pub covered: Option<Arrivals>,
    /// Whether it counts.
    pub look: Look,
    /// What earlier runs saw.
    pub ledger: &'a Ledger,
    /// How often and how long.
    pub settings: &'a GuardSettings,
    /// The instant of the run.
    pub now: Timestamp,
}

/// What the absence of a stay means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: the read does not cover it.
    Nothing,
    /// Not yet.
    Waits(Absence),
    /// The stay was never seen by this store, so that its absence cannot be judged (RULES 14).
    Unknown,
    /// The grant goes.
    Fires(Absence),
}

impl AbsenceRule<'_> {
    /// Judges a live grant of ours that no row speaks of.
    pub(super) fn judge(&self, key: &AccessGrantKey, window: &Window) -> Verdict {
        let is_covered =
            self.covered.is_some_and(|a| a.from <= window.starts_at && window.starts_at <= a.until);
        if !is_covered {
            return Verdict::Nothing;
        }
        if !self.ledger.desired.contains_key(key) {
            return Verdict::Unknown;
        }
        let absence = self.absence_of(key);
        let long_enough = absence.since.duration_until(self.now) >= self.settings.missing_for;
        if absence.n_runs >= self.settings.missing_runs && long_enough {
            Verdict::Fires(absence)
        } else {
            Verdict::Waits(absence)
        }
    }

    fn absence_of(&self, key: &AccessGrantKey) -> Absence {
        let counted = match self.look {
            Look::New => 1,
            Look::SameBytes => 0,
        };
        match self.ledger.absences.get(key) {
            Some(earlier) => Absence { n_runs: earlier.n_runs.saturating_add(counted), ..*earlier },
            None => Absence { since: self.now, n_runs: counted },
        }
    }

    /// When a grant that waits goes at the earliest, in words.
    pub(super) fn outlook(&self, absence: Absence) -> String {
        let Absence { since, n_runs } = absence;
        let n_left = self.settings.missing_runs.saturating_sub(n_runs).max(1);
        let runs = if n_left == 1 { "the next complete run".to_owned() } else { format!("{n_left} more complete runs") };
        let earliest = since + self.settings.missing_for;
        format!(
            "missing from the source since {} ({n_runs} of {} runs); revoked by {runs} after {}",
            minute(since),
            self.settings.missing_runs,
            minute(earliest)
        )
    }
}

fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%MZ").to_string()
}

impl Arrivals {
    /// From so long before now to so long after.
    pub fn around(now: Timestamp, from: SignedDuration, until: SignedDuration) -> Self {
        Self { from: now + from, until: now + until }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::Fingerprint;
    use crate::plan::Share;

    const NOW: &str = "2026-12-01T02:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn settings() -> GuardSettings {
        GuardSettings {
            max_delete: Share::Percent(10.0),
            max_cancel: Share::Percent(30.0),
            max_update: Share::Percent(30.0),
            min_existing: 10,
            max_shrink: Share::Percent(30.0),
            max_reject: Share::Percent(10.0),
            max_in_house: Share::Count(3),
            missing_runs: 2,
            missing_for: SignedDuration::from_hours(12),
        }
    }

    fn judged(earlier: Option<(&str, u32)>, look: Look, covered: Option<(&str, &str)>) -> Verdict {
        let key = AccessGrantKey::new("pms::R1:G1:x");
        let absences = earlier
            .map(|(since, n_runs)| (key.clone(), Absence { since: at(since), n_runs }))
            .into_iter()
            .collect();
        let desired = BTreeMap::from([(key.clone(), Fingerprint("wanted".to_owned()))]);
        let ledger = Ledger { absences, desired, ..Ledger::default() };
        let rule = AbsenceRule {
            covered: covered.map(|(from, until)| Arrivals { from: at(from), until: at(until) }),
            look,
            ledger: &ledger,
            settings: &settings(),
            now: at(NOW),
        };
        rule.judge(&key, &Window::new(at("2026-12-05T15:00:00Z"), at("2026-12-07T11:00:00Z")))
    }

    const ALL: Option<(&str, &str)> = Some(("2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"));

    #[test]
    fn a_stay_is_missing_in_two_runs_and_half_a_day_before_its_grant_goes() {
        let first = Absence { since: at(NOW), n_runs: 1 };
        assert_eq!(judged(None, Look::New, ALL), Verdict::Waits(first));
        let second = Absence { since: at("2026-11-30T02:00:00Z"), n_runs: 2 };
        assert_eq!(judged(Some(("2026-11-30T02:00:00Z", 1)), Look::New, ALL), Verdict::Fires(second));
    }

    #[test]
    fn two_runs_in_one_hour_are_not_long_enough() {
        let second = Absence { since: at("2026-12-01T01:30:00Z"), n_runs: 2 };
        assert_eq!(judged(Some(("2026-12-01T01:30:00Z", 1)), Look::New, ALL), Verdict::Waits(second));
    }

    #[test]
    fn the_same_bytes_again_do_not_count() {
        let still = Absence { since: at("2026-11-30T02:00:00Z"), n_runs: 1 };
        assert_eq!(judged(Some(("2026-11-30T02:00:00Z", 1)), Look::SameBytes, ALL), Verdict::Waits(still));
    }

    #[test]
    fn a_partial_read_or_an_arrival_that_is_not_covered_says_nothing() {
        let before = Some(("2026-11-30T02:00:00Z", 5));
        assert_eq!(judged(before, Look::New, None), Verdict::Nothing);
        let until_tomorrow = Some(("2026-11-01T00:00:00Z", "2026-12-02T00:00:00Z"));
        assert_eq!(judged(before, Look::New, until_tomorrow), Verdict::Nothing);
    }

    #[test]
    fn a_grant_that_this_store_never_saw_is_not_judged() {
        let ledger = Ledger::default();
        let rule = AbsenceRule {
            covered: Some(Arrivals { from: Timestamp::MIN, until: Timestamp::MAX }),
            look: Look::New,
            ledger: &ledger,
            settings: &settings(),
            now: at(NOW),
        };
        let window = Window::new(at("2026-12-05T15:00:00Z"), at("2026-12-07T11:00:00Z"));
        assert_eq!(rule.judge(&AccessGrantKey::new("pms::R1:G1:x"), &window), Verdict::Unknown);
    }
}
