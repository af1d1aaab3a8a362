//! What is wrong with a row, said so that the person who made the export can mend it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::word::word;

/// Where a row stands: `bookings.csv:18` for a file, `book.xlsx:Arrivals!18` for a sheet, `query:18` for a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePlace {
    /// `FILE`, `FILE:SHEET!` or `query`, without the row.
    pub container: Arc<str>,
    /// The line or row, 1-based, header included; 0 where the problem is the whole file.
    pub row: u64,
}

impl SourcePlace {
    /// Reads a place as it is printed.
    pub fn parse(text: &str) -> Self {
        let of = |container: &str, row: &str| {
            let row = row.parse().ok().filter(|row| *row > 0)?;
            Some(Self { container: container.into(), row })
        };
        let in_sheet = || {
            let bang = text.rfind('!')?;
            of(&text[..=bang], &text[bang + 1..])
        };
        let in_file = || {
            let (container, row) = text.rsplit_once(':')?;
            of(container, row)
        };
        in_sheet().or_else(in_file).unwrap_or_else(|| Self { container: text.into(), row: 0 })
    }
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { container, row } = self;
        match (row, container.ends_with('!')) {
            (0, _) => formatter.write_str(container.trim_end_matches('!')),
            (row, true) => write!(formatter, "{container}{row}"),
            (row, false) => write!(formatter, "{container}:{row}"),
        }
    }
}

impl Serialize for SourcePlace {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A column, by the name of the canonical field; empty where a problem is no single column's.
pub type Column = &'static str;

/// Names of problems; they are part of the output and do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A required value is blank.
    Missing,
    /// A date, time or instant that cannot be read.
    BadDate,
    /// A time zone that is not in the IANA database.
    BadTimeZone,
    /// The check-out is not after the check-in.
    EndBeforeStart,
    /// A date further than three years from now (RULES 9).
    ImplausibleDate,
    /// The row has more or fewer fields than the header.
    Ragged,
    /// The file ends in the middle of a row.
    Cut,
    /// Bytes that are not text.
    BadEncoding,
    /// A method that does not exist.
    BadMethod,
    /// A wished PIN that is not 4 to 9 digits.
    BadCode,
    /// A truth value that is neither yes nor no.
    BadFlag,
    /// A key that cannot be used.
    BadKey,
    /// An e-mail address that cannot be one; left out.
    BadEmail,
    /// A telephone number that cannot be one; left out.
    BadPhone,
    /// A status that the configuration does not know (RULES 11).
    UnknownStatus,
    /// No column is the status, and nothing says that the source has none (RULES 11).
    NoStatus,
    /// No unit yet (RULES 18).
    Unassigned,
    /// A unit that leads to no space.
    UnmappedUnit,
    /// A property that has no time zone.
    UnknownProperty,
    /// A contact that somebody else already has.
    ContactConflict,
    /// An e-mail address of a booking site; left out.
    RelayAddress,
    /// An e-mail address of the hotel itself; left out.
    OwnAddress,
    /// A name that stands for somebody to come, beside a named guest.
    Placeholder,
    /// A guest key that several people have; its rows count as if they had none (RULES 6).
    GuestKeyShared,
    /// Two guests wish the same PIN for one door at one time (RULES 8).
    SameCode,
    /// A lock that would have to hold more codes than it can (RULES 41).
    LockFull,
    /// A common door that supports none of the wanted methods.
    DoorWithoutMethod,
    /// A file that looks like yesterday's.
    OldSource,
    /// A stay whose start comes before one already granted at the same door (RULES 30).
    ArrivalOrder,
    /// A start that was moved behind the end of an earlier guest (RULES 13).
    StartMoved,
    /// Access that will be made only after the arrival, because the limits allow no earlier.
    NotReadyInTime,
    /// A guest that is still there after the check-out (RULES 17).
    Overstay,
    /// A cell of a workbook whose formula failed, or was never calculated.
    ErrorCell,
    /// A reservation that is kept as it was before a run that was undone (RULES 35).
    Pinned,
    /// Anything else worth a look.
    Notice,
}

impl ProblemCode {
    /// The word by which the code stands in every output.
    pub fn word(self) -> String {
        word(&self)
    }
}

/// One thing to mend, or to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Where.
    pub source: SourcePlace,
    /// In which column.
    pub column: Column,
    /// Which kind.
    pub code: ProblemCode,
    /// What, in one sentence without a full stop. Never a guest's name, e-mail, phone or code.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, column, code: _, message, hint } = self;
        write!(formatter, "{source}: ")?;
        if !column.is_empty() {
            write!(formatter, "{column}: ")?;
        }
        write!(formatter, "{message}")?;
        if !hint.is_empty() {
            write!(formatter, " (hint: {hint})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(container: &str, row: u64, expected: &str) {
        let place = SourcePlace { container: container.into(), row };
        assert_eq!(place.to_string(), expected);
        assert_eq!(SourcePlace::parse(expected), place);
    }

    #[test]
    fn a_place_reads_like_the_tool_the_row_came_from() {
        check("bookings.csv", 18, "bookings.csv:18");
        check("book.xlsx:Arrivals!", 18, "book.xlsx:Arrivals!18");
        check("query", 3, "query:3");
        check("bookings.csv", 0, "bookings.csv");
    }
}
