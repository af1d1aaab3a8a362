//! What spreadsheets compute instead of showing it. It gets an apostrophe in what we write, and loses it in what is fed
//! back.

use std::borrow::Cow;

/// Characters that a spreadsheet may take for a separator, also inside quotes, where it is opened with another separator
/// than the comma of the file.
const SEPARATORS: [char; 5] = [';', '\t', '|', '\n', '\r'];

/// Whether a spreadsheet would compute a cell with this text. Blanks before it do not keep one from it.
pub fn begins_like_a_formula(text: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() && !['\t', '\r', '\n'].contains(&c);
    text.trim_start_matches(is_blank)
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// The text with an apostrophe before all that a spreadsheet would compute: at its beginning, and where a separator in it
/// would begin another cell.
pub fn without_formulas(text: &str) -> Cow<'_, str> {
    if !begins_like_a_formula(text) && !text.contains(SEPARATORS) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 8);
    if begins_like_a_formula(text) {
        harmless.push('\'');
    }
    for (position, c) in text.char_indices() {
        harmless.push(c);
        if SEPARATORS.contains(&c) && begins_a_formula_behind_quotes(&text[position + c.len_utf8()..]) {
            harmless.push('\'');
        }
    }
    Cow::Owned(harmless)
}

/// The text as it was before [`without_formulas`].
pub fn with_formulas(text: &str) -> Cow<'_, str> {
    let is_added = |rest: &str| rest.strip_prefix('\'').is_some_and(begins_a_formula_behind_quotes);
    if !text.contains('\'') {
        return Cow::Borrowed(text);
    }
    let begins = text.strip_prefix('\'').is_some_and(begins_like_a_formula);
    let mut original = String::with_capacity(text.len());
    let mut rest = if begins { &text[1..] } else { text };
    while let Some(c) = rest.chars().next() {
        original.push(c);
        rest = &rest[c.len_utf8()..];
        if SEPARATORS.contains(&c) && is_added(rest) {
            rest = &rest[1..];
        }
    }
    Cow::Owned(original)
}

fn begins_a_formula_behind_quotes(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c == '"' || (c.is_whitespace() && !SEPARATORS.contains(&c)));
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_get_an_apostrophe_and_lose_it_again() {
        for (text, expected) in [
            ("Ana Sousa", "Ana Sousa"),
            ("", ""),
            ("=1+1", "'=1+1"),
            (" =1+1", "' =1+1"),
            ("\u{a0}\u{3000}＝1", "'\u{a0}\u{3000}＝1"),
            ("Ana;=1+1", "Ana;'=1+1"),
            ("Ana; =1+1", "Ana;' =1+1"),
            ("Ana;\"=1+1", "Ana;'\"=1+1"),
            ("Ana\t@SUM(A1)|-1", "Ana\t'@SUM(A1)|'-1"),
            ("Ana\n+1\r\n－1", "Ana\n'+1\r\n'－1"),
            ("\t=1", "'\t'=1"),
            ("a; b | c, -d", "a; b | c, -d"),
            ("O'Neil", "O'Neil"),
        ] {
            assert_eq!(without_formulas(text), expected, "{text:?}");
            assert_eq!(with_formulas(expected), text, "{expected:?}");
        }
    }
}
