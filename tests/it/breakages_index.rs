//! Each way in which a source is known to break, and the tests that hold the program to it, by name.

use super::rules_index::check;

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

#[test]
fn each_way_to_break_has_tests_that_exist() {
    check("breakage", &BREAKAGES);
}
