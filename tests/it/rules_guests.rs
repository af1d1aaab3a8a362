//! Who is who: guests without keys, names, contacts that two people have (RULES 2, 4, 5, 7).

use insta::assert_snapshot;
use reservation_sync::mapping::GuestScope;

use crate::rules_hotel::{Hotel, reject_conflicts};

#[test]
fn a_guest_without_a_key_is_numbered_in_row_order_the_one_who_booked_first() {
    let mut hotel = Hotel::new();
    let rows = ["R1 - room-5 12-02..12-05 name=Bo", "R1 - room-5 12-02..12-05 name=Ana primary"];
    assert_snapshot!(hotel.night(&rows), @"
    + R1:R1/1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R1:R1/2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:R1/1 with person pms:R1/1 name=Ana
      1 create R1:R1/2 with person pms:R1/2 name=Bo
    ");
}

#[test]
fn rows_that_change_places_keep_their_numbers() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 - room-5 12-02..12-05 name=Ana", "R1 - room-6 12-02..12-05 name=Bo"]);
    assert_snapshot!(hotel.night(&["R1 - room-6 12-02..12-05 name=bo", "R1 - room-5 12-02..12-05 name=ANA"]), @"");
}

#[test]
fn a_guest_without_a_key_joins_without_touching_the_others() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 - room-5 12-02..12-05 name=Ana"]);
    assert_snapshot!(
        hotel.night(&["R1 - room-5 12-02..12-05 name=Bo", "R1 - room-5 12-02..12-05 name=Ana"]),
        @"
    + R1:R1/2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:R1/2 with person pms:R1/2 name=Bo
    "
    );
}

/// A variant of the name is the same guest (RULES 5).
#[test]
fn only_guest_is_renamed_by_a_variant() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 - room-1 12-02..12-05 name=Ana_Sousa"]);
    assert_snapshot!(
        hotel.night(&["R1 - room-1 12-02..12-05 name=Ana_Souza"]),
        @"  0 change person pms:R1/1 name=Ana Souza"
    );
}

/// Names that changed never freeze a reservation: who is not paired is new, and the known guests follow (RULES 4).
#[test]
fn guests_nobody_is_paired_with_follow_new_dates() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 - room-1 12-02..12-05 name=Ana", "R1 - room-1 12-02..12-05 name=Bo"]);
    let others = ["R1 - room-1 12-02..12-06 name=Cleo", "R1 - room-1 12-02..12-06 name=Dan checked-in"];
    assert_snapshot!(hotel.night(&others), @"
    ~ R1:R1/1 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-02T15..12-06T11 code key=R1 | window_changed, reissue
    ~ R1:R1/2 [room-1] 12-02T15..12-05T11 code key=R1 -> [room-1] 12-02T15..12-06T11 code key=R1 | window_changed, reissue
    + R1:R1/3 [room-1] 12-02T15..12-06T11 code key=R1 | new_stay, seamless
    + R1:R1/4 [room-1] 12-02T15..12-06T11 code key=R1 | new_stay, seamless
      0 window R1:R1/1
      1 window R1:R1/2
      2 create R1:R1/3 with person pms:R1/3 name=Cleo
      3 create R1:R1/4 with person pms:R1/4 name=Dan behind 2
    ");
    // From now on there are more known guests than rows: who is not paired gains nothing.
    let later = others.map(|row| row.replace("12-06", "12-07"));
    assert_snapshot!(hotel.lines(&[&later[0], &later[1]]), @"
    ~ R1:R1/3 [room-1] 12-02T15..12-06T11 code key=R1 -> [room-1] 12-02T15..12-07T11 code key=R1 | window_changed, reissue
    ~ R1:R1/4 [room-1] 12-02T15..12-06T11 code key=R1 -> [room-1] 12-02T15..12-07T11 code key=R1 | window_changed, reissue
    ");
}

/// Somebody who left the reservation is not handed, contacts and all, to somebody who came.
#[test]
fn a_new_guest_does_not_become_one_who_left() {
    let mut hotel = Hotel::new();
    let ana = "R1 - room-5 12-02..12-05 name=Ana";
    hotel.night(&[ana, "R1 - room-5 12-02..12-05 name=Bo email=bo@example.com"]);
    hotel.night(&[ana, "R1 - room-5 12-02..12-05 name=Bo cancelled"]);
    assert_snapshot!(hotel.night(&[ana, "R1 - room-5 12-02..12-05 name=Cleo"]), @"
    + R1:R1/3 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:R1/3 with person pms:R1/3 name=Cleo
    ");
}

#[test]
fn two_rows_of_one_guest_are_one_grant_where_nights_are_the_same() {
    let mut hotel = Hotel::new();
    assert_snapshot!(hotel.lines(&["R1 G1 room-5 12-02..12-05", "R1 G1 room-6 12-02..12-05"]), @"+ R1:G1 [room-5 room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless");
}

#[test]
fn with_guests_primary_only_the_one_who_booked_gets_a_grant() {
    let mut hotel = Hotel::new();
    hotel.mapping.guests = GuestScope::Primary;
    let rows = ["R1 G1 room-5 12-02..12-05", "R1 G2 room-5 12-02..12-05 primary"];
    assert_snapshot!(hotel.lines(&rows), @"+ R1:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless");
}

#[test]
fn with_guests_primary_and_no_mark_the_order_of_the_rows_moves_no_grant() {
    let mut hotel = Hotel::new();
    hotel.mapping.guests = GuestScope::Primary;
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R1 G2 room-5 12-02..12-05"]);
    assert_snapshot!(hotel.lines(&["R1 G2 room-5 12-02..12-05", "R1 G1 room-5 12-02..12-05"]), @"");
}

#[test]
fn with_guests_primary_the_next_guest_takes_over_where_the_one_who_booked_does_not_come() {
    let mut hotel = Hotel::new();
    hotel.mapping.guests = GuestScope::Primary;
    hotel.night(&["R1 G1 room-5 12-02..12-05 primary", "R1 G2 room-5 12-02..12-05"]);
    assert_snapshot!(
        hotel.lines(&["R1 G1 room-5 12-02..12-05 primary cancelled", "R1 G2 room-5 12-02..12-05"]),
        @"
    - R1:G1 [room-5] 12-02T15..12-05T11 code key=- | cancelled, revoke
    + R1:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    "
    );
}

#[test]
fn a_contact_that_two_guests_have_goes_to_the_first_and_the_other_is_told() {
    let mut hotel = Hotel::new();
    let rows = [
        "R1 G2 room-5 12-02..12-05 email=a@example.com",
        "R1 G1 room-5 12-02..12-05 email=A@Example.com phone=+15550100",
    ];
    assert_snapshot!(hotel.night(&rows), @"
    + R1:G1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R1:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:G1 with person pms:G1 name=Guest G1 email=A@Example.com phone=+15550100
      1 create R1:G2 with person pms:G2 name=Guest G2
    ");
    assert_snapshot!(hotel.plan(&rows).warnings[0], @"rows:2: email: the email of guest G2 is left out: another guest of the source has it too (hint: give each guest a contact of their own; the grant is made all the same)");
}

#[test]
fn a_contact_of_somebody_we_do_not_know_is_left_out() {
    let mut hotel = Hotel::new();
    hotel.foreign_identity("owner", Some("a@example.com"));
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05 email=a@example.com"]), @"
    + R1:G1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:G1 with person pms:G1 name=Guest G1
    ");
}

#[test]
fn with_reject_the_stay_waits_for_a_person() {
    let mut hotel = Hotel::new();
    reject_conflicts(&mut hotel);
    hotel.foreign_identity("owner", Some("a@example.com"));
    assert_snapshot!(hotel.night(&["R1 G1 room-5 12-02..12-05 email=a@example.com"]), @"? R1:G1 [room-5] 12-02T15..12-05T11 code key=- | contact_conflict, held by person");
}

#[test]
fn a_contact_moves_to_the_newcomer_from_a_guest_without_a_stay_and_nobody_else_waits_for_it() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05 email=a@example.com"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05 email=a@example.com cancelled"]);
    assert_snapshot!(
        hotel.night(&["R2 G2 room-5 12-02..12-05 email=a@example.com", "R3 G3 room-6 12-02..12-05"]),
        @"
    + R2:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R3:G3 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 change person pms:G1 email=null
      1 create R2:G2 with person pms:G2 name=Guest G2 email=a@example.com after 0
      2 create R3:G3 with person pms:G3 name=Guest G3
    "
    );
}

