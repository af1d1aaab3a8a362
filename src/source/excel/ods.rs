//! The size of the sheets of an ods, which writes "and so on a million times" in a few bytes.

use std::io::{BufReader, Cursor};

use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::limits::{MAX_CELLS, MAX_COLUMNS, MAX_ROWS};
use super::workbook::{DAMAGED, NotAWorkbook, TOO_LARGE};

/// Refuses a workbook of which a sheet would have too many cells once its repetitions are written out.
pub(super) fn check_size(bytes: &[u8]) -> Result<(), NotAWorkbook> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DAMAGED)?;
    let content = archive.by_name("content.xml").map_err(|_| DAMAGED)?;
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(content));
    let mut buffer = Vec::new();
    let mut sheet = Extent::default();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| DAMAGED)? {
            Event::Start(element) => sheet.begin(&element)?,
            Event::Empty(element) => {
                sheet.begin(&element)?;
                sheet.end(element.name().as_ref())?;
            }
            Event::End(element) => sheet.end(element.name().as_ref())?,
            Event::Text(text) if !text.trim_ascii().is_empty() => sheet.cell_has_text = true,
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// How far the cells of a sheet reach.
#[derive(Default)]
struct Extent {
    row: u64,
    row_repeats: u64,
    column: u64,
    cell_repeats: u64,
    cell_has_text: bool,
    row_has_cells: bool,
    n_rows: u64,
    n_columns: u64,
}

impl Extent {
    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), NotAWorkbook> {
        match element.name().as_ref() {
            "table:table" => *self = Self::default(),
            "table:table-row" => {
                self.row_repeats = repeats(element, "table:number-rows-repeated")?;
                (self.column, self.row_has_cells) = (0, false);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                self.cell_repeats = repeats(element, "table:number-columns-repeated")?;
                self.cell_has_text = element.attributes().flatten().any(|attribute| {
                    attribute.key.as_ref().starts_with("office:") || attribute.key.as_ref() == "table:formula"
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), NotAWorkbook> {
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                self.column = self.column.saturating_add(self.cell_repeats);
                if self.cell_has_text {
                    self.row_has_cells = true;
                    self.n_columns = self.n_columns.max(self.column);
                }
                self.cell_has_text = false;
            }
            "table:table-row" => {
                self.row = self.row.saturating_add(self.row_repeats);
                if self.row_has_cells {
                    self.n_rows = self.row;
                }
                let is_too_large = self.n_rows > u64::from(MAX_ROWS)
                    || self.n_columns > u64::from(MAX_COLUMNS)
                    || self.n_rows.saturating_mul(self.n_columns) > MAX_CELLS;
                if is_too_large {
                    return Err(TOO_LARGE);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn repeats(element: &BytesStart<'_>, name: &str) -> Result<u64, NotAWorkbook> {
    match element.try_get_attribute(name) {
        Ok(None) => Ok(1),
        Ok(Some(attribute)) => attribute.value.trim().parse().map_err(|_| DAMAGED),
        Err(_) => Err(DAMAGED),
    }
}
