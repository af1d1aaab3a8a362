//! Connections and transactions of either engine, and what runs a statement on them.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool};

use super::statement::{Row, Statement};
use super::{postgres, sqlite};

/// How long a server may take to answer before it counts as gone.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The connections of a store.
#[derive(Debug, Clone)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction that may write. Dropping it takes back what was done in it.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// What runs a statement.
pub(super) trait Executor: Send {
    /// Gives how many rows were changed.
    fn execute(self, statement: Statement) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Gives all rows.
    fn fetch_all(self, statement: Statement) -> impl Future<Output = sqlx::Result<Vec<Row>>> + Send;
}

impl Pool {
    pub(super) async fn begin(&self) -> sqlx::Result<Transaction> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin_with(sqlite::BEGIN).await?),
            Self::Postgres(pool) => Transaction::Postgres(in_time(pool.begin_with(postgres::BEGIN)).await?),
        })
    }

    /// What time it is for everybody who shares the store. For a file that is the clock of this host; hosts that
    /// share a server may have clocks of their own, so there the server is asked.
    pub(super) async fn now(&self) -> sqlx::Result<Timestamp> {
        match self {
            Self::Sqlite(_) => Ok(Timestamp::now()),
            Self::Postgres(pool) => in_time(postgres::now(pool)).await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    pub(super) async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => in_time(transaction.commit()).await,
        }
    }
}

impl Executor for &Pool {
    async fn execute(self, statement: Statement) -> sqlx::Result<u64> {
        match self {
            Pool::Sqlite(pool) => {
                statement.of_engine::<Sqlite>().execute(pool).await.map(|done| done.rows_affected())
            }
            Pool::Postgres(pool) => in_time(statement.of_engine::<Postgres>().execute(pool))
                .await
                .map(|done| done.rows_affected()),
        }
    }

    async fn fetch_all(self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        match self {
            Pool::Sqlite(pool) => wrapped(statement.of_engine::<Sqlite>().fetch_all(pool).await, Row::Sqlite),
            Pool::Postgres(pool) => {
                wrapped(in_time(statement.of_engine::<Postgres>().fetch_all(pool)).await, Row::Postgres)
            }
        }
    }
}

impl Executor for &mut Transaction {
    async fn execute(self, statement: Statement) -> sqlx::Result<u64> {
        match self {
            Transaction::Sqlite(transaction) => statement
                .of_engine::<Sqlite>()
                .execute(&mut **transaction)
                .await
                .map(|done| done.rows_affected()),
            Transaction::Postgres(transaction) => {
                in_time(statement.of_engine::<Postgres>().execute(&mut **transaction))
                    .await
                    .map(|done| done.rows_affected())
            }
        }
    }

    async fn fetch_all(self, statement: Statement) -> sqlx::Result<Vec<Row>> {
        match self {
            Transaction::Sqlite(transaction) => {
                wrapped(statement.of_engine::<Sqlite>().fetch_all(&mut **transaction).await, Row::Sqlite)
            }
            Transaction::Postgres(transaction) => wrapped(
                in_time(statement.of_engine::<Postgres>().fetch_all(&mut **transaction)).await,
                Row::Postgres,
            ),
        }
    }
}

fn wrapped<R>(rows: sqlx::Result<Vec<R>>, row: fn(R) -> Row) -> sqlx::Result<Vec<Row>> {
    rows.map(|rows| rows.into_iter().map(row).collect())
}

/// A server that says nothing must not keep a run waiting for ever, nor its lock from running out.
pub(super) async fn in_time<T>(answer: impl Future<Output = sqlx::Result<T>> + Send) -> sqlx::Result<T> {
    let late = |_| Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(ANSWER_LIMIT, answer).await.unwrap_or_else(late)
}
