//! What becomes of one row, read as a file of one booking.

use jiff::civil::time;
use jiff::tz::TimeZone;

use crate::model::{
    Coverage, Method, Place, Problem, ProblemCode, PropertyCode, ReservationKey, SourceRead, Standing, Stay,
};
use crate::source::field::Field;
use crate::source::forms::CellForms;
use crate::source::settings::{ColumnMap, DateOrder, SourceSettings};
use crate::source::testing::{read_bytes, settings};

mod dates;

/// Reads one booking, with the given fields in place of the usual ones.
fn read_with(settings: &SourceSettings, fields: &[(&str, &str)]) -> SourceRead {
    let mut cells = vec![
        ("reservation_key", "R1"),
        ("unit", "101"),
        ("check_in", "2026-05-01"),
        ("check_out", "2026-05-03"),
    ];
    for (name, value) in fields {
        cells.retain(|(known, _)| known != name);
        cells.push((name, value));
    }
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let header = line(cells.iter().map(|(name, _)| (*name).to_owned()).collect());
    let row = line(cells.iter().map(|(_, value)| format!("\"{}\"", value.replace('"', "\"\""))).collect());
    read_bytes(format!("{header}{row}").as_bytes(), settings).expect("the header is right")
}

fn read(fields: &[(&str, &str)]) -> SourceRead {
    read_with(&settings(), fields)
}

fn stay(fields: &[(&str, &str)]) -> Stay {
    let read = read(fields);
    assert_eq!(read.rejects, [], "{fields:?}");
    read.reservations[0].stays[0].clone()
}

fn check_window(settings: &SourceSettings, fields: &[(&str, &str)], check_in: &str, check_out: &str) {
    let read = read_with(settings, fields);
    assert_eq!(read.rejects, [], "{fields:?}");
    let stay = &read.reservations[0].stays[0];
    let seen = (stay.check_in.instant.to_string(), stay.check_out.instant.to_string());
    assert_eq!(seen, (check_in.to_owned(), check_out.to_owned()), "{fields:?}");
}

fn check_rejected(fields: &[(&str, &str)], column: &str, code: ProblemCode) {
    let read = read(fields);
    let [problem] = read.rejects.as_slice() else { panic!("one reject, not {:?}", read.rejects) };
    assert_eq!((problem.column, problem.code), (column, code), "{fields:?}");
    assert!(!problem.hint.is_empty() && !problem.message.is_empty());
    let key_is_known = !matches!(code, ProblemCode::BadKey) && column != "reservation_key";
    assert_eq!(read.reservations.len(), usize::from(key_is_known), "{fields:?}");
    assert_eq!(read.coverage == Coverage::Complete, key_is_known, "{fields:?}");
}

/// Checks that the row is used, and gives the stay and its only warning.
fn warned(fields: &[(&str, &str)], column: &str, code: ProblemCode) -> (Stay, Problem) {
    let read = read(fields);
    let [problem] = read.warnings.as_slice() else { panic!("one warning, not {:?}", read.warnings) };
    assert_eq!((problem.column, problem.code), (column, code), "{fields:?}");
    (read.reservations[0].stays[0].clone(), problem.clone())
}

