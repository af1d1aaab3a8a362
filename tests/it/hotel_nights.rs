//! Nights at a hotel from end to end: rows as short lines of text become a CSV file, the job runs at 03:00 against the
//! embedded sandbox, whose state and store stay from night to night, and the tests ask who can open which room when.
//!
//! A row is `RESERVATION NAME UNIT FROM..TO` and then words in any order: a status (`confirmed` where there is none,
//! `blank` for an empty cell), `key=` (guest key), `share=`, `booked=`, `updated=`, `email=`, `phone=`, `property=`,
//! `opt_out=`, `stay=`, `code=`. `-` is an empty cell and `_` a blank. Days are days of December 2026 (`5`, `5T16:00`)
//! or `11-28`; they are written as the hotel's local time, which in winter is UTC.
//!
//! `NIGHTS=1 cargo test --locked --test it NAME -- --nocapture` tells each night of a test.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reservation_sync::config::{self, Credentials, Endpoint, Environment, Settings};
use reservation_sync::event::Silence;
use reservation_sync::mapping::ReservationFilter;
use reservation_sync::plan::Allowance;
use reservation_sync::report::document::Document;
use reservation_sync::run::{Interrupt, Job, Mode, run};
use reservation_sync::sandbox::{
    FaultPlan, Limits, Recording, Sandbox, SandboxClock, SandboxOptions, SeedSource,
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::cli_program::{Ended, Place};
use super::hotel_access::{Access, Party, Ran, Trace};

/// What the rooms of a house have: both kinds are tried with every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doors {
    /// Entrances that belong to reservations: Seam fixes the doors of a reservation with its first grant.
    OfReservations,
    /// Smart locks: devices, which know nothing of reservations.
    Locks,
}

/// Both kinds of doors.
pub(crate) const DOORS: [Doors; 2] = [Doors::OfReservations, Doors::Locks];

/// In which order the rows of the file stand, seen from those of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    AsWritten,
    Reversed,
}

/// The four houses with which a case is tried, so that each kind of doors meets each order of the rows, and each of these
/// a source that lists everything and one that does not.
pub(crate) fn houses() -> impl Iterator<Item = House> {
    use Doors::{Locks, OfReservations};
    let kinds = [
        (OfReservations, Order::AsWritten, "complete"),
        (OfReservations, Order::Reversed, "partial"),
        (Locks, Order::AsWritten, "partial"),
        (Locks, Order::Reversed, "complete"),
    ];
    kinds.into_iter().map(|(doors, order, coverage)| {
        House::new(doors).in_order(order).with(|house| house.coverage = coverage)
    })
}

/// The same with a source of one kind.
pub(crate) fn houses_of(coverage: &'static str) -> impl Iterator<Item = House> {
    houses().map(move |house| house.with(|house| house.coverage = coverage))
}

/// What is said with one run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags<'a> {
    /// `--allow`.
    pub(crate) allow: &'a [&'a str],
    /// `--reservation`.
    pub(crate) only: &'a [&'a str],
    /// `--exclude`.
    pub(crate) exclude: &'a [&'a str],
    /// `--max-changes`.
    pub(crate) max_changes: Option<usize>,
    /// `--dry-run`.
    pub(crate) is_dry: bool,
}

/// A hotel with its configuration, its workspace, its store and its clock.
pub(crate) struct House {
    place: Place,
    sandbox: Sandbox,
    pub(crate) doors: Doors,
    order: Order,
    now: Timestamp,
    pub(crate) policy: &'static str,
    pub(crate) coverage: &'static str,
    /// Lines of `[source]`, `[spaces]`, `[property]`, `[guards]`, `[seam]`, and whole sections.
    pub(crate) source: &'static str,
    pub(crate) spaces: &'static str,
    pub(crate) property: &'static str,
    pub(crate) guards: &'static str,
    pub(crate) seam: &'static str,
    pub(crate) sections: &'static str,
    /// Whether rows name spaces and not units.
    has_space_keys: bool,
    /// Columns beside the six of every file; one that was there once stays.
    columns: BTreeSet<&'static str>,
    /// Pairs of reservations that are one party by the test's own reading of the rules; nothing must name them.
    parties: Vec<Party>,
    trace: Trace,
    text: String,
}

