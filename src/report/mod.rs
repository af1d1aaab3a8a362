//! Tells people and programs what is to happen, what happens and what happened.
//!
//! Beside the command line this is the only room that prints. It decides nothing, and what it prints holds no
//! e-mail address, telephone number, code or key; names stand where a person at the desk needs them.

mod counted;
pub mod csv;
mod decided;
pub mod document;
pub mod explain;
pub mod export;
pub mod html;
pub mod json;
pub mod logs;
pub mod markdown;
pub mod progress;
pub mod rejects;
pub mod review;
pub mod runs;
mod spreadsheet;
pub mod text;
mod visible;
pub mod who;
mod words;

pub use counted::counted;
pub use decided::Decided;
pub use visible::visible;
