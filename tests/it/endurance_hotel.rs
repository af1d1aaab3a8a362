//! A hotel on disk for tests that run the program as its users do: configuration, rows, store, and what the sandbox
//! must hold afterwards, worked out from the rows alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use reservation_sync::model::{AccessGrantKey, Namespace, WorkspaceId};
use reservation_sync::record::{RecordedStep, RunState};
use reservation_sync::sandbox::{Limits, Sandbox, SandboxOptions, Seed, SeedSource};
use reservation_sync::store::{RunSelector, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::store_place;

/// One guest in one room.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) reservation: String,
    pub(crate) guest: String,
    pub(crate) name: String,
    pub(crate) room: u32,
    /// Days from the hotel's today.
    pub(crate) from: i32,
    pub(crate) nights: i32,
    pub(crate) status: &'static str,
}

impl Row {
    pub(crate) fn new(number: u32, room: u32, from: i32, nights: i32) -> Self {
        Self {
            reservation: format!("R{number:05}"),
            guest: format!("G{number:05}"),
            name: format!("Guest {number}"),
            room,
            from,
            nights,
            status: "confirmed",
        }
    }
}

/// A hotel whose even rooms have entrances that belong to reservations, and whose odd rooms and lobby have locks.
pub(crate) struct Hotel {
    folder: TempDir,
    n_rooms: u32,
    today: Date,
    /// `url` of `[store]`.
    store_url: String,
    /// Lines of `[seam]`, after the endpoint.
    pub(crate) seam: String,
    /// Lines of `[seam.sandbox]`, where the sandbox is embedded.
    embedded: String,
}

pub(crate) const ZONE: &str = "Europe/Lisbon";

const FAST: &str = "requests_per_second = 100000\nburst = 10000\nconcurrency = 16\n[seam.per_door_per_minute]\n\
    create = 1000000\nupdate = 1000000\ndelete = 1000000\n";

impl Hotel {
    /// For a sandbox that the test serves, on today's date.
    pub(crate) fn today(n_rooms: u32) -> Self {
        let today = Timestamp::now().to_zoned(zone()).date();
        Self::new(n_rooms, today, String::new())
    }

    /// For the embedded sandbox, on a fixed date.
    pub(crate) fn embedded(n_rooms: u32) -> Self {
        let now = "2026-12-01T12:00:00Z";
        let embedded =
            format!("[seam.sandbox]\nseed = \"seed.json\"\nstate = \"sandbox.json\"\nnow = \"{now}\"\n");
        Self::new(n_rooms, jiff::civil::date(2026, 12, 1), embedded)
    }

    fn new(n_rooms: u32, today: Date, embedded: String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store_url = format!("sqlite://{}", folder.path().join("store.db").display());
        let hotel = Self { folder, n_rooms, today, store_url, seam: FAST.to_owned(), embedded };
        fs::write(hotel.path("seed.json"), hotel.seed().to_string()).expect("written");
        hotel
    }

    /// The first line of `[seam]` changed: pace and patience.
    pub(crate) fn with_seam(mut self, lines: &str) -> Self {
        self.seam = format!("{lines}\n{}", self.seam);
        self
    }

    /// Its record elsewhere than beside the configuration.
    pub(crate) fn with_store(mut self, url: &str) -> Self {
        url.clone_into(&mut self.store_url);
        self
    }

