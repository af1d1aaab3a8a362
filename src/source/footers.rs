//! Rows of totals and notes: what has no dates and stands at the end is no booking that lacks them.

use super::columns::Columns;
use super::field::Field;
use super::record::{Cells, OwnedRecord};
use super::row::trimmed;
use crate::model::{Problem, ProblemCode, SourcePlace};

/// A row without dates: a total or a note if it stands at the end, otherwise a booking without dates.
pub(super) struct Footer {
    pub(super) record: OwnedRecord,
    pub(super) place: SourcePlace,
}

/// What rows of totals and notes begin with, in lower case.
const FOOTER_WORDS: [&str; 15] = [
    "total",
    "grand total",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "totale",
    "totaal",
    "count",
    "generated",
    "printed",
    "report",
    "page ",
    "end of",
    "rms_",
];

/// Whether a row without dates looks like a total or a note, rather than like a booking that lacks them.
pub(super) fn looks_like_a_footer<C: Cells>(record: &C, columns: &Columns) -> bool {
    let cell = |field| columns.position(field).and_then(|position| record.text(position)).map_or("", trimmed);
    if [Field::CheckIn, Field::CheckOut, Field::LastNight].into_iter().any(|field| !cell(field).is_empty()) {
        return false;
    }
    let key = cell(Field::ReservationKey).to_lowercase();
    let is_ragged = record.n_cells() != columns.n_columns();
    key.is_empty()
        || FOOTER_WORDS.iter().any(|word| key.starts_with(word))
        || (is_ragged && key.contains(char::is_whitespace))
}

/// Says which rows at the end were taken for no bookings.
pub(super) fn notice(footers: &[Footer]) -> Option<Problem> {
    let Footer { place, .. } = footers.first()?;
    let message = match footers.len() {
        1 => "this row without dates is taken for totals or notes".to_owned(),
        n_rows => format!("from here, {n_rows} rows without dates are taken for totals or notes"),
    };
    Some(Problem {
        source: place.clone(),
        column: "",
        code: ProblemCode::Notice,
        message,
        hint: "give every booking its key, arrival and departure".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::settings::ColumnMap;

    #[test]
    fn what_has_a_date_or_a_key_of_its_own_is_a_booking() {
        let header = ["reservation_key", "unit", "check_in", "check_out"];
        let columns = Columns::find(header.into_iter(), &ColumnMap::default()).expect("all there");
        let check = |cells: &[&str], expected| {
            let record = ::csv::StringRecord::from(cells.to_vec());
            assert_eq!(looks_like_a_footer(&record, &columns), expected, "{cells:?}");
        };
        check(&["", "", "", ""], true);
        check(&["Grand Total: 12", "", "", ""], true);
        check(&["12 bookings in all"], true);
        check(&["R1", "101", "", ""], false);
        check(&["R1", "101"], false);
        check(&["Total", "", "2026-05-01", ""], false);
        check(&["", "", "", "2026-05-01"], false);
    }
}
