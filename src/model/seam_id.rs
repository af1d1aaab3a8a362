//! Ids that Seam gives, one type each, so that two of them can never be swapped.
//!
//! They are UUIDs, which take 16 bytes where they stand and no memory besides: there are five of them for each grant,
//! and a large hotel has a hundred thousand grants. Any other text is kept as it is.

use std::fmt;

use ecow::EcoString;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// The text of an id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kept {
    /// In the one form that is written the same again: 36 characters, small letters.
    Uuid(Uuid),
    Text(EcoString),
}

impl Kept {
    fn of(text: &str) -> Self {
        let is_canonical = text.len() == Hyphenated::LENGTH && !text.bytes().any(|b| b.is_ascii_uppercase());
        match Uuid::try_parse(text) {
            Ok(uuid) if is_canonical => Self::Uuid(uuid),
            _ => Self::Text(text.into()),
        }
    }

    /// Does something with the text.
    fn read<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        match self {
            Self::Uuid(uuid) => reader(uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
            Self::Text(text) => reader(text),
        }
    }
}

struct KeptVisitor;

impl Visitor<'_> for KeptVisitor {
    type Value = Kept;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an id")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Kept, E> {
        Ok(Kept::of(text))
    }
}

macro_rules! seam_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Kept);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Kept::of(text.as_ref()))
            }

            /// Whether there is none.
            pub fn is_empty(&self) -> bool {
                matches!(&self.0, Kept::Text(text) if text.is_empty())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.read(|text| formatter.pad(text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.read(|text| write!(formatter, "{}({text:?})", stringify!($name)))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.read(|text| serializer.serialize_str(text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(KeptVisitor).map(Self)
            }
        }
    )*};
}

seam_id! {
    /// Seam: a space, by id.
    SpaceId;
    /// Seam: an entrance of an access system.
    EntranceId;
    /// Seam: a device, such as a smart lock.
    DeviceId;
    /// Seam: a person.
    UserIdentityId;
    /// Seam: an access grant, by id.
    AccessGrantId;
    /// Seam: one code, card or mobile key of a grant.
    AccessMethodId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read_whatever_its_form() {
        let check = |text: &str, is_kept_as_uuid: bool| {
            let id = SpaceId::new(text);
            assert_eq!(id.to_string(), text);
            assert_eq!(matches!(id.0, Kept::Uuid(_)), is_kept_as_uuid, "{text}");
            let json = serde_json::to_string(&id).expect("an id is a string");
            assert_eq!(json, serde_json::to_string(text).expect("a text"));
            assert_eq!(serde_json::from_str::<SpaceId>(&json).expect("it was written above"), id);
        };
        check("5f2c0a1e-0000-4000-8000-00000000abcd", true);
        check("5F2C0A1E-0000-4000-8000-00000000ABCD", false);
        check("5f2c0a1e00004000800000000000abcd", false);
        check("urn:uuid:5f2c0a1e-0000-4000-8000-00000000abcd", false);
        check("ห้อง-๑๐๑", false);
        check("", false);
    }

    #[test]
    fn two_uuids_sort_as_their_texts_do() {
        let mut ids = ["b0000000-0000-4000-8000-000000000000", "0a000000-0000-4000-8000-000000000000"];
        let sorted: Vec<String> = std::collections::BTreeSet::from(ids.map(AccessGrantId::new))
            .iter()
            .map(ToString::to_string)
            .collect();
        ids.sort_unstable();
        assert_eq!(sorted, ids);
    }

    #[test]
    fn an_id_can_be_shown() {
        assert_eq!(format!("{:?}", DeviceId::new("d")), r#"DeviceId("d")"#);
        assert!(DeviceId::new("").is_empty() && !DeviceId::new("d").is_empty());
    }
}
