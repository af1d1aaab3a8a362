//! `/devices/*`.

use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::Input;
use crate::sandbox::paging::PageRequest;

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let device_ids = input.uuids("device_ids");
    let space_id = input.uuid("space_id");
    let search = input.text("search").map(|search| search.to_lowercase());
    let device_type = input.text("device_type");
    let limit = input.limit(500);
    input.finish()?;
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let in_space = |device_id: Uuid, space_id: Uuid| {
        render.state.spaces.get(space_id).is_some_and(|space| space.device_ids.contains(&device_id))
    };
    let page = request.take(render.state.devices.rows_from(request.first).filter(|(_, device)| {
        device_ids.as_ref().is_none_or(|ids| ids.contains(&device.id))
            && space_id.is_none_or(|space_id| in_space(device.id, space_id))
            && search.as_ref().is_none_or(|search| device.name.to_lowercase().contains(search))
            && device_type.as_ref().is_none_or(|device_type| device.kind == *device_type)
    }));
    let devices: Vec<Value> = page.rows.iter().map(|device| render.device(device)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    Ok(Reply::list("devices", &devices, Some(&pagination)))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let device_id = input.uuid("device_id");
    let name = input.text("name");
    if !input.has("device_id") && !input.has("name") {
        input.complain("Must provide device_id or name");
    }
    input.finish()?;
    let render = call.edit.render();
    let device = match device_id {
        Some(device_id) => render.state.devices.get(device_id),
        None => render.state.devices.iter().find(|device| Some(&device.name) == name.as_ref()),
    };
    let device = device.ok_or_else(|| Refusal::not_found("device"))?;
    Ok(Reply::with("device", &render.device(device)))
}
