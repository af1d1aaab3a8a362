//! Tells what an answer means: which kind of error its status and body are, or that it is none.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{CallError, CallErrorKind, Effect, Refusal, ReservationRule};
use super::message::clean;

/// An answer as it came in, whole.
pub(super) struct RawAnswer {
    pub(super) status: u16,
    pub(super) form: Form,
    pub(super) retry_after: Option<Duration>,
    /// When Seam says that it answered.
    pub(super) date: Option<Timestamp>,
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

/// What the head of an answer says of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// Nothing is said.
    Unsaid,
    /// Something else than JSON.
    Other,
}

/// What a good answer holds, and Seam's name for it.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) content: T,
    pub(super) request_id: Option<String>,
}

/// Reads the answer to a call of that path. `secrets` are values of the request that no message may repeat, `ours` those
/// that it may.
pub(super) fn read<T: DeserializeOwned>(
    path: &'static str,
    raw: RawAnswer,
    secrets: &[&str],
    ours: &[&str],
) -> Result<Answer<T>, CallError> {
    let (kind, message) = match raw.status {
        // A page of a proxy may happen to be JSON, and is no answer of Seam's.
        200..=299 if raw.form == Form::Other && !raw.body.is_empty() => {
            (CallErrorKind::BadAnswer, "the answer is not JSON".to_owned())
        }
        200..=299 => match content(&raw.body) {
            Ok(content) => return Ok(Answer { content, request_id: raw.request_id }),
            Err(trouble) => trouble,
        },
        _ => trouble(&raw),
    };
    Err(CallError {
        path,
        kind,
        status: Some(raw.status),
        request_id: raw.request_id,
        message: clean(&message, secrets, ours),
        effect: Effect::None,
        n_attempts: 1,
    })
}

fn content<T: DeserializeOwned>(body: &[u8]) -> Result<T, (CallErrorKind, String)> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if error.inner().is_eof() {
            let message = if body.is_empty() { "the answer is empty" } else { "the answer is cut" };
            return (CallErrorKind::LostAnswer, message.to_owned());
        }
        (CallErrorKind::BadAnswer, format!("{} at `{}`", error.inner(), error.path()))
    })
}

fn trouble(raw: &RawAnswer) -> (CallErrorKind, String) {
    let envelope = Envelope::read(raw);
    let retry_after = raw.retry_after;
    let kind = match (raw.status, &envelope) {
        (401, _) => CallErrorKind::Unauthorized,
        (403, _) => CallErrorKind::Forbidden,
        (429, _) => CallErrorKind::Throttled { retry_after },
        // 501 says that the call does not exist there; every other 5xx, and a request that came in too slowly or
        // too early, may go through next time.
        (408 | 425 | 500 | 502..=599, _) => CallErrorKind::Unavailable { retry_after },
        (400 | 404 | 409 | 410, Envelope::Seam { kind, .. }) if kind.ends_with("not_found") => {
            CallErrorKind::Refused(Refusal::NotFound)
        }
        (404 | 410, Envelope::Seam { .. }) => CallErrorKind::Refused(Refusal::NotFound),
        // A "not found" that Seam itself did not sign is no proof that a grant is gone.
        (404 | 410, Envelope::Cut) => CallErrorKind::LostAnswer,
        (400 | 409 | 422, envelope) => CallErrorKind::Refused(match envelope.reservation_rule() {
            Some(rule) => Refusal::ReservationRule(rule),
            None if raw.status == 409 => Refusal::Conflict,
            None => Refusal::Validation,
        }),
        _ => CallErrorKind::BadAnswer,
    };
    (kind, envelope.into_message())
}

/// The body of an error.
enum Envelope {
    /// Seam's own form.
    Seam { kind: String, message: String, texts: Vec<String> },
    /// JSON that ends in the middle.
    Cut,
    /// Anything else.
    Text(String),
}