#[test]
fn a_date_takes_the_time_of_its_row_or_of_its_property() {
    let lisbon = settings();
    check_window(&lisbon, &[], "2026-05-01T14:00:00Z", "2026-05-03T10:00:00Z");
    check_window(
        &lisbon,
        &[("check_in_time", "16:30"), ("check_out_time", "9:15 AM")],
        "2026-05-01T15:30:00Z",
        "2026-05-03T08:15:00Z",
    );
    check_window(
        &lisbon,
        &[("check_in", "2026-05-01 18:00"), ("check_in_time", "16:30")],
        "2026-05-01T15:30:00Z",
        "2026-05-03T10:00:00Z",
    );
    check_window(
        &lisbon,
        &[("check_in", "2026-05-01T12:00:00+02:00"), ("check_out", "2026-05-03T10:30:00Z")],
        "2026-05-01T10:00:00Z",
        "2026-05-03T10:30:00Z",
    );
    check_window(
        &lisbon,
        &[("property_time_zone", "asia/bangkok")],
        "2026-05-01T08:00:00Z",
        "2026-05-03T04:00:00Z",
    );
    let mut casa = lisbon.properties.default.clone();
    casa.check_in = time(17, 0, 0, 0);
    casa.time_zone = TimeZone::get("Atlantic/Azores").expect("the zone database is bundled");
    let mut with_casa = settings();
    with_casa.properties.by_code.insert(PropertyCode::new("CASA"), casa);
    check_window(&with_casa, &[("property", "CASA")], "2026-05-01T17:00:00Z", "2026-05-03T11:00:00Z");
    check_window(&with_casa, &[("property", "OTHER")], "2026-05-01T14:00:00Z", "2026-05-03T10:00:00Z");
    let mut british = settings();
    british.date_order = DateOrder::DayMonthYear;
    check_window(
        &british,
        &[("check_in", "01/05/2026"), ("check_out", "3.5.26")],
        "2026-05-01T14:00:00Z",
        "2026-05-03T10:00:00Z",
    );
}

#[test]
fn a_time_with_a_mark_is_one_of_the_next_day() {
    check_window(
        &settings(),
        &[("check_in", "01-MAY-26"), ("check_in_time", "*01:30"), ("check_out", "3 May 2026")],
        "2026-05-02T00:30:00Z",
        "2026-05-03T10:00:00Z",
    );
}

/// Reads one booking without a departure, and gives the local window.
fn window(fields: &[(&str, &str)]) -> String {
    let stay = stay(&[&[("check_out", "")], fields].concat());
    format!("{} to {}", stay.check_in.local.strftime("%F %R"), stay.check_out.local.strftime("%F %R"))
}

#[test]
fn the_departure_is_the_day_after_the_last_night() {
    assert_eq!(window(&[("last_night", "2026-05-02")]), "2026-05-01 15:00 to 2026-05-03 11:00");
    // What says the departure goes before what leads to it.
    let both = [("last_night", "2026-05-02"), ("check_out", "2026-05-04")];
    assert_eq!(window(&both), "2026-05-01 15:00 to 2026-05-04 11:00");
    check_rejected(
        &[("check_out", ""), ("last_night", "2026-04-29")],
        "last_night",
        ProblemCode::EndBeforeStart,
    );
}

#[test]
fn nights_lead_from_the_arrival_to_the_departure_and_back() {
    assert_eq!(window(&[("nights", "3")]), "2026-05-01 15:00 to 2026-05-04 11:00");
    assert_eq!(
        window(&[("nights", "2.0"), ("check_out_time", "10:00")]),
        "2026-05-01 15:00 to 2026-05-03 10:00"
    );
    let back = [("check_in", ""), ("check_out", "2026-05-06"), ("nights", "2")];
    assert_eq!(window(&back), "2026-05-04 15:00 to 2026-05-06 11:00");
    for nights in ["-1", "two", "12345", "2.5"] {
        check_rejected(&[("check_out", ""), ("nights", nights)], "nights", ProblemCode::BadDate);
    }
    check_rejected(&[("check_out", "")], "check_out", ProblemCode::Missing);
    check_rejected(&[("check_in", ""), ("check_out", ""), ("nights", "2")], "check_in", ProblemCode::Missing);
}

#[test]
fn nights_that_are_not_those_between_the_dates_reject_the_row() {
    assert_eq!(stay(&[("nights", "2")]).check_out.local.day(), 3);
    check_rejected(&[("nights", "3")], "nights", ProblemCode::BadDate);
    // The fifth of January to the seventh, or the first of May to the first of July.
    let mut british = settings();
    british.date_order = DateOrder::DayMonthYear;
    let swapped = [("check_in", "01/05/2026"), ("check_out", "01/07/2026"), ("nights", "2")];
    assert_eq!(read_with(&british, &swapped).rejects[0].column, "nights");
    british.date_order = DateOrder::MonthDayYear;
    let within_a_year = [("check_in", "05/01/2026"), ("check_out", "05/03/2026"), ("nights", "2")];
    assert_eq!(read_with(&british, &within_a_year).rejects, []);
}

