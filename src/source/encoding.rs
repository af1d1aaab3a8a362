//! From the bytes of a file to UTF-8, by what the bytes themselves prove; what cannot be text is never replaced.
//!
//! A byte order mark decides; then a configured name; then whether the first bytes beyond ASCII are UTF-8. Only a
//! text that is not UTF-8 at all is guessed at, and whoever reads it is told. Bytes that no character has come out
//! as a byte that is no UTF-8, so that their row is rejected and no other.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much is looked at, from the first byte beyond ASCII, before it is decided what the text is.
const N_JUDGED_BYTES: usize = 64 * 1024;

/// A byte that no UTF-8 text has, in place of one that no character has.
const NO_TEXT: u8 = 0xff;

/// The name of an encoding that this program reads, for the configuration.
pub fn encoding_named(name: &str) -> Option<&'static Encoding> {
    Encoding::for_label(name.as_bytes())
}

/// A reader that gives UTF-8, without the byte order mark.
pub(super) struct Decoded<R> {
    inner: R,
    state: State,
    /// Bytes that were read and not yet decoded.
    raw: Vec<u8>,
    /// Decoded bytes that were not yet given.
    ready: Vec<u8>,
    n_given: usize,
    has_ended: bool,
}

enum State {
    /// Nothing was read yet.
    Fresh(Option<&'static Encoding>),
    /// So far all is ASCII.
    Undecided,
    Utf8,
    Other(Box<Decoder>, &'static Encoding),
    /// All was decoded.
    Done(&'static Encoding),
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(inner: R, configured: Option<&'static Encoding>) -> Self {
        Self {
            inner,
            state: State::Fresh(configured),
            raw: Vec::new(),
            ready: Vec::new(),
            n_given: 0,
            has_ended: false,
        }
    }

    /// What the text was read as, where that is not UTF-8.
    pub(super) fn foreign(&self) -> Option<&'static Encoding> {
        match &self.state {
            State::Other(_, encoding) | State::Done(encoding) => Some(encoding),
            State::Fresh(_) | State::Undecided | State::Utf8 => None,
        }
    }

    /// Reads until `raw` has that many bytes, or all that there are.
    fn gather(&mut self, n_wanted: usize) -> io::Result<()> {
        let n_missing = n_wanted.saturating_sub(self.raw.len());
        let n_read = self.inner.by_ref().take(n_missing as u64).read_to_end(&mut self.raw)?;
        self.has_ended |= n_read < n_missing;
        Ok(())
    }

    fn begin(&mut self, configured: Option<&'static Encoding>) -> io::Result<()> {
        self.gather(N_JUDGED_BYTES)?;
        if let Some((encoding, n_mark_bytes)) = Encoding::for_bom(&self.raw) {
            self.raw.drain(..n_mark_bytes);
            self.become_one(encoding);
        } else if let Some(encoding) = configured {
            self.become_one(encoding);
        } else if let Some(encoding) = utf16_without_mark(&self.raw) {
            self.become_one(encoding);
        } else {
            self.state = State::Undecided;
        }
        Ok(())
    }

    fn become_one(&mut self, encoding: &'static Encoding) {
        self.state = if encoding == UTF_8 {
            State::Utf8
        } else {
            State::Other(Box::new(encoding.new_decoder_without_bom_handling()), encoding)
        };
    }

    /// Makes more bytes ready, or shows that there are none.
    fn advance(&mut self) -> io::Result<()> {
        if let State::Fresh(configured) = self.state {
            self.begin(configured)?;
        }
        if self.raw.is_empty() && !self.has_ended {
            self.gather(N_JUDGED_BYTES)?;
        }
        if matches!(self.state, State::Undecided) {
            let n_plain = self.raw.iter().take_while(|byte| byte.is_ascii()).count();
            if n_plain > 0 {
                self.ready.extend(self.raw.drain(..n_plain));
                return Ok(());
            }
            if self.raw.is_empty() {
                return Ok(());
            }
            self.gather(N_JUDGED_BYTES)?;
            self.become_one(judged(&self.raw));
        }
        match &mut self.state {
            State::Fresh(_) | State::Undecided | State::Done(_) => {}
            State::Utf8 => self.ready.append(&mut self.raw),
            State::Other(decoder, encoding) => {
                let encoding = *encoding;
                decode(decoder, &self.raw, self.has_ended, &mut self.ready);
                self.raw.clear();
                if self.has_ended {
                    self.state = State::Done(encoding);
                }
            }
        }
        Ok(())
    }
}

fn decode(decoder: &mut Decoder, mut raw: &[u8], is_last: bool, out: &mut Vec<u8>) {
    let mut text = String::new();
    loop {
        let room = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(raw.len() * 4);
        text.reserve(room + 4);
        let (result, n_read) = decoder.decode_to_string_without_replacement(raw, &mut text, is_last);
        raw = &raw[n_read..];
        out.extend_from_slice(text.as_bytes());
        text.clear();
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => out.push(NO_TEXT),
        }
    }
}

/// What a text is that is not ASCII, by its first bytes beyond it.
fn judged(sample: &[u8]) -> &'static Encoding {
    let (n_good, n_bad) = characters_beyond_ascii(sample);
    // A text in UTF-8 that was damaged somewhere still has more good characters than bad ones.
    if n_bad == 0 || n_good > n_bad {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// How many characters of several bytes are UTF-8, and how many bytes are none.
fn characters_beyond_ascii(mut bytes: &[u8]) -> (usize, usize) {
    let (mut n_good, mut n_bad) = (0, 0);
    let beyond = |text: &[u8]| text.iter().filter(|byte| (0xc0..=0xff).contains(*byte)).count();
    loop {
        match str::from_utf8(bytes) {
            Ok(text) => return (n_good + beyond(text.as_bytes()), n_bad),
            Err(error) => {
                n_good += beyond(&bytes[..error.valid_up_to()]);
                let Some(n_wrong) = error.error_len() else { return (n_good, n_bad) };
                n_bad += 1;
                bytes = &bytes[error.valid_up_to() + n_wrong..];
            }
        }
    }
}

/// UTF-16 without a mark: every second byte of its ASCII is zero.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.chunks_exact(2).take(512);
    let n_pairs = pairs.len();
    let (mut n_little, mut n_big) = (0, 0);
    for pair in pairs {
        n_little += usize::from(pair[0] != 0 && pair[1] == 0);
        n_big += usize::from(pair[0] == 0 && pair[1] != 0);
    }
    let most = |n: usize| n_pairs > 4 && n * 10 > n_pairs * 8;
    if most(n_little) {
        Some(UTF_16LE)
    } else if most(n_big) {
        Some(UTF_16BE)
    } else {
        None
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.n_given < self.ready.len() {
                let rest = &self.ready[self.n_given..];
                let n_given = rest.len().min(buffer.len());
                buffer[..n_given].copy_from_slice(&rest[..n_given]);
                self.n_given += n_given;
                return Ok(n_given);
            }
            self.ready.clear();
            self.n_given = 0;
            match self.state {
                // Nothing stands between the file and whoever reads it.
                State::Utf8 if self.raw.is_empty() => return self.inner.read(buffer),
                _ => self.advance()?,
            }
            let is_flushed = !matches!(self.state, State::Other(..));
            if self.ready.is_empty() && self.raw.is_empty() && self.has_ended && is_flushed {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], configured: Option<&str>) -> (Vec<u8>, Option<&'static str>) {
        let configured = configured.map(|name| encoding_named(name).expect("a name"));
        let mut reader = Decoded::new(bytes, configured);
        let mut out = Vec::new();
        reader.read_to_end(&mut out).expect("bytes in memory");
        (out, reader.foreign().map(Encoding::name))
    }

    fn check(bytes: &[u8], text: &str, foreign: Option<&str>) {
        let (out, seen) = decoded(bytes, None);
        assert_eq!((String::from_utf8_lossy(&out).as_ref(), seen), (text, foreign));
    }

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn a_text_is_read_as_what_its_bytes_prove() {
        let text = "id;Gästename(n)\n1;João Müller\n";
        let western: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
        check(b"", "", None);
        check(b"id,name\n1,Ana\n", "id,name\n1,Ana\n", None);
        check(text.as_bytes(), text, None);
        check(&[b"\xef\xbb\xbf", text.as_bytes()].concat(), text, None);
        check(&western, text, Some("windows-1252"));
        check(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes), text, Some("UTF-16LE"));
        check(&utf16(&format!("\u{feff}{text}"), u16::to_be_bytes), text, Some("UTF-16BE"));
        check(&utf16(text, u16::to_le_bytes), text, Some("UTF-16LE"));
        // The euro sign and the long dash are where Latin-1 has nothing.
        check(b"caf\xe9 \x80 12 \x96 caf\xe9\n", "café € 12 – café\n", Some("windows-1252"));
    }

