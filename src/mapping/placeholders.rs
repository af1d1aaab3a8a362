//! Guests who are only a name for somebody to come: `Gast`, `TBA`, `Dummy`, or nothing at all.
//!
//! One beside a named guest in the same unit and time gets no grant: there is nobody to give it to, and the named guest
//! opens the door (SOURCES D22). One who is alone is whoever will stand at the door at midnight, and gets a grant like
//! everybody. One who has a grant already is treated as everybody, so that it follows the stay and goes with it.

use super::guests::RowGuest;
use super::known::Known;
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

/// Whether a name is nobody's.
pub(crate) fn is_placeholder(full_name: &str) -> bool {
    let folded: String = full_name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect::<String>()
        .to_lowercase();
    let words: Vec<&str> = folded.split_whitespace().collect();
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let words = match words.split_last() {
        Some((last, before)) if is_number(last) => before,
        _ => words.as_slice(),
    };
    words.is_empty() || WORDS.contains(&words.join(" ").as_str())
}

/// For each row whether it names nobody, beside a guest with a name in the same units and time.
pub(super) fn beside_a_named_guest(
    reservation: &Reservation,
    guests: &[RowGuest],
    known: &Known<'_>,
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
                && !known.guests_of(&reservation.id).any(|granted| *granted == guest.key)
                && stays.iter().zip(guests).any(is_there)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
