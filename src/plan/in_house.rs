//! How many guests in house one plan may take something from (RULES 24).

/// The guests in house from whom a plan would take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InHouse {
    /// How many would lose something, those included that are held for it.
    pub n_noticing: u64,
    /// How many may.
    pub limit: u64,
    /// How many guests are in house.
    pub n_stays: u64,
}
