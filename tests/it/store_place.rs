//! A store of a test's own, on each of the engines: one list of tests, run on both.

use std::time::Duration;

use reservation_sync::model::{Namespace, WorkspaceId};
use reservation_sync::store::{Holder, Lease, LeaseError, Store, StoreAddress, StoreSettings};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use super::servers::{Engine, ScratchDatabase};

pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// Where a store is, and as many handles to it as a test wants.
pub(crate) enum Place {
    File(TempDir),
    Server(ScratchDatabase),
}

impl Place {
    pub(crate) fn file() -> Self {
        Self::File(tempfile::tempdir().expect("a temporary folder"))
    }

    /// `None` where there is no server, which was said then.
    pub(crate) async fn server() -> Option<Self> {
        ScratchDatabase::new(Engine::Postgres).await.map(Self::Server)
    }

    /// Another one on the same engine.
    pub(crate) async fn another(&self) -> Self {
        match self {
            Self::File(_) => Self::file(),
            Self::Server(_) => Self::server().await.expect("there was one before"),
        }
    }

    /// As in the configuration.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => format!("sqlite://{}", folder.path().join("store.db").display()),
            Self::Server(database) => database.url.clone(),
        }
    }

    pub(crate) async fn open(&self) -> Store {
        open(&self.url()).await
    }

    /// What somebody does who does not use this program.
    pub(crate) async fn execute(&self, sql: &'static str) {
        match self {
            Self::File(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join("store.db"));
                let pool = SqlitePool::connect_with(options).await.expect("the store is there");
                sqlx::query(sql).execute(&pool).await.expect("nobody else writes for long");
                pool.close().await;
            }
            Self::Server(database) => database.execute(sql).await,
        }
    }
}

pub(crate) fn settings(url: &str) -> StoreSettings {
    let address = match url.strip_prefix("sqlite://") {
        Some(path) => StoreAddress::file(path),
        None => StoreAddress::server(url).expect("it is an address"),
    };
    StoreSettings { address, lease: HOUR, keep_runs: None }
}

pub(crate) async fn open(url: &str) -> Store {
    Store::open(&settings(url)).await.expect("the store may be made")
}

/// Makes of each function that takes a place a test on SQLite and one on PostgreSQL.
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* $name:ident),+ $(,)?) => {
        mod on_sqlite {
            $($(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store_place::Place::file()).await;
            })+
        }
        mod on_postgres {
            $($(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(place) = $crate::store_place::Place::server().await {
                    super::$name(place).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_engines;

pub(crate) fn workspace_id() -> WorkspaceId {
    WorkspaceId::new("11111111-1111-4111-8111-111111111111")
}

pub(crate) fn namespace() -> Namespace {
    Namespace::new("pms").expect("letters only")
}

pub(crate) async fn acquire(store: &Store, ttl: Duration) -> Result<Lease, LeaseError> {
    acquire_as(store, &Holder::this_process(), ttl).await
}

pub(crate) async fn acquire_as(store: &Store, holder: &Holder, ttl: Duration) -> Result<Lease, LeaseError> {
    store.acquire_lease(&workspace_id(), &namespace(), holder, ttl).await
}

/// A process of which this host knows nothing.
pub(crate) fn elsewhere() -> Holder {
    Holder { host: "night-desk".to_owned(), boot_id: "another start".to_owned(), ..Holder::this_process() }
}
