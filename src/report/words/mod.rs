//! What the formats for people say in the same words: a line, who notices, and how a guard is released.
//!
//! All text that leaves here is visible already; each format still escapes it in its own way.

mod entry;
mod noticed;
mod release;
mod warned;

pub(super) use entry::{Change, Entry};
pub(super) use noticed::noticed;
pub(super) use release::release;
pub(super) use warned::{Warned, warned};
