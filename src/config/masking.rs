//! Blanks what may be secret in a line before it is shown beside an error.
//!
//! Keys belong in the environment, but people put them into files; a message about such a line must not carry them
//! into a log. Every letter becomes one `*` of the same length in bytes, so that places in the text stay true.

/// The text with everything that may be secret blanked.
pub(super) fn masked(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        for (from, to) in secret_ranges(line) {
            bytes[start + from..start + to].fill(b'*');
        }
        start += line.len();
    }
    String::from_utf8(bytes).expect("whole characters were replaced by ASCII")
}

/// Words in a key whose value is nobody's business.
const SECRET_KEYS: [&str; 5] = ["api_key", "apikey", "token", "secret", "password"];

fn secret_ranges(line: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    if let Some(equals) = line.find('=') {
        let key = line[..equals].to_lowercase().replace('-', "_");
        let value_end = line.trim_end().len();
        if SECRET_KEYS.iter().any(|word| key.contains(word)) && value_end > equals + 1 {
            ranges.push((equals + 1, value_end));
        }
    }
    // The keys of Seam begin with `seam_`.
    for (position, _) in line.match_indices("seam_") {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = line[position..].find(|c| !is_part(c)).unwrap_or(line.len() - position);
        if length >= 12 {
            ranges.push((position, position + length));
        }
    }
    // The user and password of `scheme://user:password@host`.
    for (position, separator) in line.match_indices("://") {
        let rest = position + separator.len();
        // In the address of a database a password may have what belongs encoded, such as `/` or a blank.
        let is_database = ["postgres", "postgresql", "mysql", "mariadb"]
            .iter()
            .any(|scheme| line[..position].ends_with(scheme));
        let ends = |c: char| match c {
            '"' | '\'' => true,
            '/' => !is_database,
            _ => c.is_whitespace() && !is_database,
        };
        let end = line[rest..].find(ends).unwrap_or(line.len() - rest);
        if let Some(at) = line[rest..rest + end].rfind('@') {
            ranges.push((rest, rest + at));
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_blanked_and_nothing_moves() {
        let check = |text: &str, expected: &str| {
            assert_eq!(masked(text), expected);
            assert_eq!(masked(text).len(), text.len());
        };
        check("policy = \"sync\"\n", "policy = \"sync\"\n");
        check("api_key = \"abc\"\nx = 1", "api_key =******\nx = 1");
        check("x = \"seam_test1234567\"", "x = \"****************\"");
        check("url = \"postgres://me:pw@db/x\"", "url = \"postgres://*****@db/x\"");
        check("url = 'mysql://me:p/w x@db/x'", "url = 'mysql://********@db/x'");
        check("url = \"https://example.com/a@b\"", "url = \"https://example.com/a@b\"");
        check("token = \"é\" # é", "token =**********");
    }
}
