//! One table of the configuration while it is being read: every key is asked for once, what is left is unknown.

use std::cell::RefCell;

use super::error::ConfigProblem;
use super::nearest::nearest;
use super::node::{Node, Place, Table, Value};

/// Why a value cannot be used; never repeats the value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    /// The place of the part that is wrong, where it is not the whole value.
    pub(super) place: Option<Place>,
}

impl Complaint {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, place: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The problems found so far.
pub(super) type Problems = RefCell<Vec<ConfigProblem>>;

/// A table that is being read.
pub(super) struct Section<'a> {
    path: String,
    table: Option<&'a Table>,
    place: Option<&'a Place>,
    known: Vec<&'static str>,
    problems: &'a Problems,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(super) fn root(table: &'a Table, problems: &'a Problems) -> Self {
        Self { path: String::new(), table: Some(table), place: None, known: Vec::new(), problems }
    }

    /// A table inside this one; one that is not there reads as empty.
    pub(super) fn section(&mut self, key: &'static str) -> Section<'a> {
        let node = self.node(key);
        self.inner(key, node)
    }

    /// All tables inside this one, for tables whose keys the user chooses.
    pub(super) fn sections(self) -> Vec<(&'a str, Section<'a>)> {
        let entries = self.table.into_iter().flatten();
        entries.map(|(key, entry)| (key.as_str(), self.inner(key, Some(&entry.node)))).collect()
    }

    /// All entries, for tables whose keys the user chooses.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a super::node::Entry)> + use<'a> {
        self.table.into_iter().flatten().map(|(key, entry)| (key.as_str(), entry))
    }

    /// A value, if it is there and can be used.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Node) -> Result<T, Complaint>,
    ) -> Option<T> {
        let node = self.node(key)?;
        self.read(key, node, read)
    }

    /// A value that must be there.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        hint: &str,
        read: impl FnOnce(&Node) -> Result<T, Complaint>,
    ) -> Option<T> {
        if self.table.is_some_and(|table| !table.contains_key(key)) {
            let problem = ConfigProblem::new(self.path_of(key), "is required").hint(hint);
            let problem = match self.place {
                Some(place) => problem.at(place),
                None => problem,
            };
            self.problems.borrow_mut().push(problem);
        }
        self.take(key, read)
    }

    /// Reads a value of this table that was already looked up.
    pub(super) fn read<T>(
        &self,
        key: &str,
        node: &Node,
        read: impl FnOnce(&Node) -> Result<T, Complaint>,
    ) -> Option<T> {
        if node.value == Value::Unusable {
            return None;
        }
        read(node).map_err(|complaint| self.complain(key, &node.place, complaint)).ok()
    }

    /// Whether the table has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Adds a problem at a key of this table.
    pub(super) fn problem(&self, key: &str, complaint: Complaint) {
        let place =
            self.table.and_then(|table| table.get(key)).map_or(&Place::Default, |entry| &entry.node.place);
        self.complain(key, place, complaint);
    }

    /// Complains about every key that nobody asked for.
    pub(super) fn finish(self) {
        for (key, entry) in self.table.into_iter().flatten() {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let problem = ConfigProblem::new(self.path_of(key), "unknown key").at(&entry.key_place);
            let problem = match nearest(key, self.known.iter().copied()) {
                Some(known) => problem.hint(format!("did you mean `{known}`?")),
                None => problem.hint(self.advice(key)),
            };
            self.problems.borrow_mut().push(problem);
        }
    }

    fn advice(&self, key: &str) -> String {
        if self.path == "seam" && ["key", "token", "workspace"].iter().any(|word| key.contains(word)) {
            return "keys are read from the environment: set SEAM_API_KEY or SEAM_API_KEY_FILE".to_owned();
        }
        let mut known = self.known.clone();
        known.sort_unstable();
        format!("known here: {}", known.join(", "))
    }

    fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.table?.get(key).map(|entry| &entry.node)
    }

    fn inner(&self, key: &str, node: Option<&'a Node>) -> Section<'a> {
        let table = match node.map(|node| &node.value) {
            Some(Value::Table(table)) => Some(table),
            Some(other) => {
                let complaint = Complaint::new(format!("expected a table, found {}", other.kind()));
                self.complain(key, node.map_or(&Place::Default, |node| &node.place), complaint);
                None
            }
            None => None,
        };
        let place = node.map(|node| &node.place);
        Section { path: self.path_of(key), table, place, known: Vec::new(), problems: self.problems }
    }

    fn complain(&self, key: &str, place: &Place, complaint: Complaint) {
        let Complaint { message, hint, place: part } = complaint;
        let problem = ConfigProblem::new(self.path_of(key), message).at(part.as_ref().unwrap_or(place));
        self.problems.borrow_mut().push(ConfigProblem { hint, ..problem });
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}
