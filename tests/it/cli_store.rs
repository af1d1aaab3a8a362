//! A record in PostgreSQL, from the first night to the one that is undone; two runs at once; and no password anywhere.

use std::fs;

use reservation_sync::sandbox::{Fault, FaultPlan};
use serde_json::Value;

use super::cli_hotel::{STAYS, place, sandbox_config};
use super::cli_program::{Ended, Place};
use super::endurance_hotel::{Holdings, Hotel, Ran, Row, until};
use super::servers::{Engine, ScratchDatabase};

/// The servers of the tests let everybody of this host in; what the password is does not matter to them.
const PASSWORD: &str = "geheim-4711";

async fn database() -> Option<ScratchDatabase> {
    ScratchDatabase::new(Engine::Postgres).await
}

fn url_with_password(database: &ScratchDatabase) -> String {
    let mut url = database.url.parse::<reqwest::Url>().expect("it led to the server");
    url.set_password(Some(PASSWORD)).expect("it has a host");
    url.to_string()
}

/// A hotel whose configuration takes the address from the environment, as in a container.
fn hotel(url: &str) -> Place {
    let mut place = place();
    place.write("reservation-sync.toml", &format!("{}[store]\nurl = \"${{STORE_URL}}\"\n", sandbox_config()));
    place.set("STORE_URL", url);
    place
}

fn assert_told_nowhere(place: &Place, ended: &[Ended]) {
    for Ended { code: _, stdout, stderr } in ended {
        assert!(!stdout.contains(PASSWORD) && !stderr.contains(PASSWORD), "{stdout}\n{stderr}");
    }
    for entry in fs::read_dir(place.path("")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
        assert!(!text.contains(PASSWORD), "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nights_on_a_server_are_recorded_explained_and_undone_and_its_password_is_nowhere() {
    let Some(database) = database().await else { return };
    let place = hotel(&url_with_password(&database));
    let check = |arguments: &[&str], code: i32, words: &[&str]| {
        let ended = place.run(arguments);
        assert_eq!(ended.code, code, "{ended:#?}");
        for word in words {
            assert!(ended.stdout.contains(word), "`{word}` is missing: {ended:#?}");
        }
        ended
    };
    let flags =
        ["run", "-vv", "--log-format", "json", "--report", "json=report.json", "--report", "html=r.html"];
    let mut ended = vec![
        check(&["plan"], 0, &["2 create"]),
        check(&flags, 0, &["2 created"]),
        check(&["run"], 0, &["2 unchanged"]),
    ];
    let runs = check(&["runs", "--format", "json"], 0, &[]);
    let listed: Value = serde_json::from_str(&runs.stdout).expect("it is JSON");
    assert_eq!(listed["runs"].as_array().expect("a list").len(), 2, "{listed}");
    place.write("reservations.csv", &STAYS.replace("confirmed,101", "cancelled,101"));
    ended.extend([
        runs,
        check(&["run"], 0, &["1 revoked"]),
        check(&["explain", "R1001"], 0, &["/access_grants/create", "/access_grants/delete"]),
        check(&["show", "last"], 0, &["1 revoked"]),
        check(&["rollback", "last", "-o", "back.json"], 0, &["1 create"]),
        check(&["apply", "back.json"], 0, &["1 created"]),
        check(&["export"], 0, &["R1001", "R1002"]),
        check(&["release"], 0, &[]),
        check(&["unlock"], 0, &[]),
    ]);
    assert!(!place.has("reservation-sync.db"), "the record is on the server");
    assert_told_nowhere(&place, &ended);
    for table in ["runs", "steps", "ledger", "leases", "pins", "guard_trips", "absences", "moves"] {
        // It fails where a row has it.
        database
            .execute(&format!(
                "select 1 / (case when t::text like '%{PASSWORD}%' then 0 else 1 end) from {table} t"
            ))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_used_is_named_without_its_password() {
    let Some(database) = database().await else { return };
    let nobody = format!("postgres://nobody_of_that_name:{PASSWORD}@127.0.0.1:1/sync");
    let nowhere = url_with_password(&database).replace(&database.name, "no_database_of_that_name");
    for (url, code, word) in [
        (nobody.as_str(), 5, "reach store `postgres://127.0.0.1:1/sync`"),
        (nowhere.as_str(), 1, "use store `postgres://"),
        ("postgres://sync:geheim-4711/x@127.0.0.1/sync", 78, "the address cannot be read"),
        ("mysql://sync:geheim-4711@127.0.0.1/sync", 78, "sqlite:// or postgres://"),
    ] {
        let place = hotel(url);
        let ended = place.run(&["run"]);
        assert_eq!(ended.code, code, "{ended:#?}");
        assert!(ended.stderr.contains(word), "`{word}` is missing: {ended:#?}");
        assert_told_nowhere(&place, &[ended]);
        place.write("reservation-sync.toml", &format!("{}[store]\nurl = \"{url}\"\n", sandbox_config()));
        let ended = place.run(&["run"]);
        assert_eq!(ended.code, code, "{ended:#?}");
        assert!(!format!("{ended:?}").contains(PASSWORD), "{ended:#?}");
    }
}

fn rows() -> Vec<Row> {
    (0..20).map(|number| Row::new(number, number, 2, 3)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_runs_at_once_on_one_server_one_writes_and_none_doubles_what_another_does() {
    let Some(database) = database().await else { return };
    let hotel = Hotel::today(20).one_at_a_time().with_store(&database.url);
    hotel.write(&rows());
    // The first run is still under way when the others begin.
    let slow = FaultPlan { rates: [(Fault::Latency, 1.0)].into(), latency_ms: 50, ..FaultPlan::none() };
    let sandbox = hotel.sandbox_with(|options| options.faults = Some(slow)).await;
    let first = hotel.start(Some(&sandbox));
    until("the first write", || sandbox.counts().writes() > 0).await;
    let others: Vec<_> = (0..3).map(|_| hotel.start(Some(&sandbox))).collect();
    for other in others {
        let ran = Ran::of(other).await;
        ran.assert_code(11);
        assert!(ran.told.contains("reservation-sync unlock"), "{}", ran.told);
    }
    Ran::of(first).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows()));
    assert_eq!(sandbox.counts().n_refusals(), 0);

    // Those that begin at the same moment.
    let more: Vec<Row> = (0..20).map(|number| Row::new(number, number, 2, 4)).collect();
    hotel.write(&more);
    let racing: Vec<_> = (0..3).map(|_| hotel.start(Some(&sandbox))).collect();
    let mut codes = Vec::new();
    for run in racing {
        codes.push(Ran::of(run).await.code);
    }
    assert!(codes.contains(&0) && codes.iter().all(|code| [0, 11].contains(code)), "{codes:?}");
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&more));
    assert_eq!(sandbox.counts().n_refusals(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_a_server_that_is_killed_leaves_its_lock_and_its_work_to_the_next() {
    let Some(database) = database().await else { return };
    let hotel = Hotel::today(20).one_at_a_time().with_store(&database.url);
    hotel.write(&rows());
    let sandbox = hotel.sandbox().await;
    let mut killed = hotel.start(Some(&sandbox));
    until("the fifth write", || sandbox.counts().writes() >= 5).await;
    killed.kill().expect("it is ours");
    assert_eq!(Ran::of(killed).await.code, -1);
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows()));
    let last = hotel.run(Some(&sandbox)).await;
    assert_eq!((last.code, last.number("/calls/writes")), (0, 0), "{}", last.told);
}
