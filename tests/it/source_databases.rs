//! Reading databases for real: what each engine's values become, what no query may do, and what is told when
//! something is wrong.

use std::fs;
use std::path::Path;

use reservation_sync::config::{Environment, Settings, load};
use reservation_sync::exit_code::ExitCode;
use reservation_sync::model::{Place, SourceRead};
use reservation_sync::run::Failure;
use reservation_sync::source::{self, SourceError};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;

use super::servers::{Engine, ScratchDatabase};

/// A database of a test, of any engine, with a folder for its configuration.
pub(super) struct Database {
    folder: TempDir,
    url: String,
    server: Option<ScratchDatabase>,
    /// How long a query may run, and for how long a database is tried.
    pub(super) patience: &'static str,
}

impl Database {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pms.db");
        let created = format!("sqlite://{}?mode=rwc", path.display());
        SqliteConnection::connect(&created).await.expect("a new file").close().await.expect("ours");
        Self { url: format!("sqlite://{}", path.display()), folder, server: None, patience: "2s" }
    }

    /// `None` where there is no such server, which was said then.
    pub(super) async fn server(engine: Engine) -> Option<Self> {
        let server = ScratchDatabase::new(engine).await?;
        let folder = tempfile::tempdir().expect("a folder");
        Some(Self { url: server.url.clone(), folder, server: Some(server), patience: "2s" })
    }

    async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        for engine in [Engine::Postgres, Engine::MySql] {
            all.extend(Self::server(engine).await);
        }
        all
    }

    pub(super) async fn execute(&self, sql: &str) {
        if let Some(server) = &self.server {
            return server.execute(sql).await;
        }
        let mut connection = SqliteConnection::connect(&self.url).await.expect("our file");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("the statements are right");
        connection.close().await.expect("ours");
    }

    /// The settings of a configuration with these lines under `[source]`.
    fn settings(&self, url: &str, query: &str, more: &str) -> Settings {
        let path = self.folder.path().join("reservation-sync.toml");
        let text = format!(
            "policy = \"sync\"\nnamespace = \"pms\"\n[source]\nkind = \"sql\"\nurl = '{url}'\nquery = '{query}'\n\
             coverage = \"complete\"\n{more}\n[property]\ntime_zone = \"Europe/Lisbon\"\ncountry = \"PT\"\n\
             [spaces]\nkey = \"room-{{unit}}\"\n[seam]\nendpoint = \"sandbox\"\npatience = \"{}\"\ntimeout = \"1s\"\n",
            self.patience
        );
        fs::write(&path, text).expect("our folder");
        load(Some(&path), &Environment::default()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Reads through a query of the repository or of the test.
    pub(super) async fn read_file(
        &self,
        query: &Path,
        more: &str,
        now: &str,
    ) -> Result<SourceRead, SourceError> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let settings = self.settings(&self.url, query.to_str().expect("plain names"), more);
        source::read(&settings.source, now.parse().expect("an instant")).await
    }

    async fn read(&self, sql: &str) -> Result<SourceRead, SourceError> {
        let query = self.folder.path().join("query.sql");
        fs::write(&query, sql).expect("our folder");
        self.read_file(&query, "", "2026-05-01T08:00:00Z").await
    }

    fn is_mysql(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.engine == Engine::MySql)
    }

    fn is_postgres(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.engine == Engine::Postgres)
    }
}

/// `KEY unit standing window name` of each stay.
fn stays(read: &SourceRead) -> Vec<String> {
    let mut lines = Vec::new();
    for reservation in &read.reservations {
        for stay in &reservation.stays {
            let units = match &stay.place {
                Place::Units(units) => units.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
                other => format!("{other:?}"),
            };
            lines.push(format!(
                "{} {units} {:?} {}/{} {}",
                reservation.id,
                stay.standing,
                stay.check_in.instant,
                stay.check_out.instant,
                stay.guest.full_name
            ));
        }
    }
    lines
}

fn rejects(read: &SourceRead) -> Vec<String> {
    read.rejects
        .iter()
        .map(|reject| format!("{} {} {:?}", reject.source, reject.column, reject.code))
        .collect()
}

fn check(read: &SourceRead, expected_stays: &[&str], expected_rejects: &[&str]) {
    assert_eq!(stays(read), expected_stays);
    assert_eq!(rejects(read), expected_rejects);
}

