//! An emulator of the Seam API for rehearsals and tests: a stateful HTTP server on the loopback interface
//! that refuses what Seam refuses.
//!
//! It takes nothing from the rest of the program, so that a misunderstanding of the API cannot be on
//! both sides of the wire in the same words. What Seam does not document is a switch in [`Switches`].

mod call;
mod clock;
mod complaint;
mod engine;
mod envelope;
mod exchange;
mod faults;
mod ids;
mod indexes;
mod input;
mod issuance;
mod limits;
mod paging;
mod persist;
mod planting;
mod record;
mod render;
mod routes;
mod rules;
mod seed;
mod server;
mod snapshot;
mod state;
mod switches;
mod table;
mod text_form;

pub use clock::SandboxClock;
pub use exchange::{Counts, Exchange, Recording};
pub use faults::{Fault, FaultPlan, ScriptedFault};
pub use limits::Limits;
pub use persist::StoreError;
pub use planting::SeedError;
pub use seed::Seed;
pub use server::{Cut, Sandbox, SandboxError, SandboxOptions, SeedSource};
pub use switches::*;
