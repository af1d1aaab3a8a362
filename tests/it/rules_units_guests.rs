//! Guests who are several people under one key, or one person in several bookings (RULES 4 to 6, 12).

use super::hotel_nights::{House, houses};

const CHANCE_KEY: [&str; 3] = ["R1 Ana 001 5..8 key=0", "R2 Ben 002 5..8 key=0", "R3 Cid 003 5..8 key=0"];

#[test]
fn guest_key_of_everybody_is_nobodys() {
    for mut house in houses() {
        let ran = house.night("3", &CHANCE_KEY);
        ran.opens(&["001 R1 Ana 5T15..8T11", "002 R2 Ben 5T15..8T11", "003 R3 Cid 5T15..8T11"]);
        ran.warns("guest_key_shared", 1).code(0);
        assert_eq!(house.people(), ["Ana", "Ben", "Cid"]);
        house.settles(&CHANCE_KEY, &[("3T04:00", 0), ("4", 0), ("6", 0)]);
    }
}

#[test]
fn guest_key_of_everybody_in_one_reservation_is_nobodys() {
    for mut house in houses() {
        let rows = ["R1 Ana 001 5..8 key=0", "R1 Ben 002 5..8 key=0", "R1 Cid 003 5..8 key=0"];
        let ran = house.night("3", &rows);
        ran.opens(&["001 R1 Ana 5T15..8T11", "002 R1 Ben 5T15..8T11", "003 R1 Cid 5T15..8T11"]);
        ran.warns("guest_key_shared", 1).code(0);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0), ("6", 0)]);
    }
}

#[test]
fn guest_key_that_turns_out_shared_moves_nobody() {
    for mut house in houses() {
        house.before("2", &CHANCE_KEY[..1]);
        let ran = house.night("3", &CHANCE_KEY[..2]);
        ran.opens(&["001 R1 Ana 5T15..8T11", "002 R2 Ben 5T15..8T11"]).warns("guest_key_shared", 1).code(0);
        assert_eq!(house.people(), ["Ana", "Ben"]);
        // The first guest has left the file; the identity still has the key and another name.
        let ran = house.night("4", &["R2 Ben 002 5..8 key=0"]);
        ran.does_nothing();
        assert_eq!(house.people(), ["Ana", "Ben"]);
    }
}

fn names_in_six_rooms(name: impl Fn(usize) -> &'static str) -> Vec<String> {
    (1..=6).map(|n| format!("G1 {} 10{n} 5..8", name(n))).collect()
}

#[test]
fn group_leader_in_six_rooms_becomes_six_guests() {
    let names = ["Ana_Sousa", "Ben_Okoro", "Cid_Ramos", "Dag_Lund", "Eva_Horn", "Fay_Moss"];
    for night in ["4", "6"] {
        for mut house in houses() {
            house.before("3", &names_in_six_rooms(|_| "Club_Leader"));
            assert_eq!(house.people(), ["Club Leader"]);
            let first_room = if house.is_reversed() { "106" } else { "101" };
            let leader = house.keys_in(first_room)[0].0.clone();

            let rows = names_in_six_rooms(|n| names[n - 1]);
            let ran = house.night(night, &rows);
            let from = if night == "4" { "5T15" } else { "now" };
            let all: Vec<String> =
                (1..=6).map(|n| format!("10{n} G1 {} {from}..8T11", names[n - 1])).collect();
            ran.opens(&all.iter().map(String::as_str).collect::<Vec<_>>()).code(0);
            let people: Vec<String> = names.iter().map(|name| name.replace('_', " ")).collect();
            assert_eq!(house.people(), people, "{}", ran.story());
            let keys: Vec<String> =
                (1..=6).flat_map(|n| house.keys_in(&format!("10{n}"))).map(|keys| keys.0).collect();
            assert_eq!(keys.len(), 6, "{}", ran.story());
            assert_eq!(house.keys_in(first_room)[0].0, leader, "the first row is guest 1\n{}", ran.story());
            house.settles(&rows, &[(&format!("{night}T04:00"), 0), ("7", 0)]);
        }
    }
}

