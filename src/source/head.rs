//! The first bytes of a file: whether they are text, and what separates the columns.

use std::io::{self, Read};

use ::csv::ByteRecord;

use super::columns::Columns;
use super::header::N_SEARCHED;
use super::record::Cells;
use super::settings::ColumnMap;

/// As much as is looked at; a header is shorter.
const N_HEAD_BYTES: usize = 64 * 1024;

/// Reads the beginning of a source, without the byte order mark.
pub(super) fn read_head(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(N_HEAD_BYTES as u64).read_to_end(&mut head)?;
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    Ok(head)
}

/// What the bytes are, where they are no UTF-8 text.
pub(super) fn not_text(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        Some("it is UTF-16")
    } else if head.starts_with(b"PK\x03\x04") {
        Some("it is a workbook or a zip file")
    } else if head.starts_with(b"\x1f\x8b") {
        Some("it is compressed")
    } else if head.starts_with(b"\xd0\xcf\x11\xe0") {
        Some("it is an old workbook")
    } else if head.contains(&0) {
        Some("it has bytes that no text has")
    } else {
        None
    }
}

/// The delimiter with which one of the first rows has most of the wanted headers.
pub(super) fn delimiter(head: &[u8], map: &ColumnMap) -> u8 {
    if let Some([delimiter, b'\n', ..]) = head.strip_prefix(b"sep=") {
        return *delimiter;
    }
    let score = |delimiter: u8| {
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(head);
        let rows = reader.byte_records().map_while(Result::ok).take(N_SEARCHED);
        let found = |row: ByteRecord| {
            let texts = (0..row.len()).map(|position| row.text(position).unwrap_or(""));
            Columns::n_found(texts, map)
        };
        rows.map(found).max().unwrap_or(0)
    };
    // The comma comes first, and a later one must be better to be taken.
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}
