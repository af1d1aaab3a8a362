//! `/user_identities/*`. Key, e-mail address and phone number are each unique in the workspace.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::lookup::{self, Name};
use crate::sandbox::call::{Call, Edit};
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::{Given, Input};
use crate::sandbox::issuance;
use crate::sandbox::paging::PageRequest;
use crate::sandbox::record::Identity;
use crate::sandbox::rules;
use crate::sandbox::state::Change;
use crate::sandbox::switches::IdentityDelete;
use crate::sandbox::text_form::InstantForm;

/// What an identity says about a person.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    key: Given<String>,
    full_name: Given<String>,
    email_address: Given<String>,
    phone_number: Given<String>,
}

impl Profile {
    pub(crate) fn read(input: &mut Input<'_>) -> Self {
        Self {
            key: input.nullable_text("user_identity_key"),
            full_name: input.nullable_text("full_name"),
            email_address: input.nullable_email("email_address"),
            phone_number: input.nullable_free_text("phone_number"),
        }
    }

    /// Refuses what another identity has already.
    pub(crate) fn check_unique(&self, edit: &Edit<'_>, own_id: Option<Uuid>) -> Result<(), Refusal> {
        let state = &edit.state;
        let owners = [
            ("user_identity_key", find(&self.key, |key| state.identity_by_key(key))),
            ("email_address", find(&self.email_address, |email| state.identity_by_email(email))),
            ("phone_number", find(&self.phone_number, |phone| state.identity_by_phone(phone))),
        ];
        let taken = owners.into_iter().find(|(_, owner)| owner.is_some_and(|owner| Some(owner.id) != own_id));
        match taken {
            None => Ok(()),
            Some((field, _)) => Err(rules::duplicate(
                edit.switches.duplicate_user_identity,
                "user_identity_already_exists",
                &format!("A user identity with this {field} already exists"),
            )),
        }
    }

    pub(crate) fn create(self, edit: &mut Edit<'_>) -> Identity {
        let identity = Identity {
            id: edit.mint(),
            key: self.key.value(),
            full_name: self.full_name.value(),
            email_address: self.email_address.value(),
            phone_number: self.phone_number.value(),
            merged_ids: Vec::new(),
            merged_keys: Vec::new(),
            created_at: edit.now,
        };
        edit.apply(Change::Identity(identity.clone()));
        identity
    }
}

pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let profile = Profile::read(&mut input);
    let system_ids = input.uuids("acs_system_ids").unwrap_or_default();
    input.finish()?;
    if system_ids.iter().any(|&id| call.edit.state.systems.get(id).is_none()) {
        return Err(lookup::unknown_reference(&call.edit, "acs_system"));
    }
    profile.check_unique(&call.edit, None)?;
    let identity = profile.create(&mut call.edit);
    Ok(Reply::with("user_identity", &call.edit.render().identity(&identity)))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let name = lookup::read_name(&mut input, "user_identity_id", "user_identity_key");
    input.finish()?;
    let identity = lookup::identity(&call.edit, &name)?;
    Ok(Reply::with("user_identity", &call.edit.render().identity(identity)))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let ids = input.uuids("user_identity_ids");
    let search = input.text("search").map(|search| search.to_lowercase());
    let created_before = input.instant("created_before", InstantForm::Strict);
    let limit = input.limit(500);
    input.finish()?;
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let page = request.take(render.state.identities.rows_from(request.first).filter(|(_, identity)| {
        ids.as_ref().is_none_or(|ids| ids.contains(&identity.id))
            && search.as_ref().is_none_or(|search| matches(identity, search))
            && created_before.is_none_or(|before| identity.created_at < before)
    }));
    let identities: Vec<Value> = page.rows.iter().map(|identity| render.identity(identity)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    Ok(Reply::list("user_identities", &identities, Some(&pagination)))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("user_identity_id");
    let profile = Profile::read(&mut input);
    input.finish()?;
    let mut identity = lookup::identity(&call.edit, &Name::Id(id))?.clone();
    profile.check_unique(&call.edit, Some(identity.id))?;
    set(&mut identity.key, profile.key);
    set(&mut identity.full_name, profile.full_name);
    set(&mut identity.email_address, profile.email_address);
    set(&mut identity.phone_number, profile.phone_number);
    call.edit.apply(Change::Identity(identity));
    Ok(Reply::done())
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("user_identity_id");
    input.finish()?;
    let edit = &mut call.edit;
    let identity_id = lookup::identity(edit, &Name::Id(id))?.id;
    let grant_ids: Vec<Uuid> = edit.state.grants_by_identity(identity_id).map(|grant| grant.id).collect();
    match edit.switches.identity_delete {
        IdentityDelete::Refused if !grant_ids.is_empty() => {
            return Err(Refusal::new(
                409,
                "user_identity_has_access_grants",
                "The user identity has access grants",
            ));
        }
        IdentityDelete::Refused | IdentityDelete::KeepsGrants => {}
        IdentityDelete::DeletesGrants => {
            for grant_id in grant_ids {
                issuance::delete_grant(edit, grant_id);
            }
        }
    }
    edit.apply(Change::IdentityGone(identity_id));
    Ok(Reply::done())
}

/// The profile of an identity that a grant brings with it.
pub(crate) fn read_inline(input: &mut Input<'_>, fields: &Map<String, Value>) -> Profile {
    let mut nested = Input::new(fields);
    let profile = Profile::read(&mut nested);
    input.adopt("user_identity", nested);
    profile
}

fn find<'a>(given: &Given<String>, by: impl Fn(&str) -> Option<&'a Identity>) -> Option<&'a Identity> {
    match given {
        Given::Value(value) => by(value),
        Given::Absent | Given::Null => None,
    }
}

fn set(field: &mut Option<String>, given: Given<String>) {
    match given {
        Given::Absent => {}
        Given::Null => *field = None,
        Given::Value(value) => *field = Some(value),
    }
}

/// The search looks at everything but the key, as at Seam.
fn matches(identity: &Identity, search: &str) -> bool {
    let texts = [&identity.full_name, &identity.email_address, &identity.phone_number];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(search))
        || identity.id.to_string().contains(search)
}
