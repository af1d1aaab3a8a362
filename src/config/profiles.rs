//! The profiles of known exports: what a program calls its columns and statuses, in the words of a configuration.
//!
//! They are part of the program. A profile is laid under the user's file, so that whatever the user sets wins.

use std::cell::RefCell;

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

/// The profile of that name, or what to do about it.
pub(super) fn known(name: &str) -> Result<Profile, Complaint> {
    Profile::named(name).ok_or_else(|| {
        let complaint = Complaint::new("unknown profile");
        match nearest(name, Profile::ALL.iter().map(|profile| profile.name)) {
            Some(near) => complaint.hint(format!("did you mean \"{near}\"?")),
            None => complaint.hint("`reservation-sync profiles` lists them"),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

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
