//! In which order a plan is carried out, and what becomes of it where a call fails (RULES 29, 30): one sentence a test.

use reservation_sync::sandbox::{Fault, FaultPlan, ScriptedFault};

use super::hotel_access::Ran;
use super::hotel_nights::{DOORS, Doors, Flags, House};

/// Seam refuses the call of that number of a path.
fn refused(path: &str, call: u64) -> FaultPlan {
    let script = vec![ScriptedFault { path: path.to_owned(), call, fault: Fault::Refused }];
    FaultPlan { script, ..FaultPlan::none() }
}

fn item<'a>(ran: &'a Ran, reservation: &str) -> &'a serde_json::Value {
    let items = ran.report["items"].as_array().expect("a list");
    let found = items.iter().find(|item| item["reservation_key"] == reservation);
    found.unwrap_or_else(|| panic!("no line of {reservation}\n{}", ran.story()))
}

#[test]
fn unit_of_work_too_large_is_skipped_and_others_go_on() {
    for doors in DOORS {
        let mut house = House::new(doors);
        house.before("2", &["R1 Ana 001 5..8", "R2 Ben 002 5..8", "R3 Cid 003 5..8"]);
        // Three in a ring, and a guest who is new: two changes may be made.
        let rows = ["R1 Ana 002 5..8", "R2 Ben 003 5..8", "R3 Cid 001 5..8", "R4 Eve 004 5..8"];
        let flags = Flags { max_changes: Some(2), ..Flags::default() };
        let ran = house.night_with("3", &rows, flags);
        ran.has(&["001 R1", "002 R2", "003 R3", "004 R4"]).code(8);
        ran.names(&["R1", "R2", "R3"], "002").says(&["3"]);
        house.night("3T04:00", &rows).has(&["002 R1", "003 R2", "001 R3", "004 R4"]).code(0);
    }
}

#[test]
fn ring_whose_call_fails_is_taken_back() {
    // Each create and each deletion of a swap in house fails for good.
    for (path, call) in [
        ("/access_grants/create", 1),
        ("/access_grants/create", 2),
        ("/access_grants/delete", 1),
        ("/access_grants/delete", 2),
    ] {
        for doors in DOORS {
            let mut house = House::new(doors);
            house.before("2", &["R1 Ana 001 3..8", "R2 Ben 002 3..8"]);
            house.set_faults(refused(path, call));
            let swap = ["R1 Ana 002 3..8", "R2 Ben 001 3..8"];
            let ran = house.night("5", &swap);
            ran.has(&["001 R1", "002 R2"]).due_now(&["R1", "R2"], "001").code(3);
            house.set_faults(FaultPlan::none());
            house.night("5T04:00", &swap).has(&["001 R2", "002 R1"]).code(0);
        }
    }
}

#[test]
fn create_that_fails_after_its_deletion_is_due_now() {
    // At doors of reservations the old grant goes before the new one can be made.
    let mut house = House::new(Doors::OfReservations);
    house.before("2", &["R1 Ana 001 5..8"]);
    house.set_faults(refused("/access_grants/create", 1));
    let ran = house.night("3", &["R1 Ana 002 5..8"]);
    ran.due_now(&["R1"], "002").code(3);
    let remedies: Vec<_> = ran.matters().iter().map(|matter| matter["remedy"].to_string()).collect();
    assert!(remedies.iter().all(|remedy| remedy.contains("reservation-sync run -c ")), "{remedies:?}");
    house.set_faults(FaultPlan::none());
    house.night("3T04:00", &["R1 Ana 002 5..8"]).opens(&["002 R1 Ana 5T15..8T11"]).code(0);
}

#[test]
fn creates_at_a_door_are_sent_in_order_of_arrival() {
    for doors in DOORS {
        let mut house = House::new(doors);
        let rows = ["R1 Ana 001 15..17", "R2 Ben 001 9..11", "R3 Cid 001 5..8", "R4 Eve 001 11..13"];
        let ran = house.night("3", &rows);
        let order: Vec<usize> =
            ["R3", "R2", "R4", "R1"].iter().map(|key| ran.position(&format!("create pms::{key}:"))).collect();
        assert!(doors == Doors::Locks || order.is_sorted(), "{order:?}\n{}", ran.story());
        ran.code(0);
    }
}

#[test]
fn stay_before_one_already_granted_needs_the_desk() {
    let mut house = House::new(Doors::OfReservations);
    house.before("2", &["R1 Ana 001 9..12"]);
    let rows = ["R1 Ana 001 9..12", "R2 Ben 001 5..8"];
    let ran = house.night("3", &rows);
    ran.opens(&["001 R1 Ana 9T15..12T11", "001 R2 Ben 5T15..8T11"]).code(0);
    assert_eq!(item(&ran, "R2")["impact"], "desk", "{}", ran.story());
    assert_ne!(ran.report["warnings"], serde_json::json!([]), "{}", ran.story());
    house.settles(&rows, &[("3T04:00", 0), ("4", 0)]);
}

#[test]
fn gain_in_house_comes_before_what_is_taken() {
    // A room is left for another one, and two segments change their hours.
    let cases: [(&[&str], &[&str]); 3] = [
        (&["R1 Ana 001 3..8"], &["R1 Ana 002 3..8"]),
        (&["R1 Ana 001;002 3..8"], &["R1 Ana 002;003 3..8"]),
        (&["R1 Ana 001 3..8", "R1 Ana 002 8..10"], &["R1 Ana 001 3..5T02:00", "R1 Ana 002 5T03:30..10"]),
    ];
    for (before, after) in cases {
        for doors in DOORS {
            let mut house = House::new(doors);
            house.before("2", before);
            house.at("5");
            house.write(after);
            let whole = house.killed(|_, killed, house| {
                killed.never_outside("R1");
                house.at_minute(5);
                house.run(Flags::default()).never_outside("R1");
            });
            whole.never_outside("R1");
            assert!(!whole.calls[0].1.starts_with("delete"), "{}", whole.story());
        }
    }
}

#[test]
fn gain_of_anothers_room_waits_whatever_the_arrival() {
    for doors in DOORS {
        let mut house = House::new(doors);
        house.before("2", &["R1 Ana 001 3..8", "R2 Ben 002 3..8"]);
        // Ana is given Ben's room, and Ben leaves today.
        let ran = house.night("5", &["R1 Ana 002 3..8", "R2 Ben 002 3..8 checked_out"]);
        ran.has(&["002 R1"]).never_outside("R1").code(0);
        assert!(ran.position("delete pms::R2:") < ran.position("create pms::R1:"), "{}", ran.story());
    }
}
