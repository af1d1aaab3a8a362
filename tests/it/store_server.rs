//! A store on a server: who may use it, what happens when it goes away, and whose clock counts.

use std::time::{Duration, Instant};

use reservation_sync::event::Outcome;
use reservation_sync::plan::StepId;
use reservation_sync::store::{
    LeaseError, NewRun, Recorder, RunSelector, StepOutcome, StepRecord, Store, StoreError,
};

use super::servers::{Engine, ScratchDatabase};
use super::store_place::{HOUR, acquire, acquire_as, elsewhere, open, settings};

const PASSWORD: &str = "geheim-4711";

async fn database() -> Option<ScratchDatabase> {
    ScratchDatabase::new(Engine::Postgres).await
}

fn changed(url: &str, change: impl FnOnce(&mut reqwest::Url)) -> String {
    let mut url = url.parse::<reqwest::Url>().expect("it led to the server");
    change(&mut url);
    url.to_string()
}

async fn refused(url: &str) -> StoreError {
    let error = Store::open(&settings(url)).await.expect_err("it cannot be used");
    let mut told = format!("{error} {error:?} {}", error.hint());
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        told.push_str(&error.to_string());
        cause = error.source();
    }
    assert!(!told.contains(PASSWORD), "{told}");
    error
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_at_once_and_may_be_tried_again() {
    // Nothing listens on a port that was given back.
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("free").port();
    let began = Instant::now();
    let error = refused(&format!("postgres://sync:{PASSWORD}@127.0.0.1:{port}/sync")).await;
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    assert!(error.is_temporary());
    assert_eq!(error.to_string(), format!("reach store `postgres://127.0.0.1:{port}/sync`"));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_user_or_database_that_is_not_there_is_refused() {
    let Some(database) = database().await else { return };
    let nobody = changed(&database.url, |url| {
        url.set_username("nobody_of_that_name").expect("it has a host");
        url.set_password(Some(PASSWORD)).expect("it has a host");
    });
    let nowhere = changed(&database.url, |url| url.set_path("no_database_of_that_name"));
    for url in [nobody, nowhere] {
        let error = refused(&url).await;
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        assert!(!error.is_temporary());
    }
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_told() {
    let Some(database) = database().await else { return };
    database
        .execute(&format!("alter database {} set default_transaction_read_only = on", database.name))
        .await;
    let error = refused(&database.url).await;
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn a_store_of_a_newer_program_on_a_server_is_left_alone() {
    let Some(database) = database().await else { return };
    open(&database.url).await.close().await;
    database
        .execute(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (999, 'later', true, '\\x00', 0)",
        )
        .await;
    let error = refused(&database.url).await;
    assert!(matches!(error, StoreError::Newer { .. }), "{error:?}");
}

#[tokio::test]
async fn who_only_looks_makes_no_store() {
    let Some(database) = database().await else { return };
    let settings = settings(&database.url);
    assert!(Store::open_existing(&settings).await.expect("the server is there").is_none());
    assert!(Store::open_existing(&settings).await.expect("the server is there").is_none(), "still");
    open(&database.url).await.close().await;
    assert!(Store::open_existing(&settings).await.expect("the server is there").is_some());
}

#[tokio::test]
async fn several_processes_may_make_the_tables_and_name_the_store_at_the_same_moment() {
    let Some(database) = database().await else { return };
    let settings = settings(&database.url);
    let opened = futures_util::future::join_all((0..6).map(|_| Store::open(&settings))).await;
    let stores: Vec<Store> =
        opened.into_iter().map(|store| store.expect("the others are waited for")).collect();
    let names = futures_util::future::join_all(stores.iter().map(Store::identity)).await;
    let names: Vec<String> = names.into_iter().map(|name| name.expect("it has a name")).collect();
    assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
}

/// Sets the clock of the database forward for the connections that are made from now on.
async fn set_clock_forward(database: &ScratchDatabase, hours: u32) {
    database
        .execute(&format!(
            "create or replace function public.clock_timestamp() returns timestamptz language sql as
                 'select pg_catalog.clock_timestamp() + interval ''{hours} hours''';
             alter database {} set search_path = public, pg_catalog",
            database.name
        ))
        .await;
}

#[tokio::test]
async fn the_clock_of_the_server_says_when_a_lease_ends() {
    let Some(database) = database().await else { return };
    let store = open(&database.url).await;
    drop(acquire_as(&store, &elsewhere(), HOUR).await.expect("nobody has it"));
    assert!(matches!(acquire(&store, HOUR).await, Err(LeaseError::Held { .. })));

    set_clock_forward(&database, 2).await;
    let store = open(&database.url).await;
    // Hours ahead of the clock of this host, which does not matter to its holder either.
    let lease = acquire(&store, HOUR).await.expect("by the clock of the server it is over");
    assert!(lease.is_held() && lease.remaining() <= HOUR, "{:?}", lease.remaining());
    match acquire(&open(&database.url).await, HOUR).await {
        Err(LeaseError::Held { since, .. }) => {
            assert!(since > jiff::Timestamp::now() + jiff::SignedDuration::from_mins(90), "{since}");
        }
        other => panic!("this process lives: {other:?}"),
    }
}

#[tokio::test]
async fn a_run_goes_on_after_the_server_has_ended_its_connections() {
    let Some(database) = database().await else { return };
    let store = open(&database.url).await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    store.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(&store, &lease, &run.run_id);
    for number in 0..20 {
        // A zero character is a text that this engine does not take as it is.
        let (subject, reservation) = (format!("pms::R{number}\0:G1:aa"), None);
        let step = StepRecord {
            step: StepId(number),
            path: "/access_grants/create",
            subject,
            reservation,
            wanted: None,
        };
        if number % 5 == 3 {
            database
                .execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                     where datname = current_database() and pid <> pg_backend_pid()",
                )
                .await;
        }
        recorder.intent(&lease, step.clone()).await.expect("it is tried again");
        recorder.outcome(step, StepOutcome::plain(Outcome::Done)).await.expect("it is tried again");
    }
    recorder.close().await.expect("it was waited for");
    let (run, _) = store.run(&RunSelector::Last).await.expect("it was started");
    let steps = store.steps(&run.run_id).await.expect("the store is readable");
    assert_eq!(steps.len(), 20);
    assert!(steps.iter().all(|step| step.outcome == Some(Outcome::Done)));
}
