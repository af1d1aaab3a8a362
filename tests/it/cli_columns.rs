//! A column that the last accepted source had and this one has not stops before anything is decided (RULES 11).

use super::cli_hotel::{STAYS, place, sandbox_config};
use super::cli_program::{Ended, Place, check};

/// The table without one of its columns.
fn without(table: &str, column: &str) -> String {
    let position = table.lines().next().and_then(|header| header.split(',').position(|name| name == column));
    let position = position.expect("it has that column");
    let cut = |line: &str| {
        let cells: Vec<&str> =
            line.split(',').enumerate().filter(|(i, _)| *i != position).map(|(_, c)| c).collect();
        cells.join(",") + "\n"
    };
    table.lines().map(cut).collect()
}

fn allowing(place: &Place, column: &str) -> Ended {
    let allow = format!("missing_column={column}");
    place.run(&["run", "--allow", &allow, "--reason", "the new export has none"])
}

#[test]
fn missing_column_stops_until_allowed() {
    for column in ["status", "unit", "guest_key", "full_name"] {
        let place = place();
        check(&place.run(&["run"]), 0, &[]);
        place.write("reservations.csv", &without(STAYS, column));
        let allow = format!("--allow missing_column={column} --reason");
        let words =
            [&format!("no column `{column}`"), "reservation-sync run -c reservation-sync.toml", &allow];
        for _ in 0..4 {
            check(&place.run(&["run"]), 4, &words);
        }
        check(&place.run(&["plan"]), 4, &[&format!("reservation-sync run -c reservation-sync.toml {allow}")]);
        let report = place.run(&["plan", "--format", "json"]).report();
        let guard =
            report["guards"].as_array().expect("a list").iter().find(|g| g["guard"] == "missing_column");
        let guard = guard.unwrap_or_else(|| panic!("{report:#}"));
        assert_eq!((&guard["tripped"], &guard["scope"]), (&true.into(), &format!("column {column}").into()));
        let other = if column == "unit" { "status" } else { "unit" };
        check(&allowing(&place, other), 4, &[]);
        let allowed = allowing(&place, column);
        assert!([0, 3].contains(&allowed.code), "{column}: {allowed:#?}");
        // What was accepted so is what the next source is held against.
        if column == "unit" {
            check(&place.run(&["run"]), 6, &["missing unit or space_key"]);
        } else {
            let next = place.run(&["run"]);
            assert!([0, 3].contains(&next.code), "{column}: {next:#?}");
        }
    }
}

#[test]
fn five_good_nights_and_then_another_header_stop() {
    let place = place();
    for night in 0..5 {
        place.write(
            "reservations.csv",
            &format!("{STAYS}R{night},confirmed,101,2027-0{}-03,2027-0{0}-06,,,,\n", night + 1),
        );
        let ended = place.run(&["run"]);
        assert_eq!(ended.code, 0, "{night}: {ended:#?}");
    }
    place.write("reservations.csv", &STAYS.replacen("status", "state", 1));
    check(&place.run(&["run"]), 4, &["no column `status`", "--allow missing_column=status"]);
    // Every row would count as a booking; who allows it is told so.
    check(&allowing(&place, "status"), 0, &["no column is the status"]);
}

#[test]
fn columns_that_never_were_there_are_not_missed() {
    let place = place();
    for column in ["status", "guest_key", "full_name"] {
        place.write("reservations.csv", &without(STAYS, column));
        let ended = place.run(&["plan"]);
        assert!([0, 3].contains(&ended.code), "{column}: {ended:#?}");
    }
    place.write("reservations.csv", &without(STAYS, "guest_key"));
    check(&place.run(&["run"]), 0, &[]);
    place.write("reservations.csv", STAYS);
    check(&place.run(&["run"]), 0, &[]);
    place.write("reservations.csv", &without(STAYS, "guest_key"));
    check(&place.run(&["run"]), 4, &["missing_column=guest_key"]);
}

