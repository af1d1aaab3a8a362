//! What the guards count, and what they hold (RULES 24, 25).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn max_update_counts_replaces_and_shorter_stays() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..7", "max_update=1"),
            ("has R1 Ana 101 5..8; R1 Ana 102 5..8", "max_update=1"),
            ("guard max_update=0; has R1 Ana 101 5..8; R1 Ana 102 5..8", "max_update=1!"),
            ("has R1 Ana 101 5..8; has R1 Ana 102 5..8 n=2 seam=R1#2; R1 Ana 101 5..8", "max_update=1"),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8", ""),
        ],
    );
}

#[test]
fn what_the_source_asks_for_is_counted_before_a_dispute_holds_it() {
    check_nights(
        Planned::guards,
        &[
            ("at 5T16; has R1 Ana 103 6..8; R1 Ana 101 6..8; R2 Ben 101 5..8 in", "max_update=1"),
            ("as-written; has R1 Ana 103 6..8; R2 Ben 101 5..8; R1 Ana 101 6..8", "max_update=1"),
            ("has R1 Ana 101 5..8; has R2 Ben 101 5..8; R1 Ana 101 5..8; R2 Ben 101 5..8", ""),
        ],
    );
}

#[test]
fn a_longer_stay_in_the_same_unit_is_not_counted() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..9", ""),
            ("has R1 Ana 101 5..8; R1 Ana 101 4..8", ""),
            // Where it takes a night at the other end, or another party has the new one, it is.
            ("has R1 Ana 101 5..8; R1 Ana 101 6..9", "max_update=1"),
            ("has R1 Ana 101 5..8; has R2 Ben 101 8..10; R1 Ana 101 5..9", "max_delete=1; max_update=1"),
            ("has R1 Ana 101 5..8 card; R1 Ana 101 5..9", "max_update=1"),
        ],
    );
}

#[test]
fn what_a_window_has_beyond_the_record_counts_for_no_guard() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8; R2 Ben 101 8..9", ""),
            ("at 6T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8; R2 Ben 101 8..9", ""),
            ("at 9T12; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8", ""),
            ("at 8T12; has R1 Ana 101 5..9 recorded=5..8; R2 Ben 101 8..9", ""),
        ],
    );
}

#[test]
fn who_gets_the_unit_and_night_of_another_party_is_counted() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..8; R2 Ben 101 5..8", "max_delete=1; max_update=1"),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8", "max_cancel=1; max_update=1"),
            ("has R1 Ana 101 5..8; R2 Ben 101 8..9", "max_delete=1"),
            ("has R1 Ana 101 5..8; R2 Ben 102 5..8", "max_delete=1"),
            // Also where it is held.
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear; R2 Ben 101 5..8", "max_update=1"),
            ("policy create_only; has R1 Ana 101 5..8; R2 Ben 101 5..8", "max_update=1"),
            // What the policy does not do.
            ("policy create_only; has R1 Ana 101 5..8; has R2 Ben 101 8..10; R1 Ana 101 5..9", ""),
        ],
    );
}

#[test]
fn who_gets_the_unit_of_a_guest_who_is_listed_no_more_is_counted() {
    check_nights(
        Planned::guards,
        &[
            (
                "has R1 Ana 101 5..8; has R1 Ben 102 5..8 guest=2 seam=R1#2; R1 Ana 101+102 5..8",
                "max_delete=1; max_update=1",
            ),
            (
                "has R1 Ana 101 5..8; has R1 Ben 101 8..10 guest=2 seam=R1#2; R1 Ana 101 5..9",
                "max_delete=1; max_update=1",
            ),
            ("has R1 Ben 102 5..8 guest=2; R1 Ana 102 5..8; R1 Cas 102 5..8", "max_delete=1; max_update=1"),
            // Other units, other nights, a guest who is listed, one of another reservation.
            ("has R1 Ana 101 5..8; has R1 Ben 102 8..10 guest=2 seam=R1#2; R1 Ana 101 5..9", "max_delete=1"),
            ("has R1 Ana 101 5..8; has R1 Ben 101 9..10 guest=2 seam=R1#2; R1 Ana 101 5..9", "max_delete=1"),
            (
                "has R1 Ana 101 5..8; has R1 Ben 101 8..10 guest=2 seam=R1#2; R1 Ana 101 5..9; R1 Ben 101 8..10",
                "",
            ),
            ("has R1 Ana 101 5..8 key=G1; R2 Ana 101 5..8 key=G1", "max_delete=1"),
            // A guest whose unit changes is listed.
            ("has R1 Ana 101 5..7; has R1 Ana 101 7T15..9 n=2 seam=R1#2; R1 Ana 101 5..9", "max_update=1"),
        ],
    );
}