impl Envelope {
    fn read(raw: &RawAnswer) -> Self {
        let text = || Self::Text(String::from_utf8_lossy(&raw.body[..raw.body.len().min(4096)]).into_owned());
        if raw.form != Form::Json {
            return text();
        }
        let body: Value = match serde_json::from_slice(&raw.body) {
            Ok(body) => body,
            Err(error) if error.is_eof() => return Self::Cut,
            Err(_) => return text(),
        };
        let error = &body["error"];
        match (error["type"].as_str(), error["message"].as_str()) {
            (Some(kind), Some(message)) => {
                let mut texts = Vec::new();
                collect_texts(error, &mut texts);
                Self::Seam { kind: kind.to_owned(), message: message.to_owned(), texts }
            }
            _ => text(),
        }
    }

    /// The page of the rules gives titles, an earlier one gave slugs, and neither says where they stand in the body
    /// (SEAM.md §6.9): so every text of the error is searched for either.
    fn reservation_rule(&self) -> Option<ReservationRule> {
        const SLUGS: [(&str, ReservationRule); 5] = [
            ("reservation_key_not_supported", ReservationRule::KeyNotSupported),
            ("reservation_key_required_for_guest_cards", ReservationRule::KeyRequired),
            ("reservation_entrance_change_requires_cleanup", ReservationRule::EntranceChange),
            ("reservation_joiner_entrance_set_conflict", ReservationRule::JoinerDoors),
            ("reservation_time_frames_must_overlap", ReservationRule::WindowsMustOverlap),
        ];
        let texts = match self {
            Self::Seam { texts, .. } => texts.as_slice(),
            Self::Text(text) => std::slice::from_ref(text),
            Self::Cut => &[],
        };
        texts
            .iter()
            .map(|text| slug(text))
            .find_map(|text| SLUGS.into_iter().find(|(slug, _)| text.contains(slug)).map(|(_, rule)| rule))
    }

