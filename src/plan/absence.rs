//! What comes of grants whose stay is missing from the source (RULES 21 to 23).
//!
//! Absence is not cancellation. It counts only in a complete read, inside the arrivals which that read covers, and
//! only after several reads and some hours; what is in house, or was never seen by this store, waits for a person.

use jiff::Timestamp;

use super::guards::{Guard, GuardSettings};
use super::learnt::Learnt;
use super::live::Live;
use super::past::Past;
use super::planner::PlanInput;
use crate::model::{Absence, Coverage, HeldBy};

/// What a person has to allow before a grant is revoked for absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Needed {
    /// Nothing.
    Nothing,
    /// That a guest in house is locked out.
    InHouse,
    /// That it is not known whether the source ever had the stay.
    UnknownOrigin,
}

impl Needed {
    /// The guard that a person raises.
    pub(super) fn guard(self) -> Option<Guard> {
        self.what().map(|(guard, ..)| guard)
    }

    /// The same with the words of it, and who holds the grant until then.
    pub(super) fn what(self) -> Option<(Guard, &'static str, HeldBy)> {
        match self {
            Self::Nothing => None,
            Self::InHouse => Some((Guard::InHouse, "the guest is in house", HeldBy::Person)),
            Self::UnknownOrigin => {
                Some((Guard::UnknownOrigin, "this store has never seen the stay in the source", HeldBy::Rule))
            }
        }
    }
}

/// What the absence of a stay says of its grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing.
    Silent { is_covered: bool },
    /// It is kept for now.
    Waits { text: String, counted: Option<Absence>, is_covered: bool },
    /// It may go.
    Due { since: Timestamp, needed: Needed, counted: Option<Absence>, n_due: u64, is_covered: bool },
}

impl Missing {
    /// Whether the read would have to list the stay.
    pub(super) fn is_covered(&self) -> bool {
        match self {
            Self::Silent { is_covered } | Self::Waits { is_covered, .. } | Self::Due { is_covered, .. } => {
                *is_covered
            }
        }
    }

    /// The absence with this read counted, where it counts.
    pub(super) fn counted(&self) -> Option<&Absence> {
        match self {
            Self::Silent { .. } => None,
            Self::Waits { counted, .. } | Self::Due { counted, .. } => counted.as_ref(),
        }
    }
}

/// Looks at a grant of which no row speaks.
pub(super) fn look(live: &Live<'_>, position: usize, input: &PlanInput<'_>, in_house: bool) -> Missing {
    let owned = &live.owned[position];
    let PlanInput { past, now, .. } = *input;
    let Past { ledger, guards, reading, .. } = past;
    let known = ledger.absences.get(owned.key);
    let is_complete = reading.coverage == Coverage::Complete;
    let is_covered = reading
        .arrivals
        .as_ref()
        .is_some_and(|arrivals| arrivals.contain(&owned.parts.property, owned.grant.window.starts_at, now));
    let is_new = match (&reading.fingerprint, known) {
        (None, _) => true,
        (Some(bytes), Some(absence)) => absence.last_read.as_ref() != Some(bytes),
        (Some(bytes), None) => !ledger.saw(bytes),
    };
    let needed = if in_house {
        Needed::InHouse
    } else if owned.recorded.is_some() {
        Needed::Nothing
    } else {
        Needed::UnknownOrigin
    };
    let is_due = |absence: &Absence| {
        absence.n_reads >= guards.missing_runs && absence.since.duration_until(now) >= guards.missing_for
    };
    if is_complete && is_covered && is_new {
        let absence = Absence {
            since: known.map_or(now, |known| known.since),
            n_reads: known.map_or(1, |known| known.n_reads.saturating_add(1)),
            last_read: reading.fingerprint.clone(),
        };
        return if is_due(&absence) {
            Missing::Due { since: absence.since, needed, counted: Some(absence), n_due: 0, is_covered }
        } else {
            Missing::Waits {
                text: waiting(&absence, needed, guards, now),
                counted: Some(absence),
                is_covered,
            }
        };
    }
    let Some(absence) = known else { return Missing::Silent { is_covered } };
    // Its time had come, and a person was asked: they answer over the same bytes.
    if is_complete && is_covered && needed != Needed::Nothing && is_due(absence) {
        return Missing::Due { since: absence.since, needed, counted: None, n_due: 0, is_covered };
    }
    let why = if !is_complete {
        "this run does not see all of the source"
    } else if !is_covered {
        "this read does not cover its arrival"
    } else {
        "these are the same bytes as before"
    };
    let text = format!("{}; {why}, so it does not count", waiting(absence, needed, guards, now));
    Missing::Waits { text, counted: None, is_covered }
}

/// Takes note of what was found missing in this read.
pub(super) fn learn_missing<'m>(
    missing: impl Iterator<Item = (usize, &'m Missing)>,
    live: &Live<'_>,
    learnt: &mut Learnt,
) {
    for (position, missing) in missing {
        if let Some(absence) = missing.counted() {
            learnt.missing.push((live.owned[position].key.clone(), absence.clone()));
        }
    }
    learnt.missing.sort_by(|left, right| left.0.cmp(&right.0));
}

/// For how long a stay has been missing, and when its grant goes.
/// Every text about it says where a person has to allow it (RULES 22, 23).
fn waiting(absence: &Absence, needed: Needed, guards: &GuardSettings, now: Timestamp) -> String {
    let Absence { since, n_reads, last_read: _ } = absence;
    let runs = guards.missing_runs.max(1);
    let earliest = *since + guards.missing_for;
    let left = runs.saturating_sub(*n_reads).max(1);
    let next =
        if left == 1 { "the next complete run".to_owned() } else { format!("the {left}th complete run") };
    let after = if earliest > now {
        format!(" after {}", earliest.strftime("%Y-%m-%d %H:%MZ"))
    } else {
        String::new()
    };
    let then = needed.what().map_or_else(
        || format!("it is revoked in {next}{after}"),
        |(_, what, _)| {
            format!("{what}, so it is kept; a person may allow that it is revoked, from {next}{after} on")
        },
    );
    format!(
        "no longer in the source since {} ({n_reads} of {runs} complete runs); {then}",
        since.strftime("%Y-%m-%d %H:%MZ")
    )
}
