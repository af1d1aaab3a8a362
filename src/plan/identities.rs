//! The people behind the grants: one identity per guest key, and contacts that no two of them share (RULES 5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::contacts::{Field, Holders, IN_SEAM, Outcome, Taking, distribute};
use super::settings::{ContactConflict, PlanSettings, Policy};
use super::step::{Call, Patch};
use crate::mapping::Desired;
use crate::model::{
    EmailAddress, GuestKey, Identity, Inventory, PhoneNumber, Problem, ProblemCode, SourcePlace,
    UserIdentityId, UserIdentityKey, same_person_name,
};

/// What is wanted of one guest.
#[derive(Debug)]
struct Person<'a> {
    full_name: &'a str,
    email: Option<&'a EmailAddress>,
    phone: Option<&'a PhoneNumber>,
    source: &'a SourcePlace,
    existing: Option<&'a Identity>,
    refusal: Option<String>,
    takes: Vec<Taking<'a>>,
}

impl Person<'_> {
    /// What the guest should have, in the form in which it is compared.
    fn wants(&self, field: Field) -> Option<String> {
        match field {
            Field::Email => self.email.map(EmailAddress::folded),
            Field::Phone => self.phone.map(ToString::to_string),
        }
    }
}

/// The guests of the source beside the identities of the workspace.
#[derive(Debug)]
pub(super) struct Identities<'a> {
    persons: BTreeMap<&'a GuestKey, Person<'a>>,
    settings: &'a PlanSettings,
    pub(super) warnings: Vec<Problem>,
}

/// The call for one identity.
#[derive(Debug)]
pub(super) struct IdentityCall {
    /// Whose; `None` where an identity only gives up a contact.
    pub(super) guest: Option<GuestKey>,
    pub(super) call: Call,
    /// Positions of the calls that free a contact which this one takes.
    pub(super) after: Vec<usize>,
}

impl<'a> Identities<'a> {
    /// Finds each guest's identity, and settles who has which contact.
    pub(super) fn of(
        desired: &'a Desired,
        inventory: &'a Inventory,
        occupied: &BTreeSet<&'a UserIdentityId>,
        settings: &'a PlanSettings,
    ) -> Self {
        let by_key: HashMap<&UserIdentityKey, &Identity> = inventory
            .identities
            .iter()
            .flat_map(|identity| {
                identity.key.iter().chain(&identity.merged_keys).map(move |key| (key, identity))
            })
            .collect();
        let identity_of = |guest: &GuestKey| by_key.get(&settings.namespace.identity_key(guest)).copied();
        let mut persons: BTreeMap<&GuestKey, Person<'_>> = BTreeMap::new();
        for grant in desired.reservations.iter().flat_map(|reservation| &reservation.grants) {
            let person = persons.entry(&grant.guest).or_insert_with(|| Person {
                full_name: "",
                email: None,
                phone: None,
                source: &grant.source,
                existing: identity_of(&grant.guest),
                refusal: None,
                takes: Vec::new(),
            });
            // Two rows of one guest may disagree; the one that stands first in the source speaks.
            let first = grant.source <= *person.source;
            person.source = person.source.min(&grant.source);
            if (first || person.full_name.is_empty()) && !grant.full_name.is_empty() {
                person.full_name = &grant.full_name;
            }
            if first || person.email.is_none() {
                person.email = grant.email.as_ref().or(person.email);
            }
            if first || person.phone.is_none() {
                person.phone = grant.phone.as_ref().or(person.phone);
            }
        }
        let mut settled: BTreeSet<&UserIdentityId> = occupied.clone();
        for reservation in &desired.reservations {
            let waiting = reservation.held.iter().map(|stay| &stay.guest).chain(&reservation.left_alone);
            settled.extend(waiting.filter_map(identity_of).map(|identity| &identity.id));
        }
        settled.extend(persons.values().filter_map(|person| person.existing).map(|identity| &identity.id));
        let ours = |identity: &&Identity| {
            identity.key.as_ref().is_some_and(|key| settings.namespace.owns_identity(key))
                && settings.policy != Policy::CreateOnly
        };
        settled.extend(inventory.identities.iter().filter(|i| !ours(i)).map(|identity| &identity.id));
        let mut identities = Self { persons, settings, warnings: Vec::new() };
        let guests: HashMap<&UserIdentityId, &GuestKey> = identities
            .persons
            .iter()
            .filter(|(guest, person)| identities.may_update(guest, person))
            .filter_map(|(guest, person)| Some((&person.existing?.id, *guest)))
            .collect();
        let mut holders = Holders { owners: HashMap::new(), guests, settled };
        for field in [Field::Email, Field::Phone] {
            holders.owners =
                inventory.identities.iter().filter_map(|i| Some((field.of_identity(i)?, i))).collect();
            identities.settle(field, &holders);
        }
        identities
    }

