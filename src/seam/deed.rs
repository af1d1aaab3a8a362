//! One call of a plan as a request, and how to tell afterwards whether Seam holds what it wants.

use ecow::EcoString;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::attempt::Try;
use super::client::{Client, Request};
use super::error::{CallError, CallErrorKind, Effect, Refusal};
use super::lookup;
use super::retry::{Patience, Safety, Verdict, verdict};
use super::wire::{GrantAnswer, IdentityAnswer, Void};
use super::writer::Made;
use crate::model::{
    AccessGrantId, AccessGrantKey, GrantState, Identity, LiveGrant, Method, MethodSet, UserIdentityId,
    Window, WishedCode, same_person_name,
};
use crate::plan::{Call, IdentityTarget, NewIdentity, Patch};

/// What a look at Seam shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// What the call wants.
    AsWanted(Made),
    /// Another grant under the same key: why it is not ours to count as done.
    Taken(&'static str),
    /// Another identity under the same key: why it is not ours to count as done.
    Different(&'static str),
    /// Under the same key something that is about to go.
    Leaving,
    /// No grant, but the new identity that it was to bring along: the grant is to be made for that one.
    Person(UserIdentityId),
    /// Not what the call wants, and nothing in its way.
    Nothing,
}

/// A call, ready to send.
pub(super) struct Deed<'a> {
    call: &'a Call,
    /// Whom a grant is for; `None` where it brings a new identity along, and for all other calls.
    identity: Option<UserIdentityId>,
    /// The key of a new grant, where that of the call is taken (RULES 1).
    key: Option<AccessGrantKey>,
    request: Request,
}

/// The fields of a new identity by which Seam may know somebody else.
const CONTACTS: [&str; 2] = ["email_address", "phone_number"];

/// The identity that a grant is for, where it is known.
fn identity_of<'a>(
    call: &'a Call,
    made: Option<&'a UserIdentityId>,
    person: Option<&'a UserIdentityId>,
) -> Option<&'a UserIdentityId> {
    match call {
        Call::CreateGrant { identity: IdentityTarget::Known(id), .. } => Some(id),
        Call::CreateGrant { identity: IdentityTarget::New { .. }, .. } => person.or(made),
        _ => None,
    }
}

/// Whether a call is for an identity that exists; a grant for a new guest may bring the identity along.
pub(super) fn has_identity(
    call: &Call,
    made: Option<&UserIdentityId>,
    person: Option<&UserIdentityId>,
) -> bool {
    identity_of(call, made, person).is_some()
}

impl<'a> Deed<'a> {
    /// `made` is the new identity that an earlier step made, where one did. Without it, a grant for a new guest brings
    /// the identity along.
    pub(super) fn new(call: &'a Call, made: Option<&UserIdentityId>, state: &Try) -> Self {
        let identity = identity_of(call, made, state.person.as_ref()).cloned();
        let key = state.key.clone();
        let mut body = body(call, identity.as_ref(), key.as_ref());
        if let Some(person) = body.get_mut("user_identity").and_then(Value::as_object_mut)
            && state.omits_contacts
        {
            person.retain(|field, _| !CONTACTS.contains(&field.as_str()));
        }
        let request = Request { path: call.path(), safety: Safety::of(call), body };
        Self { call, identity, key, request }
    }

