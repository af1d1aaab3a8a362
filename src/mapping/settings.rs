//! What the configuration tells the mapping.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::AddressRules;
use super::shared_spaces::{SharedSpaces, has_fixed_texts};
use crate::model::{MethodSet, Namespace, Properties, PropertyCode, SpaceKey, Unit};

/// Which guests of a reservation get a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestScope {
    /// Every named guest.
    All,
    /// The one who booked.
    Primary,
}

/// How a unit becomes spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitRule {
    /// The source names spaces itself.
    SourceNamesSpaces,
    /// A template such as `room-{unit}` or `{property}-{unit}`.
    Template(SpaceTemplate),
    /// A table; an entry for a property goes before one for all.
    Table(BTreeMap<(Option<PropertyCode>, Unit), BTreeSet<SpaceKey>>),
}

impl UnitRule {
    /// Whether some unit can lead to that space.
    pub fn may_name(&self, space: &SpaceKey) -> bool {
        match self {
            Self::SourceNamesSpaces => true,
            Self::Template(template) => template.may_give(space),
            Self::Table(table) => table.values().any(|spaces| spaces.contains(space)),
        }
    }

    /// Whether it says where the units of a property are.
    pub(super) fn knows_property(&self, property: &PropertyCode) -> bool {
        match self {
            Self::SourceNamesSpaces => false,
            Self::Template(template) => template.pieces.contains(&Piece::Property),
            Self::Table(table) => table.keys().any(|(code, _)| code.as_ref() == Some(property)),
        }
    }

    /// Whether it names a property at all.
    pub(super) fn knows_some_property(&self) -> bool {
        match self {
            Self::SourceNamesSpaces => false,
            Self::Template(template) => template.pieces.contains(&Piece::Property),
            Self::Table(table) => table.keys().any(|(code, _)| code.is_some()),
        }
    }

    /// Spaces that people of several units enter side by side, such as the hall of a floor or a dormitory: who is in
    /// one of those units is not in the way of the others. Where a unit has no door of its own beside such a space and
    /// another has more, they are parts of each other, as a room is of its suite, and are in each other's way.
    pub fn entered_side_by_side(&self) -> BTreeSet<SpaceKey> {
        let Self::Table(table) = self else { return BTreeSet::new() };
        let mut units: BTreeMap<&SpaceKey, Vec<&BTreeSet<SpaceKey>>> = BTreeMap::new();
        for spaces in table.values() {
            for space in spaces {
                units.entry(space).or_default().push(spaces);
            }
        }
        let has_its_own = |spaces: &&BTreeSet<SpaceKey>| spaces.iter().any(|space| units[space].len() == 1);
        let is_alike = |units: &[&BTreeSet<SpaceKey>]| units.iter().all(|spaces| *spaces == units[0]);
        let side_by_side = units
            .iter()
            .filter(|(_, units)| units.len() > 1 && (is_alike(units) || units.iter().all(has_its_own)));
        side_by_side.map(|(space, _)| (*space).clone()).collect()
    }
}

/// A space key with holes for `{unit}` and `{property}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpaceTemplate {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Unit,
    Property,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A hole with another name.
    #[error("unknown field `{{{0}}}` in the template")]
    UnknownField(String),
    /// A brace without its twin.
    #[error("a brace without its twin in the template")]
    Unbalanced,
    /// Every unit would get the same space.
    #[error("the template does not use `{{unit}}`, so that every unit would open the same door")]
    WithoutUnit,
}

impl SpaceTemplate {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            if rest[open..].starts_with('}') {
                return Err(TemplateError::Unbalanced);
            }
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            let close = rest[open..].find('}').ok_or(TemplateError::Unbalanced)? + open;
            pieces.push(match &rest[open + 1..close] {
                "unit" => Piece::Unit,
                "property" => Piece::Property,
                other => return Err(TemplateError::UnknownField(other.to_owned())),
            });
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        if !pieces.contains(&Piece::Unit) {
            return Err(TemplateError::WithoutUnit);
        }
        Ok(Self { pieces })
    }

    /// Whether some unit of some property has that space: the fixed texts are found in it, in their order.
    fn may_give(&self, space: &SpaceKey) -> bool {
        let mut texts = vec![""];
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => *texts.last_mut().expect("it begins with one") = text,
                Piece::Unit | Piece::Property => texts.push(""),
            }
        }
        has_fixed_texts(texts, space.as_str())
    }

    /// The space of a unit.
    pub fn fill(&self, property: &PropertyCode, unit: &Unit) -> SpaceKey {
        let mut key = String::new();
        for piece in &self.pieces {
            key.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Unit => unit.as_str(),
                Piece::Property => property.as_str(),
            });
        }
        SpaceKey::new(key)
    }
}

