//! `/access_methods/*`.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::grant_creation::all_doors;
use super::lookup::{self, Name};
use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::Input;
use crate::sandbox::issuance;
use crate::sandbox::limits::DoorOperation;
use crate::sandbox::paging::PageRequest;
use crate::sandbox::record::{Grant, Method};
use crate::sandbox::switches::Pagination;

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let grant_id = input.uuid("access_grant_id");
    let grant_key = input.text("access_grant_key");
    let entrance_id = input.uuid("acs_entrance_id");
    let device_id = input.uuid("device_id");
    let space_id = input.uuid("space_id");
    let limit = input.limit(500);
    if !["access_grant_id", "access_grant_key", "acs_entrance_id"].into_iter().any(|name| input.has(name)) {
        input.complain("Must provide access_grant_id, access_grant_key or acs_entrance_id");
    }
    input.finish()?;
    let grant_name = grant_id.map(Name::Id).or(grant_key.map(Name::Key));
    let of_grant: Option<BTreeSet<Uuid>> = match grant_name {
        Some(name) => Some(lookup::grant(&call.edit, &name)?.method_ids().collect()),
        None => None,
    };
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let state = render.state;
    let has_grant = |method: &Method, keep: &dyn Fn(&Grant) -> bool| {
        method.grant_ids.iter().filter_map(|&id| state.grants.get(id)).any(keep)
    };
    let keep = |method: &Method| {
        entrance_id.is_none_or(|id| has_grant(method, &|grant| state.entrances_of(grant).contains(&id)))
            && device_id.is_none_or(|id| has_grant(method, &|grant| state.devices_of(grant).contains(&id)))
            && space_id.is_none_or(|id| has_grant(method, &|grant| grant.space_ids.contains(&id)))
    };
    let page = match of_grant {
        Some(ids) => {
            let mut rows: Vec<_> = ids
                .into_iter()
                .filter_map(|id| Some((state.methods.ordinal(id)?, state.methods.get(id)?)))
                .filter(|(ordinal, method)| *ordinal >= request.first && keep(method))
                .collect();
            rows.sort_unstable_by_key(|(ordinal, _)| *ordinal);
            request.take(rows.into_iter())
        }
        None => request.take(state.methods.rows_from(request.first).filter(|(_, method)| keep(method))),
    };
    let methods: Vec<Value> = page.rows.iter().map(|method| render.method(method)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    let has_pages = call.edit.switches.access_methods_pagination == Pagination::Present;
    Ok(Reply::list("access_methods", &methods, has_pages.then_some(&pagination)))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("access_method_id");
    input.finish()?;
    let render = call.edit.render();
    let method = render.state.methods.get(id).ok_or_else(|| Refusal::not_found("access_method"))?;
    Ok(Reply::with("access_method", &render.method(method)))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let method_id = input.uuid("access_method_id");
    let grant_id = input.uuid("access_grant_id");
    let reservation_key = input.text("reservation_key");
    let names = ["access_method_id", "access_grant_id", "reservation_key"];
    if names.into_iter().filter(|name| input.has(name)).count() != 1 {
        input.complain("Must provide exactly one of access_method_id, access_grant_id and reservation_key");
    }
    input.finish()?;
    let state = &*call.edit.state;
    let method_ids: Vec<Uuid> = match (method_id, grant_id, reservation_key) {
        (Some(id), ..) => state
            .methods
            .get(id)
            .map(|method| vec![method.id])
            .ok_or_else(|| Refusal::not_found("access_method"))?,
        (None, Some(id), _) => lookup::grant(&call.edit, &Name::Id(id))?.method_ids().collect(),
        (None, None, key) => {
            state.grants_by_reservation(&key.unwrap_or_default()).flat_map(Grant::method_ids).collect()
        }
    };
    let doors: BTreeSet<Uuid> = method_ids
        .iter()
        .filter_map(|&id| state.methods.get(id))
        .flat_map(|method| &method.grant_ids)
        .filter_map(|&id| state.grants.get(id))
        .flat_map(|grant| all_doors(&call.edit, grant))
        .collect();
    call.admit(DoorOperation::Delete, &doors)?;
    for method_id in method_ids {
        issuance::remove_method(&mut call.edit, method_id);
    }
    Ok(Reply::done())
}
