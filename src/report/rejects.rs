//! The rejects file: rows that could not be used, as the source has them, to be mended in a spreadsheet and fed back.
//!
//! It is the one file that holds what a row holds, contacts included, so it is for its owner only. Its cells are not
//! prettified, because they are read again.

use std::iter;

use super::spreadsheet::table;
use crate::model::{Problem, RejectedRow, RejectedRows, without_formulas};

/// The columns beside those of the source; `--from-rejects` passes over them.
const COLUMNS: [&str; 5] = ["_row", "_column", "_code", "_message", "_hint"];

/// The file, in the form that Excel opens: UTF-8 with a mark, lines ended as it ends them.
pub fn render(rejected: &RejectedRows) -> String {
    let RejectedRows { header, rows } = rejected;
    let head: Vec<String> = header.iter().cloned().chain(COLUMNS.map(str::to_owned)).collect();
    let rows = rows.iter().map(|RejectedRow { cells, problem }| {
        of_width(cells, header.len()).into_iter().chain(explained(problem)).collect()
    });
    table(
        iter::once(head)
            .chain(rows)
            .map(|row| row.into_iter().map(|cell| without_formulas(&cell).into_owned())),
    )
}

fn explained(problem: &Problem) -> [String; COLUMNS.len()] {
    let Problem { source, column, code, message, hint } = problem;
    let row = if source.row == 0 { String::new() } else { source.row.to_string() };
    [row, (*column).to_owned(), code.word(), message.clone(), hint.clone()]
}

/// As many cells as the header has; what was too much stays, in the last one.
fn of_width(cells: &[String], width: usize) -> Vec<String> {
    let mut fitting: Vec<String> = cells.iter().take(width).cloned().collect();
    fitting.resize(width, String::new());
    if let (Some(last), [_, ..]) = (fitting.last_mut(), cells.get(width..).unwrap_or_default()) {
        *last = cells[width - 1..].join(", ");
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ProblemCode, SourcePlace};

    /// The end of the header, and of each row.
    const EXPLAINED: &str = "\"_row\",\"_column\",\"_code\",\"_message\",\"_hint\"\r\n";
    const WHY: &str = "\"7\",\"check_in\",\"bad_date\",\"no date\",\"write one\"\r\n";

    fn check(header: &[&str], cells: &[&str], expected: &str) {
        let texts = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let problem = Problem {
            source: SourcePlace { container: "bookings.csv".into(), row: 7 },
            column: "check_in",
            code: ProblemCode::BadDate,
            message: "no date".to_owned(),
            hint: "write one".to_owned(),
        };
        let rows = vec![RejectedRow { cells: texts(cells), problem }];
        let told = render(&RejectedRows { header: texts(header), rows });
        assert_eq!(told, format!("\u{feff}{expected}"));
    }

    #[test]
    fn a_row_has_its_own_columns_and_what_is_wrong_with_it() {
        check(&["Key", "In"], &["R1", "31.4."], &format!("\"Key\",\"In\",{EXPLAINED}\"R1\",\"31.4.\",{WHY}"));
    }

    #[test]
    fn a_formula_is_made_harmless_and_a_row_gets_the_width_of_the_header() {
        check(
            &["Key", "=Name"],
            &["+R1", "\"A\nB\"", "C", "D"],
            &format!("\"Key\",\"'=Name\",{EXPLAINED}\"'+R1\",\"\"\"A\nB\"\", C, D\",{WHY}"),
        );
        check(&["Key", "In"], &[], &format!("\"Key\",\"In\",{EXPLAINED}\"\",\"\",{WHY}"));
    }
}
