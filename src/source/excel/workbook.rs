//! A workbook that is open: what kind it is, and which sheets it has.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Dimensions, Ods, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx};

use super::html::{Page, SPREADSHEET_XML};
use super::limits::{self, Unpacking};
use super::ods;

type Bytes<'a> = Cursor<&'a [u8]>;

/// A workbook; the bytes stay with the caller.
pub(super) enum Workbook<'a> {
    Xlsx {
        book: Box<Xlsx<Bytes<'a>>>,
        has_merged_cells: bool,
    },
    Xlsb(Box<Xlsb<Bytes<'a>>>),
    Xls(Box<Xls<Bytes<'a>>>),
    Ods(Box<Ods<Bytes<'a>>>),
    /// A web page under the name of a workbook: its tables are its sheets.
    Page(Page),
}

/// Why bytes are no workbook that can be read; said so that it reads after "cannot be read as a workbook: ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotAWorkbook(pub(super) &'static str);

pub(super) const DAMAGED: NotAWorkbook = NotAWorkbook("it is damaged, or was cut");
pub(super) const TOO_LARGE: NotAWorkbook =
    NotAWorkbook("it unpacks to more than a workbook of reservations can be");
const PROTECTED: NotAWorkbook = NotAWorkbook("it is protected by a password");

impl<'a> Workbook<'a> {
    /// Opens what the bytes are.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, NotAWorkbook> {
        match Kind::of(bytes)? {
            Kind::Packed => {
                let measured = limits::measure(bytes).map_err(|unpacking| match unpacking {
                    Unpacking::TooLarge => TOO_LARGE,
                    Unpacking::Damaged => DAMAGED,
                })?;
                undamaged(|| Self::unpack(bytes, measured.has_merged_cells))
            }
            Kind::Old => undamaged(|| match Xls::new(Cursor::new(bytes)) {
                Ok(book) => Ok(Self::Xls(Box::new(book))),
                Err(calamine::XlsError::Password) => Err(PROTECTED),
                Err(_) => Err(DAMAGED),
            }),
            Kind::Page => Page::read(bytes).map(Self::Page),
        }
    }

    fn unpack(bytes: &'a [u8], has_merged_cells: bool) -> Result<Self, NotAWorkbook> {
        let cursor = || Cursor::new(bytes);
        let archive = zip::ZipArchive::new(cursor()).map_err(|_| DAMAGED)?;
        let has = |name| archive.index_for_name(name).is_some();
        if has("xl/workbook.bin") {
            Xlsb::new(cursor()).map(|book| Self::Xlsb(Box::new(book))).map_err(|_| DAMAGED)
        } else if has("content.xml") {
            ods::check_size(bytes)?;
            Ods::new(cursor()).map(|book| Self::Ods(Box::new(book))).map_err(|error| match error {
                calamine::OdsError::Password => PROTECTED,
                _ => DAMAGED,
            })
        } else if has("[Content_Types].xml") {
            Xlsx::new(cursor())
                .map(|book| Self::Xlsx { book: Box::new(book), has_merged_cells })
                .map_err(|_| NotAWorkbook("it is an office document without sheets, or damaged"))
        } else {
            Err(NotAWorkbook("it is a zip file without a workbook in it: unpack it first"))
        }
    }

    /// The names of the sheets that are shown and hold cells, in their order.
    pub(super) fn sheets(&self) -> Vec<String> {
        let all = match self {
            Self::Page(page) => return page.names(),
            Self::Xlsx { book, .. } => book.sheets_metadata(),
            Self::Xlsb(book) => book.sheets_metadata(),
            Self::Xls(book) => book.sheets_metadata(),
            Self::Ods(book) => book.sheets_metadata(),
        };
        all.iter()
            .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
            .map(|sheet| sheet.name.clone())
            .collect()
    }

    /// The name of a sheet, hidden or not, that is called so but for case and blanks around it.
    pub(super) fn sheet_called(&self, wanted: &str) -> Option<String> {
        let names = match self {
            Self::Page(page) => page.names(),
            Self::Xlsx { book, .. } => book.sheet_names(),
            Self::Xlsb(book) => book.sheet_names(),
            Self::Xls(book) => book.sheet_names(),
            Self::Ods(book) => book.sheet_names(),
        };
        let folded = |name: &str| name.trim().to_lowercase();
        names
            .iter()
            .find(|name| *name == wanted)
            .or_else(|| names.iter().find(|name| folded(name) == folded(wanted)))
            .cloned()
    }

    /// Whether day 0 is the 1 January 1904, as it was on the first Macintosh. An ods writes its dates out.
    pub(super) fn is_1904(&self) -> bool {
        match self {
            Self::Xlsx { book, .. } => book.has_1904_epoch(),
            Self::Xlsb(book) => book.has_1904_epoch(),
            Self::Xls(book) => book.has_1904_epoch(),
            Self::Ods(_) | Self::Page(_) => false,
        }
    }

    /// The merged cells of a sheet; an xlsb and an ods do not tell theirs.
    pub(super) fn merged_cells(&mut self, sheet: &str) -> Result<Vec<Dimensions>, NotAWorkbook> {
        match self {
            Self::Xlsx { book, has_merged_cells: true } => {
                undamaged(|| book.merge_cells_by_sheet_name(sheet).map_err(|_| DAMAGED))
            }
            Self::Xls(book) => undamaged(|| book.merge_cells_by_sheet_name(sheet).map_err(|_| DAMAGED)),
            Self::Xlsx { .. } | Self::Xlsb(_) | Self::Ods(_) | Self::Page(_) => Ok(Vec::new()),
        }
    }
}

/// What the reader of workbooks panics at is a damaged file, and no reason to end without a report.
pub(super) fn undamaged<T>(read: impl FnOnce() -> Result<T, NotAWorkbook>) -> Result<T, NotAWorkbook> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or(Err(DAMAGED))
}

