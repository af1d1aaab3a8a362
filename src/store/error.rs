//! What can be wrong with the store, said with its place and the next step.

use std::path::PathBuf;

use sqlx::migrate::MigrateError;

use super::address::StoreAddress;

/// Why the store cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made.
    #[error("create folder `{}` for the store", path.display())]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be made or read.
    #[error("open store `{}`", path.display())]
    OpenFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The server does not answer, or the connection broke.
    #[error("reach store `{store}`")]
    Unreachable {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// The server does not let us in, or not do what must be done.
    #[error("use store `{store}`")]
    Refused {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// The file is not a database, or a damaged one.
    #[error("store `{store}` is damaged or is not a database")]
    Damaged {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// Nothing can be written.
    #[error("store `{store}` is read-only")]
    ReadOnly {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// No room is left.
    #[error("no space is left for store `{store}`")]
    Full {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// Another program holds it.
    #[error("store `{store}` is kept busy by another program")]
    Busy {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// A later version of this program wrote it.
    #[error("store `{store}` was written by a newer version of this program")]
    Newer {
        /// Where it is.
        store: StoreAddress,
    },
    /// The tables are not those that this program made.
    #[error("prepare the tables of store `{store}`")]
    Migrate {
        /// Where it is.
        store: StoreAddress,
        /// Why.
        source: Box<MigrateError>,
    },
    /// Anything else.
    #[error("{doing} in store `{store}`")]
    Query {
        /// Where it is.
        store: StoreAddress,
        /// What was attempted.
        doing: &'static str,
        /// Why.
        source: Box<sqlx::Error>,
    },
}

/// What a code of an engine means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unreachable,
    Refused,
    Damaged,
    ReadOnly,
    Full,
    Busy,
    Other,
}

impl StoreError {
    /// Sorts an error of the database by what a person can do about it.
    pub(super) fn new(store: &StoreAddress, doing: &'static str, source: sqlx::Error) -> Self {
        let verdict = match &source {
            sqlx::Error::Database(error) => error.code().map_or(Verdict::Other, |code| verdict(&code)),
            _ if !store.is_server() => Verdict::Other,
            sqlx::Error::Configuration(_) | sqlx::Error::Tls(_) => Verdict::Refused,
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => Verdict::Unreachable,
            _ => Verdict::Other,
        };
        let (store, source) = (store.clone(), Box::new(source));
        match verdict {
            Verdict::Unreachable => Self::Unreachable { store, source },
            Verdict::Refused => Self::Refused { store, source },
            Verdict::Damaged => Self::Damaged { store, source },
            Verdict::ReadOnly => Self::ReadOnly { store, source },
            Verdict::Full => Self::Full { store, source },
            Verdict::Busy => Self::Busy { store, source },
            Verdict::Other => Self::Query { store, doing, source },
        }
    }

    pub(super) fn migrate(store: &StoreAddress, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                Self::new(store, "prepare the tables", source)
            }
            MigrateError::VersionMissing(_) => Self::Newer { store: store.clone() },
            other => Self::Migrate { store: store.clone(), source: Box::new(other) },
        }
    }

    /// Whether the same may go well in a while.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::ReadOnly { store, .. } if store.is_server() => {
                "name the server that takes writes, not a copy of it, in `url` of [store]"
            }
            Self::CreateFolder { .. } | Self::OpenFile { .. } | Self::ReadOnly { .. } => {
                "let the user who runs the job write the store's file and folder, or name another file in [store]"
            }
            Self::Unreachable { .. } => {
                "check that the server of `url` in [store] runs and can be reached from here, then run again"
            }
            Self::Refused { .. } => {
                "check user, password and database in `url` of [store]; the user must be allowed to create tables \
                 there and to change their rows"
            }
            Self::Damaged { .. } => {
                "move the file and its -wal and -shm neighbours away and run again: history is lost, no grant is"
            }
            Self::Full { .. } => "free some disk space and run again; what was done is found at Seam",
            Self::Busy { .. } => "wait for the other program to end, then run again",
            Self::Newer { store } | Self::Migrate { store, .. } if store.is_server() => {
                "use the newest version of this program that wrote there, or give the store a database of its own"
            }
            Self::Newer { .. } => "use the newer program, or name another file in [store]",
            Self::Migrate { .. } => "name another file in [store], or restore the file from a backup",
            Self::Query { .. } => "run again; if it comes back, report it with the lines below the message",
        }
    }
}

/// Codes of SQLite are numbers whose low byte says what (<https://www.sqlite.org/rescode.html>); those of PostgreSQL
/// have five characters, of which the first two are the class (SQLSTATE).
fn verdict(code: &str) -> Verdict {
    if code.len() < 5
        && let Ok(code) = code.parse::<u32>()
    {
        return match code & 0xff {
            5 | 6 => Verdict::Busy,
            8 => Verdict::ReadOnly,
            11 | 26 => Verdict::Damaged,
            13 => Verdict::Full,
            _ => Verdict::Other,
        };
    }
    match code {
        "25006" => Verdict::ReadOnly,
        "53100" => Verdict::Full,
        // Waited for a lock for too long, or two waited for each other.
        "55P03" | "40P01" | "40001" => Verdict::Busy,
        // No such database, no such schema, no permission.
        "3D000" | "3F000" | "42501" => Verdict::Refused,
        _ if code.starts_with("28") => Verdict::Refused,
        // Connection, resources, shutdown, a transaction that was ended because its host was silent.
        _ if ["08", "53", "57P", "25P03"].iter().any(|class| code.starts_with(class)) => Verdict::Unreachable,
        _ => Verdict::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_engines_are_sorted_by_what_to_do() {
        let check = |code: &str, expected: Verdict| assert_eq!(verdict(code), expected, "{code}");
        check("517", Verdict::Busy);
        check("1032", Verdict::ReadOnly);
        check("26", Verdict::Damaged);
        check("13", Verdict::Full);
        check("1", Verdict::Other);
        check("25006", Verdict::ReadOnly);
        check("53100", Verdict::Full);
        check("53300", Verdict::Unreachable);
        check("57P01", Verdict::Unreachable);
        check("28P01", Verdict::Refused);
        check("42501", Verdict::Refused);
        check("55P03", Verdict::Busy);
        check("23505", Verdict::Other);
    }
}
