//! The variables of the environment as a value, so that the rest of the program never asks the process.

use std::collections::BTreeMap;

/// Variables by name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The variables of this process; what is not text is left out.
    pub fn from_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(text).collect() }
    }

    /// A variable; `None` where it is not set or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { variables: owned.into() }
    }
}

/// Shows names, never values.
impl std::fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_not_set_and_values_are_never_shown() {
        let environment = Environment::from([("SEAM_API_KEY", "very-secret"), ("EMPTY", "")]);
        assert_eq!(environment.get("SEAM_API_KEY"), Some("very-secret"));
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.get("OTHER"), None);
        assert!(!format!("{environment:?}").contains("very-secret"));
    }
}
