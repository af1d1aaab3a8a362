//! The name of an owned grant: `namespace:property:reservation:guest:door-set[:n]` (RULES 1).
//!
//! The name is given once, at creation. It says whose the grant is and makes a repeated create harmless; what a
//! grant covers is always read from Seam, never from its name.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use ecow::EcoString;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::name::{AccessGrantKey, GuestKey, PropertyCode, ReservationKey, SpaceKey, UserIdentityKey};
use super::reservation::ReservationId;

/// The prefix that marks what this job owns: letters, digits, `-` and `_` (RULES 2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

/// Why a text cannot be a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("namespace may hold only letters, digits, `-` and `_`, and at least one of them")]
pub struct NamespaceError;

impl Namespace {
    /// Checks the text.
    pub fn new(text: &str) -> Result<Self, NamespaceError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !text.is_empty() && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NamespaceError)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn strip<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(&self.0)?.strip_prefix(':')
    }

    /// Whether this job may change the grant of that key.
    pub fn owns(&self, key: &AccessGrantKey) -> bool {
        self.strip(key.as_str()).is_some()
    }

    /// Whether two keys of ours name the same reservation.
    pub fn are_of_one_reservation(&self, left: &AccessGrantKey, right: &AccessGrantKey) -> bool {
        let named = |key: &'_ AccessGrantKey| -> Option<usize> {
            let rest = self.strip(key.as_str())?;
            let end = rest.match_indices(':').nth(1)?.0;
            Some(key.as_str().len() - rest.len() + end)
        };
        let ends = (named(left), named(right));
        matches!(ends, (Some(n), Some(m)) if left.as_str()[..n] == right.as_str()[..m])
    }

    /// Whether this job may change the identity of that key.
    pub fn owns_identity(&self, key: &UserIdentityKey) -> bool {
        self.strip(key.as_str()).is_some()
    }

    /// The identity of a guest: `namespace:guest`.
    pub fn identity_key(&self, guest: &GuestKey) -> UserIdentityKey {
        let mut key = EcoString::with_capacity(self.0.len() + 1 + guest.as_str().len());
        key.push_str(&self.0);
        key.push(':');
        key.push_str(guest.as_str());
        UserIdentityKey::from(key)
    }

    /// Whether that is the identity of the guest.
    pub fn is_identity_of(&self, key: &UserIdentityKey, guest: &GuestKey) -> bool {
        self.strip(key.as_str()) == Some(guest.as_str())
    }

    /// Whether a guest has a key of the source's, and not the number of a reservation (RULES 4).
    pub fn is_unnumbered(&self, guest: &GuestKey) -> bool {
        let number = guest.as_str().rsplit_once('/').map(|(_, number)| number);
        !number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The guest of one of our identities; the inverse of [`Namespace::identity_key`].
    pub fn guest_of(&self, key: &UserIdentityKey) -> Option<GuestKey> {
        self.strip(key.as_str()).map(GuestKey::new)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Namespace {
    type Error = NamespaceError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.0
    }
}

impl AccessGrantKey {
    /// The same with the next number (RULES 1): `…:x`, `…:x:2`, `…:x:3`.
    #[must_use]
    pub fn with_next_ordinal(&self) -> Self {
        let text = self.as_str();
        let ordinal = text.rsplit_once(':').filter(|_| text.matches(':').count() == PARTS_OF_KEY);
        match ordinal.and_then(|(base, n)| Some((base, n.parse::<u32>().ok()?))) {
            Some((base, n)) => Self::new(format!("{base}:{}", n.saturating_add(1))),
            None => Self::new(format!("{text}:2")),
        }
    }
}

/// A key has so many parts without its number: namespace, property, reservation, guest and spaces.
const PARTS_OF_KEY: usize = 5;

/// What the key of an owned grant says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GrantKeyParts {
    /// The property, empty where there is none.
    pub property: PropertyCode,
    /// The reservation in the source.
    pub reservation: ReservationKey,
    /// The guest.
    pub guest: GuestKey,
    /// A short hash of the spaces wanted when the grant was made.
    pub door_set: EcoString,
    /// The n of RULES 1; 1 is not written.
    pub ordinal: u32,
}

impl GrantKeyParts {
    /// The key as Seam keeps it.
    pub fn key(&self, namespace: &Namespace) -> AccessGrantKey {
        let Self { property, reservation, guest, door_set, ordinal } = self;
        let parts = [property.as_str(), reservation.as_str(), guest.as_str()];
        // Most keys have one character to encode, the one before the number of a guest, and no number of their own.
        let length = parts.iter().map(|part| 1 + part.len()).sum::<usize>() + 3 + door_set.len();
        let mut key = EcoString::with_capacity(namespace.0.len() + length);
        key.push_str(&namespace.0);
        for part in parts {
            key.push(':');
            push_encoded(&mut key, part);
        }
        key.push(':');
        key.push_str(door_set);
        if *ordinal > 1 {
            write!(key, ":{ordinal}").expect("a text takes everything");
        }
        AccessGrantKey::from(key)
    }

    /// Whether it is a grant of that reservation.
    pub fn is_of(&self, id: &ReservationId) -> bool {
        self.property == id.property && self.reservation == id.key
    }

