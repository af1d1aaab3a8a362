//! The first bytes of a file: whether they are text, and what separates the columns.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ::csv::ByteRecord;

use super::columns::Columns;
use super::excel::Page;
use super::header::N_SEARCHED;
use super::record::Cells;
use super::settings::{ColumnMap, FileFormat};

/// As much as is looked at; a header is shorter.
const N_HEAD_BYTES: usize = 64 * 1024;

/// Enough to tell what a file is.
const N_FIRST_BYTES: u64 = 1024;

/// What a file is, by its first bytes; its name may lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    /// Text, as far as can be seen.
    Text,
    /// Text that was packed with gzip.
    Gzip,
    /// Something else that has no rows for us.
    Other(&'static str),
    /// An iCal calendar.
    Calendar,
    /// Records of JSON.
    Json,
}

/// What a file is by its first bytes: a workbook, or a text.
pub fn format_of(path: &Path) -> io::Result<FileFormat> {
    let first = read_first(&mut File::open(path)?)?;
    Ok(match first.as_slice() {
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => FileFormat::Excel { sheet: None },
        first if Page::is_one(first) => FileFormat::Excel { sheet: None },
        _ => FileFormat::Csv,
    })
}

/// Whether the bytes of a file that is called a workbook are text, which tells more of itself when it is read so.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let first = &bytes[..bytes.len().min(4096)];
    let is_utf_16 = first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff");
    let is_text = matches!(Container::of(first), Container::Text | Container::Json | Container::Calendar);
    !first.is_empty() && is_text && (is_utf_16 || !first.contains(&0))
}

/// Reads the very first bytes, as they are.
pub(super) fn read_first(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    reader.take(N_FIRST_BYTES).read_to_end(&mut first)?;
    Ok(first)
}

/// Reads the beginning of a text.
pub(super) fn read_head(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(N_HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

impl Container {
    pub(super) fn of(first: &[u8]) -> Self {
        let text = first.trim_ascii_start().strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
        let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|seen| seen.eq_ignore_ascii_case(word));
        if first.starts_with(b"\x1f\x8b") {
            Self::Gzip
        } else if first.starts_with(b"PK\x03\x04") {
            Self::Other("it is a workbook or a zip file")
        } else if first.starts_with(b"\xd0\xcf\x11\xe0") {
            Self::Other("it is an old workbook")
        } else if first.starts_with(b"%PDF") {
            Self::Other("it is a PDF")
        } else if begins(b"BEGIN:VCALENDAR") {
            Self::Calendar
        } else if is_json(text) {
            Self::Json
        } else if Page::is_one(first) {
            Self::Other("it is a web page; kind = \"excel\" in [source] reads its tables")
        } else if begins(b"<?xml") {
            Self::Other("it is XML")
        } else {
            Self::Text
        }
    }
}

/// Whether a text begins as a list or a record of JSON does.
fn is_json(text: &[u8]) -> bool {
    let Some((bracket @ (b'[' | b'{'), rest)) = text.split_first() else { return false };
    let next = rest.trim_ascii_start().first();
    match bracket {
        b'[' => matches!(next, Some(b'{' | b'[' | b'"' | b']')),
        _ => matches!(next, Some(b'"' | b'}')),
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
            // Where no header is known the one that makes most columns is as good a guess as can be told of.
            (Columns::n_found(texts, map), row.len())
        };
        rows.map(found).max().unwrap_or_default()
    };
    // The comma comes first, and a later one must be better to be taken.
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}
