//! E-mail addresses that lead to nobody's pocket: those of booking sites, and the hotel's own (SOURCES: relay addresses
//! take mail only from the site itself, and a desk that writes its own address shares it among all its guests).
//!
//! Sent to Seam they would make strangers out of one guest or one guest out of strangers, and a key mailed there
//! reaches nobody. They are left out, and the grant is made all the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{EmailAddress, GuestKey, Problem, ProblemCode, SourcePlace};

/// What is never sent as a guest's e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressRules {
    /// Domains of booking sites, with all below them.
    pub relay_domains: BTreeSet<MailDomain>,
    /// The hotel's own addresses.
    pub own_addresses: BTreeSet<EmailAddress>,
    /// The hotel's own domains, with all below them.
    pub own_domains: BTreeSet<MailDomain>,
}

/// The part of an address after the `@`, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailDomain(String);

impl MailDomain {
    /// Takes a domain; `None` for what cannot be one.
    pub fn new(text: &str) -> Option<Self> {
        let domain = text.trim().to_lowercase();
        let label = |label: &str| {
            !label.is_empty()
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
        };
        (domain.contains('.') && domain.split('.').all(label)).then_some(Self(domain))
    }

    fn holds(&self, domain: &str) -> bool {
        domain.strip_suffix(self.0.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

/// Why an address is not the guest's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    BookingSite(MailDomain),
    Hotel,
}

impl AddressRules {
    fn judge(&self, email: &EmailAddress) -> Option<Whose> {
        let folded = email.folded();
        let (_, domain) = folded.rsplit_once('@')?;
        if let Some(relay) = self.relay_domains.iter().find(|relay| relay.holds(domain)) {
            return Some(Whose::BookingSite(relay.clone()));
        }
        let is_own = self.own_addresses.iter().any(|own| own.folded() == folded)
            || self.own_domains.iter().any(|own| own.holds(domain));
        is_own.then_some(Whose::Hotel)
    }
}

/// Addresses that were left out, told once for each place they lead to.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    guests: BTreeMap<Whose, (BTreeSet<GuestKey>, SourcePlace)>,
}

impl LeftOut {
    /// Takes an address away from a guest whose it is not.
    pub(super) fn sift(
        &mut self,
        rules: &AddressRules,
        guest: &GuestKey,
        email: &mut Option<EmailAddress>,
        source: &SourcePlace,
    ) {
        let Some(whose) = email.as_ref().and_then(|email| rules.judge(email)) else { return };
        *email = None;
        let (guests, first) = self.guests.entry(whose).or_insert_with(|| (BTreeSet::new(), source.clone()));
        guests.insert(guest.clone());
        if source < first {
            *first = source.clone();
        }
    }

    pub(super) fn into_problems(self) -> impl Iterator<Item = Problem> {
        self.guests.into_iter().map(|(whose, (guests, source))| {
            let of = match guests.len() {
                1 => "a guest".to_owned(),
                n => format!("{n} guests"),
            };
            let (code, message, hint) = match whose {
                Whose::BookingSite(MailDomain(domain)) => (
                    ProblemCode::RelayAddress,
                    format!("the e-mail address of {of} belongs to a booking site ({domain}) and is not sent to Seam"),
                    "mail to it reaches the guest only from the booking site; ask for an address of their own where a \
                     key is sent by e-mail",
                ),
                Whose::Hotel => (
                    ProblemCode::OwnAddress,
                    format!("the e-mail address of {of} is the hotel's own and is not sent to Seam"),
                    "ask for an address of their own where a key is sent by e-mail",
                ),
            };
            Problem { source, column: "email", code, message, hint: hint.to_owned() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_booking_site_or_of_the_hotel_is_known_whatever_its_case() {
        let domain = |text| MailDomain::new(text).expect("a domain");
        let rules = AddressRules {
            relay_domains: [domain("relay.example.com")].into(),
            own_addresses: ["Desk@house.example.org".into()].into(),
            own_domains: [domain("hotel.example.com")].into(),
        };
        let check = |email: &str, expected: Option<Whose>| {
            assert_eq!(rules.judge(&email.into()), expected, "{email}");
        };
        let site = || Some(Whose::BookingSite(domain("relay.example.com")));
        check("abc.123@relay.example.com", site());
        check("ABC@EU.Relay.Example.COM", site());
        check("abc@notrelay.example.com", None);
        check("ana@relay.example.com.example.net", None);
        check("desk@house.example.org", Some(Whose::Hotel));
        check("ana@house.example.org", None);
        check("anybody@hotel.example.com", Some(Whose::Hotel));
        check("ana@example.com", None);
    }

    #[test]
    fn a_domain_has_a_dot_and_no_at() {
        for bad in
            ["", "localhost", "@example.com", "a@example.com", "example..com", ".example.com", "exa mple.com"]
        {
            assert_eq!(MailDomain::new(bad), None, "{bad}");
        }
        assert_eq!(MailDomain::new(" Guest.Example.COM "), Some(MailDomain("guest.example.com".to_owned())));
    }
}
