//! Text that Markdown shows as it is, wherever it stands.

use super::super::visible::visible;

/// For a paragraph or a cell of a table. It makes no link, no mention of a person, no tag and no new cell.
pub(in crate::report) fn escaped(text: &str) -> String {
    let shown = visible(text);
    let mut out = String::with_capacity(shown.len() + 8);
    let mut rest = shown.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An empty entity between them: no chat and no forge calls a person by it.
            '@' => out.push_str("@&#8203;"),
            '\\' | '`' | '*' | '[' | ']' | '~' | '|' | '#' | '$' => out.extend(['\\', c]),
            // Within a word it means nothing, and names of columns stay legible.
            '_' if !(previous.is_alphanumeric() && next.is_alphanumeric()) => out.extend(['\\', c]),
            // Addresses become links by themselves.
            ':' if next == '/' => out.extend(['\\', c]),
            '.' if matches!(previous, 'w' | 'W') => out.extend(['\\', c]),
            c => out.push(c),
        }
        previous = c;
    }
    out
}

/// For text that is copied, outside tables: a span of code. A backtick within it would end it, so its fence is longer
/// than any there.
pub(super) fn code(text: &str) -> String {
    let shown = visible(text);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// For a whole line that is copied: a block of code, which nothing in the line can end.
pub(super) fn block(line: &str) -> String {
    let shown = visible(line);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}sh\n{shown}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(escaped(text), expected);
    }

    #[test]
    fn nothing_in_a_name_is_markup() {
        check("Ana Sousa", "Ana Sousa");
        check("a|b", "a\\|b");
        check("`rm`", "\\`rm\\`");
        check("<script>&amp;", "&lt;script&gt;&amp;amp;");
        check("**bold** _x_ ~~gone~~", "\\*\\*bold\\*\\* \\_x\\_ \\~\\~gone\\~\\~");
        check("[click](http://example.com)", "\\[click\\](http\\://example.com)");
        check("![](x)", "!\\[\\](x)");
        check("www.example.com", "www\\.example.com");
        check("@everyone", "@&#8203;everyone");
        check("$x$ #12", "\\$x\\$ \\#12");
    }

    #[test]
    fn names_of_columns_stay_legible() {
        check("max_delete", "max_delete");
        check("2026-12-03 15:00Z → 11:00Z", "2026-12-03 15:00Z → 11:00Z");
    }

    #[test]
    fn a_line_break_or_a_turned_line_is_shown_and_not_done() {
        check("Bo\u{202e}\n| x |", "Bo\\\\u{202e}\\\\n\\| x \\|");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(block("a```b\nc"), "````sh\na```b\\nc\n````\n");
    }
}
