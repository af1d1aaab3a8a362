//! What earlier runs recorded and a plan may ask about. Seam is the truth; the ledger only remembers.

use std::collections::{BTreeMap, BTreeSet};

use super::name::AccessGrantKey;
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
    /// For each grant that was carried out, a hash of what was wanted then.
    pub desired: BTreeMap<AccessGrantKey, Fingerprint>,
    /// Moves that were begun and of which nobody knows that they ended.
    pub unfinished_moves: BTreeSet<Move>,
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
