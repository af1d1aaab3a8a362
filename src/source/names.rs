//! The names in a row: one guest, or several in one cell, each in the form in which the export writes names.

use ecow::EcoString;

use super::field::Field;
use super::forms::{CellForms, NameForm, pieces};
use super::record::Cells;
use super::row::{Row, trimmed};

/// The name of the guest of the row; empty where it has none.
pub(super) fn full_name<C: Cells>(row: &Row<'_, C>) -> EcoString {
    let cell = row.name(Field::FullName);
    if cell.is_empty() {
        return words(&[row.name(Field::FirstName), row.name(Field::LastName)]);
    }
    if is_plain(row.forms) && !cell.contains('&') {
        return words(&[cell]);
    }
    names(cell, row.forms).into_iter().next().unwrap_or_default()
}

/// The names of the guests beside that one.
pub(super) fn other_guests<C: Cells>(row: &Row<'_, C>) -> Vec<EcoString> {
    let forms = row.forms;
    let mut others = Vec::new();
    if !forms.guest_separators.is_empty() {
        others.extend(names(row.name(Field::FullName), forms).into_iter().skip(1));
    }
    if row.has(Field::OtherGuests) {
        others.extend(names(row.name(Field::OtherGuests), forms));
    }
    others
}

/// Whether the mark of a cancelled booking stands in the name.
pub(super) fn is_marked_cancelled<C: Cells>(row: &Row<'_, C>) -> bool {
    row.forms.cancelled_mark.as_ref().is_some_and(|mark| {
        [Field::FullName, Field::FirstName, Field::LastName]
            .into_iter()
            .any(|field| position_of(row.text(field), mark).is_some())
    })
}

fn is_plain(forms: &CellForms) -> bool {
    let CellForms { guest_separators, name_form, cancelled_mark, .. } = forms;
    guest_separators.is_empty() && *name_form == NameForm::Full && cancelled_mark.is_none()
}

fn names(cell: &str, forms: &CellForms) -> Vec<EcoString> {
    let cell = without_entities(cell);
    let cell = match &forms.cancelled_mark {
        Some(mark) => without(&cell, mark),
        None => cell,
    };
    pieces(&cell, &forms.guest_separators)
        .into_iter()
        .map(|name| match forms.name_form {
            NameForm::Full => words(&[name]),
            NameForm::LastFirst => first_last(name),
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// `Sousa, Ana, Dr` as `Ana Sousa`.
fn first_last(name: &str) -> EcoString {
    let mut parts = name.split(',').map(trimmed);
    let last = parts.next().unwrap_or_default();
    let first = parts.next().unwrap_or_default();
    words(&[first, last])
}

/// The words, with one space between them.
fn words(parts: &[&str]) -> EcoString {
    let mut name = EcoString::with_capacity(parts.iter().map(|part| part.len() + 1).sum::<usize>() - 1);
    for word in parts.iter().flat_map(|part| part.split_whitespace()) {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    name
}

/// Where a mark of ASCII letters stands, whatever its case.
fn position_of(text: &str, mark: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(&mark.to_ascii_lowercase())
}

fn without(text: &str, mark: &str) -> String {
    match position_of(text, mark) {
        Some(position) => format!("{} {}", &text[..position], &text[position + mark.len()..]),
        None => text.to_owned(),
    }
}

/// What web pages write for characters; some exports forget to take it back.
const ENTITIES: [(&str, &str); 7] = [
    ("&nbsp;", " "),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&#039;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
];

fn without_entities(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let text =
        ENTITIES.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character));
    // Last, so that `&amp;lt;` is `&lt;` and not `<`.
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &str, forms: &CellForms, expected: &[&str]) {
        assert_eq!(names(cell, forms), expected, "{cell}");
    }

    #[test]
    fn several_guests_of_one_cell_are_several_names() {
        let separators = vec![";".to_owned(), ",".to_owned()];
        let forms = CellForms { guest_separators: separators, ..CellForms::default() };
        check("Ana Sousa; Rui  Lopes,Inês Prado;", &forms, &["Ana Sousa", "Rui Lopes", "Inês Prado"]);
        check(" ", &forms, &[]);
    }

    #[test]
    fn a_last_name_that_comes_first_is_put_last() {
        let forms = CellForms { name_form: NameForm::LastFirst, ..CellForms::default() };
        check("SOUSA,Ana,Mrs", &forms, &["Ana SOUSA"]);
        check("Lopes", &forms, &["Lopes"]);
    }

    #[test]
    fn the_mark_of_a_cancelled_booking_is_no_part_of_the_name() {
        let forms = CellForms { cancelled_mark: Some("[CANCELED]".to_owned()), ..CellForms::default() };
        check("Smith, Jane [Canceled]", &forms, &["Smith, Jane"]);
        check("Jane Smith", &forms, &["Jane Smith"]);
    }

    #[test]
    fn what_web_pages_write_for_characters_is_taken_back_once() {
        let forms = CellForms::default();
        check("Kate O&#39;Brien &amp; Sons", &forms, &["Kate O'Brien & Sons"]);
        check("A&amp;lt;B", &forms, &["A&lt;B"]);
    }
}
