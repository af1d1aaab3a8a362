//! `init`: a configuration from an export, which `check` can use once the zone is filled in.

use std::fs;

use reservation_sync::config::Profile;
use rust_xlsxwriter::Workbook;

use super::cli_hotel::{STAYS, Server};
use super::cli_program::{Ended, Place, check};
use super::house::text;
use super::profile_samples::exported;
use super::sandbox_client::hotel as sandbox_hotel;
use super::servers::{Engine, ScratchDatabase};

/// Fills in the zone, and checks.
fn filled_in(place: &Place) -> Ended {
    let config = place.read("reservation-sync.toml");
    let zone =
        config.lines().find(|line| line.starts_with("# time_zone = ")).expect("the zone is open").to_owned();
    place.write("reservation-sync.toml", &config.replace(&zone, "time_zone = \"Europe/Lisbon\""));
    place.run(&["check", "--format", "json"])
}

#[test]
fn each_known_export_becomes_a_configuration_that_check_can_use_once_the_zone_is_filled_in() {
    for profile in Profile::ALL {
        let place = Place::new();
        let file = exported(*profile, &place.path(""));
        let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name");
        let ended = place.run(&["init", "--from", name]);
        assert_eq!(ended.code, 0, "{}: {ended:#?}", profile.name);
        let config = place.read("reservation-sync.toml");
        assert!(config.contains(&format!("profile  = \"{}\"", profile.name)), "{config}");
        assert!(config.contains(&format!("path     = \"{name}\"")), "{config}");
        // As long as the zone is open the file says so itself.
        let open = place.run(&["check"]);
        assert!(open.code == 78 && open.stderr.contains("property.time_zone: is required"), "{open:#?}");
        let ended = filled_in(&place);
        // Every sample has a row that nobody can use or a status that nobody knows.
        assert!([0, 3].contains(&ended.code), "{}: {ended:#?}", profile.name);
        let checked: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
        let stays: u64 = checked["stays"]
            .as_object()
            .expect("counts")
            .values()
            .filter_map(serde_json::Value::as_u64)
            .sum();
        assert!(stays >= 2, "{}: {checked:#}", profile.name);
    }
}

#[test]
fn statuses_that_the_profile_does_not_know_get_a_proposal_or_a_question() {
    let place = Place::new();
    exported(Profile::named("eviivo").expect("it is known"), &place.path(""));
    assert_eq!(place.run(&["init", "--from", "eviivo.csv"]).code, 0);
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("# \"Quote\" = \"...\"   # FILL IN: found once"), "{config}");
    place.write("export.csv", &place.read("eviivo.csv").replace("Quote", "Cancelled online"));
    assert_eq!(place.run(&["init", "--from", "export.csv", "--config", "other.toml"]).code, 0);
    let config = place.read("other.toml");
    assert!(config.contains("\"Cancelled online\" = \"revoke\"   # found once; is it so?"), "{config}");
}

