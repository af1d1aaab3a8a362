//! Entrances and devices. Every capability flag is optional; an absent one means "cannot".

use serde::Deserialize;
use uuid::Uuid;

use super::lenient::{lenient, lenient_list, workspace};
use super::page::Listed;
use crate::model::{Device, DeviceId, Entrance, EntranceId, Method, MethodSet, SpaceId};

/// An entry of `/acs/entrances/list`.
#[derive(Debug, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "Seam answers with one flag for each method")]
pub(in crate::seam) struct WireEntrance {
    acs_entrance_id: EntranceId,
    #[serde(default, deserialize_with = "workspace")]
    workspace_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    space_ids: Vec<SpaceId>,
    #[serde(default, deserialize_with = "lenient")]
    can_unlock_with_card: bool,
    #[serde(default, deserialize_with = "lenient")]
    can_unlock_with_cloud_key: bool,
    #[serde(default, deserialize_with = "lenient")]
    can_unlock_with_code: bool,
    #[serde(default, deserialize_with = "lenient")]
    can_unlock_with_mobile_key: bool,
    #[serde(default, deserialize_with = "lenient")]
    can_belong_to_reservation: bool,
}

impl Listed for WireEntrance {
    fn workspace_id(&self) -> Option<Uuid> {
        self.workspace_id
    }
}

impl From<WireEntrance> for Entrance {
    fn from(wire: WireEntrance) -> Self {
        let name = wire.display_name.unwrap_or_else(|| wire.acs_entrance_id.to_string());
        let methods = methods(&[
            (wire.can_unlock_with_card, Method::Card),
            (wire.can_unlock_with_cloud_key, Method::CloudKey),
            (wire.can_unlock_with_code, Method::Code),
            (wire.can_unlock_with_mobile_key, Method::MobileKey),
        ]);
        Self {
            id: wire.acs_entrance_id,
            name,
            spaces: wire.space_ids.into_iter().collect(),
            methods,
            can_belong_to_reservation: wire.can_belong_to_reservation,
        }
    }
}

/// An entry of `/devices/list`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct WireDevice {
    device_id: DeviceId,
    #[serde(default, deserialize_with = "workspace")]
    workspace_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    space_ids: Vec<SpaceId>,
    #[serde(default, deserialize_with = "lenient")]
    can_program_online_access_codes: bool,
    #[serde(default, deserialize_with = "lenient")]
    can_program_offline_access_codes: bool,
    #[serde(default, deserialize_with = "lenient")]
    can_remotely_unlock: bool,
    #[serde(default, deserialize_with = "lenient")]
    properties: WireProperties,
}

#[derive(Debug, Default, Deserialize)]
struct WireProperties {
    #[serde(default, deserialize_with = "lenient")]
    max_active_codes_supported: Option<u32>,
}

impl Listed for WireDevice {
    fn workspace_id(&self) -> Option<Uuid> {
        self.workspace_id
    }
}

impl From<WireDevice> for Device {
    fn from(wire: WireDevice) -> Self {
        let name = wire.display_name.unwrap_or_else(|| wire.device_id.to_string());
        let programs_codes = wire.can_program_online_access_codes || wire.can_program_offline_access_codes;
        let methods =
            methods(&[(programs_codes, Method::Code), (wire.can_remotely_unlock, Method::CloudKey)]);
        Self {
            id: wire.device_id,
            name,
            spaces: wire.space_ids.into_iter().collect(),
            methods,
            max_active_codes: wire.properties.max_active_codes_supported,
        }
    }
}

fn methods(flags: &[(bool, Method)]) -> MethodSet {
    flags.iter().filter(|(can, _)| *can).map(|(_, method)| *method).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_entrance(json: &str, expected: &[Method]) {
        let wire: WireEntrance = serde_json::from_str(json).expect("an entrance");
        assert_eq!(Entrance::from(wire).methods, expected.iter().copied().collect(), "{json}");
    }

    fn check_device(json: &str, expected: &[Method], max_active_codes: Option<u32>) {
        let wire: WireDevice = serde_json::from_str(json).expect("a device");
        let device = Device::from(wire);
        assert_eq!(device.methods, expected.iter().copied().collect(), "{json}");
        assert_eq!(device.max_active_codes, max_active_codes, "{json}");
    }

    #[test]
    fn an_entrance_opens_by_what_its_flags_say_and_an_absent_flag_says_no() {
        check_entrance(r#"{"acs_entrance_id": "e"}"#, &[]);
        check_entrance(r#"{"acs_entrance_id": "e", "can_unlock_with_card": true}"#, &[Method::Card]);
        check_entrance(
            r#"{"acs_entrance_id": "e", "can_unlock_with_code": true, "can_unlock_with_mobile_key": true,
                "can_unlock_with_cloud_key": true, "can_unlock_with_card": "?"}"#,
            &[Method::CloudKey, Method::Code, Method::MobileKey],
        );
    }

    #[test]
    fn a_device_takes_codes_online_or_offline_and_turns_a_cloud_key_remotely() {
        check_device(r#"{"device_id": "d"}"#, &[], None);
        check_device(r#"{"device_id": "d", "can_unlock_with_code": true}"#, &[], None);
        check_device(
            r#"{"device_id": "d", "can_program_offline_access_codes": true}"#,
            &[Method::Code],
            None,
        );
        check_device(
            r#"{"device_id": "d", "can_program_online_access_codes": true, "can_remotely_unlock": true,
                "properties": {"max_active_codes_supported": 250, "online": true}}"#,
            &[Method::CloudKey, Method::Code],
            Some(250),
        );
        check_device(r#"{"device_id": "d", "properties": null}"#, &[], None);
    }

    #[test]
    fn a_door_without_a_name_is_called_by_its_id() {
        let wire: WireDevice = serde_json::from_str(r#"{"device_id": "d"}"#).expect("a device");
        assert_eq!(Device::from(wire).name, "d");
    }
}
