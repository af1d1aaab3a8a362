//! Rows that could not be used, as the source has them: for whoever mends them.

use std::fmt;

use super::problem::Problem;

/// All of them, with the header that they stood under.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct RejectedRows {
    /// The headers of the source.
    pub header: Vec<String>,
    /// One for each reject, in their order.
    pub rows: Vec<RejectedRow>,
}

/// A row, and why it could not be used.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// Its cells, without the wished PIN; none where the row ended in the middle.
    pub cells: Vec<String>,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The cells may hold anything about a guest, and no log does.
impl fmt::Debug for RejectedRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header, rows } = self;
        write!(formatter, "RejectedRows({} columns, {} rows)", header.len(), rows.len())
    }
}

impl fmt::Debug for RejectedRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cells, problem } = self;
        write!(formatter, "RejectedRow({} cells, {problem})", cells.len())
    }
}
