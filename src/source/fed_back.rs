//! Rows of a rejects file: as they were in the source, once somebody has mended them.

use super::columns::Columns;
use super::record::{Cells, ERROR_TEXT, OwnedCell, OwnedRecord, Typed};
use crate::model::with_formulas;

/// The row without what the file adds: columns that explain, and apostrophes before what looks like a formula.
pub(super) fn as_it_was<C: Cells>(record: &C, columns: &Columns) -> OwnedRecord {
    let cell = |position| -> OwnedCell {
        let text = record.text(position).unwrap_or("");
        match text {
            _ if columns.explains(position) => Typed::Empty.into(),
            ERROR_TEXT => Typed::Error.into(),
            _ => with_formulas(text).into_owned().into(),
        }
    };
    OwnedRecord((0..record.n_cells()).map(cell).collect())
}

/// Whether a cell still holds the mark of bytes that no character has.
pub(super) fn has_lost_characters<C: Cells>(record: &C) -> bool {
    (0..record.n_cells())
        .any(|position| record.text(position).is_some_and(|text| text.contains(char::REPLACEMENT_CHARACTER)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::model::{Coverage, Place, ProblemCode, SourceRead};
    use crate::source::settings::{RowOrigin, SourceSettings};
    use crate::source::testing::{read_bytes, settings};

    fn read(rows: &str) -> SourceRead {
        let settings =
            SourceSettings { origin: RowOrigin::RejectsFile, coverage: Coverage::Partial, ..settings() };
        let text = format!(
            "\u{feff}reservation_key,unit,check_in,check_out,full_name,_row,_column,_code,_message,_hint\r\n{rows}"
        );
        read_bytes(text.as_bytes(), &settings).expect("the header is right")
    }

    #[test]
    fn a_row_is_read_without_what_the_file_adds() {
        let read = read(
            "R1,'=101,2026-05-01,2026-05-03,'@Ana,7,check_in,bad_date,no date,write one\r\n\
             ,,,,,8,,cut,the file ends,export again\r\n",
        );
        assert_eq!((read.rejects.len(), read.warnings.len(), read.n_rows), (0, 0, 1));
        let stay = &read.reservations[0].stays[0];
        assert_eq!(
            (&stay.place, stay.guest.full_name.as_str()),
            (&Place::Units(["=101".into()].into()), "@Ana")
        );
        // Its other rows are in the export, not here: nothing is concluded from their absence.
        assert_eq!(read.reservations[0].n_rejected_rows, 1);
    }

    #[test]
    fn a_row_that_nobody_mended_is_rejected_again() {
        let read = read(
            "R1,#ERROR,2026-05-01,2026-05-03,Ana,7,unit,error_cell,it failed,mend it\r\n\
             R2,102,2026-05-01,2026-05-03,Jo\u{fffd}o,8,,bad_encoding,no text,export again\r\n",
        );
        let codes: BTreeMap<u64, ProblemCode> =
            read.rejects.iter().map(|problem| (problem.source.row, problem.code)).collect();
        assert_eq!(codes, [(2, ProblemCode::ErrorCell), (3, ProblemCode::BadEncoding)].into());
    }
}
