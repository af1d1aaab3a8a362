//! One reservation end to end, as one value from which text, Markdown and JSON are made. It names no contact and no
//! code.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::Serialize;

use crate::event::Outcome;
use crate::model::{
    GuestKey, HeldBy, MethodSet, PropertyCode, ReasonCode, ReservationKey, RunId, SharedSet, SpaceKey,
    UserIdentityKey, Window, WorkspaceId,
};
use crate::report::decided::Decided;
use crate::report::document::{Guard, Line};

/// What is known of one reservation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// 1; another number for another shape.
    pub format_version: u32,
    /// `explain`.
    pub kind: &'static str,
    /// The reservation in the source.
    pub reservation_key: ReservationKey,
    /// Its property; empty where there is one.
    pub property: PropertyCode,
    /// The workspace.
    pub workspace_id: Option<WorkspaceId>,
    /// The instant for which is decided.
    pub now: Timestamp,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Rows of it that cannot be used.
    pub rejected_rows: usize,
    /// The grants that should exist.
    pub wanted: Vec<Wanted>,
    /// Its stays that wait.
    pub waiting: Vec<Waiting>,
    /// Its guests.
    pub identities: Vec<Person>,
    /// Its grants in Seam, ended ones too.
    pub live: Vec<Live>,
    /// What a person decided about it and is still recorded.
    pub decided: Vec<Decided>,
    /// What a run would do.
    pub decisions: Vec<Line>,
    /// Limits that would stop that run.
    pub guards: Vec<Guard>,
    /// What earlier runs sent, the last first.
    pub history: Vec<Sent>,
}

/// A row of the source, after its words were understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Where it stands.
    pub source: String,
    /// What its status means.
    pub status: &'static str,
    /// The guest's own key, where the row has one.
    pub guest_key: Option<GuestKey>,
    /// The guest's name.
    pub full_name: String,
    /// The units or spaces; empty where none is given yet.
    pub place: Vec<String>,
    /// Arrival, by the clock of the property.
    pub check_in: DateTime,
    /// Departure, by the same clock.
    pub check_out: DateTime,
    /// Whether it wishes for a PIN.
    pub code_wished: bool,
    /// Whether it asks to be left alone.
    pub opted_out: bool,
}

/// A grant that should exist.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wanted {
    /// For whom.
    pub guest_key: GuestKey,
    /// Where.
    pub space_keys: SharedSet<SpaceKey>,
    /// When, in UTC.
    pub window: Window,
    /// How.
    pub methods: MethodSet,
    /// The row.
    pub source: String,
}

/// A stay that gets no grant now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    /// Whose.
    pub guest_key: GuestKey,
    /// Why, in one word.
    pub reason_code: ReasonCode,
    /// Why, in one sentence.
    pub reason: String,
    /// Who can end that; `None` where the right is gone.
    pub held_by: Option<HeldBy>,
    /// The day of arrival.
    pub arrival: Date,
    /// The row.
    pub source: String,
}

/// A guest in Seam.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    /// The key.
    pub key: UserIdentityKey,
    /// Whether Seam has it.
    pub exists: bool,
    /// The name in Seam.
    pub full_name: Option<String>,
    /// Whether Seam has an e-mail address; never which.
    pub has_email: bool,
    /// Whether Seam has a telephone number; never which.
    pub has_phone: bool,
}

/// A grant in Seam.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Live {
    /// Its key.
    pub key: String,
    /// Seam's id.
    pub id: String,
    /// Where.
    pub space_keys: SharedSet<SpaceKey>,
    /// When, in UTC.
    pub window: Window,
    /// How.
    pub methods: MethodSet,
    /// What joins it to others.
    pub reservation_key: Option<String>,
    /// `live`, `ended` or `being_deleted`.
    pub state: &'static str,
}

/// A call of an earlier run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sent {
    /// The run.
    pub run_id: RunId,
    /// When the run began.
    pub started_at: Timestamp,
    /// When the call was sent.
    pub sent_at: Option<Timestamp>,
    /// The path.
    pub path: String,
    /// The grant.
    pub subject: String,
    /// How it ended; `None` where nobody knows.
    pub outcome: Option<Outcome>,
    /// Seam's name for the request.
    pub request_id: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}
