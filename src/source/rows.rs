//! The rows of a file, taken one by one: which are bookings, which are problems, and which are neither.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::mem;
use std::sync::Arc;

use ::csv::{ByteRecord, Reader, StringRecord};
use jiff::Timestamp;

use super::columns::Columns;
use super::field::Field;
use super::group::Grouper;
use super::normalize::Normalizer;
use super::row::{Cells, Row, trimmed};
use super::settings::SourceSettings;
use super::tap::{END_MARK, Tap};
use crate::model::{Coverage, Problem, ProblemCode, SourceKind, SourcePlace, SourceRead};

/// The read so far.
pub(super) struct Rows<'a> {
    columns: &'a Columns,
    container: Arc<str>,
    delimiter: u8,
    normalizer: Normalizer<'a>,
    grouper: Grouper,
    n_taken: u64,
    rejects: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Rows that are no bookings, if no booking comes after them.
    footers: Vec<Footer>,
    last_row_may_be_cut: bool,
    coverage: Coverage,
    newest_change: Option<Timestamp>,
    /// A newest change before this makes the file look old.
    old_before: Option<Timestamp>,
}

/// A row without dates: a total or a note if it stands at the end, otherwise a booking without dates.
struct Footer {
    record: ByteRecord,
    place: SourcePlace,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        columns: &'a Columns,
        container: Arc<str>,
        delimiter: u8,
        settings: &'a SourceSettings,
        now: Timestamp,
    ) -> Self {
        Self {
            columns,
            container,
            delimiter,
            normalizer: Normalizer::new(settings, now),
            grouper: Grouper::default(),
            n_taken: 0,
            rejects: Vec::new(),
            warnings: Vec::new(),
            footers: Vec::new(),
            last_row_may_be_cut: false,
            coverage: settings.coverage,
            newest_change: None,
            old_before: settings.max_age.and_then(|max_age| now.checked_sub(max_age).ok()),
        }
    }

    /// Takes every row up to the end mark.
    pub(super) fn take_all<R: Read>(&mut self, reader: &mut Reader<R>) -> io::Result<()> {
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            if is_end_mark(&record) {
                break;
            }
            let n_inner_lines = n_line_ends(&record);
            // The reader stands on the line after the row; in an open quote even the last line end is inside.
            let line_after = reader.position().line();
            if record.iter().next_back().is_some_and(|cell| cell.ends_with(END_MARK.as_bytes())) {
                // The quote may have swallowed rows, so what looked like notes before it may have been bookings.
                self.n_taken += 1;
                self.last_row_may_be_cut = false;
                self.footers_are_bookings();
                self.cut(&self.place(line_after - n_inner_lines));
                break;
            }
            let place = self.place(line_after - 1 - n_inner_lines);
            record = self.take(record, place, n_inner_lines > 0);
        }
        Ok(())
    }

    fn place(&self, row: u64) -> SourcePlace {
        SourcePlace { container: self.container.clone(), row }
    }

    /// Takes one row; gives the record back to be filled again.
    fn take(&mut self, record: ByteRecord, place: SourcePlace, has_inner_lines: bool) -> ByteRecord {
        self.last_row_may_be_cut = false;
        if cells_are_blank(&record) {
            return record;
        }
        self.n_taken += 1;
        self.last_row_may_be_cut = record.len() < self.columns.n_columns();
        if looks_like_a_footer(&record, self.columns) {
            self.footers.push(Footer { record, place });
            return ByteRecord::new();
        }
        self.footers_are_bookings();
        if record.len() != self.columns.n_columns() {
            self.ragged(&record, &place, has_inner_lines);
            return record;
        }
        if has_inner_lines && self.swallows_rows(&record) {
            self.coverage = Coverage::Partial;
            let row = Row { cells: &record, columns: self.columns, place: &place };
            let message = "a quoted cell holds whole rows, so a quote is missing somewhere in it";
            let hint = "close the quote, or export again; until then this read is partial";
            self.rejects.push(row.problem(None, ProblemCode::Ragged, message, hint));
            if let Ok(id) = self.normalizer.id(&row) {
                self.grouper.reject(id);
            }
            return record;
        }
        match StringRecord::from_byte_record(record) {
            Ok(record) => {
                self.row(&record, &place);
                record.into_byte_record()
            }
            Err(error) => {
                // A cut within a character leaves bytes that are no text.
                self.last_row_may_be_cut = true;
                let record = error.into_byte_record();
                let row = Row { cells: &record, columns: self.columns, place: &place };
                let message = "the row has bytes that are not UTF-8";
                let problem =
                    row.problem(None, ProblemCode::BadEncoding, message, "export again as CSV in UTF-8");
                self.reject(&row, problem);
                record
            }
        }
    }

    fn row(&mut self, record: &StringRecord, place: &SourcePlace) {
        let row = Row { cells: record, columns: self.columns, place };
        if let Some(field) = too_long(&row) {
            let message = format!("the cell is longer than {MAX_CELL_BYTES} bytes");
            let hint = "no value is that long: look for a quote that is never closed, and export again";
            let problem = row.problem(field, ProblemCode::Ragged, message, hint);
            if matches!(field, Field::ReservationKey | Field::Property) {
                self.rejects.push(problem);
                self.coverage = Coverage::Partial;
            } else {
                self.reject(&row, problem);
            }
            return;
        }
        let id = match self.normalizer.id(&row) {
            Ok(id) => id,
            Err(problem) => {
                self.rejects.push(*problem);
                self.coverage = Coverage::Partial;
                return;
            }
        };
        match self.normalizer.stay(&row, &id, &mut self.warnings) {
            Ok(stay) => {
                self.newest_change = self.newest_change.max(stay.updated_at);
                let mut hasher = DefaultHasher::new();
                record.as_slice().hash(&mut hasher);
                self.grouper.add(id, hasher.finish(), stay);
            }
            Err(problem) => {
                self.rejects.push(*problem);
                self.grouper.reject(id);
            }
        }
    }

    /// A row that cannot be used; its reservation is noted, or the read is partial (RULES 13).
    fn reject<C: Cells>(&mut self, row: &Row<'_, C>, problem: Problem) {
        self.rejects.push(problem);
        match self.normalizer.id(row) {
            Ok(id) => self.grouper.reject(id),
            Err(_) => self.coverage = Coverage::Partial,
        }
    }

    fn ragged(&mut self, record: &ByteRecord, place: &SourcePlace, has_inner_lines: bool) {
        let row = Row { cells: record, columns: self.columns, place };
        let message =
            format!("the row has {} cells, and the header has {}", record.len(), self.columns.n_columns());
        let hint = "a cell that holds the delimiter or a quote must be quoted; export again";
        let problem = row.problem(None, ProblemCode::Ragged, message, hint);
        if !has_inner_lines && key_is_sure(record, self.columns) {
            self.reject(&row, problem);
        } else {
            // The cells may have moved, or the row may have swallowed others: its key cannot be trusted.
            self.rejects.push(problem);
            self.coverage = Coverage::Partial;
        }
    }

    fn cut(&mut self, place: &SourcePlace) {
        self.coverage = Coverage::Partial;
        self.rejects.push(Problem {
            source: place.clone(),
            column: "",
            code: ProblemCode::Cut,
            message: "the file ends in the middle of this row".to_owned(),
            hint: "export again; until then nothing is concluded from what is absent".to_owned(),
        });
    }

    /// Whether a cell holds lines with as many delimiters as a row has.
    fn swallows_rows(&self, record: &ByteRecord) -> bool {
        let n_wanted = self.columns.n_columns() - 1;
        let n_delimiters = |line: &[u8]| line.split(|byte| *byte == self.delimiter).count() - 1;
        n_wanted > 0
            && record
                .iter()
                .flat_map(|cell| cell.split(|byte| *byte == b'\n').skip(1))
                .any(|line| n_delimiters(line) >= n_wanted)
    }

    /// A booking came after rows without dates: so they were bookings.
    fn footers_are_bookings(&mut self) {
        for Footer { record, place } in mem::take(&mut self.footers) {
            if record.len() == self.columns.n_columns() {
                let row = Row { cells: &record, columns: self.columns, place: &place };
                let problem = match self.normalizer.id(&row) {
                    Err(problem) => *problem,
                    Ok(_) => row.problem(
                        Field::CheckIn,
                        ProblemCode::Missing,
                        "the row has no dates",
                        "give every booking its arrival and departure",
                    ),
                };
                self.reject(&row, problem);
            } else {
                self.ragged(&record, &place, false);
            }
        }
    }

    /// Settles what only the end of the file shows.
    pub(super) fn finish<R: Read>(mut self, tap: &Tap<R>, name: &str) -> SourceRead {
        if self.last_row_may_be_cut && !tap.ends_a_line() {
            self.last_row_is_cut();
        }
        if let Some(Footer { place, .. }) = self.footers.first() {
            self.warnings.push(Problem {
                source: place.clone(),
                column: "",
                code: ProblemCode::Notice,
                message: format!(
                    "from here, {} without dates are taken for totals or notes",
                    rows(&self.footers)
                ),
                hint: "give every booking its key, arrival and departure".to_owned(),
            });
        }
        if self.newest_change.zip(self.old_before).is_some_and(|(newest, limit)| newest < limit) {
            self.warnings.push(Problem {
                source: self.place(0),
                column: Field::UpdatedAt.as_str(),
                code: ProblemCode::OldSource,
                message: "no row was changed for longer than `max_age`".to_owned(),
                hint: "check that the export is written anew each time".to_owned(),
            });
        }
        let Self { grouper, n_taken: n_rows, rejects, warnings, coverage, .. } = self;
        let reservations = grouper.finish();
        SourceRead {
            kind: SourceKind::Csv,
            location: name.to_owned(),
            n_rows,
            n_reservations: reservations.len(),
            reservations,
            rejects,
            warnings,
            coverage,
            fingerprint: tap.fingerprint(),
        }
    }

    /// The last row has too few cells, or half a character, and no line end: it was cut.
    fn last_row_is_cut(&mut self) {
        let known = if let Some(footer) = self.footers.pop() {
            Some(footer.place)
        } else {
            self.rejects.pop().map(|problem| problem.source)
        };
        if let Some(place) = known {
            self.cut(&place);
        }
    }
}

