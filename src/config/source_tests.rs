//! What a configuration may say of workbooks and databases.

use std::path::Path;
use std::time::Duration;

use super::tests::{parse_with, refused};
use crate::model::Standing;
use crate::source::{DatabaseAddress, DateOrder, Derived, Field, FileFormat, SourceInput};

/// A whole configuration with these lines under `[source]`.
fn with_source(lines: &str) -> String {
    format!(
        "policy = 'sync'\nnamespace = 'pms'\n[source]\n{lines}\n[property]\ntime_zone = 'Europe/Lisbon'\n\
         [spaces]\nkey = 'room-{{unit}}'\n[seam]\nendpoint = 'sandbox'\npatience = '90s'\n"
    )
}

#[test]
fn a_workbook_is_a_file_with_a_sheet() {
    let text = with_source("kind = 'excel'\npath = 'exports/*.xlsx'\nsheet = 'Arrivals'");
    let source = parse_with(&text, []).expect("a good configuration").source;
    assert_eq!(source.format, FileFormat::Excel { sheet: Some("Arrivals".to_owned()) });
    let path = "exports/*.xlsx".to_owned();
    assert_eq!(source.input, SourceInput::File { folder: "/etc/sync".into(), path });
    let text = refused(&with_source("kind = 'excel'"), []);
    assert!(text.contains("source.path: is required"), "{text}");
}

#[test]
fn a_database_has_an_address_a_query_and_the_patience_of_seam() {
    let source = |url: &str| {
        let text = with_source(&format!("kind = 'sql'\nurl = '{url}'\nquery = '../queries/pms.sql'"));
        parse_with(&text, [("PMS_DATABASE_URL", "mysql://me:geheim@db.example.com/pms")])
            .expect("a good configuration")
            .source
    };
    let SourceInput::Database(input) = source("${PMS_DATABASE_URL}").input else { panic!("a database") };
    assert_eq!(input.address.to_string(), "mysql://db.example.com:3306/pms");
    assert_eq!((input.query.as_str(), input.patience), ("queries/pms.sql", Duration::from_secs(90)));
    assert_eq!(input.query_path, Path::new("/etc/queries/pms.sql"));
    assert!(!format!("{input:?}").contains("geheim"));
    // How old a database is, nobody can say.
    assert_eq!(source("postgres://db.example.com/pms").max_age, None);
    let SourceInput::Database(input) = source("sqlite://data/pms.db").input else { panic!("a database") };
    assert_eq!(input.address, DatabaseAddress::file("/etc/sync/data/pms.db", "data/pms.db"));
}

#[test]
fn a_database_that_is_no_address_is_told_without_what_it_holds() {
    let check = |url: &str, expected: &str| {
        let lines = format!("kind = 'sql'\nurl = '{url}'\nquery = 'pms.sql'");
        let told = refused(&with_source(&lines), [("ADDRESS", "oracle://me:geheim@db.example.com/pms")]);
        assert!(told.contains(expected) && !told.contains("geheim"), "{told}");
    };
    let kinds = "source.url: expected an address that begins with sqlite://, postgres:// or mysql://";
    check("${ADDRESS}", kinds);
    check("oracle://me:geheim@db.example.com/pms", kinds);
    check("postgres://me:ge/heim/geheim@db.example.com/pms", "source.url: the address cannot be read");
    check("mysql://me:geheim@db.example.com", "source.url: the address needs the name of a database");
    check("sqlite://", "source.url: expected the path of a file");
    let told = refused(&with_source("kind = 'sql'"), []);
    assert!(told.contains("source.url: is required") && told.contains("source.query: is required"), "{told}");
}

#[test]
fn a_joined_key_has_a_mark_between_its_parts() {
    let with = |field: &str, with: &str| {
        let columns = format!("[columns]\n{field} = {{ join = ['Villa', 'Day'], with = '{with}' }}\n");
        with_source("kind = 'csv'\npath = 'a.csv'").replace("[property]", &format!("{columns}[property]"))
    };
    for key in ["reservation_key", "stay_id", "guest_key", "share_key"] {
        for mark in ["/", " - ", "_", " "] {
            parse_with(&with(key, mark), []).expect("the parts can be told apart");
        }
        for mark in ["x", "12", "%"] {
            let text = refused(&with(key, mark), []);
            assert!(
                text.contains(&format!("columns.{key}: `with` must tell the parts of a key apart")),
                "{text}"
            );
        }
    }
    parse_with(&with("check_in", "x"), []).expect("a date is read by its parts");
}

