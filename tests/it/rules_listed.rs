//! What a source does not list any more (RULES 21, 23): one sentence a test.

use super::hotel_nights::{DOORS, Doors, Flags, House, among, others};

/// A house whose source lists everything from a month ago on.
fn listing(doors: Doors) -> House {
    House::new(doors).with(|house| house.source = "covers = \"-30d..60d\"")
}

/// The same rows in another file: a stay that is long over stands in it as well.
fn other_bytes(rows: &[String], number: usize) -> Vec<String> {
    let past = format!("P{number} Past_Guest 210 11-01..11-{:02}", 2 + number);
    rows.iter().cloned().chain([past]).collect()
}

#[test]
fn absent_stay_goes_in_the_second_read_after_twelve_hours() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(6, &["R1 Ana 001 12..15"]));
        let left = others(6);
        house.night("3", &left).does_nothing().code(0);
        // The same bytes are no second proof, and nor is another file too soon.
        house.night("4", &left).does_nothing().code(0);
        house.night("4T04:00", &other_bytes(&left, 1)).opens_here(&[]).code(0);
    }
}

#[test]
fn absent_stay_waits_for_twelve_hours() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(6, &["R1 Ana 001 12..15"]));
        let left = others(6);
        house.night("3", &left).does_nothing();
        house.night("3T12:00", &other_bytes(&left, 1)).does_nothing().code(0);
        house.night("3T15:30", &other_bytes(&left, 2)).opens_here(&[]).code(0);
    }
}

#[test]
fn absent_stay_that_comes_back_begins_anew() {
    for doors in DOORS {
        let mut house = listing(doors);
        let all = among(6, &["R1 Ana 001 12..15"]);
        house.before("2", &all);
        house.night("3", &others(6)).does_nothing();
        house.night("4", &all).does_nothing().code(0);
        house.night("5", &other_bytes(&others(6), 1)).does_nothing().code(0);
        house.night("6", &other_bytes(&others(6), 2)).opens_here(&[]).code(0);
    }
}

#[test]
fn absence_counts_in_no_rehearsal_and_no_filtered_run() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(6, &["R1 Ana 001 12..15"]));
        let left = others(6);
        let dry = Flags { is_dry: true, ..Flags::default() };
        let only = Flags { only: &["X01"], ..Flags::default() };
        house.night_with("3", &left, dry).does_nothing();
        house.night_with("4", &other_bytes(&left, 1), only).does_nothing();
        house.night("5", &other_bytes(&left, 2)).does_nothing().code(0);
        house.night("6", &other_bytes(&left, 3)).opens_here(&[]).code(0);
    }
}

#[test]
fn absence_counts_in_no_read_with_an_unreadable_key() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(20, &["R1 Ana 001 12..15"]));
        let left: Vec<String> =
            others(20).into_iter().chain(["- Someone_Else 007 12..14".to_owned()]).collect();
        for (number, moment) in ["3", "4", "5"].into_iter().enumerate() {
            let ran = house.night(moment, &other_bytes(&left, number + 1));
            ran.opens_here(&["001 R1 Ana 12T15..15T11"]).does_nothing().code(3);
        }
    }
}

#[test]
fn absence_counts_inside_the_arrivals_only() {
    for doors in DOORS {
        // Without `covers`: from the first to the last arrival of the file, the 10th to the 14th.
        let mut house = House::new(doors);
        house.before("2", &among(10, &["R1 Ana 001 12..15", "R2 Ben 002 20..23"]));
        let left = others(10);
        house.night("3", &left).does_nothing();
        let ran = house.night("4", &other_bytes(&left, 1));
        // A past row widens the range at its other end only.
        ran.opens_here(&["002 R2 Ben 20T15..23T11"]).code(0);
    }
}

#[test]
fn absence_counts_where_a_guard_stopped_the_run() {
    for doors in DOORS {
        let mut house = listing(doors);
        let cancelled = |word: &str| -> Vec<String> {
            (1..=5).map(|n| format!("C{n} {} 10{n} 12..15{word}", super::hotel_nights::letters(n))).collect()
        };
        let with = |rows: Vec<String>, more: &[&str]| -> Vec<String> {
            rows.into_iter().chain(others(6)).chain(more.iter().map(|row| (*row).to_owned())).collect()
        };
        house.before("2", &with(cancelled(""), &["R1 Ana 001 12..15"]));
        house.night("3", &with(cancelled(" cancelled"), &[])).does_nothing().code(4);
        let ran = house.night("4", &with(cancelled(""), &[]));
        assert!(ran.who_opens("001", "13T12:00").is_empty(), "{}", ran.story());
        ran.code(0);
    }
}

#[test]
fn unit_not_listed_any_more_goes_at_once() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &["R1 Ana 001 5..8", "R1 Ana 002 5..8"]);
        house.night("3", &["R1 Ana 001 5..8"]).opens(&["001 R1 Ana 5T15..8T11"]).code(0);
    }
}

