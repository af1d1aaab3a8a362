//! The shape of the document, field by field as it is promised.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::super::counted;
use crate::event::Outcome;
use crate::model::{
    AccessGrantKey, Coverage, PropertyCode, RejectedRows, ReservationKey, RunId, SourceKind, UserIdentityKey,
    WorkspaceId,
};
use crate::plan::{self, Action, Actor, GrantView, HeldBy, Impact, Nights, Phase, ReasonCode, SavedPlan};

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// What would be done.
    Plan,
    /// What was done.
    Run,
}

/// A plan or a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// 1; another number for another shape. Fields may be added without a new number.
    pub format_version: u32,
    /// Plan or run.
    pub kind: Kind,
    /// Whether it was asked for as a rehearsal.
    #[serde(default)]
    pub dry_run: bool,
    /// Its id.
    pub run_id: RunId,
    /// The workspace; `None` where Seam was not reached.
    pub workspace_id: Option<WorkspaceId>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How it ended.
    pub exit_code: u8,
    /// The same in words.
    #[serde(default)]
    pub exit: String,
    /// Why it ended early.
    #[serde(default)]
    pub error: Option<Failure>,
    /// How many lines of each kind.
    pub counts: Counts,
    /// What was read; `None` where nothing was.
    pub source: Option<Source>,
    /// To what it was limited; `None` where it is about every reservation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The limits and what they were compared with.
    pub guards: Vec<Guard>,
    /// Limits that a person raised for this plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<Allowed>,
    /// What was sent to Seam.
    pub calls: Calls,
    /// What carrying it out costs.
    pub estimate: Estimate,
    /// What was not unchanged, by day of arrival, reservation and key.
    pub items: Vec<Line>,
    /// Identities created or updated, by key.
    #[serde(default)]
    pub identities: Vec<Person>,
    /// What needs a person, by deadline.
    #[serde(default)]
    pub matters: Vec<Matter>,
    /// Rows that could not be used.
    pub rejects: Vec<Notice>,
    /// What a person should know.
    pub warnings: Vec<Notice>,
    /// Those rows as the source has them, for the rejects file; no report has them.
    #[serde(skip)]
    pub rejected_rows: RejectedRows,
    /// The calls, in a plan file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Box<SavedPlan>>,
}

/// One thing that somebody has to look at (RULES 16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// The property; empty where there is one.
    pub property: PropertyCode,
    /// The reservation that waits, or the first one concerned.
    pub reservation_key: ReservationKey,
    /// All reservations that hang together in it.
    pub reservations: Vec<ReservationKey>,
    /// The units, separated by a comma.
    pub unit: String,
    /// The nights that they are about; the last one is not among them.
    pub nights: Nights,
    /// Why, in one word.
    pub code: ReasonCode,
    /// By when.
    pub deadline: Timestamp,
    /// Who can open what, and what happens if nobody acts.
    pub consequence: String,
    /// Complete commands, one a line, of which a person chooses one.
    pub remedy: String,
    /// Who acts.
    pub who: Actor,
    /// The run in which it was first seen.
    pub since_run: RunId,
    /// Whether it is more than news: somebody has to decide.
    pub needs_person: bool,
}

impl Matter {
    pub(super) fn of(matter: &plan::Matter, run_id: &RunId) -> Self {
        let plan::Matter {
            property,
            reservation_key,
            reservations,
            guests: _,
            unit,
            nights,
            code,
            deadline,
            consequence,
            remedy,
            who,
            needs_person,
        } = matter;
        Self {
            property: property.clone(),
            reservation_key: reservation_key.clone(),
            reservations: reservations.clone(),
            unit: unit.clone(),
            nights: *nights,
            code: *code,
            deadline: *deadline,
            consequence: consequence.clone(),
            remedy: remedy.join("\n"),
            who: *who,
            since_run: run_id.clone(),
            needs_person: *needs_person,
        }
    }

    /// A guest whose old grant is gone and whose new one did not come, due now (RULES 29).
    pub(super) fn outside(line: &Line, run_id: &RunId, now: Timestamp) -> Self {
        let unit = line.after.iter().flat_map(|grant| &grant.space_keys).map(ToString::to_string);
        Self {
            property: PropertyCode::new(line.property.clone().unwrap_or_default()),
            reservation_key: line.reservation_key.clone(),
            reservations: vec![line.reservation_key.clone()],
            unit: unit.collect::<Vec<_>>().join(", "),
            nights: Nights { from: line.arrival, to: line.arrival },
            code: ReasonCode::NoKey,
            deadline: now,
            consequence: format!(
                "{} has no key: the old grant is gone and the new one is not there; the next run makes it",
                line.reservation_key
            ),
            remedy: "reservation-sync run".to_owned(),
            who: Actor::Desk,
            since_run: run_id.clone(),
            needs_person: true,
        }
    }

