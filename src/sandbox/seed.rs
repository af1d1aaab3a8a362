//! The workspace that a sandbox starts with, as a document that people write by hand.
//!
//! Unlike a call, a seed may hold grants that have ended: what is in the past is in the past.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::faults::FaultPlan;
use super::limits::Limits;
use super::record::Mode;
use super::switches::Switches;

/// A workspace to start with. Ids that are left out follow from the names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    pub(crate) workspace: SeedWorkspace,
    pub(crate) acs_systems: Vec<SeedSystem>,
    pub(crate) entrances: Vec<SeedEntrance>,
    pub(crate) devices: Vec<SeedDevice>,
    pub(crate) spaces: Vec<SeedSpace>,
    pub(crate) user_identities: Vec<SeedIdentity>,
    pub(crate) access_grants: Vec<SeedGrant>,
    /// How the sandbox behaves where Seam documents nothing.
    pub switches: Option<Switches>,
    /// How much it admits.
    pub limits: Option<Limits>,
    /// The trouble it makes.
    pub faults: Option<FaultPlan>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SeedWorkspace {
    pub(crate) workspace_id: Option<Uuid>,
    pub(crate) name: Option<String>,
    pub(crate) is_sandbox: Option<bool>,
    pub(crate) is_suspended: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedSystem {
    pub(crate) acs_system_id: Option<Uuid>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) external_type: Option<String>,
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedEntrance {
    pub(crate) acs_entrance_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) acs_system_id: Option<Uuid>,
    #[serde(alias = "display_name")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) can_unlock_with_code: Option<bool>,
    #[serde(default)]
    pub(crate) can_unlock_with_card: Option<bool>,
    #[serde(default)]
    pub(crate) can_unlock_with_mobile_key: Option<bool>,
    #[serde(default)]
    pub(crate) can_unlock_with_cloud_key: Option<bool>,
    #[serde(default)]
    pub(crate) can_belong_to_reservation: Option<bool>,
    #[serde(default)]
    pub(crate) reservation_key_required: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedDevice {
    pub(crate) device_id: Option<Uuid>,
    #[serde(alias = "display_name")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) device_type: Option<String>,
    #[serde(default)]
    pub(crate) online: Option<bool>,
    #[serde(default)]
    pub(crate) can_program_online_access_codes: Option<bool>,
    #[serde(default)]
    pub(crate) can_program_offline_access_codes: Option<bool>,
    #[serde(default)]
    pub(crate) can_unlock_with_code: Option<bool>,
    #[serde(default)]
    pub(crate) can_remotely_unlock: Option<bool>,
    #[serde(default)]
    pub(crate) supported_code_lengths: Option<Vec<u8>>,
    #[serde(default)]
    pub(crate) max_active_codes_supported: Option<u32>,
    #[serde(default)]
    pub(crate) time_zone: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedSpace {
    pub(crate) space_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) space_key: Option<String>,
    #[serde(alias = "display_name")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) customer_key: Option<String>,
    #[serde(default)]
    pub(crate) customer_data: Option<Value>,
    #[serde(default)]
    pub(crate) acs_entrance_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) device_ids: Vec<Uuid>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedIdentity {
    pub(crate) user_identity_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) user_identity_key: Option<String>,
    #[serde(default)]
    pub(crate) full_name: Option<String>,
    #[serde(default)]
    pub(crate) email_address: Option<String>,
    #[serde(default)]
    pub(crate) phone_number: Option<String>,
    #[serde(default)]
    pub(crate) merged_user_identity_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) merged_user_identity_keys: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedGrant {
    pub(crate) access_grant_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) access_grant_key: Option<String>,
    #[serde(default)]
    pub(crate) reservation_key: Option<String>,
    #[serde(default)]
    pub(crate) user_identity_id: Option<Uuid>,
    #[serde(default)]
    pub(crate) user_identity_key: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) space_keys: Vec<String>,
    #[serde(default)]
    pub(crate) space_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) device_ids: Vec<Uuid>,
    #[serde(default)]
    pub(crate) acs_entrance_ids: Vec<Uuid>,
    pub(crate) starts_at: Timestamp,
    #[serde(default)]
    pub(crate) ends_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) requested_access_methods: Vec<SeedMethod>,
    #[serde(default)]
    pub(crate) is_managed: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedMethod {
    pub(crate) mode: Mode,
    #[serde(default)]
    pub(crate) code: Option<String>,
}
