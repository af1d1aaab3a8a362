//! `/spaces/*`.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::lookup::{self, Name};
use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::Input;
use crate::sandbox::paging::PageRequest;
use crate::sandbox::record::Space;
use crate::sandbox::rules;
use crate::sandbox::state::Change;

const RELATED: [&str; 6] =
    ["spaces", "devices", "acs_entrances", "connected_accounts", "acs_systems", "access_methods"];

pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let name = input.required_text("name");
    let key = input.key("space_key");
    let customer_key = input.text("customer_key");
    let customer_data = input.object("customer_data").cloned().map(Value::Object);
    let device_ids = input.uuids("device_ids").unwrap_or_default();
    let entrance_ids = input.uuids("acs_entrance_ids").unwrap_or_default();
    input.finish()?;
    let edit = &mut call.edit;
    if device_ids.iter().any(|&id| edit.state.devices.get(id).is_none()) {
        return Err(lookup::unknown_reference(edit, "device"));
    }
    if entrance_ids.iter().any(|&id| edit.state.entrances.get(id).is_none()) {
        return Err(lookup::unknown_reference(edit, "acs_entrance"));
    }
    if key.as_ref().is_some_and(|key| edit.state.space_by_key(key).is_some()) {
        return Err(rules::duplicate(
            edit.switches.duplicate_space_key,
            "space_key_already_exists",
            "A space with this space_key already exists",
        ));
    }
    let space = Space {
        id: edit.mint(),
        key,
        name,
        customer_key,
        customer_data,
        device_ids,
        entrance_ids,
        created_at: edit.now,
    };
    let mut event = edit.event("space.created", edit.now);
    event.space_id = Some(space.id);
    event.fields.insert("device_ids".into(), json!(space.device_ids));
    event.fields.insert("acs_entrance_ids".into(), json!(space.entrance_ids));
    edit.apply(Change::Space(space.clone()));
    edit.emit(event);
    Ok(Reply::with("space", &edit.render().space(&space)))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let name = lookup::read_name(&mut input, "space_id", "space_key");
    input.finish()?;
    let space = lookup::space(&call.edit, &name)?;
    Ok(Reply::with("space", &call.edit.render().space(space)))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let key = input.text("space_key");
    let customer_key = input.text("customer_key");
    let search = input.text("search").map(|search| search.to_lowercase());
    let limit = input.limit(500);
    input.finish()?;
    let request = PageRequest::read(call.body, limit)?;
    let render = call.edit.render();
    let page = request.take(render.state.spaces.rows_from(request.first).filter(|(_, space)| {
        key.as_ref().is_none_or(|key| space.key.as_ref() == Some(key))
            && customer_key.as_ref().is_none_or(|key| space.customer_key.as_ref() == Some(key))
            && search.as_ref().is_none_or(|search| {
                space.name.to_lowercase().contains(search)
                    || space.key.as_ref().is_some_and(|key| key.to_lowercase().contains(search))
            })
    }));
    let spaces: Vec<Value> = page.rows.iter().map(|space| render.space(space)).collect();
    let pagination = request.pagination(&page, call.endpoint, call.path);
    Ok(Reply::list("spaces", &spaces, Some(&pagination)))
}

pub(crate) fn get_related(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let ids = input.uuids("space_ids").unwrap_or_default();
    let keys = input.texts("space_keys").unwrap_or_default();
    let wanted = read_related(&mut input, &RELATED);
    input.finish()?;
    let names = ids.into_iter().map(Name::Id).chain(keys.into_iter().map(Name::Key));
    let spaces =
        names.map(|name| lookup::space(&call.edit, &name)).collect::<Result<Vec<&Space>, Refusal>>()?;
    let state = &*call.edit.state;
    let mut device_ids: Vec<Uuid> = spaces.iter().flat_map(|space| space.device_ids.clone()).collect();
    let mut entrance_ids: Vec<Uuid> = spaces.iter().flat_map(|space| space.entrance_ids.clone()).collect();
    let space_ids: Vec<Uuid> = spaces.iter().map(|space| space.id).collect();
    let of_spaces =
        state.grants.iter().filter(|grant| grant.space_ids.iter().any(|id| space_ids.contains(id)));
    let mut method_ids: Vec<Uuid> = of_spaces.flat_map(crate::sandbox::record::Grant::method_ids).collect();
    for ids in [&mut device_ids, &mut entrance_ids, &mut method_ids] {
        ids.sort_unstable();
        ids.dedup();
    }
    let related = Related {
        spaces: space_ids,
        devices: device_ids,
        entrances: entrance_ids,
        methods: method_ids,
        identities: Vec::new(),
    };
    Ok(Reply::with("batch", &related.batch(call, &wanted)))
}

/// What hangs together with the things a call names, as one union.
#[derive(Debug)]
pub(crate) struct Related {
    pub(crate) spaces: Vec<Uuid>,
    pub(crate) devices: Vec<Uuid>,
    pub(crate) entrances: Vec<Uuid>,
    pub(crate) methods: Vec<Uuid>,
    pub(crate) identities: Vec<Uuid>,
}

impl Related {
    pub(crate) fn batch(&self, call: &Call<'_>, wanted: &[String]) -> Map<String, Value> {
        let render = call.edit.render();
        let state = render.state;
        let mut batch = Map::new();
        for kind in wanted {
            let objects: Vec<Value> = match kind.as_str() {
                "spaces" => self
                    .spaces
                    .iter()
                    .filter_map(|&id| state.spaces.get(id))
                    .map(|row| render.space(row))
                    .collect(),
                "devices" => self
                    .devices
                    .iter()
                    .filter_map(|&id| state.devices.get(id))
                    .map(|row| render.device(row))
                    .collect(),
                "acs_entrances" => self
                    .entrances
                    .iter()
                    .filter_map(|&id| state.entrances.get(id))
                    .map(|row| render.entrance(row))
                    .collect(),
                "acs_systems" => {
                    let of_entrances = self.entrances.iter().filter_map(|&id| state.entrances.get(id));
                    let mut system_ids: Vec<Uuid> = of_entrances.map(|entrance| entrance.system_id).collect();
                    system_ids.sort_unstable();
                    system_ids.dedup();
                    system_ids
                        .into_iter()
                        .filter_map(|id| state.systems.get(id))
                        .map(|row| render.system(row))
                        .collect()
                }
                "access_methods" => self
                    .methods
                    .iter()
                    .filter_map(|&id| state.methods.get(id))
                    .map(|row| render.method(row))
                    .collect(),
                "user_identities" => self
                    .identities
                    .iter()
                    .filter_map(|&id| state.identities.get(id))
                    .map(|row| render.identity(row))
                    .collect(),
                // The sandbox has no connected accounts and no access groups of its own.
                _ => Vec::new(),
            };
            batch.insert(kind.clone(), objects.into());
        }
        batch
    }
}

/// The kinds that `include` and `exclude` leave.
pub(crate) fn read_related(input: &mut Input<'_>, kinds: &[&str]) -> Vec<String> {
    let include = input.choices("include", kinds);
    let exclude = input.choices("exclude", kinds).unwrap_or_default();
    let all = || kinds.iter().map(|kind| (*kind).to_owned()).collect();
    let mut wanted: Vec<String> = include.unwrap_or_else(all);
    wanted.retain(|kind| !exclude.contains(kind));
    wanted
}
