//! Which guest a row is about (RULES 4 to 6).
//!
//! A guest without a key of the source's is `reservation/n` in the order of the rows, the one who booked first. Rows
//! are paired with the guests that are known of the reservation; who is paired keeps the key, and a number is never
//! given to somebody else. Another person in the place of a known guest is a guest of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use ecow::{EcoString, eco_format};

use super::current_access::CurrentAccess;
use super::desired::Newcomer;
use super::directory::{Directory, SpaceRef};
use super::guest_keys::{numbered, of_source, split_number};
use super::map::Mapper;
use super::pairing::{KnownGuest, Pair, Relation, RowPerson, pair};
use super::people::{Contacts, own_property};
use super::rows::window_of;
use super::settings::GuestScope;
use crate::model::{Guest, GuestKey, Reservation, ReservationId, Standing, Stay, is_equal_name, is_variant};

/// The guest of each row, and whether the scope wants a grant for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowGuest {
    pub(super) key: GuestKey,
    pub(super) wanted: bool,
    /// The known guest whom this guest replaces, if any.
    pub(super) newcomer: Option<Newcomer>,
    /// The name that is known, where the row has none.
    pub(super) known_as: Option<EcoString>,
}

/// A known guest without a row of their own, whose stay follows a row of the reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Follower {
    pub(super) guest: GuestKey,
    pub(super) full_name: EcoString,
    pub(super) row: usize,
}

/// The guests of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guests {
    /// In the order of the rows.
    pub(super) rows: Vec<RowGuest>,
    pub(super) followers: Vec<Follower>,
}

/// Whether another property uses the same reservation key, so that it alone is not enough to name a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUse {
    One,
    Several,
}

/// The people of the rows of a reservation, beside the guests that are known of it. A person is called by the first of
/// their rows.
pub(super) struct People<'r> {
    pub(super) reservation: &'r Reservation,
    /// The person of each row.
    persons: Vec<usize>,
    /// The one who booked first.
    pub(super) in_order: Vec<usize>,
    pub(super) known: Vec<KnownGuest<'r>>,
    /// In the order of the persons.
    pairs: Vec<Option<Pair>>,
}

