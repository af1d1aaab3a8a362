//! What can be wrong with the store, said with the file and the next step.

use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;

/// Why the store cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A URL of another kind.
    #[error("store url begins with `{scheme}:`, which is not a store this program can use")]
    Scheme {
        /// What it begins with.
        scheme: String,
    },
    /// A URL without a usable file.
    #[error("store url names no file")]
    Path,
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
    /// The file is not a database, or a damaged one.
    #[error("store `{}` is damaged or is not a database", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// The file cannot be written.
    #[error("store `{}` is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// No room is left.
    #[error("no space is left for store `{}`", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// Another program holds the file.
    #[error("store `{}` is kept busy by another program", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<sqlx::Error>,
    },
    /// A later version of this program wrote it.
    #[error("store `{}` was written by a newer version of this program", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// The tables are not those that this program made.
    #[error("prepare the tables of store `{}`", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<MigrateError>,
    },
    /// Anything else.
    #[error("{doing} in store `{}`", path.display())]
    Query {
        /// The file.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// Why.
        source: Box<sqlx::Error>,
    },
}

impl StoreError {
    /// Sorts an error of the database by what a person can do about it.
    pub(super) fn new(path: &Path, doing: &'static str, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        // The low byte is the primary code: https://www.sqlite.org/rescode.html
        let primary = source
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<u32>().ok())
            .map(|code| code & 0xff);
        let source = Box::new(source);
        match primary {
            Some(5 | 6) => Self::Busy { path, source },
            Some(8) => Self::ReadOnly { path, source },
            Some(11 | 26) => Self::Damaged { path, source },
            Some(13) => Self::Full { path, source },
            _ => Self::Query { path, doing, source },
        }
    }

    pub(super) fn migrate(path: &Path, error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => {
                Self::new(path, "prepare the tables", source)
            }
            MigrateError::VersionMissing(_) => Self::Newer { path: path.to_owned() },
            other => Self::Migrate { path: path.to_owned(), source: Box::new(other) },
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Scheme { .. } | Self::Path => "set `url = \"sqlite://reservation-sync.db\"` in [store]",
            Self::CreateFolder { .. } | Self::OpenFile { .. } | Self::ReadOnly { .. } => {
                "let the user who runs the job write the store's file and folder, or name another file in [store]"
            }
            Self::Damaged { .. } => {
                "move the file and its -wal and -shm neighbours away and run again: history is lost, no grant is"
            }
            Self::Full { .. } => "free some disk space and run again; what was done is found at Seam",
            Self::Busy { .. } => "wait for the other program to end, then run again",
            Self::Newer { .. } => "use the newer program, or name another file in [store]",
            Self::Migrate { .. } => "name another file in [store], or restore the file from a backup",
            Self::Query { .. } => "run again; if it comes back, report it with the lines below the message",
        }
    }
}
