//! Reads single values: durations, shares, zones, times and words.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::nearest::nearest;
use super::node::{Node, Value};
use super::section::Complaint;
use crate::mapping::MailDomain;
use crate::model::EmailAddress;
use crate::plan::{Share, ShareError};
use crate::source;

/// A string that is not blank.
pub(super) fn text(node: &Node) -> Result<String, Complaint> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => Err(Complaint::new("must not be blank")),
        Value::Text(text) => Ok(text.trim().to_owned()),
        other => Err(expected("a string", other)),
    }
}

/// A string of which every character counts.
pub(super) fn verbatim(node: &Node) -> Result<String, Complaint> {
    match &node.value {
        Value::Text(text) if text.is_empty() => Err(Complaint::new("must not be empty")),
        Value::Text(text) => Ok(text.clone()),
        other => Err(expected("a string", other)),
    }
}

/// The domain of a booking site.
pub(super) fn mail_domain(node: &Node) -> Result<MailDomain, Complaint> {
    let complaint = || Complaint::new("must be a domain").hint("write it without `@`: \"guest.example.com\"");
    MailDomain::new(&text(node)?).ok_or_else(complaint)
}

/// An address of the hotel, or all of a domain.
pub(super) enum Own {
    Address(EmailAddress),
    Domain(MailDomain),
}

/// `desk@hotel.example.com`, or `@hotel.example.com`.
pub(super) fn own_address(node: &Node) -> Result<Own, Complaint> {
    let text = text(node)?;
    let domain = |domain: &str| {
        MailDomain::new(domain).ok_or_else(|| {
            let hint = "write \"desk@hotel.example.com\", or \"@hotel.example.com\" for all of a domain";
            Complaint::new("must be an e-mail address, or a domain after `@`").hint(hint)
        })
    };
    match text.rsplit_once('@') {
        Some(("", name)) => domain(name).map(Own::Domain),
        Some((_, name)) => domain(name).map(|_| Own::Address(EmailAddress::new(&text))),
        None => domain("").map(Own::Domain),
    }
}

/// One of some words.
pub(super) fn word<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&Node) -> Result<T, Complaint> {
    move |node| {
        let text = text(node)?;
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return Ok(*choice);
        }
        let words = choices.iter().map(|(word, _)| *word);
        let complaint = Complaint::new(format!("expected {}", or_list(words.clone())));
        Err(match nearest(&text, words) {
            Some(word) => complaint.hint(format!("did you mean \"{word}\"?")),
            None => complaint,
        })
    }
}

/// A list of values, or one value.
pub(super) fn list<T>(
    item: impl Fn(&Node) -> Result<T, Complaint>,
) -> impl Fn(&Node) -> Result<Vec<T>, Complaint> {
    move |node| match &node.value {
        Value::Array(items) => items
            .iter()
            .filter(|node| node.value != Value::Unusable)
            .map(|node| {
                item(node).map_err(|complaint| Complaint { place: Some(node.place.clone()), ..complaint })
            })
            .collect(),
        _ => Ok(vec![item(node)?]),
    }
}

/// A length of time: `90s`, `15m`, `26h`, `30d`.
pub(super) fn duration(node: &Node) -> Result<SignedDuration, Complaint> {
    match &node.value {
        Value::Text(text) => parse_duration(text.trim()).ok_or_else(bad_duration),
        _ => Err(bad_duration()),
    }
}

/// A length of time of the machine, longer than nothing.
pub(super) fn positive_duration(node: &Node) -> Result<Duration, Complaint> {
    match Duration::try_from(duration(node)?) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(Complaint::new("must be longer than nothing")),
    }
}

/// A length of time, or `none`.
pub(super) fn duration_or_none(node: &Node) -> Result<Option<SignedDuration>, Complaint> {
    match &node.value {
        Value::Text(text) if text.trim() == "none" => Ok(None),
        _ => duration(node)
            .map(Some)
            .map_err(|complaint| complaint.hint("write 90s, 15m, 26h, 30d or \"none\"")),
    }
}

/// A number and a unit, such as `90s`, `15m`, `26h` or `30d`; without a sign.
pub fn parse_duration(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds_in_a_unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    let seconds = digits.parse::<i64>().ok()?.checked_mul(seconds_in_a_unit)?;
    // A century is more than anybody waits, and less than any sum of times can overflow by.
    (seconds <= 36_525 * 86_400).then(|| SignedDuration::from_secs(seconds))
}

