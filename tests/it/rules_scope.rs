//! Plans about some reservations only (RULES 40): what they leave alone, and what still stands in their way.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use proptest::prelude::*;
use reservation_sync::mapping::ReservationFilter;
use reservation_sync::model::{ReservationKey, UserIdentityKey};
use reservation_sync::plan::{Call, CheckedPlan, Policy};

use crate::plan_properties::config;
use crate::rules_hotel::Hotel;
use crate::small_world::{
    Night, carried_out, hotel, namespace, night, now, planned, planned_within, strangers, told,
};

fn only(keys: &[&str]) -> ReservationFilter {
    ReservationFilter { keys: keys.iter().map(|key| (*key).into()).collect(), ..ReservationFilter::default() }
}

#[test]
fn what_is_outside_is_neither_made_nor_changed_nor_revoked() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R2 G2 room-6 12-02..12-05", "R3 G3 room-7 12-02..12-05"]);
    let rows = [
        "R1 G1 room-5 12-02..12-06",
        "R2 G2 room-6 12-02..12-06",
        "R3 G3 room-7 12-02..12-05 cancelled",
        "R4 G4 room-1 12-02..12-05",
    ];
    hotel.filter = only(&["R2"]);
    assert_snapshot!(hotel.lines(&rows), @"
    ~ R2:G2 [room-6] 12-02T15..12-05T11 code key=- -> [room-6] 12-02T15..12-06T11 code key=- | window_changed, reissue
    ");
    hotel.filter = ReservationFilter::default();
    assert_snapshot!(hotel.lines(&rows), @"
    ~ R1:G1 [room-5] 12-02T15..12-05T11 code key=- -> [room-5] 12-02T15..12-06T11 code key=- | window_changed, reissue
    - R3:G3 [room-7] 12-02T15..12-05T11 code key=- | cancelled, revoke
    + R4:G4 [room-1] 12-02T15..12-05T11 code key=R4 | new_stay, seamless
    ");
}

#[test]
fn who_is_outside_still_has_their_room() {
    let mut hotel = Hotel::new();
    hotel.filter = only(&["R2"]);
    let rows = ["R1 G1 room-5 12-02..12-05", "R2 G2 room-5 12-03..12-06"];
    assert_snapshot!(hotel.lines(&rows), @"? R2:G2 [room-5] 12-03T15..12-06T11 code key=- | overlap, held by person");
}

#[test]
fn who_is_outside_still_claims_their_contact() {
    let mut hotel = Hotel::new();
    hotel.filter = only(&["R2"]);
    let rows = [
        "R1 G1 room-5 12-02..12-05 email=family@example.com",
        "R2 G2 room-6 12-02..12-05 email=family@example.com",
    ];
    assert_snapshot!(hotel.night(&rows), @"
    + R2:G2 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R2:G2 with person pms:G2 name=Guest G2
    ");
}

/// The guest outside wants another address now, and keeps the old one until their turn comes.
#[test]
fn a_contact_that_somebody_outside_would_give_up_is_not_free_yet() {
    let mut hotel = Hotel::new();
    hotel.night(&["R1 G1 room-5 12-02..12-05 email=desk@example.com"]);
    let rows = [
        "R1 G1 room-5 12-02..12-05 email=own@example.com",
        "R2 G2 room-6 12-02..12-05 email=desk@example.com",
    ];
    hotel.filter = only(&["R2"]);
    assert_snapshot!(hotel.night(&rows), @"
    + R2:G2 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
      0 create R2:G2 with person pms:G2 name=Guest G2
    ");
    hotel.filter = ReservationFilter::default();
    assert_snapshot!(hotel.night(&rows), @"
    0 change person pms:G1 email=own@example.com
    1 change person pms:G2 email=desk@example.com after 0
    ");
}

#[test]
fn an_arrival_is_judged_by_the_first_day_of_the_whole_reservation() {
    let mut hotel = Hotel::new();
    let rows = [
        "R1 G1 room-5 12-02..12-05",
        "R1 G1 room-6 12-05..12-08",
        "R2 G2 room-7 12-05..12-08",
        "R3 G3 room-1 12-06..12-08",
        "R4 G4 room-2 12-02..12-04 cancelled",
        "R4 G5 room-2 12-05..12-08",
    ];
    let day = |text: &str| text.parse().ok();
    hotel.filter =
        ReservationFilter { from: day("2026-12-05"), to: day("2026-12-05"), ..ReservationFilter::default() };
    assert_snapshot!(hotel.lines(&rows), @"
    + R2:G2 [room-7] 12-05T15..12-08T11 code key=- | new_stay, seamless
    + R4:G5 [room-2] 12-05T15..12-08T11 code key=R4 | new_stay, seamless
    ");
}

#[test]
fn a_property_a_key_and_what_is_left_out_together_mean_all_of_them_at_once() {
    let mut hotel = Hotel::new();
    let rows = [
        "A/R1 G1 room-5 12-02..12-05",
        "A/R2 G2 room-6 12-02..12-05",
        "B/R1 G3 room-7 12-02..12-05",
        "B/R3 G4 room-1 12-02..12-05",
    ];
    hotel.filter = ReservationFilter {
        properties: ["A".into(), "B".into()].into(),
        keys: ["R1".into(), "A/R2".into(), "A/R3".into()].into(),
        excluded: ["B/R1".into()].into(),
        ..ReservationFilter::default()
    };
    assert_snapshot!(hotel.lines(&rows), @"
    + A/R1:G1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + A/R2:G2 [room-6] 12-02T15..12-05T11 code key=- | new_stay, seamless
    ");
}

/// What a plan says and sends, without the numbers of its steps, for some reservations.
fn lines_of(plan: &CheckedPlan, keys: &BTreeSet<ReservationKey>) -> BTreeSet<String> {
    let inside = plan.items.iter().filter(|item| keys.contains(&item.reservation.key));
    inside.map(|item| format!("{item:?}")).collect()
}

/// The identities that a plan makes or changes.
fn people(plan: &CheckedPlan) -> BTreeSet<&UserIdentityKey> {
    plan.identities.iter().map(|identity| &identity.key).collect()
}

/// Each reservation with one property and contacts of its own.
fn apart(mut night: Night) -> Night {
    for row in &mut night.rows {
        row.property = 0;
        row.email = 0;
    }
    night
}

proptest! {
    #![proptest_config(config())]

    /// Where reservations do not interact, a plan about some of them is that part of the whole plan.
    #[test]
    fn a_plan_about_some_reservations_is_their_part_of_the_whole_plan(
        strangers in strangers(),
        nights in prop::collection::vec(night().prop_map(apart), 1..4),
        inside in prop::collection::btree_set(0..4_u8, 1..4),
    ) {
        let mut inventory = hotel(strangers);
        let keys: BTreeSet<ReservationKey> = inside.iter().map(|n| ReservationKey::new(format!("R{n}"))).collect();
        let filter = ReservationFilter { keys: keys.clone(), ..ReservationFilter::default() };
        for night in &nights {
            let (_, whole) = planned(night, &inventory, Policy::Sync, now());
            let (_, part) = planned_within(&filter, night, &inventory, Policy::Sync, now());
            prop_assert!(part.items.iter().all(|item| keys.contains(&item.reservation.key)));
            // Where reservations meet, what is outside the filter may be what those inside wait for (RULES 40).
            let meet = !whole.matters.is_empty() || !part.matters.is_empty();
            prop_assert!(meet || lines_of(&part, &keys) == lines_of(&whole, &keys), "whole\n{}part\n{}", told(&whole.items), told(&part.items));
            prop_assert!(meet || people(&part).is_subset(&people(&whole)));
            inventory = carried_out(&part, &inventory);
            let (_, again) = planned_within(&filter, night, &inventory, Policy::Sync, now());
            prop_assert!(again.steps.iter().all(|step| matches!(step.call, Call::DeleteMethod { .. })), "{}", told(&again.items));
            // The rest, so that the next night finds grants inside and outside.
            let (_, rest) = planned(night, &inventory, Policy::Sync, now());
            inventory = carried_out(&rest, &inventory);
        }
    }

    /// However they interact: grants and identities of reservations outside stay exactly as they are, and the night
    /// that is about everything ends where it would have ended.
    #[test]
    fn a_plan_about_some_reservations_leaves_the_others_exactly_as_they_are(
        strangers in strangers(),
        nights in prop::collection::vec(night(), 1..4),
        inside in prop::collection::btree_set(0..4_u8, 1..4),
    ) {
        let mut inventory = hotel(strangers);
        let keys: BTreeSet<ReservationKey> = inside.iter().map(|n| ReservationKey::new(format!("R{n}"))).collect();
        let filter = ReservationFilter { keys: keys.clone(), ..ReservationFilter::default() };
        for night in &nights {
            let (desired, part) = planned_within(&filter, night, &inventory, Policy::Sync, now());
            let after = carried_out(&part, &inventory);
            for grant in &inventory.grants {
                let key = grant.key.as_ref().and_then(|key| reservation_sync::model::GrantKeyParts::parse(&namespace(), key));
                if key.is_none_or(|parts| !keys.contains(&parts.reservation)) {
                    prop_assert!(after.grants.contains(grant), "{:?} was touched by\n{}", grant, told(&part.items));
                }
            }
            let of = |is_outside: bool| -> BTreeSet<UserIdentityKey> {
                let reservations = desired.reservations.iter().filter(|r| desired.outside.contains(&r.id) == is_outside);
                reservations.flat_map(|r| &r.grants).map(|grant| namespace().identity_key(&grant.guest)).collect()
            };
            let (strictly_outside, inside) = (of(true), of(false));
            for key in strictly_outside.difference(&inside) {
                prop_assert!(!people(&part).contains(key), "{key} was touched by\n{}{:#?}", told(&part.items), part.steps);
            }
            let (_, rest) = planned(night, &after, Policy::Sync, now());
            inventory = carried_out(&rest, &after);
        }
    }
}
