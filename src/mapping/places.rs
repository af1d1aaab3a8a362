//! From where a row says the guest stays to the spaces of the workspace. There is no door to fall back to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use hashbrown::HashMap;

use super::desired::UnitSpaces;
use super::directory::{Directory, SpaceRef};
use super::neighbours::Spot;
use super::settings::UnitRule;
use crate::model::{Place, Problem, ProblemCode, PropertyCode, SharedSet, SourcePlace, SpaceKey, Unit};

/// Why a place gives no spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The unit is not decided yet.
    Unassigned,
    /// The configuration does not know the property.
    UnknownProperty,
    /// The unit or the space key leads to nothing in the workspace.
    Unmapped { unit: Unit, space: Option<SpaceKey> },
}

/// Where places lead to. Each is looked up once, because a hundred thousand stays are in a few hundred places.
#[derive(Debug)]
pub(super) struct Places<'a> {
    rule: &'a UnitRule,
    directory: &'a Directory,
    unknown_properties: BTreeSet<PropertyCode>,
    known: HashMap<PropertyCode, HashMap<Place, Result<SharedSet<UnitSpaces>, NoPlace>>>,
    side_by_side: BTreeSet<SpaceRef>,
}

impl<'a> Places<'a> {
    pub(super) fn new(
        rule: &'a UnitRule,
        directory: &'a Directory,
        unknown_properties: BTreeSet<PropertyCode>,
    ) -> Self {
        let side_by_side = rule.entered_side_by_side();
        let side_by_side = side_by_side.iter().filter_map(|space| directory.by_key(space)).collect();
        Self { rule, directory, unknown_properties, known: HashMap::new(), side_by_side }
    }

    /// The units of a place with their spaces.
    pub(super) fn spaces_of(
        &mut self,
        place: &Place,
        property: &PropertyCode,
    ) -> Result<SharedSet<UnitSpaces>, NoPlace> {
        let Self { rule, directory, unknown_properties, known, side_by_side: _ } = self;
        if unknown_properties.contains(property) {
            return Err(NoPlace::UnknownProperty);
        }
        let of_property = known.entry_ref(property).or_default();
        of_property.entry_ref(place).or_insert_with(|| spaces_of(place, property, rule, directory)).clone()
    }

    /// Spaces that people of several units enter side by side.
    pub(super) fn side_by_side(&self) -> &BTreeSet<SpaceRef> {
        &self.side_by_side
    }
}

/// What somebody has who is in those units.
pub(super) fn spots<'u>(
    units: &'u SharedSet<UnitSpaces>,
    side_by_side: &'u BTreeSet<SpaceRef>,
) -> impl Iterator<Item = Spot> + 'u {
    units.iter().flat_map(|UnitSpaces { unit, spaces }| {
        spaces.iter().map(|space| (*space, side_by_side.contains(space).then(|| unit.clone())))
    })
}

fn spaces_of(
    place: &Place,
    property: &PropertyCode,
    rule: &UnitRule,
    directory: &Directory,
) -> Result<SharedSet<UnitSpaces>, NoPlace> {
    match place {
        Place::Unassigned => Err(NoPlace::Unassigned),
        Place::Spaces(keys) => keys
            .iter()
            .map(|key| resolved(&Unit::new(key.as_str()), [key.clone()].into(), directory))
            .collect(),
        Place::Units(units) => {
            units.iter().map(|unit| resolved(unit, keys_of(unit, property, rule)?, directory)).collect()
        }
    }
}

pub(super) fn keys_of(
    unit: &Unit,
    property: &PropertyCode,
    rule: &UnitRule,
) -> Result<BTreeSet<SpaceKey>, NoPlace> {
    let unmapped = || NoPlace::Unmapped { unit: unit.clone(), space: None };
    match rule {
        UnitRule::SourceNamesSpaces => Err(unmapped()),
        UnitRule::Template(template) => Ok([template.fill(property, unit)].into()),
        UnitRule::Table(table) => table
            .get(&(Some(property.clone()), unit.clone()))
            .or_else(|| table.get(&(None, unit.clone())))
            .cloned()
            .ok_or_else(unmapped),
    }
}

fn resolved(unit: &Unit, keys: BTreeSet<SpaceKey>, directory: &Directory) -> Result<UnitSpaces, NoPlace> {
    let mut spaces: Vec<SpaceRef> = Vec::with_capacity(keys.len());
    for key in keys {
        match directory.by_key(&key) {
            Some(space) => spaces.push(space),
            None => return Err(NoPlace::Unmapped { unit: unit.clone(), space: Some(key) }),
        }
    }
    spaces.sort_unstable();
    Ok(UnitSpaces { unit: unit.clone(), spaces })
}

/// Units that lead nowhere, told once each with the number of their stays and the keys that look most alike.
#[derive(Debug, Default)]
pub(super) struct UnmappedUnits {
    seen: BTreeMap<(Unit, Option<SpaceKey>), (usize, SourcePlace)>,
}

impl UnmappedUnits {
    pub(super) fn add(&mut self, unit: Unit, space: Option<SpaceKey>, source: &SourcePlace) {
        self.seen.entry((unit, space)).or_insert_with(|| (0, source.clone())).0 += 1;
    }

    pub(super) fn into_problems(self, directory: &Directory) -> Vec<Problem> {
        let keys: BTreeSet<&str> = directory.keys().into_iter().map(SpaceKey::as_str).collect();
        self.seen
            .into_iter()
            .map(|((unit, space), (n_stays, source))| {
                let wanted = space.map_or_else(|| unit.to_string(), |space| space.to_string());
                let otherwise = "add the unit to the table of spaces, or create the space in Seam";
                let hint = nearest_keys(&wanted, &keys, otherwise);
                let message = format!("unit `{unit}` leads to no space in Seam (wanted `{wanted}`)");
                told(source, message, n_stays, hint)
            })
            .collect()
    }
}

/// A unit that leads nowhere, once for all its stays.
pub(super) fn told(source: SourcePlace, message: impl Display, n_stays: usize, hint: String) -> Problem {
    let stays = if n_stays == 1 { "1 stay".to_owned() } else { format!("{n_stays} stays") };
    let message = format!("{message}; {stays} held");
    Problem { source, column: "unit", code: ProblemCode::UnmappedUnit, message, hint }
}

/// The hint beside a space that Seam has not: the keys most alike, or something else where none is.
pub(super) fn nearest_keys(wanted: &str, keys: &BTreeSet<&str>, otherwise: &str) -> String {
    let nearest = nearest(wanted, keys.iter().copied());
    if nearest.is_empty() {
        otherwise.to_owned()
    } else {
        format!("nearest space keys in Seam: {}", nearest.join(", "))
    }
}

/// The three words that look most alike, in quotes; none that look nothing like it.
pub(super) fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let mut by_distance: Vec<(usize, &str)> = known
        .into_iter()
        .map(|word| (distance(&wanted, &word.to_lowercase().chars().collect::<Vec<_>>()), word))
        .filter(|(distance, word)| *distance * 2 <= word.chars().count().max(wanted.len()))
        .collect();
    by_distance.sort_unstable();
    by_distance.into_iter().take(3).map(|(_, word)| format!("`{word}`")).collect()
}

/// The number of letters to add, drop or change (Levenshtein).
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