/// The sandboxes of all tests answer on a thread of their own, so that a run that is killed does not take one along.
static SERVER: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

const CONFIG: &str = "reservation-sync.toml";
pub(crate) const ROWS: &str = "rows.csv";

/// Words of a row and the columns that they fill.
const FIELDS: [(&str, &str); 12] = [
    ("key", "guest_key"),
    ("share", "share_key"),
    ("booked", "booked_at"),
    ("updated", "updated_at"),
    ("email", "email"),
    ("phone", "phone"),
    ("property", "property"),
    ("opt_out", "opt_out"),
    ("stay", "stay_id"),
    ("code", "code"),
    ("methods", "methods"),
    ("primary", "is_primary"),
];

impl House {
    /// A house with rooms 000 to 009, 021 to 029, 101 to 110, 201 to 210 and 301 to 360, a lobby and a gym.
    pub(crate) fn new(doors: Doors) -> Self {
        Self::seeded(doors, json!([]), json!([]))
    }

    /// The same, with these identities and grants in the workspace from the beginning.
    pub(crate) fn seeded(doors: Doors, identities: Value, grants: Value) -> Self {
        let place = Place::new();
        let mut seed = seed(doors);
        seed["user_identities"] = identities;
        seed["access_grants"] = grants;
        place.write("seed.json", &seed.to_string());
        let now = when("1");
        let sandbox = start(&place, now);
        Self {
            place,
            sandbox,
            doors,
            order: Order::AsWritten,
            now,
            policy: "sync",
            coverage: "complete",
            source: "",
            spaces: "",
            property: "",
            guards: "",
            seam: "",
            sections: "",
            has_space_keys: false,
            columns: BTreeSet::new(),
            parties: Vec::new(),
            trace: Trace::default(),
            text: String::new(),
        }
    }

