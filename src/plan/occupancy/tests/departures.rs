//! Grants that no row wants any more (RULES 2, 15, 17, 20 to 22).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn a_grant_that_no_row_wants_goes_when_it_is_missing_for_long_enough() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8", "R1 ? absent rule"),
            ("has R1 Ana 101 5..8 missed", "R1 - 101 5..8 absent"),
            ("partial; has R1 Ana 101 5..8 missed", "R1 ? absent rule"),
            ("quarantine; has R1 Ana 101 5..8 missed", "R1 ? absent rule"),
            ("policy upsert_only; has R1 Ana 101 5..8 missed", ""),
        ],
    );
}

#[test]
fn what_this_store_never_recorded_does_not_go_for_absence() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8 missed unrecorded", "R1 ? absent rule"),
            ("allow unknown_origin=1; has R1 Ana 101 5..8 missed unrecorded", "R1 - 101 5..8 absent"),
            ("has R1 Ana 101 5..8 unrecorded; R2 Ben 101 5..8", "R1 ? absent rule; R2 ? unit_in_use person"),
            (
                "allow unknown_origin=1; has R1 Ana 101 5..8 unrecorded; R2 Ben 101 5..8",
                "R1 - 101 5..8 unit_relet; R2 + 101 5..8",
            ),
        ],
    );
}

#[test]
fn a_guest_in_house_does_not_go_for_absence() {
    check_nights(
        Planned::lines,
        &[
            ("at 6T12; has R1 Ana 101 5..8", "R1 ? absent rule"),
            ("at 6T12; has R1 Ana 101 5..8 missed", "R1 ? absent person"),
            ("at 6T12; uses-in; has R1 Ana 101 5..8 missed in", "R1 ? absent person"),
            // No row since the arrival says anything; or one says that the guest is still expected.
            ("at 6T12; uses-in; has R1 Ana 101 5..8 missed", "R1 ? absent person"),
            ("at 6T12; uses-in; has R1 Ana 101 5..8 missed due", "R1 - 101 5..8 absent"),
            ("at 6T12; has R1 Ana 101 5..8 missed due", "R1 ? absent person"),
            ("at 6T12; allow in_house=1; has R1 Ana 101 5..8 missed", "R1 - 101 5..8 absent"),
            // More than was allowed: none.
            (
                "at 6T12; allow in_house=1; has R1 Ana 101 5..8 missed; has R2 Ben 102 5..8 missed",
                "R1 ? absent person; R2 ? absent person",
            ),
            // While one stay of the reservation is in house, all are.
            (
                "at 6T12; has R1 Ana 101 5..8 missed; has R1 Ana 102 9..10 missed seam=R1#2",
                "R1 ? absent person; R1 ? absent person",
            ),
            (
                "at 6T12; has R1 Ana 101 5..8; has R1 Ana 102 9..10 seam=R1#2; R2 Ben 102 9..10",
                "R1 ? absent rule; R1 ? absent rule; R2 ? unit_in_use person",
            ),
            // Where it has rows, each stay counts for itself.
            (
                "at 6T12; has R1 Ana 101 5..8; has R1 Ana 102 9..10 seam=R1#2; R1 Ana 101 5..8; R2 Ben 102 9..10",
                "R1 - 102 9..10 unit_relet; R2 + 102 9..10",
            ),
        ],
    );
}

#[test]
fn a_unit_that_is_let_again_goes_at_once() {
    let goes = "R1 - 101 5..8 unit_relet; R2 + 101 5..8";
    let stays = "R1 ? absent rule; R2 ? unit_in_use person";
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R2 Ben 101 5..8", goes),
            ("at 4T16; has R1 Ana 101 5..8; R2 Ben 101 5..8", goes),
            ("cut; has R1 Ana 101 5..8; R2 Ben 101 5..8", stays),
            ("at 5T16; has R1 Ana 101 5..8; R2 Ben 101 6..8", stays),
        ],
    );
}

