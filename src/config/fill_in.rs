//! The lines of a configuration that a person still has to fill in: which they are, how an answer gets into them, and how a
//! newer draft is laid into a file that a person has written in.

/// What stands where a person must write something.
pub const FILL_IN: &str = "FILL IN";

/// A text as a string of TOML.
pub fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A line that is not filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLine {
    /// The table that it stands in.
    pub section: String,
    /// The key, without quotes.
    pub key: String,
    /// What is asked.
    pub question: String,
}

impl OpenLine {
    /// The whole name of the key, such as `property.time_zone`.
    pub fn name(&self) -> String {
        let Self { section, key, question: _ } = self;
        if section.is_empty() { key.clone() } else { format!("{section}.{key}") }
    }
}

/// The lines of a configuration, or of a query, that are not filled in.
pub fn open_lines(text: &str) -> Vec<OpenLine> {
    let mut open = Vec::new();
    for TextTable { name, lines } in sections(text) {
        for (before, question) in lines.iter().filter_map(|line| line.split_once(FILL_IN)) {
            let key = key_of(before.trim_start_matches(['#', '-', ' '])).unwrap_or_default();
            let question = question.trim_start_matches([':', ' ']).to_owned();
            open.push(OpenLine { section: name.clone(), key, question });
        }
    }
    open
}

/// The text with an answer in place of an open line; the answer is TOML.
pub fn answered(text: &str, line: &OpenLine, answer: &str) -> String {
    let mut answered = String::new();
    for TextTable { name, lines } in sections(text) {
        for seen in lines {
            let key = seen.trim_start_matches(['#', ' ']);
            let is_it =
                seen.contains(FILL_IN) && name == line.section && key_of(key).as_ref() == Some(&line.key);
            match key.split_once('=').filter(|_| is_it) {
                Some((written, _)) => answered.extend([written.trim_end(), " = ", answer, "\n"]),
                None => answered.extend([&seen, "\n"]),
            }
        }
    }
    answered
}

/// A file with what a newer draft of it has beside: lines that it lacks come in, questions that are answered go. What a
/// person wrote stays as it is.
pub fn merged(old: &str, draft: &str) -> String {
    let mut sections = sections(old);
    for section in &mut sections {
        section.lines.retain(|line| setting(line).is_some() || !line.contains(FILL_IN));
        for line in &mut section.lines {
            // An answer that was written into the line leaves the question behind it.
            if let Some((before, _)) = line.split_once(FILL_IN).filter(|(before, _)| before.contains('#')) {
                *line = before.trim_end_matches(['#', ' ']).to_owned();
            }
        }
    }
    for TextTable { name, lines } in self::sections(draft) {
        let known = sections.iter_mut().find(|section| section.name == name);
        let Some(known) = known else {
            // A comment about a table that the file has taken away is no news.
            if lines.iter().any(|line| setting(line).is_some() || line.contains(FILL_IN)) {
                if let Some(last) = sections.last_mut() {
                    trim_end(&mut last.lines);
                    last.lines.push(String::new());
                }
                sections.push(TextTable { name, lines });
            }
            continue;
        };
        let keys: Vec<String> = known.lines.iter().filter_map(|line| setting(line)).collect();
        let is_new = |line: &&String| match setting(line) {
            Some(key) => !keys.contains(&key),
            None => {
                line.contains(FILL_IN)
                    && key_of(line.trim_start_matches(['#', ' '])).is_some_and(|key| !keys.contains(&key))
            }
        };
        let new: Vec<String> = lines.iter().filter(is_new).cloned().collect();
        let end = known.lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
        known.lines.splice(end..end, new);
    }
    let mut lines: Vec<String> = sections.into_iter().flat_map(|section| section.lines).collect();
    trim_end(&mut lines);
    lines.join("\n") + "\n"
}

fn trim_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

/// A table of the file, with its heading; what comes before the first one has no name.
struct TextTable {
    name: String,
    lines: Vec<String>,
}

fn sections(text: &str) -> Vec<TextTable> {
    let mut sections = vec![TextTable { name: String::new(), lines: Vec::new() }];
    for line in text.lines() {
        if let Some(name) = section_of(line) {
            sections.push(TextTable { name: name.to_owned(), lines: Vec::new() });
        }
        sections.last_mut().expect("one is there").lines.push(line.to_owned());
    }
    sections
}

fn section_of(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('[')?.split(']').next()
}

/// The key of a line that sets one.
fn setting(line: &str) -> Option<String> {
    if line.trim_start().starts_with(['#', '[']) { None } else { key_of(line) }
}

fn key_of(line: &str) -> Option<String> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    let quoted = key.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Some(quoted.unwrap_or(key).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAFT: &str = "policy = \"sync\"\n\n[columns]   # ours = theirs\nunit = \"Room\"\n\
                         # status = []   # FILL IN: which header is it?\n\n[statuses]\n# \"On hold\" = \"...\"   # FILL IN: found once\n\n\
                         [property]\n# time_zone = \"Europe/Lisbon\"   # FILL IN, and take the # away: where the hotel is\n";

    fn names(text: &str) -> Vec<String> {
        open_lines(text).iter().map(OpenLine::name).collect()
    }

    #[test]
    fn open_lines_are_named_by_table_and_key() {
        assert_eq!(names(DRAFT), ["columns.status", "statuses.On hold", "property.time_zone"]);
        assert_eq!(open_lines(DRAFT)[0].question, "which header is it?");
        assert_eq!(names("-- FILL IN: the table\nselect 1\n"), [""]);
    }

    #[test]
    fn an_answer_takes_the_place_of_its_line() {
        let mut text = DRAFT.to_owned();
        for (line, answer) in open_lines(DRAFT).iter().zip(["\"State\"", "\"ignore\"", "\"Europe/Paris\""]) {
            text = answered(&text, line, answer);
        }
        for line in ["status = \"State\"", "\"On hold\" = \"ignore\"", "time_zone = \"Europe/Paris\""] {
            assert!(text.lines().any(|seen| seen == line), "{line} in\n{text}");
        }
        assert_eq!(names(&text), [""; 0]);
    }

    #[test]
    fn what_a_person_wrote_stays_and_what_is_new_comes_in() {
        let old = "# Mine.\npolicy = \"create-only\"\n\n[columns]\n\"unit\" = 'Door'\nstatus = \"State\"   # FILL IN: which header is it?\n\n\
                   [property]\n# time_zone = \"Europe/Lisbon\"   # FILL IN, and take the # away\ncheck_in = \"16:00\"\n\n[guards]\nmax_delete = 3\n";
        let merged = merged(old, DRAFT);
        assert_eq!(
            merged,
            "# Mine.\npolicy = \"create-only\"\n\n[columns]\n\"unit\" = 'Door'\nstatus = \"State\"\n\n\
             [property]\ncheck_in = \"16:00\"\n# time_zone = \"Europe/Lisbon\"   # FILL IN, and take the # away: where the hotel is\n\n\
             [guards]\nmax_delete = 3\n\n[statuses]\n# \"On hold\" = \"...\"   # FILL IN: found once\n"
        );
        assert_eq!(super::merged(&merged, DRAFT), merged, "a second time changes nothing");
    }
}
