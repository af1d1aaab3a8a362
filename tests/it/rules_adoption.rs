//! Grants that are not ours: what they are, who is left alone, and how they are taken over (RULES 36).

use std::collections::BTreeSet;

use insta::assert_snapshot;
use proptest::prelude::*;
use reservation_sync::mapping::{CurrentAccess, Desired, Directory};
use reservation_sync::model::{
    AccessGrantId, GrantState, Identity, Inventory, Ledger, LiveGrant, Method, SpaceId, Window,
};
use reservation_sync::plan::{Call, Class, Commands, Past, PlanInput, Policy, Quarantine, Reading, classify};

use crate::plan_properties::config;
use crate::rules_hotel::{Hotel, being_made, window};
use crate::rules_told::span;
use crate::small_world::{
    carried_out, empty_hotel, guard_settings, namespace, night, now, plan_settings, planned, planned_with,
    told,
};

/// A grant that somebody else made for somebody.
fn foreign(id: &str, name: &str, spaces: &[SpaceId], window: Window) -> (Identity, LiveGrant) {
    let identity = Identity {
        id: format!("identity-{id}").as_str().into(),
        key: None,
        full_name: Some(name.into()),
        email: None,
        phone: None,
        merged_keys: [].into(),
    };
    let grant = LiveGrant {
        id: id.into(),
        key: None,
        identity: identity.id.clone(),
        reservation_key: None,
        spaces: spaces.iter().cloned().collect(),
        window,
        requested: vec![being_made(Method::Code)].into(),
        access_methods: [].into(),
        name: None,
        created_at: window.starts_at,
        state: GrantState::Standing,
    };
    (identity, grant)
}

fn add<'h>(hotel: &'h mut Hotel, id: &str, name: &str, spaces: &[&str], days: &str) -> &'h mut LiveGrant {
    let spaces: Vec<SpaceId> = spaces.iter().map(|space| SpaceId::new(format!("space-{space}"))).collect();
    let (identity, grant) = foreign(id, name, &spaces, window(days));
    hotel.inventory.identities.push(identity);
    hotel.inventory.grants.push(grant);
    hotel.inventory.grants.last_mut().expect("it was just added")
}

/// What each live grant is, one a line.
fn classes(hotel: &Hotel, rows: &[&str]) -> String {
    hotel.with_input(rows, |input| {
        let line = |finding: reservation_sync::plan::Finding<'_>| {
            let stay = finding.stay.map_or_else(|| "-".to_owned(), |stay| stay.reservation.to_string());
            let proposal = format!("{:?}", finding.proposal).to_lowercase();
            let name = finding.grant.id.to_string();
            let id = if name.starts_with("grant-") { "ours" } else { &name };
            format!("{} {id} of {stay}, {proposal}: {}\n", finding.class.as_str(), finding.reason)
        };
        classify(input).into_iter().map(line).collect()
    })
}

/// Decides as a person does who agrees with all that is proposed.
fn agree(hotel: &mut Hotel, rows: &[&str]) {
    hotel.adopted = hotel.with_input(rows, |input| {
        let matches = classify(input).into_iter().filter(|finding| finding.class == Class::Match);
        matches.filter_map(|finding| Some((finding.grant.id.clone(), finding.stay?.reservation))).collect()
    });
}

fn left(hotel: &Hotel) -> String {
    let theirs = hotel.inventory.grants.iter().filter(|grant| grant.key.is_none());
    theirs.fold(String::new(), |told, grant| format!("{told}{} {}\n", grant.id, span(&grant.window)))
}

