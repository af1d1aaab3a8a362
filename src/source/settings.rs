//! What the configuration tells the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use encoding_rs::Encoding;
use jiff::SignedDuration;

use super::field::Field;
use super::forms::CellForms;
use super::sql::DatabaseAddress;
use crate::model::{Coverage, Properties, Standing};

/// Where the rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceInput {
    /// The standard input.
    Stdin,
    /// A file, or the newest of the files that a pattern matches.
    File {
        /// The folder that a relative path starts from.
        folder: PathBuf,
        /// The path or pattern from there; rows are placed by it.
        path: String,
    },
    /// A query of a database.
    Database(DatabaseInput),
}

/// A query, and the database that it is run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseInput {
    /// The database.
    pub address: DatabaseAddress,
    /// The file with the query, as the configuration calls it.
    pub query: String,
    /// Where that file is.
    pub query_path: PathBuf,
    /// How long it is tried to reach the database, and how long the query may run.
    pub patience: Duration,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FileFormat {
    /// Comma-separated values.
    #[default]
    Csv,
    /// A workbook of any kind.
    Excel {
        /// The sheet; `None`: the one whose header fits.
        sheet: Option<String>,
    },
}

/// Which part of a date comes first, where the column does not prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum DateOrder {
    /// `2026-05-17`.
    #[default]
    YearMonthDay,
    /// `17/05/2026`.
    DayMonthYear,
    /// `05/17/2026`.
    MonthDayYear,
}

impl DateOrder {
    /// The words of the configuration.
    pub const WORDS: [(&'static str, Self); 3] =
        [("dmy", Self::DayMonthYear), ("mdy", Self::MonthDayYear), ("ymd", Self::YearMonthDay)];
}

/// The headers of each field; a field that is not named here is looked for under its own name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnMap {
    /// Alternatives, the first that the source has is taken; none: the source has no such column.
    pub headers: BTreeMap<Field, Vec<String>>,
    /// Fields that are no column of the source as it is.
    pub derived: BTreeMap<Field, Derived>,
    /// Fields that are named and may be missing all the same, because not every export has them.
    pub optional: BTreeSet<Field>,
    /// Fields that a person allowed to be missing this once.
    pub excused: BTreeSet<Field>,
    /// Rows that are no bookings: the header of a column, and what stands in it there.
    pub skip: BTreeMap<String, Vec<String>>,
}

/// A field that is made of several columns, or that is the same in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derived {
    /// The columns below these headers, with a text between them; blank where all of them are.
    Joined {
        /// The headers.
        headers: Vec<String>,
        /// What stands between.
        with: String,
    },
    /// The same for every row.
    Constant(String),
}

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The guest may enter.
    Grant,
    /// The guest may enter and is there.
    CheckedIn,
    /// The guest may no longer enter.
    Revoke,
    /// The row is passed over.
    Ignore,
}

impl Meaning {
    /// The words of the configuration.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("grant", Self::Grant),
        ("checked_in", Self::CheckedIn),
        ("revoke", Self::Revoke),
        ("ignore", Self::Ignore),
    ];
}

/// One status was given two meanings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the same status has two meanings")]
pub struct MeaningConflict;

/// Statuses and what they mean; case, spaces, `-` and `_` do not count, and `cancel*` is every word that begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusMap {
    meanings: BTreeMap<String, Meaning>,
}

/// Words for a guest who has arrived; where one of them grants, the stay is in house (RULES, Terms).
const CHECKED_IN: [&str; 7] =
    ["checked_in", "checkedin", "currently_hosting", "in_house", "inhouse", "onboard", "started"];

impl StatusMap {
    /// A map that knows no status.
    pub fn empty() -> Self {
        Self { meanings: BTreeMap::new() }
    }

    /// The statuses of a source that needs no `[statuses]`.
    pub fn canonical() -> Self {
        let meanings = [
            ("confirmed", Meaning::Grant),
            ("checked_in", Meaning::Grant),
            ("cancelled", Meaning::Revoke),
            ("canceled", Meaning::Revoke),
            ("no_show", Meaning::Revoke),
            ("checked_out", Meaning::Revoke),
            ("tentative", Meaning::Ignore),
            ("blocked", Meaning::Ignore),
        ];
        Self { meanings: meanings.map(|(word, meaning)| (word.to_owned(), meaning)).into() }
    }

