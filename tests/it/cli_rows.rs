//! What rows mean as a whole run takes them: stays that are over, properties that nobody knows, hours and sentinels
//! (RULES 9 to 11).

use std::fmt::Write as _;

use super::cli_hotel::{place, sandbox_config};
use super::cli_program::{Ended, Place, check};

const HEADER: &str = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n";

fn with_source(config: &str, source: &str) -> Place {
    let place = place();
    place.write("reservation-sync.toml", config);
    place.write("reservations.csv", source);
    place
}

/// `KEY start..end` of every grant that is made.
fn made(ended: &Ended) -> Vec<String> {
    let report = ended.report();
    let items = report["items"].as_array().expect("a list").iter().filter(|item| item["action"] == "create");
    items
        .map(|item| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
            let (key, after) = (text(&item["reservation_key"]), &item["after"]);
            format!("{key} {}..{}", text(&after["starts_at"]), text(&after["ends_at"]))
        })
        .collect()
}

#[test]
fn history_of_years_is_counted_and_the_one_new_stay_gets_its_grant() {
    let mut source = HEADER.to_owned();
    for number in 0..20 {
        let (year, month) = (2022 + number / 5, 1 + number % 5 * 2);
        writeln!(
            source,
            "H{number},confirmed,101,{year}-0{month}-03,{year}-0{month}-06,G{number},Guest {number}"
        )
        .expect("a string takes all text");
    }
    source += "R1,confirmed,101,2026-12-03,2026-12-06,G99,Ana Sousa\n";
    let place = with_source(&sandbox_config(), &source);
    check(&place.run(&["check"]), 0, &[]);
    check(&place.run(&["plan"]), 0, &["21 rows (20 past)"]);
    let ended = place.run(&["run", "--format", "json"]);
    assert_eq!((ended.code, made(&ended).len()), (0, 1), "{ended:#?}");
    assert_eq!(ended.report()["source"]["past"], 20);
    check(&place.run(&["run"]), 0, &["Nothing is to change"]);
}

const THREE_HOTELS: &str = "reservation_key,status,property,unit,check_in,check_out,guest_key,full_name\n\
    R1,confirmed,LIS,101,2026-12-03,2026-12-06,G1,Ana Sousa\n\
    R2,confirmed,OPO,101,2026-12-07,2026-12-09,G2,Rui Lopes\n\
    R3,confirmed,FAO,102,2026-12-03,2026-12-06,G3,Lena Vogt\n";

#[test]
fn source_of_several_properties_of_which_none_is_known_is_refused() {
    let place = with_source(&sandbox_config(), THREE_HOTELS);
    for verb in ["check", "plan", "run"] {
        let words = ["3 properties (`FAO`, `LIS`, `OPO`)", "[properties.CODE]"];
        check(&place.run(&[verb]), 78, &words);
    }
    assert!(!place.has("sandbox.json") || !place.read("sandbox.json").contains("pms:"));
}

