//! Makes what Seam or the network says fit for a log: one short line that shows no control character, nothing we
//! sent of a guest, and nothing that looks like a contact or a code.

/// Longer texts are cut.
const MAX_CHARS: usize = 300;

/// What stands where something was taken out.
const MASK: &str = "[…]";

/// The line. `secrets` are the values of the request that may not come back.
pub(super) fn clean(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.chars().count() > 1) {
        text = text.replace(secret, MASK);
    }
    let visible: String = text.chars().map(|c| if is_visible(c) { c } else { ' ' }).collect();
    let line = visible
        .split_whitespace()
        .map(|word| if looks_personal(word) { MASK } else { word })
        .collect::<Vec<_>>()
        .join(" ");
    if line.chars().count() <= MAX_CHARS {
        return line;
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

/// E-mail addresses, telephone numbers and PINs, as whole words.
fn looks_personal(word: &str) -> bool {
    let n_digits = word.chars().filter(char::is_ascii_digit).count();
    let is_number = word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation());
    word.contains('@') || (n_digits >= 4 && is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, secrets: &[&str], expected: &str) {
        assert_eq!(clean(text, secrets), expected);
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
    fn a_long_text_is_cut() {
        let line = clean(&"é".repeat(1000), &[]);
        assert_eq!(line.chars().count(), MAX_CHARS);
        assert!(line.ends_with('…'));
    }
}
