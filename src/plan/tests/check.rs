//! What the check finds that the planner did not say (RULES 17): two parties in one unit on one night.

use crate::plan::testing::{Doors, Planned, check_nights, found_in_forged};

/// Plans that were made without the parts behind a `*`, and what the check of them finds.
fn check(nights: &[(&str, &str)]) {
    for (night, expected) in nights {
        for doors in [Doors::OfReservations, Doors::Locks] {
            assert_eq!(found_in_forged(night, doors), *expected, "{doors:?}: {night}");
        }
    }
}

#[test]
fn a_new_grant_beside_one_of_another_party_is_found() {
    check(&[
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 5..8", "R1+R2 5"),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 7..9", "R1+R2 7"),
        ("*has R1 Ana S 5..8; *R1 Ana S 5..8; R2 Ben 101 5..8", "R1+R2 5"),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 8..9", ""),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 102 5..8", ""),
        // Buffers take no night.
        ("late 2; early 2; *has R1 Ana 101 5T13..8T13; *R1 Ana 101 5..8; R2 Ben 101 8..9", ""),
    ]);
}

#[test]
fn a_longer_grant_is_found_on_its_new_night() {
    check(&[
        ("has R2 Ben 101 6..8; R2 Ben 101 5..8; *has R1 Ana 101 5..6; *R1 Ana 101 5..6", "R1+R2 5"),
        // The double of the other nights was there before.
        ("has R2 Ben 101 5..7; R2 Ben 101 5..8; *has R1 Ana 101 5..8; *R1 Ana 101 5..8", "R1+R2 7"),
        ("has R2 Ben 101 5..9; R2 Ben 101 5..8; *has R1 Ana 101 5..8; *R1 Ana 101 5..8", ""),
    ]);
}

#[test]
fn the_same_guest_is_one_party() {
    check(&[
        ("*has R1 Ana 101 5..8 key=G1; *R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1", ""),
        // Also where only the grant is left.
        ("*has R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1", ""),
        ("*has R1 Ana 101 5..8 key=G1; *R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G2", "R1+R2 5"),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ana 101 5..8", "R1+R2 5"),
        // A key of two people is nobody's.
        (
            "*has R1 Ana 101 5..8 key=G1; *R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1; \
             *R3 Ben 102 5..8 key=G1",
            "R1+R2 5",
        ),
    ]);
}

#[test]
fn the_same_name_and_contact_is_one_party() {
    let of = |first: &str, second: &str| {
        format!("*has R1 {first} email=a@example.com; *R1 {first} email=a@example.com; R2 {second}")
    };
    check(&[
        (&of("Ana 101 5..8", "Ana 101 5..8 email=a@example.com"), ""),
        (&of("Ana 101 5..8", "Ben 101 5..8 email=a@example.com"), "R1+R2 5"),
        (&of("Ana 101 5..8", "Ana 101 5..8 email=b@example.com"), "R1+R2 5"),
        (&of("Ana 101 5..8", "Ana 101 5..8"), "R1+R2 5"),
        (&of("- 101 5..8", "- 101 5..8 email=a@example.com"), "R1+R2 5"),
        (
            &of("Ana 101 5..8", "Ana 101 5..8 email=a@example.com; R3 Cas 102 5..8 email=a@example.com"),
            "R1+R2 5",
        ),
    ]);
}

#[test]
fn the_same_share_key_or_a_person_makes_one_party() {
    check(&[
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=x", ""),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8 share=x; R2 Ben 101 5..8 share=y", "R1+R2 5"),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8 share=x; R2 Ben 101 5..8", "R1+R2 5"),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 5..8; *decide R1 share R2", ""),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 5..8; *decide R2 share R1", ""),
        ("*has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 5..8; *decide R1 share R3", "R1+R2 5"),
    ]);
}

#[test]
fn a_third_reservation_joins_two_where_it_has_the_unit() {
    let of = |third: &str| {
        format!("*has R1 Ana 101 5..8; *R1 Ana 101 5..8 share=x; *R3 Ben {third}; R2 Ben 101 5..8 key=G3")
    };
    check(&[
        (&of("101 5..8 share=x key=G3"), ""),
        (&of("102 5..8 share=x key=G3"), "R1+R2 5"),
        (&of("101 5..8 share=y key=G3"), "R1+R2 5"),
        (&of("101 5..8 share=x key=G4"), "R1+R2 5"),
    ]);
}

#[test]
fn beds_and_shared_units_are_no_unit_of_one_party() {
    check(&[
        ("beds; *has R1 Ana A 5..8; *R1 Ana A 5..8; R2 Ben B 5..8", ""),
        ("beds; *has R1 Ana A 5..8; *R1 Ana A 5..8; R2 Ben A 5..8", "R1+R2 5"),
        ("shared 101; *has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 5..8", ""),
        ("shared 102; *has R1 Ana 101 5..8; *R1 Ana 101 5..8; R2 Ben 101 5..8", "R1+R2 5"),
    ]);
}

#[test]
fn a_call_that_does_not_wait_for_the_one_that_makes_room_is_found() {
    let plans = [
        ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8", "R1+R2 5 too soon"),
        ("has R1 Ana 101 5..8; R1 Ana 102 5..8; R2 Ben 101 5..8", "R1+R2 5 too soon"),
        ("has R1 Ana 101 5..8; R1 Ana 101 5..7; R2 Ben 101 7..9", "R1+R2 7 too soon"),
        ("has R1 Ana 101 5..8; has R2 Ben 101 8..9; R2 Ben 101 7..9; R1 Ana 101 5..7", "R1+R2 7 too soon"),
    ];
    for (plan, found) in plans {
        check(&[(&format!("hasty; {plan}"), found), (plan, "")]);
    }
}

#[test]
fn nights_that_two_parties_share_already_are_none_that_the_plan_opens() {
    check_nights(
        Planned::lines,
        &[(
            "has R1 Ana 101 5..8; has R2 Ben 101 7..9; R1 Ana 101 4..8; R2 Ben 101 8..9",
            "R1 ~ 5..8 > 4..8 window_changed; R2 ~ 7..9 > 8..9 window_changed",
        )],
    );
}