#[test]
fn every_live_grant_is_ours_a_match_skipped_an_orphan_or_foreign() {
    let mut hotel = Hotel::with(&["lobby"]);
    hotel.night(&["R1 G1 room-5 12-02..12-05", "R9 G9 room-6 12-02..12-05"]);
    add(&mut hotel, "by-key", "Night Desk", &["room-6", "lobby"], "12-05..12-08").reservation_key =
        Some("R2".into());
    add(&mut hotel, "by-guest", "GUEST  g3", &["room-7"], "12-05T12:00..12-07");
    add(&mut hotel, "wider", "Guest G4", &["room-1", "gym"], "12-05..12-07");
    add(&mut hotel, "in-house", "Guest G5", &["room-2"], "11-30..12-03");
    add(&mut hotel, "waiting", "x", &["room-3"], "12-05..12-07").name = Some("R6".into());
    add(&mut hotel, "cancelled", "x", &["room-3"], "12-05..12-07").key = Some("R7_1".into());
    add(&mut hotel, "elsewhere", "x", &["room-3"], "12-05..12-07").reservation_key = Some("R1".into());
    add(&mut hotel, "twins", "Guest G8", &["room-5", "room-6"], "12-09..12-12");
    add(&mut hotel, "no-doors", "x", &[], "12-05..12-07").reservation_key = Some("R2".into());
    add(&mut hotel, "cleaner", "Cleaner", &["room-6", "room-7"], "11-01..12-31");
    let rows = [
        "R1 G1 room-5 12-02..12-05",
        "R2 G2 room-6 12-05..12-08",
        "R3 G3 room-7 12-05..12-07",
        "R4 G4 room-1 12-05..12-07",
        "R5 G5 room-2 11-30..12-03 checked-in",
        "R6 G6 ? 12-05..12-07",
        "R7 G7 room-3 12-05..12-07 cancelled",
        "R8 G8 room-5 12-09..12-12",
        "S8 G8 room-6 12-09..12-12",
    ];
    assert_snapshot!(classes(&hotel, &rows), @"
    match by-key of R2, adopt: its room, its time and its reservation are those of the stay
    match by-guest of R3, adopt: its room, its time and its guest are those of the stay; the source has other hours, which will hold
    match wider of R4, decide: its room, its time and its guest are those of the stay; it also opens gym, which the stay is not given: decide
    skip cancelled of -, none: reservation R7 is cancelled or over in the source; if that is right, delete the grant in Seam
    skip elsewhere of -, none: it is named after reservation R1, for which the source wants other doors or another time
    skip no-doors of -, none: it is named after reservation R2, and Seam does not list its doors; compare it by hand
    skip waiting of -, none: reservation R6 waits: has no unit yet
    skip twins of -, none: it fits several stays: R8, S8
    skip in-house of R5, none: the guest is in the house and keeps this grant until they leave
    orphan ours of -, none: made by this job for reservation R9, which the source does not list
    foreign cleaner of -, none: no stay of the source has its room, its time and its name
    ours ours of -, none: made by this job for reservation R1
    ");
}

#[test]
fn a_guest_in_the_house_by_a_grant_that_is_not_ours_keeps_that_one_until_they_leave() {
    let mut hotel = Hotel::new();
    add(&mut hotel, "theirs", "Guest G1", &["room-5"], "11-30..12-03");
    add(&mut hotel, "shorter", "Guest G2", &["room-6"], "11-30..12-02");
    add(&mut hotel, "cleaner", "Cleaner", &["room-7"], "11-01..12-31");
    let rows = [
        "R1 G1 room-5 11-30..12-03 checked-in",
        "R2 G2 room-6 11-30..12-03",
        "R3 G3 room-7 11-30..12-03",
        "R4 G4 room-5 12-03..12-06",
    ];
    assert_snapshot!(hotel.lines(&rows), @"
    ? R1:G1 [room-5] 11-30T15..12-03T11 code key=- | adoption_pending, held by rule
    ? R2:G2 [room-6] 11-30T15..12-03T11 code key=- | adoption_pending, held by person
    + R3:G3 [room-7] 11-30T15..12-03T11 code key=- | new_stay, seamless
    + R4:G4 [room-5] 12-03T15..12-06T11 code key=- | new_stay, seamless
    ");
    hotel.at("12-03T12:00");
    assert_snapshot!(hotel.lines(&rows[3..]), @"");
}

#[test]
fn foreign_grant_of_the_stay_is_in_the_way_until_it_is_taken_over() {
    let held = |hotel: &Hotel, rows: &[&str]| -> Vec<String> {
        let plan = hotel.plan(rows);
        let line = |item: &reservation_sync::plan::Item| {
            format!("{:?} {} {:?}", item.action, item.reservation.key, item.reason_code)
        };
        plan.items.iter().map(line).collect()
    };
    // By the guest's name, and by the key of the reservation, at doors of both kinds.
    for room in ["room-1", "room-7"] {
        let mut hotel = Hotel::new();
        add(&mut hotel, "theirs", "guest g1", &[room], "12-05..12-07");
        let row = format!("R1 G1 {room} 12-05..12-07");
        assert_eq!(held(&hotel, &[&row]), ["Hold R1 ForeignGrant"]);
        let warnings: Vec<String> = hotel.plan(&[&row]).warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].contains("wait for it: 1") && warnings[0].contains("reservation-sync adopt -c "),
            "{warnings:?}"
        );
        agree(&mut hotel, &[&row]);
        hotel.night(&[&row]);
        assert_eq!((left(&hotel).as_str(), held(&hotel, &[&row])), ("", Vec::new()));
        let mut hotel = Hotel::new();
        add(&mut hotel, "theirs", "Night Desk", &[room], "12-05..12-07").name = Some("R1".into());
        assert_eq!(held(&hotel, &[&row]), ["Hold R1 ForeignGrant"]);
    }
    // Another guest, another unit, or other nights.
    for (name, room, days) in [
        ("Cleaner", "room-7", "12-05..12-07"),
        ("Guest G1", "room-6", "12-05..12-07"),
        ("Guest G1", "room-7", "12-09..12-12"),
    ] {
        let mut hotel = Hotel::new();
        add(&mut hotel, "theirs", name, &[room], days);
        assert_eq!(
            held(&hotel, &["R1 G1 room-7 12-05..12-07"]),
            ["Create R1 NewStay"],
            "{name} {room} {days}"
        );
    }
}

