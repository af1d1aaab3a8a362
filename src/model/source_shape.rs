//! What a source looked like, so that the next one can be held against it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::problem::Column;
use super::reservation::SourceRead;
use super::stay::{Place, Standing, Stay};

/// How many rows each property has, and how many rows have something in the columns that matter.
///
/// Rejected rows count in neither, because they have a limit of their own, and nor do rows of stays that are over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceShape {
    /// Rows by property; one without a name where the source has one.
    pub rows: BTreeMap<String, u64>,
    /// The same with the rows of stays that are over: a guest who left makes no source smaller. Blank where an earlier
    /// version recorded it.
    pub with_past: BTreeMap<String, u64>,
    /// Filled cells by column.
    pub filled: BTreeMap<String, u64>,
    /// Which of those columns the source has; `None` where an earlier version recorded it.
    pub present: Option<BTreeSet<String>>,
    /// Rows with a blank status; `None` where an earlier version recorded it.
    pub blank_statuses: Option<u64>,
}

/// A column that must not suddenly be empty, and whether a row has something in it.
type Measured = (Column, fn(&Stay) -> bool);

/// Without a unit no stay gets a door; without a guest key or a name a guest becomes another; without a status nothing
/// is opened or closed. A row without dates is rejected, and counted there.
const COLUMNS: [Measured; 4] = [
    ("unit", |stay| stay.place != Place::Unassigned),
    ("guest_key", |stay| stay.guest.key.is_some()),
    ("full_name", |stay| !stay.guest.full_name.is_empty()),
    ("status", |stay| stay.standing != Standing::Unclear),
];

impl SourceShape {
    /// Measures a source.
    pub fn of(source: &SourceRead, now: Timestamp) -> Self {
        let SourceRead { reservations, columns, counts, .. } = source;
        let present = Some(columns.iter().map(|column| (*column).to_owned()).collect());
        let mut shape = Self { present, blank_statuses: Some(counts.blank_statuses), ..Self::default() };
        let mut n_filled = [0; COLUMNS.len()];
        for reservation in reservations {
            let property = reservation.id.property.to_string();
            *shape.with_past.entry(property).or_default() += reservation.stays.len() as u64;
            let mut n_rows = 0;
            for stay in reservation.stays.iter().filter(|stay| !stay.is_over(now)) {
                n_rows += 1;
                for (count, (_, is_filled)) in n_filled.iter_mut().zip(COLUMNS) {
                    *count += u64::from(is_filled(stay));
                }
            }
            if n_rows > 0 {
                *shape.rows.entry(reservation.id.property.to_string()).or_default() += n_rows;
            }
        }
        for (count, (column, _)) in n_filled.into_iter().zip(COLUMNS) {
            // A word that nobody knows fills its cell; it is judged as such.
            let count = if column == "status" { count + counts.unknown_statuses } else { count };
            shape.filled.insert(column.to_owned(), count);
        }
        shape
    }

    /// Whether it is known to lack a column.
    pub fn lacks(&self, column: Column) -> bool {
        self.present.as_ref().is_some_and(|present| !present.contains(column))
    }

    /// Whether it is known to have a column.
    pub fn has(&self, column: Column) -> bool {
        self.present.as_ref().is_some_and(|present| present.contains(column))
    }

    /// All its rows.
    pub fn n_rows(&self) -> u64 {
        self.rows.values().sum()
    }

    /// The columns that are looked at.
    pub fn columns() -> impl Iterator<Item = Column> {
        COLUMNS.into_iter().map(|(column, _)| column)
    }
}
