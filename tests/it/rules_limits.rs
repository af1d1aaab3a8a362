//! What the guards count and do not count, and when they lift (RULES 24, 25): one sentence a test.

use super::hotel_nights::{DOORS, Flags, House, letters, others};

/// So many guests in 001 and on, from the 3rd to that day.
fn here(n: usize, until: u32) -> Vec<String> {
    (1..=n).map(|n| format!("R{n} {} 00{n} 3..{until}", letters(n))).collect()
}

fn with(rows: &[Vec<String>]) -> Vec<String> {
    rows.concat()
}

fn one(row: &str) -> Vec<String> {
    vec![row.to_owned()]
}

/// Whether the guests that end on that day are so many.
#[track_caller]
fn end_on(ran: &super::hotel_access::Ran, day: &str, n: usize) {
    let end = format!("..{day}T11");
    let found = ran.told().iter().filter(|line| line.starts_with("00") && line.ends_with(&end)).count();
    assert_eq!(found, n, "{day}\n{}", ran.story());
}

#[test]
fn in_house_three_may_lose_something_and_four_not() {
    for (n_shortened, goes) in [(3, true), (4, false)] {
        for doors in DOORS {
            let mut house = House::new(doors);
            house.before("2", &with(&[here(9, 9), others(12)]));
            let mut rows = here(9, 9);
            rows[..n_shortened].clone_from_slice(&here(n_shortened, 7));
            let ran = house.night("5", &with(&[rows, others(12)]));
            ran.code(if goes { 0 } else { 3 });
            end_on(&ran, "7", if goes { n_shortened } else { 0 });
        }
    }
}

#[test]
fn in_house_the_larger_of_number_and_share_counts() {
    for (guard, goes) in [
        ("max_in_house = \"1 or 50%\"", true),
        ("max_in_house = \"4 or 10%\"", true),
        ("max_in_house = 2", false),
        ("max_in_house = \"50%\"", true),
    ] {
        let mut house = House::new(DOORS[0]).with(|house| house.guards = guard);
        house.before("2", &with(&[here(8, 9), others(12)]));
        let mut rows = here(8, 9);
        rows[..4].clone_from_slice(&here(4, 7));
        let ran = house.night("5", &with(&[rows, others(12)]));
        ran.code(if goes { 0 } else { 3 });
        end_on(&ran, "7", if goes { 4 } else { 0 });
    }
}

#[test]
fn in_house_gains_are_never_counted_or_held() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.guards = "max_in_house = 0\nmax_update = 0");
        house.before("2", &here(6, 7));
        let ran = house.night("5", &here(6, 9));
        ran.code(0);
        end_on(&ran, "9", 6);
    }
}

#[test]
fn in_house_guest_of_two_segments_counts_once() {
    for doors in DOORS {
        let mut house = House::new(doors).with(|house| house.guards = "max_in_house = 1");
        let longer = vec!["R1 Ana 001 3..6".to_owned(), "R1 Ana 002 6..9".to_owned()];
        house.before("2", &with(&[longer, others(12)]));
        let shorter = vec!["R1 Ana 001 3..5".to_owned(), "R1 Ana 002 5..8".to_owned()];
        house.night("4", &with(&[shorter, others(12)])).code(0);
    }
}

#[test]
fn in_house_cancellation_counts_unless_let_for_tonight() {
    for doors in DOORS {
        let guards = |house: &mut House| house.guards = "max_in_house = 0";
        let mut house = House::new(doors).with(guards);
        house.before("2", &with(&[here(1, 9), others(6)]));
        let cancelled = one("R1 Brandt_Adams 001 3..9 cancelled");
        let ran = house.night("5", &with(&[cancelled.clone(), others(6)]));
        ran.has(&["001 R1"]).does_nothing().code(3);
        let again = one("R2 Ben 001 5..9");
        let ran = house.night("5T04:00", &with(&[cancelled, again, others(6)]));
        ran.has(&["001 R2"]).code(0);
    }
}

#[test]
fn in_house_cancellation_of_the_last_day_is_not_counted() {
    for doors in DOORS {
        let guards = |house: &mut House| house.guards = "max_in_house = 0\nmax_cancel = 0";
        let mut house = House::new(doors).with(guards);
        house.before("2", &with(&[here(1, 5), others(6)]));
        let ran = house.night("5", &with(&[one("R1 Brandt_Adams 001 3..5 checked_out"), others(6)]));
        ran.has(&[]).code(0);
    }
}

#[test]
fn in_house_hold_lets_other_creates_go_on() {
    for doors in DOORS {
        let mut house = House::new(doors);
        house.before("2", &with(&[here(9, 9), others(24)]));
        let newcomer = one("N1 Fay_Newman 101 5..8");
        let ran = house.night("5", &with(&[here(9, 7), others(24), newcomer]));
        assert_eq!(ran.who_opens("101", "6T12:00"), ["N1"], "{}", ran.story());
        ran.code(3);
        end_on(&ran, "9", 9);
    }
}

#[test]
fn cancelled_stay_counts_unless_it_ends_today() {
    for doors in DOORS {
        let guards = |house: &mut House| house.guards = "max_cancel = 0";
        let mut house = House::new(doors).with(guards);
        house.before("2", &with(&[one("R1 Ana 001 3..5"), one("R2 Ben 002 6..8"), others(6)]));
        let today = one("R1 Ana 001 3..5 cancelled");
        house.night("5", &with(&[today.clone(), one("R2 Ben 002 6..8"), others(6)])).has(&["002 R2"]).code(0);
        let both = with(&[today, one("R2 Ben 002 6..8 cancelled"), others(6)]);
        house.night("5T04:00", &both).has(&["002 R2"]).does_nothing().code(4);
    }
}

