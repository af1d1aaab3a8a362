//! The database: one file, one writer connection, tables brought up to date on opening.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlSafeStr, Sqlite, SqlitePool, Transaction};

use super::error::StoreError;
use super::settings::StoreSettings;

/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The record of runs. Cloning it gives another handle to the same connection.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: SqlitePool,
    path: Arc<Path>,
}

impl Store {
    /// Opens the store, making file, folders and tables where they are missing.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let path = settings.path()?;
        create_file(&path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(|source| StoreError::new(&path, "connect", source))?;
        let store = Self { pool, path: path.into() };
        store.migrate().await?;
        Ok(store)
    }

    /// Opens the store where it exists, without making one: for verbs that only look.
    pub async fn open_existing(settings: &StoreSettings) -> Result<Option<Self>, StoreError> {
        if settings.path()?.exists() { Self::open(settings).await.map(Some) } else { Ok(None) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends the connection after what is queued for it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction that may write. It takes the write lock at once: a transaction that reads first and
    /// takes the lock later fails without waiting when another process wrote in between.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool.begin_with("begin immediate").await.map_err(|source| self.error("begin", source))
    }

    pub(super) async fn commit(&self, transaction: Transaction<'_, Sqlite>) -> Result<(), StoreError> {
        transaction.commit().await.map_err(|source| self.error("commit", source))
    }

    pub(super) fn error(&self, doing: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::new(&self.path, doing, source)
    }

    /// Two processes may open a new file at the same moment: all migrations are one transaction.
    async fn migrate(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        migrator().run(&mut *transaction).await.map_err(|error| StoreError::migrate(&self.path, error))?;
        self.commit(transaction).await
    }
}

/// A time as the tables keep it.
pub(super) fn milliseconds(timestamp: Timestamp) -> i64 {
    timestamp.as_millisecond()
}

/// The inverse of [`milliseconds`]; a number out of range, which no run wrote, becomes the nearest time.
pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(if milliseconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

fn migrator() -> Migrator {
    let init = include_str!("../../migrations/sqlite/1_init.sql").into_sql_str();
    let source_rows = include_str!("../../migrations/sqlite/2_source_rows.sql").into_sql_str();
    let moves = include_str!("../../migrations/sqlite/3_moves.sql").into_sql_str();
    let identity = include_str!("../../migrations/sqlite/4_identity.sql").into_sql_str();
    let trust = include_str!("../../migrations/sqlite/5_trust.sql").into_sql_str();
    let pins = include_str!("../../migrations/sqlite/6_pins.sql").into_sql_str();
    let simple = |version, name: &'static str, sql| {
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    let all = vec![
        simple(1, "init", init),
        simple(2, "source rows", source_rows),
        simple(3, "moves", moves),
        simple(4, "identity", identity),
        simple(5, "trust", trust),
        simple(6, "pins", pins),
    ];
    Migrator::with_migrations(all)
}

/// Makes the file readable for its owner only: it tells who stays where. The -wal and -shm neighbours inherit that.
fn create_file(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .map_err(|source| StoreError::CreateFolder { path: folder.to_owned(), source })?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => readable(path),
        Err(source) => Err(StoreError::OpenFile { path: path.to_owned(), source }),
    }
}

fn readable(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::OpenFile { path: PathBuf::from(path), source };
    let file = fs::File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(ErrorKind::IsADirectory.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(path: &Path) -> StoreSettings {
        StoreSettings { url: format!("sqlite://{}", path.display()), lease: Duration::from_mins(2) }
    }

    async fn open(path: &Path) -> Store {
        Store::open(&settings(path)).await.expect("the folder is writable")
    }

    #[tokio::test]
    async fn a_new_store_is_made_with_its_folders_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a/b/store.db");
        open(&path).await.close().await;
        open(&path).await.close().await;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("it was made").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[tokio::test]
    async fn several_handles_may_open_a_new_store_at_the_same_moment() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = settings(&folder.path().join("store.db"));
        let opened = futures_util::future::join_all((0..8).map(|_| Store::open(&settings))).await;
        for store in opened {
            store.expect("the others are waited for");
        }
    }

    #[tokio::test]
    async fn a_folder_in_the_place_of_the_file_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = Store::open(&settings(folder.path())).await.expect_err("a folder is no database");
        assert!(matches!(error, StoreError::OpenFile { .. }), "{error:?}");
        assert!(error.to_string().contains(&folder.path().display().to_string()));
    }

    #[tokio::test]
    async fn a_file_in_the_place_of_a_folder_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("the folder is writable");
        let error = Store::open(&settings(&file.join("store.db"))).await.expect_err("a file is no folder");
        assert!(matches!(error, StoreError::CreateFolder { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_damaged() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("store.db");
        fs::write(&path, "reservation_key,check_in\n".repeat(400)).expect("the folder is writable");
        let error = Store::open(&settings(&path)).await.expect_err("a table of bookings is no database");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_database_that_lost_its_middle_is_damaged() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("store.db");
        open(&path).await.close().await;
        let mut bytes = fs::read(&path).expect("it was made");
        bytes[4096..].fill(0xAA);
        fs::write(&path, bytes).expect("the folder is writable");
        let error = Store::open(&settings(&path)).await.expect_err("the pages are gone");
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_store_of_a_newer_program_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("store.db");
        let store = open(&path).await;
        sqlx::query(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (999, 'later', 1, x'00', 0)",
        )
        .execute(&store.pool)
        .await
        .expect("the table exists");
        store.close().await;
        let error = Store::open(&settings(&path)).await.expect_err("999 is not known yet");
        assert!(matches!(error, StoreError::Newer { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_full_disk_and_a_read_only_file_are_told_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = open(&folder.path().join("store.db")).await;
        let insert = async || {
            sqlx::query(
                "insert into ledger values ('w', 'n', hex(randomblob(4)), hex(zeroblob(9000)), 'r', 0, 0)",
            )
            .execute(&store.pool)
            .await
            .map_err(|source| store.error("write", source))
        };
        sqlx::query("pragma max_page_count = 1").execute(&store.pool).await.expect("a pragma");
        let error = insert().await.expect_err("a row of 9 kB needs another page");
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        sqlx::query("pragma query_only = 1").execute(&store.pool).await.expect("a pragma");
        let error = insert().await.expect_err("nothing may be written");
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }
}
