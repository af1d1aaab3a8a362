//! Finds what a call names by id or key, and says so where it does not exist.

use uuid::Uuid;

use crate::sandbox::call::Edit;
use crate::sandbox::envelope::Refusal;
use crate::sandbox::input::Input;
use crate::sandbox::record::{Grant, Identity, Space};
use crate::sandbox::switches::{EndedGrants, MergedIdentity, UnknownReference};

/// A thing named by its id or by its key.
#[derive(Debug)]
pub(crate) enum Name {
    Id(Uuid),
    Key(String),
}

/// Reads `<id_name>` or `<key_name>`, exactly one of which must be given.
pub(crate) fn read_name(input: &mut Input<'_>, id_name: &str, key_name: &str) -> Name {
    let given = (input.uuid(id_name), input.text(key_name));
    match (input.has(id_name), input.has(key_name)) {
        (false, false) => input.complain(format!("Must provide {id_name} or {key_name}")),
        (true, true) => input.complain(format!("Must provide only one of {id_name} and {key_name}")),
        _ => {}
    }
    match given {
        (_, Some(key)) => Name::Key(key),
        (id, None) => Name::Id(id.unwrap_or_default()),
    }
}

pub(crate) fn space<'a>(edit: &'a Edit<'_>, name: &Name) -> Result<&'a Space, Refusal> {
    let found = match name {
        Name::Id(id) => edit.state.spaces.get(*id),
        Name::Key(key) => edit.state.space_by_key(key),
    };
    found.ok_or_else(|| Refusal::not_found("space"))
}

pub(crate) fn identity<'a>(edit: &'a Edit<'_>, name: &Name) -> Result<&'a Identity, Refusal> {
    let state = &edit.state;
    let resolves = edit.switches.merged_identity == MergedIdentity::Resolves;
    let found = match name {
        Name::Id(id) => {
            state.identities.get(*id).or_else(|| resolves.then(|| state.identity_by_merged_id(*id)).flatten())
        }
        Name::Key(key) => state
            .identity_by_key(key)
            .or_else(|| resolves.then(|| state.identity_by_merged_key(key)).flatten()),
    };
    found.ok_or_else(|| Refusal::not_found("user_identity"))
}

/// Whether a grant has ended and, by a switch, is gone with that.
pub(crate) fn has_vanished(edit: &Edit<'_>, grant: &Grant) -> bool {
    edit.switches.ended_grants == EndedGrants::Hidden && grant.has_ended(edit.now)
}

/// A managed grant. While it is being deleted it is still there.
pub(crate) fn grant<'a>(edit: &'a Edit<'_>, name: &Name) -> Result<&'a Grant, Refusal> {
    let found = match name {
        Name::Id(id) => edit.state.grants.get(*id),
        // A grant that is being deleted gives way to one that has its key now.
        Name::Key(key) => edit
            .state
            .grants_by_key(key)
            .min_by_key(|grant| (has_vanished(edit, grant), grant.is_being_deleted())),
    };
    found
        .filter(|grant| grant.is_managed && !has_vanished(edit, grant))
        .ok_or_else(|| Refusal::not_found("access_grant"))
}

/// The refusal of a reference to something that does not exist.
pub(crate) fn unknown_reference(edit: &Edit<'_>, resource: &str) -> Refusal {
    let mut refusal = Refusal::not_found(resource);
    refusal.status = match edit.switches.unknown_reference {
        UnknownReference::BadRequest => 400,
        UnknownReference::NotFound => 404,
    };
    refusal
}