/// Everything the mapping is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingSettings {
    /// The prefix of our keys.
    pub namespace: Namespace,
    /// Zones, hours and buffers.
    pub properties: Properties,
    /// How a unit becomes spaces.
    pub units: UnitRule,
    /// Spaces that every stay gets.
    pub also: BTreeSet<SpaceKey>,
    /// Units and spaces that several reservations may have at once.
    pub shared: SharedSpaces,
    /// Methods, where the row does not name its own.
    pub methods: MethodSet,
    /// Which guests.
    pub guests: GuestScope,
    /// What is never sent as a guest's e-mail address.
    pub addresses: AddressRules,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_the_space_of_a_unit() {
        let template = SpaceTemplate::parse("{property}/room-{unit}").expect("both fields are known");
        assert_eq!(template.fill(&"LIS".into(), &"0101".into()), "LIS/room-0101".into());
    }

    #[test]
    fn a_space_that_no_unit_leads_to_is_told_from_one_that_may() {
        let check = |text: &str, space: &str, expected: bool| {
            let rule = UnitRule::Template(SpaceTemplate::parse(text).expect("a good template"));
            assert_eq!(rule.may_name(&space.into()), expected, "{space} by {text}");
        };
        check("room-{unit}", "room-101", true);
        check("room-{unit}", "lobby", false);
        check("{unit}", "lobby", true);
        check("{property}/room-{unit}", "LIS/room-101", true);
        check("{property}/room-{unit}", "LIS/lobby", false);
        check("r{unit}-door", "r101-door", true);
        check("r{unit}-door", "r101", false);
        let table =
            UnitRule::Table(BTreeMap::from([((None, "101".into()), ["a".into(), "b".into()].into())]));
        assert!(table.may_name(&"b".into()) && !table.may_name(&"lobby".into()));
        assert!(UnitRule::SourceNamesSpaces.may_name(&"lobby".into()));
    }

    #[test]
    fn a_hall_and_a_dormitory_are_entered_side_by_side_and_a_room_of_a_suite_is_not() {
        let check = |table: &[(&str, &[&str])], expected: &[&str]| {
            let unit = |(unit, spaces): &(&str, &[&str])| {
                ((None, Unit::new(unit)), spaces.iter().map(SpaceKey::new).collect())
            };
            let found = UnitRule::Table(table.iter().map(unit).collect()).entered_side_by_side();
            let found: Vec<&str> = found.iter().map(SpaceKey::as_str).collect();
            assert_eq!(found, expected, "{table:?}");
        };
        check(&[("101", &["room-101"]), ("102", &["room-102"])], &[]);
        check(&[("101", &["room-101", "hall"]), ("102", &["room-102", "hall"])], &["hall"]);
        check(&[("bed-1", &["dorm"]), ("bed-2", &["dorm"])], &["dorm"]);
        check(&[("bed-1", &["dorm", "hall"]), ("bed-2", &["dorm", "hall"])], &["dorm", "hall"]);
        check(&[("101", &["room-101"]), ("102", &["room-102"]), ("suite", &["room-101", "room-102"])], &[]);
        check(&[("101", &["room-101"]), ("suite", &["room-101", "salon"])], &[]);
        assert!(UnitRule::SourceNamesSpaces.entered_side_by_side().is_empty());
    }

    #[test]
    fn a_template_that_would_open_the_same_door_for_all_is_refused() {
        let check = |text, expected| assert_eq!(SpaceTemplate::parse(text), Err(expected), "{text}");
        check("lobby", TemplateError::WithoutUnit);
        check("room-{room}", TemplateError::UnknownField("room".to_owned()));
        check("room-{unit", TemplateError::Unbalanced);
        check("room-unit}", TemplateError::Unbalanced);
    }
}
