//! The single cells of a row: flags, methods, contacts and units.
//!
//! A cell that the guest cannot enter without is a problem that rejects the row; the others are left out and warned
//! about. Messages never repeat a name, a contact or a code.

use jiff::civil::Time;

use super::contact;
use super::dates::parse_marked_time;
use super::field::Field;
use super::forms::{CellForms, pieces};
use super::record::Cells;
use super::row::{Row, trimmed};
use crate::model::{
    EmailAddress, Method, MethodSet, PhoneNumber, Problem, ProblemCode, Property, ShareKey, WishedCode,
};

/// Words for a unit that is not decided yet (RULES 18).
const UNASSIGNED: [&str; 10] = [
    "tba",
    "tbd",
    "tbc",
    "unassigned",
    "not assigned",
    "unallocated",
    "to be assigned",
    "pending",
    "?",
    "??",
];

/// The time of day of a column of its own, and how many days later it is than the date beside it. One that cannot be
/// read costs the hour and not the stay.
pub(super) fn time_of_day<C: Cells>(
    row: &Row<'_, C>,
    field: Field,
    warnings: &mut Vec<Problem>,
) -> Option<(Time, i64)> {
    let text = row.value(field);
    if text.is_empty() {
        return None;
    }
    let read = parse_marked_time(text);
    if read.is_none() {
        warnings.push(unreadable_time(row, field));
    }
    read
}

/// A time that cannot be read beside a date that can.
pub(super) fn unreadable_time<C: Cells>(row: &Row<'_, C>, field: Field) -> Problem {
    row.problem(
        field,
        ProblemCode::BadDate,
        "the time of day cannot be read; the property's is taken",
        "write 15:00, or leave the time out for the property's",
    )
}

pub(super) fn methods<C: Cells>(row: &Row<'_, C>) -> Result<MethodSet, Box<Problem>> {
    let words = row.value(Field::Methods).split([';', ',', '|']).map(trimmed).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let word = word.to_lowercase().replace([' ', '-'], "_");
            Method::parse(&word).ok_or_else(|| {
                Box::new(row.problem(
                    Field::Methods,
                    ProblemCode::BadMethod,
                    "the row asks for a method that does not exist",
                    "write card, cloud_key, code or mobile_key, several separated by `;`, or leave the cell blank",
                ))
            })
        })
        .collect()
}

pub(super) fn flag<C: Cells>(row: &Row<'_, C>, field: Field) -> Result<bool, Box<Problem>> {
    let text = row.value(field);
    let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match text {
        _ if is_one_of(&["", "0", "n", "no", "f", "false"]) => Ok(false),
        _ if is_one_of(&["1", "y", "yes", "t", "true", "x"]) => Ok(true),
        _ => Err(Box::new(row.problem(
            field,
            ProblemCode::BadFlag,
            "the cell is neither yes nor no",
            "write yes or no, or leave the cell blank for no",
        ))),
    }
}