#[test]
fn ours_comes_first_and_what_the_list_names_goes_after_it() {
    let mut hotel = Hotel::with(&["lobby"]);
    add(&mut hotel, "a", "Guest G1", &["room-5", "lobby"], "12-02..12-05");
    add(&mut hotel, "b", "Guest G2", &["room-6", "lobby"], "12-02..12-05");
    add(&mut hotel, "cleaner", "Cleaner", &["room-5", "lobby"], "11-01..12-31");
    let rows = ["R1 G1 room-5 12-02..12-05", "R2 G2 room-6 12-02..12-06"];
    agree(&mut hotel, &rows);
    hotel.adopted.retain(|id, _| *id == "a".into());
    assert_snapshot!(hotel.night(&rows), @"
    + R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    ? R2:G2 [lobby room-6] 12-02T15..12-06T11 code key=- | foreign_grant, held by person
    - a [lobby room-5] 12-02T15..12-05T11 code key=- | taken_over, replace
      0 create R1:G1 with person pms:G1 name=Guest G1
      1 delete a after 0
    ");
    assert_snapshot!(left(&hotel), @"
    b 12-02T15..12-05T11
    cleaner 11-01T15..12-31T11
    ");
    agree(&mut hotel, &rows);
    assert_snapshot!(hotel.night(&rows), @"
    + R2:G2 [lobby room-6] 12-02T15..12-06T11 code key=- | new_stay, seamless
    - b [lobby room-6] 12-02T15..12-05T11 code key=- | taken_over, replace
      0 create R2:G2 with person pms:G2 name=Guest G2
      1 delete b after 0
    ");
    assert_snapshot!(left(&hotel), @"
    cleaner 11-01T15..12-31T11
    ");
}

/// One grant for the room and two guests in it: it goes when both have one of ours.
#[test]
fn a_grant_that_several_guests_use_goes_after_the_last_of_theirs_came() {
    let mut hotel = Hotel::new();
    add(&mut hotel, "room", "x", &["room-5"], "12-02..12-05").name = Some("R1".into());
    let rows = ["R1 G1 room-5 12-02..12-05", "R1 G2 room-5 12-02..12-05"];
    agree(&mut hotel, &rows);
    assert_snapshot!(hotel.night(&rows), @"
    + R1:G1 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    + R1:G2 [room-5] 12-02T15..12-05T11 code key=- | new_stay, seamless
    - room [room-5] 12-02T15..12-05T11 code key=- | taken_over, replace
      0 create R1:G1 with person pms:G1 name=Guest G1
      1 create R1:G2 with person pms:G2 name=Guest G2
      2 delete room after 0,1
    ");
}

#[test]
fn at_doors_of_reservations_ours_joins_the_reservation_before_theirs_leaves_it() {
    let mut hotel = Hotel::new();
    add(&mut hotel, "a", "Guest G1", &["room-1"], "12-02..12-05").reservation_key = Some("R1".into());
    let rows = ["R1 G1 room-1 12-02..12-05"];
    agree(&mut hotel, &rows);
    assert_snapshot!(hotel.night(&rows), @"
    + R1:G1 [room-1] 12-02T15..12-05T11 code key=R1 | new_stay, seamless
    - a [room-1] 12-02T15..12-05T11 code key=R1 | taken_over, replace
      0 create R1:G1 with person pms:G1 name=Guest G1
      1 delete a after 0
    ");
}

/// Seam takes no wider set of doors under a key in use, so a person has to take theirs away first.
#[test]
fn at_doors_of_reservations_that_theirs_does_not_all_open_nothing_is_taken_over() {
    let mut hotel = Hotel::with(&["spa"]);
    add(&mut hotel, "a", "Guest G1", &["room-1"], "12-02..12-05").reservation_key = Some("R1".into());
    let rows = ["R1 G1 room-1 12-02..12-05"];
    agree(&mut hotel, &rows);
    assert_snapshot!(hotel.night(&rows), @"
    ? R1:G1 [room-1 spa] 12-02T15..12-05T11 code key=- | foreign_grant, held by person
    ? a [room-1] 12-02T15..12-05T11 code key=R1 | adoption_pending, held by rule
    ");
    assert_snapshot!(left(&hotel), @"
    a 12-02T15..12-05T11
    ");
}

/// A grant that another system made and Seam does not manage yet.
fn unmanaged(hotel: &mut Hotel, id: &str, days: &str) {
    add(hotel, id, "Guest G1", &["room-5", "lobby"], days).state = GrantState::Unmanaged;
}

/// Only such a grant can be given a key (RULES 36): what is in the guest's pocket goes on to open.
#[test]
fn a_grant_that_nobody_manages_gets_a_key_of_ours_and_its_guest_keeps_it() {
    let mut hotel = Hotel::with(&["lobby"]);
    unmanaged(&mut hotel, "a", "12-02T15:00..12-05T11:00");
    hotel.inventory.identities.last_mut().expect("it was just added").key = Some("pms:G1".into());
    let rows = ["R1 G1 room-5 12-02..12-05"];
    assert_snapshot!(classes(&hotel, &rows), @"
    match a of R1, adopt: its room, its time and its guest are those of the stay; it gets a key of this job, and the guest keeps what they have
    ");
    agree(&mut hotel, &rows);
    assert_snapshot!(hotel.night(&rows), @"
    ~ R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- | taken_over, seamless
      0 take over as R1:G1
    ");
    assert_snapshot!(hotel.grants(), @"
    R1:G1 [lobby room-5] 12-02T15..12-05T11 key=-
    ");
}

#[test]
fn a_grant_of_another_person_that_was_given_a_key_is_replaced_by_the_next_run_and_not_before() {
    let mut hotel = Hotel::with(&["lobby"]);
    unmanaged(&mut hotel, "a", "12-02T15:00..12-05T11:00");
    let rows = ["R1 G1 room-5 12-02..12-06"];
    agree(&mut hotel, &rows);
    let plan = hotel.plan(&rows);
    assert_snapshot!(crate::rules_told::told(&plan.items, &plan.steps), @"
    ~ R1:G1 [lobby room-5] 12-02T15..12-05T11 code key=- | taken_over, seamless
      0 take over as R1:G1
    ");
    hotel.inventory = carried_out(&plan, &hotel.inventory);
    hotel.adopted.clear();
    assert_snapshot!(hotel.night(&rows), @"
    -/+ R1:G1:2 [lobby room-5] 12-02T15..12-05T11 code key=- -> [lobby room-5] 12-02T15..12-06T11 code key=- | doors_changed, replace
      0 create R1:G1:2 with person pms:G1 name=Guest G1
      1 delete R1:G1 after 0
    ");
}

#[test]
fn a_grant_that_nobody_manages_is_left_to_its_guest_in_the_house() {
    let mut hotel = Hotel::with(&["lobby"]);
    unmanaged(&mut hotel, "a", "11-29T15:00..12-05T11:00");
    let rows = ["R1 G1 room-5 11-29..12-05"];
    assert_snapshot!(classes(&hotel, &rows), @"
    skip a of R1, none: the guest is in the house and keeps this grant until they leave
    ");
    agree(&mut hotel, &rows);
    assert_snapshot!(hotel.night(&rows), @"
    ? R1:G1 [lobby room-5] 11-29T15..12-05T11 code key=- | adoption_pending, held by rule
    ");
}

#[test]
fn a_policy_that_does_not_revoke_takes_nothing_over() {
    let mut hotel = Hotel::new();
    hotel.settings.policy = Policy::UpsertOnly;
    add(&mut hotel, "a", "Guest G1", &["room-5"], "12-02..12-05");
    assert_snapshot!(classes(&hotel, &["R1 G1 room-5 12-02..12-05"]), @"
    skip a of R1, none: the policy of this job does not allow to take a grant away
    ");
}

/// Grants as another system would have made them for the guests of a night: some under the reservation's key.
fn strangers_for(desired: &Desired, directory: &Directory, inventory: &mut Inventory, mut choice: u64) {
    for (n, (reservation, wanted)) in
        desired.reservations.iter().flat_map(|r| r.grants.iter().map(move |grant| (r, grant))).enumerate()
    {
        choice = choice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = choice >> 40;
        if bits.is_multiple_of(4) {
            continue;
        }
        let spaces: Vec<SpaceId> =
            if bits.is_multiple_of(3) { wanted.unit_spaces().collect() } else { wanted.spaces() }
                .iter()
                .map(|space| directory.space(*space).id.clone())
                .collect();
        let (identity, mut grant) =
            foreign(&format!("theirs-{n}"), &wanted.full_name, &spaces, wanted.window);
        let capable = !directory.capable_of(&wanted.spaces()).is_empty();
        if capable && bits % 5 < 2 {
            grant.reservation_key = Some(reservation.id.key.as_str().into());
        }
        inventory.identities.push(identity);
        inventory.grants.push(grant);
    }
}

fn matches(
    desired: &Desired,
    directory: &Directory,
    inventory: &Inventory,
) -> Vec<(AccessGrantId, reservation_sync::model::ReservationId)> {
    let settings = plan_settings(Policy::Sync);
    let (ledger, guards, reading) = (Ledger::default(), guard_settings(), Reading::partial());
    let past = Past {
        ledger: &ledger,
        guards: &guards,
        allowances: &[],
        commands: &Commands::default(),
        reading: &reading,
        quarantine: Quarantine::None,
    };
    let access = CurrentAccess::of(inventory, &ledger, directory, &namespace(), now());
    let input =
        PlanInput { now: now(), settings: &settings, desired, directory, inventory, access: &access, past };
    let findings = classify(&input).into_iter().filter(|finding| finding.class == Class::Match);
    findings.filter_map(|finding| Some((finding.grant.id.clone(), finding.stay?.reservation))).collect()
}

proptest! {
    #![proptest_config(config())]

    /// Whatever is taken over: the plan passes its check, which sees to it that nobody stands outside at any step;
    /// nothing of a guest in the house and nothing that was not named is touched; and then nothing is left to do.
    #[test]
    fn taking_over_locks_nobody_out_and_touches_nothing_else(night in night(), choice: u64) {
        let mut inventory = empty_hotel();
        let (_, _, ()) = planned_with(&night, &empty_hotel(), Policy::Sync, now(), |desired, directory| {
            strangers_for(desired, directory, &mut inventory, choice);
        });
        let (desired, plan, named) = planned_with(&night, &inventory, Policy::Sync, now(), |desired, directory| {
            let named = matches(desired, directory, &inventory);
            desired.adopted = named.iter().cloned().collect();
            named
        });
        let named: BTreeSet<&AccessGrantId> = named.iter().map(|(id, _)| id).collect();
        let after = carried_out(&plan, &inventory);
        for grant in &inventory.grants {
            let stays = after.grants.contains(grant);
            prop_assert!(stays || named.contains(&grant.id), "{:?} went unnamed\n{}", grant, told(&plan.items));
            prop_assert!(stays || grant.window.starts_at > now(), "{:?} was in the house", grant);
            if !stays {
                let ours = after.grants.iter().any(|other| {
                    other.key.as_ref().is_some_and(|key| namespace().owns(key))
                        && other.spaces.intersection(&grant.spaces).next().is_some()
                        && other.window.overlaps(&grant.window)
                });
                prop_assert!(ours, "nothing of ours stands for {:?}\n{}", grant, told(&plan.items));
            }
        }
        // What waits on each side waits in both: the next night is about nothing else.
        let (_, again) = planned(&night, &after, Policy::Sync, now());
        let only_late_removals = again.steps.iter().all(|step| matches!(step.call, Call::DeleteMethod { .. } | Call::UpdateIdentity { .. }));
        prop_assert!(only_late_removals || !desired.adopted.is_empty(), "{}", told(&again.items));
        let after = carried_out(&again, &after);
        let (_, again) = planned(&night, &after, Policy::Sync, now());
        prop_assert!(again.steps.iter().all(|step| matches!(step.call, Call::DeleteMethod { .. })), "{}", told(&again.items));
    }
}
