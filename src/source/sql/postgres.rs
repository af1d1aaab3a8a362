//! PostgreSQL: a read-only transaction, in which times are UTC and the statement has its limit.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, PgConnection, Row, SqlSafeStr, Statement,
    TypeInfo, ValueRef,
};

use super::engine::TakeRow;
use super::native::Native;
use crate::source::record::{OwnedCell, OwnedRecord, Typed};
use crate::source::rows::Condition;

pub(super) async fn open(options: &PgConnectOptions, limit: Duration) -> sqlx::Result<PgConnection> {
    // Nothing is kept between statements, so that a pooler between us and the server does not matter; and settings
    // are made within the transaction, because a pooler refuses them in the greeting.
    let options = options
        .clone()
        .application_name("reservation-sync")
        .statement_cache_capacity(0)
        .disable_statement_logging();
    let mut connection = PgConnection::connect_with(&options).await?;
    let settings = format!(
        "begin read only; set local statement_timeout = {}; set local timezone = 'UTC'; \
         set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601'",
        limit.as_millis()
    );
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut connection).await?;
    Ok(connection)
}

pub(super) async fn columns(connection: &mut PgConnection, statement: &str) -> sqlx::Result<Vec<String>> {
    let prepared = connection.prepare(AssertSqlSafe(statement.to_owned()).into_sql_str()).await?;
    Ok(prepared.columns().iter().map(|column| column.name().to_owned()).collect())
}

pub(super) async fn rows(
    connection: &mut PgConnection,
    statement: &str,
    take: &mut TakeRow<'_>,
) -> sqlx::Result<()> {
    // In the simple protocol every value comes as text, whatever its type.
    let mut rows = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let cells: sqlx::Result<Vec<OwnedCell>> =
            (0..row.len()).map(|position| cell(&row, position)).collect();
        take(OwnedRecord(cells?), Condition::Sound);
    }
    Ok(())
}

fn cell(row: &PgRow, position: usize) -> sqlx::Result<OwnedCell> {
    let value = row.try_get_raw(position)?;
    if value.is_null() {
        return Ok(Typed::Empty.into());
    }
    let native = match value.type_info().name() {
        "DATE" => Native::Date,
        "TIMESTAMP" => Native::Local,
        "TIMESTAMPTZ" => Native::Utc,
        "TIME" => Native::Time,
        "BOOL" => Native::Boolean,
        "FLOAT4" | "FLOAT8" => Native::Float,
        "NUMERIC" => Native::Decimal,
        _ => Native::Text,
    };
    Ok(native.cell(value.as_str().map_err(sqlx::Error::Decode)?))
}