    /// A house in which a grant of our namespace stands that no store has recorded: R9 opens room 000, the 4th to the 9th.
    pub(crate) fn with_stranger(doors: Doors) -> Self {
        let mut grant = json!({"access_grant_key": "pms::R9:G9:0123456789", "user_identity_key": "pms:G9",
            "space_keys": ["room-000"], "starts_at": when("4T15:00").to_string(),
            "ends_at": when("9T11:00").to_string(), "requested_access_methods": [{"mode": "code"}]});
        if doors == Doors::OfReservations {
            grant["reservation_key"] = json!("R9");
        }
        let identity = json!({"user_identity_key": "pms:G9", "full_name": "Ivo Novak"});
        Self::seeded(doors, json!([identity]), json!([grant]))
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The rows of each file in this order.
    pub(crate) fn in_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    pub(crate) fn is_reversed(&self) -> bool {
        self.order == Order::Reversed
    }

    /// Rows name spaces, and there is no template.
    pub(crate) fn with_space_keys(mut self) -> Self {
        self.has_space_keys = true;
        self
    }

    /// These reservations are one party, wherever they are.
    pub(crate) fn party(mut self, reservations: &[&str]) -> Self {
        self.parties.push(Party::everywhere(reservations));
        self
    }

    /// In this room, everybody is one party.
    pub(crate) fn shared(mut self, room: &str) -> Self {
        self.parties.push(Party::everybody_in(room));
        self
    }

    /// Which variant of a case this is, for a failure.
    fn label(&self) -> String {
        let Self { doors, order, coverage, policy, .. } = self;
        format!("{doors:?}, {order:?}, {coverage}, {policy}\n{}", self.text)
    }

    /// The nights after, with the same rows: first the same bytes, then other ones. Nothing is sent, and each ends with
    /// its code.
    #[track_caller]
    pub(crate) fn settles<R: AsRef<str>>(&mut self, rows: &[R], later: &[(&str, i32)]) {
        let mut rows: Vec<String> = rows.iter().map(|row| row.as_ref().to_owned()).collect();
        for (number, (moment, code)) in later.iter().enumerate() {
            if number > 0 {
                rows.push(format!("P{number} Past_Guest 210 11-01..11-{:02}", 2 + number));
            }
            self.night(moment, &rows).does_nothing().code(*code);
        }
    }

    /// The same house in a folder of its own, as it stands now.
    pub(crate) fn fork(&self) -> Self {
        let place = Place::new();
        for entry in fs::read_dir(self.place.path("")).expect("a folder") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, place.path(path.file_name().expect("a name"))).expect("a copy");
        }
        let sandbox = start(&place, self.now);
        Self {
            place,
            sandbox,
            columns: self.columns.clone(),
            parties: self.parties.clone(),
            trace: self.trace.forked(),
            text: self.text.clone(),
            ..*self
        }
    }

    /// Lets time pass until then: a day at 03:00, or `5T22:00`.
    pub(crate) fn at(&mut self, moment: &str) {
        self.now = when(moment);
        self.sandbox.set_now(self.now);
    }

    /// So many minutes after three o'clock of the same day.
    pub(crate) fn at_minute(&mut self, minute: i64) {
        let hour = jiff::SignedDuration::from_hours(1);
        let begin = self.now.round(jiff::Unit::Hour).expect("an hour");
        let begin = if begin > self.now { begin - hour } else { begin };
        self.now = begin + jiff::SignedDuration::from_mins(minute);
        self.sandbox.set_now(self.now);
    }

    /// A night: the file is written an hour before, and the job runs.
    #[track_caller]
    pub(crate) fn night<R: AsRef<str>>(&mut self, moment: &str, rows: &[R]) -> Ran {
        self.night_with(moment, rows, Flags::default())
    }

    /// The same with flags.
    #[track_caller]
    pub(crate) fn night_with<R: AsRef<str>>(&mut self, moment: &str, rows: &[R], flags: Flags<'_>) -> Ran {
        self.at(moment);
        self.write(rows);
        self.run(flags)
    }

    /// A night whose plan must pass without a word, before the one that a test is about.
    #[track_caller]
    pub(crate) fn before<R: AsRef<str>>(&mut self, moment: &str, rows: &[R]) {
        let ran = self.night(moment, rows);
        assert_eq!(ran.code, 0, "the night before: {}", ran.story());
    }

    /// Writes the file of the source, an hour ago.
    pub(crate) fn write<R: AsRef<str>>(&mut self, rows: &[R]) {
        let mut rows: Vec<&str> = rows.iter().map(AsRef::as_ref).collect();
        if self.order == Order::Reversed {
            rows.reverse();
        }
        self.text = rows.join("\n");
        for row in &rows {
            self.columns.extend(row.split_whitespace().filter_map(field).map(|(column, _)| column));
        }
        let unit = if self.has_space_keys { "space_key" } else { "unit" };
        let mut text = format!("reservation_key,status,full_name,{unit},check_in,check_out");
        for column in &self.columns {
            write!(text, ",{column}").expect("a string takes all");
        }
        for row in rows {
            text.push('\n');
            text.push_str(&self.line(row));
        }
        text.push('\n');
        self.write_bytes(&text);
    }

    /// Writes a file that a test has made by itself.
    pub(crate) fn write_bytes(&self, text: &str) {
        self.place.write(ROWS, text);
        let file = fs::File::options().write(true).open(self.place.path(ROWS)).expect("the file");
        let hour = jiff::SignedDuration::from_hours(1);
        file.set_modified((self.now - hour).into()).expect("a time");
    }

    /// The file of the source as it stands.
    pub(crate) fn bytes(&self) -> String {
        self.place.read(ROWS)
    }

    fn line(&self, row: &str) -> String {
        let mut words = row.split_whitespace();
        let mut next = || words.next().unwrap_or_else(|| panic!("`{row}` is RESERVATION NAME UNIT FROM..TO"));
        let (key, name, unit, span) = (next(), next(), next(), next());
        let (from, to) = span.split_once("..").unwrap_or_else(|| panic!("`{span}` is FROM..TO"));
        let (mut status, mut more) = ("confirmed", Vec::new());
        for word in words {
            match field(word) {
                Some(pair) => more.push(pair),
                None => status = if word == "blank" { "" } else { word },
            }
        }
        let mut cells = vec![cell(key), cell(status), cell(name), cell(unit), date(from), date(to)];
        for column in &self.columns {
            let value = more.iter().find(|(other, _)| other == column).map_or("", |(_, value)| value);
            let is_time = ["booked_at", "updated_at"].contains(column) && !value.is_empty();
            cells.push(if is_time { date(value) } else { cell(value) });
        }
        cells.join(",")
    }

    /// The job, as far as the flags say.
    #[track_caller]
    pub(crate) fn run(&mut self, flags: Flags<'_>) -> Ran {
        let before = self.trace.begin(&self.sandbox);
        let document = runtime().block_on(self.job(flags));
        let report: Value = serde_json::from_str(&document.to_json()).expect("a report is JSON");
        let ran = self.trace.end(&self.sandbox, before, self.now, report, &self.parties, &self.label());
        ran.tell();
        ran.judge();
        ran
    }

    async fn job(&self, flags: Flags<'_>) -> Document {
        let Flags { allow, only, exclude, max_changes, is_dry } = flags;
        let settings = self.settings();
        let allowances: Vec<Allowance> =
            allow.iter().map(|text| text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))).collect();
        let filter = ReservationFilter {
            keys: only.iter().map(|key| (*key).into()).collect(),
            excluded: exclude.iter().map(|key| (*key).into()).collect(),
            ..ReservationFilter::default()
        };
        let interrupt = Interrupt::default();
        let mode = if is_dry { Mode::DryRun } else { Mode::Run };
        let job = Job {
            now: Some(self.now),
            allowances: &allowances,
            reason: (!allow.is_empty()).then_some("the desk asked for it"),
            max_changes,
            ..Job::new(&settings, mode, &filter, &Silence, &interrupt)
        };
        run(job).await
    }

    fn settings(&self) -> Settings {
        self.configure();
        let path = self.place.path(CONFIG);
        let mut settings = config::load(Some(&path), &Environment::default())
            .unwrap_or_else(|error| panic!("{}", error.render(config::Colour::Never)));
        settings.seam.endpoint = Endpoint::Url(self.sandbox.endpoint().to_owned());
        settings.seam.credentials = Some(Credentials::ApiKey(self.sandbox.api_key().into()));
        settings
    }

    fn configure(&self) {
        let Self { policy, coverage, source, spaces, property, guards, seam, sections, now, .. } = self;
        let template = if self.has_space_keys { "" } else { "key = \"room-{unit}\"\n" };
        let text = format!(
            "policy = \"{policy}\"\nnamespace = \"pms\"\n\
             [source]\nkind = \"csv\"\npath = \"{ROWS}\"\nmax_age = \"none\"\ncoverage = \"{coverage}\"\n{source}\n\
             [property]\ntime_zone = \"Europe/Lisbon\"\ncountry = \"PT\"\n{property}\n\
             [spaces]\n{template}{spaces}\n[guards]\n{guards}\n\
             [seam]\nendpoint = \"sandbox\"\nrequests_per_second = 100000\nburst = 10000\n{seam}\n\
             [seam.per_door_per_minute]\ncreate = 1000000\nupdate = 1000000\ndelete = 1000000\n\
             [seam.sandbox]\nseed = \"seed.json\"\nstate = \"sandbox.json\"\nnow = \"{now}\"\n\
             [store]\nurl = \"sqlite://store.db\"\n{sections}\n"
        );
        self.place.write(CONFIG, &text);
    }

    /// The program as a person types it, at the time of the house; the first word may be its name.
    pub(crate) fn program(&mut self, arguments: &[&str]) -> Ended {
        self.configure();
        let arguments = arguments.strip_prefix(&["reservation-sync"]).unwrap_or(arguments);
        let ended = self.place.run(arguments);
        self.trace.begin(&self.sandbox);
        ended
    }

    /// What somebody else does in Seam.
    pub(crate) fn by_hand(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.sandbox.endpoint());
        let send = async {
            let http = super::sandbox_client::http_client();
            let request = http.post(url).bearer_auth(self.sandbox.api_key()).json(body);
            let answer = request.send().await.expect("an answer");
            answer.json::<Value>().await.expect("it is JSON")
        };
        let answer = runtime().block_on(send);
        assert_eq!(answer["ok"], true, "{path}: {answer}");
        answer
    }

    /// Somebody gives the grants of a reservation another end, in Seam.
    pub(crate) fn make_longer(&mut self, reservation: &str, end: &str) {
        let answer = self.by_hand("/access_grants/list", &json!({}));
        let mut n = 0;
        for grant in answer["access_grants"].as_array().expect("a list") {
            let key = grant["access_grant_key"].as_str().unwrap_or_default();
            if key.split(':').nth(2) == Some(reservation) {
                let body = json!({"access_grant_id": grant["access_grant_id"],
                    "starts_at": grant["starts_at"], "ends_at": when(end).to_string()});
                self.by_hand("/access_grants/update", &body);
                n += 1;
            }
        }
        assert!(n > 0, "{reservation} has no grant");
        self.trace.begin(&self.sandbox);
    }

    /// Trouble for the calls that come.
    pub(crate) fn set_faults(&self, faults: FaultPlan) {
        self.sandbox.set_faults(faults);
    }

    /// All grants and identities of the workspace.
    pub(crate) fn snapshot(&self) -> Value {
        self.sandbox.snapshot()
    }

    /// The key under which a guest's identity stands that opens this room, and the grant's own.
    pub(crate) fn keys_in(&self, room: &str) -> Vec<(String, String)> {
        Access::all(&self.sandbox.snapshot()).into_iter().filter(|a| a.room == room).map(|a| a.keys).collect()
    }

    /// The names of all identities, sorted.
    pub(crate) fn people(&self) -> Vec<String> {
        let snapshot = self.sandbox.snapshot();
        let people = snapshot["user_identities"].as_array().expect("a list");
        let mut names: Vec<String> =
            people.iter().map(|person| person["full_name"].as_str().unwrap_or_default().to_owned()).collect();
        names.sort();
        names
    }

    /// Loses the record.
    pub(crate) fn lose_store(&self) {
        for name in ["store.db", "store.db-wal", "store.db-shm"] {
            if self.place.has(name) {
                fs::remove_file(self.place.path(name)).expect("it is there");
            }
        }
    }

    /// Kills the job after each of its writes, in a house of its own each time, and gives what was done until then, with
    /// the house. Without a kill it is done first, as a whole.
    #[track_caller]
    pub(crate) fn killed(&self, mut each: impl FnMut(usize, &Ran, &mut Self)) -> Ran {
        let mut slow = self.fork();
        slow.seam = "concurrency = 1";
        let whole = slow.run(Flags::default());
        let writes = whole.paths();
        let named = whole.pairs(whole.states.last().expect("one"));
        for number in 0..writes.len() {
            let mut house = self.fork();
            house.seam = "concurrency = 1";
            let killed = house.kill_after(number, &writes);
            killed.tell();
            killed.judge_steps(&named);
            each(number, &killed, &mut house);
        }
        whole
    }

    /// Runs the job until its write of that number (from 0) is done, and drops it before it hears of it, as a process
    /// that dies.
    fn kill_after(&mut self, number: usize, writes: &[String]) -> Ran {
        let before = self.trace.begin(&self.sandbox);
        self.set_faults(super::hotel_access::cut_after(number, writes));
        let n_before = self.sandbox.counts().writes();
        let runtime = runtime();
        runtime.block_on(async {
            let wanted = n_before + number as u64 + 1;
            let is_done = async {
                while self.sandbox.counts().writes() < wanted {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                biased;
                () = is_done => {}
                document = self.job(Flags::default()) => panic!("it ended: {}", document.to_json()),
            }
        });
        runtime.shutdown_background();
        self.set_faults(FaultPlan::none());
        self.forget_lock();
        self.trace.end(&self.sandbox, before, self.now, Value::Null, &self.parties, &self.label())
    }

    /// The process that holds the lock is gone.
    fn forget_lock(&self) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.place.path("store.db"));
        runtime().block_on(async {
            let pool = sqlx::SqlitePool::connect_with(options).await.expect("the store is there");
            sqlx::query("update leases set process_start = 1").execute(&pool).await.expect("a lock");
            pool.close().await;
        });
    }
}

