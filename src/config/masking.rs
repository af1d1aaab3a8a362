//! Blanks what may be secret in a line before it is shown beside an error.
//!
//! Keys belong in the environment, but people put them into files; a message about such a line must not carry them
//! into a log. Every letter becomes one `*` of the same length in bytes, so that places in the text stay true.

use std::ops::Range;

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

/// The text with every string value blanked, except in the span that a message is about: other values on its lines may
/// be secret, whatever their keys are called.
pub(super) fn masked_but(text: &str, span: &Range<usize>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for inside in string_values(text) {
        let is_about = span.start <= inside.start && inside.end <= span.end && span.len() <= inside.len() + 6;
        if !is_about {
            bytes[inside].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
        }
    }
    String::from_utf8(bytes).expect("whole characters were replaced by ASCII")
}

/// What stands between the quotes of each string that is a value. One that is not closed ends with its line, or with the
/// text where it may have several lines.
fn string_values(text: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut position = 0;
    // The name of a table is no value, and neither is a key.
    let mut is_header = false;
    let mut starts_line = true;
    while let Some(c) = text[position..].chars().next() {
        let rest = &text[position..];
        match c {
            '#' => position += rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                let (inside, end) = string(rest, c);
                let is_key = is_header || is_followed_by_key(&rest[end..]);
                if !is_key {
                    values.push(position + inside.start..position + inside.end);
                }
                position += end;
                starts_line = false;
            }
            _ => {
                is_header = match c {
                    '[' if starts_line => true,
                    '\n' => false,
                    _ => is_header,
                };
                starts_line = c == '\n' || (starts_line && (c.is_whitespace() || c == '['));
                position += c.len_utf8();
            }
        }
    }
    values
}

/// Whether what follows a string makes a key of it.
fn is_followed_by_key(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '\t']);
    rest.starts_with('=') || rest.starts_with('.')
}

/// A string at the beginning of the text: what stands in it, and where it ends.
fn string(text: &str, quote: char) -> (Range<usize>, usize) {
    let three = [quote; 3].iter().collect::<String>();
    let (mark, ends_with_line) =
        if text.starts_with(&three) { (three, false) } else { (quote.to_string(), true) };
    let start = mark.len();
    let mut position = start;
    while let Some(c) = text[position..].chars().next() {
        if text[position..].starts_with(&mark) {
            return (start..position, position + mark.len());
        }
        match c {
            '\n' if ends_with_line => break,
            '\\' if quote == '"' => {
                position += 1;
                position += text[position..].chars().next().map_or(0, char::len_utf8);
            }
            _ => position += c.len_utf8(),
        }
    }
    (start..position, position)
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
    fn values_beside_the_part_in_question_are_blanked() {
        let check = |text: &str, about: &str, expected: &str| {
            let start = text.find(about).expect("it is in the text");
            assert_eq!(masked_but(text, &(start..start + about.len())), expected);
        };
        check("pass = \"hunter2\" # a \"b\"", "pass", "pass = \"*******\" # a \"b\"");
        check("policy = \"synk\"\nx = 'é'", "\"synk\"", "policy = \"synk\"\nx = '**'");
        check("a = { b = \"c\", d = \"ef\" }", "\"c\"", "a = { b = \"c\", d = \"**\" }");
        check("a = { b = \"c\", d = \"ef\" }", "{ b = \"c\", d = \"ef\" }", "a = { b = \"*\", d = \"**\" }");
        check("a = [\"c\", \"d\"]", "\"d\"", "a = [\"*\", \"d\"]");
        check("[\"my table\"]\n\"my key\" = \"v\"", "\"my key\"", "[\"my table\"]\n\"my key\" = \"*\"");
        check(r#"a = """b "c" \"""" # d"#, "a", r#"a = """********""" # d"#);
        check("a = '''b\nc'''", "a", "a = '''*\n*'''");
        check("a = \"b\nc = 'd", "c", "a = \"*\nc = '*");
        check("[x]\nurl = \"a\\\"b\"", "url", "[x]\nurl = \"****\"");
    }

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
