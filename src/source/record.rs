//! One record of a container as its cells: text, or a value whose type the container knows.
//!
//! Everything behind this file reads files, sheets and query results alike. A value has a text too, in the one form
//! that needs no guess: `2026-05-17`, `15:00:00`, whole numbers as digits.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// The cells of one record, asked for by position.
pub(super) trait Cells {
    /// How many there are.
    fn n_cells(&self) -> usize;

    /// The text of a cell; `None` where there is none. Bytes that are no text read as nothing.
    fn text(&self, position: usize) -> Option<&str>;

    /// The same, with a mark for each byte that is no text.
    fn lossy(&self, position: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.text(position).unwrap_or(""))
    }

    /// The value of a cell, where the container knows more than its text.
    fn typed(&self, position: usize) -> Option<Typed> {
        let _ = position;
        None
    }
}

impl Cells for ::csv::StringRecord {
    fn n_cells(&self) -> usize {
        self.len()
    }

    fn text(&self, position: usize) -> Option<&str> {
        self.get(position)
    }
}

impl Cells for ::csv::ByteRecord {
    fn n_cells(&self) -> usize {
        self.len()
    }

    fn text(&self, position: usize) -> Option<&str> {
        str::from_utf8(self.get(position)?).ok()
    }

    fn lossy(&self, position: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.get(position).unwrap_or_default())
    }
}

/// What a workbook or a database says a cell is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Typed {
    /// Nothing.
    Empty,
    /// A day.
    Date(Date),
    /// A time on the wall of the property.
    DateTime(DateTime),
    /// The same for everybody.
    Instant(Timestamp),
    /// A time of day.
    Time(Time),
    /// A number; a date serial without a date format is one too.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// A formula that failed.
    Error,
}

/// What is shown of a formula that failed.
pub(super) const ERROR_TEXT: &str = "#ERROR";

/// Whole numbers from here on are not told apart by a workbook.
const FIRST_ROUNDED: f64 = 9_007_199_254_740_992.0;

impl Typed {
    /// The value as text; a number that was rounded shows it (`1.23E+16`), so that no key is made of it.
    pub(super) fn text(self) -> Cow<'static, str> {
        Cow::Owned(match self {
            Self::Empty => return Cow::Borrowed(""),
            Self::Error => return Cow::Borrowed(ERROR_TEXT),
            Self::Boolean(true) => return Cow::Borrowed("true"),
            Self::Boolean(false) => return Cow::Borrowed("false"),
            Self::Date(date) => date.to_string(),
            Self::DateTime(local) => local.to_string(),
            Self::Instant(instant) => instant.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Number(number) if number.abs() >= FIRST_ROUNDED => {
                format!("{number:E}").replacen('E', "E+", 1)
            }
            Self::Number(number) => number.to_string(),
        })
    }
}

/// A cell that owns what it holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OwnedCell {
    text: Cow<'static, str>,
    typed: Option<Typed>,
}

impl From<Typed> for OwnedCell {
    fn from(typed: Typed) -> Self {
        Self { text: typed.text(), typed: Some(typed) }
    }
}

impl From<String> for OwnedCell {
    fn from(text: String) -> Self {
        Self { text: Cow::Owned(text), typed: None }
    }
}

/// A record that owns its cells: of a sheet, of a query, or kept for later.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct OwnedRecord(pub(super) Vec<OwnedCell>);

impl OwnedRecord {
    /// A copy of any record.
    pub(super) fn of<C: Cells>(cells: &C) -> Self {
        let cell = |position| match cells.typed(position) {
            Some(typed) => typed.into(),
            None => cells.lossy(position).into_owned().into(),
        };
        Self((0..cells.n_cells()).map(cell).collect())
    }
}

impl Cells for OwnedRecord {
    fn n_cells(&self) -> usize {
        self.0.len()
    }

    fn text(&self, position: usize) -> Option<&str> {
        self.0.get(position).map(|cell| &*cell.text)
    }

    fn typed(&self, position: usize) -> Option<Typed> {
        self.0.get(position)?.typed
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    #[test]
    fn a_value_has_one_text_that_needs_no_guess() {
        let check = |typed: Typed, expected| assert_eq!(typed.text(), expected, "{typed:?}");
        check(Typed::Empty, "");
        check(Typed::Date(date(2026, 5, 7)), "2026-05-07");
        check(Typed::DateTime(date(2026, 5, 7).at(15, 0, 0, 0)), "2026-05-07T15:00:00");
        check(Typed::Instant(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00Z");
        check(Typed::Time(time(6, 30, 0, 0)), "06:30:00");
        check(Typed::Number(5_134_582_030.0), "5134582030");
        check(Typed::Number(0.5), "0.5");
        check(Typed::Number(1.234_567_890_123_456_8e19), "1.2345678901234567E+19");
        check(Typed::Boolean(true), "true");
        check(Typed::Error, "#ERROR");
    }

    #[test]
    fn a_copy_of_a_record_has_the_same_cells() {
        let record = OwnedRecord(vec![Typed::Number(7.0).into(), "a".to_owned().into()]);
        assert_eq!(OwnedRecord::of(&record), record);
        assert_eq!((record.text(0), record.typed(1), record.text(2)), (Some("7"), None, None));
        let text = ::csv::StringRecord::from(vec!["x", ""]);
        let copy = OwnedRecord::of(&text);
        assert_eq!((copy.text(0), copy.text(1), copy.n_cells()), (Some("x"), Some(""), 2));
    }
}
