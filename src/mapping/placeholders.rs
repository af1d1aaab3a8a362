//! Guests who are only a name for somebody to come: `Gast`, `TBA`, `Dummy`, or nothing at all.
//!
//! One beside a named guest in the same unit and time gets no grant: there is nobody to give it to, and the named guest
//! opens the door (SOURCES D22). One who is alone is whoever will stand at the door at midnight, and gets a grant like
//! everybody. One who has a grant already is treated as everybody, so that it follows the stay and goes with it.

use smallvec::SmallVec;

use super::current_access::CurrentAccess;
use super::guests::RowGuest;
use crate::model::{Reservation, Standing, Stay};

/// Words that stand for a name, folded; a number after them means nothing.
const WORDS: [&str; 20] = [
    "dummy",
    "gast",
    "gast tba",
    "guest",
    "guest tba",
    "n a",
    "n n",
    "na",
    "nn",
    "no name",
    "none",
    "noname",
    "null",
    "placeholder",
    "reserved",
    "reserviert",
    "tba",
    "tbc",
    "tbd",
    "unknown",
];

/// The letters with which they begin.
const INITIALS: &str = "dgnprtu";

/// Whether a name is a placeholder. It is asked several times for each row and allocates nothing.
pub(crate) fn is_placeholder(full_name: &str) -> bool {
    // Most names begin with another letter than these words.
    let first = full_name.chars().find(|c| c.is_alphanumeric());
    if first
        .is_some_and(|first| first.is_ascii_alphabetic() && !INITIALS.contains(first.to_ascii_lowercase()))
    {
        return false;
    }
    let words = full_name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut words: SmallVec<[&str; 4]> = words.collect();
    if words.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    let is_word = |word: &str, known: &str| word.chars().flat_map(char::to_lowercase).eq(known.chars());
    let is_known = |known: &&str| {
        known.split(' ').count() == words.len() && known.split(' ').zip(&words).all(|(k, w)| is_word(w, k))
    };
    words.is_empty() || WORDS.iter().any(is_known)
}

/// For each row whether it names nobody, beside a guest with a name in the same units and time.
pub(super) fn beside_a_named_guest(
    reservation: &Reservation,
    guests: &[RowGuest],
    access: &CurrentAccess<'_>,
) -> Vec<bool> {
    let stays = &reservation.stays;
    // Who is alone is beside nobody, and half of all reservations have one row.
    if stays.len() == 1 {
        return vec![false];
    }
    let nobody = |stay: &Stay| stay.guest.key.is_none() && is_placeholder(&stay.guest.full_name);
    let expected =
        |stay: &Stay| matches!(stay.standing, Standing::Expected | Standing::CheckedIn) && !stay.opted_out;
    stays
        .iter()
        .zip(guests)
        .map(|(stay, guest)| {
            let is_there = |(other, named): (&Stay, &RowGuest)| {
                expected(other)
                    && named.wanted
                    && !nobody(other)
                    && other.place == stay.place
                    && other.check_in.instant <= stay.check_in.instant
                    && other.check_out.instant >= stay.check_out.instant
            };
            expected(stay)
                && nobody(stay)
                && !stay.guest.is_primary
                && stay.code.is_none()
                && !access.guests_of(&reservation.id).any(|granted| *granted == guest.key)
                && stays.iter().zip(guests).any(is_there)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn initials_are_those_of_the_words() {
        let initials: BTreeSet<char> = WORDS.iter().filter_map(|word| word.chars().next()).collect();
        assert_eq!(initials.into_iter().collect::<String>(), INITIALS);
    }

    #[test]
    fn words_that_stand_for_a_name_are_known_with_a_number_too() {
        for nobody in
            ["", "  ", "-", "?", "Gast", "GAST 2", "Guest", "guest #3", "tba", "N.N.", "n/a", "Reserved"]
        {
            assert!(is_placeholder(nobody), "{nobody}");
        }
        for somebody in [
            "Ana Sousa",
            "Guest 0-1",
            "Guest of R1",
            "Günther Gast",
            "Tba Li",
            "Na Li",
            "李娜",
            "Reserved Party Sousa",
        ] {
            assert!(!is_placeholder(somebody), "{somebody}");
        }
    }
}
