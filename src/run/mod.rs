//! The whole job, from the configuration to the report, readable aloud in `job.rs`.
//!
//! It puts the rooms together and decides nothing that they could decide themselves.

mod connection;
mod explain;
mod export;
mod failure;
mod gates;
mod interrupt;
mod job;
mod save;
mod take_up;
mod told;

pub use connection::Connection;
pub use explain::explain;
pub use export::{WithSecrets, export};
pub use failure::Failure;
pub use interrupt::Interrupt;
pub use job::{Job, Mode, run};
