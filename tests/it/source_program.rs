//! The program on workbooks and databases: a whole run, exit codes, and no password in anything it writes.

use std::fs;

use rust_xlsxwriter::Workbook;
use sqlx::{Connection, SqliteConnection};

use super::cli_hotel::{STAYS, place};
use super::cli_program::{Ended, Place};

/// The small hotel, with another source.
fn hotel(source: &str) -> Place {
    let place = place();
    let config = place.read("reservation-sync.toml");
    place.write("reservation-sync.toml", &config.replace("path = \"reservations.csv\"\n", source));
    place
}

fn check_run(place: &Place, kind: &str, location: &str) {
    let ended = place.run(&["run", "--format", "json"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let report = ended.report();
    assert_eq!((&report["counts"]["create"], &report["source"]["rows"]), (&2.into(), &2.into()));
    assert_eq!(report["source"]["kind"], kind);
    assert_eq!(report["source"]["location"], location);
    let again = place.run(&["run"]);
    assert!(again.code == 0 && again.stdout.contains("Nothing is to change"), "{again:#?}");
}

#[test]
fn a_workbook_becomes_grants() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Arrivals").expect("a name");
    for (row, line) in (0..).zip(STAYS.lines()) {
        sheet.write_row(row, 0, line.split(',')).expect("it fits");
    }
    let place = hotel("kind = \"excel\"\npath = \"*.xlsx\"\n");
    fs::write(place.path("arrivals.xlsx"), workbook.save_to_buffer().expect("it can be written"))
        .expect("ours");
    check_run(&place, "excel", "arrivals.xlsx");
}

#[tokio::test]
async fn a_database_becomes_grants() {
    let place = hotel("kind = \"sql\"\nurl = \"sqlite://pms.db\"\nquery = \"bookings.sql\"\n");
    let url = format!("sqlite://{}?mode=rwc", place.path("pms.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("a new file");
    let mut lines = STAYS.lines();
    let columns = lines.next().expect("a header").replace(',', " text, ");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("create table booking ({columns} text)")))
        .execute(&mut connection)
        .await
        .expect("it can be made");
    for line in lines {
        let values = line.replace(',', "', '");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("insert into booking values ('{values}')")))
            .execute(&mut connection)
            .await
            .expect("it fits");
    }
    connection.close().await.expect("ours");
    place.write("bookings.sql", "-- all of them\nselect * from booking;\n");
    check_run(&place, "sql", "sqlite://pms.db (bookings.sql)");
}

const PASSWORD: &str = "geheim-Pq7x";

fn check_ends(place: &Place, code: i32, words: &str) {
    for flags in
        [&["check"][..], &["plan", "-vv", "--format", "json"], &["run", "-vv", "--log-format", "json"]]
    {
        let ended: Ended = place.run(flags);
        assert_eq!(ended.code, code, "{flags:?} {ended:#?}");
        let written = format!("{}{}", ended.stdout, ended.stderr);
        assert!(written.contains(words), "{flags:?} {written}");
        assert!(!written.contains("geheim"), "{flags:?} {written}");
    }
    if let Ok(record) = fs::read(place.path("reservation-sync.db")) {
        assert!(!record.windows(6).any(|window| window == b"geheim"));
    }
}

#[test]
fn each_way_to_fail_has_its_exit_code_and_no_password() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    for scheme in ["postgres", "mysql"] {
        let mut place = hotel("kind = \"sql\"\nurl = \"${PMS_DATABASE_URL}\"\nquery = \"bookings.sql\"\n");
        place.set("PMS_DATABASE_URL", &format!("{scheme}://me:{PASSWORD}@127.0.0.1:{port}/pms"));
        check_ends(&place, 6, "read the query `bookings.sql`");
        place.write("bookings.sql", "delete from booking");
        check_ends(&place, 6, "is not one SELECT");
        place.write("bookings.sql", "select * from booking");
        check_ends(&place, 5, "reach `");
        place.set("PMS_DATABASE_URL", &format!("{scheme}://me:{PASSWORD}/x@127.0.0.1:{port}/pms"));
        check_ends(&place, 78, "the address cannot be read");
        place.set("PMS_DATABASE_URL", &format!("sqlserver://me:{PASSWORD}@127.0.0.1:{port}/pms"));
        check_ends(&place, 78, "expected an address that begins with");
    }
    let place = hotel(&format!(
        "kind = \"sql\"\nurl = \"postgres://me:{PASSWORD}/x y@127.0.0.1:{port}/pms\"\nquery = \"bookings.sql\"\n"
    ));
    check_ends(&place, 78, "the address cannot be read");
}
