//! The search for the header: exports put titles, filters and blank rows above it.

use super::columns::{Columns, HeaderProblem};
use super::error::SourceError;
use super::row::trimmed;
use super::settings::ColumnMap;

/// How many rows are searched.
pub(super) const N_SEARCHED: usize = 20;

/// What to do with the row that was offered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// It is the header.
    Header(Box<Columns>),
    /// It is not; the next one may be.
    Next,
    /// It has what is needed, and something of it twice, or no more rows are searched.
    Stop,
}

/// The rows offered so far, of which the one that fits best is told about if none is the header.
pub(super) struct HeaderSearch<'a> {
    map: &'a ColumnMap,
    n_offered: usize,
    nearest: Option<Candidate>,
}

struct Candidate {
    n_found: usize,
    n_filled: usize,
    seen: Vec<String>,
    problem: HeaderProblem,
}

impl<'a> HeaderSearch<'a> {
    pub(super) fn new(map: &'a ColumnMap) -> Self {
        Self { map, n_offered: 0, nearest: None }
    }

    /// Looks at the next row.
    pub(super) fn offer(&mut self, row: &[&str]) -> Offer {
        self.n_offered += 1;
        let problem = match Columns::find(row.iter().copied(), self.map) {
            Ok(columns) => return Offer::Header(Box::new(columns)),
            Err(problem) => problem,
        };
        let stops = problem.wanting.is_empty();
        let n_found = Columns::n_found(row.iter().copied(), self.map);
        // Of rows that fit equally badly a header is the one that is filled; a title has one cell.
        let n_filled = row.iter().filter(|cell| !trimmed(cell).is_empty()).count();
        let is_nearer = self
            .nearest
            .as_ref()
            .is_none_or(|nearest| (n_found, n_filled) > (nearest.n_found, nearest.n_filled));
        if n_filled > 0 && (is_nearer || stops) {
            let seen = row.iter().take(MAX_HEADERS_SHOWN).map(|header| shown(header)).collect();
            self.nearest = Some(Candidate { n_found, n_filled, seen, problem });
        }
        if stops || self.n_offered == N_SEARCHED { Offer::Stop } else { Offer::Next }
    }

    /// How many fields the nearest row has.
    pub(super) fn n_found(&self) -> usize {
        self.nearest.as_ref().map_or(0, |nearest| nearest.n_found)
    }

    /// Why there is no header.
    pub(super) fn failure(self, location: &str) -> SourceError {
        let location = location.to_owned();
        match self.nearest {
            None => SourceError::Empty { location },
            Some(Candidate {
                n_found: _,
                n_filled: _,
                seen,
                problem: HeaderProblem { wanting, twice, absent },
            }) => SourceError::Header { location, seen, wanting, twice, absent },
        }
    }
}

/// A file that is no table may be one long line; a message is not.
const MAX_HEADERS_SHOWN: usize = 60;

fn shown(header: &str) -> String {
    trimmed(header).chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "reservation_key,check_in,check_out,unit";

    /// Offers rows until the search ends; gives which row is the header, or the error.
    fn check(rows: &[&str], expected: &str) {
        let map = ColumnMap::default();
        let mut search = HeaderSearch::new(&map);
        for (position, row) in rows.iter().enumerate() {
            let cells: Vec<&str> = row.split(',').collect();
            match search.offer(&cells) {
                Offer::Header(_) => return assert_eq!(position.to_string(), expected, "{rows:?}"),
                Offer::Next => {}
                Offer::Stop => break,
            }
        }
        assert_eq!(search.failure("a.csv").to_string(), expected, "{rows:?}");
    }

    #[test]
    fn the_header_is_the_first_row_that_has_what_is_needed() {
        check(&[GOOD], "0");
        check(&["Arrivals", "", "Property,Hotel Lisboa", "unit", GOOD, GOOD], "4");
    }

    #[test]
    fn without_a_header_the_row_that_comes_nearest_is_told() {
        check(&[], "`a.csv` is empty");
        check(&["", ",,"], "`a.csv` is empty");
        check(
            &["Arrivals of May", "Booking,check_in,check_out,unit", "R1,2026-05-01,2026-05-02,101"],
            "the header of `a.csv` does not fit: missing reservation_key; \
             it has `Booking`, `check_in`, `check_out`, `unit`",
        );
    }

    #[test]
    fn a_header_that_has_a_needed_column_twice_ends_the_search() {
        check(
            &["reservation_key,check_in,check_out,unit,Unit", GOOD],
            "the header of `a.csv` does not fit: which is meant of `unit`, `Unit`; \
             it has `reservation_key`, `check_in`, `check_out`, `unit`, `Unit`",
        );
    }

    #[test]
    fn a_header_below_the_twentieth_row_is_not_found() {
        let mut rows = vec!["title"; N_SEARCHED - 1];
        rows.push(GOOD);
        check(&rows, "19");
        rows.insert(0, "title");
        check(
            &rows,
            "the header of `a.csv` does not fit: missing reservation_key, check_in, check_out, \
             unit or space_key; it has `title`",
        );
    }
}
