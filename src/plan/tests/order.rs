//! The order of the calls, and who gives way in a ring (RULES 29).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn in_a_chain_each_waits_for_the_one_before() {
    let chain = "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 103 5..8";
    check_nights(
        Planned::calls,
        &[
            (&format!("locks; {chain}"), "+R2; -R2 (+R2); +R1 (-R2); -R1 (+R1)"),
            (&format!("doors; {chain}"), "-R2; +R2 (-R2); -R1 (-R2); +R1 (-R2 -R1)"),
        ],
    );
}

#[test]
fn in_a_ring_the_first_by_reservation_gives_up_its_unit() {
    let two = "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 101 5..8";
    let three = "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 103 5..8; \
                 has R3 Cas 103 5..8; R3 Cas 101 5..8";
    check_nights(
        Planned::calls,
        &[
            (&format!("locks; {two}"), "-R1; +R2 (-R1); -R2 (+R2); +R1 (-R1 -R2)"),
            (&format!("doors; {two}"), "-R1; -R2 (-R1); +R2 (-R1 -R2); +R1 (-R1 -R2)"),
            (&format!("locks; {three}"), "-R1; +R3 (-R1); -R3 (+R3); +R2 (-R3); -R2 (+R2); +R1 (-R1 -R2)"),
            (
                &format!("doors; {three}"),
                "-R1; -R3 (-R1); +R3 (-R1 -R3); -R2 (-R3); +R2 (-R3 -R2); +R1 (-R1 -R2)",
            ),
        ],
    );
}

#[test]
fn in_a_ring_a_guest_who_is_not_in_house_gives_up_the_unit() {
    check_nights(
        Planned::calls,
        &[
            (
                "at 6T12; has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 7..9; R2 Ben 101 7..9",
                "-R2; +R1 (-R2); -R1 (+R1); +R2 (-R2 -R1)",
            ),
            (
                "at 6T12; has R2 Ana 101 7..9; R2 Ana 102 7..9; has R1 Ben 102 5..8; R1 Ben 101 5..8",
                "-R2; +R1 (-R2); -R1 (+R1); +R2 (-R2 -R1)",
            ),
        ],
    );
}

#[test]
fn who_gives_up_a_unit_gives_up_all_grants_there() {
    check_nights(
        Planned::calls,
        &[(
            "locks; has R1 Ana 101 5..8; has R1 Ana 104 5..8 n=2; R1 Ana 102 5..8; \
                 has R2 Ben 102 5..8; R2 Ben 101 5..8",
            "-R1; +R2 (-R1); -R2 (+R2); +R1 (-R1 -R2); -R1 (+R1)",
        )],
    );
}

#[test]
fn stays_that_change_nights_without_a_common_time_are_made_anew() {
    let nights = "has R1 Ana 101 5..7; R1 Ana 101 7..9; has R2 Ben 101 7..9; R2 Ben 101 5..7";
    check_nights(
        Planned::calls,
        &[
            (&format!("locks; {nights}"), "-R1; +R2 (-R1); -R2 (+R2); +R1 (-R1 -R2)"),
            (&format!("doors; {nights}"), "-R1; -R2 (-R1); +R2 (-R1 -R2); +R1 (-R1 -R2)"),
            // No ring: the one that leaves goes first.
            (
                "has R1 Ana 101 5..8; R1 Ana 101 6..9; has R2 Ben 101 8..10; R2 Ben 101 9..12",
                "~R2 9..12; ~R1 6..9 (~R2 9..12)",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana 101 6..10; has R2 Ben 101 8..12; R2 Ben 101 10..12",
                "~R2 10..12; ~R1 6..10 (~R2 10..12)",
            ),
        ],
    );
}

#[test]
fn a_longer_stay_waits_for_a_guest_who_moves() {
    check_nights(
        Planned::calls,
        &[
            (
                "locks; has R1 Ana 101 5..7; R1 Ana 101 5..9; has R2 Ben 101 7..9; R2 Ben 102 7..9",
                "+R2; -R2 (+R2); ~R1 5..9 (-R2)",
            ),
            (
                "doors; has R1 Ana 101 5..7; R1 Ana 101 5..9; has R2 Ben 101 7..9; R2 Ben 102 7..9",
                "-R2; +R2 (-R2); ~R1 5..9 (-R2)",
            ),
        ],
    );
}

#[test]
fn the_order_of_creates_at_a_door_is_no_condition() {
    check_nights(
        Planned::calls,
        &[
            // The create that arrives last goes first, because the one that arrives first waits for what it frees.
            (
                "doors; R1 Ana 101 5..7; has R3 Cas 101 5..7; R3 Cas 101 9..11; has R4 Dan 101 9..11; \
                 has R4 Eve 102 9..11 guest=2; R4 Dan 101 13..15; R4 Eve 101 13..15",
                "+R4/2; -R4/2 (+R4/2); ~R4 13..15 (-R4/2); ~R3 9..11 (~R4 13..15); +R1 (~R3 9..11)",
            ),
            ("doors; R2 Ben 101 7..9; R1 Ana 101 5..7", "+R1; +R2"),
        ],
    );
}

#[test]
fn an_update_that_is_cut_in_two_closes_with_its_first_half() {
    let night = "has R1 Ana 101 5..8; R1 Ana 101 7..9; has R2 Ben 101 8..10; R2 Ben 101 5..7";
    check_nights(
        Planned::calls,
        &[
            (
                &format!("doors; {night}"),
                "~R1 7..8; -R2 (~R1 7..8); ~R1 7..9 (~R1 7..8 -R2); +R2 (~R1 7..8 -R2)",
            ),
            (&format!("locks; {night}"), "~R1 7..8; +R2 (~R1 7..8); -R2 (+R2); ~R1 7..9 (~R1 7..8 -R2)"),
        ],
    );
}