fn bad_duration() -> Complaint {
    Complaint::new("expected a duration").hint("write 90s, 15m, 26h or 30d")
}

/// Two lengths of time from now, such as `-1d..60d`.
pub(super) fn arrival_range(node: &Node) -> Result<source::ArrivalRange, Complaint> {
    let bad = || {
        Complaint::new("expected a range of durations from now").hint("write -1d..60d, the earlier one first")
    };
    let text = text(node)?;
    let (from, until) = text.split_once("..").ok_or_else(bad)?;
    let signed = |text: &str| match text.trim().strip_prefix('-') {
        Some(digits) => parse_duration(digits).map(|duration| -duration),
        None => parse_duration(text.trim()),
    };
    let range =
        source::ArrivalRange { from: signed(from).ok_or_else(bad)?, until: signed(until).ok_or_else(bad)? };
    if range.from < range.until { Ok(range) } else { Err(bad()) }
}

/// `10`, `"10%"`, or the larger of both: `"3 or 10%"`.
pub(super) fn share(node: &Node) -> Result<Share, Complaint> {
    let bad = |error: ShareError| {
        let hint = match error {
            ShareError::Unknown => "write 10, \"10%\" or \"3 or 10%\"",
            ShareError::NothingInPercent => "write 0 to allow none",
        };
        Complaint::new(error.to_string()).hint(hint)
    };
    match &node.value {
        Value::Integer(count) => {
            u64::try_from(*count).map(Share::Count).map_err(|_| bad(ShareError::Unknown))
        }
        Value::Text(text) => text.parse().map_err(bad),
        _ => Err(bad(ShareError::Unknown)),
    }
}

/// `true` or `false`, without quotes.
pub(super) fn truth(node: &Node) -> Result<bool, Complaint> {
    match &node.value {
        Value::Bool(truth) => Ok(*truth),
        other => Err(expected("true or false", other)),
    }
}

/// A whole number that may be zero.
pub(super) fn count(node: &Node) -> Result<u32, Complaint> {
    match &node.value {
        Value::Integer(number) => {
            u32::try_from(*number).map_err(|_| Complaint::new("expected a whole number that is not negative"))
        }
        other => Err(expected("a whole number", other)),
    }
}

/// A whole number from one.
pub(super) fn positive_count(node: &Node) -> Result<u32, Complaint> {
    let positive = NonZeroU32::new(count(node)?);
    positive.map(NonZeroU32::get).ok_or_else(|| Complaint::new("must be 1 or more"))
}

/// A number above zero.
pub(super) fn positive_number(node: &Node) -> Result<f64, Complaint> {
    let number = match &node.value {
        Value::Integer(number) => i32::try_from(*number).map_or(f64::NAN, f64::from),
        Value::Float(number) => *number,
        other => return Err(expected("a number", other)),
    };
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err(Complaint::new("must be above zero")) }
}

/// A time of day.
pub(super) fn time(node: &Node) -> Result<Time, Complaint> {
    let bad = || Complaint::new("expected a time of day").hint("write \"15:00\"");
    match &node.value {
        Value::Text(text) | Value::DateTime(text) => source::parse_time_of_day(text.trim()).ok_or_else(bad),
        _ => Err(bad()),
    }
}

/// A zone of the IANA database.
pub(super) fn zone(node: &Node) -> Result<TimeZone, Complaint> {
    let name = text(node)?;
    TimeZone::get(&name).map_err(|_| {
        let complaint = Complaint::new("the time zone is not in the IANA database");
        let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        match nearest(&name, known.iter().map(String::as_str)) {
            Some(zone) => complaint.hint(format!("did you mean \"{zone}\"?")),
            None => complaint.hint("write a name such as \"Europe/Lisbon\""),
        }
    })
}

/// A country code.
pub(super) fn country(node: &Node) -> Result<String, Complaint> {
    let code = text(node)?;
    match source::check_country(&code) {
        Ok(()) => Ok(code),
        Err(_) => {
            Err(Complaint::new("unknown country").hint("write the ISO 3166 code in capitals, such as \"PT\""))
        }
    }
}

