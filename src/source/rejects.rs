//! The rows that could not be used: why, and what stood in their cells where that is wanted.

use super::columns::Columns;
use super::field::Field;
use super::forms::CellForms;
use super::record::Cells;
use super::row::trimmed;
use super::settings::KeptRejects;
use crate::model::{Problem, RejectedRow, RejectedRows};

/// The rejects so far.
pub(super) struct Rejects<'a> {
    columns: &'a Columns,
    problems: Vec<Problem>,
    /// The cells of the rejected rows, where they are wanted: one entry for each problem.
    cells: Vec<Vec<String>>,
    keeps: KeptRejects,
    forms: &'a CellForms,
}

/// What a message never repeats.
const PRIVATE: [Field; 7] = [
    Field::FullName,
    Field::FirstName,
    Field::LastName,
    Field::OtherGuests,
    Field::Email,
    Field::Phone,
    Field::Code,
];

/// How much of a value a message repeats.
const N_CHARS_SHOWN: usize = 40;

impl<'a> Rejects<'a> {
    pub(super) fn new(columns: &'a Columns, forms: &'a CellForms, keeps: KeptRejects) -> Self {
        Self { columns, problems: Vec::new(), cells: Vec::new(), keeps, forms }
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
        self.problems.push(self.named(record, problem));
    }

    /// The problem with the value that is wrong, and the booking. No cell of a row can be trusted whose cells have moved.
    fn named<C: Cells>(&self, record: &C, mut problem: Problem) -> Problem {
        if record.n_cells() != self.columns.n_columns() {
            return problem;
        }
        let derived = self.columns.derived(record, self.forms);
        let text = |field: Field| {
            let joined = derived.iter().find(|(known, _)| *known == field).map(|(_, text)| text.as_str());
            let cell =
                || self.columns.position(field).and_then(|position| record.text(position)).map(trimmed);
            let text: String = joined.or_else(cell)?.chars().take(N_CHARS_SHOWN).collect();
            (!text.is_empty()).then_some(text)
        };
        let field = Field::parse(problem.column).filter(|field| !PRIVATE.contains(field));
        let value = field.and_then(text).map(|value| format!("the value is `{value}`"));
        let booking = text(Field::ReservationKey).map(|key| format!("booking {key}"));
        let more: Vec<String> = [value, booking].into_iter().flatten().collect();
        if !more.is_empty() {
            problem.message = format!("{} ({})", problem.message, more.join(", "));
        }
        problem
    }

    /// Says of the row that came last what was learnt only after it; its cells stay. False where there is none.
    pub(super) fn reconsider_last(&mut self, problem: impl FnOnce(&Problem) -> Problem) -> bool {
        let Some(last) = self.problems.last_mut() else { return false };
        *last = problem(last);
        true
    }

    /// The problems, and the rows as they are written into a file.
    pub(super) fn finish(self) -> (Vec<Problem>, RejectedRows) {
        let Self { columns, problems, cells, keeps, forms: _ } = self;
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
    fn a_problem_names_the_value_and_the_booking_and_nothing_private() {
        let header =
            ["reservation_key", "check_in", "check_out", "unit", "full_name", "email", "phone", "code"];
        let columns = Columns::find(header.into_iter(), &ColumnMap::default()).expect("all there");
        let told = |cells: &[&str], column| {
            let forms = CellForms::default();
            let mut rejects = Rejects::new(&columns, &forms, KeptRejects::Problems);
            let problem = Problem { column, message: "no".to_owned(), ..problem(ProblemCode::BadDate) };
            rejects.put_aside(&::csv::StringRecord::from(cells.to_vec()), problem);
            rejects.finish().0[0].message.clone()
        };
        let row = ["R1", " soon ", "", "101", "Ana Sousa", "ana@example.com", "+351 210 000 000", "4711"];
        assert_eq!(told(&row, "check_in"), "no (the value is `soon`, booking R1)");
        for column in ["check_out", "full_name", "email", "phone", "code", ""] {
            assert_eq!(told(&row, column), "no (booking R1)", "{column}");
        }
        let long = "x".repeat(400);
        assert_eq!(
            told(&["", &long, "", "", "", "", "", ""], "check_in").len(),
            "no (the value is ``)".len() + 40
        );
        assert_eq!(told(&row[..7], "check_in"), "no", "its cells may have moved");
    }

    #[test]
    fn a_row_keeps_its_cells_whatever_is_learnt_of_it_later() {
        let header = ["reservation_key", "unit", "check_in", "check_out", "code", "_row"];
        let columns = Columns::find(header.into_iter(), &ColumnMap::default()).expect("all there");
        let forms = CellForms::default();
        let mut rejects = Rejects::new(&columns, &forms, KeptRejects::Rows);
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
