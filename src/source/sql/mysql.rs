//! MySQL and MariaDB: a read-only session and transaction, in which the statement has its limit.

use std::time::Duration;

use sqlx::mysql::{MySql, MySqlConnectOptions, MySqlRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Decode, MySqlConnection, Row, TypeInfo, ValueRef};

use super::native::{Native, bytes_as_text};
use crate::source::record::{OwnedCell, Typed};

/// Opens a connection; also gives what the server calls it.
pub(super) async fn open(
    options: &MySqlConnectOptions,
    limit: Duration,
) -> sqlx::Result<(MySqlConnection, i64)> {
    // `||` means what it means in the database's own client. Times of the type TIMESTAMP come in UTC, which is the
    // driver's default.
    let options =
        options.clone().pipes_as_concat(false).statement_cache_capacity(0).disable_statement_logging();
    let mut connection = MySqlConnection::connect_with(&options).await?;
    let version: String = sqlx::query_scalar("select version()").fetch_one(&mut connection).await?;
    let limit = if version.contains("MariaDB") {
        format!("set session max_statement_time = {}", limit.as_secs_f64())
    } else {
        format!("set session max_execution_time = {}", limit.as_millis())
    };
    for statement in
        [limit, "set session transaction read only".to_owned(), "start transaction read only".to_owned()]
    {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    let id: i64 =
        sqlx::query_scalar("select cast(connection_id() as signed)").fetch_one(&mut connection).await?;
    Ok((connection, id))
}

/// What stands in a cell; the text of a zero date too, which the binary protocol cannot say.
pub(super) fn cell(row: &MySqlRow, position: usize) -> sqlx::Result<OwnedCell> {
    let value = row.try_get_raw(position)?;
    if value.is_null() {
        return Ok(Typed::Empty.into());
    }
    let name = value.type_info().name().to_owned();
    let bytes = <&[u8] as Decode<'_, MySql>>::decode(value).map_err(sqlx::Error::Decode)?;
    let native = match name.as_str() {
        "BIT" => {
            let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            return Ok(number.to_string().into());
        }
        "DATE" => Native::Date,
        "DATETIME" => Native::Local,
        "TIMESTAMP" => Native::Utc,
        "TIME" => Native::Time,
        "FLOAT" | "DOUBLE" => Native::Float,
        "DECIMAL" => Native::Decimal,
        _ => Native::Text,
    };
    Ok(native.cell(&bytes_as_text(bytes)))
}
