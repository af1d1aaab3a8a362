//! The canonical fields: the names by which the rest of the program knows a column.

use std::fmt;

/// One of the fields that a row may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The key of the reservation; required.
    ReservationKey,
    /// A segment of the stay.
    StayId,
    /// What reservations that share a room have in common.
    ShareKey,
    /// What the reservation stands at.
    Status,
    /// When it was cancelled: a row in which this is filled in is cancelled, whatever its status.
    CancelledAt,
    /// The property.
    Property,
    /// The IANA zone of this row.
    PropertyTimeZone,
    /// Rooms by the source's names.
    Unit,
    /// Spaces by their Seam keys.
    SpaceKey,
    /// Arrival: a date, a date and time, or an instant; required.
    CheckIn,
    /// Departure, likewise; required, unless there is the last night or the number of nights.
    CheckOut,
    /// The last night, where the source has no departure: the guest leaves on the day after it.
    LastNight,
    /// How many nights, where the source has no departure or no arrival; else they must agree.
    Nights,
    /// The time of day of an arrival that is a date.
    CheckInTime,
    /// The time of day of a departure that is a date.
    CheckOutTime,
    /// The guest.
    GuestKey,
    /// The whole name.
    FullName,
    /// The given name, where the whole name is missing.
    FirstName,
    /// The family name, where the whole name is missing.
    LastName,
    /// The names of further guests of the same row.
    OtherGuests,
    /// The e-mail address.
    Email,
    /// The telephone number.
    Phone,
    /// Whether this guest booked.
    IsPrimary,
    /// Ways to open the doors.
    Methods,
    /// A wished PIN.
    Code,
    /// Whether the stay is to be left alone.
    OptOut,
    /// When the source last changed the row.
    UpdatedAt,
    /// When the stay was booked.
    BookedAt,
}

impl Field {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 28] = [
        Self::ReservationKey,
        Self::StayId,
        Self::ShareKey,
        Self::Status,
        Self::CancelledAt,
        Self::Property,
        Self::PropertyTimeZone,
        Self::Unit,
        Self::SpaceKey,
        Self::CheckIn,
        Self::CheckOut,
        Self::LastNight,
        Self::Nights,
        Self::CheckInTime,
        Self::CheckOutTime,
        Self::GuestKey,
        Self::FullName,
        Self::FirstName,
        Self::LastName,
        Self::OtherGuests,
        Self::Email,
        Self::Phone,
        Self::IsPrimary,
        Self::Methods,
        Self::Code,
        Self::OptOut,
        Self::UpdatedAt,
        Self::BookedAt,
    ];

    /// The name, which is also the header of a source that needs no `[columns]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReservationKey => "reservation_key",
            Self::StayId => "stay_id",
            Self::ShareKey => "share_key",
            Self::Status => "status",
            Self::CancelledAt => "cancelled_at",
            Self::Property => "property",
            Self::PropertyTimeZone => "property_time_zone",
            Self::Unit => "unit",
            Self::SpaceKey => "space_key",
            Self::CheckIn => "check_in",
            Self::CheckOut => "check_out",
            Self::LastNight => "last_night",
            Self::Nights => "nights",
            Self::CheckInTime => "check_in_time",
            Self::CheckOutTime => "check_out_time",
            Self::GuestKey => "guest_key",
            Self::FullName => "full_name",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::OtherGuests => "other_guests",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::IsPrimary => "is_primary",
            Self::Methods => "methods",
            Self::Code => "code",
            Self::OptOut => "opt_out",
            Self::UpdatedAt => "updated_at",
            Self::BookedAt => "booked_at",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_at_its_own_position_and_reads_back() {
        for (position, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(field as usize, position, "{field}");
            assert_eq!(Field::parse(field.as_str()), Some(field));
        }
        assert_eq!(Field::parse("room"), None);
    }
}
