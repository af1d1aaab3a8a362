//! Turns records into the objects of the API, with every field that its schema requires.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ids;
use super::record::{
    Device, Entrance, Event, Grant, Identity, Issuance, Method, Mode, Notice, Space, System, Window,
};
use super::state::State;
use super::switches::TimestampPrecision;

/// Renders out of one state, in one precision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Render<'a> {
    pub(crate) state: &'a State,
    pub(crate) precision: TimestampPrecision,
    pub(crate) now: Timestamp,
}

impl Render<'_> {
    pub(crate) fn instant(&self, instant: Timestamp) -> String {
        match self.precision {
            TimestampPrecision::Milliseconds => format!("{instant:.3}"),
            TimestampPrecision::Microseconds => format!("{instant:.6}"),
        }
    }

    pub(crate) fn workspace(&self) -> Value {
        let workspace = &self.state.workspace;
        json!({
            "workspace_id": workspace.id,
            "name": workspace.name,
            "company_name": workspace.name,
            "connect_partner_name": null,
            "connect_webview_customization": {},
            "is_publishable_key_auth_enabled": false,
            "is_sandbox": workspace.is_sandbox,
            "is_suspended": workspace.is_suspended,
            "organization_id": null,
        })
    }

    pub(crate) fn space(&self, space: &Space) -> Value {
        let mut object = json!({
            "space_id": space.id,
            "workspace_id": self.state.workspace.id,
            "name": space.name,
            "display_name": space.name,
            "device_count": space.device_ids.len(),
            "acs_entrance_count": space.entrance_ids.len(),
            "created_at": self.instant(space.created_at),
        });
        put_some(&mut object, "space_key", space.key.as_ref());
        put_some(&mut object, "customer_key", space.customer_key.as_ref());
        put_some(&mut object, "customer_data", space.customer_data.as_ref());
        object
    }

    pub(crate) fn device(&self, device: &Device) -> Value {
        let mut properties = json!({
            "online": device.is_online,
            "name": device.name,
            "appearance": { "name": device.name },
            "model": { "display_name": "Sandbox lock", "manufacturer_display_name": "Sandbox" },
            "supported_code_lengths": device.supported_code_lengths,
            "code_constraints": [],
        });
        put_some(&mut properties, "max_active_codes_supported", device.max_active_codes_supported);
        let mut location = json!({});
        put_some(&mut location, "time_zone", device.time_zone.as_ref());
        let errors = if device.is_online {
            json!([])
        } else {
            json!([{
                "error_code": "device_offline",
                "message": "The device is offline.",
                "is_device_error": true,
                "created_at": self.instant(device.created_at),
            }])
        };
        let mut object = json!({
            "device_id": device.id,
            "workspace_id": self.state.workspace.id,
            "connected_account_id": ids::named("connected_account", "sandbox"),
            "device_type": device.kind,
            "display_name": device.name,
            "capabilities_supported": ["access_code", "lock"],
            "properties": properties,
            "location": location,
            "space_ids": self.state.spaces_of_door(device.id),
            "custom_metadata": {},
            "is_managed": true,
            "errors": errors,
            "warnings": [],
            "created_at": self.instant(device.created_at),
        });
        for (flag, &value) in &device.flags {
            object[flag] = value.into();
        }
        object
    }

    pub(crate) fn entrance(&self, entrance: &Entrance) -> Value {
        let mut object = json!({
            "acs_entrance_id": entrance.id,
            "acs_system_id": entrance.system_id,
            "connected_account_id": ids::named("connected_account", "sandbox"),
            "display_name": entrance.name,
            "space_ids": self.state.spaces_of_door(entrance.id),
            "errors": [],
            "warnings": [],
            "created_at": self.instant(entrance.created_at),
        });
        for (flag, &value) in &entrance.flags {
            object[flag] = value.into();
        }
        object
    }

    pub(crate) fn system(&self, system: &System) -> Value {
        let account_id = ids::named("connected_account", "sandbox");
        json!({
            "acs_system_id": system.id,
            "workspace_id": self.state.workspace.id,
            "connected_account_id": account_id,
            "connected_account_ids": [account_id],
            "name": system.name,
            "external_type": system.external_type,
            "external_type_display_name": system.name,
            "image_url": "https://connect.example.com/assets/system.png",
            "image_alt_text": system.name,
            "is_credential_manager": false,
            "location": { "time_zone": system.time_zone },
            "errors": [],
            "warnings": [],
            "created_at": self.instant(system.created_at),
        })
    }

    pub(crate) fn identity(&self, identity: &Identity) -> Value {
        json!({
            "user_identity_id": identity.id,
            "workspace_id": self.state.workspace.id,
            "user_identity_key": identity.key,
            "full_name": identity.full_name,
            "display_name": identity_name(identity),
            "email_address": identity.email_address,
            "phone_number": identity.phone_number,
            "acs_user_ids": [],
            "merged_user_identity_ids": identity.merged_ids,
            "merged_user_identity_keys": identity.merged_keys,
            "errors": [],
            "warnings": [],
            "created_at": self.instant(identity.created_at),
        })
    }

    pub(crate) fn grant(&self, grant: &Grant) -> Value {
        let mut object = json!({
            "access_grant_id": grant.id,
            "workspace_id": self.state.workspace.id,
            "user_identity_id": grant.identity_id,
            "space_ids": grant.space_ids,
            "location_ids": grant.space_ids,
            "requested_access_methods": self.requested_methods(grant),
            "access_method_ids": grant.method_ids().collect::<Vec<_>>(),
            "name": grant.name,
            "display_name": self.grant_name(grant),
            "display_status": self.grant_status(grant),
            "starts_at": self.instant(grant.window.starts_at),
            "ends_at": grant.window.ends_at.map(|ends_at| self.instant(ends_at)),
            "warnings": self.grant_warnings(grant),
            "errors": self.notices("error_code", &grant.errors),
            "pending_mutations": self.grant_mutations(grant),
            "created_at": self.instant(grant.created_at),
        });
        put_some(&mut object, "access_grant_key", grant.key.as_ref());
        put_some(&mut object, "reservation_key", grant.reservation_key.as_ref());
        put_some(&mut object, "customization_profile_id", grant.customization_profile_id);
        if let [only] = grant.requested.as_slice()
            && only.mode == Mode::MobileKey
            && let Some(method_id) = only.method_ids.first()
        {
            object["instant_key_url"] = instant_key_url(*method_id).into();
        }
        if !grant.is_managed {
            // The unmanaged object has fewer fields.
            let fields = object.as_object_mut().expect("an object was built");
            for name in ["access_grant_key", "display_status", "instant_key_url"] {
                fields.remove(name);
            }
        }
        object
    }

    pub(crate) fn method(&self, method: &Method) -> Value {
        let issued_at = match method.issuance {
            Issuance::Issued(at) => Some(self.instant(at)),
            _ => None,
        };
        let is_card = method.mode == Mode::Card;
        let awaits_encoding = method.issuance == Issuance::AwaitsEncoding;
        let mut object = json!({
            "access_method_id": method.id,
            "workspace_id": self.state.workspace.id,
            "display_name": method.mode.title(),
            "display_status": method_status(method),
            "mode": method.mode,
            "is_issued": issued_at.is_some(),
            "issued_at": issued_at,
            "warnings": self.method_warnings(method),
            "errors": self.notices("error_code", &method.errors),
            "pending_mutations": self.method_mutations(method),
            "created_at": self.instant(method.created_at),
        });
        match method.mode {
            Mode::Code => object["code"] = method.code.clone().into(),
            Mode::Card => {
                object["is_encoding_required"] = is_card.into();
                object["is_ready_for_encoding"] = awaits_encoding.into();
            }
            Mode::MobileKey => object["instant_key_url"] = instant_key_url(method.id).into(),
            Mode::CloudKey => {}
        }
        object
    }

    pub(crate) fn event(&self, event: &Event) -> Value {
        let mut object = json!({
            "event_id": event.id,
            "event_type": event.kind,
            "workspace_id": self.state.workspace.id,
            "created_at": self.instant(event.at),
            "occurred_at": self.instant(event.at),
        });
        put_some(&mut object, "access_grant_id", event.grant_id);
        put_some(&mut object, "access_method_id", event.method_id);
        put_some(&mut object, "acs_entrance_id", event.entrance_id);
        put_some(&mut object, "space_id", event.space_id);
        if event.method_id.is_some() {
            object["access_grant_ids"] = json!(event.grant_ids);
            if !event.grant_keys.is_empty() {
                object["access_grant_keys"] = json!(event.grant_keys);
            }
        } else if event.kind == "access_grant.access_times_changed" {
            put_some(&mut object, "access_grant_key", event.grant_keys.first());
        }
        for (name, value) in &event.fields {
            object[name] = value.clone();
        }
        object
    }

    fn requested_methods(&self, grant: &Grant) -> Vec<Value> {
        let render = |requested: &super::record::RequestedMethod| {
            let mut object = json!({
                "mode": requested.mode,
                "display_name": requested.mode.title(),
                "created_access_method_ids": requested.method_ids,
                "created_at": self.instant(requested.created_at),
            });
            put_some(&mut object, "code", requested.code.as_ref());
            put_some(&mut object, "instant_key_max_use_count", requested.instant_key_max_use_count);
            object
        };
        grant.requested.iter().map(render).collect()
    }

    fn grant_name(&self, grant: &Grant) -> String {
        let of_identity = || {
            let identity = self.state.identities.get(grant.identity_id);
            identity.map_or_else(
                || "Access grant".to_owned(),
                |identity| format!("Access for {}", identity_name(identity)),
            )
        };
        grant.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(of_identity)
    }

    fn grant_status(&self, grant: &Grant) -> &'static str {
        if grant.is_being_deleted() {
            "Being deleted"
        } else if grant.has_ended(self.now) {
            "Ended"
        } else if grant.window.starts_at > self.now {
            "Upcoming"
        } else {
            "Active"
        }
    }

    fn grant_warnings(&self, grant: &Grant) -> Vec<Value> {
        let mut warnings = self.notices("warning_code", &grant.warnings);
        if let Some(deleted_at) = grant.deleted_at {
            warnings.push(json!({
                "warning_code": "being_deleted",
                "message": "This access grant is being deleted.",
                "created_at": self.instant(deleted_at),
            }));
        }
        warnings
    }

    fn grant_mutations(&self, grant: &Grant) -> Vec<Value> {
        let updating: Vec<&Method> = grant
            .method_ids()
            .filter_map(|id| self.state.methods.get(id))
            .filter(|method| method.updating_from.is_some())
            .collect();
        let Some(before) = updating.first().and_then(|method| method.updating_from) else {
            return Vec::new();
        };
        if let Some(devices_before) = &grant.moving_from {
            return vec![json!({
                "mutation_code": "updating_spaces",
                "message": "The doors of this grant are being changed.",
                "from": { "device_ids": devices_before },
                "to": { "device_ids": self.state.devices_of(grant) },
                "created_at": self.instant(self.now),
            })];
        }
        vec![json!({
            "mutation_code": "updating_access_times",
            "message": "The access times of this grant are being changed.",
            "access_method_ids": updating.iter().map(|method| method.id).collect::<Vec<_>>(),
            "from": self.window(before),
            "to": self.window(grant.window),
            "created_at": self.instant(self.now),
        })]
    }

    fn method_warnings(&self, method: &Method) -> Vec<Value> {
        self.notices("warning_code", &method.warnings)
    }

    fn method_mutations(&self, method: &Method) -> Vec<Value> {
        let grant = method.grant_ids.first().and_then(|&id| self.state.grants.get(id));
        let (Some(before), Some(grant)) = (method.updating_from, grant) else { return Vec::new() };
        vec![json!({
            "mutation_code": "updating_access_times",
            "message": "The access times of this method are being changed.",
            "from": self.window(before),
            "to": self.window(grant.window),
            "created_at": self.instant(self.now),
        })]
    }

    fn window(&self, window: Window) -> Value {
        json!({
            "starts_at": self.instant(window.starts_at),
            "ends_at": window.ends_at.map(|ends_at| self.instant(ends_at)),
        })
    }

    fn notices(&self, code_field: &str, notices: &[Notice]) -> Vec<Value> {
        let render = |notice: &Notice| {
            let mut fields: Map<String, Value> = notice.fields.clone().into_iter().collect();
            fields.insert(code_field.to_owned(), notice.code.clone().into());
            fields.insert("message".into(), notice.message.clone().into());
            fields.insert("created_at".into(), self.instant(notice.created_at).into());
            Value::Object(fields)
        };
        notices.iter().map(render).collect()
    }
}

fn identity_name(identity: &Identity) -> String {
    let candidates = [&identity.full_name, &identity.email_address, &identity.phone_number, &identity.key];
    let known = candidates.into_iter().flatten().find(|text| !text.is_empty());
    known.cloned().unwrap_or_else(|| identity.id.to_string())
}

fn method_status(method: &Method) -> &'static str {
    match method.issuance {
        Issuance::Pending if method.updating_from.is_some() => "Updating",
        Issuance::Pending | Issuance::Delayed => "Not yet issued",
        Issuance::AwaitsEncoding => "Encoding required",
        Issuance::Failed => "Failed to issue",
        Issuance::Issued(_) => "Issued",
    }
}

fn instant_key_url(method_id: uuid::Uuid) -> String {
    format!("https://ik.example.com/{}", method_id.simple())
}

fn put_some(object: &mut Value, name: &str, value: Option<impl serde::Serialize>) {
    if let Some(value) = value {
        object[name] = json!(value);
    }
}
