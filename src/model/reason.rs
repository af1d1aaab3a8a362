//! Why something happens, or does not; the words are part of the output.

use serde::{Deserialize, Serialize};

/// Why a change is held, which decides the exit code: what time or policy holds is normal, the rest needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// Horizon, policy, a unit not yet assigned: nothing to do.
    Rule,
    /// Somebody must decide.
    Person,
}

/// Why a line is what it is; the word is part of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// A stay without a grant.
    NewStay,
    /// A space was added to a stay that has a grant.
    SpaceAdded,
    /// The window changed.
    WindowChanged,
    /// Methods were added or removed.
    MethodsChanged,
    /// Window and methods both changed.
    WindowAndMethodsChanged,
    /// The stay moved to other doors.
    DoorsChanged,
    /// Another grant of the reservation moves, and Seam wants all of them made anew.
    ReservationRebuilt,
    /// The source says cancelled, no-show or checked out.
    Cancelled,
    /// The stay is already over.
    LeftEarly,
    /// The source no longer gives the stay this access.
    NoLongerWanted,
    /// A second grant for the same doors and window.
    Duplicate,
    /// The stay begins beyond the horizon.
    BeyondHorizon,
    /// The policy does not allow the change.
    Policy,
    /// The unit is not decided yet.
    UnitNotAssigned,
    /// The unit leads to no space.
    UnmappedUnit,
    /// The configuration does not know the property.
    UnknownProperty,
    /// No door of the unit supports a wanted method.
    DoorWithoutMethod,
    /// Two reservations want one unit at the same time.
    Overlap,
    /// The grant of another party opens the unit, and stays.
    UnitInUse,
    /// The unit is given to another party by now, so that the grant goes or is shortened.
    UnitRelet,
    /// A guest of another party is checked in in the unit, so that the grant goes.
    UnitOccupied,
    /// Two parties can open one unit.
    TwoParties,
    /// A checked-in guest waits for an earlier one who has not left.
    NotLeft,
    /// The status of the row is blank, unknown, or one to be ignored.
    NoOpinion,
    /// The stay wants to be left alone.
    OptedOut,
    /// The stay waits for a reason of its own.
    Withheld,
    /// A grant of this namespace is another job's.
    ForeignNamespace,
    /// The plan is not about the reservation.
    OutsideFilter,
    /// A person decided it.
    Decided,
    /// The window was made longer outside than the stay was recorded.
    MadeLonger,
    /// The check of the plan took the reservation out.
    CheckFailed,
    /// Rows of one stay contradict each other.
    ContradictingRows,
    /// The guest should have a key by now, and has none.
    NoKey,
    /// Somebody else's grants stand in the way.
    ForeignGrant,
    /// Two guests have the same e-mail or phone.
    ContactConflict,
    /// Another person is in the place of a known guest (RULES 5).
    AnotherGuest,
    /// The windows of the reservation cannot be moved without a gap.
    WindowsWouldNotOverlap,
    /// A run that was undone is taken back (RULES 35).
    RolledBack,
    /// The guest is still there after check-out.
    Overstay,
    /// A grant that is not ours lets the guest in, and stays until it can be taken over (RULES 36).
    AdoptionPending,
    /// A grant that was not ours, and in whose place one of ours stands.
    TakenOver,
    /// The stay is no longer in the source.
    Absent,
    /// The guest is in house, and the source did not change what it wants for them.
    InHouse,
    /// More guests in house would notice than a plan may change.
    InHouseLimit,
    /// A guard has stopped the same plan three times; until a person decides, nothing is taken away.
    Quarantine,
    /// The same change was made in three runs in a row, and does not last.
    Flapping,
}
