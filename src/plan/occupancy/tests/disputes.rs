//! The order of those who dispute a unit (RULES 14).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn the_first_in_the_source_has_the_unit() {
    check_nights(
        Planned::lines,
        &[
            ("as-written; R1 Ana 101 5..8; R2 Ben 101 5..8", "R1 + 101 5..8; R2 ? overlap person"),
            ("as-written; R2 Ben 101 5..8; R1 Ana 101 5..8", "R1 ? overlap person; R2 + 101 5..8"),
            ("as-written; R2 Ben 101 7..9; R1 Ana 101 5..8", "R1 ? overlap person; R2 + 101 7..9"),
        ],
    );
}

#[test]
fn who_was_booked_earlier_goes_before_who_is_first_in_the_source() {
    check_nights(
        Planned::lines,
        &[
            ("R1 Ana 101 5..8 booked=2; R2 Ben 101 5..8 booked=1", "R1 ? overlap person; R2 + 101 5..8"),
            // Only where each of them says when.
            ("as-written; R1 Ana 101 5..8 booked=2; R2 Ben 101 5..8", "R1 + 101 5..8; R2 ? overlap person"),
            ("as-written; R1 Ana 101 5..8; R2 Ben 101 5..8 booked=1", "R1 + 101 5..8; R2 ? overlap person"),
        ],
    );
}

#[test]
fn a_newer_row_in_another_unit_goes_before_the_order_of_booking() {
    check_nights(
        Planned::lines,
        &[
            (
                "R1 Ana 101 5..8 updated=1 booked=1; R1 Ana 102 5..8 updated=2 booked=1; \
                 R2 Ben 101 5..8 updated=1 booked=2",
                "R1 + 102 5..8; R2 + 101 5..8",
            ),
            (
                "R1 Ana 101 5..8 updated=2 booked=1; R1 Ana 102 5..8 updated=1 booked=1; \
                 R2 Ben 101 5..8 updated=1 booked=2",
                "R1 + 101+102 5..8; R2 ? overlap person",
            ),
            // Of other nights the newer row says nothing.
            (
                "R1 Ana 101 5..7 updated=1 booked=1; R1 Ana 102 8..9 updated=2 booked=1; \
                 R2 Ben 101 5..7 updated=1 booked=2",
                "R1 + 101 5..7; R2 ? overlap person; R1 + 102 8..9",
            ),
        ],
    );
}

#[test]
fn a_live_grant_goes_before_the_order_of_booking() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R2 Ben 101 5..8; R1 Ana 101 5..8 booked=1; R2 Ben 101 5..8 booked=2",
                "R1 ? overlap person",
            ),
            (
                "has R2 Ben 101 7..9; R1 Ana 101 5..8 booked=1; R2 Ben 101 7..9 booked=2",
                "R1 ? overlap person",
            ),
            // A grant for other nights, or for another unit, is none for the disputed ones.
            (
                "has R2 Ben 101 8..9; R1 Ana 101 5..8 booked=1; R2 Ben 101 7..9 booked=2",
                "R1 + 101 5..8; R2 ? overlap person",
            ),
            (
                "has R2 Ben 102 5..8; R1 Ana 101 5..8 booked=1; R2 Ben 101 5..8 booked=2",
                "R1 + 101 5..8; R2 ? overlap person",
            ),
        ],
    );
}

#[test]
fn a_checked_in_guest_goes_before_a_live_grant() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 5T16; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 5..8 in",
                "R1 - 101 5..8 unit_occupied; R1 ? overlap person; R2 + 101 5..8",
            ),
            // What the other one has beside those nights stays.
            (
                "at 5T16; has R1 Ana 101 6..9; R1 Ana 101 6..9; R2 Ben 101 5..8 in",
                "R2 + 101 5..8; R1 ~ 6..9 > 8T11..9 unit_occupied; R1 ? overlap person",
            ),
            (
                "at 6T16; has R1 Ana 101 5..12; R1 Ana 101 5..12; R2 Ben 101 6..8 in",
                "R1 ~ 5..12 > 8T11..12 unit_occupied; R1 ? overlap person; R2 + 101 6..8",
            ),
            (
                "at 4T12; has R1 Ana 101 4..8; R1 Ana 101 4..8; R2 Ben 101 5..9 in",
                "R1 ~ 4..8 > 4..5 unit_occupied; R1 ? overlap person; R2 + 101 5..9",
            ),
        ],
    );
}