#[test]
fn in_a_partial_read_a_unit_is_not_let_again_near_the_arrival() {
    let goes = "R1 - 101 5..8 unit_relet; R2 + 101 5..8";
    check_nights(
        Planned::lines,
        &[
            ("partial; has R1 Ana 101 5..8; R2 Ben 101 5..8", goes),
            ("partial; at 4T15; has R1 Ana 101 5..8; R2 Ben 101 5..8", goes),
            ("partial; at 4T16; has R1 Ana 101 5..8; R2 Ben 101 5..8", "R2 ? unit_in_use person"),
            // The first arrival of the reservation counts.
            (
                "partial; at 4T16; has R1 Ana 102 5..8; has R1 Ana 101 9..10 seam=R1#2; R2 Ben 101 9..10",
                "R2 ? unit_in_use person",
            ),
        ],
    );
}

#[test]
fn a_filter_lets_nothing_again() {
    check_nights(
        Planned::lines,
        &[("only R2; has R1 Ana 101 5..8; R2 Ben 101 5..8", "R2 ? unit_in_use person")],
    );
}

#[test]
fn a_window_that_was_made_longer_goes_once_another_party_has_the_unit_or_a_night_has_passed() {
    check_nights(
        Planned::lines,
        &[
            ("at 8T12; has R1 Ana 101 5..9 recorded=5..8", "R1 ? made_longer person"),
            ("at 9T12; has R1 Ana 101 5..10 recorded=5..8", "R1 - 101 5..10 made_longer"),
            (
                "at 8T12; has R1 Ana 101 5..9 recorded=5..8; R2 Ben 101 8..9",
                "R1 - 101 5..9 made_longer; R2 + 101 8..9",
            ),
            (
                "at 8T12; has R1 Ana 101 5..10 recorded=5..8; R2 Ben 101 12..13",
                "R1 ? made_longer person; R2 + 101 12..13",
            ),
            (
                "at 8T12; has R1 Ana 101 5..10 recorded=5..8; R2 Ben 102 8..9",
                "R1 ? made_longer person; R2 + 102 8..9",
            ),
        ],
    );
}

#[test]
fn it_goes_whether_or_not_its_row_is_still_there() {
    check_nights(
        Planned::lines,
        &[
            ("at 8T12; has R1 Ana 101 5..9 recorded=5..8; R1 Ana 101 5..8", "R1 ? made_longer person"),
            ("at 9T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8", "R1 - 101 5..10 made_longer"),
            (
                "at 8T12; has R1 Ana 101 5..9 recorded=5..8; R1 Ana 101 5..8; R2 Ben 101 8..9",
                "R1 - 101 5..9 made_longer; R2 + 101 8..9",
            ),
            (
                "at 9T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8 unclear",
                "R1 - 101 5..10 made_longer",
            ),
            (
                "at 9T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8 ignored",
                "R1 - 101 5..10 made_longer",
            ),
            // Not while the source says checked in, and not where nothing was recorded.
            ("at 9T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8 in", "R1 ? overstay rule"),
            ("at 9T12; has R1 Ana 101 5..10 unrecorded; R1 Ana 101 5..8", "R1 ? in_house person"),
            // Not before the recorded stay is over.
            ("at 8T10; has R1 Ana 101 5..10 recorded=5..8", "R1 ? absent rule"),
        ],
    );
    check_nights(
        Planned::matters,
        &[
            ("at 8T12; has R1 Ana 101 5..9 recorded=5..8", "made_longer R1 room-101"),
            (
                "at 8T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8 unclear",
                "made_longer R1 room-101",
            ),
        ],
    );
}

#[test]
fn an_explicit_status_takes_a_grant_that_was_never_recorded() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8 unrecorded; R1 Ana 101 5..8 out", "R1 - 101 5..8 cancelled"),
            ("at 6T12; has R1 Ana 101 5..8 unrecorded; R1 Ana 101 5..8 out", "R1 - 101 5..8 cancelled"),
        ],
    );
}

