//! Texts that must have a form: points in time and e-mail addresses.

use jiff::Timestamp;

/// How a point in time may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstantForm {
    /// Any date that can be understood.
    Loose,
    /// RFC 3339 with an offset.
    Strict,
}

pub(crate) fn parse_instant(text: &str, form: InstantForm) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    match form {
        InstantForm::Strict => None,
        // A date without an offset is understood as UTC, as the real parser does for plain dates.
        InstantForm::Loose => {
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        }
    }
}

/// As the real API's validator sees it: stricter than what mail can be sent to.
pub(crate) fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let local_is_plain = !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-.'".contains(&byte));
    let labels: Vec<&str> = domain.split('.').collect();
    let domain_is_plain = labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    local_is_plain && domain_is_plain && labels.last().is_some_and(|last| last.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_mail_addresses_are_told_from_other_texts() {
        for (text, expected) in [
            ("ana@example.com", true),
            ("ana+hotel@mail.example.com", true),
            ("ana", false),
            ("ana@", false),
            ("ana@example", false),
            ("a na@example.com", false),
            (".ana@example.com", false),
        ] {
            assert_eq!(looks_like_email(text), expected, "{text}");
        }
    }
}
