//! Takes the job's own credential, and what a request says of a guest, out of what a server says.
//!
//! A proxy that fails may answer with the request that it got: as it is, percent-encoded, in JSON or HTML escapes, in
//! Base64 or in hexadecimal. Each of these spellings is found.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::{memchr3_iter, memmem};
use secrecy::ExposeSecret;

use super::settings::Credentials;

/// What stands where something was taken out.
pub(super) const MASK: &str = "[…]";

/// A shorter credential would be found in every second word; no real one is.
const MIN_BYTES: usize = 8;

/// The spellings of one credential. It has no `Debug`.
pub(super) struct Redactor {
    /// The credential, and its hexadecimal forms.
    plain: Vec<Vec<u8>>,
    /// The middle of its Base64 forms: what its neighbours do not change.
    base64: Vec<Vec<u8>>,
}

impl Redactor {
    pub(super) fn new(credentials: &Credentials) -> Self {
        let secret = match credentials {
            Credentials::ApiKey(key) => key,
            Credentials::PersonalAccessToken { token, workspace: _ } => token,
        };
        Self::of(secret.expose_secret().as_bytes())
    }

    fn of(secret: &[u8]) -> Self {
        if secret.len() < MIN_BYTES {
            return Self { plain: Vec::new(), base64: Vec::new() };
        }
        let hex = |digits: &[u8; 16]| {
            secret
                .iter()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .map(|digit| digits[usize::from(digit)])
                .collect()
        };
        let plain = vec![secret.to_vec(), hex(b"0123456789abcdef"), hex(b"0123456789ABCDEF")];
        let mut base64: Vec<Vec<u8>> = Vec::new();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            for n_before in 0..3 {
                let core = base64_core(&engine, secret, n_before);
                if !base64.contains(&core) {
                    base64.push(core);
                }
            }
        }
        Self { plain, base64 }
    }

    /// The text without the credential. It takes and gives bytes, because an answer is redacted before it is read.
    pub(super) fn redacted(&self, text: Vec<u8>) -> Vec<u8> {
        let plain = self.plain.iter().fold(text, |text, pattern| without(text, pattern, Around::Stays));
        self.base64.iter().fold(plain, |text, pattern| without(text, pattern, Around::Base64))
    }

    /// The same for a text.
    pub(super) fn redacted_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.redacted(text.as_bytes().to_vec())).into_owned()
    }
}

/// What Base64 makes of the secret behind so many other bytes, without the characters that other bytes have part in.
fn base64_core(engine: &impl Engine, secret: &[u8], n_before: usize) -> Vec<u8> {
    let bytes = [&[0; 3][..n_before], secret].concat();
    let mut core = engine.encode(&bytes).into_bytes();
    if bytes.len() % 3 != 0 {
        core.pop();
    }
    core.split_off((n_before * 8).div_ceil(6))
}

/// The text without a value, in every spelling of it.
pub(super) fn without_value(text: &str, value: &str) -> String {
    let bytes = without(text.as_bytes().to_vec(), value.as_bytes(), Around::Stays);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What becomes of the characters around a find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Stays,
    /// They go with it as far as they are Base64.
    Base64,
}

fn without(text: Vec<u8>, pattern: &[u8], around: Around) -> Vec<u8> {
    let Some(mut found) = find(&text, 0, pattern) else { return text };
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
    let mut kept = Vec::with_capacity(text.len());
    let mut position = 0;
    loop {
        let (start, mut end) = found;
        kept.extend_from_slice(&text[position..start]);
        if around == Around::Base64 {
            while kept.last().is_some_and(|byte| is_base64(*byte)) {
                kept.pop();
            }
            end += text[end..].iter().take_while(|byte| is_base64(**byte)).count();
        }
        kept.extend_from_slice(MASK.as_bytes());
        position = end;
        match find(&text, position, pattern) {
            Some(next) => found = next,
            None => break,
        }
    }
    kept.extend_from_slice(&text[position..]);
    kept
}

/// Where the pattern stands first, in any spelling: start and end.
fn find(text: &[u8], from: usize, pattern: &[u8]) -> Option<(usize, usize)> {
    let as_it_is = memmem::find(&text[from..], pattern).map(|at| (from + at, from + at + pattern.len()));
    // A spelling with escapes has one of these within the length of the pattern.
    let bound = as_it_is.map_or(text.len(), |(start, _)| start);
    let escaped = memchr3_iter(b'%', b'\\', b'&', &text[from..bound]).find_map(|at| {
        let at = from + at;
        let first = at.saturating_sub(pattern.len()).max(from);
        (first..=at).find_map(|start| spelled(&text[start..], pattern).map(|length| (start, start + length)))
    });
    escaped.or(as_it_is)
}

