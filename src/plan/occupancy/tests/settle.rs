//! What goes, what is shortened, and who waits (RULES 15, 16, 19).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn a_newcomer_waits_for_the_grant_that_goes() {
    check_nights(
        Planned::calls,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8", "-R1; +R2 (-R1)"),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..7; R2 Ben 101 7..9", "~R1 5..7; +R2 (~R1 5..7)"),
            ("has R1 Ana 101 5..8; R2 Ben 101 5..8", "-R1; +R2 (-R1)"),
            ("has R1 Ana 101 5..8; has R2 Ben 101 8..9; R2 Ben 101 7..9", "~R1 5..7; ~R2 7..9 (~R1 5..7)"),
            ("locks; has R1 Ana 101 5..8; R1 Ana 102 5..8; R2 Ben 101 5..8", "+R1; -R1 (+R1); +R2 (-R1)"),
            ("doors; has R1 Ana 101 5..8; R1 Ana 102 5..8; R2 Ben 101 5..8", "-R1; +R2 (-R1); +R1 (-R1)"),
            // Nobody waits for what is not in the way.
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 102 5..8", "-R1; +R2"),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 8..9", "-R1; +R2"),
        ],
    );
}

#[test]
fn what_goes_on_demand_loses_the_nights_of_the_other_party_and_no_more() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R2 Ben 101 5..8", "R1 - 101 5..8 unit_relet; R2 + 101 5..8"),
            ("has R1 Ana 101 5..8; R2 Ben 101 4..9", "R2 + 101 4..9; R1 - 101 5..8 unit_relet"),
            ("has R1 Ana 101 5..8; R2 Ben 101 6..9", "R1 ~ 5..8 > 5..6 unit_relet; R2 + 101 6..9"),
            ("has R1 Ana 101 5..8; R2 Ben 101 7..9", "R1 ~ 5..8 > 5..7 unit_relet; R2 + 101 7..9"),
            ("has R1 Ana 101 5..8; R2 Ben 101 4..6", "R2 + 101 4..6; R1 ~ 5..8 > 6T11..8 unit_relet"),
            // Until the newcomer's start where that is before the check-out hour.
            ("has R1 Ana 101 5..8; R2 Ben 101 6T9..9", "R1 ~ 5..8 > 5..6T9 unit_relet; R2 + 101 6T9..9"),
            // Only who meets it needs it.
            ("has R1 Ana 101 5..8; R2 Ben 101 8..9", "R1 ? absent rule; R2 + 101 8..9"),
            ("has R1 Ana 101 5..8; R2 Ben 102 5..8", "R1 ? absent rule; R2 + 102 5..8"),
        ],
    );
}

#[test]
fn nothing_is_taken_where_nights_would_be_left_on_both_sides() {
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..9; R2 Ben 101 6..7", "R1 ? absent rule; R2 ? unit_in_use person"),
            (
                "has R1 Ana 101 5..9; R1 Ana ? 5..9; R2 Ben 101 6..7",
                "R1 ? unit_not_assigned rule; R2 ? unit_in_use person",
            ),
            (
                "at 4T12; has R1 Ana 101 4..9; R1 Ana 101 4..9; R2 Ben 101 5..7 in",
                "R1 ~ 4..9 > 4..5 unit_occupied; R1 ? overlap person; R2 + 101 5..7",
            ),
        ],
    );
}

#[test]
fn of_several_units_only_the_one_that_is_needed_goes() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101+102 5..8; R2 Ben 101 5..8",
                "R1 - 101+102 5..8 unit_relet; R1 + 102 5..8; R2 + 101 5..8",
            ),
            (
                "has R1 Ana 101+102 5..8; R1 Ana ? 5..8; R2 Ben 101 5..8",
                "R1 - 101+102 5..8 unit_relet; R1 ? unit_not_assigned rule; R1 + 102 5..8; R2 + 101 5..8",
            ),
        ],
    );
}

#[test]
fn a_unit_blank_or_ignored_goes_only_where_it_is_needed() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101 5..8; R1 Ana ? 5..8; R2 Ben 101 5..8",
                "R1 ? unit_not_assigned rule; R1 - 101 5..8 unit_relet; R2 + 101 5..8",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana ? 5..8; R2 Ben 101 7..8",
                "R1 ? unit_not_assigned rule; R1 ~ 5..8 > 5..7 unit_relet; R2 + 101 7..8",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana ? 5..8; R2 Ben 102 7..8",
                "R1 ? unit_not_assigned rule; R2 + 102 7..8",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana 101 5..8 ignored; R2 Ben 101 5..8",
                "R1 - 101 5..8 unit_relet; R2 + 101 5..8",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana 101 5..8 ignored; R2 Ben 101 7..9",
                "R1 ~ 5..8 > 5..7 unit_relet; R2 + 101 7..9",
            ),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 ignored", ""),
            // Not of a guest in house.
            (
                "at 5T16; has R1 Ana 101 5..8; R1 Ana ? 5..8; R2 Ben 101 7..8",
                "R1 ? unit_not_assigned person; R2 ? unit_in_use person",
            ),
        ],
    );
}

