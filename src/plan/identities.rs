//! The people behind the grants: one identity per guest key, and contacts that no two of them share (RULES 5).

use std::collections::{BTreeMap, HashMap, HashSet};

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
        occupied: &HashSet<&UserIdentityId>,
        settings: &'a PlanSettings,
    ) -> Self {
        let by_key: HashMap<&UserIdentityKey, &Identity> = inventory
            .identities
            .iter()
            .flat_map(|identity| {
                identity.key.iter().chain(&identity.merged_keys).map(move |key| (key, identity))
            })
            .collect();
        let mut persons: HashMap<&GuestKey, Person<'_>> = HashMap::new();
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
        identities.settle_emails(inventory, occupied);
        identities.settle_phones(inventory, occupied);
        identities
    }

    fn settle_emails(&mut self, inventory: &'a Inventory, occupied: &HashSet<&UserIdentityId>) {
        let owners: HashMap<String, &'a Identity> =
            inventory.identities.iter().filter_map(|i| Some((i.email.as_ref()?.folded(), i))).collect();
        let wanted: Vec<(&GuestKey, String)> = self
            .guests
            .iter()
            .filter_map(|guest| Some((*guest, self.persons[guest].email?.folded())))
            .collect();
        for guest in self.settle(&wanted, &owners, occupied, "email") {
            self.persons.get_mut(guest).expect("the guest was taken from the map").email = None;
        }
    }

    fn settle_phones(&mut self, inventory: &'a Inventory, occupied: &HashSet<&UserIdentityId>) {
        let owners: HashMap<String, &'a Identity> =
            inventory.identities.iter().filter_map(|i| Some((i.phone.as_ref()?.to_string(), i))).collect();
        let wanted: Vec<(&GuestKey, String)> = self
            .guests
            .iter()
            .filter_map(|guest| Some((*guest, self.persons[guest].phone?.to_string())))
            .collect();
        for guest in self.settle(&wanted, &owners, occupied, "phone") {
            self.persons.get_mut(guest).expect("the guest was taken from the map").phone = None;
        }
    }

    /// Gives each contact to one guest: to the identity that has it, else to the first guest by key. Returns those
    /// who go without.
    fn settle(
        &mut self,
        wanted: &[(&'a GuestKey, String)],
        owners: &HashMap<String, &'a Identity>,
        occupied: &HashSet<&UserIdentityId>,
        field: &'static str,
    ) -> Vec<&'a GuestKey> {
        let mut claimed: HashMap<&str, &GuestKey> = HashMap::new();
        let has_it = |person: &Person<'_>, contact: &str| {
            owners.get(contact).is_some_and(|owner| person.existing.is_some_and(|own| own.id == owner.id))
        };
        for (guest, contact) in wanted {
            if has_it(&self.persons[guest], contact) {
                claimed.insert(contact, guest);
            }
        }
        let staying: HashSet<&UserIdentityId> =
            self.persons.values().filter_map(|person| person.existing).map(|identity| &identity.id).collect();
        let mut without = Vec::new();
        for (guest, contact) in wanted {
            match claimed.get(contact.as_str()) {
                Some(owner) if owner == guest => continue,
                Some(_) => {
                    self.conflict(guest, field, "another guest of the source has it too");
                    without.push(*guest);
                    continue;
                }
                None => {}
            }
            let owner = owners.get(contact).copied();
            let gives_up = owner.is_none_or(|owner| {
                owner.key.as_ref().is_some_and(|key| self.settings.namespace.owns_identity(key))
                    && !occupied.contains(&owner.id)
                    && !staying.contains(&owner.id)
            });
            if !gives_up {
                self.conflict(guest, field, "somebody else in Seam has it");
                without.push(*guest);
                continue;
            }
            if let Some(identity) = owner {
                let release = self.released.entry(&identity.id).or_insert(Release {
                    identity,
                    email: false,
                    phone: false,
                });
                match field {
                    "email" => release.email = true,
                    _ => release.phone = true,
                }
            }
            claimed.insert(contact, guest);
        }
        without
    }

    fn conflict(&mut self, guest: &GuestKey, column: &'static str, why: &str) {
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
