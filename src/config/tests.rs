//! The configuration as a whole: defaults, every key, every kind of problem as a person reads it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use insta::assert_snapshot;
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use super::environment::Environment;
use super::error::{Colour, ConfigProblem};
use super::load::{DEFAULTS, load, parse};
use super::masking::masked;
use super::report;
use super::settings::{Credentials, Endpoint, Settings};
use crate::mapping::{AddressRules, GuestScope, UnitRule};
use crate::model::{Coverage, Method, PropertyCode};
use crate::plan::{ContactConflict, GuardSettings, Limits, Policy, Share};
use crate::source::{DateOrder, SourceInput, StatusMap};
use crate::store::StoreAddress;

/// All that must be said.
const SMALLEST: &str = "policy = 'sync'\nnamespace = 'pms'\nsource.path = 'bookings.csv'\n\
                        property.time_zone = 'Europe/Lisbon'\n";

pub(super) fn parse_with<const N: usize>(
    text: &str,
    variables: [(&str, &str); N],
) -> Result<Settings, Vec<ConfigProblem>> {
    parse(text, Path::new("/etc/sync"), &Environment::from(variables))
}

fn loaded(more: &str) -> Settings {
    parse_with(&format!("{SMALLEST}{more}"), []).expect("a configuration that can be used")
}

pub(super) fn refused<const N: usize>(text: &str, variables: [(&str, &str); N]) -> String {
    let problems = parse_with(text, variables).expect_err("something is wrong with it");
    report::render("reservation-sync.toml", &masked(text), &problems, Colour::Never)
}

/// Checks the first line of each problem that the lines cause.
pub(super) fn check(more: &str, expected: &[&str]) {
    let problems = parse_with(&format!("{SMALLEST}{more}"), []).expect_err("something is wrong with it");
    let seen: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(seen, expected, "{more}");
}

#[test]
fn the_smallest_file_takes_everything_else_from_the_defaults() {
    let settings = loaded("");
    assert_eq!(settings.plan.policy, Policy::Sync);
    assert_eq!(settings.plan.horizon, None);
    assert_eq!(settings.plan.on_contact_conflict, ContactConflict::Omit);
    assert_eq!(settings.mapping.addresses.relay_domains.len(), 5);
    let limits = Limits {
        requests_per_second: 10.0,
        burst: 10,
        concurrency: 10,
        door_creates_per_minute: 10,
        door_updates_per_minute: 10,
        door_deletes_per_minute: 20,
    };
    assert_eq!(settings.plan.limits, limits);
    assert_eq!(settings.mapping.units, UnitRule::SourceNamesSpaces);
    assert_eq!(settings.mapping.methods, [Method::Code].into());
    assert_eq!(settings.mapping.guests, GuestScope::All);
    let property = &settings.mapping.properties.default;
    assert_eq!((property.check_in.hour(), property.check_out.hour()), (15, 11));
    assert_eq!((property.early_access, property.late_exit), (SignedDuration::ZERO, SignedDuration::ZERO));
    assert_eq!(property.country, None);
    assert_eq!(settings.source.coverage, Coverage::Partial);
    assert_eq!(settings.source.max_age, Some(SignedDuration::from_hours(26)));
    assert_eq!(settings.source.date_order, DateOrder::YearMonthDay);
    assert_eq!(settings.source.statuses, StatusMap::canonical());
    let guards = GuardSettings {
        max_delete: Share::Percent(10.0),
        max_cancel: Share::Percent(30.0),
        max_update: Share::Percent(30.0),
        min_existing: 10,
        max_shrink: Share::Percent(30.0),
        max_reject: Share::Percent(10.0),
        max_in_house: Share::Larger { count: 3, percent: 10.0 },
        missing_runs: 2,
        missing_for: SignedDuration::from_hours(12),
    };
    assert_eq!(settings.guards, guards);
    assert_eq!(settings.seam.endpoint, Endpoint::Url("https://connect.getseam.com".to_owned()));
    assert_eq!(settings.seam.timeout, Duration::from_secs(30));
    assert_eq!(settings.seam.patience, Duration::from_mins(5));
    assert_eq!(settings.store.address, StoreAddress::file("/etc/sync/reservation-sync.db"));
    assert_eq!(settings.store.lease, Duration::from_mins(2));
    assert_eq!(settings.store.keep_runs, Some(SignedDuration::from_hours(90 * 24)));
}

