//! A plan or a run as one value: what `--format json` prints, the store keeps and every other format is made of.
//!
//! The shape is a promise to users (`config/schema/`); it says what happened and decides nothing.

mod build;
mod outcome;
mod saved;
mod shape;

pub use build::Header;
pub use saved::NotSaved;
pub use shape::{
    Allowed, Calls, Counts, Document, Estimate, Failure, Guard, Kind, Line, Notice, Person, Source,
};
