//! What the configuration tells the mapping.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Methods, where the row does not name its own.
    pub methods: MethodSet,
    /// Which guests.
    pub guests: GuestScope,
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
    fn a_template_that_would_open_the_same_door_for_all_is_refused() {
        let check = |text, expected| assert_eq!(SpaceTemplate::parse(text), Err(expected), "{text}");
        check("lobby", TemplateError::WithoutUnit);
        check("room-{room}", TemplateError::UnknownField("room".to_owned()));
        check("room-{unit", TemplateError::Unbalanced);
        check("room-unit}", TemplateError::Unbalanced);
    }
}
