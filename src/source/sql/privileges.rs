//! Whether the user of a source may write there: a job that only reads needs no user that can.

use std::fs::OpenOptions;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

use super::address::{DatabaseAddress, Target};

/// How long a database is asked.
const LIMIT: Duration = Duration::from_secs(15);

/// The first table that the user may write to by any privilege but that of a column.
const POSTGRES: &str = "\
    select min(format('%I.%I', n.nspname, c.relname)) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' \
    and has_table_privilege(c.oid, 'insert, update, delete, truncate')";

/// The widest place where the user has any privilege that writes.
const MYSQL: &str = "\
    select place from ( \
    select 1 as width, '*.*' as place, grantee, privilege_type from information_schema.user_privileges \
    union all select 2, concat(table_schema, '.*'), grantee, privilege_type from information_schema.schema_privileges \
    union all select 3, concat(table_schema, '.', table_name), grantee, privilege_type \
    from information_schema.table_privileges) as privileges \
    where replace(grantee, '''', '') = current_user() \
    and privilege_type in ('insert', 'update', 'delete', 'drop', 'alter', 'create', 'super') \
    order by width, place limit 1";

/// What the user of the address may write to; `None` where it may not, or does not say.
pub async fn writable(address: &DatabaseAddress) -> Option<String> {
    let asked = timeout(LIMIT, ask(address)).await.ok()?;
    asked
        .inspect_err(|_| tracing::debug!(database.location = %address, "privileges cannot be asked for"))
        .ok()?
}

async fn ask(address: &DatabaseAddress) -> sqlx::Result<Option<String>> {
    match address.target()? {
        Target::Sqlite(path) => {
            let opened = OpenOptions::new().append(true).open(path);
            Ok(opened.is_ok().then(|| "its file".to_owned()))
        }
        Target::Postgres(options) => {
            let options = options.statement_cache_capacity(0).disable_statement_logging();
            let mut connection = options.connect().await?;
            let place = sqlx::query_scalar(POSTGRES).persistent(false).fetch_one(&mut connection).await?;
            connection.close().await?;
            Ok(place)
        }
        Target::MySql(options) => {
            let options = options.statement_cache_capacity(0).disable_statement_logging();
            let mut connection = options.connect().await?;
            let place = sqlx::query_scalar(MYSQL).persistent(false).fetch_optional(&mut connection).await?;
            connection.close().await?;
            Ok(place)
        }
    }
}