    pub(crate) fn one_at_a_time(mut self) -> Self {
        self.seam = self.seam.replace("concurrency = 16", "concurrency = 1");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn seed(&self) -> Value {
        let (mut entrances, mut devices, mut spaces) = (Vec::new(), vec![], vec![]);
        for room in 0..self.n_rooms {
            let (id, name, key) = (uuid(1000 + room), format!("Room {room}"), format!("room-{room}"));
            if room % 2 == 0 {
                entrances
                    .push(json!({"acs_entrance_id": id, "name": name, "can_belong_to_reservation": true}));
                spaces.push(json!({"space_key": key, "name": name, "acs_entrance_ids": [id]}));
            } else {
                devices.push(json!({"device_id": id, "name": name}));
                spaces.push(json!({"space_key": key, "name": name, "device_ids": [id]}));
            }
        }
        devices.push(json!({"device_id": uuid(1), "name": "Lobby"}));
        spaces.push(json!({"space_key": "lobby", "name": "Lobby", "device_ids": [uuid(1)]}));
        json!({"entrances": entrances, "devices": devices, "spaces": spaces})
    }

    /// A sandbox without limits for this hotel, its state on disk.
    pub(crate) async fn sandbox(&self) -> Sandbox {
        self.sandbox_with(|_| {}).await
    }

    pub(crate) async fn sandbox_with(&self, change: impl FnOnce(&mut SandboxOptions)) -> Sandbox {
        let seed: Seed = serde_json::from_value(self.seed()).expect("a readable seed");
        let mut options = SandboxOptions {
            seed: SeedSource::Document(Box::new(seed)),
            state: Some(self.path("sandbox.json")),
            limits: Some(Limits::UNLIMITED),
            ..SandboxOptions::default()
        };
        change(&mut options);
        Sandbox::start(options).await.expect("the sandbox starts")
    }

    pub(crate) fn write(&self, rows: &[Row]) {
        let mut text = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n".to_owned();
        for Row { reservation, guest, name, room, from, nights, status } in rows {
            let (from, to) = (self.day(*from), self.day(*from + *nights));
            writeln!(text, "{reservation},{status},{room},{from},{to},{guest},{name}")
                .expect("a string takes all");
        }
        fs::write(self.path("rows.csv"), text).expect("written");
    }

    fn day(&self, day: i32) -> Date {
        self.today + day.days()
    }

    /// The program, told where to find all that; for a sandbox of the test or, without one, for the embedded one.
    pub(crate) fn command(&self, sandbox: Option<&Sandbox>) -> Command {
        let endpoint = sandbox.map_or("sandbox", Sandbox::endpoint);
        let config = format!(
            "policy = \"sync\"\nnamespace = \"pms\"\n[source]\nkind = \"csv\"\npath = \"rows.csv\"\n\
             max_age = \"none\"\n[property]\ntime_zone = \"{ZONE}\"\ncountry = \"PT\"\n[spaces]\n\
             key = \"room-{{unit}}\"\nalso = [\"lobby\"]\n[guards]\nmax_cancel = \"100%\"\nmax_update = \"100%\"\n[store]\nurl = \"{}\"\n\
             [seam]\nendpoint = \"{endpoint}\"\n{}{}",
            self.store_url,
            self.seam,
            if sandbox.is_none() { &self.embedded } else { "" },
        );
        // Another run may be reading it.
        if fs::read_to_string(self.path("config.toml")).ok().as_ref() != Some(&config) {
            fs::write(self.path("config.toml"), config).expect("written");
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_reservation-sync"));
        command
            .args(["run", "--format", "json", "--config"])
            .arg(self.path("config.toml"))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(sandbox) = sandbox {
            command.env("SEAM_API_KEY", sandbox.api_key());
        }
        command
    }

    /// Starts a run.
    pub(crate) fn start(&self, sandbox: Option<&Sandbox>) -> Child {
        self.command(sandbox).spawn().expect("the program starts")
    }

    /// A run from beginning to end.
    pub(crate) async fn run(&self, sandbox: Option<&Sandbox>) -> Ran {
        Ran::of(self.start(sandbox)).await
    }

    pub(crate) async fn store(&self) -> Store {
        store_place::open(&self.store_url).await
    }

    /// The steps that the last run recorded, which must have ended as it says.
    pub(crate) async fn recorded(&self, exit_code: i32) -> Vec<RecordedStep> {
        let store = self.store().await;
        let (run, document) = store.run(&RunSelector::Last).await.expect("a run");
        let RunState::Finished { exit_code: recorded, .. } = run.state else { panic!("{:?}", run.state) };
        assert_eq!((i32::from(recorded), document.is_some()), (exit_code, true));
        let steps = store.steps(&run.run_id).await.expect("the steps");
        store.close().await;
        steps
    }

    /// The keys of the grants that the store remembers.
    pub(crate) async fn remembered(&self) -> BTreeSet<String> {
        let store = self.store().await;
        let (run, _) = store.run(&RunSelector::Last).await.expect("a run");
        let namespace = Namespace::new("pms").expect("letters only");
        let workspace_id: WorkspaceId = run.workspace_id;
        let ledger = store.ledger(&workspace_id, &namespace).await.expect("a ledger");
        store.close().await;
        ledger.desired.keys().map(AccessGrantKey::to_string).collect()
    }

    /// What the sandbox must hold for these rows, and nothing else.
    pub(crate) fn expected(&self, rows: &[Row]) -> Holdings {
        let instant = |day: i32, hour: i8| {
            let wall = self.day(day).at(hour, 0, 0, 0);
            wall.to_zoned(zone()).expect("no clock changes in the afternoon").timestamp().to_string()
        };
        let granted = rows.iter().filter(|row| row.status == "confirmed");
        let grants = granted.map(|row| {
            let Row { reservation, guest, name: _, room, from, nights, status: _ } = row;
            let reservation_key = (room % 2 == 0).then(|| reservation.clone());
            Held {
                key: format!("pms::{reservation}:{guest}:"),
                identity: format!("pms:{guest}"),
                reservation_key: reservation_key.unwrap_or_default(),
                spaces: format!("lobby room-{room}"),
                window: format!("{} {}", instant(*from, 15), instant(*from + *nights, 11)),
                methods: "code".to_owned(),
                name: reservation.clone(),
            }
        });
        let mut holdings = Holdings { grants: grants.collect(), names: BTreeMap::new() };
        holdings.names.extend(rows.iter().map(|row| (format!("pms:{}", row.guest), row.name.clone())));
        holdings.grants.sort();
        holdings
    }
}

/// A grant, without what varies: ids, and the hash in its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    pub(crate) key: String,
    pub(crate) identity: String,
    pub(crate) reservation_key: String,
    pub(crate) spaces: String,
    pub(crate) window: String,
    pub(crate) methods: String,
    pub(crate) name: String,
}

/// All grants and identities of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holdings {
    pub(crate) grants: Vec<Held>,
    /// Names by key of the identity.
    pub(crate) names: BTreeMap<String, String>,
}

