//! What the template is given: the page from its headline to its footer.

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;

use super::super::counted;
use super::super::document::{Document, Guard, Person};
use super::super::text::{explained, in_one_line, in_words, mark};
use super::super::visible::visible;
use super::super::words::{Advice, Entry, is_of_status, noticed, remedy};
use super::rows::{Choice, Kind, Problem, action_choices, impact_choices, kinds, problems};
use super::{SCRIPT_HASH, STYLE_HASH};
use crate::plan::HeldBy;

/// So many lines that need a hand are listed at the top.
const MAX_HANDS: usize = 20;

/// The page.
#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
pub(super) struct Page<'a> {
    style: &'static str,
    style_hash: &'static str,
    script: &'static str,
    script_hash: &'static str,
    title: String,
    kind: &'static str,
    is_rehearsal: bool,
    /// The line that sums it up, and what it costs.
    headline: (String, String),
    noticed: Option<String>,
    stopped: Option<Stopped>,
    is_idle: bool,
    remedy: Vec<Advice>,
    guards: Vec<Limit>,
    is_stopped_by_guards: bool,
    facts: Vec<(&'static str, String)>,
    hands: Vec<Hand>,
    n_more_hands: usize,
    actions: Vec<Choice>,
    impacts: Vec<Choice>,
    days: Vec<Day<'a>>,
    people: Vec<Guest>,
    n_rejected: usize,
    rejects: Vec<Problem>,
    n_warnings: usize,
    warnings: Vec<Kind>,
}

/// Why it ended early.
struct Stopped {
    message: String,
    wrote_nothing: bool,
}

/// A guard and what it counted.
struct Limit {
    guard: String,
    scope: String,
    count: u64,
    at_most: u64,
    tripped: bool,
}

impl Limit {
    fn of(guard: &Guard) -> Self {
        let Guard { guard, scope, count, limit, tripped, allow: _ } = guard;
        let [guard, scope] = [guard, scope].map(|text| visible(text).into_owned());
        Self { guard, scope, count: *count, at_most: *limit, tripped: *tripped }
    }
}

/// A line that somebody has to look at.
struct Hand {
    row: usize,
    what: &'static str,
    who: String,
    why: String,
}

/// The lines of one day of arrival.
struct Day<'a> {
    date: String,
    title: String,
    count: String,
    rows: Vec<(usize, Entry<'a>)>,
}

/// An identity that is updated, or that failed.
struct Guest {
    mark: &'static str,
    key: String,
    fields: String,
    trouble: Option<(&'static str, String)>,
}

impl<'a> Page<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let kind = if document.tells_outcomes() { "Run" } else { "Plan" };
        let line = in_one_line(document).unwrap_or_else(|| "Stopped before there was a plan.".to_owned());
        let headline = match line.split_once(". ") {
            Some((counts, cost)) => (format!("{counts}."), cost.to_owned()),
            None => (line, String::new()),
        };
        let days = days(document);
        let entries: Vec<&Entry<'_>> =
            days.iter().flat_map(|day| day.rows.iter().map(|(_, entry)| entry)).collect();
        let (actions, impacts) = (action_choices(&entries), impact_choices(&entries));
        let mut hands: Vec<Hand> = days.iter().flat_map(|day| &day.rows).filter_map(hand).collect();
        let n_more_hands = hands.len().saturating_sub(MAX_HANDS);
        hands.truncate(MAX_HANDS);
        Self {
            style: include_str!("../../../templates/report.css"),
            style_hash: STYLE_HASH,
            script: include_str!("../../../templates/report.js"),
            script_hash: SCRIPT_HASH,
            title: format!("{kind} of {}", minute(document.started_at)),
            kind,
            is_rehearsal: document.dry_run,
            headline,
            noticed: document.changes_something().then(|| noticed(document)),
            stopped: document.error.as_ref().map(|failure| Stopped {
                message: visible(&failure.message).into_owned(),
                wrote_nothing: document.calls.writes == 0,
            }),
            is_idle: document.error.is_none() && !document.changes_something(),
            remedy: remedy(document),
            guards: document.guards.iter().map(Limit::of).collect(),
            is_stopped_by_guards: document.guards.iter().any(|guard| guard.tripped),
            facts: facts(document),
            hands,
            n_more_hands,
            actions,
            impacts,
            days,
            people: document.identities.iter().filter_map(guest).collect(),
            n_rejected: document.counts.rejected,
            rejects: problems(&document.rejects),
            n_warnings: document.warnings.len(),
            warnings: kinds(document),
        }
    }
}

