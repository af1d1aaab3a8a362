//! The headers of a source, and which of them a name means.

use super::row::trimmed;

/// The headers of a row, in the forms in which they are compared.
pub(super) struct Headers(Vec<Header>);

struct Header {
    text: String,
    words: String,
    letters: String,
}

impl Header {
    fn of(text: &str) -> Self {
        let text = trimmed(text);
        Self { text: text.to_owned(), words: folded(text), letters: header_letters(text) }
    }

    /// Whether they are the same but for case, blanks and what divides words; a header of marks only is none.
    fn is_like(&self, other: &Self) -> bool {
        self.words == other.words || (!self.letters.is_empty() && self.letters == other.letters)
    }
}

/// Where the header stands that a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// There is one.
    One(usize),
    /// One is written as the name is; the others are the same but for case, blanks and what divides words.
    Exact { position: usize, others: Vec<usize> },
    /// Each of several may be meant.
    Several(Vec<usize>),
}

impl Found {
    /// The position, of several the first.
    pub(super) fn position(&self) -> usize {
        match self {
            Self::One(position) | Self::Exact { position, .. } => *position,
            Self::Several(positions) => positions.first().copied().unwrap_or_default(),
        }
    }
}

impl Headers {
    pub(super) fn of<'a>(header: impl Iterator<Item = &'a str>) -> Self {
        Self(header.map(Header::of).collect())
    }

    /// The headers that a name means: as it is written, else by its words, else by its letters.
    pub(super) fn find(&self, name: &str) -> Option<Found> {
        let name = Header::of(name);
        let positions = |is: &dyn Fn(&Header) -> bool| -> Vec<usize> {
            self.0.iter().enumerate().filter(|(_, header)| is(header)).map(|(position, _)| position).collect()
        };
        let like = positions(&|header| header.is_like(&name));
        if let [] | [_] = like[..] {
            return like.first().copied().map(Found::One);
        }
        let as_written = positions(&|header| header.text == name.text);
        let by_words = positions(&|header| header.words == name.words);
        Some(match (&as_written[..], &by_words[..]) {
            (&[position], _) | ([], &[position]) => {
                let others = like.into_iter().filter(|other| *other != position).collect();
                Found::Exact { position, others }
            }
            _ => Found::Several(like),
        })
    }

    /// Headers as the source has them.
    pub(super) fn texts(&self, positions: &[usize]) -> Vec<String> {
        positions.iter().filter_map(|position| Some(self.0.get(*position)?.text.clone())).collect()
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.0.into_iter().map(|header| header.text).collect()
    }
}

/// Whether two headers are the same but for case, blanks, `_`, `.`, `-` and camel case.
pub fn same_header(left: &str, right: &str) -> bool {
    header_letters(left) == header_letters(right)
}

/// A header without what divides its words; in lower case, camel case divides none.
pub fn header_letters(header: &str) -> String {
    if header.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return header.to_owned();
    }
    folded(header).chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '.' | '-')).collect()
}

/// Headers are compared without regard to case, white space and its HTML form, and the shape of apostrophes.
pub(super) fn folded(header: &str) -> String {
    let header = header.replace("&nbsp;", " ").replace(['\u{2019}', '\u{b4}'], "'");
    let words: Vec<String> =
        header.trim_matches(['\u{feff}', '\u{200b}']).split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_the_header_that_is_written_so_else_the_only_one_like_it() {
        let check = |header: &str, name, expected| {
            assert_eq!(Headers::of(header.split(',')).find(name), expected, "{header}: {name}");
        };
        let exact = |position, other| Some(Found::Exact { position, others: vec![other] });
        check("a,Check-In,b", "check_in", Some(Found::One(1)));
        check("a,b", "check_in", None);
        check("Check In,check_in", "check_in", exact(1, 0));
        check("Check In,check_in", "Check In", exact(0, 1));
        check("Check In,check_in", "CHECK\u{a0}IN", exact(0, 1));
        check("Check In,check_in", "checkIn", Some(Found::Several(vec![0, 1])));
        check("Unit,unit", "unit", exact(1, 0));
        check("Unit,unit", "UNIT", Some(Found::Several(vec![0, 1])));
        check("unit,unit", "unit", Some(Found::Several(vec![0, 1])));
        check("-,.", "_", None);
    }

    #[test]
    fn a_header_is_known_however_it_is_padded() {
        let header =
            ["\u{feff}Buchungsnummer ", "Gästename(n)\u{a0}", "&nbsp;check_in", "Listing\u{2019}s  nickname"];
        for (position, name) in
            ["Buchungsnummer", "Gästename(n)", "check_in", "LISTING'S NICKNAME"].into_iter().enumerate()
        {
            let found = Headers::of(header.into_iter()).find(name);
            assert_eq!(found, Some(Found::One(position)), "{name}");
        }
    }
}
