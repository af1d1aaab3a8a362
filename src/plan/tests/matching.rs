//! Which live grant answers for which row (RULES 1, 11, 18, 21).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn a_grant_without_a_row_answers_for_the_one_row_without_a_grant() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 15..18", "R1 ~ 5..8 > 15..18 window_changed"),
            ("has R1 Ana 101 5..8; R1 Ana 102 15..18", "R1 101 5..8 > 102 15..18 doors_changed"),
            // Where the read may leave a row out, or the guest is inside, it is a further stay.
            ("partial; has R1 Ana 101 5..8; R1 Ana 101 15..18", "R1 + 101 15..18"),
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 101 15..18", "R1 ? absent rule; R1 + 101 15..18"),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8; R1 Ana 101 15..18", "R1 + 101 15..18"),
        ],
    );
}

#[test]
fn a_second_grant_for_the_same_doors_is_a_duplicate() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101 5..8; has R1 Ana 101 5..8 n=2 seam=R1#2; R1 Ana 101 5..8",
                "R1 - 101 5..8 duplicate",
            ),
            (
                "has R1 Ana 101 5..8; has R1 Ana 101 6..7 n=2 seam=R1#2; R1 Ana 101 5..8",
                "R1 - 101 6..7 duplicate",
            ),
            // Beyond the row's dates it is no second one.
            ("partial; has R1 Ana 101 5..8; has R1 Ana 101 6..10 n=2 seam=R1#2; R1 Ana 101 5..8", ""),
        ],
    );
}

#[test]
fn a_grant_for_other_doors_that_another_one_took_over_goes() {
    check_nights(
        Planned::lines,
        &[
            // The segments of a move that was taken back.
            (
                "has R1 Ana 101 5..6; has R1 Ana 102 6T11..8 n=2 seam=R1#2; R1 Ana 101 5..8",
                "R1 ~ 5..6 > 5..8 window_changed; R1 - 102 6T11..8 doors_changed",
            ),
            (
                "partial; has R1 Ana 101 5..6; has R1 Ana 102 6T11..8 n=2 seam=R1#2; R1 Ana 101 5..8",
                "R1 ~ 5..6 > 5..8 window_changed; R1 - 102 6T11..8 doors_changed",
            ),
            // In one window with the other one: only where the rows are all there.
            (
                "has R1 Ana 101 5..8; has R1 Ana 102 5..8 n=2 seam=R1#2; R1 Ana 101 5..8",
                "R1 - 102 5..8 doors_changed",
            ),
            ("partial; has R1 Ana 101 5..8; has R1 Ana 102 5..8 n=2 seam=R1#2; R1 Ana 101 5..8", ""),
            // What an unfinished move left.
            (
                "partial; has R1 Ana 101 5..8; has R1 Ana 102 5..8 n=2 seam=R1#2; moved R1 R1#2; R1 Ana 102 5..8",
                "R1 - 101 5..8 doors_changed",
            ),
        ],
    );
}

#[test]
fn all_grants_of_a_stay_that_moves_go_with_it() {
    check_nights(
        Planned::lines,
        &[(
            "has R1 Ana 101 5..8; has R1 Ana 103 5..8 n=2 seam=R1#2; R1 Ana 102 5..8",
            "R1 103 5..8 > 102 5..8 doors_changed",
        )],
    );
    check_nights(
        Planned::calls,
        &[(
            "locks; has R1 Ana 101 5..8; has R1 Ana 103 5..8 n=2 seam=R1#2; R1 Ana 102 5..8",
            "+R1; -R1 (+R1); -R1 (+R1)",
        )],
    );
}

#[test]
fn a_held_row_keeps_the_grant_of_its_own_guest_and_time() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R1 Ana ? 5..8", "R1 ? unit_not_assigned rule"),
            ("has R1 Ana 101 5..8; R1 Ana ? 6..10", "R1 ? unit_not_assigned rule"),
            // Beside another row the grant may be the one of the held row.
            (
                "has R1 Ana 101 5..8; R1 Ana ? 6..10; R1 Ana 102 5..8",
                "R1 + 102 5..8; R1 ? unit_not_assigned rule",
            ),
            // Of another time, or of another guest, it is not.
            (
                "has R1 Ana 101 5..8; R1 Ana ? 9..10; R1 Ana 102 5..8",
                "R1 101 5..8 > 102 5..8 doors_changed; R1 ? unit_not_assigned rule",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ben ? 5..8; R1 Ana 102 5..8",
                "R1 101 5..8 > 102 5..8 doors_changed; R1/2 ? unit_not_assigned rule",
            ),
            (
                "has R1 Ana 101 5..8; has R1 Ana 103 5..8 n=2 seam=R1#2; R1 Ana 102 5..8; R1 Ana ? 6..7",
                "R1 + 102 5..8; R1 ? unit_not_assigned rule",
            ),
        ],
    );
}

#[test]
fn a_row_without_an_opinion_keeps_the_grant_of_its_own_guest() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 103 5..8 unclear", ""),
            (
                "has R1 Ana 101 5..8; has R1 Ben 103 5..8 guest=2 seam=R1#2; R1 Ana 102 5..8; \
                 R1 Ben 103 5..8 unclear",
                "R1 101 5..8 > 102 5..8 doors_changed",
            ),
        ],
    );
}

#[test]
fn nothing_is_concluded_where_a_row_cannot_be_read() {
    check_nights(
        Planned::lines,
        &[
            ("lost R1; has R1 Ana 101 5..8 missed; R1 Ana 102 9..10", "R1 + 102 9..10"),
            ("lost R1; has R1 Ana 101 5..8; R1 Ana 102 5..8", "R1 + 102 5..8"),
            ("lost R1; has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2 missed; R1 Ana 101 5..8", ""),
        ],
    );
}

#[test]
fn a_row_that_is_over_takes_the_grant_of_its_own_guest() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out", "R1 - 101 5..8 cancelled"),
            (
                "has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R1 Ben ? 5..8",
                "R1 - 101 5..8 cancelled; R1/2 ? unit_not_assigned rule",
            ),
            // A held row of the same guest may stand for it, unless the row that is over names all its units.
            ("has R1 Ana 101+102 5..8; R1 Ana 101 5..8 out; R1 Ana ? 5..8", "R1 ? unit_not_assigned rule"),
        ],
    );
}
