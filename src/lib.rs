//! Keeps the access grants in Seam equal to the reservations of a hotel.
//!
//! The rooms of this house, and who may enter whom, are drawn in `ARCHITECTURE.md`.

pub mod config;
pub mod event;
pub mod mapping;
pub mod model;
pub mod plan;
pub mod source;
