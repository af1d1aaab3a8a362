//! Tables for people who open them in Excel.

use super::visible::visible;
use crate::model::without_formulas;

/// Without it Excel reads UTF-8 as if it were the Windows alphabet of the country.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A table of these rows, the header first, lines ended as Excel ends them.
pub(super) fn table<Row>(rows: impl IntoIterator<Item = Row>) -> String
where
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    format!("{BYTE_ORDER_MARK}{}", quoted(rows, csv::Terminator::CRLF))
}

/// The same for programs: without the mark, lines ended as everywhere else.
pub(super) fn plain_table<Row>(rows: impl IntoIterator<Item = Row>) -> String
where
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    quoted(rows, csv::Terminator::Any(b'\n'))
}

/// Every cell is quoted, so that no separator of another language divides it.
fn quoted<Row>(rows: impl IntoIterator<Item = Row>, terminator: csv::Terminator) -> String
where
    Row: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(terminator)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("memory takes everything");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("it was made of text")
}

/// A cell that a spreadsheet shows and never computes. What would be a formula gets an apostrophe.
pub(super) fn cell_of(text: &str) -> String {
    visible(&without_formulas(text)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_begins_like_a_formula_gets_an_apostrophe() {
        for (text, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t'=1"),
            ("\r=1", "'\\r'=1"),
            ("Ana;=1+1", "Ana;'=1+1"),
            ("Ana\t=1", "Ana\\t'=1"),
            ("＝1", "'＝1"),
            ("Ana =1", "Ana =1"),
            ("2026-12-03", "2026-12-03"),
            ("", ""),
        ] {
            assert_eq!(cell_of(text), expected);
        }
    }
}
