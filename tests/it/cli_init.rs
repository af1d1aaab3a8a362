//! `init`: a configuration from an export, which `check` can use once the zone is filled in.

use std::fs;

use reservation_sync::config::Profile;
use rust_xlsxwriter::Workbook;
use sqlx::{Connection, SqliteConnection};

use super::cli_hotel::{STAYS, Server};
use super::cli_program::{Ended, Place, check};
use super::house::text;
use super::profile_samples::exported;
use super::sandbox_client::{NOW, hotel as sandbox_hotel};
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
    place.write("moved.csv", &place.read("eviivo.csv").replace("Quote", "Moved"));
    assert_eq!(place.run(&["init", "--from", "moved.csv"]).code, 0);
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("# \"Moved\" = \"...\"   # FILL IN: found once"), "{config}");
    assert!(config.contains("# \"Confirmed\" is known: found 3 times"), "{config}");
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
        "reservation_key = \"Booking ID\"   # such as B1, B2",
        "unit = \"Room\"   # such as 101, 102",
        "check_in = \"Arrival\"   # such as 03.05.2026, 04.05.2026",
        // Nothing about a person stands in the file.
        "full_name = \"Guest\"   # filled in 2 rows",
        "# \"Confirmed\" is known: found once",
        "# \"Moved\" = \"...\"   # FILL IN: found once",
        "date_order = \"dmy\"   # the dates of the file prove it",
        "# Units in the file: 101, 102",
    ] {
        assert!(config.lines().any(|seen| seen == line), "{line} in\n{config}");
    }
    let ended = filled_in(&place);
    assert!([0, 3].contains(&ended.code), "{ended:#?}");
}

