//! Pairs the people of a reservation's rows with the guests that are known of it (RULES 4).

use std::borrow::Cow;

use super::directory::SpaceRef;
use super::people::Contacts;
use crate::model::{GuestKey, Window, is_equal_name, is_variant};

/// One person of the rows of a reservation.
#[derive(Debug, Clone)]
pub(super) struct RowPerson<'a> {
    /// The key that the source gives.
    pub(super) key: Option<&'a GuestKey>,
    /// The guest to whom that key belongs.
    pub(super) guest: Option<GuestKey>,
    /// The name and contacts by each of their rows; at least one.
    pub(super) rows: Vec<Contacts<'a>>,
    /// The spaces of each unit that they have now or later, sorted.
    pub(super) units: Vec<Vec<SpaceRef>>,
    /// When their stays are.
    pub(super) windows: Vec<Window>,
    /// Whether a row of theirs gives a right to doors.
    pub(super) grants: bool,
}

/// A guest who is known of the reservation.
#[derive(Debug, Clone)]
pub(super) struct KnownGuest<'a> {
    pub(super) guest: GuestKey,
    pub(super) contacts: Contacts<'a>,
    /// The spaces and the window of each stay that is not over; none where all are.
    pub(super) stays: Vec<(Cow<'a, [SpaceRef]>, Window)>,
    /// Whether a stay of theirs was recorded.
    pub(super) is_recorded: bool,
}

/// The known guest with whom a person was paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) known: usize,
    pub(super) relation: Relation,
}

/// What a person is to the known guest with whom they were paired (RULES 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same person.
    Same,
    /// The first of those for whom the guest booked several units in their own name.
    BookedFor,
    /// Another person in their place.
    Another,
}

/// The known guest of each person; in a complete read also by the order of those without a name.
pub(super) fn pair(
    persons: &[RowPerson<'_>],
    known: &[KnownGuest<'_>],
    is_complete: bool,
) -> Vec<Option<Pair>> {
    let mut pairing = Pairing { persons, known, pairs: vec![None; persons.len()] };
    if !known.is_empty() {
        pairing.pair(is_complete);
    }
    pairing.pairs
}

impl RowPerson<'_> {
    fn is_named(&self) -> bool {
        self.rows.iter().any(Contacts::is_named)
    }

    fn shares_contact_with(&self, known: &KnownGuest<'_>) -> bool {
        self.rows.iter().any(|row| row.share_contact(&known.contacts))
    }

    fn has_key(&self, known: &KnownGuest<'_>) -> bool {
        self.key == Some(&known.guest) || self.guest.as_ref() == Some(&known.guest)
    }

    fn has_name(&self, known: &KnownGuest<'_>, is_same: fn(&str, &str) -> bool) -> bool {
        let known = &known.contacts;
        let is_it = |row: &Contacts<'_>| row.is_named() && is_same(row.full_name, known.full_name);
        known.is_named() && self.rows.iter().any(is_it)
    }

    fn has_unit_of(&self, known: &KnownGuest<'_>) -> bool {
        self.units.iter().any(|unit| known.has_unit(unit))
    }
}

impl KnownGuest<'_> {
    /// Whether a stay of the guest is not over.
    pub(super) fn is_there(&self) -> bool {
        !self.stays.is_empty()
    }

    fn has_unit(&self, unit: &[SpaceRef]) -> bool {
        self.stays.iter().any(|(spaces, _)| opens(spaces, unit))
    }
}

fn opens(spaces: &[SpaceRef], unit: &[SpaceRef]) -> bool {
    !unit.is_empty() && unit.iter().all(|space| spaces.binary_search(space).is_ok())
}

struct Pairing<'a, 'b> {
    persons: &'a [RowPerson<'b>],
    known: &'a [KnownGuest<'b>],
    pairs: Vec<Option<Pair>>,
}

impl Pairing<'_, '_> {
    fn pair(&mut self, is_complete: bool) {
        self.stage(|_, person, known| person.has_key(known));
        // Equal names go before variants: the sister keeps her own key.
        for is_same in [is_equal_name, is_variant] {
            self.stage(|_, person, known| {
                person.has_name(known, is_same) && person.shares_contact_with(known)
            });
        }
        for is_same in [is_equal_name, is_variant] {
            self.stage(|_, person, known| person.has_name(known, is_same) && person.has_unit_of(known));
        }
        // Of several without a name each unit has its own.
        self.stage(|_, person, known| {
            !person.is_named() && !known.contacts.is_named() && person.has_unit_of(known)
        });
        for is_same in [is_equal_name, is_variant] {
            self.stage(|_, person, known| known.is_there() && person.has_name(known, is_same));
        }
        self.stage(Self::share_a_contact_of_their_own);
        self.stage(Self::share_a_unit_of_their_own);
        self.in_order(is_complete);
    }

