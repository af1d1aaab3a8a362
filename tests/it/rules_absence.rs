//! Stays that vanish from the source (RULES 21 to 23): absence is not cancellation.

use insta::assert_snapshot;

use crate::rules_hotel::Hotel;

/// A hotel whose source is complete, after a night with that guest.
fn hotel_with(row: &str) -> Hotel {
    let mut hotel = Hotel::new();
    hotel.read("first", true);
    hotel.night(&[row, OTHER]);
    hotel
}

const OTHER: &str = "R2 G2 room-6 12-02..12-08";

/// The night of a stay that vanished: at noon of a day, from other bytes than before.
fn vanished(hotel: &mut Hotel, day: &'static str) -> String {
    hotel.at(&format!("{day}T12:00"));
    hotel.read(day, true);
    hotel.night(&[OTHER])
}

#[test]
fn a_stay_that_vanished_is_revoked_in_the_second_complete_run_and_not_before() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    assert_snapshot!(vanished(&mut hotel, "12-02"), @"? R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule");
    assert_snapshot!(vanished(&mut hotel, "12-03"), @"
    - R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, revoke
      0 delete R1:G1
    ");
    assert_snapshot!(hotel.grants(), @"R2:G2 [room-6] 12-02T15..12-08T11 key=-");
}

#[test]
fn two_runs_in_one_evening_are_not_enough() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    vanished(&mut hotel, "12-02");
    hotel.at("12-02T20:00");
    hotel.read("evening", true);
    assert_snapshot!(hotel.told_reasons(&[OTHER]), @"
    ? R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule
        no longer in the source since 2026-12-02 12:00Z (2 of 2 complete runs); it is revoked in the next complete run after 2026-12-03 00:00Z
    ");
}

#[test]
fn the_same_bytes_are_no_second_proof() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    vanished(&mut hotel, "12-02");
    hotel.at("12-03T12:00");
    assert_snapshot!(hotel.told_reasons(&[OTHER]), @"
    ? R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule
        no longer in the source since 2026-12-02 12:00Z (1 of 2 complete runs); it is revoked in the next complete run; these are the same bytes as before, so it does not count
    ");
}

#[test]
fn a_partial_read_neither_counts_nor_resets() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    vanished(&mut hotel, "12-02");
    hotel.at("12-03T12:00");
    hotel.read("partial", false);
    assert_snapshot!(hotel.told_reasons(&[OTHER]), @"
    ? R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule
        no longer in the source since 2026-12-02 12:00Z (1 of 2 complete runs); it is revoked in the next complete run; this run does not see all of the source, so it does not count
    ");
    hotel.night(&[OTHER]);
    assert_snapshot!(vanished(&mut hotel, "12-04"), @"
    - R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, revoke
      0 delete R1:G1
    ");
}

#[test]
fn a_stay_that_comes_back_begins_anew() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    vanished(&mut hotel, "12-02");
    hotel.at("12-03T12:00");
    hotel.read("back", true);
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-05..12-08", OTHER]), @"");
    assert!(hotel.ledger.absences.is_empty());
    assert_snapshot!(vanished(&mut hotel, "12-04"), @"? R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule");
}

#[test]
fn a_source_that_lists_no_such_arrival_says_nothing_of_it() {
    let mut hotel = Hotel::new();
    hotel.at("11-20T12:00");
    hotel.read("first", true);
    hotel.night(&["R1 G1 room-5 12-28..12-30"]);
    hotel.read("second", true);
    assert_snapshot!(hotel.night(&[]), @"");
    assert!(hotel.ledger.absences.is_empty());
}

