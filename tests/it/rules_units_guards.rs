//! What guards count, hold and stop where many stays change at once (RULES 23 to 25), night after night.

use super::hotel_access::shell_words;
use super::hotel_nights::{Flags, House, among, houses, houses_of, letters, others};

/// `R1 Almeida 001 3..7` and so on: so many rows, each made by its number.
fn rows(n: usize, row: impl Fn(usize) -> String) -> Vec<String> {
    (1..=n).map(row).collect()
}

/// These rows in a house of so many others.
fn in_house_of(n: usize, rows: Vec<String>) -> Vec<String> {
    rows.into_iter().chain(others(n)).collect()
}

#[test]
fn five_moves_and_their_arrivals_go_together_or_not() {
    for mut house in houses() {
        house.guards = "max_in_house = 3";
        house.before("2", &in_house_of(30, rows(5, |n| format!("R{n} {} 00{n} 3..8", letters(n)))));
        let moved = rows(5, |n| format!("R{n} {} 02{n} 3..8", letters(n)));
        let arrivals = rows(5, |n| format!("N{n} {} 00{n} 5..8", letters(n + 20)));
        let tonight = in_house_of(30, [moved, arrivals].concat());
        let ran = house.night("5", &tonight);
        ran.has(&["001 R1", "002 R2", "003 R3", "004 R4", "005 R5"]).does_nothing().code(3);
        for n in 1..=5 {
            let (old, new, room) = (format!("R{n}"), format!("N{n}"), format!("00{n}"));
            ran.names(&[&old, &new], &room);
            assert_eq!(ran.n_matters(&[&old, &new], &room), 1, "{old} and {new}\n{}", ran.story());
        }
        house.settles(&tonight, &[("5T04:00", 3), ("6", 3)]);

        let flags = Flags { allow: &["max_in_house=5"], ..Flags::default() };
        // Another export: the bytes of an earlier one would count as older (RULES 26).
        let later = [&tonight[..], &["P9 Past_Guest 210 11-01..11-09".to_owned()]].concat();
        let ran = house.night_with("6T04:00", &later, flags);
        let moved = rows(5, |n| format!("02{n} R{n}"));
        let arrived = rows(5, |n| format!("00{n} N{n}"));
        let all: Vec<&str> = moved.iter().chain(&arrived).map(String::as_str).collect();
        ran.has(&all).code(0);
    }
}

#[test]
fn six_who_stay_on_are_extended() {
    for mut house in houses() {
        house.before("2", &rows(6, |n| format!("R{n} {} 00{n} 3..5", letters(n))));
        let longer = rows(6, |n| format!("R{n} {} 00{n} 3..7", letters(n)));
        let ran = house.night("5", &longer);
        let all = rows(6, |n| format!("00{n} R{n} {} now..7T11", letters(n)));
        ran.opens_here(&all.iter().map(String::as_str).collect::<Vec<_>>()).code(0);
        for n in 1..=6 {
            ran.never_outside(&format!("R{n}"));
        }
        house.settles(&longer, &[("5T04:00", 0), ("6", 0)]);
    }
}

/// What may be taken from a guest in house: nights, a room for another, a room of two, all of it.
const TAKEN: [fn(usize) -> String; 4] = [
    |n| format!("R{n} {} 00{n} 3..7", letters(n)),
    |n| format!("R{n} {} 10{n} 3..9", letters(n)),
    |n| format!("R{n} {} 20{n} 3..9", letters(n)),
    |n| format!("R{n} {} 00{n} 3..9 cancelled", letters(n)),
];

