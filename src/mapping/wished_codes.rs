//! The same PIN wished by two guests for one door at one time: a lock takes each code once (RULES 8).

use hashbrown::HashMap;

use super::desired::{DesiredGrant, DesiredReservation};
use super::directory::Directory;
use crate::model::{DoorRef, Problem, ProblemCode, SourcePlace};

/// A warning for each PIN that two guests wish for one door at overlapping times. It never shows the PIN.
pub(super) fn same_codes(reservations: &[DesiredReservation], directory: &Directory) -> Vec<Problem> {
    let mut wishes: HashMap<&str, Vec<&DesiredGrant>> = HashMap::new();
    for grant in reservations.iter().flat_map(|reservation| &reservation.grants) {
        if let Some(code) = &grant.code {
            wishes.entry(code.reveal()).or_default().push(grant);
        }
    }
    wishes
        .into_values()
        .filter(|wishes| wishes.len() > 1)
        .filter_map(|wishes| same(&wishes, directory))
        .collect()
}

fn same(wishes: &[&DesiredGrant], directory: &Directory) -> Option<Problem> {
    let doors: Vec<Vec<DoorRef>> = wishes.iter().map(|grant| doors_of(grant, directory)).collect();
    let mut rows: Vec<&SourcePlace> = Vec::new();
    for (n, left) in wishes.iter().enumerate() {
        for (m, right) in wishes.iter().enumerate().skip(n + 1) {
            let one_door = || doors[n].iter().any(|door| doors[m].contains(door));
            if left.guest != right.guest && left.window.overlaps(&right.window) && one_door() {
                rows.extend([&left.source, &right.source]);
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    let source = (*rows.first()?).clone();
    let rows: Vec<String> = rows.into_iter().map(ToString::to_string).collect();
    Some(Problem {
        source,
        column: "code",
        code: ProblemCode::SameCode,
        message: format!("the rows {} wish the same PIN for one door at overlapping times", rows.join(", ")),
        hint: "give each guest a PIN of their own; a lock takes each once".to_owned(),
    })
}

fn doors_of(grant: &DesiredGrant, directory: &Directory) -> Vec<DoorRef> {
    grant.spaces().into_iter().flat_map(|space| directory.space(space).doors.iter().copied()).collect()
}
