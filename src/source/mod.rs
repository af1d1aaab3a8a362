//! Reads reservations from where the hotel keeps them.
//!
//! An edge: bytes go in, a [`SourceRead`](crate::model::SourceRead) comes out. A bad row is a problem beside the good
//! rows and never stops them; only what makes the whole read worthless is a [`SourceError`]. Nothing here knows
//! Seam, decides what a guest may open, or writes to the source.

mod cells;
mod columns;
mod contact;
mod csv;
mod dates;
mod encoding;
mod error;
mod field;
mod group;
mod head;
mod header;
mod locate;
mod normalize;
mod record;
mod row;
mod rows;
mod settings;
mod tap;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use contact::{CountryCodeError, check_country};
pub use csv::read;
pub use dates::parse_time_of_day;
pub use encoding::encoding_named;
pub use error::SourceError;
pub use field::Field;
pub use settings::{
    ArrivalRange, ColumnMap, DateOrder, Meaning, MeaningConflict, SourceInput, SourceSettings, StatusMap,
};
