//! Guests who come in the place of others, and guests who follow the rows of others (RULES 4, 5).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn where_all_guests_want_the_same_all_known_ones_follow() {
    let both = "has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2";
    check_nights(
        Planned::lines,
        &[
            (
                &format!(
                    "{both}; has R1 Cas 101 5..8 guest=3; R1 Ana 101 5..9; R1 Dan 101 5..9; R1 Eve 101 5..9"
                ),
                "R1 ~ 5..8 > 5..9 window_changed; R1/2 ~ 5..8 > 5..9 window_changed; \
                 R1/3 ~ 5..8 > 5..9 window_changed; R1/4 + 101 5..9; R1/5 + 101 5..9",
            ),
            (
                &format!("{both}; R1 Ana 102 5..8; R1 Cas 102 5..8"),
                "R1 101 5..8 > 102 5..8 doors_changed; R1/2 101 5..8 > 102 5..8 doors_changed; R1/3 + 102 5..8",
            ),
            // Fewer rows than known guests, other rooms, or a row that cannot be read: who has no row gains nothing.
            (&format!("{both}; R1 Ana 101 5..9"), "R1 ~ 5..8 > 5..9 window_changed; R1/2 ? absent rule"),
            (
                &format!("{both}; R1 Ana 101 5..9; R1 Cas 102 5..9"),
                "R1 ~ 5..8 > 5..9 window_changed; R1/2 ? absent rule; R1/3 + 102 5..9",
            ),
            (&format!("{both}; lost R1; R1 Ana 102 5..8; R1 Cas 102 5..8"), "R1 + 102 5..8; R1/3 + 102 5..8"),
        ],
    );
}

#[test]
fn another_person_takes_the_place_of_a_known_guest() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2; R1 Ana 101 5..8; R1 Cas 101 5..8",
                "R1/2 - 101 5..8 another_guest; R1/3 + 101 5..8",
            ),
            (
                "has R1 Ana 101 5..8; has R1 Ben 102 5..8 guest=2 seam=R1#2; R1 Ana 101 5..8; R1 Cas 102 5..8",
                "R1/2 - 102 5..8 another_guest; R1/3 + 102 5..8",
            ),
            // A variant of the name is the same guest.
            ("has R1 Ana 101 5..8; R1 Ana_Sousa 101 5..8", ""),
        ],
    );
}

#[test]
fn a_source_that_lists_several_guests_may_leave_one_out_of_a_part() {
    let former = "R1 - 101 5..8 another_guest; R1/2 + 101 5..8";
    check_nights(
        Planned::lines,
        &[
            ("partial; has R1 Ana 101 5..8; R1 Ben 101 5..8", former),
            ("partial; has R1 Ana 101 5..8; R1 Ben 101 5..8; R2 Cas 102 5..8; R2 Cas 103 5..8", {
                "R1 - 101 5..8 another_guest; R1/2 + 101 5..8; R2 + 102+103 5..8"
            }),
            (
                "partial; has R1 Ana 101 5..8; R1 Ben 101 5..8; R2 Cas 102 5..8; R2 Dan 102 5..8",
                "R1/2 + 101 5..8; R2 + 102 5..8; R2/2 + 102 5..8",
            ),
            ("partial; several; has R1 Ana 101 5..8; R1 Ben 101 5..8", "R1/2 + 101 5..8"),
        ],
    );
}
