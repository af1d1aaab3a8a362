//! The rows of any container, taken one by one: which are bookings, which are problems, and which are neither.

use std::hash::{BuildHasher, Hash, Hasher};
use std::mem;
use std::sync::Arc;

use ecow::EcoString;
use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;

use super::columns::Columns;
use super::date_order::{Clock, DateOrders};
use super::defects::{deciding_formula, decorating_formula, key_is_sure, ragged, too_long};
use super::fed_back::{as_it_was, has_lost_characters};
use super::field::Field;
use super::footers::{
    self, Dates, Footer, Notes, is_a_note, looks_like_a_footer, may_be_a_booking, repeats_the_header,
};
use super::forms::CellForms;
use super::group::Grouper;
use super::joined::key_notice;
use super::names::other_guests;
use super::normalize::Normalizer;
use super::record::{Cells, OwnedRecord};
use super::rejects::Rejects;
use super::row::{Row, trimmed};
use super::settings::{RowOrigin, SourceSettings};
use crate::model::{
    Coverage, Fingerprint, Guest, Problem, ProblemCode, RowCounts, SourceKind, SourcePlace, SourceRead, Stay,
};

/// The read so far.
pub(super) struct Rows<'a> {
    columns: &'a Columns,
    forms: &'a CellForms,
    container: Arc<str>,
    /// What the dates have shown of their order, and the rows that wait until it is known.
    orders: DateOrders,
    waiting: Vec<Waiting>,
    normalizer: Normalizer<'a>,
    grouper: Grouper,
    hasher: DefaultHashBuilder,
    n_taken: u64,
    n_skipped: u64,
    n_past: u64,
    now: Timestamp,
    rejects: Rejects<'a>,
    origin: RowOrigin,
    warnings: Vec<Problem>,
    /// Rows that are no bookings, if no booking comes after them.
    footers: Vec<Footer>,
    notes: Notes,
    dates: Dates,
    last_row_may_be_cut: bool,
    coverage: Coverage,
    newest_change: Option<Timestamp>,
    /// A newest change before this makes the file look old.
    old_before: Option<Timestamp>,
}

/// A row that can be read when all were seen.
struct Waiting {
    record: OwnedRecord,
    row: u64,
    condition: Condition,
}

/// What the container knows about the record that it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nothing speaks against it.
    Sound,
    /// A quoted cell goes on over several lines; with too many cells or too few, it may have swallowed others.
    SpansLines,
    /// A quoted cell holds whole rows.
    SwallowsRows,
    /// It has bytes that are no text.
    NotText,
}

/// How the container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// After a whole row.
    Whole,
    /// Without a line end, so that the last row may have been cut.
    WithoutLineEnd,
}

impl<'a> Rows<'a> {
    /// `container` is what stands before the row in a place.
    pub(super) fn new(
        columns: &'a Columns,
        container: Arc<str>,
        settings: &'a SourceSettings,
        now: Timestamp,
    ) -> Self {
        Self {
            columns,
            forms: &settings.forms,
            orders: DateOrders::new(settings.date_order),
            waiting: Vec::new(),
            normalizer: Normalizer::new(settings, now),
            grouper: Grouper::default(),
            hasher: DefaultHashBuilder::default(),
            n_taken: 0,
            n_skipped: 0,
            n_past: 0,
            now,
            rejects: Rejects::new(columns, &settings.forms, settings.rejects),
            origin: settings.origin,
            warnings: Vec::from_iter(no_status(columns, settings, &container)),
            footers: Vec::new(),
            notes: Notes::default(),
            dates: Dates::default(),
            last_row_may_be_cut: false,
            coverage: settings.coverage,
            newest_change: None,
            old_before: settings.max_age.and_then(|max_age| now.checked_sub(max_age).ok()),
            container,
        }
    }

    fn place(&self, row: u64) -> SourcePlace {
        SourcePlace { container: self.container.clone(), row }
    }

    fn row_of<'r, C: Cells>(&self, cells: &'r C, place: &'r SourcePlace) -> Row<'r, C>
    where
        'a: 'r,
    {
        Row {
            cells,
            columns: self.columns,
            place,
            forms: self.forms,
            derived: self.columns.derived(cells, self.forms),
        }
    }