    /// Sends it once, in the turn that it was given.
    pub(super) async fn send(
        &self,
        client: &Client,
        cancel: &CancellationToken,
    ) -> Result<Answer<Made>, CallError> {
        match self.call {
            Call::CreateIdentity(new) => {
                let Answer { content, request_id } = client.exchange::<IdentityAnswer>(&self.request).await?;
                let answered = Identity::from(content.user_identity);
                if !may_be(new, &answered) {
                    return Err(self.refused("Seam answered with another person", request_id));
                }
                client.known().identity(&answered.id);
                Ok(Answer { content: Made::Identity(answered.id), request_id })
            }
            Call::CreateGrant { key, .. } => {
                let Answer { content, request_id } = client.exchange::<GrantAnswer>(&self.request).await?;
                let answered: LiveGrant = content.access_grant.into();
                let key = self.key.as_ref().unwrap_or(key).clone();
                let was_known = client.known().grant(&answered.id);
                if self.brings_a_person() && client.known().identity(&answered.identity) {
                    let error = self.refused("Seam answered with a grant of another person", request_id);
                    // What stood there before is left alone (RULES 1).
                    let is_ours = !was_known && answered.key.as_ref() == Some(&key);
                    // Boxed, because it is rare and large.
                    return Err(if is_ours {
                        Box::pin(take_back(answered.id, key, error, client)).await
                    } else {
                        error
                    });
                }
                match self.compare_answered_grant(&answered) {
                    Ok(made) => Ok(Answer { content: made, request_id }),
                    Err(reason) => Err(self.refused(reason, request_id)),
                }
            }
            // Boxed, because it is rare and large.
            Call::RestoreMethods { key, methods } => Box::pin(restore(key, *methods, client, cancel)).await,
            Call::UpdateIdentity { .. }
            | Call::UpdateGrant { .. }
            | Call::TakeOverGrant { .. }
            | Call::DeleteGrant { .. }
            | Call::AddMethods { .. }
            | Call::DeleteMethod { .. } => {
                let Answer { content: Void { .. }, request_id } = client.exchange(&self.request).await?;
                Ok(Answer { content: Made::Nothing, request_id })
            }
        }
    }

    /// Whether the call makes a new identity along with the grant.
    fn brings_a_person(&self) -> bool {
        let is_new = matches!(self.call, Call::CreateGrant { identity: IdentityTarget::New { .. }, .. });
        is_new && self.identity.is_none()
    }

    /// A good answer that is not about what was sent.
    fn refused(&self, reason: &str, request_id: Option<String>) -> CallError {
        let error = CallError::new(self.request.path, CallErrorKind::Refused(Refusal::Conflict), reason);
        CallError { status: Some(200), request_id, ..error }
    }

    /// Looks once whether Seam holds what the call wants, in the turn that it was given.
    pub(super) async fn look(&self, client: &Client) -> Result<Found, CallError> {
        let grant = async |request: Request| lookup::find_grant(client, &request).await;
        let identity = async |request: Request| {
            let answer = client.exchange::<IdentityAnswer>(&request).await;
            lookup::found_identity(&request, answer.map(|answer| answer.content))
        };
        match self.call {
            Call::CreateIdentity(new) => Ok(identity(lookup::identity_by_key(&new.key))
                .await?
                .map_or(Found::Nothing, |found| compare_new_identity(new, found))),
            Call::CreateGrant { key, identity: target, .. } => {
                let found = grant(lookup::grant_by_key(self.key.as_ref().unwrap_or(key))).await?;
                // Seam may keep the identity of a grant that it refused, so it is looked for by its own key.
                let new = match target {
                    IdentityTarget::New { identity, .. } if self.identity.is_none() => identity,
                    _ => return Ok(self.compare_new_grant(found, self.identity.as_ref())),
                };
                client.further().await;
                let person = identity(lookup::identity_by_key(&new.key)).await?;
                Ok(match (found, person) {
                    (None, Some(person)) => match compare_new_identity(new, person) {
                        Found::AsWanted(Made::Identity(id)) => Found::Person(id),
                        other => other,
                    },
                    (found, person) => self.compare_new_grant(found, person.map(|person| person.id).as_ref()),
                })
            }
            Call::UpdateIdentity { id, .. } => {
                let found = identity(lookup::identity_by_id(id)).await?;
                Ok(so(found.is_some_and(|found| self.identity_is_updated(&found))))
            }
            Call::UpdateGrant { id, window, .. } => {
                let found = grant(lookup::grant_by_id(id)).await?;
                Ok(so(found.is_some_and(|found| same_window(&found.window, window))))
            }
            Call::AddMethods { id, methods, .. } => {
                let found = grant(lookup::grant_by_id(id)).await?;
                Ok(so(found.is_some_and(|found| methods.is_subset(&found.methods()))))
            }
            Call::TakeOverGrant { id, key } => {
                let found = grant(lookup::grant_by_id(id)).await?;
                Ok(so(found.is_some_and(|found| found.key.as_ref() == Some(key))))
            }
            Call::RestoreMethods { key, methods } => {
                let found = grant(lookup::grant_by_key(key)).await?;
                Ok(so(found.is_some_and(|found| methods.is_subset(&found.methods()))))
            }
            Call::DeleteGrant { .. } | Call::DeleteMethod { .. } => Ok(Found::Nothing),
        }
    }

