//! Addresses that are nobody's, names that are nobody's, and locks that are full (RULES 7 and 41).

use insta::assert_snapshot;
use reservation_sync::mapping::{AddressRules, MailDomain};
use reservation_sync::model::{Device, Method};

use crate::rules_hotel::{Hotel, reject_conflicts};

fn warnings(hotel: &Hotel, rows: &[&str]) -> String {
    hotel.plan(rows).warnings.iter().fold(String::new(), |told, problem| format!("{told}{problem}\n"))
}

fn hotel_that_knows_addresses() -> Hotel {
    let mut hotel = Hotel::new();
    let domain = |text| MailDomain::new(text).expect("a domain");
    hotel.mapping.addresses = AddressRules {
        relay_domains: [domain("relay.example.com")].into(),
        own_addresses: ["desk@example.com".into()].into(),
        own_domains: [domain("hotel.example.com")].into(),
    };
    hotel
}

#[test]
fn an_address_of_a_booking_site_or_of_the_hotel_is_nobodys_and_no_conflict() {
    let mut hotel = hotel_that_knows_addresses();
    reject_conflicts(&mut hotel);
    let rows = [
        "R1 G1 room-5 12-02..12-05 email=desk@example.com",
        "R2 G2 room-6 12-02..12-05 email=Desk@example.com",
        "R3 G3 room-7 12-02..12-05 email=one@relay.example.com",
        "R4 G4 room-1 12-02..12-05 email=one@relay.example.com",
        "R5 G5 room-2 12-02..12-05 email=bookings@hotel.example.com",
        "R6 G6 room-3 12-02..12-05 email=ana@example.com",
    ];
    assert_snapshot!(warnings(&hotel, &rows), @"
    rows:2: email: the e-mail address of 3 guests is the hotel's own and is not sent to Seam (hint: ask for an address of their own where a key is sent by e-mail)
    rows:4: email: the e-mail address of 2 guests belongs to a booking site (relay.example.com) and is not sent to Seam (hint: mail to it reaches the guest only from the booking site; ask for an address of their own where a key is sent by e-mail)
    ");
    assert_snapshot!(hotel.night(&rows), @"
    + R1:G1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R2:G2 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R3:G3 [room-7] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R4:G4 [room-1] 12-02T15..12-05T11 code key=R4 | new_stay, seamless
    + R5:G5 [room-2] 12-02T15..12-05T11 code key=R5 | new_stay, seamless
    + R6:G6 [room-3] 12-02T15..12-05T11 code key=R6 | new_stay, seamless
      0 create R1:G1 with person pms:G1 name=Guest G1
      1 create R2:G2 with person pms:G2 name=Guest G2
      2 create R3:G3 with person pms:G3 name=Guest G3
      3 create R4:G4 with person pms:G4 name=Guest G4
      4 create R5:G5 with person pms:G5 name=Guest G5
      5 create R6:G6 with person pms:G6 name=Guest G6 email=ana@example.com
    ");
}

#[test]
fn a_name_that_is_nobodys_beside_a_named_guest_gets_no_grant_until_it_is_somebodys() {
    let mut hotel = Hotel::new();
    let ana = "R1 - room-5 12-02..12-05 name=Ana email=ana@example.com";
    let rows = [
        ana,
        "R1 - room-5 12-02..12-05 name=Gast email=ana@example.com",
        "R1 - room-5 12-02..12-05 name=TBA_2",
    ];
    assert_snapshot!(warnings(&hotel, &rows), @"
    rows:3: full_name: 2 rows name nobody yet, beside a named guest in the same unit and time; no grant is made for them (hint: they get their own once the source has their name)
    ");
    assert_snapshot!(hotel.night(&rows), @"
    + R1:R1/1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:R1/1 with person pms:R1/1 name=Ana email=ana@example.com
    ");
    assert_snapshot!(hotel.night(&[ana, "R1 - room-5 12-02..12-05 name=Bo"]), @"
    + R1:R1/2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R1:R1/2 with person pms:R1/2 name=Bo
    ");
}

#[test]
fn a_name_that_is_nobodys_gets_a_grant_where_nobody_else_opens_that_door_then() {
    let mut hotel = Hotel::new();
    let rows = [
        "R1 - room-5 12-02..12-05 name=Ana",
        "R1 - room-6 12-02..12-05 name=Gast",
        "R2 - room-7 12-02..12-05 name=Reserved",
        "R3 - room-1 12-02..12-04 name=Bo",
        "R3 - room-1 12-02..12-05 name=Dummy",
        "R4 - room-2 12-02..12-05 name=Cleo cancelled",
        "R4 - room-2 12-02..12-05 name=Gast",
        "R5 - room-3 12-02..12-05 name=Dan",
        "R5 G5 room-3 12-02..12-05 name=Guest",
    ];
    assert_snapshot!(hotel.lines(&rows), @"
    + R1:R1/1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R1:R1/2 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R2:R2/1 [room-7] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R3:R3/1 [room-1] 12-02T15..12-04T11 code key=R3 | new_stay, seamless
    + R3:R3/2 [room-1] 12-02T15..12-05T11 code key=R3 | new_stay, seamless
    + R4:R4/2 [room-2] 12-02T15..12-05T11 code key=R4 | new_stay, seamless
    + R5:G5 [room-3] 12-02T15..12-05T11 code key=R5 | new_stay, seamless
    + R5:R5/1 [room-3] 12-02T15..12-05T11 code key=R5 | new_stay, seamless
    ");
}

#[test]
fn a_name_that_is_nobodys_keeps_a_grant_it_has_and_follows_the_stay() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 - room-5 12-02..12-05 name=Gast"]);
    let both = ["R1 - room-5 12-02..12-06 name=Gast", "R1 - room-5 12-02..12-06 name=Ana"];
    assert_snapshot!(hotel.lines(&both), @"
    ~ R1:R1/1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-06T11 code key=- | window_changed, reissue
    + R1:R1/2 [room-5] 12-02T15..12-06T11 code key=- | new_stay, seamless
    ");
    assert_snapshot!(hotel.lines(&["R1 - room-5 12-02..12-06 name=Gast cancelled", both[1]]), @"
    - R1:R1/1 [room-5] 12-02T15..12-06T11 code key=- | cancelled, revoke
    ");
}

fn hotel_with_a_lock(max_active_codes: u32) -> Hotel {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.inventory.devices.push(Device {
        id: "lock-lobby".into(),
        name: "Lobby lock".to_owned(),
        spaces: ["space-lobby".into()].into(),
        methods: [Method::Code].into(),
        max_active_codes: Some(max_active_codes),
    });
    hotel
}

/// Grants that are there, that are made, that move and that go all count as they will be.
#[test]
fn a_lock_that_would_have_to_hold_too_many_codes_is_told_with_the_day_and_the_stays() {
    let mut hotel = hotel_with_a_lock(2);
    hotel.foreign_grant("STAFF", "lobby", "11-01..12-31");
    let rows = [
        "R1 G1 room-5 12-02..12-06",
        "R2 G2 room-6 12-03..12-05",
        "R3 G3 room-7 12-04..12-08",
        "R4 G4 room-1 12-04..12-05 methods=card",
        "R5 G1 room-2 12-03..12-04",
    ];
    assert_snapshot!(warnings(&hotel, &rows), @"
    Seam: unit: the lock `Lobby lock` holds 2 codes, and from 2026-12-04 15:00Z until 2026-12-05 11:00Z it would need up to 3; stays that may find it full: R3 (hint: take the lock out of spaces that not every stay needs, give some of these stays a card or a mobile key, or delete codes on the lock that nobody uses)
    ");
    hotel.night(&rows);
    assert_snapshot!(warnings(&hotel, &rows), @"
    Seam: unit: the lock `Lobby lock` holds 2 codes, and from 2026-12-04 15:00Z until 2026-12-05 11:00Z it would need up to 3; stays that may find it full: R3 (hint: take the lock out of spaces that not every stay needs, give some of these stays a card or a mobile key, or delete codes on the lock that nobody uses)
    ");
    let fewer = ["R1 G1 room-5 12-02..12-04", "R2 G2 room-6 12-03..12-05", "R3 G3 room-7 12-04..12-08"];
    assert_snapshot!(warnings(&hotel, &fewer), @"");
    assert_snapshot!(warnings(&hotel_with_a_lock(3), &rows), @"");
}
