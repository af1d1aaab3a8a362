//! Keys of guests: those of the source, and numbers of those who have none (RULES 4, 6).
//!
//! A number ends with `/` and digits, and no key of the source does, so that the two are never equal.

use std::borrow::Cow;

use ecow::eco_format;

use crate::model::{GuestKey, PropertyCode};

/// The guest of a reservation by a number.
pub(super) fn numbered(base: &str, n: u32) -> GuestKey {
    GuestKey::from(eco_format!("{base}/{n}"))
}

/// `R1/2` into `R1` and 2.
pub(super) fn split_number(guest: &str) -> Option<(&str, u32)> {
    let (base, n) = guest.rsplit_once('/')?;
    let n: u32 = n.parse().ok().filter(|n| *n > 0)?;
    (!base.is_empty()).then_some((base, n))
}

/// The guest to whom a key of the source belongs; where there are several properties, each has keys of its own.
pub(super) fn of_source(key: &GuestKey, property: Option<&PropertyCode>) -> GuestKey {
    let text = key.as_str();
    let looks_numbered = text
        .rsplit_once('/')
        .is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()));
    let own = match (text.contains('%'), looks_numbered) {
        (false, false) => Cow::Borrowed(text),
        (true, false) => Cow::Owned(text.replace('%', "%25")),
        (_, true) => Cow::Owned(text.replace('%', "%25").replace('/', "%2F")),
    };
    match property {
        Some(property) => {
            let property = property.as_str().replace('%', "%25").replace(':', "%3A");
            GuestKey::from(eco_format!("{property}:{own}"))
        }
        None => GuestKey::new(own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_guest_is_reservation_and_number_from_one() {
        let check = |guest, expected| assert_eq!(split_number(guest), expected, "{guest}");
        check("R1/2", Some(("R1", 2)));
        check("LIS/R1/12", Some(("LIS/R1", 12)));
        for other in ["R1", "R1/0", "R1/x", "/1", "R1/-1", "R1/"] {
            check(other, None);
        }
    }

    #[test]
    fn key_of_source_never_equals_number() {
        let check = |key: &str, property: Option<&str>, expected: &str| {
            let property = property.map(PropertyCode::new);
            let guest = of_source(&key.into(), property.as_ref());
            assert_eq!(guest.as_str(), expected, "{key} at {property:?}");
            assert_eq!(split_number(guest.as_str()), None, "{key} at {property:?}");
        };
        check("G1", None, "G1");
        check("R1/2", None, "R1%2F2");
        check("R1%2F2", None, "R1%252F2");
        check("a/b", None, "a/b");
        check("G1", Some("LIS"), "LIS:G1");
        check("2", Some("A:B"), "A%3AB:2");
        check("R1/2", Some("LIS"), "LIS:R1%2F2");
    }
}
