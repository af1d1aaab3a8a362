//! Asks on a terminal for the values that a draft configuration lacks. A blank answer leaves the line to be filled in.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use jiff::tz::TimeZone;

use crate::config::{OpenLine, answered, open_lines, toml_string};
use crate::source::Meaning;

/// Where the questions go, and where the answers come from.
pub(super) struct Asker<R, W> {
    pub(super) answers: R,
    pub(super) questions: W,
    /// What was asked already: a blank answer is one.
    pub(super) asked: BTreeSet<String>,
}

impl<R: BufRead, W: Write> Asker<R, W> {
    /// Asks for each open line that was not asked for before; gives the text with the answers in it.
    pub(super) fn fill_in(&mut self, text: &str, header: &[String]) -> io::Result<String> {
        let mut filled = text.to_owned();
        for line in open_lines(text) {
            let Some(question) = Prompt::of(&line, header) else { continue };
            if !self.asked.insert(line.name()) {
                continue;
            }
            if let Some(answer) = self.ask(&question)? {
                filled = answered(&filled, &line, &answer);
            }
        }
        Ok(filled)
    }

    /// Asks until the answer can be used; `None` for a blank one, or where there are no more.
    fn ask(&mut self, question: &Prompt<'_>) -> io::Result<Option<String>> {
        loop {
            write!(self.questions, "{} ({}; blank: later): ", question.text, question.choice)?;
            self.questions.flush()?;
            let mut answer = String::new();
            if self.answers.read_line(&mut answer)? == 0 || answer.trim().is_empty() {
                return Ok(None);
            }
            match question.read(answer.trim()) {
                Some(answer) => return Ok(Some(answer)),
                None => writeln!(self.questions, "`{}` is none of them.", answer.trim())?,
            }
        }
    }
}

/// What is asked, and which answers there are.
struct Prompt<'a> {
    text: String,
    choice: String,
    answer: Choice<'a>,
}

enum Choice<'a> {
    /// A header by its name or number; and whether `none` says that there is no such column.
    Header { headers: &'a [String], may_be_none: bool },
    /// One of some words.
    Word(Vec<&'static str>),
    /// A zone of the IANA database.
    Zone,
}

impl<'a> Prompt<'a> {
    /// `None` where the value is not one word or one header.
    fn of(line: &OpenLine, headers: &'a [String]) -> Option<Self> {
        let OpenLine { section, key, question: _ } = line;
        Some(match (section.as_str(), key.as_str()) {
            ("property", "time_zone") => Self {
                text: "Time zone of the hotel".to_owned(),
                choice: "such as Europe/Lisbon".to_owned(),
                answer: Choice::Zone,
            },
            ("source", "date_order") => Self {
                text: "How are dates such as 03/04 written".to_owned(),
                choice: "dmy: day first, mdy: month first".to_owned(),
                answer: Choice::Word(vec!["dmy", "mdy"]),
            },
            ("statuses", word) => Self {
                text: format!("What does the status `{word}` mean"),
                choice: "grant, checked_in, revoke or ignore".to_owned(),
                answer: Choice::Word(Meaning::WORDS.map(|(word, _)| word).into()),
            },
            ("columns", field) => {
                let may_be_none = field == "status";
                let named = headers.iter().enumerate().filter(|(_, header)| !header.is_empty());
                let named: Vec<String> = named.map(|(n, header)| format!("{} {header}", n + 1)).collect();
                let none = if may_be_none { "; none: the file has none" } else { "" };
                Self {
                    text: format!("Which column is `{field}`"),
                    choice: format!("{}{none}", named.join(", ")),
                    answer: Choice::Header { headers, may_be_none },
                }
            }
            _ => return None,
        })
    }

    /// The answer as TOML; `None` where it cannot be used.
    fn read(&self, text: &str) -> Option<String> {
        match &self.answer {
            Choice::Zone => TimeZone::get(text).is_ok().then(|| toml_string(text)),
            Choice::Word(words) => words.contains(&text).then(|| toml_string(text)),
            Choice::Header { may_be_none: true, .. } if text == "none" => Some("[]".to_owned()),
            Choice::Header { headers, .. } => {
                let by_name = headers.iter().find(|header| header.eq_ignore_ascii_case(text));
                let by_number = || text.parse::<usize>().ok().and_then(|n| headers.get(n.checked_sub(1)?));
                by_name
                    .or_else(by_number)
                    .filter(|header| !header.is_empty())
                    .map(|header| toml_string(header))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAFT: &str = "[source]\n# date_order = \"dmy\"   # FILL IN: dmy or mdy?\n[columns]\n# unit = \"...\"   # FILL IN: which header?\n\
                         # status = []   # FILL IN: which header?\n[statuses]\n# \"Moved\" = \"...\"   # FILL IN: found once\n\
                         [property]\n# time_zone = \"Europe/Lisbon\"   # FILL IN\n";

    fn check(answers: &str, expected: &[&str], asked: &str) {
        let header = ["", "Door", "State"].map(str::to_owned);
        let mut asker = Asker { answers: answers.as_bytes(), questions: Vec::new(), asked: BTreeSet::new() };
        let text = asker.fill_in(DRAFT, &header).expect("memory");
        let filled: Vec<&str> = text.lines().filter(|line| !line.starts_with(['#', '['])).collect();
        assert_eq!(filled, expected, "{answers}");
        let questions = String::from_utf8(asker.questions).expect("text");
        assert!(questions.contains(asked), "{questions}");
    }

    #[test]
    fn answers_are_written_and_blank_ones_are_left_open() {
        check(
            "mdy\n2\nstate\ngrant\nEurope/Paris\n",
            &[
                "date_order = \"mdy\"",
                "unit = \"Door\"",
                "status = \"State\"",
                "\"Moved\" = \"grant\"",
                "time_zone = \"Europe/Paris\"",
            ],
            "Which column is `unit` (2 Door, 3 State; blank: later): ",
        );
        check("\n\nnone\n\n\n", &["status = []"], "none: the file has none");
        check("", &[], "How are dates such as 03/04 written");
    }

    #[test]
    fn what_was_asked_once_is_not_asked_again() {
        let answers = "\nDoor\n\n\n\n".as_bytes();
        let mut asker = Asker { answers, questions: Vec::new(), asked: BTreeSet::new() };
        let header = ["Door".to_owned()];
        let first = asker.fill_in(DRAFT, &header).expect("memory");
        // With the answers a word of the status came to light.
        let more = first.replace("[property]", "# \"On hold\" = \"...\"   # FILL IN: found once\n[property]");
        asker.answers = "ignore\nmdy\n".as_bytes();
        let second = asker.fill_in(&more, &header).expect("memory");
        assert!(
            second.contains("unit = \"Door\"") && second.contains("\"On hold\" = \"ignore\""),
            "{second}"
        );
        assert!(second.contains("# date_order"), "{second}");
    }

    #[test]
    fn an_answer_that_cannot_be_used_is_asked_for_again() {
        check("ymd\ndmy\n1\n9\n2\n", &["date_order = \"dmy\"", "unit = \"Door\""], "`ymd` is none of them.");
        check(
            "\n\n\n\nLisbon\nEurope/Lisbon\n",
            &["time_zone = \"Europe/Lisbon\""],
            "`Lisbon` is none of them.",
        );
    }
}
