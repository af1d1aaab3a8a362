//! Settings and reads for the unit tests of this room.

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::csv::read_from;
use super::error::SourceError;
use super::forms::CellForms;
use super::settings::{
    ColumnMap, DateOrder, FileFormat, KeptRejects, OpenEnd, RowOrigin, SourceInput, SourceSettings, StatusMap,
};
use crate::model::{Coverage, ProblemCode, Properties, Property, SourceRead};

/// A complete source in canonical columns, for a house in Lisbon.
pub(super) fn settings() -> SourceSettings {
    let default = Property {
        time_zone: TimeZone::get("Europe/Lisbon").expect("the zone database is bundled"),
        country: Some("PT".to_owned()),
        check_in: time(15, 0, 0, 0),
        check_out: time(11, 0, 0, 0),
        early_access: SignedDuration::ZERO,
        late_exit: SignedDuration::ZERO,
    };
    SourceSettings {
        input: SourceInput::Stdin,
        format: FileFormat::Csv,
        columns: ColumnMap::default(),
        statuses: StatusMap::canonical(),
        properties: Properties { default, by_code: [].into() },
        coverage: Coverage::Complete,
        covers: None,
        whole_reservations: false,
        max_age: None,
        forms: CellForms::default(),
        date_order: DateOrder::YearMonthDay,
        open_end: OpenEnd::Reject,
        rejects: KeptRejects::default(),
        origin: RowOrigin::default(),
        encoding: None,
    }
}

/// Reads bytes as `bookings.csv`, on the morning of 2026-05-01. That a header has no status is not told: most headers of
/// these tests have none.
pub(super) fn read_bytes(bytes: &[u8], settings: &SourceSettings) -> Result<SourceRead, SourceError> {
    let now: Timestamp = "2026-05-01T08:00:00Z".parse().expect("an instant");
    let mut read = read_from(bytes, "bookings.csv", settings, now)?;
    read.warnings.retain(|warning| warning.code != ProblemCode::NoStatus);
    Ok(read)
}
