//! What comes of a night, in short text.

use std::sync::Arc;

use super::namespace;
use super::words::span;
use crate::model::{AccessGrantKey, GrantKeyParts, ReservationKey, Window, word};
use crate::plan::{Action, Call, GrantView, Item, Plan, StepId, Violation};

/// What comes of a night.
pub(in crate::plan) struct Planned {
    pub(super) plan: Plan,
    pub(super) violations: Vec<Violation>,
}

impl Planned {
    /// The lines of the plan, and the violations that the check found.
    pub(in crate::plan) fn lines(&self) -> String {
        let mut lines: Vec<String> = self.plan.items.iter().map(line).collect();
        lines.extend(self.violations.iter().map(|violation| format!("violation: {violation}")));
        lines.join("; ")
    }

    /// The calls for grants in their order, each with the calls that it waits for.
    pub(in crate::plan) fn calls(&self) -> String {
        let steps = &self.plan.steps;
        let told = steps.iter().filter_map(|step| {
            let call = call(&step.call)?;
            let waits = step.requires.iter().filter_map(|StepId(n)| self::call(&steps[*n as usize].call));
            let waits: Vec<String> = waits.collect();
            Some(if waits.is_empty() { call } else { format!("{call} ({})", waits.join(" ")) })
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// What a person has to look at: why, and who is concerned.
    pub(in crate::plan) fn matters(&self) -> String {
        let told = self.plan.matters.iter().map(|matter| {
            let names: Vec<&str> = matter.reservations.iter().map(ReservationKey::as_str).collect();
            format!("{} {} {}", word(&matter.code), names.join("+"), matter.unit)
        });
        told.collect::<Vec<_>>().join("; ")
    }

    /// How many guests are in house.
    pub(in crate::plan) fn in_house(&self) -> String {
        self.plan.in_house.n_stays.to_string()
    }

    /// What the guards counted.
    pub(in crate::plan) fn guards(&self) -> String {
        let counted = self.plan.guards.iter().filter(|check| check.count > 0);
        let told = counted.map(|check| {
            let tripped = if check.tripped { "!" } else { "" };
            format!("{}={}{tripped}", check.guard.as_str(), check.count)
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

/// `R1` for the first guest of a reservation, with the key of any other guest.
fn name_of(key: &AccessGrantKey) -> String {
    let Some(parts) = GrantKeyParts::parse(&namespace(), key) else { return key.to_string() };
    let GrantKeyParts { property: _, reservation, guest, door_set: _, ordinal: _ } = parts;
    match guest.as_str().strip_prefix(reservation.as_str()) {
        Some("/1") => reservation.to_string(),
        Some(number) => format!("{reservation}{number}"),
        None => format!("{reservation}:{guest}"),
    }
}

fn line(item: &Item) -> String {
    let Item { key, action, reason_code, before, after, held_by, .. } = item;
    let name = name_of(key);
    let why = word(reason_code);
    let units = |view: &GrantView| {
        let keys = view.space_keys.iter().map(|key| key.as_str().trim_start_matches("room-").to_owned());
        keys.collect::<Vec<_>>().join("+")
    };
    let days = |view: &GrantView| span(&Window { starts_at: view.starts_at, ends_at: view.ends_at });
    let one = |view: &Option<Arc<GrantView>>| {
        view.as_ref().map(|view| format!("{} {}", units(view), days(view))).unwrap_or_default()
    };
    match (action, before, after) {
        (Action::Create, ..) => format!("{name} + {}", one(after)),
        (Action::Update, Some(had), Some(has)) if days(had) == days(has) => format!("{name} ~ {why}"),
        (Action::Update, Some(had), Some(has)) => format!("{name} ~ {} > {} {why}", days(had), days(has)),
        (Action::Replace, ..) => format!("{name} {} > {} {why}", one(before), one(after)),
        (Action::Revoke, ..) => format!("{name} - {} {why}", one(before)),
        _ => format!("{name} ? {why}{}", held_by.map(|by| format!(" {}", word(&by))).unwrap_or_default()),
    }
}

fn call(call: &Call) -> Option<String> {
    let (sign, key) = match call {
        Call::CreateGrant { key, .. } => ("+", key),
        Call::UpdateGrant { key, window, .. } => {
            return Some(format!("~{} {}", name_of(key), span(window)));
        }
        Call::DeleteGrant { key, .. } => ("-", key),
        Call::AddMethods { key, .. } => ("+method ", key),
        Call::DeleteMethod { key, .. } => ("-method ", key),
        Call::CreateIdentity(_)
        | Call::UpdateIdentity { .. }
        | Call::TakeOverGrant { .. }
        | Call::RestoreMethods { .. } => {
            return None;
        }
    };
    Some(format!("{sign}{}", name_of(key)))
}
