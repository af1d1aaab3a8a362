//! One word of a command line, written so that a shell reads exactly that.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::hidden::is_hidden;

/// The text as one word for `sh`. What a terminal would hide or act on is written out, as in `$'R1\u202e'`, which bash
/// and zsh read back.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-=@%./:+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    if !text.chars().any(is_hidden) {
        return Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")));
    }
    let mut word = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            '\n' => word.push_str("\\n"),
            c if is_hidden(c) => {
                write!(word, "\\U{:08x}", u32::from(c)).expect("a string takes all text");
            }
            c => word.push(c),
        }
    }
    word.push('\'');
    Cow::Owned(word)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn shell_reads_back_each_word() {
        for text in [
            "R1001",
            "max_delete=31@LIS",
            "",
            "my hotel.toml",
            "max_delete=31@LIS; rm -rf ~",
            "O'Neil $(x) `y` \"z\" \\n",
            "line\nbreak",
            "Ana\u{202e}asuoS'\\",
            "กรุงเทพ*",
        ] {
            let word = shell_word(text);
            let output = Command::new("bash")
                .args(["-c", &format!("printf %s {word}")])
                .env("LC_ALL", "C.UTF-8")
                .output()
                .expect("bash is there");
            assert_eq!(String::from_utf8(output.stdout).as_deref(), Ok(text), "{word}");
            assert!(!word.chars().any(is_hidden), "{word}");
        }
    }

    #[test]
    fn plain_word_stays_as_it_is() {
        assert_eq!(shell_word("max_in_house=12.5%"), "max_in_house=12.5%");
        assert_eq!(shell_word("exports/rejects.csv"), "exports/rejects.csv");
        assert_eq!(shell_word("-"), "-");
    }
}
