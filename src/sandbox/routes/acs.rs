//! `/acs/*`: entrances and access systems.

use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::Input;
use crate::sandbox::paging::PageRequest;

pub(crate) fn list_entrances(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let entrance_ids = input.uuids("acs_entrance_ids");
    let space_id = input.uuid("space_id");
    let system_id = input.uuid("acs_system_id");
    let search = input.text("search").map(|search| search.to_lowercase());
    let limit = input.limit(900);
    input.finish()?;
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let in_space = |entrance_id: Uuid, space_id: Uuid| {
        render.state.spaces.get(space_id).is_some_and(|space| space.entrance_ids.contains(&entrance_id))
    };
    let page = request.take(render.state.entrances.rows_from(request.first).filter(|(_, entrance)| {
        entrance_ids.as_ref().is_none_or(|ids| ids.contains(&entrance.id))
            && space_id.is_none_or(|space_id| in_space(entrance.id, space_id))
            && system_id.is_none_or(|system_id| entrance.system_id == system_id)
            && search.as_ref().is_none_or(|search| entrance.name.to_lowercase().contains(search))
    }));
    let entrances: Vec<Value> = page.rows.iter().map(|entrance| render.entrance(entrance)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    Ok(Reply::list("acs_entrances", &entrances, Some(&pagination)))
}

pub(crate) fn get_entrance(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let entrance_id = input.required_uuid("acs_entrance_id");
    input.finish()?;
    let render = call.edit.render();
    let entrance =
        render.state.entrances.get(entrance_id).ok_or_else(|| Refusal::not_found("acs_entrance"))?;
    Ok(Reply::with("acs_entrance", &render.entrance(entrance)))
}

pub(crate) fn list_systems(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let search = input.text("search").map(|search| search.to_lowercase());
    input.finish()?;
    let render = call.edit.render();
    let systems: Vec<Value> = render
        .state
        .systems
        .iter()
        .filter(|system| search.as_ref().is_none_or(|search| system.name.to_lowercase().contains(search)))
        .map(|system| render.system(system))
        .collect();
    Ok(Reply::list("acs_systems", &systems, None))
}
