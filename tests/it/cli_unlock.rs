//! `unlock`: the lock of a dead run is lifted, that of a living one is not, and that of an unseen one only by its name.

use std::time::Duration;

use reservation_sync::store::{Holder, Store};
use serde_json::Value;

use super::cli_hotel::{place, sandbox_config};
use super::cli_program;
use super::store_place::{HOUR, Place, acquire, acquire_as, elsewhere, on_both_engines};

on_both_engines! {
    where_nobody_holds_the_lock_there_is_nothing_to_lift,
    the_lock_of_a_process_that_lives_on_this_host_is_never_lifted,
    the_lock_of_a_dead_process_of_this_host_is_lifted,
    a_lock_of_another_host_is_lifted_when_it_has_run_out,
    a_lock_of_another_host_that_has_not_run_out_is_lifted_only_by_its_name,
}

/// A hotel whose record is there.
fn hotel(store: &Place) -> cli_program::Place {
    let hotel = place();
    hotel
        .write("reservation-sync.toml", &format!("{}[store]\nurl = \"{}\"\n", sandbox_config(), store.url()));
    hotel
}

#[track_caller]
fn check(hotel: &cli_program::Place, arguments: &[&str], code: i32, words: &[&str]) {
    let ended = hotel.run(&[&["unlock"], arguments].concat());
    assert_eq!(ended.code, code, "{ended:#?}");
    for word in words {
        assert!(ended.stdout.contains(word), "`{word}` is missing: {ended:#?}");
    }
}

/// The lock that is shown, as JSON.
fn shown(hotel: &cli_program::Place, code: i32) -> Value {
    let ended = hotel.run(&["unlock", "--format", "json"]);
    assert_eq!(ended.code, code, "{ended:#?}");
    let mut shown: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    shown["locks"][0].take()
}

async fn is_free(store: &Store) -> bool {
    match acquire(store, HOUR).await {
        Ok(lease) => lease.release().await.is_ok(),
        Err(_) => false,
    }
}

async fn where_nobody_holds_the_lock_there_is_nothing_to_lift(place: Place) {
    let hotel = hotel(&place);
    check(&hotel, &[], 0, &["Nobody holds the lock"]);
    place.open().await.close().await;
    check(&hotel, &[], 0, &["Nobody holds the lock"]);
    check(&hotel, &["--holder", "no-such-lock"], 0, &["Nobody holds the lock"]);
    check(&hotel, &["--format", "json"], 0, &[r#"{"locks":[]}"#]);
}

async fn the_lock_of_a_process_that_lives_on_this_host_is_never_lifted(place: Place) {
    let (hotel, store) = (hotel(&place), place.open().await);
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let pid = format!("process {}", std::process::id());
    check(&hotel, &[], 11, &["Kept", &pid, "runs on this host"]);
    let lock = shown(&hotel, 11);
    assert_eq!((&lock["lifted"], &lock["reason"]), (&false.into(), &"alive".into()));
    let id = lock["holder"].as_str().expect("it has a name");
    check(&hotel, &["--holder", id], 11, &["Kept"]);
    lease.renew().await.expect("it was left");
}

async fn the_lock_of_a_dead_process_of_this_host_is_lifted(place: Place) {
    let (hotel, store) = (hotel(&place), place.open().await);
    let dead = Holder { process_start: 1, ..Holder::this_process() };
    drop(acquire_as(&store, &dead, HOUR).await.expect("nobody has it"));
    check(&hotel, &[], 0, &["Lifted: that process has ended"]);
    check(&hotel, &[], 0, &["Nobody holds the lock"]);
    assert!(is_free(&store).await);
}

async fn a_lock_of_another_host_is_lifted_when_it_has_run_out(place: Place) {
    let (hotel, store) = (hotel(&place), place.open().await);
    let ttl = Duration::from_millis(300);
    // Its heartbeat ends with it.
    drop(acquire_as(&store, &elsewhere(), ttl).await.expect("nobody has it"));
    let lifted = loop {
        let ended = hotel.run(&["unlock"]);
        if ended.code != 11 {
            break ended;
        }
    };
    assert_eq!(lifted.code, 0, "{lifted:#?}");
    assert!(lifted.stdout.contains("on night-desk since"), "{lifted:#?}");
    assert!(lifted.stdout.contains("Lifted: it had run out"), "{lifted:#?}");
    assert!(is_free(&store).await);
}

async fn a_lock_of_another_host_that_has_not_run_out_is_lifted_only_by_its_name(place: Place) {
    let (hotel, store) = (hotel(&place), place.open().await);
    let lease = acquire_as(&store, &elsewhere(), HOUR).await.expect("nobody has it");
    check(
        &hotel,
        &[],
        11,
        &[
            "Kept",
            "on night-desk",
            "last sign of life",
            "reservation-sync unlock -c reservation-sync.toml --holder ",
        ],
    );
    check(&hotel, &["--holder", "11111111"], 11, &["Kept"]);
    assert!(!is_free(&store).await);
    let lock = shown(&hotel, 11);
    assert_eq!((&lock["host"], &lock["reason"]), (&"night-desk".into(), &"may_be_alive".into()));
    let id = lock["holder"].as_str().expect("it has a name");
    check(&hotel, &["--holder", id], 0, &["Lifted, because you named it"]);
    // Whoever had it writes no more.
    lease.renew().await.expect_err("it was lifted");
    assert!(!lease.is_held());
    assert!(is_free(&store).await);
}
