//! Bookings as rows in the canonical columns.

use std::io::{self, Write};

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::bookings::Booking;
use super::dice::Dice;

/// The day of the first arrivals.
const FIRST_DAY: Date = date(2026, 11, 1);

const HEADER: &str = "reservation_key,status,unit,check_in,check_out,check_out_time,guest_key,full_name,email,phone,\
                      is_primary,updated_at";

const GIVEN_NAMES: [&str; 16] = [
    "Ana", "Bruno", "Chloé", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Inês", "Jörg", "Kirsten", "Liam",
    "Maja", "Nikos", "Olu", "Þóra",
];

const FAMILY_NAMES: [&str; 16] = [
    "Almeida",
    "Berg",
    "Costa",
    "Dupont",
    "Eriksen",
    "Fischer",
    "García",
    "Horvat",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "Löfgren",
    "Moreau",
    "Nováková",
    "O'Brien",
    "Pereira",
];

/// Which night's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    /// The file as it was.
    First,
    /// The file of the next night: of each hundred bookings two are different.
    NextNight,
}

/// What is different in the next night's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Cancelled,
    LateCheckOut,
    RoomChanged,
    GuestRenamed,
    GuestJoined,
}

/// Writes the rows of bookings, with a header.
pub(crate) fn write_rows(out: &mut impl Write, bookings: &[Booking], edition: Edition) -> io::Result<()> {
    writeln!(out, "{HEADER}")?;
    for booking in bookings {
        let change = if edition == Edition::NextNight { change_of(booking) } else { None };
        write_booking(out, booking, change)?;
    }
    Ok(())
}

fn change_of(booking: &Booking) -> Option<Change> {
    const CHANGES: [Change; 5] = [
        Change::RoomChanged,
        Change::Cancelled,
        Change::LateCheckOut,
        Change::GuestRenamed,
        Change::GuestJoined,
    ];
    let change = (booking.number % 50 == 3).then(|| CHANGES[booking.number / 50 % CHANGES.len()])?;
    (!booking.cancelled).then_some(change)
}

fn write_booking(out: &mut impl Write, booking: &Booking, change: Option<Change>) -> io::Result<()> {
    let room = match (change, booking.could_move_to) {
        (Some(Change::RoomChanged), Some(spare)) => spare,
        _ => booking.room,
    };
    let last_day = booking.day + booking.nights;
    for (position, guest) in booking.guests.clone().enumerate() {
        let renamed = change == Some(Change::GuestRenamed) && position == 0;
        let guest = GuestRow { number: guest, is_primary: position == 0, renamed };
        match booking.last_night_in {
            None => write_row(out, booking, change, room, booking.day..last_day, &guest)?,
            Some(spare) => {
                write_row(out, booking, change, room, booking.day..last_day - 1, &guest)?;
                write_row(out, booking, change, spare, last_day - 1..last_day, &guest)?;
            }
        }
    }
    if change == Some(Change::GuestJoined) {
        // Numbers of guests who joined do not meet those of the others.
        let guest = GuestRow { number: 100_000_000 + booking.number, is_primary: false, renamed: false };
        write_row(out, booking, change, room, booking.day..last_day, &guest)?;
    }
    Ok(())
}

struct GuestRow {
    number: usize,
    is_primary: bool,
    renamed: bool,
}

fn write_row(
    out: &mut impl Write,
    booking: &Booking,
    change: Option<Change>,
    room: usize,
    days: std::ops::Range<usize>,
    guest: &GuestRow,
) -> io::Result<()> {
    let status = match (booking.cancelled || change == Some(Change::Cancelled), booking.day) {
        (true, _) => "cancelled",
        (false, 0) => "checked_in",
        (false, _) => "confirmed",
    };
    let (check_in, check_out) = (day(days.start), day(days.end));
    let late = if change == Some(Change::LateCheckOut) { "13:30" } else { "" };
    write!(out, "BK{:07},{status},{},{check_in},{check_out},{late},", booking.number, unit(room))?;
    // One booking in five comes from a channel that gives guests no key.
    if booking.number % 5 != 4 {
        write!(out, "G{:07}", guest.number)?;
    }
    let mut dice = Dice::new(guest.number as u64);
    let mut pick = |names: &[&'static str; 16]| names[usize::try_from(dice.below(16)).expect("below 16")];
    let (given, family) = (pick(&GIVEN_NAMES), pick(&FAMILY_NAMES));
    let second = if guest.renamed { "-Silva" } else { "" };
    write!(out, ",{given} {family}{second},")?;
    if dice.happens(70) {
        write!(out, "guest{}@example.com", guest.number)?;
    }
    write!(out, ",")?;
    if dice.happens(40) {
        // Invented numbers of the right shape: some as their owner would dial them, some with the country.
        let (middle, end) = (guest.number / 1_000 % 1_000, guest.number % 1_000);
        let country = if dice.happens(50) { "+351 " } else { "" };
        write!(out, "{country}21{} {middle:03} {end:03}", guest.number / 1_000_000 % 10)?;
    }
    let primary = if guest.is_primary { "yes" } else { "no" };
    writeln!(out, ",{primary},2026-{:02}-{:02}T09:30:00Z", 1 + dice.below(10), 1 + dice.below(28))
}

/// The name of a room: `0101` is the first room of the first floor.
pub(crate) fn unit(room: usize) -> String {
    format!("{:02}{:02}", 1 + room / 40, 1 + room % 40)
}

fn day(number: usize) -> Date {
    let number = i64::try_from(number).expect("a few years");
    FIRST_DAY.checked_add(number.days()).expect("a few years from the first day")
}