    /// Whether a duplicate is refused or answered with what holds the key is not documented. Where the answer is
    /// somebody else's grant, nothing was made.
    fn compare_answered_grant(&self, answered: &LiveGrant) -> Result<Made, &'static str> {
        let Call::CreateGrant { spaces, .. } = self.call else { return Ok(Made::Nothing) };
        // The id of an identity that came along is known from this answer alone.
        if self.identity.as_ref().is_some_and(|identity| answered.identity != *identity) {
            return Err("Seam answered with a grant of somebody else");
        }
        if &answered.spaces != spaces {
            return Err("Seam answered with a grant for other spaces");
        }
        Ok(Made::Grant { id: answered.id.clone(), identity: answered.identity.clone() })
    }

    /// What holds the key of the grant, beside the identity that it is to be for.
    fn compare_new_grant(&self, found: Option<LiveGrant>, identity: Option<&UserIdentityId>) -> Found {
        let Call::CreateGrant { spaces, window, .. } = self.call else { return Found::Nothing };
        let Some(found) = found else { return Found::Nothing };
        if found.state == GrantState::BeingDeleted {
            return Found::Leaving;
        }
        if Some(&found.identity) != identity {
            return Found::Taken("the key belongs to a grant of somebody else");
        }
        if &found.spaces != spaces {
            return Found::Taken("the key belongs to a grant for other spaces");
        }
        if !same_window(&found.window, window) {
            return Found::Taken("the key belongs to a grant for another time");
        }
        Found::AsWanted(Made::Grant { id: found.id, identity: found.identity })
    }

    fn identity_is_updated(&self, found: &Identity) -> bool {
        let Call::UpdateIdentity { full_name, email, phone, .. } = self.call else { return false };
        holds(full_name, found.full_name.as_ref(), |wanted, name| same_person_name(wanted, name))
            && holds(email, found.email.as_ref(), |wanted, email| wanted.folded() == email.folded())
            && holds(phone, found.phone.as_ref(), |wanted, phone| {
                digits(wanted.as_str()) == digits(phone.as_str())
            })
    }
}

/// Whether an answer can be about the person that was sent: nothing in it speaks of somebody else. What Seam leaves out, it
/// may have left out only here.
fn may_be(wanted: &NewIdentity, answered: &Identity) -> bool {
    let NewIdentity { key, full_name, email, phone } = wanted;
    let agrees = |name: &EcoString, wanted: &EcoString| same_person_name(name, wanted);
    lookup::has_key(answered, key.as_str())
        && full_name
            .as_ref()
            .zip(answered.full_name.as_ref())
            .is_none_or(|(wanted, name)| agrees(name, wanted))
        && email
            .as_ref()
            .zip(answered.email.as_ref())
            .is_none_or(|(wanted, email)| email.folded() == wanted.folded())
        && phone
            .as_ref()
            .zip(answered.phone.as_ref())
            .is_none_or(|(wanted, phone)| digits(phone.as_str()) == digits(wanted.as_str()))
}