#[test]
fn max_cancel_counts_explicit_revocations() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 out", "max_cancel=1"),
            ("guard max_cancel=0; has R1 Ana 101 5..8; R1 Ana 101 5..8 out", "max_cancel=1!"),
            // Not of a stay that ends today anyway.
            ("at 8T10; has R1 Ana 101 5..8; R1 Ana 101 5..8 out", ""),
            ("policy upsert_only; has R1 Ana 101 5..8; R1 Ana 101 5..8 out", ""),
        ],
    );
}

#[test]
fn max_delete_counts_revocations_by_absence_and_letting_again() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..8 missed", "max_delete=1"),
            ("guard max_delete=0; has R1 Ana 101 5..8 missed", "max_delete=1!"),
            ("partial; has R1 Ana 101 5..8; R2 Ben 101 5..8", "max_delete=1; max_update=1"),
            ("has R1 Ana 101 5..8; R1 Ana ? 5..8; R2 Ben 101 5..8", "max_delete=1; max_update=1"),
            ("has R1 Ana 101 5..8; R1 Ana ? 5..8; R2 Ben 102 5..8", ""),
            (
                "at 5T16; has R1 Ana 101 6..9; R1 Ana 101 6..9; R2 Ben 101 5..8 in",
                "max_delete=1; max_update=1",
            ),
            ("decide R1 revoke; has R1 Ana 101 5..8", ""),
        ],
    );
}

#[test]
fn max_delete_counts_recorded_stays_that_a_complete_read_misses() {
    check_nights(
        Planned::guards,
        &[
            ("has R1 Ana 101 5..8", "max_delete=1"),
            ("cut; has R1 Ana 101 5..8", "max_delete=1"),
            ("at 6T12; has R1 Ana 101 5..8", "max_delete=1"),
            ("guard max_delete=0; has R1 Ana 101 5..8", "max_delete=1!"),
            // Not recorded, over today, in a partial read, or outside the filter.
            ("has R1 Ana 101 5..8 unrecorded", ""),
            ("at 8T10; has R1 Ana 101 5..8", ""),
            ("at 8T10; has R1 Ana 101 5..8T23", ""),
            ("partial; has R1 Ana 101 5..8", ""),
            ("partial; has R1 Ana 101 5..8 missed; R2 Ben 102 5..8", ""),
            ("only R2; has R1 Ana 101 5..8; R2 Ben 102 5..8", ""),
            ("only R1; has R1 Ana 101 5..8; R1 Zoe 109 5..8; has R1 Bo 102 5..8 guest=2", ""),
            // A row for it explains it.
            ("has R1 Ana 101 5..8; R1 Ana ? 5..8", ""),
            ("has R1 Ana 101 5..8; R1 Ana 101 5..8 unclear", ""),
        ],
    );
}

