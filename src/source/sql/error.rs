//! What can be wrong with a database or its query, and what to do about it.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use crate::model::without_contacts;

/// Why a database gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file with the query cannot be read.
    #[error("read the query `{query}`")]
    QueryFile {
        /// The file.
        query: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else than one SELECT.
    #[error("`{query}` is not one SELECT: {finding}")]
    NotOneSelect {
        /// The file.
        query: String,
        /// What it is.
        finding: &'static str,
    },
    /// The database cannot be reached now, or the connection broke.
    #[error("reach `{location}`")]
    Unreachable {
        /// The database.
        location: String,
        /// What was said.
        source: Said,
    },
    /// The database does not let us in, or there is none of that name.
    #[error("open `{location}`")]
    Refused {
        /// The database.
        location: String,
        /// What was said.
        source: Said,
    },
    /// The database would not run the query.
    #[error("run `{query}` on `{location}`")]
    Query {
        /// The file.
        query: String,
        /// The database.
        location: String,
        /// What was said.
        source: Said,
    },
    /// The query took too long.
    #[error("`{query}` ran for longer than {} s on `{location}`", limit.as_secs())]
    TooSlow {
        /// The file.
        query: String,
        /// The database.
        location: String,
        /// How long it may run.
        limit: Duration,
    },
}

/// What a database said, without anything of a guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Said(pub(super) String);

impl DatabaseError {
    /// Whether the same may go well in a while.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TooSlow { .. } => true,
            Self::QueryFile { .. }
            | Self::NotOneSelect { .. }
            | Self::Refused { .. }
            | Self::Query { .. } => false,
        }
    }

    /// Whether to try it again at once; what was too slow would be so again.
    pub(super) fn is_worth_a_retry(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::QueryFile { .. } => {
                "check `query` in [source], which starts from the folder of the configuration, and that this user \
                 may read the file"
            }
            Self::NotOneSelect { .. } => "put one SELECT into the file; config/queries has examples",
            Self::Unreachable { .. } => {
                "check that the database runs and can be reached from here, and `url` in [source]; `patience` in \
                 [seam] says for how long it is tried"
            }
            Self::Refused { .. } => {
                "check user, password and database in `url` of [source], and that the user may read"
            }
            Self::Query { .. } => {
                "run the query with the database's own client; the user of `url` needs SELECT on its tables, and \
                 nothing that writes is let through"
            }
            Self::TooSlow { .. } => {
                "let the query read fewer rows, for example by its dates, or give it an index; `patience` in [seam] \
                 is its limit"
            }
        }
    }
}

/// On what an error came.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) query: &'a str,
    pub(super) location: &'a str,
    pub(super) limit: Duration,
}

impl Context<'_> {
    /// The one place that says what an error of the driver means.
    pub(super) fn judge(self, error: &sqlx::Error) -> DatabaseError {
        let Self { query, location, limit } = self;
        let (query, location) = (query.to_owned(), location.to_owned());
        let source = Said(said(error));
        let code = match error {
            sqlx::Error::Database(database) => database.code().unwrap_or(Cow::Borrowed("")),
            sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => {
                return DatabaseError::Refused { location, source };
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => return DatabaseError::Unreachable { location, source },
            _ => return DatabaseError::Query { query, location, source },
        };
        match verdict(&code, vendor_number(error)) {
            Verdict::Unreachable => DatabaseError::Unreachable { location, source },
            Verdict::Refused => DatabaseError::Refused { location, source },
            Verdict::TooSlow => DatabaseError::TooSlow { query, location, limit },
            Verdict::Query => DatabaseError::Query { query, location, source },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unreachable,
    Refused,
    TooSlow,
    Query,
}

/// From SQLSTATE (five characters) and MySQL's own number, or from the result code of SQLite.
fn verdict(code: &str, number: Option<u16>) -> Verdict {
    if let Some(number) = number {
        match number {
            // Access denied, unknown database, host not allowed, account locked.
            1044 | 1045 | 1049 | 1130 | 1698 | 3118 | 4151 => return Verdict::Refused,
            // Too many connections, shutdown, lock wait, killed.
            1040 | 1053 | 1203 | 1205 | 1927 => return Verdict::Unreachable,
            // max_statement_time of MariaDB, max_execution_time of MySQL.
            1969 | 3024 => return Verdict::TooSlow,
            _ => {}
        }
    }
    if code.len() < 5
        && let Ok(code) = code.parse::<u32>()
    {
        // The low byte says what, the rest says where.
        return match code & 0xff {
            // Busy, locked, input or output that failed.
            5 | 6 | 10 => Verdict::Unreachable,
            // Interrupted, by the handler that looks at the clock.
            9 => Verdict::TooSlow,
            // No permission, cannot open, not allowed, not a database.
            3 | 14 | 23 | 26 => Verdict::Refused,
            _ => Verdict::Query,
        };
    }
    match code {
        // Cancelled, by `statement_timeout`.
        "57014" => Verdict::TooSlow,
        // No such role, wrong password, no such database.
        "28000" | "28P01" | "3D000" => Verdict::Refused,
        // Connection, resources, shutdown.
        _ if ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) => Verdict::Unreachable,
        _ => Verdict::Query,
    }
}

fn vendor_number(error: &sqlx::Error) -> Option<u16> {
    let database = error.as_database_error()?;
    Some(database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?.number())
}

/// What was said; but a complaint about a value repeats the value, which is a guest's.
fn said(error: &sqlx::Error) -> String {
    let Some(database) = error.as_database_error() else {
        return without_contacts(&error.to_string());
    };
    match database.code() {
        Some(code) if code.starts_with("22") => {
            format!("a value of a row cannot be converted as the query asks (SQLSTATE {code})")
        }
        _ => without_contacts(database.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let check = |code: &str, number, expected: Verdict| {
            assert_eq!(verdict(code, number), expected, "{code} {number:?}");
        };
        check("57P03", None, Verdict::Unreachable);
        check("53300", None, Verdict::Unreachable);
        check("08006", None, Verdict::Unreachable);
        check("57014", None, Verdict::TooSlow);
        check("28P01", None, Verdict::Refused);
        check("42P01", None, Verdict::Query);
        check("25006", None, Verdict::Query);
        check("08004", Some(1040), Verdict::Unreachable);
        check("28000", Some(1045), Verdict::Refused);
        check("70100", Some(1969), Verdict::TooSlow);
        check("42S02", Some(1146), Verdict::Query);
        // SQLite: a busy snapshot, a folder in place of a file, no such table.
        check("517", None, Verdict::Unreachable);
        check("526", None, Verdict::Refused);
        check("1", None, Verdict::Query);
    }
}
