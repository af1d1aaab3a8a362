//! Reads a workbook: which sheet has the reservations, where its header is, and then every row.

use std::sync::Arc;

use jiff::Timestamp;

use super::limits::MAX_FILE_BYTES;
use super::sheet::{Flow, for_each_row};
use super::value::{Purpose, meant};
use super::workbook::{NotAWorkbook, TOO_LARGE, Workbook};
use crate::model::{Fingerprint, SourceKind, SourceRead};
use crate::source::columns::Columns;
use crate::source::error::SourceError;
use crate::source::field::Field;
use crate::source::header::{HeaderSearch, Offer};
use crate::source::record::{Cells, OwnedRecord, Typed};
use crate::source::rows::{Condition, Ending, Rows};
use crate::source::settings::SourceSettings;

/// The most that is read of a file; one more byte is too many.
pub(in crate::source) const MAX_BYTES: u64 = MAX_FILE_BYTES;

/// Reads the rows of a workbook; `wanted` is the sheet that was asked for.
pub(in crate::source) fn read_bytes(
    bytes: &[u8],
    name: &str,
    wanted: Option<&str>,
    settings: &SourceSettings,
    now: Timestamp,
) -> Result<SourceRead, SourceError> {
    if bytes.is_empty() {
        return Err(SourceError::Empty { location: name.to_owned() });
    }
    let unreadable = |NotAWorkbook(finding)| SourceError::Workbook { location: name.to_owned(), finding };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(unreadable(TOO_LARGE));
    }
    let mut workbook = Workbook::open(bytes).map_err(unreadable)?;
    let sheet = choose(&mut workbook, name, wanted, settings)?;
    let is_1904 = workbook.is_1904();
    let columns = &sheet.columns;
    let purposes = purposes(columns);
    let mut rows = Rows::new(columns, Arc::from(format!("{name}:{}!", sheet.name)), settings, now);
    let mut take = |row: u32, record: OwnedRecord| {
        if row > sheet.header_row {
            let record = fitted(record, columns.n_columns(), &purposes, is_1904);
            rows.take(&record, u64::from(row), Condition::Sound);
        }
        Flow::Next
    };
    for_each_row(&mut workbook, &sheet.name, &mut take).map_err(unreadable)?;
    let mut read = rows.finish(SourceKind::Excel, name, Ending::Whole);
    read.fingerprint = Fingerprint(blake3::hash(bytes).to_hex().to_string());
    Ok(read)
}

/// Gives every row of the sheet that was asked for, or of all that are shown, with the name of its sheet.
pub(in crate::source) fn rows_of_sheets(
    bytes: &[u8],
    name: &str,
    wanted: Option<&str>,
    take: &mut dyn FnMut(&str, OwnedRecord),
) -> Result<(), SourceError> {
    let unreadable = |NotAWorkbook(finding)| SourceError::Workbook { location: name.to_owned(), finding };
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(unreadable(TOO_LARGE));
    }
    let mut workbook = Workbook::open(bytes).map_err(unreadable)?;
    for sheet in sheets(&workbook, name, wanted)? {
        let mut take = |_, record| {
            take(&sheet, record);
            Flow::Next
        };
        for_each_row(&mut workbook, &sheet, &mut take).map_err(unreadable)?;
    }
    Ok(())
}

/// The sheet that was asked for, or all that are shown.
fn sheets(workbook: &Workbook<'_>, name: &str, wanted: Option<&str>) -> Result<Vec<String>, SourceError> {
    let Some(wanted) = wanted else { return Ok(workbook.sheets()) };
    let found = workbook.sheet_called(wanted).ok_or_else(|| {
        let (location, wanted) = (name.to_owned(), wanted.to_owned());
        SourceError::NoSheet { location, wanted, seen: workbook.sheets() }
    })?;
    Ok(vec![found])
}

