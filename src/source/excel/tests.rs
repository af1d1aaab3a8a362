//! Whole workbooks: those of other programs, and those that a hotel or a joker might send.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook as Written, Worksheet};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::limits;
use super::read::read_bytes;
use super::sheet::{Flow, for_each_row};
use super::workbook::Workbook;
use crate::model::{Coverage, Place, ProblemCode, Reservation, SourceRead, Stay};
use crate::source::SourceError;
use crate::source::record::{Cells, OwnedRecord};
use crate::source::testing::settings;

/// The rows of a sheet as text: `3:a|b`, and only as many as are asked for.
fn rows(bytes: &[u8], sheet: usize, n_rows: usize) -> Vec<String> {
    let mut workbook = Workbook::open(bytes).expect("a workbook");
    let name = workbook.sheets()[sheet].clone();
    let mut rows = Vec::new();
    let mut take = |row: u32, record: OwnedRecord| {
        let cells: Vec<&str> =
            (0..record.n_cells()).map(|position| record.text(position).unwrap_or("")).collect();
        rows.push(format!("{row}:{}", cells.join("|")));
        if rows.len() == n_rows { Flow::Stop } else { Flow::Next }
    };
    for_each_row(&mut workbook, &name, &mut take).expect("its rows can be read");
    rows
}

