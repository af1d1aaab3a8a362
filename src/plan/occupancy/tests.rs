//! Who gets which unit, rule by rule, by nights at a small hotel (`plan/testing.rs`).

mod changes;
mod claims;
mod departures;
mod disputes;
mod guards;
mod parties;
mod settle;
