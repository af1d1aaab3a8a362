//! Tombstones: since when, and in how many reads, a stay that has a grant was missing (RULES 21).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reservation::Fingerprint;

/// How long the stay of a grant has been missing from the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// When it was first found missing.
    pub since: Timestamp,
    /// In how many complete reads in a row, the first included.
    pub n_reads: u32,
    /// The bytes of the last read that was counted, which are no second proof; `None` for a source whose every read
    /// counts.
    pub last_read: Option<Fingerprint>,
}
