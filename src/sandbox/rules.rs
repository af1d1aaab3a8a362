//! What Seam refuses: windows in the past, keys in use, and the rules of reservations.
//!
//! Pure decisions over the state; nothing is changed here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use super::envelope::{Refusal, ReservationRule};
use super::input::Input;
use super::record::{Grant, Mode, Window};
use super::state::State;
use super::switches::{Duplicate, EndedMembers, OverlapWith, ReservationRelease, Switches, TouchingWindows};

/// A grant that is to be made, as far as the reservation rules look at it.
#[derive(Debug)]
pub(crate) struct Joiner<'a> {
    pub(crate) reservation_key: Option<&'a str>,
    pub(crate) entrances: &'a BTreeSet<Uuid>,
    pub(crate) modes: &'a BTreeSet<Mode>,
    pub(crate) window: Window,
}

/// A window must end in the future and after it starts.
pub(crate) fn check_window(input: &mut Input<'_>, window: Window, now: Timestamp) {
    let Some(ends_at) = window.ends_at else { return };
    if ends_at <= now {
        input.complain_about("ends_at", "ends_at must be in the future");
    } else if ends_at <= window.starts_at {
        input.complain_about("ends_at", "ends_at must be after starts_at");
    }
}

/// Rules 1 to 4. Returns the door set of the reservation, empty for a grant without a reservation.
pub(crate) fn check_reservation(
    state: &State,
    switches: &Switches,
    joiner: &Joiner<'_>,
    now: Timestamp,
) -> Result<Vec<Uuid>, Refusal> {
    let refuse = |rule: ReservationRule| Err(rule.refusal(switches.reservation_error));
    let entrances = || joiner.entrances.iter().filter_map(|&id| state.entrances.get(id));
    let Some(key) = joiner.reservation_key else {
        let needs_key = entrances().any(|entrance| entrance.reservation_key_required);
        if needs_key && joiner.modes.contains(&Mode::Card) {
            return refuse(ReservationRule::KeyRequired);
        }
        return Ok(Vec::new());
    };
    let wanted: BTreeSet<Uuid> = entrances()
        .filter(|entrance| entrance.flags.get("can_belong_to_reservation") == Some(&true))
        .map(|entrance| entrance.id)
        .collect();
    if wanted.is_empty() {
        return refuse(ReservationRule::KeyNotSupported);
    }
    let members = members_of(state, switches, key, None, now);
    let Some(first) = members.first() else { return Ok(wanted.into_iter().collect()) };
    let fixed: BTreeSet<Uuid> = first.reservation_doors.iter().copied().collect();
    if !wanted.is_subset(&fixed) {
        return refuse(if wanted.is_superset(&fixed) {
            ReservationRule::JoinerSuperset
        } else {
            ReservationRule::EntranceChange
        });
    }
    if !overlaps_members(switches, joiner.window, &members) {
        return refuse(ReservationRule::WindowsMustOverlap);
    }
    Ok(first.reservation_doors.clone())
}

/// Rule 4 for a grant that gets another window.
pub(crate) fn check_new_window(
    state: &State,
    switches: &Switches,
    grant: &Grant,
    window: Window,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some(key) = &grant.reservation_key else { return Ok(()) };
    let others = members_of(state, switches, key, Some(grant.id), now);
    if others.is_empty() || overlaps_members(switches, window, &others) {
        return Ok(());
    }
    Err(ReservationRule::WindowsMustOverlap.refusal(switches.reservation_error))
}

/// The refusal of a value that must be unique and is in use.
pub(crate) fn duplicate(switch: Duplicate, slug: &str, message: &str) -> Refusal {
    match switch {
        Duplicate::Conflict => Refusal::new(409, slug, message),
        Duplicate::BadRequest => Refusal::new(400, slug, message),
    }
}

/// The grants that count as members of a reservation, the first one first.
fn members_of<'a>(
    state: &'a State,
    switches: &Switches,
    key: &str,
    except: Option<Uuid>,
    now: Timestamp,
) -> Vec<&'a Grant> {
    state
        .grants_by_reservation(key)
        .filter(|grant| Some(grant.id) != except)
        .filter(|grant| {
            switches.reservation_release == ReservationRelease::AfterDeletion || !grant.is_being_deleted()
        })
        .filter(|grant| switches.ended_members == EndedMembers::Counted || !grant.has_ended(now))
        .collect()
}

fn overlaps_members(switches: &Switches, window: Window, members: &[&Grant]) -> bool {
    let mut overlaps = members.iter().map(|member| overlap(switches.touching_windows, window, member.window));
    match switches.overlap_with {
        OverlapWith::All => overlaps.all(|overlap| overlap),
        OverlapWith::Any => overlaps.any(|overlap| overlap),
    }
}

fn overlap(touching: TouchingWindows, one: Window, other: Window) -> bool {
    let starts_in_time = |starts_at: Timestamp, ends_at: Option<Timestamp>| match (ends_at, touching) {
        (None, _) => true,
        (Some(ends_at), TouchingWindows::Disjoint) => starts_at < ends_at,
        (Some(ends_at), TouchingWindows::Overlap) => starts_at <= ends_at,
    };
    starts_in_time(one.starts_at, other.ends_at) && starts_in_time(other.starts_at, one.ends_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(days: (i64, Option<i64>)) -> Window {
        let at = |day: i64| Timestamp::from_second(1_800_000_000 + day * 86_400).expect("a valid instant");
        Window { starts_at: at(days.0), ends_at: days.1.map(at) }
    }

    #[test]
    fn windows_overlap_where_they_share_time() {
        for (one, other, disjoint, overlapping) in [
            ((1, Some(3)), (2, Some(4)), true, true),
            ((1, Some(3)), (3, Some(4)), false, true),
            ((1, Some(3)), (4, Some(5)), false, false),
            ((1, None), (9, Some(10)), true, true),
            ((4, Some(5)), (1, None), true, true),
        ] {
            let (one, other) = (window(one), window(other));
            assert_eq!(overlap(TouchingWindows::Disjoint, one, other), disjoint, "{one:?} {other:?}");
            assert_eq!(overlap(TouchingWindows::Overlap, other, one), overlapping, "{one:?} {other:?}");
        }
    }
}
