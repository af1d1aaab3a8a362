//! Who may be in a unit together (RULES 12).

use crate::plan::testing::{Planned, check_nights};

/// Both reservations of a unit get it, or only the first one of the source.
fn check(nights: &[(&str, bool)]) {
    for (night, are_one_party) in nights {
        let planned = |told: &Planned| {
            let lines = told.lines();
            let n_held = lines.matches("overlap").count();
            let n_made = lines.matches(" + 101 ").count();
            format!("{n_made} made, {n_held} held")
        };
        let expected = if *are_one_party { "2 made, 0 held" } else { "1 made, 1 held" };
        check_nights(planned, &[(night, expected)]);
    }
}

#[test]
fn the_same_guest_key_is_one_party() {
    check(&[
        ("R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1", true),
        ("R1 Ana 101 5..8 key=G1; R2 Ana_Sousa 101 6..9 key=G1", true),
        ("R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G2", false),
        ("R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8", false),
        // A number is of one reservation only.
        ("R1 Ana 101 5..8; R2 Ana 101 5..8", false),
        // A key of two people is nobody's.
        ("R1 Ana 101 5..8 key=G1; R2 Ben 101 5..8 key=G1", false),
        ("R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1; R3 Ben 102 5..8 key=G1", false),
    ]);
}

#[test]
fn the_same_name_with_the_same_contact_is_one_party() {
    check(&[
        ("R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 5..8 email=a@example.com", true),
        ("R1 Ana 101 5..8 email=a@example.com; R2 Ana_Sousa 101 5..8 email=A@example.com", true),
        ("R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 5..8 email=b@example.com", false),
        ("R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 5..8", false),
        ("R1 Ana 101 5..8 email=a@example.com; R2 Ben 101 5..8 email=a@example.com", false),
        // A blank name, or a contact of several names, is nobody's.
        ("R1 - 101 5..8 email=a@example.com; R2 - 101 5..8 email=a@example.com", false),
        (
            "R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 5..8 email=a@example.com; \
             R3 Ben 102 5..8 email=a@example.com",
            false,
        ),
    ]);
}

#[test]
fn the_same_share_key_is_one_party() {
    check(&[
        ("R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=x", true),
        ("R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=y", false),
        ("R1 Ana 101 5..8 share=x; R2 Ben 101 5..8", false),
    ]);
}

#[test]
fn a_person_makes_two_reservations_one_party() {
    check(&[
        ("decide R1 share R2; R1 Ana 101 5..8; R2 Ben 101 5..8", true),
        ("decide R2 share R1; R1 Ana 101 5..8; R2 Ben 101 5..8", true),
        ("decide R1 share R3; R1 Ana 101 5..8; R2 Ben 101 5..8", false),
    ]);
}

#[test]
fn a_shared_unit_is_no_unit_of_one_party() {
    check(&[
        ("shared 101; R1 Ana 101 5..8; R2 Ben 101 5..8", true),
        ("shared 102; R1 Ana 101 5..8; R2 Ben 101 5..8", false),
        ("beds; R1 Ana A 5..8; R2 Ben B 5..8", true),
        ("beds; R1 Ana A 5..8; R2 Ben A 5..8", false),
    ]);
}

#[test]
fn the_relation_is_transitive_in_one_unit() {
    check_nights(
        Planned::lines,
        &[
            (
                "R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=x key=G2; R3 Ben 101 5..8 key=G2",
                "R1 + 101 5..8; R2:G2 + 101 5..8; R3:G2 + 101 5..8",
            ),
            (
                "decide R1 share R3; R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=x; R3 Cas 101 5..8",
                "R1 + 101 5..8; R2 + 101 5..8; R3 + 101 5..8",
            ),
            // Through another unit it says nothing.
            (
                "as-written; R1 Ana 101 5..8 share=x; R2 Ben 102 5..8 share=x key=G2; R3 Ben 101 5..8 key=G2",
                "R1 + 101 5..8; R2:G2 + 102 5..8; R3:G2 ? overlap person",
            ),
            // Through a stay that is over neither.
            (
                "as-written; R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=x key=G2 out; R3 Ben 101 5..8 key=G2",
                "R1 + 101 5..8; R3:G2 ? overlap person",
            ),
        ],
    );
}

