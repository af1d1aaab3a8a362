//! User identities. `Debug` is left out on purpose: these hold people.

use ecow::EcoString;
use serde::Deserialize;
use uuid::Uuid;

use super::lenient::{lenient, lenient_list, workspace};
use super::page::{Good, Listed};
use crate::model::{EmailAddress, Identity, PhoneNumber, UserIdentityId, UserIdentityKey};

/// The answer of `/user_identities/get` and `/user_identities/create`.
#[derive(Deserialize)]
pub(in crate::seam) struct IdentityAnswer {
    pub(in crate::seam) user_identity: WireIdentity,
    #[serde(default, rename = "ok")]
    _ok: Good,
}

/// An entry of `/user_identities/list`.
#[derive(Deserialize)]
pub(in crate::seam) struct WireIdentity {
    user_identity_id: UserIdentityId,
    #[serde(default, deserialize_with = "workspace")]
    workspace_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient")]
    user_identity_key: Option<UserIdentityKey>,
    #[serde(default, deserialize_with = "lenient")]
    full_name: Option<EcoString>,
    #[serde(default, deserialize_with = "lenient")]
    email_address: Option<EmailAddress>,
    #[serde(default, deserialize_with = "lenient")]
    phone_number: Option<PhoneNumber>,
    #[serde(default, deserialize_with = "lenient_list")]
    merged_user_identity_keys: Vec<UserIdentityKey>,
}

impl Listed for WireIdentity {
    fn workspace_id(&self) -> Option<Uuid> {
        self.workspace_id
    }
}

impl From<WireIdentity> for Identity {
    fn from(wire: WireIdentity) -> Self {
        let WireIdentity {
            user_identity_id,
            workspace_id: _,
            user_identity_key,
            full_name,
            email_address,
            phone_number,
            merged_user_identity_keys,
        } = wire;
        Self {
            id: user_identity_id,
            key: user_identity_key,
            full_name,
            email: email_address,
            phone: phone_number,
            merged_keys: merged_user_identity_keys.into_iter().collect(),
        }
    }
}
