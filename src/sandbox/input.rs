//! Reads the parameters of a call and collects every complaint, in the words and the tree of the real API.
//!
//! Unknown parameters are ignored. Where a required value is missing a placeholder is returned, which
//! nobody sees: [`Input::finish`] must be called before anything is done.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::complaint::{self, Issue, IssueKind, expected, not_in};
use super::envelope::Refusal;
use super::record::Mode;
use super::text_form::{self, InstantForm};

/// The parameters of one call.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    fields: &'a Map<String, Value>,
    issues: Vec<Issue>,
}

/// What a nullable parameter can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given<T> {
    Absent,
    Null,
    Value(T),
}

impl<T> Given<T> {
    pub(crate) fn value(self) -> Option<T> {
        match self {
            Self::Absent | Self::Null => None,
            Self::Value(value) => Some(value),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct MethodRequest {
    pub(crate) mode: Mode,
    pub(crate) code: Option<String>,
    pub(crate) instant_key_max_use_count: Option<u32>,
}

impl<'a> Input<'a> {
    pub(crate) fn new(fields: &'a Map<String, Value>) -> Self {
        Self { fields, issues: Vec::new() }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A complaint about the parameters taken together.
    pub(crate) fn complain(&mut self, message: impl Into<String>) {
        self.issue(Vec::new(), message);
    }

    /// A complaint about one parameter.
    pub(crate) fn complain_about(&mut self, name: &str, message: impl Into<String>) {
        self.issue(vec![name.into()], message);
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.fields.get(name) {
            None => None,
            Some(Value::Null) => {
                self.wrong_type(name, "string", &Value::Null);
                None
            }
            Some(_) => self.nullable_text(name).value(),
        }
    }

    pub(crate) fn nullable_text(&mut self, name: &str) -> Given<String> {
        match self.fields.get(name) {
            None => Given::Absent,
            Some(Value::Null) => Given::Null,
            Some(Value::String(text)) if text.is_empty() => {
                self.issue(vec![name.into()], "String must contain at least 1 character(s)");
                Given::Absent
            }
            Some(Value::String(text)) => Given::Value(text.clone()),
            Some(other) => {
                self.wrong_type(name, "string", other);
                Given::Absent
            }
        }
    }

    /// A text that may be empty, as names and phone numbers may.
    pub(crate) fn nullable_free_text(&mut self, name: &str) -> Given<String> {
        match self.fields.get(name) {
            Some(Value::String(text)) => Given::Value(text.clone()),
            _ => self.nullable_text(name),
        }
    }

    /// A key must have something in it that is not blank.
    pub(crate) fn key(&mut self, name: &str) -> Option<String> {
        let key = self.text(name)?;
        if key.trim().is_empty() {
            self.issue(vec![name.into()], "Key cannot be only whitespace");
        }
        Some(key)
    }

    pub(crate) fn nullable_email(&mut self, name: &str) -> Given<String> {
        let given = self.nullable_text(name);
        if let Given::Value(email) = &given
            && !text_form::looks_like_email(email)
        {
            self.issue(vec![name.into()], "Invalid email");
        }
        given
    }

    pub(crate) fn required_text(&mut self, name: &str) -> String {
        match self.fields.get(name) {
            Some(Value::String(text)) => text.clone(),
            None => {
                self.missing(name);
                String::new()
            }
            Some(other) => {
                self.wrong_type(name, "string", other);
                String::new()
            }
        }
    }

    pub(crate) fn uuid(&mut self, name: &str) -> Option<Uuid> {
        let value = self.fields.get(name)?;
        self.parse_uuid(vec![name.into()], value)
    }

    pub(crate) fn required_uuid(&mut self, name: &str) -> Uuid {
        match self.fields.get(name) {
            None => {
                self.missing(name);
                Uuid::nil()
            }
            Some(value) => self.parse_uuid(vec![name.into()], value).unwrap_or_default(),
        }
    }

    pub(crate) fn uuids(&mut self, name: &str) -> Option<Vec<Uuid>> {
        let values = self.array(name)?;
        let mut uuids = Vec::with_capacity(values.len());
        for (position, value) in values.iter().enumerate() {
            uuids.extend(self.parse_uuid(vec![name.into(), position.to_string()], value));
        }
        Some(uuids)
    }

    pub(crate) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let values = self.array(name)?;
        let mut texts = Vec::with_capacity(values.len());
        for (position, value) in values.iter().enumerate() {
            match value {
                Value::String(text) if !text.is_empty() => texts.push(text.clone()),
                Value::String(_) => self.issue(
                    vec![name.into(), position.to_string()],
                    "String must contain at least 1 character(s)",
                ),
                other => {
                    let message = expected("string", other);
                    self.issue(vec![name.into(), position.to_string()], message);
                }
            }
        }
        Some(texts)
    }

    /// Texts out of a closed list.
    pub(crate) fn choices(&mut self, name: &str, allowed: &[&str]) -> Option<Vec<String>> {
        let texts = self.texts(name)?;
        for (position, text) in texts.iter().enumerate() {
            if !allowed.contains(&text.as_str()) {
                self.issue(vec![name.into(), position.to_string()], not_in(allowed, text));
            }
        }
        Some(texts)
    }

    pub(crate) fn nullable_instant(&mut self, name: &str, form: InstantForm) -> Given<Timestamp> {
        match self.nullable_free_text(name) {
            Given::Absent => Given::Absent,
            Given::Null => Given::Null,
            Given::Value(text) => {
                if let Some(instant) = text_form::parse_instant(&text, form) {
                    return Given::Value(instant);
                }
                self.issue(vec![name.into()], "Invalid datetime");
                Given::Absent
            }
        }
    }

    pub(crate) fn instant(&mut self, name: &str, form: InstantForm) -> Option<Timestamp> {
        if self.fields.get(name) == Some(&Value::Null) {
            self.wrong_type(name, "string", &Value::Null);
            return None;
        }
        self.nullable_instant(name, form).value()
    }

    /// The size of a page.
    pub(crate) fn limit(&mut self, default: usize) -> usize {
        let Some(value) = self.fields.get("limit") else { return default };
        match value.as_f64() {
            None => self.wrong_type("limit", "number", value),
            Some(number) if number <= 0.0 => {
                self.issue(vec!["limit".into()], "Number must be greater than 0");
            }
            Some(number) if number.fract() != 0.0 => {
                self.issue(vec!["limit".into()], "Expected integer, received float");
            }
            Some(_) => return value.as_u64().and_then(|limit| limit.try_into().ok()).unwrap_or(default),
        }
        default
    }

    pub(crate) fn object(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        match self.fields.get(name)? {
            Value::Object(fields) => Some(fields),
            other => {
                self.wrong_type(name, "object", other);
                None
            }
        }
    }

    /// Takes over what a nested object was blamed for.
    pub(crate) fn adopt(&mut self, name: &str, nested: Input<'_>) {
        for mut issue in nested.issues {
            issue.path.insert(0, name.into());
            self.issues.push(issue);
        }
    }

    pub(crate) fn method_requests(&mut self) -> Vec<MethodRequest> {
        let name = "requested_access_methods";
        if !self.has(name) {
            self.missing(name);
            return Vec::new();
        }
        let values = self.array(name).unwrap_or_default();
        let mut requests = Vec::with_capacity(values.len());
        for (position, value) in values.iter().enumerate() {
            let Value::Object(fields) = value else {
                self.issue(vec![name.into(), position.to_string()], expected("object", value));
                continue;
            };
            let mut item = Input::new(fields);
            requests.extend(item.method_request());
            for mut issue in item.issues {
                issue.path.splice(0..0, [name.into(), position.to_string()]);
                self.issues.push(issue);
            }
        }
        requests
    }

    /// Refuses the call if there was any complaint.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.issues.is_empty() {
            return Ok(());
        }
        Err(complaint::refusal(&self.issues))
    }

    fn method_request(&mut self) -> Option<MethodRequest> {
        let modes = Mode::ALL.map(Mode::as_str);
        let mode = match self.fields.get("mode") {
            None => {
                self.missing("mode");
                None
            }
            Some(Value::String(text)) => {
                let mode = Mode::parse(text);
                if mode.is_none() {
                    self.issue(vec!["mode".into()], not_in(&modes, text));
                }
                mode
            }
            Some(other) => {
                self.wrong_type("mode", "string", other);
                None
            }
        };
        let code = self.text("code");
        if let Some(code) = &code {
            if code.len() < 4 {
                self.issue(vec!["code".into()], "String must contain at least 4 character(s)");
            } else if code.len() > 9 {
                self.issue(vec!["code".into()], "String must contain at most 9 character(s)");
            }
            if !code.bytes().all(|byte| byte.is_ascii_digit()) {
                self.issue(vec!["code".into()], "Invalid");
            }
        }
        let instant_key_max_use_count = match self.fields.get("instant_key_max_use_count") {
            None => None,
            Some(value) => {
                let count =
                    value.as_u64().and_then(|count| u32::try_from(count).ok()).filter(|&count| count > 0);
                if count.is_none() {
                    let message = "Number must be greater than or equal to 1";
                    self.issue(vec!["instant_key_max_use_count".into()], message);
                }
                count
            }
        };
        mode.map(|mode| MethodRequest { mode, code, instant_key_max_use_count })
    }

    fn array(&mut self, name: &str) -> Option<&'a [Value]> {
        match self.fields.get(name)? {
            Value::Array(values) => Some(values),
            other => {
                self.wrong_type(name, "array", other);
                None
            }
        }
    }