#[tokio::test]
async fn every_native_type_of_postgres_is_read() {
    let Some(database) = Database::server(Engine::Postgres).await else { return };
    database
        .execute(
            "create type standing as enum ('confirmed', 'cancelled');
             create table booking (id bigint, unit char(6), status standing, arrival date, hour time, departure timestamp,
               guest uuid, name text, price numeric(12,2), changed timestamptz, vip boolean, weight float8);
             insert into booking values
               (5134582030, '101', 'confirmed', '2026-05-03', '16:30', '2026-05-05 10:15',
                '0a1b2c3d-0000-4000-8000-000000000001', 'Zoé Müller', 17.00, '2026-04-01 12:00+02', true, 33624532669),
               (2, '102', 'cancelled', '2026-05-03', null, '2026-05-05', null, null, 18, null, false, 1e15),
               (3, '103', null, 'infinity', null, '2026-05-05', null, null, null, null, null, null),
               (4, '104', 'confirmed', null, null, '2026-05-05', null, null, null, null, null, null);",
        )
        .await;
    let read = database
        .read(
            "select id as reservation_key, unit, status, arrival as check_in, hour as check_in_time,
               departure as check_out, guest as guest_key, name as full_name, price as stay_id, changed as updated_at,
               vip as is_primary from booking order by id desc",
        )
        .await
        .expect("the query is good");
    check(
        &read,
        &[
            "2 102 Revoked 2026-05-03T14:00:00Z/2026-05-05T10:00:00Z ",
            "5134582030 101 Expected 2026-05-03T15:30:00Z/2026-05-05T09:15:00Z Zoé Müller",
        ],
        &["query:2 check_in Missing", "query:3 check_in BadDate"],
    );
    let stay = &read.reservations.last().expect("two").stays[0];
    assert_eq!(stay.stay_id.as_ref().map(ToString::to_string).as_deref(), Some("17"));
    assert_eq!(stay.updated_at.map(|changed| changed.to_string()).as_deref(), Some("2026-04-01T10:00:00Z"));
    assert!(stay.guest.is_primary);
    assert_eq!(
        stay.guest.key.as_ref().map(ToString::to_string).as_deref(),
        Some("0a1b2c3d-0000-4000-8000-000000000001")
    );
}

#[tokio::test]
async fn timestamps_with_a_zone_that_are_all_midnight_are_days_in_postgres() {
    let Some(database) = Database::server(Engine::Postgres).await else { return };
    database
        .execute(
            "create table stay (k text, zone text, a timestamptz, d timestamptz);
             set timezone = 'Europe/Lisbon';
             insert into stay values ('R1', 'hotel', '2026-06-05', '2026-06-08'), ('R2', 'hotel', '2026-12-05', '2026-12-08'),
                 ('R3', 'hotel', '2026-10-24', '2026-10-26');
             set timezone = 'UTC';
             insert into stay values ('R4', 'utc', '2026-06-05', '2026-06-08'), ('R5', 'utc', '2026-10-24', '2026-10-26'),
                 ('R6', 'hours', '2026-06-05 14:30', '2026-06-08 00:00'), ('R7', 'hours', '2026-06-06 14:30', '2026-06-09 09:00'),
                 ('R8', 'hours', '2026-06-07 14:30', '2026-06-10 08:00')",
        )
        .await;
    let read = |zone: &'static str| {
        let sql = format!(
            "select k as reservation_key, '101' as unit, a as check_in, d as check_out from stay where zone = '{zone}' order by k"
        );
        let database = &database;
        async move { stays(&database.read(&sql).await.expect("the query is right")) }
    };
    // By the hotel's clock, whatever its offset on that day.
    assert_eq!(
        read("hotel").await,
        [
            "R1 101 Expected 2026-06-05T14:00:00Z/2026-06-08T10:00:00Z ",
            "R2 101 Expected 2026-12-05T15:00:00Z/2026-12-08T11:00:00Z ",
            "R3 101 Expected 2026-10-24T14:00:00Z/2026-10-26T11:00:00Z ",
        ]
    );
    // By UTC, where both dates are.
    assert_eq!(
        read("utc").await,
        [
            "R4 101 Expected 2026-06-05T14:00:00Z/2026-06-08T10:00:00Z ",
            "R5 101 Expected 2026-10-24T14:00:00Z/2026-10-26T11:00:00Z ",
        ]
    );
    // One midnight of UTC among hours is an hour.
    assert_eq!(
        read("hours").await,
        [
            "R6 101 Expected 2026-06-05T14:30:00Z/2026-06-08T00:00:00Z ",
            "R7 101 Expected 2026-06-06T14:30:00Z/2026-06-09T09:00:00Z ",
            "R8 101 Expected 2026-06-07T14:30:00Z/2026-06-10T08:00:00Z ",
        ]
    );
}

