//! Rows of totals and notes: what has no dates and stands at the end is no booking that lacks them.

use super::columns::Columns;
use super::dates::parse_when;
use super::field::Field;
use super::months::{is_weekday, month_named};
use super::record::{Cells, OwnedRecord};
use super::row::trimmed;
use super::settings::DateOrder;
use crate::model::{Problem, ProblemCode, SourcePlace};

/// A row without dates: a total or a note if it stands at the end, otherwise a booking without dates.
pub(super) struct Footer {
    pub(super) record: OwnedRecord,
    pub(super) place: SourcePlace,
}

/// What rows of totals and notes begin with, in lower case.
const FOOTER_WORDS: [&str; 19] = [
    "total",
    "grand total",
    "subtotal",
    "sub-total",
    "sub total",
    "sous-total",
    "zwischensumme",
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
    "rms_",
];

/// Whether a row without dates looks like a total or a note, rather than like a booking that lacks them.
pub(super) fn looks_like_a_footer<C: Cells>(record: &C, columns: &Columns) -> bool {
    let cell = |field| columns.position(field).and_then(|position| record.text(position)).map_or("", trimmed);
    if lone_day(record).is_some() {
        return true;
    }
    if [Field::CheckIn, Field::CheckOut, Field::LastNight].into_iter().any(|field| !cell(field).is_empty())
        || tells_of_a_stay(record, columns)
    {
        return false;
    }
    let key = cell(Field::ReservationKey).to_lowercase();
    let is_ragged = record.n_cells() != columns.n_columns();
    key.is_empty()
        || is_footer_word(&key)
        || (is_ragged && key.contains(char::is_whitespace))
        || is_a_note(record, columns, Dates::OfDigits)
}

/// How the bookings of a source write their dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Dates {
    /// `2026-12-05`.
    #[default]
    OfDigits,
    /// `5 Dec 2026`, or with the weekday.
    WithNames,
}

impl Dates {
    /// How the arrival of a booking is written.
    pub(super) fn of<C: Cells>(record: &C, columns: &Columns) -> Self {
        let arrival = columns.position(Field::CheckIn).and_then(|position| record.text(position));
        let n_letters = arrival.unwrap_or("").chars().filter(|c| c.is_alphabetic()).take(3).count();
        // `T`, `Z`, `AM` and `PM` are no names.
        if n_letters > 2 { Self::WithNames } else { Self::OfDigits }
    }
}

/// The one filled cell of a row, where it names a day: `Saturday, 5 December`.
fn lone_day<C: Cells>(record: &C) -> Option<(usize, &str)> {
    let mut filled = (0..record.n_cells())
        .filter_map(|position| Some((position, trimmed(record.text(position)?))))
        .filter(|(_, text)| !text.is_empty());
    let (position, text) = filled.next()?;
    let is_text = record.typed(position).is_none() && filled.next().is_none();
    (is_text && names_a_day(text)).then_some((position, text))
}

/// Whether a row that names a day may be what is left of a booking: where dates are, it has a date as bookings write it.
pub(super) fn may_be_a_booking<C: Cells>(record: &C, columns: &Columns, dates: Dates) -> bool {
    const DATES: [Field; 3] = [Field::CheckIn, Field::CheckOut, Field::LastNight];
    lone_day(record).is_some_and(|(position, text)| {
        dates == Dates::WithNames
            && DATES.iter().any(|field| columns.position(*field) == Some(position))
            && parse_when(text, DateOrder::YearMonthDay).is_some()
    })
}

/// What stands beside a day in its heading.
const BESIDE_A_DAY: [&str; 16] = [
    "of",
    "the",
    "on",
    "week",
    "arrival",
    "arrivals",
    "de",
    "del",
    "le",
    "arrivées",
    "llegadas",
    "arrivi",
    "den",
    "der",
    "anreise",
    "anreisen",
];

