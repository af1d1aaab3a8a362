//! PostgreSQL: a database that several hosts may share.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row};

use super::database::in_time;
use super::migrations::postgres;
use super::open::timestamp;

/// The recorder, the heartbeat, and one to look.
const MAX_CONNECTIONS: u32 = 3;

/// How long is waited for a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A host that vanishes in the middle of a transaction must not keep its rows locked until the network notices. The
/// settings are made within the transaction, because a pooler between us and the server refuses them elsewhere.
pub(super) const BEGIN: &str = "begin; set local lock_timeout = '10s'; \
     set local idle_in_transaction_session_timeout = '30s'";

/// Any number that nothing else locks: two processes may make the tables at the same moment.
const MIGRATION_LOCK: &str = "select pg_advisory_xact_lock(7237128888997146468)";

/// A first connection. It says at once what is wrong, where a pool would only say that it waited in vain.
pub(super) async fn connect(options: PgConnectOptions) -> sqlx::Result<(PgConnectOptions, PgConnection)> {
    let options = options.application_name("reservation-sync").disable_statement_logging();
    let connection = in_time(PgConnection::connect_with(&options)).await?;
    Ok((options, connection))
}

/// Whether a store was made in the database before.
pub(super) async fn exists(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let found = sqlx::query("select to_regclass('leases') is not null as found");
    in_time(found.fetch_one(connection)).await?.try_get("found")
}

/// Brings the tables up to date, and gives connections in place of the first one.
pub(super) async fn open(
    options: PgConnectOptions,
    mut connection: PgConnection,
) -> Result<PgPool, MigrateError> {
    let mut transaction = connection.begin().await?;
    sqlx::query(MIGRATION_LOCK).execute(&mut *transaction).await?;
    postgres().run(&mut *transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(CONNECT_LIMIT)
        .connect_lazy_with(options);
    Ok(pool)
}

/// The clock of the server.
pub(super) async fn now(pool: &PgPool) -> sqlx::Result<Timestamp> {
    let row = sqlx::query("select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now")
        .fetch_one(pool)
        .await?;
    row.try_get("now").map(timestamp)
}
