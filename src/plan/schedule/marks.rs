//! Tells stray 429s from a limit that is met: each 429 is a mark, and accepted calls take marks away.

/// So many marks are borne before a limit counts as met.
const FREE_MARKS: u32 = 2;

/// So many accepted calls take one mark away.
const ACCEPTED_A_MARK: u32 = 25;

/// The 429s of late, in accepted calls that they still cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks(u32);

impl Marks {
    /// Takes note of a 429. Returns whether there are too many of them for strays.
    pub(super) fn refused(&mut self) -> bool {
        self.0 = (self.0 + ACCEPTED_A_MARK).min((FREE_MARKS + 1) * ACCEPTED_A_MARK);
        self.0 > FREE_MARKS * ACCEPTED_A_MARK
    }

    pub(super) fn accepted(&mut self) {
        self.0 = self.0.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays refusals (`-`) and so many accepted calls; each letter tells whether the limit counts as met.
    fn check(story: &[i32], met: &[bool]) {
        let mut marks = Marks::default();
        let mut told = Vec::new();
        for entry in story {
            if *entry < 0 {
                told.push(marks.refused());
            } else {
                (0..*entry).for_each(|_| marks.accepted());
            }
        }
        assert_eq!(told, met, "{story:?}");
    }

    #[test]
    fn the_third_refusal_counts_unless_calls_were_accepted_meanwhile() {
        check(&[-1, -1, -1, -1], &[false, false, true, true]);
        check(&[-1, -1, 24, -1], &[false, false, true]);
        check(&[-1, -1, 25, -1], &[false, false, false]);
        check(&[-1, 25, -1, 25, -1, 25, -1], &[false, false, false, false]);
    }

    #[test]
    fn no_more_than_three_marks_are_kept() {
        check(
            &[-1, -1, -1, -1, -1, -1, 25, -1, 50, -1],
            &[false, false, true, true, true, true, true, false],
        );
        check(&[1000, -1, -1, -1], &[false, false, true]);
    }
}
