//! Reads a file of comma-separated values, row by row, and never more than one row at a time.
//!
//! A row that cannot be used says why and where; the rows after it go on. Where rows may have been lost, because
//! the file was cut or a quote swallowed them, the read is partial: what is absent from it says nothing.

use std::io::{self, Read};
use std::sync::Arc;

use ::csv::{ByteRecord, Reader, ReaderBuilder, StringRecord};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;

use super::columns::Columns;
use super::encoding::Decoded;
use super::error::SourceError;
use super::head::{self, Container};
use super::header::{HeaderSearch, Offer};
use super::record::Cells;
use super::rows::{Condition, Ending, Rows};
use super::settings::SourceSettings;
use super::tap::{END_MARK, Fingerprinted, Tap, Unpacked};
use crate::model::{SourceKind, SourceRead};

/// Reads rows from anything that gives bytes.
pub(super) fn read_from(
    input: impl Read,
    name: &str,
    settings: &SourceSettings,
    now: Timestamp,
) -> Result<SourceRead, SourceError> {
    let location = || name.to_owned();
    let mut bytes = Fingerprinted::new(input);
    let first = head::read_first(&mut bytes).map_err(|error| unreadable(name, error))?;
    if first.is_empty() {
        return Err(SourceError::Empty { location: location() });
    }
    let whole = first.as_slice().chain(&mut bytes);
    let mut read = match Container::of(&first) {
        Container::Text => read_text(whole, name, settings, now),
        Container::Gzip => read_text(Unpacked::new(MultiGzDecoder::new(whole)), name, settings, now),
        Container::Other(finding) => Err(SourceError::NotText { location: location(), finding }),
        Container::Calendar => Err(SourceError::Calendar { location: location() }),
        Container::Json => Err(SourceError::Json { location: location() }),
    }?;
    read.fingerprint = bytes.fingerprint();
    Ok(read)
}

/// Reads rows from the bytes of a text.
fn read_text(
    bytes: impl Read,
    name: &str,
    settings: &SourceSettings,
    now: Timestamp,
) -> Result<SourceRead, SourceError> {
    let mut tap = Tap::new(Decoded::new(bytes, settings.encoding));
    let head = head::read_head(&mut tap).map_err(|error| unreadable(name, error))?;
    if head.contains(&0) {
        let finding = "it has bytes that no text has";
        return Err(SourceError::NotText { location: name.to_owned(), finding });
    }
    let delimiter = head::delimiter(&head, &settings.columns);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(head.as_slice().chain(&mut tap));
    let columns = header(&mut reader, name, settings)?;
    let mut rows = Rows::new(&columns, Arc::from(name), settings, now);
    take_all(&mut reader, &mut rows, delimiter, columns.n_columns())
        .map_err(|error| unreadable(name, error))?;
    drop(reader);
    if let Some(encoding) = tap.inner().foreign() {
        rows.notice(
            format!("the file is no UTF-8 and is read as {}", encoding.name()),
            "export in UTF-8, or set `encoding` in [source] if names come out wrong",
        );
    }
    let ending = if tap.ends_a_line() { Ending::Whole } else { Ending::WithoutLineEnd };
    Ok(rows.finish(SourceKind::Csv, name, ending))
}

fn unreadable(name: &str, source: io::Error) -> SourceError {
    let location = name.to_owned();
    // The reader of rows wraps what happened below it.
    let wrapped = source.get_ref().and_then(|error| match error.downcast_ref::<::csv::Error>()?.kind() {
        ::csv::ErrorKind::Io(error) => Some(error.kind()),
        _ => None,
    });
    match wrapped.unwrap_or_else(|| source.kind()) {
        // Only what was packed knows where its end should have been.
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidData
        | io::ErrorKind::FileTooLarge => SourceError::Packed { location, source },
        _ => SourceError::Unreadable { location, source },
    }
}

