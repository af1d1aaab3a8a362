//! Cancels a statement at its server when nobody waits for it any more: a query that goes on for an hour after the job has
//! ended slows the front desk down.

use std::thread;
use std::time::Duration;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::address::{DatabaseAddress, Target};

/// How long the end of a job waits for a server to be told.
const LIMIT: Duration = Duration::from_secs(3);

/// A session of a server, and whether a statement runs in it.
pub(super) struct Running {
    address: DatabaseAddress,
    /// What the server calls the session; `None` for a file.
    id: Option<i64>,
    runs: bool,
}

impl Running {
    pub(super) fn new(address: &DatabaseAddress, id: Option<i64>) -> Self {
        Self { address: address.clone(), id, runs: false }
    }

    /// A statement begins.
    pub(super) fn begin(&mut self) {
        self.runs = true;
    }

    /// The statement has ended, well or not.
    pub(super) fn end(&mut self) {
        self.runs = false;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(id) = self.id.filter(|_| self.runs) else { return };
        let address = self.address.clone();
        // The runtime of the job cannot be waited for in here.
        let cancelling = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { timeout(LIMIT, cancel(&address, id)).await })??;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        if let Ok(Err(error)) = cancelling.join() {
            tracing::warn!(
                database.location = %self.address,
                "the query may still run at its server, which could not be told to cancel it: {}",
                crate::model::without_contacts(&error.to_string())
            );
        }
    }
}

/// Tells the server by a connection of its own.
async fn cancel(address: &DatabaseAddress, id: i64) -> sqlx::Result<()> {
    match address.target()? {
        Target::Sqlite(_) => Ok(()),
        Target::Postgres(options) => {
            let mut connection = options.disable_statement_logging().connect().await?;
            let cancel = AssertSqlSafe(format!("select pg_cancel_backend({id})"));
            sqlx::raw_sql(cancel).execute(&mut connection).await?;
            connection.close().await
        }
        Target::MySql(options) => {
            let mut connection = options.disable_statement_logging().connect().await?;
            sqlx::raw_sql(AssertSqlSafe(format!("kill query {id}"))).execute(&mut connection).await?;
            connection.close().await
        }
    }
}