    /// Takes one row, by its line or number.
    pub(super) fn take<C: Cells>(&mut self, record: &C, row: u64, condition: Condition) {
        match self.origin {
            RowOrigin::Source => self.take_row(record, row, condition),
            RowOrigin::RejectsFile => {
                let lost = has_lost_characters(record);
                let condition = if lost { Condition::NotText } else { condition };
                self.take_row(&as_it_was(record, self.columns), row, condition);
            }
        }
    }

    fn take_row<C: Cells>(&mut self, record: &C, row: u64, condition: Condition) {
        self.last_row_may_be_cut = false;
        if condition != Condition::NotText && cells_are_blank(record) {
            return;
        }
        let is_whole = record.n_cells() == self.columns.n_columns()
            && matches!(condition, Condition::Sound | Condition::SpansLines);
        let is_open = is_whole && !self.columns.is_skipped(record) && self.observe(record, row);
        if !is_open && !self.waiting.is_empty() && self.orders.is_settled() {
            self.take_waiting();
        }
        if is_open || !self.waiting.is_empty() {
            // The order of the rows is kept, so all that come after it wait too.
            let record = OwnedRecord::of(record);
            self.waiting.push(Waiting { record, row, condition });
            return;
        }
        self.take_now(record, row, condition);
    }

    /// Looks at the dates of a row, by the clock of its property.
    fn observe<C: Cells>(&mut self, record: &C, row: u64) -> bool {
        let place = self.place(row);
        let row = self.row_of(record, &place);
        let zone = || self.normalizer.zone_of(&row);
        let clock = Clock { now: self.now, zone: &zone };
        self.orders.observe(record, self.columns, &clock)
    }

    /// Takes the rows that waited: no more are to come that could tell how their dates are meant.
    fn take_waiting(&mut self) {
        self.normalizer.set_orders(self.orders.clone());
        for Waiting { record, row, condition } in mem::take(&mut self.waiting) {
            self.take_now(&record, row, condition);
        }
    }

    /// Whether the row, if nothing comes after it, looks as if its end were missing.
    fn may_be_cut<C: Cells>(&self, record: &C, condition: Condition) -> bool {
        // A cut within a character leaves bytes that are no text.
        record.n_cells() < self.columns.n_columns() || condition == Condition::NotText
    }

    fn take_now<C: Cells>(&mut self, record: &C, row: u64, condition: Condition) {
        self.last_row_may_be_cut = false;
        if self.columns.is_skipped(record) {
            self.n_skipped += 1;
            return;
        }
        let place = self.place(row);
        self.n_taken += 1;
        self.last_row_may_be_cut = self.may_be_cut(record, condition);
        if repeats_the_header(record, self.columns) {
            return self.notes.add(&place);
        }
        if looks_like_a_footer(record, self.columns) {
            self.footers.push(Footer { record: OwnedRecord::of(record), place });
            return;
        }
        if Dates::of(record, self.columns) == Dates::WithNames {
            self.dates = Dates::WithNames;
        }
        self.footers_are_bookings();
        if record.n_cells() != self.columns.n_columns() {
            return self.ragged(record, &place, condition);
        }
        let row = self.row_of(record, &place);
        match condition {
            Condition::Sound | Condition::SpansLines => self.row(&row),
            Condition::SwallowsRows => {
                self.coverage = Coverage::Partial;
                let message = "a quoted cell holds whole rows, so a quote is missing somewhere in it";
                let hint = "close the quote, or export again; until then this read is partial";
                self.rejects.put_aside(record, row.problem(None, ProblemCode::Ragged, message, hint));
                if let Ok(id) = self.normalizer.id(&row) {
                    self.grouper.reject(&id);
                }
            }
            Condition::NotText => {
                let message = "the row has bytes that no character has";
                let problem =
                    row.problem(None, ProblemCode::BadEncoding, message, "export again as CSV in UTF-8");
                self.reject(&row, problem);
            }
        }
    }

    /// Takes a row in which the container ends; nothing comes after it.
    pub(super) fn take_cut(&mut self, row: u64) {
        self.take_waiting();
        // It may have swallowed rows, so what looked like notes before it may have been bookings.
        self.n_taken += 1;
        self.last_row_may_be_cut = false;
        self.footers_are_bookings();
        self.coverage = Coverage::Partial;
        self.rejects.put_aside(&OwnedRecord::default(), cut(self.place(row)));
    }