#[test]
fn the_newcomer_waits_where_the_grant_cannot_go() {
    let held = "R2 ? unit_in_use person";
    check_nights(
        Planned::lines,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear; R2 Ben 101 5..8", held),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 opt-out; R2 Ben 101 5..8", held),
            ("has R1 Ana 101 5..8 unrecorded; R2 Ben 101 5..8", "R1 ? absent rule; R2 ? unit_in_use person"),
            ("at 5T16; has R1 Ana 101 5..8; R2 Ben 101 6..8", "R1 ? absent rule; R2 ? unit_in_use person"),
            ("cut; has R1 Ana 101 5..8; R2 Ben 101 5..8", "R1 ? absent rule; R2 ? unit_in_use person"),
            ("partial; at 4T16; has R1 Ana 101 5..8; R2 Ben 101 5..8", held),
            ("only R2; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8", held),
            (
                "decide R1 leave; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8",
                "R1 ? decided rule; R2 ? unit_in_use person",
            ),
            (
                "lost R1; has R1 Ana 101 5..8; R1 Ana 102 9..10; R2 Ben 101 5..8",
                "R2 ? unit_in_use person; R1 + 102 9..10",
            ),
            // With several units the newcomer waits as a whole.
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear; R2 Ben 101+102 5..8", held),
        ],
    );
}

#[test]
fn one_matter_names_all_who_hang_together() {
    check_nights(
        Planned::matters,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear; R2 Ben 101 5..8", "unit_in_use R1+R2 101"),
            ("has R1 Ana 101 5..8; R2 Ben 101 5..8", "unit_relet R1+R2 101"),
            (
                "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 103 5..8; \
                 has R3 Cas 103 5..8; R3 Cas 103 5..8 unclear",
                "unit_in_use R1+R2+R3 102, 103",
            ),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8", ""),
        ],
    );
}

#[test]
fn where_only_the_policy_keeps_the_grant_the_newcomer_is_granted() {
    check_nights(
        Planned::lines,
        &[
            (
                "policy create_only; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8",
                "R1 ? policy rule; R2 + 101 5..8",
            ),
            (
                "locks; policy upsert_only; has R1 Ana 101 5..8; R1 Ana 102 5..8; R2 Ben 101 5..8",
                "R1 + 102 5..8; R2 + 101 5..8",
            ),
            // What `sync` would not let go either is no matter of the policy.
            (
                "policy create_only; has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear; R2 Ben 101 5..8",
                "R2 ? unit_in_use person",
            ),
        ],
    );
}

#[test]
fn a_held_change_gives_back_the_nights_beyond_its_dates_that_another_party_has() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101 5..9 recorded=5..8; R1 Ana 101 5..8 unclear; R2 Ben 101 8..9",
                "R1 ~ 5..9 > 5..8 unit_relet; R2 + 101 8..9",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana 102 5..7; has R2 Ben 102 5..8; R2 Ben 102 5..8 unclear; \
                 R3 Cas 101 7..9",
                "R1 ~ 5..8 > 5..7 unit_relet; R1 ? unit_in_use person; R3 + 101 7..9",
            ),
            // Nobody has them.
            ("has R1 Ana 101 5..9 recorded=5..8; R1 Ana 101 5..8 unclear; R2 Ben 102 8..9", "R2 + 102 8..9"),
        ],
    );
}

#[test]
fn moves_depend_on_what_each_needs() {
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 103 5..8",
                "R1 101 5..8 > 102 5..8 doors_changed; R2 102 5..8 > 103 5..8 doors_changed",
            ),
            (
                "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 103 5..8; \
                 has R3 Cas 103 5..8; R3 Cas 103 5..8 unclear",
                "R1 ? unit_in_use person; R2 ? unit_in_use person",
            ),
            // Who waits behind a change does not hold it.
            (
                "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 103 5..8; \
                 has R4 Dan 104 5..8; R4 Dan 101+105 5..8; has R5 Eve 105 5..8; R5 Eve 105 5..8 unclear",
                "R1 101 5..8 > 102 5..8 doors_changed; R2 102 5..8 > 103 5..8 doors_changed; \
                 R4 ? unit_in_use person",
            ),
        ],
    );
}

