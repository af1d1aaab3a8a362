//! Decides what must change in Seam so that it matches the reservations.
//!
//! Planning is a pure function of its arguments: the same input gives the same [`Plan`], byte for byte. It never
//! names a grant outside our namespace, and it never waits, asks, reads a clock or logs.

mod item;
mod outline;
mod settings;
mod step;

pub use crate::model::{HeldBy, ReasonCode};
pub use item::{Action, GrantView, Impact, Item, Phase};
pub use outline::{Counts, Estimate, IdentityItem, Plan};
pub use settings::{ContactConflict, Limits, PlanSettings, Policy};
pub use step::{Call, DoorOperation, IdentityTarget, ItemId, Patch, Step, StepId};
