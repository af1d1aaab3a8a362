//! Turnovers, moved starts and windows that somebody else changed (RULES 13, 19, 20).

use super::hotel_nights::{houses, houses_of};

const LATE: [&str; 2] = ["R1 Ana 001 3..5T16:00", "R2 Ben 001 5..8"];

#[test]
fn late_departure_moves_the_arrival() {
    for mut house in houses() {
        let ran = house.night("2", &LATE);
        ran.opens(&["001 R1 Ana 3T15..5T16", "001 R2 Ben 5T16..8T11"]).says(&["R2", "16:00"]).code(0);
        house.settles(&LATE, &[("2T04:00", 0), ("3", 0)]);
    }
}

#[test]
fn departure_that_becomes_late_moves_the_arrival() {
    for night in ["3", "4"] {
        for mut house in houses() {
            house.before("2", &["R1 Ana 001 3..5", "R2 Ben 001 5..8"]);
            let ran = house.night(night, &LATE);
            let from = if night == "3" { "3T15" } else { "now" };
            ran.opens(&[&format!("001 R1 Ana {from}..5T16"), "001 R2 Ben 5T16..8T11"]).says(&["R2", "16:00"]);
            // The later start goes first: at no moment both (15).
            assert!(ran.position("update pms::R2:") < ran.position("update pms::R1:"), "{}", ran.story());
            house.night(&format!("{night}T04:00"), &LATE).does_nothing();
        }
    }
}

#[test]
fn moved_start_on_the_day_is_told_to_the_desk() {
    for mut house in houses() {
        house.before("2", &["R1 Ana 001 3..5", "R2 Ben 001 5..8"]);
        let ran = house.night("5", &LATE);
        ran.opens(&["001 R1 Ana now..5T16", "001 R2 Ben 5T16..8T11"]);
        let is_desks =
            |matter: &&serde_json::Value| matter["who"] == "desk" && matter.to_string().contains("R2");
        assert!(ran.matters().iter().any(|matter| is_desks(&matter)), "{}", ran.story());
    }
}

#[test]
fn window_made_longer_outside_is_cut_back_for_the_next() {
    for night in ["4", "5"] {
        for mut house in houses() {
            let rows = ["R1 Ana 000 2..5", "R2 Ben 000 5..8"];
            house.before("2", &rows);
            house.at("3");
            house.make_longer("R1", "9T11:00");
            let ran = house.night(night, &rows);
            ran.opens(&["000 R1 Ana now..5T11", "000 R2 Ben 5T15..8T11"]).never_outside("R1");
            house.settles(&rows, &[(&format!("{night}T04:00"), 0)]);
            house.night("6", &rows).does_nothing().opens(&["000 R2 Ben now..8T11"]).code(0);
        }
    }
}

#[test]
fn window_made_longer_outside_goes_when_the_stay_is_over() {
    for mut house in houses() {
        let rows = ["R1 Ana 000 2..5", "R2 Ben 000 6..8"];
        house.before("2", &rows);
        house.at("3");
        house.make_longer("R1", "9T11:00");
        // The stay is over, and what its window has beyond the record belongs to the next guest.
        let ran = house.night("5T12:00", &rows);
        ran.opens(&["000 R2 Ben 6T15..8T11"]);
        house.night("6T12:00", &rows).does_nothing().code(0);
    }
}

#[test]
fn window_made_longer_of_an_old_stay_is_due_then_goes() {
    let next = ["R2 Ben 001 9..12"];
    for rows in [vec!["R1 Ana 000 2..5", next[0]], next.to_vec()] {
        for mut house in houses_of("partial") {
            house.before("2", &["R1 Ana 000 2..5", next[0]]);
            house.at("3");
            house.make_longer("R1", "9T11:00");
            let ran = house.night("5T12:00", &rows);
            ran.opens(&["000 R1 Ana now..9T11", "001 R2 Ben 9T15..12T11"]).due_now(&["R1"], "000").code(3);
            // A night has passed.
            house.night("6T12:00", &rows).opens(&["001 R2 Ben 9T15..12T11"]);
            house.night("6T13:00", &rows).does_nothing().code(0);
        }
    }
}

#[test]
fn window_made_longer_of_a_guest_checked_in_stays() {
    for mut house in houses() {
        let rows = ["R1 Ana 000 2..5 checked_in", "R2 Ben 001 9..12"];
        house.before("2T16:00", &rows);
        house.at("3");
        house.make_longer("R1", "9T11:00");
        let ran = house.night("6T12:00", &rows);
        ran.has(&["000 R1", "001 R2"]).code(3);
    }
}

#[test]
fn hours_on_the_day_between_rooms_leave_nobody_outside() {
    let rows = ["R1 Ana 000 2..5T01:30", "R1 Ana 001 5T02:30..8"];
    for mut house in houses() {
        house.before("2", &["R1 Ana 000 2..5", "R1 Ana 001 5..8"]);
        house.at("5");
        house.write(&rows);
        let whole = house.killed(|_, killed, house| {
            killed.never_outside("R1");
            house.night("5T03:05", &rows).never_outside("R1").opens(&["001 R1 Ana now..8T11"]);
        });
        whole.never_outside("R1").opens(&["001 R1 Ana now..8T11"]);
        assert!(!whole.calls[0].1.starts_with("delete"), "the gain goes first\n{}", whole.story());
    }
}

#[test]
fn day_use_and_the_night_after_are_no_collision() {
    for mut house in houses_of("complete") {
        let rows = ["R1 Ana 001 5T09:00..5T14:00", "R2 Ben 001 5..8", "R3 Cid 001 3..5T08:00"];
        let ran = house.night("2", &rows);
        ran.opens(&["001 R1 Ana 5T09..5T14", "001 R2 Ben 5T15..8T11", "001 R3 Cid 3T15..5T08"]).code(0);
    }
}
