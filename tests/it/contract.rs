//! Holds what goes over the wire against Seam's own description of it.
//!
//! Requests that the sandbox accepted must fit the schema of the request and name no unknown parameter;
//! answers must fit the schema of the answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use jsonschema::Validator;
use reservation_sync::sandbox::{Exchange, Fault};
use serde_json::{Map, Value, json};

/// The schemas of one path.
struct Operation {
    request: Validator,
    /// Holds a request to the parameters that are known.
    parameters: Validator,
    response: Validator,
}

static OPERATIONS: LazyLock<HashMap<String, Operation>> = LazyLock::new(read_operations);

/// Fails with every violation if one of the exchanges does not keep to the description.
pub(crate) fn assert_contract(exchanges: &[Exchange]) {
    let violations: BTreeSet<String> = exchanges.iter().flat_map(violations).collect();
    assert!(
        violations.is_empty(),
        "{} violations:\n{}",
        violations.len(),
        Vec::from_iter(violations).join("\n")
    );
}

fn violations(exchange: &Exchange) -> Vec<String> {
    let Some(operation) = OPERATIONS.get(&exchange.path) else {
        return vec![format!("{}: not in the description", exchange.path)];
    };
    let mut violations = Vec::new();
    let mut hold = |side: &str, validator: &Validator, value: &Value| {
        violations.extend(validator.iter_errors(value).map(|error| {
            let text: String = error.to_string().chars().take(400).collect();
            format!("{} {side} at `{}`: {text}", exchange.path, error.instance_path())
        }));
    };
    // What was refused for its form is a test's own doing; every other request must be good.
    if !matches!(exchange.status, 400 | 401 | 405) {
        let request = match &exchange.request {
            Value::Null => json!({}),
            request => request.clone(),
        };
        hold("request", &operation.request, &request);
        hold("request", &operation.parameters, &request);
    }
    let is_spoilt = matches!(exchange.fault, Some(Fault::CutBody | Fault::TruncatedJson));
    if exchange.status == 200 && !is_spoilt {
        hold("answer", &operation.response, &exchange.response);
    } else if exchange.fault.is_none() && exchange.response != Value::Null {
        hold("error", &ERROR, &exchange.response);
    }
    if !exchange.response_headers.contains_key("seam-request-id") {
        violations.push(format!("{}: no seam-request-id", exchange.path));
    }
    violations
}

/// The envelope of an error, which the description does not have; as the SDKs read it.
static ERROR: LazyLock<Validator> = LazyLock::new(|| {
    compile(&json!({
        "type": "object",
        "required": ["error", "ok"],
        "properties": {
            "ok": { "const": false },
            "error": {
                "type": "object",
                "required": ["type", "message"],
                "properties": {
                    "type": { "type": "string", "minLength": 1 },
                    "message": { "type": "string", "minLength": 1 },
                    "data": { "type": "object" },
                    "validation_errors": { "type": "object", "required": ["_errors"] }
                }
            }
        }
    }))
});

fn read_operations() -> HashMap<String, Operation> {
    let text = include_str!("../contract/seam-openapi.json");
    let mut document: Value = serde_json::from_str(text).expect("the description is JSON");
    to_json_schema(&mut document);
    let components = document["components"].take();
    let paths = document["paths"].as_object().expect("the description has paths");
    let operations = paths.iter().map(|(path, item)| {
        let schema_of = |content: &Value| content["content"]["application/json"]["schema"].clone();
        let request = match schema_of(&item["post"]["requestBody"]) {
            Value::Null => json!({ "type": "object" }),
            schema => schema,
        };
        let mut parameters = Map::new();
        collect_parameters(&request, &mut parameters);
        let response = schema_of(&item["post"]["responses"]["200"]);
        let with_components = |schema: Value| json!({ "allOf": [schema], "components": components });
        let operation = Operation {
            request: compile(&with_components(request)),
            parameters: compile(&json!({ "properties": parameters, "additionalProperties": false })),
            response: compile(&with_components(response)),
        };
        (path.clone(), operation)
    });
    operations.collect()
}

