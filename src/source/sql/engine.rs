//! A session with a database of any kind: open, columns, rows.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Column, Connection, Database, Either, Executor, MySqlConnection, PgConnection, Row,
    SqlSafeStr, SqliteConnection, Statement,
};

use super::address::{DatabaseAddress, Target};
use super::running::Running;
use super::{mysql, postgres, sqlite};
use crate::source::record::{OwnedCell, OwnedRecord};
use crate::source::rows::Condition;

/// An open session that cannot write. A statement that still runs when it is dropped is cancelled at the server.
pub(super) struct Session {
    // Before the connection: the server is told first.
    running: Running,
    connection: Open,
}

/// A connection.
enum Open {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

/// Takes the rows of a result, one by one.
pub(super) type TakeRow<'a> = dyn FnMut(OwnedRecord, Condition) + Send + 'a;

impl Session {
    /// Connects; no statement may run for longer than the limit.
    pub(super) async fn open(address: &DatabaseAddress, limit: Duration) -> sqlx::Result<Self> {
        let (connection, id) = match address.target()? {
            Target::Sqlite(path) => (Open::Sqlite(sqlite::open(&path, limit).await?), None),
            Target::Postgres(options) => {
                let (connection, id) = postgres::open(&options, limit).await?;
                (Open::Postgres(connection), Some(id))
            }
            Target::MySql(options) => {
                let (connection, id) = mysql::open(&options, limit).await?;
                (Open::MySql(connection), Some(id))
            }
        };
        Ok(Self { running: Running::new(address, id), connection })
    }

    /// Prepares the statement, which the database refuses if it is more than one.
    pub(super) async fn prepare(&mut self, statement: &str) -> sqlx::Result<Prepared> {
        match &mut self.connection {
            Open::Sqlite(connection) => prepared(connection, statement).await,
            Open::Postgres(connection) => prepared(connection, statement).await,
            Open::MySql(connection) => prepared(connection, statement).await,
        }
    }

    /// Runs a statement that was prepared.
    pub(super) async fn rows(&mut self, statement: &str, take: &mut TakeRow<'_>) -> sqlx::Result<()> {
        self.running.begin();
        let ended = match &mut self.connection {
            Open::Sqlite(connection) => sqlite::rows(connection, statement, take).await,
            Open::Postgres(connection) => rows_of_texts(connection, statement, postgres::cell, take).await,
            Open::MySql(connection) => rows_of_texts(connection, statement, mysql::cell, take).await,
        };
        self.running.end();
        ended
    }

    /// Says goodbye; what was begun is rolled back by the database.
    pub(super) async fn close(self) -> sqlx::Result<()> {
        match self.connection {
            Open::Sqlite(connection) => connection.close().await,
            Open::Postgres(connection) => connection.close().await,
            Open::MySql(connection) => connection.close().await,
        }
    }
}

/// What a database says of a statement before it runs.
pub(super) struct Prepared {
    /// The names of its columns.
    pub(super) columns: Vec<String>,
    /// Whether it has parameters, which nothing gives values.
    pub(super) has_parameters: bool,
}

async fn prepared<'c, D: Database>(
    connection: impl Executor<'c, Database = D>,
    statement: &str,
) -> sqlx::Result<Prepared> {
    let prepared = connection.prepare(AssertSqlSafe(statement.to_owned()).into_sql_str()).await?;
    let has_parameters = match prepared.parameters() {
        Some(Either::Left(types)) => !types.is_empty(),
        Some(Either::Right(count)) => count > 0,
        None => false,
    };
    let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
    Ok(Prepared { columns, has_parameters })
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
