//! The shape of every answer: `{"…": …, "ok": true}` or `{"error": {…}, "ok": false}`.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::switches::{ReservationErrorShape, ThrottledBody};

/// A success, already written as JSON.
#[derive(Debug)]
pub(crate) struct Reply(String);

impl Reply {
    /// `{"ok": true}`.
    pub(crate) fn done() -> Self {
        Self(String::from(r#"{"ok":true}"#))
    }

    /// `{"<key>": value, "ok": true}`.
    pub(crate) fn with(key: &str, value: &impl Serialize) -> Self {
        Self(format!(r#"{{"{key}":{},"ok":true}}"#, write(value)))
    }

    /// A list with its `pagination`, where there is one.
    pub(crate) fn list(key: &str, values: &impl Serialize, pagination: Option<&Value>) -> Self {
        match pagination {
            None => Self::with(key, values),
            Some(pagination) => {
                Self(format!(r#"{{"{key}":{},"ok":true,"pagination":{}}}"#, write(values), write(pagination)))
            }
        }
    }

    pub(crate) fn into_body(self) -> String {
        self.0
    }
}

fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("answers have string keys")
}

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) data: Option<Box<Value>>,
    pub(crate) validation_errors: Option<Box<Value>>,
    pub(crate) throttle: Option<Box<Throttle>>,
}

/// What a 429 has beyond its error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) retry_after: Option<String>,
    pub(crate) body: ThrottledBody,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind.into(),
            message: message.into(),
            data: None,
            validation_errors: None,
            throttle: None,
        }
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(401, "unauthorized", message)
    }

    pub(crate) fn invalid_input(message: impl Into<String>) -> Self {
        let mut refusal = Self::new(400, "invalid_input", message);
        refusal.validation_errors = Some(Box::new(json!({ "_errors": [refusal.message] })));
        refusal
    }

    /// `<resource>_not_found`, 404.
    pub(crate) fn not_found(resource: &str) -> Self {
        let mut title = resource.replace('_', " ");
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self::new(404, format!("{resource}_not_found"), format!("{title} not found"))
    }

    pub(crate) fn throttled(message: &str, throttle: Throttle) -> Self {
        let mut refusal = Self::new(429, "rate_limit_exceeded", message);
        refusal.throttle = Some(Box::new(throttle));
        refusal
    }

    /// The body, empty where the switch for throttled answers says so.
    pub(crate) fn body(&self) -> String {
        if self.throttle.as_ref().is_some_and(|throttle| throttle.body == ThrottledBody::Empty) {
            return String::new();
        }
        let mut error = Map::new();
        error.insert("type".into(), self.kind.clone().into());
        error.insert("message".into(), self.message.clone().into());
        if let Some(data) = &self.data {
            error.insert("data".into(), (**data).clone());
        }
        if let Some(validation_errors) = &self.validation_errors {
            error.insert("validation_errors".into(), (**validation_errors).clone());
        }
        json!({ "error": error, "ok": false }).to_string()
    }
}

/// The reservation rules of Seam, as their errors name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReservationRule {
    KeyNotSupported,
    KeyRequired,
    EntranceChange,
    JoinerSuperset,
    WindowsMustOverlap,
}

impl ReservationRule {
    pub(crate) fn refusal(self, shape: ReservationErrorShape) -> Refusal {
        let (status, slug, title, message) = match self {
            Self::KeyNotSupported => (
                400,
                "reservation_key_not_supported",
                "reservation_key not supported.",
                "None of the entrances can belong to a reservation: remove the key or add such an entrance.",
            ),
            Self::KeyRequired => (
                400,
                "reservation_key_required_for_guest_cards",
                "reservation_key required for guest cards.",
                "The provider of an entrance makes guest cards only with a reservation_key.",
            ),
            Self::EntranceChange => (
                409,
                "reservation_entrance_change_requires_cleanup",
                "Reservation entrance change requires cleanup.",
                "Grants of this reservation exist for other entrances: delete them first.",
            ),
            Self::JoinerSuperset => (
                409,
                "reservation_joiner_entrance_set_conflict",
                "Reservation joiner entrance set conflict.",
                "A joiner must have the same entrances as the first grant of the reservation, or fewer.",
            ),
            Self::WindowsMustOverlap => (
                409,
                "reservation_time_frames_must_overlap",
                "Reservation time frames must overlap.",
                "The windows of all grants of a reservation must overlap.",
            ),
        };
        let class = if status == 400 { "validation_error" } else { "conflict" };
        match shape {
            ReservationErrorShape::Slug => Refusal::new(status, slug, format!("{title} {message}")),
            ReservationErrorShape::Title => {
                let mut refusal = Refusal::new(status, class, message);
                refusal.data = Some(Box::new(json!({ "title": title })));
                refusal
            }
            ReservationErrorShape::Message => Refusal::new(status, class, format!("{title} {message}")),
        }
    }
}
