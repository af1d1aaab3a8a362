//! The rows that could not be used: why, and what stood in their cells where that is wanted.

use super::columns::Columns;
use super::field::Field;
use super::record::Cells;
use super::settings::KeptRejects;
use crate::model::{Problem, RejectedRow, RejectedRows};

/// The rejects so far.
pub(super) struct Rejects<'a> {
    columns: &'a Columns,
    problems: Vec<Problem>,
    /// The cells of the rejected rows, where they are wanted: one entry for each problem.
    cells: Vec<Vec<String>>,
    keeps: KeptRejects,
}

impl<'a> Rejects<'a> {
    pub(super) fn new(columns: &'a Columns, keeps: KeptRejects) -> Self {
        Self { columns, problems: Vec::new(), cells: Vec::new(), keeps }
    }

    /// Adds a row. A wished PIN stays where it is (RULES 8).
    pub(super) fn put_aside<C: Cells>(&mut self, record: &C, problem: Problem) {
        if self.keeps == KeptRejects::Rows {
            let pin = self.columns.position(Field::Code);
            let cell = |position| match record.lossy(position) {
                _ if Some(position) == pin => String::new(),
                text => text.into_owned(),
            };
            let cells = (0..record.n_cells()).filter(|position| !self.columns.explains(*position));
            self.cells.push(cells.map(cell).collect());
        }
        self.problems.push(problem);
    }

    /// Says of the row that came last what was learnt only after it; its cells stay. False where there is none.
    pub(super) fn reconsider_last(&mut self, problem: impl FnOnce(&Problem) -> Problem) -> bool {
        let Some(last) = self.problems.last_mut() else { return false };
        *last = problem(last);
        true
    }

    /// The problems, and the rows as they are written into a file.
    pub(super) fn finish(self) -> (Vec<Problem>, RejectedRows) {
        let Self { columns, problems, cells, keeps } = self;
        if keeps == KeptRejects::Problems {
            return (problems, RejectedRows::default());
        }
        let headers = columns.header().iter().enumerate();
        let header = headers.filter(|(position, _)| !columns.explains(*position));
        let rows = cells.into_iter().zip(&problems);
        let rejected_rows = RejectedRows {
            header: header.map(|(_, header)| header.clone()).collect(),
            rows: rows.map(|(cells, problem)| RejectedRow { cells, problem: problem.clone() }).collect(),
        };
        (problems, rejected_rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProblemCode, SourcePlace};
    use crate::source::settings::ColumnMap;

    fn problem(code: ProblemCode) -> Problem {
        let source = SourcePlace { container: "bookings.csv".into(), row: 2 };
        Problem { source, column: "", code, message: String::new(), hint: String::new() }
    }

    #[test]
    fn a_row_keeps_its_cells_whatever_is_learnt_of_it_later() {
        let header = ["reservation_key", "unit", "check_in", "check_out", "code", "_row"];
        let columns = Columns::find(header.into_iter(), &ColumnMap::default()).expect("all there");
        let mut rejects = Rejects::new(&columns, KeptRejects::Rows);
        assert!(!rejects.reconsider_last(Clone::clone));
        let record = ::csv::StringRecord::from(vec!["R1", "101", "soon", "", "4711", "7"]);
        rejects.put_aside(&record, problem(ProblemCode::BadDate));
        assert!(rejects.reconsider_last(|_| problem(ProblemCode::Cut)));
        let (problems, rows) = rejects.finish();
        assert_eq!(problems, [problem(ProblemCode::Cut)]);
        assert_eq!(rows.header, ["reservation_key", "unit", "check_in", "check_out", "code"]);
        assert_eq!(rows.rows[0].cells, ["R1", "101", "soon", "", ""]);
        assert_eq!(rows.rows[0].problem.code, ProblemCode::Cut);
    }
}
