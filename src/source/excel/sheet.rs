//! The rows of one sheet, in their order, one at a time.

use calamine::{DataRef, Dimensions, Reader};
use hashbrown::HashMap;

use super::limits::{MAX_COLUMNS, MAX_ROWS};
use super::value;
use super::workbook::{DAMAGED, NotAWorkbook, TOO_LARGE, Workbook, undamaged};
use crate::source::record::{OwnedCell, OwnedRecord, Typed};

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next row is wanted.
    Next,
    /// Enough was seen.
    Stop,
}

/// Gives each row that has cells to `take`, with its number (1-based), until it has enough.
pub(super) fn for_each_row(
    workbook: &mut Workbook<'_>,
    sheet: &str,
    take: &mut dyn FnMut(u32, OwnedRecord) -> Flow,
) -> Result<(), NotAWorkbook> {
    if let Workbook::Page(page) = workbook {
        page.for_each_row(sheet, take);
        return Ok(());
    }
    let merged = Merged::new(workbook.merged_cells(sheet)?);
    let mut rows = Rows { merged, row: None, cells: Vec::new(), take };
    undamaged(|| match workbook {
        Workbook::Xlsx { book, .. } => {
            let mut reader = book.worksheet_cells_reader(sheet).map_err(|_| DAMAGED)?;
            while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|_| DAMAGED)? {
                let (row, column) = cell.pos;
                // A formula that was never calculated has no value to trust.
                let is_uncalculated = cell.value == DataRef::Empty && cell.formula.is_some();
                let value = if is_uncalculated { Typed::Error.into() } else { value::cell(cell.value) };
                if rows.cell(row, column, value)? == Flow::Stop {
                    return Ok(());
                }
            }
            rows.end();
            Ok(())
        }
        Workbook::Xlsb(book) => {
            let mut reader = book.worksheet_cells_reader(sheet).map_err(|_| DAMAGED)?;
            while let Some(cell) = reader.next_cell().map_err(|_| DAMAGED)? {
                let (row, column) = cell.get_position();
                if rows.cell(row, column, value::cell(cell.get_value().clone()))? == Flow::Stop {
                    return Ok(());
                }
            }
            rows.end();
            Ok(())
        }
        Workbook::Xls(book) => rows.range(&book.worksheet_range(sheet).map_err(|_| DAMAGED)?),
        Workbook::Ods(book) => rows.range(&book.worksheet_range(sheet).map_err(|_| DAMAGED)?),
        Workbook::Page(_) => Ok(()),
    })
}

/// The row that is being filled, by position: cells that were never written are not there.
struct Rows<'t> {
    merged: Merged,
    row: Option<u32>,
    cells: Vec<OwnedCell>,
    take: &'t mut dyn FnMut(u32, OwnedRecord) -> Flow,
}

impl Rows<'_> {
    fn cell(&mut self, row: u32, column: u32, cell: OwnedCell) -> Result<Flow, NotAWorkbook> {
        if row >= MAX_ROWS {
            return Err(TOO_LARGE);
        }
        if self.row != Some(row) {
            if self.row.is_some_and(|before| before > row) {
                return Err(DAMAGED);
            }
            if self.end() == Flow::Stop {
                return Ok(Flow::Stop);
            }
            self.row = Some(row);
        }
        if column < MAX_COLUMNS {
            let column = column as usize;
            if self.cells.len() <= column {
                self.cells.resize_with(column + 1, || Typed::Empty.into());
            }
            self.cells[column] = cell;
        }
        Ok(Flow::Next)
    }

    /// Gives away the row that was filled, if there is one.
    fn end(&mut self) -> Flow {
        let Some(row) = self.row.take() else { return Flow::Next };
        let mut cells = std::mem::take(&mut self.cells);
        self.merged.fill(row, &mut cells);
        (self.take)(row + 1, OwnedRecord(cells))
    }

    fn range(&mut self, range: &calamine::Range<calamine::Data>) -> Result<(), NotAWorkbook> {
        let Some((first_row, first_column)) = range.start() else { return Ok(()) };
        for (row, cells) in (first_row..).zip(range.rows()) {
            for (column, data) in (first_column..).zip(cells) {
                if *data != calamine::Data::Empty
                    && self.cell(row, column, value::owned_cell(data))? == Flow::Stop
                {
                    return Ok(());
                }
            }
        }
        self.end();
        Ok(())
    }
}

/// Cells that are merged over several rows: each of those rows has the value. Over several columns only the first
/// has it, or a title would be in all of them.
struct Merged {
    /// By column: first row, last row, and the value once it was seen.
    by_column: HashMap<u32, Vec<Span>>,
}

struct Span {
    first: u32,
    last: u32,
    value: Option<OwnedCell>,
}

impl Merged {
    fn new(regions: Vec<Dimensions>) -> Self {
        let mut by_column: HashMap<u32, Vec<Span>> = HashMap::new();
        for Dimensions { start, end } in regions {
            if end.0 > start.0 && start.1 < MAX_COLUMNS {
                by_column.entry(start.1).or_default().push(Span { first: start.0, last: end.0, value: None });
            }
        }
        for spans in by_column.values_mut() {
            spans.sort_by_key(|span| span.first);
        }
        Self { by_column }
    }

    fn fill(&mut self, row: u32, cells: &mut Vec<OwnedCell>) {
        for (column, spans) in &mut self.by_column {
            // The last that begins at this row or above; merged cells do not overlap.
            let after = spans.partition_point(|span| span.first <= row);
            let Some(span) = after.checked_sub(1).map(|position| &mut spans[position]) else { continue };
            let column = *column as usize;
            if span.first == row {
                span.value = cells.get(column).cloned();
            } else if row <= span.last
                && let Some(value) = &span.value
            {
                if cells.len() <= column {
                    cells.resize_with(column + 1, || Typed::Empty.into());
                }
                cells[column] = value.clone();
            }
        }
    }
}
