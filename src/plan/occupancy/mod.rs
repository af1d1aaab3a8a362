//! Who gets which unit, decided across reservations (RULES 12 to 17, 19 to 25, 29).
//!
//! Most reservations meet nobody and are planned by themselves. Of the others: rows say who has each unit
//! (`claims.rs`); each row and grant has a change that it would make alone (`changes.rs`); a work list holds what
//! cannot be, until nothing changes (`settle.rs`); guards hold or stop by what was counted before (`guards.rs`); what
//! a person reads is made in the end (`items.rs`).
//!
//! A change is held or goes; the work list only ever holds, delays a start or gives back less. So it ends, and its
//! result does not depend on the order in which changes are looked at: a ring carries itself, a chain falls from the
//! end that is stuck. What goes opens no unit for a night in which, after the plan, another party's grant opens it.

mod alone;
mod changes;
mod claims;
mod departures;
mod ground;
mod guards;
mod items;
mod meeting;
mod needs;
mod partial;
mod parties;
mod rulings;
mod settle;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use smallvec::SmallVec;

pub(super) use changes::Draft;
pub(super) use claims::Claims;
pub(super) use ground::Ground;
pub(super) use guards::Counted;
pub(super) use meeting::{Reservations, who_meets};
pub(super) use needs::Need;
pub(super) use rulings::{GrantRuling, PieceRuling, Rulings};

use super::planner::PlanInput;
use crate::model::{LocalSpan, LocalTime, ReasonCode};

/// Why a grant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A row says so.
    Explicit,
    /// The stay is missing for long enough.
    Absent,
    /// The rows of its guest give another unit for these nights, or another grant has taken its place.
    Left,
    /// The recorded stay is over, the window was made longer outside (RULES 20).
    MadeLonger,
    /// A person decided it.
    Person,
    // From here on: it goes only where another party needs the unit (RULES 15), or has won it (RULES 14).
    /// The stay is missing, and its unit is let again.
    Relet,
    /// The stay has no unit any more.
    NoUnit,
    /// The status of the row is one to be ignored.
    Ignored,
    /// A guest of another party is checked in.
    Occupied,
}

impl Cause {
    fn is_on_demand(self) -> bool {
        self >= Self::Relet
    }
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing.
    Keep,
    /// A new grant.
    Create,
    /// Another window or other methods.
    Update,
    /// The grants stay, and a new one for further spaces comes.
    Extend,
    /// Other doors: a new grant in the place of the old ones.
    Replace,
    /// Other doors, and the old grants stay, because nothing may be taken from the guest.
    Beside,
    /// The grants go.
    Revoke(Cause),
}

/// Why something that the source asks for is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Hold {
    /// Another party has the unit by the source (RULES 14).
    Collision,
    /// Both are checked in, or both have grants (RULES 14).
    Stalemate,
    /// Somebody else's grant opens the unit and does not go (RULES 16).
    Occupied,
    /// It hangs together with a change that is held.
    Waits,
    /// The policy does not carry a ring out.
    Policy,
    /// No unit yet.
    NoUnit,
    /// A blank, unknown or ignored status.
    NoOpinion,
    /// The stay wants to be left alone.
    OptOut,
    /// Missing, not for long enough, or in a read that says nothing about it.
    Absent,
    /// Missing, and the guest is in house.
    AbsentInHouse,
    /// Missing, and this store never recorded it (RULES 22).
    UnknownOrigin,
    /// In house, and this store does not know what was wanted before (RULES 23).
    LostStore,
    /// In house, and it was not the source that changed (RULES 23).
    NotTheSource,
    /// The row cannot be used, or its stay waits for a reason of its own.
    Withheld,
    /// The grant is another job's (RULES 2).
    ForeignNamespace,
    /// Outside the filter.
    Filter,
    /// More guests in house than may lose something (RULES 24).
    InHouseLimit,
    /// A guard has stopped the same changes in several runs (RULES 25).
    Quarantine,
    /// A person decided it (RULES 17).
    Person,
    /// The recorded stay is over today, its window is not (RULES 20).
    Outlasts,
    /// Still checked in after the check-out.
    Overstay,
    /// The check of an earlier form of the plan found two parties in one unit (RULES 17).
    CheckFailed,
    /// In house, and the row names another person (RULES 5).
    AnotherGuest,
}