    fn parse_uuid(&mut self, path: Vec<String>, value: &Value) -> Option<Uuid> {
        let Value::String(text) = value else {
            self.issue(path, expected("string", value));
            return None;
        };
        // Other spellings of a UUID (braces, URN, no hyphens) are not what the API takes.
        match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == 36 => Some(uuid),
            _ => {
                self.issue(path, "Invalid uuid");
                None
            }
        }
    }

    fn missing(&mut self, name: &str) {
        self.issues.push(Issue {
            path: vec![name.into()],
            message: "Required".into(),
            kind: IssueKind::Missing,
        });
    }

    fn wrong_type(&mut self, name: &str, wanted: &str, value: &Value) {
        self.issue(vec![name.into()], expected(wanted, value));
    }

    fn issue(&mut self, path: Vec<String>, message: impl Into<String>) {
        self.issues.push(Issue { path, message: message.into(), kind: IssueKind::Wrong });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value, message: &str, validation_errors: &Value) {
        let fields = body.as_object().expect("an object");
        let mut input = Input::new(fields);
        input.required_uuid("access_grant_id");
        input.method_requests();
        let refusal = input.finish().expect_err("refused");
        assert_eq!((refusal.status, refusal.kind.as_str()), (400, "invalid_input"));
        assert_eq!(refusal.message, message);
        assert_eq!(refusal.validation_errors.as_deref(), Some(validation_errors));
    }

    #[test]
    fn complaints_have_the_words_and_the_tree_of_the_real_api() {
        let id = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
        check(
            &json!({ "requested_access_methods": [] }),
            "access_grant_id is required",
            &json!({ "_errors": [], "access_grant_id": { "_errors": ["Required"] } }),
        );
        check(
            &json!({ "access_grant_id": "x", "requested_access_methods": [] }),
            "Invalid uuid for \"access_grant_id\"",
            &json!({ "_errors": [], "access_grant_id": { "_errors": ["Invalid uuid"] } }),
        );
        check(
            &json!({ "access_grant_id": id, "requested_access_methods": [{ "mode": "code", "code": "12" }] }),
            "String must contain at least 4 character(s) for \"requested_access_methods.0.code\"",
            &json!({ "_errors": [], "requested_access_methods": { "_errors": [], "0": { "_errors": [],
                "code": { "_errors": ["String must contain at least 4 character(s)"] } } } }),
        );
        check(
            &json!({}),
            "2 Input Errors: access_grant_id is required, requested_access_methods is required",
            &json!({ "_errors": [], "access_grant_id": { "_errors": ["Required"] },
                "requested_access_methods": { "_errors": ["Required"] } }),
        );
    }
}
