//! What holds for every plan, tried on random hotels over several nights.

use proptest::prelude::*;
use reservation_sync::model::Window;
use reservation_sync::plan::{Action, Policy};

use crate::small_world::{Night, carried_out, empty_hotel, namespace, night, now, planned, told};

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 4_000, ..ProptestConfig::with_cases(2_000) })]

    /// Every plan passes its check, which tries it against a model of Seam's rules; carried out, it leaves nothing to
    /// change.
    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_change(nights in prop::collection::vec(night(), 1..5)) {
        let mut inventory = empty_hotel();
        for night in &nights {
            let (_, plan) = planned(night, &inventory, Policy::Sync, now());
            inventory = carried_out(&plan, &inventory);
            let (_, again) = planned(night, &inventory, Policy::Sync, now());
            prop_assert!(again.is_empty(), "first\n{}then\n{}", told(&plan.items), told(&again.items));
        }
    }

    /// Whatever a guest is entitled to and is not held is covered by grants of theirs.
    #[test]
    fn after_a_plan_every_stay_that_is_not_held_has_its_doors(nights in prop::collection::vec(night(), 1..5)) {
        let mut inventory = empty_hotel();
        for night in &nights {
            let (desired, plan) = planned(night, &inventory, Policy::Sync, now());
            let held: Vec<_> = plan.items.iter().filter(|item| item.action == Action::Hold).cloned().collect();
            inventory = carried_out(&plan, &inventory);
            let directory = reservation_sync::mapping::Directory::of(&inventory);
            for reservation in &desired.reservations {
                for grant in &reservation.grants {
                    let is_held = held.iter().any(|item| item.reservation == reservation.id);
                    let identity = namespace().identity_key(&grant.guest);
                    let id = inventory.identities.iter().find(|i| i.key.as_ref() == Some(&identity)).map(|i| &i.id);
                    for space in grant.spaces() {
                        let id_of_space = &directory.space(space).id;
                        let covered = inventory.grants.iter().any(|live| {
                            Some(&live.identity) == id
                                && live.spaces.contains(id_of_space)
                                && live.window.same_from(&grant.window, now())
                        });
                        prop_assert!(covered || is_held, "{:?} of {} lacks {:?}", grant.guest, reservation.id, id_of_space);
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

    /// A reservation that is merely absent keeps what it has.
    #[test]
    fn absence_revokes_nothing(first in night()) {
        let (_, plan) = planned(&first, &empty_hotel(), Policy::Sync, now());
        let inventory = carried_out(&plan, &empty_hotel());
        let nobody = Night { rows: Vec::new(), also: first.also.clone() };
        let (_, plan) = planned(&nobody, &inventory, Policy::Sync, now());
        prop_assert!(plan.is_empty());
        prop_assert_eq!(plan.n_unchanged, inventory.grants.len());
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
