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
    another_guest_comes_instead,
    cancelled_booking_is_taken_up_again,
    cards_are_added_to_codes,
    code_goes_with_the_old_grant,
    codes_are_replaced_by_cards,
    door_cannot_do_cards,
    doors_open_earlier_and_close_later,
    file_ends_in_the_middle,
    file_has_a_header_only,
    file_has_another_delimiter,
    file_has_half_of_its_rows,
    file_is_empty,
    file_is_too_old,
    first_night,
    grant_of_the_staff_is_in_the_way,
    grant_of_the_staff_stays,
    group_in_several_rooms,
    guest_asks_to_be_left_alone,
    guest_cancels,
    guest_cancels_for_one_of_two,
    guest_checks_in_before_the_hour,
    guest_does_not_come,
    guest_has_two_reservations,
    guest_in_house_vanishes_from_the_file,
    guest_leaves_early,
    guest_moves_and_stays_longer,
    guest_moves_to_another_room,
    guest_overstays,
    guest_stays_longer,
    guest_stays_shorter,
    guest_with_a_key_is_renamed,
    guest_without_a_key_brings_another,
    guest_without_a_key_is_renamed,
    guest_without_a_name,
    guests_change_rooms_with_each_other,
    guests_change_smart_locks_with_each_other,
    guests_exchange_their_addresses,
    guests_may_not_share_an_address,
    guests_move_between_smart_locks,
    guests_share_an_address,
    gym_is_taken_away,
    gym_with_a_smart_lock_is_added,
    joiner_at_a_door_of_reservations,
    joiner_at_a_smart_lock,
    joiner_stays_longer_than_the_first,
    joiner_with_more_rooms,
    keys_with_strange_characters,
    lobby_is_added_to_a_stay_in_two_rooms,
    names_in_many_scripts,
    nothing_has_changed,
    one_guest_has_two_rooms,
    one_guest_leaves_and_one_stays,
    only_the_primary_guest_gets_a_key,
    own_grants_stand_there_twice,
    policy_is_create_only,
    policy_is_upsert_only,
    policy_is_upsert_only_at_smart_locks,
    property_is_gone_from_the_file,
    room_for_a_day,
    room_is_booked_twice,
    room_is_not_assigned_on_the_day,
    room_is_not_assigned_yet,
    room_move_as_a_cancelled_row_and_a_new_one,
    rooms_were_renumbered_behind_the_keys,
    row_stands_there_twice,
    rows_that_cannot_be_read,
    sauna_that_belongs_to_reservations_is_added,
    staff_has_the_address_of_a_guest,
    status_that_nobody_knows,
    stay_beyond_the_horizon,
    stay_has_vanished_for_long_enough,
    stay_in_one_room_in_two_segments,
    stay_in_two_rooms_one_after_the_other,
    stay_is_extended_after_it_has_ended,
    stay_is_extended_after_it_has_ended_at_a_smart_lock,
    stay_is_extended_into_the_next_one,
    stay_is_moved_to_other_dates,
    stay_is_split_over_two_rooms,
    stay_vanishes_from_the_file,
    suite_opens_two_rooms,
    two_guests_move_to_another_room,
    two_guests_without_keys_are_renamed_at_once,
    two_hotels_use_the_same_numbers,
    unit_leads_to_no_space,
    units_are_suddenly_missing,
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
