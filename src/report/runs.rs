//! Recorded runs: the list, and what is known of one that left without a report.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::document::Counts;
use super::json::pretty;
use super::visible::visible;
use crate::event::Outcome;
use crate::exit_code::ExitCode;
use crate::model::{RunId, WorkspaceId};
use crate::record::{RecordedStep, RunState, RunSummary};

const WRITABLE: &str = "a string takes everything";

/// The list for people: one line a run, in the order given.
pub fn render_text(runs: &[RunSummary]) -> String {
    if runs.is_empty() {
        return "No run is recorded yet.\n".to_owned();
    }
    let header = ["run", "started", "took", "command", "exit", "+", "~", "-/+", "-", "?", "!", "source"];
    let rows: Vec<[String; 12]> = runs.iter().map(row).collect();
    table(&header.map(str::to_owned), &rows)
}

/// The list for programs.
pub fn render_json(runs: &[RunSummary]) -> String {
    let runs = runs.iter().map(Entry::of).collect();
    pretty(&List { format_version: 1, runs })
}

/// A run without a report: how far it got, by its calls.
pub fn render_interrupted(run: &RunSummary, steps: &[RecordedStep]) -> String {
    let mut out = String::new();
    let state = match run.state {
        RunState::Running => "goes on",
        RunState::Interrupted => "was interrupted and left no report",
        RunState::Finished { .. } => "left no report",
    };
    let started = minute(run.started_at);
    writeln!(out, "Run {} of {started} {state}.", visible(run.run_id.as_str())).expect(WRITABLE);
    if let Some(location) = &run.source_location {
        writeln!(out, "Source {}", visible(location)).expect(WRITABLE);
    }
    let mut rows: Vec<[String; 5]> = Vec::new();
    for step in steps {
        let RecordedStep { path, subject, outcome, outcome_at, intent_at, error, .. } = step;
        let when = outcome_at.or(*intent_at).map(|at| at.strftime("%H:%M:%SZ").to_string());
        rows.push([
            when.unwrap_or_default(),
            outcome.map_or("not known", outcome_word).to_owned(),
            path.clone(),
            subject.clone(),
            error.clone().unwrap_or_default(),
        ]);
    }
    if !rows.is_empty() {
        let header = ["when", "outcome", "call", "about", "error"];
        out.push('\n');
        out.push_str(&table(&header.map(str::to_owned), &rows));
    }
    let n_open = steps.iter().filter(|step| step.intent_at.is_some() && step.outcome.is_none()).count();
    let n_done =
        steps.iter().filter(|step| matches!(step.outcome, Some(Outcome::Done | Outcome::AlreadySo))).count();
    write!(out, "\n{n_done} done, {n_open} without a known end").expect(WRITABLE);
    out.push_str(if n_open > 0 && run.state == RunState::Interrupted {
        "; the next run asks Seam what became of them.\n"
    } else {
        ".\n"
    });
    out
}

#[derive(Serialize)]
struct List<'a> {
    format_version: u32,
    runs: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    run_id: &'a RunId,
    workspace_id: &'a WorkspaceId,
    namespace: &'a str,
    command: &'a str,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    state: &'static str,
    exit_code: Option<u8>,
    exit: Option<&'static str>,
    source: Option<EntrySource<'a>>,
    counts: Option<Counts>,
}

#[derive(Serialize)]
struct EntrySource<'a> {
    location: &'a str,
    fingerprint: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(run: &'a RunSummary) -> Self {
        let RunSummary {
            run_id,
            workspace_id,
            namespace,
            command,
            started_at,
            state,
            source_location,
            source_fingerprint,
            counts: _,
        } = run;
        let (state, finished_at, exit_code) = match *state {
            RunState::Finished { at, exit_code } => ("finished", Some(at), Some(exit_code)),
            RunState::Running => ("running", None, None),
            RunState::Interrupted => ("interrupted", None, None),
        };
        Self {
            run_id,
            workspace_id,
            namespace,
            command,
            started_at: *started_at,
            finished_at,
            state,
            exit_code,
            exit: exit_code.and_then(ExitCode::from_code).map(ExitCode::meaning),
            source: source_location.as_deref().map(|location| EntrySource {
                location,
                fingerprint: source_fingerprint.as_ref().map(|fingerprint| fingerprint.0.as_str()),
            }),
            counts: counts(run),
        }
    }
}

