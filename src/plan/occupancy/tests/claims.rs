//! Turnovers, buffers, early openings and who is in house (RULES 13, 19, Terms).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn an_arrival_waits_until_the_earlier_guest_leaves() {
    check_nights(
        Planned::lines,
        &[
            ("R1 Ana 101 5..8; R2 Ben 101 8..9", "R1 + 101 5..8; R2 + 101 8..9"),
            ("R1 Ana 101 5..8T14; R2 Ben 101 8T12..9", "R1 + 101 5..8T14; R2 + 101 8T14..9"),
            ("has R1 Ana 101 5..8T14; R1 Ana 101 5..8T14; R2 Ben 101 8T12..9", "R2 + 101 8T14..9"),
            ("R1 Ana 101 5T9..5T13; R2 Ben 101 5T12..5T18", "R1 + 101 5T9..5T13; R2 + 101 5T13..5T18"),
        ],
    );
}

#[test]
fn an_arrival_waits_for_four_hours_at_the_most() {
    check_nights(
        Planned::lines,
        &[
            ("R1 Ana 101 5..8T16; R2 Ben 101 8T12..9", "R1 + 101 5..8T16; R2 + 101 8T16..9"),
            ("R1 Ana 101 5..8T16:01; R2 Ben 101 8T12..9", "R1 + 101 5..8T16:01; R2 ? overlap person"),
            ("R1 Ana 101 5..8T22; R2 Ben 101 8T18..9", "R1 + 101 5..8T22; R2 + 101 8T22..9"),
            ("R1 Ana 101 5..8T22:01; R2 Ben 101 8T18..9", "R1 + 101 5..8T22:01; R2 ? overlap person"),
            ("at 8T8; has R1 Ana 101 5..8T17; R1 Ana 101 5..8T17; R2 Ben 101 8T9..9", "R2 ? overlap person"),
        ],
    );
}

#[test]
fn a_stay_that_has_begun_waits_for_more_than_four_hours() {
    check_nights(
        Planned::lines,
        &[
            ("at 8T10; has R1 Ana 101 5..8T17; R1 Ana 101 5..8T17; R2 Ben 101 8T9..9", "R2 + 101 8T17..9"),
            ("at 8T9; has R1 Ana 101 5..8T17; R1 Ana 101 5..8T17; R2 Ben 101 8T9..9", "R2 + 101 8T17..9"),
        ],
    );
}

#[test]
fn an_arrival_does_not_wait_past_the_evening() {
    check_nights(
        Planned::lines,
        &[
            ("R1 Ana 101 5..8T18; R2 Ben 101 8T15..9", "R1 + 101 5..8T18; R2 + 101 8T18..9"),
            ("R1 Ana 101 5..8T18:01; R2 Ben 101 8T15..9", "R1 + 101 5..8T18:01; R2 ? overlap person"),
            ("R1 Ana 101 5..8T18:01; R2 Ben 101 8T17:59..9", "R1 + 101 5..8T18:01; R2 ? overlap person"),
            ("R1 Ana 101 5..8T20; R2 Ben 101 8T18..9", "R1 + 101 5..8T20; R2 + 101 8T20..9"),
            ("at 8T10; has R1 Ana 101 5..8T18; R1 Ana 101 5..8T18; R2 Ben 101 8T9..9", "R2 + 101 8T18..9"),
            (
                "at 8T10; has R1 Ana 101 5..8T18:01; R1 Ana 101 5..8T18:01; R2 Ben 101 8T9..9",
                "R2 ? overlap person",
            ),
        ],
    );
}

#[test]
fn an_arrival_waits_only_where_an_hour_of_its_day_is_left() {
    check_nights(
        Planned::lines,
        &[
            ("R1 Ana 101 5..8T23; R2 Ben 101 8T20..9", "R1 + 101 5..8T23; R2 + 101 8T23..9"),
            ("R1 Ana 101 5..8T23:01; R2 Ben 101 8T20..9", "R1 + 101 5..8T23:01; R2 ? overlap person"),
            ("R1 Ana 101 5..8T12; R2 Ben 101 8T10..8T13", "R1 + 101 5..8T12; R2 + 101 8T12..8T13"),
            ("R1 Ana 101 5..8T12; R2 Ben 101 8T10..8T12:59", "R1 + 101 5..8T12; R2 ? overlap person"),
        ],
    );
}

#[test]
fn the_start_of_a_guest_who_is_inside_is_not_moved() {
    let has_it = "has R2 Ben 101 8T12..9; R2 Ben 101 8T12..9; R1 Ana 101 5..8T14";
    let night = |words: &str| format!("{words}; {has_it}");
    check_nights(
        Planned::lines,
        &[
            (&night("at 8T13"), "R1 ? overlap person"),
            // Not yet inside, or not said to be.
            (&night("at 8T11"), "R1 + 101 5..8T14; R2 ~ 8T12..9 > 8T14..9 window_changed"),
            (&night("at 8T13; uses-in"), "R1 + 101 5..8T14; R2 ~ 8T12..9 > 8T14..9 window_changed"),
            // In house without a key for the unit.
            ("at 8T13; R1 Ana 101 5..8T14; R2 Ben 101 8T12..9", "R1 + 101 5..8T14; R2 + 101 8T14..9"),
            (
                "at 8T13; R1 Ana 101 5..8T14; has R2 Ben 102 8T12..9; R2 Ben 101 8T12..9",
                "R1 + 101 5..8T14; R2 + 101 8T14..9; R2 ~ 8T12..9 > 8T12..8T14 doors_changed",
            ),
            (
                "at 8T13; has R1 Ana 101 5..8T14; has R2 Ben 101 8T12..9; R1 Ana 101 5..8T14; R2 Ben 101 8T12..9",
                "R1 ? overlap person; R2 ? overlap person",
            ),
        ],
    );
}

