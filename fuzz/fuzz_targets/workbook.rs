//! Any bytes as a workbook. What does not begin like one is put into one: as the rows of its sheet, the texts that its
//! cells share and its styles, because no change of a packed file would ever unpack again.
#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use reservation_sync_fuzz::{examine, for_workbooks};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

const MAGICS: [&[u8]; 2] = [b"PK", &[0xD0, 0xCF, 0x11, 0xE0]];

const CONTENT_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Arrivals" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const PARTS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const NAMESPACE: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// What stands between the three parts.
const BETWEEN: &[u8] = b"\n--\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((last, bytes)) = bytes.split_last() else { return };
    let settings = for_workbooks(*last);
    if MAGICS.iter().any(|magic| bytes.starts_with(magic)) {
        examine(bytes, &settings);
    } else {
        examine(&packed(bytes), &settings);
    }
});

/// A workbook of one sheet.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let (rows, rest) = split(bytes);
    let (texts, styles) = split(rest);
    let part = |name: &str, content: &[u8]| {
        [format!("<{name} xmlns=\"{NAMESPACE}\">").as_bytes(), content, format!("</{name}>").as_bytes()]
            .concat()
    };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in [
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes().to_vec()),
        ("_rels/.rels", RELATIONS.as_bytes().to_vec()),
        ("xl/workbook.xml", WORKBOOK.as_bytes().to_vec()),
        ("xl/_rels/workbook.xml.rels", PARTS.as_bytes().to_vec()),
        ("xl/worksheets/sheet1.xml", part("worksheet", rows)),
        ("xl/sharedStrings.xml", part("sst", texts)),
        ("xl/styles.xml", part("styleSheet", styles)),
    ] {
        zip.start_file(name, options).expect("memory takes it");
        zip.write_all(&content).expect("memory takes it");
    }
    zip.finish().expect("memory takes it").into_inner()
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        Some(at) => (&bytes[..at], &bytes[at + BETWEEN.len()..]),
        None => (bytes, &[]),
    }
}
