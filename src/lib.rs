//! Keeps the access grants in Seam equal to the reservations of a hotel.

pub mod sandbox;
