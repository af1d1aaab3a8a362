//! Reads reservations from where the hotel keeps them.
//!
//! An edge: bytes go in, a [`SourceRead`](crate::model::SourceRead) comes out. A bad row is a problem beside the good
//! rows and never stops them; only what makes the whole read worthless is a [`SourceError`]. Nothing here knows
//! Seam, decides what a guest may open, or writes to the source.

mod cells;
mod columns;
mod contact;
mod csv;
mod date_order;
mod dates;
mod defects;
mod encoding;
mod error;
mod excel;
mod fed_back;
mod field;
mod footers;
mod forms;
mod group;
mod head;
mod header;
mod headers;
mod inspect;
mod joined;
mod locate;
mod months;
mod names;
mod normalize;
mod range;
mod read;
mod record;
mod rejects;
mod row;
mod rows;
mod sentinels;
mod settings;
mod sql;
mod tap;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unknown_statuses;
mod window;

pub use contact::{CountryCodeError, check_country};
pub use dates::parse_time_of_day;
pub use encoding::encoding_named;
pub use error::SourceError;
pub use field::Field;
pub use forms::{CellForms, NameForm};
pub use head::format_of;
pub use headers::{header_letters, same_header};
pub use inspect::{ColumnValues, Inspection, RANGE_SEPARATOR, ValueKind, inspect, inspect_query};
pub use joined::{is_key, joint};
pub use locate::is_meant_by;
pub use read::{read, read_file, read_from};
pub use settings::{
    ArrivalRange, ColumnMap, DatabaseInput, DateOrder, Derived, FileFormat, KeptRejects, Meaning,
    MeaningConflict, OpenEnd, RowOrigin, SourceInput, SourceSettings, StatusMap,
};
pub use sql::{AddressError, DatabaseAddress, DatabaseError, query_fits, writable};