#[test]
fn a_stay_of_no_nights_needs_times_and_is_then_used_within_its_day() {
    check_rejected(&[("check_out", "2026-05-01")], "check_out", ProblemCode::EndBeforeStart);
    check_rejected(&[("check_out", ""), ("nights", "0")], "nights", ProblemCode::EndBeforeStart);
    let hours = [("check_out", "2026-05-01"), ("check_in_time", "09:00"), ("check_out_time", "17:00")];
    for nights in ["", "0", "1"] {
        let fields = [&hours[..], &[("nights", nights)]].concat();
        check_window(&settings(), &fields, "2026-05-01T08:00:00Z", "2026-05-01T16:00:00Z");
    }
}

#[test]
fn a_mark_of_a_cancellation_goes_before_the_status() {
    let standing = |fields: &[(&str, &str)]| stay(fields).standing;
    for status in ["confirmed", "checked_in", "tentative", "modified"] {
        let fields = [("status", status), ("cancelled_at", "2026-04-20")];
        assert_eq!(standing(&fields), Standing::Revoked, "{status}");
    }
    for nothing in ["", "-", "0000-00-00 00:00:00", "No", "n/a"] {
        assert_eq!(
            standing(&[("status", "confirmed"), ("cancelled_at", nothing)]),
            Standing::Expected,
            "{nothing}"
        );
    }
}

#[test]
fn further_guests_of_a_row_are_guests_of_the_same_stay_with_nothing_but_a_name() {
    let mut shared = settings();
    shared.forms.guest_separators = vec![";".to_owned(), "/".to_owned()];
    let fields = [
        ("full_name", "Ana Sousa; Rui Lopes"),
        ("other_guests", "Inês Prado/ Rui Lopes /"),
        ("email", "ana@example.com"),
        ("code", "0471"),
    ];
    let read = read_with(&shared, &fields);
    let stays = &read.reservations[0].stays;
    let names: Vec<&str> = stays.iter().map(|stay| stay.guest.full_name.as_str()).collect();
    assert_eq!(names, ["Ana Sousa", "Rui Lopes", "Inês Prado"]);
    assert!(stays[1..].iter().all(|stay| stay.guest.email.is_none() && stay.code.is_none()));
    assert_eq!((stays[1].check_in.instant, &stays[1].place), (stays[0].check_in.instant, &stays[0].place));
}

#[test]
fn a_row_that_says_it_is_no_booking_is_passed_over_and_counted() {
    let mut skipping = settings();
    skipping.columns.skip = [("kind".to_owned(), vec!["Payout".to_owned()])].into();
    let read = read_with(&skipping, &[("kind", "payout"), ("reservation_key", "")]);
    assert_eq!((read.n_rows, read.rejects.len(), read.coverage), (0, 0, Coverage::Complete));
    assert_eq!(read.warnings[0].message, "one row is passed over, as `skip` in [source] says");
}

#[test]
fn ids_that_were_taken_for_numbers_are_their_digits_again() {
    let read = read(&[("reservation_key", "5134582030.0"), ("unit", "2.0"), ("guest_key", "77.0")]);
    let reservation = &read.reservations[0];
    assert_eq!(reservation.id.key, ReservationKey::new("5134582030"));
    assert_eq!(reservation.stays[0].place, Place::Units(["2".into()].into()));
    assert_eq!(reservation.stays[0].guest.key, Some("77".into()));
    check_rejected(&[("reservation_key", "1.23e+10")], "reservation_key", ProblemCode::BadKey);
    check_rejected(&[("reservation_key", "5.134E+15")], "reservation_key", ProblemCode::BadKey);
}

