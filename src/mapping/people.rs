//! Who is one person by name and contact, and which keys and contacts stand with several people (RULES 4 to 6, 12).

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};
use smallvec::{SmallVec, smallvec};

use super::current_access::CurrentAccess;
use super::guest_keys::of_source;
use super::placeholders::is_placeholder;
use crate::model::{
    EmailAddress, Guest, GuestKey, Identity, PhoneNumber, Problem, ProblemCode, PropertyCode, Reservation,
    SourcePlace, is_variant,
};
use crate::side_by_side::both;

/// So many keys, and rows of each, a warning lists.
const LISTED: usize = 10;

/// The name, e-mail address and phone number of a row or of an identity.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contacts<'a> {
    pub(super) full_name: &'a str,
    email: Option<&'a EmailAddress>,
    phone: Option<&'a PhoneNumber>,
}

impl<'a> From<&'a Guest> for Contacts<'a> {
    fn from(guest: &'a Guest) -> Self {
        Self { full_name: &guest.full_name, email: guest.email.as_ref(), phone: guest.phone.as_ref() }
    }
}

impl<'a> From<&'a Identity> for Contacts<'a> {
    fn from(identity: &'a Identity) -> Self {
        Self {
            full_name: identity.full_name.as_deref().unwrap_or_default(),
            email: identity.email.as_ref(),
            phone: identity.phone.as_ref(),
        }
    }
}

impl<'a> Contacts<'a> {
    /// Of an identity that is not there any more.
    pub(super) const UNKNOWN: Self = Self { full_name: "", email: None, phone: None };

    /// Whether the name is a real one and no placeholder.
    pub(super) fn is_named(&self) -> bool {
        !is_placeholder(self.full_name)
    }

    /// Each contact in the form in which it is compared.
    pub(super) fn each(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let email = self.email.map(EmailAddress::folded);
        email.into_iter().chain(self.phone.map(|phone| Cow::Borrowed(phone.as_str())))
    }

    /// Whether both have a contact that agrees.
    pub(super) fn share_contact(&self, other: &Self) -> bool {
        self.each().any(|contact| other.each().any(|others| others == contact))
    }

    /// Whether both have an e-mail address, and not the same.
    pub(super) fn differ_in_email(&self, other: &Self) -> bool {
        self.email.zip(other.email).is_some_and(|(left, right)| left.folded() != right.folded())
    }

    fn may_be_one_person(&self, other: &Self) -> bool {
        self.full_name == other.full_name
            || self.share_contact(other)
            || is_variant(self.full_name, other.full_name)
    }
}

/// Guest keys and contacts that several people have: they identify no guest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharedByPeople {
    guests: HashSet<GuestKey>,
    contacts: HashSet<String>,
}

impl SharedByPeople {
    /// Whether a guest has a key that stands with several people.
    pub fn has_guest(&self, guest: &GuestKey) -> bool {
        self.guests.contains(guest)
    }

    /// Whether a contact, in the form in which it is compared, stands with several names.
    pub fn has_contact(&self, contact: &str) -> bool {
        self.contacts.contains(contact)
    }
}

/// Takes from the rows each guest key that is not one person's, and warns of those keys (RULES 6).
pub(super) fn distrust_keys(
    reservations: &mut [Reservation],
    access: &CurrentAccess<'_>,
    has_properties: bool,
) -> (SharedByPeople, Option<Problem>) {
    let (shared_keys, contacts) =
        both(|| shared_keys(reservations, access, has_properties), || shared_contacts(reservations));
    let mut shared = SharedByPeople { guests: HashSet::new(), contacts };
    if shared_keys.is_empty() {
        return (shared, None);
    }
    let mut rows: Vec<(GuestKey, Vec<SourcePlace>)> = Vec::new();
    let mut positions: HashMap<(PropertyCode, GuestKey), usize> = HashMap::new();
    for Reservation { id, stays, .. } in reservations {
        let property = if has_properties { id.property.clone() } else { PropertyCode::none() };
        for stay in stays {
            let Some(key) = &stay.guest.key else { continue };
            let place = (property.clone(), key.clone());
            if !shared_keys.contains(&place) {
                continue;
            }
            shared.guests.insert(of_source(key, own_property(&property)));
            shared.guests.insert(key.clone());
            let position = *positions.entry(place).or_insert_with(|| {
                rows.push((key.clone(), Vec::new()));
                rows.len() - 1
            });
            rows[position].1.push(stay.source.clone());
            stay.guest.key = None;
        }
    }
    let warning = warning(rows);
    (shared, warning)
}

