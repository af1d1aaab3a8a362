//! The whole job, from the configuration to the report, readable aloud in `job.rs`.
//!
//! It puts the rooms together and decides nothing that they could decide themselves.

mod adoption;
mod commands;
mod connection;
mod decide;
mod deciding;
mod explain;
mod export;
mod failure;
mod first_contact;
mod gates;
mod interrupt;
mod job;
mod online;
mod reading;
mod recognise;
mod roll_back;
mod save;
mod take_up;
mod told;
mod who;

pub use adoption::{ReviewedList, review};
pub use connection::Connection;
pub use decide::{Ruled, Ruling, Verdict, decide};
pub use explain::explain;
pub use export::{WithSecrets, export};
pub use failure::Failure;
pub use first_contact::NOTICEABLE;
pub(crate) use gates::refuse_unknown_properties;
pub use interrupt::Interrupt;
pub use job::{Job, Mode, run};
pub use online::{Online, SeamCounts, SeenSeam, SeenStore, WaitingStay, look_online};
pub use roll_back::RecordedRun;
pub use who::{Question, When, who};
