//! Statuses that nothing says the meaning of: which words, how often, and where they stand first (RULES 11).

use std::collections::BTreeMap;

use super::field::Field;
use crate::model::{Problem, ProblemCode, RowCounts, SourcePlace};

/// How many rows of a word are named.
const NAMED: usize = 3;

/// So much of a word is shown.
const SHOWN_CHARS: usize = 40;

/// The words so far; the empty one is a blank cell.
#[derive(Debug, Default)]
pub(super) struct UnknownStatuses {
    words: BTreeMap<String, Met>,
}

/// The rows that have a word.
#[derive(Debug, Default)]
struct Met {
    n_rows: u64,
    /// Of stays that are not over.
    n_current: u64,
    /// The first of those; of stays that are over where there is none.
    first: Vec<SourcePlace>,
}

impl UnknownStatuses {
    /// Notes a row.
    pub(super) fn note(&mut self, word: &str, place: &SourcePlace, is_over: bool) {
        if !self.words.contains_key(word) {
            self.words.insert(word.to_owned(), Met::default());
        }
        let met = self.words.get_mut(word).expect("it was just put there");
        met.n_rows += 1;
        if !is_over {
            if met.n_current == 0 {
                met.first.clear();
            }
            met.n_current += 1;
        }
        if (!is_over || met.n_current == 0) && met.first.len() < NAMED {
            met.first.push(place.clone());
        }
    }

    /// How many rows have each word; blank cells are no word.
    pub(super) fn words(&self) -> BTreeMap<String, u64> {
        let words = self.words.iter().filter(|(word, _)| !word.is_empty());
        words.map(|(word, met)| (word.clone(), met.n_rows)).collect()
    }

    /// Counts the rows of stays that are not over.
    pub(super) fn count(&self, counts: &mut RowCounts) {
        for (word, met) in &self.words {
            let count =
                if word.is_empty() { &mut counts.blank_statuses } else { &mut counts.unknown_statuses };
            *count += met.n_current;
        }
    }

    /// One warning for each word, the most frequent first. Blank cells of stays that are over are nothing to tell.
    pub(super) fn warnings(&self) -> Vec<Problem> {
        let is_told = |(word, met): &(&String, &Met)| !word.is_empty() || met.n_current > 0;
        let mut words: Vec<(&String, &Met)> = self.words.iter().filter(is_told).collect();
        words.sort_by_key(|(_, met)| std::cmp::Reverse((met.n_current, met.n_rows)));
        words.into_iter().map(|(word, met)| met.told(word)).collect()
    }
}

impl Met {
    fn told(&self, word: &str) -> Problem {
        let Self { n_rows, n_current, first } = self;
        let what = if word.is_empty() {
            "the status is blank".to_owned()
        } else {
            let shown: String = word.chars().take(SHOWN_CHARS).collect();
            format!("the status `{shown}` is not known")
        };
        let of_rows = match (n_rows, n_current) {
            (1, 1) => "in 1 row".to_owned(),
            (1, _) => "in 1 row, of a stay that is over".to_owned(),
            (n_rows, n_current) if n_rows == n_current => format!("in {n_rows} rows"),
            (n_rows, 0) => format!("in {n_rows} rows, all of stays that are over"),
            (n_rows, n_current) => {
                format!("in {n_rows} rows, {n_current} of them of stays that are not over")
            }
        };
        let others: Vec<String> = first.iter().skip(1).map(|place| place.row.to_string()).collect();
        let others =
            if others.is_empty() { String::new() } else { format!(", also row {}", others.join(", ")) };
        let more = if *n_current > first.len() as u64 { ", …" } else { "" };
        Problem {
            source: first[0].clone(),
            column: Field::Status.as_str(),
            code: ProblemCode::UnknownStatus,
            message: format!(
                "{what} ({of_rows}{others}{more}), so nothing is made, changed or revoked for it"
            ),
            hint: "say what it means in [statuses]: grant, checked_in, revoke or ignore".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_once_with_their_counts_and_first_rows() {
        let mut statuses = UnknownStatuses::default();
        let mut row = 1;
        let mut note = |word: &str, n_rows: u64, is_over: bool| {
            for _ in 0..n_rows {
                row += 1;
                statuses.note(word, &SourcePlace { container: "b.csv".into(), row }, is_over);
            }
        };
        note("gone", 2, true);
        note("new", 2, true);
        note("new", 5, false);
        note("", 1, true);
        note("", 2, false);
        note("rare", 1, false);
        let told: Vec<String> = statuses
            .warnings()
            .iter()
            .map(|problem| {
                format!("{} {}", problem.source.row, problem.message.rsplit_once(", so").expect("so").0)
            })
            .collect();
        assert_eq!(
            told,
            [
                "6 the status `new` is not known (in 7 rows, 5 of them of stays that are not over, also row 7, 8, …)",
                "12 the status is blank (in 3 rows, 2 of them of stays that are not over, also row 13)",
                "14 the status `rare` is not known (in 1 row)",
                "2 the status `gone` is not known (in 2 rows, all of stays that are over, also row 3)",
            ]
        );
        assert_eq!(
            statuses.words(),
            [("gone", 2), ("new", 7), ("rare", 1)].map(|(w, n)| (w.to_owned(), n)).into()
        );
        let mut counts = RowCounts::default();
        statuses.count(&mut counts);
        assert_eq!(counts, RowCounts { past: 0, unknown_statuses: 6, blank_statuses: 2 });
    }

    #[test]
    fn blank_cells_of_stays_that_are_over_are_not_told() {
        let mut statuses = UnknownStatuses::default();
        statuses.note("", &SourcePlace { container: "b.csv".into(), row: 2 }, true);
        assert_eq!(statuses.warnings(), []);
    }
}