    /// Reads a key; `None` where it is not ours or not in our form.
    pub fn parse(namespace: &Namespace, key: &AccessGrantKey) -> Option<Self> {
        let mut parts = namespace.strip(key.as_str())?.split(':');
        let property = PropertyCode::new(decoded(parts.next()?)?);
        let reservation = ReservationKey::new(decoded(parts.next()?)?);
        let guest = GuestKey::new(decoded(parts.next()?)?);
        let door_set = parts.next()?.into();
        let ordinal = match parts.next() {
            None => 1,
            Some(text) => text.parse().ok().filter(|n| *n > 1)?,
        };
        parts.next().is_none().then_some(Self { property, reservation, guest, door_set, ordinal })
    }
}

/// A short hash of a set of spaces, the same on every machine and in every year.
pub fn door_set_hash<'a>(spaces: impl IntoIterator<Item = &'a SpaceKey>) -> EcoString {
    let mut sorted: SmallVec<[&SpaceKey; 4]> = spaces.into_iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut bytes: SmallVec<[u8; 128]> = SmallVec::new();
    for space in sorted {
        bytes.extend_from_slice(space.as_str().as_bytes());
        bytes.push(0);
    }
    blake3::hash(&bytes).to_hex()[..10].into()
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn push_encoded(text: &mut EcoString, part: &str) {
    if part.bytes().all(is_plain) {
        return text.push_str(part);
    }
    for byte in part.bytes() {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// Reads what [`push_encoded`] writes and nothing else: two texts must never mean the same, because the grants of one
/// reservation are found side by side in the order of their keys.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    if part.bytes().all(is_plain) {
        return Some(Cow::Borrowed(part));
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if is_plain(byte) {
            bytes.push(byte);
            continue;
        }
        let mut half = || {
            let digit = rest.next()?;
            HEX.iter().position(|hex| *hex == digit).and_then(|half| u8::try_from(half).ok())
        };
        let escaped = half()? << 4 | half()?;
        if byte != b'%' || is_plain(escaped) {
            return None;
        }
        bytes.push(escaped);
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    #[test]
    fn keys_of_one_reservation_begin_alike() {
        for (left, right, expected) in [
            ("pms::R1:G1:x", "pms::R1:G2:y:2", true),
            ("pms:LIS:R1:G1:x", "pms:LIS:R1:G1:x", true),
            ("pms:LIS:R1:G1:x", "pms:OPO:R1:G1:x", false),
            ("pms::R1:G1:x", "pms::R11:G1:x", false),
            ("pms::R1:G1:x", "other::R1:G1:x", false),
            ("pms:R1", "pms:R1", false),
        ] {
            let found = namespace().are_of_one_reservation(&left.into(), &right.into());
            assert_eq!(found, expected, "{left} {right}");
        }
    }

    #[test]
    fn next_ordinal_of_a_key() {
        for (key, next) in [
            ("pms::R1:R1%2F1:x", "pms::R1:R1%2F1:x:2"),
            ("pms:LIS:R1:G1:x:2", "pms:LIS:R1:G1:x:3"),
            ("pms::R1:G1:12", "pms::R1:G1:12:2"),
        ] {
            assert_eq!(AccessGrantKey::new(key).with_next_ordinal().as_str(), next);
        }
    }

    use super::*;

    fn namespace() -> Namespace {
        Namespace::new("pms").expect("letters only")
    }

    fn check(property: &str, reservation: &str, guest: &str, ordinal: u32, expected: &str) {
        let parts = GrantKeyParts {
            property: property.into(),
            reservation: reservation.into(),
            guest: guest.into(),
            door_set: "0a1b2c3d4e".into(),
            ordinal,
        };
        let key = parts.key(&namespace());
        assert_eq!(key.as_str(), expected);
        assert_eq!(GrantKeyParts::parse(&namespace(), &key), Some(parts));
    }

    #[test]
    fn a_key_says_whose_grant_it_is_and_reads_back() {
        check("", "R1", "G1", 1, "pms::R1:G1:0a1b2c3d4e");
        check("LIS", "R1", "R1/2", 2, "pms:LIS:R1:R1%2F2:0a1b2c3d4e:2");
        check("", "a:b%c", "ก", 1, "pms::a%3Ab%25c:%E0%B8%81:0a1b2c3d4e");
    }

    #[test]
    fn a_key_of_somebody_else_is_not_ours() {
        for foreign in
            ["pms2::R1:G1:x", "pm", "pms", "other:pms:R1", "pms::R1:G1", "pms::R1:G1:x:1", "pms::R1:G1:x:2:3"]
        {
            assert_eq!(GrantKeyParts::parse(&namespace(), &AccessGrantKey::new(foreign)), None, "{foreign}");
        }
        for disguised in
            ["pms::%52%31:G1:x", "pms::R 1:G1:x", "pms::R%3a1:G1:x", "pms::R%:G1:x", "pms::R%3:G1:x"]
        {
            let key = AccessGrantKey::new(disguised);
            assert_eq!(GrantKeyParts::parse(&namespace(), &key), None, "{disguised}");
        }
        assert!(!namespace().owns(&AccessGrantKey::new("pms2::R1:G1:x")));
        assert!(namespace().owns(&AccessGrantKey::new("pms:anything")));
    }

    #[test]
    fn the_door_set_does_not_depend_on_order() {
        let (a, b) = (SpaceKey::new("room-101"), SpaceKey::new("lobby"));
        assert_eq!(door_set_hash([&a, &b]), door_set_hash([&b, &a]));
        assert_ne!(door_set_hash([&a]), door_set_hash([&a, &b]));
    }

    #[test]
    fn a_namespace_with_a_separator_is_refused() {
        for bad in ["", "a:b", "a b", "é"] {
            assert_eq!(Namespace::new(bad), Err(NamespaceError), "{bad}");
        }
    }
}
