//! Looks at a source of which nobody has said yet what its columns are: its header, and what stands below it.
//!
//! It judges no row. What it finds is evidence for proposals (`init`) and lists of what a column holds (`check`).

use std::collections::BTreeMap;
use std::io::{self, Read};

use ::csv::{ByteRecord, ReaderBuilder};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::columns::Columns;
use super::contact;
use super::date_order::Finding;
use super::dates::{ambiguous_parts, parse_when};
use super::encoding::Decoded;
use super::error::SourceError;
use super::field::Field;
use super::head::{self, Container};
use super::header::N_SEARCHED;
use super::range::Range;
use super::record::{Cells, OwnedRecord};
use super::row::trimmed;
use super::settings::{ColumnMap, DatabaseInput, DateOrder, FileFormat, SourceInput, SourceSettings};
use super::tap::Unpacked;
use super::{excel, locate, sql};

/// How many distinct values of a column are kept; one that has more is no list of words.
const MAX_VALUES: usize = 5_000;

/// How many rows are kept as they are.
const N_ROWS_KEPT: usize = 500;

/// What stands in a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspection {
    /// The sheet that was looked at, of a workbook.
    pub sheet: Option<String>,
    /// The columns, in their order.
    pub columns: Vec<ColumnValues>,
    /// Rows below the header, blank ones not counted.
    pub n_rows: u64,
    /// The first of them.
    pub rows: Vec<Vec<String>>,
}

/// What stands in one column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnValues {
    /// The header, as the source has it.
    pub header: String,
    /// Each distinct value, and how many rows have it; not all of them where there are very many.
    pub values: BTreeMap<String, u64>,
    /// Rows in which it is not blank.
    pub n_filled: u64,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A day, with or without a time.
    Date,
    /// The day number of a spreadsheet.
    DayNumber,
    /// Two days with ` - ` between them.
    DateRange,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A number of at most three digits.
    SmallNumber,
}

/// What stands between the dates of a [`ValueKind::DateRange`].
pub const RANGE_SEPARATOR: &str = " - ";

impl ValueKind {
    fn fits(self, text: &str) -> bool {
        let is_date = |text: &str| {
            [DateOrder::DayMonthYear, DateOrder::MonthDayYear]
                .into_iter()
                .any(|order| parse_when(text, order).is_some())
        };
        let all_digits = || text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Date => is_date(text),
            // From the year 2000 to 2099.
            Self::DayNumber => text
                .split('.')
                .next()
                .unwrap_or(text)
                .parse()
                .is_ok_and(|n: u32| (36_526..73_050).contains(&n)),
            Self::DateRange => {
                text.contains(RANGE_SEPARATOR)
                    && Range::of(text, RANGE_SEPARATOR)
                        .is_some_and(|range| is_date(&range.first) && is_date(&range.second))
            }
            Self::Email => contact::email(text).is_some(),
            Self::Phone => {
                let n_digits = text.bytes().filter(u8::is_ascii_digit).count();
                let is_part = |c: char| c.is_ascii_digit() || " +-()/.\u{a0}'=\"".contains(c);
                (6..=16).contains(&n_digits) && text.chars().all(is_part) && !is_date(text)
            }
            Self::SmallNumber => (1..=3).contains(&text.len()) && all_digits(),
        }
    }
}

impl ColumnValues {
    fn observe(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.n_filled += 1;
        if let Some(count) = self.values.get_mut(text) {
            *count += 1;
        } else if self.values.len() < MAX_VALUES {
            self.values.insert(text.to_owned(), 1);
        }
    }

    /// The share of the filled rows whose value is of a kind; 0 where none is filled.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
    pub fn share(&self, kind: ValueKind) -> f64 {
        let n_rows: u64 = self.values.values().sum();
        let fitting = self.values.iter().filter(|(value, _)| kind.fits(value)).map(|(_, count)| count);
        if n_rows == 0 { 0.0 } else { fitting.sum::<u64>() as f64 / n_rows as f64 }
    }

    /// Whether nearly all of it is of a kind. A word for nothing, or a row that is no booking, does not count against it.
    pub fn is_mostly(&self, kind: ValueKind) -> bool {
        self.share(kind) >= 0.75
    }

