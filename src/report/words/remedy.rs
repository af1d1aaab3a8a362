//! Texts with commands in them: the words may be broken into lines, a command is copied and stays on one (RULES 27).

use std::collections::BTreeSet;

use super::super::document::Document;
use super::super::visible::visible;

/// Words for a person, and the command that they lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Advice {
    pub(in crate::report) words: String,
    /// Empty where there is none.
    pub(in crate::report) command: String,
}

/// A text line by line: what stands before each command, and the command.
pub(in crate::report) fn advice(text: &str) -> Vec<Advice> {
    let mut all: Vec<Advice> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let shown = visible(line).into_owned();
        if line.starts_with("reservation-sync ") {
            all.push(Advice { words: std::mem::take(&mut words).join(" "), command: shown });
        } else {
            words.push(shown);
        }
    }
    if !words.is_empty() {
        all.push(Advice { words: words.join(" "), command: String::new() });
    }
    all
}

/// What helps where a job ended early or a guard trips; nothing where neither is so.
pub(in crate::report) fn remedy(document: &Document) -> Vec<Advice> {
    let mut all = document.error.as_ref().map(|failure| advice(&failure.hint)).unwrap_or_default();
    let tripped = document.guards.iter().filter(|guard| guard.tripped);
    let commands: BTreeSet<&str> = tripped.filter_map(|guard| guard.allow.as_deref()).collect();
    for command in commands {
        let command = visible(command).into_owned();
        if all.iter().all(|advice| advice.command != command) {
            all.push(Advice { words: "look at what was counted; if it is right, type".to_owned(), command });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_stands_apart_from_words() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = advice(text);
            let found: Vec<(&str, &str)> =
                found.iter().map(|advice| (advice.words.as_str(), advice.command.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("", &[]);
        check("run again", &[("run again", "")]);
        check(
            "look at it\nreservation-sync run -c a.toml\nor begin\nanew\nreservation-sync release -c a.toml",
            &[
                ("look at it", "reservation-sync run -c a.toml"),
                ("or begin anew", "reservation-sync release -c a.toml"),
            ],
        );
        check("see `reservation-sync runs`\u{202e}", &[("see `reservation-sync runs`\\u{202e}", "")]);
    }
}