#[test]
fn longer_stay_counts_only_where_another_has_those_nights() {
    for doors in DOORS {
        let guards = |house: &mut House| house.guards = "max_update = 0";
        let mut house = House::new(doors).with(guards);
        house.before("2", &["R1 Ana 001 5..7"]);
        house.night("3", &["R1 Ana 001 5..9"]).opens(&["001 R1 Ana 5T15..9T11"]).code(0);

        let mut house = House::new(doors).with(guards);
        house.before("2", &["R1 Ana 001 5..7", "R2 Ben 001 7..9"]);
        let ran = house.night("3", &["R1 Ana 001 5..9", "R2 Ben 002 7..9"]);
        ran.has(&["001 R1", "001 R2"]).does_nothing().code(4);
    }
}

#[test]
fn share_never_means_fewer_than_three() {
    for (n, code) in [(3, 0), (4, 4)] {
        for doors in DOORS {
            let mut house = House::new(doors);
            let rows = |n: usize, word: &str| -> Vec<String> {
                let word = |m: usize| if m <= n { word } else { "" };
                (1..=6).map(|m| format!("C{m} {} 10{m} 12..15{}", letters(m), word(m))).collect()
            };
            house.before("2", &rows(0, ""));
            house.night("3", &rows(n, " cancelled")).code(code);
        }
    }
}

#[test]
fn stays_that_open_anothers_nights_are_counted() {
    // Four newcomers in rooms of four guests who are cancelled: opened is watched as what is taken is.
    for doors in DOORS {
        let guards = |house: &mut House| house.guards = "max_cancel = \"100%\"";
        let mut house = House::new(doors).with(guards);
        let had: Vec<String> = (1..=4).map(|n| format!("C{n} {} 10{n} 5..8", letters(n))).collect();
        house.before("2", &had);
        let gone = had.iter().map(|row| format!("{row} cancelled"));
        let new = (1..=4).map(|n| format!("N{n} {} 10{n} 5..8", letters(n + 8)));
        let rows: Vec<String> = gone.chain(new).collect();
        house.night("3", &rows).has(&["101 C1", "102 C2", "103 C3", "104 C4"]).does_nothing().code(4);
        let flags = Flags { allow: &["max_update=4"], ..Flags::default() };
        house.night_with("3T04:00", &rows, flags).has(&["101 N1", "102 N2", "103 N3", "104 N4"]).code(0);
    }
}

#[test]
fn filter_changes_no_denominator_and_counts_inside() {
    for doors in DOORS {
        let mut house = House::new(doors);
        let rows = |word: &str| -> Vec<String> {
            (1..=9).map(|n| format!("C{n} {} 10{n} 12..15{word}", letters(n))).collect()
        };
        house.before("2", &rows(""));
        let flags = Flags { only: &["C1", "C2", "C3"], ..Flags::default() };
        let ran = house.night_with("3", &rows(" cancelled"), flags);
        assert_eq!(ran.told().len(), 6, "{}", ran.story());
        ran.code(0);
    }
}

#[test]
fn quarantine_needs_the_same_reservations_and_no_rehearsal() {
    let rows = |cancelled: std::ops::RangeInclusive<usize>| -> Vec<String> {
        let word = |n: usize| if cancelled.contains(&n) { " cancelled" } else { "" };
        (1..=10).map(|n| format!("C{n:02} {} 1{n:02} 12..15{}", letters(n), word(n))).collect()
    };
    let new = "N1 Fay_Newman 201 12..15".to_owned();
    let file = |cancelled| -> Vec<String> { rows(cancelled).into_iter().chain([new.clone()]).collect() };
    for doors in DOORS {
        // Each night others are cancelled: it is never the third run in a row of the same.
        let mut house = House::new(doors);
        house.before("2", &rows(11..=11));
        house.night("3", &file(1..=4)).does_nothing().code(4);
        house.night("4", &file(5..=8)).does_nothing().code(4);
        house.night("5", &file(1..=4)).does_nothing().code(4);
        // The same for a second and a third time, with a rehearsal in between that counts for nothing.
        house.night("6", &file(1..=5)).does_nothing().code(4);
        let dry = Flags { is_dry: true, ..Flags::default() };
        house.night_with("6T04:00", &file(1..=5), dry).does_nothing();
        let ran = house.night("7", &file(1..=4));
        assert_eq!(ran.who_opens("201", "13T12:00"), ["N1"], "{}", ran.story());
        assert_eq!(ran.told().len(), 11, "{}", ran.story());
        ran.code(4);
    }
}

#[test]
fn quarantine_ends_by_release() {
    for doors in DOORS {
        let mut house = House::new(doors);
        let rows = |word: &str| -> Vec<String> {
            (1..=9).map(|n| format!("C{n} {} 10{n} 12..15{word}", letters(n))).collect()
        };
        house.before("2", &rows(""));
        for moment in ["3", "4", "5"] {
            house.night(moment, &rows(" cancelled")).does_nothing().code(4);
        }
        assert_eq!(house.program(&["release"]).code, 0);
        let ran = house.night("6", &rows(" cancelled"));
        ran.does_nothing().code(4);
        let flags = Flags { allow: &["max_cancel=9"], ..Flags::default() };
        house.night_with("6T04:00", &rows(" cancelled"), flags).opens(&[]).code(0);
    }
}