#[test]
fn a_live_grant_of_a_guest_key_is_of_the_same_party() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1", "R1:G1 ? absent rule; R2:G1 + 101 5..8"),
            (
                "has R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G2",
                "R1:G1 - 101 5..8 unit_relet; R2:G2 + 101 5..8",
            ),
            ("has R1 Ana 101 5..8; R2 Ana 101 5..8", "R1 - 101 5..8 unit_relet; R2 + 101 5..8"),
            // A key of two people joins no grants.
            (
                "has R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1; R3 Ben 102 5..8 key=G1",
                "R1:G1 - 101 5..8 unit_relet; R2 + 101 5..8; R3 + 102 5..8",
            ),
        ],
    );
}

#[test]
fn bookings_of_one_guest_back_to_back_in_one_unit_are_bridged() {
    check_nights(
        Planned::lines,
        &[
            ("R1 Ana 101 5..8 key=G1; R2 Ana 101 8..10 key=G1", "R1:G1 + 101 5..8T15; R2:G1 + 101 8..10"),
            ("R1 Ana 101 5..8 key=G1; R2 Ana 102 8..10 key=G1", "R1:G1 + 101 5..8; R2:G1 + 102 8..10"),
            ("R1 Ana 101 5..8 key=G1; R2 Ana 101 9..10 key=G1", "R1:G1 + 101 5..8; R2:G1 + 101 9..10"),
            ("R1 Ana 101 5..8 key=G1; R2 Ana 101 8..10 key=G2", "R1:G1 + 101 5..8; R2:G2 + 101 8..10"),
            ("R1 Ana 101 5..8; R2 Ana 101 8..10", "R1 + 101 5..8; R2 + 101 8..10"),
            // By name and contact, too.
            (
                "R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 8..10 email=A@example.com",
                "R1 + 101 5..8T15; R2 + 101 8..10",
            ),
            (
                "R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 8..10 email=b@example.com",
                "R1 + 101 5..8; R2 + 101 8..10",
            ),
            (
                "R1 Ana 101 5..8 email=a@example.com; R2 Ben 101 8..10 email=a@example.com",
                "R1 + 101 5..8; R2 + 101 8..10",
            ),
            (
                "R1 Ana 101 5..8 email=a@example.com; R2 Ana 101 8..10 key=G2 email=a@example.com",
                "R1 + 101 5..8T15; R2:G2 + 101 8..10",
            ),
            // Up to a neighbour.
            (
                "R1 Ana 101 5..8 key=G1; R2 Ana 101 8..10 key=G1; R3 Ben 101 8T13..8T15",
                "R1:G1 + 101 5..8T13; R2:G1 + 101 8..10; R3 + 101 8T13..8T15",
            ),
        ],
    );
}

#[test]
fn a_key_of_two_people_bridges_nothing() {
    check_nights(
        Planned::lines,
        &[
            // Both have the key that was theirs before a third one came with it.
            (
                "has R1 Ana 101 5..8 key=G1; has R2 Ana 101 8..10 key=G1; \
                 R1 Ana 101 5..8 key=G1; R2 Ana 101 8..10 key=G1; R3 Ben 102 5..8 key=G1",
                "R3 + 102 5..8",
            ),
        ],
    );
}

#[test]
fn a_bridge_is_no_window_that_was_made_longer() {
    let bridged = "at 4T12; has R1 Ana 101 1..4T15 recorded=1..4 email=a@example.com; \
                   has R2 Ana 101 4..6 email=a@example.com";
    let next = "R2 Ana 101 4..6 email=a@example.com";
    let cases = [
        (format!("{bridged}; R1 Ana 101 1..4 email=a@example.com; {next}"), ""),
        (format!("{bridged}; {next}"), ""),
    ];
    for (night, expected) in &cases {
        check_nights(Planned::lines, &[(night, expected)]);
        check_nights(Planned::matters, &[(night, expected)]);
    }
    // Somebody else comes next: it was made longer outside.
    check_nights(
        Planned::matters,
        &[(
            "at 4T12; has R1 Ana 101 1..4T15 recorded=1..4; R1 Ana 101 1..4; R2 Ben 101 4..6",
            "made_longer R1 room-101",
        )],
    );
}

#[test]
fn a_bridge_to_a_booking_that_is_gone_is_cut_back_for_who_comes() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 3T12; has R1 Ana 101 1..4T15 recorded=1..4; R1 Ana 101 1..4; R9 Ben 101 4T12..6",
                "R1 ~ 1..4T15 > 1..4 window_changed; R9 + 101 4T12..6",
            ),
            (
                "at 3T12; guard max_in_house=0; has R1 Ana 101 1..4T15 recorded=1..4; R1 Ana 101 1..4; R9 Ben 101 4T12..6",
                "R1 ~ 1..4T15 > 1..4 window_changed; R9 + 101 4T12..6",
            ),
        ],
    );
}
