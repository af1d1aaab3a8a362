//! How far the clock of this host is from Seam's, as the dates of its answers tell.
//!
//! An answer is dated to the second, somewhere between the moment the request was sent and the moment the answer was
//! there. Each gives two bounds; together they leave a stretch in which the difference lies.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// What is known of the difference: Seam's clock less ours.
#[derive(Debug, Default)]
pub(super) struct ClockDifference(Mutex<Option<Bounds>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    at_least: SignedDuration,
    at_most: SignedDuration,
}

/// A date has no parts of a second.
const DATE_PRECISION: SignedDuration = SignedDuration::from_secs(1);

impl ClockDifference {
    /// Takes the date of an answer, and when we asked and were answered by our clock.
    pub(super) fn note(&self, date: Timestamp, asked: Timestamp, answered: Timestamp) {
        let new = Bounds {
            at_least: answered.duration_until(date),
            at_most: asked.duration_until(date).saturating_add(DATE_PRECISION),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = known.map_or(new, |known| Bounds {
            at_least: known.at_least.max(new.at_least),
            at_most: known.at_most.min(new.at_most),
        });
        // A clock that was set in the meantime makes them contradict each other; the later one is true.
        *known = Some(if both.at_least <= both.at_most { both } else { new });
    }

    /// The smallest difference that fits all answers, positive where Seam's clock is ahead; `None` before the first.
    pub(super) fn least(&self) -> Option<SignedDuration> {
        let Bounds { at_least, at_most } = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        Some(if at_least.is_positive() {
            at_least
        } else if at_most.is_negative() {
            at_most
        } else {
            SignedDuration::ZERO
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as `(date, asked, answered)` in milliseconds, the date cut to its second.
    fn check(answers: &[(i64, i64, i64)], expected_ms: Option<i64>) {
        let at = |ms: i64| Timestamp::from_millisecond(ms).expect("a small number");
        let clock = ClockDifference::default();
        for (date, asked, answered) in answers {
            clock.note(at(date.div_euclid(1000) * 1000), at(*asked), at(*answered));
        }
        assert_eq!(clock.least().map(|least| least.as_millis()), expected_ms.map(i128::from), "{answers:?}");
    }

    #[test]
    fn what_the_precision_of_a_date_can_explain_is_no_difference() {
        check(&[], None);
        check(&[(10_900, 10_800, 11_000)], Some(0));
        check(&[(10_000, 10_900, 11_200)], Some(0));
        check(&[(10_999, 10_998, 11_300)], Some(0));
    }

    #[test]
    fn a_clock_that_is_wrong_is_told_by_at_least_how_much() {
        check(&[(75_500, 10_000, 10_400)], Some(64_600));
        check(&[(10_400, 75_000, 75_400)], Some(-64_000));
    }

    #[test]
    fn more_answers_leave_less_room_and_a_clock_that_was_set_begins_anew() {
        check(&[(15_000, 10_000, 14_000), (15_900, 12_000, 12_200)], Some(2_800));
        check(&[(75_000, 10_000, 10_100), (80_000, 79_900, 80_100)], Some(0));
    }
}
