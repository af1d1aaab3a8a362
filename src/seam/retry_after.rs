//! The `Retry-After` header in every form HTTP allows: seconds, and three spellings of a date.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;

/// How long the header asks us to wait, seen from `now`; `None` for a text that is none of the forms. A moment that
/// has passed is no wait.
pub(super) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Some(wait) = seconds(value) {
        return Some(wait);
    }
    let until = http_date(value)?;
    Some(Duration::try_from(now.duration_until(until)).unwrap_or(Duration::ZERO))
}

/// A moment as HTTP spells it.
pub(super) fn http_date(value: &str) -> Option<Timestamp> {
    let obsolete = |form: &str| {
        DateTime::strptime(form, value).ok().and_then(|local| TimeZone::UTC.to_timestamp(local).ok())
    };
    DateTimeParser::new()
        .parse_timestamp(value)
        .ok()
        .or_else(|| obsolete("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))
}

fn seconds(value: &str) -> Option<Duration> {
    let is_number = value.starts_with(|c: char| c.is_ascii_digit())
        && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    let seconds = value.parse::<f64>().ok().filter(|_| is_number)?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected_ms: Option<u64>) {
        let now = "1994-11-06T08:49:30Z".parse().expect("an instant");
        assert_eq!(retry_after(value, now), expected_ms.map(Duration::from_millis), "{value:?}");
    }

    #[test]
    fn seconds_are_seconds() {
        check("0", Some(0));
        check(" 120 ", Some(120_000));
        check("1.5", Some(1_500));
    }

    #[test]
    fn every_http_date_is_a_moment() {
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(7_000));
        check("Sunday, 06-Nov-94 08:49:37 GMT", Some(7_000));
        check("Sun Nov  6 08:49:37 1994", Some(7_000));
    }

    #[test]
    fn a_moment_that_has_passed_is_no_wait() {
        check("Sun, 06 Nov 1994 08:49:00 GMT", Some(0));
    }

    #[test]
    fn anything_else_says_nothing() {
        for value in ["", "soon", "-5", "1e9", "NaN", "inf", "1.2.3", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            check(value, None);
        }
    }

    #[test]
    fn a_number_beyond_all_patience_is_a_very_long_wait() {
        assert!(retry_after(&"9".repeat(40), Timestamp::UNIX_EPOCH) > Some(Duration::from_secs(1 << 40)));
    }
}
