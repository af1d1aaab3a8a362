//! The text of a new configuration, from what was found in a source: commented, and marked where a person must decide.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use toml::de::DeTable;

use super::fill_in::{FILL_IN, OpenLine, open_lines, toml_string};
use super::guess::{ColumnProposal, ProposedColumn, range_separator};
use super::node::{self, Origin, Value};
use super::profiles::Profile;
use super::status_words::meaning;
use crate::source::{DateOrder, Derived, Field, Meaning, same_header};

/// The variable that holds the address of a database, which may hold a password.
pub const ADDRESS_VARIABLE: &str = "PMS_DATABASE_URL";

/// How many units are shown as examples.
const N_UNITS_SHOWN: usize = 8;

/// Where the rows are; paths as they are to stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftInput {
    /// Comma-separated values, or something like it.
    Csv(String),
    /// A workbook, and the sheet that was found in it.
    Excel {
        /// The workbook.
        path: String,
        /// The sheet; `None` before it is looked for.
        sheet: Option<String>,
    },
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
    /// Its header; empty where the source was not read.
    pub header: Vec<String>,
    /// The export that the header is of.
    pub profile: Option<Profile>,
    /// Where its columns probably are; what a profile says goes before.
    pub proposals: Vec<ColumnProposal>,
    /// Whether it is older than a nightly export may be.
    pub is_old: bool,
    /// The order of its dates.
    pub date_order: DraftOrder,
    /// What else was noticed, such as how its text is encoded.
    pub notices: Vec<String>,
    /// The words of its status, how many rows have each, and whether they count without a line in `[statuses]`.
    pub statuses: BTreeMap<String, DraftStatus>,
    /// Its units.
    pub units: Vec<String>,
    /// Its properties, where it has several.
    pub properties: Vec<String>,
    /// Fields of which a person has said already where they are.
    pub given: BTreeSet<Field>,
    /// The zone of the hotel, if somebody said it.
    pub time_zone: Option<String>,
    /// The workspace that the sandbox starts with, if one was written.
    pub seed: Option<String>,
}

/// A word of the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftStatus {
    /// Rows that have it.
    pub n_rows: u64,
    /// What it means by the profile or as a canonical word, if it is known.
    pub is_known: bool,
}

