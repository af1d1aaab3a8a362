//! Two runs never overlap: a lease is held by one process at a time, and a dead one loses it.

use std::process::{Child, Command};
use std::time::Duration;

use reservation_sync::model::{Namespace, WorkspaceId};
use reservation_sync::store::{Holder, Lease, LeaseError, Store, StoreSettings};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_hours(1);

/// A store on disk, and as many handles to it as a test wants.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) async fn open(&self) -> Store {
        let url = format!("sqlite://{}", self.folder.path().join("store.db").display());
        Store::open(&StoreSettings { url, lease: HOUR }).await.expect("the folder is writable")
    }
}

pub(crate) fn workspace_id() -> WorkspaceId {
    WorkspaceId::new("11111111-1111-4111-8111-111111111111")
}

pub(crate) fn namespace() -> Namespace {
    Namespace::new("pms").expect("letters only")
}

pub(crate) async fn acquire(store: &Store, ttl: Duration) -> Result<Lease, LeaseError> {
    store.acquire_lease(&workspace_id(), &namespace(), &Holder::this_process(), ttl).await
}

async fn acquire_as(store: &Store, holder: &Holder, ttl: Duration) -> Result<Lease, LeaseError> {
    store.acquire_lease(&workspace_id(), &namespace(), holder, ttl).await
}

fn sleeper() -> Child {
    Command::new("sleep").arg("600").spawn().expect("every Linux can sleep")
}

#[tokio::test]
async fn a_second_run_is_told_who_holds_the_lock() {
    let place = Place::new();
    let (first, second) = (place.open().await, place.open().await);
    let lease = acquire(&first, HOUR).await.expect("nobody has it");
    match acquire(&second, HOUR).await {
        Err(LeaseError::Held { by, since, expires }) => {
            assert!(by.contains(&std::process::id().to_string()), "{by}");
            assert!(since < expires);
        }
        other => panic!("the first one lives: {other:?}"),
    }
    lease.release().await.expect("it is ours");
    acquire(&second, HOUR).await.expect("it was given back");
}

#[tokio::test]
async fn of_many_that_try_at_once_one_gets_the_lock() {
    let place = Place::new();
    let mut stores = Vec::new();
    for _ in 0..8 {
        stores.push(place.open().await);
    }
    let tries = futures_util::future::join_all(stores.iter().map(|store| acquire(store, HOUR))).await;
    assert_eq!(tries.iter().filter(|result| result.is_ok()).count(), 1);
}

#[tokio::test]
async fn another_namespace_or_workspace_has_its_own_lock() {
    let place = Place::new();
    let store = place.open().await;
    let _lease = acquire(&store, HOUR).await.expect("nobody has it");
    let holder = Holder::this_process();
    let other = Namespace::new("pms2").expect("letters and a digit");
    store.acquire_lease(&workspace_id(), &other, &holder, HOUR).await.expect("another namespace");
    store.acquire_lease(&"w2".into(), &namespace(), &holder, HOUR).await.expect("another workspace");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_was_killed_loses_the_lock_at_once() {
    let place = Place::new();
    let store = place.open().await;
    let mut child = sleeper();
    let holder = Holder::of_process(child.id());
    // Dropping a lease leaves it to run out, as a crash would.
    drop(acquire_as(&store, &holder, HOUR).await.expect("nobody has it"));
    let refused = acquire(&store, HOUR).await;
    child.kill().expect("it is ours");
    child.wait().expect("it was killed");
    assert!(matches!(refused, Err(LeaseError::Held { .. })), "it still lived: {refused:?}");
    acquire(&store, HOUR).await.expect("its holder is dead");
}

#[tokio::test]
async fn a_process_on_another_host_loses_the_lock_when_it_expires() {
    let place = Place::new();
    let store = place.open().await;
    let elsewhere = Holder {
        host: "night-desk".to_owned(),
        boot_id: "another start".to_owned(),
        ..Holder::this_process()
    };
    drop(acquire_as(&store, &elsewhere, HOUR).await.expect("nobody has it"));
    match acquire(&store, HOUR).await {
        Err(LeaseError::Held { by, .. }) => assert!(by.ends_with("on night-desk"), "{by}"),
        other => panic!("it may still live: {other:?}"),
    }

    let place = Place::new();
    let store = place.open().await;
    drop(acquire_as(&store, &elsewhere, Duration::from_millis(1)).await.expect("free"));
    let lease = loop {
        match acquire(&store, HOUR).await {
            Ok(lease) => break lease,
            Err(LeaseError::Held { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert!(lease.is_held());
}

#[tokio::test]
async fn a_lease_renews_itself() {
    let place = Place::new();
    let store = place.open().await;
    let ttl = Duration::from_millis(900);
    let lease = acquire(&store, ttl).await.expect("nobody has it");
    // Longer than the lease holds without a sign of life.
    let until = std::time::Instant::now() + 2 * ttl;
    while std::time::Instant::now() < until {
        assert!(lease.is_held());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(matches!(acquire(&place.open().await, ttl).await, Err(LeaseError::Held { .. })));
}

#[tokio::test]
async fn a_lease_that_was_taken_over_is_lost_and_knows_it() {
    let place = Place::new();
    let (first, second) = (place.open().await, place.open().await);
    let elsewhere = Holder { boot_id: "another start".to_owned(), ..Holder::this_process() };
    let ttl = Duration::from_millis(30);
    let lease = acquire_as(&first, &elsewhere, ttl).await.expect("nobody has it");
    first.close().await; // Its host lost the disk: it cannot renew.
    let taken = loop {
        match acquire(&second, HOUR).await {
            Ok(taken) => break taken,
            Err(LeaseError::Held { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert!(!lease.is_held());
    assert!(lease.remaining().is_zero());
    assert!(taken.is_held());
    assert!(taken.remaining() > HOUR / 2);

    let place = Place::new();
    let (first, second) = (place.open().await, place.open().await);
    let dead = Holder { process_start: 1, ..Holder::this_process() };
    let lease = acquire_as(&first, &dead, HOUR).await.expect("nobody has it");
    let _taken = acquire(&second, HOUR).await.expect("its holder looks dead");
    assert!(matches!(lease.renew().await, Err(LeaseError::Lost)));
    lease.lost().await;
    assert!(!lease.is_held());
}
