//! The live grants of a workspace as a list that a person reviews: what `adopt` writes, and what it reads again.
//!
//! The file is a table that opens in a spreadsheet. Only two columns are read: the decision and the id of the grant.
//! What is written is the workspace as it is; taking anything over is decided again from what Seam holds by then.

use std::fmt::Write as _;
use std::iter;

use jiff::Timestamp;
use serde::Serialize;

use super::counted;
use super::csv::time;
use super::spreadsheet::{cell_of, table};
use super::visible;
use crate::model::{AccessGrantId, WorkspaceId};
use crate::plan::Class;

/// What is to become of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is taken over.
    Adopt,
    /// It is left as it is.
    Leave,
}

/// One live grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReviewRow {
    /// What is proposed.
    pub decision: Decision,
    /// What the grant is.
    pub class: Class,
    /// The reservation whose stay it is.
    pub reservation: Option<String>,
    /// The guest, as the source names them; else the name in Seam.
    pub guest: Option<String>,
    /// The spaces, by key.
    pub rooms: Vec<String>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// When the source wants the doors open.
    pub stay_starts_at: Option<Timestamp>,
    /// Until when.
    pub stay_ends_at: Option<Timestamp>,
    /// Its label in Seam.
    pub name: Option<String>,
    /// Its key in Seam.
    pub access_grant_key: Option<String>,
    /// Seam's id.
    pub access_grant_id: AccessGrantId,
    /// Why it is what it is, in one sentence.
    pub reason: String,
}

/// All live grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The grants, by class and arrival.
    pub grants: Vec<ReviewRow>,
}

const HEADER: [&str; 13] = [
    "decision",
    "class",
    "reservation",
    "guest",
    "rooms",
    "starts_utc",
    "ends_utc",
    "stay_starts_utc",
    "stay_ends_utc",
    "name",
    "grant_key",
    "grant_id",
    "reason",
];

impl Review {
    /// The table, for a spreadsheet.
    pub fn to_csv(&self) -> String {
        let rows = self.grants.iter().map(|row| row.cells().map(|cell| cell_of(&cell)));
        table(iter::once(HEADER.map(str::to_owned)).chain(rows))
    }

    /// One JSON document.
    pub fn to_json(&self) -> String {
        let counts: serde_json::Map<String, serde_json::Value> =
            Class::ALL.iter().map(|class| (class.as_str().to_owned(), self.count(*class).into())).collect();
        let document = serde_json::json!({
            "format_version": 1,
            "kind": "adoption",
            "workspace_id": self.workspace_id,
            "counts": counts,
            "grants": self.grants,
        });
        format!("{document:#}\n")
    }

    /// For people: how many of each class, and each that is not ours already.
    pub fn to_text(&self) -> String {
        const WRITABLE: &str = "a string takes everything";
        let mut out = String::new();
        let counts: Vec<String> =
            Class::ALL.iter().map(|class| format!("{} {}", self.count(*class), class.as_str())).collect();
        writeln!(out, "{}: {}.", counted(self.grants.len() as u64, "live grant"), counts.join(", "))
            .expect(WRITABLE);
        for (class, heading) in [
            (Class::Match, "match: not ours, and the grant of a stay; it can be taken over"),
            (Class::Skip, "skip: like the grant of a stay, but not to be touched"),
            (Class::Orphan, "orphan: made by this job, for a reservation that the source does not list"),
            (Class::Foreign, "foreign: of no stay; never touched"),
        ] {
            if self.count(class) == 0 {
                continue;
            }
            writeln!(out, "\n{heading}").expect(WRITABLE);
            for row in self.grants.iter().filter(|row| row.class == class) {
                let ReviewRow { reservation, guest, rooms, starts_at, ends_at, .. } = row;
                let until = ends_at.map_or_else(|| "no end".to_owned(), minute);
                let words: Vec<&str> =
                    [reservation, guest].into_iter().flatten().map(String::as_str).collect();
                let who = if words.is_empty() { row.access_grant_id.to_string() } else { words.join("  ") };
                let adopt = if row.decision == Decision::Adopt { "  adopt" } else { "" };
                writeln!(
                    out,
                    "  {}  {}  {} → {until}{adopt}\n      {}",
                    visible(&who),
                    visible(&rooms.join(" ")),
                    minute(*starts_at),
                    visible(&row.reason)
                )
                .expect(WRITABLE);
            }
        }
        out
    }

    fn count(&self, class: Class) -> usize {
        self.grants.iter().filter(|row| row.class == class).count()
    }
}

fn minute(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%MZ").to_string()
}

