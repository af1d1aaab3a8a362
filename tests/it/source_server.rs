//! Databases as sources, by the program: queries that cannot run, users that may do too much, and statements that nobody
//! waits for any more.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection, SqliteConnection};

use super::cli_hotel::{BASE, NOW};
use super::cli_program::{Ended, Place, check};
use super::sandbox_client::hotel;
use super::servers::{Engine, ScratchDatabase};

const TABLE: &str = "create table booking (reservation_key varchar(20), status varchar(20), unit varchar(20), \
     check_in date, check_out date, guest_key varchar(20), full_name varchar(40))";

const ROW: &str = "insert into booking values \
     ('R1', 'confirmed', '101', '2026-12-03', '2026-12-06', 'G1', 'Ana Sousa')";

/// A folder whose source is a query of that database.
fn place(url: &str, query: &str) -> Place {
    let place = Place::new();
    let source = format!("kind = \"sql\"\nurl = \"{url}\"\nquery = \"query.sql\"\n");
    let config = BASE.replace("path = \"reservations.csv\"\nmax_age = \"none\"\n", &source);
    let config = config.replace("patience = \"1s\"", "patience = \"90s\"");
    let sandbox =
        format!("endpoint = \"sandbox\"\n\n[seam.sandbox]\nseed = \"workspace.json\"\nnow = \"{NOW}\"\n");
    place.write("reservation-sync.toml", &(config + &sandbox));
    place.write("workspace.json", &hotel().to_string());
    place.write("query.sql", query);
    place
}

async fn sqlite(folder: &Place) -> String {
    let path = folder.path("pms.db");
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}?mode=rwc", path.display()))
        .await
        .expect("a new file");
    for sql in [TABLE, ROW] {
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is right");
    }
    connection.close().await.expect("ours");
    format!("sqlite://{}", path.display())
}

async fn server(engine: Engine) -> Option<ScratchDatabase> {
    let database = ScratchDatabase::new(engine).await?;
    database.execute(TABLE).await;
    database.execute(ROW).await;
    Some(database)
}

#[tokio::test]
async fn query_with_parameters_or_another_fault_is_not_tried_again() {
    let folder = Place::new();
    let mut cases: Vec<(String, &str)> = Vec::new();
    let url = sqlite(&folder).await;
    for parameter in [":from", "?", "?1", "@from", "$from"] {
        cases.push((url.clone(), parameter));
    }
    let (postgres, mysql) = (server(Engine::Postgres).await, server(Engine::MySql).await);
    if let Some(database) = &postgres {
        cases.extend(["$1", ":from", "?", "@from"].map(|parameter| (database.url.clone(), parameter)));
    }
    if let Some(database) = &mysql {
        cases.extend(["?", ":from", "$1"].map(|parameter| (database.url.clone(), parameter)));
    }
    for (url, parameter) in cases {
        let place = place(&url, &format!("select * from booking where guest_key >= {parameter}"));
        for verb in ["check", "plan"] {
            let started = Instant::now();
            let ended = place.run(&[verb]);
            check(&ended, 6, &["query.sql", "hint"]);
            assert!(started.elapsed() < Duration::from_secs(30), "{parameter} of {url} was tried again");
        }
    }
    let place = place(&url, "select * from no_such_table");
    check(&place.run(&["check"]), 6, &["no such table"]);
}

/// The address for another user without a password.
fn as_user(url: &str, user: &str) -> String {
    let mut url: reqwest::Url = url.parse().expect("it led to the server");
    url.set_username(user).expect("a server has users");
    url.to_string()
}

const EXCESS: &str = "only has to read";

fn checked(url: &str) -> Ended {
    let ended = place(url, "select * from booking").run(&["check"]);
    assert!(ended.stdout.contains("R1"), "{ended:#?}");
    ended
}

#[tokio::test]
async fn check_says_that_the_user_may_write() {
    let folder = Place::new();
    let ended = checked(&sqlite(&folder).await);
    assert!(ended.stdout.contains(EXCESS), "{ended:#?}");
    if let Some(database) = server(Engine::Postgres).await {
        let user = format!("{}_reader", database.name);
        database.execute(&format!("create role {user} login; grant select on booking to {user}")).await;
        let (owner, reader) = (checked(&database.url), checked(&as_user(&database.url, &user)));
        database.execute(&format!("grant update on booking to {user}")).await;
        let writer = checked(&as_user(&database.url, &user));
        database.execute(&format!("drop owned by {user}; drop role {user}")).await;
        assert!(owner.stdout.contains("may write to public.booking"), "{owner:#?}");
        assert!(writer.stdout.contains("may write to public.booking"), "{writer:#?}");
        assert!(!reader.stdout.contains(EXCESS), "{reader:#?}");
    }
    if let Some(database) = server(Engine::MySql).await {
        let name = &database.name;
        // A user's name has 32 characters at most in MySQL.
        let user = format!("r{}", name.trim_start_matches("reservation_sync_test"));
        database.execute(&format!("create user '{user}'@'%'")).await;
        database.execute(&format!("grant select on {name}.* to '{user}'@'%'")).await;
        let (owner, reader) = (checked(&database.url), checked(&as_user(&database.url, &user)));
        database.execute(&format!("grant delete on {name}.booking to '{user}'@'%'")).await;
        let writer = checked(&as_user(&database.url, &user));
        database.execute(&format!("drop user '{user}'@'%'")).await;
        assert!(owner.stdout.contains("may write to *.*"), "{owner:#?}");
        assert!(writer.stdout.contains(&format!("may write to {name}.booking")), "{writer:#?}");
        assert!(!reader.stdout.contains(EXCESS), "{reader:#?}");
    }
}

/// How many statements of the test run at the server now.
async fn n_running(database: &ScratchDatabase) -> i64 {
    let name = &database.name;
    match database.engine {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.expect("ours");
            let sql = format!(
                "select count(*) from pg_stat_activity where datname = '{name}' and state = 'active' \
                 and query like '%pg_sleep%' and pid <> pg_backend_pid()"
            );
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("a number")
        }
        Engine::MySql => {
            let mut connection = MySqlConnection::connect(&database.url).await.expect("ours");
            let sql = format!(
                "select count(*) from information_schema.processlist where db = '{name}' and command <> 'Sleep' \
                 and info like '%sleep(%' and id <> connection_id()"
            );
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("a number")
        }
    }
}

async fn until_running(database: &ScratchDatabase, expected: i64, limit: Duration) {
    let started = Instant::now();
    while n_running(database).await != expected {
        assert!(started.elapsed() < limit, "{:?}: not {expected} statements", database.engine);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn statement_is_cancelled_at_the_server_when_the_job_ends() {
    for (engine, sleep) in [(Engine::Postgres, "pg_sleep(80)::text"), (Engine::MySql, "sleep(80)")] {
        let Some(database) = server(engine).await else { continue };
        let query = format!("select booking.*, {sleep} as slept from booking");
        let place = place(&database.url, &query);
        for (flags, signal, code) in [
            (&["plan"][..], "-TERM", 143),
            (&["run", "--max-duration", "4s"], "", 10),
            (&["run"], "-INT", 130),
        ] {
            let mut child = place
                .command(flags)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            until_running(&database, 1, Duration::from_secs(20)).await;
            if !signal.is_empty() {
                Command::new("kill").args([signal, &child.id().to_string()]).status().expect("`kill` runs");
            }
            assert_eq!(child.wait().expect("it ends").code(), Some(code), "{engine:?} {flags:?}");
            until_running(&database, 0, Duration::from_secs(5)).await;
        }
    }
}