/// Whether a text names a weekday or a month, and nothing but a day.
fn names_a_day(text: &str) -> bool {
    let is_number = |word: &str| {
        let digits = word.trim_end_matches(char::is_alphabetic);
        (1..=4).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(&word[digits.len()..], "" | "st" | "nd" | "rd" | "th" | "er" | "º")
    };
    let is_name = |word: &str| is_weekday(word) || month_named(word).is_some();
    let lower = text.to_lowercase();
    // `sexta-feira` is one word.
    let mut words = lower.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|word| !word.is_empty());
    let mut is_named = false;
    let are_of_a_day = words.all(|word| {
        is_named |= is_name(word);
        is_name(word) || is_number(word) || BESIDE_A_DAY.contains(&word)
    });
    is_named && are_of_a_day
}

/// Whether a row without dates is a heading, the name of a month or a subtotal, also where bookings come after it: it has
/// one filled cell that is no key, or begins with the name of a month or a word for totals.
pub(super) fn is_a_note<C: Cells>(record: &C, columns: &Columns, dates: Dates) -> bool {
    if lone_day(record).is_some() {
        return !may_be_a_booking(record, columns, dates);
    }
    let texts = || (0..record.n_cells()).filter_map(|position| record.text(position)).map(trimmed);
    let mut filled = texts().filter(|text| !text.is_empty());
    let Some(first) = filled.next() else { return false };
    if tells_of_a_stay(record, columns) {
        return false;
    }
    let is_alone = filled.next().is_none();
    let key = columns.position(Field::ReservationKey).and_then(|position| record.text(position));
    let key = key.map_or("", trimmed);
    let has_digits = first.contains(|c: char| c.is_ascii_digit());
    let is_heading = is_alone && (first.contains(char::is_whitespace) || (!has_digits && first != key));
    let mut words = first.split_whitespace();
    let is_month = words.next().and_then(month_named).is_some()
        && words.all(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()));
    let has_a_key = !key.is_empty() && key != first;
    is_heading || (!has_a_key && (is_month || is_footer_word(&first.to_lowercase())))
}

/// Fields that say whose stay a row is, or where.
const OF_A_STAY: [Field; 9] = [
    Field::Unit,
    Field::SpaceKey,
    Field::Status,
    Field::GuestKey,
    Field::FullName,
    Field::FirstName,
    Field::LastName,
    Field::Email,
    Field::Phone,
];

/// Whether a row without dates is a booking that lost them: it names a guest, a unit or a status beside its first cell; or
/// its cells were not divided, and stand in one.
fn tells_of_a_stay<C: Cells>(record: &C, columns: &Columns) -> bool {
    let mut filled = (0..record.n_cells())
        .filter_map(|position| Some((position, trimmed(record.text(position)?))))
        .filter(|(_, text)| !text.is_empty());
    let Some((first, text)) = filled.next() else { return false };
    let n_digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_undivided = text.contains([',', ';', '\t', '|']) && n_digits >= LEAST_DIGITS;
    let has_words = |field| {
        let position = columns.position(field).filter(|position| *position != first);
        let cell = position.and_then(|position| record.text(position));
        cell.is_some_and(|cell| cell.contains(char::is_alphabetic))
    };
    is_undivided || OF_A_STAY.into_iter().any(has_words)
}

/// So many digits the date of an undivided row has at least.
const LEAST_DIGITS: usize = 4;

/// Whether a text begins with a word for totals: with the whole word, for `Summer22` may be the number of a booking.
fn is_footer_word(text: &str) -> bool {
    let ends = |rest: &str| rest.chars().next().is_none_or(|c| !(c.is_alphanumeric() || c == '-'));
    FOOTER_WORDS.iter().any(|word| {
        let rest = text.strip_prefix(word);
        rest.is_some_and(|rest| ends(rest) || !word.ends_with(char::is_alphanumeric))
    })
}

/// Whether a row is the header once more, as at the top of each printed page.
pub(super) fn repeats_the_header<C: Cells>(record: &C, columns: &Columns) -> bool {
    let header = columns.header();
    let is_there = |field: Field| {
        let position = columns.position(field)?;
        Some(record.text(position).map(trimmed) == header.get(position).map(String::as_str))
    };
    // The dates tell it for almost every row.
    is_there(Field::CheckIn).or_else(|| is_there(Field::CheckOut)) == Some(true)
        && header.iter().enumerate().all(|(position, text)| record.text(position).map(trimmed) == Some(text))
}

