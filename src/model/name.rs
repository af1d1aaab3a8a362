//! Ids and keys, one type each, so that two of them can never be swapped.
//!
//! A short text stands in the key itself and a longer one is shared, so that cloning a key never copies much: this is
//! what keeps a million reservations small.

use std::borrow::Cow;
use std::fmt;

use ecow::EcoString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(EcoString);

        impl $name {
            /// Takes the text as it is; trimming and checking are the business of the edge that read it.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(EcoString::from(text.as_ref()))
            }

            /// The text, shared.
            pub fn text(&self) -> EcoString {
                self.0.clone()
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(&self.0)
            }
        }

        impl From<EcoString> for $name {
            fn from(text: EcoString) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                EcoString::deserialize(deserializer).map(Self)
            }
        }
    )*};
}

/// Ids and keys may be shown to whoever looks for a fault.
macro_rules! shown {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({:?})", stringify!($name), &*self.0)
            }
        }
    )*};
}

/// How to reach a person is nobody's business: it must not get into a log by way of something that holds it.
macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

text_newtype! {
    /// The key of a reservation in the property management system.
    ReservationKey;
    /// The property of a reservation, by the code the source uses; empty where the source has one property.
    PropertyCode;
    /// A segment of a stay, where the source numbers them.
    StayId;
    /// What reservations that share a room have in common, as the source numbers it (RULES 12).
    ShareKey;
    /// A guest, by the key the source uses, or `reservation/n` where it has none (RULES 4).
    GuestKey;
    /// A room, apartment or bed as the source names it.
    Unit;
    /// An e-mail address that passed the shape check; compared without regard to case.
    EmailAddress;
    /// A telephone number in E.164.
    PhoneNumber;
    /// Seam: the workspace.
    WorkspaceId;
    /// Seam: a space, by the key its owner gave it.
    SpaceKey;
    /// Seam: a person, by the key its owner gave.
    UserIdentityKey;
    /// Seam: an access grant, by the key its owner gave.
    AccessGrantKey;
    /// Seam: what joins the grants of one stay on doors that belong to reservations.
    SeamReservationKey;
    /// One run of this program; sorts by time.
    RunId;
}

shown! {
    ReservationKey PropertyCode StayId ShareKey GuestKey Unit WorkspaceId SpaceKey UserIdentityKey
    AccessGrantKey SeamReservationKey RunId
}

hidden! {
    EmailAddress PhoneNumber
}

impl PropertyCode {
    /// The code of a source that knows only one property.
    pub fn none() -> Self {
        Self::new("")
    }
}

impl EmailAddress {
    /// The form in which two addresses are compared.
    pub fn folded(&self) -> Cow<'_, str> {
        let text = self.as_str();
        let is_folded = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        if is_folded { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
    }
}

/// Whether two spellings name the same person for the purpose of an update: white space and case do not count.
pub fn same_person_name(left: &str, right: &str) -> bool {
    fn folded(name: &str) -> impl Iterator<Item = String> + '_ {
        name.split_whitespace().map(str::to_lowercase)
    }
    left == right || folded(left).eq(folded(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_whatever_its_case_and_spacing() {
        assert!(same_person_name(" Ana  Sousa ", "ANA sousa"));
        assert!(!same_person_name("Ana Sousa", "Ana Souza"));
    }

    #[test]
    fn keys_can_be_shown_and_contacts_cannot() {
        assert_eq!(format!("{:?}", SpaceKey::new("room-101")), r#"SpaceKey("room-101")"#);
        assert_eq!(format!("{:?}", EmailAddress::new("ana@example.com")), "EmailAddress(…)");
        assert_eq!(format!("{:?}", PhoneNumber::new("+447700900123")), "PhoneNumber(…)");
    }

    #[test]
    fn a_key_keeps_its_text_through_json() {
        let key = SpaceKey::new("room-๑๐๑");
        let json = serde_json::to_string(&key).expect("a key is a string");
        assert_eq!(serde_json::from_str::<SpaceKey>(&json).expect("it was written above"), key);
    }
}
