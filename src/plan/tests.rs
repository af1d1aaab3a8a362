//! The rules of the planner, by nights at a small hotel (`testing.rs`).

mod check;
mod guests;
mod keys;
mod matching;
mod order;