#[test]
fn a_guest_who_vanished_from_a_reservation_that_is_there_is_missing_too() {
    let mut hotel = hotel_with("R2 G1 room-5 12-05..12-08");
    assert_snapshot!(vanished(&mut hotel, "12-02"), @"? R2:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule");
    assert_snapshot!(vanished(&mut hotel, "12-03"), @"
    - R2:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, revoke
      0 delete R2:G1
    ");
}

#[test]
fn a_row_that_cannot_be_read_keeps_its_reservation_from_being_missing() {
    let mut hotel = hotel_with("R2 G1 room-5 12-05..12-08");
    hotel.rejected.insert("R2");
    assert_snapshot!(vanished(&mut hotel, "12-02"), @"");
    assert!(hotel.ledger.absences.is_empty());
}

#[test]
fn nobody_in_house_is_locked_out_for_absence_without_a_word_from_a_person() {
    let mut hotel = hotel_with("R1 G1 room-5 12-01..12-08");
    hotel.at("12-02T12:00");
    hotel.read("second", true);
    assert_snapshot!(hotel.told_reasons(&[OTHER]), @"
    ? R1:G1 [room-5] 12-01T15..12-08T11 code key=- | absent, held by rule
        no longer in the source since 2026-12-02 12:00Z (1 of 2 complete runs); the guest is in house, so it is kept; a person may allow that it is revoked, from the next complete run after 2026-12-03 00:00Z on
    ");
    vanished(&mut hotel, "12-02");
    hotel.at("12-03T12:00");
    hotel.read("third", true);
    assert_snapshot!(hotel.told_reasons(&[OTHER]), @r#"
    ? R1:G1 [room-5] 12-01T15..12-08T11 code key=- | absent, held by person
        no longer in the source since 2026-12-02 12:00Z; the guest is in house, so it is kept until a person allows it
        reservation-sync run -c reservation-sync.toml --allow in_house=1 --reason "…"
    "#);
    hotel.night(&[OTHER]);
    // The person looks at the report and answers over the same bytes.
    hotel.allow("in_house=1");
    assert_snapshot!(hotel.night(&[OTHER]), @"
    - R1:G1 [room-5] 12-01T15..12-08T11 code key=- | absent, revoke
      0 delete R1:G1
    ");
}

#[test]
fn an_allowance_for_fewer_guests_allows_none() {
    let mut hotel = Hotel::new();
    hotel.read("first", true);
    hotel.night(&["R1 G1 room-5 12-01..12-08", "R3 G3 room-7 12-01..12-08", OTHER]);
    vanished(&mut hotel, "12-02");
    hotel.at("12-03T12:00");
    hotel.read("third", true);
    hotel.allow("in_house=1");
    assert_snapshot!(hotel.night(&[OTHER]), @"
    ? R1:G1 [room-5] 12-01T15..12-08T11 code key=- | absent, held by person
    ? R3:G3 [room-7] 12-01T15..12-08T11 code key=- | absent, held by person
    ");
}

#[test]
fn a_store_that_never_saw_the_stay_revokes_nothing_for_absence() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    hotel.ledger.desired.clear();
    vanished(&mut hotel, "12-02");
    hotel.at("12-03T12:00");
    hotel.read("third", true);
    assert_snapshot!(hotel.told_reasons(&[OTHER]), @r#"
    ? R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, held by rule
        no longer in the source since 2026-12-02 12:00Z; this store has never seen the stay in the source, so it is kept until a person allows it
        reservation-sync run -c reservation-sync.toml --allow unknown_origin=1 --reason "…"
    "#);
    hotel.allow("unknown_origin=1");
    assert_snapshot!(hotel.night(&[OTHER]), @"
    - R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, revoke
      0 delete R1:G1
    ");
}

/// A store that was lost has seen a stay again as soon as it finds it as wanted.
#[test]
fn a_stay_that_is_found_as_wanted_is_known_from_then_on() {
    let mut hotel = hotel_with("R1 G1 room-5 12-05..12-08");
    hotel.ledger.desired.clear();
    hotel.read("again", true);
    hotel.night(&["R1 G1 room-5 12-05..12-08", OTHER]);
    vanished(&mut hotel, "12-02");
    assert_snapshot!(vanished(&mut hotel, "12-03"), @"
    - R1:G1 [room-5] 12-05T15..12-08T11 code key=- | absent, revoke
      0 delete R1:G1
    ");
}

#[test]
fn where_reservations_share_doors_what_is_missing_goes_after_what_is_new() {
    let mut hotel = Hotel::new();
    hotel.read("first", true);
    let both = ["R1 G1 room-1+room-2 12-05..12-08", "R1 G2 room-1 12-05..12-08"];
    hotel.night(&both);
    hotel.at("12-02T12:00");
    hotel.read("second", true);
    hotel.night(&both[1..]);
    hotel.at("12-03T12:00");
    hotel.read("third", true);
    // Of two in one room neither takes the place of the guest who is missing (RULES 4).
    let new = ["R1 G3 room-1 12-05..12-08", "R1 G4 room-1 12-05..12-08"];
    assert_snapshot!(hotel.night(&[both[1], new[0], new[1]]), @"
    - R1:G1 [room-1 room-2] 12-05T15..12-08T11 code key=R1 | absent, revoke
    + R1:G3 [room-1] 12-05T15..12-08T11 code key=R1 | new_stay, seamless
    + R1:G4 [room-1] 12-05T15..12-08T11 code key=R1 | new_stay, seamless
      0 create R1:G3 with person pms:G3 name=Guest G3
      1 create R1:G4 with person pms:G4 name=Guest G4 behind 0
      2 delete R1:G1 after 0,1
    ");
    assert_snapshot!(hotel.grants(), @"
    R1:G2 [room-1] 12-05T15..12-08T11 key=R1
    R1:G3 [room-1] 12-05T15..12-08T11 key=R1
    R1:G4 [room-1] 12-05T15..12-08T11 key=R1
    ");
}
