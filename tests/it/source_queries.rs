//! The queries of `config/queries`, each on the engine of its product, and a real hotel's 119,390 bookings.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::{self, Write};

use flate2::read::MultiGzDecoder;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use reservation_sync::model::{Coverage, Guest, Place, ProblemCode, ReservationId, Standing, Stay};

use super::house::{root, text};
use super::servers::Engine;
use super::source_databases::Database;

/// The tables of a product have stays in the first days of December 2026; the queries give those of today and later.
fn moved(sql: &str, today: &Zoned) -> String {
    (1..=5).fold(sql.to_owned(), |sql, day| {
        let date = today.checked_add((10 + day).days()).expect("a day to come").date();
        sql.replace(&format!("2026-12-0{day}"), &date.to_string())
    })
}

fn moved_back(lines: Vec<String>, today: &Zoned) -> Vec<String> {
    let back = |line: String| {
        (1..=5).fold(line, |line, day| {
            let date = today.checked_add((10 + day).days()).expect("a day to come").date();
            line.replace(&date.to_string(), &format!("2026-12-0{day}"))
        })
    };
    lines.into_iter().map(back).collect()
}

/// Reads a product's tables through its query.
async fn check(product: &str, engine: Engine, expected: &[&str]) {
    let Some(database) = Database::server(engine).await else { return };
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    database.execute(&moved(&text(&format!("tests/pms-databases/{product}.sql")), &now)).await;
    let query = root().join(format!("config/queries/{product}.sql"));
    let read = database.read_file(&query, "", &now.timestamp().to_string()).await.expect("a good query");
    let lines =
        read.reservations.iter().flat_map(|it| it.stays.iter().map(|stay| line(&it.id, stay))).collect();
    assert_eq!(moved_back(lines, &now), expected, "{product}");
    assert_eq!((read.rejects, read.warnings), (Vec::new(), Vec::new()));
}

/// `property/KEY segment: unit standing window, guest` of a stay; times are those on the wall of the property.
fn line(id: &ReservationId, stay: &Stay) -> String {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let unit = match &stay.place {
        Place::Units(units) => units.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
        other => format!("{other:?}"),
    };
    let Guest { key, full_name, email, phone, is_primary } = &stay.guest;
    format!(
        "{}/{} {}: {unit} {:?} {}/{}, {} {full_name} {} {}{}",
        id.property,
        id.key,
        shown(stay.stay_id.as_ref().map(ToString::to_string)),
        stay.standing,
        stay.check_in.local.strftime("%F %H:%M"),
        stay.check_out.local.strftime("%F %H:%M"),
        shown(key.as_ref().map(ToString::to_string)),
        shown(email.as_ref().map(|email| email.as_str().to_owned())),
        shown(phone.as_ref().map(|phone| phone.as_str().to_owned())),
        if *is_primary { " primary" } else { "" },
    )
}

#[tokio::test]
async fn qloapps_gives_the_contacts_of_the_guest_and_not_of_the_hotel() {
    check("qloapps", Engine::MySql, &[
        "1/XKBKNABJK 900: A-101 Expected 2026-12-01 14:00/2026-12-04 11:00, order-100 Zoé Gast guest@example.com +442079460123",
        "1/XKBKNABJK 901: A-102 Revoked 2026-12-01 14:00/2026-12-04 11:00, order-100 Zoé Gast guest@example.com +442079460123",
    ])
    .await;
}

#[tokio::test]
async fn oca_pms_gives_a_segment_for_each_room_of_a_guest_who_moves() {
    check("oca_pms", Engine::Postgres, &[
        "SOL/F/2600001/1 1-2026-12-01: 101 Expected 2026-12-01 15:30/2026-12-03 12:00, checkin-1 Lucía Pérez - +442079460600",
        "SOL/F/2600001/1 1-2026-12-03: 102 Expected 2026-12-03 14:00/2026-12-04 12:00, checkin-1 Lucía Pérez - +442079460600",
        "SOL/F/2600001/1 1-2026-12-04: 101 Expected 2026-12-04 14:00/2026-12-05 11:00, checkin-1 Lucía Pérez - +442079460600",
        "SOL/F/2600001/2 2-2026-12-01: 101 Revoked 2026-12-01 14:00/2026-12-02 12:00, - Lucía Pérez lucia@example.com -",
    ])
    .await;
}