/// What it was made of.
fn facts(document: &Document) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(source) = &document.source {
        let coverage = source.coverage_in_words();
        facts.push(("Source", format!("{}: {}", visible(&source.location), source.size_in_words())));
        facts.push(("Coverage", coverage.to_owned()));
    }
    for notice in document.warnings.iter().filter(|notice| is_of_status(&notice.code)).take(MAX_HANDS) {
        facts.push(("Status", visible(&format!("{}: {}", notice.source, notice.message)).into_owned()));
    }
    if let Some(scope) = &document.scope {
        facts.push(("Limited to", visible(&scope.in_words()).into_owned()));
    }
    if let Some(workspace_id) = &document.workspace_id {
        facts.push(("Workspace", visible(workspace_id.as_str()).into_owned()));
    }
    facts.push(("Run", visible(document.run_id.as_str()).into_owned()));
    facts.push(("Began", minute(document.started_at)));
    facts.push((
        "Ended",
        format!("{}: {} (exit {})", minute(document.finished_at), document.exit, document.exit_code),
    ));
    for allowed in &document.allowances {
        let (allow, reason) = (visible(&allowed.allow), visible(&allowed.reason));
        facts.push(("Allowed", format!("{allow}, because {reason}")));
    }
    facts
}

fn days(document: &Document) -> Vec<Day<'_>> {
    let mut days: Vec<(Date, Vec<(usize, Entry<'_>)>)> = Vec::new();
    for (number, line) in document.items.iter().enumerate() {
        let row = (number + 1, Entry::of(line));
        match days.last_mut() {
            Some((date, rows)) if *date == line.arrival => rows.push(row),
            _ => days.push((line.arrival, vec![row])),
        }
    }
    days.into_iter()
        .map(|(date, rows)| Day {
            date: date.to_string(),
            title: date.strftime("%A, %-d %B %Y").to_string(),
            count: counted(rows.len() as u64, "line"),
            rows,
        })
        .collect()
}

fn hand((row, entry): &(usize, Entry<'_>)) -> Option<Hand> {
    let (what, why) = match &entry.trouble {
        Some((word, explanation)) => (*word, explanation.clone()),
        None if entry.line.held_by == Some(HeldBy::Person) => {
            ("held", entry.reason.iter().map(|advice| advice.words.as_str()).collect::<Vec<_>>().join(" "))
        }
        None => return None,
    };
    let who = [&entry.guest, &entry.reservation].into_iter().find(|text| !text.is_empty())?.clone();
    Some(Hand { row: *row, what, who, why })
}

fn guest(person: &Person) -> Option<Guest> {
    let Person { key, action, fields, outcome, error } = person;
    let trouble = explained(*outcome, error.as_deref());
    if *action != crate::plan::Action::Update && trouble.is_none() {
        return None;
    }
    let fields: Vec<&str> = fields.iter().map(|field| in_words(field)).collect();
    Some(Guest {
        mark: mark(*action),
        key: visible(key.as_str()).into_owned(),
        fields: visible(&fields.join(", ")).into_owned(),
        trouble: trouble.map(|(word, explanation)| (word, visible(explanation).into_owned())),
    })
}

fn minute(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%MZ").to_string()
}