    /// Those of a plan.
    pub(super) fn all(matters: &[plan::Matter], run_id: &RunId) -> Vec<Self> {
        matters.iter().map(|matter| Self::of(matter, run_id)).collect()
    }
}

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What, with its causes.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// How many lines of each kind; grants, unless it says otherwise. In a plan what is to be done, in a run what was:
/// there a create counts only after Seam said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// New.
    pub create: usize,
    /// Changed.
    pub update: usize,
    /// Replaced.
    pub replace: usize,
    /// Revoked.
    pub revoke: usize,
    /// Held.
    pub held: usize,
    /// Rejected rows of the source.
    pub rejected: usize,
    /// As wanted.
    pub unchanged: usize,
    /// Refused by Seam, or not sent for want of an answer.
    pub failed: usize,
    /// Sent, and the answer was lost.
    pub unknown: usize,
    /// Not what the plan assumed.
    pub stale: usize,
    /// Not begun, or not ended, because something before it failed.
    pub skipped: usize,
    /// Identities created or updated.
    pub identities: usize,
    /// Warnings.
    pub warnings: usize,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Which kind.
    pub kind: SourceKind,
    /// The file or query.
    pub location: String,
    /// Rows with data.
    pub rows: u64,
    /// Rows of stays that are over, which need nothing.
    #[serde(default)]
    pub past: u64,
    /// Rows of other stays with a status that the configuration does not know.
    #[serde(default)]
    pub unknown_statuses: u64,
    /// Reservations.
    pub reservations: usize,
    /// A hash of the bytes.
    pub fingerprint: String,
    /// Whether absence says something.
    pub coverage: Coverage,
}

impl Source {
    /// How many rows and reservations it has, in the words of every format.
    pub fn size_in_words(&self) -> String {
        let past = if self.past > 0 { format!(" ({} past)", self.past) } else { String::new() };
        let (rows, reservations) =
            (counted(self.rows, "row"), counted(self.reservations as u64, "reservation"));
        format!("{rows}{past}, {reservations}")
    }

    /// Whether a stay that is absent from it is gone, in the words of every format.
    pub fn coverage_in_words(&self) -> &'static str {
        match self.coverage {
            Coverage::Complete => "complete",
            Coverage::Partial => "partial: what is absent from it is left alone",
        }
    }
}

/// What a plan or a run was limited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The flags, each with its value.
    pub flags: Vec<String>,
    /// Reservations of the source that it is about.
    pub inside: usize,
    /// Reservations of the source that it leaves as they are.
    pub outside: usize,
}

impl Scope {
    /// The head of a report says so, whatever its format.
    pub fn in_words(&self) -> String {
        let Self { flags, inside, outside } = self;
        format!(
            "{}: about {inside} of {} reservations; the others are left as they are",
            flags.join(" "),
            inside + outside
        )
    }
}

/// A limit that a person raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// `GUARD=VALUE[@PROPERTY]`.
    pub allow: String,
    /// Why.
    pub reason: String,
}

/// A limit and what it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// Its name in the configuration.
    pub guard: String,
    /// `all`, or a property.
    pub scope: String,
    /// What was counted.
    pub count: u64,
    /// What is allowed.
    pub limit: u64,
    /// Whether it stops the run.
    pub tripped: bool,
    /// The command that lets it pass, and everything else that stops this, once a person has looked at it.
    pub allow: Option<String>,
}

/// What was sent to Seam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Calls {
    /// Calls that read.
    pub reads: u64,
    /// Calls that write.
    pub writes: u64,
    /// Calls that were repeated.
    pub retries: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
}

/// What carrying it out costs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Estimate {
    /// Calls that write.
    pub writes: usize,
    /// Whole seconds, rounded up.
    pub seconds: u64,
    /// The door that needs longest.
    pub slowest_door: Option<String>,
    /// How many whole seconds it took, rounded up; `None` where nothing was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_seconds: Option<u64>,
}

/// What happens to one grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The key of the grant.
    pub key: AccessGrantKey,
    /// The property; `None` where the source has one.
    #[serde(default)]
    pub property: Option<String>,
    /// The reservation in the source.
    pub reservation_key: ReservationKey,
    /// What.
    pub action: Action,
    /// Why, in one word.
    pub reason_code: ReasonCode,
    /// Why, in one sentence.
    pub reason: String,
    /// What the guest notices.
    pub impact: Impact,
    /// Where the stay stands.
    pub phase: Phase,
    /// Who holds it.
    #[serde(default)]
    pub held_by: Option<HeldBy>,
    /// The day of arrival.
    pub arrival: Date,
    /// What Seam held.
    pub before: Option<GrantView>,
    /// What it shall hold.
    pub after: Option<GrantView>,
    /// The row.
    pub source: Option<String>,
    /// Whether a PIN was wished for.
    #[serde(default)]
    pub code_wished: bool,
    /// How it ended; `None` in a plan, for what is held, and where the run ended before anything was begun.
    pub outcome: Option<Outcome>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What happens to one identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The key of the identity.
    pub key: UserIdentityKey,
    /// Created or updated.
    pub action: Action,
    /// The names of the fields that change.
    pub fields: Vec<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// What went wrong.
    pub error: Option<String>,
}

/// A problem of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Where.
    pub source: String,
    /// In which column; empty where it is no single one's.
    pub column: String,
    /// Which kind.
    pub code: String,
    /// What.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}
