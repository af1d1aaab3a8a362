//! `/access_grants/unmanaged/*`: grants that someone else made. They can be taken over, once and for all.

use serde_json::Value;
use uuid::Uuid;

use super::lookup;
use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::Input;
use crate::sandbox::paging::PageRequest;
use crate::sandbox::record::Grant;
use crate::sandbox::state::Change;

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let entrance_id = input.uuid("acs_entrance_id");
    let reservation_key = input.text("reservation_key");
    let identity_id = input.uuid("user_identity_id");
    let limit = input.limit(500);
    input.finish()?;
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let page = request.take(render.state.grants.rows_from(request.first).filter(|(_, grant)| {
        !grant.is_managed
            && !lookup::has_vanished(&call.edit, grant)
            && entrance_id.is_none_or(|id| render.state.entrances_of(grant).contains(&id))
            && reservation_key.as_ref().is_none_or(|key| grant.reservation_key.as_ref() == Some(key))
            && identity_id.is_none_or(|id| grant.identity_id == id)
    }));
    let grants: Vec<Value> = page.rows.iter().map(|grant| render.grant(grant)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    Ok(Reply::list("access_grants", &grants, Some(&pagination)))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("access_grant_id");
    input.finish()?;
    let grant = find(call, id)?;
    Ok(Reply::with("access_grant", &call.edit.render().grant(grant)))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let id = input.required_uuid("access_grant_id");
    let key = input.key("access_grant_key");
    if call.body.get("is_managed") != Some(&Value::Bool(true)) {
        input.complain_about("is_managed", "Invalid literal value, expected true");
    }
    input.finish()?;
    let mut grant = find(call, id)?.clone();
    if key.as_ref().is_some_and(|key| call.edit.state.grants_by_key(key).next().is_some()) {
        let message = "An access grant with this access_grant_key already exists";
        return Err(Refusal::new(409, "access_grant_key_already_exists", message));
    }
    grant.is_managed = true;
    grant.key = key.or(grant.key);
    call.edit.apply(Change::Grant(grant));
    Ok(Reply::done())
}

fn find<'a>(call: &'a Call<'_>, id: Uuid) -> Result<&'a Grant, Refusal> {
    let found = call.edit.state.grants.get(id).filter(|grant| !grant.is_managed);
    found.ok_or_else(|| Refusal::not_found("access_grant"))
}
