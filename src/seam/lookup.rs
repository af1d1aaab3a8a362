//! Looks one thing up: to tell what became of a call whose answer was lost.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Request};
use super::error::{CallError, CallErrorKind, Refusal};
use super::wire::{GrantAnswer, IdentityAnswer};
use crate::model::{AccessGrantId, AccessGrantKey, Identity, LiveGrant, UserIdentityId, UserIdentityKey};

/// Asks for a grant by its key.
pub(super) fn grant_by_key(key: &AccessGrantKey) -> Request {
    Request::read("/access_grants/get", json!({"access_grant_key": key}))
}

/// Asks for a grant by its id.
pub(super) fn grant_by_id(id: &AccessGrantId) -> Request {
    Request::read("/access_grants/get", json!({"access_grant_id": id}))
}

/// Asks for an identity by its key; a key that was merged leads to the survivor.
pub(super) fn identity_by_key(key: &UserIdentityKey) -> Request {
    Request::read("/user_identities/get", json!({"user_identity_key": key}))
}

/// Asks for an identity by its id.
pub(super) fn identity_by_id(id: &UserIdentityId) -> Request {
    Request::read("/user_identities/get", json!({"user_identity_id": id}))
}

/// Asks for the access methods of a grant.
pub(super) fn methods_of(id: &AccessGrantId) -> Request {
    Request::read("/access_methods/list", json!({"access_grant_id": id, "limit": 500}))
}

/// Looks once for a grant; `None` where Seam has none.
pub(super) async fn find_grant(
    client: &Client,
    request: &Request,
    cancel: Option<&CancellationToken>,
) -> Result<Option<LiveGrant>, CallError> {
    let answer = client.send::<GrantAnswer>(request, cancel).await;
    found_grant(answer.map(|answer| answer.content))
}

/// The grant of the answer; `None` where Seam has none.
pub(super) fn found_grant(answer: Result<GrantAnswer, CallError>) -> Result<Option<LiveGrant>, CallError> {
    found(answer.map(|answer| answer.access_grant.into()))
}

/// The identity of the answer; `None` where Seam has none.
pub(super) fn found_identity(
    answer: Result<IdentityAnswer, CallError>,
) -> Result<Option<Identity>, CallError> {
    found(answer.map(|answer| answer.user_identity.into()))
}

fn found<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(CallError { kind: CallErrorKind::Refused(Refusal::NotFound), .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
