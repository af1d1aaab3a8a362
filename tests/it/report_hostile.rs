//! A document in which every text that comes from outside wants to be something else.

use reservation_sync::exit_code::ExitCode;
use reservation_sync::plan::{Guard, GuardCheck, GuardScope};
use reservation_sync::report::document::{Calls, Document, Kind};
use serde_json::Value;

use super::report_sample::{at, header, outcomes, plan, source_read};

/// Texts that would be a tag, a formula, a cell, a command, a link or a turned line.
pub(crate) const TEXTS: [&str; 12] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</style></title><b>",
    "=HYPERLINK(\"http://example.com\",\"x\")",
    "@everyone",
    "-1+1|cmd",
    "a|b\n| --- |\n# heading",
    "`rm -rf ~` ``` ~~~ \\",
    "[click](javascript:alert(1)) ![x](http://example.com/x.png) www.example.com",
    "Ana\u{202e}asuoS\u{2066}\u{1b}[2J\r\n",
    "; $(reboot) && \u{feff}{{ 7 * 7 }}",
];

/// What lets the plan of [`document`] pass.
pub(crate) const ALLOW: &str = "reservation-sync run -c hotel.toml --allow max_cancel=31@LIS --reason \"…\"";

/// A run that did a bit of everything, was stopped by a guard of one property, and took 83 seconds.
pub(crate) fn document() -> Document {
    let check = |guard, tripped| GuardCheck {
        guard,
        scope: GuardScope::Property("LIS".into()),
        count: 31,
        limit: 10,
        of: 100,
        tripped,
        first: Vec::new(),
        records: None,
    };
    Document::of_plan(header(Kind::Run), &source_read(), &plan())
        .with_outcomes(&plan(), outcomes())
        .with_guards(&[check(Guard::MaxCancel, true), check(Guard::MaxUpdate, false)], ALLOW)
        .with_allowances(&["max_delete=40".parse().expect("an allowance")], Some("a group left"))
        .with_calls(Calls { reads: 12, writes: 8, retries: 2, throttled: 1 })
        .with_failure("a guard stops this", "look at the plan")
        .with_exit(ExitCode::Stopped, at("2026-12-01T02:01:23.123Z"))
}

/// The same with one text in the place of every other that could come from outside.
pub(crate) fn hostile(text: &str) -> Document {
    let mut json: Value = serde_json::from_str(&document().to_json()).expect("it was written above");
    poison(&mut json, "", text);
    Document::from_json(&json.to_string()).expect("only texts were changed")
}

fn poison(value: &mut Value, field: &str, text: &str) {
    // Words of a closed set and instants are no texts.
    let is_closed = |field: &str| {
        [
            "action",
            "impact",
            "phase",
            "held_by",
            "outcome",
            "reason_code",
            "code",
            "deadline",
            "from",
            "to",
            "who",
            "kind",
            "coverage",
            "arrival",
            "starts_at",
            "ends_at",
            "started_at",
            "finished_at",
            "methods",
            "exit",
        ]
        .contains(&field)
    };
    match value {
        Value::String(string) if !is_closed(field) => text.clone_into(string),
        Value::Array(values) => values.iter_mut().for_each(|value| poison(value, field, text)),
        Value::Object(fields) => fields.iter_mut().for_each(|(field, value)| poison(value, field, text)),
        _ => {}
    }
}

/// Whether a character would change how the text around it reads.
pub(crate) fn misleads(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
