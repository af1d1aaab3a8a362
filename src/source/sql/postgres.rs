//! PostgreSQL: a read-only transaction, in which times are UTC and the statement has its limit.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, TypeInfo, ValueRef};

use super::native::Native;
use crate::source::record::{OwnedCell, Typed};

/// Opens a connection; also gives what the server calls it.
pub(super) async fn open(options: &PgConnectOptions, limit: Duration) -> sqlx::Result<(PgConnection, i64)> {
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
    let id = sqlx::raw_sql("select pg_backend_pid()::text").fetch_one(&mut connection).await?;
    let id: String = id.try_get(0)?;
    Ok((connection, id.parse().map_err(|_| sqlx::Error::Protocol("a session without a number".to_owned()))?))
}

/// What stands in a cell, as text.
pub(super) fn cell(row: &PgRow, position: usize) -> sqlx::Result<OwnedCell> {
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
