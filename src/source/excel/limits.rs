//! How large a workbook may be: a small file can unpack to more than any machine has.

use std::io::{self, Cursor, Read};

use zip::ZipArchive;

/// The file itself, packed.
pub(super) const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024;

/// Everything in it, unpacked: about ten times the largest sheet that the format allows with eight columns.
const MAX_UNPACKED_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What has to be unpacked in memory: texts that cells share, styles, and the whole of an ods.
pub(super) const MAX_IN_MEMORY_BYTES: u64 = 256 * 1024 * 1024;

/// The last row of a sheet, 1-based, in any program.
pub(super) const MAX_ROWS: u32 = 1_048_576;

/// Columns further to the right are left out: no export has as many, and a single cell there would fill memory.
pub(super) const MAX_COLUMNS: u32 = 512;

/// Cells of a sheet that is read as a whole (xls, ods), blank ones included.
pub(super) const MAX_CELLS: u64 = 20_000_000;

/// Why a packed workbook is not unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unpacking {
    /// It would be too large.
    TooLarge,
    /// It is no whole zip file.
    Damaged,
}

/// Unpacks everything once without keeping it, because what the directory of a zip file says of sizes is not true of
/// every file; finds out on the way whether a sheet has merged cells.
pub(super) fn measure(bytes: &[u8]) -> Result<Measured, Unpacking> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unpacking::Damaged)?;
    let mut measured = Measured::default();
    let mut n_left = MAX_UNPACKED_BYTES;
    for position in 0..archive.len() {
        let entry = archive.by_index(position).map_err(|_| Unpacking::Damaged)?;
        let is_sheet = entry.name().is_ok_and(|name| name.starts_with("xl/worksheets/"));
        let limit = if is_sheet { n_left } else { n_left.min(MAX_IN_MEMORY_BYTES) };
        let mut search = Search::new(b"mergeCell ");
        let n_bytes = count(entry.take(limit + 1), &mut search).map_err(|_| Unpacking::Damaged)?;
        if n_bytes > limit {
            return Err(Unpacking::TooLarge);
        }
        n_left -= n_bytes;
        measured.has_merged_cells |= is_sheet && search.found;
    }
    Ok(measured)
}

/// What unpacking once has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Measured {
    /// Whether a sheet in XML has merged cells.
    pub(super) has_merged_cells: bool,
}

fn count(mut entry: impl Read, search: &mut Search) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut n_bytes = 0;
    loop {
        let n_read = entry.read(&mut buffer)?;
        if n_read == 0 {
            return Ok(n_bytes);
        }
        search.look_at(&buffer[..n_read]);
        n_bytes += n_read as u64;
    }
}

/// Finds a word in bytes that come in pieces.
struct Search {
    word: &'static [u8],
    /// The end of what came before, shorter than the word.
    tail: Vec<u8>,
    found: bool,
}

impl Search {
    fn new(word: &'static [u8]) -> Self {
        Self { word, tail: Vec::new(), found: false }
    }

    fn look_at(&mut self, piece: &[u8]) {
        if self.found {
            return;
        }
        let n_kept = self.word.len() - 1;
        let is_in = |bytes: &[u8]| memchr::memmem::find(bytes, self.word).is_some();
        self.tail.extend_from_slice(&piece[..piece.len().min(n_kept)]);
        self.found = is_in(&self.tail) || is_in(piece);
        if piece.len() >= n_kept {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - n_kept..]);
        } else {
            let surplus = self.tail.len().saturating_sub(n_kept);
            self.tail.drain(..surplus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_wherever_the_pieces_are_cut() {
        let text = b"<mergeCells count=\"1\"><mergeCell ref=\"A1:B1\"/>";
        for size in 1..text.len() {
            let mut search = Search::new(b"mergeCell ");
            text.chunks(size).for_each(|piece| search.look_at(piece));
            assert!(search.found, "pieces of {size}");
            let mut search = Search::new(b"mergeCell  ");
            text.chunks(size).for_each(|piece| search.look_at(piece));
            assert!(!search.found, "pieces of {size}");
        }
    }
}