    fn into_message(self) -> String {
        match self {
            Self::Seam { kind, message, .. } if message.is_empty() => kind,
            Self::Seam { message, .. } => message,
            Self::Cut => "the answer is cut".to_owned(),
            Self::Text(text) => text,
        }
    }
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect_texts(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect_texts(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `Reservation key not supported.` as `reservation_key_not_supported_`.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Nothing {}

    fn raw(status: u16, content_type: &str, body: &str) -> RawAnswer {
        RawAnswer {
            status,
            form: match content_type {
                "" => Form::Unsaid,
                json if json.contains("json") => Form::Json,
                _ => Form::Other,
            },
            retry_after: None,
            date: None,
            request_id: Some("request_1".to_owned()),
            body: body.as_bytes().to_vec(),
        }
    }

    fn check(status: u16, content_type: &str, body: &str, kind: CallErrorKind, message: &str) {
        let error = read::<Nothing>("/x", raw(status, content_type, body), &[], &[]).expect_err("an error");
        assert_eq!((error.kind, error.message.as_str()), (kind, message), "{status} {body}");
        assert_eq!(error.status, Some(status));
        assert_eq!(error.request_id.as_deref(), Some("request_1"));
    }

    fn envelope(kind: &str, message: &str) -> String {
        serde_json::json!({"error": {"type": kind, "message": message}, "ok": false}).to_string()
    }

    const JSON: &str = "application/json; charset=utf-8";
    const UNAVAILABLE: CallErrorKind = CallErrorKind::Unavailable { retry_after: None };
    const INVALID: CallErrorKind = CallErrorKind::Refused(Refusal::Validation);
    const NOT_FOUND: CallErrorKind = CallErrorKind::Refused(Refusal::NotFound);
    const CONFLICT: CallErrorKind = CallErrorKind::Refused(Refusal::Conflict);

    #[test]
    fn the_status_and_the_envelope_tell_the_kind() {
        check(400, JSON, &envelope("invalid_input", "ends_at is required"), INVALID, "ends_at is required");
        check(409, JSON, &envelope("duplicate", "taken"), CONFLICT, "taken");
        check(404, JSON, &envelope("access_grant_not_found", "no"), NOT_FOUND, "no");
        check(400, JSON, &envelope("user_identity_not_found", "no"), NOT_FOUND, "no");
        check(
            401,
            JSON,
            &envelope("unauthorized", "API Key not found"),
            CallErrorKind::Unauthorized,
            "API Key not found",
        );
        check(403, JSON, &envelope("forbidden", ""), CallErrorKind::Forbidden, "forbidden");
        check(500, JSON, &envelope("internal_server_error", "oops"), UNAVAILABLE, "oops");
        check(501, JSON, &envelope("not_implemented", "no"), CallErrorKind::BadAnswer, "no");
        check(405, JSON, &envelope("method_not_allowed", "no"), CallErrorKind::BadAnswer, "no");
        check(302, "", "", CallErrorKind::BadAnswer, "");
    }

    #[test]
    fn a_body_that_is_not_json_is_judged_by_its_status() {
        check(400, "text/plain", "not a sandbox\n", INVALID, "not a sandbox");
        check(503, "", "", UNAVAILABLE, "");
        check(502, "text/html", "<h1>Bad Gateway</h1>", UNAVAILABLE, "<h1>Bad Gateway</h1>");
        check(429, "", "", CallErrorKind::Throttled { retry_after: None }, "");
        check(400, JSON, "[1]", INVALID, "[1]");
        check(400, JSON, "{\"error\":", INVALID, "the answer is cut");
    }

    #[test]
    fn only_seam_itself_can_say_that_something_is_gone() {
        check(404, "text/html", "no such page", CallErrorKind::BadAnswer, "no such page");
        check(404, JSON, "{\"error\":{\"ty", CallErrorKind::LostAnswer, "the answer is cut");
    }

    #[test]
    fn a_good_status_with_a_cut_body_is_a_lost_answer() {
        check(200, JSON, "", CallErrorKind::LostAnswer, "the answer is empty");
        check(200, JSON, "{\"access_grant\":{\"acc", CallErrorKind::LostAnswer, "the answer is cut");
        for (content_type, body) in
            [("text/html", "<html>"), ("text/plain", "{}"), ("", "<html>"), (JSON, "[")]
        {
            let error = read::<Nothing>("/x", raw(200, content_type, body), &[], &[]).expect_err("no answer");
            let is_bad = body != "[";
            assert_eq!(error.kind == CallErrorKind::BadAnswer, is_bad, "{content_type} {body}");
        }
        read::<Nothing>("/x", raw(200, "", "{}"), &[], &[]).expect("a head may say nothing");
    }

    fn check_rule(status: u16, error: &Value, rule: ReservationRule) {
        let body = serde_json::json!({"error": error, "ok": false}).to_string();
        let error = read::<Nothing>("/x", raw(status, JSON, &body), &[], &[]).expect_err("an error");
        assert_eq!(error.kind, CallErrorKind::Refused(Refusal::ReservationRule(rule)), "{body}");
    }

    #[test]
    fn a_rule_of_reservations_is_known_by_slug_or_title_wherever_it_stands() {
        use ReservationRule as Rule;
        let type_and_message =
            |kind: &str, message: &str| serde_json::json!({"type": kind, "message": message});
        check_rule(400, &type_and_message("reservation_key_not_supported", "x"), Rule::KeyNotSupported);
        check_rule(
            400,
            &type_and_message("x", "Reservation_key required for guest cards."),
            Rule::KeyRequired,
        );
        check_rule(
            409,
            &serde_json::json!({"type": "CONFLICT", "message": "x", "title": "Reservation joiner entrance set conflict."}),
            Rule::JoinerDoors,
        );
        check_rule(
            409,
            &serde_json::json!({"type": "conflict", "message": "x",
                "data": {"codes": ["reservation_entrance_change_requires_cleanup"]}}),
            Rule::EntranceChange,
        );
        check_rule(
            409,
            &type_and_message("conflict", "Reservation time frames must overlap."),
            Rule::WindowsMustOverlap,
        );
    }
}
