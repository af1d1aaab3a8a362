//! The report for programs keeps the promise of its schema.

use reservation_sync::event::Outcome;
use reservation_sync::exit_code::ExitCode;
use reservation_sync::plan::Plan;
use reservation_sync::report::document::{Counts, Document, Kind};
use reservation_sync::report::json::render;
use serde_json::{Value, json};

use super::report_sample::{at, header, outcomes, plan, source_read};

pub(crate) fn schema(kind: Kind) -> Value {
    let text = match kind {
        Kind::Plan => include_str!("../../config/schema/plan.schema.json"),
        Kind::Run => include_str!("../../config/schema/run.schema.json"),
    };
    serde_json::from_str(text).expect("a schema is JSON")
}

/// The schema lets later versions add fields; this version may use none that it does not name.
pub(crate) fn closed(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            if object.get("type") == Some(&json!("object")) {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            for value in object.values_mut() {
                *value = closed(value.take());
            }
        }
        Value::Array(array) => {
            for value in array {
                *value = closed(value.take());
            }
        }
        _ => {}
    }
    schema
}

fn check(document: &Document) -> Value {
    let json: Value = serde_json::from_str(&render(document)).expect("it is JSON");
    let schema = closed(schema(document.kind));
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("it is a schema");
    let errors: Vec<String> =
        validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(Document::from_json(&render(document)).expect("it was written above"), *document);
    assert_eq!(Document::from_json(&document.to_json()).expect("it was written above"), *document);
    json
}

fn finished_run() -> Document {
    Document::of_plan(header(Kind::Run), &source_read(), &plan())
        .with_outcomes(&plan(), outcomes())
        .with_exit(ExitCode::Incomplete, at("2026-12-01T02:00:04Z"))
}

#[test]
fn a_plan_has_the_promised_shape() {
    let json = check(&Document::of_plan(header(Kind::Plan), &source_read(), &plan()));
    assert_eq!(
        json["counts"],
        json!({
            "create": 2, "update": 1, "replace": 1, "revoke": 1, "held": 2, "rejected": 2, "unchanged": 810,
            "failed": 0, "unknown": 0, "stale": 0, "skipped": 0, "identities": 2, "warnings": 8
        })
    );
    assert_eq!(json["source"]["coverage"], "partial");
    assert_eq!(json["started_at"], "2026-12-01T02:00:00.123Z");
    assert_eq!(json["items"][0]["after"]["ends_at"], "2026-12-04T11:00:30Z");
    assert_eq!(json["items"][0]["after"]["methods"], json!(["card", "code"]));
    assert_eq!(json["rejects"][0]["source"], "bookings.csv:18");
    assert_eq!(json["rejects"][0]["code"], "bad_date");
    let reservations: Vec<_> =
        json["items"].as_array().expect("a list").iter().map(|item| &item["reservation_key"]).collect();
    assert_eq!(reservations, ["R1001", "R1002", "R1017", "R1018", "R1019", "R1020", "R1021"]);
}

#[test]
fn a_run_counts_only_what_was_done() {
    let document = finished_run();
    let json = check(&document);
    assert_eq!(
        document.counts,
        Counts {
            create: 1,
            update: 1,
            replace: 0,
            revoke: 1,
            held: 2,
            rejected: 2,
            unchanged: 810,
            failed: 1,
            unknown: 1,
            stale: 0,
            skipped: 0,
            identities: 1,
            warnings: 8,
        }
    );
    assert_eq!(json["items"][0]["outcome"], "already_so");
    assert_eq!(json["items"][4]["outcome"], "failed");
    assert_eq!(json["items"][5]["outcome"], Value::Null);
    assert_eq!(json["identities"][0]["error"], "invalid_input: phone_number [phone] is in use");
    assert_eq!(document.exit_of_lines(), ExitCode::Incomplete);
}

#[test]
fn a_run_that_ended_early_has_the_promised_shape_too() {
    let nowhere = reservation_sync::report::document::Header { workspace_id: None, ..header(Kind::Run) };
    let document = Document::new(nowhere)
        .with_failure("Seam refused the key", "check SEAM_API_KEY")
        .with_exit(ExitCode::Refused, at("2026-12-01T02:00:01Z"));
    let json = check(&document);
    assert_eq!(json["exit_code"], 7);
    assert_eq!(json["source"], Value::Null);
}

#[test]
fn a_call_that_was_not_reached_leaves_its_line_skipped() {
    let reached = outcomes().into_iter().filter(|(step, ..)| step.0 < 5);
    let document =
        Document::of_plan(header(Kind::Run), &source_read(), &plan()).with_outcomes(&plan(), reached);
    let by_reservation = |key: &str| {
        let line = document.items.iter().find(|line| line.reservation_key.as_str() == key);
        line.expect("it is in the plan").outcome
    };
    assert_eq!(by_reservation("R1017"), Some(Outcome::Done));
    assert_eq!(by_reservation("R1019"), Some(Outcome::Skipped), "half of a replace is not a replace");
    assert_eq!(by_reservation("R1018"), Some(Outcome::Skipped));
    assert_eq!(by_reservation("R1020"), None, "what is held has no outcome");
    assert_eq!(document.counts.skipped, 3);
}

#[test]
fn what_time_or_policy_holds_is_no_reason_to_call_anybody() {
    let mut plan = plan();
    let exit_of = |plan: &Plan| Document::new(header(Kind::Plan)).with_plan(plan).exit_of_lines();
    assert_eq!(exit_of(&plan), ExitCode::Incomplete);
    plan.items.retain(|item| item.held_by != Some(reservation_sync::plan::HeldBy::Person));
    assert_eq!(exit_of(&plan), ExitCode::Success);
    let rejected = Document::of_plan(header(Kind::Plan), &source_read(), &plan);
    assert_eq!(rejected.exit_of_lines(), ExitCode::Incomplete);
}

#[test]
fn the_order_of_a_plan_does_not_reach_the_report() {
    let mut shuffled = plan();
    shuffled.steps.clear();
    let document = Document::new(header(Kind::Plan)).with_plan(&shuffled);
    shuffled.items.reverse();
    shuffled.warnings.reverse();
    assert_eq!(document, Document::new(header(Kind::Plan)).with_plan(&shuffled));
}

#[test]
fn no_contact_and_no_code_reaches_the_report() {
    let json = render(&finished_run());
    for secret in ["ana@example.com", "+1555"] {
        assert!(!json.contains(secret), "{secret}");
    }
}

#[test]
fn both_schemas_share_their_definitions() {
    assert_eq!(schema(Kind::Plan)["$defs"], schema(Kind::Run)["$defs"]);
}

#[test]
fn a_document_that_breaks_the_promise_is_noticed() {
    let schema = closed(schema(Kind::Plan));
    let good: Value =
        serde_json::from_str(&render(&Document::of_plan(header(Kind::Plan), &source_read(), &plan())))
            .expect("it is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("it is a schema");
    assert!(validator.is_valid(&good));
    for (pointer, bad) in [
        ("/items/0/action", json!("destroy")),
        ("/items/0/before/space_keys", json!("room-101")),
        ("/exit_code", json!(9)),
        ("/counts/create", json!(-1)),
        ("/source/surprise", json!(1)),
    ] {
        let mut broken = good.clone();
        let (parent, field) = pointer.rsplit_once('/').expect("a path");
        broken.pointer_mut(parent).expect("it is there")[field] = bad;
        assert!(!validator.is_valid(&broken), "{pointer}");
    }
}
