//! A stay: one guest in one place for one window, which is one row of the source.

use jiff::Timestamp;

use super::guest::{Guest, WishedCode};
use super::method_set::MethodSet;
use super::name::{ShareKey, SpaceKey, StayId, Unit};
use super::problem::SourcePlace;
use super::shared_set::SharedSet;
use super::time::Moment;

/// What the status of a row means for the doors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The guest has a right to the doors.
    Expected,
    /// The guest has a right to the doors and is already there (RULES, Terms; 19).
    CheckedIn,
    /// The right is gone: cancelled, no-show, checked out.
    Revoked,
    /// The row says nothing: a blank or unknown status (RULES 11).
    Unclear,
    /// The configuration says to pass over this status (RULES 11).
    Ignored,
}

/// Where the guest stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Units by the source's names, to be mapped to spaces.
    Units(SharedSet<Unit>),
    /// Spaces by their Seam keys.
    Spaces(SharedSet<SpaceKey>),
    /// Not decided yet (RULES 18).
    Unassigned,
}

/// One guest in one place for one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The segment of the stay, where the source numbers them.
    pub stay_id: Option<StayId>,
    /// Reservations with the same key share a unit: they are one party in it (RULES 12). `None` where the source
    /// says nothing.
    pub share_key: Option<ShareKey>,
    /// Who.
    pub guest: Guest,
    /// Where.
    pub place: Place,
    /// Arrival, without buffers.
    pub check_in: Moment,
    /// Departure, without buffers; after the arrival.
    pub check_out: Moment,
    /// What the status means.
    pub standing: Standing,
    /// Methods the row asks for; empty means those of the configuration.
    pub methods: MethodSet,
    /// A wished PIN.
    pub code: Option<WishedCode>,
    /// The guest or the hotel wants this stay left alone (RULES 11).
    pub opted_out: bool,
    /// When the source last changed the row.
    pub updated_at: Option<Timestamp>,
    /// When the stay was booked: of two parties in one unit the earlier one goes first (RULES 14). `None` where the
    /// source says nothing.
    pub booked_at: Option<Timestamp>,
    /// The row.
    pub source: SourcePlace,
}

impl Stay {
    /// Whether its check-out has passed (RULES 9).
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.check_out.instant <= now
    }
}
