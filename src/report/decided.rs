//! What a person decided about a stay, as it is shown: by `decide`, and by `explain`.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::model::{Choice, Decision, PropertyCode, ReservationKey, Unit};

/// A decision for output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// The property; empty where there is one.
    pub property: PropertyCode,
    /// The reservation in the source.
    pub reservation_key: ReservationKey,
    /// The unit; `None` for each of the reservation.
    pub unit: Option<Unit>,
    /// `share_with`, `grant`, `revoke` or `leave`.
    pub choice: &'static str,
    /// The other reservation of `share_with`.
    pub share_with: Option<ReservationKey>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds, by the clock of the property; `None` until the stay is over.
    pub until: Option<Date>,
    /// When it was decided.
    pub decided_at: Timestamp,
}

impl Decided {
    /// A decision as it is recorded.
    pub fn of(decision: &Decision) -> Self {
        let Decision { reservation, unit, choice, reason, until, decided_at } = decision.clone();
        let (choice, share_with) = match choice {
            Choice::ShareWith(other) => ("share_with", Some(other)),
            Choice::Grant => ("grant", None),
            Choice::Revoke => ("revoke", None),
            Choice::Leave => ("leave", None),
        };
        Self {
            property: reservation.property,
            reservation_key: reservation.key,
            unit,
            choice,
            share_with,
            reason,
            until,
            decided_at,
        }
    }

    /// What it says, without its reason and without a full stop.
    pub fn sentence(&self) -> String {
        let Self { property, reservation_key, unit, choice, share_with, reason: _, until, decided_at: _ } =
            self;
        let property = property.as_str();
        let of = if property.is_empty() { String::new() } else { format!(" of {property}") };
        let unit = unit.as_ref().map(|unit| format!(" in unit {unit}")).unwrap_or_default();
        let choice = match (share_with, *choice) {
            (Some(other), _) => format!("is one party with reservation {other}"),
            (None, "grant") => {
                "gets what the source asks for, although another party has the unit".to_owned()
            }
            (None, "revoke") => "loses its grants and its claim to the unit".to_owned(),
            (None, _) => "keeps its key and its claim to the unit".to_owned(),
        };
        let until = match until {
            Some(until) => format!("until {until}, that day included"),
            None => "until the stay is over".to_owned(),
        };
        format!("reservation {reservation_key}{of}{unit} {choice}, {until}")
    }
}
