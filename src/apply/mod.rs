//! Carries a checked plan out: waits for a turn, records the intent, calls, records the outcome.
//!
//! Nothing is decided here: which calls, in which order and after which others stands in the plan. Only this module
//! holds the half of the client that can write.

mod carry_out;
mod door_pace;
mod ending;
mod moves;
mod queue;
mod replacement;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use carry_out::{Apply, carry_out};
pub use ending::{Applied, Stop};
pub use moves::moves;
