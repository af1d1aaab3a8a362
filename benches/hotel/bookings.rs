//! Two years of bookings, day by day: each room is let again as soon as it is free, a few bookings are cancelled, and
//! a few guests change rooms on the way.

use super::dice::Dice;

/// As many bookings as one room takes in two years.
const BOOKINGS_PER_ROOM: usize = 250;
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

/// How large a hotel is; everything about it follows from that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// How many rows its file has.
    pub(crate) n_rows: usize,
    /// How many guests a booking has at the most. With one nobody changes rooms either, so that there are as many
    /// bookings as rows.
    pub(crate) most_guests: usize,
}

impl Size {
    /// The hotel of the figures, with that many rows.
    pub(crate) fn of(n_rows: usize) -> Self {
        Self { n_rows, most_guests: 3 }
    }

    /// How many rooms it has, spare ones not counted; the more guests a booking has, the fewer.
    pub(super) fn n_rooms(self) -> usize {
        (self.n_rows / (BOOKINGS_PER_ROOM * (1 + self.most_guests) / 2)).max(1)
    }

    /// How many spare rooms; their numbers follow those of the rooms.
    pub(super) fn n_spare_rooms(self) -> usize {
        self.n_rooms().div_ceil(ROOMS_PER_SPARE)
    }
}

/// Bookings with that many rows, or a few more, in the order of arrival.
pub(crate) fn bookings(size: Size) -> Vec<Booking> {
    let mut dice = Dice::new(2026);
    let mut free_from = vec![0_usize; size.n_rooms()];
    let mut spares = Spares { nights: vec![Vec::new(); size.n_spare_rooms()], first: size.n_rooms() };
    let mut bookings = Vec::new();
    let (mut rows, mut guests) = (0, 0);
    for day in 0.. {
        for (room, free_from) in free_from.iter_mut().enumerate() {
            if rows >= size.n_rows {
                return bookings;
            }
            if *free_from > day || dice.happens(15) {
                continue;
            }
            let cancelled = dice.happens(10);
            let nights = 1 + usize::try_from(dice.below(2) + dice.below(3)).expect("a few nights");
            let n_guests = 1 + usize::try_from(dice.below(size.most_guests as u64)).expect("a few guests");
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
                if size.most_guests > 1 && day > 0 && nights > 1 && dice.happens(4) {
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
