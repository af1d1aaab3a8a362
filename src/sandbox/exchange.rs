//! What went over the wire, for tests: the exchanges themselves, and how many there were of which kind.
//!
//! Exchanges hold PIN codes and never the credentials of the caller. They are kept only when asked for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::faults::Fault;

/// Whether exchanges are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recording {
    #[default]
    Off,
    On,
}

/// One call and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// Lower-case names; without those that carry credentials.
    pub request_headers: BTreeMap<String, String>,
    /// The body, or null where there was none or it was not JSON.
    pub request: Value,
    /// The status that was sent, or that would have been sent had the connection not been cut.
    pub status: u16,
    pub response_headers: BTreeMap<String, String>,
    /// The body, or null where it was not JSON.
    pub response: Value,
    /// The trouble that this call met.
    pub fault: Option<Fault>,
}

/// How many calls there were, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All calls, those that met a fault included.
    pub requests: BTreeMap<String, u64>,
    /// Answers with 4xx other than 429, made by the rules and not by a fault.
    pub refusals: BTreeMap<String, u64>,
    /// Answers with 429, made by the limits and not by a fault.
    pub throttled: BTreeMap<String, u64>,
    /// Calls that met a fault.
    pub faults: BTreeMap<String, u64>,
}

impl Counts {
    /// All calls of paths that end in one of `/create`, `/update`, `/delete`, `/request_access_methods`.
    pub fn writes(&self) -> u64 {
        let is_write = |path: &str| {
            ["/create", "/update", "/delete", "/request_access_methods"].iter().any(|end| path.ends_with(end))
        };
        self.requests.iter().filter(|(path, _)| is_write(path)).map(|(_, n)| n).sum()
    }

    /// All refusals.
    pub fn n_refusals(&self) -> u64 {
        self.refusals.values().sum()
    }

    pub(crate) fn note(&mut self, path: &str, status: u16, fault: Option<Fault>) {
        let count = |counts: &mut BTreeMap<String, u64>| {
            if let Some(n) = counts.get_mut(path) {
                *n += 1;
            } else {
                counts.insert(path.to_owned(), 1);
            }
        };
        count(&mut self.requests);
        match (fault, status) {
            (Some(_), _) => count(&mut self.faults),
            (None, 429) => count(&mut self.throttled),
            (None, 400..500) => count(&mut self.refusals),
            (None, _) => {}
        }
    }
}