/// The property that a guest key carries.
pub(super) fn own_property(property: &PropertyCode) -> Option<&PropertyCode> {
    (!property.as_str().is_empty()).then_some(property)
}

/// The guest keys whose rows and identity are not all of one person.
fn shared_keys(
    reservations: &[Reservation],
    access: &CurrentAccess<'_>,
    has_properties: bool,
) -> HashSet<(PropertyCode, GuestKey)> {
    let none = PropertyCode::none();
    let mut shared = HashSet::new();
    let mut people: HashMap<(&PropertyCode, &GuestKey), Vec<Contacts<'_>>> = HashMap::new();
    for Reservation { id, stays, .. } in reservations {
        let property = if has_properties { &id.property } else { &none };
        for guest in stays.iter().map(|stay| &stay.guest) {
            let Some(key) = &guest.key else { continue };
            let row = Contacts::from(guest);
            if !row.is_named() {
                continue;
            }
            let seen = people.entry((property, key)).or_insert_with(|| {
                let identity = access.identity_of(&of_source(key, own_property(property)));
                identity.map(Contacts::from).filter(Contacts::is_named).into_iter().collect()
            });
            if !seen.iter().all(|other| other.may_be_one_person(&row)) {
                shared.insert((property.clone(), key.clone()));
            } else if !seen.iter().any(|other| {
                other.full_name == row.full_name && other.email == row.email && other.phone == row.phone
            }) {
                seen.push(row);
            }
        }
    }
    shared
}

/// Contacts that stand with names of several people. Few stand in two rows, and only those are compared.
fn shared_contacts(reservations: &[Reservation]) -> HashSet<String> {
    let rows: Vec<Contacts<'_>> = reservations
        .iter()
        .flat_map(|reservation| &reservation.stays)
        .map(|stay| Contacts::from(&stay.guest))
        .filter(|row| (row.email.is_some() || row.phone.is_some()) && row.is_named())
        .collect();
    let hasher = DefaultHashBuilder::default();
    let mut hashes: Vec<(u64, u32)> = (0_u32..)
        .zip(&rows)
        .flat_map(|(n, row)| {
            row.each().map(|contact| (hasher.hash_one(&*contact), n)).collect::<SmallVec<[_; 2]>>()
        })
        .collect();
    hashes.sort_unstable();
    let mut shared = HashSet::new();
    for alike in hashes.chunk_by(|left, right| left.0 == right.0).filter(|alike| alike.len() > 1) {
        let mut names: HashMap<Cow<'_, str>, SmallVec<[&str; 1]>> = HashMap::new();
        for (hash, n) in alike {
            let row = &rows[*n as usize];
            for contact in row.each().filter(|contact| hasher.hash_one(&**contact) == *hash) {
                let is_variant_of = |name: &&str| *name == row.full_name || is_variant(name, row.full_name);
                match names.get_mut(&contact) {
                    Some(names) if !names.iter().all(is_variant_of) => {
                        shared.insert(contact.into_owned());
                    }
                    Some(names) if names.contains(&row.full_name) => {}
                    Some(names) => names.push(row.full_name),
                    None => drop(names.insert(contact, smallvec![row.full_name])),
                }
            }
        }
    }
    shared
}

