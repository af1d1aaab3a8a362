//! What a source looked like, so that the next one can be held against it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::problem::Column;
use super::reservation::SourceRead;
use super::stay::{Place, Standing, Stay};

/// How many rows each property has, and how many rows have something in the columns that matter.
///
/// Rejected rows count in neither; they have a limit of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceShape {
    /// Rows by property; one without a name where the source has one.
    pub rows: BTreeMap<String, u64>,
    /// Filled cells by column.
    pub filled: BTreeMap<String, u64>,
    /// Which of those columns the source has; `None` where an earlier version recorded it.
    pub present: Option<BTreeSet<String>>,
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
    pub fn of(source: &SourceRead) -> Self {
        let SourceRead { reservations, columns, .. } = source;
        let present = Some(columns.iter().map(|column| (*column).to_owned()).collect());
        let mut shape = Self { present, ..Self::default() };
        for reservation in reservations {
            let n_rows = reservation.stays.len() as u64;
            *shape.rows.entry(reservation.id.property.to_string()).or_default() += n_rows;
        }
        let stays = || reservations.iter().flat_map(|reservation| &reservation.stays);
        for (column, is_filled) in COLUMNS {
            shape.filled.insert(column.to_owned(), stays().filter(|stay| is_filled(stay)).count() as u64);
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
