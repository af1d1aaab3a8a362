//! Who may be in a unit together (RULES 12).

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::ground::{Grant, Ground, Status, Stay};
use crate::mapping::is_placeholder;
use crate::model::{Choice, DoorRef, GuestKey, PropertyCode, is_variant};
use crate::plan::live::Live;
use crate::plan::planner::PlanInput;

impl Ground<'_> {
    /// Whether two stays are of one person: by the key of the guest, or by name and contact (RULES 12).
    pub(in crate::plan) fn is_same_guest(&self, left: usize, right: usize) -> bool {
        let (left, right) = (&self.stays[left], &self.stays[right]);
        let share_contact =
            || self.own_contacts(left).any(|contact| self.own_contacts(right).any(|other| other == contact));
        if left.guest == right.guest {
            left.reservation == right.reservation || !self.shared.has_guest(left.guest)
        } else {
            share_contact() && is_variant(left.full_name, right.full_name)
        }
    }

    /// The contacts of a stay by which its guest is known: of somebody with a name, and not those of several people.
    fn own_contacts(&self, stay: &Stay<'_>) -> impl Iterator<Item = String> {
        let is_named = !is_placeholder(stay.full_name);
        let email = stay.email.map(|email| email.folded().into_owned());
        let contacts = email.into_iter().chain(stay.phone.map(ToString::to_string));
        contacts.filter(move |contact| is_named && !self.shared.has_contact(contact))
    }

    /// What makes stays and grants of one guest one party in any reservation: a key that is one person's.
    fn own_key<'k>(&self, guest: &'k GuestKey, input: &PlanInput<'_>) -> Option<Link<'k>> {
        let is_own = input.settings.namespace.is_unnumbered(guest) && !self.shared.has_guest(guest);
        is_own.then_some(Link::Guest(guest))
    }

    /// Rule 12, for each door and transitive: the same reservation, guest or share key, or a person said so.
    pub(super) fn assign_parties(&mut self, live: &Live<'_>, input: &PlanInput<'_>) {
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
                links.extend(self.own_key(row.guest, input));
                links.extend(row.share_key.map(|key| Link::Share(key.as_str())));
                links.extend(self.own_contacts(row).map(Link::Contact));
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
                links.extend(self.own_key(guest, input));
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
                    let Choice::ShareWith(other) = &decided.choice else { continue };
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
    /// A contact that stands with variants of one name.
    Contact(String),
}