/// The length of the beginning of the text that stands for the whole pattern.
fn spelled(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let (mut length, mut rest) = (0, pattern);
    while let Some(first) = rest.first() {
        let here = &text[length..];
        if here.first() == Some(first) {
            length += 1;
            rest = &rest[1..];
        } else {
            let (n_read, meant) = escape(here)?;
            let mut bytes = [0; 4];
            let meant = match meant {
                Meant::Byte(byte) => {
                    bytes[0] = byte;
                    &bytes[..1]
                }
                Meant::Char(c) => c.encode_utf8(&mut bytes).as_bytes(),
            };
            rest = rest.strip_prefix(meant)?;
            length += n_read;
        }
    }
    Some(length)
}

/// What an escape stands for.
enum Meant {
    Byte(u8),
    Char(char),
}

/// An escape at the beginning of the text, encoded once or several times, and its length.
fn escape(text: &[u8]) -> Option<(usize, Meant)> {
    let number = |digits: &[u8], radix| u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok();
    let byte = |digits: &[u8]| u8::try_from(number(digits, 16)?).ok().map(Meant::Byte);
    match text.first()? {
        b'+' => Some((1, Meant::Byte(b' '))),
        b'%' => {
            let mut start = 1;
            while text[start..].starts_with(b"25") {
                start += 2;
            }
            Some((start + 2, byte(text.get(start..start + 2)?)?))
        }
        b'\\' => {
            let start = text.iter().take_while(|byte| **byte == b'\\').count();
            match text.get(start)? {
                b'u' => {
                    let code = number(text.get(start + 1..start + 5)?, 16)?;
                    Some((start + 5, Meant::Char(char::from_u32(code)?)))
                }
                b'x' => Some((start + 3, byte(text.get(start + 1..start + 3)?)?)),
                other => Some((start + 1, Meant::Byte(*other))),
            }
        }
        b'&' => {
            let mut start = 1;
            while text[start..].starts_with(b"amp;") {
                start += 4;
            }
            let end = start + text[start..].iter().take(10).position(|byte| *byte == b';')?;
            let meant = match &text[start..end] {
                [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
                [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
                b"quot" => '"',
                b"lt" => '<',
                b"gt" => '>',
                _ => return None,
            };
            Some((end + 1, Meant::Char(meant)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const KEY: &str = "seam_test9Qx_4kD0vZr7mB2sW8yT";

    fn check(text: &str, expected: &str) {
        assert_eq!(Redactor::of(KEY.as_bytes()).redacted_text(text), expected);
    }

    fn each(spell: impl Fn(u8) -> String) -> String {
        KEY.bytes().map(spell).collect()
    }

    #[test]
    fn credential_goes_in_every_spelling() {
        let spellings = [
            KEY.to_owned(),
            KEY.replace('_', "%5F"),
            KEY.replace('_', "%5f"),
            KEY.replace('_', "%255f"),
            KEY.replace("4k", "%34%6b"),
            each(|byte| format!("%{byte:02X}")),
            each(|byte| format!("%{byte:02x}")),
            each(|byte| format!("\\u00{byte:02x}")),
            each(|byte| format!("\\\\u00{byte:02X}")),
            each(|byte| format!("\\x{byte:02x}")),
            each(|byte| format!("&#{byte};")),
            each(|byte| format!("&#x{byte:x};")),
            each(|byte| format!("{byte:02x}")),
            each(|byte| format!("{byte:02X}")),
        ];
        for spelling in spellings {
            check(&format!("a {spelling}, b=\"{spelling}\""), &format!("a {MASK}, b=\"{MASK}\""));
            check(&spelling, MASK);
        }
    }

    #[test]
    fn credential_goes_from_base64_wherever_it_stands_in_it() {
        for before in ["", ":", "me:", "user:", "Bearer "] {
            for after in ["", "\n", "\r\n", "@host"] {
                for encoded in [
                    STANDARD.encode(format!("{before}{KEY}{after}")),
                    URL_SAFE.encode(format!("{before}{KEY}{after}")),
                ] {
                    let bare = encoded.trim_end_matches('=');
                    check(&format!("Basic {encoded}, x"), &format!("Basic {MASK}, x"));
                    check(&format!("Basic {bare}\n"), &format!("Basic {MASK}\n"));
                    check(&encoded.replace('=', "%3D").replace("%3D%3D", "%3D"), &{
                        let padding = if encoded.contains('=') { "%3D" } else { "" };
                        format!("{MASK}{padding}")
                    });
                }
            }
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["", "seam_test", "100 % of \\ & all", "%", "\\u00", "&#x;", "%25", "é\u{1F511}"] {
            check(text, text);
        }
        assert_eq!(Redactor::of(b"short").redacted_text("a short text"), "a short text");
    }

    #[test]
    fn value_of_a_guest_goes_in_every_spelling() {
        for text in
            ["Inês Prado", "In%C3%AAs%20Prado", "In%c3%aas+Prado", "In\\u00eas Prado", "In&#234;s Prado"]
        {
            assert_eq!(without_value(text, "Inês Prado"), MASK, "{text}");
        }
    }
}
