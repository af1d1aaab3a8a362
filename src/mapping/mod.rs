//! Turns reservations into the access grants that should exist.
//!
//! Pure: reservations and what Seam holds go in, desired grants and problems come out. It never guesses a door: a
//! unit that leads nowhere is held, and there is no door to fall back to.

mod addresses;
mod by_reservation;
mod common_doors;
mod current_access;
mod desired;
mod directory;
mod filter;
mod guest_keys;
mod guests;
mod idle;
mod map;
mod neighbours;
mod newcomers;
mod outline;
mod pairing;
mod people;
mod pins;
mod placeholders;
mod places;
mod row_versions;
mod rows;
mod segments;
mod settings;
mod shared_spaces;
#[cfg(test)]
pub(crate) mod testing;
mod unknown_properties;
mod wished_codes;

pub use addresses::{AddressRules, MailDomain};
pub use common_doors::UnitDoors;
pub use current_access::{CurrentAccess, Owned};
pub use desired::{
    BookingFacts, Desired, DesiredGrant, DesiredReservation, FormerGuest, HeldStay, LeftAlone, Newcomer,
    RevokedStay, Rows, StayFacts, UnitSpaces,
};
pub use directory::{Directory, DoorRefs, SpaceEntry, SpaceRef, SpaceRefs};
pub use filter::{ReservationFilter, Wave, WaveError};
pub use idle::idle_lines;
pub use map::map;
pub use outline::{Outline, outline, spaces_of_stay, spaces_of_unit};
pub use people::SharedByPeople;
pub use pins::{PinGround, Pinned, hold_to_pins, said};
pub(crate) use placeholders::is_placeholder;
pub use settings::{GuestScope, MappingSettings, SpaceTemplate, TemplateError, UnitRule};
pub use shared_spaces::{NamePattern, NamePatternError, SharedSpaces};
pub use unknown_properties::{UnknownProperties, unknown_properties};
