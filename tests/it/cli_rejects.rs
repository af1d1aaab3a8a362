//! The file of rejected rows: what is in it, and what becomes of it once somebody has mended it, from every source.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rust_xlsxwriter::Workbook;
use sqlx::{Connection, SqliteConnection};

use super::cli_hotel::{place, sandbox_config, stays_and_a_bad_row};
use super::cli_program::{Ended, Place, unquoted};

/// The small hotel with a bad row, in a source of some kind; one bad row of three stops no run here.
fn hotel(source: &str) -> Place {
    let place = place();
    let config = sandbox_config().replace("path = \"reservations.csv\"\n", source)
        + "\n[guards]\nmax_reject = \"50%\"\n";
    place.write("reservation-sync.toml", &config);
    place.write("reservations.csv", &stays_and_a_bad_row());
    place
}

const HEADER: &str = "reservation_key,status,unit,check_in,check_out,guest_key,full_name,email,code,\
                      _row,_column,_code,_message,_hint";

fn n_created(ended: &Ended) -> i64 {
    ended.report()["counts"]["create"].as_i64().expect("a number")
}

/// Runs, mends what was put aside, feeds it back: as a user does, with each kind of source.
fn check(place: &Place, row: &str) {
    let ended = place.run(&["run", "--rejects", "rejects.csv", "--format", "json"]);
    assert_eq!((ended.code, n_created(&ended)), (3, 2), "{ended:#?}");
    let file = unquoted(&place.read("rejects.csv"));
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[0], format!("\u{feff}{HEADER}"));
    let told = format!("R1003,confirmed,102,2026-12-32,2026-12-33,G12,Inês Prado,,,{row},check_in,bad_date,");
    assert!(lines[1].starts_with(&told) && lines.len() == 2, "{file}");
    let mode = fs::metadata(place.path("rejects.csv")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Nobody mended it yet: it is rejected again, and nothing that there is suffers.
    let again = ["run", "--from-rejects", "rejects.csv", "--rejects", "rejects.csv", "--format", "json"];
    let ended = place.run(&again);
    assert_eq!((ended.code, n_created(&ended)), (3, 0), "{ended:#?}");
    assert_eq!(ended.report()["source"]["coverage"], "partial");
    assert_eq!(
        unquoted(&place.read("rejects.csv")),
        file.replace(&format!(",,,{row},check_in"), ",,,2,check_in")
    );

    let mended =
        place.read("rejects.csv").replace("2026-12-32", "2026-12-08").replace("2026-12-33", "2026-12-09");
    place.write("rejects.csv", &mended);
    let ended = place.run(&["plan", "--from-rejects", "rejects.csv"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert!(ended.stdout.contains("--from-rejects rejects.csv"), "{}", ended.stdout);
    let ended = place.run(&again);
    assert_eq!((ended.code, n_created(&ended)), (0, 1), "{ended:#?}");
    assert_eq!(ended.report()["counts"]["revoke"], 0);
    // Nothing is left to be mended.
    assert_eq!(unquoted(&place.read("rejects.csv")), format!("\u{feff}{HEADER}\r\n"));
}

#[test]
fn rows_of_a_file_are_put_aside_mended_and_fed_back() {
    check(&hotel("path = \"reservations.csv\"\n"), "4");
}

#[test]
fn rows_of_a_workbook_are_put_aside_mended_and_fed_back() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Arrivals").expect("a name");
    for (row, line) in (0..).zip(stays_and_a_bad_row().lines()) {
        sheet.write_row(row, 0, line.split(',')).expect("it fits");
    }
    let place = hotel("kind = \"excel\"\npath = \"arrivals.xlsx\"\n");
    workbook.save(place.path("arrivals.xlsx")).expect("it can be written");
    check(&place, "4");
}

#[tokio::test]
async fn rows_of_a_database_are_put_aside_mended_and_fed_back() {
    let place = hotel("kind = \"sql\"\nurl = \"sqlite://pms.db\"\nquery = \"bookings.sql\"\n");
    let url = format!("sqlite://{}?mode=rwc", place.path("pms.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a new file");
    let stays = stays_and_a_bad_row();
    let mut lines = stays.lines();
    let columns = lines.next().expect("a header").replace(',', " text, ");
    let rows = lines.map(|line| format!("insert into booking values ('{}');", line.replace(',', "', '")));
    let statements = format!("create table booking ({columns} text);{}", rows.collect::<String>());
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.expect("it fits");
    connection.close().await.expect("ours");
    place.write("bookings.sql", "select * from booking order by reservation_key");
    check(&place, "3");
}

#[test]
fn check_writes_the_file_and_reads_it_too_and_a_wished_pin_is_not_in_it() {
    let place = hotel("path = \"reservations.csv\"\n");
    let stays = stays_and_a_bad_row().replace("Inês Prado,,", "=Prado,,8642");
    place.write("reservations.csv", &stays);
    assert_eq!(place.run(&["check", "--rejects", "rejects.csv"]).code, 3);
    let file = place.read("rejects.csv");
    // What would be computed is only shown.
    assert!(unquoted(&file).contains(",G12,'=Prado,,,4,") && !file.contains("8642"), "{file}");
    place.write("rejects.csv", &file.replace("2026-12-32", "2026-12-08").replace("2026-12-33", "2026-12-09"));
    let ended = place.run(&["check", "--from-rejects", "rejects.csv"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    assert!(ended.stdout.lines().any(|line| line.trim() == "=Prado, guest G12"), "{}", ended.stdout);
}

#[test]
fn a_run_that_a_guard_stops_has_written_the_file_and_one_that_read_nothing_keeps_the_old_one() {
    let place = hotel("path = \"reservations.csv\"\n");
    let config = place.read("reservation-sync.toml").replace("\"50%\"", "0");
    place.write("reservation-sync.toml", &config);
    assert_eq!(place.run(&["run", "--rejects", "rejects.csv"]).code, 6);
    let file = place.read("rejects.csv");
    assert!(file.contains("R1003"), "{file}");
    fs::remove_file(place.path("reservations.csv")).expect("ours");
    assert_eq!(place.run(&["run", "--rejects", "rejects.csv"]).code, 6);
    assert_eq!(place.read("rejects.csv"), file);
}

#[test]
fn a_mended_row_takes_nothing_from_the_other_rows_of_its_reservation() {
    let place = hotel("path = \"reservations.csv\"\n");
    let header = stays_and_a_bad_row().lines().next().expect("a header").to_owned();
    let row =
        |unit: &str, check_in: &str| format!("R1,confirmed,{unit},{check_in},2026-12-06,G1,Ana Sousa,,\n");
    place
        .write("reservations.csv", &format!("{header}\n{}{}", row("101", "2026-12-03"), row("102", "03.12")));
    let ended = place.run(&["run", "--rejects", "rejects.csv", "--format", "json"]);
    assert_eq!((ended.code, n_created(&ended)), (3, 1), "{ended:#?}");
    place.write("rejects.csv", &place.read("rejects.csv").replace("03.12", "2026-12-03"));
    let ended = place.run(&["run", "--from-rejects", "rejects.csv", "--format", "json"]);
    assert_eq!(ended.report()["counts"]["revoke"], 0, "{ended:#?}");
    let exported = place.run(&["export", "--now", super::cli_hotel::NOW, "--format", "csv"]).stdout;
    for room in ["room-101", "room-102"] {
        assert!(exported.contains(room), "{exported}");
    }
}
