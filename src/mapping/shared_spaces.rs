//! Units and spaces that several reservations may have at once, as `[spaces] shared` names them (RULES 12).
//!
//! Never decides that a door is common because many open it: that is read from the stays of a night.

use crate::model::{SpaceKey, Unit};

/// A name of a unit or space, in which `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NamePatternError {
    /// Nothing is named.
    #[error("must not be blank")]
    Blank,
    /// Every unit would be meant.
    #[error("`*` alone would let any two reservations into one room")]
    Everything,
}

impl NamePattern {
    /// Reads a name, or a pattern such as `dorm-*`; case counts, as in the keys of Seam.
    pub fn parse(text: &str) -> Result<Self, NamePatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NamePatternError::Blank);
        }
        if text.chars().all(|c| c == '*') {
            return Err(NamePatternError::Everything);
        }
        Ok(Self { text: text.to_owned() })
    }

    fn matches(&self, name: &str) -> bool {
        has_fixed_texts(self.text.split('*'), name)
    }
}

/// Whether `name` begins with the first of the texts, ends with the last, and has the others between them in their
/// order. A single text is the whole name.
pub(super) fn has_fixed_texts<'a>(texts: impl IntoIterator<Item = &'a str>, name: &str) -> bool {
    let mut texts = texts.into_iter().peekable();
    let Some(first) = texts.next() else { return name.is_empty() };
    if texts.peek().is_none() {
        return first == name;
    }
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    while let Some(text) = texts.next() {
        if texts.peek().is_none() {
            return rest.ends_with(text);
        }
        let Some(at) = rest.find(text) else { return false };
        rest = &rest[at + text.len()..];
    }
    true
}

/// Units and spaces in which all reservations are one party (RULES 12); by default none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedSpaces {
    patterns: Vec<NamePattern>,
}

impl SharedSpaces {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether several reservations may have the space of the unit at once: a pattern names one of the two.
    pub fn is_shared(&self, unit: &Unit, space: &SpaceKey) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(unit.as_str()) || pattern.matches(space.as_str()))
    }
}

impl FromIterator<NamePattern> for SharedSpaces {
    fn from_iter<I: IntoIterator<Item = NamePattern>>(patterns: I) -> Self {
        Self { patterns: patterns.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(patterns: &[&str]) -> SharedSpaces {
        patterns.iter().map(|text| NamePattern::parse(text).expect("a good pattern")).collect()
    }

    #[test]
    fn shared_names_a_unit_or_its_space() {
        let check = |patterns: &[&str], unit: &str, space: &str, expected: bool| {
            let found = shared(patterns).is_shared(&unit.into(), &space.into());
            assert_eq!(found, expected, "{patterns:?}: unit {unit}, space {space}");
        };
        check(&[], "dorm-1", "dorm-1", false);
        check(&["dorm-*", "lobby"], "dorm-1", "room-7", true);
        check(&["dorm-*", "lobby"], "101", "lobby", true);
        check(&["dorm-*", "lobby"], "101", "room-101", false);
        // A name without `*` is the whole name.
        check(&["dorm"], "dorm-1", "dorm-2", false);
        check(&["10"], "101", "room-101", false);
        // Case counts: `Suite` and `suite` may be two spaces of Seam.
        check(&["dorm-*"], "DORM-1", "room-7", false);
    }

    #[test]
    fn star_stands_for_any_text() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let pattern = NamePattern::parse(pattern).expect("a good pattern");
            assert_eq!(pattern.matches(name), expected, "{pattern:?}: {name}");
        };
        check("dorm-*", "dorm-", true);
        check("dorm-*", "dorm", false);
        check("dorm-*", "old-dorm-1", false);
        check("*-bed", "dorm-1-bed", true);
        check("*-bed", "dorm-1-beds", false);
        check("d*-*d", "dorm-1-bed", true);
        check("d*-*d", "d-d", true);
        check("d*-*d", "dd", false);
        // No text is found twice: the end is not the beginning.
        check("ab*ba", "aba", false);
        check("ab*ba", "abba", true);
        check("a**b", "a-b", true);
        check("schlaf*ö*", "schlafsaal-größe-ö", true);
    }

    #[test]
    fn pattern_for_everything_is_refused() {
        for (text, expected) in [
            ("*", NamePatternError::Everything),
            (" ** ", NamePatternError::Everything),
            (" ", NamePatternError::Blank),
        ] {
            assert_eq!(NamePattern::parse(text), Err(expected), "{text:?}");
        }
    }
}
