//! Takes contacts and keys out of texts that come from elsewhere, such as the errors of a server.

/// Replaces what looks like an e-mail address, a telephone number in international form or an API key.
pub fn without_contacts(text: &str) -> String {
    text.split_inclusive(is_boundary)
        .map(|piece| {
            let word = piece.trim_end_matches(is_boundary);
            match label(word) {
                Some(label) => format!("{label}{}", &piece[word.len()..]),
                None => piece.to_owned(),
            }
        })
        .collect()
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\'' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '=' | ':'
        )
}

fn label(word: &str) -> Option<&'static str> {
    let n_digits = word.bytes().filter(u8::is_ascii_digit).count();
    if word.find('@').is_some_and(|at| at > 0 && at + 1 < word.len()) {
        Some("[e-mail]")
    } else if word.starts_with('+') && n_digits >= 7 {
        Some("[phone]")
    } else if word.starts_with("seam_") && word.len() >= 12 {
        Some("[key]")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(without_contacts(text), expected);
    }

    #[test]
    fn contacts_and_keys_are_taken_out_and_the_rest_stays() {
        check("email_address ana@example.com is in use", "email_address [e-mail] is in use");
        check("phone_number \"+15550100123\": taken", "phone_number \"[phone]\": taken");
        check("bad key seam_test1_abcdef", "bad key [key]");
        check("key pms:LIS:R1:G1:0a1b2c3d4e, 3 @ 5", "key pms:LIS:R1:G1:0a1b2c3d4e, 3 @ 5");
        check("", "");
        check("ends_at must be after 2026-12-01T15:00:00Z", "ends_at must be after 2026-12-01T15:00:00Z");
    }
}
