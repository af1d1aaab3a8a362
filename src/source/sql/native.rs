//! The text in which a database writes a value, read by the type that the database gives it.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::source::record::{OwnedCell, Typed};

/// Types that say more than their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Native {
    /// A day.
    Date,
    /// A day and a time on the wall of the property.
    Local,
    /// A day and a time in UTC.
    Utc,
    /// A time of day.
    Time,
    /// `t` or `f`.
    Boolean,
    /// A number with a fraction in two's powers.
    Float,
    /// A number with a fraction in tenths: an integral one is an id.
    Decimal,
    /// Everything else is what its text is.
    Text,
}

impl Native {
    /// The value of a text. What is none of its type (`infinity`, a day before Christ) stays a text, which is then
    /// rejected where a date is needed.
    pub(super) fn cell(self, text: &str) -> OwnedCell {
        let typed = match self {
            // How MySQL writes that there is no date.
            Self::Date | Self::Local | Self::Utc if text.starts_with("0000-00-00") => Some(Typed::Empty),
            Self::Date => text.parse::<Date>().ok().map(Typed::Date),
            Self::Local => text.parse::<DateTime>().ok().map(Typed::DateTime),
            Self::Utc => utc(text),
            Self::Time => text.parse::<Time>().ok().map(Typed::Time),
            Self::Boolean => match text {
                "t" => Some(Typed::Boolean(true)),
                "f" => Some(Typed::Boolean(false)),
                _ => None,
            },
            Self::Float => text.parse().ok().map(Typed::Number),
            Self::Decimal => return integral(text).to_owned().into(),
            Self::Text => None,
        };
        typed.map_or_else(|| text.to_owned().into(), OwnedCell::from)
    }
}

fn utc(text: &str) -> Option<Typed> {
    let local: DateTime = text.strip_suffix("+00").unwrap_or(text).parse().ok()?;
    Some(Typed::Instant(TimeZone::UTC.to_timestamp(local).ok()?))
}

/// `17.00` is 17.
fn integral(text: &str) -> &str {
    match text.split_once('.') {
        Some((digits, zeros)) if zeros.bytes().all(|byte| byte == b'0') => digits,
        _ => text,
    }
}

/// Bytes as the text that they are, or in hexadecimal.
pub(super) fn bytes_as_text(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().fold("\\x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::record::{Cells, OwnedRecord};

    fn check(native: Native, text: &str, expected: &str, is_typed: bool) {
        let record = OwnedRecord(vec![native.cell(text)]);
        assert_eq!((record.text(0), record.typed(0).is_some()), (Some(expected), is_typed), "{text}");
    }

    #[test]
    fn a_value_is_read_by_its_type() {
        check(Native::Date, "2026-05-17", "2026-05-17", true);
        check(Native::Local, "2026-05-17 15:00:00", "2026-05-17T15:00:00", true);
        check(Native::Utc, "2026-05-17 15:00:00+00", "2026-05-17T15:00:00Z", true);
        check(Native::Utc, "2026-05-17 15:00:00", "2026-05-17T15:00:00Z", true);
        check(Native::Time, "15:00:00", "15:00:00", true);
        check(Native::Boolean, "t", "true", true);
        check(Native::Float, "5134582030", "5134582030", true);
        check(Native::Decimal, "5134582030.00", "5134582030", false);
        check(Native::Decimal, "12.50", "12.50", false);
        check(Native::Text, "0101", "0101", false);
    }

    #[test]
    fn a_zero_date_is_none_and_what_is_no_date_stays_a_text() {
        check(Native::Date, "0000-00-00", "", true);
        check(Native::Local, "0000-00-00 00:00:00", "", true);
        check(Native::Local, "infinity", "infinity", false);
        check(Native::Date, "0044-03-15 BC", "0044-03-15 BC", false);
        check(Native::Time, "838:59:59", "838:59:59", false);
    }

    #[test]
    fn bytes_are_shown_as_what_they_are() {
        assert_eq!(bytes_as_text(b"R1"), "R1");
        assert_eq!(bytes_as_text(b"\xff\x01"), "\\xff01");
    }
}
