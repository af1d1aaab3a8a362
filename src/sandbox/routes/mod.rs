//! The calls that the sandbox answers, one file for each resource.
//!
//! A route reads its parameters, asks the rules, and only then changes the state: once something was
//! applied the call may not fail.

mod access_grants;
mod access_methods;
mod acs;
mod devices;
mod events;
mod grant_creation;
mod lookup;
mod spaces;
mod unmanaged_grants;
mod user_identities;
mod workspaces;

use super::call::Call;
use super::envelope::{Refusal, Reply};

/// Answers a call.
pub(crate) type Route = fn(&mut Call<'_>) -> Result<Reply, Refusal>;

/// The route of a path.
pub(crate) fn find(path: &str) -> Option<Route> {
    Some(match path {
        "/workspaces/get" => workspaces::get,
        "/spaces/create" => spaces::create,
        "/spaces/get" => spaces::get,
        "/spaces/list" => spaces::list,
        "/spaces/get_related" => spaces::get_related,
        "/devices/list" => devices::list,
        "/devices/get" => devices::get,
        "/acs/entrances/list" => acs::list_entrances,
        "/acs/entrances/get" => acs::get_entrance,
        "/acs/systems/list" => acs::list_systems,
        "/user_identities/create" => user_identities::create,
        "/user_identities/get" => user_identities::get,
        "/user_identities/list" => user_identities::list,
        "/user_identities/update" => user_identities::update,
        "/user_identities/delete" => user_identities::delete,
        "/access_grants/create" => grant_creation::create,
        "/access_grants/get" => access_grants::get,
        "/access_grants/list" => access_grants::list,
        "/access_grants/update" => access_grants::update,
        "/access_grants/delete" => access_grants::delete,
        "/access_grants/get_related" => access_grants::get_related,
        "/access_grants/request_access_methods" => access_grants::request_access_methods,
        "/access_grants/unmanaged/list" => unmanaged_grants::list,
        "/access_grants/unmanaged/get" => unmanaged_grants::get,
        "/access_grants/unmanaged/update" => unmanaged_grants::update,
        "/access_methods/list" => access_methods::list,
        "/access_methods/get" => access_methods::get,
        "/access_methods/delete" => access_methods::delete,
        "/events/list" => events::list,
        _ => return None,
    })
}

/// Whether a call by this verb means the same as a POST.
pub(crate) fn takes_verb(path: &str, method: &str) -> bool {
    method == "POST" || (method == "PATCH" && path.ends_with("/update"))
}