#[test]
fn when_the_clocks_change_the_guest_is_not_short_of_access() {
    let madrid = ("property_time_zone", "Europe/Madrid");
    // The hour that comes twice, on 2026-10-25: arrival takes the first, departure the second.
    check_window(
        &settings(),
        &[madrid, ("check_in", "2026-10-25 02:30"), ("check_out", "2026-10-26 11:00")],
        "2026-10-25T00:30:00Z",
        "2026-10-26T10:00:00Z",
    );
    check_window(
        &settings(),
        &[madrid, ("check_in", "2026-10-24 15:00"), ("check_out", "2026-10-25 02:30")],
        "2026-10-24T13:00:00Z",
        "2026-10-25T01:30:00Z",
    );
    // The hour that does not exist, on 2027-03-28: the earlier instant for arrival, the later for departure.
    check_window(
        &settings(),
        &[madrid, ("check_in", "2027-03-28"), ("check_in_time", "02:30"), ("check_out", "2027-03-29")],
        "2027-03-28T00:30:00Z",
        "2027-03-29T09:00:00Z",
    );
    check_window(
        &settings(),
        &[madrid, ("check_in", "2027-03-27"), ("check_out", "2027-03-28"), ("check_out_time", "02:30")],
        "2027-03-27T14:00:00Z",
        "2027-03-28T01:30:00Z",
    );
}

#[test]
fn a_row_that_cannot_be_trusted_is_rejected() {
    check_rejected(&[("reservation_key", " ")], "reservation_key", ProblemCode::Missing);
    check_rejected(&[("reservation_key", "NULL")], "reservation_key", ProblemCode::Missing);
    check_rejected(&[("reservation_key", "-")], "reservation_key", ProblemCode::Missing);
    check_rejected(&[("reservation_key", "1,23E+10")], "reservation_key", ProblemCode::BadKey);
    check_rejected(&[("reservation_key", "R\u{7}1")], "reservation_key", ProblemCode::BadKey);
    check_rejected(&[("check_in", "")], "check_in", ProblemCode::Missing);
    check_rejected(&[("check_out", "NULL")], "check_out", ProblemCode::Missing);
    check_rejected(&[("check_in", "31/04/2026")], "check_in", ProblemCode::BadDate);
    check_rejected(&[("check_out", "2026-02-30")], "check_out", ProblemCode::BadDate);
    check_rejected(&[("check_out", "2026-05-01")], "check_out", ProblemCode::EndBeforeStart);
    let in_three_years = [("check_in", "2029-05-02"), ("check_out", "2029-05-04")];
    check_rejected(&in_three_years, "check_in", ProblemCode::ImplausibleDate);
    check_rejected(&[("property_time_zone", "GMT+2")], "property_time_zone", ProblemCode::BadTimeZone);
    check_rejected(&[("methods", "code; fob")], "methods", ProblemCode::BadMethod);
    check_rejected(&[("opt_out", "maybe")], "opt_out", ProblemCode::BadFlag);
}

#[test]
fn a_contact_that_cannot_be_one_is_left_out_and_never_repeated() {
    let (stay, problem) = warned(&[("email", "ana.example.com")], "email", ProblemCode::BadEmail);
    assert_eq!(stay.guest.email, None);
    assert!(!problem.to_string().contains("ana"), "{problem}");
    let (stay, problem) = warned(&[("phone", "4711")], "phone", ProblemCode::BadPhone);
    assert_eq!(stay.guest.phone, None);
    assert!(!problem.to_string().contains("4711"), "{problem}");
    let (stay, problem) = warned(&[("code", "12")], "code", ProblemCode::BadCode);
    assert_eq!(stay.code, None);
    assert!(!problem.message.contains("12"), "{problem}");
    warned(&[("updated_at", "yesterday")], "updated_at", ProblemCode::BadDate);
    let (stay, problem) = warned(&[("booked_at", "long ago")], "booked_at", ProblemCode::BadDate);
    assert_eq!(stay.booked_at, None);
    assert!(problem.message.contains("booking"), "{problem}");
    warned(&[("is_primary", "perhaps")], "is_primary", ProblemCode::BadFlag);
}

#[test]
fn a_number_without_country_code_needs_a_country() {
    let mut nowhere = settings();
    nowhere.properties.default.country = None;
    let read = read_with(&nowhere, &[("phone", "020 7946 0958")]);
    assert!(read.warnings[0].hint.contains("`country`"), "{}", read.warnings[0]);
    nowhere.properties.default.country = Some("GB".to_owned());
    let read = read_with(&nowhere, &[("phone", "020 7946 0958")]);
    let phone = read.reservations[0].stays[0].guest.phone.as_ref().map(ToString::to_string);
    assert_eq!(phone.as_deref(), Some("+442079460958"));
}

