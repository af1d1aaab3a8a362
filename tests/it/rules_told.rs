//! Plans as short lines of text: the lines people read and, indented, the calls with what each waits for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reservation_sync::model::{AccessMethodId, GrantKeyParts, MethodSet, SpaceKey, Window};
use reservation_sync::plan::{
    Action, Call, GrantView, IdentityTarget, Item, NewIdentity, Patch, Step, StepId,
};

use crate::small_world::namespace;

/// The lines of a plan and, indented, its calls.
pub(crate) fn told(items: &[Item], steps: &[Step]) -> String {
    let lines = items.iter().map(line);
    let calls = steps.iter().enumerate().map(|(number, step)| call(number, step));
    lines.chain(calls).collect()
}

fn line(item: &Item) -> String {
    let Item { key, action, reason_code, impact, before, after, held_by, .. } = item;
    let action = match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Revoke => "-",
        Action::Hold => "?",
        Action::None => "=",
    };
    let views = match (before, after) {
        (Some(before), Some(after)) if view(before) != view(after) => {
            format!(" {} -> {}", view(before), view(after))
        }
        // What waits without a place has nothing to show but the key and the reason.
        (None, Some(waiting)) if waiting.space_keys.is_empty() => String::new(),
        (Some(one), _) | (None, Some(one)) => format!(" {}", view(one)),
        (None, None) => String::new(),
    };
    let word = |value: serde_json::Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let why = word(serde_json::to_value(reason_code).expect("a word"));
    let consequence = match held_by {
        Some(by) => format!("held by {}", word(serde_json::to_value(by).expect("a word"))),
        None => word(serde_json::to_value(impact).expect("a word")),
    };
    format!("{action} {}{views} | {why}, {consequence}\n", short(key.as_str()))
}

fn view(view: &GrantView) -> String {
    let spaces: Vec<&str> = view.space_keys.iter().map(SpaceKey::as_str).collect();
    let methods: Vec<&str> = view.methods.iter().map(|method| method.as_str()).collect();
    let key = view.reservation_key.as_ref().map_or("-", |key| key.as_str());
    let window = Window { starts_at: view.starts_at, ends_at: view.ends_at };
    format!("[{}] {} {} key={key}", spaces.join(" "), span(&window), methods.join("+"))
}

pub(crate) fn span(window: &Window) -> String {
    let moment = |at: Timestamp| {
        let local = TimeZone::UTC.to_datetime(at);
        let minute = if local.minute() == 0 { String::new() } else { format!(":{:02}", local.minute()) };
        format!("{:02}-{:02}T{:02}{minute}", local.month(), local.day(), local.hour())
    };
    format!("{}..{}", moment(window.starts_at), window.ends_at.map_or_else(String::new, moment))
}

/// `pms::R1:G1:0a1b2c3d4e:2` as `R1:G1:2`.
pub(crate) fn short(key: &str) -> String {
    let Some(parts) = GrantKeyParts::parse(&namespace(), &key.into()) else { return key.to_owned() };
    let GrantKeyParts { property, reservation, guest, door_set: _, ordinal } = parts;
    let property = if property.as_str().is_empty() { String::new() } else { format!("{property}/") };
    let ordinal = if ordinal > 1 { format!(":{ordinal}") } else { String::new() };
    format!("{property}{reservation}:{guest}{ordinal}")
}

fn call(number: usize, step: &Step) -> String {
    let waits = |word: &str, steps: &[StepId]| {
        let numbers: Vec<String> = steps.iter().map(|step| step.0.to_string()).collect();
        if numbers.is_empty() { String::new() } else { format!(" {word} {}", numbers.join(",")) }
    };
    let methods =
        |methods: &MethodSet| methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join("+");
    let told = match &step.call {
        Call::CreateIdentity(new) => person(new),
        Call::UpdateIdentity { id: _, key, full_name, email, phone } => {
            let fields = [patch("name", full_name), patch("email", email), patch("phone", phone)].concat();
            format!("change person {key}{fields}")
        }
        Call::CreateGrant { key, identity, code, .. } => {
            let whose = match identity {
                IdentityTarget::Known(_) => " for known".to_owned(),
                IdentityTarget::New { identity, made_by: None } => format!(" with {}", person(identity)),
                IdentityTarget::New { made_by: Some(_), .. } => String::new(),
            };
            format!(
                "create {}{whose}{}",
                short(key.as_str()),
                if code.is_some() { " wishing a code" } else { "" }
            )
        }
        Call::UpdateGrant { key, .. } => format!("window {}", short(key.as_str())),
        Call::TakeOverGrant { key, .. } => format!("take over as {}", short(key.as_str())),
        Call::DeleteGrant { key, .. } => format!("delete {}", short(key.as_str())),
        Call::AddMethods { key, methods: added, .. } => {
            format!("add {} {}", short(key.as_str()), methods(added))
        }
        Call::RestoreMethods { key, methods: made } => {
            format!("see that {} still has {}", short(key.as_str()), methods(made))
        }
        Call::DeleteMethod { key, id } => format!("drop {} {}", short(key.as_str()), kind(id)),
    };
    format!("  {number} {told}{}{}\n", waits("after", &step.requires), waits("behind", &step.follows))
}

fn person(new: &NewIdentity) -> String {
    let NewIdentity { key, full_name, email, phone } = new;
    let some = |name: &str, value: Option<String>| {
        value.map_or_else(String::new, |value| format!(" {name}={value}"))
    };
    format!(
        "person {key}{}{}{}",
        some("name", full_name.as_ref().map(ToString::to_string)),
        some("email", email.as_ref().map(ToString::to_string)),
        some("phone", phone.as_ref().map(ToString::to_string))
    )
}

/// The kind of an access method of the test, which its id ends with.
fn kind(id: &AccessMethodId) -> String {
    id.to_string().rsplit('-').next().unwrap_or_default().to_owned()
}

fn patch<T: std::fmt::Display>(name: &str, patch: &Patch<T>) -> String {
    match patch {
        Patch::Keep => String::new(),
        Patch::Set(value) => format!(" {name}={value}"),
        Patch::Clear => format!(" {name}=null"),
    }
}
