//! What protects a guest in house, and what a window has beyond the record (RULES 5, 19, 20, 23).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn what_the_source_changed_is_carried_out_in_house() {
    check_nights(
        Planned::lines,
        &[
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 101 5..7", "R1 ~ 5..8 > 5..7 window_changed"),
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 101 5..9", "R1 ~ 5..8 > 5..9 window_changed"),
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 102 5..8", "R1 101 5..8 > 102 5..8 doors_changed"),
        ],
    );
}

#[test]
fn what_the_source_did_not_change_takes_nothing_in_house() {
    check_nights(
        Planned::lines,
        &[
            ("at 6T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8", "R1 ? in_house person"),
            ("at 6T12; has R1 Ana 101 5..8 card; R1 Ana 101 5..8", "R1 ? in_house person"),
            // It may gain.
            (
                "at 6T12; has R1 Ana 101 5..7 recorded=5..8; R1 Ana 101 5..8",
                "R1 ~ 5..7 > 5..8 window_changed",
            ),
            (
                "at 6T12; locks; has R1 Ana 103 5..8 wanted=101; R1 Ana 101 5..8",
                "R1 ? in_house person; R1 + 101 5..8",
            ),
            // The row asks for another unit than before.
            (
                "at 6T12; has R1 Ana 103 5..8 wanted=101; R1 Ana 102 5..8",
                "R1 103 5..8 > 102 5..8 doors_changed",
            ),
            // Any start in the past equals any other.
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 101 4..8", ""),
            // Not in house, the source is carried out.
            ("has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8", "R1 ~ 5..10 > 5..8 window_changed"),
            ("has R1 Ana 101 5..8 card; R1 Ana 101 5..8", "R1 ~ methods_changed"),
            ("has R1 Ana 103 5..8 wanted=101; R1 Ana 101 5..8", "R1 103 5..8 > 101 5..8 doors_changed"),
        ],
    );
}

#[test]
fn grants_that_have_to_be_made_anew_are_made_anew_before_the_arrival() {
    let apart = "has R1 Ana 101 15..18 recorded=5..8; has R1 Ben 101 15..18 guest=2 recorded=5..8";
    check_nights(
        Planned::lines,
        &[(
            &format!("doors; {apart}; R1 Ana 101 5..8; R1 Ben 101 5..8"),
            "R1 101 15..18 > 101 5..8 reservation_rebuilt; R1/2 101 15..18 > 101 5..8 reservation_rebuilt",
        )],
    );
}

#[test]
fn where_nothing_is_recorded_a_guest_in_house_gains_and_loses_nothing() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 6T12; has R1 Ana 101 5..10 unrecorded; R1 Ana 101 5..12",
                "R1 ~ 5..10 > 5..12 window_changed",
            ),
            ("at 6T12; has R1 Ana 101 5..8 unrecorded; R1 Ana 101 5..7", "R1 ? in_house person"),
            (
                "at 6T12; has R1 Ana 101 5..10 unrecorded; R1 Ana 101 5..8; R2 Ben 101 8..9",
                "R1 ? in_house person; R2 ? unit_in_use person",
            ),
            (
                "at 6T12; has R1 Ana 101 5..8 unrecorded; R1 Ana 102 5..8",
                "R1 ? in_house person; R1 + 102 5..8",
            ),
            (
                "at 6T12; has R1 Ana 101 5..8 unrecorded; R1 Ana 101 5..8; \
                 has R1 Ana 101 5..8 unrecorded n=2 seam=R1#2",
                "R1 ? in_house person",
            ),
        ],
    );
}

#[test]
fn beyond_the_record_a_night_of_another_party_is_cut_off_in_house_too() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 6T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8; R2 Ben 101 8..9",
                "R1 ~ 5..10 > 5..8 window_changed; R2 + 101 8..9",
            ),
            (
                "at 6T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8; R2 Ben 102 8..9",
                "R1 ? in_house person; R2 + 102 8..9",
            ),
            (
                "at 6T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8; R2 Ben 101 10..11",
                "R1 ? in_house person; R2 + 101 10..11",
            ),
        ],
    );
}

#[test]
fn another_person_in_the_place_of_a_guest_in_house_waits() {
    check_nights(
        Planned::lines,
        &[
            ("at 6T12; has R1 Ana 101 5..8; R1 Ben 101 5..8", "R1/2 ? another_guest person"),
            // The old grant follows the dates of the rows.
            (
                "at 6T12; has R1 Ana 101 5..8; R1 Ben 101 5..9",
                "R1 ~ 5..8 > 5..9 window_changed; R1/2 ? another_guest person",
            ),
            ("at 6T12; decide R1 grant; has R1 Ana 101 5..8; R1 Ben 101 5..8", "R1/2 + 101 5..8"),
        ],
    );
}

#[test]
fn a_future_guest_gives_way_to_another_person() {
    let goes = "R1 - 101 5..8 another_guest; R1/2 + 101 5..8";
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R1 Ben 101 5..8", goes),
            ("partial; has R1 Ana 101 5..8; R1 Ben 101 5..8", goes),
            // The read may leave the known guest out.
            ("partial; several; has R1 Ana 101 5..8; R1 Ben 101 5..8", "R1/2 + 101 5..8"),
        ],
    );
}
