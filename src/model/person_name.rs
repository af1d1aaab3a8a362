//! When two names are the same person's (RULES, Terms "Variant").

use smallvec::SmallVec;

/// How `ä`, `ö`, `ü` and their like are written without their marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Umlauts {
    /// `u`.
    Plain,
    /// `ue`.
    WithE,
}

type Parts = SmallVec<[String; 4]>;

/// With fewer letters a name that differs in one letter is another name.
const LONG_ENOUGH: usize = 5;

/// Whether two names are equal without case, accents, punctuation and order of parts.
pub fn is_equal_name(left: &str, right: &str) -> bool {
    left == right || in_both_spellings(left, right, are_equal)
}

/// Whether one name is a variant of the other: equal; or one has all parts of the other, an initial standing for its
/// part; or, with five letters or more, they differ in one letter. A blank name is a variant of none.
pub fn is_variant(left: &str, right: &str) -> bool {
    // Most names that are compared are the same, letter by letter.
    let is_same = left == right && left.bytes().any(|byte| byte.is_ascii_alphanumeric());
    is_same
        || in_both_spellings(left, right, |left, right| {
            are_equal(left, right) || has_all_parts(left, right) || differ_in_one_letter(left, right)
        })
}

fn in_both_spellings(left: &str, right: &str, compare: impl Fn(&Parts, &Parts) -> bool) -> bool {
    let mut spellings: SmallVec<[Umlauts; 2]> = SmallVec::from_slice(&[Umlauts::Plain]);
    if !(left.is_ascii() && right.is_ascii()) {
        spellings.push(Umlauts::WithE);
    }
    spellings.into_iter().any(|umlauts| {
        let (left, right) = (parts(left, umlauts), parts(right, umlauts));
        !left.is_empty() && !right.is_empty() && compare(&left, &right)
    })
}