impl Mapper<'_> {
    /// Finds the guests of the rows of a reservation.
    pub(super) fn guests(&mut self, reservation: &Reservation, key_use: KeyUse) -> Guests {
        let Reservation { id, stays, .. } = reservation;
        let access = self.access;
        let base = base(id, key_use, access);
        let persons = persons_of_rows(stays);
        let in_order = primary_first(stays, &persons);
        let known_guests = known_guests(id, &base, access, self.directory);
        let mut people =
            People { reservation, pairs: vec![None; in_order.len()], persons, in_order, known: known_guests };
        let has_properties = !self.settings.properties.by_code.is_empty();
        let property = own_property(&id.property).filter(|_| has_properties);
        if !people.pair_the_obvious(|key| of_source(key, property)) {
            let persons = self.row_persons(&people);
            people.pairs = pair(&persons, &people.known, access.listing.is_complete);
        }
        let keys = people.keys(&base, |key| of_source(key, property));
        let wanted = self.wanted(&people, &keys);
        let newcomers = self.newcomers(&people);
        let row = |(person, stay): (&usize, &Stay)| {
            let known = people.known_as(*person).filter(|known| !known.contacts.full_name.is_empty());
            let keeps_name = known.filter(|_| !Contacts::from(&stay.guest).is_named());
            RowGuest {
                key: keys[person].clone(),
                wanted: wanted.contains(person),
                newcomer: newcomers.get(person).filter(|_| wanted.contains(person) && grants(stay)).cloned(),
                known_as: keeps_name.map(|known| known.contacts.full_name.into()),
            }
        };
        let rows: Vec<RowGuest> = people.persons.iter().zip(stays).map(row).collect();
        let followers = self.followers(&people, &rows);
        Guests { rows, followers }
    }

    /// The people of the rows with what they are paired by.
    fn row_persons<'r>(&mut self, people: &People<'r>) -> Vec<RowPerson<'r>> {
        let id = &people.reservation.id;
        let property = self.settings.properties.get(&id.property);
        let has_properties = !self.settings.properties.by_code.is_empty();
        let now = self.now;
        let code = own_property(&id.property).filter(|_| has_properties);
        people
            .in_order
            .iter()
            .map(|person| {
                let rows = || people.rows_of(*person);
                let key = rows().find_map(|stay| stay.guest.key.as_ref());
                let is_over = |stay: &&Stay| window_of(stay, property).ended(now);
                let units = rows().filter(|stay| !is_over(stay)).flat_map(|stay| self.unit_spaces(stay, id));
                let units = units.collect();
                RowPerson {
                    key,
                    guest: key.map(|key| of_source(key, code)),
                    rows: rows().map(|stay| Contacts::from(&stay.guest)).collect(),
                    units,
                    windows: rows().map(|stay| window_of(stay, property)).collect(),
                    grants: rows().any(grants),
                }
            })
            .collect()
    }

    /// The spaces of each unit of a row, sorted.
    pub(super) fn unit_spaces(&mut self, stay: &Stay, id: &ReservationId) -> Vec<Vec<SpaceRef>> {
        let units = self.places.spaces_of(&stay.place, &id.property).unwrap_or_default();
        units.iter().map(|unit| unit.spaces.clone()).collect()
    }

    /// The persons for whom the scope wants a grant.
    fn wanted(&self, people: &People<'_>, keys: &BTreeMap<usize, GuestKey>) -> BTreeSet<usize> {
        if self.settings.guests == GuestScope::All {
            return people.in_order.iter().copied().collect();
        }
        let granted: BTreeSet<&GuestKey> = self.access.guests_of(&people.reservation.id).collect();
        // Without a mark the first row is the one who booked; one who has a grant keeps it when the rows change places.
        let primary = people.in_order.iter().copied().min_by_key(|person| {
            let is_gone = people.rows_of(*person).all(|stay| stay.standing == Standing::Revoked);
            let is_marked = people.rows_of(*person).any(|stay| stay.guest.is_primary);
            (is_gone, !is_marked, !granted.contains(&keys[person]))
        });
        primary.into_iter().collect()
    }
}

impl<'r> People<'r> {
    /// The rows of a person.
    pub(super) fn rows_of(&self, person: usize) -> impl Iterator<Item = &'r Stay> + Clone + '_ {
        let rows = self.reservation.stays.iter().zip(&self.persons);
        rows.filter(move |(_, other)| **other == person).map(|(stay, _)| stay)
    }

    pub(super) fn has_granting_row(&self, person: usize) -> bool {
        self.rows_of(person).any(grants)
    }

    fn paired(&self, person: usize) -> Option<(Pair, &KnownGuest<'r>)> {
        let position = self.in_order.iter().position(|other| *other == person)?;
        let pair = self.pairs[position]?;
        Some((pair, &self.known[pair.known]))
    }

