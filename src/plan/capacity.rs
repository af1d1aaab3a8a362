//! How many codes each lock would have to hold, and from when that is more than it can (RULES 41).
//!
//! A code counts from the start to the end of its grant. Locks that keep schedules get it up to 72 hours before, but
//! one that finds no room then is tried again as others go; what locks a guest out is too many at the same time.
//! Codes that nobody manages through Seam also take room and cannot be seen, so a lock may be full earlier.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use jiff::Timestamp;

use super::outline::Plan;
use super::planner::PlanInput;
use super::step::Call;
use crate::mapping::Directory;
use crate::model::{
    AccessGrantId, AccessGrantKey, DoorRef, GrantKeyParts, LiveGrant, Method, Problem, ProblemCode,
    ReservationId, SharedSet, SourcePlace, SpaceId, Window,
};

/// So many stays of a full lock are named.
const NAMED: usize = 5;

/// A code that somebody has or will have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Holding {
    window: Window,
    /// Grants of one guest share one code (SEAM.md 1, 10).
    person: String,
    stay: String,
}

/// A stretch of time in which a lock would have to hold more than it can.
#[derive(Debug, PartialEq, Eq)]
struct Overflow {
    from: Timestamp,
    until: Option<Timestamp>,
    most: usize,
    /// The stays that come last and find the lock full, in the order of their arrival.
    stays: Vec<String>,
}

/// A warning for each lock that overflows once the plan is carried out.
pub(super) fn full_locks(plan: &Plan, input: &PlanInput<'_>) -> Vec<Problem> {
    let limited: Vec<(DoorRef, u32)> = (0..)
        .map(DoorRef)
        .zip(input.directory.doors())
        .filter_map(|(door, entry)| Some((door, entry.max_active_codes?)))
        .collect();
    if limited.is_empty() {
        return Vec::new();
    }
    let doors: BTreeSet<DoorRef> = limited.iter().map(|(door, _)| *door).collect();
    let mut holdings = holdings(plan, input, &doors);
    let mut warnings = Vec::new();
    for (door, limit) in limited {
        let at_door = holdings.remove(&door).unwrap_or_default();
        let overflows = overflows(at_door, limit as usize, input.now);
        warnings.extend(
            overflows
                .first()
                .map(|first| told(&input.directory.door(door).name, limit, first, overflows.len() - 1)),
        );
    }
    warnings
}

fn told(name: &str, limit: u32, overflow: &Overflow, n_later: usize) -> Problem {
    let Overflow { from, until, most, stays } = overflow;
    let until = until.map_or_else(String::new, |until| format!(" until {}", minute(until)));
    let named = stays.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if stays.len() > NAMED { format!(" and {} more", stays.len() - NAMED) } else { String::new() };
    let later = match n_later {
        0 => String::new(),
        1 => "; it happens once more later".to_owned(),
        n => format!("; it happens {n} more times later"),
    };
    Problem {
        source: SourcePlace { container: "Seam".into(), row: 0 },
        column: "unit",
        code: ProblemCode::LockFull,
        message: format!(
            "the lock `{name}` holds {limit} codes, and from {}{until} it would need up to {most}; stays that may \
             find it full: {named}{more}{later}",
            minute(*from)
        ),
        hint: "take the lock out of spaces that not every stay needs, give some of these stays a card or a mobile \
               key, or delete codes on the lock that nobody uses"
            .to_owned(),
    }
}

fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// The grants with a code as they will be, by lock.
fn holdings(plan: &Plan, input: &PlanInput<'_>, doors: &BTreeSet<DoorRef>) -> HashMap<DoorRef, Vec<Holding>> {
    let mut windows: HashMap<&AccessGrantId, Window> = HashMap::new();
    let mut gone: BTreeSet<&AccessGrantId> = BTreeSet::new();
    let mut given: BTreeSet<&AccessGrantId> = BTreeSet::new();
    let mut held: HashMap<DoorRef, Vec<Holding>> = HashMap::new();
    let mut add = |spaces: &SharedSet<SpaceId>, holding: &Holding| {
        for door in locks(spaces, input.directory).intersection(doors) {
            held.entry(*door).or_default().push(holding.clone());
        }
    };
    for step in &plan.steps {
        match &step.call {
            Call::UpdateGrant { id, window, .. } => {
                windows.insert(id, *window);
            }
            Call::DeleteGrant { id, .. } => {
                gone.insert(id);
            }
            Call::AddMethods { id, methods, .. } if methods.contains(&Method::Code) => {
                given.insert(id);
            }
            Call::CreateGrant { key, spaces, window, methods, .. } if methods.contains(&Method::Code) => {
                let (person, stay) = names(Some(key), "", input);
                add(spaces, &Holding { window: *window, person, stay });
            }
            _ => {}
        }
    }
    let stays = |grant: &&LiveGrant| grant.is_live(input.now) && !gone.contains(&grant.id);
    for grant in input.inventory.grants.iter().filter(stays) {
        if !grant.methods().contains(&Method::Code) && !given.contains(&grant.id) {
            continue;
        }
        let window = windows.get(&grant.id).copied().unwrap_or(grant.window);
        let (person, stay) = names(grant.key.as_ref(), &grant.identity.to_string(), input);
        add(&grant.spaces, &Holding { window, person, stay });
    }
    held
}