/// A workbook of another program; where they are not beside the repository, nothing is shown, and that is said.
#[expect(clippy::disallowed_methods, reason = "where the tests find data is a matter of the tests alone")]
fn quirk(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var("TEST_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("spreadsheet-quirks").join(name);
    let bytes = fs::read(&path).ok();
    if bytes.is_none() {
        let message = format!("SKIPPED: {} is not there; TEST_DATA says where it is\n", path.display());
        std::io::stderr().write_all(message.as_bytes()).expect("stderr is open");
    }
    bytes
}

fn check_quirk(name: &str, expected: &[&str]) {
    if let Some(bytes) = quirk(name) {
        assert_eq!(rows(&bytes, 0, expected.len()), expected, "{name}");
    }
}

#[test]
fn dates_are_those_that_the_program_shows_in_both_date_systems_and_all_formats() {
    // The third column is what the program shows, as text.
    for name in [
        "sheetjs_1900.xlsx",
        "sheetjs_1904.xlsx",
        "sheetjs_1904.xls",
        "sheetjs_1904.xlsb",
        "sheetjs_1904.ods",
    ] {
        let Some(bytes) = quirk(name) else { continue };
        let rows = rows(&bytes, 0, 10);
        assert_eq!(rows.len(), 5, "{name}");
        for row in rows {
            let cells: Vec<&str> = row.split('|').collect();
            assert_eq!(cells[1], cells[2], "{name}: {row}");
        }
    }
}

#[test]
fn dates_date_times_and_times_are_told_apart() {
    check_quirk("calamine_date.ods", &["1:2021-01-01|15", "2:2021-01-01T10:10:10|16", "3:10:10:10|17"]);
    check_quirk("calamine_date.xls", &["1:2021-01-01|15", "2:2021-01-02|16"]);
    check_quirk("calamine_date_1904.xls", &["1:2021-01-01|15", "2:2021-01-02|16"]);
    check_quirk("calamine_date_1904.xlsx", &["1:2021-01-01|15", "2:2021-01-02|16"]);
    check_quirk("calamine_date_iso.xlsx", &["1:2021-01-01", "2:2021-01-01T10:10:10", "3:10:10:10"]);
    // The CSV that the same program wrote of it says 1 October 2020 for 44105.
    check_quirk(
        "sheetjs_Attendance.xlsx",
        &[
            "2:Date|Ben \nAshley|Tom Brooks|Jimmy Cooney|Sue \nDaniels|Berlinda Fong|Terry Jones|Angelina Little|\
             Linda Smith",
            "3:2020-10-01|false|true|true|true|true|true|false|true",
        ],
    );
}

#[test]
fn error_cells_are_errors() {
    let expected: Vec<String> = (1..=7).map(|row| format!("{row}:#ERROR")).collect();
    check_quirk("calamine_errors.xlsx", &expected.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn merged_cells_have_their_value_in_every_row_and_in_the_first_column() {
    check_quirk(
        "sheetjs_merge_cells.xlsx",
        &["1:A1:B2||C1:C2|Separate blocks", "2:A1:B2||C1:C2|Separate blocks", "3:A3:B3||C3"],
    );
    // The old format does not write rows that have no cells of their own.
    check_quirk("sheetjs_merge_cells.xls", &["1:A1:B2||C1:C2|Separate blocks", "3:A3:B3||C3"]);
    // The format of LibreOffice does not tell: a booking below is then rejected, because its key is blank.
    check_quirk("sheetjs_merge_cells.ods", &["1:A1:B2||C1:C2|Separate blocks", "3:A3:B3||C3"]);
}

#[test]
fn numbers_of_any_format_keep_their_value_in_old_and_new_files() {
    for name in ["sheetjs_LONumbers.xlsx", "sheetjs_LONumbers.xls"] {
        let Some(bytes) = quirk(name) else { continue };
        let rows = rows(&bytes, 0, 2);
        assert!(rows[0].contains("|1|-1.2|12.3|-12.34|123.45|-123.456|1234.567|"), "{name}: {}", rows[0]);
        assert!(rows[1].contains("|1|-1.2|12.3|"), "{name}: {}", rows[1]);
    }
}

#[test]
fn a_sheet_that_says_it_has_sixteen_thousand_columns_is_as_wide_as_its_cells() {
    if let Some(bytes) = quirk("calamine_issue_174.xlsx") {
        let rows = rows(&bytes, 0, 2);
        assert!(rows[0].starts_with("1:Your Ref #|Contact Name|Contact Number|Address|City|"), "{}", rows[0]);
        assert!(rows[1].starts_with("2:123|Test Contact Name|"), "{}", rows[1]);
    }
}

/// A workbook with one sheet.
fn written(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Written::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().expect("it can be written")
}

const HEADER: [&str; 8] =
    ["reservation_key", "unit", "check_in", "check_in_time", "check_out", "full_name", "phone", "is_primary"];

fn header(sheet: &mut Worksheet, row: u32) {
    sheet.write_row(row, 0, HEADER).expect("it fits");
}

fn read(bytes: &[u8]) -> Result<SourceRead, SourceError> {
    let now = "2026-05-01T08:00:00Z".parse().expect("an instant");
    read_bytes(bytes, "book.xlsx", None, &settings(), now)
}

/// `KEY unit check-in check-out name phone` of each stay.
fn stays(read: &SourceRead) -> Vec<String> {
    let stay = |reservation: &Reservation, stay: &Stay| {
        format!(
            "{} {} {} {} {} {}",
            reservation.id,
            units(&stay.place),
            stay.check_in.instant,
            stay.check_out.instant,
            stay.guest.full_name,
            stay.source
        )
    };
    read.reservations
        .iter()
        .flat_map(|reservation| reservation.stays.iter().map(move |it| stay(reservation, it)))
        .collect()
}

fn units(place: &Place) -> String {
    match place {
        Place::Units(units) => units.iter().map(ToString::to_string).collect::<Vec<_>>().join(";"),
        other => format!("{other:?}"),
    }
}

fn rejects(read: &SourceRead) -> Vec<String> {
    read.rejects
        .iter()
        .map(|reject| format!("{} {} {:?}", reject.source, reject.column, reject.code))
        .collect()
}

fn date_format() -> Format {
    Format::new().set_num_format("dd/mm/yyyy")
}

fn day(day: u8) -> ExcelDateTime {
    ExcelDateTime::from_ymd(2026, 5, day).expect("a day in May")
}

#[test]
fn a_sheet_of_bookings_is_read_with_its_titles_blank_rows_notes_and_totals() {
    let bytes = written(|sheet| {
        sheet.write(0, 0, "Arrivals").expect("it fits");
        sheet.merge_range(1, 0, 1, 5, "Hotel Lisboa, May 2026", &Format::new()).expect("it fits");
        header(sheet, 3);
        // A key, a unit and a phone that are numbers, dates that are dates, a time that is a time.
        sheet.write(4, 0, 5_134_582_030.0).expect("it fits");
        sheet.write(4, 1, 101).expect("it fits");
        sheet.write_with_format(4, 2, day(3), &date_format()).expect("it fits");
        let time = ExcelDateTime::from_hms(16, 30, 0).expect("a time");
        sheet.write_with_format(4, 3, &time, &Format::new().set_num_format("hh:mm")).expect("it fits");
        sheet.write_with_format(4, 4, day(5), &date_format()).expect("it fits");
        sheet.write(4, 5, "Ana Sousa").expect("it fits");
        sheet.write(4, 6, 351_210_000_000.0).expect("it fits");
        sheet.write(4, 7, true).expect("it fits");
        // A note beside the table.
        sheet.write(4, 11, "late, call her").expect("it fits");
        // Text dates beside serials that lost their format, after a blank row.
        sheet.write_row(6, 0, ["R2", "102", "2026-05-04"]).expect("it fits");
        sheet.write(6, 3, 0.75).expect("it fits");
        sheet.write(6, 4, 46_149).expect("it fits");
        sheet.write(6, 5, "Bo Li").expect("it fits");
        sheet.write(8, 0, "Total").expect("it fits");
        sheet.write(8, 1, 2).expect("it fits");
    });
    let read = read(&bytes).expect("a good workbook");
    assert_eq!(rejects(&read), [""; 0]);
    assert_eq!(
        stays(&read),
        [
            "5134582030 101 2026-05-03T15:30:00Z 2026-05-05T10:00:00Z Ana Sousa book.xlsx:Sheet1!5",
            "R2 102 2026-05-04T17:00:00Z 2026-05-07T10:00:00Z Bo Li book.xlsx:Sheet1!7",
        ]
    );
    assert_eq!((read.n_rows, read.coverage), (3, Coverage::Complete));
    let guest = &read.reservations[0].stays[0].guest;
    assert!(guest.is_primary);
}

#[test]
fn a_cell_that_failed_rejects_its_row_only_where_it_decides() {
    let bytes = written(|sheet| {
        header(sheet, 0);
        for (row, key) in (1..).zip(["R1", "R2", "R3", "R4"]) {
            sheet.write_row(row, 0, [key, "101"]).expect("it fits");
            sheet.write_with_format(row, 2, day(3), &date_format()).expect("it fits");
            sheet.write_with_format(row, 4, day(5), &date_format()).expect("it fits");
            sheet.write(row, 5, "Ana Sousa").expect("it fits");
        }
        let failed = |formula: &str| Formula::new(formula).set_result("#N/A");
        sheet.write(1, 1, failed("=VLOOKUP(A2,X:Y,2)")).expect("it fits");
        sheet.write(2, 5, failed("=VLOOKUP(A3,X:Y,2)")).expect("it fits");
        sheet.write(3, 0, failed("=VLOOKUP(A4,X:Y,2)")).expect("it fits");
        sheet.write(4, 1, Formula::new("=\"2\"&\"02\"").set_result("202")).expect("it fits");
    });
    let read = read(&bytes).expect("a good workbook");
    assert_eq!(
        rejects(&read),
        ["book.xlsx:Sheet1!2 unit ErrorCell", "book.xlsx:Sheet1!4 reservation_key ErrorCell"]
    );
    let warned =
        read.warnings.iter().find(|warning| warning.code == ProblemCode::ErrorCell).expect("it is told");
    assert_eq!(warned.source.to_string(), "book.xlsx:Sheet1!3");
    assert_eq!(read.coverage, Coverage::Partial, "a key could not be read");
    let units: Vec<String> = stays(&read);
    assert!(units[0].starts_with("R2") && !units[0].contains("#ERROR"), "{units:?}");
    assert!(units[1].starts_with("R4 202"), "{units:?}");
}

#[test]
fn a_key_of_which_a_spreadsheet_made_a_date_or_a_rounded_number_is_refused() {
    let bytes = written(|sheet| {
        header(sheet, 0);
        for row in 1..=3 {
            sheet.write_row(row, 0, ["1.23E+10", "101", "2026-05-03", "", "2026-05-05"]).expect("it fits");
        }
        sheet.write_with_format(2, 0, day(3), &date_format()).expect("it fits");
        sheet.write(3, 0, 12_345_678_901_234_567_890.0).expect("it fits");
    });
    let read = read(&bytes).expect("a good workbook");
    let all = ["book.xlsx:Sheet1!2", "book.xlsx:Sheet1!3", "book.xlsx:Sheet1!4"]
        .map(|place| format!("{place} reservation_key BadKey"));
    assert_eq!(rejects(&read), all);
}

#[test]
fn a_booking_over_merged_rows_is_whole_in_each_of_them() {
    let bytes = written(|sheet| {
        header(sheet, 0);
        sheet.merge_range(1, 0, 2, 0, "R1", &Format::new()).expect("it fits");
        for (row, unit) in [(1, "101"), (2, "102")] {
            sheet.write(row, 1, unit).expect("it fits");
            sheet.write_with_format(row, 2, day(3), &date_format()).expect("it fits");
            sheet.write_with_format(row, 4, day(5), &date_format()).expect("it fits");
        }
    });
    let read = read(&bytes).expect("a good workbook");
    assert_eq!((rejects(&read).len(), read.reservations.len(), stays(&read).len()), (0, 1, 2));
}

#[test]
fn day_zero_is_no_date() {
    let bytes = written(|sheet| {
        header(sheet, 0);
        for (row, key) in (1..).zip(["R1", "R2"]) {
            sheet.write(row, 0, key).expect("it fits");
            sheet.write(row, 1, "101").expect("it fits");
            sheet.write_with_format(row, 2, day(3), &date_format()).expect("it fits");
        }
        sheet.write_with_format(1, 4, 0, &date_format()).expect("it fits");
        sheet.write(2, 4, 0).expect("it fits");
    });
    let read = read(&bytes).expect("the header is right");
    assert_eq!(
        rejects(&read),
        ["book.xlsx:Sheet1!2 check_out Missing", "book.xlsx:Sheet1!3 check_out Missing"]
    );
}

fn check_refused(bytes: &[u8], wanted: Option<&str>, expected: &str) {
    let now = "2026-05-01T08:00:00Z".parse().expect("an instant");
    let error = read_bytes(bytes, "book.xlsx", wanted, &settings(), now).expect_err("it cannot be read");
    assert_eq!(error.to_string(), expected);
    assert!(!error.hint().is_empty());
}

#[test]
fn the_sheet_is_found_by_its_name_or_by_its_header() {
    let mut workbook = Written::new();
    let summary = workbook.add_worksheet().set_name("Summary").expect("a name");
    summary.write_row(0, 0, ["Row Labels", "Count of unit"]).expect("it fits");
    let departures = workbook.add_worksheet().set_name("Departures").expect("a name");
    header(departures, 0);
    let hidden = workbook.add_worksheet().set_name("Old").expect("a name").set_hidden(true);
    header(hidden, 2);
    hidden.write_row(3, 0, ["OLD", "1", "2026-05-03", "", "2026-05-05"]).expect("it fits");
    let one = workbook.save_to_buffer().expect("it can be written");
    assert_eq!(read(&one).expect("one sheet fits").reservations.len(), 0);
    let named = |name| {
        let now = "2026-05-01T08:00:00Z".parse().expect("an instant");
        read_bytes(&one, "book.xlsx", Some(name), &settings(), now)
    };
    assert_eq!(stays(&named(" old").expect("by its name")).len(), 1);
    check_refused(
        &one,
        Some("Arrivals"),
        "`book.xlsx` has no sheet `Arrivals`; it has `Summary`, `Departures`",
    );
    check_refused(
        &one,
        Some("Summary"),
        "the header of `book.xlsx:Summary` does not fit: missing reservation_key, check_in, check_out, \
         unit or space_key; it has `Row Labels`, `Count of unit`",
    );

    let arrivals = workbook.add_worksheet().set_name("Arrivals").expect("a name");
    header(arrivals, 0);
    let two = workbook.save_to_buffer().expect("it can be written");
    check_refused(&two, None, "`book.xlsx` has several sheets whose header fits: `Departures`, `Arrivals`");
}

#[test]
fn what_is_no_workbook_is_refused_with_what_it_is() {
    check_refused(b"", None, "`book.xlsx` is empty");
    check_refused(b"<html><body>Please sign in</body></html>", None, "`book.xlsx` is empty");
    let bytes = written(|sheet| header(sheet, 0));
    check_refused(
        &bytes[..bytes.len() / 2],
        None,
        "`book.xlsx` cannot be read as a workbook: it is damaged, or was cut",
    );
    check_refused(&written(|_| {}), None, "`book.xlsx:Sheet1` is empty");
}

#[test]
fn tables_of_a_web_page_are_sheets_and_the_one_that_fits_is_read() {
    let bookings = "<table><tr><td colspan=4><b>Arrivals</b></td></tr>\
        <tr><th>Reservation&nbsp;Key</th><th>Unit</th><th>Check In</th><th>Check Out</th><th>Full Name</th></tr>\
        <tr><td rowspan=2>R1</td><td>101<br>102</td><td>2026-05-03</td><td>05/05/2026</td><td>Zo&eacute; M&uuml;ller</td></tr>\
        <tr><td>103</td><td>2026-05-03</td><td>17/05/2026</td><td>Ana&nbsp;Sousa</td></tr>\
        <tr><td colspan=5>Total 2</td></tr></table>";
    let page = format!("<html><table><tr><td>Menu</td></tr></table>{bookings}</html>");
    let read_page = |page: &str, wanted| {
        let now = "2026-05-01T08:00:00Z".parse().expect("an instant");
        read_bytes(page.as_bytes(), "arrivals.xls", wanted, &settings(), now)
    };
    for wanted in [None, Some("table 2")] {
        let read = read_page(&page, wanted).expect("the header is right");
        assert_eq!(
            stays(&read),
            [
                "R1 101;102 2026-05-03T14:00:00Z 2026-05-05T10:00:00Z Zoé Müller arrivals.xls:table 2!3",
                "R1 103 2026-05-03T14:00:00Z 2026-05-17T10:00:00Z Ana Sousa arrivals.xls:table 2!4",
            ]
        );
        assert_eq!(rejects(&read), [""; 0]);
    }
    let error = read_page(&page.replace("<table><tr><td>Menu</td></tr></table>", bookings), None)
        .expect_err("which one");
    assert_eq!(
        error.to_string(),
        "`arrivals.xls` has several sheets whose header fits: `table 1`, `table 2`"
    );
    let error = read_page(&page, Some("Arrivals")).expect_err("it has no such name");
    assert_eq!(error.to_string(), "`arrivals.xls` has no sheet `Arrivals`; it has `table 1`, `table 2`");
}

/// A zip file of these entries.
fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a new entry");
        writer.write_all(content).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

const TOO_LARGE: &str =
    "`book.xlsx` cannot be read as a workbook: it unpacks to more than a workbook of reservations can be";

#[test]
fn a_single_cell_in_the_last_corner_costs_nothing() {
    let bytes = written(|sheet| {
        header(sheet, 0);
        sheet.write_row(1, 0, ["R1", "101", "2026-05-03", "", "2026-05-05"]).expect("it fits");
        sheet.write(1_048_575, 16_383, "x").expect("the last cell there is");
    });
    let read = read(&bytes).expect("a good workbook");
    assert_eq!((stays(&read).len(), read.n_rows), (1, 1));
}

#[test]
fn a_text_that_all_cells_share_and_that_fills_memory_is_refused_before_it_is_kept() {
    let blank = vec![b' '; 257 * 1024 * 1024];
    let bytes = zipped(&[("[Content_Types].xml", b"<x/>"), ("xl/sharedStrings.xml", &blank)]);
    assert!(bytes.len() < 1024 * 1024);
    check_refused(&bytes, None, TOO_LARGE);
}

#[test]
fn an_ods_that_repeats_a_cell_without_end_is_refused_before_it_is_written_out() {
    let content = |rows: &str| {
        format!(
            "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"A\">{rows}\
             </table:table></office:spreadsheet></office:body></office:document-content>"
        )
    };
    let cell = "<table:table-cell table:number-columns-repeated=\"400\" office:value-type=\"string\">\
                <text:p>x</text:p></table:table-cell>";
    let bomb =
        content(&format!("<table:table-row table:number-rows-repeated=\"1000000\">{cell}</table:table-row>"));
    let ods = |content: &str| {
        let mimetype = b"application/vnd.oasis.opendocument.spreadsheet";
        zipped(&[("mimetype", mimetype), ("content.xml", content.as_bytes())])
    };
    check_refused(&ods(&bomb), None, TOO_LARGE);
    let cut = "<table:table-row table:number-rows-repeated=\"many\"/>";
    check_refused(
        &ods(&content(cut)),
        None,
        "`book.xlsx` cannot be read as a workbook: it is damaged, or was cut",
    );
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let bytes = vec![0; usize::try_from(limits::MAX_FILE_BYTES).expect("memory has more") + 1];
    check_refused(&bytes, None, TOO_LARGE);
}