    /// Whether the identity of a guest is theirs alone: not another's into which theirs was merged, which may not
    /// even be ours (RULES 2).
    fn may_update(&self, guest: &GuestKey, person: &Person<'_>) -> bool {
        self.settings.policy != Policy::CreateOnly
            && person.existing.is_some_and(|identity| {
                identity.key.as_ref() == Some(&self.settings.namespace.identity_key(guest))
            })
    }

    /// Gives each contact to one guest: to the identity that has it, else to the first guest by key. A guest of the
    /// source who gets another contact makes theirs free for somebody else; one who is denied keeps what they have,
    /// which may deny it to the next.
    fn settle(&mut self, field: Field, holders: &Holders<'a>) {
        let wanted: BTreeMap<&'a GuestKey, String> = self
            .persons
            .iter()
            .filter(|(guest, person)| person.existing.is_none() || self.may_update(guest, person))
            .filter_map(|(guest, person)| Some((*guest, person.wants(field)?)))
            .collect();
        let Outcome { mut taken, mut denied } = distribute(field, &wanted, holders);
        let mut takers: HashMap<&GuestKey, &GuestKey> =
            taken.iter().filter_map(|(taker, taking)| Some((taking.holder?, *taker))).collect();
        while let Some((guest, why)) = denied.pop() {
            self.conflict(guest, field, why);
            if let Some(taker) = takers.remove(guest) {
                taken.remove(taker);
                denied.push((taker, IN_SEAM));
            }
        }
        for (guest, taking) in taken {
            self.persons.get_mut(guest).expect("the guest was taken from the map").takes.push(taking);
        }
    }

    fn conflict(&mut self, guest: &GuestKey, field: Field, why: &str) {
        let column = field.word();
        let person = self.persons.get_mut(guest).expect("the guest was taken from the map");
        match field {
            Field::Email => person.email = None,
            Field::Phone => person.phone = None,
        }
        let (message, hint) = match self.settings.on_contact_conflict {
            ContactConflict::Omit => (
                format!("the {column} of guest {guest} is left out: {why}"),
                "give each guest a contact of their own; the grant is made all the same",
            ),
            ContactConflict::Reject => {
                person.refusal = Some(format!("the {column} of the guest is not theirs alone: {why}"));
                (
                    format!("guest {guest} gets no grant: {why} ({column})"),
                    "give each guest a contact of their own, or set identities.on_contact_conflict to \"omit\"",
                )
            }
        };
        self.warnings.push(Problem {
            source: person.source.clone(),
            column,
            code: ProblemCode::ContactConflict,
            message,
            hint: hint.to_owned(),
        });
    }

    /// Why a guest may not get a new grant.
    pub(super) fn refusal(&self, guest: &GuestKey) -> Option<&str> {
        self.persons.get(guest)?.refusal.as_deref()
    }