#[test]
fn a_grant_of_another_job_is_left_alone() {
    // A further guest keeps the reservation from moving as a whole.
    check_nights(
        Planned::lines,
        &[
            (
                "as-written; has R1 Zoe 103 5..8 key=G9 unrecorded; R1 Ana 101 5..8; R1 Ben 102 5..8",
                "R1:G9 ? foreign_namespace person; R1 + 101 5..8; R1/2 + 102 5..8",
            ),
            (
                "has R1 Zoe 103 5..8 key=G9 unrecorded; R1 Ana 101 5..8",
                "R1:G9 ? foreign_namespace person; R1 + 101 5..8",
            ),
            (
                "has R1 Ana 101 5..8; has R1 Zoe 103 5..8 key=G9 unrecorded seam=R1#2; R1 Ana 102 5..8",
                "R1:G9 ? foreign_namespace person; R1 101 5..8 > 102 5..8 doors_changed",
            ),
            // A cancelled row of somebody else takes it no more.
            ("has R2 Bo 102 5..9 unrecorded; R2 Eve 103 20..23 out", "R2 ? foreign_namespace person"),
            (
                "at 6T12; has R2 Bo 102 5..9 unrecorded; R2 Eve 103 20..23 out",
                "R2 ? foreign_namespace person",
            ),
            ("has R2 Bo 102 5..9 unrecorded; R2 Bo 103 20..23 out", "R2 - 102 5..9 cancelled"),
            ("has R2 Bo 102 5..9 unrecorded; R2 Eve 102 5..9 out", "R2 - 102 5..9 cancelled"),
            // Recorded, the guest is one who is not listed any more.
            (
                "as-written; has R1 Zoe 103 5..8 key=G9; R1 Ana 101 5..8; R1 Ben 102 5..8",
                "R1:G9 ? absent rule; R1 + 101 5..8; R1/2 + 102 5..8",
            ),
            // Where only the guest or only the doors differ it is ours.
            (
                "has R1 Ana 103 5..8 unrecorded; R1 Ana 101 5..8; R1 Ben 102 5..8",
                "R1 103 5..8 > 101 5..8 doors_changed; R1/2 + 102 5..8",
            ),
            // Without rows it is of unknown origin.
            ("has R1 Zoe 103 5..8 key=G9 unrecorded", "R1:G9 ? absent rule"),
        ],
    );
}

#[test]
fn the_rows_of_a_complete_read_list_all_guests_and_units() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101 5..8; has R1 Ana 102 5..8 n=2 seam=R1#2; R1 Ana 101 5..8",
                "R1 - 102 5..8 doors_changed",
            ),
            ("partial; has R1 Ana 101 5..8; has R1 Ana 102 5..8 n=2 seam=R1#2; R1 Ana 101 5..8", ""),
            ("has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2; R1 Ana 101 5..8", "R1/2 ? absent rule"),
            (
                "has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2 missed; R1 Ana 101 5..8",
                "R1/2 - 101 5..8 absent",
            ),
            ("lost R1; has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2 missed; R1 Ana 101 5..8", ""),
            (
                "has R1 Ana 101 5..8; has R1 Ben 101 5..8 guest=2 missed; R1 Ana 101 5..8; R1 Ben ? 5..8",
                "R1/2 ? unit_not_assigned rule",
            ),
        ],
    );
}

#[test]
fn a_person_revokes_or_leaves_a_grant() {
    check_nights(
        Planned::lines,
        &[
            (
                "decide R1 revoke; has R1 Ana 101 5..8; R1 Ana 101 5..8; R2 Ben 101 5..8",
                "R1 - 101 5..8 decided; R2 + 101 5..8",
            ),
            (
                "decide R1 revoke; at 6T12; has R1 Ana 101 5..8 unrecorded; R2 Ben 101 5..8",
                "R1 - 101 5..8 decided; R2 + 101 5..8",
            ),
            (
                "decide R1 leave; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8",
                "R1 ? decided rule; R2 ? unit_in_use person",
            ),
            (
                "decide R1 leave unit=101; has R1 Ana 101+102 5..8; R1 Ana 101+102 5..8 out; R2 Ben 101 5..8",
                "R1 - 101+102 5..8 cancelled; R1 + 101 5..8; R2 ? unit_in_use person",
            ),
            (
                "decide R1 leave unit=101; has R1 Ana 101+102 5..8; R1 Ana 101+102 5..8 out; R2 Ben 102 5..8",
                "R1 - 101+102 5..8 cancelled; R1 + 101 5..8; R2 + 102 5..8",
            ),
        ],
    );
}
