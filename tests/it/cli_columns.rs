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
