//! SQLite: a file that is opened read-only.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Decode, Row, SqliteConnection, TypeInfo, ValueRef};

use super::engine::TakeRow;
use super::native::bytes_as_text;
use crate::source::record::{OwnedCell, OwnedRecord, Typed};
use crate::source::rows::Condition;

/// How many steps of its machine SQLite goes between two looks at the clock.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

pub(super) async fn open(path: &Path, limit: Duration) -> sqlx::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("pragma query_only = on").execute(&mut connection).await?;
    let end = Instant::now() + limit;
    connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, move || Instant::now() < end);
    Ok(connection)
}

pub(super) async fn rows(
    connection: &mut SqliteConnection,
    statement: &str,
    take: &mut TakeRow<'_>,
) -> sqlx::Result<()> {
    let mut rows = sqlx::query(AssertSqlSafe(statement.to_owned())).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let mut condition = Condition::Sound;
        let cells: sqlx::Result<Vec<OwnedCell>> =
            (0..row.len()).map(|position| cell(&row, position, &mut condition)).collect();
        take(OwnedRecord(cells?), condition);
    }
    Ok(())
}

/// By what the value is stored as, not by what its column was declared as: a column of dates may hold texts, seconds
/// and serials in one file. Numbers are never guessed to be dates.
fn cell(row: &SqliteRow, position: usize, condition: &mut Condition) -> sqlx::Result<OwnedCell> {
    let value = row.try_get_raw(position)?;
    if value.is_null() {
        return Ok(Typed::Empty.into());
    }
    let storage = value.type_info().name().to_owned();
    let decoded = match storage.as_str() {
        "INTEGER" => <i64 as Decode<'_, Sqlite>>::decode(value).map(|number| number.to_string().into()),
        "REAL" => <f64 as Decode<'_, Sqlite>>::decode(value).map(|number| Typed::Number(number).into()),
        storage => <&[u8] as Decode<'_, Sqlite>>::decode(value).map(|bytes| {
            if storage == "TEXT" && str::from_utf8(bytes).is_err() {
                *condition = Condition::NotText;
            }
            bytes_as_text(bytes).into()
        }),
    };
    decoded.map_err(sqlx::Error::Decode)
}