    fn row<C: Cells>(&mut self, row: &Row<'_, C>) {
        if let Some((field, problem)) = too_long(row) {
            if matches!(field, Field::ReservationKey | Field::Property) {
                self.rejects.put_aside(row.cells, problem);
                self.coverage = Coverage::Partial;
            } else {
                self.reject(row, problem);
            }
            return;
        }
        if let Some(problem) = deciding_formula(row) {
            return self.reject(row, problem);
        }
        let id = match self.normalizer.id(row) {
            Ok(id) => id,
            Err(problem) => return self.reject(row, *problem),
        };
        match self.normalizer.stay(row, &id, &mut self.warnings) {
            Ok(stay) => {
                if stay.is_over(self.now) {
                    self.n_past += 1;
                } else {
                    self.warnings.extend(decorating_formula(row));
                }
                self.newest_change = self.newest_change.max(stay.updated_at);
                let digest = digest(row.cells, &self.hasher);
                let others: Vec<Stay> =
                    other_guests(row).into_iter().map(|name| companion(&stay, name)).collect();
                for stay in std::iter::once(stay).chain(others) {
                    self.grouper.add(&id, digest, stay);
                }
            }
            Err(problem) => self.reject(row, *problem),
        }
    }

    /// A row that cannot be used; its reservation is noted, or the read is partial (RULES 21). One of a stay that is over
    /// is no reject, and makes no read partial where its key cannot be read: its absence takes nothing from anybody, unless
    /// its guest is still in house (RULES 9).
    fn reject<C: Cells>(&mut self, row: &Row<'_, C>, problem: Problem) {
        let is_over = self.normalizer.needs_nothing(row);
        if is_over {
            self.n_past += 1;
        } else {
            self.rejects.put_aside(row.cells, problem);
        }
        match self.normalizer.id(row) {
            Ok(id) => self.grouper.reject(&id),
            Err(_) if is_over => {}
            Err(_) => self.coverage = Coverage::Partial,
        }
    }

    fn ragged<C: Cells>(&mut self, record: &C, place: &SourcePlace, condition: Condition) {
        let row = self.row_of(record, place);
        let problem = ragged(&row);
        if condition == Condition::Sound && key_is_sure(record, self.columns) {
            self.reject(&row, problem);
        } else {
            // The cells may have moved, or the row may have swallowed others: its key cannot be trusted.
            self.rejects.put_aside(record, problem);
            self.coverage = Coverage::Partial;
        }
    }

    /// A booking came after rows without dates: so they were bookings, unless they are headings or subtotals.
    fn footers_are_bookings(&mut self) {
        for Footer { record, place } in mem::take(&mut self.footers) {
            if is_a_note(&record, self.columns, self.dates) {
                self.notes.add(&place);
            } else {
                self.booking_without_dates(&record, &place);
            }
        }
    }

    fn booking_without_dates(&mut self, record: &OwnedRecord, place: &SourcePlace) {
        if record.n_cells() != self.columns.n_columns() {
            return self.ragged(record, place, Condition::Sound);
        }
        let row = self.row_of(record, place);
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
    }

    /// What stands at the end is no booking, unless it has a date where a booking has one.
    fn footers_are_none(&mut self) {
        let is_booking = |Footer { record, .. }: &Footer| may_be_a_booking(record, self.columns, self.dates);
        let (bookings, footers): (Vec<Footer>, _) =
            mem::take(&mut self.footers).into_iter().partition(is_booking);
        self.footers = footers;
        for Footer { record, place } in bookings {
            self.booking_without_dates(&record, &place);
        }
    }

    /// Tells something about the whole container.
    pub(super) fn notice(&mut self, message: String, hint: &str) {
        self.warnings.push(Problem {
            source: self.place(0),
            column: "",
            code: ProblemCode::Notice,
            message,
            hint: hint.to_owned(),
        });
    }

