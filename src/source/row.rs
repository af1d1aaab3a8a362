//! One row of the source, read by field instead of by position.

use super::cells::without_fraction;
use super::columns::Columns;
use super::field::Field;
use super::forms::CellForms;
use super::range::Range;
use super::record::{Cells, Typed};
use crate::model::{Column, Problem, ProblemCode, SourcePlace};

/// A row, and where it stands.
pub(super) struct Row<'a, C> {
    pub(super) cells: &'a C,
    pub(super) columns: &'a Columns,
    pub(super) place: &'a SourcePlace,
    pub(super) forms: &'a CellForms,
    /// The texts of fields that are no single column.
    pub(super) derived: Vec<(Field, String)>,
}

impl<C: Cells> Row<'_, C> {
    /// The text of a field, trimmed; empty where there is none, or a formula that failed.
    pub(super) fn text(&self, field: Field) -> &str {
        if let Some((_, text)) = self.derived.iter().find(|(derived, _)| *derived == field) {
            return text;
        }
        if self.typed(field) == Some(Typed::Error) {
            return "";
        }
        let cell = self.columns.position(field).and_then(|position| self.cells.text(position)).unwrap_or("");
        unwrapped(trimmed(cell))
    }

    /// The text of a field, empty also where it is a word for nothing.
    pub(super) fn value(&self, field: Field) -> &str {
        let text = self.text(field);
        if self.forms.is_nothing(text) { "" } else { text }
    }

    /// The value of a key; of a number that some program gave a fraction, its digits.
    pub(super) fn key(&self, field: Field) -> &str {
        let is_derived = self.derived.iter().any(|(derived, _)| *derived == field);
        // The parts of a joined one have lost theirs already: its own dot may be what stands between them.
        if is_derived { self.value(field) } else { without_fraction(self.value(field)) }
    }

    /// The text of a name: only what means nothing in this very export is nothing, because `Null` is a name too.
    pub(super) fn name(&self, field: Field) -> &str {
        let text = self.text(field);
        if self.forms.is_null_word(text) { "" } else { text }
    }

    /// The value of a field, where the container knows more than its text.
    pub(super) fn typed(&self, field: Field) -> Option<Typed> {
        let is_derived = self.derived.iter().any(|(derived, _)| *derived == field);
        self.cells.typed(self.columns.position(field)?).filter(|_| !is_derived)
    }

    /// Both dates of the stay, where they stand in one cell: what the cell is besides the arrival, and its texts; `None`
    /// inside where it cannot be taken apart.
    pub(super) fn range(&self) -> Option<(Field, Option<Range>)> {
        let separator = self.forms.range_separator.as_deref()?;
        let departure = self.columns.departure_of_range()?;
        let text = self.value(Field::CheckIn);
        let is_text = self.typed(Field::CheckIn).is_none();
        (is_text && !text.is_empty()).then(|| (departure, Range::of(text, separator)))
    }

    /// Whether the source has the field at all.
    pub(super) fn has(&self, field: Field) -> bool {
        self.columns.has(field)
    }

    /// A problem in a column of this row.
    pub(super) fn problem(
        &self,
        column: impl Into<Option<Field>>,
        code: ProblemCode,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        let column: Column = column.into().map_or("", Field::as_str);
        Problem { source: self.place.clone(), column, code, message: message.into(), hint: hint.into() }
    }
}

/// White space of all kinds and marks without width go.
pub(super) fn trimmed(text: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    // Most cells have nothing around them.
    if is_plain(text.as_bytes().first()) && is_plain(text.as_bytes().last()) {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// Spreadsheets keep a text a text by `="0101"`, and a formula harmless by an apostrophe.
pub(super) fn unwrapped(text: &str) -> &str {
    if !matches!(text.as_bytes().first(), Some(b'=' | b'\'')) {
        return text;
    }
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inner.trim();
    }
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit() || "=+-@".contains(c)) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_wraps_around_a_text_is_taken_off() {
        let check = |text, expected| assert_eq!(unwrapped(trimmed(text)), expected, "{text}");
        check(" 0101\u{a0}", "0101");
        check("=\"0101\"", "0101");
        check("'+351 210 000 000", "+351 210 000 000");
        check("'t Hooft", "'t Hooft");
        check("0101 ", "0101");
        check("\u{a0}0101", "0101");
        check("", "");
        check("\u{200b}101", "101");
    }
}
