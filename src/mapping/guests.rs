//! Which guest a row is about (RULES 4).
//!
//! A guest without a key of the source's is `reservation/n` in the order of the rows, the one who booked first. Rows
//! keep the n of the identity with the same name, so that a new row above or a row that went does not hand one
//! guest's credential to another. E-mail, phone and name are never keys; here a name only pairs rows of one
//! reservation with each other and with their own numbers.

use std::collections::{BTreeMap, BTreeSet};

use ecow::{EcoString, eco_format};

use super::known::Known;
use super::settings::GuestScope;
use crate::model::{GuestKey, Reservation, ReservationId, Standing, Stay, same_person_name};

/// The guest of each row, and whether the scope wants a grant for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowGuest {
    pub(super) key: GuestKey,
    pub(super) wanted: bool,
}

/// The rows and the identities of the reservation cannot be paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotPaired;

/// Whether another property uses the same reservation key, so that it alone is not enough to name a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUse {
    One,
    Several,
}

pub(super) fn guests_of_rows(
    reservation: &Reservation,
    key_use: KeyUse,
    known: &Known,
    scope: GuestScope,
) -> Result<Vec<RowGuest>, NotPaired> {
    let stays = &reservation.stays;
    let persons = persons_of_rows(stays);
    let in_order = primary_first(stays, &persons);
    let base = base(&reservation.id, key_use, known);
    let granted: BTreeSet<&GuestKey> = known.guests_of(&reservation.id).collect();
    let existing: BTreeMap<u32, Numbered> = known
        .numbered(&base)
        .into_iter()
        .map(|(n, name)| (n, Numbered { name, has_grant: granted.contains(&numbered_key(&base, n)) }))
        .collect();
    let numbers = number(&in_order, &persons, stays, &existing)?;
    let key_of = |person: usize| match &stays[person].guest.key {
        Some(key) => key.clone(),
        None => numbered_key(&base, numbers[&person]),
    };
    // Without a mark the first row is the one who booked; one who has a grant keeps it when the rows change places.
    let primary = in_order.iter().copied().min_by_key(|person| {
        let rows = || stays.iter().zip(&persons).filter(|(_, p)| *p == person).map(|(stay, _)| stay);
        let is_gone = rows().all(|stay| stay.standing == Standing::Revoked);
        (is_gone, !rows().any(|stay| stay.guest.is_primary), !granted.contains(&key_of(*person)))
    });
    Ok(persons
        .iter()
        .map(|person| RowGuest {
            key: key_of(*person),
            wanted: match scope {
                GuestScope::All => true,
                GuestScope::Primary => Some(*person) == primary,
            },
        })
        .collect())
}

/// A number that an identity of the reservation has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Numbered {
    name: EcoString,
    has_grant: bool,
}

fn numbered_key(base: &str, n: u32) -> GuestKey {
    GuestKey::from(eco_format!("{base}/{n}"))
}

