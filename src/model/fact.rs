//! Facts: what a run or a person leaves for the next run to know, one value about one subject.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::door::DoorId;
use super::name::Unit;
use super::owner::Owner;
use super::reservation::ReservationId;

/// One fact. The store keeps it under its id until it is replaced or forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Fact {
    /// A person decided about a stay.
    Decision(Decision),
    /// Which configuration the namespace belongs to.
    Owner(Owner),
    /// The last day on which a row of the source had a checked-in status, by the clock of its property.
    LastCheckedInStatus(Date),
    /// The source has listed two guests of one reservation.
    ListsSeveralGuests,
    /// A door was found to be common to several units.
    CommonDoor(DoorId),
}

/// What a fact is about; a fact takes the place of another one with the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactId {
    /// The kind.
    pub kind: FactKind,
    /// The subject within the kind; empty where the kind has one fact only.
    pub subject: String,
}

/// The kinds of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// See [`Fact::Decision`].
    Decision,
    /// See [`Fact::Owner`].
    Owner,
    /// See [`Fact::LastCheckedInStatus`].
    LastCheckedInStatus,
    /// See [`Fact::ListsSeveralGuests`].
    ListsSeveralGuests,
    /// See [`Fact::CommonDoor`].
    CommonDoor,
}

impl Fact {
    /// What it is about.
    pub fn id(&self) -> FactId {
        let (kind, subject) = match self {
            Self::Decision(decision) => {
                let Decision { reservation, unit, .. } = decision;
                return FactId::of_decision(reservation, unit.as_ref());
            }
            Self::Owner(_) => (FactKind::Owner, String::new()),
            Self::LastCheckedInStatus(_) => (FactKind::LastCheckedInStatus, String::new()),
            Self::ListsSeveralGuests => (FactKind::ListsSeveralGuests, String::new()),
            Self::CommonDoor(DoorId::Entrance(id)) => (FactKind::CommonDoor, format!("entrance/{id}")),
            Self::CommonDoor(DoorId::Device(id)) => (FactKind::CommonDoor, format!("device/{id}")),
        };
        FactId { kind, subject }
    }

    /// The value, as JSON.
    ///
    /// # Panics
    ///
    /// Never: the variants hold only what JSON can write.
    pub fn value(&self) -> String {
        let mut json = serde_json::to_value(self).expect("a fact has only texts for keys");
        json["value"].take().to_string()
    }

    /// The fact of a kind that has this value; `None` where a later version of this program wrote the kind.
    ///
    /// # Errors
    ///
    /// Where the kind is known and the value is not one of it.
    pub fn parse(kind: &str, value: &str) -> Result<Option<Self>, serde_json::Error> {
        let kind = serde_json::Value::from(kind);
        if serde_json::from_value::<FactKind>(kind.clone()).is_err() {
            return Ok(None);
        }
        let value: serde_json::Value = serde_json::from_str(value)?;
        serde_json::from_value(serde_json::json!({ "kind": kind, "value": value })).map(Some)
    }
}

impl FactId {
    /// The decision about the stay of a reservation in a unit, or about all of its stays.
    ///
    /// # Panics
    ///
    /// Never: three texts are JSON.
    pub fn of_decision(reservation: &ReservationId, unit: Option<&Unit>) -> Self {
        let ReservationId { property, key } = reservation;
        let subject = serde_json::to_string(&(property, key, unit)).expect("three texts are JSON");
        Self { kind: FactKind::Decision, subject }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::{Choice, DeviceId, EntranceId, SpacesRule, word};

    #[test]
    fn fact_survives_its_text() {
        for (fact, kind, subject, value) in [
            (Fact::LastCheckedInStatus(date(2026, 12, 5)), "last_checked_in_status", "", r#""2026-12-05""#),
            (
                Fact::Owner(Owner {
                    properties: ["LIS".into(), "OPO".into()].into(),
                    spaces: SpacesRule::Template("room-{unit}".to_owned()),
                }),
                "owner",
                "",
                r#"{"properties":["LIS","OPO"],"spaces":{"template":"room-{unit}"}}"#,
            ),
            (Fact::ListsSeveralGuests, "lists_several_guests", "", "null"),
            (
                Fact::CommonDoor(DoorId::Entrance(EntranceId::new("e1"))),
                "common_door",
                "entrance/e1",
                r#"{"entrance":"e1"}"#,
            ),
            (
                Fact::CommonDoor(DoorId::Device(DeviceId::new("e1"))),
                "common_door",
                "device/e1",
                r#"{"device":"e1"}"#,
            ),
        ] {
            let FactId { kind: of_fact, subject: about } = fact.id();
            assert_eq!((word(&of_fact).as_str(), about.as_str()), (kind, subject));
            assert_eq!(fact.value(), value);
            assert_eq!(Fact::parse(kind, value).expect("it was written so"), Some(fact));
        }
    }

    #[test]
    fn fact_of_decision_survives_its_text() {
        let shared = Decision {
            reservation: ReservationId { property: "LIS".into(), key: r#"R"1"#.into() },
            unit: Some("104".into()),
            choice: Choice::ShareWith("R2".into()),
            reason: "one family".to_owned(),
            until: Some(date(2026, 12, 6)),
            decided_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let granted = Decision { unit: None, choice: Choice::Grant, until: None, ..shared.clone() };
        for (decision, subject, value) in [
            (
                shared,
                r#"["LIS","R\"1","104"]"#,
                r#"{"reservation":{"property":"LIS","key":"R\"1"},"unit":"104","choice":{"share_with":"R2"},"reason":"one family","until":"2026-12-06","decided_at":"1970-01-01T00:00:00Z"}"#,
            ),
            (
                granted,
                r#"["LIS","R\"1",null]"#,
                r#"{"reservation":{"property":"LIS","key":"R\"1"},"unit":null,"choice":"grant","reason":"one family","until":null,"decided_at":"1970-01-01T00:00:00Z"}"#,
            ),
        ] {
            let fact = Fact::Decision(decision);
            assert_eq!(fact.id(), FactId { kind: FactKind::Decision, subject: subject.to_owned() });
            let as_json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("it is JSON");
            assert_eq!(as_json(&fact.value()), as_json(value));
            assert_eq!(Fact::parse("decision", value).expect("it was written so"), Some(fact));
        }
    }

    #[test]
    fn fact_of_unknown_kind_is_skipped() {
        assert_eq!(Fact::parse("weather", r#""rain""#).expect("not ours to read"), None);
        Fact::parse("last_checked_in_status", r#""rain""#).expect_err("rain is no day");
        Fact::parse("common_door", "{").expect_err("the text is cut");
    }
}