#[test]
fn nine_changes_in_house_are_all_held_until_allowed() {
    for (kind, changed) in TAKEN.iter().enumerate() {
        for mut house in houses().take(2) {
            // A unit that a partial read does not list stays (RULES 21).
            if kind == 2 && house.coverage == "partial" {
                continue;
            }
            let had = |n: usize| match kind {
                2 => format!("R{n} {} 20{n};00{n} 3..9", letters(n)),
                _ => format!("R{n} {} 00{n} 3..9", letters(n)),
            };
            house.before("2", &in_house_of(25, rows(9, had)));
            let file = in_house_of(25, rows(9, changed));
            let ran = house.night("5", &file);
            let before = ran.told();
            ran.does_nothing().code(3);
            assert!(before.iter().filter(|line| line.contains("..9T11")).count() >= 9, "{}", ran.story());
            // The same file each hour, and another one the next night: nothing trickles.
            house.settles(&file, &[("5T04:00", 3), ("5T05:00", 3), ("6", 3)]);
            let flags = Flags { allow: &["max_in_house=8", "older_source=1"], ..Flags::default() };
            house.night_with("6T04:00", &file, flags).does_nothing().code(3);
            let flags = Flags { allow: &["max_in_house=9", "older_source=1"], ..Flags::default() };
            let ran = house.night_with("6T05:00", &file, flags);
            ran.code(0);
            let gone = |line: &&String| line.ends_with("..9T11") && line.starts_with("00");
            assert_eq!(ran.told().iter().filter(gone).count(), 0, "{}", ran.story());
        }
    }
}

#[test]
fn quarantine_takes_nothing_by_absence_either() {
    for mut house in houses_of("complete") {
        let room = |n: usize| if n <= 10 { format!("1{n:02}") } else { format!("2{:02}", n - 10) };
        let stay = |n: usize| format!("R{n:02} {} {} 10..15", letters(n), room(n));
        house.before("2", &rows(12, stay));
        // Three are absent, six are cancelled, and one arrives in a room of nobody.
        let mut half: Vec<String> = rows(12, |n| {
            let word = if n <= 9 { " cancelled" } else { "" };
            format!("{}{word}", stay(n))
        });
        half.drain(..3);
        half.push("N01 Fay_Newman 210 5..12".to_owned());
        house.source = "covers = \"-1d..60d\"";
        house.night("3", &half).does_nothing().code(4);
        house.night("3T09:00", &half).does_nothing().code(4);
        half.push("P01 Past_Guest 209 11-01..11-03".to_owned());
        let all: Vec<String> =
            rows(12, |n| format!("{} R{n:02}", room(n))).into_iter().chain(["210 N01".to_owned()]).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let third = house.night("4", &half);
        third.has(&all).code(4);
        half.push("P02 Past_Guest 209 11-01..11-03".to_owned());
        house.night("4T16:00", &half).has(&all).does_nothing().code(4);
        half.push("P03 Past_Guest 209 11-01..11-03".to_owned());
        house.night("5", &half).has(&all).does_nothing().code(4);
        // It lifts itself where the guard no longer trips: the absences are due by then.
        let mended: Vec<String> = half.iter().map(|row| row.replace(" cancelled", "")).collect();
        let left: Vec<&str> = all
            .iter()
            .copied()
            .filter(|line| !["R01", "R02", "R03"].iter().any(|key| line.ends_with(key)))
            .collect();
        house.night("5T16:00", &mended).has(&left).code(0);
    }
}

#[test]
fn eight_missing_stop_each_night_and_nothing_goes() {
    for mut house in houses_of("complete") {
        house.before("2", &others(32));
        let missing = |row: &String| (5..13).any(|n| row.starts_with(&format!("X{n:02} ")));
        let left: Vec<String> = others(32).into_iter().filter(|row| !missing(row)).collect();
        for (number, moment) in ["3", "4", "5", "6", "7"].into_iter().enumerate() {
            let mut file = left.clone();
            file.push(format!("P{number} Past_Guest 210 11-01..11-{:02}", 2 + number));
            let ran = house.night(moment, &file);
            ran.does_nothing().code(4);
            assert_eq!(ran.told().len(), 32, "{}", ran.story());
        }
    }
}

