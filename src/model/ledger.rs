//! What earlier runs recorded and a plan may ask about. Seam is the truth; the ledger only remembers.

use std::collections::{BTreeMap, BTreeSet};

use super::name::AccessGrantKey;
use super::pin::Pin;
use super::reservation::Fingerprint;

/// A grant that takes the place of another, the new one first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// The one that goes.
    pub old: AccessGrantKey,
    /// The one that comes before.
    pub new: AccessGrantKey,
}

/// What the store remembers about this workspace and namespace.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The fingerprint of the last source that was carried out.
    pub last_source: Option<Fingerprint>,
    /// The rows of the sources that were carried out lately, newest first.
    pub recent_rows: Vec<u64>,
    /// For each grant that was carried out, a hash of what was wanted then.
    pub desired: BTreeMap<AccessGrantKey, Fingerprint>,
    /// Moves that were begun and of which nobody knows that they ended.
    pub unfinished_moves: BTreeSet<Move>,
    /// Reservations that are kept as they were.
    pub pins: Vec<Pin>,
}

impl Ledger {
    /// The unfinished moves of which both grants still stand: one of each is too many, unless rows want both.
    pub fn broken_moves(&self, live: &BTreeSet<&AccessGrantKey>) -> BTreeSet<Move> {
        let both_stand = |one: &&Move| live.contains(&one.old) && live.contains(&one.new);
        self.unfinished_moves.iter().filter(both_stand).cloned().collect()
    }

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

    #[test]
    fn a_move_is_broken_only_while_both_grants_stand() {
        let one = Move { old: "pms::R1:G:a".into(), new: "pms::R1:G:b".into() };
        let ledger = Ledger { unfinished_moves: [one.clone()].into(), ..Ledger::default() };
        let broken = |live: &[&AccessGrantKey]| ledger.broken_moves(&live.iter().copied().collect());
        assert_eq!(broken(&[&one.old, &one.new]), [one.clone()].into());
        assert_eq!(broken(&[&one.old]), BTreeSet::new());
        assert_eq!(broken(&[&one.new]), BTreeSet::new());
    }
}
