//! What earlier runs recorded and a plan may ask about. Seam is the truth; the ledger only remembers.

use std::collections::BTreeMap;

use super::name::AccessGrantKey;
use super::reservation::Fingerprint;

/// What the store remembers about this workspace and namespace.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The fingerprint of the last source that was carried out.
    pub last_source: Option<Fingerprint>,
    /// For each grant that was carried out, a hash of what was wanted then.
    pub desired: BTreeMap<AccessGrantKey, Fingerprint>,
}

impl Ledger {
    /// Whether the last run read the very same bytes.
    pub fn saw(&self, fingerprint: &Fingerprint) -> bool {
        self.last_source.as_ref() == Some(fingerprint)
    }
}
