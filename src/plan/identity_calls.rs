//! The calls for identities: who is changed, and who gives up a contact before another takes it. Who is new is made with
//! the first grant, and by a call of their own only where a deletion comes before that grant.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::contacts::{Field, Position, Taking};
use super::identities::{Identities, Person};
use super::step::{Call, NewIdentity, Patch};
use crate::model::{GuestKey, Identity, UserIdentityKey, same_person_name};

/// What is done about one identity.
#[derive(Debug)]
pub(super) struct IdentityCall {
    /// Whose; `None` where an identity only gives up a contact.
    pub(super) guest: Option<Position>,
    /// `None` where the identity is made with the first grant of the guest.
    pub(super) call: Option<Call>,
    /// Positions of the calls that free a contact which this one takes. Only what is a call has a position.
    pub(super) after: Vec<usize>,
}

/// How the identity of a guest is made where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Making {
    /// Not at all: they get no new grant.
    Not,
    /// With the first grant.
    WithGrant,
    /// Before anything is deleted to make room for the grant: where Seam does not take the person, all stays as it is.
    Ahead,
}

impl Identities<'_> {
    /// The calls, in order: identities made ahead or changed, contacts given up by those who have no stay any more, and
    /// between them the new guests who take one. Who takes a contact waits for the call that frees it, and for no other.
    pub(super) fn calls<'g>(
        &self,
        get_grants: impl Iterator<Item = (&'g GuestKey, Making)>,
        mut send: impl FnMut(IdentityCall),
    ) {
        let mut making = vec![Making::Not; self.persons.len()];
        for (guest, how) in get_grants {
            if let Some(guest) = self.position(guest) {
                making[guest] = making[guest].max(how);
            }
        }
        let call = |guest: &Position| self.call(*guest, making[*guest]);
        let mut takers: BTreeMap<Position, IdentityCall> =
            self.takes.keys().filter_map(|guest| Some((*guest, call(guest)?))).collect();
        let mut waited_for: HashMap<Position, Vec<Position>> = HashMap::new();
        let mut n_before: BTreeMap<Position, usize> = BTreeMap::new();
        for &guest in takers.keys() {
            for holder in self.takes[&guest].iter().filter_map(|taking| taking.holder) {
                waited_for.entry(holder).or_default().push(guest);
                *n_before.entry(guest).or_default() += 1;
            }
        }
        let mut ready: BTreeSet<Position> =
            takers.keys().filter(|guest| !n_before.contains_key(*guest)).copied().collect();
        // Most take nothing and wait for nobody.
        let others = (0..self.persons.len()).filter(|guest| !self.takes.contains_key(guest));
        let mut others = others.filter_map(|guest| Some((guest, call(&guest)?))).peekable();
        let mut n_sent = 0;
        let mut sent: HashMap<Position, usize> = HashMap::new();
        loop {
            let other = others.peek().map(|(position, _)| *position);
            let next = ready.first().copied().into_iter().chain(other).min();
            // Guests who swap contacts wait for each other; then the first of them takes what the holder gives up before.
            let Some(guest) = next.or_else(|| takers.keys().next().copied()) else { return };
            let call = if other == Some(guest) {
                others.next().map(|(_, call)| call)
            } else {
                ready.remove(&guest);
                takers.remove(&guest)
            };
            let Some(mut call) = call else { continue };
            for taking in self.takes.get(&guest).into_iter().flatten() {
                let freed =
                    taking.holder.and_then(|holder| sent.get(&holder).copied()).unwrap_or_else(|| {
                        send(releasing(taking));
                        n_sent += 1;
                        n_sent - 1
                    });
                call.after.push(freed);
            }
            let waiting = waited_for.remove(&guest).unwrap_or_default();
            if !waiting.is_empty() {
                sent.insert(guest, n_sent);
            }
            n_sent += usize::from(call.call.is_some());
            send(call);
            for next in waiting {
                let n = n_before.get_mut(&next).expect("who waits was counted");
                *n -= 1;
                if *n == 0 {
                    ready.insert(next);
                }
            }
        }
    }

    /// What the identity of a guest needs of itself.
    fn call(&self, guest: Position, making: Making) -> Option<IdentityCall> {
        let person = &self.persons[guest];
        let key = || self.settings.namespace.identity_key(person.guest);
        let call = match person.existing {
            _ if !person.is_inside => None,
            Some(identity) if self.may_update(person) => updating(person, key, identity).map(Some),
            Some(_) => None,
            None => match making {
                Making::Not => None,
                Making::WithGrant => self.takes.contains_key(&guest).then_some(None),
                Making::Ahead => Some(Some(Call::CreateIdentity(self.new_identity(guest, key())))),
            },
        };
        call.map(|call| IdentityCall { guest: Some(guest), call, after: Vec::new() })
    }

    /// The identity that is to be made for a guest.
    pub(super) fn new_identity(&self, guest: Position, key: UserIdentityKey) -> NewIdentity {
        let Person { full_name, email, phone, .. } = self.persons[guest];
        NewIdentity { key, full_name: full_name.cloned(), email: email.cloned(), phone: phone.cloned() }
    }
}

fn releasing(taking: &Taking<'_>) -> IdentityCall {
    let Taking { field, from, holder: _ } = taking;
    let key = from.key.clone().expect("only identities with our key give up a contact");
    let mut call = Call::UpdateIdentity {
        id: from.id.clone(),
        key,
        full_name: Patch::Keep,
        email: Patch::Keep,
        phone: Patch::Keep,
    };
    if let Call::UpdateIdentity { email, phone, .. } = &mut call {
        match field {
            Field::Email => *email = Patch::Clear,
            Field::Phone => *phone = Patch::Clear,
        }
    }
    IdentityCall { guest: None, call: Some(call), after: Vec::new() }
}

/// A difference that a person would see; a contact that the source no longer knows is left as it is.
fn updating(person: &Person<'_>, key: impl Fn() -> UserIdentityKey, identity: &Identity) -> Option<Call> {
    let known_as = identity.full_name.as_deref().unwrap_or_default();
    let full_name = person.full_name.filter(|name| !same_person_name(name, known_as));
    let email = person
        .email
        .filter(|email| identity.email.as_ref().is_none_or(|existing| existing.folded() != email.folded()));
    let phone = person.phone.filter(|phone| identity.phone.as_ref() != Some(phone));
    if email.is_none() && phone.is_none() && full_name.is_none() {
        return None;
    }
    Some(Call::UpdateIdentity {
        id: identity.id.clone(),
        key: key(),
        full_name: full_name.cloned().map_or(Patch::Keep, Patch::Set),
        email: email.cloned().map_or(Patch::Keep, Patch::Set),
        phone: phone.cloned().map_or(Patch::Keep, Patch::Set),
    })
}