/// Seam may keep a contact in another spelling, and may know more than we sent; what we sent must be there.
fn compare_new_identity(wanted: &NewIdentity, found: Identity) -> Found {
    let NewIdentity { key: _, full_name, email, phone } = wanted;
    let has_name = full_name.as_ref().is_none_or(|wanted| has_name(&found, wanted));
    let has_email = email
        .as_ref()
        .is_none_or(|wanted| found.email.as_ref().is_some_and(|email| email.folded() == wanted.folded()));
    let has_phone = phone.as_ref().is_none_or(|wanted| {
        found.phone.as_ref().is_some_and(|phone| digits(phone.as_str()) == digits(wanted.as_str()))
    });
    if has_name && has_email && has_phone {
        Found::AsWanted(Made::Identity(found.id))
    } else {
        Found::Different("the key belongs to an identity with another name or contact")
    }
}

/// Deletes a grant at once that Seam has just made for another person than was sent, also where the run is told to stop.
/// Gives the error with which the call ends. Where it cannot be deleted, that person holds the key of somebody else.
async fn take_back(id: AccessGrantId, key: AccessGrantKey, error: CallError, client: &Client) -> CallError {
    let delete = Call::DeleteGrant { id, key };
    let delete = Deed::new(&delete, None, &Try::default());
    let error = CallError { kind: CallErrorKind::Refused(Refusal::AnotherPerson), ..error };
    let (mut patience, mut delays) = (Patience::default(), client.delays());
    loop {
        client.further().await;
        let Err(failed) = client.exchange::<Void>(&delete.request).await else { return error };
        let wait = match verdict(&failed.kind, Safety::Delete) {
            Verdict::AlreadySo => return error,
            Verdict::Retry => patience.wait(&failed.kind, &client.now(), &mut delays),
            _ => None,
        };
        let Some(wait) = wait else {
            let message = format!("{}, and it could not be deleted: {failed}", error.message);
            return CallError { message, effect: Effect::Unknown, ..error };
        };
        sleep(wait).await;
    }
}

/// Whether a call brings contacts of a new guest along.
pub(super) fn brings_contacts(call: &Call) -> bool {
    let new = call.new_identity();
    new.is_some_and(|(NewIdentity { email, phone, .. }, _)| email.is_some() || phone.is_some())
}

/// Asks again for the methods that a grant lost, if it lost any.
async fn restore(
    key: &AccessGrantKey,
    methods: MethodSet,
    client: &Client,
    cancel: &CancellationToken,
) -> Result<Answer<Made>, CallError> {
    let request = lookup::grant_by_key(key);
    let Some(found) = lookup::find_grant(client, &request).await? else {
        let kind = CallErrorKind::Refused(Refusal::NotFound);
        return Err(CallError::new(request.path, kind, "the new grant is gone"));
    };
    let stand = found.methods();
    let lost: MethodSet = methods.iter().copied().filter(|method| !stand.contains(method)).collect();
    if lost.is_empty() {
        return Ok(Answer { content: Made::Nothing, request_id: None });
    }
    let ask = Call::AddMethods { id: found.id, key: key.clone(), methods: lost };
    let ask = Deed::new(&ask, None, &Try::default());
    client.further().await;
    if cancel.is_cancelled() {
        return Err(CallError::new(ask.request.path, CallErrorKind::Cancelled, ""));
    }
    let Answer { content: Void { .. }, request_id } = client.exchange(&ask.request).await?;
    Ok(Answer { content: Made::Nothing, request_id })
}

