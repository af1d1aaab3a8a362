//! `profiles`, and what a header that does not fit is told.

use std::fs;

use super::cli_hotel::{place, sandbox_config};
use super::cli_program::{Place, check};
use super::house::root;

#[test]
fn the_known_exports_are_listed_with_where_they_are_found_and_how_well_they_are_known() {
    let ended = place().run(&["profiles"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for line in [
        "cloudbeds",
        "  Cloudbeds: reservations",
        "  found under: Reservations, Export",
        "  csv or xlsx; headers in en; evidence high",
    ] {
        assert!(ended.stdout.lines().any(|seen| seen == line), "{line:?} in\n{}", ended.stdout);
    }
    let ended = place().run(&["profiles", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    let profiles = document["profiles"].as_array().expect("a list");
    assert!(profiles.len() >= 20, "{}", profiles.len());
    let evidence: Vec<&str> = profiles.iter().filter_map(|profile| profile["evidence"].as_str()).collect();
    assert_eq!(evidence.len(), profiles.len());
    assert!(evidence.iter().all(|grade| ["high", "medium"].contains(grade)), "{evidence:?}");
}

#[test]
fn one_profile_is_printed_as_it_is_and_an_unknown_one_is_a_usage_error() {
    let file = fs::read_to_string(root().join("config/profiles/mews.toml")).expect("it is there");
    assert_eq!(place().run(&["profiles", "mews"]).stdout, file);
    let document: serde_json::Value =
        serde_json::from_str(&place().run(&["profiles", "mews", "--format", "json"]).stdout).expect("JSON");
    assert_eq!((document["toml"].as_str(), document["name"].as_str()), (Some(file.as_str()), Some("mews")));
    let ended = place().run(&["profiles", "muse"]);
    assert_eq!(ended.code, 64);
    assert!(ended.stderr.contains("there is no profile `muse`"), "{}", ended.stderr);
}

/// The small hotel with the export of a program, and what its configuration says of the source.
fn hotel(sample: &str, source: &str) -> Place {
    let place = place();
    let path = root().join("samples/profiles").join(sample);
    fs::copy(path, place.path("reservations.csv")).expect("it can be copied");
    let config = sandbox_config().replace("[source]\n", &format!("[source]\n{source}"));
    place.write("reservation-sync.toml", &config);
    place
}

#[test]
fn a_header_that_fits_another_profile_is_told_whose_export_it_looks_like() {
    for source in ["", "profile = \"mews\"\nkind = \"csv\"\n"] {
        for verb in ["check", "plan", "run"] {
            let ended = hotel("cloudbeds.csv", source).run(&[verb]);
            assert_eq!(ended.code, 6, "{ended:#?}");
            let told = format!("{}{}", ended.stdout, ended.stderr);
            assert!(
                told.contains("the header of `reservations.csv` does not fit: missing reservation_key"),
                "{told}"
            );
            let looks = "this looks like the export of Cloudbeds: reservations: write profile = \"cloudbeds\" in [source]";
            assert!(told.contains(looks), "{told}");
        }
    }
}

#[test]
fn an_export_without_the_status_that_its_profile_needs_is_refused_unless_the_file_says_so() {
    let place = hotel("hostaway.csv", "profile = \"hostaway\"\n");
    let export = place.read("reservations.csv").replace("Number of nights,Status", "Number of nights,State");
    place.write("reservations.csv", &export);
    let ended = place.run(&["check"]);
    assert_eq!(ended.code, 6, "{ended:#?}");
    assert!(ended.stderr.contains("missing status (`Status`)"), "{}", ended.stderr);
    let config = place.read("reservation-sync.toml") + "\n[columns]\nstatus = []\n";
    place.write("reservation-sync.toml", &config);
    // The key of one row is a rounded number, and every stay of the sample is over.
    let ended = place.run(&["check"]);
    assert!(ended.code == 0 && !ended.stdout.contains("no column is the status"), "{ended:#?}");
}

#[test]
fn a_profile_of_an_export_of_ones_own_is_printed_and_can_be_copied_from() {
    let place = Place::new();
    place.write(
        "stays.csv",
        "Ref,Room,Arrival,Departure,Guest,State\nA1,101,15/12/2026,17/12/2026,Ana Sousa,Confirmed\nA2,102,03/12/2026,06/12/2026,Rui Lopes,Verschoben\n",
    );
    let ended = place.run(&["profiles", "--from", "stays.csv"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    for line in [
        "title     = \"...\"   # FILL IN: the program, and which of its lists",
        "date_order = \"dmy\"",
        "reservation_key = \"Ref\"",
        "status = \"State\"",
        "\"Confirmed\" = \"grant\"",
        "# \"Verschoben\" = \"...\"   # FILL IN: grant, checked_in, revoke or ignore",
    ] {
        assert!(ended.stdout.lines().any(|seen| seen == line), "{line} in\n{}", ended.stdout);
    }
    // Nobody's name stands in it, and no file is written.
    assert!(!ended.stdout.contains("Sousa") && !place.has("reservation-sync.toml"), "{}", ended.stdout);
    // Its tables are those of a configuration.
    let (_, tables) = ended.stdout.split_once("[source]\n").expect("a table");
    let tables =
        tables.replace("# \"Verschoben\" = \"...\"", "\"Verschoben\" = \"ignore\"").replace("FILL IN: ", "");
    let head = "policy = \"sync\"\nnamespace = \"own\"\n[property]\ntime_zone = \"Europe/Lisbon\"\n[spaces]\nkey = \"room-{unit}\"\n";
    place.write("own.toml", &format!("{head}[source]\npath = \"stays.csv\"\n{tables}"));
    let checked = place.run(&["check", "-c", "own.toml"]);
    assert!(checked.code == 0 && checked.stdout.contains("OK"), "{checked:#?}");
    assert_eq!(place.run(&["profiles", "mews", "--from", "stays.csv"]).code, 64);
}

#[test]
fn a_profile_of_ones_own_is_used_by_its_name_or_path() {
    let place = place();
    let stays = "Ref,Room,Arrival,Departure,Guest,State\nA1,101,15/12/2026,17/12/2026,Ana Sousa,Confirmed\n\
                 A2,102,03/12/2026,06/12/2026,Rui Lopes,Verschoben\n";
    place.write("reservations.csv", stays);
    let printed = place.run(&["profiles", "--from", "reservations.csv"]).stdout;
    let profile = printed.replace("# \"Verschoben\" = \"...\"", "\"Verschoben\" = \"ignore\"");
    fs::create_dir(place.path("exports")).expect("a folder of ours");
    place.write("mine.toml", &profile).write("exports/mine.toml", &profile);
    let named = |name: &str| {
        let profile = format!("[source]\nprofile = \"{name}\"\n");
        place.write("reservation-sync.toml", &sandbox_config().replace("[source]\n", &profile));
        place.run(&["check"])
    };
    for name in ["mine", "mine.toml", "exports/mine.toml"] {
        check(&named(name), 0, &["2 rows, 2 reservations", "2026-12-15 15:00 to 2026-12-17 11:00"]);
        check(&place.run(&["config"]), 0, &["columns.check_in = \"Arrival\"", &format!("profile {name}")]);
    }
    check(&place.run(&["plan"]), 0, &["1 create"]);
    // What the file sets wins.
    let config = sandbox_config().replace("[source]\n", "[source]\nprofile = \"mine\"\n");
    let with = |more: &str| config.replace("[property]", &format!("{more}\n[property]"));
    place.write("reservation-sync.toml", &with("[statuses]\nVerschoben = \"grant\""));
    check(&place.run(&["plan"]), 0, &["2 create"]);
    // A configuration that names it is continued without proposals of columns.
    place.write("reservation-sync.toml", &config);
    check(&place.run(&["init", "--continue"]), 0, &[]);
    assert!(
        !place.read("reservation-sync.toml").contains("[columns]"),
        "{}",
        place.read("reservation-sync.toml")
    );
    check(&named("mein"), 78, &["source.profile: unknown profile"]);
    check(&named("mein.toml"), 78, &["source.profile: read `mein.toml`"]);
    for (text, expected) in [
        ("[columns\n", "`mine.toml` cannot be read: line 1"),
        ("[columns]\nunit = \"Room\"\nunit = \"Door\"\n", "`mine.toml` cannot be read: line 3"),
        ("[seam]\nproduction = true\n", "`mine.toml` has `seam`, which no profile says"),
        ("[columns]\nroom = \"Room\"\n", "columns.room: unknown key (in the profile)"),
    ] {
        place.write("mine.toml", text);
        check(&named("mine"), 78, &[expected]);
    }
}
