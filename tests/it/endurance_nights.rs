//! Two nights of a hotel: the first makes grants, the second changes them in every way there is.

use super::endurance_hotel::Row;

/// Rooms that a hotel needs for so many reservations.
pub(crate) fn n_rooms(n_reservations: u32) -> u32 {
    3 * n_reservations
}

/// One room each; every eighth reservation has two guests in a room whose door belongs to reservations.
pub(crate) fn first(n_reservations: u32) -> Vec<Row> {
    (0..n_reservations).flat_map(|number| guests(number, stay(number))).collect()
}

/// Of eight reservations one is extended, one cancelled, two move to another room (one of them with both kinds of
/// guest, at doors that belong to reservations), one is renamed, and three stay as they are; an eighth more is new.
pub(crate) fn second(n_reservations: u32) -> Vec<Row> {
    assert_eq!(n_reservations % 8, 0, "all kinds in equal parts, and rooms of the same kind after a move");
    let changed = (0..n_reservations).flat_map(|number| {
        let mut row = stay(number);
        match number % 8 {
            0 => row.nights += 1,
            1 => row.status = "cancelled",
            2 | 3 => row.room += n_reservations,
            4 => row.name = format!("Guest {number} Renamed"),
            _ => {}
        }
        guests(number, row)
    });
    let new =
        (0..n_reservations / 8).map(|number| Row::new(90_000 + number, 2 * n_reservations + number, 2, 3));
    changed.chain(new).collect()
}

fn stay(number: u32) -> Row {
    let from = 2 + i32::try_from(number % 5).expect("few days");
    Row::new(number, number, from, 3)
}

fn guests(number: u32, row: Row) -> Vec<Row> {
    if number % 8 != 2 {
        return vec![row];
    }
    let joiner =
        Row { guest: format!("{}-2", row.guest), name: format!("{} Friend", row.name), ..row.clone() };
    vec![row, joiner]
}
