//! The people behind the grants: one identity per guest key, and contacts that no two of them share (RULES 5, 7).

use std::borrow::Cow;

use ecow::EcoString;
use hashbrown::{HashMap, HashSet};

use super::contacts::{Field, Holders, IN_SEAM, Outcome, Position, Sought, Taking, distribute};
use super::settings::{ContactConflict, PlanSettings, Policy};
use crate::mapping::{Desired, DesiredGrant};
use crate::model::{
    EmailAddress, GuestKey, Identity, Inventory, Namespace, PhoneNumber, Problem, ProblemCode, SourcePlace,
    UserIdentityId, sorted_by_text,
};
use crate::side_by_side::both;

/// What is wanted of one guest.
#[derive(Debug)]
pub(super) struct Person<'a> {
    pub(super) guest: &'a GuestKey,
    pub(super) full_name: Option<&'a EcoString>,
    pub(super) email: Option<&'a EmailAddress>,
    pub(super) phone: Option<&'a PhoneNumber>,
    pub(super) source: &'a SourcePlace,
    pub(super) existing: Option<&'a Identity>,
    /// Whether the existing identity is theirs alone: not another's into which theirs was merged, which may not even
    /// be ours (RULES 2).
    pub(super) is_own: bool,
    /// Whether the plan is about a stay of theirs; the wishes of others count, and nothing is sent for them.
    pub(super) is_inside: bool,
}

impl<'a> Person<'a> {
    fn new(guest: &'a GuestKey, source: &'a SourcePlace, known: &Known<'a>) -> Self {
        let (existing, is_own) = match known.get(guest) {
            Some(Holding { identity, is_own }) => (Some(*identity), *is_own),
            None => (None, false),
        };
        Self { guest, full_name: None, email: None, phone: None, source, existing, is_own, is_inside: false }
    }

    /// Two rows of one guest may disagree; the one that stands first in the source speaks.
    fn hear(&mut self, grant: &'a DesiredGrant) {
        let first = grant.source <= *self.source;
        self.source = self.source.min(&grant.source);
        if (first || self.full_name.is_none()) && !grant.full_name.is_empty() {
            self.full_name = Some(&grant.full_name);
        }
        if first || self.email.is_none() {
            self.email = grant.email.as_ref().or(self.email);
        }
        if first || self.phone.is_none() {
            self.phone = grant.phone.as_ref().or(self.phone);
        }
    }
}

/// The identity that Seam has for a guest, and whether it is theirs alone.
#[derive(Debug, Clone, Copy)]
struct Holding<'a> {
    identity: &'a Identity,
    is_own: bool,
}

type Known<'a> = HashMap<GuestKey, Holding<'a>>;

fn known<'a>(inventory: &'a Inventory, namespace: &Namespace) -> Known<'a> {
    let mut known = HashMap::with_capacity(inventory.identities.len());
    for identity in &inventory.identities {
        let merged = identity.merged_keys.iter().map(|key| (key, false));
        for (key, is_own) in merged.chain(identity.key.iter().map(|key| (key, true))) {
            known.extend(namespace.guest_of(key).map(|guest| (guest, Holding { identity, is_own })));
        }
    }
    known
}

/// What the rows say of the guests, and whom Seam knows.
pub(super) struct Heard<'a> {
    known: Known<'a>,
    persons: Vec<Person<'a>>,
}

/// The guests of the source beside the identities of the workspace.
#[derive(Debug)]
pub(super) struct Identities<'a> {
    /// Sorted by guest.
    pub(super) persons: Vec<Person<'a>>,
    positions: HashMap<&'a GuestKey, Position>,
    /// Why a guest may get no new grant; most may.
    refusals: HashMap<Position, String>,
    /// What a guest takes from somebody else; most take nothing.
    pub(super) takes: HashMap<Position, Vec<Taking<'a>>>,
    pub(super) settings: &'a PlanSettings,
    pub(super) warnings: Vec<Problem>,
}

impl<'a> Heard<'a> {
    /// Finds each guest's identity.
    pub(super) fn of(desired: &'a Desired, inventory: &'a Inventory, settings: &PlanSettings) -> Self {
        let known = known(inventory, &settings.namespace);
        let persons = persons(desired, &known);
        Self { known, persons }
    }

    /// Settles who has which contact. `occupied` says which of some identities have a stay in Seam.
    pub(super) fn settle(
        self,
        desired: &'a Desired,
        inventory: &'a Inventory,
        occupied: impl FnOnce(&HashSet<&'a UserIdentityId>) -> HashSet<&'a UserIdentityId>,
        settings: &'a PlanSettings,
    ) -> Identities<'a> {
        let Self { known, persons } = self;
        let positions = (0..).zip(&persons).map(|(position, person)| (person.guest, position)).collect();
        let mut identities = Identities {
            persons,
            positions,
            refusals: HashMap::new(),
            takes: HashMap::new(),
            settings,
            warnings: Vec::new(),
        };
        let sought = |field| Sought::of(field, identities.seekers(field), &inventory.identities);
        let (emails, phones) = both(|| sought(Field::Email), || sought(Field::Phone));
        let contested: HashSet<&UserIdentityId> = emails.contested().chain(phones.contested()).collect();
        let settled = if contested.is_empty() {
            HashSet::new()
        } else {
            let mut settled = occupied(&contested);
            settled.extend(
                identities.spoken_for(desired, inventory, &known).filter(|id| contested.contains(id)),
            );
            settled
        };
        let guests = (0..)
            .zip(&identities.persons)
            .filter(|(_, person)| identities.may_update(person))
            .filter_map(|(position, person)| Some((&person.existing?.id, position)))
            .filter(|(id, _)| contested.contains(id))
            .collect();
        let wants = |field, guest: Position| identities.wants(field, &identities.persons[guest]);
        let holders = Holders { guests, settled, wants };
        let outcomes = [&emails, &phones].map(|sought| distribute(sought, &holders));
        for (field, outcome) in [Field::Email, Field::Phone].into_iter().zip(outcomes) {
            identities.settle(field, outcome);
        }
        identities
    }
}