#[test]
fn a_status_decides_what_the_row_means() {
    assert_eq!(stay(&[]).standing, Standing::Expected);
    let check = |status, expected| assert_eq!(stay(&[("status", status)]).standing, expected, "{status}");
    check("Confirmed", Standing::Expected);
    check("checked_in", Standing::CheckedIn);
    check("No Show", Standing::Revoked);
    check("tentative", Standing::Ignored);
    let (stay, problem) = warned(&[("status", "modified")], "status", ProblemCode::UnknownStatus);
    assert_eq!(stay.standing, Standing::Unclear);
    assert!(problem.message.contains("`modified`"));
    let (stay, _) = warned(&[("status", " ")], "status", ProblemCode::UnknownStatus);
    assert_eq!(stay.standing, Standing::Unclear);
}

#[test]
fn a_unit_that_is_not_decided_is_unassigned() {
    let check = |fields: &[(&str, &str)], expected: &Place| {
        assert_eq!(stay(fields).place, *expected, "{fields:?}");
    };
    for unit in ["", "TBA", "tbd", "Unassigned", "n/a", "-", "?", " ; "] {
        check(&[("unit", unit)], &Place::Unassigned);
    }
    check(&[("unit", " 0101 ")], &Place::Units(["0101".into()].into()));
    check(&[("unit", "102; 101;")], &Place::Units(["101".into(), "102".into()].into()));
    check(&[("unit", "101;TBA")], &Place::Units(["101".into()].into()));
    check(&[("unit", "101\n102")], &Place::Units(["101".into(), "102".into()].into()));
    check(&[("space_key", "room-101;lobby")], &Place::Spaces(["room-101".into(), "lobby".into()].into()));
    check(&[("space_key", "")], &Place::Units(["101".into()].into()));
}

#[test]
fn a_guest_is_read_from_whatever_the_source_has() {
    let name = |fields: &[(&str, &str)]| stay(fields).guest.full_name;
    assert_eq!(name(&[("full_name", "  สมชาย  ใจดี ")]), "สมชาย ใจดี");
    assert_eq!(name(&[("first_name", "Ana"), ("last_name", "Sousa")]), "Ana Sousa");
    assert_eq!(name(&[("full_name", "A. Sousa"), ("first_name", "Ana")]), "A. Sousa");
    assert_eq!(name(&[("last_name", "Null")]), "Null");
    assert_eq!(name(&[]), "");
    let guest = stay(&[
        ("guest_key", "G1"),
        ("email", " Ana@Example.com "),
        ("phone", "+44 20 7946 0958"),
        ("is_primary", "Yes"),
    ])
    .guest;
    assert_eq!(guest.key, Some("G1".into()));
    assert_eq!(guest.email, Some("Ana@Example.com".into()));
    assert_eq!(guest.phone, Some("+442079460958".into()));
    assert!(guest.is_primary);
    // A word for nothing is no key: it would make one person of all guests.
    assert_eq!(stay(&[("guest_key", "NULL"), ("email", "N/A"), ("phone", "-")]).guest.key, None);
}

#[test]
fn the_rest_of_a_row_is_read_as_it_is_written() {
    let stay = stay(&[
        ("stay_id", "2"),
        ("methods", "Code, mobile key"),
        ("code", "0471"),
        ("opt_out", "x"),
        ("updated_at", "2026-04-30 10:00"),
        ("share_key", "712.0"),
        ("booked_at", "2026-02-01"),
    ]);
    assert_eq!(stay.stay_id, Some("2".into()));
    assert_eq!(stay.share_key, Some("712".into()));
    assert_eq!(stay.booked_at.map(|at| at.to_string()).as_deref(), Some("2026-02-01T00:00:00Z"));
    assert_eq!(stay.methods, [Method::Code, Method::MobileKey].into());
    assert_eq!(stay.code.map(|code| code.reveal().to_owned()).as_deref(), Some("0471"));
    assert!(stay.opted_out);
    assert_eq!(stay.updated_at.map(|at| at.to_string()).as_deref(), Some("2026-04-30T09:00:00Z"));
}