#[test]
fn a_contact_does_not_move_from_a_guest_whose_stay_waits() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-10..12-12 email=a@example.com"]);
    hotel.inventory.grants.clear();
    let waiting = "R1 G1 ? 12-10..12-12 email=a@example.com";
    assert_snapshot!(hotel.night(&[waiting, "R2 G2 room-5 12-02..12-05 email=a@example.com"]), @"
    + R2:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    ? R1:G1 | unit_not_assigned, held by rule
      0 create R2:G2 with person pms:G2 name=Guest G2
    ");
}

#[test]
fn a_contact_that_a_guest_changed_is_free_for_another_in_the_same_night() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05 email=a@example.com"]);
    assert_snapshot!(
        hotel.night(&[
            "R1 G1 room-5 12-02..12-05 email=new@example.com",
            "R2 G0 room-6 12-02..12-05 email=a@example.com",
        ]),
        @"
    + R2:G0 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 change person pms:G1 email=new@example.com
      1 create R2:G0 with person pms:G0 name=Guest G0 email=a@example.com after 0
    "
    );
}

#[test]
fn two_guests_whose_contacts_were_swapped_swap_them() {
    let mut hotel = Hotel::new();
    hotel.night(&[
        "R1 G1 room-5 12-02..12-05 email=a@example.com",
        "R1 G2 room-5 12-02..12-05 email=b@example.com",
    ]);
    assert_snapshot!(
        hotel.night(&[
            "R1 G1 room-5 12-02..12-05 email=b@example.com",
            "R1 G2 room-5 12-02..12-05 email=a@example.com",
        ]),
        @"
    0 change person pms:G2 email=null
    1 change person pms:G1 email=b@example.com after 0
    2 change person pms:G2 email=a@example.com after 1
    "
    );
}

/// Staff may merge a guest of ours into a person that we do not own.
#[test]
fn a_guest_who_was_merged_into_somebody_elses_person_is_used_but_never_changed() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05 name=Ana_Sousa"]);
    let identity = &mut hotel.inventory.identities[0];
    identity.merged_keys = identity.key.replace("crm:7".into()).into_iter().collect();
    assert_snapshot!(
        hotel.night(&[
            "R1 G1 room-5 12-02..12-06 name=Ana_Souza email=a@example.com",
            "R2 G1 room-6 12-08..12-09 name=Ana_Sousa",
        ]),
        @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-06T11 code key=- | window_changed, reissue
    + R2:G1 [room-6] 12-08T15..12-09T11 code key=- | new_stay, seamless
      0 window R1:G1
      1 create R2:G1 for known
    "
    );
}
