//! Decides what must change in Seam so that it matches the reservations.
//!
//! Planning is a pure function of its arguments: the same input gives the same [`Plan`], byte for byte. It never
//! names a grant outside our namespace, and it never waits, asks, reads a clock or logs.

mod absence;
mod adoption;
mod capacity;
mod change;
mod check;
mod cluster;
mod conclude;
mod contacts;
mod emit;
mod foreign;
mod freedom;
mod guards;
mod held;
mod identities;
mod identity_calls;
mod impact;
mod in_house;
mod index;
mod item;
mod judging;
mod learnt;
mod lines;
mod live;
mod matching;
mod outline;
mod past;
mod pieces;
mod planner;
mod remaining;
mod reservation;
mod restore;
mod rollback;
mod saved;
pub mod schedule;
mod seam_rules;
mod settings;
mod settle;
mod shared_methods;
mod step;
mod takeover;
mod trips;

pub use crate::model::{HeldBy, ReasonCode};
pub use adoption::{Class, Counterpart, Finding, Proposal, classify};
pub use check::{Base, CheckedPlan, Violation, check, check_against};
pub use guards::{Allowance, AllowanceError, Guard, GuardSettings, Share};
pub use held::{HeldGrants, HeldIdentity, held};
pub use in_house::InHouse;
pub use index::Index;
pub use item::{Action, GrantView, Impact, Item, Phase};
pub use judging::{GuardCheck, Scope, existing_by_property, guard_plan, guard_rejects, guard_shrink};
pub use learnt::Learnt;
pub use outline::{Counts, Estimate, IdentityFields, IdentityItem, Plan};
pub use past::{Past, Quarantine, Reading};
pub use planner::{PlanInput, plan};
pub use remaining::{Remaining, Stale, remaining};
pub use rollback::{Undone, tell_pinned, undo};
pub use saved::SavedPlan;
pub use seam_rules::{Breach, ModelGrant, World};
pub use settings::{ContactConflict, Limits, PlanSettings, Policy};
pub use step::{Call, DoorOperation, IdentityTarget, ItemId, Patch, Step, StepId, StepIds};
pub use trips::{QUARANTINE, is_quarantine, trips};
