//! Two years of bookings, day by day: each room is let again as soon as it is free, a few bookings are cancelled, and
//! a few guests change rooms on the way.

use super::dice::Dice;

/// As many rows as one room gives in two years.
const ROWS_PER_ROOM: usize = 500;
/// One room in ten is let to nobody and takes guests who change rooms.
const ROOMS_PER_SPARE: usize = 10;

/// One reservation.
#[derive(Debug, Clone)]
pub(crate) struct Booking {
    /// Its number, from 0.
    pub(crate) number: usize,
    /// The room.
    pub(crate) room: usize,
    /// The day of arrival, counted from the first.
    pub(crate) day: usize,
    /// Nights.
    pub(crate) nights: usize,
    /// The numbers of the guests.
    pub(crate) guests: std::ops::Range<usize>,
    /// Whether it came to nothing.
    pub(crate) cancelled: bool,
    /// The spare room for the last night, for guests who change rooms.
    pub(crate) last_night_in: Option<usize>,
    /// A spare room that is free for the whole stay, for the edition in which the room changes.
    pub(crate) could_move_to: Option<usize>,
}

impl Booking {
    /// How many rows it has.
    pub(crate) fn n_rows(&self) -> usize {
        self.guests.len() * if self.last_night_in.is_some() { 2 } else { 1 }
    }
}

/// How many rooms a hotel with that many rows has, spare ones not counted.
pub(crate) fn n_rooms(n_rows: usize) -> usize {
    (n_rows / ROWS_PER_ROOM).max(1)
}

/// How many spare rooms; their numbers follow those of the rooms.
pub(crate) fn n_spare_rooms(n_rows: usize) -> usize {
    n_rooms(n_rows).div_ceil(ROOMS_PER_SPARE)
}

/// How many guests a booking has at the most, in the hotel of the figures.
pub(crate) const MOST_GUESTS: u64 = 3;

/// Bookings with that many rows, or a few more, in the order of arrival. With one guest at the most nobody changes
/// rooms either, so that there are as many bookings as rows.
pub(crate) fn bookings(n_rows: usize, most_guests: u64) -> Vec<Booking> {
    let mut dice = Dice::new(2026);
    let mut free_from = vec![0_usize; n_rooms(n_rows)];
    let mut spares = Spares { nights: vec![Vec::new(); n_spare_rooms(n_rows)], first: n_rooms(n_rows) };
    let mut bookings = Vec::new();
    let (mut rows, mut guests) = (0, 0);
    for day in 0.. {
        for (room, free_from) in free_from.iter_mut().enumerate() {
            if rows >= n_rows {
                return bookings;
            }
            if *free_from > day || dice.happens(15) {
                continue;
            }
            let cancelled = dice.happens(10);
            let nights = 1 + usize::try_from(dice.below(2) + dice.below(3)).expect("a few nights");
            let n_guests = 1 + usize::try_from(dice.below(most_guests)).expect("a few guests");
            let mut booking = Booking {
                number: bookings.len(),
                room,
                day,
                nights,
                guests: guests..guests + n_guests,
                cancelled,
                last_night_in: None,
                could_move_to: None,
            };
            if !cancelled {
                *free_from = day + nights;
                if most_guests > 1 && day > 0 && nights > 1 && dice.happens(4) {
                    booking.last_night_in = spares.take(day + nights - 1..day + nights);
                } else if day > 0 && booking.number % 250 == 3 {
                    booking.could_move_to = spares.take(day..day + nights);
                }
            }
            rows += booking.n_rows();
            guests += n_guests;
            bookings.push(booking);
        }
    }
    bookings
}

/// The nights on which each spare room is taken.
struct Spares {
    nights: Vec<Vec<usize>>,
    first: usize,
}

impl Spares {
    fn take(&mut self, wanted: std::ops::Range<usize>) -> Option<usize> {
        let is_free = |taken: &Vec<usize>| !taken.iter().rev().take(40).any(|night| wanted.contains(night));
        let spare = self.nights.iter().position(is_free)?;
        self.nights[spare].extend(wanted);
        Some(self.first + spare)
    }
}
