//! Databases: one SELECT of a file is run on SQLite, PostgreSQL, MySQL or MariaDB, and gives rows of typed cells.
//!
//! The database itself keeps the read from writing: SQLite is opened read-only, the others run the query in a
//! read-only transaction. The statement is prepared before it is run, so that a second one behind it never gets
//! through. No text that leaves this folder has the password, and none has a value that a database complains about.

mod address;
mod engine;
mod error;
mod mysql;
mod native;
mod postgres;
mod privileges;
mod read;
mod running;
mod sqlite;
mod statement;

pub use address::{AddressError, DatabaseAddress};
pub use error::DatabaseError;
pub use privileges::writable;
pub use read::query_fits;
pub(super) use read::{read, rows_of};
