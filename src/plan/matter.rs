//! What needs a person: who is concerned, where and when, what happens if nobody acts, and what helps.

use ecow::EcoString;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::model::{LocalSpan, PropertyCode, ReasonCode, ReservationKey};

/// Who acts on a matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The front desk.
    Desk,
    /// The person who maintains the bookings in the PMS.
    Pms,
    /// The technician for locks and doors.
    Technician,
    /// The engineer who operates this program.
    Engineer,
}

/// The nights of a matter; the last one is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Nights {
    /// The day of the first night.
    pub from: Date,
    /// The day after the last night.
    pub to: Date,
}

impl Nights {
    /// The nights of a span; of one without a night its day.
    pub(super) fn of(span: LocalSpan) -> Self {
        let (from, last) = span.nights();
        Self { from, to: if span.has_night() { last.tomorrow().unwrap_or(last) } else { from } }
    }
}

/// One thing that somebody has to look at (RULES 16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// The property; empty where there is one.
    pub property: PropertyCode,
    /// The reservation that waits, or the first one concerned.
    pub reservation_key: ReservationKey,
    /// All reservations that hang together in it, sorted.
    pub reservations: Vec<ReservationKey>,
    /// The names of their guests, in the same order; blank where none is known.
    pub guests: Vec<EcoString>,
    /// The units, separated by a comma.
    pub unit: String,
    /// The nights that they are about.
    pub nights: Nights,
    /// Why, in one word.
    pub code: ReasonCode,
    /// By when.
    pub deadline: Timestamp,
    /// Who can open what, and what happens if nobody acts.
    pub consequence: String,
    /// What helps: complete commands, of which a person chooses one (RULES 27).
    pub remedy: Vec<String>,
    /// Who acts.
    pub who: Actor,
    /// Whether the run must say that a person is needed (exit code 3).
    pub needs_person: bool,
}
