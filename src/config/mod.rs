//! The configuration file and the environment, read once into [`Settings`] that need no further checking.
//!
//! The only room that reads the process environment; what it was given there never shows up in a message. All
//! problems are found and told at once, each with its place in the file.

mod credentials;
mod digest;
mod draft;
mod effective;
mod environment;
mod error;
mod fill_in;
mod guess;
mod interpolate;
mod key_column;
mod load;
mod masking;
mod namespace;
mod nearest;
mod node;
mod paths;
mod profiles;
mod queries;
mod report;
mod section;
mod sections;
mod settings;
mod source_input;
mod source_section;
#[cfg(test)]
mod source_tests;
mod spaces;
mod spaces_table;
mod status_words;
mod store_url;
#[cfg(test)]
mod tests;
mod values;

pub use draft::{ADDRESS_VARIABLE, Draft, DraftInput, DraftOrder, DraftStatus, source_path, source_query};
pub use effective::{EffectiveValue, default_file, effective_values};
pub use environment::Environment;
pub use error::{Colour, ConfigError, ConfigProblem};
pub use fill_in::{FILL_IN, OpenLine, answered, merged, open_lines, toml_string};
pub use guess::{ColumnProposal, ProposedColumn, known_headers, propose};
pub use load::{DEFAULT_PATH, load, load_text};
pub use namespace::fresh_namespace;
pub use profiles::{Evidence, Export, Profile};
pub use queries::Query;
pub use settings::{Credentials, Endpoint, MissingCredentials, SeamSettings, Settings};
pub use values::parse_duration;
