//! Who may be in a unit together (RULES 12).

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::ground::{Grant, Ground, Status, Stay};
use crate::model::{Choice, DoorRef, GuestKey, PropertyCode};
use crate::plan::live::Live;
use crate::plan::planner::PlanInput;

impl Ground<'_> {
    /// Whether two stays are of one person: by the key of the guest, or by name and contact (RULES 12).
    pub(in crate::plan) fn is_same_guest(&self, left: usize, right: usize) -> bool {
        let (left, right) = (&self.stays[left], &self.stays[right]);
        let share_contact = || contacts(left).any(|contact| contacts(right).any(|other| other == contact));
        let name = folded(left.full_name);
        let is_named = !name.is_empty() && !crate::mapping::is_placeholder(&name);
        left.guest == right.guest || (is_named && name == folded(right.full_name) && share_contact())
    }

    /// Rule 12, for each door and transitive: the same reservation, guest or share key, or a person said so.
    pub(super) fn assign_parties(&mut self, live: &Live<'_>, input: &PlanInput<'_>) {
        let names = NamesOfContacts::of(&self.stays);
        let is_over = |reservation: usize| {
            let stays = &self.stays[self.parties[reservation].stays.clone()];
            !stays.is_empty() && stays.iter().all(|stay| matches!(stay.status, Status::Over(_)))
        };
        let mut doors: Vec<DoorRef> = self.claims_at.keys().chain(self.grants_at.keys()).copied().collect();
        doors.sort_unstable();
        doors.dedup();
        let by_key: HashMap<(&PropertyCode, &str), usize> = self
            .parties
            .iter()
            .enumerate()
            .map(|(n, party)| ((&party.id.property, party.id.key.as_str()), n))
            .collect();
        for door in doors {
            let mut members: Vec<(usize, SmallVec<[Link<'_>; 4]>)> = Vec::new();
            for (stay, _) in self.claims_at.get(&door).into_iter().flatten() {
                let row = &self.stays[*stay];
                let mut links: SmallVec<[Link<'_>; 4]> = SmallVec::new();
                links.push(Link::Reservation(row.reservation));
                if input.settings.namespace.is_unnumbered(row.guest) {
                    links.push(Link::Guest(row.guest));
                }
                links.extend(row.share_key.map(|key| Link::Share(key.as_str())));
                links.extend(names.person(row).into_iter().flatten());
                members.push((row.reservation, links));
            }
            for grant in self.grants_at.get(&door).into_iter().flatten() {
                let Grant { reservation, position, .. } = self.grants[*grant];
                if is_over(reservation) {
                    continue;
                }
                let guest = &live.owned[position].parts.guest;
                let mut links: SmallVec<[Link<'_>; 4]> = SmallVec::new();
                links.push(Link::Reservation(reservation));
                if input.settings.namespace.is_unnumbered(guest) {
                    links.push(Link::Guest(guest));
                }
                members.push((reservation, links));
            }
            if members.len() < 2 {
                continue;
            }
            let mut parent: Vec<usize> = (0..members.len()).collect();
            let mut first: HashMap<&Link<'_>, usize> = HashMap::new();
            for (at, (reservation, links)) in members.iter().enumerate() {
                for link in links {
                    let other = *first.entry(link).or_insert(at);
                    join(&mut parent, at, other);
                }
                for decided in self.decisions.get(reservation).into_iter().flatten() {
                    let Choice::ShareWith(other) = decided.choice else { continue };
                    let other = by_key.get(&(&self.parties[*reservation].id.property, other.as_str()));
                    let other = other.and_then(|other| members.iter().position(|(r, _)| r == other));
                    if let Some(other) = other {
                        join(&mut parent, at, other);
                    }
                }
            }
            for (at, (reservation, _)) in members.iter().enumerate() {
                let party = super::root(&mut parent, at);
                self.party.insert((door, *reservation), party);
            }
        }
    }
}

fn join(parent: &mut [usize], left: usize, right: usize) {
    let (left, right) = (super::root(parent, left), super::root(parent, right));
    parent[left] = right;
}

/// What makes two stays of a unit one party.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Link<'a> {
    Reservation(usize),
    Guest(&'a GuestKey),
    Share(&'a str),
    /// The same name with the same contact.
    Person(String, String),
}

/// The names under which each contact stands: one that several people have makes nobody one person.
struct NamesOfContacts {
    names: HashMap<String, Option<String>>,
}

impl NamesOfContacts {
    fn of(stays: &[Stay<'_>]) -> Self {
        let mut names: HashMap<String, Option<String>> = HashMap::new();
        for stay in stays {
            let name = folded(stay.full_name);
            for contact in contacts(stay) {
                names
                    .entry(contact)
                    .and_modify(|known| {
                        if known.as_ref() != Some(&name) {
                            *known = None;
                        }
                    })
                    .or_insert_with(|| Some(name.clone()));
            }
        }
        Self { names }
    }

    fn person<'a>(&self, stay: &Stay<'_>) -> [Option<Link<'a>>; 2] {
        let mut contacts = contacts(stay).filter_map(|contact| {
            let name = self.names.get(&contact)?.clone()?;
            (!name.is_empty() && !crate::mapping::is_placeholder(&name))
                .then_some(Link::Person(name, contact))
        });
        [contacts.next(), contacts.next()]
    }
}

fn contacts(stay: &Stay<'_>) -> impl Iterator<Item = String> {
    let email = stay.email.map(|email| email.folded().into_owned());
    email.into_iter().chain(stay.phone.map(ToString::to_string))
}

fn folded(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
