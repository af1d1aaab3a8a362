//! Each decided rule, each way in which a source is known to break, and the tests that hold the program to it, by name.

use std::collections::BTreeSet;
use std::fs;

use super::house::{root, rust_files};

/// Rules are numbered as they were decided; a name is that of a test, or of a folder of `tests/scenarios/`.
const RULES: [(usize, &str, &[&str]); 32] = [
    (
        1,
        "the key of a grant names it and is no proof of what it opens",
        &[
            "a_key_says_whose_grant_it_is_and_reads_back",
            "a_move_to_another_room_and_back_does_not_collide_with_the_keys_before",
            "rooms-were-renumbered-behind-the-keys",
        ],
    ),
    (
        2,
        "only what is in our namespace is changed",
        &[
            "a_namespace_with_a_separator_is_refused",
            "a_guest_who_was_merged_into_somebody_elses_person_is_used_but_never_changed",
            "check_rejects_identity_outside_the_namespace",
            "grant-of-the-staff-stays",
        ],
    ),
    (
        3,
        "what a reservation key of Seam is and when there is another one",
        &[
            "two_properties_with_one_reservation_key_share_neither_keys_nor_guests",
            "units_of_guests_whose_doors_are_not_nested_get_a_grant_and_a_key_each",
            "segments_that_do_not_overlap_get_keys_of_their_own",
            "a_difference_in_the_key_alone_is_never_a_change",
        ],
    ),
    (
        4,
        "guests without a key are numbered",
        &[
            "a_guest_without_a_key_is_numbered_in_row_order_the_one_who_booked_first",
            "rows_that_change_places_keep_their_numbers",
            "paired_guest_keeps_key_when_a_guest_key_comes_or_changes",
            "pair_by_contact_and_name_before_unit",
            "pair_by_order_only_without_a_name",
            "guests_nobody_is_paired_with_follow_new_dates",
            "number_never_equals_a_guest_key",
            "guest_key_of_everybody_is_nobodys",
        ],
    ),
    (
        5,
        "renamed guests, and contacts that two people have",
        &[
            "a_renamed_guest_is_a_change_of_the_person_and_nothing_else",
            "another_person_takes_a_future_place",
            "another_person_in_house_waits_and_the_guest_follows",
            "newcomer_in_a_partial_read_may_be_a_further_guest",
            "a_contact_that_two_guests_have_goes_to_the_first_and_the_other_is_told",
            "with_reject_the_stay_waits_for_a_person",
            "a_contact_moves_to_the_newcomer_from_a_guest_without_a_stay_and_nobody_else_waits_for_it",
            "new_guest_waits_for_the_contact_in_every_grant",
        ],
    ),
    (
        6,
        "a wished PIN is sent once and shown nowhere",
        &[
            "a_wished_code_is_sent_on_create_only_and_shown_nowhere",
            "a_wished_pin_whose_row_is_gone_is_left_out_and_the_guest_still_gets_in",
            "same_pin_for_one_door_is_warned_of",
        ],
    ),
    (
        7,
        "a unit that is not assigned",
        &[
            "a_stay_without_a_unit_is_held_by_time_and_from_the_last_day_for_a_person",
            "a_stay_that_lost_its_unit_keeps_the_grant_it_has",
            "a_unit_that_is_not_decided_is_unassigned",
        ],
    ),
    (
        8,
        "rows without an opinion",
        &[
            "rows_without_opinion_leave_grants_alone_and_make_none",
            "status-that-nobody-knows",
            "guest-asks-to-be-left-alone",
        ],
    ),
    (
        9,
        "guests who checked in, and starts that are past",
        &[
            "the_window_of_a_guest_who_checked_in_opens_now",
            "a_start_in_the_past_equals_any_other",
            "a_guest_who_is_still_there_after_the_check_out_is_left_as_they_are_and_listed",
        ],
    ),
    (
        10,
        "segments with a gap on the same day",
        &[
            "the_segments_of_a_move_are_both_open_across_the_gap",
            "a_bridge_ends_where_the_window_of_a_neighbour_begins_explicit_times_or_not",
        ],
    ),
    (
        11,
        "two stays in one unit",
        &[
            "the_newcomer_to_a_taken_room_is_held_and_who_has_a_grant_keeps_it",
            "where_neither_has_a_grant_the_first_in_the_source_gets_the_room",
            "share_key_of_no_reservation_is_none",
            "shared_names_a_unit_or_its_space",
            "pattern_for_everything_is_refused",
            "a_hall_and_a_dormitory_are_shared_and_one_bed_or_room_is_not",
        ],
    ),
    (
        12,
        "plausible dates, and doors that no method opens",
        &[
            "a_row_that_cannot_be_trusted_is_rejected",
            "an_instant_with_an_offset_is_the_same_for_everybody",
            "a_stay_is_held_where_one_door_of_its_unit_supports_none_of_its_methods",
            "a_common_door_that_no_method_opens_gets_no_grant_of_its_own",
        ],
    ),
    (
        13,
        "when absence counts",
        &[
            "a_stay_that_vanished_is_revoked_in_the_second_complete_run_and_not_before",
            "a_partial_read_neither_counts_nor_resets",
            "a_source_that_lists_no_such_arrival_says_nothing_of_it",
            "the_same_bytes_are_no_second_proof",
            "whole_reservations_are_said_or_not",
        ],
    ),
    (14, "a store that never saw the stay", &["a_store_that_never_saw_the_stay_revokes_nothing_for_absence"]),
    (
        15,
        "what is done in house",
        &[
            "nobody_in_house_is_locked_out_for_absence_without_a_word_from_a_person",
            "a_store_that_knows_nothing_gives_guests_in_house_more_and_takes_nothing",
            "a_cancellation_is_carried_out_in_house_whatever_is_recorded",
            "a_guest_in_house_whose_grant_a_killed_run_made_can_be_moved_by_the_next",
        ],
    ),
    (
        16,
        "limits on a plan, and the quarantine",
        &[
            "more_guests_in_house_than_the_limit_are_held_and_nothing_else_is",
            "a_guard_stops_before_the_first_write_and_says_what_would_let_the_plan_pass",
            "the_third_stop_of_the_same_plan_is_a_quarantine_in_which_guests_only_get_more",
            "a_quarantine_is_lifted_by_a_person_or_by_itself",
            "share_percentage_never_means_fewer_than_three",
            "guard_percentage_holds_at_small_property",
            "guard_stops_inn_of_nine",
            "emptied_complete_source_stops_small_house",
        ],
    ),
    (
        17,
        "files that are old, short or cut",
        &[
            "file-is-too-old",
            "file-ends-in-the-middle",
            "file-has-half-of-its-rows",
            "a_file_in_which_nothing_changed_for_long_is_warned_about",
        ],
    ),
    (
        18,
        "an allowance has a bound and a reason",
        &[
            "an_allowance_without_a_bound_is_refused",
            "an_allowance_raises_one_limit_up_to_its_bound",
            "allowance_value_fits_its_guard",
            "environment_twins_are_five",
            "filter_is_never_taken_from_environment",
            "filter_that_matches_nothing_is_usage_error",
            "days_and_wave_may_match_nothing",
            "remedy_of_guard_works_in_each_format",
            "remedy_keeps_configuration_filter_and_budget",
            "remedy_keeps_what_was_allowed_before",
            "remedy_of_shrunken_source_is_to_export_again",
            "remedy_of_held_absence_revokes",
            "remedies_of_quarantine_allow_or_release",
        ],
    ),
    (19, "grants that have ended", &["an_ended_grant_is_never_touched_and_counts_nowhere"]),
    (
        20,
        "a replacement is one unit",
        &[
            "a_replacement_begins_when_there_are_slots_for_all_its_calls_and_is_not_interrupted",
            "a_replacement_that_has_begun_is_finished_and_no_other_is_begun",
            "a_run_of_sixty_changes_that_is_killed_after_any_write_is_finished_by_the_next",
            "a_move_that_was_broken_off_is_ended_though_the_guest_leaves_earlier_from_the_new_room",
        ],
    ),
    (
        21,
        "the order of arrivals at a door",
        &[
            "creates_at_one_reservation_door_follow_the_order_of_arrival_without_depending_on_it",
            "a_stay_before_one_that_has_a_grant_at_the_door_is_made_and_sends_its_guest_to_the_desk",
        ],
    ),
    (
        22,
        "a reservation that moves far",
        &[
            "a_reservation_that_moves_far_is_made_anew_while_it_is_future",
            "a_reservation_that_moves_far_is_held_for_a_person_while_it_is_in_house",
        ],
    ),
    (23, "what Seam takes with the old grant is asked for again", &["code-goes-with-the-old-grant"]),
    (
        24,
        "the horizon",
        &[
            "the_horizon_is_judged_by_the_first_arrival_of_the_reservation_for_all_its_guests",
            "the_horizon_delays_no_change_and_no_cancellation_of_a_grant_that_exists",
        ],
    ),
    (
        25,
        "saved plans",
        &[
            "what_changed_in_the_meantime_is_set_aside_and_the_rest_goes_on",
            "a_plan_of_yesterday_or_tomorrow_is_refused",
            "a_plan_with_another_configuration_is_refused",
            "two_plans_of_the_same_input_are_the_same",
        ],
    ),
    (
        26,
        "what a rollback restored",
        &[
            "what_was_cancelled_and_moved_is_restored_and_stays_so_until_the_source_changes",
            "what_was_made_is_revoked_and_not_made_again_until_the_source_changes",
        ],
    ),
    (
        27,
        "grants of others",
        &[
            "a_grant_that_nobody_manages_gets_a_key_of_ours_and_its_guest_keeps_it",
            "ours_comes_first_and_what_the_list_names_goes_after_it",
            "a_guest_in_the_house_by_a_grant_that_is_not_ours_keeps_that_one_until_they_leave",
        ],
    ),
    (
        28,
        "which exit code wins",
        &["the_numbers_go_by_the_promised_order", "the_worst_of_several_decides_whatever_their_order"],
    ),
    (
        29,
        "whose clock counts",
        &[
            "a_clock_of_ones_own_is_for_the_sandbox_and_for_plans",
            "the_demo_creates_its_grants_once_and_then_has_nothing_to_do",
        ],
    ),
    (
        30,
        "one run at a time",
        &[
            "a_second_run_is_told_who_holds_the_lock",
            "a_process_that_was_killed_loses_the_lock_at_once",
            "a_run_that_lost_its_lock_sends_nothing_more_and_says_so",
        ],
    ),
    (
        31,
        "waves and other limits to some reservations",
        &[
            "a_larger_wave_holds_every_smaller_one_and_each_has_about_its_share",
            "a_limited_run_counts_no_absence",
        ],
    ),
    (
        32,
        "locks that overflow",
        &["a_lock_that_would_have_to_hold_too_many_codes_is_told_with_the_day_and_the_stays"],
    ),
];

