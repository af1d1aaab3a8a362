//! One statement with its values, for SQLite and PostgreSQL alike.
//!
//! The tables hold texts and whole numbers and nothing else. So one text of a statement means the same to both
//! engines, and what differs between them (how a transaction begins, the clock) is in `database.rs` and the two files
//! of the engines.

use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Database, Decode, Encode, Postgres, SqlSafeStr, Sqlite, Type};
use sqlx::{Row as _, SqlStr};

use super::database::Executor;

/// A statement that has its values.
pub(super) struct Statement {
    sql: SqlStr,
    values: Vec<Value>,
}

/// What a cell can hold.
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Statement {
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql: sql.into_sql_str(), values: Vec::new() }
    }

    /// An insert of many rows: the texts before and behind the values, and how many values a row has. All values are
    /// bound; nothing of them gets into the text.
    pub(super) fn insert_rows(
        before: &'static str,
        (n_rows, n_columns): (usize, usize),
        behind: &'static str,
    ) -> Self {
        let mut sql = format!("{before} values ");
        for number in 1..=n_rows * n_columns {
            sql.push_str(match (number - 1) % n_columns {
                0 if number == 1 => "($",
                0 => "), ($",
                _ => ", $",
            });
            sql.push_str(&number.to_string());
        }
        sql.push(')');
        sql.push_str(behind);
        let values = Vec::with_capacity(n_rows * n_columns);
        Self { sql: AssertSqlSafe(sql).into_sql_str(), values }
    }

    /// Gives the next value, `$1` first.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs it; gives how many rows it changed.
    ///
    /// What a statement waits with is kept apart, because the futures of two engines would swell all that wait for it.
    pub(super) async fn execute(self, executor: impl Executor) -> sqlx::Result<u64> {
        Box::pin(executor.execute(self)).await
    }

    pub(super) async fn fetch_all(self, executor: impl Executor) -> sqlx::Result<Vec<Row>> {
        Box::pin(executor.fetch_all(self)).await
    }

    /// The first row, of a statement that gives one at most.
    pub(super) async fn fetch_optional(self, executor: impl Executor) -> sqlx::Result<Option<Row>> {
        Box::pin(executor.fetch_all(self)).await.map(|rows| rows.into_iter().next())
    }

    /// The same for an engine.
    pub(super) fn of_engine<D>(self) -> Query<'static, D, D::Arguments>
    where
        D: Engine,
        for<'q> Option<String>: Encode<'q, D> + Type<D>,
        for<'q> Option<i64>: Encode<'q, D> + Type<D>,
    {
        let Self { sql, values } = self;
        values.into_iter().fold(sqlx::query(sql), |query, value| match value {
            Value::Text(text) => query.bind(text.map(D::storable)),
            Value::Number(number) => query.bind(number),
        })
    }
}

/// What an engine cannot store as it is.
pub(super) trait Engine: Database {
    /// The text as the engine keeps it.
    fn storable(text: String) -> String;
}

impl Engine for Sqlite {
    fn storable(text: String) -> String {
        text
    }
}

impl Engine for Postgres {
    /// PostgreSQL has no text with a zero character.
    fn storable(text: String) -> String {
        if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

/// A row of an answer.
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a cell can be read as.
pub(super) trait Cell<'r>:
    Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

impl<'r, T> Cell<'r> for T where T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres> {}

impl Row {
    /// The value of a column.
    pub(super) fn try_get<'r, T: Cell<'r>>(&'r self, column: &str) -> sqlx::Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_of_many_rows_numbers_its_values_through() {
        let statement = Statement::insert_rows("insert into t (a, b)", (2, 2), " on conflict do nothing");
        assert_eq!(
            statement.sql.as_str(),
            "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing"
        );
    }
}
