//! Makes what Seam or the network says fit for a log: one short line that shows no control character, nothing we
//! sent of a guest, and nothing that looks like a contact or a code.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::redact::{MASK, without_value};

/// Longer texts are cut.
const MAX_CHARS: usize = 300;

/// So many digits in a row may be a PIN.
const PIN_DIGITS: usize = 4;

/// The line. `secrets` are the values of the request that may not come back, `ours` those that may: the keys and ids by
/// which a person finds the stay.
pub(super) fn clean(text: &str, secrets: &[&str], ours: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.chars().count() > 1) {
        text = without_value(&text, secret);
    }
    let words = visible(&text);
    let words: Vec<String> = words.split_whitespace().map(|word| masked(word, ours)).collect();
    cut(&words.join(" "))
}

/// Seam's name for a request: as it is, in one short line.
pub(super) fn request_id(text: &str) -> String {
    cut(&visible(text).split_whitespace().collect::<Vec<_>>().join(" "))
}

fn visible(text: &str) -> String {
    text.chars().map(|c| if is_visible(c) { c } else { ' ' }).collect()
}

fn cut(line: &str) -> String {
    if line.chars().count() <= MAX_CHARS {
        return line.to_owned();
    }
    let mut cut: String = line.chars().take(MAX_CHARS - 1).collect();
    cut.push('…');
    cut
}

fn is_visible(c: char) -> bool {
    let is_bidirectional =
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_invisible = matches!(c, '\u{200B}'..='\u{200D}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}');
    !c.is_control() && !is_bidirectional && !is_invisible
}

/// A word without contacts, PINs and what stands behind the host of an address.
fn masked(word: &str, ours: &[&str]) -> String {
    if let Some((start, end)) = ours.iter().find_map(|value| whole(word, value)) {
        return format!(
            "{}{}{}",
            masked(&word[..start], ours),
            &word[start..end],
            masked(&word[end..], ours)
        );
    }
    if let Some(position) = word.find("://") {
        return format!("{}://{}", masked(&word[..position], ours), host(&word[position + 3..]));
    }
    let n_digits = word.chars().filter(|c| c.is_numeric()).count();
    let is_number = word.chars().all(|c| c.is_numeric() || c.is_ascii_punctuation());
    if word.contains('@') || (is_number && n_digits >= PIN_DIGITS && !is_id_or_time(word)) {
        return MASK.to_owned();
    }
    let is_part = |c: char| c.is_alphanumeric() || "-:._+".contains(c);
    pieces(word, is_part)
        .map(|piece| if is_id_or_time(piece) { piece.to_owned() } else { without_pins(piece) })
        .collect()
}

/// Where a value stands in a word, from end to end of a name.
fn whole(word: &str, value: &str) -> Option<(usize, usize)> {
    if value.len() < PIN_DIGITS || !value.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let goes_on = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    word.match_indices(value).map(|(start, _)| (start, start + value.len())).find(|(start, end)| {
        !goes_on(word[..*start].chars().next_back()) && !goes_on(word[*end..].chars().next())
    })
}

/// The host of an address, by what follows its `://`. User, path and query may hold anything.
fn host(rest: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "-._~:@%![]$&'*+,;=".contains(c);
    let authority = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ']');
    let is_all = rest.len() == authority.len();
    format!("{host}{}", if is_all { "" } else { "/…" })
}

/// A word in its runs of characters that are such, and are not.
fn pieces(word: &str, is_such: impl Fn(char) -> bool) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let kind = is_such(first);
        let end = rest.find(|c| is_such(c) != kind).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_id_or_time(piece: &str) -> bool {
    let name = trimmed(piece);
    (name.len() == 36 && uuid::Uuid::try_parse(name).is_ok()) || is_time(name)
}

/// A date or an instant with dashes; digits alone may be anything.
fn is_time(text: &str) -> bool {
    text.contains('-')
        && (text.parse::<Timestamp>().is_ok()
            || text.parse::<DateTime>().is_ok()
            || text.parse::<Date>().is_ok())
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn without_pins(piece: &str) -> String {
    pieces(piece, char::is_numeric)
        .map(|run| {
            let is_pin = run.starts_with(char::is_numeric) && run.chars().count() >= PIN_DIGITS;
            if is_pin { MASK } else { run }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, secrets: &[&str], expected: &str) {
        assert_eq!(clean(text, secrets, &["pms::R1001:G10:0a1b2c3d4e", "R1001", "20261"]), expected);
    }

    #[test]
    fn an_ordinary_message_stays_as_it_is() {
        check("2 Input Errors: ends_at is required, bad", &[], "2 Input Errors: ends_at is required, bad");
        check("ends_at 2026-12-01T15:00:00Z is over", &[], "ends_at 2026-12-01T15:00:00Z is over");
    }

    #[test]
    fn control_characters_and_line_ends_become_spaces() {
        check("a\u{1b}[31m\r\nb\u{202e}c\0", &[], "a [31m b c");
    }

    #[test]
    fn what_we_sent_of_a_guest_does_not_come_back() {
        check("Ana Sousa is taken", &["Ana Sousa"], "[…] is taken");
        check("code \"0471\" is in use", &["0471"], "code \"[…]\" is in use");
    }

    #[test]
    fn contacts_and_codes_of_others_are_taken_out() {
        check("(ANA@example.com) has +1-555-0100 and '04711'", &[], "[…] has […] and […]");
    }

    #[test]
    fn pins_inside_words_are_taken_out_and_times_and_ids_stay() {
        check("code=0471, PIN0471 or ٠٤٧١", &[], "code=[…], PIN[…] or […]");
        check("{\"code\":\"471147\"}", &[], "{\"code\":\"[…]\"}");
        check(
            "from 2026-12-01 to '2026-12-01T15:00:00.123Z'.",
            &[],
            "from 2026-12-01 to '2026-12-01T15:00:00.123Z'.",
        );
        check("of 20261201 12345", &[], "of […] […]");
        check(
            "id 11111111-1111-4111-8111-111111111111: 404",
            &[],
            "id 11111111-1111-4111-8111-111111111111: 404",
        );
    }

    #[test]
    fn keys_that_were_sent_stay() {
        check(
            "key \"pms::R1001:G10:0a1b2c3d4e\" is taken",
            &[],
            "key \"pms::R1001:G10:0a1b2c3d4e\" is taken",
        );
        check("reservation_key=R1001 (20261) and R10012", &[], "reservation_key=R1001 (20261) and R[…]");
    }

    #[test]
    fn address_is_cut_to_its_host() {
        check(
            "see https://me:pw@seam.example.com:8443/x?key=y#z now",
            &[],
            "see https://seam.example.com:8443/… now",
        );
        check("<a href=\"http://[::1]:80/ana\">", &[], "<a href=\"http://[::1]:80/…");
        check("(https://seam.example.com)", &[], "(https://seam.example.com/…");
        check("https://seam.example.com?code=0471", &[], "https://seam.example.com/…");
    }

    #[test]
    fn a_long_text_is_cut() {
        let line = clean(&"é".repeat(1000), &[], &[]);
        assert_eq!(line.chars().count(), MAX_CHARS);
        assert!(line.ends_with('…'));
    }
}