    fn is_free(&self, known: usize) -> bool {
        self.pairs.iter().flatten().all(|pair| pair.known != known)
    }

    /// Pairs each person who has none with the first free guest that fits.
    fn stage(&mut self, fits: impl Fn(&Self, &RowPerson<'_>, &KnownGuest<'_>) -> bool) {
        for person in 0..self.persons.len() {
            if self.pairs[person].is_some() {
                continue;
            }
            let fitting = |known: &usize| {
                self.is_free(*known) && fits(self, &self.persons[person], &self.known[*known])
            };
            if let Some(known) = (0..self.known.len()).find(fitting) {
                self.take(person, known);
            }
        }
    }

    fn take(&mut self, person: usize, known: usize) {
        self.pairs[person] = Some(Pair { known, relation: self.relation(person, known) });
    }

    /// A variant of the name, a common contact or a placeholder name make one person (RULES 5).
    fn relation(&self, person: usize, known: usize) -> Relation {
        let (person, known) = (&self.persons[person], &self.known[known]);
        let is_same = !person.is_named()
            || !known.contacts.is_named()
            || person.has_name(known, is_variant)
            || person.shares_contact_with(known);
        match is_same {
            true => Relation::Same,
            false if self.stood_in_several_rows(known) => Relation::BookedFor,
            false => Relation::Another,
        }
    }

    /// Whether the guest has at one time units that the rows give to several people who are not known: whoever booked
    /// them stood in each row until their names came.
    fn stood_in_several_rows(&self, known: &KnownGuest<'_>) -> bool {
        let has_both = |left: &Vec<SpaceRef>, right: &Vec<SpaceRef>| {
            known.stays.iter().filter(|(spaces, _)| opens(spaces, left)).any(|(_, window)| {
                known.stays.iter().any(|(spaces, other)| opens(spaces, right) && window.overlaps(other))
            })
        };
        let units_of = |person: &RowPerson<'_>| person.units.clone();
        let left: Vec<&RowPerson<'_>> =
            self.persons.iter().zip(&self.pairs).filter(|(_, pair)| pair.is_none()).map(|(p, _)| p).collect();
        left.iter().enumerate().any(|(n, person)| {
            let others = || left[n + 1..].iter().flat_map(|person| units_of(person));
            person.units.iter().any(|left| others().any(|right| *left != right && has_both(left, &right)))
        })
    }

    /// A contact that stands once in the reservation on both sides.
    fn share_a_contact_of_their_own(&self, person: &RowPerson<'_>, known: &KnownGuest<'_>) -> bool {
        known.is_there()
            && known.contacts.each().any(|contact| {
                let has_it = |contacts: &Contacts<'_>| contacts.each().any(|other| other == contact);
                let in_rows = self.persons.iter().filter(|person| person.rows.iter().any(has_it)).count();
                let is_there = |known: &&KnownGuest<'_>| known.is_there() && has_it(&known.contacts);
                person.rows.iter().any(has_it)
                    && in_rows == 1
                    && self.known.iter().filter(is_there).count() == 1
            })
    }

    /// A unit that stands once on both sides, among those who are left.
    fn share_a_unit_of_their_own(&self, person: &RowPerson<'_>, known: &KnownGuest<'_>) -> bool {
        let is_left = |n: &usize| self.pairs[*n].is_none();
        person.units.iter().any(|unit| {
            let persons = (0..self.persons.len()).filter(is_left);
            let known_guests = (0..self.known.len()).filter(|n| self.is_free(*n));
            known.has_unit(unit)
                && persons.filter(|n| self.persons[*n].units.contains(unit)).count() == 1
                && known_guests.filter(|n| self.known[*n].has_unit(unit)).count() == 1
        })
    }