#[test]
fn every_key_is_accepted() {
    let text = r#"
        policy = "upsert-only"
        namespace = "pms"
        [source]
        kind = "csv"
        path = "-"
        sheet = "Arrivals"
        url = "${PMS_DATABASE_URL}"
        query = "config/queries/qloapps.sql"
        coverage = "complete"
        covers = "-1d..60d"
        whole_reservations = true
        max_age = "none"
        date_order = "dmy"
        [columns]
        reservation_key = "Booking number"
        unit = ["Room", "Zimmer"]
        [statuses]
        ok = "grant"
        "no-show" = "revoke"
        waiting = "ignore"
        [property]
        time_zone = "Europe/Lisbon"
        country = "PT"
        check_in = "16:00"
        check_out = 10:30:00
        early_access = "15m"
        late_exit = "30m"
        [properties.CASA]
        time_zone = "Atlantic/Azores"
        check_in = "17:00"
        [spaces]
        key = "room-{unit}"
        also = ["lobby", "gym"]
        shared = ["dorm-*", "lobby"]
        [grants]
        methods = ["card", "code"]
        guests = "primary"
        horizon = "30d"
        [identities]
        on_contact_conflict = "reject"
        relay_domains = ["relay.example.com"]
        own_addresses = ["desk@example.com", "@hotel.example.com"]
        [guards]
        max_delete = 5
        max_cancel = "1%"
        max_update = "2%"
        min_existing = 0
        max_shrink = "3%"
        max_reject = "4%"
        max_in_house = "5%"
        missing_runs = 3
        missing_for = "1d"
        [seam]
        endpoint = "sandbox"
        requests_per_second = 2.5
        burst = 3
        concurrency = 4
        timeout = "5s"
        patience = "6s"
        [seam.per_door_per_minute]
        create = 1
        update = 2
        delete = 3
        [seam.sandbox]
        seed = "samples/workspace.json"
        state = "state.json"
        now = "2026-05-17T12:00:00Z"
        [store]
        url = "sqlite://data/sync.db"
        lease = "30s"
    "#;
    let settings = parse_with(text, [("PMS_DATABASE_URL", "mysql://db/x")]).expect("every key is known");
    assert_eq!(settings.source.input, SourceInput::Stdin);
    let casa = settings.mapping.properties.get(&PropertyCode::new("CASA"));
    assert_eq!(casa.time_zone.iana_name(), Some("Atlantic/Azores"));
    assert_eq!((casa.check_in.hour(), casa.check_out.minute()), (17, 30));
    assert_eq!((casa.country.as_deref(), casa.late_exit), (Some("PT"), SignedDuration::from_mins(30)));
    assert_eq!(
        settings.seam.endpoint,
        Endpoint::Sandbox {
            seed: Some("/etc/sync/samples/workspace.json".into()),
            state: "/etc/sync/state.json".into(),
            now: Some("2026-05-17T12:00:00Z".parse().expect("an instant")),
        }
    );
    let AddressRules { relay_domains, own_addresses, own_domains } = &settings.mapping.addresses;
    assert_eq!((relay_domains.len(), own_addresses.len(), own_domains.len()), (1, 1, 1));
    let shared = |unit: &str, space: &str| settings.mapping.shared.is_shared(&unit.into(), &space.into());
    assert!(shared("dorm-7", "room-7") && shared("101", "lobby") && !shared("101", "room-101"));
    assert!(settings.source.whole_reservations);
    assert!(settings.source.statuses.standing("confirmed").is_some(), "the canonical words always count");
    assert!(settings.source.statuses.standing("No Show").is_some());
}

