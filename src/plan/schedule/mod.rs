//! Which call of a plan starts when, so that every limit is kept and none is left unused.
//!
//! One piece of pure code, used twice: on a virtual clock it tells a plan how long it will take (`forecast.rs`), on
//! the real one `apply` asks it what may start next. Time comes in as what has passed since the schedule began; it
//! never reads a clock, waits, or sends anything.

mod agenda;
mod change_budget;
mod doors;
mod forecast;
mod gates;
mod marks;
mod order;
#[cfg(test)]
mod rates;
mod replacement;
#[cfg(test)]
mod servers;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod workspace;

pub use agenda::{Ending, Next, Schedule};
pub use change_budget::beyond_budget;
pub use doors::Free;
pub(super) use forecast::forecast;
pub use workspace::{Reply, SharedLimiter, WorkspaceLimiter};