#[test]
fn all_missing_columns_are_allowed_at_once() {
    let place = place();
    check(&place.run(&["run"]), 0, &[]);
    place.write("reservations.csv", &without(&without(STAYS, "guest_key"), "status"));
    let both = "--allow missing_column=guest_key --allow missing_column=status --reason";
    check(&place.run(&["run"]), 4, &[both]);
}

/// A configuration that names the headers of the export.
fn naming(place: &Place) -> String {
    let columns = "[columns]\nstatus = \"State\"\nunit = \"Room\"\n\n[property]";
    place.write("reservation-sync.toml", &sandbox_config().replace("[property]", columns));
    STAYS.replacen("status,unit", "State,Room", 1)
}

#[test]
fn missing_column_that_is_configured_stops_as_well() {
    let place = place();
    let table = naming(&place);
    let without_state = without(&table, "State");
    place.write("reservations.csv", &without_state);
    check(&place.run(&["run"]), 6, &["missing status (`State`)"]);
    check(&allowing(&place, "status"), 0, &[]);
    place.write("reservations.csv", &table);
    check(&place.run(&["run"]), 0, &[]);
    place.write("reservations.csv", &without_state);
    check(&place.run(&["run"]), 4, &["no column `status`", "--allow missing_column=status"]);
    check(&allowing(&place, "unit"), 4, &["--allow missing_column=unit --allow missing_column=status"]);
    check(&allowing(&place, "status"), 0, &[]);
    // A header that lacks something else too is a wrong one.
    place.write("reservations.csv", &table);
    check(&place.run(&["run"]), 0, &[]);
    place.write("reservations.csv", &without(&without_state, "check_in"));
    check(&place.run(&["run"]), 6, &["check_in"]);
}

/// The small hotel with a table and what its configuration says of the columns.
fn hotel(table: &str, columns: &str) -> Place {
    let place = place();
    let config = sandbox_config().replace("[property]", &format!("[columns]\n{columns}\n[property]"));
    place.write("reservation-sync.toml", &config).write("reservations.csv", table);
    place
}