    /// The known guest that a person is. A row without an opinion changes nothing for the guest it is paired with.
    fn known_as(&self, person: usize) -> Option<&KnownGuest<'r>> {
        let (pair, known) = self.paired(person)?;
        let has_no_opinion = || {
            let speaks = |stay: &Stay| grants(stay) || stay.standing == Standing::Revoked && !stay.opted_out;
            !self.rows_of(person).any(speaks)
        };
        (pair.relation != Relation::Another || has_no_opinion()).then_some(known)
    }

    /// The known guest whom a person replaces, and how they are related.
    pub(super) fn former(&self, person: usize) -> Option<(Relation, &KnownGuest<'r>)> {
        let (pair, known) = self.paired(person)?;
        let takes = pair.relation != Relation::Same && self.has_granting_row(person);
        takes.then_some((pair.relation, known))
    }

    /// How many persons have a row that gives them a right to doors.
    pub(super) fn n_persons_with_a_grant(&self) -> usize {
        self.in_order.iter().filter(|person| self.has_granting_row(**person)).count()
    }

    /// The known guests with current or future stays who are paired with no person.
    pub(super) fn unpaired(&self) -> impl Iterator<Item = &KnownGuest<'r>> {
        self.known.iter().filter(|known| known.is_there() && self.is_unpaired(known))
    }

    /// Whether a known guest is paired with no person.
    pub(super) fn is_unpaired(&self, known: &KnownGuest<'_>) -> bool {
        !self.pairs.iter().flatten().any(|pair| self.known[pair.known].guest == known.guest)
    }

    /// Pairs persons and known guests without a search: as many of both, and each person has the name of one known guest,
    /// who has the key of the row or is the only one of that name. Most reservations are so. Whether it did.
    fn pair_the_obvious(&mut self, of_source: impl Fn(&GuestKey) -> GuestKey) -> bool {
        if self.known.is_empty() {
            return true;
        }
        if self.known.len() != self.in_order.len() {
            return false;
        }
        let guests = || self.in_order.iter().map(|person| &self.reservation.stays[*person].guest);
        let has_name = |name: &str| guests().filter(|guest| guest.full_name == name).count();
        let pair_of = |guest: &Guest| {
            let row = Contacts::from(guest);
            let has_key =
                |known: &KnownGuest<'_>, key: &GuestKey| known.guest == *key || known.guest == of_source(key);
            let is_it = |known: &KnownGuest<'_>| match &guest.key {
                Some(key) if self.known.len() > 1 => has_key(known, key),
                _ => known.contacts.full_name == row.full_name,
            };
            let known = self.known.iter().position(is_it)?;
            let KnownGuest { contacts, .. } = &self.known[known];
            let is_only = || self.known.len() == 1 || guest.key.is_some() || has_name(row.full_name) == 1;
            let is_obvious = self.known[known].is_there()
                && row.is_named()
                && contacts.full_name == row.full_name
                && is_only();
            is_obvious.then_some(Some(Pair { known, relation: Relation::Same }))
        };
        let pairs: Option<Vec<Option<Pair>>> = guests().map(pair_of).collect();
        let is_obvious = pairs.is_some();
        self.pairs = pairs.unwrap_or_else(|| mem::take(&mut self.pairs));
        is_obvious
    }

    /// The key of each person: that of the known guest, else that of the source, else a number that nobody ever had.
    fn keys(&self, base: &str, of_source: impl Fn(&GuestKey) -> GuestKey) -> BTreeMap<usize, GuestKey> {
        let number = |guest: &GuestKey| {
            let (of, n) = split_number(guest.as_str())?;
            (of == base).then_some(n)
        };
        let mut used: BTreeSet<u32> = self.known.iter().filter_map(|known| number(&known.guest)).collect();
        let mut keys = BTreeMap::new();
        for person in &self.in_order {
            let own = self.rows_of(*person).find_map(|stay| stay.guest.key.as_ref());
            let key = match (self.known_as(*person), own) {
                (Some(known), _) => known.guest.clone(),
                (None, Some(key)) => of_source(key),
                (None, None) => {
                    let n = (1..=u32::MAX)
                        .find(|n| !used.contains(n))
                        .expect("there are more numbers than guests");
                    used.insert(n);
                    numbered(base, n)
                }
            };
            keys.insert(*person, key);
        }
        keys
    }
}

/// Whether a row gives its guest a right to doors.
pub(super) fn grants(stay: &Stay) -> bool {
    matches!(stay.standing, Standing::Expected | Standing::CheckedIn) && !stay.opted_out
}

/// What goes before the number: the reservation's key, with the property where the key alone is not enough.
/// A guest that already has a grant keeps the form it was given.
fn base(id: &ReservationId, key_use: KeyUse, access: &CurrentAccess<'_>) -> EcoString {
    let short = id.key.text();
    let has = |base: &str| {
        access.guests_of(id).any(|guest| split_number(guest.as_str()).is_some_and(|(b, _)| b == base))
    };
    let has_no_property = id.property.as_str().is_empty();
    match key_use {
        KeyUse::One if has_no_property || !has(&eco_format!("{id}")) => short,
        KeyUse::Several if has(&short) => short,
        KeyUse::One | KeyUse::Several => eco_format!("{id}"),
    }
}