impl ReviewRow {
    fn cells(&self) -> [String; HEADER.len()] {
        let Self {
            decision,
            class,
            reservation,
            guest,
            rooms,
            starts_at,
            ends_at,
            stay_starts_at,
            stay_ends_at,
            name,
            access_grant_key,
            access_grant_id,
            reason,
        } = self;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let instant = |instant: &Option<Timestamp>| instant.map(time).unwrap_or_default();
        [
            match decision {
                Decision::Adopt => "adopt".to_owned(),
                Decision::Leave => String::new(),
            },
            class.as_str().to_owned(),
            text(reservation),
            text(guest),
            rooms.join("; "),
            time(*starts_at),
            instant(ends_at),
            instant(stay_starts_at),
            instant(stay_ends_at),
            text(name),
            text(access_grant_key),
            access_grant_id.to_string(),
            reason.clone(),
        ]
    }
}

/// Why a file is not a reviewed list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// A column is missing.
    #[error("the file has no column `{0}`")]
    NoColumn(&'static str),
    /// A row that cannot be read.
    #[error("line {0} cannot be read as a row of a table")]
    BadRow(u64),
    /// A decision that means nothing.
    #[error("line {line} decides `{word}`; write adopt, or leave the cell blank")]
    UnknownDecision {
        /// The line.
        line: u64,
        /// What stands there.
        word: String,
    },
    /// A decision about nothing.
    #[error("line {0} has no grant_id")]
    NoGrant(u64),
}

/// The grants that a reviewed list takes over. Spreadsheets may have changed the separator and the order of columns.
pub fn adopted(text: &str) -> Result<Vec<AccessGrantId>, ReviewError> {
    let text = text.trim_start_matches('\u{feff}');
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| header.bytes().filter(|b| b == d).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|_| ReviewError::BadRow(1))?.clone();
    let column = |name: &'static str| {
        headers.iter().position(|header| header.eq_ignore_ascii_case(name)).ok_or(ReviewError::NoColumn(name))
    };
    let (decision, grant_id) = (column("decision")?, column("grant_id")?);
    let mut ids = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|_| ReviewError::BadRow(number as u64 + 2))?;
        let line = record.position().map_or(number as u64 + 2, csv::Position::line);
        let word = record.get(decision).unwrap_or_default();
        match word.to_lowercase().as_str() {
            "adopt" => match record.get(grant_id).filter(|id| !id.is_empty()) {
                Some(id) => ids.push(AccessGrantId::new(id)),
                None => return Err(ReviewError::NoGrant(line)),
            },
            "" | "leave" => {}
            _ => {
                let word = word.chars().take(40).collect();
                return Err(ReviewError::UnknownDecision { line, word });
            }
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, decision: Decision) -> ReviewRow {
        ReviewRow {
            decision,
            class: Class::Match,
            reservation: Some("R1".to_owned()),
            guest: Some("=Ana".to_owned()),
            rooms: vec!["lobby".to_owned(), "room-101".to_owned()],
            starts_at: Timestamp::UNIX_EPOCH,
            ends_at: None,
            stay_starts_at: None,
            stay_ends_at: None,
            name: None,
            access_grant_key: None,
            access_grant_id: id.into(),
            reason: "its room; \"its\" time,\nits name".to_owned(),
        }
    }

    #[test]
    fn what_was_written_is_read_again_also_after_a_spreadsheet_saved_it() {
        let grants = vec![row("a", Decision::Adopt), row("b", Decision::Leave), row("c", Decision::Adopt)];
        let text = Review { workspace_id: "w".into(), grants }.to_csv();
        assert!(text.contains("'=Ana"), "{text}");
        let expected: Vec<AccessGrantId> = vec!["a".into(), "c".into()];
        assert_eq!(adopted(&text), Ok(expected.clone()));
        assert_eq!(adopted("GRANT_ID;x;Decision\r\na;1;Adopt\r\nb;2;\r\nc;3; ADOPT \r\n"), Ok(expected));
        assert_eq!(adopted("decision\tgrant_id\nleave\ta\n\tb\n"), Ok(Vec::new()));
    }

    #[test]
    fn a_list_that_says_something_else_is_refused_whole() {
        let check = |text: &str, expected: ReviewError| assert_eq!(adopted(text), Err(expected), "{text}");
        check("", ReviewError::NoColumn("decision"));
        check("decision,class\nadopt,match\n", ReviewError::NoColumn("grant_id"));
        check("decision,grant_id\nadopt,\n", ReviewError::NoGrant(2));
        let unknown = ReviewError::UnknownDecision { line: 3, word: "yes".to_owned() };
        check("decision,grant_id\nadopt,a\nyes,b\n", unknown);
    }
}
