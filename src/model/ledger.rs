//! What earlier runs recorded and a plan may ask about. Seam is the truth; the ledger only remembers.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::name::AccessGrantKey;
use super::reservation::Fingerprint;

/// What the store remembers about this workspace and namespace.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The fingerprint of the last source that was carried out.
    pub last_source: Option<Fingerprint>,
    /// The rows of the sources that were carried out lately, newest first.
    pub recent_rows: Vec<u64>,
    /// For each grant that was carried out, a hash of what was wanted then.
    pub desired: BTreeMap<AccessGrantKey, Fingerprint>,
    /// For each live grant whose stay was missing from the last complete source, how long it has been.
    pub absences: BTreeMap<AccessGrantKey, Absence>,
}

/// How long a stay has been missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// When it was first missing.
    pub since: Timestamp,
    /// In how many complete runs, one after the other.
    pub n_runs: u32,
}

impl Ledger {
    /// Whether the last run read the very same bytes.
    pub fn saw(&self, fingerprint: &Fingerprint) -> bool {
        self.last_source.as_ref() == Some(fingerprint)
    }

    /// The median size of recent sources; `None` where there was none.
    pub fn usual_rows(&self) -> Option<u64> {
        let mut rows = self.recent_rows.clone();
        rows.sort_unstable();
        rows.get(rows.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_size_is_the_median_of_recent_sources() {
        let usual = |rows: &[u64]| Ledger { recent_rows: rows.to_vec(), ..Ledger::default() }.usual_rows();
        assert_eq!(usual(&[]), None);
        assert_eq!(usual(&[500]), Some(500));
        assert_eq!(usual(&[100, 500, 510, 490, 505]), Some(500));
    }
}
