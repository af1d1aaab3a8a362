//! The profiles of known exports: what a program calls its columns and statuses, in the words of a configuration.
//!
//! They are part of the program, or a file of one's own. A profile is laid under the user's file, so that whatever the user sets wins.

use std::cell::RefCell;
use std::path::Path;
use std::{fs, io};

use toml::de::DeTable;

use super::nearest::nearest;
use super::node::{self, Origin, Table};
use super::section::{Complaint, Section};
use super::source_section::{Rest, columns};
use super::values::{list, text, word};
use crate::source::{ColumnMap, Field};

/// A profile, by the name that a configuration gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The name.
    pub name: &'static str,
    /// The file, which can be copied into a configuration.
    pub text: &'static str,
}

/// The export that a profile is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// What it is called.
    pub title: String,
    /// Where in the program it is made.
    pub found: String,
    /// What kind of file it is.
    pub file: String,
    /// The languages of its headers, as codes.
    pub languages: Vec<String>,
    /// How well it is known.
    pub evidence: Evidence,
}

/// How well an export is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// From real files, or from programs that read them.
    High,
    /// From descriptions, or from one program that reads a part.
    Medium,
}

impl Evidence {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
        }
    }
}

macro_rules! embedded {
    ($($name:literal),+ $(,)?) => {
        &[$(Profile { name: $name, text: include_str!(concat!("../../config/profiles/", $name, ".toml")) }),+]
    };
}

impl Profile {
    /// All of them, by name.
    pub const ALL: &'static [Self] = embedded![
        "agoda",
        "airbnb",
        "airbnb-earnings",
        "beds24",
        "booking-com",
        "booking-com-group",
        "cloudbeds",
        "cloudbeds-insights",
        "escapia",
        "eviivo",
        "expedia",
        "guesty",
        "hostaway",
        "hostfully",
        "librebooking",
        "little-hotelier",
        "little-hotelier-departures",
        "lodgify",
        "mews",
        "motopress",
        "nightsbridge",
        "opera",
        "ownerrez",
        "protel",
        "resnexus",
        "smoobu",
        "track",
        "zak",
    ];

    /// The profile of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|profile| profile.name == name)
    }

    /// The profile that a header fits and no other one as well.
    pub fn recognised(header: &[String]) -> Option<Self> {
        let mut fitting: Vec<(usize, Self)> =
            Self::ALL.iter().filter_map(|profile| Some((profile.fit(header)?, *profile))).collect();
        fitting.sort_by_key(|(n_found, _)| *n_found);
        let (most, profile) = fitting.pop()?;
        fitting.last().is_none_or(|(n_found, _)| *n_found < most).then_some(profile)
    }

    /// Whether it says which header a field has.
    pub(super) fn names(self, field: Field) -> bool {
        self.columns().headers.get(&field).is_some_and(|headers| !headers.is_empty())
    }

    /// What it says about the export.
    pub fn export(self) -> Export {
        let table = self.table();
        let problems = RefCell::default();
        let mut section = Section::root(&table, &problems).section("export");
        let export = (|| {
            Some(Export {
                title: section.take("title", text)?,
                found: section.take("found", text)?,
                file: section.take("file", text)?,
                languages: section.take("languages", list(text))?,
                evidence: section
                    .take("evidence", word(&[("high", Evidence::High), ("medium", Evidence::Medium)]))?,
            })
        })();
        section.finish();
        assert!(problems.borrow().is_empty(), "{}: {:?}", self.name, problems.borrow());
        export.expect("every profile tells of its export, which a test proves")
    }

    /// What it lays under a configuration.
    pub(super) fn settings(self) -> Table {
        let mut table = self.table();
        table.remove("export");
        table
    }

    /// How many of its fields a header has. A profile that leaves the key to the user takes any header for it.
    fn fit(self, header: &[String]) -> Option<usize> {
        let mut columns = self.columns();
        if !self.names(Field::ReservationKey) {
            columns.headers.insert(Field::ReservationKey, header.to_vec());
        }
        columns.fit(header)
    }

    fn columns(self) -> ColumnMap {
        let table = self.settings();
        columns(&mut Section::root(&table, &RefCell::default()), Rest::Unused)
    }

    fn table(self) -> Table {
        let parsed = DeTable::parse(self.text).expect("every profile is TOML, which a test proves");
        node::table(parsed.get_ref(), Origin::Profile)
    }
}

/// The tables that a profile may have, beside the one that tells of its export.
const TABLES: [&str; 3] = ["source", "columns", "statuses"];

/// What a profile lays under a configuration, by the name that this gives it: a known one, or a file of one's own. `NAME`
/// is `NAME.toml` beside the configuration; a path starts from there.
pub(super) fn laid_under(name: &str, folder: &Path) -> Result<Table, Complaint> {
    if let Some(profile) = Profile::named(name) {
        return Ok(profile.settings());
    }
    let is_path = name.contains(['/', '\\']) || Path::new(name).extension().is_some_and(|end| end == "toml");
    let file = if is_path { name.to_owned() } else { format!("{name}.toml") };
    let text = match fs::read_to_string(folder.join(&file)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_path => {
            return Err(unknown(name, &file));
        }
        Err(error) => {
            let complaint = Complaint::new(format!("read `{file}`: {error}"));
            return Err(complaint.hint("the path of a profile starts from the folder of the configuration"));
        }
    };
    let parsed = DeTable::parse(&text).map_err(|error| {
        let line = text[..error.span().map_or(0, |span| span.start)].matches('\n').count() + 1;
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        Complaint::new(format!("`{file}` cannot be read: line {line}: {message}"))
    })?;
    let mut table = node::table(parsed.get_ref(), Origin::Profile);
    table.remove("export");
    match table.keys().find(|key| !TABLES.contains(&key.as_str())) {
        Some(other) => {
            let complaint = Complaint::new(format!("`{file}` has `{other}`, which no profile says"));
            Err(complaint
                .hint("a profile has [export], [source], [columns] and [statuses]; write the rest below"))
        }
        None => Ok(table),
    }
}

fn unknown(name: &str, file: &str) -> Complaint {
    let complaint = Complaint::new("unknown profile");
    match nearest(name, Profile::ALL.iter().map(|profile| profile.name)) {
        Some(near) => complaint.hint(format!("did you mean \"{near}\"?")),
        None => complaint.hint(format!(
            "`reservation-sync profiles` lists them; one of your own is `{file}` beside this file"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Value;
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
        let mut files: Vec<String> = fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
            .map(|file| file.strip_suffix(".toml").expect("a profile is TOML").to_owned())
            .collect();
        files.sort();
        let embedded: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name).collect();
        assert_eq!(embedded, files);
    }

    #[test]
    fn every_profile_tells_of_its_export_and_names_what_a_stay_needs() {
        for profile in Profile::ALL {
            let Export { title, languages, .. } = profile.export();
            assert!(!languages.is_empty() && title.len() > 3, "{}", profile.name);
            let tables: Vec<String> = profile.settings().into_keys().collect();
            let allowed = ["columns", "source", "statuses"];
            assert!(
                tables.iter().all(|table| allowed.contains(&table.as_str())),
                "{}: {tables:?}",
                profile.name
            );
            let Some(entry) = profile.settings().remove("columns") else { panic!("{}", profile.name) };
            let Value::Table(columns) = entry.node.value else { panic!("{}", profile.name) };
            assert!(columns.contains_key("unit"), "{}", profile.name);
        }
    }
}
