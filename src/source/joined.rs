//! A field that is joined of several columns: one text, which for a key no other parts give.

use std::fmt::Write;

use super::cells::without_fraction;
use super::field::Field;
use super::forms::CellForms;
use super::row::{trimmed, unwrapped};
use crate::model::{Problem, ProblemCode, SourcePlace};

/// Fields that are blank where one of the columns of which they are joined is.
const WHOLE: [Field; 9] = [
    Field::ReservationKey,
    Field::StayId,
    Field::GuestKey,
    Field::ShareKey,
    Field::Unit,
    Field::SpaceKey,
    Field::CheckIn,
    Field::CheckOut,
    Field::LastNight,
];

/// Fields that tell strangers apart: what is joined for one of them must not be equal for other parts.
const KEYS: [Field; 4] = [Field::ReservationKey, Field::StayId, Field::GuestKey, Field::ShareKey];

/// Whether a field is a key.
pub fn is_key(field: Field) -> bool {
    KEYS.contains(&field)
}

/// The text of a field that is joined of several cells.
pub(super) fn joined<'c>(
    field: Field,
    cells: impl Iterator<Item = &'c str>,
    with: &str,
    forms: &CellForms,
) -> String {
    let needs_all = WHOLE.contains(&field);
    // A word for nothing in a key would be that of strangers, as half a key would be; and half a unit or date is none.
    let part = |cell: &'c str| match unwrapped(trimmed(cell)) {
        text if needs_all && forms.is_nothing(text) => "",
        text if is_key(field) => without_fraction(text),
        text => text,
    };
    let parts: Vec<&str> = cells.map(part).collect();
    let is_blank = |part: &&str| part.is_empty();
    if parts.iter().all(is_blank) || (needs_all && parts.iter().any(is_blank)) {
        return String::new();
    }
    match (parts.split_last(), joint(with)) {
        (Some((last, others)), Some(joint)) if is_key(field) => {
            let others = others.iter().map(|part| escaped(part, joint));
            others.chain([(*last).to_owned()]).collect::<Vec<_>>().join(with)
        }
        _ => parts.join(with),
    }
}

/// Says what a key means that is joined of these headers; none are those of a key that is one column.
pub(super) fn key_notice(headers: &[&str], source: SourcePlace) -> Option<Problem> {
    let headers: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
    let headers = headers.split_last().map(|(last, others)| format!("{} and {last}", others.join(", ")))?;
    Some(Problem {
        source,
        column: Field::ReservationKey.as_str(),
        code: ProblemCode::Notice,
        message: format!(
            "the key of a reservation is joined of {headers}: rows in which all of them are equal are one reservation, \
             and a booking in which one of them changes is another one, beside which the old grant stays until it is \
             missing for long enough"
        ),
        hint: "name the column of the booking number as `reservation_key` in [columns], if the export can have one"
            .to_owned(),
    })
}

/// The character of a separator at which the parts of a joined key can be told apart; `None` where it has none.
pub fn joint(with: &str) -> Option<char> {
    let tells = |c: &char| c.is_ascii() && !c.is_ascii_alphanumeric() && *c != '%';
    with.chars().find(|c| tells(c) && !c.is_whitespace()).or_else(|| with.chars().find(tells))
}

/// A part of a key in which the joint, and what escapes it, stand as `%2F`: `H/1` and `2` is not `H` and `1/2`. The last
/// part ends where the key ends, and needs no such care.
fn escaped(part: &str, joint: char) -> String {
    part.chars().fold(String::with_capacity(part.len()), |mut escaped, c| {
        if c == joint || c == '%' {
            write!(escaped, "%{:02X}", u32::from(c)).expect("a string takes all text");
        } else {
            escaped.push(c);
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joined_key_is_equal_only_where_all_its_parts_are() {
        let text = |field: Field, with: &str, cells: [&str; 3]| {
            joined(field, cells.into_iter(), with, &CellForms::default())
        };
        for with in ["/", "-", " - ", "--", "a/a", ".", "_", " ", "|1"] {
            let texts = [
                "H", "H/", "/H", "-H", "H-", "%2F", "%", "%252F", "H/1", "1", "1/2", ". -", "a/", "_|1", "12",
            ];
            let parts = || texts.iter().flat_map(|one| texts.iter().map(move |two| (*one, *two)));
            for field in KEYS {
                let mut seen = std::collections::HashMap::new();
                for (one, two) in parts() {
                    for three in ["", "Ana", "/", "-", ". "] {
                        let cells = [one, two, three];
                        let joined = text(field, with, cells);
                        assert_eq!(
                            joined.is_empty(),
                            cells.iter().any(|cell| trimmed(cell).is_empty() || *cell == "-")
                        );
                        let trimmed = cells.map(trimmed);
                        if let Some(other) =
                            seen.insert(joined.clone(), trimmed).filter(|_| !joined.is_empty())
                        {
                            assert_eq!(other, trimmed, "{with:?}: {joined}");
                        }
                    }
                }
            }
        }
        // What needs no care is as it was, and what is no key stays as it is written.
        assert_eq!(
            text(Field::ReservationKey, "/", ["Villa Mar", "2026-12-05", "Ana"]),
            "Villa Mar/2026-12-05/Ana"
        );
        assert_eq!(text(Field::ReservationKey, "-", ["Villa", "2", "2026-12-05"]), "Villa-2-2026-12-05");
        assert_eq!(text(Field::ReservationKey, "/", ["H/1", "2", "3/4"]), "H%2F1/2/3/4");
        assert_eq!(text(Field::Unit, "/", ["A/1", "2", "3"]), "A/1/2/3");
        // A number that some program gave a fraction is the same number, and a word for nothing is nothing.
        assert_eq!(text(Field::ReservationKey, "/", ["101.0", "=\"0102\"", "7"]), "101/0102/7");
        for nothing in ["NULL", "n/a", "-", " "] {
            assert_eq!(text(Field::ReservationKey, "/", ["H", nothing, "7"]), "", "{nothing}");
        }
    }
}
