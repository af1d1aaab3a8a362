//! What holds for every plan, tried on random hotels over several nights.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use reservation_sync::mapping::{Directory, RevokedStay};
use reservation_sync::model::{GrantKeyParts, Ledger, ProblemCode, ReasonCode, Standing, Window};
use reservation_sync::plan::{Action, Call, Phase, Policy, Reading};

use crate::small_world::{
    Night, carried_out, empty_hotel, full_night, guard_settings, hotel, namespace, night, now, planned,
    planned_after, reading, remembered, strangers, told,
};

/// Enough hotels to notice, few enough to wait for. `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for
/// others than those of `.cargo/config.toml`.
pub(crate) fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: 2 * default.cases, max_shrink_iters: 4_000, ..default }
}

proptest! {
    #![proptest_config(config())]

    /// Every plan passes its check, which tries it against a model of Seam's rules; carried out, it leaves nothing to
    /// change.
    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_change(strangers in strangers(), nights in prop::collection::vec(night(), 1..5)) {
        let mut inventory = hotel(strangers);
        for night in &nights {
            let (_, plan) = planned(night, &inventory, Policy::Sync, now());
            inventory = carried_out(&plan, &inventory);
            let (_, again) = planned(night, &inventory, Policy::Sync, now());
            // A method that a new grant of the same guest might share is taken away on the next night.
            let only_late_removals =
                again.steps.iter().all(|step| matches!(step.call, Call::DeleteMethod { .. }));
            prop_assert!(only_late_removals, "first\n{}then\n{}{:#?}", told(&plan.items), told(&again.items), again.steps);
            inventory = carried_out(&again, &inventory);
            let (_, again) = planned(night, &inventory, Policy::Sync, now());
            prop_assert!(again.is_empty(), "first\n{}then\n{}{:#?}", told(&plan.items), told(&again.items), again.steps);
        }
    }

    /// Whatever a guest is entitled to and is not held is covered by grants of theirs.
    #[test]
    fn after_a_plan_every_stay_that_is_not_held_has_its_doors(strangers in strangers(), nights in prop::collection::vec(night(), 1..5)) {
        let mut inventory = hotel(strangers);
        for night in &nights {
            let (desired, plan) = planned(night, &inventory, Policy::Sync, now());
            let held: Vec<_> = plan.items.iter().filter(|item| item.action == Action::Hold).cloned().collect();
            inventory = carried_out(&plan, &inventory);
            let directory = Directory::of(&inventory);
            for reservation in &desired.reservations {
                for grant in &reservation.grants {
                    let is_held = held.iter().any(|item| item.reservation == reservation.id);
                    let identity = namespace().identity_key(&grant.guest);
                    let id = inventory.identities.iter().find(|i| i.key.as_ref() == Some(&identity)).map(|i| &i.id);
                    // A start may wait for an earlier guest, and buffers and bridges give way to others (RULES 13).
                    let opens = |live: &Window| {
                        let at = |ms| Timestamp::from_millisecond(ms).expect("a date of the tests");
                        let dates = Window::new(at(grant.facts.dates.from), at(grant.facts.dates.to));
                        let has_waited = plan.warnings.iter().any(|w| w.code == ProblemCode::StartMoved);
                        live.same_from(&grant.window, now()) || live.holds(&dates, now()) || has_waited
                    };
                    for space in grant.spaces() {
                        let id_of_space = &directory.space(space).id;
                        let covered = inventory.grants.iter().any(|live| {
                            Some(&live.identity) == id
                                && live.spaces.contains(id_of_space)
                                && opens(&live.window)
                        });
                        let is_told = plan.matters.iter().any(|matter| matter.reservations.contains(&reservation.id.key));
                        prop_assert!(covered || is_held || is_told, "{:?} of {} lacks {:?}", grant.guest, reservation.id, id_of_space);
                    }
                }
            }
        }
    }

    /// Without the right to revoke nothing is ever deleted; with `create-only` nothing is changed either.
    #[test]
    fn a_policy_that_does_not_revoke_never_deletes(nights in prop::collection::vec(night(), 1..4), create_only: bool) {
        let policy = if create_only { Policy::CreateOnly } else { Policy::UpsertOnly };
        let mut inventory = empty_hotel();
        for night in &nights {
            let (_, plan) = planned(night, &inventory, policy, now());
            for grant in &inventory.grants {
                let after = carried_out(&plan, &inventory);
                prop_assert!(after.grants.iter().any(|other| other.id == grant.id));
            }
            inventory = carried_out(&plan, &inventory);
        }
    }

    /// The order of reservations in the source changes nothing.
    #[test]
    fn the_order_of_reservations_does_not_matter(first in night(), second in night()) {
        let (_, plan) = planned(&first, &empty_hotel(), Policy::Sync, now());
        let inventory = carried_out(&plan, &empty_hotel());
        let mut turned = inventory.clone();
        turned.grants.reverse();
        turned.identities.reverse();
        turned.spaces.reverse();
        turned.entrances.reverse();
        let (_, straight) = planned(&second, &inventory, Policy::Sync, now());
        let (_, reversed) = planned(&second, &turned, Policy::Sync, now());
        prop_assert_eq!(told(&straight.items), told(&reversed.items));
        prop_assert_eq!(&straight.steps, &reversed.steps);
    }

    /// Where every row is there and none is held, guests have exactly the doors and times of their rows: nobody else
    /// can open a door, and nothing is left behind by a move.
    #[test]
    fn where_no_row_is_missing_nobody_has_more_than_their_row_gives(
        nights in prop::collection::vec(full_night(), 1..5)
    ) {
        let mut inventory = empty_hotel();
        for night in &nights {
            let (desired, plan) = planned(night, &inventory, Policy::Sync, now());
            let held: Vec<_> = plan.items.iter().filter(|item| item.action == Action::Hold).cloned().collect();
            inventory = carried_out(&plan, &inventory);
            let directory = Directory::of(&inventory);
            for reservation in &desired.reservations {
                // A row that is over says nothing about a grant for another time, which may be that of a missing row.
                let left_early = |stay: &RevokedStay| stay.reason_code == ReasonCode::LeftEarly;
                if held.iter().any(|item| item.reservation == reservation.id)
                    || !reservation.left_alone.is_empty()
                    || reservation.revoked.iter().any(left_early)
                    // Who is checked in keeps the old unit until the new one opens (RULES 15).
                    || reservation.grants.iter().any(|grant| grant.facts.standing == Standing::CheckedIn)
                    || plan.warnings.iter().any(|warning| warning.code == ProblemCode::StartMoved)
                {
                    continue;
                }
                for live in &inventory.grants {
                    let parts = live.key.as_ref().and_then(|key| GrantKeyParts::parse(&namespace(), key));
                    let Some(parts) = parts.filter(|parts| parts.reservation == reservation.id.key) else { continue };
                    let given = reservation.grants.iter().any(|grant| {
                        let spaces = grant.spaces();
                        grant.guest == parts.guest
                            && live.window.same_from(&grant.window, now())
                            && live.spaces.iter().all(|id| directory.by_id(id).is_some_and(|s| spaces.contains(&s)))
                    });
                    // What no row answers for is judged by absence: this read does not list everything (RULES 1, 21).
                    let is_apart = !plan.steps.iter().any(|step| {
                        matches!(&step.call, Call::CreateGrant { key, .. } if Some(key) == live.key.as_ref())
                    }) && !reservation.grants.iter().any(|grant| {
                        grant.guest == parts.guest && live.window.same_from(&grant.window, now())
                    });
                    prop_assert!(given || is_apart, "{:?} is not wanted\n{}", live, told(&plan.items));
                }
            }
        }
    }

    /// A reservation that is merely absent from a read that is not all of the source keeps what it has.
    #[test]
    fn absence_from_a_partial_read_revokes_nothing(first in night()) {
        let (_, plan) = planned(&first, &empty_hotel(), Policy::Sync, now());
        let inventory = carried_out(&plan, &empty_hotel());
        let nobody = Night { rows: Vec::new(), also: first.also.clone() };
        let (_, plan) = planned(&nobody, &inventory, Policy::Sync, now());
        prop_assert!(plan.is_empty());
        prop_assert_eq!(plan.n_unchanged, inventory.grants.len());
    }

    /// Nights that follow each other, some of them read whole: what is revoked for absence was missing before, in a
    /// read of its own and long enough, and its guest is not in the house; and each plan is the last of its night.
    #[test]
    fn only_what_was_missing_before_is_revoked_for_absence(
        nights in prop::collection::vec((night(), any::<bool>()), 1..6)
    ) {
        let (mut inventory, mut ledger, mut at) = (empty_hotel(), Ledger::default(), now());
        for (number, (night, is_complete)) in nights.iter().enumerate() {
            let reading = reading(night, *is_complete, number);
            let (_, plan) = planned_after(night, &inventory, Policy::Sync, at, &ledger, &reading);
            for item in plan.items.iter().filter(|item| item.reason_code == ReasonCode::Absent) {
                if item.action == Action::Hold {
                    continue;
                }
                prop_assert!(*is_complete, "{}", told(&plan.items));
                let absence = ledger.absences.get(&item.key);
                let is_old = absence.is_some_and(|absence| absence.since.duration_until(at) >= guard_settings().missing_for);
                prop_assert!(is_old, "{:?}\n{}", absence, told(&plan.items));
                // Where the source says who is checked in, or said so lately, a window that has begun says nothing
                // (RULES, Terms).
                let says_who_is_in = night.rows.iter().any(|row| row.standing == Standing::CheckedIn)
                    || ledger.last_checked_in_status.is_some();
                prop_assert!(item.phase != Phase::InHouse || says_who_is_in, "{}", told(&plan.items));
            }
            inventory = carried_out(&plan, &inventory);
            ledger = remembered(&plan, &ledger);
            let (_, again) = planned_after(night, &inventory, Policy::Sync, at, &ledger, &reading);
            let only_late_removals = again.steps.iter().all(|step| matches!(step.call, Call::DeleteMethod { .. }));
            prop_assert!(only_late_removals, "first\n{}then\n{}", told(&plan.items), told(&again.items));
            at += SignedDuration::from_hours(13);
        }
    }

    /// A guest in the house of whom nothing is recorded keeps every door and every hour they have, unless a row takes
    /// it away in so many words.
    #[test]
    fn where_nothing_is_recorded_nobody_in_house_loses_anything_unsaid(first in night(), second in night()) {
        let (_, plan) = planned(&first, &empty_hotel(), Policy::Sync, now());
        let inventory = carried_out(&plan, &empty_hotel());
        let reading = Reading::partial();
        let (desired, plan) =
            planned_after(&second, &inventory, Policy::Sync, now(), &Ledger::default(), &reading);
        let after = carried_out(&plan, &inventory);
        for grant in inventory.grants.iter().filter(|grant| grant.window.contains(now())) {
            let key = grant.key.as_ref().expect("all grants are ours");
            let is_said = plan.items.iter().any(|item| {
                item.key == *key && item.action == Action::Revoke && item.source.is_some()
            });
            let left = after.grants.iter().find(|other| other.id == grant.id);
            // Where the source says who is checked in, who is not is not in the house.
            let says_who_is_in = second.rows.iter().any(|row| row.standing == Standing::CheckedIn);
            // A row that overlaps the grant says whether the stay has begun.
            let begins_later = desired.reservations.iter().flat_map(|reservation| &reservation.grants).any(|row| {
                let parts = GrantKeyParts::parse(&namespace(), key);
                parts.is_some_and(|parts| parts.guest == row.guest)
                    && row.window.overlaps(&grant.window)
                    && row.window.starts_at > now()
            });
            prop_assert!(
                says_who_is_in || begins_later || is_said || left.is_some_and(|left| left.window.holds(&grant.window, now())),
                "{key} of {:?}\n{}", desired.reservations, told(&plan.items)
            );
        }
    }

    /// No grant is made for a time that is over.
    #[test]
    fn no_window_is_over_when_it_is_made(night in night()) {
        let (_, plan) = planned(&night, &empty_hotel(), Policy::Sync, now());
        let inventory = carried_out(&plan, &empty_hotel());
        for grant in &inventory.grants {
            let Window { starts_at, ends_at } = grant.window;
            prop_assert!(ends_at.is_some_and(|end| end > now() && end > starts_at));
        }
    }
}