    /// Which part of its dates comes first, where one of them proves it and none speaks against it.
    pub fn proven_order(&self) -> Option<DateOrder> {
        let texts = self.values.keys().flat_map(|value| match Range::of(value, RANGE_SEPARATOR) {
            Some(range) => vec![range.first, range.second],
            None => vec![value.clone()],
        });
        let parts = texts.filter_map(|text| ambiguous_parts(&text));
        match parts.fold(Finding::default(), Finding::and) {
            Finding::DayFirst => Some(DateOrder::DayMonthYear),
            Finding::MonthFirst => Some(DateOrder::MonthDayYear),
            Finding::Nothing | Finding::Open | Finding::Both => None,
        }
    }
}

impl Inspection {
    /// The headers, in their order.
    pub fn header(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.header.clone()).collect()
    }

    /// The column below a header.
    pub fn column(&self, header: &str) -> Option<&ColumnValues> {
        self.columns.iter().find(|column| column.header == header)
    }

    /// The column that a source with these settings takes a field from.
    pub fn column_of(&self, field: Field, map: &ColumnMap) -> Option<&ColumnValues> {
        let header = self.header();
        let position = Columns::find_one(header.iter().map(String::as_str), field, map)?;
        self.columns.get(position)
    }

    /// A table that is in memory.
    pub fn of(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Self {
        let column = |header| ColumnValues { header, ..ColumnValues::default() };
        let columns = header.into_iter().map(column).collect();
        let mut inspection = Self { columns, ..Self::default() };
        rows.for_each(|row| inspection.observe(row));
        inspection
    }

    fn observe(&mut self, cells: Vec<String>) {
        self.n_rows += 1;
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.observe(cell);
        }
        if self.rows.len() < N_ROWS_KEPT {
            self.rows.push(cells);
        }
    }
}

/// Looks at a source. Its header is the row among the first ones that has most of the headers of the map.
pub async fn inspect(settings: &SourceSettings, now: Timestamp) -> Result<Inspection, SourceError> {
    if let SourceInput::Database(input) = &settings.input {
        return inspect_query(input, None).await;
    }
    let settings = settings.clone();
    spawn_blocking(move || inspect_file(&settings, now)).await.expect("looking at a file does not panic")
}

/// Looks at what a query gives that may not be in a file yet; without a text, the query of the input.
pub async fn inspect_query(input: &DatabaseInput, text: Option<&str>) -> Result<Inspection, SourceError> {
    let (header, rows) = Box::pin(sql::rows_of(input, text)).await?;
    Ok(Inspection::of(header, rows.iter().map(texts)))
}

fn inspect_file(settings: &SourceSettings, now: Timestamp) -> Result<Inspection, SourceError> {
    match &settings.input {
        SourceInput::Stdin => inspect_bytes(io::stdin().lock(), "stdin", settings),
        SourceInput::File { folder, path } => {
            let located = locate::open(folder, path, settings.max_age, now)?;
            inspect_bytes(&located.file, &located.name, settings)
        }
        SourceInput::Database(_) => unreachable!("a database is no file"),
    }
}

fn inspect_bytes(input: impl Read, name: &str, settings: &SourceSettings) -> Result<Inspection, SourceError> {
    let unreadable = |source| SourceError::Unreadable { location: name.to_owned(), source };
    if let FileFormat::Excel { sheet } = &settings.format {
        let mut bytes = Vec::new();
        input.take(excel::MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if head::is_text(&bytes) {
            return inspect_stream(bytes.as_slice(), name, settings);
        }
        return inspect_workbook(&bytes, name, sheet.as_deref(), &settings.columns);
    }
    inspect_stream(input, name, settings)
}

fn inspect_stream(
    mut input: impl Read,
    name: &str,
    settings: &SourceSettings,
) -> Result<Inspection, SourceError> {
    let unreadable = |source| SourceError::Unreadable { location: name.to_owned(), source };
    let first = head::read_first(&mut input).map_err(unreadable)?;
    let whole = first.as_slice().chain(input);
    match Container::of(&first) {
        Container::Text => inspect_text(whole, settings).map_err(unreadable)?,
        Container::Gzip => {
            inspect_text(Unpacked::new(MultiGzDecoder::new(whole)), settings).map_err(unreadable)?
        }
        Container::Other(finding) => {
            return Err(SourceError::NotText { location: name.to_owned(), finding });
        }
        Container::Calendar => return Err(SourceError::Calendar { location: name.to_owned() }),
        Container::Json => return Err(SourceError::Json { location: name.to_owned() }),
    }
    .ok_or_else(|| SourceError::Empty { location: name.to_owned() })
}

/// `None` where there is no row.
fn inspect_text(bytes: impl Read, settings: &SourceSettings) -> io::Result<Option<Inspection>> {
    let mut text = Decoded::new(bytes, settings.encoding);
    let head = head::read_head(&mut text)?;
    let delimiter = head::delimiter(&head, &settings.columns);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(head.as_slice().chain(text));
    let mut inspector = Inspector::new(&settings.columns);
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        if !record.get(0).is_some_and(|cell| cell.starts_with(b"sep=")) {
            inspector.take(texts(&record));
        }
    }
    Ok(inspector.finish().map(|(_, inspection)| inspection))
}