    /// The identity of a guest, where it exists.
    pub(super) fn existing(&self, guest: &GuestKey) -> Option<&'a Identity> {
        self.persons.get(guest)?.existing
    }

    /// The name of a guest, as it will be.
    pub(super) fn full_name(&self, guest: &GuestKey) -> Option<&str> {
        let person = self.persons.get(guest)?;
        let existing = || person.existing.and_then(|identity| identity.full_name.as_deref());
        if person.full_name.is_empty() { existing() } else { Some(person.full_name) }
    }

    /// The calls: identities made for the guests that need one, identities changed, and contacts given up by those who
    /// have no stay any more. A call that takes a contact waits for the one that frees it, and for no other.
    pub(super) fn calls(&self, needed: &BTreeSet<&GuestKey>) -> Vec<IdentityCall> {
        let mut waiting: BTreeMap<&GuestKey, IdentityCall> = BTreeMap::new();
        for (guest, person) in &self.persons {
            let key = self.settings.namespace.identity_key(guest);
            let call = match person.existing {
                Some(identity) if self.may_update(guest, person) => updating(guest, key, person, identity),
                None if needed.contains(guest) => Some(creating(guest, key, person)),
                Some(_) | None => None,
            };
            waiting.extend(call.map(|call| (*guest, call)));
        }
        let mut waited_for: BTreeMap<&GuestKey, Vec<&GuestKey>> = BTreeMap::new();
        let mut n_before: BTreeMap<&GuestKey, usize> = waiting.keys().map(|guest| (*guest, 0)).collect();
        for guest in waiting.keys() {
            for holder in self.persons[guest].takes.iter().filter_map(|taking| taking.holder) {
                waited_for.entry(holder).or_default().push(guest);
                *n_before.get_mut(guest).expect("every call was counted") += 1;
            }
        }
        let mut ready: BTreeSet<&GuestKey> =
            n_before.iter().filter(|(_, n)| **n == 0).map(|(guest, _)| *guest).collect();
        let mut calls: Vec<IdentityCall> = Vec::with_capacity(waiting.len());
        let mut sent: BTreeMap<&GuestKey, usize> = BTreeMap::new();
        // Guests who swap contacts wait for each other; then the first of them takes what the holder gives up before.
        while let Some(guest) = ready.pop_first().or_else(|| waiting.keys().next().copied()) {
            let Some(mut call) = waiting.remove(guest) else { continue };
            for taking in &self.persons[guest].takes {
                let freed = taking.holder.and_then(|holder| sent.get(holder).copied()).unwrap_or_else(|| {
                    calls.push(releasing(taking));
                    calls.len() - 1
                });
                call.after.push(freed);
            }
            sent.insert(guest, calls.len());
            calls.push(call);
            for next in waited_for.remove(guest).into_iter().flatten() {
                let n = n_before.get_mut(next).expect("every call was counted");
                *n -= 1;
                if *n == 0 {
                    ready.insert(next);
                }
            }
        }
        calls
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
    IdentityCall { guest: None, call, after: Vec::new() }
}

fn creating(guest: &GuestKey, key: UserIdentityKey, person: &Person<'_>) -> IdentityCall {
    let Person { full_name, email, phone, .. } = person;
    IdentityCall {
        guest: Some(guest.clone()),
        call: Call::CreateIdentity {
            key,
            full_name: (!full_name.is_empty()).then(|| (*full_name).to_owned()),
            email: email.cloned(),
            phone: phone.cloned(),
        },
        after: Vec::new(),
    }
}

/// A difference that a person would see; a contact that the source no longer knows is left as it is.
fn updating(
    guest: &GuestKey,
    key: UserIdentityKey,
    person: &Person<'_>,
    identity: &Identity,
) -> Option<IdentityCall> {
    let name_differs = !person.full_name.is_empty()
        && !same_person_name(person.full_name, identity.full_name.as_deref().unwrap_or_default());
    let email = person
        .email
        .filter(|email| identity.email.as_ref().is_none_or(|existing| existing.folded() != email.folded()));
    let phone = person.phone.filter(|phone| identity.phone.as_ref() != Some(phone));
    if email.is_none() && phone.is_none() && !name_differs {
        return None;
    }
    Some(IdentityCall {
        guest: Some(guest.clone()),
        call: Call::UpdateIdentity {
            id: identity.id.clone(),
            key,
            full_name: if name_differs { Patch::Set(person.full_name.to_owned()) } else { Patch::Keep },
            email: email.cloned().map_or(Patch::Keep, Patch::Set),
            phone: phone.cloned().map_or(Patch::Keep, Patch::Set),
        },
        after: Vec::new(),
    })
}
