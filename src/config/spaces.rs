//! `[spaces]`: how a unit becomes spaces, by a template or by a table, and the spaces that everybody gets.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::paths;
use super::section::{Complaint, Section};
use super::spaces_table;
use super::values::{list, text};
use crate::mapping::{SpaceTemplate, TemplateError, UnitRule};
use crate::model::SpaceKey;

/// What `[spaces]` says.
pub(super) struct Spaces {
    pub(super) rule: UnitRule,
    pub(super) also: BTreeSet<SpaceKey>,
    /// The text of the table, for the digest; empty where there is none.
    pub(super) table_text: String,
}

/// Reads `[spaces]` and the table it names.
pub(super) fn spaces(root: &mut Section<'_>, folder: &Path) -> Option<Spaces> {
    let mut section = root.section("spaces");
    let (has_key, has_table) = (section.has("key"), section.has("table"));
    if has_key && has_table {
        let complaint = Complaint::new("a template and a table are both set").hint("keep one of them");
        section.problem("table", complaint);
    }
    let template = section.take("key", |node| {
        SpaceTemplate::parse(&text(node)?).map_err(|error| {
            Complaint::new(match error {
                TemplateError::UnknownField(_) => {
                    "unknown field in the template; there are {unit} and {property}"
                }
                TemplateError::Unbalanced => "a brace without its twin in the template",
                TemplateError::WithoutUnit => {
                    "the template does not use {unit}, so that every unit would open the same door"
                }
            })
            .hint("write key = \"room-{unit}\"")
        })
    });
    let mut table_text = String::new();
    let table = section.take("table", text).and_then(|path| {
        let Ok(text) = fs::read_to_string(paths::join(folder, &path)) else {
            let hint = "check the path, that this user may read the file, and that it is UTF-8";
            section.problem("table", Complaint::new("the table of spaces cannot be read").hint(hint));
            return None;
        };
        let (spaces, problems) = spaces_table::parse(&text);
        for (line, message) in &problems {
            let hint = "each line is unit,space_key or unit,space_key,property";
            section
                .problem("table", Complaint::new(format!("line {line} of the table: {message}")).hint(hint));
        }
        table_text = text;
        problems.is_empty().then_some(spaces)
    });
    let also = section.take("also", list(text));
    section.finish();
    let rule = match (has_key, has_table) {
        (true, _) => UnitRule::Template(template?),
        (false, true) => UnitRule::Table(table?),
        (false, false) => UnitRule::SourceNamesSpaces,
    };
    Some(Spaces { rule, also: also?.iter().map(SpaceKey::new).collect(), table_text })
}
