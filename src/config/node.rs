//! The parsed file as a tree of values that know where they stand.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the user's file, by bytes.
    File(Range<usize>),
    /// In the profile of a known export.
    Profile,
    /// In the defaults.
    Default,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A text, after the environment was put in.
    Text(String),
    /// A date or time that was written without quotes.
    DateTime(String),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A list.
    Array(Vec<Node>),
    /// A table.
    Table(Table),
    /// Something that was already complained about.
    Unusable,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// An entry of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key_place: Place,
    pub(super) node: Node,
}

/// A table, by key.
pub(super) type Table = BTreeMap<String, Entry>;

/// Which file is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The user's.
    File,
    /// An embedded one for a known export.
    Profile,
    /// The embedded one.
    Default,
}

impl Origin {
    fn place(self, span: Range<usize>) -> Place {
        match self {
            Self::File => Place::File(span),
            Self::Profile => Place::Profile,
            Self::Default => Place::Default,
        }
    }
}

/// Takes over a parsed table.
pub(super) fn table(parsed: &DeTable<'_>, origin: Origin) -> Table {
    let place = |span: Range<usize>| origin.place(span);
    parsed
        .iter()
        .map(|(key, value)| {
            let node = Node { value: self::value(value.get_ref(), origin), place: place(value.span()) };
            (key.get_ref().to_string(), Entry { key_place: place(key.span()), node })
        })
        .collect()
}

fn value(parsed: &DeValue<'_>, origin: Origin) -> Value {
    match parsed {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
            .map_or_else(|_| Value::Float(f64::INFINITY), Value::Integer),
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Datetime(datetime) => Value::DateTime(datetime.to_string()),
        DeValue::Array(array) => {
            let items = array
                .iter()
                .map(|item| Node { value: value(item.get_ref(), origin), place: origin.place(item.span()) });
            Value::Array(items.collect())
        }
        DeValue::Table(inner) => Value::Table(table(inner, origin)),
    }
}

/// Lays the user's table over the defaults; tables are merged, all else is replaced.
pub(super) fn merge(over: &mut Table, defaults: Table) {
    for (key, entry) in defaults {
        match over.get_mut(&key) {
            None => {
                over.insert(key, entry);
            }
            Some(present) => {
                if let (Value::Table(present), Value::Table(default)) =
                    (&mut present.node.value, entry.node.value)
                {
                    merge(present, default);
                }
            }
        }
    }
}

impl Value {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::DateTime(_) => "a date or time",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
            Self::Unusable => "unusable",
        }
    }
}
