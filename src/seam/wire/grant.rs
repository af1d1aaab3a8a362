//! Access grants. Codes and links that Seam sends along are not even read.

use ecow::EcoString;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::lenient::{lenient, lenient_list, workspace};
use super::page::{Good, Listed};
use crate::model::{
    AccessGrantId, AccessGrantKey, AccessMethodId, GrantState, LiveGrant, Method, RequestedMethod,
    SeamReservationKey, SharedSet, SpaceId, UserIdentityId, Window,
};

/// The answer of `/access_grants/get`, `/access_grants/create` and `/access_grants/request_access_methods`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct GrantAnswer {
    pub(in crate::seam) access_grant: WireGrant,
    #[serde(default, rename = "ok")]
    _ok: Good,
}

/// An entry of `/access_grants/list`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct WireGrant {
    access_grant_id: AccessGrantId,
    #[serde(default, deserialize_with = "workspace")]
    workspace_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient")]
    access_grant_key: Option<AccessGrantKey>,
    #[serde(default, deserialize_with = "lenient")]
    user_identity_id: Option<UserIdentityId>,
    #[serde(default, deserialize_with = "lenient")]
    reservation_key: Option<SeamReservationKey>,
    #[serde(default, deserialize_with = "lenient_list")]
    space_ids: Vec<SpaceId>,
    #[serde(default, deserialize_with = "lenient")]
    starts_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    ends_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient_list")]
    requested_access_methods: Vec<WireRequestedMethod>,
    #[serde(default, deserialize_with = "lenient_list")]
    access_method_ids: Vec<AccessMethodId>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<EcoString>,
    #[serde(default, deserialize_with = "lenient_list")]
    warnings: Vec<WireWarning>,
}

#[derive(Debug, Deserialize)]
struct WireRequestedMethod {
    #[serde(default, deserialize_with = "lenient")]
    mode: String,
    #[serde(default, deserialize_with = "lenient_list")]
    created_access_method_ids: Vec<AccessMethodId>,
}

/// One spec says `warning_code`, another `error_code` (SEAM.md §15).
#[derive(Debug, Deserialize)]
struct WireWarning {
    #[serde(default, deserialize_with = "lenient")]
    warning_code: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    error_code: Option<String>,
}

impl WireWarning {
    fn says(&self, code: &str) -> bool {
        [&self.warning_code, &self.error_code].into_iter().flatten().any(|said| said == code)
    }
}

impl Listed for WireGrant {
    fn workspace_id(&self) -> Option<Uuid> {
        self.workspace_id
    }
}

impl From<WireGrant> for LiveGrant {
    fn from(wire: WireGrant) -> Self {
        let is_leaving = wire.warnings.iter().any(|warning| warning.says("being_deleted"));
        // A response always has a start; where it cannot be read, the grant began when it was made.
        let created_at = wire.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
        let starts_at = wire.starts_at.unwrap_or(created_at);
        let access_methods: SharedSet<AccessMethodId> = wire.access_method_ids.into_iter().collect();
        // One method is asked for most often, and it became all there is: then the set is kept once.
        let requested = |wire: WireRequestedMethod| {
            let requested = RequestedMethod::from(wire);
            if requested.access_methods == access_methods {
                RequestedMethod { access_methods: access_methods.clone(), ..requested }
            } else {
                requested
            }
        };
        Self {
            id: wire.access_grant_id,
            key: wire.access_grant_key,
            identity: wire.user_identity_id.unwrap_or_else(|| UserIdentityId::new("")),
            reservation_key: wire.reservation_key,
            spaces: wire.space_ids.into_iter().collect(),
            window: Window { starts_at, ends_at: wire.ends_at },
            requested: wire.requested_access_methods.into_iter().map(requested).collect(),
            access_methods,
            name: wire.name,
            created_at,
            state: if is_leaving { GrantState::BeingDeleted } else { GrantState::Standing },
        }
    }
}

impl From<WireRequestedMethod> for RequestedMethod {
    fn from(wire: WireRequestedMethod) -> Self {
        let WireRequestedMethod { mode, created_access_method_ids } = wire;
        Self { method: Method::parse(&mode), access_methods: created_access_method_ids.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn grant(json: Value) -> LiveGrant {
        serde_json::from_value::<WireGrant>(json).expect("a grant").into()
    }

    #[test]
    fn a_grant_is_read_whole() {
        let grant = grant(json!({
            "access_grant_id": "g1", "access_grant_key": "pms::R1:G1:0a1b2c3d4e", "user_identity_id": "i1",
            "reservation_key": "R1", "space_ids": ["s2", "s1"], "location_ids": ["s2"],
            "starts_at": "2026-12-01T16:00:00.000+01:00", "ends_at": "2026-12-04T11:00:00.123456Z",
            "created_at": "2026-11-23T03:00:00Z", "name": "R1", "display_name": "R1",
            "requested_access_methods": [
                {"mode": "code", "code": "0471", "created_access_method_ids": ["m1"]},
                {"mode": "telepathy", "created_access_method_ids": []}
            ],
            "access_method_ids": ["m1"], "warnings": [], "errors": [], "pending_mutations": []
        }));
        assert_eq!(grant.window.starts_at.to_string(), "2026-12-01T15:00:00Z");
        assert_eq!(grant.spaces, ["s1".into(), "s2".into()].into());
        assert_eq!(grant.requested[0].method, Some(Method::Code));
        assert_eq!(grant.requested[1].method, None);
        assert_eq!(grant.methods(), [Method::Code].into());
        assert_eq!(grant.state, GrantState::Standing);
        assert!(!format!("{grant:?}").contains("0471"), "a code is not read");
    }

    fn check_state(warnings: &Value, expected: GrantState) {
        let grant = grant(json!({"access_grant_id": "g1", "warnings": warnings}));
        assert_eq!(grant.state, expected);
    }

    #[test]
    fn a_grant_that_is_being_deleted_says_so_under_either_name() {
        check_state(&json!([{"warning_code": "being_deleted"}]), GrantState::BeingDeleted);
        check_state(
            &json!([{"warning_code": "new"}, {"error_code": "being_deleted"}]),
            GrantState::BeingDeleted,
        );
        check_state(&json!([{"warning_code": "underprovisioned_access"}, 5]), GrantState::Standing);
        check_state(&json!(null), GrantState::Standing);
    }

    #[test]
    fn an_odd_grant_is_still_a_grant() {
        let grant = grant(json!({"access_grant_id": "g1", "starts_at": "soon", "space_ids": {},
            "created_at": "2026-11-23T03:00:00Z", "name": 5}));
        assert_eq!(grant.window.starts_at.to_string(), "2026-11-23T03:00:00Z");
        assert_eq!(grant.window.ends_at, None);
        assert_eq!(grant.key, None);
    }
}
