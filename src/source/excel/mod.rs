//! Workbooks: xlsx, xls, xlsb and ods, and web pages that call themselves so; told apart by their bytes and never by
//! their name.
//!
//! A workbook gives rows of typed cells, as it shows them: what was calculated when it was saved, dates in its own
//! date system, merged cells with their value in every row. What would take more memory than a hotel's workbook can
//! need is refused before it is unpacked. Nothing here knows what a reservation is, but which columns hold dates.

mod html;
mod limits;
mod ods;
mod read;
mod sheet;
#[cfg(test)]
mod tests;
mod value;
mod workbook;

pub(super) use html::Page;
pub(super) use read::{MAX_BYTES, read_bytes, rows_of_sheets};