#[test]
fn rows_of_an_unknown_property_are_held_beside_a_known_one() {
    let config = sandbox_config().replace("[spaces]", "[properties.LIS]\ncheck_in = \"15:00\"\n\n[spaces]");
    let place = with_source(&config, THREE_HOTELS);
    check(&place.run(&["check"]), 3, &["the configuration does not know property `OPO`; 1 stay held"]);
    let report = place.run(&["plan", "--format", "json"]).report();
    let held: Vec<(&str, &str)> = report["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|item| item["action"] == "hold")
        .map(|item| {
            let text = |name: &str| item[name].as_str().expect("a text");
            (text("property"), text("reason_code"))
        })
        .collect();
    assert_eq!(held, [("FAO", "unknown_property"), ("OPO", "unknown_property")]);
    check(&place.run(&["run"]), 3, &["1 created", "2 held", "[properties.OPO]"]);
    let known = config.replace("[spaces]", "[properties.OPO]\n\n[properties.FAO]\n\n[spaces]");
    place.write("reservation-sync.toml", &known);
    let ended = place.run(&["plan", "--format", "json", "--allow", "new_owner=1", "--reason", "two more"]);
    assert_eq!((ended.code, made(&ended).len()), (0, 2), "{ended:#?}");
}

/// Days with times of their own and days without, as a database writes them.
#[test]
fn hours_and_sentinels_of_an_export_as_people_write_them() {
    let mut source =
        "reservation_key,status,full_name,unit,check_in,check_in_time,check_out,check_out_time,cancelled_at\n\
         R1,confirmed,Ana Sousa,101,2026-12-03 00:00:00,15:00,2026-12-06 00:00:00,11:00,1899-12-30\n"
            .to_owned();
    for number in 2..=11 {
        let (from, to) = (2 * number + 3, 2 * number + 4);
        writeln!(
            source,
            "R{number},confirmed,Guest {number},101.0,2026-12-{from:02} 00:00:00,,2026-12-{to:02} 00:00:00,,1899-12-30"
        )
        .expect("a string takes all text");
    }
    let place = with_source(&sandbox_config(), &source);
    let ended = place.run(&["plan", "--format", "json"]);
    let made = made(&ended);
    assert_eq!((ended.code, made.len()), (0, 11), "{ended:#?}");
    assert_eq!(made[0], "R1 2026-12-03T15:00:00Z..2026-12-06T11:00:00Z");
    assert!(
        made.iter().all(|grant| grant.contains("T15:00:00Z..") && grant.ends_with("T11:00:00Z")),
        "{made:#?}"
    );

    let header = "reservation_key,status,full_name,unit,check_in,check_out,check_out_time\n";
    let rows = "R1,confirmed,Ana Sousa,101,Sat 05 Dec 2026,Mon 07 Dec 2026,24:00\n\
                R2,confirmed,Rui Lopes,102,20261205,20261207,11h00\n\
                December 2026,,,,,,\n\
                R3,confirmed,Lena Vogt,101,2026-12-10T14:30:00+01:00,2026-12-12,11.30\n\
                R4,confirmed,Mia Vogt,102,2026-12-10,2026-12-12,when they like\n\
                R5,confirmed,Tom Hale,102,46361,2026-12-22,\n";
    place.write("reservations.csv", &format!("{header}{rows}"));
    let ended = place.run(&["plan", "--format", "json"]);
    let mut made = self::made(&ended);
    made.sort();
    assert_eq!(
        made,
        [
            "R1 2026-12-05T15:00:00Z..2026-12-08T00:00:00Z",
            "R2 2026-12-05T15:00:00Z..2026-12-07T11:00:00Z",
            "R3 2026-12-10T13:30:00Z..2026-12-12T11:30:00Z",
            "R4 2026-12-10T15:00:00Z..2026-12-12T11:00:00Z",
        ]
    );
    check(
        &place.run(&["plan"]),
        3,
        &["the number that a spreadsheet has for 2026-12-05", "a heading or a subtotal"],
    );
}

#[test]
fn open_end_is_a_grant_without_an_end_until_the_departure_is_known() {
    let table = |check_out: &str| format!("{HEADER}R1,confirmed,101,2026-12-03,{check_out},G1,Ana Sousa\n");
    let place = with_source(&sandbox_config(), &table(""));
    check(&place.run(&["plan"]), 3, &["check_out", "the row has no date"]);
    let config = sandbox_config().replace("max_age = \"none\"", "max_age = \"none\"\nopen_end = \"allow\"");
    place.write("reservation-sync.toml", &config);
    check(&place.run(&["check"]), 0, &["2026-12-03 15:00, without an end"]);
    let ended = place.run(&["run", "--format", "json"]);
    assert_eq!((ended.code, made(&ended)), (0, vec!["R1 2026-12-03T15:00:00Z..-".to_owned()]), "{ended:#?}");
    check(&place.run(&["run"]), 0, &["Nothing is to change"]);
    // Somebody else cannot have the room.
    let other = "R2,confirmed,101,2027-02-03,2027-02-05,G2,Rui Lopes\n";
    place.write("reservations.csv", &(table("") + other));
    check(&place.run(&["plan"]), 3, &["R2"]);
    place.write("reservations.csv", &(table("2026-12-09") + other));
    check(&place.run(&["run"]), 0, &["1 created", "1 updated"]);
    check(&place.run(&["run"]), 0, &["Nothing is to change"]);
}