fn locks(spaces: &SharedSet<SpaceId>, directory: &Directory) -> BTreeSet<DoorRef> {
    let known = spaces.iter().filter_map(|space| directory.by_id(space));
    known.flat_map(|space| directory.space(space).doors.iter().copied()).collect()
}

/// Who a grant is for, and how a person calls the stay.
fn names(key: Option<&AccessGrantKey>, identity: &str, input: &PlanInput<'_>) -> (String, String) {
    match key.and_then(|key| GrantKeyParts::parse(&input.settings.namespace, key)) {
        Some(GrantKeyParts { property, reservation: key, guest, .. }) => {
            (format!("guest {guest}"), ReservationId { property, key }.to_string())
        }
        None => (format!("identity {identity}"), "a grant that is not ours".to_owned()),
    }
}

/// The stretches in which more people hold a code than the lock takes, from now on, by a sweep over starts and ends.
fn overflows(mut holdings: Vec<Holding>, limit: usize, now: Timestamp) -> Vec<Overflow> {
    holdings.retain(|holding| !holding.window.ended(now));
    if holdings.len() <= limit {
        return Vec::new();
    }
    holdings.sort();
    let mut ends: BTreeMap<Timestamp, Vec<usize>> = BTreeMap::new();
    let mut starts: BTreeMap<Timestamp, Vec<usize>> = BTreeMap::new();
    for (position, holding) in holdings.iter().enumerate() {
        starts.entry(holding.window.starts_at.max(now)).or_default().push(position);
        if let Some(end) = holding.window.ends_at {
            ends.entry(end).or_default().push(position);
        }
    }
    let moments: BTreeSet<Timestamp> = starts.keys().chain(ends.keys()).copied().collect();
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    let mut overflows: Vec<Overflow> = Vec::new();
    let mut open: Option<Overflow> = None;
    for moment in moments {
        // Who leaves at an instant makes room for who comes at it.
        for position in ends.get(&moment).into_iter().flatten() {
            let person = holdings[*position].person.as_str();
            let n = there.get_mut(person).expect("whoever leaves has come");
            *n -= 1;
            if *n == 0 {
                there.remove(person);
            }
        }
        if there.len() <= limit
            && let Some(overflow) = open.take()
        {
            overflows.push(Overflow { until: Some(moment), ..overflow });
        }
        for position in starts.get(&moment).into_iter().flatten() {
            let Holding { person, stay, .. } = &holdings[*position];
            let n = there.entry(person).or_default();
            *n += 1;
            if *n > 1 || there.len() <= limit {
                continue;
            }
            let overflow = open.get_or_insert_with(|| Overflow {
                from: moment,
                until: None,
                most: 0,
                stays: Vec::new(),
            });
            overflow.most = overflow.most.max(there.len());
            if !overflow.stays.contains(stay) {
                overflow.stays.push(stay.clone());
            }
        }
    }
    overflows.extend(open);
    overflows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stays as `PERSON FROM..UNTIL` in hours, without an end as `PERSON FROM..`.
    fn check(stays: &[&str], limit: usize, expected: &[(i64, Option<i64>, usize, &[&str])]) {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).expect("a small number");
        let holdings = stays
            .iter()
            .map(|stay| {
                let (person, hours) = stay.split_once(' ').expect("a person and hours");
                let (from, until) = hours.split_once("..").expect("hours");
                let hour = |text: &str| at(text.parse().expect("an hour"));
                let ends_at = (!until.is_empty()).then(|| hour(until));
                let window = Window { starts_at: hour(from), ends_at };
                Holding { window, person: person.to_owned(), stay: person.to_owned() }
            })
            .collect();
        let found = overflows(holdings, limit, at(10));
        let expected: Vec<Overflow> = expected
            .iter()
            .map(|(from, until, most, stays)| Overflow {
                from: at(*from),
                until: until.map(at),
                most: *most,
                stays: stays.iter().map(|stay| (*stay).to_owned()).collect(),
            })
            .collect();
        assert_eq!(found, expected, "{stays:?} with room for {limit}");
    }

    #[test]
    fn a_lock_overflows_from_the_arrival_that_is_too_many_until_enough_have_left() {
        check(&[], 0, &[]);
        check(&["A 11..20", "B 12..18"], 2, &[]);
        check(&["A 11..20", "B 12..18", "C 13..30"], 2, &[(13, Some(18), 3, &["C"])]);
        check(&["A 11..20", "B 12..18", "C 13..30", "D 14..16"], 2, &[(13, Some(18), 4, &["C", "D"])]);
        check(
            &["A 11..20", "B 12..14", "C 16..18"],
            1,
            &[(12, Some(14), 2, &["B"]), (16, Some(18), 2, &["C"])],
        );
        check(&["A 1..", "B 2.."], 1, &[(10, None, 2, &["B"])]);
    }

    #[test]
    fn who_leaves_makes_room_for_who_comes_at_that_moment_and_what_is_over_takes_none() {
        check(&["A 11..14", "B 14..18"], 1, &[]);
        check(&["A 1..10", "B 9..18"], 1, &[]);
    }

    #[test]
    fn two_grants_of_one_guest_take_one_code() {
        check(&["A 11..14", "A 12..18"], 1, &[]);
        check(&["A 11..14", "A 12..18", "B 13..20"], 1, &[(13, Some(18), 2, &["B"])]);
    }
}
