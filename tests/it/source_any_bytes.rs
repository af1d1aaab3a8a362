//! The readers on bytes that no program wrote: what the fuzz targets look for, in the time that the tests have.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets are a workspace of their own")]
mod judge;

use proptest::prelude::*;
use reservation_sync::source::{ColumnMap, Field};

use self::judge::{chosen, examine, for_workbooks};

/// Pieces of tables as programs write them, and of what they should not hold.
const PIECES: [&str; 52] = [
    "reservation_key",
    "check_in",
    "Check In",
    "check_out",
    "last_night",
    "nights",
    "unit",
    "status",
    "full_name",
    "code",
    ",",
    ";",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "\"\"",
    " ",
    "\u{a0}",
    "\u{feff}",
    "sep=;\n",
    "R1",
    "R1",
    "101",
    "102;103",
    "2026-05-03",
    "2026-05-05 00:00",
    "2026-05-05T00:00:00Z",
    "03/05/2026",
    "05/13/2026",
    "3 May 2026",
    "46361",
    "1/0/1900",
    "2099-12-31",
    "24:00",
    "00:00",
    "15h30",
    "confirmed",
    "cancelled",
    "checked_in",
    "Total",
    "Saturday 5 December 2026",
    "Ana Sousa",
    "Sousa, Ana",
    "ana@example.com",
    "+351 21 000 00 00",
    "4711",
    "=\"0101\"",
    "NULL",
    "\0",
    "é",
];

/// The same of web pages.
const TAGS: [&str; 18] = [
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<th>",
    "<td colspan=3>",
    "<td rowspan=2>",
    "<td rowspan=0>",
    "<br>",
    "&nbsp;",
    "&amp;",
    "<script>",
    "</script>",
    "<!--",
    "-->",
    "<meta charset=windows-1252>",
];

fn pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        20 => prop::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ]
}

fn bytes(of: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(pieces(of), 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_as_a_table_or_refused(bytes in bytes(&PIECES), choice in any::<u8>()) {
        examine(&bytes, &chosen(choice));
    }

    #[test]
    fn any_rows_below_a_header_become_sound_stays(
        rows in prop::collection::vec(prop::collection::vec(pieces(&PIECES), Field::ALL.len()), 0..6),
        choice in any::<u8>(),
    ) {
        let mut settings = chosen(choice);
        settings.columns = ColumnMap::default();
        let header = Field::ALL.map(Field::as_str).join("\t");
        let rows = rows.iter().map(|cells| cells.join(&b'\t'));
        let lines: Vec<Vec<u8>> = std::iter::once(header.into_bytes()).chain(rows).collect();
        examine(&lines.join(&b'\n'), &settings);
    }

    #[test]
    fn any_page_is_read_as_a_workbook_or_refused(
        page in prop::collection::vec(prop_oneof![bytes(&TAGS), bytes(&PIECES)], 0..6),
        choice in any::<u8>(),
    ) {
        examine(&[b"<html>".to_vec(), page.concat()].concat(), &for_workbooks(choice));
    }
}