impl Holdings {
    pub(crate) fn of(snapshot: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let words = |value: &Value| {
            let words: Vec<&str> =
                value.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            words.join(" ")
        };
        let mut grants: Vec<Held> = list(snapshot, "access_grants")
            .iter()
            .map(|grant| Held {
                key: text(&grant["access_grant_key"])
                    .rsplit_once(':')
                    .map_or_else(String::new, |(key, _)| format!("{key}:")),
                identity: text(&grant["user_identity_key"]),
                reservation_key: text(&grant["reservation_key"]),
                spaces: words(&grant["space_keys"]),
                window: format!("{} {}", text(&grant["starts_at"]), text(&grant["ends_at"])),
                methods: words(&grant["methods"]),
                name: text(&grant["name"]),
            })
            .collect();
        grants.sort();
        let identities = list(snapshot, "user_identities");
        let names: BTreeMap<String, String> = identities
            .iter()
            .map(|identity| (text(&identity["user_identity_key"]), text(&identity["full_name"])))
            .collect();
        assert_eq!(names.len(), identities.len(), "two identities with one key");
        Self { grants, names }
    }

    /// Fails with the differences, not with ten thousand grants.
    #[track_caller]
    pub(crate) fn assert_are(&self, expected: &Self) {
        let only = |these: &[Held], those: &[Held]| -> Vec<Held> {
            let those: BTreeSet<&Held> = those.iter().collect();
            these.iter().filter(|held| !those.contains(held)).take(5).cloned().collect()
        };
        let missing = only(&expected.grants, &self.grants);
        let too_many = only(&self.grants, &expected.grants);
        assert!(missing.is_empty() && too_many.is_empty(), "missing: {missing:#?}\ntoo many: {too_many:#?}");
        assert_eq!(self.grants.len(), expected.grants.len(), "a grant is there twice");
        assert!(self.names == expected.names, "the identities differ");
    }

    /// Every identity has a grant, unless the source wants none for it.
    #[track_caller]
    pub(crate) fn assert_no_orphans(&self) {
        let used: BTreeSet<&String> = self.grants.iter().map(|held| &held.identity).collect();
        let orphans: Vec<&String> = self.names.keys().filter(|key| !used.contains(key)).collect();
        assert!(orphans.is_empty(), "{orphans:?}");
    }
}

fn list<'a>(snapshot: &'a Value, name: &str) -> &'a Vec<Value> {
    snapshot[name].as_array().expect("a list")
}

/// The keys of all grants in a snapshot.
pub(crate) fn grant_keys(snapshot: &Value) -> BTreeSet<String> {
    let keys = list(snapshot, "access_grants").iter().map(|grant| &grant["access_grant_key"]);
    keys.map(|key| key.as_str().expect("a key").to_owned()).collect()
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    /// The report; null where there is none.
    pub(crate) document: Value,
    pub(crate) told: String,
    pub(crate) took: Duration,
}

impl Ran {
    /// Waits for a run that was started.
    pub(crate) async fn of(child: Child) -> Self {
        let began = Instant::now();
        let waiting = tokio::task::spawn_blocking(move || child.wait_with_output());
        let output = waiting.await.expect("no panic").expect("an ending");
        Self {
            code: output.status.code().unwrap_or(-1),
            document: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            told: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: began.elapsed(),
        }
    }

    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.code, code, "{}\n{}", self.told, self.document["error"]);
    }

    /// A number of the report, such as `/calls/writes`.
    #[track_caller]
    pub(crate) fn number(&self, pointer: &str) -> u64 {
        self.document.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}"))
    }

    /// How many grants were, or were to be, changed.
    pub(crate) fn n_changes(&self) -> u64 {
        ["create", "update", "replace", "revoke"]
            .map(|kind| self.number(&format!("/counts/{kind}")))
            .iter()
            .sum()
    }
}

/// Waits until something is so that another process brings about.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1), "it never came to that: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn zone() -> TimeZone {
    TimeZone::get(ZONE).expect("a zone")
}

fn uuid(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}
