//! One test a folder of `tests/scenarios/`, so that a failure is called after what happens to a guest.

use std::collections::BTreeSet;
use std::fs;

use super::scenario_night::{check, folder};

macro_rules! scenarios {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                check(&in_words(stringify!($name)));
            }
        )*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    absent_reservation_keeps_its_grant,
    address_passes_to_the_next_guest,
    cards_are_added_to_codes,
    codes_are_replaced_by_cards,
    door_cannot_do_cards,
    file_ends_in_the_middle,
    first_night,
    grant_of_the_staff_is_in_the_way,
    grant_of_the_staff_stays,
    group_in_several_rooms,
    guest_asks_to_be_left_alone,
    guest_cancels,
    guest_cancels_for_one_of_two,
    guest_checks_in_before_the_hour,
    guest_does_not_come,
    guest_leaves_early,
    guest_moves_to_another_room,
    guest_overstays,
    guest_stays_longer,
    guest_stays_shorter,
    guest_with_a_key_is_renamed,
    guest_without_a_key_is_renamed,
    guests_change_rooms_with_each_other,
    guests_may_not_share_an_address,
    guests_move_between_smart_locks,
    guests_share_an_address,
    gym_with_a_smart_lock_is_added,
    joiner_at_a_door_of_reservations,
    joiner_at_a_smart_lock,
    names_in_many_scripts,
    nothing_has_changed,
    one_guest_has_two_rooms,
    only_the_primary_guest_gets_a_key,
    policy_is_create_only,
    policy_is_upsert_only,
    policy_is_upsert_only_at_smart_locks,
    room_is_booked_twice,
    room_is_not_assigned_on_the_day,
    room_is_not_assigned_yet,
    rooms_were_renumbered_behind_the_keys,
    rows_that_cannot_be_read,
    sauna_that_belongs_to_reservations_is_added,
    status_that_nobody_knows,
    stay_beyond_the_horizon,
    stay_in_two_rooms_one_after_the_other,
    stay_is_moved_to_other_dates,
    stay_is_split_over_two_rooms,
    suite_opens_two_rooms,
    two_guests_move_to_another_room,
    two_guests_without_keys_are_renamed_at_once,
    two_hotels_use_the_same_numbers,
    unit_leads_to_no_space,
}

/// A test has underscores where its folder has hyphens.
fn in_words(name: &str) -> String {
    name.replace('_', "-")
}

#[test]
fn every_folder_of_scenarios_has_its_test() {
    let folders: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder of scenarios")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in plain letters"))
        .collect();
    let tests: BTreeSet<String> = NAMES.iter().map(|name| in_words(name)).collect();
    assert_eq!(folders, tests);
}
