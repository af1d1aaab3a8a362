//! What makes a row useless before any of its cells is read for what it says: a cell that is too long to be a value,
//! a formula that failed, cells that have moved.

use super::columns::Columns;
use super::field::Field;
use super::record::{Cells, Typed};
use super::row::Row;
use crate::model::{Problem, ProblemCode};

/// What nobody's name or key is longer than; it would fill every report and be refused by Seam.
const MAX_CELL_BYTES: usize = 4096;

/// A field whose cell cannot be what it should; other columns may hold whole letters.
pub(super) fn too_long<C: Cells>(row: &Row<'_, C>) -> Option<(Field, Problem)> {
    let n_bytes = |field| row.columns.position(field).and_then(|at| row.cells.text(at)).map_or(0, str::len);
    let is_too_long =
        |field: &Field| n_bytes(*field) > MAX_CELL_BYTES && row.text(*field).len() > MAX_CELL_BYTES;
    let field = Field::ALL.into_iter().find(is_too_long)?;
    let message = format!("the cell is longer than {MAX_CELL_BYTES} bytes");
    let hint = "no value is that long: look for a quote that is never closed, and export again";
    Some((field, row.problem(field, ProblemCode::Ragged, message, hint)))
}

const HOW_TO_MEND_A_FORMULA: &str =
    "correct it in the workbook and save it there, or put the value in its place";

/// A formula that failed in a field that decides whether, when and where a guest may enter.
pub(super) fn deciding_formula<C: Cells>(row: &Row<'_, C>) -> Option<Problem> {
    let field = failed(row, &DECIDING)?;
    let message = "the formula of this cell failed or was never calculated";
    Some(row.problem(field, ProblemCode::ErrorCell, message, HOW_TO_MEND_A_FORMULA))
}

/// A formula that failed in a field that a grant can do without.
pub(super) fn decorating_formula<C: Cells>(row: &Row<'_, C>) -> Option<Problem> {
    let field = failed(row, &DECORATING)?;
    let message = "the formula of this cell failed or was never calculated; it is left out";
    Some(row.problem(field, ProblemCode::ErrorCell, message, HOW_TO_MEND_A_FORMULA))
}

/// Fields that decide whether, when and where a guest may enter.
pub(super) const DECIDING: [Field; 17] = [
    Field::ReservationKey,
    Field::Property,
    Field::StayId,
    Field::Status,
    Field::CancelledAt,
    Field::PropertyTimeZone,
    Field::Unit,
    Field::SpaceKey,
    Field::CheckIn,
    Field::CheckInTime,
    Field::CheckOut,
    Field::LastNight,
    Field::Nights,
    Field::CheckOutTime,
    Field::GuestKey,
    Field::Methods,
    Field::OptOut,
];

const DECORATING: [Field; 11] = [
    Field::FullName,
    Field::FirstName,
    Field::LastName,
    Field::OtherGuests,
    Field::Email,
    Field::Phone,
    Field::IsPrimary,
    Field::Code,
    Field::UpdatedAt,
    Field::BookedAt,
    // Without it the second party of a room waits for a person; a rejected row would make the first one wait too.
    Field::ShareKey,
];

fn failed<C: Cells>(row: &Row<'_, C>, fields: &[Field]) -> Option<Field> {
    fields.iter().copied().find(|field| row.typed(*field) == Some(Typed::Error))
}

/// A row that has not as many cells as the header.
pub(super) fn ragged<C: Cells>(row: &Row<'_, C>) -> Problem {
    let message =
        format!("the row has {} cells, and the header has {}", row.cells.n_cells(), row.columns.n_columns());
    let hint = "a cell that holds the delimiter or a quote must be quoted; export again";
    row.problem(None, ProblemCode::Ragged, message, hint)
}

/// Whether the key of a ragged row can be trusted: its columns come before any that could have moved, and it has a
/// cell after them, so that the key itself is whole.
pub(super) fn key_is_sure<C: Cells>(record: &C, columns: &Columns) -> bool {
    let positions: Vec<usize> = [Field::ReservationKey, Field::Property]
        .into_iter()
        .filter_map(|field| columns.position(field))
        .collect();
    record.n_cells() > positions.len() && positions.iter().all(|position| *position < positions.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_decides_or_can_be_done_without() {
        let judged: BTreeSet<Field> = DECIDING.into_iter().chain(DECORATING).collect();
        assert_eq!(judged, Field::ALL.into_iter().collect());
        assert_eq!(judged.len(), DECIDING.len() + DECORATING.len());
    }
}
