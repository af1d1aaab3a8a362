//! The calls of a plan: what is sent, in which order, and what must have happened before.

use ecow::EcoString;
use hashbrown::HashMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::model::{
    AccessGrantId, AccessGrantKey, AccessMethodId, DoorRef, EmailAddress, LiveGrant, MethodSet, PhoneNumber,
    SeamReservationKey, SharedSet, SpaceId, UserIdentityId, UserIdentityKey, Window, WishedCode,
};

/// The position of a step in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepId(pub u32);

impl StepId {
    /// The id of the step at a position.
    pub fn at(position: usize) -> Self {
        Self(u32::try_from(position).expect("a plan has fewer than 2^32 steps"))
    }
}

/// Some steps. A new grant waits for a contact or another grant, which takes no memory of its own.
pub type StepIds = SmallVec<[StepId; 4]>;

/// The position of an item in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemId(pub u32);

/// The identity that a grant is made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityTarget {
    /// It exists.
    Known(UserIdentityId),
    /// It does not exist when the plan is made.
    New {
        /// What it is to be. Every grant of the guest has it, so that each can make it where the one before it failed.
        identity: Box<NewIdentity>,
        /// The step that makes the identity and is over before this one is sent: mostly the first grant of the guest.
        /// `None` where this grant is that first one.
        made_by: Option<StepId>,
    },
}

/// An identity to be made: together with the first grant of its guest, or ahead of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIdentity {
    /// Its key.
    pub key: UserIdentityKey,
    /// The name; `None` where the source has none.
    pub full_name: Option<EcoString>,
    /// The e-mail address; `None` where it has none.
    pub email: Option<EmailAddress>,
    /// The phone number; `None` where it has none.
    pub phone: Option<PhoneNumber>,
}

/// A field of an update that is left alone, set, or cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Patch<T> {
    /// Not sent.
    Keep,
    /// Sent.
    Set(T),
    /// Sent as null.
    Clear,
}

impl<T> Patch<T> {
    /// What is sent, if something is.
    pub(super) fn set(&self) -> Option<&T> {
        if let Self::Set(value) = self { Some(value) } else { None }
    }

    /// What the field has afterwards.
    pub(super) fn applied_to<'a>(&'a self, had: Option<&'a T>) -> Option<&'a T> {
        match self {
            Self::Keep => had,
            Self::Set(value) => Some(value),
            Self::Clear => None,
        }
    }
}

/// What is sent to Seam. A plan file holds all of it but the wished PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// `/user_identities/create`: only where a deletion comes between it and the first grant of the guest, so that
    /// nothing is deleted for somebody whom Seam does not take.
    CreateIdentity(NewIdentity),
    /// `/user_identities/update`.
    UpdateIdentity {
        /// Which.
        id: UserIdentityId,
        /// Its key, for the record.
        key: UserIdentityKey,
        /// The name.
        full_name: Patch<EcoString>,
        /// The e-mail address.
        email: Patch<EmailAddress>,
        /// The phone number.
        phone: Patch<PhoneNumber>,
    },
    /// `/access_grants/create`.
    CreateGrant {
        /// Its key.
        key: AccessGrantKey,
        /// For whom.
        identity: IdentityTarget,
        /// What joins it to others.
        reservation_key: Option<SeamReservationKey>,
        /// Where.
        spaces: SharedSet<SpaceId>,
        /// When.
        window: Window,
        /// How.
        methods: MethodSet,
        /// A wished PIN; it is never written down, and read again where a saved plan is carried out (RULES 8).
        #[serde(skip)]
        code: Option<WishedCode>,
        /// Its label.
        name: EcoString,
    },
    /// `/access_grants/update`: nothing but the window.
    UpdateGrant {
        /// Which.
        id: AccessGrantId,
        /// Its key, for the record.
        key: AccessGrantKey,
        /// The new window.
        window: Window,
    },
    /// `/access_grants/unmanaged/update`: gives a grant that somebody else made a key of ours, as it stands.
    TakeOverGrant {
        /// Which.
        id: AccessGrantId,
        /// The key it gets.
        key: AccessGrantKey,
    },
    /// `/access_grants/delete`.
    DeleteGrant {
        /// Which.
        id: AccessGrantId,
        /// Its key, for the record.
        key: AccessGrantKey,
    },
    /// `/access_grants/request_access_methods`.
    AddMethods {
        /// To which grant.
        id: AccessGrantId,
        /// Its key, for the record.
        key: AccessGrantKey,
        /// Which methods.
        methods: MethodSet,
    },
    /// `/access_grants/request_access_methods`, where a look shows that the grant lost a method: Seam may give one
    /// guest one code for two grants, and take it from both when one of them goes (RULES 32).
    RestoreMethods {
        /// The key of a grant of a guest of whom another grant goes.
        key: AccessGrantKey,
        /// What it is to have.
        methods: MethodSet,
    },
    /// `/access_methods/delete`.
    DeleteMethod {
        /// Which.
        id: AccessMethodId,
        /// The key of its grant, for the record.
        key: AccessGrantKey,
    },
}

/// Which of Seam's three limits per door a call counts against (SEAM.md §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoorOperation {
    /// 10 a minute.
    Create,
    /// 10 a minute.
    Update,
    /// 20 a minute.
    Delete,
}

impl Call {
    /// Makes a grant for the guest of a live one, with its methods and its name.
    pub(super) fn create_like(
        grant: &LiveGrant,
        key: AccessGrantKey,
        reservation_key: Option<SeamReservationKey>,
        spaces: SharedSet<SpaceId>,
        window: Window,
    ) -> Self {
        Self::CreateGrant {
            key,
            identity: IdentityTarget::Known(grant.identity.clone()),
            reservation_key,
            spaces,
            window,
            methods: grant.methods(),
            code: None,
            name: grant.name.clone().unwrap_or_default(),
        }
    }