#[test]
fn who_loses_a_unit_keeps_the_grant_of_another_one() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 5T16; has R1 Ana 103 6..8; R1 Ana 101 6..8; R2 Ben 101 5..8 in",
                "R2 + 101 5..8; R1 ? overlap person",
            ),
            (
                "as-written; has R1 Ana 103 6..8; R2 Ben 101 5..8; R1 Ana 101 6..8",
                "R2 + 101 5..8; R1 ? overlap person",
            ),
            // And the grant of the same one for other nights.
            (
                "at 5T16; has R1 Ana 101 10..12; R1 Ana 101 6..8; R2 Ben 101 5..8 in",
                "R2 + 101 5..8; R1 ? overlap person",
            ),
        ],
    );
}

#[test]
fn a_person_goes_before_a_checked_in_guest() {
    check_nights(
        Planned::lines,
        &[
            (
                "as-written; decide R2 grant; R1 Ana 101 5..8; R2 Ben 101 5..8",
                "R1 ? overlap person; R2 + 101 5..8",
            ),
            (
                "at 5T16; decide R2 grant; has R1 Ana 101 5..8; R1 Ana 101 5..8 in; R2 Ben 101 5..8",
                "R1 ? overlap person; R2 + 101 5..8",
            ),
            (
                "decide R1 grant; decide R2 grant; R1 Ana 101 5..8; R2 Ben 101 5..8",
                "R1 + 101 5..8; R2 + 101 5..8",
            ),
            ("decide R1 revoke; R1 Ana 101 5..8; R2 Ben 101 5..8", "R1 ? decided rule; R2 + 101 5..8"),
        ],
    );
}

#[test]
fn two_checked_in_guests_or_two_live_grants_keep_what_they_have() {
    let neither = "R1 ? overlap person; R2 ? overlap person";
    check_nights(
        Planned::lines,
        &[
            ("at 6T12; R1 Ana 101 5..8 in; R2 Ben 101 5..8 in", neither),
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 101 5..8 in; R2 Ben 101 5..8 in", neither),
            ("has R1 Ana 101 5..8; has R2 Ben 101 5..8; R1 Ana 101 5..8; R2 Ben 101 5..8", neither),
            ("has R1 Ana 101 5..8; has R2 Ben 101 6..9; R1 Ana 101 5..8; R2 Ben 101 6..9", neither),
            (
                "has R1 Ana 101 5..8; has R2 Ben 101 8..10; R1 Ana 101 5..8; R2 Ben 101 7..10",
                "R2 ? overlap person",
            ),
        ],
    );
}

#[test]
fn who_is_in_house_by_dates_keeps_the_key_and_the_checked_in_guest_waits() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 6T12; has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear; R2 Ben 101 5..8 in",
                "R2 ? unit_in_use person",
            ),
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 6..8", "R2 ? overlap person"),
        ],
    );
}

#[test]
fn each_loses_the_unit_to_every_one_before_it() {
    check_nights(
        Planned::lines,
        &[
            // Also to one that has lost it.
            (
                "as-written; R1 Ana 101 5..8; R2 Ben 101 7..10; R3 Cas 101 9..12",
                "R1 + 101 5..8; R2 ? overlap person; R3 ? overlap person",
            ),
            (
                "as-written; R1 Ana 101 5..8; R3 Cas 101 9..12; R2 Ben 101 7..10",
                "R1 + 101 5..8; R2 ? overlap person; R3 + 101 9..12",
            ),
            (
                "as-written; R1 Ana S 5..8; R2 Ben 101 5..8; R3 Cas 102 5..8",
                "R1 + S 5..8; R2 ? overlap person; R3 ? overlap person",
            ),
            (
                "as-written; R2 Ben 101 5..8; R3 Cas 102 5..8; R1 Ana S 5..8",
                "R1 ? overlap person; R2 + 101 5..8; R3 + 102 5..8",
            ),
        ],
    );
}

#[test]
fn stays_of_one_reservation_that_share_a_night_stand_in_the_order_as_one() {
    check_nights(
        Planned::lines,
        &[
            // The second guest has the unit because the first one has it.
            (
                "as-written; R1 Ana 101 5..7; R2 Ben 101 7..9; R1 Ano 101 6..9",
                "R1 + 101 5..7; R1/2 + 101 6..9; R2 ? overlap person",
            ),
            (
                "as-written; at 5T16; R2 Ben 101 7..9; R1 Ana 101 5..7 in; R1 Ano 101 6..9",
                "R1 + 101 5..7; R1/2 + 101 6..9; R2 ? overlap person",
            ),
            (
                "as-written; R2 Ben 101 7..9; R1 Ana 101 5..8; R1 Ano 101 6..9",
                "R1 ? overlap person; R1/2 ? overlap person; R2 + 101 7..9",
            ),
            // Without a common night each stands for itself.
            (
                "as-written; at 5T16; R2 Ben 101 7..9; R1 Ana 101 5..7 in; R1 Ano 101 7..9",
                "R1 + 101 5..7; R1/2 ? overlap person; R2 + 101 7..9",
            ),
        ],
    );
}