/// What the dates say of their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftOrder {
    /// Nothing has to be said.
    Clear,
    /// A date of the file proves it.
    Proven(DateOrder),
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
        let has = |field: Field| {
            self.given.contains(&field)
                || self.columns().any(|proposal| proposal.field == field)
                || self.profile.is_some_and(|profile| profile.names(field))
        };
        let departs = [Field::CheckOut, Field::LastNight, Field::Nights].into_iter().any(has);
        let arrives = has(Field::CheckIn) || (has(Field::Nights) && has(Field::CheckOut));
        let needed = [
            (Field::ReservationKey, has(Field::ReservationKey)),
            (Field::Status, has(Field::Status) || self.profile.is_some()),
            (Field::Unit, has(Field::Unit) || has(Field::SpaceKey)),
            (Field::CheckIn, arrives),
            (Field::CheckOut, departs),
        ];
        needed.into_iter().filter(|(_, is_there)| !is_there).map(|(field, _)| field).collect()
    }

    /// Whether rows can be read with the columns that were found.
    pub fn is_readable(&self) -> bool {
        self.missing().into_iter().all(|field| field == Field::Status)
    }

    /// Columns to name beside the profile: all that are proposed, or what the profile leaves open.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnProposal> {
        self.proposals.iter().filter(|proposal| match self.profile {
            None => true,
            Some(profile) => proposal.field == Field::ReservationKey && !profile.names(proposal.field),
        })
    }

    /// What a person has to fill in.
    pub fn asked(&self) -> Vec<String> {
        open_lines(&self.text()).iter().map(OpenLine::name).collect()
    }

    /// Proposes nothing for what a file says already.
    pub fn keep(&mut self, written: &str) {
        let (parsed, _) = DeTable::parse_recoverable(written);
        let mut table = node::table(parsed.get_ref(), Origin::File);
        let inner =
            |table: &mut node::Table, name: &str| match table.remove(name).map(|entry| entry.node.value) {
                Some(Value::Table(inner)) => inner,
                _ => node::Table::new(),
            };
        let columns = inner(&mut table, "columns");
        self.given = columns.keys().filter_map(|name| Field::parse(name)).collect();
        let taken: Vec<&str> = columns
            .values()
            .flat_map(|entry| match &entry.node.value {
                Value::Text(header) => vec![header.as_str()],
                Value::Array(headers) => headers
                    .iter()
                    .filter_map(|node| match &node.value {
                        Value::Text(header) => Some(header.as_str()),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            })
            .collect();
        let is_taken = |column: &ProposedColumn| matches!(column, ProposedColumn::Header(header) if taken.iter().any(|taken| same_header(taken, header)));
        self.proposals
            .retain(|ColumnProposal { field, column, .. }| !self.given.contains(field) && !is_taken(column));
        let source = inner(&mut table, "source");
        let named = source.get("profile").and_then(|entry| match &entry.node.value {
            Value::Text(name) => Some(name.trim()),
            _ => None,
        });
        self.profile = named.and_then(Profile::named);
        if named.is_some() && self.profile.is_none() {
            // A profile of one's own says where the columns are.
            self.given = Field::ALL.into();
            self.proposals.clear();
        }
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# A configuration of reservation-sync, written by `init`. Look at every line, then run `check`.\n\
             # config/default.toml of the program has every key with what it is for.\n\n\
             policy    = \"create-only\"   # create-only | upsert-only | sync; only sync may revoke\n",
        );
        let namespace = toml_string(&self.namespace);
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

    /// A profile of the export: what another configuration for the same program can begin with.
    pub fn profile_text(&self) -> String {
        let kind = if matches!(self.input, DraftInput::Excel { .. }) { "excel" } else { "csv" };
        let mut text = format!(
            "# Say here which export this is, and what is special about it. Save it as NAME.toml beside a configuration\n\
             # that says profile = \"NAME\" in [source].\n\n[export]\n\
             title     = \"...\"   # {FILL_IN}: the program, and which of its lists\n\
             found     = \"...\"   # {FILL_IN}: where in the program the list is made\n\
             file      = \"{kind}\"\nlanguages = [\"en\"]   # {FILL_IN}: the languages of the headers\n\
             evidence  = \"high\"\n\n[source]\nkind = \"{kind}\"\n"
        );
        if let DraftOrder::Proven(order) = self.date_order {
            line(&mut text, &format!("date_order = \"{}\"", word_of(&DateOrder::WORDS, &order)));
        }
        if let Some(separator) = range_separator(&self.proposals) {
            line(&mut text, &format!("range_separator = {}", toml_string(separator)));
        }
        line(&mut text, "\n[columns]");
        for ColumnProposal { field, column, .. } in &self.proposals {
            line(&mut text, &format!("{field} = {}", written(column)));
        }
        let mut statuses = self.statuses.keys().peekable();
        if statuses.peek().is_some() {
            line(&mut text, "\n[statuses]");
        }
        for status in statuses {
            let status_word = toml_string(status);
            line(
                &mut text,
                &match meaning(status).map(|meaning| word_of(&Meaning::WORDS, &meaning)) {
                    Some(meaning) => format!("{status_word} = \"{meaning}\""),
                    None => format!(
                        "# {status_word} = \"...\"   # {FILL_IN}: grant, checked_in, revoke or ignore"
                    ),
                },
            );
        }
        text
    }

    fn source(&self, text: &mut String) {
        line(text, "\n[source]");
        match &self.input {
            DraftInput::Csv(path) | DraftInput::Excel { path, .. } => {
                let kind = if matches!(self.input, DraftInput::Csv(_)) { "csv" } else { "excel" };
                line(text, &format!("kind     = \"{kind}\""));
                let pattern = "# a pattern such as \"exports/*.csv\" takes the newest";
                line(text, &format!("path     = {}   {pattern}", toml_string(path)));
            }
            DraftInput::Sql { file, query } => {
                line(text, "kind     = \"sql\"");
                match file {
                    Some(address) => line(text, &format!("url      = {}", toml_string(address))),
                    None => line(
                        text,
                        &format!("url      = \"${{{ADDRESS_VARIABLE}}}\"   # the address, in a variable"),
                    ),
                }
                line(
                    text,
                    &format!("query    = {}   # one SELECT, run read-only: look at it", toml_string(query)),
                );
            }
        }
        if let DraftInput::Excel { sheet: Some(sheet), .. } = &self.input {
            line(text, &format!("sheet    = {}", toml_string(sheet)));
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
        if let Some(separator) = range_separator(&self.proposals).filter(|_| self.profile.is_none()) {
            let why = "# arrival and departure stand in one cell";
            line(text, &format!("range_separator = {}   {why}", toml_string(separator)));
        }
        let question = format!("# {FILL_IN}: dmy or mdy? The dates of the file do not prove it");
        match self.date_order {
            DraftOrder::Clear => {}
            DraftOrder::Proven(order) => {
                line(
                    text,
                    &format!(
                        "date_order = \"{}\"   # the dates of the file prove it",
                        word_of(&DateOrder::WORDS, &order)
                    ),
                );
            }
            DraftOrder::Probable(order) => {
                let order = word_of(&DateOrder::WORDS, &order);
                line(text, &format!("date_order = \"{order}\"   {question}, but most can be read so"));
            }
            DraftOrder::Unproven => line(text, &format!("# date_order = \"dmy\"   {question}")),
        }
    }

    fn columns_table(&self, text: &mut String) {
        let columns: Vec<&ColumnProposal> = self.columns().filter(|proposal| !proposal.is_own()).collect();
        let missing = self.missing();
        if columns.is_empty() && missing.is_empty() {
            return;
        }
        line(text, "\n[columns]   # our field = the header of the file");
        for ColumnProposal { field, column, evidence } in columns {
            let is_joined = *field == Field::ReservationKey && matches!(column, ProposedColumn::Derived(_));
            // The file does not show whether two bookings can have the same joined key, so a person confirms it.
            let question = if is_joined {
                format!("{FILL_IN}: has the export no booking number? ")
            } else {
                String::new()
            };
            line(text, &format!("{field} = {}   # {question}{}", written(column), commented(evidence)));
        }
        for field in missing {
            let question = match field {
                Field::Status => format!(
                    "# status = []   # {FILL_IN}: which header is it? Without one every row counts as a booking: [] says so"
                ),
                Field::Unit => format!(
                    "# unit = \"...\"   # {FILL_IN}: which header is it? One house without rooms: {{ value = \"house\" }}"
                ),
                Field::ReservationKey => format!(
                    "# reservation_key = \"...\"   # {FILL_IN}: which header is it? Several: {{ join = [\"...\", \"...\"], \
                     with = \"/\" }}"
                ),
                _ => format!("# {field} = \"...\"   # {FILL_IN}: which header is it?"),
            };
            line(text, &question);
        }
        if self.profile.is_none() {
            let headers: Vec<&str> =
                self.header.iter().map(String::as_str).filter(|header| !header.is_empty()).collect();
            line(text, &format!("# The file has: {}", commented(&headers.join(", "))));
        }
    }

    fn statuses_table(&self, text: &mut String) {
        if self.statuses.values().all(|status| status.is_known) {
            return;
        }
        line(
            text,
            "\n[statuses]   # grant | checked_in | revoke | ignore; a word that is not said changes nothing and is reported",
        );
        for (word, DraftStatus { n_rows, is_known }) in &self.statuses {
            let found = if *n_rows == 1 { "once".to_owned() } else { format!("{n_rows} times") };
            let meaning = meaning(word).map(|meaning| word_of(&Meaning::WORDS, &meaning));
            let word = toml_string(word);
            match meaning {
                _ if *is_known => line(text, &format!("# {word} is known: found {found}")),
                Some(meaning) => line(text, &format!("{word} = \"{meaning}\"   # found {found}; is it so?")),
                None => line(text, &format!("# {word} = \"...\"   # {FILL_IN}: found {found}")),
            }
        }
    }

    fn rest(&self, text: &mut String) {
        line(text, "\n[property]");
        match &self.time_zone {
            Some(zone) => line(text, &format!("time_zone = {}", toml_string(zone))),
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
        for property in &self.properties {
            line(
                text,
                &format!(
                    "\n[properties.{}]   # what is not said here is as in [property]",
                    toml_string(property)
                ),
            );
        }
        line(text, "\n[spaces]");
        let key = if self.properties.is_empty() { "room-{unit}" } else { "{property}-{unit}" };
        line(
            text,
            &format!(
                "key = \"{key}\"      # which space of Seam a unit is; or a table, see config/spaces.csv"
            ),
        );
        if !self.units.is_empty() {
            let more = match self.units.len().saturating_sub(N_UNITS_SHOWN) {
                0 => String::new(),
                n_more => format!(" and {n_more} more"),
            };
            let shown = self.units[..self.units.len().min(N_UNITS_SHOWN)].join(", ");
            line(text, &format!("# Units in the file: {}{more}", commented(&shown)));
        }
        line(text, "# also = [\"lobby\"]       # spaces that every stay gets");
        line(text, "# shared = [\"dorm-*\"]    # units or spaces that several reservations may have at once");
        if let Some(seed) = &self.seed {
            let why = "# an emulator, for rehearsals: take it away, and set SEAM_API_KEY, for the doors";
            line(text, "\n[seam]");
            line(text, &format!("endpoint = \"sandbox\"   {why}"));
            line(text, "\n[seam.sandbox]");
            line(text, &format!("seed = {}   # the workspace that it starts with", toml_string(seed)));
        } else {
            line(text, "\n# [seam]                # the key comes from the environment: SEAM_API_KEY");
            line(text, "# endpoint = \"sandbox\"   # rehearses on an emulator, without a key");
        }
    }
}

/// The path of the source that a configuration names, which may lack much else.
pub fn source_path(written: &str) -> Option<String> {
    source_text(written, "path")
}

/// The file of the query that a configuration names, which may lack much else.
pub fn source_query(written: &str) -> Option<String> {
    source_text(written, "query")
}

fn source_text(written: &str, key: &str) -> Option<String> {
    let (parsed, _) = DeTable::parse_recoverable(written);
    let mut table = node::table(parsed.get_ref(), Origin::File);
    let Value::Table(source) = table.remove("source")?.node.value else { return None };
    match &source.get(key)?.node.value {
        Value::Text(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

/// The word of the configuration for a value.
fn word_of<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    let found = words.iter().find(|(_, known)| known == value);
    found.map(|(word, _)| *word).expect("each value has a word")
}

/// A column as `[columns]` writes it.
fn written(column: &ProposedColumn) -> String {
    match column {
        ProposedColumn::Header(header) => toml_string(header),
        ProposedColumn::Derived(Derived::Joined { headers, with }) => {
            let headers: Vec<String> = headers.iter().map(|header| toml_string(header)).collect();
            format!("{{ join = [{}], with = {} }}", headers.join(", "), toml_string(with))
        }
        ProposedColumn::Derived(Derived::Constant(text)) => format!("{{ value = {} }}", toml_string(text)),
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes all text");
}

/// On one line, so that it stays a comment.
fn commented(text: &str) -> String {
    text.split(|c: char| c.is_control()).collect::<Vec<_>>().join(" ")
}
