//! The report for a spreadsheet.

use insta::assert_snapshot;
use reservation_sync::report::csv::render;
use reservation_sync::report::document::{Document, Kind};

use super::report_hostile::{TEXTS, document, hostile, misleads};
use super::report_sample::{header, plan, source_read};

fn rows(text: &str) -> Vec<csv::StringRecord> {
    let text = text.strip_prefix('\u{feff}').expect("Excel needs the mark");
    csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")).collect()
}

#[test]
fn a_plan_is_one_row_a_line_and_a_rejected_row_one_a_problem() {
    let document = Document::of_plan(header(Kind::Plan), &source_read(), &plan());
    let text = render(&document);
    assert_eq!(rows(&text).len(), document.items.len() + document.rejects.len());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert_snapshot!(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"));
}

#[test]
fn a_run_tells_what_came_of_each_row() {
    assert_snapshot!(render(&document()).trim_start_matches('\u{feff}').replace("\r\n", "\n"));
}

#[test]
fn no_cell_is_a_formula_and_no_text_makes_another_cell() {
    for text in TEXTS {
        let csv = render(&hostile(text));
        let rows = rows(&csv);
        assert_eq!(rows.len(), document().items.len() + document().rejects.len());
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            assert!(!cell.contains(misleads), "{cell}");
        }
    }
}