#[test]
fn a_guest_whose_stay_goes_on_keeps_the_old_unit_until_the_new_one_opens() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 6T12; has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 4..6T14; R2 Ben 102 4..6T14",
                "R1 ~ 5..8 > 5..6T14 doors_changed; R1 + 102 6T14..8",
            ),
            // Who has the old unit next waits for that moment.
            (
                "at 6T12; has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 4..6T14; R2 Ben 102 4..6T14; \
                 R3 Cas 101 6T13..8",
                "R1 ~ 5..8 > 5..6T14 doors_changed; R1 + 102 6T14..8; R3 + 101 6T14..8",
            ),
            // The new unit is free now.
            ("at 6T12; has R1 Ana 101 5..8; R1 Ana 102 5..8", "R1 101 5..8 > 102 5..8 doors_changed"),
            // Two segments of one guest that meet today.
            (
                "at 6T9; has R1 Ana 101 5..8; R1 Ana 101 5..6; R1 Ana 102 6..8",
                "R1 ~ 5..8 > 5..6T15 window_changed; R1 + 102 6T11..8",
            ),
        ],
    );
}

#[test]
fn more_units_or_nights_wait_only_for_what_is_gained() {
    check_nights(
        Planned::calls,
        &[
            (
                "locks; has R1 Ana 102 5..8; has R2 Ben 101 5..8; R1 Ana 101+102 5..8; R2 Ben 103 5..8",
                "+R2; -R2 (+R2); +R1 (-R2)",
            ),
            (
                "has R1 Ana 101 5..8; has R2 Ben 101 8..10; R1 Ana 101 5..9; R2 Ben 101 9..10",
                "~R2 9..10; ~R1 5..9 (~R2 9..10)",
            ),
            // Hours that both have are not gained: the nights before them wait for nobody.
            (
                "has R1 Ana 101 5..8T14; has R2 Ben 101 8T12..9; R1 Ana 101 4..8T14; R2 Ben 101 8T12..9",
                "~R1 4..8T14; ~R2 8T14..9",
            ),
            // A further unit that is withheld for a reason of its own waits for nobody either.
            (
                "doors; other R1 103 5..8; has R1 Ana 102 5..8; R1 Ana 101+102 5..9; \
                 has R2 Ben 101 5..8; R2 Ben 101 5..8 out",
                "~R1 5..9; -R2",
            ),
            (
                "has R1 Ana 102 5..8; R1 Ana 101+102 5..9; has R2 Ben 101 5..8; R2 Ben 101 5..8 out",
                "-R2; +R1 (-R2); ~R1 5..9 (-R2)",
            ),
            // The nights that both have are not gained.
            ("has R1 Ana 101 5..8; has R2 Ben 101 7..9; R1 Ana 101 5..8; R2 Ben 101 8..9", "~R2 8..9"),
        ],
    );
    check_nights(
        Planned::lines,
        &[
            (
                "has R1 Ana 102 5..8; has R2 Ben 101 5..8; R1 Ana 101+102 5..8; R2 Ben 101 5..8 unclear",
                "R1 ? unit_in_use person",
            ),
            (
                "has R1 Ana 101 5..8; has R2 Ben 101 8..10; R1 Ana 101 5..9; R2 Ben 101 8..10 unclear",
                "R1 ? unit_in_use person",
            ),
        ],
    );
}

#[test]
fn a_guest_who_is_checked_in_after_the_departure_keeps_the_unit() {
    check_nights(
        Planned::lines,
        &[(
            "at 9T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8 in; R2 Ben 101 8..12",
            "R1 ? overstay rule; R2 ? unit_in_use person",
        )],
    );
}

#[test]
fn a_further_unit_that_waits_moves_no_start_of_what_opens_now() {
    check_nights(
        Planned::lines,
        &[(
            "at 6T12; has R1 Ana 102 5..8; has R2 Ben 101 5..6T14; R1 Ana 102 5..8; R1 Ana 101 5..8; R2 Ben 101 5..6T14",
            "R1 + 101 6T14..8",
        )],
    );
}

#[test]
fn bookings_back_to_back_are_bridged_up_to_who_is_there_in_between() {
    check_nights(
        Planned::lines,
        &[(
            "R1 Ana 101 5..8 key=G1; R2 Ana 101 8..10 key=G1; R3 Ben 101 8T12..8T14",
            "R1:G1 + 101 5..8T12; R2:G1 + 101 8..10; R3 + 101 8T12..8T14",
        )],
    );
}
