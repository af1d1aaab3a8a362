//! `[spaces]`: how a unit becomes spaces, by a template or by a table, and the spaces that everybody gets.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::paths;
use super::section::{Complaint, Section};
use super::spaces_table;
use super::values::{list, text};
use crate::mapping::{NamePattern, SharedSpaces, SpaceTemplate, TemplateError, UnitRule};
use crate::model::{SpaceKey, SpacesRule};

/// What `[spaces]` says.
pub(super) struct Spaces {
    pub(super) rule: UnitRule,
    /// The rule without what it gives.
    pub(super) owner: SpacesRule,
    pub(super) also: BTreeSet<SpaceKey>,
    pub(super) shared: SharedSpaces,
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
        let written = text(node)?;
        SpaceTemplate::parse(&written).map(|template| (template, written)).map_err(|error| {
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
        let path = paths::join(folder, &path);
        let Ok(text) = fs::read_to_string(&path) else {
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
        problems.is_empty().then(|| (spaces, path.display().to_string()))
    });
    let also = section.take("also", list(text));
    let shared = section.take(
        "shared",
        list(|node| {
            NamePattern::parse(&text(node)?).map_err(|error| {
                Complaint::new(error.to_string()).hint("name the units or spaces: shared = [\"dorm-*\"]")
            })
        }),
    );
    section.finish();
    let (rule, owner) = match (has_key, has_table) {
        (true, _) => {
            let (template, written) = template?;
            (UnitRule::Template(template), SpacesRule::Template(written))
        }
        (false, true) => {
            let (table, path) = table?;
            (UnitRule::Table(table), SpacesRule::Table(path))
        }
        (false, false) => (UnitRule::SourceNamesSpaces, SpacesRule::SpaceKeys),
    };
    Some(Spaces {
        rule,
        owner,
        also: also?.iter().map(SpaceKey::new).collect(),
        shared: shared?.into_iter().collect(),
        table_text,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, parse_with};
    use super::*;
    use crate::model::Owner;

    const SMALLEST: &str = "policy = 'sync'\nnamespace = 'pms'\nsource.path = 'bookings.csv'\n\
                            property.time_zone = 'Europe/Lisbon'\n";

    #[test]
    fn owner_is_properties_and_rule() {
        let owner = |more: &str| parse_with(&format!("{SMALLEST}{more}"), []).expect("it can be used").owner;
        assert_eq!(owner(""), Owner { properties: BTreeSet::new(), spaces: SpacesRule::SpaceKeys });
        let two = "[spaces]\nkey = 'room-{unit}'\nalso = ['lobby']\n[properties.OPO]\n[properties.LIS]\n";
        assert_eq!(
            owner(two),
            Owner {
                properties: ["LIS".into(), "OPO".into()].into(),
                spaces: SpacesRule::Template("room-{unit}".to_owned())
            }
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("spaces.csv");
        fs::write(&path, "unit,space_key\n101,room-101\n").expect("our file");
        let path = path.display().to_string();
        assert_eq!(owner(&format!("spaces.table = '{path}'")).spaces, SpacesRule::Table(path));
    }

    #[test]
    fn workspace_of_environment_is_kept_with_any_key() {
        let workspace = |more: &str, variables: [(&str, &str); 2]| {
            let settings = parse_with(&format!("{SMALLEST}{more}"), variables).expect("it can be used");
            settings.seam.workspace_id.map(|id| id.to_string())
        };
        let id = ("SEAM_WORKSPACE_ID", " w1 ");
        assert_eq!(workspace("", [("SEAM_API_KEY", "k"), id]).as_deref(), Some("w1"));
        assert_eq!(workspace("", [("SEAM_PERSONAL_ACCESS_TOKEN", "t"), id]).as_deref(), Some("w1"));
        assert_eq!(workspace("", [("SEAM_API_KEY", "k"), ("SEAM_WORKSPACE_ID", "")]), None);
        assert_eq!(workspace("seam.endpoint = 'sandbox'", [("SEAM_API_KEY", "k"), id]), None);
    }

    #[test]
    fn shared_spaces_name_what_they_mean() {
        check(
            "spaces.shared = ['dorm-*', '*']",
            &["spaces.shared: `*` alone would let any two reservations into one room"],
        );
        check("spaces.shared = ['']", &["spaces.shared: must not be blank"]);
        check("spaces.shared = [7]", &["spaces.shared: expected a string, found a number"]);
    }
}
