//! Decides what must change in Seam so that it matches the reservations.
//!
//! Planning is a pure function of its arguments: the same input gives the same [`Plan`], byte for byte. It never
//! names a grant outside our namespace, and it never waits, asks, reads a clock or logs.

mod absence;
mod adoption;
mod allowance;
mod capacity;
mod change;
mod check;
mod check_parties;
mod cluster;
mod commands;
mod conclude;
mod contacts;
mod crowded_doors;
mod emit;
mod foreign;
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
mod matter;
mod moves;
mod occupancy;
mod order;
mod outline;
mod past;
mod pieces;
mod planner;
mod remaining;
mod reservation;
mod restore;
mod rings;
mod rollback;
mod saved;
pub mod schedule;
mod seam_rules;
mod settings;
mod settle;
mod shared_methods;
mod source_guards;
mod step;
mod takeover;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trips;
mod who;

pub use crate::model::{HeldBy, ReasonCode};
pub use adoption::{Class, Counterpart, Finding, Proposal, classify};
pub use allowance::{Allowance, AllowanceError, Bound};
pub use check::{Base, CheckedPlan, Violation, check, check_against, withhold};
pub use commands::Commands;
use conclude::surplus;
pub use guards::{Guard, GuardSettings, Share, ShareError};
pub use held::{HeldGrants, HeldIdentity, held};
pub use in_house::InHouse;
pub use index::Index;
pub use item::{Action, GrantView, Impact, Item, Phase};
pub use judging::{GuardCheck, GuardScope, existing_by_property, guard_rejects, guard_shrink, needed};
pub use learnt::Learnt;
pub use matter::{Actor, Matter, Nights};
pub use moves::moves;
pub use outline::{Counts, Estimate, IdentityFields, IdentityItem, Plan};
pub use past::{Past, Quarantine, Reading};
pub use planner::{PlanInput, Withheld, plan, plan_without};
pub use remaining::{Remaining, Stale, remaining};
pub use rings::{Ring, TakeBack};
pub use rollback::{Undone, tell_pinned, undo};
pub use saved::SavedPlan;
pub use seam_rules::{Breach, ModelGrant, World};
pub use settings::{ContactConflict, Limits, PlanSettings, Policy};
pub use source_guards::{guard_absent, guard_columns, guard_older};
pub use step::{Call, DoorOperation, IdentityTarget, ItemId, NewIdentity, Patch, Step, StepId, StepIds};
pub use trips::{QUARANTINE, is_quarantine};
pub use who::{Asked, who_opens};