#[tokio::test]
async fn every_native_type_of_mysql_is_read_and_a_zero_date_is_none() {
    let Some(database) = Database::server(Engine::MySql).await else { return };
    database
        .execute(
            "set sql_mode = ''; set time_zone = '+00:00';
             create table booking (id decimal(12,2), unit varbinary(10), status enum('confirmed','cancelled'),
               arrival date, hour time, departure datetime, name varchar(40) character set latin1,
               changed timestamp null, vip bit(1), number bigint unsigned, zero datetime);
             insert into booking values
               (5134582030, '101', 'confirmed', '2026-05-03', '16:30', '2026-05-05 10:15', 'Zoé Müller',
                '2026-04-01 10:00:00', 1, 18446744073709551615, '0000-00-00'),
               (2, '102', 'cancelled', '2026-05-03', null, '2026-05-05', null, null, 0, 7, null),
               (3, '103', 'confirmed', '0000-00-00', null, '2026-05-05', null, null, 0, 8, null);",
        )
        .await;
    let read = database
        .read(
            "select id as reservation_key, unit, status, arrival as check_in, hour as check_in_time,
               departure as check_out, number as guest_key, name as full_name, changed as updated_at,
               vip as is_primary, zero as opt_out, zero from booking order by id desc",
        )
        .await
        .expect("the query is good");
    check(
        &read,
        &[
            "2 102 Revoked 2026-05-03T14:00:00Z/2026-05-05T10:00:00Z ",
            "5134582030 101 Expected 2026-05-03T15:30:00Z/2026-05-05T09:15:00Z Zoé Müller",
        ],
        &["query:2 check_in Missing"],
    );
    let stay = &read.reservations.last().expect("two").stays[0];
    assert_eq!(stay.updated_at.map(|changed| changed.to_string()).as_deref(), Some("2026-04-01T10:00:00Z"));
    assert!(stay.guest.is_primary);
    assert_eq!(stay.guest.key.as_ref().map(ToString::to_string).as_deref(), Some("18446744073709551615"));
}

#[tokio::test]
async fn a_column_of_sqlite_is_read_value_by_value_and_a_number_is_never_guessed_to_be_a_date() {
    let database = Database::sqlite().await;
    database
        .execute(
            "create table booking (id integer, unit text, arrival datetime, departure datetime, name blob);
             insert into booking values
               (9007199254740993, '0101', '2026-05-03', '2026-05-05 10:15', cast('Zoé' as blob)),
               (2, 102, 46145, '2026-05-05', null),
               (3, 103.0, '2026-05-03', '2026-05-05', cast(x'ff' as text)),
               (4.0, 104.0, '2026-05-03', '2026-05-05', x'ff');",
        )
        .await;
    let read = database
        .read("select id as reservation_key, unit, arrival as check_in, departure as check_out, name as full_name from booking")
        .await
        .expect("the query is good");
    check(
        &read,
        &[
            "4 104 Expected 2026-05-03T14:00:00Z/2026-05-05T10:00:00Z \\xff",
            "9007199254740993 0101 Expected 2026-05-03T14:00:00Z/2026-05-05T09:15:00Z Zoé",
        ],
        &["query:2 check_in BadDate", "query:3  BadEncoding"],
    );
}

const BOOKING: &str = "create table booking (id integer, unit varchar(9), arrival date, departure date);
    insert into booking values (1, '101', '2026-05-03', '2026-05-05');";

const QUERY: &str =
    "select id as reservation_key, unit, arrival as check_in, departure as check_out from booking";