    /// Adds a status.
    pub fn insert(&mut self, word: &str, meaning: Meaning) -> Result<(), MeaningConflict> {
        match self.meanings.insert(folded(word), meaning) {
            Some(before) if before != meaning => Err(MeaningConflict),
            _ => Ok(()),
        }
    }

    /// Adds the statuses of another map, for words that this one does not know, by their beginning either.
    pub fn complete(&mut self, other: &Self) {
        let unknown = other.meanings.iter().filter(|(word, _)| self.meaning(word).is_none());
        let unknown: Vec<(String, Meaning)> =
            unknown.map(|(word, meaning)| (word.clone(), *meaning)).collect();
        self.meanings.extend(unknown);
    }

    /// The meaning of the whole word, or else of the longest beginning that the map has.
    fn meaning(&self, word: &str) -> Option<Meaning> {
        let beginnings =
            || self.meanings.iter().filter_map(|(known, meaning)| Some((known.strip_suffix('*')?, *meaning)));
        self.meanings.get(word).copied().or_else(|| {
            let fitting = beginnings().filter(|(beginning, _)| word.starts_with(beginning));
            fitting.max_by_key(|(beginning, _)| beginning.len()).map(|(_, meaning)| meaning)
        })
    }

    /// What a word means; `None` for a word that the map does not know.
    pub fn standing(&self, word: &str) -> Option<Standing> {
        let word = folded(word);
        Some(match self.meaning(&word)? {
            Meaning::Grant if CHECKED_IN.contains(&word.as_str()) => Standing::CheckedIn,
            Meaning::CheckedIn => Standing::CheckedIn,
            Meaning::Grant => Standing::Expected,
            Meaning::Revoke => Standing::Revoked,
            Meaning::Ignore => Standing::Ignored,
        })
    }
}

fn folded(word: &str) -> String {
    let pieces: Vec<String> = word
        .split(|c: char| c.is_whitespace() || c == '-' || c == '_')
        .filter(|piece| !piece.is_empty())
        .map(str::to_lowercase)
        .collect();
    pieces.join("_")
}

/// The arrivals that a complete source lists, from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivalRange {
    /// The first; negative for the past.
    pub from: SignedDuration,
    /// The last.
    pub until: SignedDuration,
}

/// What a blank check-out means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OpenEnd {
    /// The row cannot be used.
    #[default]
    Reject,
    /// The stay has no end yet.
    Allow,
}

/// What is kept of rows that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeptRejects {
    /// What is wrong with them.
    #[default]
    Problems,
    /// Also their cells, for a rejects file.
    Rows,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowOrigin {
    /// The source itself.
    #[default]
    Source,
    /// Some of its rows, which an earlier read could not use and somebody has mended since.
    RejectsFile,
}

/// Everything the source is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSettings {
    /// Where the rows come from.
    pub input: SourceInput,
    /// What it is, where it is a file.
    pub format: FileFormat,
    /// Which column holds what.
    pub columns: ColumnMap,
    /// What a status means.
    pub statuses: StatusMap,
    /// Zones, hours and countries.
    pub properties: Properties,
    /// Whether absence says something.
    pub coverage: Coverage,
    /// The arrivals that a complete source lists; `None`: from the first to the last it has (RULES 21).
    pub covers: Option<ArrivalRange>,
    /// Whether also a partial source lists every row of a reservation of which it lists one (RULES 21).
    pub whole_reservations: bool,
    /// An older file is refused.
    pub max_age: Option<SignedDuration>,
    /// How the cells are written.
    pub forms: CellForms,
    /// How dates are written.
    pub date_order: DateOrder,
    /// What a blank check-out means.
    pub open_end: OpenEnd,
    /// What is kept of rows that cannot be used.
    pub rejects: KeptRejects,
    /// What the rows are.
    pub origin: RowOrigin,
    /// What a text is written in, where it has no byte order mark; `None`: what its bytes prove.
    pub encoding: Option<&'static Encoding>,
}