#[test]
fn unit_not_listed_in_a_partial_read_stays() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.coverage = "partial");
        house.before("2", &["R1 Ana 001 5..8", "R1 Ana 002 5..8"]);
        house.night("3", &["R1 Ana 001 5..8"]).has(&["001 R1", "002 R1"]).does_nothing();
        house.source = "whole_reservations = true";
        house.night("4", &["R1 Ana 001 5..8"]).has(&["001 R1"]);
    }
}

#[test]
fn unit_of_another_row_in_a_partial_read_is_a_move() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.coverage = "partial");
        house.before("2", &["R1 Ana 001 5..8"]);
        house.night("3", &["R1 Ana 002 5..8"]).has(&["002 R1"]).code(0);
    }
}

#[test]
fn guest_not_listed_any_more_is_an_absent_stay() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(6, &["R1 Ana 001 12..15", "R1 Al 001 12..15"]));
        let left = among(6, &["R1 Ana 001 12..15"]);
        let ran = house.night("3", &left);
        assert_eq!(ran.told().iter().filter(|line| line.starts_with("001")).count(), 2, "{}", ran.story());
        ran.does_nothing().code(0);
        house.night("4", &other_bytes(&left, 1)).opens_here(&["001 R1 Ana 12T15..15T11"]).code(0);
    }
}

#[test]
fn guest_not_listed_in_a_partial_read_stays() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.coverage = "partial");
        house.before("2", &["R1 Ana 001 12..15", "R1 Al 001 12..15"]);
        let left = ["R1 Ana 001 12..15".to_owned()];
        for (number, moment) in ["3", "4", "5"].into_iter().enumerate() {
            let ran = house.night(moment, &other_bytes(&left, number + 1));
            assert_eq!(ran.told().len(), 2, "{}", ran.story());
            ran.does_nothing();
        }
    }
}

#[test]
fn guest_not_listed_stays_where_a_row_is_unreadable() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(20, &["R1 Ana 001 12..15", "R1 Al 001 12..15"]));
        // Al's row has dates that nobody can read.
        let left = among(20, &["R1 Ana 001 12..15", "R1 Al 001 12..32"]);
        for (number, moment) in ["3", "4", "5"].into_iter().enumerate() {
            let ran = house.night(moment, &other_bytes(&left, number + 1));
            assert_eq!(
                ran.told().iter().filter(|line| line.starts_with("001")).count(),
                2,
                "{}",
                ran.story()
            );
            ran.does_nothing().code(3);
        }
    }
}

#[test]
fn segment_of_other_nights_is_judged_by_the_range() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.source = "covers = \"-1d..12d\"");
        house.before("2", &among(6, &["R1 Ana 001 12..14", "R1 Ana 002 20..23"]));
        let left = among(6, &["R1 Ana 001 12..14"]);
        for (number, moment) in ["3", "4", "5"].into_iter().enumerate() {
            let ran = house.night(moment, &other_bytes(&left, number + 1));
            ran.opens_here(&["001 R1 Ana 12T15..14T11", "002 R1 Ana 20T15..23T11"]).code(0);
        }
    }
}

#[test]
fn lost_record_takes_nothing_from_a_guest_in_house() {
    // What the row says now, and what the guest opens afterwards.
    let cases = [
        ("R1 Ana 001 3..7", "001 R1 Ana now..8T11"),
        ("R1 Ana 001 3..9", "001 R1 Ana now..9T11"),
        ("R1 Ana 002 3..8", "001 R1 Ana now..8T11"),
    ];
    for (row, opens) in cases {
        for doors in DOORS {
            let mut house = listing(doors);
            house.before("2", &["R1 Ana 001 3..8"]);
            house.lose_store();
            let ran = house.night("5", &[row]);
            assert!(ran.told().iter().any(|line| line == opens), "{row}: {opens}\n{}", ran.story());
        }
    }
}

#[test]
fn lost_record_still_lets_a_cancellation_through() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &["R1 Ana 001 3..8"]);
        house.lose_store();
        house.night("5", &["R1 Ana 001 3..8 cancelled"]).opens(&[]).code(0);
    }
}

#[test]
fn lost_record_revokes_nothing_for_absence() {
    for doors in DOORS {
        let mut house = listing(doors);
        house.before("2", &among(6, &["R1 Ana 001 12..15"]));
        house.lose_store();
        let left = others(6);
        for (number, moment) in ["3", "4", "5"].into_iter().enumerate() {
            let ran = house.night(moment, &other_bytes(&left, number + 1));
            ran.opens_here(&["001 R1 Ana 12T15..15T11"]);
        }
        let flags = Flags { allow: &["unknown_origin=1"], ..Flags::default() };
        house.night_with("6", &other_bytes(&left, 4), flags).opens_here(&[]);
    }
}