/// A sheet that has what is needed.
struct Sheet {
    name: String,
    /// The number of the row with the header, 1-based.
    header_row: u32,
    columns: Columns,
}

/// The sheet that was asked for, or the only one whose header fits.
fn choose(
    workbook: &mut Workbook<'_>,
    name: &str,
    wanted: Option<&str>,
    settings: &SourceSettings,
) -> Result<Sheet, SourceError> {
    let mut fitting: Vec<Sheet> = Vec::new();
    let mut nearest: Option<(usize, SourceError)> = None;
    for sheet in sheets(workbook, name, wanted)? {
        match header(workbook, name, &sheet, settings)? {
            Ok((header_row, columns)) => fitting.push(Sheet { name: sheet, header_row, columns }),
            Err((n_found, error)) => {
                if nearest.as_ref().is_none_or(|(most, _)| n_found > *most) {
                    nearest = Some((n_found, error));
                }
            }
        }
    }
    if fitting.len() > 1 {
        let sheets = fitting.into_iter().map(|sheet| sheet.name).collect();
        return Err(SourceError::SeveralSheets { location: name.to_owned(), sheets });
    }
    fitting.pop().ok_or_else(|| {
        nearest.map_or_else(|| SourceError::Empty { location: name.to_owned() }, |(_, error)| error)
    })
}

/// Where the header of a sheet is; or why there is none, and how many fields the nearest row has.
#[expect(clippy::type_complexity, reason = "a sheet that does not fit is no failure while there are others")]
fn header(
    workbook: &mut Workbook<'_>,
    name: &str,
    sheet: &str,
    settings: &SourceSettings,
) -> Result<Result<(u32, Columns), (usize, SourceError)>, SourceError> {
    let mut search = HeaderSearch::new(&settings.columns);
    let mut found = None;
    let mut offer = |row: u32, record: OwnedRecord| {
        let cells: Vec<&str> =
            (0..record.n_cells()).map(|position| record.text(position).unwrap_or("")).collect();
        match search.offer(&cells) {
            Offer::Header(columns) => {
                found = Some((row, *columns));
                Flow::Stop
            }
            Offer::Next => Flow::Next,
            Offer::Stop => Flow::Stop,
        }
    };
    for_each_row(workbook, sheet, &mut offer)
        .map_err(|NotAWorkbook(finding)| SourceError::Workbook { location: name.to_owned(), finding })?;
    Ok(found.ok_or_else(|| (search.n_found(), search.failure(&format!("{name}:{sheet}")))))
}

/// The columns in which a number is a date or a time.
fn purposes(columns: &Columns) -> Vec<(usize, Purpose)> {
    [
        (Field::CheckIn, Purpose::Date),
        (Field::CheckOut, Purpose::Date),
        (Field::LastNight, Purpose::Date),
        (Field::UpdatedAt, Purpose::Date),
        (Field::BookedAt, Purpose::Date),
        (Field::CheckInTime, Purpose::Time),
        (Field::CheckOutTime, Purpose::Time),
    ]
    .into_iter()
    // A part of a date is a number.
    .filter(|(field, _)| columns.joined_headers(*field).is_empty())
    .filter_map(|(field, purpose)| Some((columns.position(field)?, purpose)))
    .collect()
}

/// A record of as many cells as the header has: in a sheet cells cannot move, so what stands beside the table is no
/// part of it, and blank cells at the end are not written.
fn fitted(
    OwnedRecord(mut cells): OwnedRecord,
    n_columns: usize,
    purposes: &[(usize, Purpose)],
    is_1904: bool,
) -> OwnedRecord {
    cells.resize_with(n_columns, || Typed::Empty.into());
    let mut record = OwnedRecord(cells);
    for (position, purpose) in purposes {
        if let Some(typed @ (Typed::Number(_) | Typed::DateTime(_) | Typed::Time(_))) =
            record.typed(*position)
        {
            record.0[*position] = meant(typed, *purpose, is_1904);
        }
    }
    record
}