impl SourceSettings {
    /// The same for rows of it in a rejects file that somebody has mended: nothing is concluded from what is absent
    /// there.
    #[must_use]
    pub fn fed_back(self, input: SourceInput) -> Self {
        Self {
            input,
            format: FileFormat::Csv,
            coverage: Coverage::Partial,
            covers: None,
            whole_reservations: false,
            max_age: None,
            encoding: None,
            origin: RowOrigin::RejectsFile,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_known_whatever_its_case_and_separators() {
        let statuses = StatusMap::canonical();
        let check =
            |word: &str, expected: Option<Standing>| assert_eq!(statuses.standing(word), expected, "{word}");
        check("Confirmed", Some(Standing::Expected));
        check("CHECKED IN", Some(Standing::CheckedIn));
        check("checked-in", Some(Standing::CheckedIn));
        check("Canceled", Some(Standing::Revoked));
        check("cancelled", Some(Standing::Revoked));
        check("No Show", Some(Standing::Revoked));
        check("checked_out", Some(Standing::Revoked));
        check("Tentative", Some(Standing::Ignored));
        check("blocked", Some(Standing::Ignored));
        check("modified", None);
        check("", None);
    }

    #[test]
    fn words_for_a_guest_who_has_arrived_are_known_only_where_they_grant() {
        let mut statuses = StatusMap::empty();
        for word in ["In-House", "in house", "InHouse", "onboard"] {
            statuses.insert(word, Meaning::Grant).expect("one meaning");
            assert_eq!(statuses.standing(word), Some(Standing::CheckedIn), "{word}");
        }
        statuses.insert("checked_in", Meaning::Ignore).expect("one meaning");
        assert_eq!(statuses.standing("Checked In"), Some(Standing::Ignored));
    }

    #[test]
    fn checked_in_is_a_meaning_for_any_word() {
        let mut statuses = StatusMap::empty();
        statuses.insert("Im Haus", Meaning::CheckedIn).expect("one meaning");
        assert_eq!(statuses.standing("im haus"), Some(Standing::CheckedIn));
    }

    #[test]
    fn a_beginning_stands_for_all_words_that_begin_so_and_the_whole_word_goes_before_it() {
        let mut statuses = StatusMap::empty();
        for (word, meaning) in [
            ("Cancel*", Meaning::Revoke),
            ("cancellation *", Meaning::Ignore),
            ("Cancelled but kept", Meaning::Grant),
        ] {
            statuses.insert(word, meaning).expect("one meaning");
        }
        assert_eq!(statuses.standing("CANCELED by guest"), Some(Standing::Revoked));
        assert_eq!(statuses.standing("Cancellation Pending"), Some(Standing::Ignored));
        assert_eq!(statuses.standing("cancelled_but_kept"), Some(Standing::Expected));
        assert_eq!(statuses.standing("can"), None);
    }

    #[test]
    fn what_the_first_map_says_of_a_word_goes_before_what_the_second_says() {
        let (mut own, mut other) = (StatusMap::empty(), StatusMap::canonical());
        own.insert("No-Show", Meaning::Ignore).expect("one meaning");
        own.complete(&other);
        assert_eq!(own.standing("no show"), Some(Standing::Ignored));
        assert_eq!(own.standing("confirmed"), Some(Standing::Expected));
        let mut beginning = StatusMap::empty();
        beginning.insert("Cancel*", Meaning::Ignore).expect("one meaning");
        beginning.complete(&other);
        assert_eq!(beginning.standing("cancelled"), Some(Standing::Ignored));
        other.complete(&own);
        assert_eq!(other.standing("no show"), Some(Standing::Revoked));
    }

    #[test]
    fn a_status_with_two_meanings_is_refused() {
        let mut statuses = StatusMap::empty();
        statuses.insert("No-show", Meaning::Revoke).expect("one meaning");
        statuses.insert("no show", Meaning::Revoke).expect("the same meaning");
        assert_eq!(statuses.insert("NO_SHOW", Meaning::Grant), Err(MeaningConflict));
    }
}
