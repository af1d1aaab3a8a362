//! Another person in the place of a known guest, and known guests whose stay follows the rows of others (RULES 4, 5).

use std::collections::BTreeMap;

use super::desired::{FormerGuest, Newcomer};
use super::directory::SpaceRef;
use super::guests::{Follower, People, RowGuest, grants};
use super::map::Mapper;
use super::pairing::{KnownGuest, Relation};
use super::rows::{LAST_CALL, window_of};
use crate::model::{Arrived, GuestKey, ReservationId, Standing, Stay};

impl Mapper<'_> {
    /// The persons who come in the place of a known guest.
    pub(super) fn newcomers(&self, people: &People<'_>) -> BTreeMap<usize, Newcomer> {
        let newcomer = |person: &usize| {
            let (relation, known) = people.former(*person)?;
            let newcomer = Newcomer {
                former: known.guest.clone(),
                former_name: known.contacts.full_name.into(),
                fate: match relation {
                    Relation::BookedFor => FormerGuest::Booked,
                    Relation::Same | Relation::Another => self.fate_of_former(people, *person, known),
                },
            };
            Some((*person, newcomer))
        };
        people.in_order.iter().filter_map(newcomer).collect()
    }

    fn fate_of_former(&self, people: &People<'_>, person: usize, known: &KnownGuest<'_>) -> FormerGuest {
        let is_whole = self.access.listing.is_whole || !self.lists_several_guests;
        if !is_whole || people.reservation.n_rejected_rows > 0 {
            // The former guest may still be there, in a row that is not here.
            FormerGuest::Stays
        } else if self.is_in_house(&people.reservation.id, &known.guest, &people.rows_of(person)) {
            FormerGuest::InHouse
        } else {
            FormerGuest::Goes
        }
    }

    /// Whether a known guest is in house, by the rows in which somebody else has the place (RULES, Terms).
    fn is_in_house<'r>(
        &self,
        id: &ReservationId,
        guest: &GuestKey,
        rows: &(impl Iterator<Item = &'r Stay> + Clone),
    ) -> bool {
        let property = self.settings.properties.get(&id.property);
        let is_here = |stay: &Stay| match stay.standing {
            Standing::CheckedIn => stay.check_in.instant <= self.now + LAST_CALL,
            Standing::Expected => {
                self.expected_as_of.is_none_or(|at| at < window_of(stay, property).starts_at)
                    && stay.check_in.instant <= self.now
                    && self.now < stay.check_out.instant
            }
            Standing::Revoked | Standing::Unclear | Standing::Ignored => false,
        };
        self.access.stays_of(id).filter(|stay| stay.guest() == guest && !stay.is_over()).any(|known| {
            let window = known.window();
            let mut overlapping =
                rows.clone().filter(|row| window_of(row, property).overlaps(&window)).peekable();
            if overlapping.peek().is_some() {
                overlapping.any(is_here)
            } else {
                window.contains(self.now)
                    && (self.expected_as_of.is_none()
                        || known.recorded().is_none_or(|wanted| wanted.arrived() != Arrived::NotYet))
            }
        })
    }

    /// Known guests without a row of their own: in house they follow the rows of the newcomer; and where all guests of
    /// a reservation want the same, so do those that nobody was paired with.
    pub(super) fn followers(&mut self, people: &People<'_>, rows: &[RowGuest]) -> Vec<Follower> {
        let mut followers: Vec<Follower> = Vec::new();
        let property = self.settings.properties.get(&people.reservation.id.property);
        let is_over = |row: usize| window_of(&people.reservation.stays[row], property).ended(self.now);
        for (row, guest) in rows.iter().enumerate().filter(|(row, _)| !is_over(*row)) {
            if let Some(Newcomer { former, former_name, fate: FormerGuest::InHouse }) = &guest.newcomer {
                followers.push(Follower { guest: former.clone(), full_name: former_name.clone(), row });
            }
        }
        let mut unpaired = people.unpaired().peekable();
        if unpaired.peek().is_none() {
            return followers;
        }
        let Some(row) = row_of_all(people, rows).filter(|row| !is_over(*row)) else { return followers };
        let stay = &people.reservation.stays[row];
        let spaces: Vec<_> = self.unit_spaces(stay, &people.reservation.id).concat();
        let window = window_of(stay, property);
        let opens_all = |has: &[SpaceRef]| spaces.iter().all(|space| has.binary_search(space).is_ok());
        let has_it = |known: &&KnownGuest<'_>| {
            known.stays.iter().any(|(has, since)| since.same_from(&window, self.now) && opens_all(has))
        };
        // Neither their name nor their doors are in the rows, and this store never recorded them (RULES 2).
        let is_of_another_job = |known: &&KnownGuest<'_>| {
            !known.is_recorded
                && people.is_unpaired(known)
                && !known.stays.iter().any(|(has, _)| opens_all(has))
        };
        let n_known =
            people.known.iter().filter(|known| known.is_there() && !is_of_another_job(known)).count();
        if people.n_persons_with_a_grant() != n_known {
            return followers;
        }
        // A guest known by the record alone has no stay that could follow.
        let is_somebody = |known: &&KnownGuest<'_>| {
            known.contacts.is_named() || known.stays.iter().any(|(spaces, _)| !spaces.is_empty())
        };
        let follows =
            |known: &&KnownGuest<'_>| is_somebody(known) && !has_it(known) && !is_of_another_job(known);
        let following = unpaired.filter(follows);
        followers.extend(following.map(|known| Follower {
            guest: known.guest.clone(),
            full_name: known.contacts.full_name.into(),
            row,
        }));
        followers
    }
}

/// A row that says what all guests of the reservation want.
fn row_of_all(people: &People<'_>, rows: &[RowGuest]) -> Option<usize> {
    if people.reservation.n_rejected_rows > 0 {
        return None;
    }
    let stays = &people.reservation.stays;
    let wanted = || (0..stays.len()).filter(|row| rows[*row].wanted && grants(&stays[*row]));
    let first = wanted().next()?;
    let what = |row: usize| {
        let Stay { place, check_in, check_out, methods, .. } = &stays[row];
        (place, check_in, check_out, methods)
    };
    wanted().all(|row| what(row) == what(first)).then_some(first)
}