#[test]
fn what_cannot_be_found_is_marked_and_said() {
    let place = Place::new();
    place.write("stays.csv", "Booking ID,Who,Where,Arrival\nB1,Ana Sousa,101,2026-05-03\n");
    let ended = place.run(&["init", "--from", "stays.csv"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let config = place.read("reservation-sync.toml");
    for line in [
        "# status = []   # FILL IN: which header is it? Without one every row counts as a booking: [] says so",
        "# unit = \"...\"   # FILL IN: which header is it? One house without rooms: { value = \"house\" }",
        "# check_out = \"...\"   # FILL IN: which header is it?",
        "# The file has: Booking ID, Who, Where, Arrival",
    ] {
        assert!(config.lines().any(|seen| seen == line), "{line} in\n{config}");
    }
    assert!(ended.stdout.contains("To be filled in: 4 lines, marked with `FILL IN`."), "{}", ended.stdout);
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
    database
        .execute(
            "update qlo_htl_booking_detail set date_from = current_date, date_to = current_date + interval 3 day",
        )
        .await;
    let mut place = Place::new();
    place.set("PMS_DATABASE_URL", &database.url);
    let ended = place.run(&["init", "--url", &database.url, "--format", "json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!(document["query"], "qloapps.sql");
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("${PMS_DATABASE_URL}") && !config.contains("mysql://"), "{config}");
    // Its rows were looked at: their words count by themselves, and the units are shown.
    assert!(
        config.contains("# Units in the file: A-101, A-102") && !config.contains("[statuses]"),
        "{config}"
    );
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

/// What a person decides about a configuration: it may revoke, the hotel is in Lisbon, and the doors are an emulator's.
fn decided(place: &Place, more: &str) {
    let zone = "# time_zone = \"Europe/Lisbon\"";
    let text =
        place.read("reservation-sync.toml").replace("policy    = \"create-only\"", "policy = \"sync\"");
    let seam = format!(
        "[seam]\nendpoint = \"sandbox\"\n[seam.sandbox]\nseed = \"workspace.json\"\nnow = \"{NOW}\"\n"
    );
    place.write("reservation-sync.toml", &format!("{}\n{seam}{more}", text.replace(zone, &zone[2..])));
    place.write("workspace.json", &sandbox_hotel().to_string());
}

/// The counts of a run: created, revoked, held, rejected, and warnings.
fn counts_of_run(place: &Place) -> [u64; 4] {
    let report = place.run(&["run", "--format", "json"]).report();
    ["create", "revoke", "held", "rejected"].map(|count| report["counts"][count].as_u64().expect("a count"))
}

#[test]
fn a_status_that_says_not_cancelled_grants_and_all_columns_are_proposed() {
    let export = |first: &str, second: &str| {
        format!(
            "Booking_ID,room,arrival_date,departure_date,guest_name,booking_status,phone_number\n\
             INN1,101,2026-12-03,2026-12-06,Ana Sousa,{first},+44 7700 900001\n\
             INN2,102,2026-12-04,2026-12-07,Rui Lopes,{second},+44 7700 900002\n"
        )
    };
    let place = Place::new();
    place.write("stays.csv", &export("Not_Canceled", "Canceled"));
    let ended = place.run(&["init", "--from", "stays.csv", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    assert_eq!(found["asked"], serde_json::json!(["property.time_zone"]), "{found:#}");
    assert_eq!(
        found["columns"],
        serde_json::json!({
            "reservation_key": "Booking_ID", "unit": "room", "check_in": "arrival_date", "check_out": "departure_date",
            "full_name": "guest_name", "status": "booking_status", "phone": "phone_number",
        })
    );
    assert!(
        place
            .read("reservation-sync.toml")
            .contains("\"Not_Canceled\" = \"grant\"   # found once; is it so?")
    );
    decided(&place, "");
    place.write("stays.csv", &export("Not_Canceled", "Not_Canceled"));
    assert_eq!(counts_of_run(&place), [2, 0, 0, 0]);
    place.write("stays.csv", &export("Not_Canceled", "Canceled"));
    assert_eq!(counts_of_run(&place), [0, 1, 0, 0]);
}

#[test]
fn a_cancellation_counts_although_init_saw_none() {
    let export = |second: &str| {
        format!(
            "Reservation No,Room,Check In,Check Out,Guest,State\nA1,101,2026-12-03,2026-12-06,Ana Sousa,Confirmed\n\
             A2,102,2026-12-04,2026-12-07,Rui Lopes,{second}\nA3,102,2026-11-29,2026-12-02,Ines Prado,In House\n"
        )
    };
    let place = Place::new();
    place.write("stays.csv", &export("Confirmed"));
    check(&place.run(&["init", "--from", "stays.csv"]), 0, &["To be filled in: 1 line"]);
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("status = \"State\""), "{config}");
    decided(&place, "");
    assert_eq!(counts_of_run(&place), [3, 0, 0, 0]);
    place.write("stays.csv", &export("Cancelled"));
    assert_eq!(counts_of_run(&place), [0, 1, 0, 0]);
}

#[test]
fn statuses_of_rows_that_cannot_be_used_are_listed_too() {
    let place = Place::new();
    place.write(
        "stays.csv",
        "Reservation No,Room,Check In,Check Out,Guest,Status\nA1,101,2026-12-03,2026-12-06,Ana Sousa,Confirmed\n\
         A2,102,never,2026-12-07,Rui Lopes,Verschoben\nA3,102,2026-12-08,2026-12-07,Ines Prado,Storniert\n",
    );
    check(&place.run(&["init", "--from", "stays.csv"]), 0, &[]);
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("# \"Verschoben\" = \"...\"   # FILL IN: found once"), "{config}");
    assert!(config.contains("\"Storniert\" = \"revoke\"   # found once; is it so?"), "{config}");
}

#[test]
fn the_order_of_dates_that_the_first_file_proves_holds_for_the_next_one() {
    let export = |arrival: &str, departure: &str| {
        format!(
            "Reservation No,Room,Check In,Check Out,Guest,Status\nA1,101,{arrival},{departure},Ana Sousa,Confirmed\n"
        )
    };
    let place = Place::new();
    place.write("stays.csv", &export("15/12/2026", "18/12/2026"));
    check(&place.run(&["init", "--from", "stays.csv"]), 0, &["To be filled in: 1 line"]);
    assert!(
        place
            .read("reservation-sync.toml")
            .contains("date_order = \"dmy\"   # the dates of the file prove it")
    );
    decided(&place, "");
    place.write("stays.csv", &export("03/12/2026", "06/12/2026"));
    let report = place.run(&["plan", "--format", "json"]).report();
    assert_eq!(
        (&report["counts"]["create"], &report["counts"]["rejected"]),
        (&1.into(), &0.into()),
        "{report:#}"
    );
    assert_eq!(report["items"][0]["after"]["starts_at"], "2026-12-03T15:00:00Z");
}

#[test]
fn a_blank_first_header_is_no_fault_and_a_file_without_a_status_is_asked_about() {
    let place = Place::new();
    place.write(
        "stays.csv",
        "Arrivals of the week\n\n,Booking ID,Room,Arrival,Departure\n0,B1,101,2026-12-03,2026-12-06\n1,B2,102,2026-12-04,2026-12-07\n",
    );
    check(&place.run(&["init", "--from", "stays.csv"]), 0, &["To be filled in: 2 lines"]);
    let config = place.read("reservation-sync.toml");
    let question = "# status = []   # FILL IN";
    assert!(config.contains(question) && config.contains("reservation_key = \"Booking ID\""), "{config}");
    let config = config.lines().map(|line| if line.starts_with(question) { "status = []" } else { line });
    place.write("reservation-sync.toml", &config.collect::<Vec<_>>().join("\n"));
    decided(&place, "");
    let report = place.run(&["plan", "--format", "json"]).report();
    assert_eq!(report["counts"]["create"], 2, "{report:#}");
}

#[test]
fn the_sheet_that_was_found_is_named() {
    let place = Place::new();
    let mut workbook = Workbook::new();
    let sheets = [
        ("Notes", "Prices,of\nlast,year\n"),
        (
            "Bookings",
            "Reservation No,Room,Check In,Check Out,Guest,Status\nA1,101,2026-12-03,2026-12-06,Ana Sousa,Confirmed\n",
        ),
    ];
    for (name, table) in sheets {
        let sheet = workbook.add_worksheet().set_name(name).expect("a name");
        for (row, line) in (0..).zip(table.lines()) {
            sheet.write_row(row, 0, line.split(',')).expect("it fits");
        }
    }
    workbook.save(place.path("stays.xlsx")).expect("it can be written");
    check(&place.run(&["init", "--from", "stays.xlsx"]), 0, &["To be filled in: 1 line"]);
    let config = place.read("reservation-sync.toml");
    assert!(config.contains("sheet    = \"Bookings\""), "{config}");
    decided(&place, "");
    assert_eq!(counts_of_run(&place), [1, 0, 0, 0]);
}

#[test]
fn a_half_filled_configuration_is_read_again_and_what_a_person_wrote_stays() {
    let place = Place::new();
    place.write(
        "stays.csv",
        "Booking ID,Who,Where,Arrival,Gone,How\nB1,Ana Sousa,101,2026-12-03,2026-12-06,Verschoben\nB2,Rui Lopes,102,2026-12-04,2026-12-07,Confirmed\n",
    );
    check(&place.run(&["init", "--from", "stays.csv"]), 0, &["To be filled in: 4 lines"]);
    let asked = |arguments: &[&str]| {
        let ended = place.run(&[&["init", "--continue", "--format", "json"], arguments].concat());
        assert_eq!(ended.code, 0, "{ended:#?}");
        let found: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
        serde_json::from_value::<Vec<String>>(found["asked"].clone()).expect("names")
    };
    let edit = |from: &str, to: &str| {
        let config = place.read("reservation-sync.toml");
        let line = config
            .lines()
            .find(|line| line.starts_with(from))
            .unwrap_or_else(|| panic!("no {from} in {config}"));
        place.write("reservation-sync.toml", &config.replace(line, to));
    };
    assert_eq!(asked(&[]), ["columns.status", "columns.unit", "columns.check_out", "property.time_zone"]);
    edit("# unit =", "unit = \"Where\"");
    edit("# check_out =", "check_out = \"Gone\"");
    edit("check_in  = ", "check_in = \"16:30\"   # ours");
    assert_eq!(asked(&[]), ["columns.status", "property.time_zone"]);
    edit("# status =", "status = \"How\"   # FILL IN: which header is it?");
    // Now the words of the status can be read.
    assert_eq!(asked(&["--from", "stays.csv"]), ["property.time_zone", "statuses.Verschoben"]);
    edit("# \"Verschoben\"", "\"Verschoben\" = \"ignore\"");
    edit("# time_zone", "time_zone = \"Europe/Lisbon\"");
    let namespace = place
        .read("reservation-sync.toml")
        .lines()
        .find(|line| line.starts_with("namespace"))
        .map(str::to_owned);
    assert_eq!(asked(&["--write-seed", "seed.json"]), [""; 0]);
    let config = place.read("reservation-sync.toml");
    assert!(
        config.contains("check_in = \"16:30\"   # ours") && config.contains("\"Verschoben\" = \"ignore\""),
        "{config}"
    );
    assert_eq!(config.lines().find(|line| line.starts_with("namespace")).map(str::to_owned), namespace);
    check(&place.run(&["check", "--now", NOW]), 0, &["OK"]);
    let report = place.run(&["plan", "--now", NOW, "--format", "json"]).report();
    assert_eq!(report["counts"]["create"], 1, "{report:#}");
    // There has to be one.
    assert_eq!(place.run(&["init", "--continue", "--config", "other.toml"]).code, 78);
}

#[test]
fn a_seed_has_one_space_for_each_unit_and_is_never_overwritten() {
    let place = Place::new();
    place.write("stays.csv", &STAYS.replace("R1002,confirmed,102", "R1002,cancelled,102;103"));
    check(&place.run(&["init", "--from", "stays.csv", "--write-seed", "seed.json"]), 0, &[]);
    let seed: serde_json::Value = serde_json::from_str(&place.read("seed.json")).expect("JSON");
    let spaces: Vec<&str> = seed["spaces"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|space| space["space_key"].as_str())
        .collect();
    assert_eq!(spaces, ["room-101", "room-102", "room-103"]);
    assert!(place.read("reservation-sync.toml").contains("seed = \"seed.json\""));
    let ended =
        place.run(&["init", "--from", "stays.csv", "--write-seed", "seed.json", "--config", "other.toml"]);
    assert!(ended.code == 64 && !place.has("other.toml"), "{ended:#?}");
    // Without bookings there are no units yet, and what helps against it works.
    let (header, _) = STAYS.split_once('\n').expect("two lines");
    place.write("none.csv", &format!("{header}\n"));
    let seed = ["init", "--from", "none.csv", "--config", "none.toml", "--write-seed", "none.json"];
    let ended = place.run(&seed);
    check(&ended, 3, &["leave --write-seed out", "init --continue --write-seed FILE"]);
    assert!(!place.has("none.toml") && !place.has("none.json"));
    check(&place.run(&seed[..5]), 0, &[]);
    place.write("none.csv", STAYS);
    check(&place.run(&["init", "--continue", "--config", "none.toml", "--write-seed", "none.json"]), 0, &[]);
    assert!(place.read("none.json").contains("room-101"));
    // Without a column of units there is nothing to write.
    place.write("few.csv", "Booking ID,Who,Arrival\nB1,Ana Sousa,2026-12-03\n");
    let ended = place.run(&["init", "--from", "few.csv", "--write-seed", "new.json", "--config", "few.toml"]);
    assert!(ended.code == 3 && !place.has("new.json") && !place.has("few.toml"), "{ended:#?}");
}

#[test]
fn a_joined_key_is_to_be_confirmed_and_a_number_of_bookings_is_proposed() {
    let place = Place::new();
    place.write(
        "list.csv",
        "Villa,From,To,Guest\n101,2026-12-03,2026-12-06,Ana Sousa\n102,2026-12-03,2026-12-06,Rui Lopes\n",
    );
    check(&place.run(&["init", "--from", "list.csv"]), 0, &[]);
    let config = place.read("reservation-sync.toml");
    let line = "reservation_key = { join = [\"Villa\", \"From\"], with = \"/\" }   # FILL IN: has the export no booking number?";
    assert!(config.contains(line), "{config}");
    check(&place.run(&["check", "--now", NOW]), 78, &[]);
    let zone =
        config.replace("# time_zone = \"Europe/Lisbon\"   # FILL IN", "time_zone = \"Europe/Lisbon\"   #");
    place.write("reservation-sync.toml", &zone.replace("# status = []   # FILL IN", "status = []   #"));
    check(&place.run(&["check", "--now", NOW]), 3, &["columns.reservation_key"]);
    place.write(
        "list.csv",
        "Villa,From,To,Guest,Vorgang\n101,2026-12-03,2026-12-06,Ana Sousa,HX-1201\n102,2026-12-03,2026-12-06,Rui Lopes,HX-1340\n\
         101,2026-12-13,2026-12-16,Lena Vogt,HX-1355\n",
    );
    check(&place.run(&["init", "--from", "list.csv", "--config", "number.toml"]), 0, &[]);
    let config = place.read("number.toml");
    let line = "reservation_key = \"Vorgang\"   # each of 3 rows has its own value, such as HX-1201, HX-1340, HX-1355: is it the booking number?";
    assert!(config.lines().any(|seen| seen == line), "{config}");
}

#[tokio::test]
async fn a_query_of_ones_own_is_continued_with_the_words_that_its_rows_have() {
    let place = Place::new();
    let created = format!("sqlite://{}?mode=rwc", place.path("pms.db").display());
    let mut connection = SqliteConnection::connect(&created).await.expect("a new file");
    let table = "create table booking (nr text, state text, room text, von date, bis date);
        insert into booking values ('B1', 'Confirmed', '101', '2026-12-03', '2026-12-06'),
            ('B2', 'Verschoben', '102', '2026-12-03', '2026-12-06'), ('B3', 'Storniert', '102', '2026-12-13', '2026-12-16')";
    sqlx::raw_sql(table).execute(&mut connection).await.expect("the statements are right");
    connection.close().await.expect("ours");
    check(&place.run(&["init", "--url", "sqlite://pms.db"]), 0, &["write one into bookings.sql"]);
    place.write("bookings.sql", "select nr as reservation_key, state as status, room as unit, von as check_in, bis as check_out from booking\n");
    check(&place.run(&["init", "--continue"]), 0, &[]);
    let config = place.read("reservation-sync.toml");
    for line in [
        "# \"Verschoben\" = \"...\"   # FILL IN: found once",
        "\"Storniert\" = \"revoke\"   # found once; is it so?",
    ] {
        assert!(config.lines().any(|seen| seen == line), "{line} in\n{config}");
    }
    assert!(config.contains("url      = \"sqlite://pms.db\"") && !config.contains("[columns]"), "{config}");
    let filled = config
        .replace("# \"Verschoben\" = \"...\"   # FILL IN: found once", "\"Verschoben\" = \"ignore\"")
        .replace(
            "# time_zone = \"Europe/Lisbon\"   # FILL IN, and take the # away",
            "time_zone = \"Europe/Lisbon\"   #",
        );
    place.write("reservation-sync.toml", &filled);
    check(&place.run(&["check", "--now", NOW]), 0, &["3 rows, 3 reservations"]);
}
