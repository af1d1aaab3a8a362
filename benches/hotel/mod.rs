//! A large hotel for the benchmarks: its bookings as a file, its doors as a workspace, and one night's work on both.
//!
//! Everything follows from the number of rows, so that two machines measure the same thing. Guests are invented.

mod bookings;
mod dice;
mod night;
mod rows;
mod workspace;

pub(crate) use bookings::{Booking, Size, bookings};
pub(crate) use night::House;
pub(crate) use rows::Edition;
pub(crate) use workspace::workspace;
