//! The plan itself: lines for people, calls for machines, in one value.

use super::in_house::InHouse;
use super::item::{Action, Item};
use super::judging::GuardCheck;
use super::learnt::Learnt;
use super::matter::Matter;
use super::rings::Ring;
use super::step::{Call, ItemId, Patch, Step, StepId};
use crate::model::{Door, Problem, Trip, UserIdentityKey};

/// What happens to an identity; counted apart from grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityItem {
    /// Which.
    pub key: UserIdentityKey,
    /// Created, or updated.
    pub action: Action,
    /// What is sent of it; never the values.
    pub fields: IdentityFields,
    /// The step that does it: a new identity is made with the first grant of the guest.
    pub step: StepId,
}

impl IdentityItem {
    /// The lines of some calls, by key.
    pub fn all_of(steps: &[Step]) -> Vec<Self> {
        let lines = (0..).map(StepId).zip(steps).filter_map(|(number, step)| Self::of(number, &step.call));
        let mut lines: Vec<Self> = lines.collect();
        lines.sort_by(|left, right| (&left.key, left.step).cmp(&(&right.key, right.step)));
        lines
    }

    /// The line of a call; `None` where it makes and changes no identity.
    fn of(step: StepId, call: &Call) -> Option<Self> {
        let (key, action, fields) = match (call, call.new_identity()) {
            (_, Some((identity, None))) => {
                let (email, phone) = (identity.email.is_some(), identity.phone.is_some());
                (&identity.key, Action::Create, IdentityFields { email, full_name: true, phone })
            }
            (Call::UpdateIdentity { id: _, key, full_name, email, phone }, _) => {
                let email = *email != Patch::Keep;
                let (full_name, phone) = (*full_name != Patch::Keep, *phone != Patch::Keep);
                (key, Action::Update, IdentityFields { email, full_name, phone })
            }
            _ => return None,
        };
        Some(Self { key: key.clone(), action, fields, step })
    }
}

/// Fields of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdentityFields {
    /// The e-mail address.
    pub email: bool,
    /// The name.
    pub full_name: bool,
    /// The telephone number.
    pub phone: bool,
}

impl IdentityFields {
    /// Their names, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let Self { email, full_name, phone } = self;
        [(email, "email"), (full_name, "full_name"), (phone, "phone")]
            .into_iter()
            .filter_map(|(is_sent, name)| is_sent.then_some(name))
    }
}

/// How many lines of each kind; `unchanged` are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// New grants.
    pub create: usize,
    /// Changed grants.
    pub update: usize,
    /// Replaced grants.
    pub replace: usize,
    /// Revoked grants.
    pub revoke: usize,
    /// Held.
    pub held: usize,
    /// As wanted.
    pub unchanged: usize,
    /// Identities created or updated.
    pub identities: usize,
}

/// What carrying the plan out will cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estimate {
    /// Calls that write.
    pub writes: usize,
    /// How long they take at the configured pace, in seconds.
    pub seconds: f64,
    /// The door that needs longest, by its display name; `None` where no door is the bottleneck.
    pub slowest_door: Option<String>,
}

/// What must change, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Lines that are not unchanged, by day of arrival, reservation and key.
    pub items: Vec<Item>,
    /// Identities that are created or updated, by key.
    pub identities: Vec<IdentityItem>,
    /// Calls; what a step requires or follows stands before it.
    pub steps: Vec<Step>,
    /// The doors that steps refer to.
    pub doors: Vec<Door>,
    /// Guests who exchange units, and how each call for it is taken back where another one fails (RULES 29).
    pub rings: Vec<Ring>,
    /// Grants that are as wanted.
    pub n_unchanged: usize,
    /// What a person should know, although nothing is held for it.
    pub warnings: Vec<Problem>,
    /// What it costs.
    pub estimate: Estimate,
    /// What needs a person, by deadline.
    pub matters: Vec<Matter>,
    /// What needs a person where a change of the reservations named is not carried out (RULES 16).
    pub when_undone: Vec<Matter>,
    /// What the guards say of it.
    pub guards: Vec<GuardCheck>,
    /// The guards that stop it, and for how many runs in a row.
    pub trips: Vec<Trip>,
    /// The guests in house that it disturbs.
    pub in_house: InHouse,
    /// What the next plan must know.
    pub learnt: Learnt,
}

impl Plan {
    /// The step of an id.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0 as usize]
    }

    /// The item of an id.
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.0 as usize]
    }

    /// Whether carrying it out sends nothing.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The lines of each kind.
    pub fn counts(&self) -> Counts {
        let mut counts =
            Counts { unchanged: self.n_unchanged, identities: self.identities.len(), ..Counts::default() };
        for item in &self.items {
            match item.action {
                Action::Create => counts.create += 1,
                Action::Update => counts.update += 1,
                Action::Replace => counts.replace += 1,
                Action::Revoke => counts.revoke += 1,
                Action::Hold => counts.held += 1,
                Action::None => counts.unchanged += 1,
            }
        }
        counts
    }
}
