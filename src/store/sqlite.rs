//! SQLite: one file, one connection that writes.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};

use super::migrations::sqlite;
use crate::private_file::{OWNER_ONLY, narrow};

/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// It takes the write lock at once: a transaction that reads first and takes the lock later fails without waiting
/// when another process wrote in between.
pub(super) const BEGIN: &str = "begin immediate";

/// Opens the file. Each commit is on disk before it is answered (`full`): what was recorded before a call must be
/// there after a power cut too.
pub(super) async fn connect(path: &Path) -> sqlx::Result<SqlitePool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
}

/// Brings the tables up to date. Two processes may open a new file at the same moment: all migrations are one
/// transaction.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    sqlite().run(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

/// Makes the file readable for its owner only: it tells who stays where. The -wal and -shm neighbours inherit that.
pub(super) fn create_file(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, OWNER_ONLY);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => readable(path),
        Err(error) => Err(error),
    }
}

fn readable(path: &Path) -> std::io::Result<()> {
    if fs::File::open(path)?.metadata()?.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        narrow(Path::new(&file));
    }
    Ok(())
}
