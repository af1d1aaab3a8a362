//! A hash of what decides the plan: equal for two files that decide the same, however they are written (RULES 34).

use std::fmt::Write as _;

use super::node::{Table, Value};

/// Keys that decide nothing: where and when the rows come from, how fast, and where the record is kept.
const UNDECIDING: [&str; 5] = ["source.path", "source.url", "source.max_age", "seam", "store"];

/// The hash of a merged file and of the table of spaces beside it.
pub(super) fn digest(table: &Table, spaces_table: &str) -> String {
    let mut canonical = String::new();
    write_table(&mut canonical, "", table);
    let mut hasher = blake3::Hasher::new();
    hasher.update(canonical.as_bytes());
    hasher.update(b"\0");
    hasher.update(spaces_table.as_bytes());
    hasher.finalize().to_hex().to_string()
}

fn write_table(canonical: &mut String, path: &str, table: &Table) {
    for (key, entry) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if !UNDECIDING.contains(&path.as_str()) {
            write_value(canonical, &path, &entry.node.value);
        }
    }
}

fn write_value(canonical: &mut String, path: &str, value: &Value) {
    let written = match value {
        Value::Table(table) => {
            write_table(canonical, path, table);
            Ok(())
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                write_value(canonical, &format!("{path}[{position}]"), &item.value);
            }
            Ok(())
        }
        Value::Text(text) | Value::DateTime(text) => writeln!(canonical, "{path}={text:?}"),
        Value::Integer(number) => writeln!(canonical, "{path}={number}"),
        Value::Float(number) => writeln!(canonical, "{path}={number}"),
        Value::Bool(truth) => writeln!(canonical, "{path}={truth}"),
        Value::Unusable => Ok(()),
    };
    written.expect("a string takes what is written to it");
}