fn inspect_workbook(
    bytes: &[u8],
    name: &str,
    wanted: Option<&str>,
    map: &ColumnMap,
) -> Result<Inspection, SourceError> {
    let mut sheets: Vec<(String, Inspector<'_>)> = Vec::new();
    let mut take = |sheet: &str, record: OwnedRecord| {
        if sheets.last().is_none_or(|(last, _)| last != sheet) {
            sheets.push((sheet.to_owned(), Inspector::new(map)));
        }
        if let Some((_, inspector)) = sheets.last_mut() {
            inspector.take(texts(&record));
        }
    };
    excel::rows_of_sheets(bytes, name, wanted, &mut take)?;
    let mut best: Option<(Fit, Inspection)> = None;
    for (sheet, inspector) in sheets {
        let Some((fit, inspection)) = inspector.finish() else { continue };
        if best.as_ref().is_none_or(|(most, _)| fit > *most) {
            best = Some((fit, Inspection { sheet: Some(sheet), ..inspection }));
        }
    }
    best.map(|(_, inspection)| inspection).ok_or_else(|| SourceError::Empty { location: name.to_owned() })
}

fn texts<C: Cells>(record: &C) -> Vec<String> {
    (0..record.n_cells()).map(|position| trimmed(&record.lossy(position)).to_owned()).collect()
}

/// How well a row is a header: how many known headers it has, and how many words that are neither dates nor numbers.
type Fit = (usize, usize);

/// Takes rows, finds the header among the first ones, and counts what stands below it.
struct Inspector<'a> {
    map: &'a ColumnMap,
    /// The first rows, until the header is found among them.
    top: Vec<Vec<String>>,
    found: Option<(Fit, Inspection)>,
}

impl<'a> Inspector<'a> {
    fn new(map: &'a ColumnMap) -> Self {
        Self { map, top: Vec::new(), found: None }
    }

    fn take(&mut self, cells: Vec<String>) {
        if cells.iter().all(String::is_empty) {
            return;
        }
        if let Some((_, inspection)) = &mut self.found {
            return inspection.observe(cells);
        }
        self.top.push(cells);
        if self.top.len() == N_SEARCHED {
            self.find_header();
        }
    }

    fn find_header(&mut self) {
        let mut best: Option<(Fit, usize)> = None;
        for (position, row) in self.top.iter().enumerate() {
            let fit = self.fit(row);
            if best.is_none_or(|(most, _)| fit > most) {
                best = Some((fit, position));
            }
        }
        let Some((fit, position)) = best else { return };
        let mut rows = std::mem::take(&mut self.top).into_iter().skip(position);
        let header = rows.next().unwrap_or_default();
        self.found = Some((fit, Inspection::of(header, rows)));
    }

    fn fit(&self, row: &[String]) -> Fit {
        let is_word = |cell: &&String| {
            cell.contains(char::is_alphabetic) && !cell.contains('@') && !ValueKind::Date.fits(cell)
        };
        (Columns::n_found(row.iter().map(String::as_str), self.map), row.iter().filter(is_word).count())
    }

    /// What was found; `None` where there was no row.
    fn finish(mut self) -> Option<(Fit, Inspection)> {
        if self.found.is_none() {
            self.find_header();
        }
        self.found
    }
}