#[test]
fn max_in_house_holds_all_that_is_taken_from_guests_in_house() {
    let held = "R1 ? in_house_limit person";
    check_nights(
        Planned::lines,
        &[
            ("at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..7", held),
            ("at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 102 5..8", held),
            ("at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..8 out", held),
            (
                "at 6T12; guard max_in_house=0; allow max_in_house=1; has R1 Ana 101 5..8; R1 Ana 101 5..7",
                "R1 ~ 5..8 > 5..7 window_changed",
            ),
            (
                "at 6T12; guard max_in_house=1; has R1 Ana 101 5..8; R1 Ana 101 5..7; \
                 has R2 Ben 102 5..8; R2 Ben 102 5..7",
                "R1 ? in_house_limit person; R2 ? in_house_limit person",
            ),
            (
                "at 6T12; guard max_in_house=2; has R1 Ana 101 5..8; R1 Ana 101 5..7; \
                 has R2 Ben 102 5..8; R2 Ben 102 5..7",
                "R1 ~ 5..8 > 5..7 window_changed; R2 ~ 5..8 > 5..7 window_changed",
            ),
            // Who waits behind one of them waits too, and others go on.
            (
                "at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 102 5..8; R2 Ben 101 7..8; \
                 R3 Cas 103 7..8",
                "R1 ? in_house_limit person; R2 ? unit_in_use person; R3 + 103 7..8",
            ),
        ],
    );
}

#[test]
fn max_in_house_does_not_hold_gains_nor_what_ends_anyway() {
    check_nights(
        Planned::lines,
        &[
            (
                "at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..9",
                "R1 ~ 5..8 > 5..9 window_changed",
            ),
            (
                "at 8T10; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..8 out",
                "R1 - 101 5..8 cancelled",
            ),
            // The unit is let for tonight.
            (
                "at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 6..8",
                "R1 - 101 5..8 cancelled; R2 + 101 6..8",
            ),
            (
                "at 6T12; guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 7..8",
                "R1 ? in_house_limit person; R2 ? unit_in_use person",
            ),
            (
                "at 6T12; guard max_in_house=0; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8; \
                 R2 Ben 101 8..9",
                "R1 ~ 5..10 > 5..8 window_changed; R2 + 101 8..9",
            ),
            // What the window has beyond the record is nobody's (RULES 20).
            (
                "at 9T12; guard max_in_house=0; has R1 Ana 101 5..10 recorded=5..8; R1 Ana 101 5..8 out",
                "R1 - 101 5..10 cancelled",
            ),
            ("guard max_in_house=0; has R1 Ana 101 5..8; R1 Ana 101 5..7", "R1 ~ 5..8 > 5..7 window_changed"),
        ],
    );
}

#[test]
fn in_a_quarantine_nothing_is_taken_and_no_unit_of_another_party_opens() {
    check_nights(
        Planned::lines,
        &[
            ("quarantine; R1 Ana 101 5..9", "R1 + 101 5..9"),
            ("quarantine; has R1 Ana 101 5..8; R1 Ana 101 5..9", "R1 ~ 5..8 > 5..9 window_changed"),
            ("quarantine; has R1 Ana 101 5..8; R1 Ana 101 5..7", "R1 ? quarantine person"),
            ("quarantine; has R1 Ana 101 5..8; R1 Ana 102 5..8", "R1 ? quarantine person"),
            (
                "quarantine; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 101 5..8",
                "R1 ? quarantine person; R2 ? quarantine person",
            ),
            (
                "quarantine; has R1 Ana 101 5..8; R1 Ana 101 5..8 out; R2 Ben 102 5..8",
                "R1 ? quarantine person; R2 + 102 5..8",
            ),
        ],
    );
}

#[test]
fn without_sync_a_ring_is_held_as_a_whole() {
    let ring = "has R1 Ana 101 5..8; R1 Ana 102 5..8; has R2 Ben 102 5..8; R2 Ben 101 5..8";
    let held = "R1 ? policy person; R2 ? policy person";
    check_nights(
        Planned::lines,
        &[
            (&format!("policy upsert_only; {ring}"), held),
            (&format!("policy create_only; {ring}"), held),
            (ring, "R1 101 5..8 > 102 5..8 doors_changed; R2 102 5..8 > 101 5..8 doors_changed"),
            // Two changes that only stand beside each other are no ring.
            (
                "policy upsert_only; has R1 Ana 101 5..8; R1 Ana 101 5..7; has R2 Ben 101 8..9; R2 Ben 101 7..9",
                "R1 ~ 5..8 > 5..7 window_changed; R2 ~ 8..9 > 7..9 window_changed",
            ),
        ],
    );
}
