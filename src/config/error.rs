//! What is wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::ops::Range;

use super::node::Place;
use super::report;

/// Whether a report may use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// Text with escape sequences.
    Always,
}

/// One thing to mend in a configuration. Never repeats a value, which may come from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The path of the key, such as `seam.timeout`, or the name of a variable; empty for the file as a whole.
    pub key: String,
    /// What is wrong, in a fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Where in the file, by bytes; `None` where the file does not say it.
    pub span: Option<Range<usize>>,
}

impl ConfigProblem {
    pub(super) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), hint: None, span: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(super) fn at(self, place: &Place) -> Self {
        match place {
            Place::File(span) => Self { span: Some(span.clone()), ..self },
            Place::Profile => Self { message: format!("{} (in the profile)", self.message), ..self },
            Place::Default => self,
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, message, hint: _, span: _ } = self;
        if key.is_empty() { formatter.write_str(message) } else { write!(formatter, "{key}: {message}") }
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// There is no such file.
    #[error("there is no configuration file `{path}`")]
    NotFound {
        /// The file.
        path: String,
    },
    /// The file cannot be read.
    #[error("read the configuration file `{path}`")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file, or the environment, says something that cannot be.
    #[error("{}", report::render(path, text, problems, Colour::Never))]
    Invalid {
        /// The file.
        path: String,
        /// What it says, without what may be secret.
        text: String,
        /// Everything that is wrong, in the order of the file.
        problems: Vec<ConfigProblem>,
    },
}

impl ConfigError {
    /// The whole report, as a person reads it.
    pub fn render(&self, colour: Colour) -> String {
        match self {
            Self::Invalid { path, text, problems } => report::render(path, text, problems, colour),
            other => {
                let hint = other.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                format!("error: {other}{hint}")
            }
        }
    }

    /// What to do about it; an invalid file has a hint for each problem instead.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => Some(
                "name it with --config FILE or RESERVATION_SYNC_CONFIG; config/demo.toml is one to start from",
            ),
            Self::Unreadable { .. } => {
                Some("check that this user may read the file, and that it is UTF-8 text")
            }
            Self::Invalid { .. } => None,
        }
    }
}
