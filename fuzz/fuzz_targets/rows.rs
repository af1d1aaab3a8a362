//! Any text as rows below a header that has every column of ours, so that the cells reach the layer that reads dates,
//! names, contacts and keys. Cells are told apart by tabs; the last byte chooses the settings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reservation_sync::source::{ColumnMap, Field};
use reservation_sync_fuzz::{chosen, examine};

fuzz_target!(|bytes: &[u8]| {
    let Some((last, rows)) = bytes.split_last() else { return };
    let mut settings = chosen(*last);
    // The columns are ours, also where the profile says otherwise.
    settings.columns = ColumnMap::default();
    let header = Field::ALL.map(Field::as_str).join("\t");
    examine(&[header.as_bytes(), b"\n", rows].concat(), &settings);
});
