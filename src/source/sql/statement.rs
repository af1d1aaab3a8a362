//! Whether a file holds one SELECT and nothing behind it.
//!
//! The engines refuse the rest themselves: they prepare one statement only, and do not write in a read-only
//! transaction. SQLite takes several statements, so there this is what keeps the second one out.

use super::address::Engine;

/// The statement without the `;` behind it; or what is wrong with the file.
pub(super) fn one_select(text: &str, engine: Engine) -> Result<&str, &'static str> {
    let text = text.trim_start_matches('\u{feff}');
    let mut first: Option<usize> = None;
    let mut end: Option<usize> = None;
    let mut position = 0;
    while position < text.len() {
        let rest = &text[position..];
        let (length, kind) = piece(rest, engine);
        match kind {
            Piece::Blank => {}
            Piece::Semicolon => {
                end = end.or(first.map(|_| position));
            }
            Piece::Part if end.is_some() => return Err("it has more than one statement"),
            Piece::Part => {
                first.get_or_insert(position);
            }
        }
        position += length;
    }
    let Some(first) = first else { return Err("it is empty") };
    let statement = &text[first..end.unwrap_or(text.len())];
    let word: String = statement
        .trim_start_matches(['(', ' ', '\n', '\r', '\t'])
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    if ["select", "with"].iter().any(|start| word.eq_ignore_ascii_case(start)) {
        Ok(statement)
    } else {
        Err("it does not begin with SELECT or WITH")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Blank,
    Semicolon,
    Part,
}

/// The next piece of a statement and its length: a comment, something in quotes, a `;`, or one character.
fn piece(rest: &str, engine: Engine) -> (usize, Piece) {
    let first = rest.chars().next().expect("the caller looks for an end first");
    let line = || rest.find('\n').map_or(rest.len(), |end| end + 1);
    match first {
        '-' if rest.starts_with("--") => (line(), Piece::Blank),
        '#' if engine == Engine::MySql => (line(), Piece::Blank),
        // What MySQL runs although it looks like a comment is a part.
        '/' if rest.starts_with("/*!") && engine == Engine::MySql => {
            (block_comment(rest, false), Piece::Part)
        }
        '/' if rest.starts_with("/*") => (block_comment(rest, engine == Engine::Postgres), Piece::Blank),
        '\'' => (quoted(rest, '\'', engine == Engine::MySql), Piece::Part),
        'e' | 'E' if engine == Engine::Postgres && rest[1..].starts_with('\'') => {
            (1 + quoted(&rest[1..], '\'', true), Piece::Part)
        }
        '"' => (quoted(rest, '"', engine == Engine::MySql), Piece::Part),
        '`' if engine != Engine::Postgres => (quoted(rest, '`', false), Piece::Part),
        '[' if engine == Engine::Sqlite => (rest.find(']').map_or(rest.len(), |end| end + 1), Piece::Part),
        '$' if engine == Engine::Postgres => (dollar_quoted(rest), Piece::Part),
        ';' => (1, Piece::Semicolon),
        blank if blank.is_whitespace() => (blank.len_utf8(), Piece::Blank),
        // A word is taken whole, or its last letter could be read as the E of E'...'.
        letter if letter.is_alphanumeric() || letter == '_' => {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
            (length.unwrap_or(rest.len()), Piece::Part)
        }
        other => (other.len_utf8(), Piece::Part),
    }
}

/// Up to the quote that ends it; a doubled one does not.
fn quoted(rest: &str, quote: char, has_backslashes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((position, character)) = characters.next() {
        if has_backslashes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return position + quote.len_utf8();
        }
    }
    rest.len()
}

fn block_comment(rest: &str, nests: bool) -> usize {
    let mut depth = 0;
    let mut position = 0;
    while position < rest.len() {
        let here = &rest[position..];
        if here.starts_with("/*") && (nests || depth == 0) {
            depth += 1;
            position += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            position += 2;
            if depth == 0 {
                return position;
            }
        } else {
            position += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// `$tag$ … $tag$`; a `$` that begins none is one character.
fn dollar_quoted(rest: &str) -> usize {
    let tag_end = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_').map(|end| end + 1);
    match tag_end {
        Some(end) if rest[end..].starts_with('$') => {
            let tag = &rest[..=end];
            rest[tag.len()..].find(tag).map_or(rest.len(), |found| tag.len() + found + tag.len())
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, &str>) {
        for engine in [Engine::Sqlite, Engine::Postgres, Engine::MySql] {
            assert_eq!(one_select(text, engine), expected, "{engine:?}: {text}");
        }
    }

    #[test]
    fn one_select_is_taken_without_what_stands_around_it() {
        check("select 1", Ok("select 1"));
        check("\u{feff}-- arrivals; of today\n  SELECT 1 ;\n\n-- the end;\n;", Ok("SELECT 1 "));
        check(
            "/* one; two */ with a as (select 1) select * from a;",
            Ok("with a as (select 1) select * from a"),
        );
        check("(select 1) union (select 2)", Ok("(select 1) union (select 2)"));
        check("select ';' as a, \"x;y\", 'it''s;'", Ok("select ';' as a, \"x;y\", 'it''s;'"));
    }

    #[test]
    fn two_statements_are_refused() {
        let two = Err("it has more than one statement");
        check("select 1; delete from guests", two);
        check("select 1;;\n-- and\ncommit", two);
        check("select 'a''; delete from guests", Ok("select 'a''; delete from guests"));
        check("select 'a'';'; drop table guests", two);
        check("select 1 /* ; */; commit; delete from guests; --", two);
    }

    #[test]
    fn what_is_no_select_is_refused() {
        let other = Err("it does not begin with SELECT or WITH");
        check("delete from guests", other);
        check("commit", other);
        check("call clean_up()", other);
        check("pragma query_only = off", other);
        check("selected", other);
        check("", Err("it is empty"));
        check(" -- nothing\n;;", Err("it is empty"));
    }

    #[test]
    fn each_engine_has_its_own_quotes_and_comments() {
        let check = |engine, text, is_one: bool| {
            assert_eq!(one_select(text, engine).is_ok(), is_one, "{engine:?}: {text}");
        };
        check(Engine::Postgres, "select $$a;b$$, $x$;$$;$x$", true);
        check(Engine::Postgres, "select $$a$$; delete from x", false);
        check(Engine::Postgres, "select E'a\\';b'", true);
        check(Engine::Postgres, "select 'a\\'; delete from x", false);
        check(Engine::Postgres, "/* a /* b */ ; */ select 1", true);
        check(Engine::MySql, "select 'a\\';b'", true);
        check(Engine::MySql, "select 1 # ; and\n", true);
        check(Engine::MySql, "select `a;b`", true);
        check(Engine::MySql, "select 1; /*! delete from x */", false);
        check(Engine::Sqlite, "select [a;b]", true);
        check(Engine::Sqlite, "select 'a\\'; delete from x", false);
    }
}
