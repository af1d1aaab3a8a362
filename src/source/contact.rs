//! E-mail addresses and telephone numbers: into the one form that Seam takes, or left out.

use rlibphonenumber::enums::Region;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

use crate::model::{EmailAddress, PhoneNumber};

/// A country code that nobody uses for telephone numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown country code")]
pub struct CountryCodeError;

/// Whether a text is the ISO 3166 code of a country, for the configuration.
pub fn check_country(code: &str) -> Result<(), CountryCodeError> {
    let is_upper = code.bytes().all(|byte| byte.is_ascii_uppercase());
    let dialled = region(code).and_then(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region));
    dialled.filter(|_| is_upper).map(|_| ()).ok_or(CountryCodeError)
}

fn region(code: &str) -> Option<Region> {
    Region::try_from(code).ok()
}

/// The address, if it has the shape of one.
pub(super) fn email(text: &str) -> Option<EmailAddress> {
    let options =
        email_address::Options::default().without_display_text().without_domain_literal().with_required_tld();
    let shaped = email_address::EmailAddress::parse_with_options(text, options).is_ok();
    (shaped && !text.contains(char::is_control)).then(|| EmailAddress::new(text))
}

/// The number in E.164, if it is one that can exist.
pub(super) fn phone(text: &str, country: Option<&str>) -> Option<PhoneNumber> {
    // A letter is an Excel number (`6.00123456E8`), an extension or words; the parser would read all as digits.
    if text.contains(char::is_alphabetic) {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(text, country.and_then(region)).ok()?;
    number.is_valid().then(|| PhoneNumber::new(number.format_as(PhoneNumberFormat::E164)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_must_have_the_shape_of_one() {
        for good in ["ana@example.com", "a.b+c@mail.example.com", "josé@example.com"] {
            assert_eq!(email(good), Some(EmailAddress::new(good)), "{good}");
        }
        for bad in
            ["", "ana", "ana@", "@example.com", "ana@localhost", "Ana <ana@example.com>", "a b@example.com"]
        {
            assert_eq!(email(bad), None, "{bad}");
        }
    }

    fn check(text: &str, country: Option<&str>, expected: Option<&str>) {
        let read = phone(text, country);
        assert_eq!(read.as_ref().map(PhoneNumber::as_str), expected, "{text} in {country:?}");
    }

    #[test]
    fn a_number_takes_the_country_of_its_property() {
        check("+44 20 7946 0958", None, Some("+442079460958"));
        check("020 7946 0958", Some("GB"), Some("+442079460958"));
        check("0044 20 7946 0958", Some("PT"), Some("+442079460958"));
        check("020 7946 0958", None, None);
        // In Italy the zero is part of the number.
        check("06 6982 0000", Some("IT"), Some("+390669820000"));
        check("+49 (0)30 901820", Some("PT"), Some("+4930901820"));
    }

    #[test]
    fn a_number_that_cannot_exist_is_left_out() {
        for text in [
            "123",
            "067-3-880804-28",
            "2.079460958E9",
            "1 1111111111",
            "+351",
            "call me",
            "+44 20 7946 0958 ext 5",
        ] {
            check(text, Some("PT"), None);
        }
    }

    #[test]
    fn a_country_is_known_by_its_code() {
        assert_eq!(check_country("PT"), Ok(()));
        for bad in ["pt", "Portugal", "XX", ""] {
            assert_eq!(check_country(bad), Err(CountryCodeError), "{bad}");
        }
    }
}
