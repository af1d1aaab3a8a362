//! A session with a database of any kind: open, columns, rows.

use std::time::Duration;

use sqlx::{Connection, MySqlConnection, PgConnection, SqliteConnection};

use super::address::{DatabaseAddress, Target};
use super::{mysql, postgres, sqlite};
use crate::source::record::OwnedRecord;
use crate::source::rows::Condition;

/// An open connection that cannot write.
pub(super) enum Session {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

/// Takes the rows of a result, one by one.
pub(super) type TakeRow<'a> = dyn FnMut(OwnedRecord, Condition) + Send + 'a;

impl Session {
    /// Connects; no statement may run for longer than the limit.
    pub(super) async fn open(address: &DatabaseAddress, limit: Duration) -> sqlx::Result<Self> {
        Ok(match address.target()? {
            Target::Sqlite(path) => Self::Sqlite(sqlite::open(&path, limit).await?),
            Target::Postgres(options) => Self::Postgres(postgres::open(&options, limit).await?),
            Target::MySql(options) => Self::MySql(mysql::open(&options, limit).await?),
        })
    }

    /// Prepares the statement, which the database refuses if it is more than one; gives the names of its columns.
    pub(super) async fn columns(&mut self, statement: &str) -> sqlx::Result<Vec<String>> {
        match self {
            Self::Sqlite(connection) => sqlite::columns(connection, statement).await,
            Self::Postgres(connection) => postgres::columns(connection, statement).await,
            Self::MySql(connection) => mysql::columns(connection, statement).await,
        }
    }

    /// Runs a statement that was prepared.
    pub(super) async fn rows(&mut self, statement: &str, take: &mut TakeRow<'_>) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlite::rows(connection, statement, take).await,
            Self::Postgres(connection) => postgres::rows(connection, statement, take).await,
            Self::MySql(connection) => mysql::rows(connection, statement, take).await,
        }
    }

    /// Says goodbye; what was begun is rolled back by the database.
    pub(super) async fn close(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
            Self::MySql(connection) => connection.close().await,
        }
    }
}
