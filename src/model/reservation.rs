//! Reservations, and what one read of a source gave.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::name::{PropertyCode, ReservationKey};
use super::problem::{Column, Problem};
use super::rejected::RejectedRows;
use super::stay::Stay;

/// A reservation is a property and a key (RULES 3).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReservationId {
    /// The property; empty where the source has one.
    pub property: PropertyCode,
    /// The source's key.
    pub key: ReservationKey,
}

impl fmt::Display for ReservationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { property, key } = self;
        if property.as_str().is_empty() {
            write!(formatter, "{key}")
        } else {
            write!(formatter, "{property}/{key}")
        }
    }
}

/// All rows of one reservation, in the order of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Which.
    pub id: ReservationId,
    /// Its rows that could be read.
    pub stays: Vec<Stay>,
    /// How many of its rows could not, or are not here: then what is missing from `stays` says nothing.
    pub n_rejected_rows: usize,
}

/// Whether a stay that is absent from the read is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// The source lists every stay of its range.
    Complete,
    /// Absence says nothing.
    Partial,
}

/// What kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Comma-separated values.
    Csv,
    /// A workbook.
    Excel,
    /// A query.
    Sql,
}

/// A hash of the bytes read, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

/// Rows that a report or a guard counts apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    /// Rows of stays that are over: they need nothing and count for no guard (RULES 9).
    pub past: u64,
    /// Rows of other stays with a status that the configuration does not know (RULES 11).
    pub unknown_statuses: u64,
    /// Rows of other stays with a blank status.
    pub blank_statuses: u64,
}

/// What one read of a source gave: what is good, and what is wrong with the rest.
#[derive(Debug, Clone)]
pub struct SourceRead {
    /// Which kind of source it was.
    pub kind: SourceKind,
    /// The file or query, as a person would name it; never with a password.
    pub location: String,
    /// Data rows, blank ones not counted.
    pub n_rows: u64,
    /// How many reservations there are; the number stays when they were mapped and let go.
    pub n_reservations: usize,
    /// The reservations, ordered by id.
    pub reservations: Vec<Reservation>,
    /// Rows that cannot be used.
    pub rejects: Vec<Problem>,
    /// Those rows as the source has them, where they are wanted.
    pub rejected_rows: RejectedRows,
    /// Which of the columns of [`SourceShape::columns`](super::SourceShape::columns) the source has, filled in or not.
    pub columns: BTreeSet<Column>,
    /// Statuses that the configuration does not know, and how many rows have them.
    pub unknown_statuses: BTreeMap<String, u64>,
    /// Rows that are counted apart.
    pub counts: RowCounts,
    /// Rows that can be used, but not wholly.
    pub warnings: Vec<Problem>,
    /// As configured, or partial where the file was cut or a rejected row has no readable key (RULES 21).
    pub coverage: Coverage,
    /// What was read, so that a run over the same bytes can be told.
    pub fingerprint: Fingerprint,
    /// When the file was last written; `None` with `max_age = "none"`, and for a query or a stream.
    pub written_at: Option<Timestamp>,
}

impl SourceRead {
    /// Rows of stays that are not over.
    pub fn n_current_rows(&self) -> u64 {
        self.n_rows.saturating_sub(self.counts.past)
    }

    /// Counts blank statuses like unknown ones where they are more than twice as many as before, or, where nothing is
    /// known of before, most rows have none (RULES 11): cells that were always blank are how this source is.
    pub fn count_blank_statuses(&mut self, before: Option<u64>) {
        let usual = before.map_or(self.n_current_rows() / 2, |before| before.saturating_mul(2));
        if self.counts.blank_statuses > usual {
            self.counts.unknown_statuses += self.counts.blank_statuses;
        }
    }
}
