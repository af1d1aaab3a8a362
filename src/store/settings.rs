//! What the configuration tells the store.

use std::time::Duration;

use jiff::SignedDuration;

use super::address::StoreAddress;

/// Where the record is kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The file or server.
    pub address: StoreAddress,
    /// How long a lease holds without a sign of life from another host.
    pub lease: Duration,
    /// How long runs stay on record; `None` keeps them all.
    pub keep_runs: Option<SignedDuration>,
}