#[tokio::test]
async fn minical_gives_every_guest_in_every_room_segment() {
    check("minical", Engine::MySql, &[
        "1/55 1: 101 Expected 2026-12-01 15:00/2026-12-02 11:00, 1 Booker One b@example.com +16045550100 primary",
        "1/55 1: 101 Expected 2026-12-01 15:00/2026-12-02 11:00, 3 Guest Three g3@example.com +16045550101",
        "1/55 2: 102 Expected 2026-12-02 15:00/2026-12-05 11:00, 1 Booker One b@example.com +16045550100 primary",
        "1/55 2: 102 Expected 2026-12-02 15:00/2026-12-05 11:00, 3 Guest Three g3@example.com +16045550101",
        "1/56 3: Unassigned Revoked 2026-12-03 15:00/2026-12-04 11:00, 2 Guest Two - - primary",
    ])
    .await;
}

#[tokio::test]
async fn hoteldruid_gives_days_for_its_numbers_of_nights() {
    check("hoteldruid", Engine::MySql, &[
        "/2026-14 -: 12 Expected 2026-12-01 15:00/2026-12-04 11:00, 1 Carla Rossi carla@example.com +442079460333 primary",
        "/2026-14 -: 12 Expected 2026-12-01 15:00/2026-12-04 11:00, 2 Bruno Rossi - +442079460347",
    ])
    .await;
}

#[tokio::test]
async fn librebooking_gives_every_user_in_every_resource() {
    let Some(database) = Database::server(Engine::MySql).await else { return };
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    database.execute(&moved(&text("tests/pms-databases/librebooking.sql"), &now)).await;
    let query = root().join("config/queries/librebooking.sql");
    let read = database.read_file(&query, "", &now.timestamp().to_string()).await.expect("a good query");
    let [reservation] = read.reservations.as_slice() else { panic!("one reservation") };
    // Six: three people in two rooms, from and to the same instants, which are UTC in the database.
    let windows: BTreeMap<(String, String), Vec<String>> =
        reservation.stays.iter().fold(BTreeMap::new(), |mut windows, stay| {
            let window = (stay.check_in.instant.to_string(), stay.check_out.instant.to_string());
            let email = stay.guest.email.as_ref().expect("everybody has one").as_str().to_owned();
            windows.entry(window).or_insert_with(Vec::new).push(email);
            windows
        });
    let [(window, emails)] = windows.into_iter().collect::<Vec<_>>().try_into().expect("one window");
    let (begin, end) = (moved("2026-12-01T14:00:00Z", &now), moved("2026-12-01T16:00:00Z", &now));
    assert_eq!(window, (begin, end));
    let count = |email: &str| emails.iter().filter(|one| *one == email).count();
    assert_eq!((count("ida@example.com"), count("otto@example.com")), (2, 2));
    assert_eq!((count("outsider@example.com"), emails.len()), (2, 6));
}

