//! Lines of the table of spaces that no stay uses yet, held against Seam: the guest who gets that unit next week would
//! stand outside.

use std::collections::BTreeSet;

use super::directory::Directory;
use super::places::nearest_keys;
use super::rows::words;
use super::settings::UnitRule;
use crate::model::{MethodSet, Problem, ProblemCode, SourcePlace, SpaceKey};

/// A problem for each line that leads to no space, or to one that none of the configured methods opens. What stays
/// want already is told with the stays, and left out here.
pub fn idle_lines(
    rule: &UnitRule,
    methods: MethodSet,
    wanted: &BTreeSet<SpaceKey>,
    directory: &Directory,
) -> Vec<Problem> {
    let UnitRule::Table(table) = rule else { return Vec::new() };
    let keys: BTreeSet<&str> = directory.keys().into_iter().map(SpaceKey::as_str).collect();
    let mut problems = Vec::new();
    for ((property, unit), spaces) in table {
        let of = match property {
            Some(property) => format!("unit `{unit}` of `{property}`"),
            None => format!("unit `{unit}`"),
        };
        for key in spaces.difference(wanted) {
            let (code, message, hint) = match directory.by_key(key) {
                None => (
                    ProblemCode::UnmappedUnit,
                    format!("{of} leads to the space `{key}`, which Seam has not"),
                    nearest_keys(key.as_str(), &keys, "create the space in Seam, or correct the table"),
                ),
                Some(space) if directory.space(space).methods.is_disjoint(&methods) => (
                    ProblemCode::DoorWithoutMethod,
                    format!(
                        "{of} leads to the space `{key}`, of which no door can be opened by {}",
                        words(methods)
                    ),
                    "choose another of `grants.methods`, or give the space its doors in Seam".to_owned(),
                ),
                Some(_) => continue,
            };
            let source = SourcePlace { container: "[spaces]".into(), row: 0 };
            problems.push(Problem { source, column: "unit", code, message, hint });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entrance, Inventory, Method, Space, Workspace};

    /// Seam with a space for each `(key, what opens its door)`.
    fn directory(spaces: &[(&str, MethodSet)]) -> Directory {
        let workspace =
            Workspace { id: "w".into(), name: String::new(), is_sandbox: true, is_suspended: false };
        Directory::of(&Inventory {
            workspace,
            spaces: spaces
                .iter()
                .map(|(key, _)| Space { id: (*key).into(), key: Some((*key).into()), name: String::new() })
                .collect(),
            entrances: spaces
                .iter()
                .map(|(key, methods)| Entrance {
                    id: (*key).into(),
                    name: String::new(),
                    spaces: [(*key).into()].into(),
                    methods: *methods,
                    can_belong_to_reservation: false,
                })
                .collect(),
            devices: Vec::new(),
            identities: Vec::new(),
            grants: Vec::new(),
        })
    }

    #[test]
    fn a_line_that_no_stay_uses_yet_is_held_against_seam() {
        let code = MethodSet::from_iter([Method::Code]);
        let card = MethodSet::from_iter([Method::Card]);
        let seam = directory(&[("room-101", code), ("room-102", card)]);
        let line = |property: Option<&str>, unit: &str, space: &str| {
            ((property.map(Into::into), unit.into()), BTreeSet::from([space.into()]))
        };
        let table = UnitRule::Table(
            [
                line(None, "101", "room-101"),
                line(None, "102", "room-102"),
                line(Some("LIS"), "103", "room-1O1"),
                line(None, "104", "cellar"),
            ]
            .into(),
        );
        let told = |wanted: &[&str]| -> Vec<String> {
            let wanted = wanted.iter().map(|key| (*key).into()).collect();
            idle_lines(&table, code, &wanted, &seam).iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            told(&[]),
            [
                "[spaces]: unit: unit `102` leads to the space `room-102`, of which no door can be opened by code \
                 (hint: choose another of `grants.methods`, or give the space its doors in Seam)",
                "[spaces]: unit: unit `104` leads to the space `cellar`, which Seam has not (hint: create the space \
                 in Seam, or correct the table)",
                "[spaces]: unit: unit `103` of `LIS` leads to the space `room-1O1`, which Seam has not (hint: nearest \
                 space keys in Seam: `room-101`, `room-102`)",
            ]
        );
        // What a stay wants is told with the stay.
        assert_eq!(told(&["room-102", "cellar", "room-1O1"]), [""; 0]);
        assert_eq!(idle_lines(&UnitRule::SourceNamesSpaces, code, &BTreeSet::new(), &seam), []);
    }
}