#[test]
fn only_rows_that_grant_give_a_unit() {
    check_nights(
        Planned::lines,
        &[
            ("R2 Ben 101 5..8 opt-out; R1 Ana 101 5..8", "R1 + 101 5..8"),
            ("at 5T16; R2 Ben 101 5..8 opt-out in; R1 Ana 101 5..8", "R1 ? overlap person"),
            ("R2 Ben 101 5..8 unclear; R1 Ana 101 5..8", "R1 + 101 5..8"),
            ("R2 Ben 101 5..8 ignored; R1 Ana 101 5..8", "R1 + 101 5..8"),
            ("R2 Ben 101 5..8 out; R1 Ana 101 5..8", "R1 + 101 5..8"),
        ],
    );
}

#[test]
fn a_live_grant_that_goes_for_a_checked_in_guest_counts_for_what_is_left_of_it() {
    check_nights(
        Planned::lines,
        &[
            // The night of the 8th is left, and goes before the first in the source.
            (
                "at 5T16; has R1 Ana 101 6..9; R3 Cas 101 8..10; R2 Ben 101 5..8 in; R1 Ana 101 6..9",
                "R2 + 101 5..8; R1 ~ 6..9 > 8T11..9 unit_occupied; R1 ? overlap person; R3 ? overlap person",
            ),
        ],
    );
    check_nights(
        Planned::matters,
        &[(
            "at 5T16; has R1 Ana 101 6..8; R3 Cas 101 7..10; R2 Ben 101 5..8 in; R1 Ana 101 6..8",
            "unit_occupied R1+R2+R3 101",
        )],
    );
}

#[test]
fn a_stay_of_several_units_gets_those_that_nobody_else_has() {
    check_nights(
        Planned::lines,
        &[
            ("as-written; R2 Ben 101 5..8; R1 Ana 101+102 5..8", "R1 + 102 5..8; R2 + 101 5..8"),
            ("as-written; R1 Ana 101+102 5..8; R2 Ben 101 5..8", "R1 + 101+102 5..8; R2 ? overlap person"),
            (
                "at 5T16; has R1 Ana 101+102 6..8; R1 Ana 101+102 6..8; R2 Ben 101 5..8 in",
                "R2 + 101 5..8; R1 101+102 6..8 > 102 6..8 doors_changed",
            ),
            ("at 5T16; has R1 Ana 102 6..8; R1 Ana 101+102 6..8; R2 Ben 101 5..8 in", "R2 + 101 5..8"),
            (
                "at 5T16; has R1 Ana 101 6..8; R1 Ana 101+102 6..8; R2 Ben 101 5..8 in",
                "R2 + 101 5..8; R1 101 6..8 > 102 6..8 doors_changed",
            ),
            (
                "as-written; has R1 Ana 101+102 10..12; R2 Ben 101 5..8; R1 Ana 101+102 6..8",
                "R2 + 101 5..8; R1 101+102 10..12 > 102 6..8 doors_changed",
            ),
            (
                "as-written; has R1 Ana 103 6..8; R2 Ben 101 5..8; R1 Ana 101+102 6..8",
                "R2 + 101 5..8; R1 103 6..8 > 102 6..8 doors_changed",
            ),
            // What a person gave to another party takes nothing from who has it.
            (
                "decide R2 grant; has R1 Ana 101+102 6..8; R1 Ana 101+102 6..8; R2 Ben 101 6..8",
                "R1 ? overlap person; R2 + 101 6..8",
            ),
            // Both have live grants there, and keep them.
            (
                "has R1 Ana 101+102 6..8; has R2 Ben 101 5..8; R2 Ben 101 5..8; R1 Ana 101+102 6..8",
                "R2 ? overlap person; R1 ? overlap person",
            ),
        ],
    );
}

#[test]
fn a_guest_in_house_keeps_several_units_as_they_are() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 7T12; has R1 Ana 102 6..8; has R2 Ben 101 5..8; R2 Ben 101 5..8; R1 Ana 101+102 6..8",
                "R1 ? overlap person",
            ),
            // Without a key there is nothing to keep.
            ("as-written; at 7T12; R2 Ben 101 5..8; R1 Ana 101+102 6..8", "R2 + 101 5..8; R1 + 102 6..8"),
        ],
    );
}
