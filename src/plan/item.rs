//! One line of a plan: what happens to one grant, why, and what its guest will notice.

use std::borrow::Cow;
use std::sync::Arc;

use ecow::EcoString;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::model::{
    AccessGrantKey, DeviceId, EntranceId, HeldBy, MethodSet, ReasonCode, ReservationId, SeamReservationKey,
    SharedSet, SourcePlace, SpaceKey, UserIdentityKey, Wanted,
};

/// What happens to a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new grant.
    Create,
    /// Another window, name or method on the same grant.
    Update,
    /// Other doors: a new grant for an old one.
    Replace,
    /// The grant goes.
    Revoke,
    /// Nothing, although something differs.
    Hold,
    /// Nothing, and nothing differs; counted, not listed.
    None,
}

/// What the guest notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Nothing.
    Seamless,
    /// The credential stops and works again a moment later.
    Reissue,
    /// A new credential takes the place of the old one.
    Replace,
    /// The guest must come to the desk.
    Desk,
    /// The guest no longer gets in.
    Revoke,
}

/// Where the stay stands against now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Arrives later than in 24 hours.
    Future,
    /// Arrives within 24 hours.
    Arriving,
    /// Is there.
    InHouse,
    /// Has left.
    Departed,
}

/// A grant as a person sees it, before or after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// Its key.
    pub access_grant_key: Option<AccessGrantKey>,
    /// What joins it to others at Seam; `None` where none is sent.
    pub reservation_key: Option<SeamReservationKey>,
    /// Whose it is.
    pub user_identity_key: Option<UserIdentityKey>,
    /// Their name.
    pub full_name: Option<EcoString>,
    /// The spaces.
    pub space_keys: SharedSet<SpaceKey>,
    /// The devices in those spaces.
    pub device_ids: SharedSet<DeviceId>,
    /// The entrances in those spaces.
    pub acs_entrance_ids: SharedSet<EntranceId>,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// How the doors open.
    pub methods: MethodSet,
    /// Its label: the reservation key.
    pub name: Option<EcoString>,
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The key of the grant: the new one where there is a new one.
    pub key: AccessGrantKey,
    /// The reservation.
    pub reservation: ReservationId,
    /// What happens.
    pub action: Action,
    /// Why, in one word.
    pub reason_code: ReasonCode,
    /// Why, in one sentence.
    pub reason: Cow<'static, str>,
    /// What the guest notices.
    pub impact: Impact,
    /// Where the stay stands.
    pub phase: Phase,
    /// Who holds it, for [`Action::Hold`].
    pub held_by: Option<HeldBy>,
    /// The day of arrival at the property, by which reports are grouped.
    pub arrival: Date,
    /// What Seam holds now.
    pub before: Option<Arc<GrantView>>,
    /// What it shall hold.
    pub after: Option<Arc<GrantView>>,
    /// The row that wants it; `None` where no row does.
    pub source: Option<SourcePlace>,
    /// Whether a PIN was wished for; the PIN itself is never part of a plan that is shown.
    pub code_wished: bool,
    /// What is to be remembered of the grant when it is carried out; `None` where nothing is.
    pub wanted: Option<Wanted>,
}