#[test]
fn guest_columns_sorted_alone_stop_before_any_create() {
    let row = |n: usize, guest: usize| {
        let room = if n <= 10 { format!("1{n:02}") } else { format!("2{:02}", n - 10) };
        format!("R{n:02} {} {room} 3..8 key=G{guest:02} email=guest{guest}@example.com", letters(guest))
    };
    // Sorted in the other direction, and moved down by one row.
    for sorted in [|n: usize| 13 - n, |n: usize| n % 12 + 1] {
        for night in ["5", "2T12:00"] {
            for mut house in houses() {
                house.before("2", &rows(12, |n| row(n, n)));
                let mixed = rows(12, |n| row(n, sorted(n)));
                let before = house.people();
                for moment in [night, "6", "7"] {
                    let ran = house.night(moment, &mixed);
                    ran.does_nothing().code(4);
                    assert_eq!(ran.told().len(), 12, "{}", ran.story());
                }
                assert_eq!(house.people(), before);
            }
        }
    }
}

#[test]
fn inn_of_nine_cancelled_or_mixed_up_is_stopped() {
    let row = |n: usize, room: usize| format!("R{n} {} 10{room} 5..9", letters(n));
    let cancelled = |n: usize| format!("{} cancelled", row(n, n));
    let mixed = |n: usize| row(n, n % 9 + 1);
    let kinds: [&dyn Fn(usize) -> String; 2] = [&cancelled, &mixed];
    for kind in kinds {
        for nights in [["3", "3T12:00", "4"], ["6", "6T12:00", "7"]] {
            for mut house in houses() {
                house.before("2", &rows(9, |n| row(n, n)));
                let all = rows(9, |n| format!("10{n} R{n}"));
                let all: Vec<&str> = all.iter().map(String::as_str).collect();
                for moment in nights {
                    house.night(moment, &rows(9, kind)).has(&all).does_nothing().code(4);
                }
            }
        }
    }
}

/// Types what is printed for a person, as it stands.
#[track_caller]
fn typed(house: &mut House, command: &str) -> i32 {
    let words = shell_words(command);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = house.program(&words);
    assert_ne!(ended.code, 64, "`{command}`: {ended:#?}");
    ended.code
}

#[test]
fn absence_in_house_takes_the_typed_command_of_each_line() {
    // In a small house the guards of rule 25 stop the run as well; in a large one only rules 23 and 24 are left.
    for (n_others, codes) in [(10, [4, 4]), (40, [0, 3])] {
        for mut house in houses_of("complete") {
            house.source = "covers = \"-30d..60d\"";
            let here = rows(4, |n| format!("R{n} {} 00{n} 2..8", letters(n + 30)));
            house.before("2", &in_house_of(n_others, here));
            let all = ["001 R1", "002 R2", "003 R3", "004 R4"];
            let mut file = others(n_others);
            house.night("4", &file).has(&all).does_nothing().code(codes[0]);
            file.push("P1 Past_Guest 210 11-01..11-03".to_owned());
            let ran = house.night("5", &file);
            ran.has(&all).does_nothing().code(codes[1]);
            for key in ["R1", "R2", "R3", "R4"] {
                let is_printed = |text: &&String| text.contains(key) && text.contains("in_house=4");
                assert!(ran.texts().iter().any(|text| is_printed(&text)), "{key}\n{}", ran.story());
            }
            let commands: Vec<String> =
                ran.commands().into_iter().filter(|command| command.contains("in_house=4")).collect();
            let Some(command) = commands.first() else { panic!("{}", ran.story()) };
            let code = typed(&mut house, command);
            let next = house.night("5T04:00", &file);
            assert_eq!(code, 0, "{commands:#?}\n{}", next.story());
            next.has(&[]).does_nothing().code(0);
        }
    }
}

#[test]
fn absence_in_house_lets_nobody_go_without_a_word() {
    for mut house in houses_of("complete") {
        house.source = "covers = \"-30d..60d\"";
        house.before("2", &among(6, &["R1 Ana 001 2..8"]));
        house.settles(&others(6), &[("4", 0), ("5", 3), ("6", 3), ("7", 3)]);
        // Once the guest would have left, nothing is left to be taken.
        house.night("8T12:00", &others(6)).has(&[]).does_nothing().code(0);
    }
}
