//! The words of a night.

use ecow::EcoString;
use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::mapping::testing::{guest, stay};
use crate::model::time::Side;
use crate::model::{
    Moment, Place, ReservationId, SourcePlace, SpaceId, SpaceKey, Standing, Stay, Unit, Window,
};

pub(super) fn row(name: &str, units: &str, days: &str, words: &[&str], position: usize) -> Stay {
    let (from, until) = days.split_once("..").expect("FROM..UNTIL");
    let second = |text: &str| Timestamp::from_second(text.parse().expect("a number")).expect("a second");
    let mut stay = Stay {
        guest: guest("", &full_name(name), ""),
        place: match units {
            "?" => Place::Unassigned,
            _ => Place::Units(units.split('+').map(Unit::new).collect()),
        },
        check_in: moment(from, Side::Arrival),
        check_out: moment(until, Side::Departure),
        source: SourcePlace { container: "rows".into(), row: position as u64 + 2 },
        ..stay()
    };
    for word in words {
        match word.split_once('=') {
            None => match *word {
                "in" => stay.standing = Standing::CheckedIn,
                "out" => stay.standing = Standing::Revoked,
                "ignored" => stay.standing = Standing::Ignored,
                "unclear" => stay.standing = Standing::Unclear,
                "opt-out" => stay.opted_out = true,
                _ => panic!("`{word}` means nothing in a row"),
            },
            Some(("key", key)) => stay.guest.key = Some(key.into()),
            Some(("email", email)) => stay.guest.email = Some(email.into()),
            Some(("share", key)) => stay.share_key = Some(key.into()),
            Some(("booked", at)) => stay.booked_at = Some(second(at)),
            Some(("updated", at)) => stay.updated_at = Some(second(at)),
            Some((field, _)) => panic!("`{field}` is no field of a row"),
        }
    }
    stay
}

pub(super) fn id(key: &str) -> ReservationId {
    ReservationId { property: "".into(), key: key.into() }
}

pub(super) fn full_name(name: &str) -> EcoString {
    if name == "-" { "".into() } else { name.replace('_', " ").into() }
}

pub(super) fn space_id(unit: &str) -> SpaceId {
    format!("space-{unit}").as_str().into()
}

/// The rooms of units; both beds are in one room.
pub(super) fn units_of(units: &str) -> Vec<&str> {
    units.split('+').map(|unit| if ["A", "B"].contains(&unit) { "101" } else { unit }).collect()
}

pub(super) fn space_keys(units: &str) -> Vec<SpaceKey> {
    units_of(units).iter().map(|unit| SpaceKey::new(format!("room-{unit}"))).collect()
}

pub(super) fn hours_of(text: &str) -> SignedDuration {
    SignedDuration::from_hours(text.parse().expect("a number"))
}

/// `5`, `5T18` or `5T18:30`, in December 2026.
pub(super) fn moment(text: &str, side: Side) -> Moment {
    let (day, clock) = match (text.split_once('T'), side) {
        (Some((day, clock)), _) => (day, clock),
        (None, Side::Arrival) => (text, "15"),
        (None, Side::Departure) => (text, "11"),
    };
    let (hour, minute) = clock.split_once(':').unwrap_or((clock, "0"));
    let number = |text: &str| text.parse::<i8>().expect("a number");
    let local = date(2026, 12, number(day)).at(number(hour), number(minute), 0, 0);
    Moment::at(local, &TimeZone::UTC, side).expect("an ordinary year")
}

pub(super) fn window(days: &str) -> Window {
    let (from, until) = days.split_once("..").expect("FROM..UNTIL");
    Window::new(moment(from, Side::Arrival).instant, moment(until, Side::Departure).instant)
}

/// The days of a window, without the usual hours.
pub(super) fn span(window: &Window) -> String {
    let told = |at: Timestamp, usual: i8| {
        let local = TimeZone::UTC.to_datetime(at);
        let minute = if local.minute() == 0 { String::new() } else { format!(":{:02}", local.minute()) };
        let clock = format!("T{}{minute}", local.hour());
        format!("{}{}", local.day(), if clock == format!("T{usual}") { "" } else { &clock })
    };
    let end = window.ends_at.map_or_else(String::new, |end| told(end, 11));
    format!("{}..{end}", told(window.starts_at, 15))
}
