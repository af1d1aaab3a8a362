//! Seam's reservation keys (RULES 3, 36).

use crate::plan::testing::{Planned, check_nights};

#[test]
fn a_grant_of_somebody_else_under_the_reservation_key_is_in_the_way() {
    let held = "R1 ? foreign_grant person";
    check_nights(
        Planned::lines,
        &[
            ("other R1 101 5..8; R1 Ana 101 5..8", held),
            ("doors; other R1 102 5..8; R1 Ana 101 5..8", held),
            // A smart lock knows no reservation key.
            ("locks; other R1 102 5..8; R1 Ana 101 5..8", "R1 + 101 5..8"),
            ("other R9 101 5..8; R1 Ana 101 5..8", "R1 + 101 5..8"),
        ],
    );
}