fn rows(footers: &[Footer]) -> String {
    match footers.len() {
        1 => "one row".to_owned(),
        n_rows => format!("{n_rows} rows"),
    }
}

fn cells_are_blank(record: &ByteRecord) -> bool {
    record.iter().all(|cell| str::from_utf8(cell).is_ok_and(|text| trimmed(text).is_empty()))
}

pub(super) fn is_end_mark(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(END_MARK.trim_end_matches('\n').as_bytes())
}

fn n_line_ends(record: &ByteRecord) -> u64 {
    record.as_slice().iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// What nobody's name or key is longer than; it would fill every report and be refused by Seam.
const MAX_CELL_BYTES: usize = 4096;

/// A field whose cell cannot be what it should; other columns may hold whole letters.
fn too_long<C: Cells>(row: &Row<'_, C>) -> Option<Field> {
    Field::ALL.into_iter().find(|field| row.text(*field).len() > MAX_CELL_BYTES)
}

/// What rows of totals and notes begin with, in lower case.
const FOOTER_WORDS: [&str; 14] = [
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
];

/// Whether a row without dates looks like a total or a note, rather than like a booking that lacks them.
fn looks_like_a_footer(record: &ByteRecord, columns: &Columns) -> bool {
    let cell = |field| columns.position(field).and_then(|position| record.cell(position)).map_or("", trimmed);
    if !cell(Field::CheckIn).is_empty() || !cell(Field::CheckOut).is_empty() {
        return false;
    }
    let key = cell(Field::ReservationKey).to_lowercase();
    let is_ragged = record.len() != columns.n_columns();
    key.is_empty()
        || FOOTER_WORDS.iter().any(|word| key.starts_with(word))
        || (is_ragged && key.contains(char::is_whitespace))
}

/// Whether the key of a ragged row can be trusted: its columns come before any that could have moved, and it has a
/// cell after them, so that the key itself is whole.
fn key_is_sure(record: &ByteRecord, columns: &Columns) -> bool {
    let positions: Vec<usize> = [Field::ReservationKey, Field::Property]
        .into_iter()
        .filter_map(|field| columns.position(field))
        .collect();
    record.len() > positions.len() && positions.iter().all(|position| *position < positions.len())
}
