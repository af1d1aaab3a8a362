//! How an export writes its cells, where it does not write them as ours are written.

/// Ways of writing; the default is a source in our own form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CellForms {
    /// Words that mean nothing, beside those that mean nothing everywhere.
    pub null_words: Vec<String>,
    /// What stands between the units of one cell, beside `;` and line ends.
    pub unit_separators: Vec<String>,
    /// What a unit ends at: ` (` makes `104` of `104 (STK)`.
    pub unit_ends_at: Option<String>,
    /// What stands between arrival and departure, where one cell holds both.
    pub range_separator: Option<String>,
    /// What stands between the guests of one cell.
    pub guest_separators: Vec<String>,
    /// How a name is written.
    pub name_form: NameForm,
    /// A mark in the name by which the export says that the booking was cancelled.
    pub cancelled_mark: Option<String>,
}

/// How a name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameForm {
    /// `Ana Sousa`.
    #[default]
    Full,
    /// `Sousa, Ana`, and with a title `Sousa, Ana, Dr`.
    LastFirst,
}

/// What exports write where they mean nothing.
const NOTHING: [&str; 8] = ["null", "n/a", "na", "#n/a", "none", "-", "--", "\\n"];

/// The most bytes that one of them has.
const LONGEST_NOTHING: usize = 4;

impl CellForms {
    /// Whether a text means nothing, everywhere or in this export.
    pub(super) fn is_nothing(&self, text: &str) -> bool {
        let is_one_of_them = || NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word));
        (text.len() <= LONGEST_NOTHING && is_one_of_them()) || self.is_null_word(text)
    }

    /// Whether a text is one of the words that mean nothing in this export.
    pub(super) fn is_null_word(&self, text: &str) -> bool {
        let Self { null_words, .. } = self;
        !null_words.is_empty() && null_words.iter().any(|word| word.to_lowercase() == text.to_lowercase())
    }
}

/// The pieces of a cell, cut at every separator.
pub(super) fn pieces<'t>(cell: &'t str, separators: &[String]) -> Vec<&'t str> {
    separators.iter().fold(vec![cell], |pieces, separator| {
        pieces.into_iter().flat_map(|piece| piece.split(separator.as_str())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_cut_at_every_separator() {
        let separators = [";".to_owned(), " / ".to_owned()];
        assert_eq!(pieces("A/1; B / C", &separators), ["A/1", " B", "C"]);
        assert_eq!(pieces("A; B", &[]), ["A; B"]);
    }

    #[test]
    fn no_word_for_nothing_is_longer_than_the_longest() {
        assert_eq!(NOTHING.iter().map(|word| word.len()).max(), Some(LONGEST_NOTHING));
    }

    #[test]
    fn a_word_for_nothing_is_known_whatever_its_case() {
        let forms =
            CellForms { null_words: vec!["n/d".to_owned(), "Unbekannt".to_owned()], ..CellForms::default() };
        assert!(forms.is_null_word("N/D") && forms.is_null_word("unbekannt"));
        assert!(!forms.is_null_word("") && !CellForms::default().is_null_word(""));
    }
}
