//! What comes of grants whose stay is missing from the source (RULES 13 to 15).
//!
//! Absence is not cancellation. It counts only in a complete read, inside the arrivals which that read covers, and
//! only after several reads and some hours; what is in house, or was never seen by this store, waits for a person.

use jiff::Timestamp;

use super::change::Change;
use super::guards::Guard;
use super::learnt::Learnt;
use super::live::Live;
use super::past::Past;
use super::reservation::{Context, ReservationPlan, Stayer, Why};
use super::settings::Policy;
use crate::mapping::DesiredReservation;
use crate::model::{Absence, Coverage, HeldBy, ReasonCode};

/// A missing grant whose time has come.
struct Due {
    /// Which of the planned reservations it belongs to.
    reservation: usize,
    /// Its position among the live grants.
    position: usize,
    /// For how long it has been missing.
    since: Timestamp,
    standing: Standing,
}

/// What a person has to allow before a grant is revoked for absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing.
    Clear,
    /// That a guest in house is locked out.
    InHouse,
    /// That it is not known whether the source ever had the stay.
    UnknownOrigin,
}

/// A word that is needed from a person.
struct Needs {
    guard: Guard,
    what: &'static str,
    held_by: HeldBy,
}

impl Standing {
    fn needs(self) -> Option<Needs> {
        match self {
            Self::Clear => None,
            Self::InHouse => {
                Some(Needs { guard: Guard::InHouse, what: "the guest is in house", held_by: HeldBy::Person })
            }
            Self::UnknownOrigin => Some(Needs {
                guard: Guard::UnknownOrigin,
                what: "this store has never seen the stay in the source",
                held_by: HeldBy::Rule,
            }),
        }
    }
}

impl Needs {
    fn withheld<'a>(&self, position: usize, since: Timestamp, n_due: u64) -> Change<'a> {
        let Self { guard, what, held_by } = self;
        let text = format!(
            "no longer in the source since {}; {what}, so it is kept until a person allows it with --allow {}={n_due}",
            since.strftime("%Y-%m-%d %H:%MZ"),
            guard.as_str()
        );
        Change::Missing { position, text, held_by: *held_by }
    }
}

/// Says of every missing grant what comes of it, and counts this read.
pub(super) fn settle_absences(
    planned: &mut [(&DesiredReservation, ReservationPlan<'_>)],
    live: &Live<'_>,
    context: &Context<'_>,
    learnt: &mut Learnt,
) {
    if context.settings.policy != Policy::Sync {
        return;
    }
    let mut due = Vec::new();
    for (n, (_, plan)) in planned.iter_mut().enumerate() {
        for position in std::mem::take(&mut plan.missing) {
            match look(live, position, context, learnt) {
                Look::Silent => {}
                Look::Waits(text) => plan.say(Change::Missing { position, text, held_by: HeldBy::Rule }),
                Look::Due { since, standing } => due.push(Due { reservation: n, position, since, standing }),
            }
        }
    }
    for standing in [Standing::Clear, Standing::InHouse, Standing::UnknownOrigin] {
        let of_kind: Vec<&Due> = due.iter().filter(|due| due.standing == standing).collect();
        let n_due = of_kind.len() as u64;
        let missing_word = standing.needs().filter(|needs| n_due > context.past.allowed(needs.guard, n_due));
        for Due { reservation, position, since, .. } in of_kind {
            let (desired, plan) = &mut planned[*reservation];
            let stayer: Stayer = (desired.id.clone(), live.owned[*position].parts.guest.clone());
            plan.say(if let Some(needs) = &missing_word {
                needs.withheld(*position, *since, n_due)
            } else if let Some(Why { held_by, text, .. }) = context.withheld.why(&stayer) {
                Change::Missing { position: *position, text, held_by }
            } else {
                Change::Revoke { position: *position, reason: ReasonCode::Absent, stay: None }
            });
        }
    }
}

impl<'a> ReservationPlan<'a> {
    /// Says something of a grant that counted as unchanged so far.
    fn say(&mut self, change: Change<'a>) {
        self.n_unchanged -= 1;
        self.changes.push(change);
    }
}

enum Look {
    /// Its absence says nothing.
    Silent,
    /// It is kept for now.
    Waits(String),
    /// It may go.
    Due { since: Timestamp, standing: Standing },
}

fn look(live: &Live<'_>, position: usize, context: &Context<'_>, learnt: &mut Learnt) -> Look {
    let owned = &live.owned[position];
    let Context { past, now, .. } = *context;
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
    let standing = if owned.grant.window.contains(now) {
        Standing::InHouse
    } else if ledger.desired.contains_key(owned.key) {
        Standing::Clear
    } else {
        Standing::UnknownOrigin
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
        let look = if is_due(&absence) {
            Look::Due { since: absence.since, standing }
        } else {
            Look::Waits(waiting(&absence, context))
        };
        learnt.missing.push((owned.key.clone(), absence));
        return look;
    }
    let Some(absence) = known else { return Look::Silent };
    // Its time had come, and a person was asked: they answer over the same bytes.
    if is_complete && is_covered && standing != Standing::Clear && is_due(absence) {
        return Look::Due { since: absence.since, standing };
    }
    let why = if !is_complete {
        "this run does not see all of the source"
    } else if !is_covered {
        "this read does not cover its arrival"
    } else {
        "these are the same bytes as before"
    };
    Look::Waits(format!("{}; {why}, so it does not count", waiting(absence, context)))
}

/// For how long a stay has been missing, and when its grant goes.
fn waiting(absence: &Absence, context: &Context<'_>) -> String {
    let Absence { since, n_reads, last_read: _ } = absence;
    let guards = context.past.guards;
    let runs = guards.missing_runs.max(1);
    let earliest = *since + guards.missing_for;
    let left = runs.saturating_sub(*n_reads).max(1);
    let next =
        if left == 1 { "the next complete run".to_owned() } else { format!("the {left}th complete run") };
    let after = if earliest > context.now {
        format!(" after {}", earliest.strftime("%Y-%m-%d %H:%MZ"))
    } else {
        String::new()
    };
    format!(
        "no longer in the source since {} ({n_reads} of {runs} complete runs); it is revoked in {next}{after}",
        since.strftime("%Y-%m-%d %H:%MZ")
    )
}