#[tokio::test]
async fn a_statement_that_writes_and_a_second_statement_are_refused_and_change_nothing() {
    for database in Database::all().await {
        database.execute(BOOKING).await;
        database.execute("create table mark (number integer); insert into mark values (1);").await;
        let mut statements = vec![
            "delete from booking".to_owned(),
            "update booking set unit = '999'".to_owned(),
            format!("{QUERY}; delete from booking"),
            format!("{QUERY}; commit; delete from booking; begin"),
            "commit; delete from booking".to_owned(),
            "drop table booking".to_owned(),
        ];
        if database.is_postgres() {
            statements.extend([
                format!("with gone as (delete from booking returning *) {} from gone", &QUERY[..76]),
                "select 1 into copied".to_owned(),
                "select set_config('transaction_read_only', 'off', true) as a".to_owned(),
                "copy booking to program 'true'".to_owned(),
                "do $$ begin delete from booking; end $$".to_owned(),
                "explain analyze delete from booking".to_owned(),
                "select nextval('numbers') as reservation_key, unit, arrival as check_in, departure as check_out \
                 from booking"
                    .to_owned(),
            ]);
            database.execute("create sequence numbers").await;
        }
        if database.is_mysql() {
            statements.extend([
                format!("{QUERY} into outfile '/tmp/reservation-sync-must-not-be.txt'"),
                format!("{QUERY} /*! ; delete from booking */"),
                "call sys.nothing()".to_owned(),
                "optimize table booking".to_owned(),
                "select writes() as reservation_key, unit, arrival as check_in, departure as check_out from booking"
                    .to_owned(),
            ]);
            database
                .execute(
                    "create function writes() returns integer not deterministic modifies sql data \
                     begin delete from mark; return 1; end",
                )
                .await;
        }
        for statement in statements {
            let error = database.read(&statement).await.err();
            let error = error.unwrap_or_else(|| panic!("{statement} was run on {}", database.url));
            let failure = Failure::from(error);
            assert_eq!(failure.exit_code, ExitCode::Source, "{statement}: {}", failure.message);
            assert!(!failure.hint.is_empty());
        }
        let read = database.read(QUERY).await.expect("the table is as it was");
        check(&read, &["1 101 Expected 2026-05-03T14:00:00Z/2026-05-05T10:00:00Z "], &[]);
        let marks = "select number as reservation_key, 'a' as unit, '2026-05-03' as check_in, \
                     '2026-05-05' as check_out from mark";
        assert_eq!(database.read(marks).await.expect("as it was").n_rows, 1);
    }
}

#[tokio::test]
async fn rows_are_placed_by_their_number_and_two_reads_are_never_the_same() {
    for database in Database::all().await {
        database.execute(BOOKING).await;
        database.execute("insert into booking values (2, '102', null, null)").await;
        let query = database.folder.path().join("query.sql");
        fs::write(&query, format!("-- bookings\n{QUERY} order by id desc;\n")).expect("our folder");
        let read = |now: &'static str| database.read_file(&query, "", now);
        let first = read("2026-05-01T08:00:00Z").await.expect("a good query");
        check(
            &first,
            &["1 101 Expected 2026-05-03T14:00:00Z/2026-05-05T10:00:00Z "],
            &["query:1 check_in Missing"],
        );
        let second = read("2026-05-02T08:00:00Z").await.expect("a good query");
        assert_ne!(first.fingerprint, second.fingerprint);
        let again = read("2026-05-01T08:00:00Z").await.expect("a good query");
        assert_eq!(first.fingerprint, again.fingerprint);
    }
}

async fn check_failure(database: &Database, sql: &str, expected: ExitCode, words: &str) {
    let failure = Failure::from(database.read(sql).await.expect_err("it cannot be read"));
    assert_eq!(failure.exit_code, expected, "{}", failure.message);
    assert!(failure.message.contains(words), "{} lacks {words}", failure.message);
}

#[tokio::test]
async fn a_query_that_is_wrong_says_what_is_wrong_with_it() {
    for database in Database::all().await {
        database.execute(BOOKING).await;
        check_failure(
            &database,
            "select id as reservation_key from booking",
            ExitCode::Source,
            "missing check_in",
        )
        .await;
        check_failure(&database, "select * from bookings", ExitCode::Source, "bookings").await;
        check_failure(&database, "select * frm booking", ExitCode::Source, "run `").await;
        check_failure(&database, "", ExitCode::Source, "it is empty").await;
        let missing = database.read_file(Path::new("nowhere.sql"), "", "2026-05-01T08:00:00Z").await;
        let failure = Failure::from(missing.expect_err("no such file"));
        assert_eq!(failure.exit_code, ExitCode::Source);
        assert_eq!(failure.message, "read the query `nowhere.sql`: No such file or directory (os error 2)");
    }
}