#[test]
fn every_default_has_a_comment() {
    for line in DEFAULTS.lines().filter(|line| line.contains('=') && !line.starts_with('#')) {
        assert!(line.contains(" # ") || line.contains(" #"), "{line}");
    }
}

#[test]
fn paths_start_from_the_folder_of_the_file() {
    let settings = loaded("[seam]\nendpoint = 'sandbox'\n[store]\nurl = 'sqlite://data/sync.db'\n");
    let state = "/etc/sync/data/sandbox.json".into();
    assert_eq!(settings.seam.endpoint, Endpoint::Sandbox { seed: None, state, now: None });
    let input = SourceInput::File { folder: "/etc/sync".into(), path: "bookings.csv".to_owned() };
    assert_eq!(settings.source.input, input);
}

#[test]
fn everything_wrong_is_told_at_once_and_in_its_place() {
    let text = r#"policy = "sink"
namespace = "a:b"
[source]
kidn = "csv"
kind = "exel"
[property]
time_zone = "Europe/Lisboa"
[grant]
methods = ["code"]
[grants]
methods = ["code", "crad"]
"#;
    assert_snapshot!(refused(text, []), @r##"
    error: policy: expected "create-only", "upsert-only" or "sync"
     --> reservation-sync.toml:1:10
      |
    1 | policy = "sink"
      |          ^^^^^^

    error: namespace: namespace may hold only letters, digits, `-` and `_`, and at least one of them
     --> reservation-sync.toml:2:13
      |
    2 | namespace = "a:b"
      |             ^^^^^
      |
      = help: write namespace = "pms"

    error: source.kidn: unknown key
     --> reservation-sync.toml:4:1
      |
    4 | kidn = "***"
      | ^^^^
      |
      = help: did you mean `kind`?

    error: source.kind: expected "csv", "excel" or "sql"
     --> reservation-sync.toml:5:8
      |
    5 | kind = "exel"
      |        ^^^^^^
      |
      = help: did you mean "excel"?

    error: property.time_zone: the time zone is not in the IANA database
     --> reservation-sync.toml:7:13
      |
    7 | time_zone = "Europe/Lisboa"
      |             ^^^^^^^^^^^^^^^
      |
      = help: did you mean "Europe/Lisbon"?

    error: grant: unknown key
     --> reservation-sync.toml:8:2
      |
    8 | [grant]
      |  ^^^^^
      |
      = help: did you mean `grants`?

    error: grants.methods: expected "code", "card", "mobile_key" or "cloud_key"
      --> reservation-sync.toml:11:20
       |
    11 | methods = ["****", "crad"]
       |                    ^^^^^^
       |
       = help: did you mean "card"?
    "##);
}

#[test]
fn what_must_be_said_is_asked_for() {
    assert_snapshot!(refused("[property]\ncountry = 'PT'\n", []), @r##"
    error: policy: is required
    --> reservation-sync.toml
     = help: write policy = "create-only", "upsert-only" or "sync"; only sync may revoke

    error: namespace: is required
    --> reservation-sync.toml
     = help: write namespace = "pms", or another short name that no other job in the workspace uses

    error: source.path: is required
    --> reservation-sync.toml
     = help: write path = "exports/*.csv" in [source]; "-" is the standard input

    error: property.time_zone: is required
     --> reservation-sync.toml:1:1
      |
    1 | [property]
      | ^^^^^^^^^^
      |
      = help: write time_zone = "Europe/Lisbon" in [property]
    "##);
}

#[test]
fn every_syntax_error_is_shown_and_nothing_that_follows_from_it() {
    let text = "policy = \nnamespace = \"a\n[source\npath = \"a.csv\"\n[seam]\ntimeuot = '3s'\n";
    assert_snapshot!(refused(text, []), @r##"
    error: string values must be quoted, expected literal string
     --> reservation-sync.toml:1:10
      |
    1 | policy = 
      |          ^

    error: invalid basic string, expected `"`
     --> reservation-sync.toml:2:15
      |
    2 | namespace = "*
      |               ^

    error: unclosed table, expected `]`
     --> reservation-sync.toml:3:8
      |
    3 | [source
      |        ^

    error: seam.timeuot: unknown key
     --> reservation-sync.toml:6:1
      |
    6 | timeuot = '**'
      | ^^^^^^^
      |
      = help: did you mean `timeout`?
    "##);
}

#[test]
fn a_variable_that_is_not_set_names_the_key_that_wanted_it() {
    let text = format!("{SMALLEST}[store]\nurl = 'sqlite://${{DATA_FOLDER}}/a.db'\n");
    assert_snapshot!(refused(&text, []), @r##"
    error: store.url: the environment variable `DATA_FOLDER` is not set
     --> reservation-sync.toml:6:7
      |
    6 | url = 'sqlite://${DATA_FOLDER}/a.db'
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: set it, or write ${DATA_FOLDER:-otherwise}
    "##);
    let settings = parse_with(&text, [("DATA_FOLDER", "/var/lib")]).expect("it is set");
    assert_eq!(settings.store.address, StoreAddress::file("/var/lib/a.db"));
}

#[test]
fn no_message_repeats_what_came_from_the_environment() {
    let keys = [
        "policy",
        "namespace",
        "source.kind",
        "source.path",
        "source.coverage",
        "source.covers",
        "source.whole_reservations",
        "source.max_age",
        "source.date_order",
        "columns.check_in",
        "statuses.ok",
        "property.time_zone",
        "property.country",
        "property.check_in",
        "property.early_access",
        "spaces.key",
        "spaces.table",
        "spaces.also",
        "spaces.shared",
        "grants.methods",
        "grants.guests",
        "grants.horizon",
        "identities.on_contact_conflict",
        "guards.max_delete",
        "guards.min_existing",
        "guards.missing_runs",
        "guards.missing_for",
        "seam.endpoint",
        "seam.requests_per_second",
        "seam.burst",
        "seam.timeout",
        "seam.per_door_per_minute.create",
        "seam.sandbox.now",
        "seam.sandbox.nwo",
        "seam.sandbox",
        "store.url",
        "store.lease",
        "unknown",
    ];
    for key in keys {
        let text = format!("{key} = 'x{{${{PRIVATE}}'\n");
        let report = refused(&text, [("PRIVATE", "hunter2")]);
        assert!(!report.contains("hunter2"), "{report}");
        let text = format!("{key} = ['${{PRIVATE}}', 1]\n");
        let report = refused(&text, [("PRIVATE", "hunter2")]);
        assert!(!report.contains("hunter2"), "{report}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_without_being_shown() {
    let text = format!("{SMALLEST}[seam]\napi_key = 'seam_test123456'\n");
    assert_snapshot!(refused(&text, []), @r##"
    error: seam.api_key: unknown key
     --> reservation-sync.toml:6:1
      |
    6 | api_key =******************
      | ^^^^^^^
      |
      = help: keys are read from the environment: set SEAM_API_KEY or SEAM_API_KEY_FILE
    "##);
}

#[test]
fn what_cannot_be_is_refused_key_by_key() {
    check("source.url = 1", &["source.url: expected a string, found a number"]);
    check("source.profile = 'cloudbets'", &["source.profile: unknown profile"]);
    check("source.name_form = 'last first'", &["source.name_form: expected \"full\" or \"last, first\""]);
    check("source.unit_separator = ''", &["source.unit_separator: must not be empty"]);
    check("source.skip = 'Payout'", &["source.skip: expected a table, found a string"]);
    check("source.covers = '60d'", &["source.covers: expected a range of durations from now"]);
    check("source.max_age = '26'", &["source.max_age: expected a duration"]);
    check("source.date_order = 'iso'", &["source.date_order: expected \"dmy\", \"mdy\" or \"ymd\""]);
    check("columns.chek_in = 'Arrival'", &["columns.chek_in: unknown key"]);
    check("columns.check_in = []", &["columns.check_in: must name a header"]);
    check("columns.check_in = ['Arrival', ' ']", &["columns.check_in: must not be blank"]);
    check(
        "statuses.ok = 'yes'",
        &["statuses.ok: expected \"grant\", \"checked_in\", \"revoke\" or \"ignore\""],
    );
    check(
        "[statuses]\nno-show = 'revoke'\nno_show = 'grant'",
        &["statuses.no_show: the same status has two meanings"],
    );
    check("property.country = 'pt'", &["property.country: unknown country"]);
    check("property.check_in = '3 o clock'", &["property.check_in: expected a time of day"]);
    check(
        "properties.CASA.time_zone = 'Casa'",
        &["properties.CASA.time_zone: the time zone is not in the IANA database"],
    );
    check("properties.CASA.checkin = '15:00'", &["properties.CASA.checkin: unknown key"]);
    check("properties.CASA = 1", &["properties.CASA: expected a table, found a number"]);
    check(
        "spaces.key = 'lobby'",
        &["spaces.key: the template does not use {unit}, so that every unit would open the same door"],
    );
    check(
        "spaces.key = '{room}'",
        &["spaces.key: unknown field in the template; there are {unit} and {property}"],
    );
    check("spaces.key = '{unit'", &["spaces.key: a brace without its twin in the template"]);
    check("spaces.table = 'spaces.csv'", &["spaces.table: the table of spaces cannot be read"]);
    check(
        "spaces.table = 'spaces.csv'\nspaces.key = '{unit}'",
        &[
            "spaces.table: a template and a table are both set",
            "spaces.table: the table of spaces cannot be read",
        ],
    );
    check("grants.methods = []", &["grants.methods: must name a method"]);
    check("grants.guests = true", &["grants.guests: expected a string, found true or false"]);
    check(
        "guards.max_delete = '110%'",
        &["guards.max_delete: expected a number, a percentage, or the larger of both"],
    );
    check("guards.missing_runs = 0", &["guards.missing_runs: must be 1 or more"]);
    check("guards.min_existing = -1", &["guards.min_existing: expected a whole number that is not negative"]);
    check("seam.endpoint = 'getseam.com'", &["seam.endpoint: expected an http or https address"]);
    check("seam.requests_per_second = 0", &["seam.requests_per_second: must be above zero"]);
    check("seam.timeout = '0s'", &["seam.timeout: must be longer than nothing"]);
    check("seam.sandbox.now = 'noon'", &["seam.sandbox.now: expected an instant"]);
    check(
        "store.url = 'mysql://db/x'",
        &["store.url: expected an address that begins with sqlite:// or postgres://"],
    );
    check(
        "store.lease = '30s'",
        &["store.lease: must be at least twice `seam.timeout`, or calls would wait for it in vain"],
    );
    check("[guard]\n", &["guard: unknown key"]);
}

#[test]
fn a_table_of_spaces_is_read_and_its_lines_are_checked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!("{SMALLEST}spaces.table = 'spaces.csv'\n");
    let parsed = |table: &str| {
        fs::write(folder.path().join("spaces.csv"), table).expect("a file of ours");
        parse(&text, folder.path(), &Environment::default())
    };
    let settings = parsed("unit,space_key\n101,room-101\n").expect("a good table");
    let UnitRule::Table(table) = &settings.mapping.units else { panic!("a table was asked for") };
    assert_eq!(table.len(), 1);
    let other = parsed("unit,space_key\n101,room-102\n").expect("a good table");
    assert_ne!(settings.digest, other.digest);
    let problems = parsed("unit,space_key\n101,\n").expect_err("a line is wrong");
    assert_eq!(problems[0].to_string(), "spaces.table: line 2 of the table: the space_key is blank");
}

#[test]
fn only_what_decides_the_plan_changes_the_digest() {
    let digest = |more: &str| loaded(more).digest;
    let plain = digest("");
    for same in [
        "# a comment\n",
        "[seam]\nburst = 3\n",
        "source.max_age = '1h'\n",
        "store.lease = '3m'\n",
        "grants = { horizon = \"none\" }\n",
    ] {
        assert_eq!(digest(same), plain, "{same}");
    }
    for other in [
        "grants.horizon = '30d'\n",
        "spaces.also = ['lobby']\n",
        "spaces.shared = ['dorm-*']\n",
        "source.whole_reservations = true\n",
        "guards.max_delete = 3\n",
        "columns.unit = 'Room'\n",
    ] {
        assert_ne!(digest(other), plain, "{other}");
    }
}

fn credentials<const N: usize>(variables: [(&str, &str); N]) -> String {
    match parse_with(SMALLEST, variables) {
        Ok(settings) => match settings.seam.credentials {
            None => settings.seam.require_credentials().expect_err("there are none").to_string(),
            Some(Credentials::ApiKey(key)) => format!("key {}", key.expose_secret()),
            Some(Credentials::PersonalAccessToken { token, workspace_id }) => {
                format!("token {} for {workspace_id}", token.expose_secret())
            }
        },
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

#[test]
fn the_key_comes_from_the_environment() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("key");
    fs::write(&path, "seam_file\n").expect("a file of ours");
    let path = path.to_str().expect("a plain path");
    assert_eq!(credentials([]), "no key for Seam: neither SEAM_API_KEY nor SEAM_API_KEY_FILE is set");
    assert_eq!(credentials([("SEAM_API_KEY", "seam_a ")]), "key seam_a");
    assert_eq!(credentials([("SEAM_API_KEY_FILE", path)]), "key seam_file");
    assert_eq!(
        credentials([("SEAM_PERSONAL_ACCESS_TOKEN", "seam_at"), ("SEAM_WORKSPACE_ID", "w")]),
        "token seam_at for w"
    );
    assert_eq!(
        credentials([("SEAM_PERSONAL_ACCESS_TOKEN", "seam_at")]),
        "SEAM_WORKSPACE_ID: is not set, and a personal access token needs it"
    );
    assert_eq!(
        credentials([("SEAM_PERSONAL_ACCESS_TOKEN", "t"), ("SEAM_API_KEY", "k")]),
        "SEAM_PERSONAL_ACCESS_TOKEN: a personal access token and an API key are both set"
    );
    assert_eq!(
        credentials([("SEAM_API_KEY_FILE", "/nowhere")]),
        "SEAM_API_KEY_FILE: the file cannot be read"
    );
}

#[test]
fn the_environment_wins_over_the_file_but_not_over_the_sandbox() {
    let variables = [("SEAM_ENDPOINT", "http://127.0.0.1:4020"), ("SEAM_API_KEY", "seam_a")];
    let settings = parse_with(SMALLEST, variables).expect("a configuration that can be used");
    assert_eq!(settings.seam.endpoint, Endpoint::Url("http://127.0.0.1:4020".to_owned()));
    assert!(!format!("{settings:?}").contains("seam_a"));
    let sandbox = format!("{SMALLEST}seam.endpoint = 'sandbox'\n");
    let settings = parse_with(&sandbox, variables).expect("a configuration that can be used");
    assert!(matches!(settings.seam.endpoint, Endpoint::Sandbox { .. }));
    assert!(settings.seam.credentials.is_none());
    assert_snapshot!(refused(SMALLEST, [("SEAM_ENDPOINT", "https://user:hunter2@example.com")]), @r##"
    error: SEAM_ENDPOINT: the address must not hold a user or password
    --> environment
     = help: write "https://connect.getseam.com", or "sandbox" for the embedded emulator
    "##);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load(Some(Path::new("/nowhere/a.toml")), &Environment::default()).expect_err("nothing there");
    assert_snapshot!(error.render(Colour::Never), @r##"
    error: there is no configuration file `/nowhere/a.toml`
    hint: name it with --config FILE or RESERVATION_SYNC_CONFIG; config/demo.toml is one to start from
    "##);
}
