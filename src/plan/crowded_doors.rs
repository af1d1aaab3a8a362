//! At which doors two parties can meet at all: the check looks at these only (RULES 17).

use hashbrown::HashSet;

use super::check::Base;
use super::outline::Plan;
use super::seam_rules::{ModelGrant, World};
use super::step::Call;
use crate::mapping::Desired;
use crate::model::{AccessGrantId, AccessGrantKey, DoorRef, Properties, SharedSet, SpaceId};

/// The time of a grant at a door, in seconds, without the buffers that every property has.
struct Span<'a> {
    door: DoorRef,
    from: i64,
    to: i64,
    key: &'a AccessGrantKey,
}

/// The doors that a plan opens and at which grants of two reservations share time, after it or while those that it
/// closes still stand. Most plans have none.
pub(super) fn crowded_doors<'w>(
    plan: &Plan,
    (before, after): (&World<'w>, &World<'w>),
    (base, desired): (&Base<'_>, &Desired),
    is_closed: impl Fn(&AccessGrantId) -> bool,
) -> HashSet<DoorRef> {
    let own_doors = |spaces: &SharedSet<SpaceId>| desired.doors.own_doors_by_id(base.directory, spaces);
    let opened: HashSet<DoorRef> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.call {
            Call::CreateGrant { spaces, .. } => Some(spaces),
            Call::UpdateGrant { id, .. } => Some(before.grant(id)?.spaces),
            _ => None,
        })
        .flat_map(own_doors)
        .collect();
    if opened.is_empty() {
        return HashSet::new();
    }
    let Properties { default, by_code } = &desired.properties;
    let all = || by_code.values().chain([default]);
    let early = all().map(|property| property.early_access.as_secs()).min().unwrap_or(0);
    let late = all().map(|property| property.late_exit.as_secs()).min().unwrap_or(0);
    let namespace = &base.settings.namespace;
    let closed = before.grants().filter(|grant| grant.id.is_some_and(&is_closed));
    let mut spans: Vec<Span<'_>> = Vec::new();
    for ModelGrant { key, spaces, window, .. } in closed.chain(after.grants()) {
        let Some(key) = key.filter(|key| namespace.owns(key)) else { continue };
        let from = window.starts_at.as_second() + early;
        let to = window.ends_at.map_or(i64::MAX, |end| end.as_second() - late);
        let doors = own_doors(spaces).into_iter().filter(|door| opened.contains(door));
        spans.extend(doors.map(|door| Span { door, from, to, key }));
    }
    spans.sort_unstable_by_key(|span| (span.door, span.from));
    let mut crowded = HashSet::new();
    let mut begun: Vec<&Span<'_>> = Vec::new();
    for span in &spans {
        begun.retain(|other| other.door == span.door && other.to > span.from);
        if begun.iter().any(|other| !namespace.are_of_one_reservation(other.key, span.key)) {
            crowded.insert(span.door);
        }
        begun.push(span);
    }
    crowded
}