#[test]
fn a_profile_says_what_the_file_does_not_say() {
    let text = with_source("profile = 'cloudbeds'\npath = 'bookings.csv'");
    let source = parse_with(&text, []).expect("a good configuration").source;
    let header = |field| source.columns.headers[&field].join(" or ");
    assert_eq!(header(Field::CheckIn), "Check in Date");
    assert_eq!(header(Field::Phone), "Phone Number or Mobile");
    // What the profile does not name is not looked for, and decides nothing by accident.
    assert_eq!(header(Field::Code), "");
    assert!(
        source.columns.optional.contains(&Field::Email) && !source.columns.optional.contains(&Field::Status)
    );
    assert_eq!(source.statuses.standing("in-house"), Some(Standing::CheckedIn));
    assert_eq!(source.forms.unit_separators, [","]);
    assert_eq!(source.date_order, DateOrder::YearMonthDay);
}

#[test]
fn what_the_file_says_wins_over_the_profile() {
    let text =
        with_source("profile = 'cloudbeds'\npath = 'bookings.csv'\ndate_order = 'dmy'\nunit_separator = '/'")
            + "[columns]\nunit = 'Door'\nstatus = []\n[statuses]\n'no-show' = 'ignore'\n";
    let source = parse_with(&text, []).expect("a good configuration").source;
    assert_eq!(source.columns.headers[&Field::Unit], ["Door"]);
    assert_eq!(source.columns.headers[&Field::Status], [""; 0]);
    assert!(!source.columns.optional.contains(&Field::Unit));
    assert_eq!(source.statuses.standing("No Show"), Some(Standing::Ignored));
    assert_eq!(source.statuses.standing("Confirmed"), Some(Standing::Expected));
    assert_eq!(
        (source.date_order, source.forms.unit_separators),
        (DateOrder::DayMonthYear, vec!["/".to_owned()])
    );
}

#[test]
fn a_column_may_be_joined_of_several_or_the_same_in_every_row() {
    let columns = |entries: &str| {
        let text = with_source("path = 'bookings.csv'") + "[columns]\n" + entries;
        parse_with(&text, []).expect("a good configuration").source.columns
    };
    let found = columns(
        "check_in = { join = ['Year', 'Month', 'Day'], with = '/' }\nreservation_key = { join = ['Villa', 'Guest'] }\n\
         unit = { value = 'villa' }\nphone = ['Mobile', 'Phone']\n",
    );
    let joined = |headers: &[&str], with: &str| Derived::Joined {
        headers: headers.iter().map(|header| (*header).to_owned()).collect(),
        with: with.to_owned(),
    };
    assert_eq!(
        found.derived,
        [
            (Field::ReservationKey, joined(&["Villa", "Guest"], "-")),
            (Field::Unit, Derived::Constant("villa".to_owned())),
            (Field::CheckIn, joined(&["Year", "Month", "Day"], "/")),
        ]
        .into()
    );
    assert_eq!(found.headers, [(Field::Phone, vec!["Mobile".to_owned(), "Phone".to_owned()])].into());
    let check = |entry: &str, expected: &str| {
        let told = refused(&(with_source("path = 'bookings.csv'") + "[columns]\n" + entry), []);
        assert!(told.contains(expected), "{told}");
    };
    check("unit = { join = ['Room'] }", "columns.unit: `join` must name two headers or more");
    check("unit = { join = ['A', 'B'], value = 'x' }", "columns.unit: expected `join`, or `value` alone");
    check("unit = { value = 'x', with = '-' }", "columns.unit: expected `join`, or `value` alone");
    check("unit = { values = 'x' }", "columns.unit: unknown key `values`");
    check("unit = { value = 7 }", "columns.unit: expected a string");
}

#[test]
fn whole_reservations_are_said_or_not() {
    let source = |lines: &str| {
        parse_with(&with_source(&format!("path = 'a.csv'\n{lines}")), []).expect("a good one").source
    };
    assert!(!source("").whole_reservations);
    let source = source("whole_reservations = true");
    assert!(source.whole_reservations);
    // The other rows of a reservation are in the export, not in its rejects file.
    assert!(!source.fed_back(SourceInput::Stdin).whole_reservations);
    let told = refused(&with_source("path = 'a.csv'\nwhole_reservations = 'yes'"), []);
    assert!(told.contains("source.whole_reservations: expected true or false, found a string"), "{told}");
}
