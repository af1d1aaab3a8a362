//! Colour and line breaks.

use super::super::words::Advice;
use super::TextOptions;

/// Whether a terminal that knows colours reads along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// With escape sequences.
    Always,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Heading,
    Good,
    Changed,
    Replaced,
    Bad,
    Waiting,
}

/// The text in its colour. It never carries meaning alone: every mark is also a character.
pub(super) fn painted(paint: Paint, text: &str, options: TextOptions) -> String {
    let code = match (options.colour, paint) {
        (Colour::Never, _) => return text.to_owned(),
        (Colour::Always, Paint::Heading) => "1",
        (Colour::Always, Paint::Good) => "32",
        (Colour::Always, Paint::Changed) => "33",
        (Colour::Always, Paint::Replaced) => "35",
        (Colour::Always, Paint::Bad) => "31",
        (Colour::Always, Paint::Waiting) => "36",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

const INDENT: usize = 4;
const LABEL: usize = 13;

/// A label and its text, indented under the line it belongs to and wrapped to the width.
pub(super) fn detail(label: &str, text: &str, options: TextOptions, out: &mut String) {
    let room = options.width.saturating_sub(INDENT + LABEL).max(30);
    let mut label = label;
    for line in wrapped(text, room) {
        exact(label, &line, out);
        label = "";
    }
}

/// The same for a text that must stay on one line: values that are compared, commands that are copied.
pub(super) fn exact(label: &str, text: &str, out: &mut String) {
    let line = format!("{:INDENT$}{label:<LABEL$}{text}", "");
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Words, each with the command that they lead to on a line of its own.
pub(super) fn advised(label: &str, all: &[Advice], options: TextOptions, out: &mut String) {
    let mut label = label;
    for Advice { words, command } in all {
        if !words.is_empty() {
            detail(std::mem::take(&mut label), words, options, out);
        }
        if !command.is_empty() {
            exact(std::mem::take(&mut label), command, out);
        }
    }
}

fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        let length = line.chars().count();
        if length > 0 && length + 1 + word.chars().count() > room {
            lines.push(word.to_owned());
        } else {
            if length > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_explanation_is_wrapped_between_words() {
        assert_eq!(wrapped("the guest must come to the desk", 14), ["the guest must", "come to the", "desk"]);
        assert_eq!(wrapped("antidisestablishmentarianism", 5), ["antidisestablishmentarianism"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
