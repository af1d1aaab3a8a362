//! Reads the configured source, whatever it is.

use std::io::{self, Read};
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::error::SourceError;
use super::settings::{FileFormat, SourceInput, SourceSettings};
use super::{csv, excel, head, locate, sql};
use crate::model::{Coverage, Problem, ProblemCode, SourcePlace, SourceRead};

/// Reads the configured source. A file is read on a thread of its own; a database is waited for.
pub async fn read(settings: &SourceSettings, now: Timestamp) -> Result<SourceRead, SourceError> {
    if let SourceInput::Database(input) = &settings.input {
        // What it holds is large, and most jobs read files.
        return Box::pin(sql::read(input, settings, now)).await;
    }
    let settings = settings.clone();
    let (done, read) = oneshot::channel();
    // The runtime waits for threads of its own, and a pipe that says nothing is never read to its end.
    thread::Builder::new()
        .name("source".to_owned())
        .spawn(move || drop(done.send(read_file(&settings, now))))
        .map_err(|source| SourceError::Unreadable { location: "the source".to_owned(), source })?;
    read.await.expect("reading a file does not panic")
}

/// Reads a configured file, or the standard input.
///
/// # Panics
///
/// Where the source is a database.
pub fn read_file(settings: &SourceSettings, now: Timestamp) -> Result<SourceRead, SourceError> {
    match &settings.input {
        SourceInput::Stdin => read_from(io::stdin().lock(), "stdin", settings, now),
        SourceInput::File { folder, path } => {
            let located = locate::open(folder, path, settings.max_age, now)?;
            let mut read = read_from(&located.file, &located.name, settings, now)?;
            read.written_at = located.written_at;
            let unreadable = |source| SourceError::Unreadable { location: located.name.clone(), source };
            if located.has_changed().map_err(unreadable)? {
                read.coverage = Coverage::Partial;
                read.warnings.push(Problem {
                    source: SourcePlace { container: Arc::from(located.name), row: 0 },
                    column: "",
                    code: ProblemCode::Notice,
                    message:
                        "the file was written to while it was read, so nothing is concluded from what is \
                              absent"
                            .to_owned(),
                    hint: "let the export finish first, or write it under another name and rename it"
                        .to_owned(),
                });
            }
            Ok(read)
        }
        SourceInput::Database(_) => unreachable!("a database is no file"),
    }
}

/// Reads an export from anything that gives its bytes; `name` is what a person would call it.
pub fn read_from(
    input: impl Read,
    name: &str,
    settings: &SourceSettings,
    now: Timestamp,
) -> Result<SourceRead, SourceError> {
    let FileFormat::Excel { sheet } = &settings.format else {
        return csv::read_from(input, name, settings, now);
    };
    let mut bytes = Vec::new();
    input
        .take(excel::MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| SourceError::Unreadable { location: name.to_owned(), source })?;
    // What is text is no workbook, whatever it is called, and can be read all the same.
    if head::is_text(&bytes) {
        return csv::read_from(bytes.as_slice(), name, settings, now);
    }
    excel::read_bytes(&bytes, name, sheet.as_deref(), settings, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::settings;

    #[test]
    fn text_that_calls_itself_a_workbook_is_read_as_text() {
        let mut settings = settings();
        settings.format = FileFormat::Excel { sheet: None };
        let table = "reservation_key;unit;check_in;check_out\nR1;101;2026-05-03;2026-05-05\n";
        let wide: Vec<u8> = format!("\u{feff}{table}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [table.as_bytes().to_vec(), table.replace(';', "\t").into_bytes(), wide] {
            let read = read_from(bytes.as_slice(), "book.xls", &settings, Timestamp::UNIX_EPOCH);
            assert_eq!(read.expect("it is a table").n_reservations, 1);
        }
        for (bytes, expected) in [
            (&b""[..], "`book.xls` is empty"),
            (b"\x09\x08\0\0", "`book.xls` cannot be read as a workbook: it is none of"),
            (b"<?xml version=\"1.0\"?><bookings/>", "`book.xls` cannot be read as a workbook: it is XML"),
            (b"[{\"id\": 1}]", "`book.xls` is JSON, and no table"),
            (b"BEGIN:VCALENDAR\n", "`book.xls` is a calendar"),
        ] {
            let error = read_from(bytes, "book.xls", &settings, Timestamp::UNIX_EPOCH).expect_err("no table");
            assert!(error.to_string().starts_with(expected), "{error}");
        }
    }

    #[test]
    fn a_missing_file_says_which() {
        let mut settings = settings();
        for format in [FileFormat::Csv, FileFormat::Excel { sheet: None }] {
            settings.format = format;
            settings.input = SourceInput::File { folder: "/nonexistent".into(), path: "a.csv".into() };
            let error = read_file(&settings, Timestamp::UNIX_EPOCH).expect_err("nothing there");
            assert!(matches!(error, SourceError::Unreadable { .. }), "{error}");
        }
    }
}
