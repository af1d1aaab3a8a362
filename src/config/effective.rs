//! The configuration that holds, value by value, with where each comes from.

use std::path::Path;

use toml::de::DeTable;

use super::environment::Environment;
use super::fill_in::toml_string;
use super::load::{DEFAULTS, defaults};
use super::masking::masked;
use super::node::{self, Node, Origin, Place, Table, Value};
use super::profiles::laid_under;
use super::source_section::profile_named;

/// A value that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveValue {
    /// The key from the root, such as `source.max_age`.
    pub key: String,
    /// The value as TOML; what is secret in it is blanked, and a variable stands by its name.
    pub value: String,
    /// Where it comes from.
    pub origin: String,
}

/// The variables that say something which a file may say too, and the key in place of which they stand.
const VARIABLES: [(&str, &str); 5] = [
    ("SEAM_ENDPOINT", "seam.endpoint"),
    ("SEAM_API_KEY", "seam.api_key"),
    ("SEAM_API_KEY_FILE", "seam.api_key"),
    ("SEAM_PERSONAL_ACCESS_TOKEN", "seam.personal_access_token"),
    ("SEAM_WORKSPACE_ID", "seam.workspace_id"),
];

/// The file with the defaults, with what each key is for.
pub fn default_file() -> &'static str {
    DEFAULTS
}

/// The values that hold with the text of a file in a folder, in the order of their keys.
pub fn effective_values(text: &str, folder: &Path, environment: &Environment) -> Vec<EffectiveValue> {
    let (parsed, _) = DeTable::parse_recoverable(text);
    let mut table = node::table(parsed.get_ref(), Origin::File);
    let profile = profile_named(&table).unwrap_or_default().to_owned();
    if let Ok(settings) = laid_under(&profile, folder) {
        node::merge(&mut table, settings);
    }
    node::merge(&mut table, defaults());
    let mut values = Vec::new();
    let origin = |node: &Node| {
        let origin = match &node.place {
            Place::File(span) => format!("file, line {}", text[..span.start].lines().count().max(1)),
            Place::Profile => format!("profile {profile}"),
            Place::Default => "default".to_owned(),
        };
        match &node.value {
            Value::Text(text) if text.contains("${") => format!("{origin}, from the environment"),
            _ => origin,
        }
    };
    collect(&table, "", &origin, &mut values);
    // Neither a variable nor a key reaches the emulator.
    if !values.iter().any(|value| value.key == "seam.endpoint" && value.value == "\"sandbox\"") {
        for (variable, key) in VARIABLES {
            let Some(value) = environment.get(variable) else { continue };
            values.retain(|known| known.key != key);
            let is_shown = ["SEAM_ENDPOINT", "SEAM_WORKSPACE_ID"].contains(&variable);
            let value = if is_shown { masked(&toml_string(value)) } else { "\"***\"".to_owned() };
            values.push(EffectiveValue {
                key: key.to_owned(),
                value,
                origin: format!("environment, {variable}"),
            });
        }
    }
    values.sort_by(|left, right| left.key.cmp(&right.key));
    values
}

fn collect(table: &Table, path: &str, origin: &impl Fn(&Node) -> String, values: &mut Vec<EffectiveValue>) {
    for (key, entry) in table {
        let is_bare = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let key = if is_bare && !key.is_empty() { key.clone() } else { toml_string(key) };
        let key = if path.is_empty() { key } else { format!("{path}.{key}") };
        match &entry.node.value {
            Value::Table(inner) => collect(inner, &key, origin, values),
            value => {
                let line = masked(&format!("{key} = {}", written(value)));
                let value = line.split_once(" = ").map_or("", |(_, value)| value).to_owned();
                values.push(EffectiveValue { key, value, origin: origin(&entry.node) });
            }
        }
    }
}

/// A value as TOML writes it.
fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => toml_string(text),
        Value::DateTime(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| written(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(table) => {
            let entries = table.iter().map(|(key, entry)| format!("{key} = {}", written(&entry.node.value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Unusable => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "policy = 'sync'\n[source]\nprofile = 'cloudbeds'\npath = 'a.csv'\nurl = 'postgres://me:pw@db/x'\n\
                        [store]\nurl = '${STORE}'\n[columns]\nunit = ['Door', 'Room']\n";

    fn check(variables: &Environment, key: &str, expected: Option<(&str, &str)>) {
        let values = effective_values(FILE, Path::new(""), variables);
        let found = values.iter().find(|value| value.key == key);
        assert_eq!(found.map(|value| (value.value.as_str(), value.origin.as_str())), expected, "{key}");
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let plain = Environment::default();
        check(&plain, "policy", Some(("\"sync\"", "file, line 1")));
        check(&plain, "columns.unit", Some(("[\"Door\", \"Room\"]", "file, line 9")));
        check(&plain, "columns.check_in", Some(("\"Check in Date\"", "profile cloudbeds")));
        check(&plain, "source.max_age", Some(("\"26h\"", "default")));
        check(&plain, "seam.endpoint", Some(("\"https://connect.getseam.com\"", "default")));
        check(&plain, "namespace", None);
    }

    #[test]
    fn what_is_secret_is_blanked_and_variables_stand_by_their_names() {
        let variables = Environment::from([
            ("SEAM_API_KEY", "seam_test1234567"),
            ("SEAM_ENDPOINT", "http://127.0.0.1:1"),
        ]);
        check(&variables, "source.url", Some(("\"postgres://*****@db/x\"", "file, line 5")));
        check(&variables, "store.url", Some(("\"${STORE}\"", "file, line 7, from the environment")));
        check(&variables, "seam.api_key", Some(("\"***\"", "environment, SEAM_API_KEY")));
        check(&variables, "seam.endpoint", Some(("\"http://127.0.0.1:1\"", "environment, SEAM_ENDPOINT")));
    }
}
