//! Finds PostgreSQL and MariaDB or MySQL for the tests, and gives each test a database of its own.
//!
//! In this order: the server of `TEST_POSTGRES_URL` or `TEST_MYSQL_URL`; the one on the standard port of this host
//! that lets its administrator in without a password; one started from installed programs, in a temporary folder,
//! for as long as the tests run. A test that finds none says so and shows nothing; with `REQUIRE_DATABASES=1`, which
//! `.ci/run` sets, it fails instead.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::mem;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use tempfile::TempDir;
use tokio::runtime;
use tokio::sync::OnceCell;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    Postgres,
    MySql,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MariaDB or MySQL",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Postgres => "TEST_POSTGRES_URL",
            Self::MySql => "TEST_MYSQL_URL",
        }
    }

    fn standard_url(self) -> &'static str {
        match self {
            Self::Postgres => "postgres://postgres@127.0.0.1:5432/postgres",
            Self::MySql => "mysql://root@127.0.0.1:3306",
        }
    }

    /// Runs statements that give nothing back.
    async fn execute(self, url: &str, sql: &str) -> sqlx::Result<()> {
        match self {
            Self::Postgres => {
                let mut connection = PgConnection::connect(url).await?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
                connection.close().await
            }
            Self::MySql => {
                let mut connection = MySqlConnection::connect(url).await?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
                connection.close().await
            }
        }
    }
}

/// An empty database of one test; it is dropped with this value.
pub(super) struct ScratchDatabase {
    /// The engine it lives in.
    pub(super) engine: Engine,
    /// The name of the database; nobody else uses it, so roles may begin with it.
    pub(super) name: String,
    /// The address of the database, for its owner.
    pub(super) url: String,
    server_url: String,
}

impl ScratchDatabase {
    /// A database in one of them, or `None` where there is none.
    pub(super) async fn new(engine: Engine) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server_url = server(engine).await?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("reservation_sync_test_{}_{count}", process::id());
        // A process that had our number and was killed may have left one.
        for sql in [format!("drop database if exists {name}"), format!("create database {name}")] {
            engine.execute(&server_url, &sql).await.expect("the tests may make databases on this server");
        }
        let mut url = server_url.parse::<reqwest::Url>().expect("it led to the server");
        url.set_path(&name);
        Some(Self { engine, name, url: url.to_string(), server_url })
    }

    /// Runs statements that give nothing back.
    pub(super) async fn execute(&self, sql: &str) {
        self.engine.execute(&self.url, sql).await.expect("the statements of a test are right");
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let force = if self.engine == Engine::Postgres { " with (force)" } else { "" };
        let (engine, url, sql) =
            (self.engine, self.server_url.clone(), format!("drop database {}{force}", self.name));
        // The runtime of the test cannot be waited for in here; and what is left does no harm.
        let dropping = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(engine.execute(&url, &sql)).map_err(io::Error::other)
        });
        drop(dropping.join());
    }
}

/// The address of a server whose administrator we are.
async fn server(engine: Engine) -> Option<String> {
    static POSTGRES: OnceCell<Option<String>> = OnceCell::const_new();
    static MYSQL: OnceCell<Option<String>> = OnceCell::const_new();
    let found = match engine {
        Engine::Postgres => POSTGRES.get_or_init(|| find(engine)).await,
        Engine::MySql => MYSQL.get_or_init(|| find(engine)).await,
    };
    if found.is_none() {
        say_that_there_is_none(engine);
    }
    found.clone()
}

fn say_that_there_is_none(engine: Engine) {
    let (name, variable) = (engine.name(), engine.variable());
    let message = format!(
        "NO DATABASE: {name} was not found and cannot be started, so a test shows nothing; set {variable}, or \
         install it\n"
    );
    assert!(environment("REQUIRE_DATABASES").is_none_or(|value| value == "0"), "{message}");
    // Past the harness, which swallows what is printed by a test that passes.
    io::stderr().write_all(message.as_bytes()).expect("stderr is open");
}

/// A variable that is set to something.
#[expect(clippy::disallowed_methods, reason = "which servers there are is a matter of the tests alone")]
fn environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

async fn find(engine: Engine) -> Option<String> {
    rustls::crypto::ring::default_provider().install_default().ok();
    if let Some(url) = environment(engine.variable()) {
        let answer = engine.execute(&url, "select 1").await;
        answer.unwrap_or_else(|error| panic!("{} leads to no server: {error}", engine.variable()));
        return Some(url);
    }
    let standard = engine.standard_url();
    if engine.execute(standard, "select 1").await.is_ok() {
        return Some(standard.to_owned());
    }
    start(engine).await
}

