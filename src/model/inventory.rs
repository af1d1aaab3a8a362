//! What Seam holds, read whole before anything is decided.

use super::door::{Device, Entrance};
use super::grant::LiveGrant;
use super::identity::Identity;
use super::name::WorkspaceId;
use super::space::Space;

/// The workspace that the key belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Seam's id.
    pub id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// Whether doors are only pretended.
    pub is_sandbox: bool,
    /// Whether Seam has switched it off; then nothing can be written.
    pub is_suspended: bool,
}

/// One reading of a workspace. Every list is in the order Seam gave, without repetition.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// The workspace.
    pub workspace: Workspace,
    /// Its spaces.
    pub spaces: Vec<Space>,
    /// Its entrances.
    pub entrances: Vec<Entrance>,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Its people.
    pub identities: Vec<Identity>,
    /// Its grants, ours and others', live and ended.
    pub grants: Vec<LiveGrant>,
}
