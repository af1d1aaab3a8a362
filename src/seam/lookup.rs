//! Looks one thing up: to tell what became of a call whose answer was lost.

use serde_json::json;

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

/// Looks once for a grant, in a turn that was given; `None` where Seam has none.
pub(super) async fn find_grant(client: &Client, request: &Request) -> Result<Option<LiveGrant>, CallError> {
    let answer = client.exchange::<GrantAnswer>(request).await;
    found_grant(request, answer.map(|answer| answer.content))
}

/// The grant of the answer; `None` where Seam has none. Another one than was asked for is no answer; a key that is left
/// out says nothing.
pub(super) fn found_grant(
    request: &Request,
    answer: Result<GrantAnswer, CallError>,
) -> Result<Option<LiveGrant>, CallError> {
    let found: Option<LiveGrant> = found(answer.map(|answer| answer.access_grant.into()))?;
    let is_asked_for = found.as_ref().is_none_or(|grant| {
        let has_key = |asked| grant.key.as_ref().is_none_or(|key| key.as_str() == asked);
        asked(request, "access_grant_key").is_none_or(has_key)
            && asked(request, "access_grant_id").is_none_or(|asked| grant.id == AccessGrantId::from(asked))
    });
    if is_asked_for { Ok(found) } else { Err(another(request, "grant")) }
}

/// The identity of the answer; `None` where Seam has none. One that was merged leads to the survivor, which has the key
/// among those that were merged into it, and an id of its own.
pub(super) fn found_identity(
    request: &Request,
    answer: Result<IdentityAnswer, CallError>,
) -> Result<Option<Identity>, CallError> {
    let found: Option<Identity> = found(answer.map(|answer| answer.user_identity.into()))?;
    let is_asked_for = found.as_ref().is_none_or(|identity| {
        asked(request, "user_identity_key").is_none_or(|asked| has_key(identity, asked))
    });
    if is_asked_for { Ok(found) } else { Err(another(request, "identity")) }
}

/// Whether an identity can be the one of a key: by its own, by one that was merged into it, or because its key is left out.
pub(super) fn has_key(identity: &Identity, key: &str) -> bool {
    identity.key.as_ref().is_none_or(|own| own.as_str() == key)
        || identity.merged_keys.iter().any(|merged| merged.as_str() == key)
}

fn asked<'a>(request: &'a Request, field: &str) -> Option<&'a str> {
    request.body.get(field)?.as_str()
}

fn another(request: &Request, what: &str) -> CallError {
    let message = format!("Seam answered with another {what} than was asked for");
    CallError::new(request.path, CallErrorKind::BadAnswer, message)
}

fn found<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(CallError { kind: CallErrorKind::Refused(Refusal::NotFound), .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
