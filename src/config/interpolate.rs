//! Replaces `${NAME}` and `${NAME:-otherwise}` in the strings of a configuration.
//!
//! It works on parsed values, so that a quote or line end in a variable can never change what the file says. What
//! it puts in is never repeated in a problem.

use super::environment::Environment;
use super::error::ConfigProblem;
use super::node::{Node, Table, Value};

/// Puts the environment into every string of the table; adds a problem for each name that is not set.
pub(super) fn interpolate(table: &mut Table, environment: &Environment, problems: &mut Vec<ConfigProblem>) {
    for (key, entry) in table {
        node(&mut entry.node, key, environment, problems);
    }
}

fn node(node: &mut Node, path: &str, environment: &Environment, problems: &mut Vec<ConfigProblem>) {
    match &mut node.value {
        Value::Text(text) => match filled(text, environment) {
            Ok(new) => *text = new,
            Err(trouble) => {
                let problem = match trouble {
                    Trouble::Unset(name) => {
                        ConfigProblem::new(path, format!("the environment variable `{name}` is not set"))
                            .hint(format!("set it, or write ${{{name}:-otherwise}}"))
                    }
                    Trouble::Malformed => ConfigProblem::new(path, "`${` without a name and `}`")
                        .hint("write ${NAME} or ${NAME:-otherwise}"),
                };
                problems.push(problem.at(&node.place));
                node.value = Value::Unusable;
            }
        },
        Value::Array(items) => {
            for item in items {
                self::node(item, path, environment, problems);
            }
        }
        Value::Table(table) => {
            for (key, entry) in table {
                self::node(&mut entry.node, &format!("{path}.{key}"), environment, problems);
            }
        }
        Value::DateTime(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Unusable => {}
    }
}

enum Trouble {
    Unset(String),
    Malformed,
}

fn filled(text: &str, environment: &Environment) -> Result<String, Trouble> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let (hole, after) = after.split_once('}').ok_or(Trouble::Malformed)?;
        let (name, otherwise) = match hole.split_once(":-") {
            Some((name, otherwise)) => (name, Some(otherwise)),
            None => (hole, None),
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Trouble::Malformed);
        }
        match environment.get(name).or(otherwise) {
            Some(value) => filled.push_str(value),
            None => return Err(Trouble::Unset(name.to_owned())),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        let environment = Environment::from([("HOST", "db.example.com"), ("ODD", "a\"b${HOST}")]);
        let filled = filled(text, &environment).map_err(|trouble| match trouble {
            Trouble::Unset(name) => name,
            Trouble::Malformed => "malformed".to_owned(),
        });
        assert_eq!(filled.as_deref().map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn names_are_replaced_once_and_nothing_else() {
        check("plain $HOST {HOST}", Ok("plain $HOST {HOST}"));
        check("postgres://${HOST}/x", Ok("postgres://db.example.com/x"));
        check("${HOST}${HOST}", Ok("db.example.comdb.example.com"));
        check("${ODD}", Ok("a\"b${HOST}"));
        check("${PORT:-5432}", Ok("5432"));
        check("${HOST:-other}", Ok("db.example.com"));
        check("${PORT:-}", Ok(""));
    }

    #[test]
    fn what_is_not_set_or_not_closed_is_refused() {
        check("${PORT}", Err("PORT"));
        check("${HOST", Err("malformed"));
        check("${}", Err("malformed"));
        check("${A B}", Err("malformed"));
    }
}