/// How the bytes are packed.
enum Kind {
    /// A zip file: xlsx, xlsb, ods.
    Packed,
    /// A compound file: xls.
    Old,
    /// A web page.
    Page,
}

impl Kind {
    fn of(bytes: &[u8]) -> Result<Self, NotAWorkbook> {
        if bytes.starts_with(b"PK\x03\x04") {
            return Ok(Self::Packed);
        }
        if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
            // The name of the stream in which a password keeps an xlsx.
            let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            return match memchr::memmem::find(bytes, &encrypted) {
                Some(_) => Err(PROTECTED),
                None => Ok(Self::Old),
            };
        }
        if Page::is_one(bytes) {
            return Ok(Self::Page);
        }
        let head: String = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_lowercase();
        let begins = head.trim_start_matches(['\u{feff}', '\u{fffd}']).trim_start();
        Err(NotAWorkbook(if begins.contains(SPREADSHEET_XML) {
            "it is XML of Excel 2003: open it and save it as xlsx"
        } else if begins.starts_with("<?xml") {
            "it is XML: export as xlsx or CSV"
        } else if bytes.starts_with(b"\x1f\x8b") {
            "it is compressed: unpack it first"
        } else if !head.contains('\0') {
            "it is text: write kind = \"csv\" in [source]"
        } else {
            "it is none of xlsx, xls, xlsb and ods"
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_workbook_is_told_by_its_bytes() {
        let check = |bytes: &[u8], expected: &str| {
            let error = Workbook::open(bytes).err().expect("no workbook");
            assert!(error.0.starts_with(expected), "{}", error.0);
        };
        check(
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
            "it is XML of Excel 2003",
        );
        check(b"<?xml version=\"1.0\"?><bookings/>", "it is XML");
        check(b"reservation_key,unit\nR1,101\n", "it is text");
        check(b"PK\x03\x04 and no more", "it is damaged");
        check(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more", "it is damaged");
        check(b"\x09\x08\0\0", "it is none of");
        check(b"\x1f\x8b\x08\0", "it is compressed");
    }
}
