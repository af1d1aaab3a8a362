//! Carries a checked plan out: waits for a turn, records the intent, calls, records the outcome.
//!
//! Nothing is decided here: which calls, in which order and after which others stands in the plan. Only this module
//! holds the half of the client that can write.

mod breaker;
mod carry_out;
mod ending;
mod journal;
mod outcome;
mod rings;

pub use breaker::FailureRate;
pub use carry_out::{Apply, Budget, carry_out};
pub use ending::{Applied, Stop};
pub use journal::{Journal, StoreJournal};
