//! The whole job, from the configuration to the report, readable aloud in `job.rs`.
//!
//! It puts the rooms together and decides nothing that they could decide themselves.

mod adoption;
mod connection;
mod deciding;
mod explain;
mod export;
mod failure;
mod gates;
mod interrupt;
mod job;
mod online;
mod roll_back;
mod save;
mod take_up;
mod told;

pub use adoption::{ReviewedList, review};
pub use connection::Connection;
pub use explain::explain;
pub use export::{WithSecrets, export};
pub use failure::Failure;
pub use interrupt::Interrupt;
pub use job::{Job, Mode, run};
pub use online::{Online, SeamCounts, SeenSeam, SeenStore, WaitingStay, look_online};
pub use roll_back::RecordedRun;