fn body(call: &Call, identity: Option<&UserIdentityId>, other_key: Option<&AccessGrantKey>) -> Value {
    let mut body = Map::new();
    match call {
        Call::CreateIdentity(new) => body = profile(new),
        Call::UpdateIdentity { id, key: _, full_name, email, phone } => {
            body.insert("user_identity_id".to_owned(), json!(id));
            patch(&mut body, "full_name", full_name);
            patch(&mut body, "email_address", email);
            patch(&mut body, "phone_number", phone);
        }
        Call::CreateGrant { key, identity: target, reservation_key, spaces, window, methods, code, name } => {
            body.insert("access_grant_key".to_owned(), json!(other_key.unwrap_or(key)));
            match (identity, target) {
                (None, IdentityTarget::New { identity, .. }) => {
                    body.insert("user_identity".to_owned(), Value::Object(profile(identity)));
                }
                (identity, _) => insert(&mut body, "user_identity_id", identity),
            }
            insert(&mut body, "reservation_key", reservation_key.as_ref());
            body.insert("space_ids".to_owned(), json!(spaces));
            insert_window(&mut body, window);
            let methods = methods.iter().map(|method| requested(*method, code.as_ref()));
            body.insert("requested_access_methods".to_owned(), methods.collect());
            body.insert("name".to_owned(), json!(name));
        }
        Call::UpdateGrant { id, key: _, window } => {
            body.insert("access_grant_id".to_owned(), json!(id));
            insert_window(&mut body, window);
        }
        Call::TakeOverGrant { id, key } => {
            body.insert("access_grant_id".to_owned(), json!(id));
            body.insert("is_managed".to_owned(), json!(true));
            body.insert("access_grant_key".to_owned(), json!(key));
        }
        Call::DeleteGrant { id, key: _ } => {
            body.insert("access_grant_id".to_owned(), json!(id));
        }
        Call::AddMethods { id, key: _, methods } => {
            body.insert("access_grant_id".to_owned(), json!(id));
            let methods = methods.iter().map(|method| requested(*method, None));
            body.insert("requested_access_methods".to_owned(), methods.collect());
        }
        // What it lost, and so what is sent, is known when it is looked at.
        Call::RestoreMethods { .. } => {}
        Call::DeleteMethod { id, key: _ } => {
            body.insert("access_method_id".to_owned(), json!(id));
        }
    }
    Value::Object(body)
}

/// A new identity as Seam wants it.
fn profile(new: &NewIdentity) -> Map<String, Value> {
    let NewIdentity { key, full_name, email, phone } = new;
    let mut profile = Map::new();
    profile.insert("user_identity_key".to_owned(), json!(key));
    insert(&mut profile, "full_name", full_name.as_ref());
    insert(&mut profile, "email_address", email.as_ref());
    insert(&mut profile, "phone_number", phone.as_ref());
    profile
}

fn requested(method: Method, code: Option<&WishedCode>) -> Value {
    match (method, code) {
        (Method::Code, Some(code)) => json!({"mode": method.as_str(), "code": code.reveal()}),
        _ => json!({"mode": method.as_str()}),
    }
}

fn insert_window(body: &mut Map<String, Value>, window: &Window) {
    body.insert("starts_at".to_owned(), json!(window.starts_at.to_string()));
    body.insert("ends_at".to_owned(), json!(window.ends_at.map(|end| end.to_string())));
}

fn insert(body: &mut Map<String, Value>, field: &str, value: Option<impl serde::Serialize>) {
    if let Some(value) = value {
        body.insert(field.to_owned(), json!(value));
    }
}

fn patch(body: &mut Map<String, Value>, field: &str, patch: &Patch<impl serde::Serialize>) {
    match patch {
        Patch::Keep => {}
        Patch::Set(value) => {
            body.insert(field.to_owned(), json!(value));
        }
        Patch::Clear => {
            body.insert(field.to_owned(), Value::Null);
        }
    }
}

fn so(is_so: bool) -> Found {
    if is_so { Found::AsWanted(Made::Nothing) } else { Found::Nothing }
}

/// Whether both mean the same instants; Seam keeps milliseconds.
fn same_window(left: &Window, right: &Window) -> bool {
    let ms =
        |window: &Window| (window.starts_at.as_millisecond(), window.ends_at.map(Timestamp::as_millisecond));
    ms(left) == ms(right)
}

fn has_name(identity: &Identity, wanted: &str) -> bool {
    identity.full_name.as_ref().is_some_and(|name| same_person_name(name, wanted))
}

fn holds<T>(patch: &Patch<T>, found: Option<&T>, same: impl Fn(&T, &T) -> bool) -> bool {
    match patch {
        Patch::Keep => true,
        Patch::Set(wanted) => found.is_some_and(|found| same(wanted, found)),
        Patch::Clear => found.is_none(),
    }
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}
