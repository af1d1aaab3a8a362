//! Makes characters visible that would otherwise change how a line reads or what a terminal does.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::is_hidden;

/// The text with control and bidirectional characters written out, as in `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_hidden(c) => {
                write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("a string takes everything");
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[test]
    fn a_name_cannot_turn_the_line_around_or_begin_a_new_one() {
        check("Ana\u{202e}asuoS", "Ana\\u{202e}asuoS");
        check("Ana\nRevoked: all", "Ana\\nRevoked: all");
        check("a\tb\rc", "a\\tb\\rc");
        check("\u{2066}Ana\u{2069}", "\\u{2066}Ana\\u{2069}");
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        check("\u{1b}[2J\u{7}", "\\u{1b}[2J\\u{7}");
        check("\u{9b}31m", "\\u{9b}31m");
        check("a\u{0}b\u{7f}", "a\\u{0}b\\u{7f}");
    }

    #[test]
    fn names_of_every_script_stay_as_they_are() {
        for name in ["Ana Sousa", "Łukasz Ångström", "สมชาย", "שלום", "می‌خواهم", "क्‍ष", "👩‍👩‍👧", "O’Neil"]
        {
            check(name, name);
        }
    }
}