/// The table of the data set; where it is not beside the repository, nothing is shown, and that is said.
#[expect(clippy::disallowed_methods, reason = "where the tests find data is a matter of the tests alone")]
fn hotels() -> Option<csv::Reader<MultiGzDecoder<File>>> {
    let folder = env::var("TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let path = root().join(folder).join("hotel-booking-demand/hotels.csv.gz");
    let Ok(file) = File::open(&path) else {
        let message = format!("SKIPPED: {} is not there; TEST_DATA says where it is\n", path.display());
        io::stderr().write_all(message.as_bytes()).expect("stderr is open");
        return None;
    };
    Some(csv::Reader::from_reader(MultiGzDecoder::new(file)))
}

/// Loads the table and reads it through a query: key from the number of the row, unit from the assigned room type,
/// departure from the nights.
async fn check_hotels(mut database: Database, query: &str) {
    database.patience = "10m";
    let Some(mut reader) = hotels() else { return };
    let header = reader.headers().expect("a header").clone();
    let position = |name: &str| header.iter().position(|it| it == name).expect("a column of the data set");
    let columns = [
        "hotel",
        "arrival_date_year",
        "arrival_date_month",
        "arrival_date_day_of_month",
        "stays_in_weekend_nights",
        "stays_in_week_nights",
        "assigned_room_type",
        "reservation_status",
    ]
    .map(position);
    database
        .execute(
            "create table hotels (id integer, hotel varchar(20), year integer, month varchar(9), day integer, \
             weekend_nights integer, week_nights integer, room varchar(9), status varchar(20))",
        )
        .await;
    let mut statuses = vec![String::new()];
    let mut values = Vec::new();
    for record in reader.into_records() {
        let record = record.expect("the data set is whole");
        let cells: Vec<String> =
            columns.iter().map(|column| format!("'{}'", record[*column].trim())).collect();
        values.push(format!("({}, {})", statuses.len(), cells.join(", ")));
        statuses.push(record[columns[7]].to_owned());
        if values.len() == 2_000 {
            database.execute(&format!("insert into hotels values {}", values.join(", "))).await;
            values.clear();
        }
    }
    database.execute(&format!("insert into hotels values {}", values.join(", "))).await;
    assert_eq!(statuses.len() - 1, 119_390);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hotels.sql");
    fs::write(&file, query).expect("our folder");
    let more = "[statuses]\n\"Check-Out\" = \"revoke\"\nCanceled = \"revoke\"\n\"No-Show\" = \"revoke\"";
    let read = database.read_file(&file, more, "2015-12-01T12:00:00Z").await.expect("a good query");
    assert_eq!((read.n_rows, read.coverage), (119_390, Coverage::Complete));

    // Of each status: how many are stays, and how many have no night and are not over.
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for stay in read.reservations.iter().flat_map(|reservation| &reservation.stays) {
        counts.entry(&statuses[usize::try_from(stay.source.row).expect("small")]).or_default().0 += 1;
        assert_eq!(stay.standing, Standing::Revoked);
    }
    for reject in &read.rejects {
        assert_eq!(reject.code, ProblemCode::EndBeforeStart, "{reject}");
        counts.entry(&statuses[usize::try_from(reject.source.row).expect("small")]).or_default().1 += 1;
    }
    let expected =
        [("Canceled", (43_017 - 22, 22)), ("Check-Out", (75_166 - 680, 567)), ("No-Show", (1_207 - 13, 13))];
    assert_eq!(counts, BTreeMap::from(expected));
}

#[tokio::test]
async fn all_bookings_of_two_real_hotels_are_accounted_for_in_postgres() {
    let Some(database) = Database::server(Engine::Postgres).await else { return };
    let query = "select id as reservation_key, hotel as property, room as unit, status,
          to_date(year || ' ' || month || ' ' || day, 'YYYY FMMonth FMDD') as check_in,
          to_date(year || ' ' || month || ' ' || day, 'YYYY FMMonth FMDD') + weekend_nights + week_nights as check_out
        from hotels order by id";
    check_hotels(database, query).await;
}

#[tokio::test]
async fn all_bookings_of_two_real_hotels_are_accounted_for_in_mysql() {
    let Some(database) = Database::server(Engine::MySql).await else { return };
    let query = "select id as reservation_key, hotel as property, room as unit, status, arrival as check_in,
          arrival + interval weekend_nights + week_nights day as check_out
        from (select *, str_to_date(concat(year, ' ', month, ' ', day), '%Y %M %d') as arrival from hotels) dated
        order by id";
    check_hotels(database, query).await;
}
