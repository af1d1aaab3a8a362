//! Spaces: rooms and common areas, each a set of doors.

use super::name::SpaceKey;
use super::seam_id::SpaceId;

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

/// A space whose owner gave it no key is called by its id.
impl From<&SpaceId> for SpaceKey {
    fn from(id: &SpaceId) -> Self {
        Self::new(id.to_string())
    }
}
