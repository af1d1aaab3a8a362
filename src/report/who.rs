//! Who can open a door then, as text and as JSON.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::json::pretty;
use super::visible::visible;
use crate::model::{MethodSet, SpaceKey};

/// The answer of `who`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhoOpens {
    /// The spaces that were asked about.
    pub spaces: Vec<SpaceKey>,
    /// From when.
    pub from: Timestamp,
    /// Until when; the same where one instant was asked about.
    pub to: Timestamp,
    /// Whoever can open one of their doors, by start.
    pub opens: Vec<Opens>,
    /// The clock of the hotel.
    #[serde(skip)]
    pub zone: TimeZone,
}

/// A grant that opens a door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opens {
    /// Whose, where Seam has a name.
    pub full_name: Option<String>,
    /// The reservation: the source's key of a grant of this job, else what Seam has.
    pub reservation_key: Option<String>,
    /// Whether it is a grant of this job.
    pub ours: bool,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when; `None` for ever.
    pub ends_at: Option<Timestamp>,
    /// By what.
    pub methods: MethodSet,
    /// Whether all of that is issued; `None` where Seam does not say.
    pub issued: Option<bool>,
}

/// The answer for a person, by the clock of the hotel.
pub fn render_text(answer: &WhoOpens) -> String {
    let WhoOpens { spaces, from, to, opens, zone } = answer;
    let time = |at: &Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let spaces: Vec<&str> = spaces.iter().map(SpaceKey::as_str).collect();
    let when = if from == to { time(from) } else { format!("{} to {}", time(from), time(to)) };
    let name_of_zone = zone.iana_name().unwrap_or("UTC");
    let mut out = format!("{}, {when} ({name_of_zone})\n", visible(&spaces.join(", ")));
    if opens.is_empty() {
        out.push_str("  nobody\n");
    }
    for Opens { full_name, reservation_key, ours, starts_at, ends_at, methods, issued } in opens {
        let name = full_name.as_deref().unwrap_or("(no name)");
        let reservation = reservation_key.as_deref().unwrap_or("-");
        let until = ends_at.as_ref().map_or_else(|| "for ever".to_owned(), |end| format!("to {}", time(end)));
        let whose = if *ours { "" } else { "  not of this job" };
        let issued = match issued {
            Some(true) => "issued",
            Some(false) => "not issued yet",
            None => "issued: unknown",
        };
        let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
        writeln!(
            out,
            "  {}  {}  {} {until}  {}  {issued}{whose}",
            visible(name),
            visible(reservation),
            time(starts_at),
            methods.join(", ")
        )
        .expect("a string takes everything");
    }
    out
}

/// The answer for programs.
pub fn render_json(answer: &WhoOpens) -> String {
    pretty(answer)
}