fn warning(mut keys: Vec<(GuestKey, Vec<SourcePlace>)>) -> Option<Problem> {
    keys.sort_by(|left, right| left.1.cmp(&right.1));
    let source = keys.first()?.1.first()?.clone();
    let n_keys = keys.len();
    let listed = |all: Vec<String>| {
        let more = all.len().saturating_sub(LISTED);
        let listed = all.into_iter().take(LISTED).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{listed} and {more} more") } else { listed }
    };
    let keys = keys
        .into_iter()
        .map(|(key, rows)| format!("`{key}` ({})", listed(rows.iter().map(ToString::to_string).collect())));
    let keys = listed(keys.collect());
    let message = if n_keys == 1 {
        format!(
            "the guest key {keys} stands with names of several people; its rows count as if they had none"
        )
    } else {
        format!(
            "the guest keys {keys} each stand with names of several people; their rows count as if they had none"
        )
    };
    Some(Problem {
        source,
        column: "guest_key",
        code: ProblemCode::GuestKeyShared,
        message,
        hint: "give each guest a key of their own, or leave `guest_key` blank for walk-ins and agents"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::testing::{guest, stay};
    use crate::model::{ReservationId, ReservationKey, Stay};

    /// Reads rows such as `KEY|NAME|E-MAIL`, each of a reservation of its own at the property before the colon.
    fn reservations(rows: &[&str]) -> Vec<Reservation> {
        let reservation = |(n, row): (u64, &&str)| {
            let (property, row) = row.split_once(':').unwrap_or(("", row));
            let cells: Vec<&str> = row.split('|').collect();
            let [key, full_name, email] = cells[..] else { panic!("`{row}`") };
            let source = SourcePlace { container: "a.csv".into(), row: n };
            let stay = Stay { guest: guest(key, full_name, email), source, ..stay() };
            let id = ReservationId { property: property.into(), key: ReservationKey::new(format!("R{n}")) };
            Reservation { id, stays: vec![stay], n_rejected_rows: 0 }
        };
        (2..).zip(rows).map(reservation).collect()
    }

    fn check_keys(rows: &[&str], has_properties: bool, shared: &[&str]) {
        let mut reservations = reservations(rows);
        let (found, warning) = distrust_keys(&mut reservations, &CurrentAccess::default(), has_properties);
        let mut left_blank: Vec<&str> = Vec::new();
        for (reservation, row) in reservations.iter().zip(rows) {
            if reservation.stays[0].guest.key.is_none() && !row.starts_with('|') {
                left_blank.push(row);
            }
        }
        assert_eq!(left_blank, shared, "{rows:?}");
        assert_eq!(warning.is_some(), !shared.is_empty(), "{rows:?}");
        assert_eq!(found.guests.is_empty(), shared.is_empty(), "{rows:?}");
    }

    #[test]
    fn distrust_keys_of_several_people() {
        check_keys(&["0|Ana Sousa|", "0|Ben Okoro|"], false, &["0|Ana Sousa|", "0|Ben Okoro|"]);
        check_keys(&["7|Ana Sousa|", "7|SOUSA, Ana|", "7|A. Sousa|"], false, &[]);
        check_keys(&["7|Ana Sousa|a@example.com", "7|Ana Lima|A@example.com"], false, &[]);
        check_keys(&["7|Ana Sousa|", "7|TBA|", "7||"], false, &[]);
        check_keys(&["0|TBA|", "0|Ana|", "0|Ben|"], false, &["0|TBA|", "0|Ana|", "0|Ben|"]);
        check_keys(&["|Ana|", "|Ben|"], false, &[]);
        // Each property has keys of its own.
        check_keys(&["LIS:7|Ana|", "OPO:7|Ben|"], true, &[]);
        check_keys(&["LIS:7|Ana|", "OPO:7|Ben|"], false, &["LIS:7|Ana|", "OPO:7|Ben|"]);
    }

    #[test]
    fn warning_lists_keys_and_rows() {
        let mut reservations = reservations(&["0|Ana|", "0|Ben|", "9|Cid|", "9|Dag|"]);
        let (_, warning) = distrust_keys(&mut reservations, &CurrentAccess::default(), false);
        assert_eq!(
            warning.map(|warning| warning.message).as_deref(),
            Some(
                "the guest keys `0` (a.csv:2, a.csv:3), `9` (a.csv:4, a.csv:5) each stand with names of several \
                 people; their rows count as if they had none"
            )
        );
    }

    #[test]
    fn contact_of_several_names_is_shared() {
        let check = |rows: &[&str], expected: bool| {
            let shared = shared_contacts(&reservations(rows));
            assert_eq!(shared.contains("a@example.com"), expected, "{rows:?}");
        };
        check(&["|Ana|a@example.com", "|Ana|a@example.com"], false);
        check(&["|Ana Sousa|a@example.com", "|A. Sousa|A@Example.com"], false);
        check(&["|Ana|a@example.com", "|TBA|a@example.com"], false);
        check(&["|Ana|a@example.com", "|Ben|A@example.com"], true);
    }
}