fn start(place: &Place, now: Timestamp) -> Sandbox {
    let options = SandboxOptions {
        seed: SeedSource::File(place.path("seed.json")),
        state: Some(place.path("sandbox.json")),
        clock: SandboxClock::StartingAt(now),
        limits: Some(Limits::UNLIMITED),
        recording: Recording::On,
        ..SandboxOptions::default()
    };
    SERVER.block_on(Sandbox::start(options)).expect("the sandbox starts")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// An instant of the hotel: a day at 03:00, or with another time.
pub(crate) fn when(moment: &str) -> Timestamp {
    let text = if moment.contains('T') { day(moment) } else { format!("{}T03:00", day(moment)) };
    let local: DateTime = text.parse().unwrap_or_else(|error| panic!("`{moment}`: {error}"));
    let zone = TimeZone::get("Europe/Lisbon").expect("a zone");
    local.to_zoned(zone).expect("no clock changes in December").timestamp()
}

/// `5` or `11-28`, with or without `T16:00`, as ISO writes it.
fn day(text: &str) -> String {
    let (day, clock) = text.split_once('T').map_or((text, None), |(day, clock)| (day, Some(clock)));
    let day = if day.contains('-') { format!("2026-{day}") } else { format!("2026-12-{day:0>2}") };
    clock.map_or(day.clone(), |clock| format!("{day}T{clock}"))
}

/// A date as a spreadsheet writes it.
fn date(text: &str) -> String {
    if text == "-" { String::new() } else { day(text).replace('T', " ") }
}

fn cell(text: &str) -> String {
    if text == "-" { String::new() } else { text.replace('_', " ") }
}

fn field(word: &str) -> Option<(&'static str, &str)> {
    let (name, value) = word.split_once('=')?;
    let column = FIELDS.iter().find(|(word, _)| *word == name);
    let (_, column) = column.unwrap_or_else(|| panic!("`{name}` is no field of a row"));
    Some((column, value))
}

/// Rows of other guests, each in a room of its own from 301 on, from the 10th to the 20th: they fill the house, so that
/// percentages mean something.
pub(crate) fn others(n: usize) -> Vec<String> {
    (1..=n).map(|n| format!("X{n:02} Other_{} 3{n:02} {}..{}", letters(n), 10 + n % 5, 18 + n % 3)).collect()
}

/// These rows and other guests.
pub(crate) fn among(n: usize, rows: &[&str]) -> Vec<String> {
    rows.iter().map(|row| (*row).to_owned()).chain(others(n)).collect()
}

/// A name that is no variant of its neighbours' (RULES, Terms).
pub(crate) fn letters(n: usize) -> String {
    const NAMES: [&str; 12] = [
        "Almeida",
        "Brandt",
        "Castro",
        "Dubois",
        "Eriksen",
        "Fontana",
        "Gruber",
        "Horvat",
        "Ivanova",
        "Jansen",
        "Kovacs",
        "Lindqvist",
    ];
    const MORE: [&str; 6] = ["Adams", "Bellini", "Cortez", "Dvorak", "Evans", "Fischer"];
    format!("{}_{}", NAMES[n % NAMES.len()], MORE[(n / NAMES.len()) % MORE.len()])
}

fn seed(doors: Doors) -> Value {
    let rooms = (0..10).chain(21..30).chain(101..111).chain(201..211).chain(301..361);
    let (mut entrances, mut devices, mut spaces) = (Vec::new(), Vec::new(), Vec::new());
    for number in rooms {
        let (id, name, key) = (uuid(1000 + number), format!("Room {number:03}"), format!("room-{number:03}"));
        match doors {
            Doors::OfReservations => {
                entrances
                    .push(json!({"acs_entrance_id": id, "name": name, "can_belong_to_reservation": true}));
                spaces.push(json!({"space_key": key, "name": name, "acs_entrance_ids": [id]}));
            }
            Doors::Locks => {
                devices.push(json!({"device_id": id, "name": name, "can_program_online_access_codes": true}));
                spaces.push(json!({"space_key": key, "name": name, "device_ids": [id]}));
            }
        }
    }
    for (number, key) in [(1, "lobby"), (2, "gym")] {
        devices.push(json!({"device_id": uuid(number), "name": key}));
        spaces.push(json!({"space_key": key, "name": key, "device_ids": [uuid(number)]}));
    }
    json!({"entrances": entrances, "devices": devices, "spaces": spaces})
}

fn uuid(n: u32) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}
