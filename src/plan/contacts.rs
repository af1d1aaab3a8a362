//! Who gets an e-mail address or a phone number that several guests want, or that somebody has (RULES 5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{EmailAddress, GuestKey, Identity, UserIdentityId};

/// A contact that another identity of ours has and gives up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking<'a> {
    pub(super) field: Field,
    pub(super) from: &'a Identity,
    /// The guest of that identity, where they have stays and another contact now.
    pub(super) holder: Option<&'a GuestKey>,
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

    pub(super) fn of_identity(self, identity: &Identity) -> Option<String> {
        match self {
            Self::Email => identity.email.as_ref().map(EmailAddress::folded),
            Self::Phone => identity.phone.as_ref().map(ToString::to_string),
        }
    }
}

/// Who has which contact now, and who must keep it.
pub(super) struct Holders<'a> {
    pub(super) owners: HashMap<String, &'a Identity>,
    /// Guests of the source, by the identity that is theirs.
    pub(super) guests: HashMap<&'a UserIdentityId, &'a GuestKey>,
    /// Identities with a stay, or that are not ours to change.
    pub(super) settled: BTreeSet<&'a UserIdentityId>,
}

/// What became of the wishes for one kind of contact.
#[derive(Default)]
pub(super) struct Outcome<'a> {
    pub(super) taken: BTreeMap<&'a GuestKey, Taking<'a>>,
    pub(super) denied: Vec<(&'a GuestKey, &'static str)>,
}

pub(super) const IN_SEAM: &str = "somebody else in Seam has it";
pub(super) const IN_SOURCE: &str = "another guest of the source has it too";

/// Gives each contact to the one who has it, else to the first who wants it, by guest key.
pub(super) fn distribute<'a>(
    field: Field,
    wanted: &BTreeMap<&'a GuestKey, String>,
    holders: &Holders<'a>,
) -> Outcome<'a> {
    let mut claimed: HashMap<&str, &GuestKey> = HashMap::new();
    for (contact, owner) in &holders.owners {
        let Some(guest) = holders.guests.get(&owner.id) else { continue };
        if wanted.get(guest) == Some(contact) {
            claimed.insert(contact, guest);
        }
    }
    let mut outcome = Outcome::default();
    for (&guest, contact) in wanted {
        if let Some(first) = claimed.get(contact.as_str()) {
            if *first != guest {
                outcome.denied.push((guest, IN_SOURCE));
            }
            continue;
        }
        if let Some(from) = holders.owners.get(contact).copied() {
            // The holder has stays, but will have another contact.
            let holder = holders.guests.get(&from.id).copied();
            let gives_up = holder.is_some_and(|holder| wanted.contains_key(holder));
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
