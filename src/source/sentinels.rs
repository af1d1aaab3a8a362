//! Dates that stand for none (RULES 10).

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::dates::{ORDERS, When, parse_when};

/// Dates that programs write where there is none (RULES 10).
const SENTINELS: [Date; 3] =
    [Date::constant(1899, 12, 30), Date::constant(1970, 1, 1), Date::constant(1, 1, 1)];

impl When {
    /// Whether it stands for no date at all.
    pub(super) fn is_sentinel(self) -> bool {
        let date = match self {
            Self::Date(date) => date,
            Self::Local(local) => local.date(),
            Self::Instant(instant) => TimeZone::UTC.to_datetime(instant).date(),
        };
        SENTINELS.contains(&date)
    }
}

/// Day 0 as spreadsheets show it: `1/0/1900`, `00/01/1900`, `0-Jan-00`, `1900-01-00`.
pub(super) fn is_day_zero(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or(text);
    let mut parts: Vec<String> = date.split(['-', '/', '.']).map(str::to_lowercase).collect();
    let mut take = |words: &[&str]| {
        let position = parts.iter().position(|part| words.contains(&part.as_str()))?;
        Some(parts.remove(position))
    };
    let has_year_and_month =
        take(&["1900"]).or_else(|| take(&["00"])).is_some() && take(&["1", "01", "jan"]).is_some();
    has_year_and_month && take(&["0", "00"]).is_some() && parts.is_empty()
}

/// Whether a text is a date that stands for none, in whatever order it is written.
pub(super) fn is_no_date(text: &str) -> bool {
    is_day_zero(text)
        || ORDERS.into_iter().any(|order| parse_when(text, order).is_some_and(When::is_sentinel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::settings::DateOrder;

    #[test]
    fn dates_that_stand_for_none_are_known() {
        let is_sentinel = |text| parse_when(text, DateOrder::DayMonthYear).is_some_and(When::is_sentinel);
        for text in ["1899-12-30", "1899-12-30 00:00:00", "1970-01-01T00:00:00Z", "01/01/0001", "1 Jan 1970"]
        {
            assert!(is_sentinel(text), "{text}");
        }
        for text in ["1900-01-01", "1970-01-02", "2026-12-05"] {
            assert!(!is_sentinel(text), "{text}");
        }
        for text in [
            "1/0/1900",
            "00/01/1900",
            "0-Jan-00",
            "00-Jan-1900",
            "1900-01-00",
            "1/0/00",
            "00.01.1900 00:00:00",
        ] {
            assert!(is_day_zero(text) && is_no_date(text), "{text}");
        }
        for text in
            ["1/1/1900", "0/0/1900", "10/01/1900", "1900", "0", "2000-01-00", "01-00", "1900-01-00-00"]
        {
            assert!(!is_day_zero(text), "{text}");
        }
    }
}