/// What is decided about one stay, its grants, or a grant without a stay.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(super) struct Change {
    /// The position of the reservation in the ground.
    pub(super) reservation: usize,
    /// The position of the stay in the ground.
    pub(super) stay: Option<usize>,
    /// The number of the piece of its reservation.
    pub(super) piece: Option<usize>,
    /// The positions of its grants in the ground.
    pub(super) grants: SmallVec<[usize; 1]>,
    pub(super) action: Action,
    /// What the units of the stay are to be open for, buffers included; its start may be moved later (RULES 13).
    pub(super) opens: LocalSpan,
    /// The same before anything was moved.
    wanted: LocalSpan,
    /// The units that it gets: its own, less those that it lost (RULES 14).
    pub(super) units: SmallVec<[usize; 1]>,
    /// Units that a person decided to leave to the guest where the others go (RULES 17).
    pub(super) left_units: SmallVec<[usize; 1]>,
    pub(super) in_house: bool,
    /// The guest is in house with this stay or another one of the reservation (RULES 24).
    guest_in_house: bool,
    /// A person decided it: nothing but Seam's rules holds it (RULES 17).
    forced: bool,
    pub(super) hold: Option<Hold>,
    /// For a grant that its guest leaves: the change that gives the guest the other unit.
    successor: Option<usize>,
    /// Only what gives the guest more may be sent (RULES 23).
    pub(super) gains_only: bool,
    /// The guest is in house and it was not the source that changed: what they have may not be made anew (RULES 23).
    pub(super) is_protected: bool,
    /// Methods are taken away.
    pub(super) loses_methods: bool,
    /// Its window moves so far that the grant is made anew for it.
    pub(super) is_anew: bool,
    /// The further spaces of [`Action::Extend`] are withheld for a reason of the stay's own.
    pub(super) extension_withheld: bool,
}

/// The decisions across reservations.
pub(super) struct Occupancy<'a> {
    pub(super) ground: &'a Ground<'a>,
    input: &'a PlanInput<'a>,
    pub(super) claims: Claims,
    pub(super) changes: Vec<Change>,
    change_of_grant: Vec<Option<usize>>,
    changes_of: Vec<std::ops::Range<usize>>,
    /// Per change: grants of other parties that open a unit which its stay has, with the unit; and the reverse.
    blockers: Vec<Vec<(usize, usize)>>,
    claimants: Vec<Vec<usize>>,
    /// Per change with a row: the changes of its reservation that have none.
    leftovers: Vec<Vec<usize>>,
    in_house: super::in_house::InHouse,
    /// What a check found of reservations that it took out.
    pub(super) withheld: &'a super::planner::Withheld,
    /// What a person must allow for the guards that stop this plan.
    pub(super) needed: Vec<super::Allowance>,
    /// What absence says of each grant without a stay.
    pub(super) missing: BTreeMap<usize, super::absence::Missing>,
    /// Why a reservation holds a piece for a reason of its own.
    own_reasons: BTreeMap<usize, super::reservation::Why>,
    /// The names of the people who have the grants.
    names_of_grants: BTreeMap<usize, ecow::EcoString>,
    /// Grants that Seam's rules do not let be shortened.
    fixed: std::collections::BTreeSet<usize>,
    now: Timestamp,
}

/// The root of a set of things that belong together.
fn root(parent: &mut [usize], mut at: usize) -> usize {
    while parent[at] != at {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    at
}

/// The hour of the evening up to which an arrival can be made to wait (RULES 13).
const EVENING: LocalTime = 18;
/// An arrival waits for so many hours at the most (RULES 13).
const LONGEST_WAIT: LocalTime = 4;

impl Hold {
    /// The word of the output.
    pub(super) fn reason_code(self) -> ReasonCode {
        match self {
            Self::Collision | Self::Stalemate => ReasonCode::Overlap,
            Self::Occupied | Self::Waits => ReasonCode::UnitInUse,
            Self::Policy => ReasonCode::Policy,
            Self::NoUnit => ReasonCode::UnitNotAssigned,
            Self::NoOpinion => ReasonCode::NoOpinion,
            Self::OptOut => ReasonCode::OptedOut,
            Self::Absent | Self::AbsentInHouse | Self::UnknownOrigin => ReasonCode::Absent,
            Self::LostStore | Self::NotTheSource => ReasonCode::InHouse,
            Self::Withheld => ReasonCode::Withheld,
            Self::ForeignNamespace => ReasonCode::ForeignNamespace,
            Self::Filter => ReasonCode::OutsideFilter,
            Self::InHouseLimit => ReasonCode::InHouseLimit,
            Self::Quarantine => ReasonCode::Quarantine,
            Self::Person => ReasonCode::Decided,
            Self::Outlasts => ReasonCode::MadeLonger,
            Self::Overstay => ReasonCode::Overstay,
            Self::CheckFailed => ReasonCode::CheckFailed,
            Self::AnotherGuest => ReasonCode::AnotherGuest,
        }
    }
}
