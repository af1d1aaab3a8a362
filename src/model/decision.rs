//! What a person decided about a stay (RULES 17): an input of the planner, beside the source and Seam.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::name::{ReservationKey, Unit};
use super::problem::{Problem, ProblemCode, SourcePlace};
use super::reservation::ReservationId;

/// A decision about a stay, or about all stays of a reservation. The newest about a stay counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whose stay.
    pub reservation: ReservationId,
    /// The unit that it is about, as the source writes it; `None` for each unit of the reservation.
    pub unit: Option<Unit>,
    /// What was decided.
    pub choice: Choice,
    /// Why, in the words of the person, without contacts.
    pub reason: String,
    /// The last day on which it holds, by the clock of the property; `None` until the stay is over.
    pub until: Option<Date>,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// What a person can decide about a stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// It is one party with this reservation of the same property.
    ShareWith(ReservationKey),
    /// It is first in the order of its unit, and gets what the source asks although another party has the unit.
    Grant,
    /// Its grants go, and it claims no unit any more.
    Revoke,
    /// It keeps its key and its claim.
    Leave,
}

impl Decision {
    /// Whether it has not ended by its own date; `today` is the day at the property. Whether its stay is over is not
    /// asked here.
    pub fn holds(&self, today: Date) -> bool {
        self.until.is_none_or(|until| today <= until)
    }

    /// What every plan says of it (RULES 17).
    pub fn notice(&self) -> Problem {
        let choice = match &self.choice {
            Choice::ShareWith(other) => format!("is one party with {other}"),
            Choice::Grant => "gets what the source asks, whoever else has the unit".to_owned(),
            Choice::Revoke => "gets no key and claims no unit".to_owned(),
            Choice::Leave => "keeps its key and its claim".to_owned(),
        };
        let unit = self.unit.as_ref().map(|unit| format!(" in unit {unit}")).unwrap_or_default();
        let until = self.until.map(|until| format!(", until {until}")).unwrap_or_default();
        Problem {
            source: SourcePlace::parse("decision"),
            column: "",
            code: ProblemCode::Notice,
            message: format!(
                "a person decided: reservation {}{unit} {choice}{until}: {}",
                self.reservation, self.reason
            ),
            hint: "take it back with decide --undo".to_owned(),
        }
    }

    /// Whether it is about the stay of a reservation in a unit; a stay without a unit is met by a decision about the
    /// whole reservation only.
    pub fn is_about(&self, reservation: &ReservationId, unit: Option<&Unit>) -> bool {
        self.reservation == *reservation && (self.unit.is_none() || self.unit.as_ref() == unit)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn decision(unit: Option<&str>, until: Option<Date>) -> Decision {
        Decision {
            reservation: ReservationId { property: "LIS".into(), key: "R1".into() },
            unit: unit.map(Unit::new),
            choice: Choice::Grant,
            reason: "the guests know each other".to_owned(),
            until,
            decided_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn decision_holds_through_its_last_day() {
        let until = Some(date(2026, 12, 6));
        for (until, today, expected) in [
            (None, date(2099, 1, 1), true),
            (until, date(2026, 12, 5), true),
            (until, date(2026, 12, 6), true),
            (until, date(2026, 12, 7), false),
        ] {
            assert_eq!(decision(None, until).holds(today), expected, "{until:?} {today}");
        }
    }

    #[test]
    fn decision_without_unit_is_about_every_stay() {
        let id = |property: &str, key: &str| ReservationId { property: property.into(), key: key.into() };
        for (of, reservation, unit, expected) in [
            (None, id("LIS", "R1"), Some("104"), true),
            (None, id("LIS", "R1"), None, true),
            (Some("104"), id("LIS", "R1"), Some("104"), true),
            (Some("104"), id("LIS", "R1"), Some("105"), false),
            (Some("104"), id("LIS", "R1"), None, false),
            (None, id("OPO", "R1"), Some("104"), false),
            (None, id("LIS", "R2"), Some("104"), false),
        ] {
            let unit = unit.map(Unit::new);
            assert_eq!(decision(of, None).is_about(&reservation, unit.as_ref()), expected, "{of:?} {unit:?}");
        }
    }
}
