//! What the configuration knows about a property: its clock, its hours, its country.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::name::PropertyCode;

/// One hotel, or one house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The IANA zone of its wall clock.
    pub time_zone: TimeZone,
    /// ISO 3166 code for telephone numbers without a country code; `None` rejects such numbers.
    pub country: Option<String>,
    /// Arrival time for a date without one.
    pub check_in: Time,
    /// Departure time for a date without one.
    pub check_out: Time,
    /// The window opens this much earlier.
    pub early_access: SignedDuration,
    /// The window closes this much later.
    pub late_exit: SignedDuration,
}

/// The properties of a configuration: one for all, and those that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties {
    /// `[property]`.
    pub default: Property,
    /// `[properties.CODE]`, completed from the default.
    pub by_code: BTreeMap<PropertyCode, Property>,
}

impl Properties {
    /// The property of a row.
    pub fn get(&self, code: &PropertyCode) -> &Property {
        self.by_code.get(code).unwrap_or(&self.default)
    }
}
