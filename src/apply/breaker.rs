//! Stops a run in which too much fails: whatever is wrong, more of the same will not mend it.

use std::collections::VecDeque;

/// So many endings back it looks.
const LAST: usize = 20;

/// It trips when so many of them were failures.
const MOST_FAILURES: usize = 10;

/// The endings of late.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failed: VecDeque<bool>,
}

/// How many of the last calls failed, when it was too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureRate {
    /// So many failed …
    pub n_failed: usize,
    /// … of so many.
    pub n_last: usize,
}

impl Breaker {
    /// Takes note of an ending; what was skipped is none. Tells when it was one failure too many.
    pub(super) fn note(&mut self, failed: bool) -> Option<FailureRate> {
        if self.failed.len() == LAST {
            self.failed.pop_front();
        }
        self.failed.push_back(failed);
        let n_failed = self.failed.iter().filter(|failed| **failed).count();
        (n_failed >= MOST_FAILURES).then_some(FailureRate { n_failed, n_last: self.failed.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endings: impl IntoIterator<Item = bool>, expected: Option<(usize, usize)>) {
        let mut breaker = Breaker::default();
        let tripped = endings.into_iter().find_map(|failed| breaker.note(failed));
        assert_eq!(tripped.map(|rate| (rate.n_failed, rate.n_last)), expected);
    }

    #[test]
    fn half_of_the_last_twenty_is_too_much() {
        check(vec![true; 9], None);
        check(vec![true; 10], Some((10, 10)));
        check((0..40).map(|n| n % 2 == 0), Some((10, 19)));
    }

    #[test]
    fn failures_that_lie_back_are_forgiven() {
        check((0..400).map(|n| n % 20 < 9), None);
    }
}
