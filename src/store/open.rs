//! The store: one file or one database of a server, its tables brought up to date on opening.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use super::address::{StoreAddress, Target};
use super::database::{Pool, Transaction};
use super::error::StoreError;
use super::settings::StoreSettings;
use super::{postgres, sqlite};

/// The record of runs. Cloning it gives another handle to the same connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: Pool,
    address: Arc<StoreAddress>,
}

impl Store {
    /// Opens the store, making file, folders and tables where they are missing.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let address = &settings.address;
        match target(address)? {
            Target::File(path) => {
                make_file(&path)?;
                Self::open_file(address, &path).await
            }
            Target::Server(options) => {
                let (options, connection) = connect(address, *options).await?;
                Self::open_server(address, options, connection).await
            }
        }
    }

    /// Opens the store where it exists, without making one: for verbs that only look.
    pub async fn open_existing(settings: &StoreSettings) -> Result<Option<Self>, StoreError> {
        let address = &settings.address;
        match target(address)? {
            Target::File(path) if path.exists() => Self::open(settings).await.map(Some),
            Target::File(_) => Ok(None),
            Target::Server(options) => {
                let (options, mut connection) = connect(address, *options).await?;
                let exists = postgres::exists(&mut connection).await;
                if exists.map_err(|source| StoreError::new(address, "look for the tables", source))? {
                    Self::open_server(address, options, connection).await.map(Some)
                } else {
                    Ok(None)
                }
            }
        }
    }

    /// Ends the connections after what is queued for them.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction that may write.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        Box::pin(self.pool.begin()).await.map_err(|source| self.error("begin", source))
    }

    pub(super) async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        Box::pin(transaction.commit()).await.map_err(|source| self.error("commit", source))
    }

    /// What time it is for everybody who shares the store.
    pub(super) async fn now(&self) -> Result<Timestamp, StoreError> {
        self.pool.now().await.map_err(|source| self.error("read the clock", source))
    }

    pub(super) fn error(&self, doing: &'static str, source: sqlx::Error) -> StoreError {
        StoreError::new(&self.address, doing, source)
    }

    async fn open_file(address: &StoreAddress, path: &Path) -> Result<Self, StoreError> {
        let pool = Box::pin(sqlite::connect(path)).await;
        let pool = pool.map_err(|source| StoreError::new(address, "connect", source))?;
        sqlite::migrate(&pool).await.map_err(|error| StoreError::migrate(address, error))?;
        Ok(Self { pool: Pool::Sqlite(pool), address: Arc::new(address.clone()) })
    }

    async fn open_server(
        address: &StoreAddress,
        options: PgConnectOptions,
        connection: PgConnection,
    ) -> Result<Self, StoreError> {
        let pool = Box::pin(postgres::open(options, connection)).await;
        let pool = pool.map_err(|error| StoreError::migrate(address, error))?;
        Ok(Self { pool: Pool::Postgres(pool), address: Arc::new(address.clone()) })
    }
}

fn target(address: &StoreAddress) -> Result<Target, StoreError> {
    address.target().map_err(|source| StoreError::new(address, "read the address", source))
}

async fn connect(
    address: &StoreAddress,
    options: PgConnectOptions,
) -> Result<(PgConnectOptions, PgConnection), StoreError> {
    Box::pin(postgres::connect(options)).await.map_err(|source| StoreError::new(address, "connect", source))
}

fn make_file(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .map_err(|source| StoreError::CreateFolder { path: folder.to_owned(), source })?;
    }
    sqlite::create_file(path).map_err(|source| StoreError::OpenFile { path: path.to_owned(), source })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::statement::Statement;

    fn settings(path: &Path) -> StoreSettings {
        StoreSettings { address: StoreAddress::file(path), lease: Duration::from_mins(2), keep_runs: None }
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
    async fn what_is_committed_is_on_disk_before_it_is_answered() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = open(&folder.path().join("store.db")).await;
        let set = async |pragma: &'static str| {
            Statement::new(pragma).fetch_optional(&store.pool).await.expect("a pragma").expect("a row")
        };
        // 2 is "full": the log is written through with each commit, so that a power cut takes nothing back.
        assert_eq!(set("pragma synchronous").await.try_get::<i64>("synchronous").expect("a number"), 2);
        assert_eq!(
            set("pragma journal_mode").await.try_get::<String>("journal_mode").expect("a word"),
            "wal"
        );
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
        Statement::new(
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
            Statement::new(
                "insert into ledger values ('w', 'n', hex(randomblob(4)), hex(zeroblob(9000)), 'r', 0, 0)",
            )
            .execute(&store.pool)
            .await
            .map_err(|source| store.error("write", source))
        };
        Statement::new("pragma max_page_count = 1").execute(&store.pool).await.expect("a pragma");
        let error = insert().await.expect_err("a row of 9 kB needs another page");
        assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        Statement::new("pragma query_only = 1").execute(&store.pool).await.expect("a pragma");
        let error = insert().await.expect_err("nothing may be written");
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }
}