/// Finds the header, after a `sep=` line that some programs write, and after titles and blank lines.
fn header<R: Read>(
    reader: &mut Reader<R>,
    name: &str,
    settings: &SourceSettings,
) -> Result<Columns, SourceError> {
    let mut search = HeaderSearch::new(&settings.columns);
    let mut row = ByteRecord::new();
    loop {
        let more = reader.read_byte_record(&mut row).map_err(|error| unreadable(name, error.into()))?;
        if !more || is_end_mark(&row) {
            return Err(search.failure(name));
        }
        let is_separator_line = row.position().is_some_and(|position| position.byte() == 0)
            && row.get(0).is_some_and(|cell| cell.starts_with(b"sep="));
        if is_separator_line {
            continue;
        }
        let cells: Vec<&str> = (0..row.len()).map(|position| row.text(position).unwrap_or("")).collect();
        match search.offer(&cells) {
            Offer::Header(columns) => return Ok(*columns),
            Offer::Next => {}
            Offer::Stop => return Err(search.failure(name)),
        }
    }
}

/// Takes every row up to the end mark.
fn take_all<R: Read>(
    reader: &mut Reader<R>,
    rows: &mut Rows<'_>,
    delimiter: u8,
    n_columns: usize,
) -> io::Result<()> {
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        if is_end_mark(&record) {
            break;
        }
        let n_inner_lines = n_line_ends(&record);
        // The reader stands on the line after the row; in an open quote even the last line end is inside.
        let line_after = reader.position().line();
        if record.iter().next_back().is_some_and(|cell| cell.ends_with(END_MARK.as_bytes())) {
            rows.take_cut(line_after - n_inner_lines);
            break;
        }
        let line = line_after - 1 - n_inner_lines;
        let condition = match n_inner_lines {
            0 => Condition::Sound,
            _ if swallows_rows(&record, delimiter, n_columns) => Condition::SwallowsRows,
            _ => Condition::SpansLines,
        };
        record = match StringRecord::from_byte_record(record) {
            Ok(record) => {
                rows.take(&record, line, condition);
                record.into_byte_record()
            }
            Err(error) => {
                let record = error.into_byte_record();
                let swallows = condition == Condition::SwallowsRows;
                rows.take(&record, line, if swallows { condition } else { Condition::NotText });
                record
            }
        };
    }
    Ok(())
}

fn is_end_mark(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == Some(END_MARK.trim_end_matches('\n').as_bytes())
}