fn row(run: &RunSummary) -> [String; 12] {
    let (took, exit) = match run.state {
        RunState::Finished { at, exit_code } => {
            let seconds = run.started_at.duration_until(at).as_secs();
            (format!("{:02}:{:02}", seconds / 60, seconds % 60), exit_code.to_string())
        }
        RunState::Running => (String::new(), "running".to_owned()),
        RunState::Interrupted => (String::new(), "interrupted".to_owned()),
    };
    let counts = counts(run);
    let count = |of: fn(&Counts) -> usize| counts.as_ref().map(of).map(|n| n.to_string()).unwrap_or_default();
    [
        run.run_id.to_string(),
        minute(run.started_at),
        took,
        run.command.clone(),
        exit,
        count(|counts| counts.create),
        count(|counts| counts.update),
        count(|counts| counts.replace),
        count(|counts| counts.revoke),
        count(|counts| counts.held),
        count(|counts| counts.rejected),
        run.source_location.clone().unwrap_or_default(),
    ]
}

/// The counts of the report; `None` where there is none, or one of a later version.
fn counts(run: &RunSummary) -> Option<Counts> {
    run.counts.as_deref().and_then(|counts| serde_json::from_str(counts).ok())
}

fn minute(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%MZ").to_string()
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::AlreadySo => "already so",
        Outcome::Failed => "failed",
        Outcome::Stale => "stale",
        Outcome::Skipped => "skipped",
        Outcome::Unknown => "unknown",
    }
}

/// Columns as wide as their widest cell, two spaces apart.
fn table<const N: usize>(header: &[String; N], rows: &[[String; N]]) -> String {
    let mut all = vec![header.clone()];
    all.extend(rows.iter().map(|row| row.clone().map(|cell| visible(&cell).into_owned())));
    let widths: [usize; N] = std::array::from_fn(|column| {
        all.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    let mut out = String::new();
    for row in &all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            write!(line, "{cell:<width$}  ").expect(WRITABLE);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fingerprint;
    use crate::plan::StepId;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn run(state: RunState, counts: Option<&str>) -> RunSummary {
        RunSummary {
            run_id: "0197-1".into(),
            workspace_id: "w1".into(),
            namespace: "pms".to_owned(),
            command: "run".to_owned(),
            started_at: at("2026-12-01T02:00:00Z"),
            state,
            source_location: Some("a\u{202e}.csv".to_owned()),
            source_fingerprint: Some(Fingerprint("c0ffee".to_owned())),
            counts: counts.map(str::to_owned),
        }
    }

    fn finished() -> RunSummary {
        let state = RunState::Finished { at: at("2026-12-01T02:01:04Z"), exit_code: 3 };
        run(state, Some(r#"{"create":12,"held":4,"rejected":1}"#))
    }

    #[test]
    fn runs_are_listed_one_a_line() {
        let text = render_text(&[run(RunState::Interrupted, None), finished()]);
        insta::assert_snapshot!(text, @r#"
        run     started            took   command  exit         +   ~  -/+  -  ?  !  source
        0197-1  2026-12-01 02:00Z         run      interrupted                       a\u{202e}.csv
        0197-1  2026-12-01 02:00Z  01:04  run      3            12  0  0    0  4  1  a\u{202e}.csv
        "#);
        assert_eq!(render_text(&[]), "No run is recorded yet.\n");
    }

    #[test]
    fn runs_are_listed_for_programs() {
        let json = render_json(&[run(RunState::Running, None), finished()]);
        let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(json["runs"][0]["state"], "running");
        assert_eq!(json["runs"][0]["exit_code"], serde_json::Value::Null);
        assert_eq!(json["runs"][1]["state"], "finished");
        assert_eq!(json["runs"][1]["exit_code"], 3);
        assert_eq!(json["runs"][1]["counts"]["create"], 12);
        assert_eq!(json["runs"][1]["source"]["fingerprint"], "c0ffee");
    }

    #[test]
    fn a_run_that_died_is_told_by_its_calls() {
        let step = |number, outcome| RecordedStep {
            step: StepId(number),
            path: "/access_grants/create".to_owned(),
            subject: format!("pms::R{number}:G1:aa"),
            reservation: Some(format!("R{number}")),
            intent_at: Some(at("2026-12-01T02:00:03Z")),
            outcome,
            outcome_at: outcome.map(|_| at("2026-12-01T02:00:04Z")),
            request_id: None,
            error: None,
            seam_id: None,
        };
        let text = render_interrupted(
            &run(RunState::Interrupted, None),
            &[step(1, Some(Outcome::Done)), step(2, None)],
        );
        insta::assert_snapshot!(text, @r#"
        Run 0197-1 of 2026-12-01 02:00Z was interrupted and left no report.
        Source a\u{202e}.csv

        when       outcome    call                   about          error
        02:00:04Z  done       /access_grants/create  pms::R1:G1:aa
        02:00:03Z  not known  /access_grants/create  pms::R2:G1:aa

        1 done, 1 without a known end; the next run asks Seam what became of them.
        "#);
    }
}
