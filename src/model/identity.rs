//! User identities: the people Seam knows.

use ecow::EcoString;

use super::name::{EmailAddress, PhoneNumber, UserIdentityKey};
use super::seam_id::UserIdentityId;
use super::shared_set::SharedSet;

/// A person in Seam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Seam's id.
    pub id: UserIdentityId,
    /// The key its owner gave.
    pub key: Option<UserIdentityKey>,
    /// The full name.
    pub full_name: Option<EcoString>,
    /// The e-mail address; no other identity of the workspace has it.
    pub email: Option<EmailAddress>,
    /// The telephone number; no other identity of the workspace has it.
    pub phone: Option<PhoneNumber>,
    /// Keys of identities that were merged into this one; they still lead here.
    pub merged_keys: SharedSet<UserIdentityKey>,
}