#[test]
fn a_stay_that_waits_for_a_guest_of_today_is_told_to_the_desk() {
    check_nights(
        Planned::matters,
        &[
            ("R1 Ana 101 5..8T14; R2 Ben 101 8T12..9", ""),
            ("at 8T13; R1 Ana 101 5..8T14; R2 Ben 101 8T12..9", "not_left R2 101"),
            ("at 8T9; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 8..9 in", "not_left R1+R2 101"),
            ("at 8T12; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 8..9 in", ""),
        ],
    );
}

#[test]
fn buffers_give_way_first() {
    check_nights(
        Planned::lines,
        &[
            ("early 2; late 2; R1 Ana 101 5..8; R2 Ben 102 8..9", "R1 + 101 5T13..8T13; R2 + 102 8T13..9T13"),
            ("early 3; late 2; R1 Ana 101 5..8; R2 Ben 101 8..9", "R1 + 101 5T12..8T13; R2 + 101 8T13..9T13"),
            ("early 5; R1 Ana 101 5..8; R2 Ben 101 8..9", "R1 + 101 5T10..8; R2 + 101 8T11..9"),
            ("late 5; R1 Ana 101 5..8; R2 Ben 101 8..9", "R1 + 101 5..8T15; R2 + 101 8..9T16"),
        ],
    );
}

#[test]
fn a_guest_who_is_checked_in_opens_now_as_far_as_the_unit_is_free() {
    check_nights(
        Planned::lines,
        &[
            ("at 8T12; R2 Ben 101 8..9 in", "R2 + 101 8T12..9"),
            ("at 7T16; R2 Ben 101 8..9 in", "R2 + 101 7T16..9"),
            ("at 8T9; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 8..9 in", "R2 + 101 8T11..9"),
            ("at 8T12; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 8..9 in", "R2 + 101 8T12..9"),
            // More than 24 hours ahead.
            ("at 7T14; R2 Ben 101 8..9 in", "R2 + 101 8..9"),
        ],
    );
}

/// A row beside one of another party, so that it is looked at.
fn beside_another(words: &str, row: &str) -> String {
    format!("{words}; {row}; R9 Zoe 101 7..9; decide R9 revoke")
}

#[test]
fn a_guest_is_in_house_by_status_or_by_dates() {
    check_nights(
        Planned::in_house,
        &[
            (&beside_another("at 6T12", "R1 Ana 101 5..8"), "1"),
            (&beside_another("at 4T12", "R1 Ana 101 5..8"), "0"),
            (&beside_another("at 6T12; uses-in", "R1 Ana 101 5..8"), "0"),
            // A row that was written before the arrival does not say that the guest has not come.
            (&beside_another("at 5T16; uses-in; written 5T03", "R1 Ana 101 5..8"), "1"),
            (&beside_another("at 5T18; uses-in; written 5T16", "R1 Ana 101 5..8"), "0"),
            (&beside_another("at 5T14; uses-in; written 5T03", "R1 Ana 101 5..8"), "0"),
            (&beside_another("at 6T12", "R1 Ana 101 5..8 in"), "1"),
            (&beside_another("at 4T15", "R1 Ana 101 5..8 in"), "1"),
            (&beside_another("at 4T14", "R1 Ana 101 5..8 in"), "0"),
        ],
    );
}

#[test]
fn a_guest_who_is_checked_in_is_in_house_for_a_week_after_the_departure() {
    let night = |now: &str| format!("at {now}; R1 Ana 101 5..8 in; R2 Ben 101 8..20; R3 Cas 101 9..20");
    check_nights(
        Planned::in_house,
        &[
            (&night("9T12; uses-in"), "1"),
            (&night("15T10; uses-in"), "1"),
            (&night("15T11; uses-in"), "0"),
            (&night("15T12; uses-in"), "0"),
        ],
    );
}

#[test]
fn a_guest_who_moved_has_the_new_unit_from_that_day_on() {
    check_nights(
        Planned::lines,
        &[
            // At 10:00 the night of the 5th is not over for who was there.
            (
                "at 6T10; has R1 Ana 102 5..8; R1 Ana 101 5..8; R2 Ben 101 5..6",
                "R1 + 101 6T11..8; R1 ~ 5..8 > 5..6 doors_changed; R2 + 101 5..6",
            ),
            ("at 6T10; as-written; R1 Ana 101 5..8; R2 Ben 101 5..6", "R1 + 101 5..8; R2 ? overlap person"),
            ("at 6T10; as-written; R2 Ben 101 5..6; R1 Ana 101 5..8", "R1 ? overlap person; R2 + 101 5..6"),
            ("at 6T10; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 5..6", "R2 ? overlap person"),
            // A unit that the guest has beside this one is not one that they come from.
            (
                "at 6T10; as-written; has R1 Ana 102 5..8; R1 Ana 102 5..8; R1 Ana 101 5..9; R2 Ben 101 5..6",
                "R1 + 101 5..9; R2 ? overlap person",
            ),
        ],
    );
}

#[test]
fn a_guest_who_moved_has_the_new_unit_later_as_recorded() {
    check_nights(Planned::lines, &[("at 7T12; has R1 Ana 101 6..8; R1 Ana 101 5..8; R2 Ben 101 5..6", "")]);
}
