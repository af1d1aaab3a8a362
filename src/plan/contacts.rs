//! Who gets an e-mail address or a phone number that several guests want, or that somebody has (RULES 5).

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use crate::model::{EmailAddress, Identity, PhoneNumber, UserIdentityId};

/// The place of a guest in the order of all guests.
pub(super) type Position = usize;

/// A contact that another identity of ours has and gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking<'a> {
    pub(super) field: Field,
    pub(super) from: &'a Identity,
    /// The guest of that identity, where they have stays and another contact now.
    pub(super) holder: Option<Position>,
}

/// The contacts that no two identities share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Email,
    Phone,
}

impl Field {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The contact of this kind, in the form in which it is compared.
    pub(super) fn of<'a>(
        self,
        email: Option<&'a EmailAddress>,
        phone: Option<&'a PhoneNumber>,
    ) -> Option<Cow<'a, str>> {
        match self {
            Self::Email => email.map(EmailAddress::folded),
            Self::Phone => phone.map(|phone| Cow::Borrowed(phone.as_str())),
        }
    }
}

/// Who has which contact now, and who must keep it.
pub(super) struct Holders<'a, 'h> {
    pub(super) owners: HashMap<Cow<'a, str>, &'a Identity>,
    /// Guests of the source, by the identity that is theirs.
    pub(super) guests: &'h HashMap<&'a UserIdentityId, Position>,
    /// Identities with a stay, or that are not ours to change.
    pub(super) settled: &'h HashSet<&'a UserIdentityId>,
}

/// What became of the wishes for one kind of contact.
#[derive(Default)]
pub(super) struct Outcome<'a> {
    pub(super) taken: BTreeMap<Position, Taking<'a>>,
    pub(super) denied: Vec<(Position, &'static str)>,
}

pub(super) const IN_SEAM: &str = "somebody else in Seam has it";
pub(super) const IN_SOURCE: &str = "another guest of the source has it too";

/// Gives each contact to the one who has it, else to the first who wants it. `wanted` has a place for every guest.
pub(super) fn distribute<'a>(
    field: Field,
    wanted: &[Option<Cow<'a, str>>],
    holders: &Holders<'a, '_>,
) -> Outcome<'a> {
    let mut claimed: HashMap<&str, Position> = HashMap::new();
    for (contact, owner) in &holders.owners {
        let Some(guest) = holders.guests.get(&owner.id) else { continue };
        if wanted[*guest].as_ref() == Some(contact) {
            claimed.insert(contact, *guest);
        }
    }
    let mut outcome = Outcome::default();
    for (guest, contact) in wanted.iter().enumerate() {
        let Some(contact) = contact else { continue };
        if let Some(first) = claimed.get(contact.as_ref()) {
            if *first != guest {
                outcome.denied.push((guest, IN_SOURCE));
            }
            continue;
        }
        if let Some(from) = holders.owners.get(contact).copied() {
            // The holder has stays, but will have another contact.
            let holder = holders.guests.get(&from.id).copied();
            let gives_up = holder.is_some_and(|holder| wanted[holder].is_some());
            if !gives_up && holders.settled.contains(&from.id) {
                outcome.denied.push((guest, IN_SEAM));
                continue;
            }
            outcome.taken.insert(guest, Taking { field, from, holder });
        }
        claimed.insert(contact, guest);
    }
    outcome
}