#[tokio::test]
async fn a_query_that_runs_for_too_long_is_stopped_by_the_database() {
    for database in Database::all().await {
        let slow = if database.is_postgres() {
            "select pg_sleep(60)::text as reservation_key, 1 as unit, 1 as check_in, 1 as check_out"
        } else if database.is_mysql() {
            "select sleep(60) as reservation_key, 1 as unit, 1 as check_in, 1 as check_out \
             from information_schema.columns a, information_schema.columns b"
        } else {
            "with recursive n(i) as (select 1 union all select i + 1 from n) \
             select count(*) as reservation_key, 1 as unit, 1 as check_in, 1 as check_out from n"
        };
        check_failure(&database, slow, ExitCode::Temporary, "ran for longer than 2 s").await;
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_converted_is_not_repeated() {
    let Some(database) = Database::server(Engine::Postgres).await else { return };
    let sql = "select name::integer as reservation_key, 1 as unit, 1 as check_in, 1 as check_out \
               from (values ('Ana Sousa')) guest (name)";
    let failure = Failure::from(database.read(sql).await.expect_err("no number"));
    assert!(failure.message.contains("SQLSTATE 22P02"), "{}", failure.message);
    assert!(!failure.message.contains("Ana"), "{}", failure.message);
}

#[tokio::test]
async fn a_database_that_lets_nobody_in_says_so_without_the_password() {
    for engine in [Engine::Postgres, Engine::MySql] {
        let Some(database) = Database::server(engine).await else { continue };
        let server = database.server.as_ref().expect("a server");
        let (scheme, rest) = server.url.split_once("://").expect("an address");
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        let urls = [
            format!("{scheme}://nobody-of-that-name:geheim-9@{host}"),
            server.url.replace(&server.name, "no_such_database"),
        ];
        fs::write(database.folder.path().join("query.sql"), QUERY).expect("our folder");
        for url in urls {
            let settings = database.settings(&url, "query.sql", "");
            let read =
                source::read(&settings.source, "2026-05-01T08:00:00Z".parse().expect("an instant")).await;
            let error = read.expect_err("nobody is let in");
            assert!(!format!("{error:?}{:?}", settings.source).contains("geheim"));
            let failure = Failure::from(error);
            assert_eq!(failure.exit_code, ExitCode::Source, "{}", failure.message);
            assert!(failure.message.starts_with("open `") && !failure.message.contains("geheim"));
        }
    }
    let database = Database::sqlite().await;
    fs::remove_file(database.folder.path().join("pms.db")).expect("ours");
    check_failure(&database, QUERY, ExitCode::Source, "open `sqlite://").await;
    assert!(!database.folder.path().join("pms.db").exists(), "a database that is missing is not made");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_tried_for_as_long_as_patience_lasts() {
    let database = Database::sqlite().await;
    fs::write(database.folder.path().join("query.sql"), QUERY).expect("our folder");
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    for scheme in ["postgres", "mysql"] {
        let url = format!("{scheme}://pms:geheim-9@127.0.0.1:{port}/pms");
        let settings = database.settings(&url, "query.sql", "");
        let began = std::time::Instant::now();
        let read = source::read(&settings.source, "2026-05-01T08:00:00Z".parse().expect("an instant")).await;
        let failure = Failure::from(read.expect_err("nobody listens"));
        assert_eq!(failure.exit_code, ExitCode::Temporary, "{}", failure.message);
        assert!(
            failure.message.starts_with(&format!("reach `{scheme}://127.0.0.1:{port}/pms`")),
            "{}",
            failure.message
        );
        let waited = began.elapsed().as_millis();
        assert!((1_000..15_000).contains(&waited), "{waited} ms");
    }
}

#[tokio::test]
async fn a_connection_is_encrypted_where_the_address_asks_for_it() {
    let Some(mut database) = Database::server(Engine::Postgres).await else { return };
    let sql = "select ssl as reservation_key, 'a' as unit, '2026-05-03' as check_in, '2026-05-05' as check_out \
               from pg_stat_ssl where pid = pg_backend_pid()";
    let plain = database.url.clone();
    database.url = format!("{plain}?sslmode=require");
    match database.read(sql).await {
        Ok(read) => assert_eq!(read.reservations[0].id.to_string(), "true"),
        // A server that was started for the tests has no certificate; then nothing may be sent in the open.
        Err(error) => {
            let message = Failure::from(error).message;
            assert!(message.to_lowercase().contains("tls"), "{message}");
        }
    }
    // A certificate that nobody vouches for is not trusted, and neither is a server without one.
    database.url = format!("{plain}?sslmode=verify-full");
    database
        .read(sql)
        .await
        .expect_err("no server of the tests has a certificate that a stranger would trust");
}
