//! What makes a whole read worthless, and what to do about it.

use std::io;

use jiff::SignedDuration;

use super::sql::DatabaseError;
use crate::model::Column;

/// Why a source gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file is missing, or may not be read, or broke off.
    #[error("read `{location}`")]
    Unreadable {
        /// The file.
        location: String,
        /// What the system said.
        source: io::Error,
    },
    /// No file fits the pattern.
    #[error("no file matches `{pattern}`")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// There is not one byte, or not even a header.
    #[error("`{location}` is empty")]
    Empty {
        /// The file.
        location: String,
    },
    /// The bytes are no text.
    #[error("`{location}` is no CSV: {finding}")]
    NotText {
        /// The file.
        location: String,
        /// What it looks like.
        finding: &'static str,
    },
    /// A packed file that is damaged, or ends too early.
    #[error("unpack `{location}`")]
    Packed {
        /// The file.
        location: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// A calendar tells when something is taken, and not by whom.
    #[error("`{location}` is a calendar (iCal), and a calendar names no guests")]
    Calendar {
        /// The file.
        location: String,
    },
    /// Records of another shape: the answer of an interface, or what it says of a failure.
    #[error("`{location}` is JSON, and no table")]
    Json {
        /// The file.
        location: String,
    },
    /// The bytes are no workbook that can be read.
    #[error("`{location}` cannot be read as a workbook: {finding}")]
    Workbook {
        /// The file.
        location: String,
        /// What is wrong with it.
        finding: &'static str,
    },
    /// The workbook has no sheet of that name.
    #[error("`{location}` has no sheet `{wanted}`; it has {}", quoted(seen))]
    NoSheet {
        /// The file.
        location: String,
        /// The sheet that was asked for.
        wanted: String,
        /// Those that there are.
        seen: Vec<String>,
    },
    /// Which sheet is meant cannot be told.
    #[error("`{location}` has several sheets whose header fits: {}", quoted(sheets))]
    SeveralSheets {
        /// The file.
        location: String,
        /// Those that fit.
        sheets: Vec<String>,
    },
    /// The database, or its query.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The header has not the columns that are needed.
    #[error(
        "the header of `{location}` does not fit: {}; it has {}",
        list("missing", wanting, twice),
        headers(seen)
    )]
    Header {
        /// The file.
        location: String,
        /// The headers it has.
        seen: Vec<String>,
        /// What is missing: a field, and the headers that were looked for.
        wanting: Vec<String>,
        /// Headers of which each may be the wanted one: they are equal, or the same but for case, blanks and marks.
        twice: Vec<Vec<String>>,
        /// The columns that `--allow missing_column=…` lets be missing, where nothing else is wrong; else empty.
        absent: Vec<Column>,
    },
    /// The file is older than it may be.
    #[error("`{location}` is {} old, and may be {}", words(*age), words(*limit))]
    Stale {
        /// The file.
        location: String,
        /// How old it is.
        age: SignedDuration,
        /// `max_age`.
        limit: SignedDuration,
    },
    /// The file was last written at a time that is still to come.
    #[error("`{location}` says that it was written {} from now", words(*ahead))]
    FromTheFuture {
        /// The file.
        location: String,
        /// How far ahead its time is.
        ahead: SignedDuration,
    },
}

impl SourceError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "check `path` in [source], which starts from the folder of the configuration, and that this user may \
                 read the file; `-` reads the standard input"
            }
            Self::NoMatch { .. } => {
                "check `path` in [source], which starts from the folder of the configuration, and that the export \
                 was written"
            }
            Self::Empty { .. } => "export again; a source without reservations still has a header",
            Self::NotText { .. } => "export again as CSV in UTF-8",
            Self::Packed { .. } => {
                "the file is damaged or was not written to its end: export or copy it again"
            }
            Self::Calendar { .. } => {
                "a calendar cannot tell a booking from a closed room: download the reservations of the channel \
                 (Airbnb: Reservations, Export; Booking.com: Reservations, Download) and name that file in `path`"
            }
            Self::Json { .. } => {
                "choose CSV or Excel where the export is made; where a program fetched the file, look whether it holds an \
                 error instead of bookings"
            }
            Self::Workbook { .. } => {
                "save it again as xlsx in the spreadsheet program, or export as CSV and write kind = \"csv\" in [source]"
            }
            Self::NoSheet { .. } => {
                "correct `sheet` in [source], or take it out to have the sheet found by its header"
            }
            Self::SeveralSheets { .. } => "name the one that is meant: sheet = \"Arrivals\" in [source]",
            Self::Database(error) => error.hint(),
            Self::Header { .. } => {
                "name the headers in [columns], for example reservation_key = \"Booking number\"; \
                 fields without an entry there are looked for under their own names"
            }
            Self::FromTheFuture { .. } => {
                "set the clock and the time zone of the computer that writes the file, and export again; how old it is \
                 cannot be told, and `max_age = \"none\"` in [source] does not ask"
            }
            Self::Stale { .. } => {
                "find out why the export was not written; `max_age` in [source] sets the limit, \"none\" lifts it"
            }
        }
    }
}

fn list(what: &str, wanting: &[String], twice: &[Vec<String>]) -> String {
    let mut parts = Vec::new();
    if !wanting.is_empty() {
        parts.push(format!("{what} {}", wanting.join(", ")));
    }
    for headers in twice {
        parts.push(match headers.as_slice() {
            [first, others @ ..] if others.iter().all(|other| other == first) => {
                format!("more than once `{first}`")
            }
            headers => format!("which is meant of {}", quoted(headers)),
        });
    }
    parts.join("; ")
}

/// The headers, unless they are values: the first row of a file without a header is about guests.
fn headers(seen: &[String]) -> String {
    if seen.iter().any(|header| is_value(header)) {
        return "values where headers should be, which are not shown because they may be of guests"
            .to_owned();
    }
    quoted(seen)
}

/// Whether a cell holds a contact, a date or a number, as no header does.
fn is_value(cell: &str) -> bool {
    let is_number = cell.chars().any(char::is_numeric) && !cell.chars().any(char::is_alphabetic);
    let longest = cell.split(|c: char| !c.is_numeric()).map(|digits| digits.chars().count()).max();
    cell.contains('@') || is_number || longest.is_some_and(|digits| digits >= 4)
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn words(duration: SignedDuration) -> String {
    let minutes = duration.as_mins();
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{}s", duration.as_secs()),
        (0, minutes) => format!("{minutes}m"),
        (hours, _) if hours >= 72 => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_the_place_of_headers_are_not_shown() {
        let shown =
            |cells: &[&str]| headers(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
        assert_eq!(shown(&["Booking", "Guest 1", "Check-in"]), "`Booking`, `Guest 1`, `Check-in`");
        for value in ["R1001", "101", "03/12/26", "2026-12-03", "ana@example.com", "+1 555 010", "٠٤٧١"] {
            assert!(!shown(&["Ana Sousa", value]).contains("Ana"), "{value}");
        }
    }
}
