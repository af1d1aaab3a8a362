//! Each decided rule, and the tests that hold the program to it, by name.

use std::collections::BTreeSet;
use std::fs;

use super::house::{root, rust_files};

/// Rules by the numbers of the second edition; a name is that of a test, or of a folder of `tests/scenarios/`.
const RULES: [(usize, &str, &[&str]); 41] = [
    (
        1,
        "the key of a grant names it and is no proof of what it opens",
        &[
            "a_key_says_whose_grant_it_is_and_reads_back",
            "a_move_to_another_room_and_back_does_not_collide_with_the_keys_before",
            "a_create_that_took_effect_is_found_by_its_key_and_not_posted_again",
            "grant_that_stood_there_before_is_left_alone",
            "rooms-were-renumbered-behind-the-keys",
            "stay-is-moved-to-other-dates",
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
            "new_owner_is_refused_until_allowed",
            "owner_may_change_what_stands_in_its_table",
            "a_namespace_is_another_one_each_time",
            "two_hotels_in_folders_of_one_name_leave_each_others_grants_alone",
        ],
    ),
    (
        3,
        "what a reservation key of Seam is and when there is another one",
        &[
            "a_joined_key_is_equal_only_where_all_its_parts_are",
            "joined_keys_of_two_bookings_are_never_one",
            "two_properties_with_one_reservation_key_share_neither_keys_nor_guests",
            "units_of_guests_whose_doors_are_not_nested_get_a_grant_and_a_key_each",
            "segments_that_do_not_overlap_get_keys_of_their_own",
            "a_difference_in_the_key_alone_is_never_a_change",
            "one_of_two_guests_moves_to_a_key_of_their_own_and_the_other_notices_nothing",
        ],
    ),
    (
        4,
        "guests without a key are numbered, and rows are paired with known guests",
        &[
            "a_guest_without_a_key_is_numbered_in_row_order_the_one_who_booked_first",
            "rows_that_change_places_keep_their_numbers",
            "paired_guest_keeps_key_when_a_guest_key_comes_or_changes",
            "pair_by_key_first",
            "pair_by_contact_and_name_before_unit",
            "pair_by_order_only_without_a_name",
            "guests_nobody_is_paired_with_follow_new_dates",
            "rows_without_a_name_are_a_guest_each",
        ],
    ),
    (
        5,
        "a renamed guest is the same one, and another person is a new one",
        &[
            "a_renamed_guest_is_a_change_of_the_person_and_nothing_else",
            "only_guest_is_renamed_by_a_variant",
            "placeholder_and_variant_and_agreeing_contact_are_renamed",
            "another_person_takes_a_future_place",
            "another_person_in_house_waits_and_the_guest_follows",
            "newcomer_in_a_partial_read_may_be_a_further_guest",
        ],
    ),
    (
        6,
        "a guest key that several people have is nobody's",
        &[
            "guest_key_of_everybody_is_nobodys",
            "guest_key_of_everybody_in_one_reservation_is_nobodys",
            "guest_key_that_turns_out_shared_moves_nobody",
            "group_leader_in_six_rooms_becomes_six_guests",
            "warning_lists_keys_and_rows",
            "number_never_equals_a_guest_key",
            "same_name_with_two_addresses_is_two_guests",
        ],
    ),
    (
        7,
        "contacts that two people have",
        &[
            "a_contact_that_two_guests_have_goes_to_the_first_and_the_other_is_told",
            "with_reject_the_stay_waits_for_a_person",
            "a_contact_moves_to_the_newcomer_from_a_guest_without_a_stay_and_nobody_else_waits_for_it",
            "a_contact_does_not_move_from_a_guest_whose_stay_waits",
            "new_guest_waits_for_the_contact_in_every_grant",
            "grant_for_another_person_is_deleted_and_sent_once_without_contacts",
        ],
    ),
    (
        8,
        "a wished PIN is sent once and shown nowhere",
        &[
            "a_wished_code_is_sent_on_create_only_and_shown_nowhere",
            "a_wished_pin_whose_row_is_gone_is_left_out_and_the_guest_still_gets_in",
            "same_pin_for_one_door_is_warned_of",
            "check_writes_the_file_and_reads_it_too_and_a_wished_pin_is_not_in_it",
        ],
    ),
    (
        9,
        "rows that are over, and plausible dates",
        &[
            "a_stay_that_is_over_takes_nothing_from_another_one_whose_row_is_missing",
            "an_early_departure_in_the_past_is_a_delete",
            "stays_that_are_over_are_counted_and_never_rejected_whatever_their_age",
            "far_departure_is_cut_to_a_day_that_the_arrival_gives",
            "far_departure_is_the_same_day_each_january",
            "row_without_a_key_makes_the_read_partial_unless_its_stay_is_over",
            "blank_departure_is_an_open_end_where_that_is_allowed",
            "open_end_is_a_grant_without_an_end_until_the_departure_is_known",
            "history_of_years_is_counted_and_the_one_new_stay_gets_its_grant",
        ],
    ),
    (
        10,
        "how dates and times are read",
        &[
            "an_instant_with_an_offset_is_the_same_for_everybody",
            "column_of_midnights_is_a_column_of_days",
            "one_hour_among_days_is_an_hour_and_the_days_stay_days",
            "rows_of_stays_that_are_over_do_not_say_what_a_column_is",
            "midnight_with_an_offset_is_a_day_as_it_is_written",
            "arrivals_of_long_ago_do_not_say_what_a_column_is_where_only_nights_end_a_stay",
            "day_zero_is_no_date",
            "two_headers_that_are_one_name_are_refused_unless_one_is_written_exactly",
            "timestamps_with_a_zone_that_are_all_midnight_are_days_in_postgres",
            "heading_of_a_day_is_a_note_in_whatever_column_it_stands",
            "booking_that_has_only_its_arrival_left_is_no_heading",
            "time_column_decides_over_the_time_in_a_date_cell",
            "departure_at_night_is_taken_as_written_with_a_warning",
            "a_time_is_read_as_people_write_it",
            "time_that_cannot_be_read_costs_the_hour_and_not_the_stay",
            "a_weekday_before_or_after_a_date_is_passed_over",
            "a_date_without_separators_begins_with_its_year",
            "number_of_a_day_is_named_in_the_hint",
            "sentinel_dates_are_blank",
            "headings_months_and_subtotals_between_bookings_are_notes",
            "hours_and_sentinels_of_an_export_as_people_write_them",
        ],
    ),
    (
        11,
        "what the status of a row means",
        &[
            "rows_without_opinion_leave_grants_alone_and_make_none",
            "status-that-nobody-knows",
            "guest-asks-to-be-left-alone",
            "newest_row_of_a_guest_unit_and_night_counts",
            "contradicting_rows_are_held_and_what_the_guest_has_stays",
            "cancelled_row_of_another_name_cancels_nobody_else",
            "missing_column_stops_until_allowed",
            "five_good_nights_and_then_another_header_stop",
            "source_of_several_properties_of_which_none_is_known_is_refused",
            "rows_of_an_unknown_property_are_held_beside_a_known_one",
            "several_properties_are_refused_where_none_is_known_and_held_beside_a_known_one",
            "status_that_is_absent_is_warned_about_until_it_is_said",
            "canonical_words_count_beside_statuses_of_ones_own",
            "unknown_words_are_told_once_each_in_the_first_lines",
            "unknown_words_of_stays_that_are_over_end_with_0",
            "unknown_words_count_for_max_reject_where_the_stay_is_not_over",
            "blank_statuses_count_where_they_are_more_than_twice_as_many_as_before",
        ],
    ),
    (
        12,
        "who is one party in a unit",
        &[
            "one_party_by_person_share_key_or_shared_unit",
            "two_parties_where_only_the_name_or_contact_agrees",
            "party_of_three_hangs_together_in_its_room_only",
            "share_key_of_no_reservation_is_none",
            "contact_of_several_names_is_shared",
            "shared_names_a_unit_or_its_space",
            "pattern_for_everything_is_refused",
            "a_hall_and_a_dormitory_are_shared_and_one_bed_or_room_is_not",
        ],
    ),
    (
        13,
        "overlap is judged in nights, and a turnover is none",
        &[
            "turnover_of_one_day_grants_both",
            "turnover_lets_buffers_give_way_silently",
            "turnover_start_moves_or_is_a_collision",
            "key_in_use_is_not_moved_to_a_later_start",
            "day_use_is_judged_by_its_times",
            "late_departure_moves_the_arrival",
            "moved_start_on_the_day_is_told_to_the_desk",
        ],
    ),
    (
        14,
        "a unit that rows give to two parties",
        &[
            "the_newcomer_to_a_taken_room_is_held_and_who_has_a_grant_keeps_it",
            "where_neither_has_a_grant_the_first_in_the_source_gets_the_room",
            "dispute_goes_to_who_checked_in_and_the_other_key_goes",
            "dispute_goes_to_who_has_a_key",
            "dispute_goes_to_the_earlier_booking_where_all_have_a_date",
            "dispute_is_lost_also_to_one_who_lost_it",
            "dispute_of_two_checked_in_is_nobodys_and_due_now",
            "dispute_of_two_keys_keeps_both_and_neither_gains",
        ],
    ),
    (
        15,
        "a key that must go before the newcomer comes",
        &[
            "departure_by_any_word_frees_the_room",
            "departure_by_moved_dates_frees_the_room",
            "relet_takes_only_the_nights_that_are_the_others",
            "relet_with_nights_on_both_sides_takes_nothing",
            "relet_needs_a_newcomer_who_gets_the_room",
            "moved_into_room_left_today_opens_from_departure",
            "cancelled_key_goes_before_the_newcomer_comes",
            "who_waits_behind_a_move_does_not_hold_it",
        ],
    ),
    (
        16,
        "what keeps a key, and who waits then",
        &[
            "moved_into_taken_room_keeps_own_and_newcomer_waits",
            "opted_out_key_stays_and_newcomer_waits",
            "unknown_status_keeps_the_room_and_newcomer_waits",
            "newcomer_waits_where_a_filter_keeps_the_departure",
            "newcomer_waits_where_seam_refuses_the_departure",
            "what_only_the_policy_keeps_lets_the_newcomer_in",
            "held_mover_gives_back_the_nights_beyond_its_dates",
            "item_says_who_opens_now_and_prints_what_helps",
        ],
    ),
    (
        17,
        "what a person decides, what the check finds, and who overstays",
        &[
            "decided_sharing_makes_one_party",
            "decided_grant_comes_first_and_is_an_item",
            "decided_revocation_takes_the_key_and_ends_the_claim",
            "decided_leave_keeps_key_and_claim",
            "decision_works_from_the_next_run_and_is_shown_in_plans",
            "check_takes_two_parties_out_of_the_plan_and_the_others_go_on",
            "guest_past_check_out_in_a_let_room_is_due_now",
            "a_guest_who_is_still_there_after_the_check_out_is_left_as_they_are_and_listed",
        ],
    ),
    (
        18,
        "a unit that is not assigned, and doors that no method opens",
        &[
            "a_stay_without_a_unit_is_held_by_time_and_from_the_last_day_for_a_person",
            "a_stay_that_lost_its_unit_keeps_the_grant_it_has",
            "a_unit_that_is_not_decided_is_unassigned",
            "a_stay_is_held_where_one_door_of_its_unit_supports_none_of_its_methods",
            "a_common_door_that_no_method_opens_gets_no_grant_of_its_own",
        ],
    ),
    (
        19,
        "guests who checked in, starts that are past, and gaps of a day",
        &[
            "the_window_of_a_guest_who_checked_in_opens_now",
            "a_start_in_the_past_equals_any_other",
            "checked_in_early_waits_for_who_has_not_left",
            "checked_in_early_takes_no_night_from_anybody",
            "the_segments_of_a_move_are_both_open_across_the_gap",
            "a_bridge_ends_where_the_window_of_a_neighbour_begins_explicit_times_or_not",
            "back_to_back_bookings_of_one_guest_are_bridged",
        ],
    ),
    (
        20,
        "a window that was made longer outside",
        &[
            "window_made_longer_outside_is_cut_back_for_the_next",
            "window_made_longer_outside_goes_when_the_stay_is_over",
            "window_made_longer_of_an_old_stay_is_due_then_goes",
            "window_made_longer_of_a_guest_checked_in_stays",
        ],
    ),
    (
        21,
        "when absence counts",
        &[
            "a_stay_that_vanished_is_revoked_in_the_second_complete_run_and_not_before",
            "a_partial_read_neither_counts_nor_resets",
            "a_source_that_lists_no_such_arrival_says_nothing_of_it",
            "the_same_bytes_are_no_second_proof",
            "whole_reservations_are_said_or_not",
            "absence_counts_in_no_read_with_an_unreadable_key",
            "absence_counts_where_a_guard_stopped_the_run",
            "unit_not_listed_any_more_goes_at_once",
            "guest_not_listed_any_more_is_an_absent_stay",
        ],
    ),
    (
        22,
        "a store that never saw the stay",
        &[
            "a_store_that_never_saw_the_stay_revokes_nothing_for_absence",
            "lost_record_revokes_nothing_for_absence",
            "relet_is_not_of_a_stay_that_was_never_recorded",
            "grant_never_recorded_keeps_the_newcomer_out",
            "grant_never_recorded_goes_where_a_person_allows_it",
        ],
    ),
    (
        23,
        "what absence and a lost record do in house",
        &[
            "nobody_in_house_is_locked_out_for_absence_without_a_word_from_a_person",
            "absence_in_house_lets_nobody_go_without_a_word",
            "what_the_source_changed_is_carried_out_in_house",
            "a_store_that_knows_nothing_gives_guests_in_house_more_and_takes_nothing",
            "a_cancellation_is_carried_out_in_house_whatever_is_recorded",
            "a_guest_in_house_whose_grant_a_killed_run_made_can_be_moved_by_the_next",
        ],
    ),
    (
        24,
        "how many guests in house may lose something",
        &[
            "more_guests_in_house_than_the_limit_are_held_and_nothing_else_is",
            "in_house_three_may_lose_something_and_four_not",
            "in_house_the_larger_of_number_and_share_counts",
            "in_house_guest_of_two_segments_counts_once",
            "in_house_gains_are_never_counted_or_held",
            "in_house_cancellation_counts_unless_let_for_tonight",
            "in_house_hold_lets_other_creates_go_on",
            "nine_changes_in_house_are_all_held_until_allowed",
        ],
    ),
    (
        25,
        "limits on a plan, and the quarantine",
        &[
            "a_guard_stops_before_the_first_write_and_says_what_would_let_the_plan_pass",
            "the_third_stop_of_the_same_plan_is_a_quarantine_in_which_guests_only_get_more",
            "a_quarantine_is_lifted_by_a_person_or_by_itself",
            "share_percentage_never_means_fewer_than_three",
            "guard_percentage_holds_at_small_property",
            "guard_stops_inn_of_nine",
            "emptied_complete_source_stops_small_house",
            "stays_that_open_anothers_nights_are_counted",
            "eight_missing_stop_each_night_and_nothing_goes",
            "quarantine_needs_the_same_reservations_and_no_rehearsal",
        ],
    ),
    (
        26,
        "the clock of the host, files that are old, short or cut, and another workspace",
        &[
            "clock_far_from_seams_stops_before_everything",
            "file-is-too-old",
            "file_from_the_future_is_refused",
            "clock_of_a_month_ahead_writes_nothing",
            "file_of_next_year_is_refused",
            "older_source_that_only_gives_is_a_warning",
            "file-ends-in-the-middle",
            "file-has-half-of-its-rows",
            "older_source_that_takes_is_refused_until_allowed",
            "new_workspace_is_refused_until_allowed",
            "entry_of_another_workspace_stops",
            "a_file_in_which_nothing_changed_for_long_is_warned_about",
        ],
    ),
    (
        27,
        "an allowance has a bound and a reason, and what is printed works when typed",
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
    (28, "grants that have ended", &["an_ended_grant_is_never_touched_and_counts_nowhere"]),
    (
        29,
        "a replacement is one unit, and so is a ring",
        &[
            "a_replacement_begins_when_there_are_slots_for_all_its_calls_and_is_not_interrupted",
            "a_replacement_that_has_begun_is_finished_and_no_other_is_begun",
            "a_run_of_sixty_changes_that_is_killed_after_any_write_is_finished_by_the_next",
            "a_move_that_was_broken_off_is_ended_though_the_guest_leaves_earlier_from_the_new_room",
            "unit_of_work_too_large_is_skipped_and_others_go_on",
            "create_that_fails_after_its_deletion_is_due_now",
            "ring_goes_whole_or_not_at_all",
            "ring_whose_call_fails_is_taken_back",
            "ring_is_held_whole_without_sync",
            "what_a_run_broke_off_comes_first_in_the_next_one",
        ],
    ),
    (
        30,
        "the order of arrivals at a door, and what is given before what is taken",
        &[
            "creates_at_one_reservation_door_follow_the_order_of_arrival_without_depending_on_it",
            "creates_at_a_door_are_sent_in_order_of_arrival",
            "a_stay_before_one_that_has_a_grant_at_the_door_is_made_and_sends_its_guest_to_the_desk",
            "gain_in_house_comes_before_what_is_taken",
            "gain_of_anothers_room_waits_whatever_the_arrival",
        ],
    ),
    (
        31,
        "a reservation that moves far",
        &[
            "a_reservation_that_moves_far_is_made_anew_while_it_is_future",
            "a_reservation_that_moves_far_is_held_for_a_person_while_it_is_in_house",
        ],
    ),
    (32, "what Seam takes with the old grant is asked for again", &["code-goes-with-the-old-grant"]),
    (
        33,
        "the horizon",
        &[
            "the_horizon_is_judged_by_the_first_arrival_of_the_reservation_for_all_its_guests",
            "the_horizon_delays_no_change_and_no_cancellation_of_a_grant_that_exists",
        ],
    ),
    (
        34,
        "saved plans",
        &[
            "what_changed_in_the_meantime_is_set_aside_and_the_rest_goes_on",
            "a_plan_of_yesterday_or_tomorrow_is_refused",
            "a_plan_that_was_edited_is_refused",
            "a_plan_with_another_configuration_is_refused",
            "a_plan_for_another_workspace_is_refused",
            "a_plan_beside_another_store_is_refused",
            "two_plans_of_the_same_input_are_the_same",
        ],
    ),
    (
        35,
        "what a rollback restored",
        &[
            "what_was_cancelled_and_moved_is_restored_and_stays_so_until_the_source_changes",
            "what_was_made_is_revoked_and_not_made_again_until_the_source_changes",
        ],
    ),
    (
        36,
        "grants of others",
        &[
            "a_grant_that_nobody_manages_gets_a_key_of_ours_and_its_guest_keeps_it",
            "ours_comes_first_and_what_the_list_names_goes_after_it",
            "a_guest_in_the_house_by_a_grant_that_is_not_ours_keeps_that_one_until_they_leave",
            "a_foreign_grant_with_the_key_of_the_reservation_holds_what_needs_the_key_and_nothing_else",
        ],
    ),
    (
        37,
        "which exit code wins",
        &[
            "the_numbers_go_by_the_promised_order",
            "the_worst_of_several_decides_whatever_their_order",
            "clock_goes_before_the_source",
            "reading_ends_by_signals_and_by_max_duration",
        ],
    ),
    (
        38,
        "whose clock counts, and what is the sandbox",
        &[
            "a_clock_of_ones_own_is_for_the_sandbox_and_for_plans",
            "the_demo_creates_its_grants_once_and_then_has_nothing_to_do",
            "the_environment_wins_over_the_file_but_not_over_the_sandbox",
        ],
    ),
    (
        39,
        "one run at a time",
        &[
            "a_second_run_is_told_who_holds_the_lock",
            "a_process_that_was_killed_loses_the_lock_at_once",
            "a_run_that_lost_its_lock_sends_nothing_more_and_says_so",
            "what_cannot_be_is_refused_key_by_key",
        ],
    ),
    (
        40,
        "waves and other limits to some reservations",
        &[
            "a_larger_wave_holds_every_smaller_one_and_each_has_about_its_share",
            "a_limited_run_counts_no_absence",
            "filtered_run_knows_the_claims_outside",
            "filtered_run_lets_no_room_again",
            "stay_beyond_the_horizon_claims_its_room",
        ],
    ),
    (
        41,
        "locks that overflow",
        &["a_lock_that_would_have_to_hold_too_many_codes_is_told_with_the_day_and_the_stays"],
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

/// Each entry stands at its number and names only what exists.
pub(super) fn check(what: &str, entries: &[(usize, &str, &[&str])]) {
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
