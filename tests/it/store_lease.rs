//! Two runs never overlap: a lease is held by one process at a time, and a dead one loses it.

use std::process::{Child, Command};
use std::time::Duration;

use reservation_sync::model::Namespace;
use reservation_sync::store::{Holder, LeaseError};
use tokio::task::JoinSet;

use super::store_place::{
    HOUR, Place, acquire, acquire_as, elsewhere, namespace, on_both_engines, workspace_id,
};

on_both_engines! {
    a_second_run_is_told_who_holds_the_lock,
    of_many_that_try_at_once_one_gets_the_lock,
    another_namespace_or_workspace_has_its_own_lock,
    #[cfg(target_os = "linux")] a_process_that_was_killed_loses_the_lock_at_once,
    a_process_on_another_host_loses_the_lock_when_it_expires,
    a_lease_renews_itself,
    a_lease_that_was_taken_over_is_lost_and_knows_it,
}

fn sleeper() -> Child {
    Command::new("sleep").arg("600").spawn().expect("every Linux can sleep")
}

async fn a_second_run_is_told_who_holds_the_lock(place: Place) {
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

/// Each by a task and a connection of its own: when nobody has it, and when a dead process has.
async fn of_many_that_try_at_once_one_gets_the_lock(place: Place) {
    let dead = Holder { process_start: 1, ..Holder::this_process() };
    let store = place.open().await;
    for round in 0..10 {
        if round % 2 == 1 {
            drop(acquire_as(&store, &dead, HOUR).await.expect("it was given back"));
        }
        let mut tries = JoinSet::new();
        for _ in 0..6 {
            let store = place.open().await;
            tries.spawn(async move { acquire(&store, HOUR).await });
        }
        let mut taken = Vec::new();
        for result in tries.join_all().await {
            match result {
                Ok(lease) => taken.push(lease),
                Err(LeaseError::Held { by, .. }) => {
                    assert!(by.contains(&std::process::id().to_string()), "{by}");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        let lease = taken.pop().expect("one gets it");
        assert!(taken.is_empty(), "{} more have it too", taken.len());
        lease.renew().await.expect("nobody has taken it");
        lease.release().await.expect("it is ours");
    }
}

async fn another_namespace_or_workspace_has_its_own_lock(place: Place) {
    let store = place.open().await;
    let _lease = acquire(&store, HOUR).await.expect("nobody has it");
    let holder = Holder::this_process();
    let other = Namespace::new("pms2").expect("letters and a digit");
    store.acquire_lease(&workspace_id(), &other, &holder, HOUR).await.expect("another namespace");
    store.acquire_lease(&"w2".into(), &namespace(), &holder, HOUR).await.expect("another workspace");
}

#[cfg(target_os = "linux")]
async fn a_process_that_was_killed_loses_the_lock_at_once(place: Place) {
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

async fn a_process_on_another_host_loses_the_lock_when_it_expires(place: Place) {
    let store = place.open().await;
    drop(acquire_as(&store, &elsewhere(), HOUR).await.expect("nobody has it"));
    match acquire(&store, HOUR).await {
        Err(LeaseError::Held { by, .. }) => assert!(by.ends_with("on night-desk"), "{by}"),
        other => panic!("it may still live: {other:?}"),
    }

    let place = place.another().await;
    let store = place.open().await;
    drop(acquire_as(&store, &elsewhere(), Duration::from_millis(1)).await.expect("free"));
    let lease = loop {
        match acquire(&store, HOUR).await {
            Ok(lease) => break lease,
            Err(LeaseError::Held { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert!(lease.is_held());
}

async fn a_lease_renews_itself(place: Place) {
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

async fn a_lease_that_was_taken_over_is_lost_and_knows_it(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let ttl = Duration::from_millis(30);
    let lease = acquire_as(&first, &elsewhere(), ttl).await.expect("nobody has it");
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

    let place = place.another().await;
    let (first, second) = (place.open().await, place.open().await);
    let dead = Holder { process_start: 1, ..Holder::this_process() };
    let lease = acquire_as(&first, &dead, HOUR).await.expect("nobody has it");
    let _taken = acquire(&second, HOUR).await.expect("its holder looks dead");
    assert!(matches!(lease.renew().await, Err(LeaseError::Lost)));
    lease.lost().await;
    assert!(!lease.is_held());
}