/// Ways in which exports and databases broke for others, and what is done about each.
const BREAKAGES: [(usize, &str, &[&str]); 36] = [
    (
        1,
        "two orders of dates in one file",
        &[
            "a_column_that_proves_its_order_is_read_in_it_each_column_by_itself",
            "a_column_with_both_orders_is_refused_and_with_an_order_only_what_does_not_fit",
        ],
    ),
    (
        2,
        "the last night taken for the departure",
        &[
            "the_departure_is_the_day_after_the_last_night",
            "nights_that_are_not_those_between_the_dates_reject_the_row",
        ],
    ),
    (
        3,
        "no departure at all",
        &[
            "nights_lead_from_the_arrival_to_the_departure_and_back",
            "a_stay_of_no_nights_needs_times_and_is_then_used_within_its_day",
        ],
    ),
    (
        4,
        "dates that count from 1904",
        &["dates_are_those_that_the_program_shows_in_both_date_systems_and_all_formats"],
    ),
    (
        5,
        "numbers that are dates, and times without a day",
        &["a_number_is_a_date_only_where_dates_stand", "dates_date_times_and_times_are_told_apart"],
    ),
    (
        6,
        "another encoding or separator than yesterday",
        &[
            "a_text_that_is_no_utf_8_is_read_and_told",
            "a_damaged_character_is_not_replaced_by_another",
            "file-has-another-delimiter",
        ],
    ),
    (
        7,
        "a byte order mark before the first header",
        &["what_spreadsheets_put_around_the_text_does_not_matter", "a_text_is_read_as_what_its_bytes_prove"],
    ),
    (
        8,
        "titles above the header",
        &[
            "titles_above_the_header_are_passed_over_and_lines_still_count",
            "the_header_is_the_first_row_that_has_what_is_needed",
        ],
    ),
    (9, "totals and notes below the rows", &["totals_after_the_last_booking_are_counted_and_not_rejected"]),
    (
        10,
        "line breaks within cells",
        &["lines_are_counted_as_an_editor_does", "a_quote_that_swallows_rows_makes_the_read_partial"],
    ),
    (
        11,
        "headers that are padded, translated or there twice",
        &[
            "a_header_is_known_however_it_is_padded",
            "the_export_of_booking_com_is_known_in_each_language",
            "a_wanted_header_that_stands_there_twice_stops",
        ],
    ),
    (
        12,
        "keys that a program took for numbers",
        &[
            "ids_that_were_taken_for_numbers_are_their_digits_again",
            "a_key_of_which_a_spreadsheet_made_a_date_or_a_rounded_number_is_refused",
        ],
    ),
    (
        13,
        "telephone numbers that are none",
        &["a_number_that_cannot_exist_is_left_out", "a_number_takes_the_country_of_its_property"],
    ),
    (
        14,
        "addresses of booking sites",
        &[
            "an_address_of_a_booking_site_or_of_the_hotel_is_nobodys_and_no_conflict",
            "guests-share-an-address",
        ],
    ),
    (
        15,
        "the hotel's own address in the row of a guest",
        &[
            "qloapps_gives_the_contacts_of_the_guest_and_not_of_the_hotel",
            "an_address_of_a_booking_site_or_of_the_hotel_is_nobodys_and_no_conflict",
        ],
    ),
    (
        16,
        "cancelled, and the status does not say so",
        &[
            "a_mark_of_a_cancellation_goes_before_the_status",
            "the_mark_of_a_cancelled_booking_is_no_part_of_the_name",
        ],
    ),
    (
        17,
        "a part of the bookings taken for all",
        &[
            "a_source_that_lists_no_such_arrival_says_nothing_of_it",
            "file-has-half-of-its-rows",
            "property-is-gone-from-the-file",
        ],
    ),
    (18, "a status that nobody knows", &["status-that-nobody-knows", "a_status_decides_what_the_row_means"]),
    (
        19,
        "no room, or one that leads nowhere",
        &["a_unit_that_is_not_decided_is_unassigned", "unit-leads-to-no-space"],
    ),
    (
        20,
        "several rooms in a cell, several rows of a booking",
        &[
            "the_units_of_a_cell_are_separated_and_end_as_the_export_writes_them",
            "rows_of_one_key_make_one_reservation_in_the_order_of_the_source",
        ],
    ),
    (
        21,
        "guests who move",
        &[
            "the_segments_of_a_move_are_both_open_across_the_gap",
            "oca_pms_gives_a_segment_for_each_room_of_a_guest_who_moves",
        ],
    ),
    (
        22,
        "further guests in the row of one",
        &[
            "further_guests_of_a_row_are_guests_of_the_same_stay_with_nothing_but_a_name",
            "a_name_that_is_nobodys_beside_a_named_guest_gets_no_grant_until_it_is_somebodys",
        ],
    ),
    (23, "names in every form", &["a_last_name_that_comes_first_is_put_last", "names-in-many-scripts"]),
    (
        24,
        "overlaps, and dates that cannot be",
        &[
            "the_newcomer_to_a_taken_room_is_held_and_who_has_a_grant_keeps_it",
            "a_date_that_does_not_exist_is_refused",
            "a_row_that_cannot_be_trusted_is_rejected",
        ],
    ),
    (25, "one guest leaves on the day the next one comes", &["windows_that_only_touch_do_not_overlap"]),
    (
        26,
        "time zones and the days on which clocks change",
        &[
            "when_the_clocks_change_the_guest_is_not_short_of_access",
            "a_time_with_a_mark_is_one_of_the_next_day",
        ],
    ),
    (
        27,
        "one number for two bookings",
        &[
            "two-hotels-use-the-same-numbers",
            "two_properties_with_one_reservation_key_share_neither_keys_nor_guests",
        ],
    ),
    (28, "the same file twice", &["nothing-has-changed", "row-stands-there-twice"]),
    (
        29,
        "words and dates that mean nothing",
        &[
            "a_word_for_nothing_is_known_whatever_its_case",
            "a_zero_date_is_none_and_what_is_no_date_stays_a_text",
        ],
    ),
    (
        30,
        "files that are not what their name says",
        &["what_is_no_workbook_is_told_by_its_bytes", "what_is_no_workbook_is_refused_with_what_it_is"],
    ),
    (
        31,
        "formulas, and several sheets",
        &[
            "a_cell_that_failed_rejects_its_row_only_where_it_decides",
            "the_sheet_is_found_by_its_name_or_by_its_header",
        ],
    ),
    (32, "calendars", &["a_calendar_is_refused_and_says_what_to_export_instead"]),
    (33, "rows that are no bookings", &["a_row_that_says_it_is_no_booking_is_passed_over_and_counted"]),
    (
        34,
        "files that fill memory",
        &[
            "a_line_of_a_megabyte_spoils_neither_memory_nor_the_other_lines",
            "a_text_that_all_cells_share_and_that_fills_memory_is_refused_before_it_is_kept",
        ],
    ),
    (35, "what spreadsheets put around a text", &["what_a_spreadsheet_wraps_around_a_text_is_taken_off"]),
    (
        36,
        "years of two digits",
        &[
            "a_date_is_read_in_the_configured_order_and_no_other",
            "a_date_with_the_name_of_its_month_needs_no_order",
        ],
    ),
];

/// The names of all tests and scenarios.
fn known() -> BTreeSet<String> {
    let scenarios = fs::read_dir(root().join("tests/scenarios")).expect("the scenarios");
    let mut known: BTreeSet<String> =
        scenarios.filter_map(|entry| entry.expect("an entry").file_name().into_string().ok()).collect();
    for file in ["src", "tests/it"].iter().flat_map(|folder| rust_files(&root().join(folder))) {
        let code = fs::read_to_string(&file).expect("our own source can be read");
        let names = code.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?.split('(').next()
        });
        known.extend(names.map(str::to_owned));
    }
    known
}

fn check(what: &str, entries: &[(usize, &str, &[&str])]) {
    let known = known();
    for (position, (number, title, tests)) in entries.iter().enumerate() {
        assert_eq!(*number, position + 1);
        assert!(!tests.is_empty(), "{what} {number}, {title}, has no test");
        for test in *tests {
            assert!(
                known.contains(*test),
                "{what} {number}, {title}: no test and no scenario is called {test}"
            );
        }
    }
}

#[test]
fn each_rule_has_tests_that_exist() {
    check("rule", &RULES);
}

#[test]
fn each_way_to_break_has_tests_that_exist() {
    check("breakage", &BREAKAGES);
}