/// The guests that are known of a reservation: those with a stay, and those whose number it is.
fn known_guests<'r>(
    id: &ReservationId,
    base: &str,
    access: &'r CurrentAccess<'_>,
    directory: &Directory,
) -> Vec<KnownGuest<'r>> {
    let mut guests: Vec<KnownGuest<'r>> = Vec::new();
    let position_of = |guest: &GuestKey, guests: &mut Vec<KnownGuest<'r>>| {
        guests.iter().position(|other| other.guest == *guest).unwrap_or_else(|| {
            let contacts = access.identity_of(guest).map_or(Contacts::UNKNOWN, Contacts::from);
            let guest = guest.clone();
            guests.push(KnownGuest { guest, contacts, stays: Vec::new(), is_recorded: false });
            guests.len() - 1
        })
    };
    for stay in access.stays_of(id) {
        let position = position_of(stay.guest(), &mut guests);
        guests[position].is_recorded |= stay.recorded().is_some();
        if !stay.is_over() {
            guests[position].stays.push((stay.spaces(directory), stay.window()));
        }
    }
    for (n, _) in access.numbered(base) {
        position_of(&numbered(base, *n), &mut guests);
    }
    if guests.len() > 1 {
        let number = |guest: &GuestKey| split_number(guest.as_str()).map(|(_, n)| n);
        guests.sort_by(|left, right| {
            (number(&left.guest), &left.guest).cmp(&(number(&right.guest), &right.guest))
        });
    }
    guests
}

/// For each row the first row about the same person.
fn persons_of_rows(stays: &[Stay]) -> Vec<usize> {
    let mut persons = Vec::with_capacity(stays.len());
    for (row, stay) in stays.iter().enumerate() {
        let first = (0..row).find(|&earlier| same_person(&stays[earlier], stay));
        persons.push(first.map_or(row, |earlier| persons[earlier]));
    }
    persons
}

/// Whether two rows of a reservation are about one person: by the key, else by the name. A name that is nobody's is a
/// guest of its own, and so is one with another e-mail address. A variant of a name in the same unit and time is
/// somebody else of the family.
fn same_person(left: &Stay, right: &Stay) -> bool {
    if let (Some(left), Some(right)) = (&left.guest.key, &right.guest.key) {
        return left == right;
    }
    let (one, other) = (Contacts::from(&left.guest), Contacts::from(&right.guest));
    let is_beside =
        || left.place == right.place && left.check_in < right.check_out && right.check_in < left.check_out;
    !one.differ_in_email(&other)
        && one.is_named()
        && other.is_named()
        && (is_equal_name(one.full_name, other.full_name)
            || (!is_beside() && is_variant(one.full_name, other.full_name)))
}

/// Whether rows of a reservation name two guests.
pub(super) fn lists_several_guests(stays: &[Stay]) -> bool {
    stays.len() > 1 && persons_of_rows(stays).iter().any(|person| *person > 0)
}

