//! The people behind the grants: one identity per guest key, and contacts that no two of them share (RULES 5).

use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::settings::{ContactConflict, PlanSettings};
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
}

/// The guests of the source beside the identities of the workspace.
#[derive(Debug)]
pub(super) struct Identities<'a> {
    persons: HashMap<&'a GuestKey, Person<'a>>,
    /// The keys of the persons, sorted.
    guests: Vec<&'a GuestKey>,
    released: BTreeMap<&'a UserIdentityId, Release<'a>>,
    settings: &'a PlanSettings,
    pub(super) warnings: Vec<Problem>,
}

/// A contact that one of our identities gives up, because its guest has no stay any more.
#[derive(Debug)]
struct Release<'a> {
    identity: &'a Identity,
    email: bool,
    phone: bool,
}

/// Either kind of contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contact {
    Email,
    Phone,
}

impl Contact {
    fn column(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The form in which two are compared.
    fn of_person(self, person: &Person<'_>) -> Option<String> {
        match self {
            Self::Email => person.email.map(EmailAddress::folded),
            Self::Phone => person.phone.map(ToString::to_string),
        }
    }

    fn of_identity(self, identity: &Identity) -> Option<String> {
        match self {
            Self::Email => identity.email.as_ref().map(EmailAddress::folded),
            Self::Phone => identity.phone.as_ref().map(ToString::to_string),
        }
    }
}

/// The call for one identity.
#[derive(Debug)]
pub(super) struct IdentityCall {
    pub(super) guest: Option<GuestKey>,
    pub(super) key: UserIdentityKey,
    pub(super) call: Call,
    pub(super) fields: Vec<&'static str>,
}

impl<'a> Identities<'a> {
    /// Finds each guest's identity, and settles who has which contact.
    pub(super) fn of(
        desired: &'a Desired,
        inventory: &'a Inventory,
        settings: &'a PlanSettings,
        now: Timestamp,
    ) -> Self {
        let mut by_key: HashMap<&UserIdentityKey, &Identity> =
            HashMap::with_capacity(inventory.identities.len());
        by_key.extend(inventory.identities.iter().flat_map(|identity| {
            identity.key.iter().chain(&identity.merged_keys).map(move |key| (key, identity))
        }));
        let n_grants = desired.reservations.iter().map(|reservation| reservation.grants.len()).sum();
        let mut persons: HashMap<&GuestKey, Person<'_>> = HashMap::with_capacity(n_grants);
        for grant in desired.reservations.iter().flat_map(|reservation| &reservation.grants) {
            let person = persons.entry(&grant.guest).or_insert_with(|| Person {
                full_name: "",
                email: None,
                phone: None,
                source: &grant.source,
                existing: by_key.get(&settings.namespace.identity_key(&grant.guest)).copied(),
                refusal: None,
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
        let mut guests: Vec<&GuestKey> = persons.keys().copied().collect();
        guests.sort_unstable();
        let mut identities =
            Self { persons, guests, released: BTreeMap::new(), settings, warnings: Vec::new() };
        // The set is made only where it is asked for: on most nights every guest has their contacts already.
        let staying: Vec<&UserIdentityId> =
            identities.persons.values().filter_map(|person| Some(&person.existing?.id)).collect();
        let busy = LazyCell::new(|| -> HashSet<&UserIdentityId> {
            let live = inventory.grants.iter().filter(|grant| grant.is_live(now));
            live.map(|grant| &grant.identity).chain(staying).collect()
        });
        let is_busy = |identity: &UserIdentityId| busy.contains(identity);
        for contact in [Contact::Email, Contact::Phone] {
            for guest in identities.settle(contact, inventory, &is_busy) {
                let person = identities.persons.get_mut(guest).expect("the guest was taken from the map");
                match contact {
                    Contact::Email => person.email = None,
                    Contact::Phone => person.phone = None,
                }
            }
        }
        identities
    }

    /// Gives each contact to one guest: to the identity that has it, else to the first guest by key. Returns those
    /// who go without.
    fn settle(
        &mut self,
        contact: Contact,
        inventory: &'a Inventory,
        is_busy: &dyn Fn(&UserIdentityId) -> bool,
    ) -> Vec<&'a GuestKey> {
        let owners = LazyCell::new(|| -> HashMap<String, &'a Identity> {
            let of_identity = |identity| Some((contact.of_identity(identity)?, identity));
            inventory.identities.iter().filter_map(of_identity).collect()
        });
        let mut wanted: Vec<(&'a GuestKey, String)> = Vec::with_capacity(self.guests.len());
        let mut owns: Vec<bool> = Vec::with_capacity(self.guests.len());
        for guest in &self.guests {
            let person = &self.persons[guest];
            if let Some(text) = contact.of_person(person) {
                let own = person.existing.and_then(|identity| contact.of_identity(identity));
                owns.push(own.as_ref() == Some(&text));
                wanted.push((guest, text));
            }
        }
        let mut claimed: HashMap<&str, &GuestKey> = HashMap::with_capacity(wanted.len());
        let owning = wanted.iter().zip(owns).filter(|(_, owns)| *owns);
        claimed.extend(owning.map(|((guest, text), _)| (text.as_str(), *guest)));
        let mut without = Vec::new();
        for (guest, text) in &wanted {
            match claimed.get(text.as_str()) {
                Some(owner) if owner == guest => continue,
                Some(_) => {
                    self.conflict(guest, contact, "another guest of the source has it too");
                    without.push(*guest);
                    continue;
                }
                None => {}
            }
            let owner = owners.get(text).copied();
            let gives_up = owner.is_none_or(|owner| {
                owner.key.as_ref().is_some_and(|key| self.settings.namespace.owns_identity(key))
                    && !is_busy(&owner.id)
            });
            if !gives_up {
                self.conflict(guest, contact, "somebody else in Seam has it");
                without.push(*guest);
                continue;
            }
            if let Some(identity) = owner {
                let release = self.released.entry(&identity.id).or_insert(Release {
                    identity,
                    email: false,
                    phone: false,
                });
                match contact {
                    Contact::Email => release.email = true,
                    Contact::Phone => release.phone = true,
                }
            }
            claimed.insert(text, guest);
        }
        without
    }

    fn conflict(&mut self, guest: &GuestKey, contact: Contact, why: &str) {
        let column = contact.column();
        let person = self.persons.get_mut(guest).expect("the guest was taken from the map");
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

    /// The calls: contacts given up, identities changed, identities made for the guests that need one.
    pub(super) fn calls(&self, needed: &HashSet<&GuestKey>) -> Vec<IdentityCall> {
        let mut calls: Vec<IdentityCall> = self.released.values().map(releasing).collect();
        for guest in &self.guests {
            let person = &self.persons[guest];
            let key = self.settings.namespace.identity_key(guest);
            match person.existing {
                Some(identity) => calls.extend(updating(guest, key, person, identity)),
                None if needed.contains(guest) => calls.push(creating(guest, key, person)),
                None => {}
            }
        }
        calls
    }
}

fn releasing(release: &Release<'_>) -> IdentityCall {
    let Release { identity, email, phone } = release;
    let key = identity.key.clone().expect("only identities with our key give up a contact");
    let mut fields = Vec::new();
    if *email {
        fields.push("email");
    }
    if *phone {
        fields.push("phone");
    }
    IdentityCall {
        guest: None,
        key: key.clone(),
        call: Call::UpdateIdentity {
            id: identity.id.clone(),
            key,
            full_name: Patch::Keep,
            email: if *email { Patch::Clear } else { Patch::Keep },
            phone: if *phone { Patch::Clear } else { Patch::Keep },
        },
        fields,
    }
}

fn creating(guest: &GuestKey, key: UserIdentityKey, person: &Person<'_>) -> IdentityCall {
    let Person { full_name, email, phone, .. } = person;
    let mut fields = Vec::new();
    if email.is_some() {
        fields.push("email");
    }
    fields.push("full_name");
    if phone.is_some() {
        fields.push("phone");
    }
    IdentityCall {
        guest: Some(guest.clone()),
        key: key.clone(),
        call: Call::CreateIdentity {
            key,
            full_name: (!full_name.is_empty()).then(|| (*full_name).to_owned()),
            email: email.cloned(),
            phone: phone.cloned(),
        },
        fields,
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
    let mut fields = Vec::new();
    if email.is_some() {
        fields.push("email");
    }
    if name_differs {
        fields.push("full_name");
    }
    if phone.is_some() {
        fields.push("phone");
    }
    if fields.is_empty() {
        return None;
    }
    Some(IdentityCall {
        guest: Some(guest.clone()),
        key: key.clone(),
        call: Call::UpdateIdentity {
            id: identity.id.clone(),
            key,
            full_name: if name_differs { Patch::Set(person.full_name.to_owned()) } else { Patch::Keep },
            email: email.cloned().map_or(Patch::Keep, Patch::Set),
            phone: phone.cloned().map_or(Patch::Keep, Patch::Set),
        },
        fields,
    })
}
