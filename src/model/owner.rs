//! Whose a namespace is: the configuration that made its grants, as far as it decides which grants belong together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::name::PropertyCode;

/// The properties and the spaces rule of a configuration. Another configuration with the same namespace would take the
/// grants of this one for stays that vanished (RULES 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The codes of its properties; empty where it has one without a code.
    pub properties: BTreeSet<PropertyCode>,
    /// How its units lead to spaces.
    pub spaces: SpacesRule,
}

/// How units lead to spaces: the rule, not what it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpacesRule {
    /// The source names spaces itself.
    SpaceKeys,
    /// A template, as it is written.
    Template(String),
    /// The path of a table; what stands in it may change.
    Table(String),
}

impl Owner {
    /// In words, for a person who compares two of them.
    pub fn in_words(&self) -> String {
        let Self { properties, spaces } = self;
        let spaces = match spaces {
            SpacesRule::SpaceKeys => "spaces named by the source".to_owned(),
            SpacesRule::Template(template) => format!("spaces by the template `{template}`"),
            SpacesRule::Table(path) => format!("spaces by the table `{path}`"),
        };
        if properties.is_empty() {
            return format!("one property and {spaces}");
        }
        let codes: Vec<&str> = properties.iter().map(PropertyCode::as_str).collect();
        format!("the properties {} and {spaces}", codes.join(", "))
    }
}