/// The parts of a name in their order, in lower case and without accents; an apostrophe divides nothing.
fn parts(name: &str, umlauts: Umlauts) -> Parts {
    let mut parts = Parts::new();
    let mut part = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{308}' if umlauts == Umlauts::WithE && part.ends_with(['a', 'o', 'u']) => part.push('e'),
            '\'' | '’' | '‘' | '`' | '´' | '\u{300}'..='\u{36f}' => {}
            _ if c.is_ascii_alphanumeric() => part.push(c),
            _ if c.is_alphanumeric() => push_plain(&mut part, c, umlauts),
            _ if part.is_empty() => {}
            _ => parts.push(std::mem::take(&mut part)),
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// Letters with marks, by the letter without them.
const MARKED: [(&str, &str); 27] = [
    ("a", "àáâãāăąǎạảấầẩẫậắằẳẵặ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęěẹẻẽếềểễệ"),
    ("g", "ĝğġģ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįıỉị"),
    ("j", "ĵ"),
    ("k", "ķ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉ"),
    ("o", "òóôõōŏőơọỏốồổỗộớờởỡợ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûũūŭůűųưụủứừửữự"),
    ("w", "ŵ"),
    ("y", "ýÿŷỳỵỷỹ"),
    ("z", "źżž"),
    ("α", "ά"),
    ("ε", "έ"),
    ("η", "ή"),
    ("ι", "ίϊ"),
    ("ο", "ό"),
    ("е", "ё"),
];

/// Letters of which there are two spellings without marks.
const UMLAUTS: [(char, &str, &str); 6] = [
    ('ä', "a", "ae"),
    ('æ', "ae", "ae"),
    ('å', "a", "aa"),
    ('ö', "o", "oe"),
    ('ø', "o", "oe"),
    ('ü', "u", "ue"),
];

fn push_plain(part: &mut String, c: char, umlauts: Umlauts) {
    if let Some((_, plain, with_e)) = UMLAUTS.iter().find(|(marked, ..)| *marked == c) {
        part.push_str(if umlauts == Umlauts::WithE { with_e } else { plain });
    } else if let Some((plain, _)) = MARKED.iter().find(|(_, marked)| marked.contains(c)) {
        part.push_str(plain);
    } else {
        part.push(c);
    }
}

fn sorted(parts: &Parts) -> Parts {
    let mut sorted = parts.clone();
    sorted.sort_unstable();
    sorted
}

/// The same parts in any order, or the same letters with other divisions: `De Souza` and `DeSouza`.
fn are_equal(left: &Parts, right: &Parts) -> bool {
    sorted(left) == sorted(right) || left.concat() == right.concat()
}

/// Whether one has all parts of the other, an initial standing for its part. An initial alone names nobody.
fn has_all_parts(left: &Parts, right: &Parts) -> bool {
    let (fewer, more) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    let mut rest = sorted(more);
    let mut initials = Parts::new();
    for part in fewer {
        match rest.iter().position(|other| other == part) {
            Some(found) => drop(rest.remove(found)),
            None => initials.push(part.clone()),
        }
    }
    let n_whole = fewer.len() - initials.len();
    let stands_for = |part: &str, other: &str| {
        let is_initial = |text: &str| text.chars().count() == 1 && text.chars().all(char::is_alphabetic);
        (is_initial(part) && other.starts_with(part)) || (is_initial(other) && part.starts_with(other))
    };
    let n_initials = initials.len();
    let all = initials.iter().all(|part| {
        let found = rest.iter().position(|other| stands_for(part, other));
        found.map(|found| rest.remove(found)).is_some()
    });
    all && (n_whole > 0 || n_initials > 1)
}

/// Whether all parts but one are equal, and those two differ in one letter.
fn differ_in_one_letter(left: &Parts, right: &Parts) -> bool {
    let (mut left, mut right) = (left.clone(), right.clone());
    let n_letters = |parts: &Parts| {
        parts.iter().flat_map(|part| part.chars()).filter(|letter| letter.is_alphabetic()).count()
    };
    if n_letters(&left).min(n_letters(&right)) < LONG_ENOUGH {
        return false;
    }
    left.retain(|part| match right.iter().position(|other| other == part) {
        Some(found) => {
            right.remove(found);
            false
        }
        None => true,
    });
    let ([left], [right]) = (&left[..], &right[..]) else { return false };
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let (shorter, longer) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    // Another initial is another name.
    if shorter.len() < 2 || longer.len() - shorter.len() > 1 {
        return false;
    }
    let n_equal = shorter.iter().zip(&longer).take_while(|(left, right)| left == right).count();
    let begins = if longer.len() == shorter.len() { n_equal + 1 } else { n_equal };
    let are_letters =
        longer[n_equal].is_alphabetic() && (longer.len() > shorter.len() || shorter[n_equal].is_alphabetic());
    are_letters && shorter[begins..] == longer[n_equal + 1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What two names are to each other, whichever comes first.
    fn check(left: &str, right: &str, equal: bool, variant: bool) {
        for (left, right) in [(left, right), (right, left)] {
            let found = (is_equal_name(left, right), is_variant(left, right));
            assert_eq!(found, (equal, variant), "`{left}` and `{right}`");
        }
    }

    #[test]
    fn names_are_equal_without_case_accents_punctuation_order() {
        for (left, right) in [
            ("Ana Sousa", " ANA  sousa "),
            ("José Núñez", "Jose Nunez"),
            ("Jürgen Müller", "Juergen Mueller"),
            ("Jürgen Müller", "Jurgen Muller"),
            ("Ju\u{308}rgen", "Juergen"),
            ("Søren Åberg", "Soeren Aaberg"),
            ("Strauß", "STRAUSS"),
            ("Łukasz Żak", "Lukasz Zak"),
            ("Nguyễn Thị Hoà", "Nguyen Thi Hoa"),
            ("Sousa, Ana", "Ana Sousa"),
            ("O'Brien", "OBrien"),
            ("Jean-Pierre Roux", "Jean Pierre Roux"),
            ("De Souza", "DeSouza"),
            ("李 娜", "李娜"),
        ] {
            check(left, right, true, true);
        }
    }

    #[test]
    fn variant_has_all_parts_initials_or_one_other_letter() {
        for (left, right) in [
            ("Ana Sousa", "Ana Maria Sousa"),
            ("Sousa", "Ana Sousa"),
            ("A. Sousa", "Ana Sousa"),
            ("Ana M. Sousa", "Sousa Ana Maria"),
            ("A. S.", "Ana Sousa"),
            ("Ana Sousa", "Ana Souza"),
            ("Anna Berg", "Ana Berg"),
            ("Hanson", "Hansson"),
            ("Ana M. S.", "Ana Maria Sousa"),
        ] {
            check(left, right, false, true);
        }
    }

    #[test]
    fn names_of_two_people_are_no_variants() {
        for (left, right) in [
            ("Ana", "Bo"),
            ("Ana", "Ann"),
            ("Bo", "Boris"),
            ("A.", "Ana Sousa"),
            ("Ana S", "Ana T"),
            ("B. Sousa", "Ana Sousa"),
            // One part is equal, and the other is no initial of anything.
            ("Ana Lima", "Ana Maria Sousa"),
            ("Ana X.", "Ana Maria Sousa"),
            ("Ana Lima", "Ana M. Sousa"),
            ("Ana Mar", "Ana Maria"),
            ("Ana 1", "Ana 12"),
            // An initial alone, whatever it stands for, names nobody.
            ("S.", "Sousa Ana"),
            ("Guest 1", "Guest 2"),
            ("Guest G1", "Guest G2"),
            ("Ana Sousa", "Ana Ramos"),
            ("Ana Sousa", "Ana Sauza"),
            ("Almeida Adams", "Brandt Adams"),
            ("김민수", "김민우"),
            ("", "Ana"),
            ("-", "Ana"),
        ] {
            check(left, right, false, false);
        }
        check("", "", true, false);
    }
}