#[test]
fn share_key_of_no_reservation_is_none() {
    let share_key = |cell| stay(&[("share_key", cell)]).share_key;
    assert_eq!(share_key("712"), Some("712".into()));
    assert_eq!(share_key("1"), Some("1".into()));
    // A word for nothing would make one party of all rows.
    for nothing in ["", " ", "NULL", "N/A", "-", "0", "000", "0.0", "No", "n", "FALSE"] {
        assert_eq!(share_key(nothing), None, "{nothing:?}");
    }
}

#[test]
fn rows_with_other_share_key_are_two_rows() {
    let text = "reservation_key,unit,check_in,check_out,share_key,booked_at\n\
                R1,101,2026-05-01,2026-05-03,7,2026-02-01\n\
                R1,101,2026-05-01,2026-05-03,7,2026-02-01\n\
                R1,101,2026-05-01,2026-05-03,8,2026-02-01\n\
                R1,101,2026-05-01,2026-05-03,8,2026-02-02\n";
    let read = read_bytes(text.as_bytes(), &settings()).expect("the header is right");
    assert_eq!(read.reservations[0].stays.len(), 3);
}

#[test]
fn a_file_in_which_nothing_changed_for_long_is_warned_about() {
    let mut settings = settings();
    settings.max_age = Some(jiff::SignedDuration::from_hours(26));
    let warnings = |updated_at| read_with(&settings, &[("updated_at", updated_at)]).warnings;
    assert_eq!(warnings("2026-04-30 10:00"), []);
    assert_eq!(warnings(""), []);
    let old = warnings("2026-04-30 05:00");
    assert_eq!(old[0].code, ProblemCode::OldSource);
    assert_eq!(old[0].source.to_string(), "bookings.csv");
}

#[test]
fn a_column_may_hold_both_dates_of_a_stay() {
    let headers =
        |departure| [(Field::CheckIn, vec!["Date".to_owned()]), (departure, vec!["Date".to_owned()])].into();
    let read = |departure: Field, cell: &str| {
        let settings = SourceSettings {
            columns: ColumnMap { headers: headers(departure), ..ColumnMap::default() },
            forms: CellForms { range_separator: Some("-".to_owned()), ..CellForms::default() },
            date_order: DateOrder::MonthDayYear,
            ..settings()
        };
        let text = format!("reservation_key,unit,Date\nR1,101,{cell}\n");
        let read = read_bytes(text.as_bytes(), &settings).expect("the header is right");
        let stays = read.reservations.iter().flat_map(|reservation| &reservation.stays);
        let windows: Vec<String> =
            stays.map(|stay| format!("{}..{}", stay.check_in.local, stay.check_out.local)).collect();
        let codes: Vec<String> = read.rejects.iter().map(|problem| format!("{:?}", problem.code)).collect();
        (windows.join(" "), codes.join(" "))
    };
    let check = |departure, cell: &str, window: &str, reject: &str| {
        assert_eq!(read(departure, cell), (window.to_owned(), reject.to_owned()), "{cell} with {departure}");
    };
    check(Field::LastNight, "5/17-5/19/2026", "2026-05-17T15:00:00..2026-05-20T11:00:00", "");
    check(Field::LastNight, "5/17/2026", "2026-05-17T15:00:00..2026-05-18T11:00:00", "");
    check(Field::CheckOut, "5/17-5/19/2026", "2026-05-17T15:00:00..2026-05-19T11:00:00", "");
    // One date is no departure.
    check(Field::CheckOut, "5/17/2026", "", "EndBeforeStart");
    check(Field::LastNight, "5/17-5/15/2026", "", "EndBeforeStart");
    check(Field::LastNight, "5/17-soon", "", "BadDate");
    check(Field::LastNight, "5/17-5/18-5/19/2026", "", "BadDate");
    check(Field::LastNight, "", "", "Missing");
}
