//! The pipes between the file and the CSV reader: one takes the fingerprint, one makes line ends plain.

use std::io::{self, Read};

use crate::model::Fingerprint;

/// What follows the last byte. A row of its own where the file is whole; where a quote was left open it ends up
/// inside the last field, which is how a cut file is told.
pub(super) const END_MARK: &str = "\u{1e}end of input\n";

/// A reader that hashes what passes.
pub(super) struct Fingerprinted<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Fingerprinted<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hasher: blake3::Hasher::new() }
    }

    /// The hash of all bytes so far.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.hasher.finalize().to_hex().to_string())
    }
}

impl<R: Read> Read for Fingerprinted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n_read]);
        Ok(n_read)
    }
}

/// Bytes that a packed file may unpack to: as much as a workbook.
const MAX_UNPACKED_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Lines that a packed file may have: as many as a sheet.
const MAX_UNPACKED_LINES: u64 = 1_048_576;

/// A reader that fails where a small file unpacks to more than any export holds.
pub(super) struct Unpacked<R> {
    inner: R,
    n_bytes_left: u64,
    n_lines_left: u64,
}

impl<R: Read> Unpacked<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, n_bytes_left: MAX_UNPACKED_BYTES, n_lines_left: MAX_UNPACKED_LINES }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_read = self.inner.read(buffer)?;
        let n_lines = memchr::memchr_iter(b'\n', &buffer[..n_read]).count();
        let left =
            self.n_bytes_left.checked_sub(n_read as u64).zip(self.n_lines_left.checked_sub(n_lines as u64));
        let Some((n_bytes_left, n_lines_left)) = left else {
            let message = "it unpacks to more than a workbook may hold: 2 GiB, or 1048576 lines";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        };
        (self.n_bytes_left, self.n_lines_left) = (n_bytes_left, n_lines_left);
        Ok(n_read)
    }
}

/// A reader that turns each line end into `\n` and adds the [`END_MARK`].
pub(super) struct Tap<R> {
    inner: R,
    last: u8,
    after_return: bool,
    tail: Option<Vec<u8>>,
}

impl<R: Read> Tap<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, last: b'\n', after_return: false, tail: None }
    }

    /// Where the bytes come from.
    pub(super) fn inner(&self) -> &R {
        &self.inner
    }

    /// Whether the last byte so far ends a line.
    pub(super) fn ends_a_line(&self) -> bool {
        self.last == b'\n'
    }

    /// Turns `\r\n` and `\r` into `\n`, in place; gives the new length.
    fn plain_line_ends(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut n_kept = 0;
        for position in 0..bytes.len() {
            let byte = bytes[position];
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if !second_half {
                bytes[n_kept] = if byte == b'\r' { b'\n' } else { byte };
                n_kept += 1;
            }
        }
        n_kept
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.tail.is_none() && !buffer.is_empty() {
            let n_read = match self.inner.read(buffer) {
                Ok(0) => {
                    self.tail = Some(format!("\n{END_MARK}").into_bytes());
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let n_kept = self.plain_line_ends(&mut buffer[..n_read]);
            if n_kept > 0 {
                self.last = buffer[n_kept - 1];
                return Ok(n_kept);
            }
        }
        let Some(tail) = &mut self.tail else { return Ok(0) };
        let n_given = tail.len().min(buffer.len());
        buffer[..n_given].copy_from_slice(&tail[..n_given]);
        tail.drain(..n_given);
        Ok(n_given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every pair is split between two reads.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n_given = self.0.len().min(1).min(buffer.len());
            buffer[..n_given].copy_from_slice(&self.0[..n_given]);
            self.0 = &self.0[n_given..];
            Ok(n_given)
        }
    }

    #[test]
    fn packed_file_has_the_limits_of_a_workbook() {
        let read = |n_bytes_left, n_lines_left| {
            let mut text = String::new();
            let mut unpacked = Unpacked { inner: Drip(b"ab\nc\n"), n_bytes_left, n_lines_left };
            unpacked.read_to_string(&mut text).map(|_| text).map_err(|error| error.kind())
        };
        assert_eq!(read(5, 2).as_deref(), Ok("ab\nc\n"));
        assert_eq!(read(4, 2), Err(io::ErrorKind::FileTooLarge));
        assert_eq!(read(5, 1), Err(io::ErrorKind::FileTooLarge));
    }

    fn check(input: &str, expected: &str) {
        let mut whole = String::new();
        Tap::new(input.as_bytes()).read_to_string(&mut whole).expect("bytes in memory");
        let mut dripped = String::new();
        let mut tap = Tap::new(Drip(input.as_bytes()));
        tap.read_to_string(&mut dripped).expect("bytes in memory");
        assert_eq!(whole, format!("{expected}\n{END_MARK}"), "{input:?}");
        assert_eq!(dripped, whole, "{input:?} in drops");
        assert_eq!(tap.ends_a_line(), input.is_empty() || input.ends_with(['\n', '\r']), "{input:?}");
    }

    #[test]
    fn line_ends_become_plain_and_the_end_is_marked() {
        check("", "");
        check("a\nb", "a\nb");
        check("a\r\nb\r\n", "a\nb\n");
        check("a\rb\r", "a\nb\n");
        check("a\r\r\n\nb", "a\n\n\nb");
    }

    #[test]
    fn the_fingerprint_is_of_the_bytes_as_they_are() {
        let of = |input: &str| {
            let mut bytes = Fingerprinted::new(input.as_bytes());
            io::copy(&mut Tap::new(&mut bytes), &mut io::sink()).expect("bytes in memory");
            bytes.fingerprint().0
        };
        assert_eq!(of("a\r\nb"), blake3::hash(b"a\r\nb").to_hex().to_string());
        assert_ne!(of("a\r\nb"), of("a\nb"));
    }
}