/// The windows that a plan opens, by unit's space.
fn opened(place: &Place) -> Vec<String> {
    let report = place.run(&["plan", "--format", "json"]).report();
    let items = report["items"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let of = |item: &serde_json::Value| {
        let after = &item["after"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        format!(
            "{} {} {} {}",
            text(&item["reservation_key"]),
            text(&after["space_keys"][1]),
            text(&after["starts_at"]),
            text(&after["ends_at"])
        )
    };
    items.iter().map(of).collect()
}

#[test]
fn dates_in_parts_and_nights_of_several_columns_are_one_stay() {
    let table = "id,state,room,year,month,day,week_nights,weekend_nights\nA1,confirmed,101,2026,12,3,1,2\nA2,confirmed,102,2026,December,14,2,\n";
    let columns = "reservation_key = \"id\"\nstatus = \"state\"\nunit = \"room\"\n\
                   check_in = { join = [\"Year\", \"Month\", \"Day\"], with = \"-\" }\n\
                   nights = { join = [\"week_nights\", \"weekend_nights\"], with = \"+\" }\n";
    assert_eq!(
        opened(&hotel(table, columns)),
        [
            "A1 room-101 2026-12-03T15:00:00Z 2026-12-06T11:00:00Z",
            "A2 room-102 2026-12-14T15:00:00Z 2026-12-16T11:00:00Z",
        ]
    );
    // A row without a date is one without a date, and a part that is missing is named.
    let place = hotel(&format!("{table}A3,confirmed,101,,,,1,1\nA4,confirmed,102,2026,12,20,1,\n"), columns);
    check(&place.run(&["check"]), 3, &["1 rejected", "check_in: the row has no date"]);
    check(
        &hotel(&table.replace(",month", ",moon"), columns).run(&["check"]),
        6,
        &["missing check_in (`Year` and `Month` and `Day`)"],
    );
}

#[test]
fn one_house_without_a_unit_column_has_a_unit() {
    let table = "id,state,from,to\nA1,confirmed,2026-12-03,2026-12-06\n";
    let columns = "reservation_key = \"id\"\nstatus = \"state\"\nunit = { value = \"101\" }\ncheck_in = \"from\"\ncheck_out = \"to\"\n";
    assert_eq!(opened(&hotel(table, columns)), ["A1 room-101 2026-12-03T15:00:00Z 2026-12-06T11:00:00Z"]);
}

#[test]
fn a_list_without_a_booking_number_works_and_says_what_equal_keys_mean() {
    let table = "room,from,to,guest\n101,2026-12-03,2026-12-06,Ana Sousa\n101,2026-12-14,2026-12-17,Ana Sousa\n\
                 101,2026-12-14,2026-12-17,Ana Sousa\n";
    let columns = "reservation_key = { join = [\"room\", \"from\", \"guest\"], with = \"/\" }\nstatus = []\n\
                   unit = \"room\"\ncheck_in = \"from\"\ncheck_out = \"to\"\nfull_name = \"guest\"\n";
    let place = hotel(table, columns);
    assert_eq!(
        opened(&place),
        [
            "101/2026-12-03/Ana Sousa room-101 2026-12-03T15:00:00Z 2026-12-06T11:00:00Z",
            "101/2026-12-14/Ana Sousa room-101 2026-12-14T15:00:00Z 2026-12-17T11:00:00Z",
        ]
    );
    let says = "the key of a reservation is joined of `room`, `from` and `guest`: rows in which all of them are equal are one reservation";
    check(&place.run(&["plan"]), 0, &[says]);
    check(&place.run(&["check"]), 0, &["3 rows, 2 reservations", says]);
}

#[test]
fn joined_keys_of_two_bookings_are_never_one() {
    let table = "house,room,unit,from,to,guest\nH/1,2,101,2026-12-03,2026-12-06,Ana Sousa\n\
                 H,1/2,102,2026-12-03,2026-12-06,Rui Lopes\nNULL,7,103,2026-12-03,2026-12-06,Lena Vogt\n";
    let columns = "reservation_key = { join = [\"house\", \"room\"], with = \"/\" }\nstatus = []\n\
                   unit = \"unit\"\ncheck_in = \"from\"\ncheck_out = \"to\"\nfull_name = \"guest\"\n";
    let place = hotel(table, columns);
    let keys = ["H%2F1/2 room-101", "H/1/2 room-102"];
    let window = "2026-12-03T15:00:00Z 2026-12-06T11:00:00Z";
    assert_eq!(opened(&place), keys.map(|key| format!("{key} {window}")));
    check(
        &place.run(&["check"]),
        3,
        &["3 rows, 2 reservations", "reservations.csv:4", "the row has no reservation key"],
    );
    check(
        &hotel(table, &columns.replace("\"/\"", "\"x\"")).run(&["check"]),
        78,
        &["must tell the parts of a key apart"],
    );
}

#[test]
fn two_headers_that_are_one_name_are_refused_unless_one_is_written_exactly() {
    let table = "reservation_key,status,unit,Check In,check_in,check_out\n\
                 R1,confirmed,101,2026-12-03,2026-12-13,2026-12-16\n";
    for verb in ["check", "plan", "run"] {
        check(
            &hotel(table, "").run(&[verb]),
            6,
            &["which is meant of `Check In`, `check_in`", "name the headers in [columns]"],
        );
    }
    let place = hotel(table, "check_in = \"Check In\"\n");
    assert_eq!(opened(&place), ["R1 room-101 2026-12-03T15:00:00Z 2026-12-16T11:00:00Z"]);
    check(&place.run(&["check"]), 0, &["`Check In` is read, and `check_in` is not"]);
    let place = hotel(table, "check_in = \"check_in\"\n");
    assert_eq!(opened(&place), ["R1 room-101 2026-12-13T15:00:00Z 2026-12-16T11:00:00Z"]);
    check(&place.run(&["check"]), 0, &["`check_in` is read, and `Check In` is not"]);
}