#[test]
fn bookings_of_one_guest_in_one_room_are_both_granted() {
    let rows = ["W1 Ana 001 5..8 key=G1", "W2 Ana 001 6..9 key=G1"];
    for house in houses() {
        let mut house = house.party(&["W1", "W2"]);
        let ran = house.night("3", &rows);
        ran.opens(&["001 W1 Ana 5T15..8T11", "001 W2 Ana 6T15..9T11"]).code(0);
        house.settles(&rows, &[("3T04:00", 0), ("4", 0), ("7", 0)]);
    }
}

#[test]
fn second_booking_of_a_guest_in_house_is_granted() {
    for house in houses() {
        let mut house = house.party(&["W1", "W2"]);
        house.before("4", &["W1 Ana 001 5..8 key=G1"]);
        let ran = house.night("6", &["W1 Ana 001 5..8 key=G1", "W2 Ana 001 6..9 key=G1"]);
        ran.opens(&["001 W1 Ana now..8T11", "001 W2 Ana 6T15..9T11"]).never_outside("W1").code(0);
    }
}

/// What makes two bookings one party, and what does not (12, Terms).
#[test]
fn one_party_by_person_share_key_or_shared_unit() {
    let one: [(&str, &str, &'static str); 5] = [
        ("key=G1", "key=G1", ""),
        ("email=ana@example.com", "email=ana@example.com", ""),
        ("phone=+351210000001", "phone=+351210000001", ""),
        ("share=S1", "share=S1", ""),
        ("", "", "shared = [\"001\"]"),
    ];
    for (first, second, spaces) in one {
        for house in houses() {
            let mut house = house.party(&["R1", "R2"]).with(|house| house.spaces = spaces);
            let name = if first.starts_with("share") || first.is_empty() { "Ben" } else { "Ana" };
            let rows = [format!("R1 Ana 001 5..8 {first}"), format!("R2 {name} 001 6..9 {second}")];
            house.night("3", &rows).has(&["001 R1", "001 R2"]).code(0);
            house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
        }
    }
}

#[test]
fn two_parties_where_only_the_name_or_contact_agrees() {
    let two = [
        // The name alone; a placeholder's contact; a contact that stands with several names in this read.
        ["R1 Ana 001 5..8", "R2 Ana 001 5..8", "R3 Cid 003 5..8"],
        [
            "R1 TBA 001 5..8 email=desk@example.com",
            "R2 TBA 001 5..8 email=desk@example.com",
            "R3 Cid 003 5..8",
        ],
        [
            "R1 Ana 001 5..8 email=agent@example.com",
            "R2 Ana 001 5..8 email=agent@example.com",
            "R3 Cid 003 5..8 email=agent@example.com",
        ],
        ["R1 Ana 001 5..8 key=0", "R2 Ben 001 5..8 key=0", "R3 Cid 003 5..8"],
        ["R1 Ana 001 5..8 share=S1", "R2 Ben 001 5..8 share=S2", "R3 Cid 003 5..8"],
    ];
    for rows in two {
        for mut house in houses() {
            let ran = house.night("3", &rows);
            // Neither has a key: the first in the source gets the room (14).
            let first = if house.is_reversed() { "001 R2" } else { "001 R1" };
            ran.has(&[first, "003 R3"]).names(&["R1", "R2"], "001").code(3);
            house.settles(&rows, &[("3T04:00", 3), ("4", 3)]);
        }
    }
}

#[test]
fn party_of_three_hangs_together_in_its_room_only() {
    // R1 and R3 have nothing in common but R2.
    let rows = |room: &str| {
        [
            "R1 Ana 001 5..9 key=G1 share=S1".to_owned(),
            "R2 Ben 001 5..9 key=G2 share=S1 email=ben@example.com".to_owned(),
            format!("R3 Ben {room} 5..9 key=G3 email=ben@example.com"),
        ]
    };
    for house in houses() {
        let mut house = house.party(&["R1", "R2", "R3"]);
        house.night("3", &rows("001")).has(&["001 R1", "001 R2", "001 R3"]).code(0);
    }
    // In another room the relation says nothing: R1 and R3 are strangers there.
    for mut house in houses().map(|house: House| house.party(&["R1", "R2"])) {
        let mut file = rows("002").to_vec();
        file.push("R1 Ana 002 5..9 key=G1 share=S1".to_owned());
        let ran = house.night("3", &file);
        ran.names(&["R1", "R3"], "002").code(3);
    }
}
