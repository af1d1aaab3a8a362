//! Spaces: rooms and common areas, each a set of doors.

use super::name::{SpaceId, SpaceKey};

/// A space of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Seam's id.
    pub id: SpaceId,
    /// The key its owner gave; a space without one cannot be named by a configuration.
    pub key: Option<SpaceKey>,
    /// What people call it.
    pub name: String,
}
