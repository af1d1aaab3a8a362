//! `/events/list`. It has no cursor, only `unstable_offset`.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};
use crate::sandbox::input::Input;
use crate::sandbox::record::Event;
use crate::sandbox::text_form::InstantForm;

const MAX_IDS: usize = 100;

pub(crate) fn list(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut input = Input::new(call.body);
    let (after, before) = read_window(&mut input);
    let limit = input.limit(500);
    let kinds = either(input.text("event_type"), input.texts("event_types"));
    let event_ids = input.uuids("event_ids");
    let mut read_ids = |one: &str, several: &str| {
        let ids = input.uuids(several);
        if ids.as_ref().is_some_and(|ids| ids.len() > MAX_IDS) {
            input.complain_about(several, "Array must contain at most 100 element(s)");
        }
        either(input.uuid(one), ids)
    };
    let grant_ids = read_ids("access_grant_id", "access_grant_ids");
    let method_ids = read_ids("access_method_id", "access_method_ids");
    let space_ids = read_ids("space_id", "space_ids");
    let entrance_id = input.uuid("acs_entrance_id");
    let offset = call.body.get("unstable_offset").and_then(Value::as_u64).unwrap_or(0);
    input.finish()?;
    let concerns_grant = |event: &Event, ids: &[Uuid]| {
        event.grant_id.iter().chain(&event.grant_ids).any(|id| ids.contains(id))
    };
    let keep = |event: &&Event| {
        after.is_none_or(|after| event.at > after)
            && before.is_none_or(|before| event.at < before)
            && kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
            && event_ids.as_ref().is_none_or(|ids| ids.contains(&event.id))
            && grant_ids.as_ref().is_none_or(|ids| concerns_grant(event, ids))
            && method_ids.as_ref().is_none_or(|ids| event.method_id.is_some_and(|id| ids.contains(&id)))
            && space_ids.as_ref().is_none_or(|ids| event.space_id.is_some_and(|id| ids.contains(&id)))
            && entrance_id.is_none_or(|id| event.entrance_id == Some(id))
    };
    let render = call.edit.render();
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let events: Vec<Value> = render
        .state
        .events
        .iter()
        .filter(keep)
        .skip(offset)
        .take(limit)
        .map(|event| render.event(event))
        .collect();
    Ok(Reply::list("events", &events, None))
}

/// `since` or `between`, one of which must be given; the bounds are outside.
fn read_window(input: &mut Input<'_>) -> (Option<Timestamp>, Option<Timestamp>) {
    let since = input.instant("since", InstantForm::Loose);
    let between = input.texts("between");
    match (input.has("since"), input.has("between")) {
        (false, false) => input.complain("Must specify either since or between"),
        (true, true) => input.complain("Must specify only one of since and between"),
        _ => {}
    }
    let Some(between) = between else { return (since, None) };
    let instants: Vec<Timestamp> = between.iter().filter_map(|text| text.parse().ok()).collect();
    match instants.as_slice() {
        [after, before] if after < before => (Some(*after), Some(*before)),
        _ => {
            input.complain_about("between", "Must be two dates, the second after the first");
            (None, None)
        }
    }
}

fn either<T>(one: Option<T>, several: Option<Vec<T>>) -> Option<Vec<T>> {
    match (one, several) {
        (None, several) => several,
        (Some(one), several) => {
            let mut all = several.unwrap_or_default();
            all.push(one);
            Some(all)
        }
    }
}
