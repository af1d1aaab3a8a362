//! What a route works with: the parameters of one call, and the state that it may change.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::clock;
use super::envelope::{Refusal, Throttle};
use super::ids;
use super::limits::{DoorOperation, Limiter, Wait};
use super::record::{Event, Grant, Method};
use super::render::Render;
use super::state::{Change, State};
use super::switches::{RetryAfterForm, Switches};

/// A state that is being changed, with the changes made so far.
#[derive(Debug)]
pub(crate) struct Edit<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) changes: Vec<Change>,
    pub(crate) switches: &'a Switches,
    pub(crate) now: Timestamp,
}

/// One call: its parameters, the state, and the limits it is held to.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) edit: Edit<'a>,
    pub(crate) limiter: &'a mut Limiter,
    pub(crate) path: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) body: &'a Map<String, Value>,
}

impl Edit<'_> {
    /// Changes the state and notes the change for the journal.
    pub(crate) fn apply(&mut self, change: Change) {
        self.changes.push(change.clone());
        self.state.apply(change);
    }

    /// A new id, never given before in this workspace.
    pub(crate) fn mint(&mut self) -> Uuid {
        self.state.minted += 1;
        ids::minted(self.state.workspace.id, self.state.minted)
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.apply(Change::Event(event));
    }

    pub(crate) fn grant_event(&mut self, kind: &str, grant: &Grant, at: Timestamp) -> Event {
        let mut event = self.event(kind, at);
        event.grant_id = Some(grant.id);
        event.grant_keys = grant.key.iter().cloned().collect();
        event
    }

    pub(crate) fn method_event(&mut self, kind: &str, method: &Method, at: Timestamp) -> Event {
        let mut event = self.event(kind, at);
        event.method_id = Some(method.id);
        event.grant_ids.clone_from(&method.grant_ids);
        let grants = method.grant_ids.iter().filter_map(|&id| self.state.grants.get(id));
        event.grant_keys = grants.filter_map(|grant| grant.key.clone()).collect();
        event
    }

    pub(crate) fn event(&mut self, kind: &str, at: Timestamp) -> Event {
        Event {
            id: self.mint(),
            kind: kind.to_owned(),
            at,
            grant_id: None,
            grant_ids: Vec::new(),
            grant_keys: Vec::new(),
            method_id: None,
            entrance_id: None,
            space_id: None,
            fields: std::collections::BTreeMap::new(),
        }
    }

    pub(crate) fn render(&self) -> Render<'_> {
        Render { state: self.state, precision: self.switches.timestamps, now: self.now }
    }

    /// Whether this id once was a grant's.
    pub(crate) fn was_deleted(&self, grant_id: Uuid) -> bool {
        let events = self.state.events.iter().rev();
        events
            .filter(|event| event.kind == "access_grant.deleted")
            .any(|event| event.grant_id == Some(grant_id))
    }

    /// The instant this many milliseconds after another.
    pub(crate) fn after(instant: Timestamp, milliseconds: u64) -> Timestamp {
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        instant.saturating_add(SignedDuration::from_millis(milliseconds)).unwrap_or(Timestamp::MAX)
    }
}

impl Call<'_> {
    /// Asks the limits of all doors at once; refuses with 429 if one of them is used up.
    pub(crate) fn admit(&mut self, operation: DoorOperation, doors: &BTreeSet<Uuid>) -> Result<(), Refusal> {
        let Self { edit, limiter, .. } = self;
        limiter
            .admit_at_doors(operation, doors, edit.switches.throttle_scope, edit.now)
            .map_err(|wait| throttled(edit.switches, wait))
    }
}

/// The 429 in the form that the switches want.
pub(crate) fn throttled(switches: &Switches, wait: Wait) -> Refusal {
    let seconds = whole_seconds(wait);
    let retry_after = match switches.retry_after {
        RetryAfterForm::Seconds => Some(seconds.to_string()),
        RetryAfterForm::HttpDate => Some(clock::http_date_in(seconds)),
        RetryAfterForm::Absent => None,
    };
    let throttle = Throttle { retry_after, body: switches.throttled_body };
    Refusal::throttled("Rate limit exceeded, retry after the time given", throttle)
}

/// Rounded up, and one at least: coming back in the same second would be refused again.
fn whole_seconds(wait: Wait) -> i64 {
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    seconds.max(1)
}
