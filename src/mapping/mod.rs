//! Turns reservations into the access grants that should exist.
//!
//! Pure: reservations and what Seam holds go in, desired grants and problems come out. It never guesses a door: a
//! unit that leads nowhere is held, and there is no door to fall back to.

mod settings;

pub use settings::{GuestScope, MappingSettings, SpaceTemplate, TemplateError, UnitRule};
