//! Keeps the access grants in Seam equal to the reservations of a hotel.
//!
//! The rooms of this house, and who may enter whom, are drawn in `ARCHITECTURE.md`.

pub mod apply;
pub mod cli;
pub mod config;
pub mod event;
pub mod exit_code;
pub mod mapping;
pub mod model;
pub mod plan;
pub mod private_file;
pub mod record;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod seam;
pub mod side_by_side;
pub mod source;
pub mod store;
