//! What the workspace holds: plain records, as they are kept in memory and on disk.
//!
//! A record knows nothing of HTTP; `render` turns it into the objects of the API.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// A row of a [`Table`](super::table::Table).
pub(crate) trait Record {
    fn id(&self) -> Uuid;
}

macro_rules! record {
    ($($name:ident),+) => { $(impl Record for $name { fn id(&self) -> Uuid { self.id } })+ };
}
record!(Space, Device, Entrance, System, Identity, Grant, Method);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) is_sandbox: bool,
    pub(crate) is_suspended: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Space {
    pub(crate) id: Uuid,
    pub(crate) key: Option<String>,
    pub(crate) name: String,
    pub(crate) customer_key: Option<String>,
    pub(crate) customer_data: Option<Value>,
    pub(crate) device_ids: Vec<Uuid>,
    pub(crate) entrance_ids: Vec<Uuid>,
    pub(crate) created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The type in the words of the API, such as `yale_lock`.
    pub(crate) kind: String,
    pub(crate) is_online: bool,
    /// Capability flags by their name in the API.
    pub(crate) flags: BTreeMap<String, bool>,
    pub(crate) supported_code_lengths: Vec<u8>,
    pub(crate) max_active_codes_supported: Option<u32>,
    pub(crate) time_zone: Option<String>,
    pub(crate) created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entrance {
    pub(crate) id: Uuid,
    pub(crate) system_id: Uuid,
    pub(crate) name: String,
    pub(crate) flags: BTreeMap<String, bool>,
    /// The provider makes guest cards only with a reservation key.
    pub(crate) reservation_key_required: bool,
    pub(crate) created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct System {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) external_type: String,
    pub(crate) time_zone: Option<String>,
    pub(crate) created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) id: Uuid,
    pub(crate) key: Option<String>,
    pub(crate) full_name: Option<String>,
    pub(crate) email_address: Option<String>,
    pub(crate) phone_number: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) merged_ids: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) merged_keys: Vec<String>,
    pub(crate) created_at: Timestamp,
}

/// The time a grant is good for; without an end it is open-ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) id: Uuid,
    pub(crate) key: Option<String>,
    pub(crate) reservation_key: Option<String>,
    pub(crate) identity_id: Uuid,
    pub(crate) space_ids: Vec<Uuid>,
    /// Doors named one by one; those of the spaces are looked up when needed.
    pub(crate) device_ids: Vec<Uuid>,
    pub(crate) entrance_ids: Vec<Uuid>,
    /// The door set that the first grant of the reservation fixed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reservation_doors: Vec<Uuid>,
    pub(crate) requested: Vec<RequestedMethod>,
    pub(crate) name: Option<String>,
    pub(crate) customization_profile_id: Option<Uuid>,
    /// The devices before the doors were changed, until the methods have followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moving_from: Option<Vec<Uuid>>,
    pub(crate) window: Window,
    pub(crate) created_at: Timestamp,
    /// Set by a deletion that takes time: gone at this instant.
    pub(crate) gone_at: Option<Timestamp>,
    pub(crate) deleted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<Notice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Notice>,
    pub(crate) is_managed: bool,
}

impl Grant {
    pub(crate) fn method_ids(&self) -> impl Iterator<Item = Uuid> + '_ {
        self.requested.iter().flat_map(|requested| requested.method_ids.iter().copied())
    }

    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.window.ends_at.is_some_and(|ends_at| ends_at <= now)
    }

    pub(crate) fn is_being_deleted(&self) -> bool {
        self.gone_at.is_some()
    }
}

/// An error or warning as the API shows it: a code, and fields of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestedMethod {
    pub(crate) mode: Mode,
    pub(crate) code: Option<String>,
    pub(crate) instant_key_max_use_count: Option<u32>,
    pub(crate) created_at: Timestamp,
    pub(crate) method_ids: Vec<Uuid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    Code,
    Card,
    MobileKey,
    CloudKey,
}

impl Mode {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::Card, Self::MobileKey, Self::CloudKey];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Card => "card",
            Self::MobileKey => "mobile_key",
            Self::CloudKey => "cloud_key",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Code => "PIN Code",
            Self::Card => "Card",
            Self::MobileKey => "Mobile Key",
            Self::CloudKey => "Cloud Key",
        }
    }

    /// The flag of an entrance that this mode needs.
    pub(crate) fn entrance_flag(self) -> &'static str {
        match self {
            Self::Code => "can_unlock_with_code",
            Self::Card => "can_unlock_with_card",
            Self::MobileKey => "can_unlock_with_mobile_key",
            Self::CloudKey => "can_unlock_with_cloud_key",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Method {
    pub(crate) id: Uuid,
    /// More than one where grants of a guest share the credential.
    pub(crate) grant_ids: Vec<Uuid>,
    pub(crate) mode: Mode,
    pub(crate) code: Option<String>,
    /// The devices that this method is programmed on.
    pub(crate) device_ids: Vec<Uuid>,
    pub(crate) created_at: Timestamp,
    pub(crate) issuance: Issuance,
    /// The instant of the next step of the issuance, if one is to come.
    pub(crate) due_at: Option<Timestamp>,
    /// The window before the update that is being carried out.
    pub(crate) updating_from: Option<Window>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<Notice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<Notice>,
}

/// How far the issuance of a method has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Issuance {
    Pending,
    /// A card that the desk must write.
    AwaitsEncoding,
    /// A door was offline when the method was due.
    Delayed,
    Failed,
    Issued(Timestamp),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) grant_ids: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) grant_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entrance_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) space_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) fields: BTreeMap<String, Value>,
}
