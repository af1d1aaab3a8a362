//! A guest as one row of the source names them.

use std::fmt;

use ecow::EcoString;

use super::name::{EmailAddress, GuestKey, PhoneNumber};

/// One guest of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The source's own key; where it is missing the guest is keyed by position (RULES 4).
    pub key: Option<GuestKey>,
    /// The name, trimmed; empty where the source has none.
    pub full_name: EcoString,
    /// The e-mail address.
    pub email: Option<EmailAddress>,
    /// The telephone number.
    pub phone: Option<PhoneNumber>,
    /// Whether this is the guest who booked.
    pub is_primary: bool,
}

/// A PIN the guest wished for: 4 to 9 digits. Sent once, on create; never compared, recorded or shown (RULES 8).
#[derive(Clone, PartialEq, Eq)]
pub struct WishedCode(Box<str>);

impl WishedCode {
    /// Takes 4 to 9 ASCII digits; `None` for anything else.
    pub fn new(digits: &str) -> Option<Self> {
        ((4..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Self(digits.into()))
    }

    /// The digits, for the one call that sends them.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for WishedCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WishedCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wished_code_is_four_to_nine_digits_and_never_shown() {
        for bad in ["", "123", "1234567890", "12a4", "１２３４"] {
            assert_eq!(WishedCode::new(bad), None, "{bad}");
        }
        let code = WishedCode::new("0471").expect("four digits");
        assert_eq!(code.reveal(), "0471");
        assert!(!format!("{code:?}").contains("0471"));
    }
}