fn primary_first(stays: &[Stay], persons: &[usize]) -> Vec<usize> {
    let is_primary =
        |person: &usize| stays.iter().zip(persons).any(|(stay, p)| p == person && stay.guest.is_primary);
    // Each person is the first of their rows.
    let mut distinct: Vec<usize> = (0..persons.len()).filter(|row| persons[*row] == *row).collect();
    distinct.sort_by_key(|person| !is_primary(person));
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{guest, stay};
    use crate::model::Place;

    /// A row such as `KEY|NAME|E-MAIL|UNIT`.
    fn row(text: &&str) -> Stay {
        let cells: Vec<&str> = text.split('|').collect();
        let [key, full_name, email, unit] = cells[..] else { panic!("`{text}`") };
        let place = if unit.is_empty() { Place::Unassigned } else { Place::Units([unit.into()].into()) };
        Stay { guest: guest(key, full_name, email), place, ..stay() }
    }

    fn check(rows: &[&str], expected: &[usize]) {
        let stays: Vec<Stay> = rows.iter().map(row).collect();
        assert_eq!(persons_of_rows(&stays), expected, "{rows:?}");
    }

    #[test]
    fn rows_of_one_person_have_one_key_or_one_name() {
        check(&["|Ana||1", "|Bo||1", "|ana||2"], &[0, 1, 0]);
        check(&["G1|Ana||1", "G1|Bo||2", "G2|Ana||3"], &[0, 0, 2]);
        check(&["G1|Ana||1", "|Ana||2"], &[0, 0]);
        check(&["|Ana|a@example.com|1", "|Ana|b@example.com|2", "|Ana||3"], &[0, 1, 0]);
        check(&["|TBA||1", "|TBA||1", "|||2", "|||2"], &[0, 1, 2, 3]);
        check(&["|Ana Sousa||1", "|Sousa, A.||2"], &[0, 0]);
        check(&["|Anna Berg||1", "|Anne Berg||1"], &[0, 1]);
    }

    fn check_keys(known_guests: &[&str], rows: &[&str], pairs: &[Option<usize>], expected: &[&str]) {
        let stays: Vec<Stay> = rows.iter().map(row).collect();
        let id = ReservationId { property: "".into(), key: "R".into() };
        let reservation = Reservation { id, stays, n_rejected_rows: 0 };
        let persons = persons_of_rows(&reservation.stays);
        let known = |guest: &&str| KnownGuest {
            guest: (*guest).into(),
            contacts: Contacts::UNKNOWN,
            is_recorded: true,
            stays: Vec::new(),
        };
        let pair = |known: &Option<usize>| known.map(|known| Pair { known, relation: Relation::Same });
        let people = People {
            reservation: &reservation,
            in_order: primary_first(&reservation.stays, &persons),
            persons,
            known: known_guests.iter().map(known).collect(),
            pairs: pairs.iter().map(pair).collect(),
        };
        let keys = people.keys("R", |key| of_source(key, None));
        let found: Vec<&str> = people.persons.iter().map(|person| keys[person].as_str()).collect();
        assert_eq!(found, expected, "{rows:?}");
    }

    #[test]
    fn keys_of_known_guests_of_the_source_and_new_numbers() {
        check_keys(&[], &["|Ana||1", "|Bo||1"], &[None, None], &["R/1", "R/2"]);
        check_keys(&["R/1", "R/2"], &["|Cleo||1", "|Ana||1"], &[None, Some(0)], &["R/3", "R/1"]);
        check_keys(&["R/2", "Q/1"], &["|Ana||1", "|Bo||1"], &[None, None], &["R/1", "R/3"]);
        check_keys(&["R/1"], &["G1|Ana||1", "G2|Bo||1"], &[Some(0), None], &["R/1", "G2"]);
        check_keys(
            &["G1"],
            &["|Ana||1", "R/1|Bo||1", "|Cleo||1"],
            &[Some(0), None, None],
            &["G1", "R%2F1", "R/1"],
        );
    }

    #[test]
    fn several_guests_are_listed_where_rows_name_two() {
        let check = |rows: &[&str], expected: bool| {
            let stays: Vec<Stay> = rows.iter().map(row).collect();
            assert_eq!(lists_several_guests(&stays), expected, "{rows:?}");
        };
        check(&[], false);
        check(&["|Ana||1"], false);
        // One guest in two units, or with two segments.
        check(&["|Ana||1", "|Ana||2"], false);
        check(&["G1|Ana||1", "G1|Bo||2"], false);
        check(&["|Ana||1", "|Bo||1"], true);
        check(&["|Ana||1", "|ana||2", "|Bo||1"], true);
        check(&["G1|Ana||1", "G2|Ana||1"], true);
    }
}
