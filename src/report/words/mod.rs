//! What the formats for people say in the same words: a line, who notices, and which command helps.
//!
//! All text that leaves here is visible already; each format still escapes it in its own way.

mod entry;
mod noticed;
mod remedy;
mod warned;

pub(super) use entry::{Change, Entry};
pub(super) use noticed::noticed;
pub(super) use remedy::{Advice, advice, remedy};
pub(super) use warned::{Warned, is_of_status, warned};