/// Starts a server from installed programs; it ends when this process does.
async fn start(engine: Engine) -> Option<String> {
    let folder = TempDir::new().expect("a temporary folder");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).ok()?.port();
    let command = match engine {
        Engine::Postgres => postgres(folder.path(), port)?,
        Engine::MySql => mariadb(folder.path(), port)?,
    };
    let folder = folder.keep();
    let mut guardian = guarded(&command, &folder);
    let url = match engine {
        Engine::Postgres => format!("postgres://postgres@127.0.0.1:{port}/postgres"),
        Engine::MySql => format!("mysql://root@127.0.0.1:{port}"),
    };
    let patience = Instant::now() + Duration::from_mins(1);
    loop {
        match engine.execute(&url, "select 1").await {
            Ok(()) => break,
            Err(error) if Instant::now() > patience || guardian.try_wait().is_ok_and(|end| end.is_some()) => {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                panic!("{} was installed and did not start: {error}\n{log}", engine.name());
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    Some(url)
}

/// A shell that runs the server, ends it when this process is gone, and takes its folder away.
fn guarded(command: &str, folder: &Path) -> Child {
    let folder = folder.to_str().expect("temporary folders have plain names");
    let script = format!(
        "{command} >{folder}/log 2>&1 </dev/null & server=$!\n\
         read -r _ || true\n\
         kill -TERM $server; wait $server; rm -rf {folder}"
    );
    let mut guardian = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("there is a shell");
    // The pipe is left open until this process ends: that is what the shell waits for.
    mem::forget(guardian.stdin.take());
    guardian
}

/// The command of a PostgreSQL that trusts this host, after its folder was made.
fn postgres(folder: &Path, port: u16) -> Option<String> {
    let (initdb, server) = (program(&["initdb"])?, program(&["postgres"])?);
    let folder = folder.to_str()?;
    // It refuses to run as root.
    let before = if is_root() {
        shell(&format!("chown postgres {folder}"));
        "runuser -u postgres -- "
    } else {
        ""
    };
    let (initdb, server) = (initdb.display(), server.display());
    shell(&format!("{before}{initdb} -D {folder}/data -A trust -U postgres --locale=C -E UTF8 -N"));
    Some(format!(
        "{}{server} -D {folder}/data -p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off",
        if before.is_empty() { "exec " } else { "exec runuser -u postgres -- " }
    ))
}

/// The command of a MariaDB whose root has no password, after its folder was made.
fn mariadb(folder: &Path, port: u16) -> Option<String> {
    let server = program(&["mariadbd", "mysqld"])?;
    let install = program(&["mariadb-install-db", "mysql_install_db"])?;
    let folder = folder.to_str()?;
    let (server, install) = (server.display(), install.display());
    let user = if is_root() { "--user=root" } else { "" };
    shell(&format!(
        "{install} --no-defaults {user} --datadir={folder}/data --auth-root-authentication-method=normal \
         --skip-test-db"
    ));
    Some(format!(
        "exec {server} --no-defaults {user} --datadir={folder}/data --port={port} --bind-address=127.0.0.1 \
         --socket={folder}/socket --pid-file={folder}/pid"
    ))
}

/// Where a program is: among the commands, or where Debian keeps those of servers.
fn program(names: &[&str]) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> =
        environment("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect());
    folders.push("/usr/sbin".into());
    folders.push("/usr/local/sbin".into());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

fn shell(script: &str) {
    let output = Command::new("sh").args(["-c", script]).output().expect("there is a shell");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn check_scratch(engine: Engine) {
    let Some(first) = ScratchDatabase::new(engine).await else { return };
    let second = ScratchDatabase::new(engine).await.expect("there was one before");
    first.execute("create table mark (number integer)").await;
    second.execute("create table mark (number integer)").await;
    let (url, server_url) = (first.url.clone(), first.server_url.clone());
    drop(first);
    assert!(engine.execute(&url, "select 1").await.is_err(), "the database should be gone");
    assert!(engine.execute(&server_url, "select 1").await.is_ok(), "the server should still be there");
    second.execute("select number from mark").await;
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_in_postgres() {
    check_scratch(Engine::Postgres).await;
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_in_mysql() {
    check_scratch(Engine::MySql).await;
}

/// A server that is started here answers; the one on the standard port would hide that it does not.
async fn check_started(engine: Engine) {
    rustls::crypto::ring::default_provider().install_default().ok();
    if let Some(url) = start(engine).await {
        engine.execute(&url, "create database another").await.expect("we are its administrator");
    } else {
        say_that_there_is_none(engine);
    }
}

#[tokio::test]
async fn a_postgres_that_is_only_installed_is_started() {
    check_started(Engine::Postgres).await;
}

#[tokio::test]
async fn a_mysql_that_is_only_installed_is_started() {
    check_started(Engine::MySql).await;
}