    /// Those left in their order, where one of the two has no name: as many on both sides for those nights, in a
    /// complete read, or one.
    fn in_order(&mut self, is_complete: bool) {
        let mut persons: Vec<usize> = (0..self.persons.len()).filter(|n| self.pairs[*n].is_none()).collect();
        // Persons with a granting row are paired before those whose rows are cancelled.
        if persons.iter().any(|n| self.persons[*n].grants) {
            persons.retain(|n| self.persons[*n].grants);
        }
        let is_left = |n: &usize| self.is_free(*n) && self.known[*n].is_there();
        let mut known: Vec<usize> = (0..self.known.len()).filter(is_left).collect();
        if (persons.len(), known.len()) != (1, 1) {
            let for_those_nights = |n: &usize| {
                let windows = || persons.iter().flat_map(|person| &self.persons[*person].windows);
                self.known[*n].stays.iter().any(|(_, window)| windows().any(|other| other.overlaps(window)))
            };
            known.retain(for_those_nights);
            if !is_complete || persons.len() != known.len() {
                return;
            }
        }
        for (person, known) in persons.into_iter().zip(known) {
            if !self.persons[person].is_named() || !self.known[known].contacts.is_named() {
                self.take(person, known);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::{Guest, Identity};

    /// What is written as `KEY|NAME|E-MAIL|UNITS`, with units such as `1+2`; units in parentheses are those of stays
    /// that are over.
    struct Written {
        guest: Guest,
        identity: Identity,
        units: Vec<Vec<SpaceRef>>,
        is_over: bool,
    }

    fn written(text: &&str) -> Written {
        let cells: Vec<&str> = text.split('|').collect();
        let [key, full_name, email, units] = cells[..] else { panic!("`{text}`") };
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let email = optional(email).map(|email| email.as_str().into());
        let bare = units.trim_matches(['(', ')']);
        let space = |unit: &str| vec![SpaceRef(unit.parse().expect("a number"))];
        Written {
            guest: Guest {
                key: optional(key).map(|key| key.as_str().into()),
                full_name: full_name.into(),
                email: email.clone(),
                phone: None,
                is_primary: false,
            },
            identity: Identity {
                id: "id".into(),
                key: None,
                full_name: Some(full_name.into()),
                email,
                phone: None,
                merged_keys: [].into(),
            },
            units: bare.split('+').filter(|unit| !unit.is_empty()).map(space).collect(),
            is_over: bare != units,
        }
    }

    /// What is written behind a row that gives no right to doors.
    const CANCELLED: &str = " cancelled";

    /// Pairs rows with known guests, which are numbered from 1.
    fn check(known: &[&str], rows: &[&str], is_complete: bool, expected: &[Option<(usize, Relation)>]) {
        let at = |second| Timestamp::from_second(second).expect("a small number");
        let window = Window::new(at(100), at(200));
        let (known_written, rows_written): (Vec<Written>, Vec<Written>) = (
            known.iter().map(written).collect(),
            rows.iter().map(|row| written(&row.trim_end_matches(CANCELLED))).collect(),
        );
        let persons: Vec<RowPerson<'_>> = rows_written
            .iter()
            .zip(rows)
            .map(|(row, text)| RowPerson {
                key: row.guest.key.as_ref(),
                guest: row.guest.key.clone(),
                rows: vec![Contacts::from(&row.guest)],
                units: row.units.clone(),
                windows: vec![window],
                grants: !text.ends_with(CANCELLED),
            })
            .collect();
        let guests: Vec<KnownGuest<'_>> = known_written
            .iter()
            .map(|known| KnownGuest {
                guest: known.guest.key.clone().expect("each known guest has a key"),
                contacts: Contacts::from(&known.identity),
                is_recorded: true,
                stays: if known.is_over { Vec::new() } else { vec![(known.units.concat().into(), window)] },
            })
            .collect();
        let pairs = pair(&persons, &guests, is_complete);
        let found: Vec<Option<(usize, Relation)>> =
            pairs.into_iter().map(|pair| pair.map(|pair| (pair.known + 1, pair.relation))).collect();
        assert_eq!(found, expected, "{known:?} with {rows:?}, complete: {is_complete}");
    }

    /// The same in a complete read and in a partial one.
    fn check_both(known: &[&str], rows: &[&str], expected: &[Option<(usize, Relation)>]) {
        check(known, rows, true, expected);
        check(known, rows, false, expected);
    }

    type Expected = fn(usize) -> Option<(usize, Relation)>;
    const YES: Expected = |n| Some((n, Relation::Same));
    const PLACE: Expected = |n| Some((n, Relation::Another));

    #[test]
    fn pair_a_guest_without_a_name_with_whoever_comes() {
        check_both(&["R/1|||"], &["|Ana||1 cancelled", "|Ana Jr||1"], &[None, YES(1)]);
        check_both(&["R/1|||"], &["|Ana||1 cancelled"], &[YES(1)]);
        check_both(&["R/1|||"], &["|Ana||1", "|Bo||1"], &[None, None]);
    }

    #[test]
    fn pair_by_key_first() {
        check_both(&["G1|Ana||1", "G2|Ana||2"], &["G2|Ana||1", "G1|Ana||2"], &[YES(2), YES(1)]);
        check_both(&["G1|Ana||1"], &["G7|Ana||1"], &[YES(1)]);
        check_both(&["R/1|Ana||1"], &["G7|Ana||1"], &[YES(1)]);
    }

    #[test]
    fn pair_by_contact_and_name_before_unit() {
        let known = ["R/1|Ana|a@example.com|1", "R/2|Ana|b@example.com|2"];
        check_both(&known, &["|Ana|b@example.com|1", "|Ana|A@example.com|2"], &[YES(2), YES(1)]);
    }

    #[test]
    fn pair_by_name_and_unit_before_name() {
        check_both(&["R/1|Ana||1", "R/2|Ana||2"], &["|Ana||2", "|Ana||1"], &[YES(2), YES(1)]);
        check_both(
            &["R/1|Anna Berg||1", "R/2|Anne Berg||1"],
            &["|Anne Berg||1", "|Anna Berg||1"],
            &[YES(2), YES(1)],
        );
    }

    #[test]
    fn pair_by_name_before_contact() {
        check_both(&["R/1|Ana||1", "R/2|Ben||2"], &["|BEN||1", "|Sousa Ana||2"], &[YES(2), YES(1)]);
    }

    #[test]
    fn pair_by_contact_that_stands_once() {
        check_both(&["R/1|Ana|a@example.com|1"], &["|Zoe|a@example.com|2"], &[YES(1)]);
        let both = ["|Zoe|a@example.com|3", "|Mia|a@example.com|4"];
        check_both(&["R/1|Ana|a@example.com|1"], &both, &[None, None]);
    }

    #[test]
    fn pair_by_unit_that_stands_once_is_another_person() {
        check_both(&["R/1|Ana||1", "R/2|Ben||2"], &["|Zoe||2", "|Mia||1"], &[PLACE(2), PLACE(1)]);
        check_both(&["R/1|Ana||1", "R/2|Ben||1"], &["|Zoe||1", "|Mia||1"], &[None, None]);
        check_both(&["R/1|Ana||1", "R/2|Ben||1"], &["|Ana||1", "|Mia||1"], &[YES(1), PLACE(2)]);
    }

    #[test]
    fn placeholder_is_no_name_on_either_side() {
        check_both(&["R/1|TBA||1"], &["|Zoe||1"], &[YES(1)]);
        check_both(&["R/1|Ana||1"], &["|Guest||1"], &[YES(1)]);
        check_both(&["R/1|TBA||1", "R/2|TBA||1"], &["|TBA||1", "|Zoe||1"], &[YES(1), YES(2)]);
    }

    #[test]
    fn name_of_who_booked_several_units_is_a_placeholder() {
        let first = Some((1, Relation::BookedFor));
        check_both(&["R/1|Club||1+2"], &["|Ana||1", "|Ben||2"], &[first, None]);
        check_both(&["R/1|Club||1+2"], &["|Ana||1", "|Club||2"], &[None, YES(1)]);
        check_both(&["R/1|Club||1+2"], &["|Ana||1+2"], &[PLACE(1)]);
    }

    #[test]
    fn pair_by_order_only_without_a_name() {
        check_both(&["R/1|TBA||1"], &["|Zoe||2"], &[YES(1)]);
        check_both(&["R/1|Ana||1"], &["|Zoe||2"], &[None]);
        check(&["R/1|TBA||1", "R/2|TBA||1"], &["|Zoe||1", "|Mia||1"], true, &[YES(1), YES(2)]);
        check(&["R/1|TBA||1", "R/2|TBA||1"], &["|Zoe||1", "|Mia||1"], false, &[None, None]);
        check(&["R/1|TBA||1", "R/2|TBA||1"], &["|Zoe||1"], true, &[None]);
    }

    #[test]
    fn who_is_over_is_paired_by_name_and_contact_or_key() {
        check_both(&["R/1|Ana|a@example.com|(1)"], &["|Ana|a@example.com|1"], &[YES(1)]);
        check_both(&["R/1|Ana|a@example.com|(1)"], &["|Ana||1", "|Zoe|a@example.com|2"], &[None, None]);
        check_both(&["G1|Ana||(1)"], &["G1|Ana||1"], &[YES(1)]);
        check_both(&["R/1|TBA||(1)"], &["|Zoe||1"], &[None]);
    }
}