fn n_line_ends(record: &ByteRecord) -> u64 {
    let bytes = record.as_slice();
    // Most rows are one line, which is found out faster than how many they are.
    if !bytes.contains(&b'\n') {
        return 0;
    }
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// Whether a cell holds lines with as many delimiters as a row has.
fn swallows_rows(record: &ByteRecord, delimiter: u8, n_columns: usize) -> bool {
    let n_wanted = n_columns - 1;
    let n_delimiters = |line: &[u8]| line.split(|byte| *byte == delimiter).count() - 1;
    n_wanted > 0
        && record
            .iter()
            .flat_map(|cell| cell.split(|byte| *byte == b'\n').skip(1))
            .any(|line| n_delimiters(line) >= n_wanted)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use crate::model::{Coverage, SourceRead};
    use crate::source::testing::{read_bytes, settings};

    const HEADER: &str = "reservation_key,unit,check_in,check_out,full_name";

    fn read(rows: &str) -> SourceRead {
        read_bytes(format!("{HEADER}\n{rows}").as_bytes(), &settings()).expect("the header is right")
    }

    /// Checks `KEY@LINE,LINE+REJECTED ...`, `LINE:CODE ...` and whether the read is complete.
    fn check(rows: &str, reservations: &str, rejects: &str, coverage: Coverage) {
        let read = read(rows);
        let seen: Vec<String> = read
            .reservations
            .iter()
            .map(|reservation| {
                let lines: Vec<String> =
                    reservation.stays.iter().map(|stay| stay.source.row.to_string()).collect();
                format!("{}@{}+{}", reservation.id, lines.join(","), reservation.n_rejected_rows)
            })
            .collect();
        let problems: Vec<String> =
            read.rejects.iter().map(|problem| format!("{}:{:?}", problem.source.row, problem.code)).collect();
        assert_eq!(
            (seen.join(" ").as_str(), problems.join(" ").as_str(), read.coverage),
            (reservations, rejects, coverage),
            "{rows}"
        );
    }

    const GOOD: &str = "R1,101,2026-05-01,2026-05-03,Ana Sousa\n";

    #[test]
    fn rows_of_one_key_make_one_reservation_in_the_order_of_the_source() {
        check(
            "R2,102,2026-05-01,2026-05-03,A\nR1,101,2026-05-01,2026-05-03,B\nR2,103,2026-05-03,2026-05-05,A\n",
            "R1@3+0 R2@2,4+0",
            "",
            Coverage::Complete,
        );
    }

    #[test]
    fn a_cell_that_is_too_long_to_be_true_spoils_its_row_and_no_other() {
        let long = "x".repeat(5_000);
        check(
            &format!("R1,101,2026-05-01,2026-05-03,{long}\n{long},101,2026-05-01,2026-05-03,B\n{GOOD}"),
            "R1@4+1",
            "2:Ragged 3:Ragged",
            Coverage::Partial,
        );
    }

    #[test]
    fn the_same_row_twice_is_one_stay_and_another_window_is_another() {
        check(
            &format!("{GOOD}{GOOD}R1,101,2026-05-01,2026-05-04,Ana Sousa\n{GOOD}"),
            "R1@2,4+0",
            "",
            Coverage::Complete,
        );
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        for line_end in ["\n", "\r\n", "\r"] {
            let rows =
                format!("{GOOD}\n,,,,\nR2,102,2026-05-01,2026-05-03,\"A\n\nB\"\nR3,103,bad,2026-05-03,C\n");
            check(&rows.replace('\n', line_end), "R1@2+0 R2@5+0 R3@+1", "8:BadDate", Coverage::Complete);
        }
    }

    #[test]
    fn a_bad_row_does_not_stop_the_others() {
        check(
            &format!(
                "R0,101,2026-05-01\n{GOOD}R2,101,2026-05-09,2026-05-03,B\nR3,101,2026-05-01,2026-05-03,C\n"
            ),
            "R0@+1 R1@3+0 R2@+1 R3@5+0",
            "2:Ragged 4:EndBeforeStart",
            Coverage::Complete,
        );
    }

    #[test]
    fn a_rejected_row_whose_key_cannot_be_read_makes_the_read_partial() {
        check(&format!("{GOOD},101,2026-05-01,2026-05-03,B\n"), "R1@2+0", "3:Missing", Coverage::Partial);
        check(
            &format!("{GOOD}1.23E+10,101,2026-05-01,2026-05-03,B\n"),
            "R1@2+0",
            "3:BadKey",
            Coverage::Partial,
        );
        check(&format!("R9\n{GOOD}"), "R1@3+0", "2:Ragged", Coverage::Partial);
    }

    #[test]
    fn a_row_with_a_moved_key_names_no_reservation() {
        let text = "full_name,reservation_key,unit,check_in,check_out\n\
                    Sousa, Ana,R1,101,2026-05-01,2026-05-03\nB,R2,102,2026-05-01,2026-05-03\n";
        let read = read_bytes(text.as_bytes(), &settings()).expect("the header is right");
        assert_eq!(read.reservations.len(), 1);
        assert_eq!(read.coverage, Coverage::Partial);
    }

    #[test]
    fn a_last_row_that_ends_in_the_middle_is_cut() {
        let partial = Coverage::Partial;
        check(&format!("{GOOD}R2,102,2026-05"), "R1@2+0 R2@+1", "3:Cut", partial);
        check(&format!("{GOOD}R2"), "R1@2+0", "3:Cut", partial);
        check(&format!("{GOOD}R2,102,2026-05-01,2026-05-03,\"An"), "R1@2+0", "3:Cut", partial);
        check(&format!("{GOOD}R2,102,2026-05-01,2026-05-03,\"An\n"), "R1@2+0", "3:Cut", partial);
        check(&format!("{GOOD}R2,102,\"2026-05-01,2026-05-03,An\n{GOOD}"), "R1@2+0", "3:Cut", partial);
        // Whole, although the line end is missing.
        check(GOOD.trim_end(), "R1@2+0", "", Coverage::Complete);
    }

    #[test]
    fn a_quote_that_swallows_rows_makes_the_read_partial() {
        check(
            &format!("R0,100,2026-05-01,2026-05-03,\"A\n{GOOD}R2,102,2026-05-01,2026-05-03,\"B\"\n"),
            "R0@+1",
            "2:Ragged",
            Coverage::Partial,
        );
    }

    #[test]
    fn bytes_that_are_no_text_reject_their_row_only() {
        let mut bytes = format!("{HEADER}\nR0,101,2026-05-01,2026-05-03,Jo").into_bytes();
        bytes.extend(b"\xe3o\n");
        bytes.extend(GOOD.replace("Ana", "José João").as_bytes());
        let read = read_bytes(&bytes, &settings()).expect("the header is right");
        assert_eq!(
            read.rejects[0].to_string(),
            "bookings.csv:2: the row has bytes that no character has (booking R0) (hint: export again as CSV in UTF-8)"
        );
        assert_eq!(read.reservations.len(), 2);
        assert_eq!(read.coverage, Coverage::Complete);
    }

    #[test]
    fn a_file_cut_within_a_character_is_cut() {
        let text = format!("{HEADER}\nR1,101,2026-05-01,2026-05-03,José");
        let read = read_bytes(&text.as_bytes()[..text.len() - 1], &settings()).expect("the header is right");
        assert_eq!(read.rejects[0].code, crate::model::ProblemCode::Cut);
        assert_eq!((read.coverage, read.reservations[0].n_rejected_rows), (Coverage::Partial, 1));
    }

    #[test]
    fn totals_after_the_last_booking_are_counted_and_not_rejected() {
        check(&format!("{GOOD},,,,\nTotal,1,,,\n,3,,,\nprinted today\n"), "R1@2+0", "", Coverage::Complete);
        let read = read(&format!("{GOOD}Total,1,,,\n"));
        assert_eq!((read.n_rows, read.warnings.len()), (2, 1));
        // In the middle, and where a booking lacks its dates, they are rejected.
        check(&format!(",3,,,\n{GOOD}"), "R1@3+0", "2:Missing", Coverage::Partial);
        check(&format!("{GOOD}R7,101,,,\n"), "R1@2+0 R7@+1", "3:Missing", Coverage::Complete);
    }

    #[test]
    fn what_spreadsheets_put_around_the_text_does_not_matter() {
        for (before, delimiter) in
            [("\u{feff}", ','), ("", ';'), ("", '\t'), ("\u{feff}sep=;\n", ';'), ("\n\n", '|')]
        {
            let text = format!("{HEADER}\nR1,101,2026-05-01,2026-05-03,สมชาย ใจดี\n");
            let text = format!("{before}{}", text.replace(',', &delimiter.to_string()));
            let read = read_bytes(text.as_bytes(), &settings()).expect("the header is right");
            assert_eq!(read.reservations[0].stays[0].guest.full_name, "สมชาย ใจดี");
            assert_eq!(read.fingerprint.0, blake3::hash(text.as_bytes()).to_hex().to_string());
        }
    }

    #[test]
    fn titles_above_the_header_are_passed_over_and_lines_still_count() {
        for delimiter in [',', ';', '\t'] {
            let text = format!(
                "Hotel Lisboa\nArrivals from 2026-05-01, all rooms\n\n,,\n{HEADER}\n{GOOD}R2,102,bad,2026-05-03,B\n"
            );
            let (above, below) = text.split_at(text.find("reservation_key").expect("the header is there"));
            let text = format!("{above}{}", below.replace(',', &delimiter.to_string()));
            let read = read_bytes(text.as_bytes(), &settings()).expect("the header is found");
            assert_eq!(read.reservations[0].stays[0].source.row, 6, "{text}");
            assert_eq!((read.rejects[0].source.row, read.n_rows), (7, 2), "{text}");
        }
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let error = read_bytes(bytes, &settings()).expect_err("it cannot be read");
        assert_eq!(error.to_string(), expected);
        assert!(!error.hint().is_empty());
    }

    #[test]
    fn what_is_not_a_file_of_reservations_is_refused_whole() {
        check_refused(b"", "`bookings.csv` is empty");
        check_refused(b"\n\n", "`bookings.csv` is empty");
        check_refused(b"PK\x03\x04", "`bookings.csv` is no CSV: it is a workbook or a zip file");
        check_refused(b"\xd0\xcf\x11\xe0", "`bookings.csv` is no CSV: it is an old workbook");
        check_refused(b"%PDF-1.7", "`bookings.csv` is no CSV: it is a PDF");
        check_refused(b"a,b\0,c\n", "`bookings.csv` is no CSV: it has bytes that no text has");
        check_refused(
            b"Booking, Arrival,unit\nR1,2026-05-01,101\n",
            "the header of `bookings.csv` does not fit: missing reservation_key, check_in, check_out; \
             it has `Booking`, `Arrival`, `unit`",
        );
        check_refused(
            b"reservation_key,check_in,check_out,unit,unit\n",
            "the header of `bookings.csv` does not fit: more than once `unit`; \
             it has `reservation_key`, `check_in`, `check_out`, `unit`, `unit`",
        );
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("bytes in memory");
        encoder.finish().expect("bytes in memory")
    }

    #[test]
    fn a_packed_file_is_unpacked_and_one_that_was_cut_is_refused() {
        let bytes = packed(&format!("{HEADER}\n{GOOD}"));
        let read = read_bytes(&bytes, &settings()).expect("the header is right");
        assert_eq!((read.reservations.len(), read.coverage), (1, Coverage::Complete));
        assert_eq!(read.fingerprint.0, blake3::hash(&bytes).to_hex().to_string());
        for n_bytes in [4, bytes.len() / 2, bytes.len() - 1] {
            let error = read_bytes(&bytes[..n_bytes], &settings()).expect_err("it was cut");
            assert_eq!(error.to_string(), "unpack `bookings.csv`", "{n_bytes} bytes");
        }
    }

    #[test]
    fn a_text_that_is_no_utf_8_is_read_and_told() {
        let text = format!("{HEADER}\nR1,101,2026-05-01,2026-05-03,Jo\u{e3}o M\u{fc}ller\n");
        let western: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
        let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, name) in [(western, "windows-1252"), (wide, "UTF-16LE")] {
            let read = read_bytes(&bytes, &settings()).expect("the header is right");
            assert_eq!(read.reservations[0].stays[0].guest.full_name, "Jo\u{e3}o M\u{fc}ller");
            let [notice] = read.warnings.as_slice() else { panic!("one notice, not {:?}", read.warnings) };
            assert_eq!(notice.message, format!("the file is no UTF-8 and is read as {name}"));
            assert_eq!(read.coverage, Coverage::Complete);
        }
    }

    #[test]
    fn a_calendar_is_refused_and_says_what_to_export_instead() {
        let calendar =
            b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\n";
        for bytes in [calendar.to_vec(), [b"\xef\xbb\xbf".as_slice(), calendar].concat()] {
            let error = read_bytes(&bytes, &settings()).expect_err("it names no guests");
            assert_eq!(
                error.to_string(),
                "`bookings.csv` is a calendar (iCal), and a calendar names no guests"
            );
            assert!(error.hint().contains("Airbnb: Reservations, Export"), "{}", error.hint());
        }
    }

    #[test]
    fn json_and_pages_are_named_with_what_to_do() {
        for json in [
            "[{\"id\": 1}]",
            "\u{feff}\n{\n  \"error\": \"expired\" }",
            "[ ]",
            "{\"id\":1}\n{\"id\":2}\n",
            "[\n[1, 2]]",
        ] {
            check_refused(json.as_bytes(), "`bookings.csv` is JSON, and no table");
        }
        let page = "<!DOCTYPE html><html><table><tr><td>R1</td></tr></table>";
        check_refused(
            page.as_bytes(),
            "`bookings.csv` is no CSV: it is a web page; kind = \"excel\" in [source] reads its tables",
        );
        check_refused(b"<?xml version=\"1.0\"?><bookings/>", "`bookings.csv` is no CSV: it is XML");
        // A cell may begin with a bracket.
        for text in ["[id],unit\n1,2\n", "{id},unit\n1,2\n", "<id>,unit\n1,2\n"] {
            let error = read_bytes(text.as_bytes(), &settings()).expect_err("it has no header of ours");
            assert!(error.to_string().contains("does not fit"), "{error}");
        }
    }

    #[test]
    fn a_header_without_rows_is_a_source_without_reservations() {
        check("", "", "", Coverage::Complete);
    }
}
