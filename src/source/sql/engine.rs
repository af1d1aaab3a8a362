//! A session with a database of any kind: open, columns, rows.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column, Connection, Database, Executor, MySqlConnection, PgConnection, Row, SqlSafeStr,
    SqliteConnection, Statement,
};

use super::address::{DatabaseAddress, Target};
use super::{mysql, postgres, sqlite};
use crate::source::record::{OwnedCell, OwnedRecord};
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
            Self::Sqlite(connection) => prepared_columns(connection, statement).await,
            Self::Postgres(connection) => prepared_columns(connection, statement).await,
            Self::MySql(connection) => prepared_columns(connection, statement).await,
        }
    }

    /// Runs a statement that was prepared.
    pub(super) async fn rows(&mut self, statement: &str, take: &mut TakeRow<'_>) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => sqlite::rows(connection, statement, take).await,
            Self::Postgres(connection) => rows_of_texts(connection, statement, postgres::cell, take).await,
            Self::MySql(connection) => rows_of_texts(connection, statement, mysql::cell, take).await,
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

async fn prepared_columns<'c, D: Database>(
    connection: impl Executor<'c, Database = D>,
    statement: &str,
) -> sqlx::Result<Vec<String>> {
    let prepared = connection.prepare(AssertSqlSafe(statement.to_owned()).into_sql_str()).await?;
    Ok(prepared.columns().iter().map(|column| column.name().to_owned()).collect())
}

/// Runs a statement in the simple protocol, in which every value comes as text, whatever its type.
async fn rows_of_texts<'c, D: Database>(
    connection: impl Executor<'c, Database = D>,
    statement: &str,
    cell: fn(&D::Row, usize) -> sqlx::Result<OwnedCell>,
    take: &mut TakeRow<'_>,
) -> sqlx::Result<()> {
    let mut rows = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let cells: sqlx::Result<Vec<OwnedCell>> =
            (0..row.len()).map(|position| cell(&row, position)).collect();
        take(OwnedRecord(cells?), Condition::Sound);
    }
    Ok(())
}