/// An instant.
pub(super) fn instant(node: &Node) -> Result<Timestamp, Complaint> {
    let bad = || Complaint::new("expected an instant").hint("write \"2026-05-17T12:00:00Z\"");
    match &node.value {
        Value::Text(text) | Value::DateTime(text) => text.trim().parse().map_err(|_| bad()),
        _ => Err(bad()),
    }
}

/// The address of Seam.
pub(super) fn parse_endpoint(text: &str) -> Result<String, Complaint> {
    let bad = |message: &str| {
        Complaint::new(message)
            .hint("write \"https://connect.getseam.com\", or \"sandbox\" for the embedded emulator")
    };
    let url = reqwest::Url::parse(text).map_err(|_| bad("expected an http or https address"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad("expected an http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("the address must not hold a user or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("the address must not hold a query or fragment"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn expected(what: &str, found: &Value) -> Complaint {
    Complaint::new(format!("expected {what}, found {}", found.kind()))
}

fn or_list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Place;
    use super::*;

    fn node(value: Value) -> Node {
        Node { value, place: Place::Default }
    }

    fn quoted(text: &str) -> Node {
        node(Value::Text(text.to_owned()))
    }

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        let check = |text, expected: Option<i64>| {
            assert_eq!(parse_duration(text), expected.map(SignedDuration::from_secs), "{text}");
        };
        check("90s", Some(90));
        check("15m", Some(900));
        check("26h", Some(93_600));
        check("30d", Some(2_592_000));
        check("0m", Some(0));
        for bad in ["", "90", "s", "1.5h", "-1d", "1h30m", "30 d", "1w", "99999999999d", "1µ", "٣d"] {
            check(bad, None);
        }
    }

    #[test]
    fn a_share_is_a_count_or_a_percentage() {
        assert_eq!(share(&node(Value::Integer(3))), Ok(Share::Count(3)));
        assert_eq!(share(&quoted("3")), Ok(Share::Count(3)));
        assert_eq!(share(&quoted("10%")), Ok(Share::Percent(10.0)));
        assert_eq!(share(&quoted("3 or 10%")), Ok(Share::Larger { count: 3, percent: 10.0 }));
        assert!(share(&quoted("ten")).is_err());
        let complaint = share(&quoted("0%")).expect_err("it would mean three");
        assert_eq!(complaint.hint.as_deref(), Some("write 0 to allow none"));
        assert!(share(&node(Value::Integer(-1))).is_err());
        assert!(share(&node(Value::Float(0.1))).is_err());
    }

    #[test]
    fn a_range_of_arrivals_goes_from_the_earlier_to_the_later() {
        let range = arrival_range(&quoted("-1d..60d")).expect("the example of the manual");
        assert_eq!((range.from.as_hours(), range.until.as_hours()), (-24, 1440));
        for bad in ["", "60d", "60d..-1d", "1d..1d", "-1..60", "--1d..60d"] {
            assert!(arrival_range(&quoted(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_endpoint_is_an_address_without_secrets() {
        assert_eq!(
            parse_endpoint("https://connect.getseam.com/").as_deref(),
            Ok("https://connect.getseam.com")
        );
        assert_eq!(parse_endpoint("http://127.0.0.1:4020").as_deref(), Ok("http://127.0.0.1:4020"));
        for bad in [
            "",
            "connect.getseam.com",
            "ftp://example.com",
            "https://a:b@example.com",
            "https://example.com?k=1",
        ] {
            assert!(parse_endpoint(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_and_instants_may_be_quoted_or_not() {
        for value in [Value::Text("15:00".to_owned()), Value::DateTime("15:00:00".to_owned())] {
            assert_eq!(time(&node(value)).map(Time::hour), Ok(15));
        }
        for value in [Value::Text, Value::DateTime] {
            let instant = instant(&node(value("2026-05-17T12:00:00Z".to_owned()))).expect("an instant");
            assert_eq!(instant.as_second(), 1_779_019_200);
        }
        assert!(instant(&quoted("2026-05-17 12:00")).is_err());
        assert!(time(&quoted("25:00")).is_err());
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_words_there_are() {
        let choice = word(&[("all", 1), ("primary", 2)]);
        assert_eq!(choice(&quoted("primary")), Ok(2));
        let complaint = choice(&quoted("primry")).expect_err("no such word");
        assert_eq!(complaint.message, "expected \"all\" or \"primary\"");
        assert_eq!(complaint.hint.as_deref(), Some("did you mean \"primary\"?"));
    }
}
