//! The text of a new configuration, from what was found in a source: commented, and marked where a person must decide.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::guess;
use super::profiles::Profile;
use crate::source::{DateOrder, Field, Meaning};

/// What stands where a person must write something.
pub const FILL_IN: &str = "FILL IN";

/// The variable that holds the address of a database, which may hold a password.
pub const ADDRESS_VARIABLE: &str = "PMS_DATABASE_URL";

/// Where the rows are; paths as they are to stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftInput {
    /// Comma-separated values, or something like it.
    Csv(String),
    /// A workbook.
    Excel(String),
    /// A database.
    Sql {
        /// What it is an address of; `None` where it must not stand in a file.
        file: Option<String>,
        /// The file with the query.
        query: String,
    },
}

/// What is known of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The mark of its grants, see [`fresh_namespace`](super::fresh_namespace).
    pub namespace: String,
    /// Where it is.
    pub input: DraftInput,
    /// Its header; empty where it has our own columns.
    pub header: Vec<String>,
    /// The export that the header is of.
    pub profile: Option<Profile>,
    /// Whether it is older than a nightly export may be.
    pub is_old: bool,
    /// The order of its dates.
    pub date_order: DraftOrder,
    /// What else was noticed, such as how its text is encoded.
    pub notices: Vec<String>,
    /// Statuses that nothing says the meaning of yet, and how often they are there.
    pub statuses: BTreeMap<String, u64>,
    /// Some of its units.
    pub units: Vec<String>,
    /// The zone of the hotel, if somebody said it.
    pub time_zone: Option<String>,
}

/// What the dates say of their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftOrder {
    /// Nothing has to be said.
    Clear,
    /// Nothing proves it, but in this one more of them can be read.
    Probable(DateOrder),
    /// Nothing proves it.
    Unproven,
}

impl Draft {
    /// The fields that the file cannot do without and for which no header was found.
    pub fn missing(&self) -> Vec<Field> {
        if self.header.is_empty() {
            return Vec::new();
        }
        let named = self.columns();
        let has = |field: Field| {
            named.iter().any(|(known, _)| *known == field)
                || self.profile.is_some_and(|profile| profile.names(field))
        };
        let departs = [Field::CheckOut, Field::LastNight, Field::Nights].into_iter().any(has);
        let arrives = has(Field::CheckIn) || has(Field::Nights);
        let needed = [
            (Field::ReservationKey, has(Field::ReservationKey)),
            (Field::Unit, has(Field::Unit)),
            (Field::CheckIn, arrives),
            (Field::CheckOut, departs),
        ];
        needed.into_iter().filter(|(_, is_there)| !is_there).map(|(field, _)| field).collect()
    }