impl<'a> Identities<'a> {
    /// The place of a guest among all that want something.
    pub(super) fn position(&self, guest: &GuestKey) -> Option<Position> {
        self.positions.get(guest).copied()
    }

    pub(super) fn may_update(&self, person: &Person<'_>) -> bool {
        self.settings.policy != Policy::CreateOnly && person.is_own
    }

    /// The contact that the identity of a guest is to have, as far as something may be done about it.
    fn wants(&self, field: Field, person: &Person<'a>) -> Option<Cow<'a, str>> {
        let may_want = person.existing.is_none() || self.may_update(person);
        field.of(person.email, person.phone).filter(|_| may_want)
    }

    /// Guests that want a contact which they do not have.
    fn seekers(&self, field: Field) -> impl Iterator<Item = (Position, Cow<'a, str>)> {
        (0..).zip(&self.persons).filter_map(move |(position, person)| {
            let wanted = self.wants(field, person)?;
            let has = person.existing.and_then(|identity| field.of_identity(identity));
            (has.as_ref() != Some(&wanted)).then_some((position, wanted))
        })
    }

    /// Identities that have a stay by what the source says, or are not ours to change.
    fn spoken_for(
        &self,
        desired: &'a Desired,
        inventory: &'a Inventory,
        known: &Known<'a>,
    ) -> impl Iterator<Item = &'a UserIdentityId> {
        let waiting = desired.reservations.iter().flat_map(|reservation| {
            let left_alone = reservation.left_alone.iter().map(|stay| &stay.guest);
            reservation.held.iter().map(|stay| &stay.guest).chain(left_alone)
        });
        let waiting = waiting.filter_map(|guest| known.get(guest)).map(|holding| holding.identity);
        let expected = self.persons.iter().filter_map(|person| person.existing);
        let is_ours = |identity: &&Identity| {
            identity.key.as_ref().is_some_and(|key| self.settings.namespace.owns_identity(key))
                && self.settings.policy != Policy::CreateOnly
        };
        let not_ours = inventory.identities.iter().filter(move |identity| !is_ours(identity));
        waiting.chain(expected).chain(not_ours).map(|identity| &identity.id)
    }

    /// Takes note of who gets what. One who is denied keeps what they have, which may deny it to the next.
    fn settle(&mut self, field: Field, outcome: Outcome<'a>) {
        let Outcome { mut taken, mut denied } = outcome;
        // What somebody would give up of whom this plan does not speak is not free yet.
        let is_inside = |guest: Position| self.persons[guest].is_inside;
        let early = |guest: Position, taking: &Taking<'_>| {
            is_inside(guest) && taking.holder.is_some_and(|holder| !is_inside(holder))
        };
        denied.extend(
            taken.iter().filter(|(guest, taking)| early(**guest, taking)).map(|(guest, _)| (*guest, IN_SEAM)),
        );
        taken.retain(|guest, taking| !early(*guest, taking));
        let mut takers: HashMap<Position, Position> =
            taken.iter().filter_map(|(taker, taking)| Some((taking.holder?, *taker))).collect();
        while let Some((guest, why)) = denied.pop() {
            self.conflict(guest, field, why);
            if let Some(taker) = takers.remove(&guest) {
                taken.remove(&taker);
                denied.push((taker, IN_SEAM));
            }
        }
        for (guest, taking) in taken {
            self.takes.entry(guest).or_default().push(taking);
        }
    }

    fn conflict(&mut self, position: Position, field: Field, why: &str) {
        let column = field.word();
        let person = &mut self.persons[position];
        let guest = person.guest;
        match field {
            Field::Email => person.email = None,
            Field::Phone => person.phone = None,
        }
        if !person.is_inside {
            return;
        }
        let (message, hint) = match self.settings.on_contact_conflict {
            ContactConflict::Omit => (
                format!("the {column} of guest {guest} is left out: {why}"),
                "give each guest a contact of their own; the grant is made all the same",
            ),
            ContactConflict::Reject => {
                let refusal = format!("the {column} of the guest is not theirs alone: {why}");
                self.refusals.insert(position, refusal);
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
        if self.refusals.is_empty() {
            return None;
        }
        self.refusals.get(&self.position(guest)?).map(String::as_str)
    }

    /// The name of a guest, as it will be.
    pub(super) fn full_name(&self, guest: Position) -> Option<&EcoString> {
        let person = &self.persons[guest];
        person.full_name.or_else(|| person.existing.and_then(|identity| identity.full_name.as_ref()))
    }
}

/// The guests of the source, sorted by guest, as their rows describe them.
fn persons<'a>(desired: &'a Desired, known: &Known<'a>) -> Vec<Person<'a>> {
    let wishes = desired.reservations.iter().flat_map(|reservation| {
        let is_inside = !desired.outside.contains(&reservation.id);
        reservation.grants.iter().map(move |grant| (grant, is_inside))
    });
    // Those of one guest stay in the order of the reservations.
    let wishes = sorted_by_text(wishes, |(grant, _)| grant.guest.as_str(), |_| ());
    let mut persons: Vec<Person<'_>> = Vec::with_capacity(wishes.len());
    for (grant, is_inside) in wishes {
        if persons.last().is_none_or(|person| *person.guest != grant.guest) {
            persons.push(Person::new(&grant.guest, &grant.source, known));
        }
        let person = persons.last_mut().expect("there is one now");
        person.is_inside |= is_inside;
        person.hear(grant);
    }
    persons
}
