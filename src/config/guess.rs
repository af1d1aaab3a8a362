//! What the headers and statuses of an unknown export probably are: proposals for a person to look at, never used unseen.

use crate::source::{Field, Meaning};

/// Headers that people and programs use, in lower case.
const HEADERS: [(Field, &[&str]); 14] = [
    (
        Field::ReservationKey,
        &[
            "reservation number",
            "reservation id",
            "reservation no",
            "reservation #",
            "res #",
            "booking number",
            "booking id",
            "booking no",
            "booking #",
            "booking reference",
            "confirmation number",
            "confirmation code",
            "reference number",
            "reference",
            "buchungsnummer",
            "reservierungsnummer",
            "numéro de réservation",
            "número de reserva",
            "numero di prenotazione",
            "id",
        ],
    ),
    (Field::Status, &["status", "booking status", "reservation status", "estado", "statut", "stato"]),
    (
        Field::CancelledAt,
        &["cancellation date", "cancelled at", "canceled at", "cancelled on", "stornierungsdatum"],
    ),
    (
        Field::Unit,
        &[
            "room number",
            "room no",
            "room",
            "room name",
            "unit",
            "unit name",
            "apartment",
            "listing",
            "zimmernummer",
            "zimmer",
            "habitación",
            "chambre",
            "camera",
            "quarto",
            "property name",
            "property",
        ],
    ),
    (
        Field::CheckIn,
        &[
            "check-in",
            "check in",
            "checkin",
            "check-in date",
            "check in date",
            "arrival",
            "arrival date",
            "start date",
            "anreise",
            "anreisedatum",
            "arrivée",
            "llegada",
            "entrada",
            "arrivo",
        ],
    ),
    (
        Field::CheckOut,
        &[
            "check-out",
            "check out",
            "checkout",
            "check-out date",
            "check out date",
            "departure",
            "departure date",
            "end date",
            "abreise",
            "abreisedatum",
            "départ",
            "salida",
            "partenza",
            "saída",
        ],
    ),
    (Field::LastNight, &["last night"]),
    (Field::Nights, &["nights", "number of nights", "nächte", "nuits", "noches", "notti", "noites"]),
    (
        Field::FullName,
        &["guest name", "guest", "full name", "name", "gast", "gastname", "client", "ospite", "huésped"],
    ),
    (Field::FirstName, &["first name", "guest first name", "vorname", "prénom", "nombre", "nome"]),
    (Field::LastName, &["last name", "guest last name", "surname", "nachname", "nom", "apellido", "cognome"]),
    (Field::Email, &["email", "e-mail", "guest email", "email address"]),
    (Field::ShareKey, &["share number", "share no", "share id", "sharing id", "sharenr"]),
    (
        Field::BookedAt,
        &[
            "booked on",
            "booked at",
            "date booked",
            "booking date",
            "booking created",
            "creation date",
            "created on",
            "created at",
            "created",
            "buchungsdatum",
            "date de réservation",
            "fecha de creación",
            "data di creazione",
            "data de criação",
        ],
    ),
];

/// Which header is probably which field; each header is proposed once.
pub(super) fn columns(header: &[String]) -> Vec<(Field, &str)> {
    let mut proposed: Vec<(Field, &str)> = Vec::new();
    for (field, known) in HEADERS {
        let found = known.iter().find_map(|name| {
            header.iter().find(|seen| {
                seen.trim().to_lowercase() == *name && !proposed.iter().any(|(_, taken)| taken == seen)
            })
        });
        proposed.extend(found.map(|seen| (field, seen.as_str())));
    }
    proposed
}

/// What a status probably means; `None` where nothing speaks for one of them.
pub(super) fn meaning(word: &str) -> Option<Meaning> {
    let word = word.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
    // What says that something is not yet so, or only asked for, comes before what it is about.
    if has(&[
        "pending",
        "request",
        "inquir",
        "option",
        "tentative",
        "provisional",
        "waitlist",
        "block",
        "owner",
    ]) {
        Some(Meaning::Ignore)
    } else if has(&[
        "cancel",
        "storn",
        "annul",
        "no show",
        "no-show",
        "no_show",
        "noshow",
        "checked out",
        "checked_out",
    ]) || has(&["declin", "expired", "departed"])
    {
        Some(Meaning::Revoke)
    } else if has(&["not ", "not_", "un"]) {
        None
    } else if has(&["confirm", "checked in", "checked_in", "in house", "in-house", "bestätigt"])
        || word == "ok"
    {
        Some(Meaning::Grant)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_an_unknown_export_are_proposed_once_each() {
        let header: Vec<String> = [
            "Booking ID",
            "Guest",
            "Room",
            " Arrival ",
            "Departure",
            "Notes",
            "Name",
            "Created",
            "Booked On",
            "Share No",
        ]
        .map(str::to_owned)
        .to_vec();
        let proposed = [
            (Field::ReservationKey, "Booking ID"),
            (Field::Unit, "Room"),
            (Field::CheckIn, " Arrival "),
            (Field::CheckOut, "Departure"),
            (Field::FullName, "Guest"),
            (Field::ShareKey, "Share No"),
            (Field::BookedAt, "Booked On"),
        ];
        assert_eq!(columns(&header), proposed);
    }

    #[test]
    fn a_status_that_may_mean_anything_gets_no_proposal() {
        let check = |word, expected| assert_eq!(meaning(word), expected, "{word}");
        check("Confirmed", Some(Meaning::Grant));
        check("In-House", Some(Meaning::Grant));
        check("Cancelled by guest", Some(Meaning::Revoke));
        check("No Show", Some(Meaning::Revoke));
        check("Confirmation Pending", Some(Meaning::Ignore));
        check("Unconfirmed", None);
        check("Not confirmed", None);
        check("Moved", None);
    }
}
