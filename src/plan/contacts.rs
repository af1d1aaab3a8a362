//! Who gets an e-mail address or a phone number that several guests want, or that somebody has (RULES 7).

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

    /// The contact of this kind that an identity has.
    pub(super) fn of_identity(self, identity: &Identity) -> Option<Cow<'_, str>> {
        self.of(identity.email.as_ref(), identity.phone.as_ref())
    }
}

/// The contacts that guests want and do not have yet, with who has each now.
pub(super) struct Sought<'a> {
    field: Field,
    /// The guests in their order, each with the position of the contact.
    seekers: Vec<(Position, usize)>,
    /// The identity that has each contact.
    owners: Vec<Option<&'a Identity>>,
}

impl<'a> Sought<'a> {
    pub(super) fn of(
        field: Field,
        seekers: impl Iterator<Item = (Position, Cow<'a, str>)>,
        identities: &'a [Identity],
    ) -> Self {
        let mut contacts: HashMap<Cow<'a, str>, usize> = HashMap::new();
        let mut numbered = |(guest, contact)| {
            let next = contacts.len();
            (guest, *contacts.entry(contact).or_insert(next))
        };
        let seekers = seekers.map(&mut numbered).collect();
        let mut owners = vec![None; contacts.len()];
        if !contacts.is_empty() {
            for identity in identities {
                let contact = field.of_identity(identity);
                if let Some(contact) = contact.and_then(|contact| contacts.get(&contact)) {
                    owners[*contact] = Some(identity);
                }
            }
        }
        Self { field, seekers, owners }
    }

    /// The identities that have what somebody else wants.
    pub(super) fn contested(&self) -> impl Iterator<Item = &'a UserIdentityId> + '_ {
        self.owners.iter().flatten().map(|identity| &identity.id)
    }
}

/// What is known of the identities that have what somebody else wants.
pub(super) struct Holders<'a, W> {
    /// Guests of the source, by the identity that is theirs.
    pub(super) guests: HashMap<&'a UserIdentityId, Position>,
    /// Identities with a stay, or that are not ours to change.
    pub(super) settled: HashSet<&'a UserIdentityId>,
    /// The contact that a guest wants.
    pub(super) wants: W,
}

/// What became of the wishes for one kind of contact.
#[derive(Default)]
pub(super) struct Outcome<'a> {
    pub(super) taken: BTreeMap<Position, Taking<'a>>,
    pub(super) denied: Vec<(Position, &'static str)>,
}

pub(super) const IN_SEAM: &str = "somebody else in Seam has it";
pub(super) const IN_SOURCE: &str = "another guest of the source has it too";

/// Gives each contact to the one who has it and wants it, else to the first who wants it.
pub(super) fn distribute<'a, 'p>(
    sought: &Sought<'a>,
    holders: &Holders<'a, impl Fn(Field, Position) -> Option<Cow<'p, str>>>,
) -> Outcome<'a> {
    let Sought { field, seekers, owners } = sought;
    let holder_of = |identity: &Identity| holders.guests.get(&identity.id).copied();
    let keeps_it = |owner: &Identity| {
        let wanted = holder_of(owner).and_then(|holder| (holders.wants)(*field, holder));
        wanted.is_some() && wanted == field.of_identity(owner)
    };
    // Who keeps what they have is given it before anybody asks.
    let mut is_given: Vec<bool> = owners.iter().map(|owner| owner.is_some_and(keeps_it)).collect();
    let mut outcome = Outcome::default();
    for (guest, contact) in seekers {
        if is_given[*contact] {
            outcome.denied.push((*guest, IN_SOURCE));
            continue;
        }
        if let Some(from) = owners[*contact] {
            // The holder has stays, but will have another contact.
            let holder = holder_of(from);
            let gives_up = holder.is_some_and(|holder| (holders.wants)(*field, holder).is_some());
            if !gives_up && holders.settled.contains(&from.id) {
                outcome.denied.push((*guest, IN_SEAM));
                continue;
            }
            outcome.taken.insert(*guest, Taking { field: *field, from, holder });
        }
        is_given[*contact] = true;
    }
    outcome
}
