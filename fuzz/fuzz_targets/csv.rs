//! Any bytes as a file of comma-separated values; the last chooses the settings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use reservation_sync_fuzz::{chosen, examine};

fuzz_target!(|bytes: &[u8]| {
    let Some((last, bytes)) = bytes.split_last() else { return };
    examine(bytes, &chosen(*last));
});