/// What goes before the number: the reservation's key, with the property where the key alone is not enough.
/// A guest that already has a grant keeps the form it was given.
fn base(id: &ReservationId, key_use: KeyUse, known: &Known) -> EcoString {
    let short = id.key.text();
    let has = |base: &str| {
        known
            .guests_of(id)
            .any(|guest| super::known::split_number(guest.as_str()).is_some_and(|(b, _)| b == base))
    };
    let has_no_property = id.property.as_str().is_empty();
    match key_use {
        KeyUse::One if has_no_property || !has(&eco_format!("{id}")) => short,
        KeyUse::Several if has(&short) => short,
        KeyUse::One | KeyUse::Several => eco_format!("{id}"),
    }
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

fn same_person(left: &Stay, right: &Stay) -> bool {
    match (&left.guest.key, &right.guest.key) {
        (Some(left), Some(right)) => left == right,
        (None, None) if !left.guest.full_name.is_empty() => {
            same_person_name(&left.guest.full_name, &right.guest.full_name)
        }
        (None, None) => {
            right.guest.full_name.is_empty()
                && left.guest.email == right.guest.email
                && left.guest.phone == right.guest.phone
        }
        _ => false,
    }
}

fn primary_first(stays: &[Stay], persons: &[usize]) -> Vec<usize> {
    let is_primary =
        |person: &usize| stays.iter().zip(persons).any(|(stay, p)| p == person && stay.guest.is_primary);
    // Each person is the first of their rows.
    let mut distinct: Vec<usize> = (0..persons.len()).filter(|row| persons[*row] == *row).collect();
    distinct.sort_by_key(|person| !is_primary(person));
    distinct
}

/// Gives each keyless person a number: the one of the identity with the same name, else that of a guest whose name is
/// gone and who has a grant (they were renamed), else a new one.
fn number(
    in_order: &[usize],
    persons: &[usize],
    stays: &[Stay],
    existing: &BTreeMap<u32, Numbered>,
) -> Result<BTreeMap<usize, u32>, NotPaired> {
    debug_assert_eq!(persons.len(), stays.len(), "each row has a person");
    let keyless: Vec<usize> =
        in_order.iter().copied().filter(|person| stays[*person].guest.key.is_none()).collect();
    let mut free = existing.clone();
    let mut numbers = BTreeMap::new();
    for &person in &keyless {
        let same = |known: &Numbered| same_person_name(&known.name, &stays[person].guest.full_name);
        let namesakes = free.iter().filter(|(_, known)| same(known));
        if let Some(n) = namesakes.min_by_key(|(n, known)| (!known.has_grant, **n)).map(|(n, _)| *n) {
            free.remove(&n);
            numbers.insert(person, n);
        }
    }
    // An identity without a grant is of somebody who left the reservation; nobody new takes it over.
    free.retain(|_, known| known.has_grant);
    let unpaired: Vec<usize> = keyless.into_iter().filter(|person| !numbers.contains_key(person)).collect();
    match (unpaired.len(), free.len()) {
        (0, _) => {}
        (1, 1) => {
            let n = *free.keys().next().expect("one number is free");
            numbers.insert(unpaired[0], n);
        }
        (_, 0) => {
            let mut n = 0;
            for person in unpaired {
                n += 1;
                while existing.contains_key(&n) || numbers.values().any(|used| *used == n) {
                    n += 1;
                }
                numbers.insert(person, n);
            }
        }
        _ => return Err(NotPaired),
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {

    use jiff::civil::date;

    use super::*;
    use crate::model::{Guest, Moment, Place, SourcePlace};

    fn row(name: &str) -> Stay {
        let moment = |day| {
            let local = date(2026, 12, day).at(12, 0, 0, 0);
            Moment::at(local, &jiff::tz::TimeZone::UTC, crate::model::time::Side::Arrival).expect("a day")
        };
        Stay {
            stay_id: None,
            share_key: None,
            guest: Guest { key: None, full_name: name.into(), email: None, phone: None, is_primary: false },
            place: Place::Unassigned,
            check_in: moment(1),
            check_out: moment(2),
            standing: Standing::Expected,
            methods: [].into(),
            code: None,
            opted_out: false,
            updated_at: None,
            booked_at: None,
            source: SourcePlace { container: "rows".into(), row: 2 },
        }
    }

    /// Known people are `name` or, where they have no grant any more, `(name)`; the numbers are 1, 2 and so on.
    fn check(known: &[&str], rows: &[&str], expected: Result<&[u32], NotPaired>) {
        let stays: Vec<Stay> = rows.iter().map(|name| row(name)).collect();
        let existing = (1..).zip(known).map(|(n, name)| {
            let bare = name.trim_matches(['(', ')']);
            (n, Numbered { name: bare.into(), has_grant: bare == *name })
        });
        let persons = persons_of_rows(&stays);
        let numbers = number(&primary_first(&stays, &persons), &persons, &stays, &existing.collect());
        let numbers = numbers.map(|numbers| persons.iter().map(|p| numbers[p]).collect::<Vec<_>>());
        assert_eq!(numbers, expected.map(<[u32]>::to_vec), "{known:?} with {rows:?}");
    }

    #[test]
    fn numbers_follow_names_and_a_new_person_never_gets_an_old_number() {
        check(&[], &["Ana", "Bo"], Ok(&[1, 2]));
        check(&[], &["Ana", "Bo", "ana"], Ok(&[1, 2, 1]));
        check(&["Ana", "Bo"], &["Bo", "Ana"], Ok(&[2, 1]));
        check(&["Ana"], &["Bo", "Ana"], Ok(&[2, 1]));
        check(&["Ana", "Bo"], &["Bo"], Ok(&[2]));
        check(&["Ana", "Bo"], &["Boris", "Ana"], Ok(&[2, 1]));
        check(&["Ana", "(Bo)"], &["Ana", "Cleo"], Ok(&[1, 3]));
        check(&["(Ana)", "Ana"], &["Ana"], Ok(&[2]));
        check(&["(Ana)"], &["Ana"], Ok(&[1]));
    }

    #[test]
    fn people_who_cannot_be_told_apart_are_not_paired() {
        check(&["Ana", "Bo"], &["Cleo", "Dan"], Err(NotPaired));
        check(&["Ana"], &["Cleo", "Dan"], Err(NotPaired));
        check(&["Ana", "Bo"], &["Cleo"], Err(NotPaired));
    }
}