    /// The limit that the doors of the call count it against; `None` for calls that touch no door, or only where
    /// something happened that nobody can plan.
    pub fn door_operation(&self) -> Option<DoorOperation> {
        match self {
            Self::CreateIdentity(_)
            | Self::UpdateIdentity { .. }
            | Self::TakeOverGrant { .. }
            | Self::RestoreMethods { .. } => None,
            Self::CreateGrant { .. } | Self::AddMethods { .. } => Some(DoorOperation::Create),
            Self::UpdateGrant { .. } => Some(DoorOperation::Update),
            Self::DeleteGrant { .. } | Self::DeleteMethod { .. } => Some(DoorOperation::Delete),
        }
    }

    /// The path of the call, for records and messages.
    pub fn path(&self) -> &'static str {
        match self {
            Self::CreateIdentity(_) => "/user_identities/create",
            Self::UpdateIdentity { .. } => "/user_identities/update",
            Self::CreateGrant { .. } => "/access_grants/create",
            Self::UpdateGrant { .. } => "/access_grants/update",
            Self::TakeOverGrant { .. } => "/access_grants/unmanaged/update",
            Self::DeleteGrant { .. } => "/access_grants/delete",
            Self::AddMethods { .. } | Self::RestoreMethods { .. } => "/access_grants/request_access_methods",
            Self::DeleteMethod { .. } => "/access_methods/delete",
        }
    }

    /// The identity that the call makes or is for, where it is new, and the step that makes it before this one.
    pub fn new_identity(&self) -> Option<(&NewIdentity, Option<StepId>)> {
        match self {
            Self::CreateIdentity(identity) => Some((identity, None)),
            Self::CreateGrant { identity: IdentityTarget::New { identity, made_by }, .. } => {
                Some((identity, *made_by))
            }
            _ => None,
        }
    }

    /// The key of the grant or identity that the call is about.
    pub fn subject(&self) -> &str {
        match self {
            Self::CreateIdentity(NewIdentity { key, .. }) | Self::UpdateIdentity { key, .. } => key.as_str(),
            Self::CreateGrant { key, .. }
            | Self::UpdateGrant { key, .. }
            | Self::TakeOverGrant { key, .. }
            | Self::DeleteGrant { key, .. }
            | Self::AddMethods { key, .. }
            | Self::RestoreMethods { key, .. }
            | Self::DeleteMethod { key, .. } => key.as_str(),
        }
    }
}

/// One call and its place in the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The line of the plan it belongs to; `None` for changes of identities.
    pub item: Option<ItemId>,
    /// What is sent.
    pub call: Call,
    /// The doors whose limits it counts against.
    pub doors: SharedSet<DoorRef>,
    /// Steps that must have succeeded; if one did not, this one is skipped.
    pub requires: StepIds,
    /// Steps that must be over, however they ended (RULES 30).
    pub follows: StepIds,
    /// When it is wanted by: the arrival, or now.
    pub deadline: Timestamp,
}

/// Says of each create for a new guest which step makes the identity: the first in the order of the steps. A grant
/// follows it, and brings the identity along itself where that one failed. To be called again where the order or the
/// number of the steps has changed.
pub(super) fn assign_makers(steps: &mut [Step]) {
    let mut makers: HashMap<UserIdentityKey, StepId> = HashMap::new();
    for (number, step) in (0..).map(StepId).zip(steps) {
        let Some((identity, _)) = step.call.new_identity() else { continue };
        let maker = *makers.entry_ref(&identity.key).or_insert(number);
        let Call::CreateGrant { identity: IdentityTarget::New { made_by, .. }, .. } = &mut step.call else {
            continue;
        };
        *made_by = (maker != number).then_some(maker);
        if maker != number && !step.requires.contains(&maker) && !step.follows.contains(&maker) {
            step.follows.push(maker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::schedule::testing::{create, create_for, identity, plan_of, step};
    use super::*;

    /// The maker of each step, and the steps it follows, once the makers are assigned.
    fn check(calls: Vec<Call>, expected: &[(Option<u32>, &[u32])]) {
        let mut steps = plan_of(calls.into_iter().map(|call| step("R", call, &[])).collect()).steps;
        assign_makers(&mut steps);
        let assigned = |steps: &[Step]| -> Vec<(Option<u32>, Vec<u32>)> {
            let maker = |step: &Step| step.call.new_identity().and_then(|(_, maker)| Some(maker?.0));
            steps.iter().map(|step| (maker(step), step.follows.iter().map(|id| id.0).collect())).collect()
        };
        let expected: Vec<_> = expected.iter().map(|(maker, follows)| (*maker, follows.to_vec())).collect();
        assert_eq!(assigned(&steps), expected);
        assign_makers(&mut steps);
        assert_eq!(assigned(&steps), expected, "once more changes nothing");
    }

    #[test]
    fn first_grant_of_each_new_guest_makes_the_identity() {
        check(
            vec![
                create_for("G1", "a", None),
                create("known"),
                create_for("G2", "b", None),
                create_for("G1", "c", None),
                create_for("G1", "d", None),
            ],
            &[(None, &[]), (None, &[]), (None, &[]), (Some(0), &[0]), (Some(0), &[0])],
        );
    }

    #[test]
    fn identity_made_ahead_is_the_maker() {
        check(vec![identity("G1"), create_for("G1", "a", None)], &[(None, &[]), (Some(0), &[0])]);
    }

    #[test]
    fn maker_is_another_where_the_order_changed() {
        check(
            vec![create_for("G1", "b", Some(1)), create_for("G1", "a", None)],
            &[(None, &[]), (Some(0), &[0])],
        );
    }
}