#[test]
fn an_unknown_export_gets_columns_and_all_its_statuses_to_look_at() {
    let place = Place::new();
    place.write(
        "stays.csv",
        "Booking ID;Guest;Room;Arrival;Departure;State of things;Status\n\
         B1;Ana Sousa;101;03.05.2026;15.05.2026;;Confirmed\nB2;Rui Lopes;102;04.05.2026;16.05.2026;;Moved\n",
    );
    let ended = place.run(&["init", "--from", "stays.csv"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let config = place.read("reservation-sync.toml");
    for line in [
        "reservation_key = \"Booking ID\"",
        "unit = \"Room\"",
        "check_in = \"Arrival\"",
        "full_name = \"Guest\"",
        "\"Confirmed\" = \"grant\"   # found once; is it so?",
        "# \"Moved\" = \"...\"   # FILL IN: found once",
        "date_order = \"dmy\"   # FILL IN: dmy or mdy? The dates of the file do not prove it, but most can be read so",
        "# Units in the file: 101, 102",
    ] {
        assert!(config.lines().any(|seen| seen == line), "{line} in\n{config}");
    }
    let ended = filled_in(&place);
    assert_eq!(ended.code, 0, "{ended:#?}");
}

#[test]
fn what_cannot_be_found_is_marked_and_said() {
    let place = Place::new();
    place.write("stays.csv", "Booking ID,Who,Where,Arrival\nB1,Ana Sousa,101,2026-05-03\n");
    let ended = place.run(&["init", "--from", "stays.csv"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("# unit = \"...\"   # FILL IN: which header is it?"), "{config}");
    assert!(config.contains("# check_out = \"...\"   # FILL IN"), "{config}");
    assert!(config.contains("# The file has: Booking ID, Who, Where, Arrival"), "{config}");
    assert!(ended.stdout.contains("To be filled in: 3 lines, marked with `FILL IN`."), "{}", ended.stdout);
}

#[test]
fn a_source_in_our_own_columns_needs_neither_columns_nor_statuses() {
    let place = Place::new();
    place.write("stays.csv", STAYS);
    assert_eq!(place.run(&["init", "--from", "stays.csv", "--config", "new.toml"]).code, 0);
    let config = place.read("new.toml");
    assert!(!config.contains("[columns]") && !config.contains("[statuses]"), "{config}");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, line) in (0..).zip(STAYS.lines()) {
        sheet.write_row(row, 0, line.split(',')).expect("it fits");
    }
    // Whatever its name says.
    workbook.save(place.path("book.csv")).expect("it can be written");
    let ended = place.run(&["init", "--from", "book.csv", "--format", "json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert!(place.read("reservation-sync.toml").contains("kind     = \"excel\""));
    assert_eq!(filled_in(&place).code, 0);
}

#[test]
fn init_never_overwrites_and_what_is_no_export_is_refused() {
    let place = Place::new();
    place.write("stays.csv", STAYS).write("reservation-sync.toml", "# mine\n");
    let ended = place.run(&["init", "--from", "stays.csv"]);
    assert!(ended.code == 64 && ended.stderr.contains("never overwrites"), "{ended:#?}");
    assert_eq!(place.read("reservation-sync.toml"), "# mine\n");
    fs::write(place.path("stays.pdf"), b"%PDF-1.7").expect("ours");
    for file in ["stays.pdf", "missing.csv"] {
        let ended = place.run(&["init", "--from", file, "--config", "new.toml"]);
        assert!(ended.code == 6 && !place.has("new.toml"), "{ended:#?}");
    }
}

#[tokio::test]
async fn a_database_gets_the_query_that_fits_it_or_one_to_fill_in() {
    let place = Place::new();
    fs::write(place.path("pms.db"), b"").expect("an empty database");
    let ended = place.run(&["init", "--url", "sqlite://pms.db"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert!(ended.stdout.contains("write one into bookings.sql"), "{}", ended.stdout);
    let config = place.read("reservation-sync.toml");
    assert!(
        config.contains("url      = \"sqlite://pms.db\"") && config.contains("query    = \"bookings.sql\"")
    );
    assert!(place.read("bookings.sql").contains("FILL IN"));
    // Neither a file nor a query is overwritten.
    let ended = place.run(&["init", "--url", "sqlite://pms.db", "--config", "new.toml"]);
    assert!(ended.code == 64 && !place.has("new.toml"), "{ended:#?}");

    let Some(database) = ScratchDatabase::new(Engine::MySql).await else { return };
    database.execute(&text("tests/pms-databases/qloapps.sql")).await;
    let mut place = Place::new();
    place.set("PMS_DATABASE_URL", &database.url);
    let ended = place.run(&["init", "--url", &database.url, "--format", "json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!(document["query"], "qloapps.sql");
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("${PMS_DATABASE_URL}") && !config.contains("mysql://"), "{config}");
    let checked = filled_in(&place);
    assert!([0, 3].contains(&checked.code), "{checked:#?}");
}

/// A hotel in a folder of the given name, set up by `init`, whose bookings are in room 101 from so many days ahead on.
fn set_up(server: &Server, folder: &str, days_ahead: i64) -> Place {
    let mut place = Place::new();
    fs::create_dir(place.path(folder)).expect("a new folder");
    place.set("SEAM_API_KEY", server.sandbox.api_key());
    place.write(&format!("{folder}/stays.csv"), &bookings(days_ahead, "confirmed"));
    let config = format!("{folder}/reservation-sync.toml");
    check(&place.run(&["init", "--from", &format!("{folder}/stays.csv"), "--config", &config]), 0, &[]);
    let zone = "# time_zone = \"Europe/Lisbon\"";
    let text = place
        .read(&config)
        .replace("policy    = \"create-only\"", "policy = \"sync\"")
        .replace(zone, &zone[2..]);
    place.write(&config, &format!("{text}\n[seam]\nendpoint = \"{}\"\n", server.sandbox.endpoint()));
    place
}

/// Two bookings, `1` and `2`, one after the other.
fn bookings(days_ahead: i64, status: &str) -> String {
    let day = |n: i64| {
        let day = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * (days_ahead + n));
        day.strftime("%Y-%m-%d").to_string()
    };
    format!(
        "reservation_key,status,unit,check_in,check_out,full_name\n1,{status},101,{},{},Ana Sousa\n2,confirmed,101,{},{},Rui Lopes\n",
        day(0),
        day(2),
        day(3),
        day(5)
    )
}

/// A workspace with one room behind a smart lock.
fn smart_lock() -> serde_json::Value {
    let lock = "00000000-0000-4000-8000-000000000101";
    serde_json::json!({
        "devices": [{ "device_id": lock, "name": "Room 101" }],
        "spaces": [{ "space_key": "room-101", "name": "Room 101", "device_ids": [lock] }],
    })
}

#[test]
fn two_hotels_in_folders_of_one_name_leave_each_others_grants_alone() {
    let run = |place: &Place, verb: &str| {
        place.run(&[verb, "--config", "hotel/reservation-sync.toml", "--format", "json"]).report()
    };
    let namespace = |place: &Place| {
        let config = place.read("hotel/reservation-sync.toml");
        config.lines().find(|line| line.starts_with("namespace")).expect("it has one").to_owned()
    };
    let counts = |report: &serde_json::Value| {
        ["create", "update", "replace", "revoke", "held", "unchanged"]
            .map(|count| report["counts"][count].as_u64().expect("a count"))
    };
    // The bookings have the same numbers and no guest keys, and both hotels are in one workspace. At doors that belong to
    // reservations Seam takes a number once, so that the second hotel's stays wait for a person (RULES 36).
    for (seed, made, then) in [
        (smart_lock(), [2, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 2]),
        (sandbox_hotel(), [0, 0, 0, 0, 2, 0], [0, 0, 0, 0, 2, 0]),
    ] {
        let server = Server::start_with(seed);
        let hotels = [set_up(&server, "hotel", 10), set_up(&server, "hotel", 20)];
        let [first, second] = hotels.each_ref().map(namespace);
        assert!(first.starts_with("namespace = \"hotel-") && first != second, "{first} {second}");
        assert_eq!(counts(&run(&hotels[0], "run")), [2, 0, 0, 0, 0, 0]);
        assert_eq!(counts(&run(&hotels[1], "run")), made);
        assert_eq!(counts(&run(&hotels[0], "run")), [0, 0, 0, 0, 0, 2]);
        assert_eq!(counts(&run(&hotels[1], "plan")), then);
        hotels[0].write("hotel/stays.csv", &bookings(10, "cancelled"));
        assert_eq!(counts(&run(&hotels[0], "run")), [0, 0, 0, 1, 0, 1]);
        // What is left of the first hotel is booking 2.
        let left = if made[4] == 0 { then } else { [1, 0, 0, 0, 1, 0] };
        assert_eq!(counts(&run(&hotels[1], "plan")), left);
        server.stop();
    }
}
