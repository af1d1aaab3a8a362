//! Whether a column with an unknown header holds the booking number.

use super::status_words::words_of;
use crate::source::{ColumnValues, ValueKind};

/// So many rows show that a column tells them apart.
const LEAST_ROWS: u64 = 3;

/// A booking number has so many characters at least.
const LEAST_KEY: usize = 4;

/// Words of a header by which a column of distinct values is no number of a booking.
const NO_KEY: [&str; 12] = [
    "phone",
    "telephone",
    "telefon",
    "mobile",
    "tel",
    "passport",
    "price",
    "total",
    "amount",
    "invoice",
    "card",
    "iban",
];

/// Whether the values of a column go up by one from row to row, as a number of the row does.
fn counts_rows(column: &ColumnValues) -> bool {
    let mut numbers: Vec<u64> = column.values.keys().filter_map(|value| value.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.len() == column.values.len() && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

/// Whether each of so many rows has a code of its own in the column, which is neither a date, a contact nor a price.
pub(super) fn tells_rows_apart(column: &ColumnValues, n_rows: u64) -> bool {
    let is_code = |value: &String| {
        value.len() >= LEAST_KEY && value.bytes().any(|byte| byte.is_ascii_digit()) && !value.contains(' ')
    };
    let is_other = [ValueKind::Date, ValueKind::DateRange, ValueKind::Email, ValueKind::SmallNumber]
        .into_iter()
        .any(|kind| column.share(kind) > 0.0);
    let is_price = column.values.keys().any(|value| value.contains(['.', ',', '+', '€', '$', '£']));
    n_rows >= LEAST_ROWS
        && column.n_filled == n_rows
        && column.values.len() as u64 == n_rows
        && column.values.keys().all(is_code)
        && !is_other
        && !is_price
        && !counts_rows(column)
        && !words_of(&column.header).iter().any(|word| NO_KEY.contains(&word.as_str()))
}