/// Rows between bookings that are none.
#[derive(Debug, Default)]
pub(super) struct Notes {
    n_rows: usize,
    first: Option<SourcePlace>,
}

impl Notes {
    /// Notes a row.
    pub(super) fn add(&mut self, place: &SourcePlace) {
        self.n_rows += 1;
        self.first.get_or_insert_with(|| place.clone());
    }

    /// Says that there are some.
    pub(super) fn notice(&self) -> Option<Problem> {
        let message = match self.n_rows {
            1 => "this row between bookings is taken for a heading or a subtotal".to_owned(),
            n_rows => format!(
                "{n_rows} rows between bookings are taken for headings or subtotals; this is the first"
            ),
        };
        Some(Problem {
            source: self.first.clone()?,
            column: "",
            code: ProblemCode::Notice,
            message,
            hint: "give every booking its key, arrival and departure".to_owned(),
        })
    }
}

/// Says which rows at the end were taken for no bookings.
pub(super) fn notice(footers: &[Footer]) -> Option<Problem> {
    let Footer { place, .. } = footers.first()?;
    let message = match footers.len() {
        1 => "this row without dates is taken for totals or notes".to_owned(),
        n_rows => format!("from here, {n_rows} rows without dates are taken for totals or notes"),
    };
    Some(Problem {
        source: place.clone(),
        column: "",
        code: ProblemCode::Notice,
        message,
        hint: "give every booking its key, arrival and departure".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coverage, SourceRead};
    use crate::source::settings::ColumnMap;
    use crate::source::testing::{read_bytes, settings};

    fn read(rows: &str) -> SourceRead {
        let header = "reservation_key,unit,check_in,check_out,full_name";
        read_bytes(format!("{header}\n{rows}").as_bytes(), &settings()).expect("the header is right")
    }

    #[test]
    fn headings_months_and_subtotals_between_bookings_are_notes() {
        for note in [
            "December 2026,,,,",
            ",Dezember 2026,,,",
            "Room 101,,,,",
            ",Deluxe Double,,,",
            "Sub-total,3,,,",
            "Subtotal,3,,,12",
            "Total: 3,,,,450.00",
            ",,,,Total 3 bookings",
            "reservation_key,unit,check_in,check_out,full_name",
        ] {
            let read = read(&format!(
                "R1,101,2026-05-03,2026-05-05,Ana\n{note}\nR2,102,2026-05-03,2026-05-05,Rui\n{note}\n\
                 R3,103,2026-05-03,2026-05-05,Inês\n"
            ));
            assert_eq!((&read.rejects[..], read.reservations.len()), (&[][..], 3), "{note}");
            assert_eq!(read.coverage, Coverage::Complete, "{note}");
            let [notice] = &read.warnings[..] else { panic!("{note}: {:?}", read.warnings) };
            assert!(notice.source.row == 3 && notice.message.starts_with("2 rows"), "{note}: {notice}");
        }
    }

    #[test]
    fn heading_of_a_day_is_a_note_in_whatever_column_it_stands() {
        for heading in [
            "Saturday",
            "Saturday 5 December",
            "Saturday, 5 December 2026",
            "Sat 05 Dec 2026",
            "5 December 2026",
            "Dec 5th, 2026",
            "Samstag, den 5. Dezember 2026",
            "sábado, 5 de dezembro de 2026",
            "samedi 1er août",
            "Arrivals of Saturday 5 December",
        ] {
            for position in 0..5 {
                let mut cells = ["\"\""; 5].map(str::to_owned);
                cells[position] = format!("\"{heading}\"");
                let row = cells.join(",");
                let read = read(&format!(
                    "{row}\nR1,101,2026-05-03,2026-05-05,Ana\n{row}\nR2,102,2026-05-03T15:00,2026-05-05,Rui\n{row}\n"
                ));
                assert_eq!((&read.rejects[..], read.reservations.len()), (&[][..], 2), "{row}");
                assert_eq!(read.coverage, Coverage::Complete, "{row}");
            }
        }
    }

    #[test]
    fn booking_that_has_only_its_arrival_left_is_no_heading() {
        let read_with_names = |row: &str| {
            read(&format!(
                "R1,101,3 May 2026,5 May 2026,Ana\n{row}\nR2,102,3 May 2026,5 May 2026,Rui\n{row}\n"
            ))
        };
        for row in [",,4 May 2026,,", ",,\"Mon, 4 May 2026\",,", ",,2026-05-04,,", ",,,6 May 2026,"] {
            let read = read_with_names(row);
            assert_eq!((read.rejects.len(), read.coverage), (2, Coverage::Partial), "{row}");
        }
        // Without its year it is no date of these bookings, nor in another column.
        for row in [",,Monday 4 May,,", "4 May 2026,,,,"] {
            let read = read_with_names(row);
            assert_eq!((&read.rejects[..], read.coverage), (&[][..], Coverage::Complete), "{row}");
        }
        // A name, a unit or a word beside it is a booking.
        for row in [
            ",101,Monday 4 May,,",
            ",,4 May 2026,,Ana",
            "R9,,Monday 4 May,,",
            ",,Monday 4 May later,,",
            ",,soon,,",
            ",,2026-05-04,,",
        ] {
            let read =
                read(&format!("R1,101,2026-05-03,2026-05-05,Ana\n{row}\nR2,102,2026-05-03,2026-05-05,Rui\n"));
            assert_eq!(read.rejects.len(), 1, "{row}");
        }
    }

    #[test]
    fn booking_without_dates_between_bookings_is_rejected() {
        for row in [
            "R9,101,,,",
            "R9,,,,",
            "R9,101,,,Ana",
            ",101,,,Ana",
            "May-7,101,,,May",
            ",7,,,",
            "HMABCDEF,,,,",
            "SUM-1,102,,,Rui",
            "Report7,102,,,",
            "Summer22,,,,",
            "Total,102,,,Rui Costa",
            "\"HMABCDEF,102,2026-12-05,2026-12-09,Rui Costa\"",
            "HMABCDEF;102;2026-12-05;2026-12-09;Rui Costa",
            "HMABCDEF\t102\t2026-12-05\t2026-12-09\tRui Costa",
        ] {
            let read = read(&format!("{row}\nR2,102,2026-05-03,2026-05-05,Rui\n"));
            assert_eq!((read.rejects.len(), read.warnings.len()), (1, 0), "{row}");
        }
    }

    #[test]
    fn booking_without_dates_or_key_at_the_end_makes_the_read_partial() {
        for row in
            [",104,,,Zed", "\"HMABCDEF,102,2026-12-05,2026-12-09,Rui Costa\"", "R9;102;2026-12-05;;Rui Costa"]
        {
            let read = read(&format!("R2,102,2026-05-03,2026-05-05,Rui\n{row}\n"));
            assert_eq!((read.rejects.len(), read.coverage), (1, Coverage::Partial), "{row}");
        }
    }

    #[test]
    fn what_has_a_date_or_a_key_of_its_own_is_a_booking() {
        let header = ["reservation_key", "unit", "check_in", "check_out"];
        let columns = Columns::find(header.into_iter(), &ColumnMap::default()).expect("all there");
        let check = |cells: &[&str], expected| {
            let record = ::csv::StringRecord::from(cells.to_vec());
            assert_eq!(looks_like_a_footer(&record, &columns), expected, "{cells:?}");
        };
        check(&["", "", "", ""], true);
        check(&["Grand Total: 12", "", "", ""], true);
        check(&["12 bookings in all"], true);
        check(&["R1", "101", "", ""], false);
        check(&["R1", "101"], false);
        check(&["Total", "", "2026-05-01", ""], false);
        check(&["", "", "", "2026-05-01"], false);
    }
}