    /// Headers to name beside the profile: all that can be guessed, or what the profile leaves open.
    fn columns(&self) -> Vec<(Field, &str)> {
        let guessed = guess::columns(&self.header);
        match self.profile {
            None => guessed,
            Some(profile) => {
                let open = |field: Field| field == Field::ReservationKey && !profile.names(field);
                guessed.into_iter().filter(|(field, _)| open(*field)).collect()
            }
        }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# A configuration of reservation-sync, written by `init`. Look at every line, then run `check`.\n\
             # config/default.toml of the program has every key with what it is for.\n\n\
             policy    = \"create-only\"   # create-only | upsert-only | sync; only sync may revoke\n",
        );
        let namespace = quoted(&self.namespace);
        line(
            &mut text,
            &format!(
                "namespace = {namespace}   # marks the grants of this job; keep it: grants of another are left alone"
            ),
        );
        self.source(&mut text);
        self.columns_table(&mut text);
        self.statuses_table(&mut text);
        self.rest(&mut text);
        text
    }

    fn source(&self, text: &mut String) {
        line(text, "\n[source]");
        match &self.input {
            DraftInput::Csv(path) | DraftInput::Excel(path) => {
                let kind = if matches!(self.input, DraftInput::Csv(_)) { "csv" } else { "excel" };
                line(text, &format!("kind     = \"{kind}\""));
                let pattern = "# a pattern such as \"exports/*.csv\" takes the newest";
                line(text, &format!("path     = {}   {pattern}", quoted(path)));
            }
            DraftInput::Sql { file, query } => {
                line(text, "kind     = \"sql\"");
                match file {
                    Some(address) => line(text, &format!("url      = {}", quoted(address))),
                    None => line(
                        text,
                        &format!("url      = \"${{{ADDRESS_VARIABLE}}}\"   # the address, in a variable"),
                    ),
                }
                line(
                    text,
                    &format!("query    = {}   # one SELECT, run read-only: look at it", quoted(query)),
                );
            }
        }
        if let Some(profile) = self.profile {
            line(text, &format!("profile  = \"{}\"   # {}", profile.name, profile.export().title));
        }
        line(text, "coverage = \"partial\"   # complete: a stay that is absent from the file is gone");
        if self.is_old {
            line(
                text,
                "max_age  = \"none\"   # the file is older than a day: write \"26h\" once exports come each night",
            );
        }
        for notice in &self.notices {
            line(text, &format!("# Noticed: {}", commented(notice)));
        }
        let question = format!("# {FILL_IN}: dmy or mdy? The dates of the file do not prove it");
        match self.date_order {
            DraftOrder::Clear => {}
            DraftOrder::Probable(order) => {
                let order = if order == DateOrder::MonthDayYear { "mdy" } else { "dmy" };
                line(text, &format!("date_order = \"{order}\"   {question}, but most can be read so"));
            }
            DraftOrder::Unproven => line(text, &format!("# date_order = \"dmy\"   {question}")),
        }
    }

    fn columns_table(&self, text: &mut String) {
        let (columns, missing) = (self.columns(), self.missing());
        if columns.is_empty() && missing.is_empty() {
            return;
        }
        line(text, "\n[columns]   # our field = the header of the file");
        for (field, header) in columns {
            line(text, &format!("{field} = {}", quoted(header)));
        }
        for field in missing {
            line(text, &format!("# {field} = \"...\"   # {FILL_IN}: which header is it?"));
        }
        if self.profile.is_none() {
            line(text, &format!("# The file has: {}", commented(&self.header.join(", "))));
        }
    }

    fn statuses_table(&self, text: &mut String) {
        if self.statuses.is_empty() {
            return;
        }
        line(
            text,
            "\n[statuses]   # grant | revoke | ignore; what is not said changes nothing and is reported",
        );
        if self.profile.is_none() {
            line(text, "# As soon as one stands here, only those count that stand here.");
        }
        for (word, count) in &self.statuses {
            let found = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            match guess::meaning(word) {
                Some(meaning) => {
                    let meaning = match meaning {
                        Meaning::Grant => "grant",
                        Meaning::CheckedIn => "checked_in",
                        Meaning::Revoke => "revoke",
                        Meaning::Ignore => "ignore",
                    };
                    line(text, &format!("{} = \"{meaning}\"   # found {found}; is it so?", quoted(word)));
                }
                None => line(text, &format!("# {} = \"...\"   # {FILL_IN}: found {found}", quoted(word))),
            }
        }
    }

    fn rest(&self, text: &mut String) {
        line(text, "\n[property]");
        match &self.time_zone {
            Some(zone) => line(text, &format!("time_zone = {}", quoted(zone))),
            None => line(
                text,
                &format!(
                    "# time_zone = \"Europe/Lisbon\"   # {FILL_IN}, and take the # away: where the hotel is"
                ),
            ),
        }
        line(text, "# country = \"PT\"         # for telephone numbers without a country code");
        line(text, "check_in  = \"15:00\"      # arrival, where the file has a date without a time");
        line(text, "check_out = \"11:00\"      # departure, likewise");
        line(text, "\n[spaces]");
        line(
            text,
            "key = \"room-{unit}\"      # which space of Seam a unit is; or a table, see config/spaces.csv",
        );
        if !self.units.is_empty() {
            line(text, &format!("# Units in the file: {}", commented(&self.units.join(", "))));
        }
        line(text, "# also = [\"lobby\"]       # spaces that every stay gets");
        line(text, "# shared = [\"dorm-*\"]    # units or spaces that several reservations may have at once");
        line(text, "\n# [seam]                # the key comes from the environment: SEAM_API_KEY");
        line(text, "# endpoint = \"sandbox\"   # rehearses on an emulator, without a key");
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes all text");
}

/// As a string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// On one line, so that it stays a comment.
fn commented(text: &str) -> String {
    text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ")
}
