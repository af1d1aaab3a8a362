//! What a source looked like, so that the next one can be held against it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reservation::Reservation;
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
}

/// A column that must not suddenly be empty, and whether a row has something in it.
type Column = (&'static str, fn(&Stay) -> bool);

/// Without a unit no stay gets a door; without a guest key or a name a guest becomes another; without a status nothing
/// is opened or closed. A row without dates is rejected, and counted there.
const COLUMNS: [Column; 4] = [
    ("unit", |stay| stay.place != Place::Unassigned),
    ("guest_key", |stay| stay.guest.key.is_some()),
    ("full_name", |stay| !stay.guest.full_name.is_empty()),
    ("status", |stay| stay.standing != Standing::Unclear),
];

impl SourceShape {
    /// Measures a source.
    pub fn of(reservations: &[Reservation]) -> Self {
        let mut shape = Self::default();
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

    /// All its rows.
    pub fn n_rows(&self) -> u64 {
        self.rows.values().sum()
    }

    /// The columns that are looked at.
    pub fn columns() -> impl Iterator<Item = &'static str> {
        COLUMNS.into_iter().map(|(column, _)| column)
    }
}