/// What the row shares its room by. Zeros and words for no are what a system writes where nobody shares: taken as a key,
/// they would make one party of all guests (RULES 12).
pub(super) fn share_key<C: Cells>(row: &Row<'_, C>) -> Option<ShareKey> {
    let text = row.key(Field::ShareKey);
    let says_no = text.bytes().all(|byte| byte == b'0')
        || ["n", "no", "f", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    (!says_no).then(|| ShareKey::new(text))
}

pub(super) fn email<C: Cells>(
    row: &Row<'_, C>,
    text: &str,
    warnings: &mut Vec<Problem>,
) -> Option<EmailAddress> {
    let email = contact::email(text);
    if email.is_none() {
        let message = "this cannot be an e-mail address; it is left out";
        warnings.push(row.problem(Field::Email, ProblemCode::BadEmail, message, "correct it in the booking"));
    }
    email
}

pub(super) fn phone<C: Cells>(
    row: &Row<'_, C>,
    text: &str,
    property: &Property,
    warnings: &mut Vec<Problem>,
) -> Option<PhoneNumber> {
    let number = contact::phone(text, property.country.as_deref());
    if number.is_none() {
        let hint = match property.country {
            Some(_) => "write the number with its country code, such as +351",
            None => "write the number with its country code, such as +351, or set `country` in [property]",
        };
        let message = "this cannot be a telephone number; it is left out";
        warnings.push(row.problem(Field::Phone, ProblemCode::BadPhone, message, hint));
    }
    number
}

pub(super) fn wished_code<C: Cells>(row: &Row<'_, C>, warnings: &mut Vec<Problem>) -> Option<WishedCode> {
    let text = row.value(Field::Code);
    if text.is_empty() {
        return None;
    }
    let code = WishedCode::new(text);
    if code.is_none() {
        let message = "the wished PIN is not 4 to 9 digits and is left out";
        warnings.push(row.problem(
            Field::Code,
            ProblemCode::BadCode,
            message,
            "write 4 to 9 digits; export the column as text so that leading zeros stay",
        ));
    }
    code
}

/// The units of a cell, without those that are not decided yet.
pub(super) fn assigned<'t>(cell: &'t str, forms: &CellForms) -> impl Iterator<Item = &'t str> {
    let ends_at = forms.unit_ends_at.as_deref();
    pieces(cell, &forms.unit_separators)
        .into_iter()
        .flat_map(|piece| piece.split([';', '\n']))
        .map(move |unit| ends_at.and_then(|end| unit.split_once(end)).map_or(unit, |(unit, _)| unit))
        .map(trimmed)
        .filter(|unit| !unit.is_empty() && !UNASSIGNED.iter().any(|word| unit.eq_ignore_ascii_case(word)))
}

/// Whole numbers from here on are not told apart by whoever wrote them with a fraction.
const FIRST_ROUNDED: u64 = 1 << 53;

/// `5134582030.0`: an id that some program took for a number, without the fraction that it never had.
pub(super) fn without_fraction(id: &str) -> &str {
    match id.split_once('.') {
        Some((digits, zeros))
            if !zeros.is_empty()
                && zeros.bytes().all(|byte| byte == b'0')
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u64>().is_ok_and(|number| number < FIRST_ROUNDED) =>
        {
            digits
        }
        _ => id,
    }
}

/// `1.23E+10`: what a spreadsheet makes of a long number; which one it was nobody knows.
pub(super) fn is_rounded_number(key: &str) -> bool {
    key.split_once("E+").or_else(|| key.split_once("e+")).is_some_and(|(digits, exponent)| {
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        all_digits(exponent) && all_digits(&digits.replacen(['.', ','], "", 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_of_a_cell_are_separated_and_end_as_the_export_writes_them() {
        let check = |cell, forms: &CellForms, expected: &[&str]| {
            assert_eq!(assigned(cell, forms).collect::<Vec<_>>(), expected, "{cell}");
        };
        let forms = CellForms {
            unit_separators: vec![",".to_owned()],
            unit_ends_at: Some(" (".to_owned()),
            ..CellForms::default()
        };
        check("104 (STK), 103 (STK)", &forms, &["104", "103"]);
        check("COT(1), COT(2);TBA", &forms, &["COT(1)", "COT(2)"]);
        check("104, 103; 102", &CellForms::default(), &["104, 103", "102"]);
    }

    #[test]
    fn an_id_that_was_taken_for_a_number_is_its_digits_again() {
        let check = |id, expected| assert_eq!(without_fraction(id), expected, "{id}");
        check("5134582030.0", "5134582030");
        check("101.00", "101");
        check("0101.0", "0101");
        // Beyond what a number tells apart, and what was no number, stay as they are.
        check("9007199254740993.0", "9007199254740993.0");
        check("1.5", "1.5");
        check("A1.0", "A1.0");
        check("101.", "101.");
        check(".0", ".0");
    }

    #[test]
    fn a_rounded_number_is_known_whatever_the_case() {
        for (key, expected) in
            [("1.23E+10", true), ("1,23e+10", true), ("1E+10", true), ("5E10", false), ("E+1", false)]
        {
            assert_eq!(is_rounded_number(key), expected, "{key}");
        }
    }
}