    #[test]
    fn what_stands_behind_much_plain_text_is_seen_too() {
        let plain = "R1,101,2026-05-01\n".repeat(10_000);
        check(
            &[plain.as_bytes(), b"Jo\xe3o,Jos\xe9\n"].concat(),
            &format!("{plain}João,José\n"),
            Some("windows-1252"),
        );
        check(format!("{plain}João,José\n").as_bytes(), &format!("{plain}João,José\n"), None);
    }

    #[test]
    fn a_damaged_character_is_not_replaced_by_another() {
        let (out, foreign) = decoded(b"Jos\xc3\xa9 Jo\xc3\xa3o Jo\xe3o\n", None);
        assert_eq!((out.as_slice(), foreign), (b"Jos\xc3\xa9 Jo\xc3\xa3o Jo\xe3o\n".as_slice(), None));
        // Half a surrogate, and half a character at the end.
        let bytes = [b"\xff\xfea\0".as_slice(), b"\x00\xd8b\0", b"c"].concat();
        let (out, _) = decoded(&bytes, None);
        assert_eq!(out, b"a\xffb\xff");
    }

    #[test]
    fn a_configured_name_is_believed_unless_there_is_a_mark() {
        assert_eq!(decoded(b"\xe3", Some("windows-1251")).0, "г".as_bytes());
        assert_eq!(decoded(b"\xef\xbb\xbf\xc3\xa3", Some("windows-1251")), ("ã".as_bytes().to_vec(), None));
        assert_eq!(encoding_named("Latin-Klingon"), None);
    }
}
