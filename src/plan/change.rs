//! What one reservation needs, before it is told as lines and calls.

use super::cluster::Seat;
use crate::mapping::{DesiredGrant, DoorRefs, HeldStay, RevokedStay, SpaceRefs};
use crate::model::{
    AccessGrantKey, AccessMethodId, HeldBy, Method, MethodSet, ReasonCode, SeamReservationKey, Wanted, Window,
};

/// A grant to make.
#[derive(Debug, Clone)]
pub(super) struct NewGrant<'a> {
    /// Its number among the pieces of its reservation, by which others wait for it.
    pub(super) piece: usize,
    /// What wants it.
    pub(super) desired: &'a DesiredGrant,
    /// Its key.
    pub(super) key: AccessGrantKey,
    /// What it opens.
    pub(super) window: Window,
    /// Its spaces, sorted.
    pub(super) spaces: SpaceRefs,
    /// Its doors to which the reservation rules apply, sorted.
    pub(super) capable: DoorRefs,
    /// Its place under a Seam reservation key; `None` where no door knows reservations.
    pub(super) seat: Option<Seat>,
    /// Its methods: those wanted that a door supports.
    pub(super) methods: MethodSet,
    /// Why.
    pub(super) reason: ReasonCode,
    /// What is to be remembered of it.
    pub(super) wanted: Wanted,
}

/// A live grant to change.
#[derive(Debug, Clone)]
pub(super) struct Amendment<'a> {
    /// What wants it; `None` where something is taken because others need it.
    pub(super) desired: Option<&'a DesiredGrant>,
    /// Why, where it is not the stay that changed.
    pub(super) told: Option<(ReasonCode, String)>,
    /// Its position among the live grants.
    pub(super) position: usize,
    /// The new window.
    pub(super) window: Option<Window>,
    /// Methods to ask for.
    pub(super) add: MethodSet,
    /// Access methods to take away.
    pub(super) remove: Vec<(Method, AccessMethodId)>,
    /// Live grants that must be gone before.
    pub(super) after_deletion_of: Vec<usize>,
    /// The live grant whose window must have moved before.
    pub(super) after_update_of: Option<usize>,
    /// What is to be remembered of it, where it gets all of that; `None` where nothing was remembered.
    pub(super) wanted: Option<Wanted>,
    /// How much of it the grant gets.
    pub(super) reach: Reach,
}

/// How much of what is wanted a change of a live grant brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    Whole,
    /// What gives the guest more; the rest waits.
    Gain,
}

/// Whether the new grant of a replacement comes before the old one goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// Nobody stands outside.
    CreateFirst,
    /// Seam's reservation rules leave no other way for these of the old ones; the others go when the new one is there.
    DeleteFirst(Vec<usize>),
}

/// A new grant for the units of a live one that its guest keeps where the others go (RULES 15, 17).
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The position of the live grant.
    pub(super) position: usize,
    /// The key of the new one.
    pub(super) key: AccessGrantKey,
    /// What it opens, sorted.
    pub(super) spaces: SpaceRefs,
    /// When.
    pub(super) window: Window,
    /// A key of its own, because others may join or leave the old one; `None` where no door knows reservations.
    pub(super) reservation_key: Option<SeamReservationKey>,
    /// What is to be remembered of it.
    pub(super) wanted: Option<Wanted>,
    /// Why.
    pub(super) reason: ReasonCode,
}

/// One change.
#[derive(Debug, Clone)]
pub(super) enum Change<'a> {
    /// A new grant.
    Create(NewGrant<'a>),
    /// What is left to a guest of a grant that goes.
    Part(Part),
    /// Another window or other methods.
    Amend(Amendment<'a>),
    /// Other doors.
    Replace {
        /// The new grant.
        new: NewGrant<'a>,
        /// The positions of the old ones.
        old: Vec<usize>,
        /// Which comes first.
        order: Order,
    },
    /// A grant goes.
    Revoke {
        /// Its position.
        position: usize,
        /// Why.
        reason: ReasonCode,
        /// The row that says so.
        stay: Option<&'a RevokedStay>,
        /// Why, where the reason alone does not say it.
        text: Option<String>,
    },
    /// A grant whose stay is missing from the source, and is kept for now.
    Missing {
        /// Its position.
        position: usize,
        /// Why, in one word.
        reason: ReasonCode,
        /// For how long, and what comes of it.
        text: String,
        /// Who holds it.
        held_by: HeldBy,
    },
    /// A wanted grant, or a change of a live one, that is not carried out.
    Hold {
        /// What wanted it.
        desired: Option<&'a DesiredGrant>,
        /// The live grant concerned.
        position: Option<usize>,
        /// Why, in one word.
        reason: ReasonCode,
        /// Why, in one sentence.
        text: String,
        /// Who holds it.
        held_by: HeldBy,
    },
    /// A stay that the mapping holds.
    HeldStay {
        /// The stay.
        stay: &'a HeldStay,
        /// The live grant of the guest, which is kept.
        position: Option<usize>,
    },
}

impl Change<'_> {
    /// Whether it says that a live grant is held.
    pub(super) fn is_hold_of(&self, live: usize) -> bool {
        matches!(self, Self::Hold { position: Some(position), .. } if *position == live)
    }
}