fn compile(schema: &Value) -> Validator {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
        .expect("the description makes a schema")
}

/// Turns what `OpenAPI` 3.0 says in its own way into JSON Schema.
fn to_json_schema(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(to_json_schema),
        Value::Object(fields) => {
            fields.values_mut().for_each(to_json_schema);
            if fields.get("exclusiveMinimum") == Some(&Value::Bool(true)) {
                let minimum = fields.remove("minimum").expect("an exclusive minimum has a minimum");
                fields.insert("exclusiveMinimum".into(), minimum);
            }
            // `float` is not a format of JSON Schema.
            if fields.get("format") == Some(&json!("float")) {
                fields.remove("format");
            }
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                let schema = Value::Object(std::mem::take(fields));
                *fields = Map::from_iter([("anyOf".to_owned(), json!([schema, { "type": "null" }]))]);
            }
        }
        _ => {}
    }
}

fn collect_parameters(schema: &Value, parameters: &mut Map<String, Value>) {
    if let Some(properties) = schema["properties"].as_object() {
        parameters.extend(properties.keys().map(|name| (name.clone(), json!(true))));
    }
    for part in ["allOf", "oneOf", "anyOf"] {
        schema[part]
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|schema| collect_parameters(schema, parameters));
    }
}

fn exchange(path: &str, request: Value, response: Value) -> Exchange {
    Exchange {
        method: "POST".into(),
        path: path.into(),
        request_headers: BTreeMap::new(),
        request,
        status: 200,
        response_headers: [("seam-request-id".to_owned(), "request-1".to_owned())].into(),
        response,
        fault: None,
    }
}

#[test]
fn a_violation_on_either_side_is_seen() {
    let id = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
    for (request, response, n_violations) in [
        (json!({ "user_identity_id": id }), json!({ "ok": true }), 0),
        (json!({ "user_identity_id": id }), json!({}), 1),
        (json!({ "user_identity_id": "x" }), json!({ "ok": true }), 1),
        (json!({}), json!({ "ok": true }), 1),
        (json!({ "user_identity_id": id, "nonsense": 1 }), json!({ "ok": "yes" }), 2),
    ] {
        let exchange = exchange("/user_identities/delete", request, response);
        assert_eq!(violations(&exchange).len(), n_violations, "{exchange:?}");
    }
}

#[test]
fn a_violation_deep_in_an_answer_is_seen() {
    let id = "f47ac10b-58cc-4372-a567-0e02b2c3d479";
    let good = json!({ "ok": true, "user_identity": {
        "user_identity_id": id, "workspace_id": id, "user_identity_key": null, "display_name": "Ana Ferro",
        "full_name": "Ana Ferro", "email_address": "ana@example.com", "phone_number": null, "acs_user_ids": [],
        "errors": [], "warnings": [], "merged_user_identity_ids": [], "merged_user_identity_keys": [],
        "created_at": "2026-12-01T12:00:00.000Z" } });
    let violations_of =
        |response| violations(&exchange("/user_identities/get", json!({ "user_identity_id": id }), response));
    assert_eq!(violations_of(good.clone()), Vec::<String>::new());
    for (field, value) in [
        ("created_at", json!("yesterday")),
        ("user_identity_id", json!("1")),
        ("email_address", json!(1)),
        (
            "warnings",
            json!([{ "warning_code": "unheard_of", "message": "", "created_at": "2026-12-01T12:00:00Z" }]),
        ),
        ("display_name", Value::Null),
    ] {
        let mut bad = good.clone();
        bad["user_identity"][field] = value;
        assert!(!violations_of(bad).is_empty(), "{field}");
        let mut missing = good.clone();
        missing["user_identity"].as_object_mut().expect("an object").remove(field);
        assert!(!violations_of(missing).is_empty(), "{field}");
    }
}