    /// Settles what only the end of the container shows. Its fingerprint is for whoever saw the bytes to add.
    pub(super) fn finish(mut self, kind: SourceKind, location: &str, ending: Ending) -> SourceRead {
        self.take_waiting();
        if self.last_row_may_be_cut && ending == Ending::WithoutLineEnd {
            self.last_row_is_cut();
        }
        self.footers_are_none();
        self.warnings.extend(self.notes.notice());
        self.warnings.extend(footers::notice(&self.footers));
        let whole = self.place(0);
        self.warnings.extend(self.columns.like_headers(&whole));
        self.warnings.extend(self.orders.hours_among_days(&whole));
        self.warnings.extend(key_notice(&self.columns.joined_headers(Field::ReservationKey), whole));
        if self.n_skipped > 0 {
            let rows = match self.n_skipped {
                1 => "one row is".to_owned(),
                n_rows => format!("{n_rows} rows are"),
            };
            self.notice(format!("{rows} passed over, as `skip` in [source] says"), "");
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
        let mut counts = RowCounts { past: self.n_past, ..RowCounts::default() };
        self.normalizer.unknown_statuses().count(&mut counts);
        let unknown_statuses = self.normalizer.unknown_statuses().words();
        self.warnings.extend(self.normalizer.unknown_statuses().warnings());
        let Self { columns, grouper, n_taken: n_rows, rejects, warnings, coverage, origin, .. } = self;
        let (rejects, rejected_rows) = rejects.finish();
        let mut reservations = grouper.finish();
        if origin == RowOrigin::RejectsFile {
            // Their other rows are in the source, and not here.
            for reservation in &mut reservations {
                reservation.n_rejected_rows = reservation.n_rejected_rows.max(1);
            }
        }
        SourceRead {
            kind,
            location: location.to_owned(),
            n_rows,
            n_reservations: reservations.len(),
            reservations,
            rejects,
            rejected_rows,
            columns: columns.watched(),
            unknown_statuses,
            counts,
            warnings,
            coverage,
            fingerprint: Fingerprint(String::new()),
            written_at: None,
        }
    }

    /// The last row has too few cells, or half a character, and no line end: it was cut.
    fn last_row_is_cut(&mut self) {
        if let Some(Footer { record, place }) = self.footers.pop() {
            self.coverage = Coverage::Partial;
            self.rejects.put_aside(&record, cut(place));
        } else if self.rejects.reconsider_last(|problem| cut(problem.source.clone())) {
            self.coverage = Coverage::Partial;
        }
    }
}

/// A source in which no column is the status, unless the configuration says so itself (RULES 11).
fn no_status(columns: &Columns, settings: &SourceSettings, container: &Arc<str>) -> Option<Problem> {
    let is_said = settings.columns.headers.get(&Field::Status).is_some_and(Vec::is_empty);
    if is_said || columns.has(Field::Status) {
        return None;
    }
    let has_mark = columns.position(Field::CancelledAt).is_some() || settings.forms.cancelled_mark.is_some();
    let unless = if has_mark { " that is not marked as cancelled" } else { "" };
    Some(Problem {
        source: SourcePlace { container: container.clone(), row: 0 },
        column: Field::Status.as_str(),
        code: ProblemCode::NoStatus,
        message: format!("no column is the status, so every row{unless} counts as a booking"),
        hint: "name its header in [columns], or write `status = []` there where the source has none"
            .to_owned(),
    })
}

fn cut(source: SourcePlace) -> Problem {
    Problem {
        source,
        column: "",
        code: ProblemCode::Cut,
        message: "the file ends in the middle of this row".to_owned(),
        hint: "export again; until then nothing is concluded from what is absent".to_owned(),
    }
}

/// Another guest of the same row, of whom it has the name only.
fn companion(stay: &Stay, full_name: EcoString) -> Stay {
    let guest = Guest { key: None, full_name, email: None, phone: None, is_primary: false };
    Stay { guest, code: None, ..stay.clone() }
}

fn cells_are_blank<C: Cells>(record: &C) -> bool {
    texts(record).all(|text| trimmed(text).is_empty())
}

fn texts<C: Cells>(record: &C) -> impl Iterator<Item = &str> {
    (0..record.n_cells()).map(|position| record.text(position).unwrap_or(""))
}

/// Equal for records of equal cells, by one hasher.
fn digest<C: Cells>(record: &C, hasher: &DefaultHashBuilder) -> u64 {
    let mut hasher = hasher.build_hasher();
    for text in texts(record) {
        text.hash(&mut hasher);
    }
    hasher.finish()
}
